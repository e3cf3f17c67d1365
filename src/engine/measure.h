/* What is measured of following a source: lag, processing time, clock skew, and one row a minute.
 * The engine thread owns it. */
#ifndef ORDERSYNC_ENGINE_MEASURE_H
#define ORDERSYNC_ENGINE_MEASURE_H

#include "engine/job.h"
#include "engine/lag.h"
#include "journal/status.h"

struct engine;
struct live;

/* How far our clock is ahead of the source's, at most: the smallest difference of the last two
 * minutes, since a message takes time. */
struct skew {
    int64_t minute;
    int64_t current_us, previous_us; /* TIME_NONE */
};

/* The minute under way. */
struct minute {
    int64_t number; /* since 1970; 0: none yet */
    struct run_counts at;
    double error_rate;
};

void measure_result(struct engine *engine, const struct result *result);
/* Deletes by absence go into the journal at once: the limit of an hour counts them also when this
 * process is killed. */
void measure_absences(struct engine *engine, const struct result *result);
void measure_skew(struct live *live, int64_t wall_us, int64_t read_time_ns);
void measure_report(struct engine *engine, struct source_status *status);

/* Once the minute has passed: its row in the journal and its line in the log; `last`: now. */
void minute_step(struct engine *engine, bool last);

#endif
