/* Following a source: what its events mean. The protocol stays behind source/listen.h; here are the
 * order of things (whose target is it, since when to listen, what a backfill must fill) and the
 * doubts: a reset, a wrong count, a position that is too old. */
#include "engine/live.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"

static void live_event(void *context, const struct listen_event *event);

/* ---- void, and from where again ---- */

void live_void(struct engine *engine)
{
    struct live *live = &engine->live;
    live->epoch++;
    live_gather_clear(live);
    live_confirm_clear(live);
    prefix_free(&live->prefix);
    free(live->told);
    live->told = NULL;
    doubt_clear(&live->doubt);
    seen_close(live->listed, true);
    live->listed = NULL;
    live->listing = false;
    sweep_cancel(engine);
}

static void live_open(struct engine *engine, const struct listen_start *start)
{
    struct live *live = &engine->live;
    const struct listen_ops *listen = engine->ops->listen;
    live->phase = LIVE_OPENING;
    live->doubt.untold = true;
    if (live->started) {
        listen->restart(engine->source, start);
        return;
    }
    live->started = true;
    listen->start(engine->source, start, live_event, engine);
}

/* As the journal has it: after a start, and when the source gave up. */
static void live_resume(struct engine *engine)
{
    struct live *live = &engine->live;
    struct listen_start start;
    struct arena arena = {0};
    live_point_save(engine);
    live_point_load(engine, &start, &arena);
    if (live->known)
        live_open(engine, &start);
    else
        live->phase = LIVE_ASKING;
    arena_free(&arena);
}

static void live_relist(struct engine *engine)
{
    struct live *live = &engine->live;
    struct listen_start nothing = {STR(""), TIME_NONE};
    live->doubt.relist_at_us = clock_monotonic_us() + LIVE_RELIST_US;
    live_void(engine);
    live_point_forget(engine);
    live_open(engine, &nothing);
}

void live_skip_ahead(struct engine *engine, const char *why)
{
    struct live *live = &engine->live;
    log_warning("live", "%s: listening from now on, and reading everything again", why);
    live_void(engine);
    live->complete = false;
    live->run_id[0] = '\0';
    live->known = false;
    free(live->settled);
    live->settled = NULL;
    live->unsaved = false; /* the old position stays in the journal until the new one is known */
    live->phase = LIVE_ASKING;
    if (live->skipped) /* it does not help: not in a circle */
        live->retry_at_us = clock_monotonic_us() + ENGINE_RETRY_SOURCE_US;
    live->skipped = true;
}

/* The pace of backfills is for positions that are too old again and again; every writer tells a
 * loss once. Fences from before it are void with the journal's. */
void live_lost_commits(struct engine *engine)
{
    struct live *live = &engine->live;
    live->rebackfill_at_us = 0;
    live->skipped = false;
    memset(live->fences, 0, sizeof(live->fences));
}

/* ---- the source's time ---- */

/* A page of one document is the cheapest read that says when it was read. */
static void live_time_told(void *context, struct page *take_page, const struct error *err)
{
    struct engine *engine = context;
    struct live *live = &engine->live;
    live->asking = false;
    if (err != NULL) {
        log_error("live", err, engine->ops->name, NULL);
        live->error = *err;
        live->retry_at_us = clock_monotonic_us() + ENGINE_RETRY_SOURCE_US;
        return;
    }
    int64_t read_time_ns = take_page->read_time_ns;
    page_free(take_page);
    if (live->phase != LIVE_ASKING)
        return;
    if (read_time_ns == TIME_NONE)
        read_time_ns = clock_wall_us() * 1000;
    struct listen_start start = {STR(""), read_time_ns};
    live_point_set(engine, read_time_ns);
    live_open(engine, &start);
}

static void live_ask_time(struct engine *engine)
{
    struct live *live = &engine->live;
    struct range all = {.after_inclusive = true};
    if (live->asking || clock_monotonic_us() < live->retry_at_us)
        return;
    live->asking = true;
    engine->ops->page(engine->source, &all, 1, live_time_told, engine);
}

/* ---- events ---- */

static void event_list(struct engine *engine)
{
    struct live *live = &engine->live;
    struct error err = {0};
    live_void(engine);
    live->listing = true;
    live_point_forget(engine);
    if (!seen_open(settings_text(engine->settings, SET_STATE_DIR), "listen", NULL, &live->listed,
                   &err))
        engine_fail(engine, &err);
}

