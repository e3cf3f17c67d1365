/* Documents that left the stream's view without a word of why are read: found, they are applied as
 * they are now; gone, they become tombstones. Until then no token behind them is stored. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"

static void group_free(struct confirm_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        free(group->ids[i]);
    *group = (struct confirm_group){0};
}

static void confirm_drop_first(struct confirm *confirm)
{
    group_free(&confirm->groups[0]);
    confirm->count--;
    for (size_t i = 0; i < confirm->count; i++)
        confirm->groups[i] = confirm->groups[i + 1];
    confirm->groups[confirm->count] = (struct confirm_group){0};
}

/* The one being fetched must stay until its answer comes. */
void live_confirm_clear(struct live *live)
{
    struct confirm *confirm = &live->confirm;
    while (confirm->count > (confirm->fetching ? 1U : 0U))
        group_free(&confirm->groups[--confirm->count]);
}

static struct confirm_group *confirm_open(struct engine *engine)
{
    struct live *live = &engine->live;
    struct confirm *confirm = &live->confirm;
    size_t busy = confirm->fetching ? 1 : 0;
    if (confirm->count > busy && confirm->groups[confirm->count - 1].count < ENGINE_FETCH_MAX)
        return &confirm->groups[confirm->count - 1];
    if (confirm->count == LIVE_GROUPS_MAX || prefix_room(&live->prefix) <= LIVE_TICKETS_KEPT)
        return NULL;
    struct confirm_group *group = &confirm->groups[confirm->count++];
    *group = (struct confirm_group){.epoch = live->epoch, .ticket = live_ticket(engine)};
    return group;
}

/* A stream that is told to stop at half of the room and does not is begun again from nothing: that
 * tells the fate of every document. */
void live_confirm_add(struct engine *engine, struct str id)
{
    struct confirm_group *group = confirm_open(engine);
    if (group == NULL) {
        log_warning("live", "too many documents to confirm: the whole set is asked for");
        doubt_relist(engine);
        return;
    }
    group->ids[group->count++] = memory_string_str(id);
}

static void confirm_submit(struct engine *engine, const struct confirm_group *group,
                           struct page *take_found, char **take_missing, size_t missing,
                           int64_t read_time_ns)
{
    struct job *job = live_job(engine);
    job->page = take_found;
    job_take_missing(job, take_missing, missing, read_time_ns);
    job->ticket = group->ticket;
    job->epoch = group->epoch;
    live_submit(engine, job);
}

static void confirmed(void *context, struct page *take_found, char **take_missing, size_t missing,
                      int64_t read_time_ns, const struct error *err)
{
    struct engine *engine = context;
    struct confirm *confirm = &engine->live.confirm;
    confirm->fetching = false;
    if (err != NULL) {
        log_error("live", err, engine->ops->name, NULL);
        confirm->retry_at_us = clock_monotonic_us() + ENGINE_RETRY_SOURCE_US;
        return;
    }
    confirm_submit(engine, &confirm->groups[0], take_found, take_missing, missing, read_time_ns);
    confirm_drop_first(confirm);
}

void live_confirm_step(struct engine *engine)
{
    struct confirm *confirm = &engine->live.confirm;
    const char *ids[ENGINE_FETCH_MAX];
    if (confirm->count == 0 || confirm->fetching || engine->draining ||
        engine_paused(engine, SOURCE_FIRESTORE) || clock_monotonic_us() < confirm->retry_at_us ||
        !writers_have_room(engine->writers))
        return; /* each read is billed, and what is found waits in memory */
    struct confirm_group *group = &confirm->groups[0];
    for (size_t i = 0; i < group->count; i++)
        ids[i] = group->ids[i];
    confirm->fetching = true;
    engine->ops->fetch(engine->source, ids, group->count, confirmed, engine);
}
