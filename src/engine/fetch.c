/* Documents read by id: failures whose time has come, `pull` and `inspect`. A retry always reads
 * the newest document. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"
#include "journal/inspection.h"
#include "model/json.h"

void fetch_init(struct engine *engine)
{
    for (int i = 0; i < SOURCE_COUNT; i++)
        engine->fetches[i] = (struct fetch){.engine = engine, .source = (enum source_kind)i};
}

bool fetch_active(const struct engine *engine)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (engine->fetches[i].active)
            return true;
    }
    return false;
}

static void fetch_clear(struct fetch *fetch)
{
    due_retry_free(fetch->due, fetch->due_count);
    command_free(&fetch->command);
    *fetch = (struct fetch){.engine = fetch->engine, .source = fetch->source};
}

static void fetch_finish_command(struct fetch *fetch, const char *result, const char *message)
{
    struct engine *engine = fetch->engine;
    struct error err = {0};
    if (fetch->command.id != 0 &&
        !journal_finish_command(engine->journal, fetch->command.id, result, message, &err))
        engine_fail(engine, &err);
}

void fetch_give_back(struct engine *engine)
{
    struct error err = {0};
    for (int i = 0; i < SOURCE_COUNT; i++) {
        struct fetch *fetch = &engine->fetches[i];
        if (fetch->due_count > 0 && !journal_give_back(engine->journal, fetch->due,
                                                       fetch->due_count, clock_wall_us(), &err))
            engine_fail(engine, &err);
        fetch_clear(fetch);
    }
}

/* A one-off command ends with what keeps Firestore from answering. Stripe or Printful may fail
 * beside a sync of the other: their failures stay due. */
static void fetch_failed(struct fetch *fetch, const struct error *err)
{
    struct engine *engine = fetch->engine;
    struct error journal_error = {0};
    bool commanded = fetch->command.id != 0;
    log_error("retry", err, source_kind_name(fetch->source), NULL);
    if (fetch->source == SOURCE_FIRESTORE)
        engine->source_error = *err;
    fetch_finish_command(fetch, "failed", err->message);
    if (fetch->due_count > 0 &&
        !journal_give_back(engine->journal, fetch->due, fetch->due_count,
                           clock_wall_us() + ENGINE_RETRY_SOURCE_US, &journal_error))
        engine_fail(engine, &journal_error);
    fetch_clear(fetch);
    if (engine->options.once && (fetch->source == SOURCE_FIRESTORE || commanded))
        engine_fail(engine, err);
}

static bool fetch_is_wanted(const struct job *job, const char *id)
{
    for (size_t i = 0; i < job->due_count; i++) {
        if (job->due[i].wanted && strcmp(job->due[i].source_id, id) == 0)
            return true;
    }
    return false;
}

/* A delete that waits for a person's word, or was refused by one, takes the word release: reading
 * its document by id, to pull or to inspect it, is not that word. */
static bool fetch_decide_pulled(const struct fetch *fetch, struct job *job, struct error *err)
{
    for (size_t i = 0; i < job->gone_count; i++) {
        bool held = false;
        if (!journal_is_deletion(fetch->engine->journal, fetch->source, job->gone[i].id, &held,
                                 err))
            return false;
        job->gone[i].decided = !held;
        if (held)
            job->hold = ERROR_ABSENCE_HELD;
    }
    return true;
}

/* What a person released, retried or pulled is deleted whatever `deletes` says. What a verification
 * found absent is not a person's word: `deletes` counts, and the limit of absences. */
