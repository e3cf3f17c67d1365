/* Picks, and the order that is made of them. */
#include "ui/plan_picks.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GATHER_PAGE 500

static size_t mark_find(const struct plan_picks *picks, int64_t id)
{
    size_t i = 0;
    while (i < picks->count && picks->marks[i].id != id)
        i++;
    return i;
}

static bool mark_add(struct plan_picks *picks, const struct plan_row *row)
{
    if (picks->count == ACTION_IDS_MAX)
        return false;
    if (picks->count == picks->cap) {
        picks->cap = picks->cap == 0 ? 64 : picks->cap * 2;
        picks->marks = memory_resize(picks->marks, picks->cap * sizeof(*picks->marks));
    }
    picks->marks[picks->count++] = (struct plan_mark){row->id, row->action};
    return true;
}

void picks_free(struct plan_picks *picks)
{
    free(picks->marks);
    *picks = (struct plan_picks){0};
}

bool plan_picked(const struct plan_model *model, const struct plan_row *row)
{
    const struct plan_picks *picks = &model->picks;
    return row->state == PLAN_ROW_OPEN &&
           ((picks->kinds >> row->action & 1) != 0 || mark_find(picks, row->id) < picks->count);
}

bool plan_any_picked(const struct plan_model *model)
{
    return model->picks.kinds != 0 || model->picks.count > 0;
}

void plan_clear_picks(struct plan_model *model, struct console *console)
{
    model->gathering = false;
    model->picks.kinds = 0;
    model->picks.count = 0;
    plan_weigh(model, console);
}

const char *plan_toggle_mark(struct plan_model *model, struct console *console,
                             const struct plan_row *row)
{
    struct plan_picks *picks = &model->picks;
    size_t at = mark_find(picks, row->id);
    if (row->state != PLAN_ROW_OPEN)
        return "only open rows can be picked";
    if ((picks->kinds >> row->action & 1) != 0)
        return "its whole kind is picked; b drops the kind";
    if (at < picks->count)
        picks->marks[at] = picks->marks[--picks->count];
    else if (!mark_add(picks, row))
        return "10,000 rows are picked, which is the most; b picks a whole kind";
    plan_weigh(model, console);
    return NULL;
}

/* ---- gathering ---- */

static void gather_ask(struct plan_model *model, struct console *console)
{
    struct lookup_request request = {.kind = LOOKUP_PLAN_ROWS,
                                     .plan_filter = model->gather_filter,
                                     .offset = model->gathered,
                                     .max = GATHER_PAGE};
    memcpy(request.plan_id, model->open_id, sizeof(request.plan_id));
    model->gather_ticket = console_ask(console, &request);
    model->rows_ticket = 0; /* it took the place of a page under way */
    model->rows_stale = true;
}

static void gather_end(struct plan_model *model, struct console *console)
{
    model->gathering = false;
    plan_weigh(model, console);
    plan_fill(model, console);
}

void picks_take_rows(struct plan_model *model, struct console *console,
                     struct lookup_reply *take_reply)
{
    bool room = true;
    bool more = take_reply->ok && take_reply->plan_rows.count > 0;
    for (size_t i = 0; more && room && i < take_reply->plan_rows.count; i++)
        room = mark_add(&model->picks, &take_reply->plan_rows.rows[i]);
    model->gathered += more ? take_reply->plan_rows.count : 0;
    more = more && room && model->gathered < take_reply->plan_rows.total;
    if (!take_reply->ok)
        console_say(console, ROLE_ERROR, "%s", take_reply->error.message);
    if (!room)
        console_say(console, ROLE_WARNING, "the first %d are picked, which is the most",
                    ACTION_IDS_MAX);
    lookup_reply_free(take_reply);
    if (more)
        gather_ask(model, console);
    else
        gather_end(model, console);
}

static void gather(struct plan_model *model, struct console *console, unsigned kinds)
{
    struct plan_filter *filter = &model->gather_filter;
    *filter = model->filter;
    filter->actions = (filter->actions == 0 ? PICK_ALL : filter->actions) & kinds;
    filter->states =
        filter->states == 0 ? 1u << PLAN_ROW_OPEN : filter->states & 1u << PLAN_ROW_OPEN;
    model->picks.count = 0;
    if (filter->actions == 0 || filter->states == 0) {
        console_say(console, ROLE_WARNING, "the filter shows no open row of that kind");
        plan_weigh(model, console);
        return;
    }
    model->gathering = true;
    model->gathered = 0;
    gather_ask(model, console);
}

