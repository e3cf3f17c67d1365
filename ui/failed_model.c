/* Groups, pages, marks and selection of the Failed screen. */
#include "ui/failed_model.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define GROUPS_MAX 500
#define FIRST_UNFOLDED 2
#define BEFORE_WANTED 50 /* rows loaded above the one that is missing */

/* ---- where things are ---- */

static size_t group_count(const struct failed_model *model)
{
    return model->groups == NULL || !model->groups->ok ? 0 : model->groups->groups.count;
}

uint64_t failed_total(const struct failed_model *model)
{
    return group_count(model) == 0 ? 0 : model->groups->groups.total;
}

static const struct failed_window *window_find(const struct failed_model *model,
                                               const char *fingerprint)
{
    for (size_t i = 0; i < model->window_count; i++)
        if (strcmp(model->windows[i].fingerprint, fingerprint) == 0)
            return &model->windows[i];
    return NULL;
}

static uint64_t group_lines(const struct failed_model *model, size_t index)
{
    const struct failure_group *group = &model->groups->groups.groups[index];
    return 1 + (window_find(model, group->fingerprint) != NULL ? group->count : 0);
}

uint64_t failed_line_count(const struct failed_model *model)
{
    uint64_t lines = 0;
    if (model->flat)
        return failed_total(model);
    for (size_t i = 0; i < group_count(model); i++)
        lines += group_lines(model, i);
    return lines;
}

static const struct failure_row *window_row(const struct failed_window *window, uint64_t index)
{
    const struct lookup_reply *reply = window == NULL ? NULL : window->rows;
    if (reply == NULL || index < reply->request.offset ||
        index - reply->request.offset >= reply->failures.count)
        return NULL;
    return &reply->failures.rows[index - reply->request.offset];
}

struct failed_line failed_line_at(const struct failed_model *model, uint64_t line)
{
    struct failed_line at = {0};
    if (model->flat) {
        at.index = line;
        at.row = window_row(window_find(model, ""), line);
        return at;
    }
    for (size_t i = 0; i < group_count(model); i++) {
        uint64_t lines = group_lines(model, i);
        if (line >= lines) {
            line -= lines;
            continue;
        }
        at.group = &model->groups->groups.groups[i];
        at.heading = line == 0;
        at.unfolded = window_find(model, at.group->fingerprint) != NULL;
        at.index = line == 0 ? 0 : line - 1;
        if (!at.heading)
            at.row = window_row(window_find(model, at.group->fingerprint), at.index);
        return at;
    }
    return at;
}

/* The first line of a group; the end of the list when it is not there. */
static uint64_t group_line(const struct failed_model *model, const char *fingerprint,
                           bool *ret_found)
{
    uint64_t line = 0;
    for (size_t i = 0; i < group_count(model); i++) {
        *ret_found = strcmp(model->groups->groups.groups[i].fingerprint, fingerprint) == 0;
        if (*ret_found)
            return line;
        line += group_lines(model, i);
    }
    *ret_found = false;
    return line;
}

/* ---- selection ---- */

void failed_note_selection(struct failed_model *model)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    const char *fingerprint = at.group == NULL ? "" : at.group->fingerprint;
    snprintf(model->selected_fingerprint, sizeof(model->selected_fingerprint), "%s", fingerprint);
    model->selected_heading = at.heading;
    model->selected_id = at.row == NULL ? 0 : at.row->id;
    model->selected_index = at.index;
}

/* The line of the selected row in a group that begins at `first`. */
static bool find_selected_row(const struct failed_model *model, uint64_t first, uint64_t *ret_line)
{
    const struct failed_window *window =
        window_find(model, model->flat ? "" : model->selected_fingerprint);
    *ret_line = first + !model->flat + model->selected_index;
    if (model->selected_id == 0)
        return window != NULL;
    for (size_t i = 0; window != NULL && window->rows != NULL && i < window->rows->failures.count;
         i++)
        if (window->rows->failures.rows[i].id == model->selected_id) {
            *ret_line = first + !model->flat + window->rows->request.offset + i;
            return true;
        }
    return false;
}

/* Puts the selection back on what was selected: after folding, new groups or a new page. */
static void selection_restore(struct failed_model *model)
{
    bool found = model->flat;
    bool heading = model->selected_heading && !model->flat;
    uint64_t first = 0;
    if (!model->flat)
        first = group_line(model, model->selected_fingerprint, &found);
    model->list.count = failed_line_count(model);
    uint64_t line = first;
    if (!found || (!heading && !find_selected_row(model, first, &line)))
        line = model->list.selected;
    list_select(&model->list, line);
    if (model->selected_id == 0 && !heading)
        failed_note_selection(model); /* it may have been loaded */
}

void failed_select_group(struct failed_model *model, const char *fingerprint)
{
    snprintf(model->selected_fingerprint, sizeof(model->selected_fingerprint), "%s", fingerprint);
    model->selected_heading = true;
    selection_restore(model);
}

/* ---- folding ---- */

static void window_drop(struct failed_model *model, size_t index)
{
    lookup_reply_free(model->windows[index].rows);
    model->window_count--;
    memmove(&model->windows[index], &model->windows[index + 1],
            (model->window_count - index) * sizeof(model->windows[0]));
}

