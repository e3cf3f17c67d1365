/* Inspector: everything about one order. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ui/action.h"
#include "ui/failed.h"
#include "ui/inspector.h"

/* Diff belongs here once a document can be fetched beside the stored one. */
static const struct {
    const char *title;
    enum lookup_kind kind; /* what it is made of */
    void (*lines)(struct inspector *inspector, const struct console *console);
} tabs[TAB_COUNT] = {
    [TAB_ATTEMPTS] = {"Attempts", LOOKUP_FAILURE, inspector_attempts},
    [TAB_DOCUMENT] = {"Document", LOOKUP_DOCUMENT, inspector_document},
    [TAB_ROWS] = {"Rows", LOOKUP_ROWS, inspector_rows},
    [TAB_TIMELINE] = {"Timeline", LOOKUP_TIMELINE, inspector_timeline},
    [TAB_NOTES] = {"Notes", LOOKUP_FAILURE, inspector_notes},
};

static struct lookup_reply **reply_slot(struct inspector *inspector, enum lookup_kind kind)
{
    switch (kind) {
    case LOOKUP_FAILURE:
        return &inspector->failure;
    case LOOKUP_DOCUMENT:
        return &inspector->document;
    case LOOKUP_ROWS:
        return &inspector->rows;
    case LOOKUP_TIMELINE:
        return &inspector->timeline;
    default:
        return NULL;
    }
}

/* ---- lines ---- */

void inspector_add(struct inspector *inspector, enum role role, int indent, struct str text)
{
    struct inspector_lines *lines = &inspector->lines;
    if (lines->count == lines->cap) {
        lines->cap = lines->cap == 0 ? 256 : lines->cap * 2;
        lines->items = memory_resize(lines->items, lines->cap * sizeof(*lines->items));
    }
    lines->items[lines->count++] = (struct inspector_line){role, indent, text, 0};
}

void inspector_addf(struct inspector *inspector, enum role role, int indent, const char *format,
                    ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = arena_alloc(&inspector->arena, (size_t)len + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)len + 1, format, arguments);
    va_end(arguments);
    inspector_add(inspector, role, indent, (struct str){text, (size_t)len});
}

bool inspector_is_folded(const struct inspector *inspector, uint64_t branch, int depth)
{
    bool folded = !inspector->unfold_all && depth >= 0;
    for (size_t i = 0; i < inspector->fold_count; i++)
        if (inspector->folds[i] == branch)
            return !folded;
    return folded;
}

void inspector_toggle(struct inspector *inspector, uint64_t branch)
{
    for (size_t i = 0; i < inspector->fold_count; i++)
        if (inspector->folds[i] == branch) {
            inspector->folds[i] = inspector->folds[--inspector->fold_count];
            return;
        }
    if (inspector->fold_count < FOLDS_MAX)
        inspector->folds[inspector->fold_count++] = branch;
}

static void build_lines(struct inspector *inspector, const struct console *console)
{
    const struct lookup_reply *reply = *reply_slot(inspector, tabs[inspector->tab].kind);
    arena_reset(&inspector->arena);
    inspector->lines.count = 0;
    if (reply == NULL)
        inspector_add(inspector, ROLE_DIM, 0, STR("reading..."));
    else if (!reply->ok)
        inspector_add(inspector, ROLE_ERROR, 0, str_from(reply->error.message));
    else
        tabs[inspector->tab].lines(inspector, console);
}

/* ---- asking and taking ---- */

static void ask_kind(struct inspector *inspector, struct console *console, enum lookup_kind kind)
{
    struct lookup_request request = {
        .kind = kind, .failure_id = inspector->failure_id, .source = inspector->source};
    memcpy(request.source_id, inspector->source_id, sizeof(request.source_id));
    inspector->tickets[kind] = console_ask(console, &request);
}

static void ask_target(struct inspector *inspector, struct console *console)
{
    ask_kind(inspector, console, LOOKUP_DOCUMENT);
    ask_kind(inspector, console, LOOKUP_ROWS);
    ask_kind(inspector, console, LOOKUP_TIMELINE);
}

static void inspector_ask_all(struct inspector *inspector, struct console *console)
{
    const struct lookup_status *status = console_status(console);
    inspector->asked_version = status == NULL ? -1 : status->version;
    ask_kind(inspector, console, LOOKUP_FAILURE);
    ask_target(inspector, console);
}

static void inspector_enter(struct console *console, void *state)
{
    inspector_ask_all(state, console);
}

