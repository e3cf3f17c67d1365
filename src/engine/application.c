/* Plans applied, batch by batch: see application.h. */
#include "engine/application.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"
#include "journal/planning.h"
#include "model/json.h"

#define LEAVE_ROWS 2000 /* conflicts left as they are in a step */

/* ---- the arguments ---- */

static bool text_is(const struct value *value, const char *text)
{
    return value != NULL && value->kind == VALUE_STRING && str_equal(value->text, str_from(text));
}

static size_t list_count(const struct value *list)
{
    return list != NULL && list->kind == VALUE_ARRAY ? list->array.count : 0;
}

static bool parse_action(struct str name, unsigned *ret_bit)
{
    for (unsigned i = 0; i < PLAN_UNCHANGED; i++) {
        if (str_equal(name, str_from(plan_action_name((enum plan_action)i)))) {
            *ret_bit = 1u << i;
            return true;
        }
    }
    return false;
}

static bool parse_source(struct str name, unsigned *ret_bit)
{
    for (unsigned i = 0; i < SOURCE_COUNT; i++) {
        if (str_equal(name, str_from(source_kind_name((enum source_kind)i)))) {
            *ret_bit = 1u << i;
            return true;
        }
    }
    return false;
}

typedef bool bit_fn(struct str name, unsigned *ret_bit);

/* A list of names as bits. */
static bool parse_bits(const struct value *arguments, const char *key, bit_fn *parse,
                       unsigned *ret_bits, struct error *err)
{
    const struct value *list = value_get(arguments, key);
    for (size_t i = 0; i < list_count(list); i++) {
        const struct value *item = &list->array.items[i];
        unsigned bit;
        if (item->kind != VALUE_STRING || !parse(item->text, &bit))
            return error_set(err, ERROR_COMMAND_ARGUMENTS, "\"%s\" has a word that is none of it",
                             key);
        *ret_bits |= bit;
    }
    return true;
}

static bool parse_ids(const struct value *arguments, struct application *application,
                      struct error *err)
{
    const struct value *list = value_get(arguments, "ids");
    struct buffer text = {.max = JSON_MAX_BYTES};
    if (list_count(list) == 0)
        return true;
    for (size_t i = 0; i < list->array.count; i++) {
        if (list->array.items[i].kind != VALUE_INT)
            return error_set(err, ERROR_COMMAND_ARGUMENTS, "\"ids\" are numbers of rows");
    }
    json_append(&text, list, false);
    application->ids = text.data;
    application->pick.ids = text.data;
    return true;
}

static bool read_plan(struct engine *engine, const struct value *arguments, struct error *err)
{
    const struct value *id = value_get(arguments, "plan");
    char text[40];
    if (id == NULL || id->kind != VALUE_STRING || id->text.len >= sizeof(text))
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "\"plan\" names no plan");
    snprintf(text, sizeof(text), "%.*s", STR_ARG(id->text));
    return journal_plan_summary(engine->journal, text, &engine->application.plan, err);
}

/* One that is being applied was looked at when that began. */
static bool check_plan(struct engine *engine, bool stale_wanted, struct error *err)
{
    const struct plan_summary *plan = &engine->application.plan;
    if (plan->state == PLAN_BUILDING || plan->state == PLAN_ABANDONED)
        return error_set(err, ERROR_PLAN_STATE, "plan %.8s is %s", plan->id,
                         plan_state_name(plan->state));
    if (plan->state != PLAN_APPLYING && !stale_wanted &&
        clock_wall_us() - plan->started_us > PLAN_STALE_US)
        return error_set(err, ERROR_PLAN_STALE, "plan %.8s is older than a day", plan->id);
    return true;
}

static bool parse(struct engine *engine, struct arena *arena, struct error *err)
{
    struct application *application = &engine->application;
    const struct value *arguments = NULL;
    if (!json_parse(str_from(application->command.arguments), arena, &arguments, err))
        return false;
    const struct value *stale = value_get(arguments, "stale");
    bool stale_wanted = stale != NULL && stale->kind == VALUE_BOOL && stale->boolean;
    application->leaving = text_is(value_get(arguments, "conflicts"), "leave");
    return parse_bits(arguments, "actions", parse_action, &application->pick.actions, err) &&
           parse_bits(arguments, "sources", parse_source, &application->pick.sources, err) &&
           parse_ids(arguments, application, err) && read_plan(engine, arguments, err) &&
           check_plan(engine, stale_wanted, err) &&
           journal_plan_set(engine->journal, application->plan.id, PLAN_APPLYING, "", err);
}

/* ---- begin and end ---- */

