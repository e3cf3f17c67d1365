/* Deletes that the stream may never tell, and what is done about each:
 *
 * - The server forgets deletes of who was away, and says how many documents there are instead: the
 *   count is compared with the view, and when it differs the whole set is asked for.
 * - A document that was created after the position the stream resumes from, applied here, and
 *   deleted meanwhile is no change between then and now: nothing is told, and no count is sent.
 *   Documents younger than that position are confirmed by a read, as after a backfill, which reads
 *   ahead of the stream.
 *
 * Until a doubt is over the checkpoint stays before it, so that a restart meets it again. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"

bool live_in_doubt(const struct engine *engine)
{
    const struct live *live = &engine->live;
    return live->counting || live->young_wanted || live->relist_wanted || sweep_is_of_young(engine);
}

void live_doubt_clear(struct live *live)
{
    live->counting = live->counted = live->young_wanted = live->relist_wanted = false;
    free(live->doubted);
    live->doubted = NULL;
}

void live_doubt_over(struct engine *engine)
{
    struct live *live = &engine->live;
    char *position = live->doubted;
    if (live_in_doubt(engine))
        return;
    live->doubted = NULL;
    if (position != NULL)
        live_point_trust(engine, position);
    live_consistent(engine);
}

/* ---- the server's count ---- */

/* While documents may be missing here by our own knowledge a count says nothing; what was deleted
 * may have been read by the backfill before: the whole set will tell. */
void live_doubt_count(struct engine *engine, const struct listen_event *event)
{
    struct live *live = &engine->live;
    bool ignores = settings_integer(engine->settings, SET_DELETES) == GONE_IGNORE;
    if (live->listing || ignores)
        return;
    live->relist_wanted |= !live->complete;
    live->counting = live->complete;
    live->counted = false;
    live->count = event->count;
}

void live_doubt_counted(struct engine *engine, const struct survey_answer *answer)
{
    struct live *live = &engine->live;
    live->counting = live->counted = false;
    if (answer->view != (uint64_t)live->count) {
        log_warning("live", "the source counts %lld documents, %llu are known here",
                    (long long)live->count, (unsigned long long)answer->view);
        live->relist_wanted = true;
    }
    live_doubt_over(engine);
}

/* The stream is held, and everything told before the count is in the target. */
static void count_step(struct engine *engine)
{
    struct live *live = &engine->live;
    struct survey_request request = {.kind = SURVEY_VIEW};
    if (live->counted)
        return;
    live->counted = true;
    survey_ask(live->survey, &request);
}

/* ---- the young ---- */

void live_doubt_young(struct engine *engine, int64_t since_ns)
{
    struct live *live = &engine->live;
    bool ignores = settings_integer(engine->settings, SET_DELETES) == GONE_IGNORE;
    if (ignores || since_ns == TIME_NONE || live->listing)
        return;
    if (!live->young_wanted || since_ns < live->young_ns)
        live->young_ns = since_ns;
    live->young_wanted = true;
}

/* The stream is held until the target has what it told; from then on it tells what becomes of it.
 */
void live_doubt_step(struct engine *engine)
{
    struct live *live = &engine->live;
    if (!prefix_is_empty(&live->prefix) || !survey_is_idle(live->survey) || !sweep_is_idle(engine))
        return;
    if (live->young_wanted) {
        live->young_wanted = false;
        sweep_begin_young(engine, live->young_ns);
    } else if (live->counting) {
        count_step(engine);
    }
}
