/* Gathering events into jobs. A job goes out as soon as the last one of its lane is back, so that a
 * lone change does not wait; meanwhile changes pile up to a batch, which is how writers keep up. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/state.h"

#define PAGE_BYTES_MAX (64u << 20) /* one message more than LIVE_BATCH_BYTES: 17 MiB at most */

/* ---- lanes ---- */

static bool lane_is_empty(const struct lane *lane)
{
    return lane->page == NULL && lane->gone_count == 0;
}

static size_t lane_count(const struct lane *lane)
{
    return (lane->page == NULL ? 0 : lane->page->count) + lane->gone_count;
}

static bool lane_is_full(const struct lane *lane)
{
    return lane_count(lane) >= LIVE_BATCH_DOCUMENTS ||
           (lane->page != NULL && lane->page->raw.len >= LIVE_BATCH_BYTES);
}

/* FNV-1a: any even spread will do. */
static struct lane *lane_of(struct live *live, struct str id)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < id.len; i++)
        hash = (hash ^ (unsigned char)id.data[i]) * 1099511628211u;
    return &live->lanes[(hash >> 32) % live->lane_count];
}

/* A lane that begins to gather takes its ticket now: a snapshot that comes before it is handed out
 * must not be settled without it. */
static struct lane *lane_open(struct engine *engine, struct str id)
{
    struct lane *lane = lane_of(&engine->live, id);
    if (lane_is_empty(lane))
        lane->ticket = live_ticket(engine);
    return lane;
}

static struct page *lane_page(struct lane *lane)
{
    if (lane->page == NULL) {
        lane->page = memory_zero(1, sizeof(*lane->page));
        lane->page->raw.max = PAGE_BYTES_MAX;
        lane->offsets_cap = 0;
    }
    struct page *page = lane->page;
    if (page->count + 2 > lane->offsets_cap) {
        lane->offsets_cap = lane->offsets_cap == 0 ? 16 : 2 * lane->offsets_cap;
        page->offsets = memory_resize(page->offsets, lane->offsets_cap * sizeof(*page->offsets));
        page->offsets[0] = 0;
    }
    return page;
}

static struct gone *lane_gone(struct lane *lane)
{
    if (lane->gone_count == lane->gone_cap) {
        lane->gone_cap = lane->gone_cap == 0 ? 16 : 2 * lane->gone_cap;
        lane->gone = memory_resize(lane->gone, lane->gone_cap * sizeof(*lane->gone));
    }
    return &lane->gone[lane->gone_count++];
}

void live_gather_document(struct engine *engine, const struct listen_event *event)
{
    struct lane *lane = lane_open(engine, event->id);
    struct page *page = lane_page(lane);
    buffer_append_str(&page->raw, event->raw);
    page->offsets[++page->count] = page->raw.len;
    lane->bulk |= engine->live.listing;
}

void live_gather_gone(struct engine *engine, const struct listen_event *event)
{
    struct lane *lane = lane_open(engine, event->id);
    bool has_time = event->read_time_ns != TIME_NONE;
    *lane_gone(lane) = (struct gone){
        .id = memory_string_str(event->id),
        .at_ns = has_time ? event->read_time_ns : engine->live.read_time_ns,
    };
}

static void lane_reset(struct lane *lane)
{
    *lane = (struct lane){.out = lane->out};
}

void live_gather_clear(struct live *live)
{
    for (size_t i = 0; i < live->lane_count; i++) {
        struct lane *lane = &live->lanes[i];
        page_free(lane->page);
        for (size_t g = 0; g < lane->gone_count; g++)
            free(lane->gone[g].id);
        free(lane->gone);
        lane_reset(lane);
    }
}

/* ---- handing out ---- */

uint64_t live_ticket(struct engine *engine)
{
    struct live *live = &engine->live;
    return prefix_open(&live->prefix, live->told == NULL ? "" : live->told, 0);
}

struct job *live_job(struct engine *engine)
{
    struct job *job = memory_zero(1, sizeof(*job));
    job->kind = JOB_LIVE;
    job->source = SOURCE_FIRESTORE;
    job->ops = engine->ops;
    job->policy = (enum gone_policy)settings_integer(engine->settings, SET_DELETES);
    job->ticket = JOB_NO_TICKET;
    job->lane = JOB_NO_LANE;
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
    size_t jobs = 0;
    size_t bytes = 0;
    writers_load(engine->writers, &jobs, &bytes);
    return bytes < (size_t)settings_integer(engine->settings, SET_QUEUE_BYTES) &&
           bucket_wait(&engine->pace, clock_monotonic_us()) == 0;
}

static void lane_flush(struct engine *engine, size_t number)
{
    struct lane *lane = &engine->live.lanes[number];
    struct job *job = live_job(engine);
    job->page = lane->page;
    if (job->page != NULL)
        job->page->read_time_ns = clock_wall_us() * 1000;
    job->gone = lane->gone;
    job->gone_count = lane->gone_count;
    job->bulk = lane->bulk;
    job->ticket = lane->ticket;
    job->lane = (int)number;
    lane_reset(lane);
    lane->out = true;
    live_submit(engine, job);
}

void live_flush(struct engine *engine)
{
    struct live *live = &engine->live;
    for (size_t i = 0; i < live->lane_count; i++) {
        if (!live->lanes[i].out && !lane_is_empty(&live->lanes[i]) && flush_may(engine))
            lane_flush(engine, i);
    }
}

static bool lanes_full(const struct live *live)
{
    for (size_t i = 0; i < live->lane_count; i++) {
        if (lane_is_full(&live->lanes[i]))
            return true;
    }
    return false;
}

/* Full batches, a read or a job that does not come back, a count that is being compared: the stream
 * waits, and its server with it. */
static bool hold_wanted(struct engine *engine)
{
    const struct live *live = &engine->live;
    if (lanes_full(live))
        live_flush(engine);
    return lanes_full(live) || engine_paused(engine, SOURCE_FIRESTORE) || engine->draining ||
           live->doubt.counting || live->doubt.young_wanted ||
           live->confirm.count > LIVE_GROUPS_MAX / 2 ||
           prefix_room(&live->prefix) <= LIVE_TICKETS_KEPT;
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