static void application_clear(struct application *application)
{
    struct command next = application->next;
    command_free(&application->command);
    free(application->ids);
    for (size_t i = 0; i < APPLICATION_READS; i++)
        plan_targets_free(application->reads[i].targets, application->reads[i].count);
    *application = (struct application){.next = next};
}

void application_free(struct application *application)
{
    application_clear(application);
    command_free(&application->next);
}

bool command_apply(struct engine *engine, struct command *command, char *ret_message, size_t size,
                   const char **ret_result)
{
    struct application *application = &engine->application;
    struct arena arena = {0};
    struct error err = {0};
    if (application->active) {
        application->next = *command;
        *command = (struct command){0};
        return false;
    }
    application->command = *command;
    *command = (struct command){0};
    bool good = parse(engine, &arena, &err);
    arena_free(&arena);
    application->active = good;
    if (good) {
        log_info("plan", "applying %s", application->plan.id);
        return false;
    }
    if (error_class(&err) == CLASS_STORAGE)
        engine_fail(engine, &err);
    snprintf(ret_message, size, "%s: %s", error_info(err.id)->code, err.message);
    *ret_result = "refused";
    application_clear(application);
    return true;
}

static void append_count(char *text, size_t size, uint64_t count, const char *word)
{
    size_t len = strlen(text);
    if (count > 0)
        snprintf(text + len, size - len, "%s%llu %s", len == 0 ? "" : ", ",
                 (unsigned long long)count, word);
}

static void end_words(const struct application *application, uint64_t open, char *ret_message,
                      size_t size)
{
    ret_message[0] = '\0';
    for (unsigned i = PLAN_ROW_APPLIED; i < PLAN_ROW_STATE_COUNT; i++)
        append_count(ret_message, size, application->states[i],
                     plan_row_state_name((enum plan_row_state)i));
    if (ret_message[0] == '\0')
        snprintf(ret_message, size, "nothing was open");
    append_count(ret_message, size, open, "still open");
    size_t len = strlen(ret_message);
    if (application->error.id != ERROR_NONE)
        snprintf(ret_message + len, size - len, "; ended early: %s: %s",
                 error_info(application->error.id)->code, application->error.message);
}

static const char *end_result(const struct application *application)
{
    if (application->error.id == ERROR_PLAN_TARGET || application->error.id == ERROR_PLAN_SOURCE)
        return "refused";
    bool partly = application->states[PLAN_ROW_MOVED] + application->states[PLAN_ROW_FAILED] > 0;
    return application->error.id != ERROR_NONE || partly ? "failed" : "done";
}

static void application_end(struct engine *engine)
{
    struct application *application = &engine->application;
    struct error err = {0};
    char message[400];
    struct plan_summary plan;
    if (!journal_plan_summary(engine->journal, application->plan.id, &plan, &err)) {
        engine_fail(engine, &err);
        return;
    }
    uint64_t open = plan.states[PLAN_ROW_OPEN];
    end_words(application, open, message, sizeof(message));
    log_info("plan", "%s: %s", plan.id, message);
    if (!journal_plan_set(engine->journal, plan.id, open == 0 ? PLAN_APPLIED : PLAN_READY, message,
                          &err) ||
        !journal_finish_command(engine->journal, application->command.id, end_result(application),
                                message, &err))
        engine_fail(engine, &err);
    application_clear(application);
}

/* ---- reading ---- */

static void application_stop(struct engine *engine, const struct error *err)
{
    struct application *application = &engine->application;
    if (application->error.id == ERROR_NONE)
        application->error = *err;
    log_error("plan", err, source_kind_name(application->source), NULL);
}

static struct job *application_job(struct engine *engine, struct application_read *read,
                                   const struct source_ops *ops, struct page *take_found)
{
    const struct application *application = &engine->application;
    struct job *job = memory_zero(1, sizeof(*job));
    job->kind = JOB_APPLY;
    job->source = read->source;
    job->ops = ops;
    job->page = take_found;
    job->policy = GONE_TOMBSTONE; /* a person picked it */
    job->targets = read->targets;
    job->target_count = read->count;
    job->command_id = application->command.id;
    memcpy(job->plan_id, application->plan.id, sizeof(job->plan_id));
    STR_FILL(job->target_identity, application->plan.target);
    STR_FILL(job->operator_name, application->command.operator_name);
    STR_FILL(job->origin, application->command.origin);
    read->targets = NULL;
    read->count = 0;
    return job;
}

static void read_clear(struct application_read *read)
{
    plan_targets_free(read->targets, read->count);
    read->targets = NULL;
    read->count = 0;
}

static void application_failed(struct application_read *read, const struct error *err)
{
    read->engine->application.out--;
    read->active = false;
    read_clear(read);
    application_stop(read->engine, err);
}

