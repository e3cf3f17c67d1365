/* Documents read by id: failures whose time has come, and `pull`. A retry always reads the newest
 * document. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"
#include "model/json.h"

static void fetch_clear(struct engine *engine)
{
    struct fetch *fetch = &engine->fetch;
    due_retry_free(fetch->due, fetch->due_count);
    command_free(&fetch->command);
    *fetch = (struct fetch){0};
}

static void fetch_finish_command(struct engine *engine, const char *result, const char *message)
{
    struct error err = {0};
    if (engine->fetch.command.id != 0 &&
        !journal_finish_command(engine->journal, engine->fetch.command.id, result, message, &err))
        engine_fail(engine, &err);
}

static void fetch_failed(struct engine *engine, const struct error *err)
{
    struct fetch *fetch = &engine->fetch;
    struct error journal_error = {0};
    log_error("retry", err, engine->ops->name, NULL);
    engine->source_error = *err;
    fetch_finish_command(engine, "failed", err->message);
    if (fetch->due_count > 0 &&
        !journal_give_back(engine->journal, fetch->due, fetch->due_count,
                           clock_wall_us() + ENGINE_RETRY_SOURCE_US, &journal_error))
        engine_fail(engine, &journal_error);
    fetch_clear(engine);
    if (engine->options.once)
        engine_fail(engine, err);
}

static bool fetch_is_wanted(const struct job *job, const char *id)
{
    for (size_t i = 0; i < job->due_count; i++) {
        if (job->due[i].wanted && strcmp(job->due[i].source_id, id) == 0)
            return true;
    }
    return job->command_id != 0;
}

/* What a person released, retried or pulled is deleted whatever `deletes` says. What a verification
 * found absent is not a person's word: `deletes` counts, and the limit of absences. */
static bool fetch_decide(struct engine *engine, struct job *job, struct error *err)
{
    const struct fetch *fetch = &engine->fetch;
    uint64_t budget = 0;
    job->repair = fetch->repair;
    job->sweep = fetch->repair && job->gone_count > 0;
    for (size_t i = 0; i < job->gone_count; i++)
        job->gone[i].decided = !job->sweep && fetch_is_wanted(job, job->gone[i].id);
    if (!job->sweep)
        return true;
    if (!absences_budget(engine, fetch->view, &budget, err))
        return false;
    uint64_t absences =
        fetch->absences > job->gone_count ? fetch->absences : (uint64_t)job->gone_count;
    if (absences > budget && job->policy == GONE_TOMBSTONE)
        job->hold = ERROR_ABSENCE_HELD;
    return true;
}

static struct job *fetch_job(struct engine *engine, struct page *take_found, char **take_missing,
                             size_t missing, int64_t read_time_ns)
{
    struct fetch *fetch = &engine->fetch;
    struct job *job = memory_zero(1, sizeof(*job));
    job->kind = JOB_FETCH;
    job->source = SOURCE_FIRESTORE;
    job->ops = engine->ops;
    job->page = take_found;
    job->policy = (enum gone_policy)settings_integer(engine->settings, SET_DELETES);
    job->epoch = engine->backfill.epoch;
    job_take_missing(job, take_missing, missing, read_time_ns);
    job->due = fetch->due;
    job->due_count = fetch->due_count;
    job->command_id = fetch->command.id;
    fetch->due = NULL;
    fetch->due_count = 0;
    return job;
}

static void fetched(void *context, struct page *take_found, char **take_missing, size_t missing,
                    int64_t read_time_ns, const struct error *err)
{
    struct engine *engine = context;
    struct fetch *fetch = &engine->fetch;
    if (err != NULL) {
        fetch_failed(engine, err);
        return;
    }
    struct job *job = fetch_job(engine, take_found, take_missing, missing, read_time_ns);
    struct error undecided = {0};
    if (!fetch_decide(engine, job, &undecided))
        engine_fail(engine, &undecided); /* cancels the writers: the job comes back abandoned */
    const struct command *command = &fetch->command;
    snprintf(job->operator_name, sizeof(job->operator_name), "%s",
             command->id != 0 ? command->operator_name : engine->operator_name);
    snprintf(job->origin, sizeof(job->origin), "%s",
             command->id != 0 ? command->origin : engine->origin);
    engine->last_event_us = clock_wall_us();
    bucket_spend(&engine->pace, (double)(job->page == NULL ? 0 : job->page->count));
    writers_submit(engine->writers, job);
}

void fetch_due(struct engine *engine)
{
    struct fetch *fetch = &engine->fetch;
    struct error err = {0};
    const char *ids[ENGINE_FETCH_MAX];
    if (fetch->active || engine->source == NULL || engine->paused || engine->draining)
        return;
    if (!journal_take_due(engine->journal, clock_wall_us(), ENGINE_FETCH_MAX, &fetch->due,
                          &fetch->due_count, &err)) {
        engine_fail(engine, &err);
        return;
    }
    if (fetch->due_count == 0)
        return;
    for (size_t i = 0; i < fetch->due_count; i++)
        ids[i] = fetch->due[i].source_id;
    fetch->active = true;
    engine->ops->fetch(engine->source, ids, fetch->due_count, fetched, engine);
}

