/* Log: what the engine says. An engine in this process is read from its ring at once; the lines of
 * one in another process, or of the last that ran, come from the journal. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/failed.h"
#include "ui/filter.h"
#include "ui/gauge.h"
#include "ui/list.h"
#include "ui/log_filter.h"
#include "ui/screen.h"
#include "ui/unanswered.h"

#define LOG_KEPT LOGBOOK_LINES /* as many as the ring and the journal hold */
#define LOG_STEP 256           /* read at once */
#define FILTER_MAX 200
#define HISTOGRAM_FROM_HEIGHT 10 /* a body this high has room for it */

struct log_screen {
    struct log_entry *entries; /* LOG_KEPT, oldest first */
    size_t count;
    size_t shown[LOG_KEPT]; /* indexes of those that match */
    size_t shown_count;
    struct log_filter filter;
    char filter_text[FILTER_MAX];
    char searched[64]; /* the last words searched for */
    bool begun;
    bool elsewhere; /* the lines are the journal's */
    uint64_t ticket;
    bool scrolled;      /* the operator moved away from the newest */
    struct error error; /* of the last answer; id ERROR_NONE: there was one */
    struct list list;
};

static const enum role level_roles[] = {
    [LOG_LEVEL_ERROR] = ROLE_ERROR,
    [LOG_LEVEL_WARNING] = ROLE_WARNING,
    [LOG_LEVEL_INFO] = ROLE_TEXT,
    [LOG_LEVEL_DEBUG] = ROLE_DIM,
};

static const struct log_entry *log_at(const struct log_screen *log, uint64_t index)
{
    return index < log->shown_count ? &log->entries[log->shown[index]] : NULL;
}

/* The selection stays on its line, or on the next one that matches; or on the newest. */
static void log_choose(struct log_screen *log)
{
    const struct log_entry *selected = log->scrolled ? log_at(log, log->list.selected) : NULL;
    uint64_t sequence = selected == NULL ? UINT64_MAX : selected->sequence;
    uint64_t place = 0;
    log->shown_count = 0;
    for (size_t i = 0; i < log->count; i++) {
        if (!log_filter_matches(&log->filter, &log->entries[i]))
            continue;
        place += log->entries[i].sequence < sequence;
        log->shown[log->shown_count++] = i;
    }
    log->list.count = log->shown_count;
    list_select(&log->list, place);
}

/* ---- reading ---- */

/* Room for `step` more; the oldest give way, and what is selected stays selected. */
static struct log_entry *log_room(struct log_screen *log, size_t step)
{
    size_t gone = 0;
    if (log->entries == NULL)
        log->entries = memory_zero(LOG_KEPT, sizeof(*log->entries));
    if (log->count + step > LOG_KEPT) {
        gone = log->count + step - LOG_KEPT;
        memmove(log->entries, log->entries + gone, (log->count - gone) * sizeof(*log->entries));
        log->count -= gone;
    }
    size_t dropped = 0;
    while (dropped < log->shown_count && log->shown[dropped] < gone)
        dropped++;
    log->shown_count -= dropped;
    for (size_t i = 0; i < log->shown_count; i++)
        log->shown[i] = log->shown[i + dropped] - gone;
    log->list.selected -= log->list.selected < dropped ? log->list.selected : dropped;
    log->list.top -= log->list.top < dropped ? log->list.top : dropped;
    return log->entries + log->count;
}

static uint64_t log_last(const struct log_screen *log)
{
    return log->count > 0 ? log->entries[log->count - 1].sequence : 0;
}

/* True when there was something in the ring. */
static bool log_read_ring(struct log_screen *log)
{
    size_t count = 0;
    size_t fresh;
    struct log_entry entries[32];
    do {
        fresh = log_ring_read(log_last(log), entries, sizeof(entries) / sizeof(entries[0]));
        memcpy(log_room(log, fresh), entries, fresh * sizeof(entries[0]));
        log->count += fresh;
        count += fresh;
    } while (fresh == sizeof(entries) / sizeof(entries[0]));
    return count > 0;
}

static void log_ask(struct console *console, struct log_screen *log)
{
    log->ticket = console_ask(
        console,
        &(struct lookup_request){.kind = LOOKUP_LOG, .offset = log_last(log), .max = LOG_STEP});
}

