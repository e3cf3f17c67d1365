/* The writers: threads that take jobs from one bounded queue, decode, transform and apply them, and
 * hand results back. The engine thread owns the pool. */
#ifndef ORDERSYNC_ENGINE_WRITERS_H
#define ORDERSYNC_ENGINE_WRITERS_H

#include "base/queue.h"
#include "engine/applier.h"
#include "engine/job.h"
#include "engine/link.h"

#define WRITERS_MAX 32

struct writers;
typedef void writers_wake_fn(void *context);

struct writers_options {
    const struct settings *settings;
    struct link link; /* of Printful orders */
    const char *journal_id;
    const char *identities[SOURCE_COUNT]; /* of the sources that are open; NULL: that one is not */
    unsigned count;
    const int64_t *acknowledged; /* fence per writer */
    bool impatient;
    int64_t give_up_us;
    writers_wake_fn *wake; /* called by writers after each result */
    void *context;
};
struct writers *writers_start(const struct writers_options *options);
/* Room for another page of a backfill? Engine thread only, so it stays true until writers_submit(),
 * which itself takes everything: retries and live changes have bounds of their own. */
bool writers_have_room(struct writers *writers);
void writers_submit(struct writers *writers, struct job *take_job);
unsigned writers_count(const struct writers *writers);
/* How often everything began anew because the target had lost commits. What a job of an earlier
 * time says of fences is about a loss that is being mended already. Engine thread only. */
uint64_t writers_restarts(const struct writers *writers);
void writers_restarted(struct writers *writers);
/* The next result, or NULL. */
struct result *writers_result(struct writers *writers);
/* Jobs not come back yet, and their bytes. */
void writers_load(struct writers *writers, size_t *ret_jobs, size_t *ret_bytes);
/* The first writer that waits for the target, if any. */
bool writers_waiting(struct writers *writers, struct error *ret_error, bool *ret_stopped);
/* Ends waits: what is not committed comes back abandoned. */
void writers_cancel(struct writers *writers);
/* Ends the threads once the queue is empty; nothing calls `wake` afterwards. Twice does no harm. */
void writers_join(struct writers *writers);
void writers_free(struct writers *writers); /* joins; results not taken are freed */

#endif
