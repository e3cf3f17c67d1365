/* Writer threads: one queue in, one queue out. */
#include "engine/writers.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/planned.h"
#include "engine/projection.h"

/* Lower goes first: an operator's retry before live changes, those before a backfill. */
static const unsigned job_ranks[JOB_KIND_COUNT] = {
    [JOB_FETCH] = 1, [JOB_APPLY] = 1, [JOB_LIVE] = 2, [JOB_PAGE] = 3, [JOB_SYNC] = 3,
};

/* Without work: how often a writer looks whether its target is still there. */
#define LOOK_US INT64_C(2000000)

struct writer {
    pthread_t thread;
    struct writers *writers;
    struct applier applier;
    struct applier planner; /* reads alone; connects when first needed */
    struct arena arena;     /* value trees and rows of one job */
    char command_id[24];
};

struct writers {
    struct applier_control control;
    struct queue *jobs;
    struct queue *results;
    size_t max_jobs;
    size_t max_bytes;
    atomic_size_t out; /* submitted and not yet taken back */
    atomic_size_t out_bytes;
    writers_wake_fn *wake;
    void *context;
    struct link link;
    unsigned count;
    bool joined;
    uint64_t restarts;
    struct writer writers[WRITERS_MAX];
};

static void writer_set_actor(struct writer *writer, const struct job *job)
{
    /* The plan's id tells an application's own work from others' after a crash. */
    if (job->command_id != 0)
        snprintf(writer->command_id, sizeof(writer->command_id), "%lld",
                 (long long)job->command_id);
    else
        writer->command_id[0] = '\0';
    writer->applier.actor = (struct target_actor){
        .journal_id = writer->applier.journal_id,
        .run_id = job->run_id,
        .plan_id = job->plan_id,
        .command_id = writer->command_id,
        .operator_name = job->operator_name,
        .origin = job->origin,
    };
}

/* ---- plans ---- */

static bool read_identity(struct target *target, void *context, struct error *err)
{
    struct result *result = context;
    return target_identity(target, result->target_identity, err);
}

static void writer_plan(struct writer *writer, struct projection *projection, struct result *result)
{
    struct applier *planner = &writer->planner;
    struct error fault;
    struct row_changes *rows = arena_alloc(&writer->arena, (projection->count + 1) * sizeof(*rows));
    result->abandoned =
        !applier_run(planner, read_identity, result, &fault) ||
        !applier_plan(planner, projection->changes, projection->count, &writer->arena, rows);
    if (result->abandoned)
        return;
    projection_settle(projection, clock_wall_us(), result);
    planned_settle(projection, rows, result);
}

/* Whether the job may go to this database; a plan goes to the one it was made against. */
static bool writer_may(struct writer *writer, const struct job *job, struct result *result)
{
    struct error fault;
    if (job->kind != JOB_APPLY)
        return true;
    if (!applier_run(&writer->applier, read_identity, result, &fault))
        return false;
    result->wrong_target = strcmp(result->target_identity, job->target_identity) != 0;
    return !result->wrong_target;
}

/* ---- jobs ---- */

static void writer_apply(struct writer *writer, struct projection *projection,
                         struct result *result)
{
    struct applier *applier = &writer->applier;
    int64_t seq = applier->fence_seq;
    writer_set_actor(writer, result->job);
    result->abandoned = !applier_connect(applier) || !writer_may(writer, result->job, result) ||
                        !applier_apply(applier, projection->changes, projection->count);
    int64_t committed_us = clock_wall_us();
    result->fence_behind = applier_take_fence_behind(applier);
    if (applier->fence_seq > seq && !result->fence_behind)
        result->fence_seq = applier->fence_seq;
    if (!result->abandoned)
        projection_settle(projection, committed_us, result);
}

static struct result *writer_run(struct writer *writer, struct job *job)
{
    struct result *result = memory_zero(1, sizeof(*result));
    struct projection projection;
    result->job = job;
    result->writer = writer->applier.writer;
    arena_reset(&writer->arena);
    int64_t started = clock_monotonic_us();
    projection_make(job, &writer->arena, &projection);
    link_fill(&writer->writers->link, projection.changes, projection.count);
    if (job->dry_run)
        writer_plan(writer, &projection, result);
    else
        writer_apply(writer, &projection, result);
    result->busy_us = clock_monotonic_us() - started;
    return result;
}

static void *writer_main(void *context)
{
    struct writer *writer = context;
    struct writers *writers = writer->writers;
    enum queue_result got;
    void *item;
    while ((got = queue_pop(writers->jobs, &item, LOOK_US)) != QUEUE_CLOSED) {
        if (got == QUEUE_TIMEOUT) {
            applier_look(&writer->applier);
            continue;
        }
        struct result *result = writer_run(writer, item);
        enum queue_result pushed = queue_push(writers->results, result, 0, -1);
        assert(pushed == QUEUE_OK);
        (void)pushed;
        writers->wake(writers->context);
    }
    return NULL;
}

