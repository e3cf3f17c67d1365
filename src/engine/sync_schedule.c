/* A sync once a day, inside an engine that goes on; and what the status says of the sources. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"

#define AGAIN_US 600000000LL   /* after one that a source stopped, for a reason that may pass */
#define POSTPONE_US 60000000LL /* while it may not begin */

bool sync_schedule_init(struct engine *engine, struct error *err)
{
    struct sync *sync = &engine->sync;
    const char *text = settings_text(engine->settings, SET_SYNC_SCHEDULE);
    struct error parse = {0};
    sync->minute = -1;
    if (engine->options.once)
        return true;
    if (!verifier_parse(text, &sync->minute, &parse))
        return error_set(err, ERROR_SETTING_INVALID,
                         "sync_schedule: \"%.20s\" is no time of day such as 03:30, nor off", text);
    if (sync->minute >= 0)
        sync->next_us = verifier_next(clock_wall_us(), sync->minute);
    return true;
}

static bool may_pass(const struct error *stopped)
{
    enum error_class class = error_class(stopped);
    return class == CLASS_TRANSIENT || class == CLASS_RATE_LIMITED;
}

void sync_schedule_next(struct engine *engine)
{
    struct sync *sync = &engine->sync;
    if (sync->minute < 0)
        return;
    sync->next_us = verifier_next(clock_wall_us(), sync->minute);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (sync->stopped[i].id != ERROR_NONE && may_pass(&sync->stopped[i]))
            sync->next_us = clock_wall_us() + AGAIN_US;
    }
}

unsigned sync_sources(const struct engine *engine)
{
    unsigned open = 0;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (i != SOURCE_FIRESTORE && lookback_has(engine->lookback, (enum source_kind)i, NULL))
            open |= 1u << i;
    }
    return open;
}

void sync_schedule_step(struct engine *engine)
{
    struct sync *sync = &engine->sync;
    if (sync->minute < 0 || clock_wall_us() < sync->next_us)
        return;
    if (sync_active(engine) || (sync_sources(engine) & engine->paused) != 0) {
        sync->next_us = clock_wall_us() + POSTPONE_US;
        return;
    }
    sync_schedule_next(engine);
    if (sync_sources(engine) != 0) {
        log_info("sync", "scheduled");
        sync_begin(engine, sync_sources(engine), 0, false, false);
    }
}

/* ---- status ---- */

bool sync_wait_words(const struct source_meter *meter, int64_t now_us, char *ret_words, size_t size)
{
    int64_t left_us = meter->waiting_until_us - now_us;
    enum error_class class = error_class(&meter->last_error);
    if (left_us <= 0)
        return false;
    /* Without an error the limit is obeyed before it is hit. */
    bool limited = class == CLASS_NONE || class == CLASS_RATE_LIMITED;
    snprintf(ret_words, size, "%.200s, %lld s",
             limited ? "rate limited" : meter->last_error.message,
             (long long)((left_us + 999999) / 1000000));
    return true;
}

static enum source_state report_state(const struct engine *engine, enum source_kind source,
                                      struct source_status *status)
{
    const struct sync *sync = &engine->sync;
    struct source_meter meter = {0};
    struct error error = {0};
    if (!lookback_has(engine->lookback, source, &error)) {
        if (error.id == ERROR_SETTING_MISSING || error.id == ERROR_SYNC_NO_SOURCE)
            return SOURCE_OFF;
        STR_FILL(status->message, error.message);
        return SOURCE_FAILED;
    }
    lookback_meter(engine->lookback, source, &meter);
    status->requests = meter.requests;
    status->retries = meter.retries;
    if (meter.quota_known)
        status->quota_left = (int64_t)meter.quota_left;
    if (engine_paused(engine, source))
        return SOURCE_PAUSED;
    if (sync_wait_words(&meter, clock_monotonic_us(), status->message, sizeof(status->message)))
        return SOURCE_WAITING;
    if (sync->active && sync->source == source)
        return SOURCE_SYNC;
    if (sync->stopped[source].id != ERROR_NONE) {
        STR_FILL(status->message, sync->stopped[source].message);
        return SOURCE_FAILED;
    }
    return SOURCE_READY;
}

bool sync_report(struct engine *engine, enum source_kind source, struct source_status *status)
{
    struct sync *sync = &engine->sync;
    source_status_clear(status, source);
    status->state = report_state(engine, source, status);
    snprintf(status->identity, sizeof(status->identity), "%s",
             lookback_identity(engine->lookback, source));
    report_counts(&sync->counts[source], status);
    statistics_report(&sync->statistics[source], clock_monotonic_us(), status);
    if (sync->active && sync->source == source) {
        status->ranges = (unsigned)sync->range_count;
        for (size_t i = 0; i < sync->range_count; i++)
            status->ranges_done += sync->ranges[i].checkpoint.done;
    }
    status->last_event_us = sync->last_event_us[source];
    status->checkpoint_us = sync->checkpoint_us[source];
    status->consistent_us = sync->consistent_us[source];
    status->unresolved = journal_count_unresolved(engine->journal, source);
    return status->state == SOURCE_WAITING;
}

void sync_log_source(const struct sync *sync, const struct run_counts *counts)
{
    const struct log_number numbers[] = {
        {"checked", (double)counts->checked},
        {"added", (double)counts->created},
        {"updated", (double)counts->updated},
        {"skipped", (double)counts->unchanged},
        {"failed", (double)counts->failed},
        {"items", (double)counts->items},
        {"unattached", (double)counts->unattached},
        {"gone", (double)counts->absent},
        {"seconds", (double)(clock_monotonic_us() - sync->part_us) / 1e6},
    };
    log_numbers("sync", source_kind_name(sync->source), "done", numbers,
                sizeof(numbers) / sizeof(numbers[0]));
}