static void window_add(struct failed_model *model, const char *fingerprint)
{
    if (window_find(model, fingerprint) != NULL)
        return;
    if (model->window_count == FAILED_UNFOLDED_MAX)
        window_drop(model, 0);
    struct failed_window *window = &model->windows[model->window_count++];
    *window = (struct failed_window){.stale = true};
    snprintf(window->fingerprint, sizeof(window->fingerprint), "%s", fingerprint);
}

void failed_fold(struct failed_model *model, const char *fingerprint, bool fold)
{
    char name[9]; /* it may point into what is freed here */
    snprintf(name, sizeof(name), "%s", fingerprint);
    const struct failed_window *window = window_find(model, name);
    if (fold && window != NULL) {
        window_drop(model, (size_t)(window - model->windows));
        failed_select_group(model, name);
    } else if (!fold) {
        window_add(model, name);
        selection_restore(model);
    }
}

void failed_fold_all(struct failed_model *model, bool fold)
{
    while (fold && model->window_count > 0)
        window_drop(model, model->window_count - 1);
    for (size_t i = 0; !fold && i < group_count(model) && i < FAILED_UNFOLDED_MAX; i++)
        window_add(model, model->groups->groups.groups[i].fingerprint);
    model->selected_heading = model->selected_heading || fold;
    selection_restore(model);
}

/* ---- asking ---- */

/* Ages go on: the filter is read anew, as it was typed. */
static void filter_renew(struct failed_model *model, const struct console *console)
{
    if (model->filter_text[0] != '\0')
        (void)!search_parse(model->filter_text, console_now(console), &model->filter, NULL, NULL);
}

void failed_refresh(struct failed_model *model, struct console *console)
{
    const struct lookup_status *status = console_status(console);
    filter_renew(model, console);
    struct lookup_request request = {
        .kind = LOOKUP_GROUPS, .filter = model->filter, .max = GROUPS_MAX};
    model->asked_version = status == NULL ? -1 : status->version;
    model->groups_ticket = console_ask(console, &request);
    for (size_t i = 0; i < model->window_count; i++)
        model->windows[i].stale = true;
    if (model->flat)
        window_add(model, "");
}

static void ask_page(struct failed_model *model, struct console *console, const char *fingerprint,
                     uint64_t wanted)
{
    struct lookup_request request = {.kind = LOOKUP_FAILURES,
                                     .filter = model->filter,
                                     .offset = wanted > BEFORE_WANTED ? wanted - BEFORE_WANTED : 0,
                                     .max = FAILED_PAGE};
    if (fingerprint[0] != '\0')
        memcpy(request.filter.fingerprint, fingerprint, sizeof(request.filter.fingerprint));
    memcpy(model->rows_fingerprint, fingerprint, sizeof(model->rows_fingerprint));
    model->rows_ticket = console_ask(console, &request);
}

/* A row that is not in a fresh page of its own is gone from the journal: the groups will say so
 * soon. */
static bool window_lacks(const struct failed_window *window, uint64_t index)
{
    return window->stale || window->rows == NULL || index < window->rows->request.offset ||
           index - window->rows->request.offset >= window->rows->request.max;
}

void failed_fill(struct failed_model *model, struct console *console)
{
    static const char flat[9] = "";
    uint64_t end = model->list.top + model->list.height;
    for (uint64_t line = model->list.top; line < end && model->rows_ticket == 0; line++) {
        struct failed_line at = failed_line_at(model, line);
        if (line >= failed_line_count(model) || at.heading)
            continue;
        const char *fingerprint = model->flat ? flat : at.group->fingerprint;
        const struct failed_window *window = window_find(model, fingerprint);
        if (window != NULL && window_lacks(window, at.index))
            ask_page(model, console, fingerprint, at.index);
    }
}

/* ---- answers ---- */

/* A part of the answer shows until the whole is there, but never takes the place of a whole one. */
static bool groups_are_part(struct failed_model *model, struct console *console,
                            const struct lookup_reply *reply)
{
    struct lookup_request request = {
        .kind = LOOKUP_DEEP_GROUPS, .filter = model->filter, .max = GROUPS_MAX};
    if (!reply->ok || !reply->groups.cut)
        return false;
    if (reply->kind == LOOKUP_GROUPS && model->deep_ticket == 0)
        model->deep_ticket = console_ask(console, &request);
    const struct lookup_reply *old = model->groups;
    return old != NULL && old->ok && !old->groups.cut && model->groups_whole;
}

static void take_groups(struct failed_model *model, struct console *console,
                        struct lookup_reply *reply)
{
    if (reply->kind == LOOKUP_DEEP_GROUPS || !reply->ok || !reply->groups.cut)
        model->deep_ticket = 0;
    if (groups_are_part(model, console, reply)) {
        lookup_reply_free(reply);
        return;
    }
    model->groups_whole = reply->ok && !reply->groups.cut;
    lookup_reply_free(model->groups);
    model->groups = reply;
    for (size_t i = 0; i < group_count(model) && i < FIRST_UNFOLDED && !model->opened_first; i++)
        window_add(model, reply->groups.groups[i].fingerprint);
    model->opened_first = model->opened_first || group_count(model) > 0;
    selection_restore(model);
}

