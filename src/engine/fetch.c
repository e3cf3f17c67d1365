/* Documents read by id: failures whose time has come, and `pull`. A retry always reads the newest
 * document. */
#include <stdio.h>
#include <stdlib.h>

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

static void fetched(void *context, struct page *take_found, char **take_missing, size_t missing,
                    int64_t read_time_ns, const struct error *err)
{
    struct engine *engine = context;
    struct fetch *fetch = &engine->fetch;
    if (err != NULL) {
        fetch_failed(engine, err);
        return;
    }
    struct job *job = memory_zero(1, sizeof(*job));
    job->kind = JOB_FETCH;
    job->source = SOURCE_FIRESTORE;
    job->ops = engine->ops;
    job->page = take_found;
    job->missing = take_missing;
    job->missing_count = missing;
    job->read_time_ns = read_time_ns;
    job->epoch = engine->backfill.epoch;
    job->due = fetch->due;
    job->due_count = fetch->due_count;
    job->command_id = fetch->command.id;
    fetch->due = NULL;
    fetch->due_count = 0;
    const struct command *command = &fetch->command;
    snprintf(job->operator_name, sizeof(job->operator_name), "%s",
             command->id != 0 ? command->operator_name : engine->operator_name);
    snprintf(job->origin, sizeof(job->origin), "%s",
             command->id != 0 ? command->origin : engine->origin);
    engine->last_event_us = clock_wall_us();
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

void fetch_pull(struct engine *engine, struct command *take_command)
{
    struct fetch *fetch = &engine->fetch;
    struct error err = {0};
    struct arena arena = {0};
    const struct value *arguments = NULL;
    const struct value *id = NULL;
    fetch->active = true;
    fetch->command = *take_command;
    *take_command = (struct command){0};
    if (json_parse(str_from(fetch->command.arguments), &arena, &arguments, &err))
        id = value_get(arguments, "source_id");
    if (id == NULL || id->kind != VALUE_STRING || id->text.len == 0 ||
        !names_source(engine, arguments)) {
        fetch_finish_command(engine, "refused", "no document of a source that is read here");
        fetch_clear(engine);
    } else {
        AUTO_FREE char *text = memory_string_str(id->text);
        const char *ids[] = {text};
        engine->ops->fetch(engine->source, ids, 1, fetched, engine);
    }
    arena_free(&arena);
}

void fetch_finish(struct engine *engine, const struct result *result)
{
    char message[400];
    if (result->job->kind != JOB_FETCH)
        return;
    if (result->abandoned) {
        fetch_finish_command(engine, "failed", "stopped before it was committed");
    } else if (result->count > 0) {
        const struct settled_change *change = &result->changes[0];
        bool failed = change->outcome == OUTCOME_FAILED || change->outcome == OUTCOME_ABSENT;
        snprintf(message, sizeof(message), "%s%s%s", outcome_name(change->outcome),
                 change->error == NULL ? "" : ": ",
                 change->error == NULL ? "" : change->error->message);
        fetch_finish_command(engine, failed ? "failed" : "done", message);
    }
    fetch_clear(engine);
}