static void application_submit(struct application_read *read, struct page *take_found,
                               char **take_missing, size_t missing, int64_t read_time_ns)
{
    struct engine *engine = read->engine;
    const struct source_ops *ops =
        read->source == SOURCE_FIRESTORE ? engine->ops : lookback_ops(read->source);
    struct job *job = application_job(engine, read, ops, take_found);
    job_take_missing(job, take_missing, missing, read_time_ns);
    read->active = false;
    bucket_spend(&engine->pace, (double)(take_found == NULL ? 0 : take_found->count));
    writers_submit(engine->writers, job);
}

static void application_fetched(void *context, struct page *take_found, char **take_missing,
                                size_t missing, int64_t read_time_ns, const struct error *err)
{
    struct application_read *read = context;
    if (err != NULL) {
        application_failed(read, err);
        return;
    }
    read->engine->last_event_us = clock_wall_us();
    application_submit(read, take_found, take_missing, missing, read_time_ns);
}

void application_answered(struct engine *engine, struct lookback_answer *answer)
{
    struct application_read *read =
        &engine->application.reads[APPLICATION_RANGE - answer->request.range];
    if (!read->active)
        return;
    if (answer->error.id != ERROR_NONE) {
        application_failed(read, &answer->error);
        return;
    }
    struct page *page = answer->page;
    char **missing = answer->missing;
    size_t count = answer->missing_count;
    answer->page = NULL;
    answer->missing = NULL;
    answer->missing_count = 0;
    application_submit(read, page, missing, count, answer->read_time_ns);
}

/* Of another project, account or store the same ids are other documents. */
static bool source_is_the_plans(struct engine *engine, enum source_kind source, struct error *err)
{
    const char *planned = engine->application.plan.identities[source];
    const char *now = source == SOURCE_FIRESTORE ? engine->ops->identity(engine->source)
                                                 : lookback_identity(engine->lookback, source);
    return planned[0] == '\0' || strcmp(planned, now) == 0 ||
           error_set(err, ERROR_PLAN_SOURCE, "the plan was made from %s, not from %s", planned,
                     now);
}

static bool source_is_open(struct engine *engine, enum source_kind source, struct error *err)
{
    if (source != SOURCE_FIRESTORE)
        return lookback_has(engine->lookback, source, err);
    if (engine->source == NULL)
        *err = engine->source_error;
    return engine->source != NULL;
}

static void application_look_back(struct engine *engine, struct application_read *read)
{
    struct lookback_request request = {
        .kind = LOOKBACK_FETCH,
        .source = read->source,
        .id_count = read->count,
        .range = APPLICATION_RANGE - (int)(read - engine->application.reads),
    };
    request.ids = memory_zero(read->count, sizeof(*request.ids));
    for (size_t i = 0; i < read->count; i++)
        request.ids[i] = memory_string(read->targets[i].source_id);
    lookback_ask(engine->lookback, &request);
}

static bool application_read(struct engine *engine, struct application_read *read)
{
    const char *ids[ENGINE_FETCH_MAX];
    struct error err = {0};
    if (!source_is_open(engine, read->source, &err) ||
        !source_is_the_plans(engine, read->source, &err)) {
        application_stop(engine, &err);
        return false;
    }
    read->active = true;
    engine->application.out++;
    if (read->source != SOURCE_FIRESTORE) {
        application_look_back(engine, read);
        return true;
    }
    for (size_t i = 0; i < read->count; i++)
        ids[i] = read->targets[i].source_id;
    engine->ops->fetch(engine->source, ids, read->count, application_fetched, read);
    return true;
}

static void application_take(struct engine *engine, struct application_read *read)
{
    struct application *application = &engine->application;
    struct error err = {0};
    read->engine = engine;
    read->source = application->source;
    if (!journal_plan_take(engine->journal, application->plan.id, &application->pick,
                           application->source, application->after, ENGINE_FETCH_MAX,
                           &read->targets, &read->count, &err)) {
        engine_fail(engine, &err);
        return;
    }
    if (read->count == 0) {
        read_clear(read);
        application->taken = true;
        return;
    }
    application->after = read->targets[read->count - 1].row_id;
    if (!application_read(engine, read))
        read_clear(read);
}

/* What is picked of conflicts only to be left goes first; the others are not taken then. */
static void application_leave(struct engine *engine)
{
    struct application *application = &engine->application;
    struct error err = {0};
    uint64_t left = 0;
    bool more = false;
    if (!journal_plan_leave(engine->journal, application->plan.id, &application->pick, LEAVE_ROWS,
                            &left, &more, &err)) {
        engine_fail(engine, &err);
        return;
    }
    application->states[PLAN_ROW_LEFT] += left;
    application->leaving = more;
    if (!more && application->pick.actions == 1u << PLAN_CONFLICT && application->ids == NULL)
        application->source = SOURCE_COUNT;
}

