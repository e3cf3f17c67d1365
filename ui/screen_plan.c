/* Plan: what dry runs found; an operator picks rows of one, reads what they would change and has
 * them applied. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui/failed.h"
#include "ui/filter.h"
#include "ui/gauge.h"
#include "ui/plan_filter.h"
#include "ui/plan_paint.h"
#include "ui/plan_picks.h"

#define ASK_ABOVE 10          /* rows; from here on their count is typed */
#define DETAIL_FROM_HEIGHT 14 /* a body this high has room for the pane */

static bool is_open(const struct plan_model *model)
{
    return model->open_id[0] != '\0';
}

static void plan_enter(struct console *console, void *state)
{
    plan_refresh(state, console);
}

static void plan_update(struct console *console, void *state)
{
    struct plan_model *model = state;
    const struct lookup_status *status = console_status(console);
    if (status != NULL && status->version != model->asked_version)
        plan_refresh(model, console);
    plan_fill(model, console);
}

static bool plan_take_reply(struct console *console, void *state, struct lookup_reply *reply)
{
    struct plan_model *model = state;
    return export_prompt_take(&model->export, console, reply) || plan_take(model, console, reply);
}

/* ---- drawing ---- */

static int detail_height(int height)
{
    return height < DETAIL_FROM_HEIGHT ? 0 : height >= 30 ? 12 : 6;
}

static void draw_list(struct console *console, struct plan_model *model, struct rect body)
{
    struct paint *paint = console_paint(console);
    int detail = model->plans_list.count == 0 ? 0 : detail_height(body.height);
    struct rect list = {body.y, body.x, body.height - detail, body.width};
    list_fit(&model->plans_list, model->plans_list.count,
             list.height > 1 ? (unsigned)list.height - 1 : 1);
    plan_paint_list(console, list, model);
    plan_paint_listed(paint, (struct rect){list.y + list.height, body.x, detail, body.width},
                      plan_listed(model));
}

static void draw_plan(struct console *console, struct plan_model *model, struct rect body)
{
    struct paint *paint = console_paint(console);
    int detail = detail_height(body.height);
    int head = plan_head_height(model, console_now(console));
    struct rect rows = {body.y + head, body.x, body.height - head - detail, body.width};
    list_fit(&model->list, plan_rows_total(model), rows.height > 1 ? (unsigned)rows.height - 1 : 1);
    plan_fill(model, console);
    plan_paint_head(paint, body, model, console_now(console));
    plan_paint_rows(paint, rows, model);
    plan_paint_detail(console, (struct rect){rows.y + rows.height, body.x, detail, body.width},
                      model);
}

static void plan_draw(struct console *console, void *state, struct rect body)
{
    struct plan_model *model = state;
    if (!is_open(model))
        draw_list(console, model, body);
    else if (model->reading)
        plan_paint_reading(console, body, model);
    else
        draw_plan(console, model, body);
}

/* ---- filter ---- */

static void filter_complete(struct console *console, struct line_edit *edit)
{
    size_t count;
    const struct filter_word *words = plan_filter_words(&count);
    filter_show_words(console, edit, words, count);
}

static void set_filter(struct console *console, void *context, const char *text)
{
    struct plan_model *model = context;
    struct plan_filter filter;
    struct error err = {0};
    if (plan_filter_parse(text, &filter, &err))
        plan_set_filter(model, console, text, &filter);
    else
        filter_ask_words(console, text, err.message, filter_complete, set_filter, model);
}

/* What a person wants to see of a plan, one after the other; those without a row are left out. */
static const struct view {
    const char *filter;
    unsigned states, actions;
} views[] = {
    {"", 0, 0},
    {"state:moved,failed", 1u << PLAN_ROW_MOVED | 1u << PLAN_ROW_FAILED, 0},
    {"state:open", 1u << PLAN_ROW_OPEN, 0},
    {"action:conflict", 0, 1u << PLAN_CONFLICT},
    {"state:applied", 1u << PLAN_ROW_APPLIED, 0},
    {"state:left", 1u << PLAN_ROW_LEFT, 0},
};
#define VIEWS (sizeof(views) / sizeof(views[0]))

static bool view_has_rows(const struct view *view, const struct plan_summary *plan)
{
    bool any = view->filter[0] == '\0';
    for (unsigned i = 0; i < PLAN_ROW_STATE_COUNT; i++)
        any = any || ((view->states >> i & 1) != 0 && plan->states[i] > 0);
    for (unsigned i = 0; i < PLAN_ACTION_COUNT; i++)
        any = any || ((view->actions >> i & 1) != 0 && plan->counts[i] > 0);
    return any;
}