/* It has no fence to raise: it writes nothing. */
static void writer_init_planner(struct writer *writer, struct applier_setup setup)
{
    char name[32];
    snprintf(name, sizeof(name), "ordersync plan %d", setup.writer);
    setup.name = name;
    setup.journal_id = "";
    setup.acknowledged = 0;
    setup.read_only = true;
    applier_init(&writer->planner, &writer->writers->control, &setup);
}

struct writers *writers_start(const struct writers_options *options)
{
    struct writers *writers = memory_zero(1, sizeof(*writers));
    assert(options->count >= 1 && options->count <= WRITERS_MAX);
    applier_control_init(&writers->control);
    writers->control.impatient = options->impatient;
    writers->control.give_up_us = options->give_up_us;
    writers->max_jobs = 4 * (size_t)options->count;
    writers->max_bytes = (size_t)settings_integer(options->settings, SET_QUEUE_BYTES);
    /* Bounded by those who submit: backfill by writers_have_room(), live by its own share. */
    writers->jobs = queue_new(SIZE_MAX, SIZE_MAX);
    writers->results = queue_new(SIZE_MAX, SIZE_MAX);
    writers->wake = options->wake;
    writers->context = options->context;
    writers->count = options->count;
    writers->link = options->link;
    for (unsigned i = 0; i < options->count; i++) {
        struct writer *writer = &writers->writers[i];
        writer->writers = writers;
        struct applier_setup setup = {
            .settings = options->settings,
            .journal_id = options->journal_id,
            .writer = (int)i,
            .acknowledged = options->acknowledged[i],
        };
        memcpy(setup.identities, options->identities, sizeof(setup.identities));
        applier_init(&writer->applier, &writers->control, &setup);
        writer_init_planner(writer, setup);
        if (pthread_create(&writer->thread, NULL, writer_main, writer) != 0)
            abort();
    }
    return writers;
}

bool writers_have_room(struct writers *writers)
{
    return atomic_load(&writers->out) < writers->max_jobs &&
           atomic_load(&writers->out_bytes) < writers->max_bytes;
}

void writers_submit(struct writers *writers, struct job *take_job)
{
    size_t bytes = job_bytes(take_job);
    take_job->restart = writers->restarts;
    atomic_fetch_add(&writers->out, 1);
    atomic_fetch_add(&writers->out_bytes, bytes);
    enum queue_result pushed =
        queue_push_rank(writers->jobs, take_job, bytes, job_ranks[take_job->kind]);
    assert(pushed == QUEUE_OK);
    (void)pushed;
}

unsigned writers_count(const struct writers *writers)
{
    return writers->count;
}

uint64_t writers_restarts(const struct writers *writers)
{
    return writers->restarts;
}

void writers_restarted(struct writers *writers)
{
    writers->restarts++;
}

struct result *writers_result(struct writers *writers)
{
    void *item;
    if (queue_pop(writers->results, &item, 0) != QUEUE_OK)
        return NULL;
    struct result *result = item;
    atomic_fetch_sub(&writers->out, 1);
    atomic_fetch_sub(&writers->out_bytes, job_bytes(result->job));
    return result;
}

void writers_load(struct writers *writers, size_t *ret_jobs, size_t *ret_bytes)
{
    *ret_jobs = atomic_load(&writers->out);
    *ret_bytes = atomic_load(&writers->out_bytes);
}

bool writers_waiting(struct writers *writers, struct error *ret_error, bool *ret_stopped)
{
    for (unsigned i = 0; i < writers->count; i++) {
        if (applier_waiting(&writers->writers[i].applier, ret_error, ret_stopped) ||
            applier_waiting(&writers->writers[i].planner, ret_error, ret_stopped))
            return true;
    }
    return false;
}

void writers_cancel(struct writers *writers)
{
    applier_control_cancel(&writers->control);
    for (unsigned i = 0; i < writers->count; i++) {
        applier_interrupt(&writers->writers[i].applier);
        applier_interrupt(&writers->writers[i].planner);
    }
}

void writers_join(struct writers *writers)
{
    if (writers->joined)
        return;
    queue_close(writers->jobs);
    for (unsigned i = 0; i < writers->count; i++)
        pthread_join(writers->writers[i].thread, NULL);
    writers->joined = true;
}

void writers_free(struct writers *writers)
{
    struct result *result;
    writers_join(writers);
    while ((result = writers_result(writers)) != NULL)
        result_free(result);
    for (unsigned i = 0; i < writers->count; i++) {
        applier_free(&writers->writers[i].applier);
        applier_free(&writers->writers[i].planner);
        arena_free(&writers->writers[i].arena);
    }
    queue_free(writers->jobs);
    queue_free(writers->results);
    applier_control_free(&writers->control);
    free(writers);
}
