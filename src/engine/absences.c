/* Sweeps. What can go wrong here deletes orders, so each step doubts: an absence is confirmed by a
 * read, a delete never touches a document that is newer than the listing, and a great many of them
 * wait for a person. */
#include "engine/absences.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"

#define SWEEP_PAGE LIVE_BATCH_DOCUMENTS
#define SWEEP_JOBS_MAX 2

uint64_t absences_limit(uint64_t view)
{
    uint64_t limit = view / 100;
    if (limit < 10)
        limit = 10;
    return limit < 100 ? limit : 100;
}

bool sweep_is_idle(const struct engine *engine)
{
    const struct sweep *sweep = &engine->live.sweep;
    return sweep->phase == SWEEP_IDLE && sweep->next_seen == NULL;
}

bool sweep_is_of_young(const struct engine *engine)
{
    const struct sweep *sweep = &engine->live.sweep;
    return sweep->phase != SWEEP_IDLE && sweep->kind == SWEEP_OF_YOUNG;
}

bool sweep_is_of_listing(const struct engine *engine)
{
    return !sweep_is_idle(engine) && !sweep_is_of_young(engine);
}

static void sweep_rewind(struct sweep *sweep)
{
    free(sweep->after);
    sweep->after = NULL;
}

static void sweep_forget_asked(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->asked_count; i++)
        free(sweep->asked[i]);
    sweep->asked_count = 0;
}

static void sweep_reset(struct sweep *sweep)
{
    sweep_forget_asked(sweep);
    if (sweep->kind != SWEEP_OF_BACKFILL)
        seen_close(sweep->seen, true);
    sweep_rewind(sweep);
    struct seen *next = sweep->next_seen;
    int64_t next_read_time_ns = sweep->next_read_time_ns;
    *sweep = (struct sweep){.next_seen = next, .next_read_time_ns = next_read_time_ns};
}

void sweep_free(struct sweep *sweep)
{
    seen_close(sweep->next_seen, true);
    sweep->next_seen = NULL;
    sweep_reset(sweep);
}

/* ---- the end ---- */

static void sweep_end(struct engine *engine)
{
    struct live *live = &engine->live;
    struct sweep *sweep = &live->sweep;
    if (sweep->kind == SWEEP_OF_YOUNG && sweep->deleted + sweep->held > 0)
        log_info("live", "came and went unheard: %llu documents deleted, %llu held",
                 (unsigned long long)sweep->deleted, (unsigned long long)sweep->held);
    if (sweep->kind != SWEEP_OF_YOUNG && sweep->absent > 0)
        log_info("live", "absent: %llu documents, %llu deleted, %llu held",
                 (unsigned long long)sweep->absent, (unsigned long long)sweep->deleted,
                 (unsigned long long)sweep->held);
    if (sweep->kind == SWEEP_OF_BACKFILL) {
        live->backfill_swept = true;
    } else if (sweep->kind == SWEEP_OF_LISTING) { /* what is not in it was dealt with */
        live->complete = true;
        live->run_id[0] = '\0';
    }
    live->unsaved = true;
    sweep_reset(sweep);
    doubt_over(engine);
}

/* The survey thread has the scratch file, a read is on its way: both must come back first. */
void sweep_cancel(struct engine *engine)
{
    struct sweep *sweep = &engine->live.sweep;
    seen_close(sweep->next_seen, true);
    sweep->next_seen = NULL;
    if (sweep->phase == SWEEP_SURVEYING || sweep->fetching)
        sweep->phase = SWEEP_CANCELLED;
    else if (sweep->phase != SWEEP_CANCELLED)
        sweep_reset(sweep);
}

/* ---- the beginning ---- */

static void sweep_start(struct engine *engine, enum sweep_kind kind, struct seen *seen,
                        int64_t read_time_ns)
{
    struct sweep *sweep = &engine->live.sweep;
    *sweep = (struct sweep){
        .phase = SWEEP_WAITING,
        .kind = kind,
        .seen = seen,
        .read_time_ns = read_time_ns,
    };
    if (settings_integer(engine->settings, SET_DELETES) == GONE_IGNORE)
        sweep_end(engine);
}

/* A listing is newer than whatever is being swept. */
void sweep_begin(struct engine *engine, struct seen *take_seen, int64_t read_time_ns)
{
    struct sweep *sweep = &engine->live.sweep;
    sweep_cancel(engine);
    if (sweep->phase == SWEEP_IDLE) {
        sweep_start(engine, SWEEP_OF_LISTING, take_seen, read_time_ns);
        return;
    }
    sweep->next_seen = take_seen;
    sweep->next_read_time_ns = read_time_ns;
}

void sweep_begin_backfill(struct engine *engine, int64_t read_time_ns)
{
    sweep_start(engine, SWEEP_OF_BACKFILL, engine->live.backfilled, read_time_ns);
}

void sweep_begin_young(struct engine *engine, int64_t since_ns)
{
    struct seen *nothing = NULL;
    struct error err = {0};
    if (!seen_open(settings_text(engine->settings, SET_STATE_DIR), "young", NULL, &nothing, &err)) {
        engine_fail(engine, &err);
        return;
    }
    sweep_start(engine, SWEEP_OF_YOUNG, nothing, TIME_NONE);
    engine->live.sweep.young_ns = since_ns;
}

