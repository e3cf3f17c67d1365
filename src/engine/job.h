/* What travels between the engine thread and the writers. A job goes one way, its result comes
 * back; each is owned by whoever holds it. */
#ifndef ORDERSYNC_ENGINE_JOB_H
#define ORDERSYNC_ENGINE_JOB_H

#include "journal/journal.h"
#include "source/source.h"

enum job_kind {
    JOB_PAGE,  /* a page of a backfill range */
    JOB_FETCH, /* documents read by id: retries, pull */
};

struct job {
    enum job_kind kind;
    enum source_kind source;
    const struct source_ops *ops; /* decode */
    struct page *page;            /* owned */
    char **missing;               /* JOB_FETCH: ids gone at read_time_ns; owned */
    size_t missing_count;
    int64_t read_time_ns;
    int range;       /* JOB_PAGE */
    uint64_t ticket; /* JOB_PAGE: of the range's prefix */
    uint64_t epoch;  /* of the backfill it belongs to; an older one is ignored */
    bool resumed;    /* JOB_PAGE: the range's first page after a resume: its unchanged documents are
                        overlap */
    struct due_retry *due; /* JOB_FETCH: failures this carries; owned */
    size_t due_count;
    int64_t command_id; /* 0 none: command to be finished with the outcome */
    char run_id[40];
    char operator_name[64];
    char origin[64];
};
void job_free(struct job *job);
size_t job_bytes(const struct job *job);

struct result {
    struct job *job;                /* owned */
    struct arena arena;             /* of what follows */
    struct settled_change *changes; /* every document of the job that was settled */
    size_t count;
    struct run_counts counts;
    bool abandoned;    /* cancelled before it was committed: nothing of it is settled */
    bool fence_behind; /* the target lost commits it had acknowledged */
    int writer;
    int64_t fence_seq; /* 0: no transaction was needed */
};
void result_free(struct result *result);

#endif
