/* Results come back from the writers; failures and checkpoints go into the journal, in one SQLite
 * transaction, after the target's commit. Nothing counts as settled before that. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/policy.h"
#include "engine/state.h"

#define SETTLE_MAX 32 /* results of one journal transaction: amortises the fsync */

/* What a plan left alone says nothing about a failure. */
static bool must_settle(const struct settled_change *change, bool has_failures)
{
    return (has_failures && change->outcome != OUTCOME_MOVED) ||
           change->outcome == OUTCOME_FAILED || change->outcome == OUTCOME_HELD;
}

/* Successes need the journal only where one of them may resolve a failure. */
static size_t settle_select(const struct result *result, bool has_failures,
                            struct settled_change *ret_changes)
{
    size_t kept = 0;
    for (size_t i = 0; i < result->count; i++) {
        if (must_settle(&result->changes[i], has_failures))
            ret_changes[kept++] = result->changes[i];
    }
    return kept;
}

/* The range's cursor, when the contiguous prefix of settled pages grew. */
static const struct range_checkpoint *settle_range(struct engine *engine, struct result *result)
{
    const struct job *job = result->job;
    struct backfill *backfill = &engine->backfill;
    char *position = NULL;
    uint64_t weight = 0;
    if (job->kind == JOB_SYNC) {
        const struct sync_range *range = sync_settle(engine, result);
        return range == NULL ? NULL : &range->checkpoint;
    }
    if (job->kind != JOB_PAGE || job->epoch != backfill->epoch)
        return NULL;
    struct backfill_range *range = &backfill->ranges[job->range];
    if (!prefix_settle(&range->prefix, job->ticket, &position, &weight))
        return NULL;
    free(range->checkpoint.cursor);
    range->checkpoint.cursor = position;
    range->checkpoint.settled += weight;
    range->checkpoint.done = range->read_all && prefix_is_empty(&range->prefix);
    return &range->checkpoint;
}

void counts_sum(struct run_counts *sum, const struct run_counts *add)
{
    sum->seen += add->seen;
    sum->created += add->created;
    sum->updated += add->updated;
    sum->deleted += add->deleted;
    sum->unchanged += add->unchanged;
    sum->failed += add->failed;
    sum->held += add->held;
    sum->overlap += add->overlap;
    sum->checked += add->checked;
    sum->items += add->items;
    sum->unattached += add->unattached;
    sum->absent += add->absent;
    sum->skipped += add->skipped;
}

/* After the journal said which of the failures a person has decided about. */
static void settle_count(struct engine *engine, const struct result *result)
{
    const struct job *job = result->job;
    const struct run_counts *counts = &result->counts;
    bool bulk = job->kind == JOB_PAGE || job->kind == JOB_SYNC;
    if (job->source != SOURCE_FIRESTORE) {
        sync_count(engine, result);
    } else {
        counts_sum(&engine->totals, counts);
        statistics_add(&engine->statistics, clock_monotonic_us(), counts->seen);
    }
    if (job->kind == JOB_PAGE && job->epoch == engine->backfill.epoch)
        counts_sum(&engine->backfill.counts, counts);
    if (engine->customers != NULL)
        customers_note(engine->customers, counts->created + counts->updated + counts->deleted,
                       bulk);
}

static const struct due_retry *settle_due(const struct job *job, const char *source_id)
{
    for (size_t i = 0; i < job->due_count; i++) {
        if (strcmp(job->due[i].source_id, source_id) == 0)
            return &job->due[i];
    }
    return NULL;
}

/* A retry read the document as it is now, so its word counts whatever the version; and each wait is
 * longer than the last. */
static void settle_retries(struct result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        struct settled_change *change = &result->changes[i];
        const struct due_retry *due = settle_due(result->job, change->source_id);
        if (due == NULL)
            continue;
        change->retried = true;
        change->retry_at_us = clock_wall_us() + policy_retry_delay_us(due->attempts);
    }
}

/* Failures that are on their way into the journal count: a success of the same transaction may
 * resolve them. */
static bool settle_has_failures(struct engine *engine, struct result **results, size_t count)
{
    bool failed = false;
    for (size_t i = 0; i < count; i++)
        failed |= results[i]->counts.failed + results[i]->counts.held > 0 ||
                  journal_has_failures(engine->journal, results[i]->job->source);
    return failed;
}

static void settle_prepare(struct engine *engine, struct result *result, bool has_failures,
                           struct settlement *ret_settlement)
{
    if (result->job->kind == JOB_PAGE)
        live_backfill_saw(engine, result); /* before the cursor moves */
    const struct range_checkpoint *range = settle_range(engine, result);
    if (result->job->resumed)
        result->counts.overlap = result->counts.unchanged;
    settle_retries(result);
    struct settled_change *kept = arena_alloc(&result->arena, (result->count + 1) * sizeof(*kept));
    *ret_settlement = (struct settlement){
        .changes = kept,
        .count = settle_select(result, has_failures, kept),
        .run_id = result->job->run_id,
        .add = result->counts,
        .decided = arena_zero(&result->arena, result->count * sizeof(bool)),
        .ranges = range,
        .range_count = range == NULL ? 0 : 1,
        .writer = result->fence_seq > 0 ? result->writer : -1,
        .fence_seq = result->fence_seq,
    };
}