/* Time was over before the page was full. */
static void ask_page_deep(struct failed_model *model, struct console *console,
                          const struct lookup_reply *reply)
{
    struct lookup_request request = reply->request;
    request.kind = LOOKUP_DEEP_FAILURES;
    model->rows_deep = true;
    model->rows_ticket = console_ask(console, &request);
}

static void take_page(struct failed_model *model, struct lookup_reply *reply)
{
    const struct failed_window *found = window_find(model, model->rows_fingerprint);
    if (found == NULL || !reply->ok) {
        lookup_reply_free(reply);
        return;
    }
    struct failed_window *window = &model->windows[found - model->windows];
    lookup_reply_free(window->rows);
    window->rows = reply;
    window->stale = false;
    selection_restore(model);
}

static void take_rows(struct failed_model *model, struct console *console,
                      struct lookup_reply *reply)
{
    bool ok = reply->ok;
    bool part = ok && reply->failures.cut && reply->kind == LOOKUP_FAILURES;
    model->rows_ticket = 0;
    model->rows_deep = false;
    if (part)
        ask_page_deep(model, console, reply);
    take_page(model, reply);
    /* After an error the next update asks again, not this instant. */
    if (ok && !part)
        failed_fill(model, console);
}

bool failed_take(struct failed_model *model, struct console *console, struct lookup_reply *reply)
{
    bool groups = (reply->kind == LOOKUP_GROUPS && reply->ticket == model->groups_ticket) ||
                  (reply->kind == LOOKUP_DEEP_GROUPS && reply->ticket == model->deep_ticket);
    bool rows = reply->ticket == model->rows_ticket &&
                reply->kind == (model->rows_deep ? LOOKUP_DEEP_FAILURES : LOOKUP_FAILURES);
    if (groups)
        take_groups(model, console, reply);
    else if (rows)
        take_rows(model, console, reply);
    return groups || rows;
}

bool failed_counting(const struct failed_model *model)
{
    return model->groups == NULL || (model->groups->ok && model->groups->groups.cut);
}

/* ---- marks ---- */

static size_t mark_find(const struct failed_model *model, int64_t id)
{
    size_t i = 0;
    while (i < model->mark_count && model->marks[i] != id)
        i++;
    return i;
}

bool failed_marked(const struct failed_model *model, int64_t id)
{
    return model->all_marked || mark_find(model, id) < model->mark_count;
}

bool failed_toggle_mark(struct failed_model *model, int64_t id)
{
    size_t at = mark_find(model, id);
    model->all_marked = false;
    if (model->mark_group_count > 0)
        return false;
    if (at < model->mark_count) {
        model->marks[at] = model->marks[--model->mark_count];
        return true;
    }
    if (model->mark_count == ACTION_IDS_MAX)
        return false;
    if (model->mark_count == model->mark_cap) {
        model->mark_cap = model->mark_cap == 0 ? 64 : model->mark_cap * 2;
        model->marks = memory_resize(model->marks, model->mark_cap * sizeof(*model->marks));
    }
    model->marks[model->mark_count++] = id;
    return true;
}

static size_t mark_group_find(const struct failed_model *model, const char *fingerprint)
{
    size_t i = 0;
    while (i < model->mark_group_count && strcmp(model->mark_groups[i], fingerprint) != 0)
        i++;
    return i;
}

bool failed_group_marked(const struct failed_model *model, const char *fingerprint)
{
    return model->all_marked || mark_group_find(model, fingerprint) < model->mark_group_count;
}

bool failed_toggle_group(struct failed_model *model, const char *fingerprint)
{
    size_t at = mark_group_find(model, fingerprint);
    model->all_marked = false;
    if (at < model->mark_group_count) {
        size_t last = --model->mark_group_count;
        memcpy(model->mark_groups[at], model->mark_groups[last], sizeof(model->mark_groups[at]));
        return true;
    }
    if (model->mark_count > 0 || model->mark_group_count == FAILED_GROUPS_MARKED)
        return false;
    snprintf(model->mark_groups[model->mark_group_count++], sizeof(model->mark_groups[0]), "%s",
             fingerprint);
    return true;
}

void failed_clear_marks(struct failed_model *model)
{
    model->mark_count = 0;
    model->mark_group_count = 0;
    model->all_marked = false;
}

uint64_t failed_mark_count(const struct failed_model *model)
{
    uint64_t count = model->mark_count;
    if (model->all_marked)
        return failed_total(model);
    for (size_t i = 0; i < group_count(model); i++) {
        const struct failure_group *group = &model->groups->groups.groups[i];
        if (mark_group_find(model, group->fingerprint) < model->mark_group_count)
            count += group->count;
    }
    return count;
}

void failed_model_free(struct failed_model *model)
{
    lookup_reply_free(model->groups);
    while (model->window_count > 0)
        window_drop(model, model->window_count - 1);
    free(model->marks);
}
