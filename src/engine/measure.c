/* Measures: lag, processing time, clock skew, and one row a minute for the graphs. */
#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"

#define MINUTE_US 60000000LL

void measure_result(struct engine *engine, const struct result *result)
{
    struct live *live = &engine->live;
    int64_t now = clock_monotonic_us();
    lag_add(&live->processing, now, result->busy_us);
    for (size_t i = 0; i < result->lag_count; i++) {
        lag_add(&live->lag_minute, now, result->lags_us[i]);
        lag_add(&live->lag_hour, now, result->lags_us[i]);
    }
    measure_absences(engine, result);
}

void measure_absences(struct engine *engine, const struct result *result)
{
    struct error err = {0};
    struct minute_row row = MINUTE_NOTHING(clock_wall_us() / MINUTE_US);
    row.absences = result->counts.deleted;
    if (result->job->sweep && row.absences > 0 &&
        !journal_minute_add(engine->journal, SOURCE_FIRESTORE, &row, &err))
        engine_fail(engine, &err);
}

void measure_skew(struct live *live, int64_t wall_us, int64_t read_time_ns)
{
    struct skew *skew = &live->skew;
    int64_t difference = wall_us - read_time_ns / 1000;
    int64_t minute = wall_us / MINUTE_US;
    if (minute != skew->minute) {
        skew->previous_us = minute == skew->minute + 1 ? skew->current_us : TIME_NONE;
        skew->current_us = TIME_NONE;
        skew->minute = minute;
    }
    if (skew->current_us == TIME_NONE || difference < skew->current_us)
        skew->current_us = difference;
}

static int64_t skew_read(const struct skew *skew)
{
    if (skew->minute == 0)
        return TIME_NONE;
    if (skew->previous_us == TIME_NONE || skew->current_us == TIME_NONE)
        return skew->current_us == TIME_NONE ? skew->previous_us : skew->current_us;
    return skew->current_us < skew->previous_us ? skew->current_us : skew->previous_us;
}

void measure_report(struct engine *engine, struct source_status *status)
{
    struct live *live = &engine->live;
    int64_t now = clock_monotonic_us();
    struct lag_figures minute = lag_read(&live->lag_minute, now);
    struct lag_figures hour = lag_read(&live->lag_hour, now);
    struct lag_figures processing = lag_read(&live->processing, now);
    status->lag_p50_us = minute.p50_us;
    status->lag_p99_us = minute.p99_us;
    status->lag_max_us = minute.max_us;
    status->lag_hour_p50_us = hour.p50_us;
    status->lag_hour_p99_us = hour.p99_us;
    status->lag_hour_max_us = hour.max_us;
    status->processing_p50_us = processing.p50_us;
    status->processing_p99_us = processing.p99_us;
    status->skew_us = skew_read(&live->skew);
    status->error_rate = engine->minute.error_rate;
    status->complete = live->complete;
}

/* ---- minutes ---- */

static struct run_counts counts_since(const struct run_counts *now, const struct run_counts *then)
{
    return (struct run_counts){
        .seen = now->seen - then->seen,
        .created = now->created - then->created,
        .updated = now->updated - then->updated,
        .deleted = now->deleted - then->deleted,
        .unchanged = now->unchanged - then->unchanged,
        .failed = now->failed - then->failed,
        .held = now->held - then->held,
    };
}

static bool minute_write(struct engine *engine, struct error *err)
{
    struct minute *minute = &engine->minute;
    struct lag_figures lag = lag_read(&engine->live.lag_minute, clock_monotonic_us());
    struct lag_figures processing = lag_read(&engine->live.processing, clock_monotonic_us());
    size_t jobs = 0;
    size_t bytes = 0;
    writers_load(engine->writers, &jobs, &bytes);
    struct minute_row row = MINUTE_NOTHING(minute->number);
    row.counts = counts_since(&engine->totals, &minute->at);
    row.lag_p50_us = lag.p50_us;
    row.lag_p99_us = lag.p99_us;
    row.lag_max_us = lag.max_us;
    row.queue_items = jobs;
    row.rss_bytes = statistics_rss_bytes();
    row.error_rate = minute->error_rate;
    row.skew_us = skew_read(&engine->live.skew);
    row.processing_p50_us = processing.p50_us < 0 ? TIME_NONE : processing.p50_us;
    row.processing_p99_us = processing.p50_us < 0 ? TIME_NONE : processing.p99_us;
    if (engine->consistent_us != TIME_NONE)
        row.staleness_us = clock_wall_us() - engine->consistent_us;
    return journal_minute_add(engine->journal, SOURCE_FIRESTORE, &row, err);
}

/* One line a minute for whoever collects the log. */
static void minute_log(struct engine *engine)
{
    const struct engine_status *status = &engine->status; /* written by this thread alone */
    const struct source_status *source = &status->sources[SOURCE_FIRESTORE];
    struct run_counts counts = counts_since(&engine->totals, &engine->minute.at);
    bool consistent = source->consistent_us != TIME_NONE;
    const struct log_number numbers[] = {
        {"seen", (double)counts.seen},
        {"created", (double)counts.created},
        {"updated", (double)counts.updated},
        {"deleted", (double)counts.deleted},
        {"unchanged", (double)counts.unchanged},
        {"failed", (double)counts.failed},
        {"held", (double)counts.held},
        {"lag_p50_us", (double)source->lag_p50_us},
        {"lag_p99_us", (double)source->lag_p99_us},
        {"lag_max_us", (double)source->lag_max_us},
        {"processing_p50_us", (double)source->processing_p50_us},
        {"processing_p99_us", (double)source->processing_p99_us},
        {"staleness_us", consistent ? (double)(clock_wall_us() - source->consistent_us) : -1},
        {"skew_us", source->skew_us == TIME_NONE ? 0 : (double)source->skew_us},
        {"error_rate", source->error_rate},
        {"unresolved", (double)source->unresolved},
        {"queue_items", (double)status->queue_items},
        {"queue_bytes", (double)status->queue_bytes},
        {"reads_today", (double)source->reads_today},
        {"rss_bytes", (double)status->rss_bytes},
    };
    if (engine->live.phase != LIVE_OFF)
        log_numbers("measures", source_kind_name(SOURCE_FIRESTORE), "minute", numbers,
                    sizeof(numbers) / sizeof(numbers[0]));
}

void minute_step(struct engine *engine, bool last)
{
    struct minute *minute = &engine->minute;
    int64_t now_us = clock_wall_us();
    int64_t number = now_us / MINUTE_US;
    struct error err = {0};
    if (number == minute->number && !last)
        return;
    bool first = minute->number == 0;
    if (first && last)
        return;
    if ((!first && !minute_write(engine, &err)) ||
        !journal_error_rate(engine->journal, SOURCE_FIRESTORE, now_us, &minute->error_rate, &err)) {
        engine_fail(engine, &err);
        return;
    }
    if (!first)
        minute_log(engine);
    minute->number = number;
    minute->at = engine->totals;
}
