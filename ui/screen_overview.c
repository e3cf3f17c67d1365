/* Overview: the sources, the run, failures by fingerprint, recent actions. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/columns.h"
#include "ui/failed.h"
#include "ui/gauge.h"
#include "ui/list.h"
#include "ui/screen.h"

#define GROUPS_SHOWN 50

struct overview {
    struct lookup_reply *groups; /* NULL before the first */
    uint64_t ticket;
    int64_t asked_version;
    struct list list; /* over the groups */
};

enum source_column {
    COLUMN_SOURCE,
    COLUMN_STATE,
    COLUMN_RATE,
    COLUMN_LAG,
    COLUMN_STALE,
    COLUMN_LAST,
    COLUMN_ERRORS,
    COLUMN_READS,
    COLUMN_CHECKPOINT,
    COLUMN_SPARK,
    COLUMN_COUNT
};
static const struct column_spec source_columns[COLUMN_COUNT] = {
    [COLUMN_SOURCE] = {"SOURCE", 9, 0, false, false},
    [COLUMN_STATE] = {"STATE", 9, 0, false, false},
    [COLUMN_RATE] = {"RATE/s", 6, 1, false, true},
    [COLUMN_LAG] = {"LAG p50/p99", 11, 3, false, true},
    [COLUMN_STALE] = {"STALE", 5, 2, false, true},
    [COLUMN_LAST] = {"LAST", 4, 4, false, true},
    [COLUMN_ERRORS] = {"ERR", 5, 1, false, true},
    [COLUMN_READS] = {"READS", 6, 6, false, true},
    [COLUMN_CHECKPOINT] = {"CKPT", 4, 5, false, true},
    [COLUMN_SPARK] = {"MINUTE", 8, 7, true, false},
};
/* Where reads have a budget, or a source tells its quota, more stands there than a number: the
 * sparkline gives the room. By state, so that the columns stay where they are. */
#define READS_OF_BUDGET 11
#define SPARK_BESIDE 5

static const enum role state_roles[] = {
    [SOURCE_OFF] = ROLE_DIM,      [SOURCE_READY] = ROLE_OK,       [SOURCE_BACKFILL] = ROLE_OK,
    [SOURCE_LIVE] = ROLE_OK,      [SOURCE_PAUSED] = ROLE_WARNING, [SOURCE_WAITING] = ROLE_ERROR,
    [SOURCE_FAILED] = ROLE_ERROR, [SOURCE_SYNC] = ROLE_OK,
};

static void overview_ask(struct console *console, struct overview *overview)
{
    const struct lookup_status *status = console_status(console);
    overview->asked_version = status == NULL ? -1 : status->version;
    overview->ticket = console_ask(
        console, &(struct lookup_request){.kind = LOOKUP_GROUPS,
                                          .filter = {.since_us = TIME_NONE, .until_us = TIME_NONE},
                                          .max = GROUPS_SHOWN});
}

static void overview_enter(struct console *console, void *state)
{
    overview_ask(console, state);
}

static void overview_update(struct console *console, void *state)
{
    struct overview *overview = state;
    const struct lookup_status *status = console_status(console);
    if (status != NULL && status->version != overview->asked_version)
        overview_ask(console, overview);
}

static bool overview_take(struct console *console, void *state, struct lookup_reply *reply)
{
    struct overview *overview = state;
    (void)console;
    if (reply->kind != LOOKUP_GROUPS || reply->ticket != overview->ticket)
        return false;
    if (!reply->ok)
        reply->groups.count = 0;
    /* The selection stays on its fingerprint. */
    const char *selected = NULL;
    if (overview->groups != NULL && overview->list.selected < overview->groups->groups.count)
        selected = overview->groups->groups.groups[overview->list.selected].fingerprint;
    for (size_t i = 0; selected != NULL && i < reply->groups.count; i++)
        if (strcmp(reply->groups.groups[i].fingerprint, selected) == 0)
            overview->list.selected = i;
    lookup_reply_free(overview->groups);
    overview->groups = reply;
    return true;
}

/* ---- sources ---- */

static const char *since(int64_t now, int64_t moment, char ret_text[GAUGE_TEXT])
{
    return gauge_age(moment <= 0 ? -1 : now > moment ? now - moment : 0, ret_text);
}