static void event_opened(struct engine *engine, const struct listen_event *event)
{
    struct live *live = &engine->live;
    if (live->phase != LIVE_ASKING)
        live->phase = LIVE_FOLLOWING;
    live->error = (struct error){0};
    engine->source_error = (struct error){0};
    if (event->resumed == LISTEN_FROM_NOTHING)
        event_list(engine);
    else if (live->doubt.untold)
        doubt_young(engine, live->read_time_ns);
}

static void event_reset(struct engine *engine, const struct listen_event *event)
{
    (void)event;
    event_list(engine);
}

static void event_document(struct engine *engine, const struct listen_event *event)
{
    struct live *live = &engine->live;
    struct error err = {0};
    if (live->listed != NULL && !seen_add(live->listed, event->id, &err))
        engine_fail(engine, &err);
    live->doubt.untold = true;
    live_gather_document(engine, event);
}

static void event_unsure(struct engine *engine, const struct listen_event *event)
{
    engine->live.doubt.untold = true;
    live_confirm_add(engine, event->id);
}

void live_consistent(struct engine *engine)
{
    if (engine->live.complete && live_is_settled(engine))
        engine->consistent_us = clock_wall_us();
}

static void event_snapshot(struct engine *engine, const struct listen_event *event)
{
    struct live *live = &engine->live;
    bool listed = live->listing;
    live->read_time_ns = event->read_time_ns;
    live->skipped = false;
    live->doubt.untold = false;
    measure_skew(live, clock_wall_us(), event->read_time_ns);
    if (listed) {
        live->listing = false;
        sweep_begin(engine, live->listed, event->read_time_ns);
        live->listed = NULL;
    }
    live_point_told(engine, event->token, event->read_time_ns);
}

static void event_alive(struct engine *engine, const struct listen_event *event)
{
    (void)event;
    live_consistent(engine);
}

static void event_lost(struct engine *engine, const struct listen_event *event)
{
    struct live *live = &engine->live;
    if (live->listing) /* told again from the first */
        live_void(engine);
    if (live->phase == LIVE_FOLLOWING)
        live->phase = LIVE_OPENING;
    if (event->err == NULL || event->err->id == ERROR_NONE) {
        log_debug("live", "stream ended, opened again");
        return;
    }
    if (live->error.id != event->err->id)
        log_error("live", event->err, engine->ops->name, NULL);
    live->error = *event->err;
}

static void event_failed(struct engine *engine, const struct listen_event *event)
{
    struct live *live = &engine->live;
    const struct error *err = event->err;
    if (err->id == ERROR_SOURCE_STALE) {
        log_error("live", err, engine->ops->name, NULL);
        live_skip_ahead(engine, "the source does not tell what was missed");
        return;
    }
    log_error("live", err, engine->ops->name, NULL);
    live->error = *err;
    live->phase = LIVE_FAILED;
    live->retry_at_us = clock_monotonic_us() + ENGINE_RETRY_SOURCE_US;
}

typedef void event_fn(struct engine *engine, const struct listen_event *event);
static event_fn *const event_table[] = {
    [LISTEN_OPENED] = event_opened,     [LISTEN_DOCUMENT] = event_document,
    [LISTEN_GONE] = live_gather_gone,   [LISTEN_UNSURE] = event_unsure,
    [LISTEN_RESET] = event_reset,       [LISTEN_FILTER] = doubt_count,
    [LISTEN_SNAPSHOT] = event_snapshot, [LISTEN_ALIVE] = event_alive,
    [LISTEN_LOST] = event_lost,         [LISTEN_FAILED] = event_failed,
};

static void live_event(void *context, const struct listen_event *event)
{
    struct engine *engine = context;
    if (engine->draining)
        return;
    engine->last_event_us = clock_wall_us();
    event_table[event->kind](engine, event);
    live_hold(engine);
}

/* ---- results ---- */

static void live_back(struct live *live, const struct job *job)
{
    live->jobs_out--;
    if (job->lane != JOB_NO_LANE)
        live->lanes[job->lane].out = false;
}

