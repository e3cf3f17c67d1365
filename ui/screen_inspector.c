/* Inspector: everything about one order. */
#include <stdio.h>
#include <string.h>

#include "ui/action.h"
#include "ui/failed.h"
#include "ui/inspector.h"
#include "ui/unanswered.h"

static const struct {
    const char *title;
    enum lookup_kind kind; /* what it is made of */
    void (*lines)(struct inspector *inspector, const struct console *console);
} tabs[TAB_COUNT] = {
    [TAB_DIFF] = {"Diff", LOOKUP_INSPECTION, inspector_diff},
    [TAB_DOCUMENT] = {"Document", LOOKUP_DOCUMENT, inspector_document},
    [TAB_ROWS] = {"Rows", LOOKUP_ROWS, inspector_rows},
    [TAB_ATTEMPTS] = {"Attempts", LOOKUP_FAILURE, inspector_attempts},
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
    case LOOKUP_INSPECTION:
        return &inspector->inspection;
    default:
        return NULL;
    }
}

/* As the console has it now: personal data is shown for a minute at most. */
static struct str mask_now(const struct console *console)
{
    struct str probe = STR("personal");
    struct str shown = console_personal(console, probe);
    return str_equal(shown, probe) ? STR_NULL : shown;
}

/* No answer: what was wrong, and what to do about it. */
static void add_error(struct inspector *inspector, const struct error *error)
{
    const struct error_info *info = error_info(error->id);
    const char *first = unanswered_first(error);
    if (first != NULL) {
        inspector_wrap(inspector, ROLE_TEXT, 0, str_from(first));
        return;
    }
    inspector_wrap(inspector, ROLE_ERROR, 0,
                   arena_format(&inspector->arena, "%s %s", info->code, error->message));
    inspector_wrap(inspector, ROLE_TEXT, 0, str_from(info->remedy));
}

