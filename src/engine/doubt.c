/* What the stream may never tell. */
#include "engine/doubt.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"

bool doubt_exists(const struct engine *engine)
{
    const struct doubt *doubt = &engine->live.doubt;
    return doubt->counting || doubt->young_wanted || doubt->relist_wanted ||
           sweep_is_of_young(engine);
}

void doubt_clear(struct doubt *doubt)
{
    free(doubt->position);
    *doubt = (struct doubt){.untold = doubt->untold, .relist_at_us = doubt->relist_at_us};
}

void doubt_over(struct engine *engine)
{
    struct doubt *doubt = &engine->live.doubt;
    char *position = doubt->position;
    if (doubt_exists(engine))
        return;
    doubt->position = NULL;
    if (position != NULL)
        live_point_trust(engine, position);
    live_consistent(engine);
}

void doubt_relist(struct engine *engine)
{
    engine->live.doubt.relist_wanted = true;
}

/* ---- the server's count ---- */

/* While documents may be missing here by our own knowledge a count says nothing; what was deleted
 * may have been read by the backfill before: the whole set will tell. */
void doubt_count(struct engine *engine, const struct listen_event *event)
{
    struct live *live = &engine->live;
    struct doubt *doubt = &live->doubt;
    bool ignores = settings_integer(engine->settings, SET_DELETES) == GONE_IGNORE;
    if (live->listing || ignores)
        return;
    doubt->relist_wanted |= !live->complete;
    doubt->counting = live->complete;
    doubt->counted = false;
    doubt->count = event->count;
}

void doubt_counted(struct engine *engine, const struct survey_answer *answer)
{
    struct doubt *doubt = &engine->live.doubt;
    doubt->counting = doubt->counted = false;
    if (answer->view != (uint64_t)doubt->count) {
        log_warning("live", "the source counts %lld documents, %llu are known here",
                    (long long)doubt->count, (unsigned long long)answer->view);
        doubt->relist_wanted = true;
    }
    doubt_over(engine);
}

/* The stream is held, and everything told before the count is in the target. */
static void count_step(struct engine *engine)
{
    struct survey_request request = {.kind = SURVEY_VIEW};
    if (engine->live.doubt.counted)
        return;
    engine->live.doubt.counted = true;
    survey_ask(engine->live.survey, &request);
}

/* ---- the young ---- */

void doubt_young(struct engine *engine, int64_t since_ns)
{
    struct doubt *doubt = &engine->live.doubt;
    bool ignores = settings_integer(engine->settings, SET_DELETES) == GONE_IGNORE;
    if (ignores || since_ns == TIME_NONE || engine->live.listing)
        return;
    if (!doubt->young_wanted || since_ns < doubt->young_ns)
        doubt->young_ns = since_ns;
    doubt->young_wanted = true;
}

/* The stream is held until the target has what it told; from then on it tells what becomes of it.
 */
void doubt_step(struct engine *engine)
{
    struct live *live = &engine->live;
    if (!prefix_is_empty(&live->prefix) || !survey_is_idle(live->survey) || !sweep_is_idle(engine))
        return;
    if (live->doubt.young_wanted) {
        live->doubt.young_wanted = false;
        sweep_begin_young(engine, live->doubt.young_ns);
    } else if (live->doubt.counting) {
        count_step(engine);
    }
}
