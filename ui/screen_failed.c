/* Failed: what did not apply, by fingerprint, and what an operator does about it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/failed.h"
#include "ui/failed_model.h"
#include "ui/failed_paint.h"
#include "ui/filter.h"

#define DETAIL_FROM_HEIGHT 14 /* a body this high has room for the pane */

static void failed_begin(struct failed_model *model)
{
    if (model->groups == NULL && model->groups_ticket == 0)
        model->filter = (struct failure_filter){.since_us = TIME_NONE, .until_us = TIME_NONE};
}

static void failed_enter(struct console *console, void *state)
{
    failed_begin(state);
    failed_refresh(state, console);
}

static void failed_update(struct console *console, void *state)
{
    struct failed_model *model = state;
    const struct lookup_status *status = console_status(console);
    if (status != NULL && status->version != model->asked_version)
        failed_refresh(model, console);
    failed_fill(model, console);
}

static bool failed_take_reply(struct console *console, void *state, struct lookup_reply *reply)
{
    struct failed_model *model = state;
    return export_prompt_take(&model->export, console, reply) || failed_take(model, console, reply);
}

static int detail_height(int height)
{
    return height < DETAIL_FROM_HEIGHT ? 0 : height >= 24 ? 9 : 7;
}

static void failed_draw(struct console *console, void *state, struct rect body)
{
    struct failed_model *model = state;
    struct paint *paint = console_paint(console);
    int detail = detail_height(body.height);
    unsigned more = 0;
    const struct command_row *running = action_running(console, &more);
    int above = running == NULL ? 1 : 2;
    struct rect list = {body.y + above, body.x, body.height - above - detail, body.width};
    list_fit(&model->list, failed_line_count(model),
             list.height > 1 ? (unsigned)list.height - 1 : 1);
    failed_fill(model, console);
    failed_paint_summary(paint, (struct rect){body.y, body.x, 1, body.width}, model);
    if (running != NULL)
        failed_paint_running(paint, (struct rect){body.y + 1, body.x, 1, body.width}, running,
                             more);
    failed_paint_list(paint, list, model, console_now(console));
    if (detail > 0)
        failed_paint_detail(
            paint, (struct rect){body.y + body.height - detail, body.x, detail, body.width}, model,
            console_now(console));
}

/* ---- filter, sort, group ---- */

static void filter_typed(struct console *console, void *context, const char *text);

static void set_filter(struct failed_model *model, struct console *console, const char *text)
{
    struct error err = {0};
    size_t at = 0;
    if (!search_parse(text, console_now(console), &model->filter, &at, &err)) {
        filter_correct(console, text, at, err.message, filter_typed, model);
        return;
    }
    snprintf(model->filter_text, sizeof(model->filter_text), "%s", text);
    failed_clear_marks(model);
    model->groups_whole = false; /* what is shown is of another filter */
    model->deep_ticket = 0;
    failed_refresh(model, console);
}

static void filter_typed(struct console *console, void *context, const char *text)
{
    set_filter(context, console, text);
}

static void next_sort(struct failed_model *model, struct console *console)
{
    model->filter.sort = (enum failure_sort)((model->filter.sort + 1) % (SORT_LABEL + 1));
    failed_refresh(model, console);
}

static void toggle_flat(struct failed_model *model, struct console *console)
{
    model->flat = !model->flat;
    failed_refresh(model, console);
    list_select(&model->list, 0);
    failed_note_selection(model);
}

/* Esc takes away one thing at a time: marks, then the filter; then it leaves the screen. */
static bool step_back(struct failed_model *model, struct console *console)
{
    if (failed_mark_count(model) > 0)
        failed_clear_marks(model);
    else if (model->filter_text[0] != '\0')
        set_filter(model, console, "");
    else
        return false;
    return true;
}

/* ---- actions ---- */

static void target_label(struct action_target *target, const struct failure_row *row)
{
    snprintf(target->label, sizeof(target->label), "%.63s",
             row->label[0] != '\0' ? row->label : row->source_id);
}

/* The marked groups as one more word of the filter. */
static bool add_groups(const struct failed_model *model, struct failure_filter *filter)
{
    size_t count = model->mark_group_count;
    if (filter->term_count + count > SEARCH_TERMS)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct search_term *term = &filter->terms[filter->term_count++];
        *term = (struct search_term){.key = TERM_FINGERPRINT, .or_next = i + 1 < count};
        snprintf(term->value, sizeof(term->value), "%s", model->mark_groups[i]);
    }
    return true;
}