static void source_lag(const struct source_status *source, char ret_text[2 * GAUGE_TEXT])
{
    char p50[GAUGE_TEXT];
    char p99[GAUGE_TEXT];
    if (source->lag_p50_us < 0 || source->state == SOURCE_OFF)
        snprintf(ret_text, 2 * GAUGE_TEXT, "-");
    else
        snprintf(ret_text, 2 * GAUGE_TEXT, "%s/%s", gauge_lag(source->lag_p50_us, p50),
                 gauge_lag(source->lag_p99_us, p99));
}

/* "40.1k/500k" of Firestore, whose reads alone are counted and have a budget; of the others
 * "118 left", where their answers say what the rate limit leaves. */
static void source_reads(const struct source_status *source, int64_t budget,
                         char ret_text[2 * GAUGE_TEXT])
{
    char reads[GAUGE_TEXT];
    char most[GAUGE_TEXT];
    gauge_short((double)source->reads_today, reads);
    if (budget > 0 && source->source == SOURCE_FIRESTORE)
        snprintf(ret_text, 2 * GAUGE_TEXT, "%s/%s", reads, gauge_short((double)budget, most));
    else if (source->source != SOURCE_FIRESTORE && source->quota_left >= 0)
        snprintf(ret_text, 2 * GAUGE_TEXT, "%s left",
                 gauge_short((double)source->quota_left, reads));
    else if (source->source != SOURCE_FIRESTORE)
        snprintf(ret_text, 2 * GAUGE_TEXT, "-");
    else
        snprintf(ret_text, 2 * GAUGE_TEXT, "%s", reads);
}

static void draw_source(struct paint *paint, const struct columns *columns, int y, int64_t now,
                        const struct source_status *source, int64_t budget)
{
    char text[2 * GAUGE_TEXT];
    enum role role = state_roles[source->state];
    bool off = source->state == SOURCE_OFF;
    enum role plain = off ? ROLE_DIM : ROLE_TEXT;
    columns_cell(columns, paint, y, COLUMN_SOURCE, plain, source_kind_name(source->source));
    snprintf(text, sizeof(text), "%s%s", theme_mark(role), source_state_name(source->state));
    columns_cell(columns, paint, y, COLUMN_STATE, role, text);
    if (off)
        return;
    columns_cell(columns, paint, y, COLUMN_RATE, plain, gauge_short(source->rate, text));
    columns_cell(columns, paint, y, COLUMN_STALE, plain, since(now, source->consistent_us, text));
    columns_cell(columns, paint, y, COLUMN_LAST, plain, since(now, source->last_event_us, text));
    columns_cell(columns, paint, y, COLUMN_CHECKPOINT, plain,
                 since(now, source->checkpoint_us, text));
    columns_cell(columns, paint, y, COLUMN_ERRORS, source->unresolved > 0 ? ROLE_ERROR : plain,
                 gauge_short((double)source->unresolved, text));
    source_reads(source, budget, text);
    bool spent =
        budget > 0 && source->source == SOURCE_FIRESTORE && source->reads_today >= (uint64_t)budget;
    columns_cell(columns, paint, y, COLUMN_READS, spent ? ROLE_ERROR : plain, text);
    source_lag(source, text);
    columns_cell(columns, paint, y, COLUMN_LAG, plain, text);
    gauge_spark(paint, y, columns->x[COLUMN_SPARK], columns->width[COLUMN_SPARK], source->rates,
                STATUS_RATES);
}

/* When source and target were compared last, and whether they were equal. */
static int draw_verified(struct paint *paint, struct rect body, int y, int64_t now,
                         const struct source_status *source)
{
    char age[GAUGE_TEXT];
    char documents[GAUGE_TEXT];
    char differences[GAUGE_TEXT];
    bool equal = source->verified_differences == 0;
    if (source->verified_us <= 0)
        return y;
    paint_format(paint, y, body.x + 3, body.width - 4, equal ? ROLE_DIM : ROLE_ERROR,
                 "%sverified %s ago: %s documents, %s%s%s", equal ? "" : theme_mark(ROLE_ERROR),
                 since(now, source->verified_us, age),
                 gauge_count(source->verified_documents, documents),
                 equal ? "equal" : gauge_count(source->verified_differences, differences),
                 equal ? "" : " differences", source->verified_deep ? ", contents too" : "");
    return y + 1;
}

static bool tells_more(const struct engine_status *engine, int64_t budget)
{
    return budget > 0 || engine->sources[SOURCE_STRIPE].state != SOURCE_OFF ||
           engine->sources[SOURCE_PRINTFUL].state != SOURCE_OFF;
}

