/* Audit: who did what, when, from where, why, and what came of it; and the handover of a shift. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ui/action.h"
#include "ui/columns.h"
#include "ui/duration.h"
#include "ui/filter.h"
#include "ui/gauge.h"
#include "ui/list.h"
#include "ui/screen.h"
#include "ui/unanswered.h"

#define PAGE 200
#define DETAIL_LINES 6
#define FILTER_MAX 200

struct audit {
    struct lookup_reply *reply; /* a page of commands; NULL before the first */
    uint64_t ticket;
    int64_t version; /* of the journal, at the last question */
    struct list list;
    char filter_text[FILTER_MAX];
    struct audit_filter filter;
    bool filtered;
    struct lookup_reply *handover; /* shown in place of the list when not NULL */
    uint64_t handover_ticket;
    struct list lines;
};

enum { COLUMN_WHEN, COLUMN_WHO, COLUMN_FROM, COLUMN_WHAT, COLUMN_RESULT, COLUMN_WHY, COLUMN_COUNT };
static const struct column_spec specs[COLUMN_COUNT] = {
    [COLUMN_WHEN] = {"WHEN", 11, 0, false, false},    [COLUMN_WHO] = {"WHO", 10, 0, false, false},
    [COLUMN_FROM] = {"FROM", 18, 2, false, false},    [COLUMN_WHAT] = {"WHAT", 11, 0, false, false},
    [COLUMN_RESULT] = {"RESULT", 9, 1, false, false}, [COLUMN_WHY] = {"WHY", 12, 0, true, false},
};

/* ---- asking ---- */

static void audit_ask(struct console *console, struct audit *audit)
{
    const struct lookup_status *status = console_status(console);
    uint64_t page = audit->list.selected / PAGE;
    if (!audit->filtered)
        audit->filter = (struct audit_filter){.since_us = TIME_NONE};
    audit->version = status == NULL ? -1 : status->version;
    audit->ticket = console_ask(console, &(struct lookup_request){.kind = LOOKUP_AUDIT,
                                                                  .audit = audit->filter,
                                                                  .offset = page * PAGE,
                                                                  .max = PAGE});
}

static void audit_enter(struct console *console, void *state)
{
    audit_ask(console, state);
}

static const struct command_row *audit_row(const struct audit *audit, uint64_t index)
{
    const struct lookup_reply *reply = audit->reply;
    if (reply == NULL || index < reply->request.offset ||
        index - reply->request.offset >= reply->audit.count)
        return NULL;
    return &reply->audit.rows[index - reply->request.offset];
}

static void audit_update(struct console *console, void *state)
{
    struct audit *audit = state;
    const struct lookup_status *status = console_status(console);
    bool moved = status != NULL && status->version != audit->version;
    bool away =
        audit->reply != NULL && audit->reply->request.offset / PAGE != audit->list.selected / PAGE;
    if (moved || away)
        audit_ask(console, audit);
}

/* New commands come on top; the selection stays on its own. */
static void audit_follow(struct audit *audit, const struct lookup_reply *fresh)
{
    const struct command_row *selected = audit_row(audit, audit->list.selected);
    audit->list.count = fresh->audit.total;
    for (size_t i = 0; selected != NULL && audit->list.selected > 0 && i < fresh->audit.count; i++)
        if (fresh->audit.rows[i].id == selected->id)
            audit->list.selected = fresh->request.offset + i;
}

static size_t count_lines(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.data[i] == '\n';
    return count;
}

static bool audit_take(struct console *console, void *state, struct lookup_reply *reply)
{
    struct audit *audit = state;
    if (reply->kind == LOOKUP_HANDOVER && reply->ticket == audit->handover_ticket) {
        if (!reply->ok) {
            console_say(console, ROLE_ERROR, "%s", reply->error.message);
            return false;
        }
        lookup_reply_free(audit->handover);
        audit->handover = reply;
        audit->lines = (struct list){.count = count_lines(reply->handover)};
        return true;
    }
    if (reply->kind != LOOKUP_AUDIT || reply->ticket != audit->ticket)
        return false;
    if (!reply->ok)
        reply->audit.count = reply->audit.total = 0;
    audit_follow(audit, reply);
    lookup_reply_free(audit->reply);
    audit->reply = reply;
    return true;
}

