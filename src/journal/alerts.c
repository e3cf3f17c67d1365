/* The judgement over the engine's rules: see alerts.h. Reads nothing but its input. */
#include "journal/alerts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define SECOND INT64_C(1000000)
#define SILENT_US (5 * SECOND) /* the engine says so four times a second */

static const struct alert_info infos[ALERT_RULE_COUNT] = {
#define ALERT(id, name, lingers, summary, cause, remedy)                                           \
    [id] = {name, lingers, summary, cause, remedy},
#include "journal/alerts.def"
#undef ALERT
};

const struct alert_info *alert_info(enum alert_rule rule)
{
    return &infos[rule];
}

bool alert_rule_parse(const char *name, enum alert_rule *ret_rule)
{
    for (int i = 0; i < ALERT_RULE_COUNT; i++) {
        if (strcmp(infos[i].name, name) != 0)
            continue;
        *ret_rule = (enum alert_rule)i;
        return true;
    }
    return false;
}

bool alert_counts(const struct alert *alert)
{
    return alert->state == ALERT_FIRING && alert->acknowledged.command == 0 &&
           alert->silenced.command == 0;
}

/* ---- one alert ---- */

struct judge {
    const struct alert_input *in;
    struct alerts *out;
};

/* A rule that is well until alert_raise() says otherwise; past the maximum the last is reused. */
static struct alert *alert_add(struct judge *judge, enum alert_rule rule, int source)
{
    struct alerts *out = judge->out;
    if (out->count < ALERTS_MAX)
        out->count++;
    struct alert *alert = &out->list[out->count - 1];
    *alert = (struct alert){.rule = rule, .source = source, .since_us = TIME_NONE};
    return alert;
}

