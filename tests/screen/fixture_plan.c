/* Made-up plans. An "apply" that is sent takes a few looks, and one row moves under it. */
#include <stdio.h>
#include <string.h>

#include "model/json.h"
#include "screen/fixture.h"

#define MINUTE INT64_C(60000000)
#define ROWS 28
#define MOVES 10      /* the row that has moved since */
#define LOOKS_TAKEN 4 /* of the plan, until an application is over */

static const char *const plan_ids[] = {"3f2a81c0-5d0e-4b8a-9a53-1d1f6a1f0a01",
                                       "9b1d22e4-0c1b-4f0e-8a77-2d2f6a1f0a02",
                                       "77aa0c11-92d4-4c3f-b1f0-3d3f6a1f0a03"};
#define PLANS (sizeof(plan_ids) / sizeof(plan_ids[0]))

static struct {
    bool sent;
    bool leaves;
    unsigned looks;
    bool picked[ROWS + 1];
} application;

static enum plan_action action_of(unsigned row)
{
    return row <= 8    ? PLAN_CREATE
           : row <= 21 ? PLAN_UPDATE
           : row <= 24 ? PLAN_TOMBSTONE
                       : PLAN_CONFLICT;
}

static bool is_over(void)
{
    return application.sent && application.looks >= LOOKS_TAKEN;
}

static enum plan_row_state state_of(size_t plan, unsigned row)
{
    bool done = is_over() || (application.sent && row <= application.looks * 3);
    if (plan == 2)
        return PLAN_ROW_APPLIED;
    if (plan != 0 || !done || !application.picked[row])
        return PLAN_ROW_OPEN;
    if (application.leaves)
        return PLAN_ROW_LEFT;
    return row == MOVES ? PLAN_ROW_MOVED : PLAN_ROW_APPLIED;
}

/* ---- what is picked ---- */

static bool names(const struct value *list, enum plan_action action)
{
    for (size_t i = 0; list != NULL && i < list->array.count; i++)
        if (str_equal(list->array.items[i].text, str_from(plan_action_name(action))))
            return true;
    return false;
}

static bool has_id(const struct value *list, unsigned row)
{
    for (size_t i = 0; list != NULL && i < list->array.count; i++)
        if (list->array.items[i].integer == (int64_t)row)
            return true;
    return false;
}

void fixture_plan_sent(const char *arguments)
{
    struct arena arena = {0};
    struct error err = {0};
    const struct value *value = NULL;
    if (!json_parse(str_from(arguments), &arena, &value, &err))
        return;
    application.sent = true;
    application.looks = 0;
    application.leaves = strstr(arguments, "\"leave\"") != NULL;
    for (unsigned row = 1; row <= ROWS; row++)
        application.picked[row] = names(value_get(value, "actions"), action_of(row)) ||
                                  has_id(value_get(value, "ids"), row);
    arena_free(&arena);
}

/* How often the journal was written for it. */
unsigned fixture_plan_version(void)
{
    return application.looks;
}

static void message_of(char *text, size_t size)
{
    unsigned states[PLAN_ROW_STATE_COUNT] = {0};
    for (unsigned row = 1; row <= ROWS; row++)
        states[state_of(0, row)]++;
    snprintf(text, size, "%u applied, %u moved, %u left, %u still open", states[PLAN_ROW_APPLIED],
             states[PLAN_ROW_MOVED], states[PLAN_ROW_LEFT], states[PLAN_ROW_OPEN]);
}

bool fixture_plan_command(struct command_row *row)
{
    if (!is_over())
        return false;
    *row =
        (struct command_row){.id = 18, .created_us = fixture_now(), .finished_us = fixture_now()};
    snprintf(row->kind, sizeof(row->kind), "apply");
    snprintf(row->operator_name, sizeof(row->operator_name), "kim");
    snprintf(row->result, sizeof(row->result), "done");
    message_of(row->message, sizeof(row->message));
    return true;
}

/* ---- answers ---- */

static void make_plan(struct plan_summary *plan, size_t index)
{
    static const char *const kinds[] = {"backfill", "sync", "backfill"};
    static const int64_t ages[] = {130, 3000, 9000};
    *plan = (struct plan_summary){
        .sources = 1u << SOURCE_FIRESTORE,
        .state = index == 2 ? PLAN_APPLIED : PLAN_READY,
        .started_us = fixture_now() - ages[index] * MINUTE,
        .finished_us = fixture_now() - (ages[index] - 2) * MINUTE,
        .counts = {8, 13, 3, index == 2 ? 0 : 4, 49972},
    };
    snprintf(plan->id, sizeof(plan->id), "%s", plan_ids[index]);
    snprintf(plan->kind, sizeof(plan->kind), "%s", kinds[index]);
    STR_FILL(plan->operator_name, fixture_text(index == 1 ? "lee" : "kim"));
    STR_FILL(plan->origin, fixture_text("192.0.2.7"));
    snprintf(plan->money, sizeof(plan->money), "EUR +112.50, USD -3.00");
    STR_FILL(plan->target, fixture_text("shop@db1:5432"));
    snprintf(plan->identities[SOURCE_FIRESTORE], sizeof(plan->identities[0]), "shop-prod/Orders");
    if (index == 2)
        STR_FILL(plan->message, fixture_text("24 applied"));
    for (unsigned row = 1; row <= ROWS; row++)
        plan->states[state_of(index, row)]++;
    if (index == 0 && application.sent && !is_over())
        plan->state = PLAN_APPLYING;
    else if (index == 0 && application.sent)
        message_of(plan->message, sizeof(plan->message));
}