/* Numbers of lines in the ring and in the journal have nothing to do with each other. */
static void log_begin(struct log_screen *log, bool elsewhere)
{
    if (!log->begun)
        log->filter.level = LOG_LEVEL_INFO;
    if (elsewhere != log->elsewhere) {
        log->count = log->shown_count = log->ticket = 0;
        log->error = (struct error){0};
    }
    log->begun = true;
    log->elsewhere = elsewhere;
}

static bool log_is_elsewhere(const struct console *console)
{
    const struct lookup_status *status = console_status(console);
    return status != NULL && status->have_engine && !status->local;
}

static void log_update(struct console *console, void *state)
{
    struct log_screen *log = state;
    log_begin(log, log_is_elsewhere(console));
    if (log->elsewhere) {
        if (log->ticket == 0)
            log_ask(console, log);
    } else if (log_read_ring(log)) {
        log_choose(log);
        console_repaint(console);
    }
}

static void log_enter(struct console *console, void *state)
{
    struct log_screen *log = state;
    log_update(console, log);
    log_choose(log);
}

static void log_add(struct log_screen *log, struct console *console,
                    const struct lookup_reply *reply)
{
    size_t count = reply->log.count;
    memcpy(log_room(log, count), reply->log.entries, count * sizeof(*log->entries));
    log->count += count;
    log_choose(log);
    if (count == LOG_STEP)
        log_ask(console, log);
}

/* An answer without news is not taken: the console would look again at once, ask again, and never
 * sleep. */
static bool log_take(struct console *console, void *state, struct lookup_reply *reply)
{
    struct log_screen *log = state;
    if (reply->kind != LOOKUP_LOG || reply->ticket != log->ticket)
        return false;
    struct error now = reply->ok ? (struct error){0} : reply->error;
    bool lines = reply->ok && reply->log.count > 0 && log->elsewhere;
    bool news = lines || now.id != log->error.id;
    log->ticket = 0;
    log->error = now;
    if (lines)
        log_add(log, console, reply);
    if (news)
        lookup_reply_free(reply);
    return news;
}

/* ---- drawing ---- */

static void log_line(struct console *console, struct rect line, const struct log_entry *entry,
                     bool selected)
{
    struct paint *paint = console_paint(console);
    char clock[GAUGE_TEXT];
    enum role role = level_roles[entry->level];
    int x = line.x + 1;
    x += 1 + paint_text(paint, line.y, x, 11, ROLE_DIM,
                        str_from(gauge_clock(entry->at_us, console_now(console), clock)));
    paint_format(paint, line.y, x, 9, role, "%s%s", theme_mark(role), log_level_name(entry->level));
    paint_text(paint, line.y, x + 9, 10, ROLE_DIM, str_from(entry->component));
    x += 20;
    if (entry->code[0] != '\0')
        x += 1 + paint_text(paint, line.y, x, 8, ROLE_ERROR, str_from(entry->code));
    if (entry->order[0] != '\0')
        x += 1 + paint_text(paint, line.y, x, 16, ROLE_STRONG, str_from(entry->order));
    paint_text(paint, line.y, x, line.width - x - 1, ROLE_TEXT, str_from(entry->message));
    if (selected)
        paint_select(paint, line.y, line.x + 1, line.width - 2);
}

/* Lines over the time from the first to the last that is shown: "02:31:07 .:|. 02:57:11  errors 3".
 */
static void log_histogram(struct console *console, int y, int width, const struct log_screen *log)
{
    uint32_t buckets[64] = {0};
    const size_t count = sizeof(buckets) / sizeof(buckets[0]);
    const struct log_entry *first = log_at(log, 0);
    const struct log_entry *last = log_at(log, log->shown_count - 1);
    char from[GAUGE_TEXT], until[GAUGE_TEXT];
    unsigned of_level[LOG_LEVEL_DEBUG + 1] = {0};
    if (first == NULL || last == NULL)
        return;
    int64_t span = last->at_us > first->at_us ? last->at_us - first->at_us : 0;
    size_t used = width >= 110 ? count : 24;
    for (size_t i = 0; i < log->shown_count; i++) {
        const struct log_entry *entry = log_at(log, i);
        int64_t since = entry->at_us - first->at_us; /* a clock may have been set back */
        since = since < 0 ? 0 : since > span ? span : since;
        buckets[(uint64_t)since * (used - 1) / (uint64_t)(span > 0 ? span : 1)]++;
        of_level[entry->level]++;
    }
    struct paint *paint = console_paint(console);
    int x = 1 + paint_format(paint, y, 1, width - 2, ROLE_DIM, "%s ",
                             gauge_clock(first->at_us, console_now(console), from));
    gauge_spark(paint, y, x, (int)used, buckets, used);
    paint_format(paint, y, x + (int)used + 1, width - x - (int)used - 2, ROLE_DIM,
                 "%s  errors %u  warnings %u",
                 gauge_clock(last->at_us, console_now(console), until), of_level[LOG_LEVEL_ERROR],
                 of_level[LOG_LEVEL_WARNING]);
}

