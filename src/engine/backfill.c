/* A backfill reads every document of a source in name ranges, each with its own cursor in the
 * journal. One page a range is out at a time, so that after a crash at most one page a range is
 * read again. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/policy.h"
#include "engine/state.h"

/* What a callback of the source needs to find its way back. All that are out are in a list: a
 * source that is closed calls nobody back. */
struct page_request {
    struct page_request *next;
    struct engine *engine;
    uint64_t epoch;
    int range;
};

static struct page_request *page_request_new(struct engine *engine, int range)
{
    struct page_request *request = memory_alloc(sizeof(*request));
    *request =
        (struct page_request){engine->backfill.requests, engine, engine->backfill.epoch, range};
    engine->backfill.requests = request;
    return request;
}

static void page_request_free(struct page_request *request)
{
    struct page_request **link = &request->engine->backfill.requests;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    free(request);
}

bool backfill_active(const struct engine *engine)
{
    return engine->backfill.phase != BACKFILL_OFF;
}

static void backfill_ranges_free(struct backfill *backfill)
{
    for (size_t i = 0; i < backfill->range_count; i++) {
        struct backfill_range *range = &backfill->ranges[i];
        free(range->checkpoint.after);
        free(range->checkpoint.before);
        free(range->checkpoint.cursor);
        free(range->read_to);
        prefix_free(&range->prefix);
        *range = (struct backfill_range){0};
    }
    backfill->range_count = 0;
}

void backfill_free(struct backfill *backfill)
{
    backfill_ranges_free(backfill);
    while (backfill->requests != NULL)
        page_request_free(backfill->requests);
}

/* A source that failed for good ends a one-off run; a service tries again later and says so. */
static void backfill_source_failed(struct engine *engine, const struct error *err)
{
    log_error("backfill", err, engine->ops->name, NULL);
    engine->source_error = *err;
    if (engine->options.once)
        engine_fail(engine, err);
    else
        engine->backfill.retry_at_us = clock_monotonic_us() + ENGINE_RETRY_SOURCE_US;
}

/* ---- begin: continue the unfinished run, or cut the collection into ranges ---- */

static void backfill_counted(void *context, int64_t count, const struct error *err)
{
    struct page_request *request = context;
    struct engine *engine = request->engine;
    if (err == NULL && request->epoch == engine->backfill.epoch)
        engine->backfill.total = (uint64_t)count;
    else if (err != NULL)
        log_error("backfill", err, engine->ops->name,
                  NULL); /* no ETA then: not worth stopping for */
    page_request_free(request);
}

static void backfill_add_range(struct backfill *backfill, const char *after, const char *before)
{
    struct backfill_range *range = &backfill->ranges[backfill->range_count];
    *range = (struct backfill_range){0};
    range->checkpoint.range = (int)backfill->range_count++;
    range->checkpoint.after = memory_string(after);
    range->checkpoint.before = memory_string(before);
}

static void backfill_save_ranges(struct engine *engine)
{
    struct backfill *backfill = &engine->backfill;
    if (backfill->dry_run) {
        backfill->phase = BACKFILL_READING;
        return;
    }
    struct range_checkpoint list[BACKFILL_RANGES_MAX];
    struct error err = {0};
    for (size_t i = 0; i < backfill->range_count; i++)
        list[i] = backfill->ranges[i].checkpoint;
    if (!journal_ranges_save(engine->journal, backfill->run_id, list, backfill->range_count,
                             &err)) {
        engine_fail(engine, &err);
        return;
    }
    backfill->phase = BACKFILL_READING;
}

static void points_free(char **points, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(points[i]);
    free(points);
}

static void backfill_split(void *context, char **take_points, size_t count, const struct error *err)
{
    struct page_request *request = context;
    struct engine *engine = request->engine;
    struct backfill *backfill = &engine->backfill;
    bool current = request->epoch == backfill->epoch && backfill->phase == BACKFILL_SPLITTING;
    page_request_free(request);
    if (current && err != NULL) {
        backfill->split_asked = false; /* backfill_step() asks again when its time has come */
        backfill_source_failed(engine, err);
    } else if (current) {
        const char *after = NULL;
        for (size_t i = 0; i < count && i < BACKFILL_RANGES_MAX - 1; i++) {
            backfill_add_range(backfill, after, take_points[i]);
            after = take_points[i];
        }
        backfill_add_range(backfill, after, NULL);
        backfill_save_ranges(engine);
    }
    points_free(take_points, count);
}

static void backfill_adopt_ranges(struct backfill *backfill, struct range_checkpoint *list,
                                  size_t count)
{
    for (size_t i = 0; i < count && i < BACKFILL_RANGES_MAX; i++) {
        struct backfill_range *range = &backfill->ranges[backfill->range_count++];
        *range = (struct backfill_range){.checkpoint = list[i]};
        list[i] = (struct range_checkpoint){0};
        range->read_to = memory_string(range->checkpoint.cursor);
        range->read_all = range->checkpoint.done;
        range->resumed = true;
    }
    backfill->phase = BACKFILL_READING;
}