static struct application_read *free_read(struct application *application)
{
    for (size_t i = 0; i < APPLICATION_READS; i++) {
        if (!application->reads[i].active)
            return &application->reads[i];
    }
    return NULL;
}

static bool may_take(const struct engine *engine)
{
    const struct application *application = &engine->application;
    return application->error.id == ERROR_NONE && application->source < SOURCE_COUNT &&
           !application->taken && application->out < APPLICATION_READS &&
           !engine_paused(engine, application->source) && !engine->draining &&
           !atomic_load(&engine->stop_requested);
}

/* A source's rows are settled before the next one's are read: Printful's orders attach to the sales
 * that the same plan creates, as they do in a sync. */
static void application_take_all(struct engine *engine)
{
    struct application *application = &engine->application;
    struct application_read *read;
    do {
        if (application->taken) {
            application->source++;
            application->after = 0;
            application->taken = false;
        }
        while (may_take(engine) && (read = free_read(application)) != NULL)
            application_take(engine, read);
    } while (application->taken && application->out == 0);
}

static void application_next(struct engine *engine)
{
    struct application *application = &engine->application;
    struct command command = application->next;
    application->next = (struct command){0};
    if (command.id != 0)
        command_run(engine, &command);
    command_free(&command);
}

void application_step(struct engine *engine)
{
    struct application *application = &engine->application;
    if (!application->active || engine->draining)
        return;
    if (application->leaving) {
        application_leave(engine);
        return;
    }
    if (!application->taken || application->out == 0)
        application_take_all(engine);
    bool over = application->source == SOURCE_COUNT || application->error.id != ERROR_NONE;
    if (application->out > 0 || !over)
        return;
    application_end(engine);
    application_next(engine);
}

/* ---- settling ---- */

static enum plan_row_state row_state(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_CREATED:
    case OUTCOME_UPDATED:
    case OUTCOME_DELETED:
    case OUTCOME_UNCHANGED: /* by this very plan, before a crash; or it stands there already */
    case OUTCOME_UNATTACHED:
        return PLAN_ROW_APPLIED;
    case OUTCOME_STALE:
    case OUTCOME_MOVED:
    case OUTCOME_ABSENT:
        return PLAN_ROW_MOVED;
    case OUTCOME_HELD:
    case OUTCOME_FAILED:
        return PLAN_ROW_FAILED;
    case OUTCOME_NONE:
    case OUTCOME_COUNT:
        break;
    }
    return PLAN_ROW_OPEN;
}

static const struct plan_target *find_target(const struct job *job, const char *source_id)
{
    for (size_t i = 0; i < job->target_count; i++) {
        if (strcmp(job->targets[i].source_id, source_id) == 0)
            return &job->targets[i];
    }
    return NULL;
}

static const char *row_message(const struct result *result, size_t i, enum plan_row_state state)
{
    const struct settled_change *change = &result->changes[i];
    if (state == PLAN_ROW_FAILED && change->error != NULL)
        return change->error->message;
    if (state != PLAN_ROW_MOVED)
        return "";
    return result->reasons == NULL ? "" : result->reasons[i];
}

void application_settle(struct engine *engine, const struct result *result)
{
    struct application *application = &engine->application;
    struct plan_outcome outcomes[ENGINE_FETCH_MAX];
    struct error err = {0};
    size_t count = 0;
    if (result->job->kind != JOB_APPLY)
        return;
    for (size_t i = 0; i < result->count && count < ENGINE_FETCH_MAX; i++) {
        const struct plan_target *target = find_target(result->job, result->changes[i].source_id);
        enum plan_row_state state = row_state(result->changes[i].outcome);
        if (target == NULL || state == PLAN_ROW_OPEN)
            continue;
        application->states[state]++;
        outcomes[count++] =
            (struct plan_outcome){target->row_id, state, row_message(result, i, state)};
    }
    if (!journal_plan_settle(engine->journal, result->job->plan_id, outcomes, count, &err))
        engine_fail(engine, &err);
    application->out--;
}

void application_abandoned(struct engine *engine, const struct result *result)
{
    struct error err = {0};
    if (result->job->kind != JOB_APPLY)
        return;
    engine->application.out--;
    if (result->wrong_target) {
        error_set(&err, ERROR_PLAN_TARGET, "the plan was made against %s, not against %s",
                  result->job->target_identity, result->target_identity);
        application_stop(engine, &err);
    }
}