/* ---- drawing ---- */

static const char *result_of(const struct command_row *row)
{
    return row->result[0] == '\0' ? "queued" : row->result;
}

static enum role result_role(const struct command_row *row)
{
    if (row->result[0] == '\0')
        return ROLE_WARNING;
    return strcmp(row->result, "done") == 0 ? ROLE_OK : ROLE_ERROR;
}

static void draw_row(struct paint *paint, const struct columns *columns, int y, int64_t now,
                     const struct command_row *row)
{
    char text[GAUGE_TEXT];
    char result[32];
    enum role role = result_role(row);
    snprintf(result, sizeof(result), "%s%s", theme_mark(role), result_of(row));
    columns_cell(columns, paint, y, COLUMN_WHEN, ROLE_DIM, gauge_clock(row->created_us, now, text));
    columns_cell(columns, paint, y, COLUMN_WHO, ROLE_TEXT, row->operator_name);
    columns_cell(columns, paint, y, COLUMN_FROM, ROLE_DIM, row->origin);
    columns_cell(columns, paint, y, COLUMN_WHAT, ROLE_STRONG, row->kind);
    columns_cell(columns, paint, y, COLUMN_RESULT, role, result);
    columns_cell(columns, paint, y, COLUMN_WHY, ROLE_TEXT,
                 row->reason[0] != '\0' ? row->reason : row->message);
}

static void draw_detail(struct paint *paint, struct rect area, int64_t now,
                        const struct command_row *row)
{
    char heading[64];
    char at[GAUGE_TEXT];
    snprintf(heading, sizeof(heading), "command %" PRId64 " %s", row->id, row->kind);
    paint_rule(paint, area.y, 0, area.width, str_from(heading),
               audit_can_undo(row) ? STR("can be undone") : STR_NULL);
    paint_format(paint, area.y + 1, 1, area.width - 2, ROLE_TEXT, "%s by %s from %s: %s%s%s",
                 gauge_clock(row->created_us, now, at), row->operator_name, row->origin,
                 result_of(row), row->message[0] != '\0' ? ", " : "", row->message);
    paint_format(paint, area.y + 2, 1, area.width - 2, ROLE_TEXT, "why: %s",
                 row->reason[0] != '\0' ? row->reason : "no reason given");
    struct rect rest = {area.y + 3, 1, area.height - 3, area.width - 2};
    (void)paint_wrapped(paint, rest, ROLE_DIM, str_from(row->arguments));
}

static void draw_none(struct paint *paint, struct rect area, const struct audit *audit)
{
    if (audit->reply == NULL)
        paint_text(paint, area.y, area.x, area.width, ROLE_DIM, STR("reading the journal..."));
    else if (!audit->reply->ok)
        unanswered_paint(paint, area, &audit->reply->error);
    else
        (void)paint_wrapped(
            paint, area, ROLE_TEXT,
            audit->filtered
                ? STR("No command matches the filter; Esc drops it.")
                : STR("Nobody did anything yet. What operators do in consoles and on the command "
                      "line is kept here, with who, when, from where and why."));
}