static bool backfill_resume(struct engine *engine, bool *ret_resumed, struct error *err)
{
    struct backfill *backfill = &engine->backfill;
    struct range_checkpoint *list = NULL;
    size_t count = 0;
    bool found = false;
    *ret_resumed = false;
    if (!journal_run_find(engine->journal, "backfill", SOURCE_FIRESTORE, &found, backfill->run_id,
                          err))
        return false;
    if (!found)
        return true;
    if (engine->options.fresh)
        return journal_run_finish(engine->journal, backfill->run_id, "abandoned", NULL, err);
    if (!journal_ranges_load(engine->journal, backfill->run_id, &list, &count, err))
        return false;
    if (!journal_run_counts(engine->journal, backfill->run_id, &backfill->counts, err)) {
        range_checkpoint_free(list, count);
        return false;
    }
    engine->totals =
        backfill->counts; /* what is reported is the run, not the part since the kill */
    *ret_resumed = true;  /* the same run; without ranges it ended before it was cut */
    if (count > 0)
        backfill_adopt_ranges(backfill, list, count);
    range_checkpoint_free(list, count);
    return true;
}

static void backfill_ask_split(struct engine *engine)
{
    struct backfill *backfill = &engine->backfill;
    if (backfill->phase != BACKFILL_SPLITTING || backfill->split_asked ||
        engine_paused(engine, SOURCE_FIRESTORE) || clock_monotonic_us() < backfill->retry_at_us)
        return;
    backfill->split_asked = true;
    engine->ops->split(engine->source, (size_t)settings_integer(engine->settings, SET_RANGES),
                       backfill_split, page_request_new(engine, -1));
}

/* A dry run has a plan where the other has a run, and begins anew always. */
static bool backfill_plan(struct engine *engine)
{
    struct backfill *backfill = &engine->backfill;
    if (!planning_begin(engine, "backfill", 1u << SOURCE_FIRESTORE, backfill->run_id))
        return false;
    planning_source(engine, backfill->run_id, SOURCE_FIRESTORE,
                    engine->ops->identity(engine->source));
    return true;
}

static bool backfill_run(struct engine *engine, bool *ret_resumed)
{
    struct error err = {0};
    *ret_resumed = false;
    if (backfill_resume(engine, ret_resumed, &err) &&
        (*ret_resumed || journal_run_start(engine->journal, "backfill", SOURCE_FIRESTORE,
                                           engine->operator_name, engine->backfill.run_id, &err))) {
        engine->options.fresh = false;
        live_backfill_began(engine, *ret_resumed);
        return true;
    }
    engine_fail(engine, &err);
    return false;
}

void backfill_begin(struct engine *engine, bool dry_run)
{
    struct backfill *backfill = &engine->backfill;
    bool resumed = false;
    backfill_ranges_free(backfill);
    backfill->epoch++;
    backfill->dry_run = dry_run;
    backfill->phase = BACKFILL_SPLITTING;
    backfill->started_us = clock_wall_us();
    backfill->counts = (struct run_counts){0};
    backfill->total = 0;
    if (!(dry_run ? backfill_plan(engine) : backfill_run(engine, &resumed)))
        return;
    log_info("backfill", "%s %s %s", resumed ? "continuing" : "starting", dry_run ? "plan" : "run",
             backfill->run_id);
    engine->ops->count(engine->source, backfill_counted, page_request_new(engine, -1));
    backfill->split_asked = false;
    backfill->retry_at_us = 0;
    backfill_ask_split(engine);
}

/* ---- reading ---- */

static struct job *backfill_job(struct engine *engine, int index, struct page *take_page)
{
    struct backfill_range *range = &engine->backfill.ranges[index];
    struct job *job = memory_zero(1, sizeof(*job));
    job->kind = JOB_PAGE;
    job->source = SOURCE_FIRESTORE;
    job->ops = engine->ops;
    job->page = take_page;
    job->range = index;
    job->epoch = engine->backfill.epoch;
    job->resumed = range->resumed;
    range->resumed = false;
    job->ticket = prefix_open(&range->prefix, take_page->last_id, take_page->count);
    job->dry_run = engine->backfill.dry_run;
    memcpy(job->dry_run ? job->plan_id : job->run_id, engine->backfill.run_id, sizeof(job->run_id));
    memcpy(job->operator_name, engine->operator_name, sizeof(job->operator_name));
    memcpy(job->origin, engine->origin, sizeof(job->origin));
    return job;
}

