/* The course of a sync: source after source, walk after walk, page after page. */
#include "engine/sync_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"

bool sync_active(const struct engine *engine)
{
    return engine->sync.active || engine->sync.left != 0;
}

static unsigned range_step(const struct sync *sync, size_t i)
{
    return sync->ranges[i].window.step;
}

static bool range_ended(const struct sync_range *range)
{
    return range->read_all && prefix_is_empty(&range->prefix);
}

/* ---- a source's end ---- */

static void source_note(struct engine *engine, const struct error *stopped)
{
    struct sync *sync = &engine->sync;
    struct source_meter meter = {0};
    struct error err = {0};
    if (sync_is_dry(sync))
        return;
    lookback_meter(engine->lookback, sync->source, &meter);
    if (!journal_run_note(engine->journal, sync->run_id, meter.requests - sync->before.requests,
                          meter.retries - sync->before.retries,
                          clock_monotonic_us() - sync->part_us, stopped, &err))
        engine_fail(engine, &err);
}

static void source_leave(struct sync *sync)
{
    for (size_t i = 0; i < sync->range_count; i++) {
        struct sync_range *range = &sync->ranges[i];
        free(range->checkpoint.after);
        free(range->checkpoint.before);
        free(range->checkpoint.cursor);
        free(range->cursor);
        prefix_free(&range->prefix);
    }
    free(sync->ranges);
    sync->ranges = NULL;
    sync->range_count = 0;
    idset_free(&sync->seen);
    sync->active = false;
    sync->epoch++; /* answers and results of this run count no more */
}

/* Nothing more of this source; the next one goes on. */
static void source_stop(struct engine *engine, const struct error *stopped)
{
    struct sync *sync = &engine->sync;
    struct error kept = *stopped;
    log_error("sync", stopped, source_kind_name(sync->source), NULL);
    error_suffix_request(&kept); /* runs and the status keep the message alone */
    source_note(engine, &kept);
    sync->stopped[sync->source] = kept;
    sync->partial = true;
    source_leave(sync);
}

static void source_finish(struct engine *engine)
{
    struct sync *sync = &engine->sync;
    const struct run_counts *counts = &sync->counts[sync->source];
    struct error err = {0};
    source_note(engine, NULL);
    if (!sync_is_dry(sync) &&
        !journal_run_finish(engine->journal, sync->run_id, "done", NULL, &err))
        engine_fail(engine, &err);
    sync_log_source(sync, counts);
    if (counts->failed + counts->held > 0)
        sync->partial = true;
    else if (sync->started_us != TIME_NONE && !sync_is_dry(sync))
        sync->consistent_us[sync->source] = sync->started_us;
    source_leave(sync);
}

/* ---- a source's beginning ---- */

static void range_add(struct sync *sync, const struct sync_window *window)
{
    struct sync_range *range = &sync->ranges[sync->range_count];
    const struct lookback_ops *ops = lookback_ops(sync->source)->lookback;
    *range = (struct sync_range){.window = *window};
    range->checkpoint.range = (int)sync->range_count++;
    range->checkpoint.after = sync_window_format(ops, window);
}

static bool ranges_save(struct engine *engine, size_t first, struct error *err)
{
    const struct sync *sync = &engine->sync;
    struct range_checkpoint list[SYNC_RANGES_MAX];
    size_t count = sync->range_count - first;
    for (size_t i = 0; i < count; i++)
        list[i] = sync->ranges[first + i].checkpoint;
    return count == 0 || sync_is_dry(sync) ||
           journal_ranges_save(engine->journal, sync->run_id, list, count, err);
}

static bool source_start(struct engine *engine, int64_t from_s, int64_t to_s, struct error *err)
{
    struct sync *sync = &engine->sync;
    struct sync_window windows[SYNC_RANGES_MAX];
    size_t count = sync_cut(lookback_ops(sync->source)->lookback, from_s, to_s, windows);
    sync->run_id[0] = '\0';
    if (sync_is_dry(sync))
        planning_source(engine, sync->plan_id, sync->source,
                        lookback_identity(engine->lookback, sync->source));
    else if (!journal_run_start(engine->journal, "sync", sync->source, engine->operator_name,
                                sync->run_id, err))
        return false;
    for (size_t i = 0; i < count; i++)
        range_add(sync, &windows[i]);
    sync->started_us = clock_wall_us();
    sync->counts[sync->source] = (struct run_counts){0};
    log_info("sync", "%s: starting %s %s", source_kind_name(sync->source),
             sync_is_dry(sync) ? "plan" : "run", sync_is_dry(sync) ? sync->plan_id : sync->run_id);
    return ranges_save(engine, 0, err);
}

