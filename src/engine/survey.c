/* The survey thread. */
#include "engine/survey.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/applier.h"
#include "journal/listen.h"
#include "target/survey.h"

#define PAGE_FAILURES 500

enum survey_state { SURVEY_IDLE, SURVEY_ASKED, SURVEY_WORKING, SURVEY_ANSWERED, SURVEY_CLOSED };

struct survey {
    pthread_t thread;
    pthread_mutex_t mutex; /* over state; request and answer belong to whose turn it is */
    pthread_cond_t changed;
    enum survey_state state;
    struct survey_answer answer;
    struct applier_control control;
    struct applier applier;
    const struct settings *settings;
    enum source_kind source;
    survey_wake_fn *wake;
    void *context;
};

/* ---- the work ---- */

struct comparison {
    struct survey *survey;
    struct error broken; /* the scratch file failed: nothing that a new connection mends */
};

/* ---- failures beside the target's rows ---- */

/* live[i]: the target holds a row of it. */
typedef bool failures_fn(struct comparison *comparison, const struct unresolved_row *rows,
                         const bool *live, size_t count, struct error *err);

static bool failures_page(struct target *target, struct comparison *comparison, failures_fn *take,
                          const struct unresolved_row *rows, size_t count, struct error *err)
{
    const char *ids[PAGE_FAILURES] = {NULL};
    bool live[PAGE_FAILURES];
    for (size_t i = 0; i < count; i++)
        ids[i] = rows[i].source_id;
    return target_find_live(target, comparison->survey->source, ids, count, live, err) &&
           take(comparison, rows, live, count, err);
}

static bool failures_read(struct target *target, struct comparison *comparison, failures_fn *take,
                          struct journal_reader *reader, struct error *err)
{
    struct arena arena = {0};
    int64_t after = 0;
    size_t count = PAGE_FAILURES;
    bool done = true;
    while (done && count == PAGE_FAILURES) {
        struct unresolved_row *rows = NULL;
        arena_reset(&arena);
        done = journal_page_unresolved(reader, comparison->survey->source, after, PAGE_FAILURES,
                                       &arena, &rows, &count, err) &&
               failures_page(target, comparison, take, rows, count, err);
        if (done && count > 0)
            after = rows[count - 1].id;
    }
    arena_free(&arena);
    return done;
}

static bool failures_each(struct target *target, struct comparison *comparison, failures_fn *take,
                          struct error *err)
{
    const char *state_dir = settings_text(comparison->survey->settings, SET_STATE_DIR);
    struct journal_reader *reader = NULL;
    if (!journal_reader_open(state_dir, &reader, err))
        return false;
    bool done = failures_read(target, comparison, take, reader, err);
    journal_reader_close(reader);
    return done;
}

/* ---- absences ---- */

static bool compare_one(void *context, const struct live_document *document, struct error *err)
{
    struct comparison *comparison = context;
    struct survey_answer *answer = &comparison->survey->answer;
    if (document->version > answer->request.version)
        return true;
    if (seen_compare(answer->request.seen, document->source_id, &comparison->broken))
        return true;
    *err = comparison->broken;
    return false;
}

/* What failed and never reached the target counts in the view: where it is gone it must be found
 * absent, or each count would be wrong for ever. */
static bool compare_failures(struct comparison *comparison, const struct unresolved_row *rows,
                             const bool *live, size_t count, struct error *err)
{
    const struct survey_request *request = &comparison->survey->answer.request;
    for (size_t i = 0; i < count; i++) {
        if (live[i] || rows[i].deletion || rows[i].version > request->version)
            continue;
        if (!seen_compare_besides(request->seen, str_from(rows[i].source_id),
                                  &comparison->broken)) {
            *err = comparison->broken;
            return false;
        }
    }
    return true;
}

static bool survey_compare(struct target *target, void *context, struct error *err)
{
    struct comparison *comparison = context;
    struct survey_answer *answer = &comparison->survey->answer;
    enum source_kind source = comparison->survey->source;
    bool whole = answer->request.created_since_ns == TIME_NONE;
    bool done = seen_compare_begin(answer->request.seen, &comparison->broken) &&
                target_count_live(target, source, &answer->view, err) &&
                target_each_live(target, source, answer->request.created_since_ns, compare_one,
                                 comparison, err) &&
                (!whole || failures_each(target, comparison, compare_failures, err));
    if (done)
        done = seen_compare_end(answer->request.seen, &answer->absent, &comparison->broken);
    return done || comparison->broken.id != ERROR_NONE;
}