void plan_pick_kinds(struct plan_model *model, struct console *console, unsigned kinds)
{
    if (plan_has_filter(model)) {
        gather(model, console, kinds);
        return;
    }
    /* A kind that is picked already is dropped; of several, when all of them are. */
    bool drop = (model->picks.kinds & kinds) == kinds;
    model->picks.kinds = drop ? model->picks.kinds & ~kinds : model->picks.kinds | kinds;
    plan_weigh(model, console);
}

/* ---- the order ---- */

void picks_append_ids(const struct plan_picks *picks, unsigned kinds, struct buffer *ids)
{
    bool any = false;
    for (size_t i = 0; i < picks->count; i++)
        if ((kinds >> picks->marks[i].action & 1) != 0) {
            buffer_append_format(ids, "%c%" PRId64, any ? ',' : '[', picks->marks[i].id);
            any = true;
        }
    if (any)
        buffer_append_char(ids, ']');
}

static void append_kinds(unsigned kinds, struct buffer *json)
{
    bool any = false;
    for (unsigned i = 0; i < PLAN_UNCHANGED; i++)
        if ((kinds >> i & 1) != 0) {
            buffer_append_format(json, "%s\"%s\"", any ? "," : ",\"actions\":[",
                                 plan_action_name((enum plan_action)i));
            any = true;
        }
    if (any)
        buffer_append_char(json, ']');
}

/* What is picked of the kinds the action is about, else the selected row. False: nothing is. */
static bool aim(const struct plan_model *model, unsigned about, unsigned *ret_kinds,
                struct buffer *ids)
{
    const struct plan_row *row = plan_selected(model);
    *ret_kinds = model->picks.kinds & about;
    if (plan_any_picked(model))
        picks_append_ids(&model->picks, about, ids);
    else if (row != NULL && row->state == PLAN_ROW_OPEN && (about >> row->action & 1) != 0)
        buffer_append_format(ids, "[%" PRId64 "]", row->id);
    return *ret_kinds != 0 || ids->len > 0;
}

static const char *refusal(const struct plan_model *model)
{
    const struct plan_summary *plan = plan_summary_of(model);
    if (plan == NULL)
        return "the plan is not read yet";
    if (model->gathering)
        return "the pick is still being gathered";
    if (plan->state == PLAN_APPLYING)
        return "the plan is being applied; wait for its end";
    if (plan->state != PLAN_READY)
        return plan->state == PLAN_APPLIED ? "nothing of this plan is open"
                                           : "this plan cannot be applied";
    return NULL;
}

void plan_begin(struct plan_model *model, struct console *console, enum request request)
{
    struct plan_order *order = &model->order;
    bool leaving = request == REQUEST_LEAVE;
    struct lookup_request weigh = {.kind = LOOKUP_PLAN};
    struct buffer ids = {.max = PICK_IDS_BYTES};
    const char *why = refusal(model);
    if (why == NULL &&
        !aim(model, leaving ? 1u << PLAN_CONFLICT : PICK_ALL, &weigh.pick_actions, &ids))
        why = leaving ? "no open conflict is picked" : "no open row is picked";
    if (why != NULL) {
        console_say(console, ROLE_WARNING, "%s", why);
        return;
    }
    buffer_free(&order->members);
    order->members.max = PICK_IDS_BYTES;
    buffer_append_format(&order->members, "\"plan\":\"%s\"", model->open_id);
    append_kinds(weigh.pick_actions, &order->members);
    if (ids.len > 0)
        buffer_append_format(&order->members, ",\"ids\":%s", ids.data);
    buffer_append_format(&order->members, ",\"conflicts\":\"%s\"", leaving ? "leave" : "source");
    memcpy(weigh.plan_id, model->open_id, sizeof(weigh.plan_id));
    memcpy(order->plan_id, model->open_id, sizeof(order->plan_id));
    weigh.arguments = ids.data;
    order->request = request;
    order->ticket = console_ask(console, &weigh);
    buffer_free(&ids);
}
