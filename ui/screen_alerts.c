/* Alerts: the engine's own rules, what is beyond its limit and what to do about it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/action.h"
#include "ui/ask.h"
#include "ui/columns.h"
#include "ui/gauge.h"
#include "ui/list.h"
#include "ui/screen.h"
#include "ui/unanswered.h"

#define ASK_US 1000000
#define DETAIL_LINES 8

struct alerts_screen {
    struct lookup_reply *reply; /* NULL before the first */
    uint64_t ticket;
    int64_t asked_us;
    int64_t version; /* of the journal, at the last question */
    struct list list;
};

enum {
    COLUMN_STATE,
    COLUMN_RULE,
    COLUMN_SOURCE,
    COLUMN_VALUE,
    COLUMN_LIMIT,
    COLUMN_SINCE,
    COLUMN_WORDS,
    COLUMN_COUNT
};
static const struct column_spec specs[COLUMN_COUNT] = {
    [COLUMN_STATE] = {"STATE", 8, 0, false, false},   [COLUMN_RULE] = {"RULE", 12, 0, false, false},
    [COLUMN_SOURCE] = {"SOURCE", 9, 2, false, false}, [COLUMN_VALUE] = {"VALUE", 9, 1, false, true},
    [COLUMN_LIMIT] = {"LIMIT", 9, 3, false, true},    [COLUMN_SINCE] = {"SINCE", 5, 1, false, true},
    [COLUMN_WORDS] = {"", 10, 0, true, false},
};
static const struct {
    const char *word;
    enum role role;
} states[] = {
    [ALERT_OK] = {"ok", ROLE_OK},
    [ALERT_PENDING] = {"pending", ROLE_WARNING},
    [ALERT_FIRING] = {"firing", ROLE_ERROR},
};

static void alerts_ask(struct console *console, struct alerts_screen *screen)
{
    const struct lookup_status *status = console_status(console);
    screen->asked_us = clock_monotonic_us();
    screen->version = status == NULL ? -1 : status->version;
    screen->ticket = console_ask(console, &(struct lookup_request){.kind = LOOKUP_ALERTS});
}

static void alerts_enter(struct console *console, void *state)
{
    alerts_ask(console, state);
}

static void alerts_update(struct console *console, void *state)
{
    struct alerts_screen *screen = state;
    const struct lookup_status *status = console_status(console);
    if (clock_monotonic_us() - screen->asked_us > ASK_US ||
        (status != NULL && status->version != screen->version))
        alerts_ask(console, screen);
}

static const struct alert *alerts_selected(const struct alerts_screen *screen)
{
    bool there = screen->reply != NULL && screen->list.selected < screen->reply->alerts.count;
    return there ? &screen->reply->alerts.list[screen->list.selected] : NULL;
}

static bool alerts_take(struct console *console, void *state, struct lookup_reply *reply)
{
    struct alerts_screen *screen = state;
    (void)console;
    if (reply->kind != LOOKUP_ALERTS || reply->ticket != screen->ticket)
        return false;
    if (!reply->ok)
        reply->alerts.count = 0;
    /* Rules change places as they fire; the selection stays on its own. */
    const struct alert *selected = alerts_selected(screen);
    for (size_t i = 0; selected != NULL && i < reply->alerts.count; i++)
        if (reply->alerts.list[i].rule == selected->rule &&
            reply->alerts.list[i].source == selected->source)
            screen->list.selected = i;
    lookup_reply_free(screen->reply);
    screen->reply = reply;
    return true;
}

/* ---- drawing ---- */

static const char *source_of(const struct alert *alert)
{
    return alert->source == ALERT_NO_SOURCE ? ""
                                            : source_kind_name((enum source_kind)alert->source);
}

static const char *age_of(int64_t now, int64_t moment, char ret_text[GAUGE_TEXT])
{
    return gauge_age(moment == TIME_NONE ? -1 : now > moment ? now - moment : 0, ret_text);
}

/* What an operator said, else what is wrong, else what is looked at. */
static void words_of(const struct alert *alert, int64_t now, char ret_words[200])
{
    char left[GAUGE_TEXT];
    if (alert->silenced.command != 0)
        snprintf(ret_words, 200, "silenced for %s by %s",
                 gauge_age(alert->silenced.until_us - now, left), alert->silenced.operator_name);
    else if (alert->acknowledged.command != 0)
        snprintf(ret_words, 200, "acknowledged by %s", alert->acknowledged.operator_name);
    else
        snprintf(ret_words, 200, "%s",
                 alert->words[0] != '\0' ? alert->words : alert_info(alert->rule)->summary);
}

