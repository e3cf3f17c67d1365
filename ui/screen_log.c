/* Log: the ring of what this process's engine says. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ui/gauge.h"
#include "ui/list.h"
#include "ui/screen.h"

#define LOG_KEPT 2048 /* as many as the ring holds */

struct log_screen {
    struct log_entry *entries; /* LOG_KEPT, oldest first */
    size_t count;
    size_t shown[LOG_KEPT]; /* indexes of those of the level */
    size_t shown_count;
    enum log_level level;
    bool level_set;
    bool scrolled; /* the operator moved away from the newest */
    struct list list;
};

static const struct {
    const char *name;
    enum role role;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", ROLE_ERROR},
    [LOG_LEVEL_WARNING] = {"warning", ROLE_WARNING},
    [LOG_LEVEL_INFO] = {"info", ROLE_TEXT},
    [LOG_LEVEL_DEBUG] = {"debug", ROLE_DIM},
};

static void log_choose(struct log_screen *log)
{
    log->shown_count = 0;
    for (size_t i = 0; i < log->count; i++)
        if (log->entries[i].level <= log->level)
            log->shown[log->shown_count++] = i;
    log->list.count = log->shown_count;
    list_select(&log->list, log->scrolled ? log->list.selected : log->shown_count);
}

/* Reads what is new; the oldest give way. True when there was something. */
static bool log_read(struct log_screen *log)
{
    static const size_t step = 256;
    uint64_t last = log->count > 0 ? log->entries[log->count - 1].sequence : 0;
    if (log->entries == NULL)
        log->entries = memory_zero(LOG_KEPT, sizeof(*log->entries));
    if (log->count + step > LOG_KEPT) {
        memmove(log->entries, log->entries + step, (log->count - step) * sizeof(*log->entries));
        log->count -= step;
    }
    size_t fresh = log_ring_read(last, log->entries + log->count, step);
    log->count += fresh;
    return fresh > 0;
}

static void log_enter(struct console *console, void *state)
{
    struct log_screen *log = state;
    (void)console;
    if (!log->level_set)
        log->level = LOG_LEVEL_INFO;
    log->level_set = true;
    while (log_read(log))
        continue;
    log_choose(log);
}

static void log_update(struct console *console, void *state)
{
    struct log_screen *log = state;
    if (!log_read(log))
        return;
    log_choose(log);
    console_repaint(console);
}

static void log_line(struct console *console, struct rect line, const struct log_entry *entry,
                     bool selected)
{
    struct paint *paint = console_paint(console);
    char clock[GAUGE_TEXT];
    enum role role = levels[entry->level].role;
    int x = line.x + 1;
    x += 1 + paint_text(paint, line.y, x, 11, ROLE_DIM,
                        str_from(gauge_clock(entry->at_us, console_now(console), clock)));
    paint_format(paint, line.y, x, 9, role, "%s%s", theme_mark(role), levels[entry->level].name);
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

static void log_draw(struct console *console, void *state, struct rect body)
{
    struct log_screen *log = state;
    struct paint *paint = console_paint(console);
    int height = body.height - 1;
    list_fit(&log->list, log->shown_count, height > 0 ? (unsigned)height : 1);
    paint_format(paint, body.y, 1, body.width - 2, ROLE_DIM, "%s and above  %zu lines%s",
                 levels[log->level].name, log->shown_count,
                 log->scrolled ? "  (f follows the newest)" : "  following");
    for (int i = 0; i < height && log->list.top + (unsigned)i < log->list.count; i++) {
        uint64_t index = log->list.top + (unsigned)i;
        log_line(console, (struct rect){body.y + 1 + i, body.x, 1, body.width},
                 &log->entries[log->shown[index]], index == log->list.selected);
    }
    if (log->shown_count == 0)
        paint_text(paint, body.y + 2, 2, body.width - 4, ROLE_TEXT,
                   STR("Nothing yet. An engine in another process writes its log to its own "
                       "standard error or log_file."));
}

static void log_next_error(struct log_screen *log, struct console *console)
{
    for (size_t i = 1; i <= log->shown_count; i++) {
        size_t index = (log->list.selected + i) % log->shown_count;
        if (log->entries[log->shown[index]].level != LOG_LEVEL_ERROR)
            continue;
        log->scrolled = true;
        list_select(&log->list, index);
        return;
    }
    console_say(console, ROLE_OK, "no error in the log");
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
        break;
    case REQUEST_NEXT_ERROR:
        log_next_error(log, console);
        return true;
    case REQUEST_LEVEL:
        log->level = (enum log_level)((log->level + 1) % (LOG_LEVEL_DEBUG + 1));
        break;
    default:
        return false;
    }
    log_choose(log);
    return true;
}

static bool log_can(struct console *console, void *state, enum request request)
{
    const struct log_screen *log = state;
    (void)console;
    return request == REQUEST_LEVEL || log->shown_count > 0;
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
    .draw = log_draw,
    .act = log_act,
    .can = log_can,
    .close = log_screen_close,
};