static void settle_abandoned(struct engine *engine, const struct result *result)
{
    struct job *job = result->job;
    struct error err = {0};
    if (job->due_count > 0 &&
        !journal_give_back(engine->journal, job->due, job->due_count, clock_wall_us(), &err))
        engine_fail(engine, &err);
    fetch_finish(engine, result);
    application_abandoned(engine, result);
    if (job->kind == JOB_LIVE)
        live_abandoned(engine, result);
    /* Every writer finds it by itself: one whose job is from before the restart adds nothing. One
     * that finds it later does, for what it had committed may be what is missing. */
    if (result->fence_behind && job->restart == writers_restarts(engine->writers))
        backfill_restart(engine, "the target lost commits it had acknowledged");
}

static void settle_log_failures(const struct settlement *settlement)
{
    for (size_t i = 0; i < settlement->count; i++) {
        const struct settled_change *change = &settlement->changes[i];
        bool failed = change->outcome == OUTCOME_FAILED || change->outcome == OUTCOME_HELD;
        if (failed && change->error != NULL && !settlement->decided[i])
            log_error(change->stage, change->error, source_kind_name(change->source),
                      change->source_id);
    }
}

/* A retry without a result would stay in progress until the next start. */
static void settle_leftovers(struct engine *engine, const struct job *job)
{
    struct error err = {0};
    int64_t retry_at_us = clock_wall_us() + policy_retry_delay_us(0);
    if (job->due_count > 0 &&
        !journal_give_back(engine->journal, job->due, job->due_count, retry_at_us, &err))
        engine_fail(engine, &err);
}

static void settle_all(struct engine *engine, struct result **results, size_t count)
{
    struct settlement settlements[SETTLE_MAX];
    struct error err = {0};
    bool has_failures = settle_has_failures(engine, results, count);
    for (size_t i = 0; i < count; i++)
        settle_prepare(engine, results[i], has_failures, &settlements[i]);
    unsigned max_attempts = (unsigned)settings_integer(engine->settings, SET_MAX_ATTEMPTS);
    if (!journal_settle(engine->journal, settlements, count, max_attempts, &err)) {
        engine_fail(engine, &err);
        return;
    }
    engine->checkpoint_us = clock_wall_us();
    for (size_t i = 0; i < count; i++) {
        results[i]->counts = settlements[i].add;
        settle_count(engine, results[i]);
        settle_log_failures(&settlements[i]);
        settle_leftovers(engine, results[i]->job);
        fetch_finish(engine, results[i]);
        application_settle(engine, results[i]);
        results[i]->fence_seq = 0; /* acknowledged */
        if (results[i]->job->kind == JOB_LIVE)
            live_finish(engine, results[i]);
    }
}

/* Live changes that went well have nothing to say to the journal but their fence, which is stored
 * together with the next token: an fsync for each would be most of their lag. */
static bool settle_is_light(struct engine *engine, const struct result *result)
{
    enum source_kind source = result->job->source;
    if (result->job->kind != JOB_LIVE || result->counts.failed + result->counts.held > 0)
        return false;
    if (!journal_has_failures(engine->journal, source))
        return true;
    for (size_t i = 0; i < result->count; i++) {
        if (journal_is_unresolved(engine->journal, source, result->changes[i].source_id))
            return false;
    }
    return true;
}

/* Failures first: a light result is one that resolves none, also none that came with it. */
static void settle_some(struct engine *engine, struct result **results, size_t count)
{
    struct result *heavy[SETTLE_MAX];
    struct result *rest[SETTLE_MAX];
    size_t heavy_count = 0;
    size_t rest_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct result *result = results[i];
        bool certain =
            result->job->kind != JOB_LIVE || result->counts.failed + result->counts.held > 0;
        if (certain)
            heavy[heavy_count++] = results[i];
        else
            rest[rest_count++] = results[i];
    }
    if (heavy_count > 0)
        settle_all(engine, heavy, heavy_count);
    heavy_count = 0;
    for (size_t i = 0; i < rest_count; i++) {
        if (settle_is_light(engine, rest[i])) {
            settle_count(engine, rest[i]);
            live_finish(engine, rest[i]);
        } else {
            heavy[heavy_count++] = rest[i];
        }
    }
    if (heavy_count > 0)
        settle_all(engine, heavy, heavy_count);
}

/* A dry run moves on in memory alone: its plan is all that is written. */
static void settle_planned(struct engine *engine, struct result *result)
{
    if (result->job->kind == JOB_FETCH) {
        fetch_inspected(engine, result);
        return;
    }
    if (!planning_settle(engine, result))
        return;
    settle_range(engine, result);
    if (result->job->source != SOURCE_FIRESTORE) {
        sync_count(engine, result);
        return;
    }
    counts_sum(&engine->totals, &result->counts);
    if (result->job->kind == JOB_PAGE && result->job->epoch == engine->backfill.epoch)
        counts_sum(&engine->backfill.counts, &result->counts);
    statistics_add(&engine->statistics, clock_monotonic_us(), result->counts.seen);
}

void settle_results(struct engine *engine)
{
    struct result *results[SETTLE_MAX];
    size_t count;
    do {
        struct result *result;
        count = 0;
        while (count < SETTLE_MAX && (result = writers_result(engine->writers)) != NULL) {
            /* Committed before the loss: as a fence it would be behind for ever. */
            if (result->job->restart != writers_restarts(engine->writers))
                result->fence_seq = 0;
            if (result->abandoned) {
                settle_abandoned(engine, result);
                result_free(result);
            } else if (result->job->dry_run) {
                settle_planned(engine, result);
                result_free(result);
            } else {
                results[count++] = result;
            }
        }
        settle_some(engine, results, count);
        for (size_t i = 0; i < count; i++)
            result_free(results[i]);
    } while (count == SETTLE_MAX);
}
