/* One target connection that does not give up: it waits out what is transient, stops loudly for
 * what needs a person, and halves a batch until the document at fault stands alone. One thread owns
 * an applier. */
#ifndef ORDERSYNC_ENGINE_APPLIER_H
#define ORDERSYNC_ENGINE_APPLIER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/settings.h"
#include "target/target.h"

/* Shared by all appliers of an engine: cancellation and patience. */
struct applier_control {
    pthread_mutex_t mutex;
    pthread_cond_t wakeup; /* CLOCK_MONOTONIC */
    bool cancelled;        /* under mutex: every wait ends, batches are abandoned */
    bool impatient;        /* a one-off run: errors that need a person end it at once */
    int64_t give_up_us;    /* how long a one-off run waits for a target that is down; 0: for ever */
};
void applier_control_init(struct applier_control *control);
void applier_control_free(struct applier_control *control);
void applier_control_cancel(struct applier_control *control); /* any thread */

struct applier {
    struct applier_control *control;
    struct target *target;     /* NULL until the first use; replaced under the mutex */
    struct target_actor actor; /* set by the owner before a batch; borrowed strings */
    struct target_options options;
    char name[32];
    char *database_url;
    char *identities[SOURCE_COUNT]; /* of the sources that feed the target; "": not checked */
    char journal_id[40];
    int writer;                  /* fence row */
    int64_t fence_seq;           /* last one committed here */
    bool recheck;                /* as in struct batch; the owner sets it */
    struct row_changes *planned; /* applier_plan(): of each change of the batch under way */
    struct change *planned_first;
    struct arena *planned_arena;
    bool fence_behind;     /* the target lost commits it had acknowledged */
    struct arena scratch;  /* of one try */
    pthread_mutex_t mutex; /* over the two below, which the engine thread reads */
    struct error waiting;  /* ERROR_NONE when nothing is wrong */
    bool stopped;          /* `waiting` ended a one-off run */
};
struct applier_setup {
    const char *name; /* of the session in the server; NULL: "ordersync writer N" */
    const struct settings *settings;
    const char *journal_id;
    const char *identities[SOURCE_COUNT]; /* copied; NULL and "": that source is not read here */
    int writer;
    int64_t acknowledged; /* the journal's fence for this writer */
    bool read_only;       /* SELECT rights do: for applier_plan() alone */
};
void applier_init(struct applier *applier, struct applier_control *control,
                  const struct applier_setup *setup);
void applier_free(struct applier *applier);

/* Opens the connection and checks schema and fence, waiting as the policy says. False: cancelled,
 * stopped, or the fence is behind. */
bool applier_connect(struct applier *applier);
/* Between jobs: a connection that ended is tried once to be made again, and the failure is what it
 * waits for. One that was never made stays so. */
void applier_look(struct applier *applier);
/* True once when the fence was found behind; work goes on from the target's own value afterwards.
 */
bool applier_take_fence_behind(struct applier *applier);
/* Applies the changes that have no outcome yet; on true each has one. False: abandoned; changes
 * that already got an outcome other than OUTCOME_NONE were committed. */
bool applier_apply(struct applier *applier, struct change *changes, size_t count);
/* The same, but nothing is written: ret_rows[i] is what applying changes[i] would change, in memory
 * of `arena`. Changes that have an outcome already have no rows. */
bool applier_plan(struct applier *applier, struct change *changes, size_t count,
                  struct arena *arena, struct row_changes *ret_rows);
/* Does something else through the connection, again and again until it succeeds, waiting as for a
 * batch. False: cancelled, stopped, or *ret_fault (else ERROR_NONE) of a class that no waiting
 * mends. */
typedef bool applier_fn(struct target *target, void *context, struct error *err);
bool applier_run(struct applier *applier, applier_fn *run, void *context, struct error *ret_fault);
/* What it waits for now, if anything; any thread. */
bool applier_waiting(struct applier *applier, struct error *ret_error, bool *ret_stopped);

/* Any thread: ends a statement that waits in the server. */
void applier_interrupt(struct applier *applier);

#endif