static void next_view(struct plan_model *model, struct console *console)
{
    const struct plan_summary *plan = plan_summary_of(model);
    size_t at = 0;
    if (plan == NULL)
        return;
    while (at < VIEWS && strcmp(views[at].filter, model->filter_text) != 0)
        at++;
    do
        at = at >= VIEWS - 1 ? 0 : at + 1;
    while (!view_has_rows(&views[at], plan));
    set_filter(console, model, views[at].filter);
}

/* ---- apply ---- */

static uint64_t weight_sum(const struct plan_weight *weight)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PLAN_ACTION_COUNT; i++)
        sum += weight->counts[i];
    return sum;
}

static void send_order(struct console *console, void *context, const struct dialog *dialog)
{
    struct plan_model *model = context;
    struct plan_order *order = &model->order;
    char label[64];
    if (order->stale)
        buffer_append_text(&order->members, ",\"stale\":true");
    snprintf(label, sizeof(label), "%s%.8s", order->request == REQUEST_LEAVE ? "leave " : "",
             order->plan_id);
    memcpy(model->sent_id, order->plan_id, sizeof(model->sent_id));
    model->sent_count = order->count;
    action_command(console, "apply", label, order->members.data, dialog->fields[0].edit.text);
    buffer_free(&order->members);
    plan_clear_picks(model, console);
}

/* "create 5, update 6; money EUR +12.50" */
static void weight_line(struct dialog *dialog, const struct plan_weight *weight)
{
    char text[160] = "";
    char number[GAUGE_TEXT];
    size_t len = 0;
    for (unsigned i = 0; i < PLAN_UNCHANGED && len < sizeof(text); i++)
        if (weight->counts[i] > 0)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s", len == 0 ? "" : ", ",
                                    plan_action_name((enum plan_action)i),
                                    gauge_count(weight->counts[i], number));
    dialog_line(dialog, "%s%s%.90s", text, weight->money[0] == '\0' ? "" : "; money ",
                weight->money);
}

static void dialog_lines(struct dialog *dialog, const struct plan_model *model,
                         struct console *console, const struct lookup_reply *weighed)
{
    const struct plan_summary *plan = &weighed->plan.summary;
    const struct plan_weight *weight = &weighed->plan.weight;
    uint64_t kept = plan_rows_kept(plan);
    uint64_t shown = plan_rows_total(model);
    char number[GAUGE_TEXT];
    bool leaving = model->order.request == REQUEST_LEAVE;
    dialog_line(dialog, "%s row%s of plan %.8s in %s.", gauge_count(model->order.count, number),
                model->order.count == 1 ? "" : "s", plan->id, console_environment(console));
    weight_line(dialog, weight);
    if (plan_has_filter(model) && kept > shown)
        dialog_line(dialog, "The filter hides %s more: they are not touched.",
                    gauge_count(kept - shown, number));
    if (leaving) {
        dialog_line(dialog, "They stay as they are; no later apply takes them.");
        return;
    }
    if (weight->counts[PLAN_CONFLICT] > 0)
        dialog_line(dialog, "%s conflict%s: what the source says is tried.",
                    gauge_count(weight->counts[PLAN_CONFLICT], number),
                    weight->counts[PLAN_CONFLICT] == 1 ? "" : "s");
    dialog_line(dialog, "Each is read again; what moved since is left and listed.");
    if (model->order.stale)
        dialog_line(dialog, "The plan is %s old: say that you know, by typing stale.",
                    gauge_age(console_now(console) - plan->started_us, number));
}

static void dialog_fields(struct dialog *dialog, const struct plan_order *order,
                          struct console *console)
{
    char count[GAUGE_TEXT];
    snprintf(count, sizeof(count), "%" PRIu64, order->count);
    dialog_field(dialog, "reason (kept in the audit)", "");
    if (order->count > ASK_ABOVE)
        dialog_field(dialog, "type the count", count);
    else if (console_is_prod(console))
        dialog_field(dialog, "type the environment", console_environment(console));
    if (order->stale)
        dialog_field(dialog, "type stale", "stale");
}

