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
    return failed_take(state, console, reply);
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
    struct rect list = {body.y + 1, body.x, body.height - 1 - detail, body.width};
    list_fit(&model->list, failed_line_count(model),
             list.height > 1 ? (unsigned)list.height - 1 : 1);
    failed_fill(model, console);
    failed_paint_summary(paint, (struct rect){body.y, body.x, 1, body.width}, model);
    failed_paint_list(paint, list, model, console_now(console));
    if (detail > 0)
        failed_paint_detail(
            paint, (struct rect){body.y + body.height - detail, body.x, detail, body.width}, model,
            console_now(console));
}

/* ---- filter, sort, group ---- */

static void set_filter(struct failed_model *model, struct console *console, const char *text)
{
    struct error err = {0};
    if (!filter_parse(text, console_now(console), &model->filter, &err)) {
        console_say(console, ROLE_ERROR, "%s", err.message);
        return;
    }
    snprintf(model->filter_text, sizeof(model->filter_text), "%s", text);
    failed_clear_marks(model);
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

/* What an action is about: the marks, else the selected order, else the selected group. */
static bool find_target(const struct failed_model *model, struct failure_filter *filter,
                        struct action_target *ret_target, int64_t *ret_id)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    uint64_t marked = failed_mark_count(model);
    *ret_target = (struct action_target){.count = 1};
    *filter = model->filter;
    if (marked > 0) {
        ret_target->ids = model->all_marked ? NULL : model->marks;
        ret_target->id_count = model->all_marked ? 0 : model->mark_count;
        ret_target->count = marked;
        ret_target->hidden = model->all_marked ? model->groups->groups.hidden : 0;
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

static void act_on_target(struct failed_model *model, struct console *console, enum request request)
{
    struct failure_filter filter;
    struct action_target target;
    int64_t id = 0;
    struct failed_line at = failed_line_at(model, model->list.selected);
    bool put_aside =
        at.row != NULL && (at.row->state == FAILURE_SKIPPED || at.row->state == FAILURE_SNOOZED);
    bool last = request == REQUEST_UNDO && failed_mark_count(model) == 0 && !put_aside;
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
    if (at.row == NULL) {
        console_say(console, ROLE_TEXT,
                    at.group != NULL ? "actions on this line are about the whole group"
                                     : "nothing is selected");
        return;
    }
    if (!failed_toggle_mark(model, at.row->id))
        console_say(console, ROLE_WARNING, "%d are marked, which is the most; A marks all",
                    ACTION_IDS_MAX);
    (void)list_request(&model->list, REQUEST_DOWN);
}

static void open_selected(struct failed_model *model, struct console *console)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    if (at.row != NULL)
        inspector_show(console, at.row);
    else if (at.group != NULL && at.heading)
        failed_fold(model, at.group->fingerprint, at.unfolded);
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
        console_prompt(console, "filter:", model->filter_text, filter_typed, model);
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
    case REQUEST_MARK:
        mark_selected(model, console);
        break;
    case REQUEST_MARK_ALL:
        model->all_marked = !model->all_marked && failed_total(model) > 0;
        break;
    case REQUEST_COPY:
        copy_selected(model, console);
        break;
    case REQUEST_RETRY:
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
    .close = failed_close,
};