/* Without a source, or of one that this engine does not read, there is nothing to ask for. */
static bool names_source(const struct engine *engine, const struct value *arguments)
{
    const struct value *source = value_get(arguments, "source");
    return source != NULL && source->kind == VALUE_STRING &&
           str_equal(source->text, str_from(engine->ops->name));
}

/* {"source_id": ID}, or {"source_ids": [ID...]} of at most ENGINE_FETCH_MAX; a verification's also
 * say "repair": true, and for those it found absent how many there are and of how many. */
static size_t pull_ids(const struct value *arguments, struct str *ret_ids)
{
    const struct value *one = value_get(arguments, "source_id");
    const struct value *list = value_get(arguments, "source_ids");
    size_t count = 0;
    if (one != NULL && one->kind == VALUE_STRING && one->text.len > 0)
        ret_ids[count++] = one->text;
    if (list == NULL || list->kind != VALUE_ARRAY || list->array.count > ENGINE_FETCH_MAX - count)
        return count;
    for (size_t i = 0; i < list->array.count; i++) {
        if (list->array.items[i].kind == VALUE_STRING && list->array.items[i].text.len > 0)
            ret_ids[count++] = list->array.items[i].text;
    }
    return count;
}

static uint64_t pull_number(const struct value *arguments, const char *name)
{
    const struct value *number = value_get(arguments, name);
    return number != NULL && number->kind == VALUE_INT && number->integer > 0
               ? (uint64_t)number->integer
               : 0;
}

static void pull_ask(struct engine *engine, const struct str *ids, size_t count)
{
    const char *texts[ENGINE_FETCH_MAX];
    struct arena arena = {0};
    for (size_t i = 0; i < count; i++)
        texts[i] = arena_copy(&arena, ids[i]).data;
    engine->ops->fetch(engine->source, texts, count, fetched, engine);
    arena_free(&arena);
}

void fetch_pull(struct engine *engine, struct command *take_command)
{
    struct fetch *fetch = &engine->fetch;
    struct error err = {0};
    struct arena arena = {0};
    const struct value *arguments = NULL;
    struct str ids[ENGINE_FETCH_MAX];
    size_t count = 0;
    fetch->active = true;
    fetch->command = *take_command;
    *take_command = (struct command){0};
    if (json_parse(str_from(fetch->command.arguments), &arena, &arguments, &err))
        count = pull_ids(arguments, ids);
    const struct value *repair = value_get(arguments, "repair");
    fetch->repair = repair != NULL && repair->kind == VALUE_BOOL && repair->boolean;
    fetch->absences = pull_number(arguments, "absences");
    fetch->view = pull_number(arguments, "view");
    if (count == 0 || !names_source(engine, arguments)) {
        fetch_finish_command(engine, "refused", "no document of a source that is read here");
        fetch_clear(engine);
    } else {
        pull_ask(engine, ids, count);
    }
    arena_free(&arena);
}

/* "3 created, 1 failed" */
static void fetch_words(const struct result *result, char *ret_message, size_t size)
{
    size_t counts[OUTCOME_COUNT] = {0};
    size_t len = 0;
    for (size_t i = 0; i < result->count; i++)
        counts[result->changes[i].outcome]++;
    ret_message[0] = '\0';
    for (enum outcome outcome = OUTCOME_NONE; outcome < OUTCOME_COUNT; outcome++) {
        if (counts[outcome] > 0 && len < size)
            len += (size_t)snprintf(ret_message + len, size - len, "%s%zu %s", len == 0 ? "" : ", ",
                                    counts[outcome], outcome_name(outcome));
    }
}

static void fetch_answer(struct engine *engine, const struct result *result)
{
    const struct settled_change *change = &result->changes[0];
    char message[400];
    if (result->count == 1)
        snprintf(message, sizeof(message), "%s%s%s", outcome_name(change->outcome),
                 change->error == NULL ? "" : ": ",
                 change->error == NULL ? "" : change->error->message);
    else
        fetch_words(result, message, sizeof(message));
    bool failed =
        result->counts.failed > 0 || (result->count == 1 && change->outcome == OUTCOME_ABSENT);
    fetch_finish_command(engine, failed ? "failed" : "done", message);
}

void fetch_finish(struct engine *engine, const struct result *result)
{
    if (result->job->kind != JOB_FETCH)
        return;
    if (result->abandoned)
        fetch_finish_command(engine, "failed", "stopped before it was committed");
    else if (result->count > 0)
        fetch_answer(engine, result);
    if (result->job->sweep)
        engine->minute.absences += result->counts.deleted;
    fetch_clear(engine);
}
