/* Pages of a sync: what a look-back answered becomes jobs for the writers, or further questions. */
#include "engine/sync_page.h"

#include "base/clock.h"
#include "engine/state.h"

bool sync_is_dry(const struct sync *sync)
{
    return sync->plan_id[0] != '\0';
}

bool sync_range_is_unsettled(const struct sync *sync, const struct sync_range *range)
{
    return range->window.step >= lookback_ops(sync->source)->lookback->walk_count;
}

bool sync_range_is_refunds(const struct sync *sync, const struct sync_range *range)
{
    return !sync_range_is_unsettled(sync, range) && range->window.window.walk == LOOKBACK_REFUNDS;
}

void sync_checkpoint_move(struct sync_range *range, char *take_position, uint64_t weight)
{
    free(range->checkpoint.cursor);
    range->checkpoint.cursor = take_position;
    range->checkpoint.settled += weight;
    range->checkpoint.done = range->read_all && prefix_is_empty(&range->prefix);
}

/* A page without a document still moves the cursor, and its objects were looked at. */
static void settle_empty(struct engine *engine, struct sync_range *range, size_t checked)
{
    struct sync *sync = &engine->sync;
    const char *position = range->cursor == NULL ? "" : range->cursor;
    struct error err = {0};
    struct settlement settlement = {
        .run_id = sync->run_id, .add = {.checked = checked}, .writer = -1};
    if (!prefix_extend(&range->prefix, position)) {
        sync_checkpoint_move(range, memory_string(position), 0);
        settlement.ranges = &range->checkpoint;
        settlement.range_count = 1;
    }
    sync->counts[sync->source].checked += checked;
    if (sync_is_dry(sync))
        return;
    unsigned max_attempts = (unsigned)settings_integer(engine->settings, SET_MAX_ATTEMPTS);
    if (!journal_settle(engine->journal, &settlement, 1, max_attempts, &err))
        engine_fail(engine, &err);
}

static struct job *sync_job(struct engine *engine, struct sync_range *range,
                            struct lookback_answer *answer)
{
    struct sync *sync = &engine->sync;
    struct job *job = memory_zero(1, sizeof(*job));
    job->kind = JOB_SYNC;
    job->source = sync->source;
    job->ops = lookback_ops(sync->source);
    job->page = answer->page;
    job_take_missing(job, answer->missing, answer->missing_count, answer->read_time_ns);
    answer->page = NULL;
    answer->missing = NULL;
    answer->missing_count = 0;
    job->range = range->checkpoint.range;
    job->epoch = sync->epoch;
    job->again = sync_range_is_refunds(sync, range);
    job->checked = job->again ? 0 : answer->checked;
    job->create_only =
        answer->request.kind == LOOKBACK_WALK && answer->request.window.walk == LOOKBACK_SALES;
    job->resumed = range->resumed;
    range->resumed = false;
    const struct command *command = &sync->command;
    job->command_id = command->id;
    STR_FILL(job->run_id, sync->run_id);
    STR_FILL(job->plan_id, sync->plan_id);
    job->dry_run = sync_is_dry(sync);
    STR_FILL(job->operator_name, command->id != 0 ? command->operator_name : engine->operator_name);
    STR_FILL(job->origin, command->id != 0 ? command->origin : engine->origin);
    return job;
}

void sync_take_documents(struct engine *engine, struct sync_range *range,
                         struct lookback_answer *answer)
{
    struct sync *sync = &engine->sync;
    size_t documents = answer->page == NULL ? 0 : answer->page->count;
    size_t count = documents + answer->missing_count;
    free(range->cursor);
    range->cursor = answer->cursor;
    answer->cursor = NULL;
    range->read_all = range->cursor == NULL;
    sync->last_event_us[sync->source] = clock_wall_us();
    if (count == 0) {
        settle_empty(engine, range, answer->checked);
        return;
    }
    struct job *job = sync_job(engine, range, answer);
    job->ticket = prefix_open(&range->prefix, range->cursor == NULL ? "" : range->cursor, count);
    range->out++;
    bucket_spend(&engine->pace, (double)documents);
    writers_submit(engine->writers, job);
}

/* Unsettled ones unless this run has read them; those of refunds were read without refunds. */
void sync_take_names(struct engine *engine, struct sync_range *range,
                     struct lookback_answer *answer)
{
    struct sync *sync = &engine->sync;
    struct lookback_request request = {
        .kind = LOOKBACK_FETCH,
        .source = sync->source,
        .guesses = true,
        .cursor = answer->cursor,
        .range = range->checkpoint.range,
        .epoch = sync->epoch,
    };
    request.ids = memory_zero(answer->id_count + 1, sizeof(*request.ids));
    for (size_t i = 0; i < answer->id_count; i++) {
        if (answer->request.named || !idset_has(&sync->seen, answer->ids[i])) {
            request.ids[request.id_count++] = answer->ids[i];
            answer->ids[i] = NULL;
        }
    }
    if (request.id_count == 0) {
        free(request.ids);
        sync_take_documents(engine, range, answer);
        return;
    }
    answer->cursor = NULL;
    range->asking = true;
    lookback_ask(engine->lookback, &request);
}
