/* Deletes by absence: what the target holds and a listing of the source lacks. A sweep compares the
 * two on the survey thread, confirms each absence by a read, and then either deletes or, when there
 * are suspiciously many, holds. Engine thread. */
#ifndef ORDERSYNC_ENGINE_ABSENCES_H
#define ORDERSYNC_ENGINE_ABSENCES_H

#include "engine/job.h"
#include "engine/survey.h"
#include "journal/seen.h"

enum sweep_phase {
    SWEEP_IDLE,
    SWEEP_WAITING,    /* for the survey thread */
    SWEEP_SURVEYING,  /* it compares */
    SWEEP_CONFIRMING, /* absent documents are read */
    SWEEP_DELETING,
    SWEEP_HOLDING,
    SWEEP_CANCELLED, /* its outcome no longer matters; what is under way must come back first */
};

enum sweep_kind {
    SWEEP_OF_LISTING,  /* the stream told the whole set */
    SWEEP_OF_BACKFILL, /* a backfill read it */
    SWEEP_OF_YOUNG,    /* nothing was read: whatever was created since young_ns is doubted */
};

struct sweep {
    enum sweep_phase phase;
    enum sweep_kind kind;
    struct seen *seen;    /* owned, unless a backfill's; the survey thread's while it compares */
    int64_t read_time_ns; /* the listing's, else the first read's: of the tombstones */
    int64_t young_ns;
    uint64_t absent, confirmed, budget;
    char *asked[ENGINE_FETCH_MAX]; /* being read; heap */
    size_t asked_count;
    char *after; /* absent id dealt with last, NULL none */
    bool fetching;
    size_t jobs_out;
    int64_t retry_at_us; /* monotonic */
    uint64_t deleted, held;
    /* A listing that ended while another sweep was under way. */
    struct seen *next_seen;
    int64_t next_read_time_ns;
};

struct engine;
struct result;

/* min(100, max(10, 1 % of the view)). */
uint64_t absences_limit(uint64_t view);
/* How many absences may still become deletes in this hour, of a view of so many documents. */
MUST_CHECK bool absences_budget(struct engine *engine, uint64_t view, uint64_t *ret_budget,
                                struct error *err);
void sweep_begin(struct engine *engine, struct seen *take_seen, int64_t read_time_ns);
void sweep_begin_backfill(struct engine *engine, int64_t read_time_ns);
void sweep_begin_young(struct engine *engine, int64_t since_ns);
void sweep_step(struct engine *engine);
void sweep_surveyed(struct engine *engine, const struct survey_answer *answer);
void sweep_finish(struct engine *engine, const struct result *result); /* a job with `sweep` set */
void sweep_cancel(struct engine *engine);
bool sweep_is_idle(const struct engine *engine);
bool sweep_is_of_young(const struct engine *engine);
bool sweep_is_of_listing(const struct engine *engine); /* or of a backfill: the set is uncertain */
void sweep_free(struct sweep *sweep);

#endif