static void draw_row(struct paint *paint, const struct columns *columns, int y, int64_t now,
                     const struct alert *alert)
{
    char text[200];
    char age[GAUGE_TEXT];
    enum role role = states[alert->state].role;
    bool quiet = alert->state == ALERT_FIRING && !alert_counts(alert);
    enum role plain = alert->state == ALERT_OK || quiet ? ROLE_DIM : ROLE_TEXT;
    if (quiet)
        role = ROLE_DIM;
    snprintf(text, sizeof(text), "%s%s", theme_mark(role), states[alert->state].word);
    columns_cell(columns, paint, y, COLUMN_STATE, role, text);
    columns_cell(columns, paint, y, COLUMN_RULE, plain, alert_info(alert->rule)->name);
    columns_cell(columns, paint, y, COLUMN_SOURCE, plain, source_of(alert));
    columns_cell(columns, paint, y, COLUMN_VALUE, plain, alert->value);
    columns_cell(columns, paint, y, COLUMN_LIMIT, plain, alert->threshold);
    columns_cell(columns, paint, y, COLUMN_SINCE, plain,
                 alert->state == ALERT_OK ? "" : age_of(now, alert->since_us, age));
    words_of(alert, now, text);
    columns_cell(columns, paint, y, COLUMN_WORDS, plain, text);
}

static int draw_mark(struct paint *paint, struct rect area, int64_t now,
                     const struct alert_mark *mark, const char *word)
{
    char left[GAUGE_TEXT] = "";
    if (mark->command == 0 || area.height < 1)
        return 0;
    if (mark->kind == ALERT_SILENCED)
        gauge_age(mark->until_us - now, left);
    paint_format(paint, area.y, area.x, area.width, ROLE_TEXT, "%s by %s%s%s: %s", word,
                 mark->operator_name, left[0] != '\0' ? ", ends in " : "", left, mark->reason);
    return 1;
}

static void draw_detail(struct paint *paint, struct rect area, int64_t now,
                        const struct alert *alert)
{
    char heading[96];
    const struct alert_info *info = alert_info(alert->rule);
    bool has_source = alert->source != ALERT_NO_SOURCE;
    snprintf(heading, sizeof(heading), "%s%s%s", info->name, has_source ? " " : "",
             source_of(alert));
    paint_rule(paint, area.y++, 0, area.width, str_from(heading),
               str_from(states[alert->state].word));
    area = (struct rect){area.y, 1, area.height - 1, area.width - 2};
    int used = paint_wrapped(paint, area, alert->state == ALERT_OK ? ROLE_DIM : ROLE_STRONG,
                             str_from(alert->words[0] != '\0' ? alert->words : info->summary));
    area.y += used;
    area.height -= used;
    used = draw_mark(paint, area, now, &alert->silenced, "silenced");
    used += draw_mark(paint, (struct rect){area.y + used, 1, area.height - used, area.width}, now,
                      &alert->acknowledged, "acknowledged");
    area.y += used;
    area.height -= used;
    used = paint_wrapped(paint, area, ROLE_TEXT, str_from(info->cause));
    area.y += used;
    area.height -= used;
    if (area.height > 0)
        (void)paint_wrapped(paint, area, ROLE_TEXT, str_from(info->remedy));
}

static void draw_summary(struct paint *paint, struct rect line, const struct alerts *alerts)
{
    size_t counts[ALERT_FIRING + 1] = {0};
    size_t quiet = 0;
    for (size_t i = 0; i < alerts->count; i++) {
        counts[alerts->list[i].state]++;
        quiet += alerts->list[i].state == ALERT_FIRING && !alert_counts(&alerts->list[i]);
    }
    enum role role = alerts->firing > 0 ? ROLE_ERROR : ROLE_OK;
    paint_format(paint, line.y, 1, line.width - 2, role,
                 "%s%zu firing (%zu of them acknowledged or silenced), %zu pending, %zu ok",
                 theme_mark(role), counts[ALERT_FIRING], quiet, counts[ALERT_PENDING],
                 counts[ALERT_OK]);
}

static void alerts_draw(struct console *console, void *state, struct rect body)
{
    struct alerts_screen *screen = state;
    struct paint *paint = console_paint(console);
    struct columns columns;
    int detail = body.height >= 16 ? DETAIL_LINES : 0;
    int height = body.height - 2 - detail;
    size_t count = screen->reply == NULL ? 0 : screen->reply->alerts.count;
    list_fit(&screen->list, count, height > 0 ? (unsigned)height : 1);
    if (count == 0) {
        struct rect inside = {body.y + 1, 2, body.height - 2, body.width - 4};
        if (screen->reply != NULL)
            (void)unanswered_paint(paint, inside, &screen->reply->error);
        return;
    }
    draw_summary(paint, body, &screen->reply->alerts);
    columns_fit(&columns, specs, COLUMN_COUNT, body.x + 1, body.width - 2);
    columns_heading(&columns, paint, body.y + 1);
    for (int i = 0; i < height && screen->list.top + (unsigned)i < count; i++) {
        uint64_t index = screen->list.top + (unsigned)i;
        draw_row(paint, &columns, body.y + 2 + i, console_now(console),
                 &screen->reply->alerts.list[index]);
        if (index == screen->list.selected)
            paint_select(paint, body.y + 2 + i, body.x + 1, body.width - 2);
    }
    if (detail > 0)
        draw_detail(paint, (struct rect){body.y + body.height - detail, 0, detail, body.width},
                    console_now(console), alerts_selected(screen));
}