void plan_confirm(struct plan_model *model, struct console *console,
                  const struct lookup_reply *weighed)
{
    struct plan_order *order = &model->order;
    const struct plan_summary *plan = &weighed->plan.summary;
    struct dialog dialog = {0};
    char number[GAUGE_TEXT];
    const char *verb = order->request == REQUEST_LEAVE ? "Leave" : "Apply";
    order->count = weight_sum(&weighed->plan.weight);
    order->stale = plan_is_stale(plan, console_now(console));
    model->sent_settled = plan_rows_kept(plan) - plan->states[PLAN_ROW_OPEN];
    if (order->count == 0) {
        console_say(console, ROLE_WARNING, "none of what is picked is open any more");
        return;
    }
    snprintf(dialog.title, sizeof(dialog.title), "%s %s of plan %.8s", verb,
             gauge_count(order->count, number), plan->id);
    snprintf(dialog.confirm, sizeof(dialog.confirm), "%s %.16s", verb, number);
    dialog_lines(&dialog, model, console, weighed);
    dialog_fields(&dialog, order, console);
    console_confirm(console, &dialog, send_order, model);
}

static void drop_listed(struct plan_model *model, struct console *console)
{
    const struct plan_summary *plan = plan_listed(model);
    char members[64];
    char question[128];
    if (is_open(model) || plan == NULL) {
        console_say(console, ROLE_WARNING, "a plan is dropped in the list of plans");
        return;
    }
    snprintf(members, sizeof(members), "\"plan\":\"%s\"", plan->id);
    snprintf(question, sizeof(question), "Plan %.8s is forgotten; what was applied stays.",
             plan->id);
    action_engine(console, "drop", members, question);
}

/* What the filter matches of the plan in front; in the list all of the selected one. */
static void ask_export(struct plan_model *model, struct console *console)
{
    struct lookup_request request = {.kind = LOOKUP_PLAN_EXPORT, .plan_filter = model->filter};
    const struct plan_summary *plan = plan_listed(model);
    char stem[16];
    if (is_open(model))
        memcpy(request.plan_id, model->open_id, sizeof(request.plan_id));
    else if (plan != NULL)
        memcpy(request.plan_id, plan->id, sizeof(request.plan_id));
    if (request.plan_id[0] == '\0') {
        console_say(console, ROLE_WARNING, "no plan is selected: nothing is written");
        return;
    }
    snprintf(stem, sizeof(stem), "plan-%.8s", request.plan_id);
    export_prompt_open(&model->export, console, &request, stem);
}

/* ---- keys ---- */

/* Esc takes away one thing at a time. */
static bool step_back(struct plan_model *model, struct console *console)
{
    if (!is_open(model))
        return false;
    if (model->reading)
        model->reading = false;
    else if (model->gathering || plan_any_picked(model))
        plan_clear_picks(model, console);
    else if (plan_has_filter(model))
        set_filter(console, model, "");
    else
        plan_leave(model, console);
    return true;
}

static void open_selected(struct plan_model *model, struct console *console)
{
    const struct plan_summary *plan = plan_listed(model);
    if (is_open(model))
        model->reading = plan_selected(model) != NULL;
    else if (plan != NULL)
        plan_open(model, console, plan->id);
}

static void inspect_selected(struct plan_model *model, struct console *console)
{
    const struct plan_row *row = plan_selected(model);
    if (!is_open(model) || row == NULL)
        console_say(console, ROLE_WARNING, "a plan's row is opened so: open the plan first");
    else if (inspector_can_name(row->source_id, sizeof(row->source_id)))
        inspector_show_document(console, row->source, row->source_id, row->label);
    else
        console_say(console, ROLE_WARNING, "its id is too long to be opened from here");
}

static void copy_selected(struct plan_model *model, struct console *console)
{
    const struct plan_summary *plan = plan_listed(model);
    const struct plan_row *row = plan_selected(model);
    if (is_open(model) && row != NULL)
        console_copy(console, str_from(row->source_id));
    else if (!is_open(model) && plan != NULL)
        console_copy(console, str_from(plan->id));
}

static void mark_selected(struct plan_model *model, struct console *console)
{
    const struct plan_row *row = plan_selected(model);
    const char *why = row == NULL ? "nothing is selected" : plan_toggle_mark(model, console, row);
    if (why != NULL)
        console_say(console, ROLE_WARNING, "%s", why);
    else
        (void)list_request(&model->list, REQUEST_DOWN);
}

static void pick_kind(struct plan_model *model, struct console *console)
{
    const struct plan_row *row = plan_selected(model);
    if (row != NULL)
        plan_pick_kinds(model, console, 1u << row->action);
}

