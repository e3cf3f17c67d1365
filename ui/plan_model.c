/* What the Plan screen asks for, and where it keeps the answers. */
#include "ui/plan_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ui/plan_picks.h"

#define BEFORE_WANTED 50 /* rows loaded above the one that is missing */

/* ---- where things are ---- */

const struct plan_summary *plan_summary_of(const struct plan_model *model)
{
    return model->plan == NULL || !model->plan->ok ? NULL : &model->plan->plan.summary;
}

static size_t listed_count(const struct plan_model *model)
{
    return model->plans == NULL || !model->plans->ok ? 0 : model->plans->plans.count;
}

const struct plan_summary *plan_listed(const struct plan_model *model)
{
    return model->plans_list.selected >= listed_count(model)
               ? NULL
               : &model->plans->plans.rows[model->plans_list.selected];
}

uint64_t plan_rows_total(const struct plan_model *model)
{
    return model->rows == NULL || !model->rows->ok ? 0 : model->rows->plan_rows.total;
}

uint64_t plan_rows_kept(const struct plan_summary *plan)
{
    uint64_t kept = 0;
    for (unsigned i = 0; i < PLAN_ROW_STATE_COUNT; i++)
        kept += plan->states[i];
    return kept;
}

bool plan_is_stale(const struct plan_summary *plan, int64_t now_us)
{
    return plan->state == PLAN_READY && now_us - plan->started_us > PLAN_STALE_US;
}

const struct plan_row *plan_row_at(const struct plan_model *model, uint64_t index)
{
    const struct lookup_reply *reply = model->rows;
    if (reply == NULL || !reply->ok || index < reply->request.offset ||
        index - reply->request.offset >= reply->plan_rows.count)
        return NULL;
    return &reply->plan_rows.rows[index - reply->request.offset];
}

const struct plan_row *plan_selected(const struct plan_model *model)
{
    return plan_row_at(model, model->list.selected);
}

void plan_note_selection(struct plan_model *model)
{
    const struct plan_row *row = plan_selected(model);
    const struct plan_summary *plan = plan_listed(model);
    model->selected_id = row == NULL ? 0 : row->id;
    snprintf(model->listed_id, sizeof(model->listed_id), "%s", plan == NULL ? "" : plan->id);
}

/* ---- asking ---- */

/* The plan itself, and what is picked of it comes to. While an order is being weighed nothing is
 * asked: it would take the weighing's place. */
void plan_weigh(struct plan_model *model, struct console *console)
{
    struct lookup_request request = {.kind = LOOKUP_PLAN};
    struct buffer ids = {.max = PICK_IDS_BYTES};
    if (model->order.ticket != 0 || model->open_id[0] == '\0')
        return;
    memcpy(request.plan_id, model->open_id, sizeof(request.plan_id));
    picks_append_ids(&model->picks, ~0u, &ids);
    request.pick_actions = model->picks.kinds;
    request.arguments = ids.data;
    model->plan_ticket = console_ask(console, &request);
    buffer_free(&ids);
}

void plan_refresh(struct plan_model *model, struct console *console)
{
    const struct lookup_status *status = console_status(console);
    model->asked_version = status == NULL ? -1 : status->version;
    if (model->open_id[0] == '\0') {
        struct lookup_request request = {.kind = LOOKUP_PLANS, .max = PLANS_SHOWN};
        model->plans_ticket = console_ask(console, &request);
        return;
    }
    model->rows_stale = true;
    plan_weigh(model, console);
}

static void ask_rows(struct plan_model *model, struct console *console, uint64_t wanted)
{
    struct lookup_request request = {.kind = LOOKUP_PLAN_ROWS,
                                     .plan_filter = model->filter,
                                     .offset = wanted > BEFORE_WANTED ? wanted - BEFORE_WANTED : 0,
                                     .max = PLAN_PAGE};
    memcpy(request.plan_id, model->open_id, sizeof(request.plan_id));
    model->rows_ticket = console_ask(console, &request);
    model->rows_stale = false;
}

static void ask_fields(struct plan_model *model, struct console *console)
{
    const struct plan_row *row = plan_selected(model);
    if (row == NULL || row->id == model->fields_row)
        return;
    struct lookup_request request = {.kind = LOOKUP_PLAN_FIELDS, .plan_row = row->id};
    model->fields_row = row->id;
    lookup_reply_free(model->fields);
    model->fields = NULL;
    model->fields_ticket = console_ask(console, &request);
    model->reading_list = (struct list){0};
}

/* Ids are gathered by requests of the same kind: the page waits for them. */
void plan_fill(struct plan_model *model, struct console *console)
{
    uint64_t total = plan_rows_total(model);
    if (model->open_id[0] == '\0')
        return;
    ask_fields(model, console);
    if (model->rows_ticket != 0 || model->gathering)
        return;
    if (model->rows_stale || model->rows == NULL) {
        ask_rows(model, console, model->list.top);
        return;
    }
    uint64_t last = model->list.top + model->list.height;
    for (uint64_t i = model->list.top; i < last && i < total; i++) {
        bool held = i >= model->rows->request.offset &&
                    i - model->rows->request.offset < model->rows->request.max;
        if (held)
            continue;
        ask_rows(model, console, i);
        return;
    }
}