static int draw_sources(struct paint *paint, struct rect body, int64_t now,
                        const struct engine_status *engine, int64_t budget)
{
    struct columns columns;
    struct column_spec specs[COLUMN_COUNT];
    int y = body.y;
    memcpy(specs, source_columns, sizeof(specs));
    if (tells_more(engine, budget)) {
        specs[COLUMN_READS].width = READS_OF_BUDGET;
        specs[COLUMN_SPARK].width = SPARK_BESIDE;
        specs[COLUMN_SPARK].heading = "MIN";
    }
    columns_fit(&columns, specs, COLUMN_COUNT, body.x + 1, body.width - 2);
    columns_heading(&columns, paint, y++);
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        struct source_status source = engine->sources[i];
        source.source = (enum source_kind)i;
        draw_source(paint, &columns, y++, now, &source, budget);
        if (source.message[0] != '\0')
            paint_format(paint, y++, body.x + 3, body.width - 4, state_roles[source.state], "%s",
                         source.message);
        y = draw_verified(paint, body, y, now, &source);
    }
    return y;
}

/* ---- the run ---- */

static void run_sum(const struct engine_status *engine, struct source_status *ret_sum)
{
    *ret_sum = (struct source_status){0};
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        const struct source_status *source = &engine->sources[i];
        ret_sum->seen += source->seen;
        ret_sum->created += source->created;
        ret_sum->updated += source->updated;
        ret_sum->deleted += source->deleted;
        ret_sum->unchanged += source->unchanged;
        ret_sum->failed += source->failed;
        ret_sum->held += source->held;
        ret_sum->overlap += source->overlap;
        ret_sum->total += source->total;
        ret_sum->rate += source->rate;
        ret_sum->ranges += source->ranges;
        ret_sum->ranges_done += source->ranges_done;
    }
}

static void draw_progress(struct paint *paint, int y, int width, const struct source_status *sum)
{
    char seen[GAUGE_TEXT];
    char total[GAUGE_TEXT];
    char eta[GAUGE_TEXT] = "-";
    char text[96];
    uint64_t left = sum->total > sum->seen ? sum->total - sum->seen : 0;
    if (sum->total > 0 && sum->rate > 0.5)
        gauge_duration((int64_t)((double)left / sum->rate * 1e6), eta);
    if (sum->total > 0)
        snprintf(text, sizeof(text), "%3.0f%%  %s of %s  ETA %s",
                 left == 0 ? 100.0 : (double)sum->seen * 100.0 / (double)sum->total,
                 gauge_count(sum->seen, seen), gauge_count(sum->total, total), eta);
    else
        snprintf(text, sizeof(text), "%s seen, how many there are is not known yet",
                 gauge_count(sum->seen, seen));
    int bar = width - 2 - (int)strlen(text) - 2;
    if (bar > 60)
        bar = 60;
    gauge_bar(paint, y, 1, bar, sum->seen, sum->total);
    paint_text(paint, y, bar > 2 ? bar + 3 : 1, width - 1, ROLE_TEXT, str_from(text));
}

static void draw_counts(struct paint *paint, int y, int width, const struct source_status *sum)
{
    const struct {
        const char *name;
        uint64_t number;
        enum role role;
    } counts[] = {
        {"created", sum->created, ROLE_TEXT}, {"updated", sum->updated, ROLE_TEXT},
        {"deleted", sum->deleted, ROLE_TEXT}, {"unchanged", sum->unchanged, ROLE_TEXT},
        {"failed", sum->failed, ROLE_ERROR},  {"held", sum->held, ROLE_WARNING},
        {"overlap", sum->overlap, ROLE_TEXT},
    };
    char number[GAUGE_TEXT];
    int x = 1;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (x + 10 < width && (counts[i].number > 0 || i != 5))
            x += 2 + paint_format(paint, y, x, width - x,
                                  counts[i].number > 0 ? counts[i].role : ROLE_TEXT, "%s %s",
                                  counts[i].name, gauge_count(counts[i].number, number));
}

