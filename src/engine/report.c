/* What the engine says of itself: composed 4 times a second, kept for the local console and written
 * to the journal for the others. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "engine/state.h"
#include "journal/logbook.h"

static enum engine_state report_state(struct engine *engine, bool waiting)
{
    if (engine->draining)
        return ENGINE_DRAINING;
    if (engine_all_paused(engine))
        return ENGINE_PAUSED;
    if (waiting)
        return ENGINE_WAITING;
    bool works = backfill_active(engine) || sync_active(engine) || fetch_active(engine) ||
                 engine->live.phase != LIVE_OFF;
    return works ? ENGINE_RUNNING : ENGINE_IDLE;
}

static bool report_source_waits(const struct engine *engine, const struct source_meter *meter,
                                struct source_status *status)
{
    const struct error *err = &engine->source_error;
    if (engine->source == NULL && engine->options.sync)
        return false; /* nobody asked for it */
    if (engine->live.error.id != ERROR_NONE)
        err = &engine->live.error;
    if (meter->last_error.id != ERROR_NONE)
        err = &meter->last_error;
    if (err->id == ERROR_NONE)
        return false;
    STR_FILL(status->message, err->message);
    return true;
}

static enum source_state report_source_state(const struct engine *engine, bool waits)
{
    if (engine->source == NULL)
        return engine->options.sync ? SOURCE_OFF : SOURCE_FAILED;
    if (engine_paused(engine, SOURCE_FIRESTORE))
        return SOURCE_PAUSED;
    if (waits)
        return engine->live.phase == LIVE_FAILED ? SOURCE_FAILED : SOURCE_WAITING;
    if (backfill_active(engine))
        return SOURCE_BACKFILL;
    return engine->live.phase == LIVE_FOLLOWING ? SOURCE_LIVE : SOURCE_READY;
}

static void report_ranges(const struct engine *engine, struct source_status *status)
{
    const struct backfill *backfill = &engine->backfill;
    status->ranges = (unsigned)backfill->range_count;
    status->ranges_done = 0;
    for (size_t i = 0; i < backfill->range_count; i++)
        status->ranges_done += backfill->ranges[i].checkpoint.done;
}

void report_counts(const struct run_counts *counts, struct source_status *status)
{
    status->seen = counts->seen;
    status->created = counts->created;
    status->updated = counts->updated;
    status->deleted = counts->deleted;
    status->unchanged = counts->unchanged;
    status->failed = counts->failed;
    status->held = counts->held;
    status->overlap = counts->overlap;
}

static bool report_source(struct engine *engine, struct source_status *status)
{
    struct source_meter meter = {0};
    source_status_clear(status, SOURCE_FIRESTORE);
    if (engine->source != NULL) {
        engine->ops->meter(engine->source, &meter);
        snprintf(status->identity, sizeof(status->identity), "%s",
                 engine->ops->identity(engine->source));
    }
    bool waits = report_source_waits(engine, &meter, status);
    status->state = report_source_state(engine, waits);
    bool following = engine->live.phase != LIVE_OFF && !backfill_active(engine);
    report_counts(following ? &engine->live.counts : &engine->backfill.counts, status);
    report_ranges(engine, status);
    statistics_report(&engine->statistics, clock_monotonic_us(), status);
    status->total = engine->backfill.total;
    status->last_event_us = engine->last_event_us;
    status->checkpoint_us = engine->checkpoint_us;
    status->consistent_us = engine->consistent_us;
    if (engine->live.phase != LIVE_OFF)
        measure_report(engine, status);
    status->reads_today = meter.reads_today;
    status->requests = meter.requests;
    status->retries = meter.retries;
    status->unresolved = journal_count_unresolved(engine->journal, SOURCE_FIRESTORE);
    return waits;
}

/* True while the source that is being looked back over waits. */
static bool report_others(struct engine *engine, struct engine_status *status)
{
    bool waits = false;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (i != SOURCE_FIRESTORE)
            waits |= sync_report(engine, (enum source_kind)i, &status->sources[i]);
    }
    return waits;
}

static const char *report_waiting_words(const struct engine_status *status)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (status->sources[i].state == SOURCE_WAITING)
            return status->sources[i].message;
    }
    return status->sources[SOURCE_FIRESTORE].message;
}