static void sweep_ask(struct engine *engine)
{
    struct sweep *sweep = &engine->live.sweep;
    const int64_t versions[] = {
        [SWEEP_OF_LISTING] = sweep->read_time_ns,
        [SWEEP_OF_BACKFILL] = engine->live.backfill_ns,
        [SWEEP_OF_YOUNG] = INT64_MAX,
    };
    struct survey_request request = {
        .kind = SURVEY_ABSENT,
        .seen = sweep->seen,
        .version = versions[sweep->kind],
        .created_since_ns = sweep->kind == SWEEP_OF_YOUNG ? sweep->young_ns : TIME_NONE,
    };
    if (!survey_is_idle(engine->live.survey))
        return;
    sweep->phase = SWEEP_SURVEYING;
    survey_ask(engine->live.survey, &request);
}

bool absences_budget(struct engine *engine, uint64_t view, uint64_t *ret_budget, struct error *err)
{
    uint64_t spent = 0;
    uint64_t limit = absences_limit(view);
    if (!journal_absences_since(engine->journal, SOURCE_FIRESTORE, clock_wall_us() / 60000000 - 60,
                                &spent, err))
        return false;
    *ret_budget = spent < limit ? limit - spent : 0;
    return true;
}

void sweep_surveyed(struct engine *engine, const struct survey_answer *answer)
{
    struct sweep *sweep = &engine->live.sweep;
    struct error err = answer->error;
    if (sweep->phase == SWEEP_CANCELLED) {
        sweep_reset(sweep);
        return;
    }
    if (!answer->done || !absences_budget(engine, answer->view, &sweep->budget, &err)) {
        if (err.id != ERROR_NONE)
            engine_fail(engine, &err);
        return;
    }
    sweep->absent = answer->absent;
    bool hold = settings_integer(engine->settings, SET_DELETES) == GONE_HOLD &&
                sweep->kind != SWEEP_OF_YOUNG;
    if (sweep->absent == 0)
        sweep_end(engine);
    else
        sweep->phase = hold ? SWEEP_HOLDING : SWEEP_CONFIRMING;
}

/* ---- pages of absent ids ---- */

/* The next absences, without those that a person decided about or is asked about already: they are
 * dropped. *ret_last false: there is more. */
static bool sweep_page(struct engine *engine, size_t max, struct arena *arena, struct str **ret_ids,
                       size_t *ret_count, bool *ret_last, struct error *err)
{
    struct sweep *sweep = &engine->live.sweep;
    struct str *ids = NULL;
    size_t count = 0;
    size_t kept = 0;
    if (!seen_absent(sweep->seen, str_from(sweep->after), max, arena, &ids, &count, err))
        return false;
    *ret_last = count < max;
    if (count > 0) {
        free(sweep->after);
        sweep->after = memory_string_str(ids[count - 1]);
    }
    for (size_t i = 0; i < count; i++) {
        bool decided = false;
        if (!journal_is_deletion(engine->journal, SOURCE_FIRESTORE, ids[i].data, &decided, err) ||
            (decided && !seen_absent_drop(sweep->seen, ids[i], err)))
            return false;
        if (!decided)
            ids[kept++] = ids[i];
    }
    *ret_ids = ids;
    *ret_count = kept;
    return true;
}

static void sweep_turn(struct sweep *sweep, enum sweep_phase phase)
{
    sweep_rewind(sweep);
    sweep->phase = phase;
}

/* ---- confirming ---- */

static bool sweep_is_missing(char *const *missing, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(str_from(missing[i]), str_from(id)))
            return true;
    }
    return false;
}

/* What was asked for and is not missing is there after all: no longer absent, whether it can be
 * read or not. */
static bool sweep_spare(struct sweep *sweep, char *const *missing, size_t count, struct error *err)
{
    for (size_t i = 0; i < sweep->asked_count; i++) {
        const char *id = sweep->asked[i];
        if (!sweep_is_missing(missing, count, id) &&
            !seen_absent_drop(sweep->seen, str_from(id), err))
            return false;
    }
    return true;
}

static void sweep_apply_found(struct engine *engine, struct page *take_found)
{
    if (take_found == NULL || take_found->count == 0) {
        page_free(take_found);
        return;
    }
    struct job *job = live_job(engine);
    job->page = take_found;
    job->bulk = true;
    live_submit(engine, job);
}

static void sweep_confirm(struct engine *engine, char *const *missing, size_t count,
                          int64_t read_time_ns)
{
    struct sweep *sweep = &engine->live.sweep;
    struct error err = {0};
    if (sweep->confirmed == 0 && sweep->kind != SWEEP_OF_LISTING)
        sweep->read_time_ns = read_time_ns;
    sweep->confirmed += count;
    if (!sweep_spare(sweep, missing, count, &err))
        engine_fail(engine, &err);
    if (sweep->confirmed > sweep->budget) {
        log_warning("live",
                    "%llu documents are absent, more than %llu may go now: deletes are held",
                    (unsigned long long)sweep->absent, (unsigned long long)sweep->budget);
        sweep_turn(sweep, SWEEP_HOLDING);
    }
}

