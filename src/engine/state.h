/* The engine's own state, shared by the files of this room only. Everything here belongs to the
 * engine thread except what stands under `mutex` and the atomics. */
#ifndef ORDERSYNC_ENGINE_STATE_H
#define ORDERSYNC_ENGINE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/application.h"
#include "engine/bulk.h"
#include "engine/customers.h"
#include "engine/decide.h"
#include "engine/engine.h"
#include "engine/fetch.h"
#include "engine/live.h"
#include "engine/lookback.h"
#include "engine/prefix.h"
#include "engine/statistics.h"
#include "engine/sync.h"
#include "engine/verifier.h"
#include "engine/watch.h"
#include "engine/writers.h"

#define BACKFILL_RANGES_MAX 64
#define ENGINE_POLL_US 250000           /* commands and status: 4 Hz */
#define ENGINE_DUE_US 1000000           /* due retries */
#define ENGINE_RETRY_SOURCE_US 30000000 /* after a final error of a source, in a service */

enum backfill_phase { BACKFILL_OFF, BACKFILL_SPLITTING, BACKFILL_READING };

struct backfill_range {
    struct range_checkpoint checkpoint; /* as the journal has it */
    char *read_to;                      /* last id read, settled or not; NULL none */
    bool reading;                       /* a page is asked for */
    bool read_all;                      /* the source has no more */
    bool resumed;                       /* its next page may hold documents that landed before */
    struct prefix prefix;
};

struct backfill {
    enum backfill_phase phase;
    uint64_t epoch;  /* raised when a run is voided: older pages and results no longer count */
    char run_id[40]; /* of a dry run: the plan's */
    bool dry_run;
    int64_t started_us;
    bool split_asked;
    int64_t retry_at_us; /* monotonic: not before, after a final error of the source */
    uint64_t total;
    struct backfill_range ranges[BACKFILL_RANGES_MAX];
    size_t range_count;
    struct run_counts counts;
    struct page_request *requests; /* calls of the source that have not come back */
};

struct engine {
    const struct settings *settings;
    struct engine_options options;
    char operator_name[64];
    char origin[64];
    pthread_t thread;
    int wake_fd; /* for waits without a source */

    struct journal *journal;
    const struct source_ops *ops;
    struct source *source; /* NULL: could not be opened; source_error says why */
    struct error source_error;
    struct writers *writers;
    struct customers *customers; /* NULL on a stage of a test */
    struct backfill backfill;
    struct fetch fetches[SOURCE_COUNT];
    struct lookback *lookback; /* NULL: neither Stripe nor Printful has a key */
    struct sync sync;
    struct application application;
    int64_t forget_plans_us; /* monotonic: when old plans are looked for */
    bool forgetting_plans;   /* rows of dropped ones are left */
    struct live live;
    struct minute minute;
    struct verifier *verifier;          /* NULL: nothing is scheduled */
    struct bucket pace;                 /* documents a second toward the target */
    bool commands_waited;               /* for a fetch to end: they come before the next one */
    struct bulk_action bulks[BULK_MAX]; /* retry, skip, ... of many failures, done in pieces */
    struct command deciding;            /* a match of customers; id 0: none */
    struct run_counts totals;           /* of Firestore, since the engine started */
    struct statistics statistics;
    unsigned paused; /* a bit per source; see engine_paused() */
    bool draining;
    int64_t drain_since_us, next_poll_us, next_due_us, next_watch_us;
    int64_t last_event_us, checkpoint_us, consistent_us; /* wall */
    uint64_t logged; /* sequence of the last log line that the journal has */

    atomic_bool stop_requested;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool done;                   /* under mutex */
    struct error result;         /* under mutex: what stopped it */
    struct engine_status status; /* under mutex */
};

/* Stops everything at once with this error: what is not settled is read again. */
void engine_fail(struct engine *engine, const struct error *err);
void engine_wake(void *engine);
#define ENGINE_EVERY_SOURCE ((1u << SOURCE_COUNT) - 1)
/* By an operator: nothing of this source is read or written until it is resumed. */
bool engine_paused(const struct engine *engine, enum source_kind source);
bool engine_all_paused(const struct engine *engine); /* those that it has */

/* backfill.c */
void backfill_begin(struct engine *engine, bool dry_run);
void backfill_end(struct engine *engine);  /* the engine's end: a dry run's plan stays unfinished */
void backfill_step(struct engine *engine); /* asks for pages, notices the end */
void backfill_restart(struct engine *engine, const char *why);
void backfill_free(struct backfill *backfill);
bool backfill_active(const struct engine *engine);

/* planning.c: dry runs. False, or nothing: the engine has failed. */
bool planning_begin(struct engine *engine, const char *kind, unsigned from, char ret_plan_id[40]);
void planning_source(struct engine *engine, const char *plan_id, enum source_kind source,
                     const char *identity);
bool planning_settle(struct engine *engine, const struct result *result);
/* Adds the plan's own sessions to those of a page of refunds that the database holds. */
bool planning_refunded(struct engine *engine, struct lookback_answer *answer);
void planning_end(struct engine *engine, const char *plan_id, const char *why); /* NULL: ready */
void planning_end_sync(struct engine *engine);
void planning_step(struct engine *engine); /* forgets old plans, and rows of dropped ones */

/* live.c: a backfill under it began, had a page settled, has all pages settled, has ended. */
void live_backfill_began(struct engine *engine, bool resumed);
void live_backfill_saw(struct engine *engine, const struct result *result);
/* True once what is absent from the pages is dealt with. */
bool live_backfill_swept(struct engine *engine);
void live_backfill_ended(struct engine *engine);

/* settle.c */
void counts_sum(struct run_counts *sum, const struct run_counts *add);
void settle_results(struct engine *engine);

/* commands.c */
void commands_step(struct engine *engine);
void command_run(struct engine *engine, struct command *command);
/* verified.c: a command_fn of commands.c */
bool command_verified(struct engine *engine, struct command *command, char *ret_message,
                      size_t size, const char **ret_result);

/* report.c */
void report_step(struct engine *engine);
void report_final(struct engine *engine);
void report_counts(const struct run_counts *counts, struct source_status *status);

#endif