/* Requests that are about the rows of the plan in front. */
static bool act_on_rows(struct plan_model *model, struct console *console, enum request request)
{
    switch (request) {
    case REQUEST_FILTER:
        filter_ask_words(console, model->filter_text,
                         "action:create,update,tombstone,conflict state:open,moved,failed "
                         "source:stripe words",
                         filter_complete, set_filter, model);
        return true;
    case REQUEST_VIEW:
        next_view(model, console);
        return true;
    case REQUEST_MARK:
        mark_selected(model, console);
        return true;
    case REQUEST_MARK_ALL:
        plan_pick_kinds(model, console, PICK_ALL);
        return true;
    case REQUEST_PICK_SAFE:
        plan_pick_kinds(model, console, PICK_SAFE);
        return true;
    case REQUEST_PICK_KIND:
        pick_kind(model, console);
        return true;
    case REQUEST_APPLY:
    case REQUEST_LEAVE:
        plan_begin(model, console, request);
        return true;
    default:
        return false;
    }
}

static struct list *list_in_front(struct plan_model *model)
{
    return !is_open(model)  ? &model->plans_list
           : model->reading ? &model->reading_list
                            : &model->list;
}

static bool plan_act(struct console *console, void *state, enum request request)
{
    struct plan_model *model = state;
    bool handled = true;
    model->order.ticket = 0; /* whoever presses another key before the question came wants that */
    if (list_request(list_in_front(model), request))
        handled = true;
    else if (is_open(model) && !model->reading && act_on_rows(model, console, request))
        handled = true;
    else if (request == REQUEST_OPEN)
        open_selected(model, console);
    else if (request == REQUEST_COPY)
        copy_selected(model, console);
    else if (request == REQUEST_INSPECT)
        inspect_selected(model, console);
    else if (request == REQUEST_DROP)
        drop_listed(model, console);
    else if (request == REQUEST_EXPORT && !model->reading)
        ask_export(model, console);
    else
        handled = request == REQUEST_BACK && step_back(model, console);
    plan_note_selection(model);
    return handled;
}

static bool can_in_list(const struct plan_model *model, enum request request)
{
    const struct plan_summary *plan = plan_listed(model);
    if (request == REQUEST_DROP)
        return plan != NULL && plan->state != PLAN_BUILDING && plan->state != PLAN_APPLYING;
    return plan != NULL &&
           (request == REQUEST_OPEN || request == REQUEST_COPY || request == REQUEST_EXPORT);
}

static bool can_on_rows(const struct plan_model *model, enum request request)
{
    const struct plan_summary *plan = plan_summary_of(model);
    const struct plan_row *row = plan_selected(model);
    bool opens = row != NULL && row->state == PLAN_ROW_OPEN;
    bool ready = plan != NULL && plan->state == PLAN_READY;
    bool conflicts = (model->picks.kinds >> PLAN_CONFLICT & 1) != 0;
    for (size_t i = 0; i < model->picks.count && !conflicts; i++)
        conflicts = model->picks.marks[i].action == PLAN_CONFLICT;
    switch (request) {
    case REQUEST_APPLY:
        return ready && (plan_any_picked(model) || opens);
    case REQUEST_LEAVE:
        return ready &&
               (conflicts || (!plan_any_picked(model) && opens && row->action == PLAN_CONFLICT));
    case REQUEST_MARK:
        return opens;
    case REQUEST_MARK_ALL:
    case REQUEST_PICK_SAFE:
    case REQUEST_PICK_KIND:
        return plan != NULL && plan->states[PLAN_ROW_OPEN] > 0;
    case REQUEST_EXPORT:
        return plan_rows_total(model) > 0;
    case REQUEST_DROP:
        return false;
    case REQUEST_OPEN:
    case REQUEST_INSPECT:
    case REQUEST_COPY:
        return row != NULL;
    default:
        return true;
    }
}

static bool plan_can(struct console *console, void *state, enum request request)
{
    const struct plan_model *model = state;
    (void)console;
    if (!is_open(model))
        return can_in_list(model, request);
    return model->reading
               ? request == REQUEST_COPY || request == REQUEST_INSPECT || request == REQUEST_BACK
               : can_on_rows(model, request);
}

static const char *plan_crumb(struct console *console, void *state)
{
    struct plan_model *model = state;
    (void)console;
    snprintf(model->crumb, sizeof(model->crumb), "%.8s", model->open_id);
    return model->crumb;
}

static void plan_close(void *state)
{
    plan_model_free(state);
}

const struct screen_ops screen_plan = {
    .name = "plan",
    .title = "Plan",
    .request = REQUEST_PLAN,
    .context = CONTEXT_PLAN,
    .size = sizeof(struct plan_model),
    .enter = plan_enter,
    .update = plan_update,
    .take = plan_take_reply,
    .draw = plan_draw,
    .act = plan_act,
    .crumb = plan_crumb,
    .can = plan_can,
    .close = plan_close,
};
