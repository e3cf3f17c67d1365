/* A stage: see stage.h. It defines what engine/writers.h and engine/survey.h declare, so that their
 * own objects are left out of the program. */
#include "lib/stage.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/check.h"

/* Writers and survey have no context of their own in the calls below. */
static struct stage *on_stage;

/* ---- the source ---- */

static const char *source_identity(const struct source *source)
{
    (void)source;
    return "p/d/Orders";
}

static void source_count(struct source *source, count_done_fn *done, void *context)
{
    (void)source;
    done(context, 0, NULL);
}

static void source_split(struct source *source, size_t want, split_done_fn *done, void *context)
{
    (void)source;
    (void)want;
    on_stage->splits++;
    done(context, NULL, 0, NULL);
}

static void source_page(struct source *source, const struct range *range, size_t limit,
                        page_done_fn *done, void *context)
{
    (void)source;
    (void)range;
    (void)limit;
    assert_null(on_stage->page_done);
    on_stage->page_done = done;
    on_stage->page_context = context;
}

static void source_fetch(struct source *source, const char *const *ids, size_t count,
                         fetch_done_fn *done, void *context)
{
    (void)source;
    struct stage *stage = on_stage;
    assert_null(stage->fetch_done);
    stage->fetch_done = done;
    stage->fetch_context = context;
    stage->fetched[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(stage->fetched + strlen(stage->fetched),
                 sizeof(stage->fetched) - strlen(stage->fetched), "%s%s", i == 0 ? "" : " ",
                 ids[i]);
}

static void keep_start(const struct listen_start *start)
{
    struct stage *stage = on_stage;
    stage->start = *start;
    snprintf(stage->token, sizeof(stage->token), "%.*s", STR_ARG(start->token));
}

static void listen_start(struct source *source, const struct listen_start *start, listen_fn *event,
                         void *context)
{
    (void)source;
    on_stage->starts++;
    on_stage->event = event;
    on_stage->context = context;
    keep_start(start);
}

static void listen_restart(struct source *source, const struct listen_start *start)
{
    (void)source;
    on_stage->restarts++;
    keep_start(start);
}

static void listen_hold(struct source *source, bool held)
{
    (void)source;
    assert_int_not_equal(on_stage->held, held);
    on_stage->held = held;
}

static void listen_stop(struct source *source)
{
    (void)source;
    on_stage->stops++;
}

static const struct listen_ops played_listen = {
    .start = listen_start, .restart = listen_restart, .hold = listen_hold, .stop = listen_stop};
static const struct source_ops played_source = {
    .name = "played",
    .identity = source_identity,
    .count = source_count,
    .split = source_split,
    .page = source_page,
    .fetch = source_fetch,
    .listen = &played_listen,
};

/* ---- the writers ---- */

struct writers {
    uint64_t restarts;
};
static struct writers played_writers;

struct writers *writers_start(const struct writers_options *options)
{
    (void)options;
    return &played_writers;
}

bool writers_have_room(struct writers *writers)
{
    (void)writers;
    return !on_stage->writers_full;
}

void writers_submit(struct writers *writers, struct job *take_job)
{
    take_job->restart = writers->restarts;
    assert_true(on_stage->job_count < STAGE_JOBS);
    on_stage->jobs[on_stage->job_count++] = take_job;
}

unsigned writers_count(const struct writers *writers)
{
    (void)writers;
    return on_stage->writers;
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
    (void)writers;
    struct stage *stage = on_stage;
    if (stage->result_count == 0)
        return NULL;
    struct result *result = stage->results[0];
    stage->result_count--;
    memmove(stage->results, stage->results + 1, stage->result_count * sizeof(result));
    return result;
}

void writers_load(struct writers *writers, size_t *ret_jobs, size_t *ret_bytes)
{
    (void)writers;
    *ret_jobs = on_stage->job_count;
    *ret_bytes = 0;
}

bool writers_waiting(struct writers *writers, struct error *ret_error, bool *ret_stopped)
{
    (void)writers;
    (void)ret_error;
    (void)ret_stopped;
    return false;
}

void writers_cancel(struct writers *writers)
{
    (void)writers;
}

void writers_join(struct writers *writers)
{
    (void)writers;
}

void writers_free(struct writers *writers)
{
    (void)writers;
}

/* ---- the survey ---- */

struct survey {
    int nothing;
};
static struct survey played_survey;

struct survey *survey_start(const struct survey_options *options)
{
    (void)options;
    return &played_survey;
}

bool survey_is_idle(struct survey *survey)
{
    (void)survey;
    return !on_stage->asked;
}

void survey_ask(struct survey *survey, const struct survey_request *request)
{
    (void)survey;
    assert_false(on_stage->asked);
    on_stage->asked = true;
    on_stage->answer = (struct survey_answer){.request = *request};
}

bool survey_take(struct survey *survey, struct survey_answer *ret_answer)
{
    (void)survey;
    if (!on_stage->answered)
        return false;
    *ret_answer = on_stage->answer;
    on_stage->asked = on_stage->answered = false;
    return true;
}

bool survey_waiting(struct survey *survey, struct error *ret_error, bool *ret_stopped)
{
    (void)survey;
    (void)ret_error;
    (void)ret_stopped;
    return false;
}

void survey_free(struct survey *survey)
{
    (void)survey;
    on_stage->asked = on_stage->answered = false;
}

/* ---- the engine ---- */

void stage_begin(struct stage *stage, const char *deletes)
{
    const struct setting_override flags[] = {
        {"state_dir", stage->ledger->state_dir}, {"deletes", deletes}, {NULL, NULL}};
    struct engine *engine = memory_zero(1, sizeof(*engine));
    LEDGER_OK(stage->ledger,
              settings_load("/dev/null", flags, &stage->settings, &stage->ledger->err));
    engine->settings = stage->settings;
    engine->options.live = true;
    engine->ops = &played_source;
    engine->source = (struct source *)stage;
    engine->journal = stage->ledger->journal;
    played_writers.restarts = 0;
    engine->writers = &played_writers;
    engine->consistent_us = TIME_NONE;
    pthread_mutex_init(&engine->mutex, NULL);
    fetch_init(engine);
    stage->engine = engine;
    if (stage->writers == 0)
        stage->writers = 2;
    live_begin(engine);
}

static void stage_end(struct stage *stage)
{
    struct engine *engine = stage->engine;
    stage->engine->draining = true;
    live_end(engine);
    bulk_free(engine);
    for (int i = 0; i < SOURCE_COUNT; i++) { /* not given back: as if it was killed */
        due_retry_free(engine->fetches[i].due, engine->fetches[i].due_count);
        command_free(&engine->fetches[i].command);
    }
    backfill_free(&engine->backfill);
    pthread_mutex_destroy(&engine->mutex);
    for (size_t i = 0; i < stage->job_count; i++)
        job_free(stage->jobs[i]);
    for (size_t i = 0; i < stage->result_count; i++)
        result_free(stage->results[i]);
    settings_free(stage->settings);
    free(engine);
}

void stage_restart(struct stage *stage, const char *deletes)
{
    struct ledger *ledger = stage->ledger;
    stage_end(stage);
    ledger_reopen(ledger);
    *stage = (struct stage){.ledger = ledger};
    stage_begin(stage, deletes);
}

int stage_setup(void **state)
{
    struct stage *stage = memory_zero(1, sizeof(*stage));
    void *ledger = NULL;
    ledger_setup(&ledger);
    stage->ledger = ledger;
    on_stage = stage;
    LEDGER_OK(stage->ledger, journal_run_finish(stage->ledger->journal, stage->ledger->run_id,
                                                "done", NULL, &stage->ledger->err));
    *state = stage;
    return 0;
}

int stage_teardown(void **state)
{
    struct stage *stage = *state;
    void *ledger = stage->ledger;
    assert_int_equal(stage->engine->result.id, ERROR_NONE);
    stage_end(stage);
    ledger_teardown(&ledger);
    free(stage);
    return 0;
}

/* Some turns: what one leads to, the next may go on with. */
void stage_turn(struct stage *stage)
{
    for (int i = 0; i < 4; i++) {
        settle_results(stage->engine);
        stage->engine->live.save_at_us = 0; /* nothing waits for a quarter of a second */
        live_step(stage->engine);
        backfill_step(stage->engine);
    }
}

/* ---- what it is told ---- */

static void tell(struct stage *stage, const struct listen_event *event)
{
    assert_non_null(stage->event);
    stage->event(stage->context, event);
    stage_turn(stage);
}

void stage_tell(struct stage *stage, enum listen_event_kind kind, const char *id)
{
    struct listen_event event = {.kind = kind, .id = str_from(id), .raw = str_from(id)};
    event.read_time_ns = TIME_NONE;
    tell(stage, &event);
}

void stage_opened(struct stage *stage, enum listen_resume resumed)
{
    struct listen_event event = {.kind = LISTEN_OPENED, .resumed = resumed};
    tell(stage, &event);
    if (stage->asked && stage->answer.request.created_since_ns != TIME_NONE)
        stage_live(stage, stage->young == NULL ? "" : stage->young);
}

void stage_document(struct stage *stage, const char *id)
{
    stage_tell(stage, LISTEN_DOCUMENT, id);
}

void stage_gone(struct stage *stage, const char *id, int64_t at_ns)
{
    struct listen_event event = {.kind = LISTEN_GONE, .id = str_from(id), .read_time_ns = at_ns};
    tell(stage, &event);
}

void stage_snapshot(struct stage *stage, const char *token, int64_t read_time_ns)
{
    struct listen_event event = {
        .kind = LISTEN_SNAPSHOT, .token = str_from(token), .read_time_ns = read_time_ns};
    tell(stage, &event);
}

void stage_failed(struct stage *stage, enum error_id id)
{
    struct error err = {0};
    error_set(&err, id, "as played");
    struct listen_event event = {.kind = LISTEN_FAILED, .err = &err};
    tell(stage, &event);
}

void stage_filter(struct stage *stage, int64_t count)
{
    struct listen_event event = {.kind = LISTEN_FILTER, .count = count};
    tell(stage, &event);
}

void stage_know(struct stage *stage, const char *token, bool complete)
{
    struct listen_checkpoint checkpoint = {.source = SOURCE_FIRESTORE,
                                           .identity = "p/d/Orders",
                                           .token = str_from(token),
                                           .read_time_ns = 5,
                                           .complete = complete};
    LEDGER_OK(stage->ledger,
              journal_listen_save(stage->ledger->journal, &checkpoint, &stage->ledger->err));
}

void stage_follow(struct stage *stage)
{
    stage_turn(stage);
    stage_view(stage, 0);
    stage_opened(stage, LISTEN_FROM_TOKEN);
}

void stage_from_token(struct stage *stage)
{
    stage_know(stage, "t0", true);
    stage_begin(stage, "tombstone");
    stage_follow(stage);
}

const char *stage_other_lane(struct stage *stage, const char *first)
{
    static char id[16];
    stage_document(stage, first);
    for (int i = 0; stage->job_count < 2; i++) {
        assert_true(i < 64);
        snprintf(id, sizeof(id), "y%d", i);
        stage_document(stage, id);
    }
    return id;
}