/* ---- answers ---- */

static void take_plans(struct plan_model *model, struct lookup_reply *reply)
{
    lookup_reply_free(model->plans);
    model->plans = reply;
    model->plans_list.count = listed_count(model);
    for (size_t i = 0; i < listed_count(model); i++)
        if (strcmp(reply->plans.rows[i].id, model->listed_id) == 0)
            list_select(&model->plans_list, i);
    list_select(&model->plans_list, model->plans_list.selected);
}

/* Rows that are gone from under a filter leave the selection at its place in the list. */
static void take_rows(struct plan_model *model, struct lookup_reply *reply)
{
    lookup_reply_free(model->rows);
    model->rows = reply;
    model->list.count = plan_rows_total(model);
    for (size_t i = 0; reply->ok && i < reply->plan_rows.count; i++)
        if (reply->plan_rows.rows[i].id == model->selected_id) {
            list_select(&model->list, reply->request.offset + i);
            return;
        }
    list_select(&model->list, model->list.selected);
}

static void keep(struct lookup_reply **kept, struct lookup_reply *reply)
{
    lookup_reply_free(*kept);
    *kept = reply;
}

static bool take_order(struct plan_model *model, struct console *console,
                       struct lookup_reply *reply)
{
    if (model->order.ticket == 0 || reply->ticket != model->order.ticket)
        return false;
    model->order.ticket = 0;
    if (reply->ok)
        plan_confirm(model, console, reply);
    else
        console_say(console, ROLE_ERROR, "%s", reply->error.message);
    lookup_reply_free(reply);
    return true;
}

bool plan_take(struct plan_model *model, struct console *console, struct lookup_reply *reply)
{
    if (reply->kind == LOOKUP_PLANS && reply->ticket == model->plans_ticket) {
        take_plans(model, reply);
    } else if (reply->kind == LOOKUP_PLAN && take_order(model, console, reply)) {
        return true;
    } else if (reply->kind == LOOKUP_PLAN && reply->ticket == model->plan_ticket) {
        keep(&model->plan, reply);
    } else if (reply->kind == LOOKUP_PLAN_FIELDS && reply->ticket == model->fields_ticket) {
        keep(&model->fields, reply);
    } else if (reply->kind == LOOKUP_PLAN_ROWS && model->gathering &&
               reply->ticket == model->gather_ticket) {
        picks_take_rows(model, console, reply);
    } else if (reply->kind == LOOKUP_PLAN_ROWS && reply->ticket == model->rows_ticket) {
        model->rows_ticket = 0;
        bool ok = reply->ok;
        take_rows(model, reply);
        if (ok) /* after an error the next update asks again, not this instant */
            plan_fill(model, console);
    } else {
        return false;
    }
    return true;
}

/* ---- one plan ---- */

static void forget_plan(struct plan_model *model)
{
    keep(&model->plan, NULL);
    keep(&model->rows, NULL);
    keep(&model->fields, NULL);
    picks_free(&model->picks);
    buffer_free(&model->order.members);
    model->order = (struct plan_order){0};
    model->gathering = model->reading = false;
    model->plan_ticket = model->rows_ticket = model->fields_ticket = 0;
    model->fields_row = model->selected_id = 0;
    model->list = (struct list){0};
    model->filter_text[0] = '\0';
    model->filter = (struct plan_filter){0};
}

void plan_open(struct plan_model *model, struct console *console, const char *id)
{
    char name[sizeof(model->open_id)]; /* it may point into what is freed here */
    snprintf(name, sizeof(name), "%s", id);
    forget_plan(model);
    memcpy(model->open_id, name, sizeof(name));
    plan_refresh(model, console);
    plan_fill(model, console);
}

void plan_leave(struct plan_model *model, struct console *console)
{
    forget_plan(model);
    model->open_id[0] = '\0';
    plan_refresh(model, console);
}

bool plan_has_filter(const struct plan_model *model)
{
    return model->filter_text[0] != '\0';
}

void plan_set_filter(struct plan_model *model, struct console *console, const char *text,
                     const struct plan_filter *filter)
{
    snprintf(model->filter_text, sizeof(model->filter_text), "%s", text);
    model->filter = *filter;
    model->rows_stale = true;
    model->rows_ticket = 0; /* the page under way is of the filter before */
    list_select(&model->list, 0);
    plan_clear_picks(model, console);
    plan_fill(model, console);
}

void plan_model_free(struct plan_model *model)
{
    forget_plan(model);
    keep(&model->plans, NULL);
}