/* False: this run is none that can be continued. */
static bool ranges_adopt(struct sync *sync, struct range_checkpoint *list, size_t count,
                         int64_t from_s, int64_t to_s)
{
    const struct lookback_ops *ops = lookback_ops(sync->source)->lookback;
    struct sync_window windows[SYNC_RANGES_MAX];
    struct sync_window added[SYNC_RANGES_MAX];
    if (count > SYNC_RANGES_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!sync_window_parse(ops, list[i].after, &windows[i]))
            return false;
    }
    /* Killed before its ranges were kept: it has all before it. */
    size_t more = count == 0 ? sync_cut(ops, from_s, to_s, added)
                             : sync_extend(ops, windows, count, from_s, to_s, added);
    if (count + more > SYNC_RANGES_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct sync_range *range = &sync->ranges[sync->range_count++];
        *range = (struct sync_range){.window = windows[i], .checkpoint = list[i], .resumed = true};
        list[i] = (struct range_checkpoint){0};
        range->cursor = memory_string(range->checkpoint.cursor);
        range->read_all = range->checkpoint.done;
        /* What is unsettled is asked anew: it is what it is now. */
        if (windows[i].step >= ops->walk_count) {
            range->read_all = range->checkpoint.done = false;
            free(range->cursor);
            range->cursor = NULL;
        }
    }
    for (size_t i = 0; i < more; i++)
        range_add(sync, &added[i]);
    return true;
}

/* The unfinished run of this source, with what has become due since it began. */
static bool source_resume(struct engine *engine, int64_t from_s, int64_t to_s, bool *ret_resumed,
                          struct error *err)
{
    struct sync *sync = &engine->sync;
    struct range_checkpoint *list = NULL;
    size_t count = 0;
    bool found = false;
    *ret_resumed = false;
    if (sync_is_dry(sync))
        return true;
    if (!journal_run_find(engine->journal, "sync", sync->source, &found, sync->run_id, err))
        return false;
    if (!found)
        return true;
    if (!journal_ranges_load(engine->journal, sync->run_id, &list, &count, err))
        return false;
    size_t old = count;
    bool adopted = !sync->fresh && ranges_adopt(sync, list, count, from_s, to_s);
    range_checkpoint_free(list, count);
    if (!adopted)
        return journal_run_finish(engine->journal, sync->run_id, "abandoned", NULL, err);
    *ret_resumed = true;
    sync->started_us = TIME_NONE;
    log_info("sync", "%s: continuing run %s", source_kind_name(sync->source), sync->run_id);
    return journal_run_counts(engine->journal, sync->run_id, &sync->counts[sync->source], err) &&
           journal_run_note(engine->journal, sync->run_id, 0, 0, 0, NULL, err) &&
           ranges_save(engine, old, err);
}

static void source_begin(struct engine *engine, enum source_kind source)
{
    struct sync *sync = &engine->sync;
    struct error err = {0};
    int64_t now_s = clock_wall_us() / 1000000;
    int64_t from_s = now_s - (int64_t)sync->days * 86400 - SYNC_EDGE_S;
    int64_t to_s = now_s + SYNC_EDGE_S;
    bool resumed = false;
    sync->left &= ~(1u << source);
    sync->source = source;
    sync->from_s = from_s;
    sync->ranges = memory_zero(SYNC_RANGES_MAX, sizeof(*sync->ranges));
    sync->active = true;
    sync->logged = 0;
    sync->part_us = clock_monotonic_us();
    sync->stopped[source] = (struct error){0};
    lookback_meter(engine->lookback, source, &sync->before);
    if (!source_resume(engine, from_s, to_s, &resumed, &err) ||
        (!resumed && !source_start(engine, from_s, to_s, &err)))
        engine_fail(engine, &err);
}

/* ---- the whole ---- */

void sync_begin(struct engine *engine, unsigned wanted, unsigned days, bool fresh, bool dry_run)
{
    struct sync *sync = &engine->sync;
    sync->plan_id[0] = '\0';
    if (dry_run && !planning_begin(engine, "sync", wanted, sync->plan_id))
        return;
    sync->left = wanted;
    sync->days = days != 0 ? days : (unsigned)settings_integer(engine->settings, SET_SYNC_DAYS);
    sync->fresh = fresh;
    sync->partial = false;
    sync->asked = wanted;
}