static void log_none(struct console *console, struct rect area, const struct log_screen *log)
{
    struct paint *paint = console_paint(console);
    const struct lookup_status *status = console_status(console);
    const struct error missing = {.id = ERROR_JOURNAL_MISSING};
    if (log->count > 0)
        (void)paint_wrapped(paint, area, ROLE_TEXT,
                            STR("No line matches. v shows more levels, Esc drops the filter."));
    else if (log->error.id != ERROR_NONE)
        (void)unanswered_paint(paint, area, &log->error);
    else if (status != NULL && !status->have_engine)
        (void)unanswered_paint(paint, area, &missing);
    else
        (void)paint_wrapped(paint, area, ROLE_TEXT,
                            STR("Nothing yet. What the engine says stands here as it says it."));
}

/* The journal stopped answering: what stands here may not be the newest. */
static void log_incomplete(struct console *console, struct rect line, const struct error *error)
{
    char text[64];
    snprintf(text, sizeof(text), "%sno newer lines: %s", theme_mark(ROLE_ERROR),
             error_info(error->id)->code);
    paint_right(console_paint(console), line.y, line.width / 2, line.width - line.width / 2 - 1,
                ROLE_ERROR, str_from(text));
}

static void log_draw(struct console *console, void *state, struct rect body)
{
    struct log_screen *log = state;
    struct paint *paint = console_paint(console);
    int above = body.height >= HISTOGRAM_FROM_HEIGHT ? 2 : 1;
    int height = body.height - above;
    list_fit(&log->list, log->shown_count, height > 0 ? (unsigned)height : 1);
    paint_format(paint, body.y, 1, body.width - 2, ROLE_DIM,
                 "%s and above  filter: %s  %zu of %zu%s", log_level_name(log->filter.level),
                 log->filter_text[0] == '\0' ? "-" : log->filter_text, log->shown_count, log->count,
                 log->scrolled ? "  (f follows the newest)" : "  following");
    if (log->error.id != ERROR_NONE && log->count > 0)
        log_incomplete(console, body, &log->error);
    if (above > 1 && log->shown_count > 0)
        log_histogram(console, body.y + 1, body.width, log);
    for (int i = 0; i < height && log->list.top + (unsigned)i < log->list.count; i++) {
        uint64_t index = log->list.top + (unsigned)i;
        log_line(console, (struct rect){body.y + above + i, body.x, 1, body.width},
                 log_at(log, index), index == log->list.selected);
    }
    if (log->shown_count == 0)
        log_none(console, (struct rect){body.y + 2, 2, body.height - 2, body.width - 4}, log);
}

/* ---- acting ---- */

static void log_go(struct log_screen *log, uint64_t index)
{
    log->scrolled = true;
    list_select(&log->list, index);
}

static void log_next_error(struct log_screen *log, struct console *console)
{
    for (size_t i = 1; i <= log->shown_count; i++) {
        size_t index = (log->list.selected + i) % log->shown_count;
        if (log_at(log, index)->level == LOG_LEVEL_ERROR) {
            log_go(log, index);
            return;
        }
    }
    console_say(console, ROLE_OK, "no error among these lines");
}

/* Back in time from the selected line, then from the newest on. */
static void search_typed(struct console *console, void *context, const char *text)
{
    struct log_screen *log = context;
    if (text[strspn(text, " ")] != '\0')
        STR_FILL(log->searched, text);
    if (log->searched[0] == '\0')
        return;
    for (size_t i = 1; i <= log->shown_count; i++) {
        size_t index = (log->list.selected + log->shown_count - i) % log->shown_count;
        const struct log_entry *entry = log_at(log, index);
        if (text_holds(str_from(entry->message), str_from(log->searched)) ||
            text_holds(str_from(entry->order), str_from(log->searched)) ||
            text_holds(str_from(entry->code), str_from(log->searched))) {
            log_go(log, index);
            return;
        }
    }
    console_say(console, ROLE_WARNING, "no line holds \"%.60s\"", log->searched);
}