static void draw_handover(struct paint *paint, struct rect body, struct audit *audit)
{
    struct str left = audit->handover->handover;
    unsigned height = (unsigned)body.height;
    list_fit(&audit->lines, audit->lines.count, height);
    for (uint64_t line = 0; left.len > 0; line++) {
        const char *end = memchr(left.data, '\n', left.len);
        size_t len = end == NULL ? left.len : (size_t)(end - left.data);
        int y = body.y + (int)(line - audit->lines.top);
        if (line >= audit->lines.top && line - audit->lines.top < height) {
            bool heading = len > 0 && left.data[0] != ' ';
            paint_text(paint, y, 1, body.width - 2, heading ? ROLE_STRONG : ROLE_TEXT,
                       (struct str){left.data, len});
            if (line == audit->lines.selected)
                paint_cursor(paint, y, 1);
        }
        len += end != NULL;
        left = (struct str){left.data + len, left.len - len};
    }
}

static void audit_draw(struct console *console, void *state, struct rect body)
{
    struct audit *audit = state;
    struct paint *paint = console_paint(console);
    struct columns columns;
    char number[GAUGE_TEXT];
    int detail = body.height >= 16 ? DETAIL_LINES : 0;
    int height = body.height - 2 - detail;
    if (audit->handover != NULL) {
        draw_handover(paint, body, audit);
        return;
    }
    list_fit(&audit->list, audit->list.count, height > 0 ? (unsigned)height : 1);
    paint_format(paint, body.y, 1, body.width - 2, ROLE_DIM, "filter: %s  %s commands",
                 audit->filtered ? audit->filter_text : "-",
                 gauge_count(audit->list.count, number));
    if (audit->list.count == 0) {
        draw_none(paint, (struct rect){body.y + 2, 2, body.height - 2, body.width - 4}, audit);
        return;
    }
    columns_fit(&columns, specs, COLUMN_COUNT, body.x + 1, body.width - 2);
    columns_heading(&columns, paint, body.y + 1);
    for (int i = 0; i < height; i++) {
        uint64_t index = audit->list.top + (unsigned)i;
        const struct command_row *row = audit_row(audit, index);
        if (row != NULL)
            draw_row(paint, &columns, body.y + 2 + i, console_now(console), row);
        if (index == audit->list.selected)
            paint_select(paint, body.y + 2 + i, 1, body.width - 2);
    }
    const struct command_row *row = audit_row(audit, audit->list.selected);
    if (detail > 0 && row != NULL)
        draw_detail(paint, (struct rect){body.y + body.height - detail, 0, detail, body.width},
                    console_now(console), row);
}

/* ---- acting ---- */

static void filter_complete(struct console *console, struct line_edit *edit)
{
    size_t count;
    const struct audit_key *keys = audit_keys(&count);
    struct filter_word words[AUDIT_KEYS_MAX];
    for (size_t i = 0; i < count; i++)
        words[i] = (struct filter_word){keys[i].name, keys[i].count, keys[i].value};
    filter_show_words(console, edit, words, count);
}

static void filter_typed(struct console *console, void *context, const char *text)
{
    struct audit *audit = context;
    struct error err = {0};
    if (!audit_filter_parse(text, console_now(console), &audit->filter, &err)) {
        filter_ask_words(console, text, err.message, filter_complete, filter_typed, audit);
        return;
    }
    STR_FILL(audit->filter_text, text);
    audit->filtered = text[strspn(text, " ")] != '\0';
    audit->list = (struct list){0};
    audit_ask(console, audit);
}

static void handover_typed(struct console *console, void *context, const char *text)
{
    struct audit *audit = context;
    int64_t length;
    if (!duration_parse(text, &length)) {
        console_prompt(console, "handover since:", text, handover_typed, audit);
        console_prompt_note(console, "\"%.20s\" is not a time such as 30m, 8h or 2d", text);
        return;
    }
    struct lookup_request request = {.kind = LOOKUP_HANDOVER};
    request.audit.since_us = console_now(console) - length;
    audit->handover_ticket = console_ask(console, &request);
}