static size_t plan_index(const char *id)
{
    size_t i = 0;
    while (i < PLANS - 1 && strcmp(plan_ids[i], id) != 0)
        i++;
    return i;
}

static void answer_plans(struct lookup_reply *reply)
{
    reply->plans.rows = arena_zero(&reply->arena, PLANS * sizeof(*reply->plans.rows));
    reply->plans.count = PLANS;
    for (size_t i = 0; i < reply->plans.count; i++)
        make_plan(&reply->plans.rows[i], i);
}

static void answer_plan(const struct lookup_request *request, struct lookup_reply *reply)
{
    size_t index = plan_index(request->plan_id);
    struct plan_pick pick = {request->pick_actions, request->pick_sources, request->arguments};
    const struct value *ids = NULL;
    struct error err = {0};
    if (application.sent && !is_over())
        application.looks++;
    make_plan(&reply->plan.summary, index);
    if (pick.ids != NULL && !json_parse(str_from(pick.ids), &reply->arena, &ids, &err))
        return;
    for (unsigned row = 1; row <= ROWS; row++)
        if (state_of(index, row) == PLAN_ROW_OPEN &&
            ((plan_pick_actions(&pick) >> action_of(row) & 1) != 0 || has_id(ids, row)))
            reply->plan.weight.counts[action_of(row)]++;
    snprintf(reply->plan.weight.money, sizeof(reply->plan.weight.money), "EUR +%u.50",
             (unsigned)reply->plan.weight.counts[PLAN_UPDATE]);
}

static void make_row(struct plan_row *row, size_t plan, unsigned number)
{
    *row = (struct plan_row){.id = number,
                             .source = SOURCE_FIRESTORE,
                             .action = action_of(number),
                             .state = state_of(plan, number),
                             .field_count = action_of(number) == PLAN_TOMBSTONE ? 1 : 4};
    snprintf(row->source_id, sizeof(row->source_id), "51234567%05u", number);
    snprintf(row->label, sizeof(row->label), "#%u", 1041 + number);
    if (fixture_options.hostile)
        STR_FILL(row->label, fixture_long_text(""));
    if (row->action == PLAN_UPDATE)
        snprintf(row->money, sizeof(row->money), "EUR +1.00");
    if (row->action == PLAN_CONFLICT) {
        snprintf(row->code, sizeof(row->code), "OS-2103");
        STR_FILL(row->message, fixture_text("total_price: \"n/a\" is not a decimal number"));
    } else if (row->state == PLAN_ROW_MOVED) {
        snprintf(row->message, sizeof(row->message), "the source has a newer version");
    }
}

static bool row_matches(const struct plan_row *row, const struct plan_filter *filter)
{
    return (filter->actions == 0 || (filter->actions >> row->action & 1) != 0) &&
           (filter->states == 0 || (filter->states >> row->state & 1) != 0) &&
           (filter->sources == 0 || (filter->sources >> row->source & 1) != 0) &&
           (filter->text[0] == '\0' || strstr(row->label, filter->text) != NULL);
}

static void answer_rows(const struct lookup_request *request, struct lookup_reply *reply)
{
    size_t plan = plan_index(request->plan_id);
    struct plan_row row;
    reply->plan_rows.rows = arena_zero(&reply->arena, ROWS * sizeof(row));
    for (unsigned number = 1; number <= ROWS; number++) {
        make_row(&row, plan, number);
        if (!row_matches(&row, &request->plan_filter))
            continue;
        if (reply->plan_rows.total++ >= request->offset && reply->plan_rows.count < request->max)
            reply->plan_rows.rows[reply->plan_rows.count++] = row;
    }
}

static void answer_fields(const struct lookup_request *request, struct lookup_reply *reply)
{
    static const struct lookup_field fields[] = {
        {"orders", "", "total_price", {"24.90", 5}, {"25.90", 5}, false, NULL},
        {"orders",
         "",
         "customer_email",
         {"jo@example.test", 15},
         {"joe@example.test", 16},
         true,
         NULL},
        {"order_line_items", "91", "quantity", {"1", 1}, {"2", 1}, false, NULL},
        {"order_line_items",
         "92",
         "title",
         {NULL, 0},
         {"Tea, loose, from the hills", 26},
         false,
         NULL},
    };
    static const struct lookup_field gone = {
        "orders", "", "deleted_at", {NULL, 0}, {"2026-11-23 02:57:11+00", 22}, false, NULL};
    bool deleted = action_of((unsigned)request->plan_row) == PLAN_TOMBSTONE;
    reply->plan_fields.count = deleted ? 1 : sizeof(fields) / sizeof(fields[0]);
    reply->plan_fields.fields = arena_alloc(&reply->arena, sizeof(fields));
    memcpy(reply->plan_fields.fields, deleted ? &gone : fields,
           reply->plan_fields.count * sizeof(gone));
    if (!deleted && fixture_options.hostile)
        reply->plan_fields.fields[3].after = str_from(fixture_long_text(""));
}

bool fixture_plan_answer(const struct lookup_request *request, struct lookup_reply *reply)
{
    if (request->kind == LOOKUP_PLANS)
        answer_plans(reply);
    else if (request->kind == LOOKUP_PLAN)
        answer_plan(request, reply);
    else if (request->kind == LOOKUP_PLAN_ROWS)
        answer_rows(request, reply);
    else if (request->kind == LOOKUP_PLAN_FIELDS)
        answer_fields(request, reply);
    else
        return false;
    return true;
}