static void sync_end(struct engine *engine)
{
    struct sync *sync = &engine->sync;
    char message[400] = "";
    size_t len = 0;
    struct error err = {0};
    if (sync_is_dry(sync))
        planning_end_sync(engine);
    else
        sync_schedule_next(engine);
    for (int i = 0; i < SOURCE_COUNT && len < sizeof(message); i++) {
        const struct run_counts *counts = &sync->counts[i];
        const struct error *stopped = &sync->stopped[i];
        if ((sync->asked & (1u << i)) == 0)
            continue;
        len += (size_t)snprintf(
            message + len, sizeof(message) - len,
            "%s%s: %llu checked, %llu added, %llu updated, %llu failed%s", len == 0 ? "" : "; ",
            source_kind_name((enum source_kind)i), (unsigned long long)counts->checked,
            (unsigned long long)counts->created, (unsigned long long)counts->updated,
            (unsigned long long)counts->failed, stopped->id == ERROR_NONE ? "" : ", stopped");
    }
    sync->asked = 0;
    if (sync->command.id == 0)
        return;
    if (!journal_finish_command(engine->journal, sync->command.id,
                                sync->partial ? "failed" : "done", message, &err))
        engine_fail(engine, &err);
    command_free(&sync->command);
}

void sync_restart(struct engine *engine)
{
    struct sync *sync = &engine->sync;
    if (!sync->active)
        return;
    sync->left |= 1u << sync->source;
    sync->fresh = true;
    source_leave(sync);
}

bool sync_init(struct engine *engine, struct error *err)
{
    struct sync *sync = &engine->sync;
    for (int i = 0; i < SOURCE_COUNT; i++)
        sync->last_event_us[i] = sync->checkpoint_us[i] = sync->consistent_us[i] = TIME_NONE;
    sync->epoch = 1;
    return sync_schedule_init(engine, err);
}

void sync_free(struct engine *engine)
{
    source_leave(&engine->sync);
    command_free(&engine->sync.command);
}

/* How far this part of the run came, where it was ended before its end. */
void sync_drained(struct engine *engine)
{
    if (sync_is_dry(&engine->sync))
        planning_end(engine, engine->sync.plan_id, "ended before it was ready");
    else if (engine->sync.active && engine->lookback != NULL)
        source_note(engine, NULL);
}

/* ---- pages ---- */

static void take_answer(struct engine *engine, struct lookback_answer *answer)
{
    struct sync *sync = &engine->sync;
    if (answer->request.range <= APPLICATION_RANGE) {
        application_answered(engine, answer);
        return;
    }
    if (answer->request.range < 0) {
        fetch_answered(engine, answer);
        return;
    }
    if (!sync->active || answer->request.epoch != sync->epoch)
        return;
    struct sync_range *range = &sync->ranges[answer->request.range];
    range->asking = false;
    if (answer->error.id != ERROR_NONE) {
        if (error_class(&answer->error) != CLASS_CANCELLED)
            source_stop(engine, &answer->error);
    } else if (answer->request.named) {
        if (planning_refunded(engine, answer))
            sync_take_names(engine, range, answer);
    } else if (answer->request.kind == LOOKBACK_UNSETTLED) {
        sync_take_names(engine, range, answer);
    } else {
        sync_take_documents(engine, range, answer);
    }
}

static void range_ask(struct engine *engine, struct sync_range *range)
{
    struct sync *sync = &engine->sync;
    struct lookback_request request = {
        .kind = sync_range_is_unsettled(sync, range) ? LOOKBACK_UNSETTLED : LOOKBACK_WALK,
        .source = sync->source,
        .window = range->window.window,
        .named = sync_is_dry(sync) && sync_range_is_refunds(sync, range),
        .resumed = sync->started_us == TIME_NONE,
        .cursor = memory_string(range->cursor),
        .range = range->checkpoint.range,
        .epoch = sync->epoch,
    };
    if (request.kind == LOOKBACK_UNSETTLED)
        request.window.from_s = sync->from_s;
    range->asking = true;
    lookback_ask(engine->lookback, &request);
}

/* A later walk builds on what the earlier ones have settled. */
static bool sync_current_step(const struct sync *sync, unsigned *ret_step)
{
    bool found = false;
    for (size_t i = 0; i < sync->range_count; i++) {
        if (range_ended(&sync->ranges[i]))
            continue;
        if (!found || range_step(sync, i) < *ret_step)
            *ret_step = range_step(sync, i);
        found = true;
    }
    return found;
}

