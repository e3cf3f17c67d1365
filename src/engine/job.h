/* What travels between the engine thread and the writers. A job goes one way, its result comes
 * back; each is owned by whoever holds it. */
#ifndef ORDERSYNC_ENGINE_JOB_H
#define ORDERSYNC_ENGINE_JOB_H

#include "journal/planning.h"
#include "source/source.h"
#include "target/identity.h"

#define ENGINE_FETCH_MAX 100 /* documents of one fetch by id */

enum job_kind {
    JOB_PAGE,  /* a page of a backfill range */
    JOB_FETCH, /* documents read by id: retries, pull */
    JOB_LIVE,  /* changes as the source told them, confirmed absences */
    JOB_APPLY, /* documents of a plan's rows, read again by id */
    JOB_SYNC,  /* a page of a look-back */
    JOB_KIND_COUNT
};

/* A document that is gone. */
struct gone {
    char *id;      /* heap */
    int64_t at_ns; /* seen gone at, by the source's clock: the tombstone's version */
    bool decided;  /* a person asked for it: the setting `deletes` does not apply */
};

enum gone_policy {
    GONE_TOMBSTONE,
    GONE_HOLD,
    GONE_IGNORE
}; /* as the setting `deletes` lists them */

#define JOB_NO_TICKET UINT64_MAX
#define JOB_NO_LANE (-1)

struct job {
    enum job_kind kind;
    enum source_kind source;
    const struct source_ops *ops; /* decode */
    struct page *page;            /* owned */
    struct gone *gone;            /* owned */
    size_t gone_count;
    enum gone_policy policy;
    enum error_id hold; /* not ERROR_NONE: every delete here is held for this reason */
    int range;          /* JOB_PAGE, JOB_SYNC */
    uint64_t ticket;    /* of the range's prefix; JOB_LIVE: of the listener's, or none */
    uint64_t epoch;   /* of the backfill, sync or listener it belongs to; an older one is ignored */
    uint64_t restart; /* writers_restarts() when it was submitted */
    size_t checked;   /* JOB_SYNC: objects that were looked at for it */
    bool again;       /* JOB_SYNC: read once more, for its refunds: counts only where it changed */
    bool create_only; /* settled documents that the target holds are left alone */
    int lane;         /* JOB_LIVE: of live_batch.c, or none */
    bool bulk;        /* JOB_LIVE: no live change (a listing, a confirmation): it has no lag */
    bool sweep;       /* deletes by absence */
    bool repair;      /* JOB_FETCH: what was read replaces what the target had from before */
    bool resumed; /* JOB_PAGE: the range's first page after a resume: its unchanged documents are
                     overlap */
    struct due_retry *due; /* JOB_FETCH: failures this carries; owned */
    size_t due_count;
    bool dry_run;                /* is planned, not written: the result has a plan's entries */
    char plan_id[40];            /* the plan it builds (dry_run) or is applied for; "" none */
    struct plan_target *targets; /* JOB_APPLY: what the plan saw of each document; owned */
    size_t target_count;
    char target_identity[TARGET_IDENTITY_SIZE]; /* JOB_APPLY: the only database it may go to */
    int64_t command_id; /* 0 none: command to be finished with the outcome */
    char run_id[40];
    char operator_name[64];
    char origin[64];
};
void job_free(struct job *job);
/* Ids that a fetch found gone at read_time_ns; the ids and the list pass over. */
void job_take_missing(struct job *job, char **take_ids, size_t count, int64_t read_time_ns);
size_t job_bytes(const struct job *job);

struct result {
    struct job *job;                /* owned */
    struct arena arena;             /* of what follows */
    struct settled_change *changes; /* every document of the job that was settled */
    size_t count;
    struct run_counts counts;
    int64_t
        *lags_us; /* JOB_LIVE: from the source's commit to the target's, of each that was written */
    size_t lag_count;
    struct plan_entry *entries; /* of a dry run */
    size_t entry_count;
    uint64_t unchanged;
    char target_identity[TARGET_IDENTITY_SIZE]; /* of jobs that concern a plan */
    const char **reasons;                       /* JOB_APPLY: why each of `changes` has moved, "" */
    bool wrong_target; /* JOB_APPLY: another database than the plan's; nothing was written */
    int64_t busy_us;   /* from decoding to the commit */
    bool abandoned;    /* cancelled before it was committed: nothing of it is settled */
    bool fence_behind; /* the target lost commits it had acknowledged */
    int writer;
    int64_t fence_seq; /* 0: no transaction was needed */
};
void result_free(struct result *result);

#endif