static void missing_free(char **missing, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(missing[i]);
    free(missing);
}

static void sweep_fetched(void *context, struct page *take_found, char **take_missing,
                          size_t missing, int64_t read_time_ns, const struct error *err)
{
    struct engine *engine = context;
    struct sweep *sweep = &engine->live.sweep;
    sweep->fetching = false;
    if (err != NULL) {
        log_error("live", err, engine->ops->name, NULL);
        sweep->retry_at_us = clock_monotonic_us() + ENGINE_RETRY_SOURCE_US;
        sweep_rewind(sweep); /* from the first again: what was found is no longer absent */
        sweep->confirmed = 0;
    } else {
        if (sweep->phase != SWEEP_CANCELLED)
            sweep_confirm(engine, take_missing, missing, read_time_ns);
        sweep_apply_found(engine, take_found);
        missing_free(take_missing, missing);
    }
    sweep_forget_asked(sweep);
    if (sweep->phase == SWEEP_CANCELLED)
        sweep_reset(sweep);
}

static void sweep_ask_source(struct engine *engine, const struct str *ids, size_t count)
{
    struct sweep *sweep = &engine->live.sweep;
    for (size_t i = 0; i < count; i++)
        sweep->asked[sweep->asked_count++] = memory_string_str(ids[i]);
    sweep->fetching = true;
    engine->ops->fetch(engine->source, (const char *const *)sweep->asked, count, sweep_fetched,
                       engine);
}

static void sweep_confirm_next(struct engine *engine)
{
    struct sweep *sweep = &engine->live.sweep;
    struct arena arena = {0};
    struct str *ids = NULL;
    size_t count = 0;
    bool last = false;
    struct error err = {0};
    if (sweep->fetching || clock_monotonic_us() < sweep->retry_at_us ||
        !writers_have_room(engine->writers))
        return;
    if (!sweep_page(engine, ENGINE_FETCH_MAX, &arena, &ids, &count, &last, &err))
        engine_fail(engine, &err);
    else if (count > 0)
        sweep_ask_source(engine, ids, count);
    else if (last)
        sweep_turn(sweep, SWEEP_DELETING);
    arena_free(&arena);
}

/* ---- deleting and holding ---- */

static struct job *sweep_job(struct engine *engine, const struct str *ids, size_t count)
{
    const struct sweep *sweep = &engine->live.sweep;
    struct job *job = live_job(engine);
    job->gone = memory_zero(count, sizeof(*job->gone));
    job->gone_count = count;
    for (size_t i = 0; i < count; i++)
        job->gone[i] = (struct gone){.id = memory_string_str(ids[i]), .at_ns = sweep->read_time_ns};
    job->bulk = true;
    job->sweep = true;
    if (sweep->phase == SWEEP_HOLDING && job->policy != GONE_HOLD)
        job->hold = ERROR_ABSENCE_HELD;
    return job;
}

static void sweep_delete_next(struct engine *engine)
{
    struct sweep *sweep = &engine->live.sweep;
    struct arena arena = {0};
    struct str *ids = NULL;
    size_t count = 0;
    bool last = false;
    struct error err = {0};
    if (sweep->jobs_out >= SWEEP_JOBS_MAX)
        return;
    if (!sweep_page(engine, SWEEP_PAGE, &arena, &ids, &count, &last, &err)) {
        engine_fail(engine, &err);
    } else if (count > 0) {
        sweep->jobs_out++;
        live_submit(engine, sweep_job(engine, ids, count));
    } else if (last && sweep->jobs_out == 0) {
        sweep_end(engine);
    }
    arena_free(&arena);
}

void sweep_finish(struct engine *engine, const struct result *result)
{
    struct sweep *sweep = &engine->live.sweep;
    bool current = sweep->phase == SWEEP_DELETING || sweep->phase == SWEEP_HOLDING;
    if (!current || sweep->jobs_out == 0 || result->job->epoch != engine->live.epoch)
        return;
    sweep->jobs_out--;
    sweep->deleted += result->counts.deleted;
    sweep->held += result->counts.held;
}

void sweep_step(struct engine *engine)
{
    struct sweep *sweep = &engine->live.sweep;
    if (sweep->phase == SWEEP_IDLE && sweep->next_seen != NULL) {
        struct seen *next = sweep->next_seen;
        sweep->next_seen = NULL;
        sweep_start(engine, SWEEP_OF_LISTING, next, sweep->next_read_time_ns);
    }
    if (engine->draining || engine_paused(engine, SOURCE_FIRESTORE))
        return;
    switch (sweep->phase) {
    case SWEEP_WAITING:
        sweep_ask(engine);
        break;
    case SWEEP_CONFIRMING:
        sweep_confirm_next(engine);
        break;
    case SWEEP_DELETING:
    case SWEEP_HOLDING:
        sweep_delete_next(engine);
        break;
    case SWEEP_IDLE:
    case SWEEP_SURVEYING:
    case SWEEP_CANCELLED:
        break;
    }
}
