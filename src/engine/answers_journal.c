/* Answers from the journal and from the engine's status. */
#include "engine/answers.h"

#include "base/clock.h"
#include "journal/verification.h"

#define FAILURES_MAX 500
#define GROUPS_MAX 500
#define QUICK_US 60000    /* of a frame: first rows within 100 ms */
#define DEEP_US 120000000 /* until a newer question interrupts it */

void answerer_close_journal(struct answerer *answerer)
{
    pthread_mutex_lock(&answerer->interrupt_mutex);
    struct journal_reader *reader = answerer->reader;
    answerer->reader = NULL;
    pthread_mutex_unlock(&answerer->interrupt_mutex);
    journal_reader_close(reader);
    free(answerer->facts);
    answerer->facts = NULL;
}

bool answerer_need_reader(struct answerer *answerer, struct error *err)
{
    struct journal_reader *reader = NULL;
    if (answerer->reader != NULL)
        return true;
    if (!journal_reader_open(settings_text(answerer->settings, SET_STATE_DIR), &reader, err))
        return false;
    pthread_mutex_lock(&answerer->interrupt_mutex);
    answerer->reader = reader;
    pthread_mutex_unlock(&answerer->interrupt_mutex);
    return true;
}

void answerer_end(struct answerer *answerer)
{
    pthread_mutex_lock(&answerer->interrupt_mutex);
    answerer->ending = true;
    pthread_mutex_unlock(&answerer->interrupt_mutex);
    answerer_interrupt(answerer);
}

bool answerer_is_ending(struct answerer *answerer)
{
    pthread_mutex_lock(&answerer->interrupt_mutex);
    bool ending = answerer->ending;
    pthread_mutex_unlock(&answerer->interrupt_mutex);
    return ending;
}

/* Counting a million rows four times a second would cost: only after the journal was written. */
static bool answerer_count(struct answerer *answerer, int64_t version, struct error *err)
{
    if (version == answerer->counted_version)
        return true;
    struct failure_filter all = search_all();
    struct failure_filter dead = search_all();
    dead.states = 1u << FAILURE_DEAD;
    if (!journal_count_failures(answerer->reader, &all, &answerer->unresolved, err) ||
        !journal_count_failures(answerer->reader, &dead, &answerer->dead, err))
        return false;
    answerer->counted_version = version;
    return true;
}

/* For the title: how many alerts need a person. */
static bool answer_firing(struct answerer *answerer, struct lookup_status *status,
                          struct error *err)
{
    struct alerts *alerts = memory_zero(1, sizeof(*alerts));
    bool judged = answerer_judge(answerer, status, alerts, err);
    status->have_alerts = judged;
    status->alerts = alerts->firing;
    free(alerts);
    return judged;
}

/* The engine's own word where it is in this process, else as the journal has it. */
static bool local_status(struct answerer *answerer, struct lookup_status *status)
{
    status->local =
        answerer->local != NULL && local_engine_status(answerer->local, &status->engine);
    status->have_engine = status->local;
    return status->local;
}

bool answerer_read_engine(struct answerer *answerer, struct lookup_status *status,
                          struct error *err)
{
    status->version = journal_reader_version(answerer->reader);
    if (local_status(answerer, status))
        return journal_read_verified(answerer->reader, &status->engine, err);
    if (!journal_read_status(answerer->reader, &status->engine, err))
        return false;
    status->have_engine = status->engine.beat_us > 0;
    return true;
}

bool answer_status(struct answerer *answerer, const struct lookup_request *request,
                   struct lookup_reply *reply, struct error *err)
{
    (void)request;
    struct lookup_status *status = &reply->status;
    struct error missing = {0};
    if (!answerer_need_reader(answerer, &missing)) {
        if (local_status(answerer, status) || error_class(&missing) == CLASS_NOT_FOUND)
            return true;
        *err = missing;
        return false;
    }
    if (!answerer_read_engine(answerer, status, err) ||
        !answerer_count(answerer, status->version, err))
        return false;
    status->unresolved = answerer->unresolved;
    status->dead = answerer->dead;
    return answer_firing(answerer, status, err);
}