/* What an action is about: the marks, else the selected order, else the selected group. */
static bool find_target(const struct failed_model *model, struct failure_filter *filter,
                        struct action_target *ret_target, int64_t *ret_id)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    uint64_t marked = failed_mark_count(model);
    *ret_target = (struct action_target){.count = 1};
    *filter = model->filter;
    if (marked > 0) {
        bool by_filter = model->all_marked || model->mark_group_count > 0;
        if (!model->all_marked && !add_groups(model, filter))
            return false;
        ret_target->ids = by_filter ? NULL : model->marks;
        ret_target->id_count = by_filter ? 0 : model->mark_count;
        ret_target->count = marked;
        ret_target->hidden = by_filter ? model->groups->groups.hidden : 0;
        snprintf(ret_target->label, sizeof(ret_target->label), "%" PRIu64 " marked", marked);
    } else if (at.row != NULL) {
        *ret_id = at.row->id;
        ret_target->ids = ret_id;
        ret_target->id_count = 1;
        target_label(ret_target, at.row);
    } else if (at.group != NULL && at.heading) {
        memcpy(filter->fingerprint, at.group->fingerprint, sizeof(filter->fingerprint));
        ret_target->count = at.group->count;
        snprintf(ret_target->label, sizeof(ret_target->label), "group %.4s", at.group->fingerprint);
    } else {
        return false;
    }
    ret_target->filter = filter;
    return true;
}

/* What is released is deleted: how many must be known, so of several all must be held ones. */
static bool held_only(const struct failed_model *model)
{
    return model->filter.states == 1u << FAILURE_HELD;
}

/* The engine would refuse it. Says so, and which key is meant. */
static bool is_unfit(const struct failed_model *model, struct console *console,
                     enum request request)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    bool verdict = request == REQUEST_RELEASE || request == REQUEST_REFUSE;
    bool single = failed_mark_count(model) == 0 && at.row != NULL;
    if (single && request == REQUEST_RETRY && at.row->state == FAILURE_HELD)
        console_say(console, ROLE_WARNING,
                    "held: R releases it (deletes it if it is gone), F refuses");
    else if (single && verdict && at.row->state != FAILURE_HELD)
        console_say(console, ROLE_WARNING, "this order is not held");
    else if (!single && verdict && !held_only(model))
        console_say(console, ROLE_WARNING, "several at once: first / with state:held alone");
    else
        return false;
    return true;
}

static void act_on_target(struct failed_model *model, struct console *console, enum request request)
{
    struct failure_filter filter;
    struct action_target target;
    int64_t id = 0;
    struct failed_line at = failed_line_at(model, model->list.selected);
    bool put_aside =
        at.row != NULL && (at.row->state == FAILURE_SKIPPED || at.row->state == FAILURE_SNOOZED);
    bool last = request == REQUEST_UNDO && failed_mark_count(model) == 0 && !put_aside;
    bool by_filter =
        model->all_marked || model->mark_group_count > 0 || (at.row == NULL && at.heading);
    if (is_unfit(model, console, request))
        return;
    if (by_filter && failed_counting(model)) {
        console_say(console, ROLE_WARNING,
                    "still counting what matches: nothing is done to an unknown number");
        return;
    }
    if ((last && action_last(console, &target)) || find_target(model, &filter, &target, &id)) {
        action_begin(console, request, &target);
        failed_clear_marks(model);
    } else {
        console_say(console, ROLE_WARNING, "nothing is selected");
    }
}

static void mark_selected(struct failed_model *model, struct console *console)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    bool group = at.row == NULL && at.group != NULL && at.heading;
    if (at.row == NULL && !group) {
        console_say(console, ROLE_TEXT, "nothing is selected");
        return;
    }
    bool done = group ? failed_toggle_group(model, at.group->fingerprint)
                      : failed_toggle_mark(model, at.row->id);
    if (!done && failed_mark_count(model) > 0 && group != (model->mark_group_count > 0))
        console_say(console, ROLE_WARNING, "%s are marked: Esc drops those marks first",
                    group ? "single orders" : "whole groups");
    else if (!done)
        console_say(console, ROLE_WARNING, "%d are marked, which is the most; A marks all",
                    group ? FAILED_GROUPS_MARKED : ACTION_IDS_MAX);
    (void)list_request(&model->list, REQUEST_DOWN);
}

static void ask_export(struct failed_model *model, struct console *console)
{
    struct lookup_request request = {.kind = LOOKUP_EXPORT, .filter = model->filter};
    export_prompt_open(&model->export, console, &request, "failed");
}

static void open_selected(struct failed_model *model, struct console *console)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    if (at.row != NULL)
        inspector_show(console, at.row);
    else if (at.group != NULL && at.heading)
        failed_fold(model, at.group->fingerprint, at.unfolded);
}

static void open_diff(const struct failed_model *model, struct console *console)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    if (at.row == NULL)
        console_say(console, ROLE_TEXT, "select an order: a group has no diff");
    else
        inspector_show_diff(console, at.row);
}

static void copy_selected(struct failed_model *model, struct console *console)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    if (at.row != NULL)
        console_copy(console, str_from(at.row->source_id));
    else if (at.group != NULL)
        console_copy(console, str_from(at.group->fingerprint));
}