/* The journal's part follows every change; the target's when the order's failure was touched. */
static void inspector_update(struct console *console, void *state)
{
    struct inspector *inspector = state;
    const struct lookup_status *status = console_status(console);
    if (status == NULL || status->version == inspector->asked_version)
        return;
    inspector->asked_version = status->version;
    ask_kind(inspector, console, LOOKUP_FAILURE);
}

static bool failure_moved(const struct lookup_reply *before, const struct lookup_reply *after)
{
    if (before == NULL || !before->ok || !after->ok || !before->found || !after->found)
        return false;
    return before->failure.row.state != after->failure.row.state ||
           before->failure.row.last_us != after->failure.row.last_us;
}

/* Lists hold the beginning of a long id; the failure itself has all of it. */
static bool id_was_cut(struct inspector *inspector, const struct lookup_reply *reply)
{
    struct str whole = reply->failure.source_id;
    if (!reply->ok || !reply->found || whole.len >= sizeof(inspector->source_id) ||
        str_equal(whole, str_from(inspector->source_id)))
        return false;
    memcpy(inspector->source_id, whole.data, whole.len);
    inspector->source_id[whole.len] = '\0';
    return true;
}

static bool inspector_take(struct console *console, void *state, struct lookup_reply *reply)
{
    struct inspector *inspector = state;
    struct lookup_reply **slot = reply_slot(inspector, reply->kind);
    if (slot == NULL || reply->ticket != inspector->tickets[reply->kind])
        return false;
    if (reply->kind == LOOKUP_FAILURE &&
        (failure_moved(*slot, reply) || id_was_cut(inspector, reply)))
        ask_target(inspector, console);
    lookup_reply_free(*slot);
    *slot = reply;
    return true;
}

/* ---- drawing ---- */

static void draw_tabs(struct paint *paint, struct rect body, const struct inspector *inspector)
{
    int x = body.x + 1;
    x += 2 + paint_text(paint, body.y, x, body.width / 3, ROLE_STRONG, str_from(inspector->label));
    for (enum inspector_tab tab = 0; tab < TAB_COUNT; tab++)
        x += 2 + paint_text(paint, body.y, x, body.width - x,
                            tab == inspector->tab ? ROLE_TAB_ON : ROLE_TAB,
                            str_from(tabs[tab].title));
}

static void draw_line(struct paint *paint, struct rect area, const struct inspector_line *line,
                      bool selected)
{
    int indent = 1 + (line->indent > 0 ? line->indent * 2 : 0);
    if (indent > area.width / 2)
        indent = area.width / 2;
    paint_text(paint, area.y, area.x + 1 + indent, area.width - 2 - indent, line->role, line->text);
    if (!selected)
        return;
    paint_text(paint, area.y, area.x + 1, 1, ROLE_STRONG, str_from(theme_mark(ROLE_SELECTED)));
    paint_select(paint, area.y, area.x + 1, area.width - 2);
}

static bool has_long_line(const struct inspector *inspector, size_t width)
{
    for (size_t i = 0; i < inspector->lines.count; i++)
        if (inspector->lines.items[i].text.len + 2 * (size_t)inspector->lines.items[i].indent + 3 >
            width)
            return true;
    return false;
}

/* The selected line in full: a pane that is there when any line is longer than its row, so that the
 * list keeps its height while one moves. */
static int draw_whole(struct paint *paint, struct rect body, const struct inspector *inspector)
{
    const struct list *list = &inspector->lists[inspector->tab];
    if (list->selected >= inspector->lines.count || body.height < 12 ||
        !has_long_line(inspector, (size_t)body.width))
        return 0;
    struct str text = inspector->lines.items[list->selected].text;
    int height = 4;
    paint_rule(paint, body.y + body.height - height, body.x, body.width, STR_NULL, STR_NULL);
    paint_wrapped(
        paint,
        (struct rect){body.y + body.height - height + 1, body.x + 1, height - 1, body.width - 2},
        ROLE_TEXT, text);
    return height;
}

static void inspector_draw(struct console *console, void *state, struct rect body)
{
    struct inspector *inspector = state;
    struct paint *paint = console_paint(console);
    struct list *list = &inspector->lists[inspector->tab];
    build_lines(inspector, console);
    draw_tabs(paint, body, inspector);
    int below = draw_whole(paint, body, inspector);
    int height = body.height - 1 - below;
    list_fit(list, inspector->lines.count, height > 0 ? (unsigned)height : 1);
    for (int i = 0; i < height && list->top + (unsigned)i < list->count; i++) {
        uint64_t index = list->top + (unsigned)i;
        draw_line(paint, (struct rect){body.y + 1 + i, body.x, 1, body.width},
                  &inspector->lines.items[index], index == list->selected);
    }
}