void live_finish(struct engine *engine, struct result *result)
{
    struct live *live = &engine->live;
    const struct job *job = result->job;
    char *position = NULL;
    uint64_t weight = 0;
    live_back(live, job);
    counts_sum(&live->counts, &result->counts);
    if (result->fence_seq > live->fences[result->writer]) {
        live->fences[result->writer] = result->fence_seq;
        live->unsaved = true;
    }
    measure_result(engine, result);
    if (job->sweep)
        sweep_finish(engine, result);
    if (job->ticket == JOB_NO_TICKET || job->epoch != live->epoch)
        return;
    if (prefix_settle(&live->prefix, job->ticket, &position, &weight)) {
        live_point_settled(engine, position);
        free(position);
    }
}

void live_abandoned(struct engine *engine, const struct result *result)
{
    live_back(&engine->live, result->job);
}

bool live_is_settled(const struct engine *engine)
{
    const struct live *live = &engine->live;
    return live->phase == LIVE_FOLLOWING && prefix_is_empty(&live->prefix) && !live->listing &&
           !doubt_exists(engine) && sweep_is_idle(engine);
}

/* ---- backfill beside it ---- */

/* A backfill reads ahead of the stream. One that began in a process before this one is known to
 * have begun by our clock alone. */
static int64_t live_backfill_since(struct engine *engine, bool resumed)
{
    int64_t started_us = 0;
    struct error err = {0};
    if (!resumed)
        return engine->live.read_time_ns;
    if (!journal_run_started(engine->journal, engine->backfill.run_id, &started_us, &err))
        engine_fail(engine, &err);
    return (started_us - LIVE_CLOCK_US) * 1000;
}

void live_backfill_began(struct engine *engine, bool resumed)
{
    struct live *live = &engine->live;
    struct error err = {0};
    if (live->phase == LIVE_OFF)
        return;
    seen_close(live->backfilled, false);
    live->backfilled = NULL;
    live->backfill_swept = false;
    live->backfill_ns = engine->backfill.phase == BACKFILL_READING ? INT64_MAX : live->read_time_ns;
    live->backfill_since_ns = live_backfill_since(engine, resumed);
    if (!seen_open(settings_text(engine->settings, SET_STATE_DIR), "backfill",
                   engine->backfill.run_id, &live->backfilled, &err))
        engine_fail(engine, &err);
}

void live_backfill_saw(struct engine *engine, const struct result *result)
{
    struct live *live = &engine->live;
    struct error err = {0};
    bool done = true;
    if (live->backfilled == NULL || result->job->epoch != engine->backfill.epoch)
        return;
    for (size_t i = 0; done && i < result->count; i++)
        done = seen_add(live->backfilled, str_from(result->changes[i].source_id), &err);
    if (!done || !seen_flush(live->backfilled, &err))
        engine_fail(engine, &err);
}

bool live_backfill_swept(struct engine *engine)
{
    struct live *live = &engine->live;
    if (live->backfilled == NULL || live->backfill_swept)
        return true;
    if (sweep_is_idle(engine) && !live->listing)
        sweep_begin_backfill(engine, live->read_time_ns);
    return live->backfill_swept;
}

void live_backfill_ended(struct engine *engine)
{
    struct live *live = &engine->live;
    if (live->backfilled == NULL)
        return;
    seen_close(live->backfilled, true);
    live->backfilled = NULL;
    if (!live->complete && strcmp(live->run_id, engine->backfill.run_id) == 0) {
        live->complete = true;
        live->run_id[0] = '\0';
        live->unsaved = true;
        live_consistent(engine);
    }
    doubt_young(engine, live->backfill_since_ns);
}

static bool backfill_is_unfinished(struct engine *engine)
{
    char run_id[40];
    bool found = false;
    struct error err = {0};
    if (!journal_run_find(engine->journal, "backfill", SOURCE_FIRESTORE, &found, run_id, &err))
        engine_fail(engine, &err);
    return found && strcmp(run_id, engine->live.run_id) == 0;
}

/* What is not complete needs a backfill that began after listening did; one that runs for another
 * reason is left alone. */
static void live_backfill(struct engine *engine)
{
    struct live *live = &engine->live;
    int64_t now = clock_monotonic_us();
    if (live->complete || live->listing || live->phase != LIVE_FOLLOWING ||
        !sweep_is_idle(engine) || backfill_active(engine) ||
        engine_paused(engine, SOURCE_FIRESTORE) || now < engine->backfill.retry_at_us)
        return;
    bool resumes = live->run_id[0] != '\0' && backfill_is_unfinished(engine);
    if (!resumes && now < live->rebackfill_at_us)
        return;
    engine->options.fresh = !resumes;
    backfill_begin(engine, false);
    STR_FILL(live->run_id, engine->backfill.run_id);
    live->rebackfill_at_us = now + LIVE_REBACKFILL_US;
    live->unsaved = true;
    live_point_save(engine);
}