/* Only the first reason of a rule is told. `since_us`: as far as the facts themselves tell. */
static void alert_raise(struct alert *alert, bool there, int64_t since_us, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void alert_raise(struct alert *alert, bool there, int64_t since_us, const char *format, ...)
{
    va_list arguments;
    if (!there || alert->state != ALERT_OK)
        return;
    va_start(arguments, format);
    vsnprintf(alert->words, sizeof(alert->words), format, arguments);
    va_end(arguments);
    alert->state = ALERT_FIRING;
    alert->since_us = since_us;
}

/* "300 ms", "12 s", "2m 05s", "3h 20m", "4d 2h". */
static const char *span(int64_t us, char ret_text[24])
{
    int64_t seconds = us / SECOND;
    if (us < SECOND)
        snprintf(ret_text, 24, "%" PRId64 " ms", us / 1000);
    else if (seconds < 60)
        snprintf(ret_text, 24, "%" PRId64 " s", seconds);
    else if (seconds < 3600)
        snprintf(ret_text, 24, "%" PRId64 "m %02" PRId64 "s", seconds / 60, seconds % 60);
    else if (seconds < 86400)
        snprintf(ret_text, 24, "%" PRId64 "h %02" PRId64 "m", seconds / 3600, seconds / 60 % 60);
    else
        snprintf(ret_text, 24, "%" PRId64 "d %" PRId64 "h", seconds / 86400, seconds / 3600 % 24);
    return ret_text;
}

/* A duration against a setting; true when it is above. Negative: not measured. */
static bool compare_span(const struct judge *judge, struct alert *alert, enum setting_id limit,
                         int64_t us)
{
    int64_t limit_us = settings_integer(judge->in->settings, limit) * SECOND;
    if (us >= 0)
        span(us, alert->value);
    if (limit_us > 0)
        span(limit_us, alert->threshold);
    return limit_us > 0 && us > limit_us;
}

static void compare_none(struct alert *alert, uint64_t count)
{
    snprintf(alert->value, sizeof(alert->value), "%" PRIu64, count);
    snprintf(alert->threshold, sizeof(alert->threshold), "0");
}

/* ---- the engine ---- */

bool alert_engine_silent(const struct alert_input *input)
{
    int64_t beat_us = input->engine->beat_us; /* TIME_NONE: the first one is just starting */
    return input->runs && beat_us != TIME_NONE && input->now_us - beat_us > SILENT_US;
}

bool alert_engine_lost(const struct alert_input *input)
{
    return input->engine->pid != 0 && !input->runs && input->engine->state != ENGINE_STOPPED;
}

static void judge_engine(struct judge *judge)
{
    const struct alert_input *in = judge->in;
    const struct alert_facts *facts = in->facts;
    struct alert *alert = alert_add(judge, ALERT_ENGINE, ALERT_NO_SOURCE);
    /* Commands come and go: that none is at work now is as it should be, unless one left work. */
    bool away = !in->runs && !alert_engine_lost(in);
    bool unfinished = facts->have_run && facts->last_run.result[0] == '\0';
    bool left = facts->states[FAILURE_RETRYABLE] + facts->states[FAILURE_IN_PROGRESS] > 0;
    int64_t beat_us = in->engine->beat_us;
    int64_t since_us = beat_us > 0 ? beat_us : TIME_NONE;
    if (beat_us > 0)
        span(in->now_us > beat_us ? in->now_us - beat_us : 0, alert->value);
    alert_raise(alert, alert_engine_silent(in), since_us, "the engine has gone silent");
    alert_raise(alert, alert_engine_lost(in), since_us, "the last engine was killed or crashed");
    alert_raise(alert, away && unfinished, since_us,
                "no engine runs and the last run is unfinished");
    alert_raise(alert, away && left, since_us, "no engine runs and orders wait to be tried again");
    alert_raise(alert_add(judge, ALERT_WAITING, ALERT_NO_SOURCE),
                in->runs && in->engine->state == ENGINE_WAITING, TIME_NONE,
                "the engine waits for a source or the target");
    alert_raise(alert_add(judge, ALERT_PAUSED, ALERT_NO_SOURCE),
                in->runs && in->engine->state == ENGINE_PAUSED, TIME_NONE, "the engine is paused");
}

/* ---- sources: measured by a running engine; those of one that has ended are history ---- */

static void judge_staleness(struct judge *judge, const struct source_status *source, int index)
{
    struct alert *alert = alert_add(judge, ALERT_STALENESS, index);
    int64_t limit_us = settings_integer(judge->in->settings, SET_ALERT_STALENESS) * SECOND;
    bool known = source->consistent_us != TIME_NONE;
    int64_t stale_us = known ? judge->in->now_us - source->consistent_us : -1;
    bool above = compare_span(judge, alert, SET_ALERT_STALENESS, stale_us);
    alert_raise(alert, above, known ? source->consistent_us + limit_us : TIME_NONE,
                "%s: last known consistent %s ago, longer than alert_staleness",
                source_kind_name((enum source_kind)index), alert->value);
}

static void judge_errors(struct judge *judge, const struct source_status *source, int index)
{
    struct alert *alert = alert_add(judge, ALERT_ERRORS, index);
    int64_t percent = settings_integer(judge->in->settings, SET_ALERT_ERROR_PERCENT);
    snprintf(alert->value, sizeof(alert->value), "%.1f %%", source->error_rate * 100);
    if (percent > 0)
        snprintf(alert->threshold, sizeof(alert->threshold), "%" PRId64 " %%", percent);
    alert_raise(alert, percent > 0 && source->error_rate * 100 > (double)percent, TIME_NONE,
                "%s: %s of a day's documents failed through no fault of theirs",
                source_kind_name((enum source_kind)index), alert->value);
}

static void judge_budget(struct judge *judge, const struct source_status *source, int index)
{
    const struct settings *settings = judge->in->settings;
    int64_t budget = settings_integer(settings, SET_READ_BUDGET);
    int64_t percent = settings_integer(settings, SET_ALERT_BUDGET_PERCENT);
    if (index != SOURCE_FIRESTORE || budget <= 0)
        return;
    struct alert *alert = alert_add(judge, ALERT_BUDGET, index);
    int64_t share = (int64_t)((double)source->reads_today * 100 / (double)budget);
    snprintf(alert->value, sizeof(alert->value), "%" PRId64 " %%", share);
    if (percent > 0)
        snprintf(alert->threshold, sizeof(alert->threshold), "%" PRId64 " %%", percent);
    alert_raise(alert, percent > 0 && share >= percent, TIME_NONE,
                "%s: %s of the day's read_budget is spent",
                source_kind_name((enum source_kind)index), alert->value);
}

static void judge_source(struct judge *judge, int index)
{
    const struct source_status *source = &judge->in->engine->sources[index];
    const char *name = source_kind_name((enum source_kind)index);
    if (source->state == SOURCE_PAUSED && judge->in->engine->state != ENGINE_PAUSED)
        alert_raise(alert_add(judge, ALERT_PAUSED, index), true, TIME_NONE, "%s is paused", name);
    bool down = source->state == SOURCE_WAITING || source->state == SOURCE_FAILED;
    alert_raise(alert_add(judge, ALERT_SOURCE, index), down, TIME_NONE,
                "%s: the source does not answer", name);
    struct alert *lag = alert_add(judge, ALERT_LAG, index);
    alert_raise(lag, compare_span(judge, lag, SET_ALERT_LAG, source->lag_p99_us), TIME_NONE,
                "%s: a lag of %s is above alert_lag", name, lag->value);
    judge_staleness(judge, source, index);
    judge_errors(judge, source, index);
    struct alert *skew = alert_add(judge, ALERT_SKEW, index);
    int64_t skew_us = source->skew_us == TIME_NONE ? -1 : llabs(source->skew_us);
    alert_raise(skew, compare_span(judge, skew, SET_ALERT_SKEW, skew_us), TIME_NONE,
                "%s: its clock and this one differ by %s", name, skew->value);
    judge_budget(judge, source, index);
}

/* ---- orders, runs, verification, disk ---- */

static void judge_orders(struct judge *judge)
{
    const struct alert_facts *facts = judge->in->facts;
    int64_t limit = settings_integer(judge->in->settings, SET_ALERT_GROWTH);
    struct alert *growth = alert_add(judge, ALERT_GROWTH, ALERT_NO_SOURCE);
    snprintf(growth->value, sizeof(growth->value), "%" PRIu64, facts->fresh);
    if (limit > 0)
        snprintf(growth->threshold, sizeof(growth->threshold), "%" PRId64, limit);
    alert_raise(growth, limit > 0 && facts->fresh > (uint64_t)limit, TIME_NONE,
                "%s orders failed first within the last hour", growth->value);
    struct alert *dead = alert_add(judge, ALERT_DEAD, ALERT_NO_SOURCE);
    compare_none(dead, facts->states[FAILURE_DEAD]);
    alert_raise(dead, facts->states[FAILURE_DEAD] > 0, TIME_NONE, "orders failed for good");
    struct alert *held = alert_add(judge, ALERT_HELD, ALERT_NO_SOURCE);
    compare_none(held, facts->states[FAILURE_HELD]);
    alert_raise(held, facts->states[FAILURE_HELD] > 0, TIME_NONE,
                "orders wait for a person's word");
}

static void judge_run(struct judge *judge)
{
    const struct alert_facts *facts = judge->in->facts;
    bool broken = facts->have_run && strcmp(facts->last_run.result, "failed") == 0;
    struct alert *alert = alert_add(judge, ALERT_RUN, ALERT_NO_SOURCE);
    alert_raise(alert, broken, facts->last_run.finished_us, "the last run failed%s%s%s%.110s",
                facts->last_run.code[0] != '\0' ? ": " : "", facts->last_run.code,
                facts->last_run.message[0] != '\0' ? " " : "", facts->last_run.message);
}

static void judge_verification(struct judge *judge)
{
    const struct alert_input *in = judge->in;
    const struct verification *last = &in->facts->verification;
    const struct source_status *source = &in->engine->sources[SOURCE_FIRESTORE];
    struct alert *alert = alert_add(judge, ALERT_VERIFICATION, ALERT_NO_SOURCE);
    if (!in->facts->have_verification)
        return;
    bool failed = strcmp(last->result, "failed") == 0;
    uint64_t differences = verification_differences(last);
    compare_none(alert, differences);
    alert_raise(alert, failed, last->finished_us, "the last verification failed: %.100s",
                last->message);
    alert_raise(alert, differences > 0, last->finished_us,
                "the last verification found %" PRIu64 " differences", differences);
    bool follows = in->runs && source->state == SOURCE_LIVE && source->verified_us != TIME_NONE;
    struct alert age = {.rule = ALERT_VERIFICATION};
    if (!follows ||
        !compare_span(judge, &age, SET_ALERT_VERIFY_AGE, in->now_us - source->verified_us))
        return;
    if (alert->state == ALERT_OK) {
        STR_FILL(alert->value, age.value);
        STR_FILL(alert->threshold, age.threshold);
    }
    alert_raise(alert, true, TIME_NONE, "the last verification was %s ago", age.value);
}

static void judge_disk(struct judge *judge)
{
    struct alert *alert = alert_add(judge, ALERT_DISK, ALERT_NO_SOURCE);
    int64_t limit = settings_integer(judge->in->settings, SET_ALERT_DISK);
    int64_t mebibytes = judge->in->facts->disk_free / (1024 * 1024);
    if (judge->in->facts->disk_free < 0)
        return;
    snprintf(alert->value, sizeof(alert->value), "%" PRId64 " MiB", mebibytes);
    if (limit > 0)
        snprintf(alert->threshold, sizeof(alert->threshold), "%" PRId64 " MiB", limit);
    alert_raise(alert, limit > 0 && mebibytes < limit, TIME_NONE,
                "the journal's disk has %s left, less than alert_disk", alert->value);
}

/* ---- since when, and what operators said ---- */

static void judge_since(struct judge *judge, struct alert *alert)
{
    const struct alert_facts *facts = judge->in->facts;
    int64_t now_us = judge->in->now_us;
    int64_t pending_us = settings_integer(judge->in->settings, SET_ALERT_PENDING) * SECOND;
    bool noted = false;
    for (size_t i = 0; i < facts->episode_count; i++) {
        const struct alert_episode *episode = &facts->episodes[i];
        if (episode->rule != alert->rule || episode->source != alert->source)
            continue;
        noted = true;
        if (alert->since_us == TIME_NONE || episode->since_us < alert->since_us)
            alert->since_us = episode->since_us;
    }
    if (alert_info(alert->rule)->lingers && pending_us > 0 &&
        (!noted || now_us - alert->since_us < pending_us))
        alert->state = ALERT_PENDING;
}

static void judge_marks(const struct judge *judge, struct alert *alert)
{
    const struct alert_facts *facts = judge->in->facts;
    for (size_t i = 0; i < facts->mark_count; i++) {
        const struct alert_mark *mark = &facts->marks[i];
        struct alert_mark *slot =
            mark->kind == ALERT_SILENCED ? &alert->silenced : &alert->acknowledged;
        if (mark->rule == alert->rule && mark->source == alert->source &&
            mark->until_us > judge->in->now_us && slot->command == 0)
            *slot = *mark;
    }
}

/* Stable: within a state the rules keep their order. */
static void sort_by_state(struct alerts *alerts)
{
    struct alerts sorted = {.firing = alerts->firing};
    for (int state = ALERT_FIRING; state >= ALERT_OK; state--)
        for (size_t i = 0; i < alerts->count; i++)
            if (alerts->list[i].state == (enum alert_state)state)
                sorted.list[sorted.count++] = alerts->list[i];
    *alerts = sorted;
}

void alerts_judge(const struct alert_input *input, struct alerts *ret_alerts)
{
    struct judge judge = {input, ret_alerts};
    *ret_alerts = (struct alerts){0};
    judge_engine(&judge);
    for (int i = 0; input->runs && i < SOURCE_COUNT; i++)
        if (input->engine->sources[i].state != SOURCE_OFF)
            judge_source(&judge, i);
    judge_orders(&judge);
    judge_run(&judge);
    judge_verification(&judge);
    judge_disk(&judge);
    for (size_t i = 0; i < ret_alerts->count; i++) {
        struct alert *alert = &ret_alerts->list[i];
        if (alert->state != ALERT_OK)
            judge_since(&judge, alert);
        judge_marks(&judge, alert);
        ret_alerts->firing += alert_counts(alert);
    }
    sort_by_state(ret_alerts);
}