static bool fetch_decide(const struct fetch *fetch, struct job *job, struct error *err)
{
    struct engine *engine = fetch->engine;
    uint64_t budget = 0;
    job->repair = fetch->repair;
    job->sweep = fetch->repair && job->gone_count > 0;
    if (job->command_id != 0 && !job->sweep)
        return fetch_decide_pulled(fetch, job, err);
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

static const struct source_ops *fetch_ops(const struct fetch *fetch)
{
    return fetch->source == SOURCE_FIRESTORE ? fetch->engine->ops : lookback_ops(fetch->source);
}

static struct job *fetch_job(struct fetch *fetch, struct page *take_found, char **take_missing,
                             size_t missing, int64_t read_time_ns)
{
    struct engine *engine = fetch->engine;
    const struct command *command = &fetch->command;
    struct job *job = memory_zero(1, sizeof(*job));
    job->kind = JOB_FETCH;
    job->source = fetch->source;
    job->ops = fetch_ops(fetch);
    job->page = take_found;
    job->policy = (enum gone_policy)settings_integer(engine->settings, SET_DELETES);
    job->epoch = engine->backfill.epoch;
    job_take_missing(job, take_missing, missing, read_time_ns);
    job->due = fetch->due;
    job->due_count = fetch->due_count;
    job->command_id = command->id;
    job->dry_run = fetch->inspect;
    STR_FILL(job->operator_name, command->id != 0 ? command->operator_name : engine->operator_name);
    STR_FILL(job->origin, command->id != 0 ? command->origin : engine->origin);
    fetch->due = NULL;
    fetch->due_count = 0;
    return job;
}

static void fetch_submit(struct fetch *fetch, struct job *job)
{
    struct engine *engine = fetch->engine;
    struct error undecided = {0};
    if (!fetch_decide(fetch, job, &undecided))
        engine_fail(engine, &undecided); /* cancels the writers: the job comes back abandoned */
    bucket_spend(&engine->pace, (double)(job->page == NULL ? 0 : job->page->count));
    writers_submit(engine->writers, job);
}

static void fetched(void *context, struct page *take_found, char **take_missing, size_t missing,
                    int64_t read_time_ns, const struct error *err)
{
    struct fetch *fetch = context;
    if (err != NULL) {
        fetch_failed(fetch, err);
        return;
    }
    fetch->engine->last_event_us = clock_wall_us();
    fetch_submit(fetch, fetch_job(fetch, take_found, take_missing, missing, read_time_ns));
}

void fetch_answered(struct engine *engine, struct lookback_answer *answer)
{
    struct fetch *fetch = &engine->fetches[answer->request.source];
    if (!fetch->active)
        return;
    if (answer->error.id != ERROR_NONE) {
        fetch_failed(fetch, &answer->error);
        return;
    }
    struct job *job = fetch_job(fetch, answer->page, answer->missing, answer->missing_count,
                                answer->read_time_ns);
    answer->page = NULL;
    answer->missing = NULL;
    answer->missing_count = 0;
    fetch_submit(fetch, job);
}

static void fetch_ask(struct fetch *fetch, const char *const *ids, size_t count)
{
    struct engine *engine = fetch->engine;
    fetch->active = true;
    if (fetch->source == SOURCE_FIRESTORE) {
        engine->ops->fetch(engine->source, ids, count, fetched, fetch);
        return;
    }
    struct lookback_request request = {
        .kind = LOOKBACK_FETCH, .source = fetch->source, .id_count = count, .range = -1};
    request.ids = memory_zero(count, sizeof(*request.ids));
    for (size_t i = 0; i < count; i++)
        request.ids[i] = memory_string(ids[i]);
    lookback_ask(engine->lookback, &request);
}

static bool fetch_open(const struct fetch *fetch, struct error *err)
{
    struct engine *engine = fetch->engine;
    if (fetch->source != SOURCE_FIRESTORE)
        return lookback_has(engine->lookback, fetch->source, err);
    if (engine->source == NULL && err != NULL)
        *err = engine->source_error;
    return engine->source != NULL;
}

/* A one-off sync retries what failed in its own sources; another may be down, and is not waited
 * for. */
static bool fetch_may(const struct fetch *fetch)
{
    const struct engine_options *options = &fetch->engine->options;
    bool asked =
        !options->sync || !options->once || (options->sync_sources & (1u << fetch->source)) != 0;
    return asked && !fetch->active && fetch_open(fetch, NULL);
}

void fetch_due(struct engine *engine)
{
    struct error err = {0};
    if (engine->draining)
        return;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        struct fetch *fetch = &engine->fetches[i];
        const char *ids[ENGINE_FETCH_MAX];
        if (engine_paused(engine, fetch->source) || !fetch_may(fetch))
            continue;
        if (!journal_take_due(engine->journal, 1u << i, clock_wall_us(), ENGINE_FETCH_MAX,
                              &fetch->due, &fetch->due_count, &err)) {
            engine_fail(engine, &err);
            return;
        }
        for (size_t k = 0; k < fetch->due_count; k++)
            ids[k] = fetch->due[k].source_id;
        if (fetch->due_count > 0)
            fetch_ask(fetch, ids, fetch->due_count);
    }
}

