/* The engine: a thread that owns schedule, sources, journal and retries, and writer threads that
 * decode, transform and apply. */
#ifndef ORDERSYNC_ENGINE_ENGINE_H
#define ORDERSYNC_ENGINE_ENGINE_H

#include "base/error.h"
#include "base/settings.h"
#include "journal/journal.h"
#include "journal/status.h"

struct engine;

struct engine_options {
    bool backfill; /* start (or continue) a backfill of Firestore at once */
    bool live;     /* follow Firestore until stopped; backfills by itself where that is needed */
    bool fresh;    /* begin a new backfill or sync even when one is unfinished */
    bool sync;     /* look back over `sync_sources` at once, or continue that */
    unsigned sync_sources; /* bit per source_kind; 0: Stripe, then Printful */
    unsigned sync_days;    /* 0: the setting sync_days */
    bool dry_run; /* write nothing but a plan: no other work is done, commands and retries wait */
    bool once;    /* end when the work at hand (run, commands, due retries of it) is settled */
    const char *operator_name;
    const char *origin;
};

/* Takes the journal's lock and starts the threads. Errors that show at once: lock, settings,
 * credentials, schema, origin. Caller thread only. */
MUST_CHECK bool engine_start(const struct settings *settings, const struct engine_options *options,
                             struct engine **ret_engine, struct error *err);
/* Drain: stop reading, settle what is under way, checkpoint. Any thread, async-signal-unsafe. */
void engine_stop(struct engine *engine);
bool engine_is_done(struct engine *engine);
/* Waits for the end (timeout_us < 0: for ever); true when it has ended. */
bool engine_wait(struct engine *engine, int64_t timeout_us);
/* A copy of the latest status; any thread. */
void engine_read_status(struct engine *engine, struct engine_status *ret_status);
/* After the end: false with the error that stopped it (storage, config, auth). */
bool engine_result(struct engine *engine, struct run_counts *ret_counts, struct error *err);
void engine_free(struct engine *engine); /* after engine_wait() */

#endif