static void backfill_take_page(struct engine *engine, int index, struct page *take_page)
{
    struct backfill_range *range = &engine->backfill.ranges[index];
    range->read_all = take_page->last;
    engine->last_event_us = clock_wall_us();
    engine->source_error = (struct error){0};
    if (take_page->count == 0) {
        page_free(take_page);
        return;
    }
    free(range->read_to);
    range->read_to = memory_string(take_page->last_id);
    bucket_spend(&engine->pace, (double)take_page->count);
    writers_submit(engine->writers, backfill_job(engine, index, take_page));
}

static void backfill_paged(void *context, struct page *take_page, const struct error *err)
{
    struct page_request *request = context;
    struct engine *engine = request->engine;
    int index = request->range;
    bool current = request->epoch == engine->backfill.epoch && backfill_active(engine);
    page_request_free(request);
    if (!current) {
        page_free(take_page);
        return;
    }
    engine->backfill.ranges[index].reading = false;
    if (err != NULL)
        backfill_source_failed(engine, err);
    else
        backfill_take_page(engine, index, take_page);
}

static void backfill_ask(struct engine *engine, int index)
{
    struct backfill_range *range = &engine->backfill.ranges[index];
    struct range wanted = {
        .after = str_from(range->read_to != NULL ? range->read_to : range->checkpoint.after),
        .after_inclusive = range->read_to == NULL,
        .before = str_from(range->checkpoint.before),
    };
    range->reading = true;
    engine->ops->page(engine->source, &wanted,
                      (size_t)settings_integer(engine->settings, SET_PAGE_SIZE), backfill_paged,
                      page_request_new(engine, index));
}

static size_t backfill_reading(const struct backfill *backfill)
{
    size_t reading = 0;
    for (size_t i = 0; i < backfill->range_count; i++)
        reading += backfill->ranges[i].reading;
    return reading;
}

static bool backfill_range_ended(const struct backfill_range *range)
{
    return range->read_all && prefix_is_empty(&range->prefix);
}

static void backfill_finish(struct engine *engine)
{
    struct backfill *backfill = &engine->backfill;
    struct error err = {0};
    if (backfill->dry_run) {
        planning_end(engine, backfill->run_id, NULL);
        backfill->phase = BACKFILL_OFF;
        return;
    }
    if (!journal_run_finish(engine->journal, backfill->run_id, "done", NULL, &err)) {
        engine_fail(engine, &err);
        return;
    }
    log_info("backfill", "run %s done: %llu seen, %llu created, %llu updated, %llu failed",
             backfill->run_id, (unsigned long long)backfill->counts.seen,
             (unsigned long long)backfill->counts.created,
             (unsigned long long)backfill->counts.updated,
             (unsigned long long)backfill->counts.failed);
    if (!engine->options.live)
        engine->consistent_us = clock_wall_us();
    backfill->phase = BACKFILL_OFF;
    live_backfill_ended(engine);
}

void backfill_step(struct engine *engine)
{
    struct backfill *backfill = &engine->backfill;
    bool all_ended = true;
    if (engine->draining)
        return;
    backfill_ask_split(engine);
    if (backfill->phase != BACKFILL_READING)
        return;
    int64_t now = clock_monotonic_us();
    bool may_ask = !engine_paused(engine, SOURCE_FIRESTORE) && now >= backfill->retry_at_us &&
                   bucket_wait(&engine->pace, now) == 0;
    for (size_t i = 0; i < backfill->range_count; i++) {
        struct backfill_range *range = &backfill->ranges[i];
        if (backfill_range_ended(range))
            continue;
        all_ended = false;
        bool idle = !range->reading && !range->read_all && prefix_is_empty(&range->prefix);
        if (idle && may_ask && backfill_reading(backfill) < backfill->range_count &&
            writers_have_room(engine->writers))
            backfill_ask(engine, (int)i);
    }
    if (all_ended && (backfill->dry_run || live_backfill_swept(engine)))
        backfill_finish(engine);
}

void backfill_end(struct engine *engine)
{
    if (backfill_active(engine) && engine->backfill.dry_run)
        planning_end(engine, engine->backfill.run_id, "ended before it was ready");
}

void backfill_restart(struct engine *engine, const char *why)
{
    struct error err = {0};
    log_warning("backfill", "%s: checkpoints void, starting over", why);
    if (!journal_void_checkpoints(engine->journal, why, &err)) {
        engine_fail(engine, &err);
        return;
    }
    writers_restarted(engine->writers);
    bool was_active = backfill_active(engine);
    if (was_active && engine->backfill.dry_run)
        planning_end(engine, engine->backfill.run_id, why);
    sync_restart(engine);
    backfill_ranges_free(&engine->backfill);
    engine->backfill.phase = BACKFILL_OFF;
    engine->backfill.epoch++;
    if (engine->options.live) {
        live_lost_commits(engine);
        live_skip_ahead(engine, why);
    } else if (was_active || (engine->source != NULL && !engine->options.sync)) {
        engine->options.fresh = true;
        backfill_begin(engine, false);
    }
}