/* ---- the view ---- */

/* Failures count in the view: a document that failed is there, though not in the target; one whose
 * delete is held or refused is in the target, though no longer there. */
static bool count_failures(struct comparison *comparison, const struct unresolved_row *rows,
                           const bool *live, size_t count, struct error *err)
{
    struct survey_answer *answer = &comparison->survey->answer;
    (void)err;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].deletion)
            answer->view -= live[i];
        else
            answer->view += !live[i];
    }
    return true;
}

static bool survey_count(struct target *target, void *context, struct error *err)
{
    struct comparison *comparison = context;
    struct survey *survey = comparison->survey;
    return target_count_live(target, survey->source, &survey->answer.view, err) &&
           failures_each(target, comparison, count_failures, err);
}

static void survey_work(struct survey *survey)
{
    struct comparison comparison = {.survey = survey};
    struct survey_answer *answer = &survey->answer;
    applier_fn *run = answer->request.kind == SURVEY_VIEW ? survey_count : survey_compare;
    answer->done = applier_run(&survey->applier, run, &comparison, &answer->error);
    if (comparison.broken.id != ERROR_NONE) {
        answer->done = false;
        answer->error = comparison.broken;
    }
}

/* ---- the thread ---- */

static bool survey_wait(struct survey *survey)
{
    pthread_mutex_lock(&survey->mutex);
    while (survey->state != SURVEY_ASKED && survey->state != SURVEY_CLOSED)
        pthread_cond_wait(&survey->changed, &survey->mutex);
    bool asked = survey->state == SURVEY_ASKED;
    if (asked)
        survey->state = SURVEY_WORKING;
    pthread_mutex_unlock(&survey->mutex);
    return asked;
}

static void survey_move(struct survey *survey, enum survey_state state)
{
    pthread_mutex_lock(&survey->mutex);
    if (survey->state != SURVEY_CLOSED)
        survey->state = state;
    pthread_cond_broadcast(&survey->changed);
    pthread_mutex_unlock(&survey->mutex);
}

static void *survey_main(void *context)
{
    struct survey *survey = context;
    while (survey_wait(survey)) {
        survey_work(survey);
        survey_move(survey, SURVEY_ANSWERED);
        survey->wake(survey->context);
    }
    return NULL;
}

struct survey *survey_start(const struct survey_options *options)
{
    struct survey *survey = memory_zero(1, sizeof(*survey));
    struct applier_setup setup = {
        .name = "ordersync survey",
        .settings = options->settings,
        .journal_id = "",
    };
    setup.identities[options->source] = options->identity;
    survey->settings = options->settings;
    survey->source = options->source;
    survey->wake = options->wake;
    survey->context = options->context;
    applier_control_init(&survey->control);
    applier_init(&survey->applier, &survey->control, &setup);
    pthread_mutex_init(&survey->mutex, NULL);
    pthread_cond_init(&survey->changed, NULL);
    if (pthread_create(&survey->thread, NULL, survey_main, survey) != 0)
        abort();
    return survey;
}

/* ---- the engine's side ---- */

static enum survey_state survey_state(struct survey *survey)
{
    pthread_mutex_lock(&survey->mutex);
    enum survey_state state = survey->state;
    pthread_mutex_unlock(&survey->mutex);
    return state;
}

bool survey_is_idle(struct survey *survey)
{
    return survey_state(survey) == SURVEY_IDLE;
}

void survey_ask(struct survey *survey, const struct survey_request *request)
{
    survey->answer = (struct survey_answer){.request = *request};
    survey_move(survey, SURVEY_ASKED);
}

bool survey_take(struct survey *survey, struct survey_answer *ret_answer)
{
    if (survey_state(survey) != SURVEY_ANSWERED)
        return false;
    *ret_answer = survey->answer;
    survey_move(survey, SURVEY_IDLE);
    return true;
}

bool survey_waiting(struct survey *survey, struct error *ret_error, bool *ret_stopped)
{
    return applier_waiting(&survey->applier, ret_error, ret_stopped);
}

void survey_free(struct survey *survey)
{
    if (survey == NULL)
        return;
    applier_control_cancel(&survey->control);
    applier_interrupt(&survey->applier);
    survey_move(survey, SURVEY_CLOSED);
    pthread_join(survey->thread, NULL);
    applier_free(&survey->applier);
    applier_control_free(&survey->control);
    pthread_mutex_destroy(&survey->mutex);
    pthread_cond_destroy(&survey->changed);
    free(survey);
}