/* A new file of the operator's own; an existing one is not touched. */
static void save_typed(struct console *console, void *context, const char *path)
{
    const struct audit *audit = context;
    struct str text = audit->handover == NULL ? STR_NULL : audit->handover->handover;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len;
    int reason = errno;
    if (fd >= 0)
        written = close(fd) == 0 && written;
    if (written)
        console_say(console, ROLE_OK, "written to %s", path);
    else
        console_say(console, ROLE_ERROR, "%s: %s", path, strerror(reason));
}

static void audit_undo(struct console *console, const struct audit *audit)
{
    const struct command_row *row = audit_row(audit, audit->list.selected);
    char members[48];
    char question[120];
    if (row == NULL || !audit_can_undo(row)) {
        console_say(console, ROLE_WARNING, "this cannot be undone");
        return;
    }
    snprintf(members, sizeof(members), "\"command\":%" PRId64, row->id);
    /* Newer rows may have come meanwhile: the question names what it is about. */
    snprintf(question, sizeof(question), "What %.16s of %.32s (%" PRId64 ") changed goes back.",
             row->kind, row->operator_name, row->id);
    action_engine(console, "undo", members, question);
}

static void audit_copy(struct console *console, const struct audit *audit)
{
    char number[24];
    const struct command_row *row = audit_row(audit, audit->list.selected);
    if (row == NULL)
        return;
    snprintf(number, sizeof(number), "%" PRId64, row->id);
    console_copy(console, str_from(number));
}

static bool audit_back(struct console *console, struct audit *audit)
{
    if (audit->handover != NULL) {
        lookup_reply_free(audit->handover);
        audit->handover = NULL;
        return true;
    }
    if (!audit->filtered)
        return false;
    filter_typed(console, audit, "");
    return true;
}

static bool audit_can(struct console *console, void *state, enum request request)
{
    const struct audit *audit = state;
    const struct command_row *row = audit_row(audit, audit->list.selected);
    bool handover = audit->handover != NULL;
    (void)console;
    if (request == REQUEST_SAVE)
        return handover;
    if (request == REQUEST_BACK)
        return handover || audit->filtered;
    if (request == REQUEST_COPY)
        return !handover && row != NULL;
    if (request == REQUEST_UNDO)
        return !handover && row != NULL && audit_can_undo(row);
    return request != REQUEST_FILTER || !handover;
}

static bool audit_act(struct console *console, void *state, enum request request)
{
    struct audit *audit = state;
    if (list_request(audit->handover != NULL ? &audit->lines : &audit->list, request))
        return true;
    if (request == REQUEST_BACK)
        return audit_back(console, audit);
    if (request == REQUEST_HANDOVER) {
        console_prompt(console, "handover since:", "8h", handover_typed, audit);
        return true;
    }
    if (!audit_can(console, state, request) && request != REQUEST_UNDO)
        return false;
    switch (request) {
    case REQUEST_FILTER:
        filter_ask_words(console, audit->filtered ? audit->filter_text : "", NULL, filter_complete,
                         filter_typed, audit);
        return true;
    case REQUEST_SAVE:
        console_prompt(console, "write to:", "handover.txt", save_typed, audit);
        return true;
    case REQUEST_UNDO:
        audit_undo(console, audit);
        return true;
    case REQUEST_COPY:
        audit_copy(console, audit);
        return true;
    default:
        return false;
    }
}

static const char *audit_crumb(struct console *console, void *state)
{
    (void)console;
    return ((struct audit *)state)->handover != NULL ? "handover" : "";
}

static void audit_close(void *state)
{
    struct audit *audit = state;
    lookup_reply_free(audit->reply);
    lookup_reply_free(audit->handover);
}

const struct screen_ops screen_audit = {
    .name = "audit",
    .title = "Audit",
    .request = REQUEST_AUDIT,
    .context = CONTEXT_AUDIT,
    .size = sizeof(struct audit),
    .enter = audit_enter,
    .update = audit_update,
    .take = audit_take,
    .draw = audit_draw,
    .act = audit_act,
    .crumb = audit_crumb,
    .can = audit_can,
    .close = audit_close,
};