static void fold_selected(struct failed_model *model, bool fold)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    if (at.group != NULL)
        failed_fold(model, at.group->fingerprint, fold);
}

static bool failed_act_view(struct failed_model *model, struct console *console,
                            enum request request)
{
    switch (request) {
    case REQUEST_FILTER:
        filter_ask(console, model->filter_text, filter_typed, model);
        return true;
    case REQUEST_SORT:
        next_sort(model, console);
        return true;
    case REQUEST_GROUP:
        toggle_flat(model, console);
        return true;
    case REQUEST_FOLD:
    case REQUEST_UNFOLD:
        fold_selected(model, request == REQUEST_FOLD);
        return true;
    case REQUEST_FOLD_ALL:
    case REQUEST_UNFOLD_ALL:
        failed_fold_all(model, request == REQUEST_FOLD_ALL);
        return true;
    case REQUEST_BACK:
        return step_back(model, console);
    default:
        return false;
    }
}

static bool failed_act(struct console *console, void *state, enum request request)
{
    struct failed_model *model = state;
    if (list_request(&model->list, request)) {
        failed_note_selection(model);
        return true;
    }
    if (failed_act_view(model, console, request))
        return true;
    switch (request) {
    case REQUEST_OPEN:
        open_selected(model, console);
        break;
    case REQUEST_DIFF:
        open_diff(model, console);
        break;
    case REQUEST_MARK:
        mark_selected(model, console);
        break;
    case REQUEST_MARK_ALL:
        model->all_marked = !model->all_marked && failed_total(model) > 0;
        break;
    case REQUEST_COPY:
        copy_selected(model, console);
        break;
    case REQUEST_EXPORT:
        ask_export(model, console);
        break;
    case REQUEST_CANCEL:
        action_cancel(console);
        break;
    case REQUEST_RETRY:
    case REQUEST_RELEASE:
    case REQUEST_REFUSE:
    case REQUEST_SKIP:
    case REQUEST_SNOOZE:
    case REQUEST_NOTE:
    case REQUEST_UNDO:
        act_on_target(model, console, request);
        break;
    default:
        return false;
    }
    failed_note_selection(model);
    return true;
}

static const char *failed_crumb(struct console *console, void *state)
{
    (void)console;
    return ((struct failed_model *)state)->filter_text;
}

/* Of one order its state says it; of several the engine judges each. */
static bool may_act(const struct failed_model *model, enum request request)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    bool verdict = request == REQUEST_RELEASE || request == REQUEST_REFUSE;
    if (failed_mark_count(model) == 0 && at.row != NULL)
        return action_fits(request, at.row->state);
    if (request == REQUEST_UNDO)
        return (model->filter.states & (1u << FAILURE_SKIPPED | 1u << FAILURE_SNOOZED)) != 0;
    return (failed_mark_count(model) > 0 || (at.group != NULL && at.heading)) &&
           held_only(model) == verdict;
}

static bool failed_can(struct console *console, void *state, enum request request)
{
    const struct failed_model *model = state;
    struct failed_line at = failed_line_at(model, model->list.selected);
    bool some = failed_mark_count(model) > 0 || at.row != NULL || (at.group != NULL && at.heading);
    struct action_target last;
    switch (request) {
    case REQUEST_CANCEL:
        return action_running(console, NULL) != NULL;
    case REQUEST_GROUP:
        return model->list.count > 0;
    case REQUEST_UNDO:
        return may_act(model, request) || action_last(console, &last);
    case REQUEST_DIFF:
        return at.row != NULL;
    case REQUEST_RETRY:
    case REQUEST_RELEASE:
    case REQUEST_REFUSE:
    case REQUEST_SKIP:
    case REQUEST_SNOOZE:
        return may_act(model, request);
    case REQUEST_MARK:
    case REQUEST_MARK_ALL:
    case REQUEST_NOTE:
    case REQUEST_OPEN:
    case REQUEST_COPY:
    case REQUEST_EXPORT:
        return some;
    default:
        return true;
    }
}

static void failed_close(void *state)
{
    failed_model_free(state);
}

void failed_show(struct console *console, const char *fingerprint)
{
    struct failed_model *model = console_state(console, &screen_failed);
    char name[9];
    snprintf(name, sizeof(name), "%s", fingerprint);
    failed_begin(model);
    model->flat = false;
    model->opened_first = true;
    failed_fold(model, name, false);
    failed_select_group(model, name);
    console_show(console, &screen_failed);
}

const struct screen_ops screen_failed = {
    .name = "failed",
    .title = "Failed",
    .request = REQUEST_FAILED,
    .context = CONTEXT_FAILED,
    .size = sizeof(struct failed_model),
    .enter = failed_enter,
    .update = failed_update,
    .take = failed_take_reply,
    .draw = failed_draw,
    .act = failed_act,
    .crumb = failed_crumb,
    .can = failed_can,
    .close = failed_close,
};