/* ---- the engine's turn ---- */

/* A backfill that was asked for at the start. */
static void live_wish(struct engine *engine)
{
    struct live *live = &engine->live;
    if (!engine->options.backfill)
        return;
    live->complete = false;
    if (engine->options.fresh)
        live->run_id[0] = '\0';
    engine->options.backfill = false;
    live->unsaved = true;
}

static void live_surveyed(struct engine *engine, const struct survey_answer *answer)
{
    struct live *live = &engine->live;
    if (answer->request.kind == SURVEY_ABSENT) {
        sweep_surveyed(engine, answer);
    } else if (!answer->done) {
        if (answer->error.id != ERROR_NONE)
            engine_fail(engine, &answer->error);
    } else if (live->phase == LIVE_CHECKING) {
        live->doubt.counted = false;
        live_resume(engine);
        live_wish(engine);
    } else if (live->doubt.counted) {
        doubt_counted(engine, answer);
    }
}

static void live_check(struct engine *engine)
{
    struct survey_request request = {.kind = SURVEY_VIEW};
    if (!engine->live.doubt.counted && survey_is_idle(engine->live.survey)) {
        engine->live.doubt.counted = true;
        survey_ask(engine->live.survey, &request);
    }
}

static void live_move(struct engine *engine, int64_t now)
{
    struct live *live = &engine->live;
    if (live->phase == LIVE_CHECKING)
        live_check(engine);
    else if (live->phase == LIVE_ASKING)
        live_ask_time(engine);
    else if (live->phase == LIVE_FAILED && now >= live->retry_at_us)
        live_resume(engine);
    else if (live->doubt.relist_wanted && now >= live->doubt.relist_at_us &&
             live->phase == LIVE_FOLLOWING && !backfill_active(engine))
        live_relist(engine);
}

void live_step(struct engine *engine)
{
    struct live *live = &engine->live;
    struct survey_answer answer;
    int64_t now = clock_monotonic_us();
    if (live->phase == LIVE_OFF)
        return;
    if (survey_take(live->survey, &answer))
        live_surveyed(engine, &answer);
    if (!engine->draining) {
        live_move(engine, now);
        live_flush(engine);
        live_confirm_step(engine);
        doubt_step(engine);
        live_backfill(engine);
    }
    sweep_step(engine);
    live_hold(engine);
    if (now >= live->save_at_us)
        live_point_save(engine);
}

/* ---- beginning and end ---- */

void live_begin(struct engine *engine)
{
    struct live *live = &engine->live;
    struct survey_options options = {
        .settings = engine->settings,
        .source = SOURCE_FIRESTORE,
        .identity = engine->ops->identity(engine->source),
        .wake = engine_wake,
        .context = engine,
    };
    lag_init(&live->lag_minute, 60000000);
    lag_init(&live->lag_hour, 3600000000LL);
    lag_init(&live->processing, 60000000);
    live->skew = (struct skew){.current_us = TIME_NONE, .previous_us = TIME_NONE};
    live->read_time_ns = clock_wall_us() * 1000; /* until the source tells its own */
    live->lane_count = writers_count(engine->writers);
    live->phase = LIVE_CHECKING;
    live->survey = survey_start(&options);
}

void live_end(struct engine *engine)
{
    struct live *live = &engine->live;
    if (live->phase == LIVE_OFF)
        return;
    survey_free(live->survey);
    live->survey = NULL;
    if (engine->result.id == ERROR_NONE)
        live_point_save(engine);
    if (live->started)
        engine->ops->listen->stop(engine->source);
    live->phase = LIVE_OFF;
    live_gather_clear(live);
    live->confirm.fetching = false;
    live_confirm_clear(live);
    prefix_free(&live->prefix);
    seen_close(live->listed, true);
    seen_close(live->backfilled, false);
    sweep_free(&live->sweep);
    doubt_clear(&live->doubt);
    free(live->told);
    free(live->settled);
}