/* ---- acting ---- */

static void ask_fill(const struct alert *alert, struct ask *ask)
{
    const char *source = source_of(alert);
    const char *name = alert_info(alert->rule)->name;
    bool has_source = source[0] != '\0';
    snprintf(ask->label, sizeof(ask->label), "%s%s%s", name, has_source ? " " : "", source);
    snprintf(ask->members, sizeof(ask->members), "\"rule\":\"%s\"%s%s%s", name,
             has_source ? ",\"source\":\"" : "", source, has_source ? "\"" : "");
}

static void alerts_acknowledge(struct console *console, const struct alert *alert)
{
    struct ask ask = {.kind = "acknowledge",
                      .title = "Acknowledge",
                      .effect = "It does not count any more until it is well and fires again."};
    ask_fill(alert, &ask);
    if (alert->state == ALERT_OK)
        console_say(console, ROLE_OK, "%s is well: there is nothing to acknowledge", ask.label);
    else
        ask_begin(console, &ask);
}

static void alerts_silence(struct console *console, const struct alert *alert)
{
    struct ask ask = {.kind = "silence",
                      .title = "Silence",
                      .effect = "Until then it does not count, whatever it says.",
                      .until = true};
    ask_fill(alert, &ask);
    ask_begin(console, &ask);
}

/* The newest word about it. */
static int64_t alert_word(const struct alert *alert)
{
    return alert->silenced.command > alert->acknowledged.command ? alert->silenced.command
                                                                 : alert->acknowledged.command;
}

static void alerts_undo(struct console *console, const struct alert *alert)
{
    char members[48];
    snprintf(members, sizeof(members), "\"command\":%" PRId64, alert_word(alert));
    if (console_is_prod(console))
        action_engine(console, "undo", members, "The alert speaks again.");
    else
        action_command(console, "undo", alert_info(alert->rule)->name, members, "");
}

static void alerts_copy(struct console *console, const struct alert *alert)
{
    char text[240];
    snprintf(text, sizeof(text), "%s%s%s", alert_info(alert->rule)->name,
             alert->words[0] != '\0' ? ": " : "", alert->words);
    console_copy(console, str_from(text));
}

static bool alerts_can(struct console *console, void *state, enum request request)
{
    const struct alert *alert = alerts_selected(state);
    (void)console;
    if (alert == NULL)
        return false;
    if (request == REQUEST_ACKNOWLEDGE)
        return alert->state != ALERT_OK && alert->acknowledged.command == 0;
    return request != REQUEST_UNDO || alert_word(alert) != 0;
}

static bool alerts_act(struct console *console, void *state, enum request request)
{
    struct alerts_screen *screen = state;
    const struct alert *alert = alerts_selected(screen);
    if (list_request(&screen->list, request))
        return true;
    if (request != REQUEST_ACKNOWLEDGE && request != REQUEST_SILENCE && request != REQUEST_UNDO &&
        request != REQUEST_COPY)
        return false;
    if (alert == NULL)
        return true;
    if (request == REQUEST_COPY) {
        alerts_copy(console, alert);
        return true;
    }
    if (request == REQUEST_ACKNOWLEDGE)
        alerts_acknowledge(console, alert);
    else if (request == REQUEST_SILENCE)
        alerts_silence(console, alert);
    else if (alert_word(alert) != 0)
        alerts_undo(console, alert);
    else
        console_say(console, ROLE_OK, "nobody said anything about it: there is nothing to undo");
    return true;
}

static void alerts_close(void *state)
{
    lookup_reply_free(((struct alerts_screen *)state)->reply);
}

const struct screen_ops screen_alerts = {
    .name = "alerts",
    .title = "Alerts",
    .request = REQUEST_ALERTS,
    .context = CONTEXT_ALERTS,
    .size = sizeof(struct alerts_screen),
    .enter = alerts_enter,
    .update = alerts_update,
    .take = alerts_take,
    .draw = alerts_draw,
    .act = alerts_act,
    .can = alerts_can,
    .close = alerts_close,
};
