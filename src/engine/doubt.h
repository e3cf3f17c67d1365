/* Deletes that the stream may never tell, and what is done about each:
 *
 * - The server forgets deletes of who was away, and says how many documents there are instead: the
 *   count is compared with the view, and when it differs the whole set is asked for.
 * - A document that was created after the position the stream resumes from, applied here, and
 *   deleted meanwhile is no change between then and now: nothing is told, and no count is sent.
 *   Documents younger than that position are confirmed by a read, as after a backfill, which reads
 *   ahead of the stream.
 *
 * Until a doubt is over the checkpoint stays before it, so that a restart meets it again. Engine
 * thread. */
#ifndef ORDERSYNC_ENGINE_DOUBT_H
#define ORDERSYNC_ENGINE_DOUBT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/survey.h"
#include "source/listen.h"

struct doubt {
    bool untold;   /* something was told, or may have been, since the last snapshot */
    bool counting; /* the server's count waits to be compared */
    bool counted;  /* the view is being counted */
    int64_t count;
    bool young_wanted;    /* what was created since young_ns must be confirmed */
    int64_t young_ns;     /* the source's time */
    bool relist_wanted;   /* the whole set must be told */
    int64_t relist_at_us; /* monotonic: not before */
    char *position;       /* the newest that was told meanwhile; heap, NULL none */
};

struct engine;

bool doubt_exists(const struct engine *engine); /* no newer position may be relied on */
void doubt_count(struct engine *engine, const struct listen_event *event);
void doubt_counted(struct engine *engine, const struct survey_answer *answer);
void doubt_young(struct engine *engine, int64_t since_ns);
void doubt_relist(struct engine *engine);
void doubt_step(struct engine *engine);
void doubt_over(struct engine *engine); /* looks whether it is: then the newest position counts */
void doubt_clear(struct doubt *doubt);  /* everything will be told again */

#endif