/* ---- keys ---- */

static const struct inspector_line *selected_line(const struct inspector *inspector)
{
    uint64_t selected = inspector->lists[inspector->tab].selected;
    return selected < inspector->lines.count ? &inspector->lines.items[selected] : NULL;
}

static void fold_line(struct inspector *inspector, enum request request)
{
    const struct inspector_line *line = selected_line(inspector);
    if (line == NULL || line->branch == 0)
        return;
    bool folded = inspector_is_folded(inspector, line->branch, line->indent);
    if (request == REQUEST_OPEN || folded == (request == REQUEST_UNFOLD))
        inspector_toggle(inspector, line->branch);
}

static void act_on_order(struct inspector *inspector, struct console *console, enum request request)
{
    struct action_target target = {.ids = &inspector->failure_id, .id_count = 1, .count = 1};
    snprintf(target.label, sizeof(target.label), "%s", inspector->label);
    if (inspector->failure_id == 0)
        console_say(console, ROLE_WARNING, "this order has no failure to act on");
    else
        action_begin(console, request, &target);
}

static bool inspector_act(struct console *console, void *state, enum request request)
{
    struct inspector *inspector = state;
    if (list_request(&inspector->lists[inspector->tab], request))
        return true;
    switch (request) {
    case REQUEST_NEXT_TAB:
        inspector->tab = (enum inspector_tab)((inspector->tab + 1) % TAB_COUNT);
        return true;
    case REQUEST_PREVIOUS_TAB:
        inspector->tab = (enum inspector_tab)((inspector->tab + TAB_COUNT - 1) % TAB_COUNT);
        return true;
    case REQUEST_OPEN:
    case REQUEST_FOLD:
    case REQUEST_UNFOLD:
        fold_line(inspector, request);
        return true;
    case REQUEST_FOLD_ALL:
    case REQUEST_UNFOLD_ALL:
        inspector->unfold_all = request == REQUEST_UNFOLD_ALL;
        inspector->fold_count = 0;
        return true;
    case REQUEST_COPY:
        console_copy(console, str_from(inspector->source_id));
        return true;
    case REQUEST_RETRY:
    case REQUEST_SKIP:
    case REQUEST_SNOOZE:
    case REQUEST_NOTE:
    case REQUEST_UNDO:
        act_on_order(inspector, console, request);
        return true;
    default:
        return false;
    }
}

static const char *inspector_crumb(struct console *console, void *state)
{
    (void)console;
    return ((struct inspector *)state)->label;
}

static void drop_replies(struct inspector *inspector)
{
    lookup_reply_free(inspector->failure);
    lookup_reply_free(inspector->document);
    lookup_reply_free(inspector->rows);
    lookup_reply_free(inspector->timeline);
    inspector->failure = inspector->document = inspector->rows = inspector->timeline = NULL;
}

static void inspector_close(void *state)
{
    struct inspector *inspector = state;
    drop_replies(inspector);
    arena_free(&inspector->arena);
    free(inspector->lines.items);
}

void inspector_show(struct console *console, const struct failure_row *row)
{
    struct inspector *inspector = console_state(console, &screen_inspector);
    drop_replies(inspector);
    memset(inspector->tickets, 0, sizeof(inspector->tickets));
    memset(inspector->lists, 0, sizeof(inspector->lists));
    inspector->failure_id = row->id;
    inspector->source = row->source;
    snprintf(inspector->source_id, sizeof(inspector->source_id), "%s", row->source_id);
    snprintf(inspector->label, sizeof(inspector->label), "%.63s",
             row->label[0] != '\0' ? row->label : row->source_id);
    inspector->tab = TAB_ATTEMPTS;
    console_show(console, &screen_inspector);
}

const struct screen_ops screen_inspector = {
    .name = "inspector",
    .request = REQUEST_NONE,
    .context = CONTEXT_INSPECTOR,
    .size = sizeof(struct inspector),
    .enter = inspector_enter,
    .update = inspector_update,
    .take = inspector_take,
    .draw = inspector_draw,
    .act = inspector_act,
    .crumb = inspector_crumb,
    .close = inspector_close,
};
