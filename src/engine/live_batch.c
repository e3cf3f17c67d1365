/* Gathering events into jobs. A job goes out as soon as a writer is free, so that a lone change
 * does not wait; while all are busy, changes pile up to a batch, which is how the writers keep up.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/state.h"

#define PAGE_BYTES_MAX (64u << 20) /* one message more than LIVE_BATCH_BYTES: 17 MiB at most */

bool live_gather_is_empty(const struct live *live)
{
    return live->gather.page == NULL && live->gather.gone_count == 0;
}

void live_gather_clear(struct live *live)
{
    struct gather *gather = &live->gather;
    page_free(gather->page);
    for (size_t i = 0; i < gather->gone_count; i++)
        free(gather->gone[i].id);
    free(gather->gone);
    *gather = (struct gather){0};
}

static size_t gather_count(const struct gather *gather)
{
    return (gather->page == NULL ? 0 : gather->page->count) + gather->gone_count;
}

static bool gather_is_full(const struct gather *gather)
{
    return gather_count(gather) >= LIVE_BATCH_DOCUMENTS ||
           (gather->page != NULL && gather->page->raw.len >= LIVE_BATCH_BYTES);
}

static struct page *gather_page(struct gather *gather)
{
    if (gather->page == NULL) {
        gather->page = memory_zero(1, sizeof(*gather->page));
        gather->page->raw.max = PAGE_BYTES_MAX;
        gather->offsets_cap = 0;
    }
    struct page *page = gather->page;
    if (page->count + 2 > gather->offsets_cap) {
        gather->offsets_cap = gather->offsets_cap == 0 ? 16 : 2 * gather->offsets_cap;
        page->offsets = memory_resize(page->offsets, gather->offsets_cap * sizeof(*page->offsets));
        page->offsets[0] = 0;
    }
    return page;
}

static struct gone *gather_gone(struct gather *gather)
{
    if (gather->gone_count == gather->gone_cap) {
        gather->gone_cap = gather->gone_cap == 0 ? 16 : 2 * gather->gone_cap;
        gather->gone = memory_resize(gather->gone, gather->gone_cap * sizeof(*gather->gone));
    }
    return &gather->gone[gather->gone_count++];
}

void live_gather_document(struct engine *engine, const struct listen_event *event)
{
    struct live *live = &engine->live;
    struct page *page = gather_page(&live->gather);
    buffer_append_str(&page->raw, event->raw);
    page->offsets[++page->count] = page->raw.len;
    live->gather.bulk |= live->listing;
    if (gather_is_full(&live->gather))
        live_flush(engine);
}

void live_gather_gone(struct engine *engine, const struct listen_event *event)
{
    struct live *live = &engine->live;
    struct gather *gather = &live->gather;
    *gather_gone(gather) = (struct gone){
        .id = memory_string_str(event->id),
        .at_ns = event->read_time_ns != TIME_NONE ? event->read_time_ns : live->read_time_ns,
    };
    if (gather_is_full(gather))
        live_flush(engine);
}

/* ---- handing out ---- */

struct job *live_job(struct engine *engine)
{
    struct job *job = memory_zero(1, sizeof(*job));
    job->kind = JOB_LIVE;
    job->source = SOURCE_FIRESTORE;
    job->ops = engine->ops;
    job->policy = (enum gone_policy)settings_integer(engine->settings, SET_DELETES);
    job->ticket = JOB_NO_TICKET;
    job->epoch = engine->live.epoch;
    memcpy(job->operator_name, engine->operator_name, sizeof(job->operator_name));
    memcpy(job->origin, engine->origin, sizeof(job->origin));
    return job;
}

void live_submit(struct engine *engine, struct job *take_job)
{
    size_t documents = take_job->gone_count + (take_job->page == NULL ? 0 : take_job->page->count);
    engine->live.jobs_out++;
    bucket_spend(&engine->pace, (double)documents);
    writers_submit(engine->writers, take_job);
}

static bool flush_may(struct engine *engine)
{
    struct live *live = &engine->live;
    size_t writers = writers_count(engine->writers);
    size_t most = 4 * writers < LIVE_JOBS_MAX ? 4 * writers : LIVE_JOBS_MAX;
    size_t jobs = 0;
    size_t bytes = 0;
    writers_load(engine->writers, &jobs, &bytes);
    if (live->jobs_out >= most || !prefix_has_room(&live->prefix) ||
        bytes >= (size_t)settings_integer(engine->settings, SET_QUEUE_BYTES) ||
        bucket_wait(&engine->pace, clock_monotonic_us()) > 0)
        return false;
    return live->jobs_out < writers || gather_is_full(&live->gather);
}

void live_flush(struct engine *engine)
{
    struct live *live = &engine->live;
    struct gather *gather = &live->gather;
    if (live_gather_is_empty(live) || !flush_may(engine))
        return;
    struct job *job = live_job(engine);
    const char *position = live->told == NULL ? "" : live->told;
    job->page = gather->page;
    if (job->page != NULL)
        job->page->read_time_ns = clock_wall_us() * 1000;
    job->gone = gather->gone;
    job->gone_count = gather->gone_count;
    job->bulk = gather->bulk;
    job->ticket = prefix_open(&live->prefix, position, gather_count(gather));
    *gather = (struct gather){0};
    live_submit(engine, job);
}

/* Full batches, a read that does not come back, a count that is being compared: the stream waits,
 * and its server with it. */
static bool hold_wanted(const struct engine *engine)
{
    const struct live *live = &engine->live;
    return engine->paused || engine->draining || live->counting || gather_is_full(&live->gather) ||
           live->confirm.count > LIVE_GROUPS_MAX / 2;
}

void live_hold(struct engine *engine)
{
    struct live *live = &engine->live;
    bool wanted = hold_wanted(engine);
    if (!live->started || wanted == live->held)
        return;
    live->held = wanted;
    engine->ops->listen->hold(engine->source, wanted);
}