static void report_run(const struct engine *engine, struct engine_status *status)
{
    bool backfills = backfill_active(engine);
    bool syncs = !backfills && engine->sync.active;
    bool planned = syncs && engine->sync.plan_id[0] != '\0';
    STR_FILL(status->run_id, backfills ? engine->backfill.run_id
                             : planned ? engine->sync.plan_id
                             : syncs   ? engine->sync.run_id
                                       : "");
    bool plans = backfills ? engine->backfill.dry_run : planned;
    STR_FILL(status->run_kind, plans ? "plan" : backfills ? "backfill" : syncs ? "sync" : "");
    status->run_started_us = engine->backfill.started_us;
    if (syncs && engine->sync.started_us != TIME_NONE)
        status->run_started_us = engine->sync.started_us;
}

static void report_compose(struct engine *engine, struct engine_status *status)
{
    struct error waiting = {0};
    bool stopped = false;
    size_t jobs = 0;
    size_t bytes = 0;
    bool source_waits = report_source(engine, &status->sources[SOURCE_FIRESTORE]);
    bool target_waits =
        writers_waiting(engine->writers, &waiting, &stopped) ||
        (engine->live.survey != NULL && survey_waiting(engine->live.survey, &waiting, &stopped)) ||
        (engine->lookback != NULL && lookback_waiting(engine->lookback, &waiting, &stopped));
    source_waits |= report_others(engine, status);
    status->message[0] = '\0';
    if (target_waits)
        snprintf(status->message, sizeof(status->message), "target: %.240s", waiting.message);
    else if (source_waits)
        snprintf(status->message, sizeof(status->message), "source: %.240s",
                 report_waiting_words(status));
    else if (engine->customers != NULL && customers_draining(engine->customers))
        STR_FILL(status->message, "recomputing customers");
    bool reads = engine->source != NULL || sync_active(engine);
    status->state = report_state(engine, target_waits || (source_waits && reads));
    writers_load(engine->writers, &jobs, &bytes);
    status->queue_items = jobs;
    status->queue_bytes = bytes;
    status->rss_bytes = statistics_rss_bytes();
    status->beat_us = clock_wall_us();
    report_run(engine, status);
    if (target_waits && stopped)
        engine_fail(engine, &waiting);
}

/* What was logged since the last beat, for consoles in other processes. */
static bool report_log(struct engine *engine, struct error *err)
{
    struct log_entry entries[64];
    size_t count;
    do {
        count = log_ring_read(engine->logged, entries, sizeof(entries) / sizeof(entries[0]));
        if (count == 0)
            return true;
        if (!journal_keep_log(engine->journal, entries, count, err))
            return false;
        engine->logged = entries[count - 1].sequence;
    } while (count == sizeof(entries) / sizeof(entries[0]));
    return true;
}

static void report_publish(struct engine *engine, const struct engine_status *status)
{
    struct error err = {0};
    pthread_mutex_lock(&engine->mutex);
    engine->status = *status;
    pthread_mutex_unlock(&engine->mutex);
    if (!journal_write_status(engine->journal, status, &err) || !report_log(engine, &err))
        engine_fail(engine, &err);
}

static void report_identify(struct engine *engine, struct engine_status *status)
{
    *status = (struct engine_status){.pid = getpid(), .started_us = engine->status.started_us};
    gethostname(status->host, sizeof(status->host) - 1);
    snprintf(status->version, sizeof(status->version), "%s", PACKAGE_VERSION);
    status->writers = (unsigned)settings_integer(engine->settings, SET_WRITERS);
}

void report_step(struct engine *engine)
{
    struct engine_status status;
    report_identify(engine, &status);
    report_compose(engine, &status);
    report_publish(engine, &status);
}

void report_final(struct engine *engine)
{
    struct engine_status status;
    report_identify(engine, &status);
    report_compose(engine, &status);
    status.state = ENGINE_STOPPED;
    /* Nobody reads from it any more, whether or not the backfill is to go on. */
    for (int i = 0; i < SOURCE_COUNT; i++) {
        enum source_state *state = &status.sources[i].state;
        if (*state == SOURCE_BACKFILL || *state == SOURCE_LIVE || *state == SOURCE_SYNC)
            *state = SOURCE_READY;
    }
    STR_FILL(status.message, engine->result.message);
    report_publish(engine, &status);
}
