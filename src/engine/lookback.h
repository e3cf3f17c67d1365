/* The look-back thread: owns the sources that are read by creation time (Stripe, Printful) and a
 * target connection that only reads. It walks their lists, reads what is unsettled again, fetches
 * by id for retries and pulls, and hands jobs over; the engine submits them to the writers and
 * settles them, so that journal and checkpoints stay the engine thread's alone. Owned by the engine
 * thread; nothing here blocks it. */
#ifndef ORDERSYNC_ENGINE_LOOKBACK_H
#define ORDERSYNC_ENGINE_LOOKBACK_H

#include "engine/job.h"
#include "source/lookback.h"

struct lookback;

/* What the summary of a sync counts, in the words the operator reads. */
struct sync_summary {
    uint64_t sessions_checked, sessions_added, sessions_skipped, refunds_recorded;
    uint64_t orders_checked, orders_updated, items_added;
    uint64_t unattached; /* Printful orders that match no sale */
    uint64_t gone;       /* known Printful orders that are no longer there */
    uint64_t errors;
    struct {
        bool walked;
        int64_t duration_us;
        uint64_t requests, retries;
        int64_t waiting_until_us; /* wall; > now: a countdown */
        struct error stopped;     /* ERROR_NONE: walked to the end */
    } sources[SOURCE_COUNT];
};

#endif
