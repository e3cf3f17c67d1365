/* Retry, reconnect, split: what stands between a batch and one target connection. */
#include "engine/applier.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/policy.h"

void applier_control_init(struct applier_control *control)
{
    pthread_condattr_t attributes;
    *control = (struct applier_control){0};
    pthread_mutex_init(&control->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&control->wakeup, &attributes);
    pthread_condattr_destroy(&attributes);
}

void applier_control_free(struct applier_control *control)
{
    pthread_cond_destroy(&control->wakeup);
    pthread_mutex_destroy(&control->mutex);
}

void applier_control_cancel(struct applier_control *control)
{
    pthread_mutex_lock(&control->mutex);
    control->cancelled = true;
    pthread_cond_broadcast(&control->wakeup);
    pthread_mutex_unlock(&control->mutex);
}

static bool control_cancelled(struct applier_control *control)
{
    pthread_mutex_lock(&control->mutex);
    bool cancelled = control->cancelled;
    pthread_mutex_unlock(&control->mutex);
    return cancelled;
}

/* Waits, at most so long; false when cancelled. */
static bool control_wait(struct applier_control *control, int64_t duration_us)
{
    int64_t until = clock_monotonic_us() + duration_us;
    struct timespec deadline = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    int result = 0;
    pthread_mutex_lock(&control->mutex);
    while (!control->cancelled && result != ETIMEDOUT)
        result = pthread_cond_timedwait(&control->wakeup, &control->mutex, &deadline);
    bool cancelled = control->cancelled;
    pthread_mutex_unlock(&control->mutex);
    return !cancelled;
}

void applier_init(struct applier *applier, struct applier_control *control,
                  const struct applier_setup *setup)
{
    *applier = (struct applier){
        .control = control,
        .writer = setup->writer,
        .fence_seq = setup->acknowledged,
        .database_url = memory_string(settings_text(setup->settings, SET_DATABASE_URL)),
    };
    for (int i = 0; i < SOURCE_COUNT; i++)
        applier->identities[i] =
            memory_string(setup->identities[i] == NULL ? "" : setup->identities[i]);
    if (setup->name != NULL)
        snprintf(applier->name, sizeof(applier->name), "%s", setup->name);
    else
        snprintf(applier->name, sizeof(applier->name), "ordersync writer %d", setup->writer);
    snprintf(applier->journal_id, sizeof(applier->journal_id), "%s", setup->journal_id);
    applier->options = (struct target_options){
        .database_url = applier->database_url,
        .application_name = applier->name,
        .connect_timeout_s = 10,
        .statement_timeout_s = (int)settings_integer(setup->settings, SET_STATEMENT_TIMEOUT),
        .read_only = setup->read_only,
    };
    pthread_mutex_init(&applier->mutex, NULL);
}

void applier_free(struct applier *applier)
{
    target_close(applier->target);
    free(applier->database_url);
    for (int i = 0; i < SOURCE_COUNT; i++)
        free(applier->identities[i]);
    arena_free(&applier->scratch);
    pthread_mutex_destroy(&applier->mutex);
}

static void applier_set_waiting(struct applier *applier, const struct error *err, bool stopped)
{
    pthread_mutex_lock(&applier->mutex);
    bool changed = err != NULL && applier->waiting.id != err->id;
    applier->waiting = err == NULL ? (struct error){0} : *err;
    applier->stopped = stopped;
    pthread_mutex_unlock(&applier->mutex);
    if (changed)
        log_error("target", err, NULL, NULL);
}

bool applier_waiting(struct applier *applier, struct error *ret_error, bool *ret_stopped)
{
    pthread_mutex_lock(&applier->mutex);
    bool waiting = applier->waiting.id != ERROR_NONE;
    if (waiting) {
        *ret_error = applier->waiting;
        *ret_stopped = applier->stopped;
    }
    pthread_mutex_unlock(&applier->mutex);
    return waiting;
}

/* After a failed try that is nobody's fault: true when it is to be tried again. */
static bool applier_pause(struct applier *applier, const struct error *err, struct backoff *backoff,
                          int64_t since_us)
{
    struct applier_control *control = applier->control;
    bool needs_person = policy_action(error_class(err)) == POLICY_STOP;
    int64_t waited = clock_monotonic_us() - since_us;
    /* Another collection's orders must never meet these: no waiting makes that right. */
    bool wrong_place = err->id == ERROR_TARGET_ORIGIN;
    bool out_of_patience = control->give_up_us > 0 && waited > control->give_up_us;
    if (wrong_place || (control->impatient && (needs_person || out_of_patience))) {
        applier_set_waiting(applier, err, true);
        return false;
    }
    applier_set_waiting(applier, err, false);
    if (needs_person)
        backoff_to_cap(backoff);
    int64_t delay = backoff_next(backoff);
    if (err->retry_after_us > delay)
        delay = err->retry_after_us;
    return control_wait(control, delay);
}

/* The target must hold every commit it acknowledged to us; one that does not was restored or failed
 * over. */
static bool applier_check_fence(struct applier *applier, struct error *err)
{
    int64_t seq = 0;
    if (applier->journal_id[0] == '\0')
        return true;
    if (!target_read_fence(applier->target, applier->journal_id, applier->writer, &seq, err))
        return false;
    applier->fence_behind = seq < applier->fence_seq;
    applier->fence_seq = seq;
    return true;
}

static void applier_replace_target(struct applier *applier, struct target *target)
{
    pthread_mutex_lock(&applier->mutex);
    struct target *old = applier->target;
    applier->target = target;
    pthread_mutex_unlock(&applier->mutex);
    target_close(old);
}