static int draw_run(struct paint *paint, struct rect body, int y, int64_t now,
                    const struct engine_status *engine)
{
    char heading[96];
    char right[128];
    char text[3][GAUGE_TEXT];
    struct source_status sum;
    run_sum(engine, &sum);
    if (engine->run_id[0] == '\0') {
        bool ended = sum.seen > 0; /* in this engine: what it came to stays to be read */
        paint_rule(paint, y++, body.x, body.width,
                   ended ? STR("no run in progress; the last one") : STR("no run in progress"),
                   STR_NULL);
        if (ended)
            draw_counts(paint, y++, body.width, &sum);
        return y;
    }
    snprintf(heading, sizeof(heading), "%s, %s", engine->run_kind,
             gauge_duration(now - engine->run_started_us, text[0]));
    snprintf(right, sizeof(right), "ranges %u/%u  queue %s  writers %u  %s", sum.ranges_done,
             sum.ranges, gauge_bytes(engine->queue_bytes, text[1]), engine->writers,
             gauge_bytes(engine->rss_bytes, text[2]));
    paint_rule(paint, y++, body.x, body.width, str_from(heading), str_from(right));
    draw_progress(paint, y++, body.width, &sum);
    draw_counts(paint, y++, body.width, &sum);
    return y;
}

/* ---- failures and actions ---- */

static void draw_group(struct paint *paint, struct rect line, int64_t now,
                       const struct failure_group *group, bool selected)
{
    char number[GAUGE_TEXT];
    char age[GAUGE_TEXT];
    paint_format(paint, line.y, line.x + 1, 1, ROLE_SELECTED, "%s",
                 selected ? theme_mark(ROLE_SELECTED) : "");
    paint_format(paint, line.y, line.x + 3, 4, ROLE_DIM, "%.4s", group->fingerprint);
    paint_format(paint, line.y, line.x + 8, 9, ROLE_TEXT, "%s", source_kind_name(group->source));
    paint_format(paint, line.y, line.x + 18, 7, ROLE_ERROR, "%s", group->code);
    paint_right(paint, line.y, line.x + 26, 6, ROLE_TEXT,
                str_from(gauge_short((double)group->count, number)));
    paint_right(paint, line.y, line.x + 33, 4, ROLE_DIM,
                str_from(gauge_age(now - group->last_us, age)));
    paint_text(paint, line.y, line.x + 39, line.width - 40, ROLE_TEXT, str_from(group->message));
    if (selected)
        paint_select(paint, line.y, line.x + 1, line.width - 2);
}

static const char *none_text(const struct lookup_reply *reply, const struct lookup_status *status)
{
    if (reply != NULL && !reply->ok && error_class(&reply->error) != CLASS_NOT_FOUND)
        return reply->error.message;
    if (status != NULL && status->engine.run_id[0] != '\0')
        return "none so far";
    return status != NULL && status->have_engine ? "none: every document that was read landed"
                                                 : "none yet";
}

static int draw_groups(struct paint *paint, struct rect area, int64_t now,
                       struct overview *overview, const struct lookup_status *status)
{
    char heading[96];
    char number[2][GAUGE_TEXT];
    const struct lookup_reply *reply = overview->groups;
    size_t count = reply == NULL ? 0 : reply->groups.count;
    snprintf(heading, sizeof(heading), "failures: %s unresolved, %s dead",
             gauge_count(status == NULL ? 0 : status->unresolved, number[0]),
             gauge_count(status == NULL ? 0 : status->dead, number[1]));
    paint_rule(paint, area.y, area.x, area.width, str_from(heading), STR_NULL);
    unsigned height = area.height > 2 ? (unsigned)area.height - 1 : 1;
    list_fit(&overview->list, count, height);
    for (unsigned i = 0; i < height && overview->list.top + i < count; i++) {
        size_t index = overview->list.top + i;
        draw_group(paint, (struct rect){area.y + 1 + (int)i, area.x, 1, area.width}, now,
                   &reply->groups.groups[index], index == overview->list.selected);
    }
    if (count == 0)
        paint_text(paint, area.y + 1, area.x + 1, area.width - 2, ROLE_OK,
                   str_from(none_text(reply, status)));
    return area.y + 1 + (int)(count == 0 ? 1 : count < height ? count : height);
}

static void draw_command(struct paint *paint, int y, int width, int64_t now,
                         const struct command_row *row)
{
    char at[GAUGE_TEXT];
    bool bad = row->result[0] != '\0' && strcmp(row->result, "done") != 0;
    const char *result = row->result[0] == '\0' ? "queued" : row->result;
    int x =
        1 + paint_text(paint, y, 1, 11, ROLE_DIM, str_from(gauge_clock(row->created_us, now, at)));
    paint_format(paint, y, x + 1, width - x - 2, bad ? ROLE_ERROR : ROLE_TEXT,
                 "%s%s %s: %s%s%s%s%s", bad ? theme_mark(ROLE_ERROR) : "", row->operator_name,
                 row->kind, result, row->message[0] != '\0' ? ", " : "", row->message,
                 row->reason[0] != '\0' ? " -- " : "", row->reason);
}