static void build_lines(struct inspector *inspector, const struct console *console)
{
    const struct lookup_reply *reply = *reply_slot(inspector, tabs[inspector->tab].kind);
    arena_reset(&inspector->arena);
    inspector->lines.count = 0;
    inspector->mask = mask_now(console);
    if (reply == NULL)
        inspector_add(inspector, ROLE_DIM, 0, STR("reading..."));
    else if (!reply->ok)
        add_error(inspector, &reply->error);
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

static void ask_journal(struct inspector *inspector, struct console *console)
{
    ask_kind(inspector, console, LOOKUP_FAILURE);
    ask_kind(inspector, console, LOOKUP_INSPECTION);
}

static void inspector_ask_all(struct inspector *inspector, struct console *console)
{
    const struct lookup_status *status = console_status(console);
    inspector->asked_version = status == NULL ? -1 : status->version;
    ask_journal(inspector, console);
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
    ask_journal(inspector, console);
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

/* An order that was opened by its document may have a failure all the same. */
static void take_failure(struct inspector *inspector, struct console *console,
                         const struct lookup_reply *reply)
{
    bool cut = id_was_cut(inspector, reply);
    if (reply->ok && reply->found && inspector->failure_id == 0)
        inspector->failure_id = reply->failure.row.id;
    if (cut)
        ask_kind(inspector, console, LOOKUP_INSPECTION);
    if (cut || failure_moved(inspector->failure, reply))
        ask_target(inspector, console);
}

static bool was_applied(const struct lookup_reply *before, const struct lookup_reply *after)
{
    return before != NULL && before->ok && after->ok &&
           before->inspection.at.row.id == after->inspection.at.row.id &&
           before->inspection.at.row.state != after->inspection.at.row.state;
}

static bool inspector_take(struct console *console, void *state, struct lookup_reply *reply)
{
    struct inspector *inspector = state;
    struct lookup_reply **slot = reply_slot(inspector, reply->kind);
    if (slot == NULL || reply->ticket != inspector->tickets[reply->kind])
        return false;
    if (reply->kind == LOOKUP_FAILURE)
        take_failure(inspector, console, reply);
    else if (reply->kind == LOOKUP_INSPECTION && was_applied(*slot, reply))
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

static struct str whole_text(const struct inspector_line *line)
{
    return line->whole.data == NULL ? line->text : line->whole;
}

static bool has_long_line(const struct inspector *inspector, size_t width)
{
    for (size_t i = 0; i < inspector->lines.count; i++)
        if (whole_text(&inspector->lines.items[i]).len +
                2 * (size_t)inspector->lines.items[i].indent + 3 >
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
    struct str text = whole_text(&inspector->lines.items[list->selected]);
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
    inspector->width = body.width - 3;
    inspector->ellipsis = theme_glyph(paint->theme, GLYPH_ELLIPSIS);
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
    if (line == NULL || !line->branch)
        return;
    bool folded = inspector_is_folded(inspector, line->node, line->indent);
    if (request == REQUEST_OPEN || folded == (request == REQUEST_UNFOLD))
        inspector_toggle(inspector, line->node);
}

static const struct failure_row *failure_of(const struct inspector *inspector)
{
    const struct lookup_reply *reply = inspector->failure;
    return reply != NULL && reply->ok && reply->found ? &reply->failure.row : NULL;
}

static void act_on_order(struct inspector *inspector, struct console *console, enum request request)
{
    struct action_target target = {.ids = &inspector->failure_id, .id_count = 1, .count = 1};
    snprintf(target.label, sizeof(target.label), "%s", inspector->label);
    bool verdict = request == REQUEST_RELEASE || request == REQUEST_REFUSE;
    const struct failure_row *row = failure_of(inspector);
    if (inspector->failure_id == 0)
        console_say(console, ROLE_WARNING, "this order has no failure to act on");
    else if (verdict && row != NULL && row->state != FAILURE_HELD)
        console_say(console, ROLE_WARNING, "this order is not held");
    else if (request == REQUEST_RETRY && row != NULL && row->state == FAILURE_HELD)
        console_say(console, ROLE_WARNING,
                    "held: R releases it (deletes it if it is gone), F refuses");
    else
        action_begin(console, request, &target);
}

/* ---- reading it again, applying it ---- */

/* A command as every other: the engine reads the document, and plans it. */
static void refetch(struct inspector *inspector, struct console *console)
{
    struct buffer members = {.max = sizeof(inspector->source_id) * 6 + 64};
    inspection_members(&members, inspector->source, inspector->source_id);
    if (buffer_ok(&members)) {
        inspector->tab = TAB_DIFF;
        list_select(&inspector->lists[TAB_DIFF], 0);
        buffer_append_char(&members, '\0');
        action_engine(console, INSPECT_KIND, members.data, NULL);
    }
    buffer_free(&members);
}

static void apply_order(struct inspector *inspector, struct console *console)
{
    const struct plan_row *row = inspector_applicable(inspector, console_now(console));
    char members[128];
    char question[160];
    if (row == NULL) {
        console_say(console, ROLE_WARNING,
                    "nothing to apply: read the document from its source first");
        return;
    }
    snprintf(members, sizeof(members), "\"plan\":\"%s\",\"ids\":[%lld]",
             inspector->inspection->inspection.at.plan_id, (long long)row->id);
    snprintf(question, sizeof(question), "%.40s: %s %u field%s%s%s; not if it moved.",
             inspector->label, plan_action_name(row->action), row->field_count,
             row->field_count == 1 ? "" : "s", row->money[0] == '\0' ? "" : ", ", row->money);
    action_engine(console, "apply", members, question);
}

/* ---- search ---- */

static void select_node(struct inspector *inspector, struct console *console, uint64_t node)
{
    build_lines(inspector, console);
    for (size_t i = 0; i < inspector->lines.count; i++) {
        if (inspector->lines.items[i].node != node)
            continue;
        struct list *list = &inspector->lists[inspector->tab];
        list_fit(list, inspector->lines.count, list->height);
        list_select(list, i);
        return;
    }
}

static void search_done(struct console *console, void *context, const char *text)
{
    struct inspector *inspector = context;
    struct list *list = &inspector->lists[inspector->tab];
    uint64_t found = 0;
    if (text[0] != '\0')
        snprintf(inspector->searched, sizeof(inspector->searched), "%.127s", text);
    struct str words = str_from(inspector->searched);
    if (words.len == 0)
        return;
    const struct inspector_line *line = selected_line(inspector);
    bool tree = inspector->tab == TAB_DOCUMENT;
    bool hit = tree ? inspector_find(inspector, words, line == NULL ? 0 : line->node, &found)
                    : inspector_find_line(inspector, words, list->selected, &found);
    if (!hit)
        console_say(console, ROLE_WARNING, "nothing here holds \"%.60s\"", inspector->searched);
    else if (tree)
        select_node(inspector, console, found);
    else
        list_select(list, found);
}

/* ---- what a key does ---- */

static void act_on_screen(struct inspector *inspector, struct console *console,
                          enum request request)
{
    if (request == REQUEST_REFETCH)
        refetch(inspector, console);
    else if (request == REQUEST_APPLY)
        apply_order(inspector, console);
    else if (request == REQUEST_SEARCH)
        console_prompt(console,
                       inspector->searched[0] == '\0' ? "search:" : "search (Enter: next):", "",
                       search_done, inspector);
    else if (request == REQUEST_DIFF)
        inspector->tab = TAB_DIFF;
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
    case REQUEST_RELEASE:
    case REQUEST_REFUSE:
    case REQUEST_SKIP:
    case REQUEST_SNOOZE:
    case REQUEST_NOTE:
    case REQUEST_UNDO:
        act_on_order(inspector, console, request);
        return true;
    case REQUEST_REFETCH:
    case REQUEST_APPLY:
    case REQUEST_SEARCH:
    case REQUEST_DIFF:
        act_on_screen(inspector, console, request);
        return true;
    default:
        return false;
    }
}

static bool inspector_can(struct console *console, void *state, enum request request)
{
    const struct inspector *inspector = state;
    switch (request) {
    case REQUEST_RETRY:
    case REQUEST_RELEASE:
    case REQUEST_REFUSE:
    case REQUEST_SKIP:
    case REQUEST_SNOOZE:
    case REQUEST_NOTE:
    case REQUEST_UNDO:
        return failure_of(inspector) != NULL && action_fits(request, failure_of(inspector)->state);
    case REQUEST_APPLY:
        return inspector_applicable(inspector, console_now(console)) != NULL;
    case REQUEST_DIFF:
        return inspector->tab != TAB_DIFF;
    case REQUEST_OPEN: {
        const struct inspector_line *line = selected_line(inspector);
        return line != NULL && line->branch;
    }
    default:
        return true;
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
    lookup_reply_free(inspector->inspection);
    inspector->failure = inspector->document = inspector->rows = inspector->timeline = NULL;
    inspector->inspection = NULL;
}

static void inspector_close(void *state)
{
    struct inspector *inspector = state;
    drop_replies(inspector);
    arena_free(&inspector->arena);
    free(inspector->lines.items);
}

static void show(struct console *console, struct inspector *inspector, const char *label)
{
    drop_replies(inspector);
    memset(inspector->tickets, 0, sizeof(inspector->tickets));
    memset(inspector->lists, 0, sizeof(inspector->lists));
    inspector->fold_count = 0;
    snprintf(inspector->label, sizeof(inspector->label), "%.63s",
             label[0] != '\0' ? label : inspector->source_id);
    console_show(console, &screen_inspector);
}

static void show_failure(struct console *console, const struct failure_row *row,
                         enum inspector_tab tab)
{
    struct inspector *inspector = console_state(console, &screen_inspector);
    inspector->failure_id = row->id;
    inspector->source = row->source;
    snprintf(inspector->source_id, sizeof(inspector->source_id), "%s", row->source_id);
    inspector->tab = tab;
    show(console, inspector, row->label);
}

void inspector_show(struct console *console, const struct failure_row *row)
{
    show_failure(console, row, TAB_ATTEMPTS);
}

void inspector_show_diff(struct console *console, const struct failure_row *row)
{
    show_failure(console, row, TAB_DIFF);
}

/* A cut keeps characters whole, so it may end some bytes early. */
bool inspector_can_name(const char *source_id, size_t size)
{
    return strlen(source_id) + 4 < size;
}

void inspector_show_document(struct console *console, enum source_kind source,
                             const char *source_id, const char *label)
{
    struct inspector *inspector = console_state(console, &screen_inspector);
    inspector->failure_id = 0;
    inspector->source = source;
    snprintf(inspector->source_id, sizeof(inspector->source_id), "%s", source_id);
    inspector->tab = TAB_DIFF;
    show(console, inspector, label);
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
    .can = inspector_can,
    .crumb = inspector_crumb,
    .close = inspector_close,
};