/* The engine's own source answers to its name, which on a stage is none of these. */
static bool pull_source(const struct engine *engine, const struct value *arguments,
                        enum source_kind *ret_source)
{
    const struct value *source = value_get(arguments, "source");
    char name[24];
    if (source == NULL || source->kind != VALUE_STRING)
        return false;
    snprintf(name, sizeof(name), "%.*s", STR_ARG(source->text));
    if (strcmp(name, engine->ops->name) != 0)
        return source_kind_parse(name, ret_source);
    *ret_source = SOURCE_FIRESTORE;
    return true;
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

static void pull_ask(struct fetch *fetch, const struct str *ids, size_t count)
{
    const char *texts[ENGINE_FETCH_MAX];
    struct arena arena = {0};
    for (size_t i = 0; i < count; i++)
        texts[i] = arena_copy(&arena, ids[i]).data;
    fetch_ask(fetch, texts, count);
    arena_free(&arena);
}

static bool pull_begin(struct engine *engine, const struct value *arguments,
                       struct command *take_command, struct error *err)
{
    struct str ids[ENGINE_FETCH_MAX];
    enum source_kind source = SOURCE_FIRESTORE;
    size_t count = pull_ids(arguments, ids);
    bool alone = strcmp(take_command->kind, INSPECT_KIND) == 0;
    if (count == 0 || (alone && count > 1) || !pull_source(engine, arguments, &source))
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "no document of a source that is read here");
    struct fetch *fetch = &engine->fetches[source];
    if (!fetch_open(fetch, err))
        return false;
    const struct value *repair = value_get(arguments, "repair");
    bool repairs = repair != NULL && repair->kind == VALUE_BOOL && repair->boolean;
    if (repairs && engine_paused(engine, source))
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "the source is paused: resume it first");
    fetch->inspect = alone;
    fetch->repair = repairs;
    fetch->absences = pull_number(arguments, "absences");
    fetch->view = pull_number(arguments, "view");
    fetch->command = *take_command;
    *take_command = (struct command){0};
    pull_ask(fetch, ids, count);
    return true;
}

bool fetch_pull(struct engine *engine, struct command *take_command, struct error *err)
{
    struct arena arena = {0};
    const struct value *arguments = NULL;
    bool begun = json_parse(str_from(take_command->arguments), &arena, &arguments, err) &&
                 pull_begin(engine, arguments, take_command, err);
    arena_free(&arena);
    return begun;
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

/* ---- inspect ---- */

/* "would update 3 fields" */
static void entry_words(const struct plan_entry *entry, bool held, char *ret_message, size_t size)
{
    if (entry->action == PLAN_CONFLICT && entry->error != NULL)
        snprintf(ret_message, size, "would %s with %s: %s", held ? "be held" : "fail",
                 error_info(entry->error->id)->code, entry->error->message);
    else
        snprintf(ret_message, size, "would %s, %u field%s",
                 entry->action == PLAN_CREATE      ? "create it"
                 : entry->action == PLAN_TOMBSTONE ? "take it for deleted"
                                                   : "update it",
                 entry->field_count, entry->field_count == 1 ? "" : "s");
}

/* Of what would change nothing. */
static void nothing_words(const struct settled_change *change, char *ret_message, size_t size)
{
    if (change->outcome == OUTCOME_ABSENT)
        snprintf(ret_message, size, "its source does not hold it");
    else if (change->outcome == OUTCOME_STALE)
        snprintf(ret_message, size, "would change nothing: the target holds a newer version");
    else
        snprintf(ret_message, size, "would change nothing%s%s", change->error == NULL ? "" : ": ",
                 change->error == NULL ? "" : change->error->message);
}

static void inspect_tell(struct fetch *fetch, const struct result *result)
{
    char message[400] = "nothing came of it";
    if (result->entry_count > 0)
        entry_words(&result->entries[0],
                    result->count > 0 && result->changes[0].outcome == OUTCOME_HELD, message,
                    sizeof(message));
    else if (result->count > 0)
        nothing_words(&result->changes[0], message, sizeof(message));
    fetch_finish_command(fetch, "done", message);
}

static const char *fetch_identity(const struct fetch *fetch)
{
    const struct engine *engine = fetch->engine;
    return fetch->source == SOURCE_FIRESTORE ? engine->ops->identity(engine->source)
                                             : lookback_identity(engine->lookback, fetch->source);
}

void fetch_inspected(struct engine *engine, struct result *result)
{
    struct job *job = result->job;
    struct fetch *fetch = &engine->fetches[job->source];
    if (result->entry_count > 0) {
        if (!planning_begin(engine, INSPECT_KIND, 1u << job->source, job->plan_id))
            return;
        planning_source(engine, job->plan_id, job->source, fetch_identity(fetch));
        if (!planning_settle(engine, result))
            return;
        planning_end(engine, job->plan_id, NULL);
    }
    inspect_tell(fetch, result);
    fetch_clear(fetch);
}

/* ---- the end ---- */

static void fetch_tell(struct fetch *fetch, const struct result *result)
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
    fetch_finish_command(fetch, failed ? "failed" : "done", message);
}

void fetch_finish(struct engine *engine, const struct result *result)
{
    struct fetch *fetch = &engine->fetches[result->job->source];
    if (result->job->kind != JOB_FETCH)
        return;
    if (result->abandoned)
        fetch_finish_command(fetch, "failed", "stopped before it was committed");
    else if (result->count > 0)
        fetch_tell(fetch, result);
    measure_absences(engine, result);
    if (result->job->due_count > 0)
        engine->next_due_us = 0; /* more may wait, or a bulk action for this */
    if (engine->commands_waited)
        engine->next_poll_us = 0;
    fetch_clear(fetch);
}