static void draw_commands(struct console *console, struct rect area)
{
    const struct lookup_reply *reply = console_commands(console);
    struct paint *paint = console_paint(console);
    if (area.height < 2)
        return;
    paint_rule(paint, area.y, area.x, area.width, STR("recent actions"), STR_NULL);
    size_t count = reply == NULL ? 0 : reply->commands.count;
    for (size_t i = 0; i < count && (int)i < area.height - 1; i++)
        draw_command(paint, area.y + 1 + (int)i, area.width, console_now(console),
                     &reply->commands.rows[i]);
    if (count == 0)
        paint_text(paint, area.y + 1, 1, area.width - 2, ROLE_DIM, STR("none yet"));
}

static int draw_empty(struct console *console, struct rect body)
{
    static const char advice[] =
        "No engine has written here yet. `ordersync backfill` reads every order once; `ordersync "
        "doctor` checks what is missing; `ordersync demo` shows all of it with made-up orders.";
    struct paint *paint = console_paint(console);
    struct rect area = {body.y + 1, body.x + 2, body.height - 2, body.width - 4};
    area.y += paint_wrapped(paint, area, ROLE_TEXT, str_from(advice)) + 1;
    area.height = body.y + body.height - area.y - 4; /* failures and actions stay in sight */
    return area.y + checkup_paint(console_checkup(console), paint, area) + 1;
}

static void overview_draw(struct console *console, void *state, struct rect body)
{
    struct overview *overview = state;
    struct paint *paint = console_paint(console);
    const struct lookup_status *status = console_status(console);
    int64_t now = console_now(console);
    const char *error = console_engine_error(console);
    int y = body.y;
    if (error[0] != '\0') {
        struct rect area = {y, 1, 3, body.width - 2};
        char line[400];
        snprintf(line, sizeof(line), "%s %s", theme_mark(ROLE_ERROR), error);
        y += paint_wrapped(paint, area, ROLE_ERROR, str_from(line));
        area = (struct rect){y, 1, body.height / 2, body.width - 2};
        if (status != NULL && status->have_engine)
            y += checkup_paint(console_checkup(console), paint, area);
    }
    struct rect rest = {y, body.x, body.height - (y - body.y), body.width};
    if (status == NULL || !status->have_engine) {
        y = draw_empty(console, rest);
    } else {
        y = draw_sources(paint, rest, now, &status->engine, console_read_budget(console));
        if (status->engine.message[0] != '\0')
            paint_text(paint, y++, 1, body.width - 2, ROLE_WARNING,
                       str_from(status->engine.message));
        y = draw_run(paint, body, y, now, &status->engine);
    }
    int left = body.y + body.height - y;
    int actions = left >= 8 ? left / 3 + 1 : left >= 5 ? 2 : 0;
    struct rect area = {y, body.x, left - actions, body.width};
    y = draw_groups(paint, area, now, overview, status);
    draw_commands(console, (struct rect){y, body.x, body.y + body.height - y, body.width});
}

static bool overview_act(struct console *console, void *state, enum request request)
{
    struct overview *overview = state;
    if (list_request(&overview->list, request))
        return true;
    if (request != REQUEST_OPEN)
        return false;
    if (overview->groups != NULL && overview->list.selected < overview->groups->groups.count)
        failed_show(console, overview->groups->groups.groups[overview->list.selected].fingerprint);
    return true;
}

static bool overview_can(struct console *console, void *state, enum request request)
{
    const struct overview *overview = state;
    (void)console;
    return request != REQUEST_OPEN ||
           (overview->groups != NULL && overview->groups->groups.count > 0);
}

static void overview_close(void *state)
{
    struct overview *overview = state;
    lookup_reply_free(overview->groups);
}

const struct screen_ops screen_overview = {
    .name = "overview",
    .title = "Overview",
    .request = REQUEST_OVERVIEW,
    .context = CONTEXT_OVERVIEW,
    .size = sizeof(struct overview),
    .enter = overview_enter,
    .update = overview_update,
    .take = overview_take,
    .draw = overview_draw,
    .act = overview_act,
    .can = overview_can,
    .close = overview_close,
};