void applier_interrupt(struct applier *applier)
{
    pthread_mutex_lock(&applier->mutex);
    if (applier->target != NULL)
        target_interrupt(applier->target);
    pthread_mutex_unlock(&applier->mutex);
}

static bool applier_check(struct applier *applier, struct error *err)
{
    if (!target_check_schema(applier->target, err))
        return false;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (applier->identities[i][0] != '\0' &&
            !target_check_origin(applier->target, (enum source_kind)i, applier->identities[i], err))
            return false;
    }
    return applier_check_fence(applier, err);
}

/* A lost connection is replaced by a new one, so that target_interrupt() never meets one half-open.
 */
static bool applier_open(struct applier *applier, struct error *err)
{
    struct target *target = NULL;
    if (applier->target != NULL && !target_is_broken(applier->target))
        return true;
    if (!target_open(&applier->options, &target, err))
        return false;
    applier_replace_target(applier, target);
    if (applier_check(applier, err))
        return true;
    applier_replace_target(applier, NULL);
    return false;
}

bool applier_connect(struct applier *applier)
{
    struct backoff backoff = {.policy = &backoff_target};
    struct error err = {0};
    int64_t since = clock_monotonic_us();
    while (!applier_open(applier, &err)) {
        if (!applier_pause(applier, &err, &backoff, since))
            return false;
    }
    applier_set_waiting(applier, NULL, false);
    return !applier->fence_behind;
}

void applier_look(struct applier *applier)
{
    struct error err = {0};
    bool waiting = applier->waiting.id != ERROR_NONE; /* written by this thread alone */
    if (!waiting && (applier->target == NULL || target_look(applier->target)))
        return;
    bool open = applier_open(applier, &err);
    applier_set_waiting(applier, open ? NULL : &err, false);
}

bool applier_take_fence_behind(struct applier *applier)
{
    bool behind = applier->fence_behind;
    applier->fence_behind = false;
    return behind;
}

static void changes_clear(struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        changes[i].outcome = OUTCOME_NONE;
}

bool applier_run(struct applier *applier, applier_fn *run, void *context, struct error *ret_fault)
{
    struct backoff backoff = {.policy = &backoff_target};
    int64_t since = clock_monotonic_us();
    *ret_fault = (struct error){0};
    for (;;) {
        struct error err = {0};
        if (control_cancelled(applier->control) || !applier_connect(applier))
            return false;
        if (run(applier->target, context, &err)) {
            applier_set_waiting(applier, NULL, false);
            return true;
        }
        if (policy_action(error_class(&err)) == POLICY_SPLIT) {
            *ret_fault = err;
            return false;
        }
        if (!applier_pause(applier, &err, &backoff, since))
            return false;
    }
}

/* ---- batches ---- */

struct stretch {
    struct applier *applier;
    struct change *changes;
    size_t count;
};

static bool applier_try_plan(struct target *target, const struct stretch *stretch,
                             struct error *err)
{
    struct applier *applier = stretch->applier;
    struct batch batch = {.changes = stretch->changes,
                          .count = stretch->count,
                          .arena = applier->planned_arena,
                          .writer = applier->writer};
    struct row_changes *rows = applier->planned + (stretch->changes - applier->planned_first);
    return target_plan(target, &batch, rows, err);
}

/* One try of one stretch. */
static bool applier_try(struct target *target, void *context, struct error *err)
{
    struct stretch *stretch = context;
    struct applier *applier = stretch->applier;
    arena_reset(&applier->scratch);
    struct batch batch = {
        .changes = stretch->changes,
        .count = stretch->count,
        .arena = &applier->scratch,
        .writer = applier->writer,
        .recheck = applier->recheck,
        .fence_seq = applier->journal_id[0] == '\0' ? 0 : applier->fence_seq + 1,
    };
    target_set_actor(target, &applier->actor);
    bool planning = applier->planned != NULL;
    if (planning ? applier_try_plan(target, stretch, err) : target_apply(target, &batch, err)) {
        applier->fence_seq = planning ? 0 : batch.fence_seq;
        return true;
    }
    changes_clear(stretch->changes, stretch->count);
    return false;
}

static bool applier_split(struct applier *applier, struct change *changes, size_t count)
{
    struct stretch stretch = {applier, changes, count};
    struct error fault;
    if (applier_run(applier, applier_try, &stretch, &fault))
        return true;
    if (fault.id == ERROR_NONE)
        return false;
    if (count == 1) {
        changes[0].outcome = OUTCOME_FAILED;
        changes[0].error = fault;
        return true;
    }
    size_t half = count / 2;
    return applier_split(applier, changes, half) &&
           applier_split(applier, changes + half, count - half);
}

/* Changes that failed before they came here (decode, transform) are moved behind the others. */
static size_t changes_pending_first(struct change *changes, size_t count)
{
    size_t pending = 0;
    for (size_t i = 0; i < count; i++) {
        if (changes[i].outcome != OUTCOME_NONE)
            continue;
        if (i != pending) {
            struct change moved = changes[i];
            changes[i] = changes[pending];
            changes[pending] = moved;
        }
        pending++;
    }
    return pending;
}

bool applier_apply(struct applier *applier, struct change *changes, size_t count)
{
    size_t pending = changes_pending_first(changes, count);
    return pending == 0 || applier_split(applier, changes, pending);
}

bool applier_plan(struct applier *applier, struct change *changes, size_t count,
                  struct arena *arena, struct row_changes *ret_rows)
{
    applier->planned = ret_rows;
    applier->planned_first = changes;
    applier->planned_arena = arena;
    memset(ret_rows, 0, count * sizeof(*ret_rows));
    bool planned = applier_apply(applier, changes, count);
    applier->planned = NULL;
    return planned;
}