/* What may take long ends early, and says so: the console asks for it again, deep. */
static bool answerer_begin(struct answerer *answerer, const struct lookup_request *request,
                           struct error *err)
{
    if (!answerer_need_reader(answerer, err))
        return false;
    bool deep = request->kind == LOOKUP_DEEP_GROUPS || request->kind == LOOKUP_DEEP_FAILURES;
    journal_reader_limit(answerer->reader, deep ? DEEP_US : QUICK_US);
    return !answerer_is_ending(answerer) ||
           error_set(err, ERROR_CONSOLE_ENDING, "the console is being left");
}

bool answer_failures(struct answerer *answerer, const struct lookup_request *request,
                     struct lookup_reply *reply, struct error *err)
{
    size_t max = request->max < FAILURES_MAX ? request->max : FAILURES_MAX;
    if (!answerer_begin(answerer, request, err) ||
        !journal_list_failures(answerer->reader, &request->filter, request->offset, max,
                               &reply->arena, &reply->failures.rows, &reply->failures.count, err))
        return false;
    reply->failures.cut = journal_reader_was_cut(answerer->reader);
    return true;
}

bool answer_groups(struct answerer *answerer, const struct lookup_request *request,
                   struct lookup_reply *reply, struct error *err)
{
    struct failure_filter all = search_all();
    uint64_t everything = 0;
    size_t max = request->max < GROUPS_MAX ? request->max : GROUPS_MAX;
    if (!answerer_begin(answerer, request, err) ||
        !journal_list_groups(answerer->reader, &request->filter, max, &reply->arena,
                             &reply->groups.groups, &reply->groups.count, &reply->groups.total,
                             err))
        return false;
    reply->groups.cut = journal_reader_was_cut(answerer->reader);
    if (!journal_count_failures(answerer->reader, &all, &everything, err))
        return false;
    reply->groups.hidden = everything > reply->groups.total ? everything - reply->groups.total : 0;
    return true;
}

bool answer_failure(struct answerer *answerer, const struct lookup_request *request,
                    struct lookup_reply *reply, struct error *err)
{
    int64_t id = request->failure_id;
    if (!answerer_need_reader(answerer, err))
        return false;
    if (id == 0 &&
        !journal_find_failure(answerer->reader, request->source, request->source_id, &id, err))
        return false;
    reply->found = id != 0;
    struct failure_detail *detail = &reply->failure;
    return id == 0 || (journal_read_failure(answerer->reader, id, &reply->arena, detail, err) &&
                       journal_list_actions(answerer->reader, detail, &reply->arena,
                                            &detail->actions, &detail->action_count, err));
}

bool answer_commands(struct answerer *answerer, const struct lookup_request *request,
                     struct lookup_reply *reply, struct error *err)
{
    return answerer_need_reader(answerer, err) &&
           journal_list_commands(answerer->reader, request->max, &reply->arena,
                                 &reply->commands.rows, &reply->commands.count, err);
}

bool answer_runs(struct answerer *answerer, const struct lookup_request *request,
                 struct lookup_reply *reply, struct error *err)
{
    return answerer_need_reader(answerer, err) &&
           journal_list_runs(answerer->reader, request->max, &reply->arena, &reply->runs.rows,
                             &reply->runs.count, err);
}

bool answer_send(struct answerer *answerer, const struct lookup_request *request,
                 struct lookup_reply *reply, struct error *err)
{
    return answerer_need_reader(answerer, err) &&
           journal_send_command(answerer->reader, request->command, request->arguments,
                                request->reason, &reply->command_id, err);
}

bool answer_log(struct answerer *answerer, const struct lookup_request *request,
                struct lookup_reply *reply, struct error *err)
{
    return answerer_need_reader(answerer, err) &&
           journal_read_log(answerer->reader, request->offset, request->max, &reply->arena,
                            &reply->log.entries, &reply->log.count, err);
}

static bool export_is_ending(void *context)
{
    return answerer_is_ending(context);
}

bool answerer_export(struct answerer *answerer, const struct lookup_request *request,
                     export_write_fn *write, const void *what, uint64_t *ret_count,
                     struct error *err)
{
    if (!answerer_need_reader(answerer, err))
        return false;
    struct export export = {
        .reader = answerer->reader, .stop = export_is_ending, .stop_context = answerer};
    if (!export_to_file(&export, request->source_id, write, what, err))
        return false;
    *ret_count = export.count;
    return true;
}

bool answer_export(struct answerer *answerer, const struct lookup_request *request,
                   struct lookup_reply *reply, struct error *err)
{
    return answerer_export(answerer, request, export_failures, &request->filter, &reply->exported,
                           err);
}