static void filter_complete(struct console *console, struct line_edit *edit)
{
    size_t count;
    const struct filter_word *words = log_filter_words(&count);
    filter_show_words(console, edit, words, count);
}

/* All words but level:, which is a state of its own that v changes as well. */
static void keep_words(struct log_screen *log, const char *text)
{
    size_t used = 0;
    log->filter_text[0] = '\0';
    struct str word;
    while (str_next_word(&text, &word))
        if (strncmp(word.data, "level:", 6) != 0 && used < sizeof(log->filter_text))
            used += (size_t)snprintf(log->filter_text + used, sizeof(log->filter_text) - used,
                                     "%s%.*s", used > 0 ? " " : "", STR_ARG(word));
}

static void filter_typed(struct console *console, void *context, const char *text)
{
    struct log_screen *log = context;
    struct error err = {0};
    if (!log_filter_parse(text, log->filter.level, &log->filter, &err)) {
        filter_ask_words(console, text, err.message, filter_complete, filter_typed, log);
        return;
    }
    keep_words(log, text);
    log->scrolled = false;
    log_choose(log);
}

static void log_open_order(struct log_screen *log, struct console *console)
{
    const struct log_entry *entry = log_at(log, log->list.selected);
    enum source_kind source;
    if (entry != NULL && !inspector_can_name(entry->order, sizeof(entry->order)))
        console_say(console, ROLE_WARNING, "its id is too long to be opened from here");
    else if (entry != NULL && entry->order[0] != '\0' && source_kind_parse(entry->source, &source))
        inspector_show_document(console, source, entry->order, "");
    else
        console_say(console, ROLE_WARNING, "this line names no order");
}

static void log_copy(const struct log_screen *log, struct console *console)
{
    const struct log_entry *entry = log_at(log, log->list.selected);
    struct buffer line = {.max = 4096};
    if (entry == NULL)
        return;
    log_entry_json(entry, &line);
    console_copy(console, buffer_str(&line));
    buffer_free(&line);
}

static bool log_back(struct log_screen *log, struct console *console)
{
    if (log->filter_text[0] == '\0')
        return false;
    filter_typed(console, log, "");
    return true;
}

static void log_ask_words(struct log_screen *log, struct console *console, enum request request)
{
    if (request == REQUEST_FILTER)
        filter_ask_words(console, log->filter_text, NULL, filter_complete, filter_typed, log);
    else
        console_prompt(console,
                       log->searched[0] == '\0' ? "search:" : "search (Enter: further back):", "",
                       search_typed, log);
}

static bool log_act(struct console *console, void *state, enum request request)
{
    struct log_screen *log = state;
    if (list_request(&log->list, request)) {
        log->scrolled = log->list.selected + 1 < log->list.count;
        return true;
    }
    switch (request) {
    case REQUEST_FOLLOW:
        log->scrolled = !log->scrolled;
        log_choose(log);
        return true;
    case REQUEST_NEXT_ERROR:
        log_next_error(log, console);
        return true;
    case REQUEST_LEVEL:
        log->filter.level = (enum log_level)((log->filter.level + 1) % (LOG_LEVEL_DEBUG + 1));
        log_choose(log);
        return true;
    case REQUEST_FILTER:
    case REQUEST_SEARCH:
        log_ask_words(log, console, request);
        return true;
    case REQUEST_OPEN:
        log_open_order(log, console);
        return true;
    case REQUEST_COPY:
        log_copy(log, console);
        return true;
    case REQUEST_BACK:
        return log_back(log, console);
    default:
        return false;
    }
}

static bool log_can(struct console *console, void *state, enum request request)
{
    const struct log_screen *log = state;
    const struct log_entry *entry = log_at(log, log->list.selected);
    (void)console;
    if (request == REQUEST_BACK)
        return log->filter_text[0] != '\0';
    if (request == REQUEST_OPEN)
        return entry != NULL && entry->order[0] != '\0' && entry->source[0] != '\0';
    return request == REQUEST_LEVEL || request == REQUEST_FILTER || log->shown_count > 0;
}

static void log_screen_close(void *state)
{
    free(((struct log_screen *)state)->entries);
}

const struct screen_ops screen_log = {
    .name = "log",
    .title = "Log",
    .request = REQUEST_LOG,
    .context = CONTEXT_LOG,
    .size = sizeof(struct log_screen),
    .enter = log_enter,
    .update = log_update,
    .take = log_take,
    .draw = log_draw,
    .act = log_act,
    .can = log_can,
    .close = log_screen_close,
};
