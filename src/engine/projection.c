/* Raw documents -> changes; outcomes -> settled changes. */
#include "engine/projection.h"

#include <string.h>

#include "base/clock.h"
#include "engine/planned.h"
#include "engine/policy.h"
#include "model/transform.h"

#define ID_MAX 1500 /* Firestore's own limit */

static void change_fail(struct change *change, const struct error *err)
{
    change->outcome = OUTCOME_FAILED;
    change->error = *err;
}

static void project_document(const struct job *job, size_t i, struct arena *arena,
                             struct projection *projection)
{
    struct change *change = &projection->changes[projection->count];
    struct document document = {.source = job->source, .id = STR("")};
    struct error err = {0};
    const char *stage = "decode";
    bool decoded = job->ops->decode(job->page, i, arena, &document, &err);
    if (decoded) {
        document.observed_ns = job->page->read_time_ns;
        stage = "transform";
    }
    if (!decoded || !transform_document(&document, arena, change, &err)) {
        change->document = document;
        change_fail(change, &err);
        if (transform_passes_over(err.id)) /* no sale, and no failure either */
            change->outcome = OUTCOME_UNCHANGED;
    } else {
        change->outcome = OUTCOME_NONE;
        change->current = job->repair;
        change->create_only = job->create_only;
        stage = "apply";
    }
    change->stage = stage;
    projection->count++;
}

static struct document gone_document(const struct job *job, const struct gone *gone,
                                     struct arena *arena)
{
    return (struct document){
        .source = job->source,
        .id = arena_copy(arena, str_from(gone->id)),
        .version = gone->at_ns,
        .observed_ns = gone->at_ns,
        .create_ns = TIME_NONE,
        .update_ns = TIME_NONE,
        .deleted = true,
    };
}

/* A document that is gone: its tombstone carries the moment it was seen gone at. A delete that the
 * setting ignores is settled without a word to the target. */
static void project_gone(const struct job *job, const struct gone *gone, struct arena *arena,
                         struct projection *projection)
{
    struct change *change = &projection->changes[projection->count++];
    struct document document = gone_document(job, gone, arena);
    struct error err = {0};
    enum gone_policy policy = gone->decided ? GONE_TOMBSTONE : job->policy;
    if (!transform_document(&document, arena, change, &err)) {
        change->document = document;
        change_fail(change, &err);
    } else if (job->ops->lookback != NULL) {
        change->outcome = OUTCOME_ABSENT; /* a warning: a sale stays one */
    } else if (policy == GONE_IGNORE) {
        change->outcome = OUTCOME_UNCHANGED;
    } else if (!gone->decided && (job->hold != ERROR_NONE || policy == GONE_HOLD)) {
        change->hold = job->hold != ERROR_NONE ? job->hold : ERROR_DELETE_HELD;
    }
    /* DESIGN section 8: a retry that finds its document gone leaves a tombstone; a mistyped id of a
     * `pull` must not. */
    change->asked_for = job->command_id != 0;
    change->stage = "apply";
}

void projection_make(const struct job *job, struct arena *arena, struct projection *ret_projection)
{
    size_t max = (job->page == NULL ? 0 : job->page->count) + job->gone_count;
    *ret_projection = (struct projection){
        .changes = arena_zero(arena, max * sizeof(struct change)),
    };
    for (size_t i = 0; job->page != NULL && i < job->page->count; i++)
        project_document(job, i, arena, ret_projection);
    for (size_t i = 0; i < job->gone_count; i++)
        project_gone(job, &job->gone[i], arena, ret_projection);
    if (job->kind == JOB_APPLY)
        planned_expect(job, ret_projection);
}

static void counts_add(struct run_counts *counts, enum outcome outcome)
{
    counts->seen++;
    switch (outcome) {
    case OUTCOME_CREATED:
        counts->created++;
        break;
    case OUTCOME_UPDATED:
        counts->updated++;
        break;
    case OUTCOME_DELETED:
        counts->deleted++;
        break;
    case OUTCOME_UNATTACHED:
        counts->unattached++;
        counts->unchanged++;
        break;
    case OUTCOME_ABSENT:
        counts->absent++;
        counts->unchanged++;
        break;
    case OUTCOME_UNCHANGED:
    case OUTCOME_STALE:
    case OUTCOME_MOVED:
        counts->unchanged++;
        break;
    case OUTCOME_HELD:
        counts->held++;
        break;
    case OUTCOME_FAILED:
        counts->failed++;
        break;
    case OUTCOME_NONE:
    case OUTCOME_COUNT:
        break;
    }
}

static void settle_error(const struct change *change, struct arena *arena,
                         struct settled_change *settled)
{
    struct error *copy = arena_alloc(arena, sizeof(*copy));
    *copy = change->error;
    settled->error = copy;
    settled->permanent = !policy_is_retryable(error_class(copy));
    settled->retry_at_us = clock_wall_us() + policy_retry_delay_us(0);
}

/* What was written of live changes; unchanged ones are told again after a reconnect and say nothing
 * of how late the first telling was. */
static void settle_lags(const struct projection *projection, int64_t committed_us,
                        struct result *result)
{
    result->lags_us = arena_alloc(&result->arena, projection->count * sizeof(*result->lags_us));
    for (size_t i = 0; i < projection->count; i++) {
        const struct change *change = &projection->changes[i];
        enum outcome outcome = change->outcome;
        bool written =
            outcome == OUTCOME_CREATED || outcome == OUTCOME_UPDATED || outcome == OUTCOME_DELETED;
        if (written)
            result->lags_us[result->lag_count++] = committed_us - change->document.version / 1000;
    }
}

void projection_settle(const struct projection *projection, int64_t committed_us,
                       struct result *result)
{
    const struct job *job = result->job;
    if (job != NULL && job->kind == JOB_LIVE && !job->bulk)
        settle_lags(projection, committed_us, result);
    if (job != NULL && job->kind == JOB_APPLY)
        planned_reasons(job, projection, result);
    result->changes = arena_zero(&result->arena, projection->count * sizeof(*result->changes));
    for (size_t i = 0; i < projection->count; i++) {
        const struct change *change = &projection->changes[i];
        struct settled_change *settled = &result->changes[result->count++];
        struct str id = change->document.id;
        if (id.len > ID_MAX)
            id.len = ID_MAX;
        settled->source = change->document.source;
        settled->source_id = arena_copy(&result->arena, id).data;
        settled->version = change->document.version;
        settled->outcome = change->outcome;
        settled->attempted = true;
        settled->stage = change->stage;
        settled->label = "";
        memcpy(settled->digest, change->digest.bytes, sizeof(settled->digest));
        if (change->outcome == OUTCOME_FAILED || change->outcome == OUTCOME_HELD) {
            settled->label = arena_copy(&result->arena, planned_label(change, NULL)).data;
            settle_error(change, &result->arena, settled);
        }
        if (change->outcome == OUTCOME_UNCHANGED && change->error.id != ERROR_NONE)
            settle_error(change, &result->arena, settled); /* why, for who asked for it */
        counts_add(&result->counts, change->outcome);
        if (change->outcome == OUTCOME_CREATED || change->outcome == OUTCOME_UPDATED)
            result->counts.items += change->items_added;
    }
}