static void sync_ask(struct engine *engine, unsigned step)
{
    struct sync *sync = &engine->sync;
    size_t asking = 0;
    if (engine_paused(engine, sync->source) ||
        bucket_wait(&engine->pace, clock_monotonic_us()) != 0)
        return;
    for (size_t i = 0; i < sync->range_count; i++)
        asking += sync->ranges[i].asking;
    for (size_t i = 0; i < sync->range_count && asking < LOOKBACK_CALLS; i++) {
        struct sync_range *range = &sync->ranges[i];
        if (range->window.step != step || range->asking || range->read_all ||
            range->out >= SYNC_PAGES_MAX || !writers_have_room(engine->writers))
            continue;
        range_ask(engine, range);
        asking++;
    }
}

/* A backfill that was asked for together with it goes first: Printful's orders then find their
 * sales. */
static void sync_next_source(struct engine *engine)
{
    struct sync *sync = &engine->sync;
    if (engine->options.backfill && engine->options.sync && backfill_active(engine))
        return;
    for (int i = 0; i < SOURCE_COUNT && !sync->active; i++) {
        struct error err = {0};
        if ((sync->left & (1u << i)) == 0)
            continue;
        if (lookback_has(engine->lookback, (enum source_kind)i, &err)) {
            source_begin(engine, (enum source_kind)i);
        } else { /* its key was there when the sync was asked for */
            sync->left &= ~(1u << i);
            sync->stopped[i] = err;
            sync->partial = true;
        }
    }
    if (!sync->active && sync->asked != 0)
        sync_end(engine);
}

void sync_step(struct engine *engine)
{
    struct sync *sync = &engine->sync;
    struct lookback_answer *answer;
    unsigned step = 0;
    if (engine->lookback == NULL)
        return;
    while ((answer = lookback_take(engine->lookback)) != NULL) {
        if (!engine->draining || answer->request.range < 0)
            take_answer(engine, answer);
        lookback_answer_free(answer);
    }
    if (engine->draining)
        return;
    sync_schedule_step(engine);
    if (sync->active && !sync_current_step(sync, &step))
        source_finish(engine);
    else if (sync->active)
        sync_ask(engine, step);
    if (!sync->active)
        sync_next_source(engine);
}

/* ---- results ---- */

static void log_document(struct sync *sync, const struct settled_change *change)
{
    bool gone = change->outcome == OUTCOME_ABSENT;
    if ((!gone && change->outcome != OUTCOME_UNATTACHED) || sync->logged > SYNC_LOGGED_MAX)
        return;
    if (++sync->logged > SYNC_LOGGED_MAX)
        log_warning("sync", "more of them are only counted");
    else
        log_warning("sync", "%s/%s %s", source_kind_name(change->source), change->source_id,
                    gone ? "is gone at its source" : "matches no sale");
}

struct sync_range *sync_settle(struct engine *engine, struct result *result)
{
    struct sync *sync = &engine->sync;
    const struct job *job = result->job;
    char *position = NULL;
    uint64_t weight = 0;
    if (job->kind != JOB_SYNC)
        return NULL;
    result->counts.checked = job->checked;
    if (job->again) {
        uint64_t *planned = &result->counts.created; /* counted when it was planned, likewise */
        result->counts.seen -= result->counts.unchanged + (job->dry_run ? *planned : 0);
        result->counts.unchanged = 0;
        *planned = job->dry_run ? 0 : *planned;
    }
    for (size_t i = 0; i < result->count; i++)
        log_document(sync, &result->changes[i]);
    if (!sync->active || job->epoch != sync->epoch)
        return NULL;
    struct sync_range *range = &sync->ranges[job->range];
    range->out--;
    for (size_t i = 0; i < result->count && !sync_range_is_unsettled(sync, range); i++)
        idset_add(&sync->seen, result->changes[i].source_id);
    if (!prefix_settle(&range->prefix, job->ticket, &position, &weight))
        return NULL;
    sync_checkpoint_move(range, position, weight);
    sync->checkpoint_us[sync->source] = clock_wall_us();
    return range;
}

void sync_count(struct engine *engine, const struct result *result)
{
    struct sync *sync = &engine->sync;
    enum source_kind source = result->job->source;
    statistics_add(&sync->statistics[source], clock_monotonic_us(), result->counts.seen);
    if (result->job->kind == JOB_SYNC)
        counts_sum(&sync->counts[source], &result->counts);
}
