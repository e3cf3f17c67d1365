/* What the engine says of itself, 4 times a second: the engine_status and source_status rows of the
 * journal. Plain values: copied whole, owned by nobody. */
#ifndef ORDERSYNC_JOURNAL_STATUS_H
#define ORDERSYNC_JOURNAL_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/order.h"

/* What became of the documents of a run. */
struct run_counts {
    uint64_t seen, created, updated, deleted, unchanged, failed, held;
    uint64_t overlap; /* read again after a resume, of `unchanged` */
    uint64_t skipped; /* failed again, but a person has skipped or snoozed them */
    uint64_t
        checked;    /* of a look-back: objects that the source listed, passed over ones included */
    uint64_t items; /* line items added to sales that had none */
    uint64_t unattached; /* of `unchanged`: Printful orders that match no sale */
    uint64_t absent;     /* of `unchanged`: known, asked for again, and gone */
};

enum engine_state {
    ENGINE_STOPPED,
    ENGINE_STARTING,
    ENGINE_RUNNING,
    ENGINE_IDLE,
    ENGINE_PAUSED,
    ENGINE_WAITING,
    ENGINE_DRAINING
};
const char *
engine_state_name(enum engine_state state); /* "running"; WAITING: source or target is down */

enum source_state {
    SOURCE_OFF,
    SOURCE_READY,
    SOURCE_BACKFILL,
    SOURCE_LIVE,
    SOURCE_PAUSED,
    SOURCE_WAITING,
    SOURCE_FAILED,
    SOURCE_SYNC /* looks back */
};
const char *source_state_name(enum source_state state);

#define STATUS_RATES 60 /* one-second rates, newest last */

struct source_status {
    enum source_kind source;
    enum source_state state;
    char identity[200];
    char message[256];                                                 /* why it waits, or "" */
    uint64_t seen, created, updated, deleted, unchanged, failed, held; /* of the current run */
    uint64_t overlap; /* read again after a resume, of `seen` */
    uint64_t total;   /* documents the source counts; 0 unknown */
    double rate;      /* documents settled a second, over 5 s */
    uint32_t rates[STATUS_RATES];
    int64_t last_event_us;                      /* wall; TIME_NONE */
    int64_t checkpoint_us;                      /* when a checkpoint moved last */
    int64_t lag_p50_us, lag_p99_us, lag_max_us; /* over one minute; -1: no live change in it */
    int64_t lag_hour_p50_us, lag_hour_p99_us, lag_hour_max_us; /* over one hour */
    int64_t processing_p50_us, processing_p99_us; /* of a batch in a writer, over one minute; -1 */
    int64_t skew_us;       /* our clock minus the source's, at most; TIME_NONE: not known */
    double error_rate;     /* unresolved failures that no document causes / documents seen, 24 h */
    bool complete;         /* followed without a gap: the target holds all up to consistent_us */
    int64_t consistent_us; /* last moment known consistent; staleness = now - it */
    uint64_t reads_today;
    int64_t quota_left; /* requests before its rate limit, as its answers say; -1: not known */
    uint64_t requests, retries;
    uint64_t unresolved; /* failures not resolved, all runs */
    unsigned ranges, ranges_done;
    int64_t verified_us; /* end of the last verification that ran through; TIME_NONE: none */
    bool verified_deep;
    uint64_t verified_documents, verified_differences; /* in the source; left */
};

/* Nothing known: off, no moments, no durations. */
void source_status_clear(struct source_status *status, enum source_kind source);

struct engine_status {
    enum engine_state state;
    char host[64];
    int pid;
    char version[32];
    int64_t started_us;
    int64_t beat_us; /* older than 2 s: stale */
    char message[256];
    char run_id[40]; /* "" between runs */
    char run_kind[24];
    int64_t run_started_us;
    uint64_t queue_items, queue_bytes;
    uint64_t rss_bytes;
    unsigned writers;
    struct source_status sources[SOURCE_COUNT];
};

#endif
