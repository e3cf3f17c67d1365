/* What needs a person: states, and measures against the alert_ settings. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/page.h"
#include "cli/status.h"

void status_add_problem(struct overview *overview, bool there, const char *what, const char *format,
                        ...)
{
    va_list arguments;
    if (!there || overview->problem_count == PROBLEMS_MAX)
        return;
    struct problem *problem = &overview->problems[overview->problem_count++];
    STR_FILL(problem->what, what);
    va_start(arguments, format);
    vsnprintf(problem->words, sizeof(problem->words), format, arguments);
    va_end(arguments);
}

static void find_engine(struct overview *overview)
{
    const struct engine_status *engine = &overview->engine;
    bool runs = overview->runs;
    status_add_problem(overview, overview->stale, "engine", "the engine has gone silent");
    status_add_problem(overview, overview->lost, "engine", "the last engine was killed or crashed");
    /* Commands come and go: that none is at work now is as it should be, unless one left work. */
    bool unfinished = overview->have_run && overview->last_run.result[0] == '\0';
    bool left = overview->states[FAILURE_RETRYABLE] + overview->states[FAILURE_IN_PROGRESS] > 0;
    status_add_problem(overview, !runs && !overview->lost && unfinished, "engine",
                       "no engine runs and the last run is unfinished");
    status_add_problem(overview, !runs && !overview->lost && left, "engine",
                       "no engine runs and orders wait to be tried again");
    status_add_problem(overview, runs && engine->state == ENGINE_WAITING, "waiting",
                       "the engine waits for a source or the target");
    status_add_problem(overview, runs && engine->state == ENGINE_PAUSED, "paused",
                       "the engine is paused");
}

/* "2m 05s" of microseconds, "300ms" of few. */
static struct words words_us(int64_t us)
{
    struct words words;
    if (us >= 1000000)
        return words_seconds((double)us / 1e6);
    snprintf(words.text, sizeof(words.text), "%" PRId64 " ms", us / 1000);
    return words;
}

static bool is_above(const struct settings *settings, enum setting_id limit, int64_t us)
{
    int64_t seconds = settings_integer(settings, limit);
    return seconds > 0 && us > seconds * 1000000;
}

/* Measured by a running engine: those of one that has ended are history. */
static void find_measures(const struct settings *settings, struct overview *overview,
                          const struct source_status *source)
{
    const char *name = source_kind_name(source->source);
    int64_t stale_us =
        source->consistent_us == TIME_NONE ? -1 : clock_wall_us() - source->consistent_us;
    int64_t skew_us = source->skew_us == TIME_NONE ? 0
                      : source->skew_us < 0        ? -source->skew_us
                                                   : source->skew_us;
    int64_t percent = settings_integer(settings, SET_ALERT_ERROR_PERCENT);
    status_add_problem(overview, is_above(settings, SET_ALERT_LAG, source->lag_p99_us), "lag",
                       "%s: a lag of %s is above alert_lag", name,
                       words_us(source->lag_p99_us).text);
    status_add_problem(overview, is_above(settings, SET_ALERT_STALENESS, stale_us), "staleness",
                       "%s: last known consistent %s ago, longer than alert_staleness", name,
                       words_us(stale_us).text);
    status_add_problem(overview, percent > 0 && source->error_rate * 100 > (double)percent,
                       "errors",
                       "%s: %.1f %% of a day's documents failed through no fault of theirs", name,
                       source->error_rate * 100);
    status_add_problem(overview, is_above(settings, SET_ALERT_SKEW, skew_us), "skew",
                       "%s: its clock and this one differ by %s", name, words_us(skew_us).text);
}

static void find_sources(const struct settings *settings, struct overview *overview)
{
    for (int i = 0; overview->runs && i < SOURCE_COUNT; i++) {
        const struct source_status *source = &overview->engine.sources[i];
        bool down = source->state == SOURCE_WAITING || source->state == SOURCE_FAILED;
        if (source->state == SOURCE_OFF)
            continue;
        status_add_problem(overview, down, "source", "the source does not answer");
        find_measures(settings, overview, source);
    }
}

static void find_verification(const struct settings *settings, struct overview *overview)
{
    const struct verification *last = &overview->verification;
    const struct source_status *source = &overview->engine.sources[SOURCE_FIRESTORE];
    uint64_t differences = verification_differences(last);
    if (!overview->have_verification)
        return;
    bool failed = strcmp(last->result, "failed") == 0;
    status_add_problem(overview, failed, "verification", "the last verification failed: %.100s",
                       last->message);
    status_add_problem(overview, !failed && differences > 0, "verification",
                       "the last verification found %" PRIu64 " differences", differences);
    bool follows = overview->runs && source->state == SOURCE_LIVE;
    int64_t age_us = source->verified_us == TIME_NONE ? 0 : clock_wall_us() - source->verified_us;
    status_add_problem(overview, follows && is_above(settings, SET_ALERT_VERIFY_AGE, age_us),
                       "verification", "the last verification was %s ago",
                       words_age(source->verified_us, clock_wall_us()).text);
}

void status_find_problems(const struct settings *settings, struct overview *overview)
{
    bool broken_run = overview->have_run && strcmp(overview->last_run.result, "failed") == 0;
    find_engine(overview);
    find_sources(settings, overview);
    status_add_problem(overview, overview->states[FAILURE_DEAD] > 0, "dead",
                       "orders failed for good");
    status_add_problem(overview, overview->states[FAILURE_HELD] > 0, "held",
                       "orders wait for a person's word");
    status_add_problem(overview, broken_run, "run", "the last run failed");
    find_verification(settings, overview);
}
