/* Following a source: what its events mean for the target. State of the engine thread, shared by
 * the live_*.c files and absences.c.
 *
 * Events are gathered into jobs, each with a ticket of `prefix` from its first event on. A snapshot
 * is the position of the newest ticket: when the prefix moves there, everything told before it is
 * settled, and its token may be stored. Only absences wait for a snapshot. */
#ifndef ORDERSYNC_ENGINE_LIVE_H
#define ORDERSYNC_ENGINE_LIVE_H

#include "base/backoff.h"
#include "engine/absences.h"
#include "engine/doubt.h"
#include "engine/measure.h"
#include "engine/prefix.h"
#include "engine/survey.h"
#include "engine/writers.h"
#include "journal/listen.h"
#include "source/listen.h"

#define LIVE_BATCH_DOCUMENTS 250
#define LIVE_BATCH_BYTES (1u << 20)
#define LIVE_GROUPS_MAX 16 /* of documents to be confirmed; above half the stream waits */
#define LIVE_TICKETS_KEPT (2 * WRITERS_MAX) /* for lanes: a job out and a batch that gathers */
#define LIVE_SAVE_US 250000     /* a token is stored so often at most: each costs an fsync */
#define LIVE_RELIST_US 60000000 /* the whole set is asked for again after a wrong count */
#define LIVE_CLOCK_US 1000000   /* our clock may be so far ahead of the source's */
#define LIVE_REBACKFILL_US 3600000000LL /* between two backfills that the engine begins itself */

enum live_phase {
    LIVE_OFF,
    LIVE_CHECKING,  /* the target is asked whose it is, before anything is read */
    LIVE_ASKING,    /* the source is asked for its time */
    LIVE_OPENING,   /* started; the stream is not up */
    LIVE_FOLLOWING, /* up */
    LIVE_FAILED,    /* the source gave up: started again at retry_at_us */
};

/* A share of the documents, by a hash of their ids: one job of it is out at a time, so that no two
 * writers wait for each other's row, and changes of one document keep their order. What comes in
 * meanwhile is gathered; its ticket is open from the first event on. */
struct lane {
    bool out;          /* its last job has not come back */
    struct page *page; /* NULL: no document */
    size_t offsets_cap;
    struct gone *gone;
    size_t gone_count, gone_cap;
    bool bulk; /* some of it was told as part of the whole set */
    uint64_t ticket;
};

/* Documents whose fate a read must tell, asked for together; one ticket for all of them. */
struct confirm_group {
    char *ids[ENGINE_FETCH_MAX];
    size_t count;
    uint64_t ticket;
    uint64_t epoch;
};
struct confirm {
    struct confirm_group groups[LIVE_GROUPS_MAX]; /* the first is being fetched, if any is */
    size_t count;
    bool fetching;
    int64_t retry_at_us; /* monotonic */
};

struct live {
    enum live_phase phase;
    uint64_t epoch;      /* raised when what was told is void: older tickets no longer count */
    bool started;        /* listen->start() was called */
    bool held;           /* listen->hold() */
    bool asking;         /* the source's time is asked for */
    bool skipped;        /* skipped ahead, and no snapshot since */
    bool known;          /* the journal has a row of this identity */
    int64_t retry_at_us; /* monotonic */
    struct error error;  /* why the stream is down; ERROR_NONE */

    struct lane lanes[WRITERS_MAX];
    size_t lane_count;
    struct prefix prefix;
    struct confirm confirm;
    size_t jobs_out;
    char *told;    /* position of the newest snapshot, NULL none */
    char *settled; /* position up to which everything is settled; NULL: from nothing */
    bool unsaved;
    bool complete;
    char run_id[40]; /* of the backfill that will make it complete */
    int64_t save_at_us;
    int64_t read_time_ns;        /* newest that the source told */
    int64_t fences[WRITERS_MAX]; /* acknowledged by the target, not in the journal yet; 0 none */

    bool listing; /* the whole set is being told */
    struct seen *listed;
    struct survey *survey;
    struct sweep sweep;
    struct seen *backfilled; /* ids that a backfill read */
    int64_t backfill_ns;     /* what is newer was told by the stream; INT64_MAX: not known */
    bool backfill_swept;
    int64_t rebackfill_at_us; /* monotonic */

    struct doubt doubt;
    int64_t backfill_since_ns; /* when the backfill that runs began, or earlier */

    struct run_counts counts;
    struct lag lag_minute, lag_hour, processing;
    struct skew skew;
};

struct engine;
struct result;

/* live.c */
void live_begin(struct engine *engine);
void live_step(struct engine *engine);
void live_finish(struct engine *engine, struct result *result); /* a JOB_LIVE came back, settled */
void live_abandoned(struct engine *engine, const struct result *result);
void live_void(struct engine *engine); /* nothing told so far counts any more */
/* Changes were missed for good: listens from now on, and has everything read again. */
void live_skip_ahead(struct engine *engine, const char *why);
/* ... because the target lost commits: at once, however soon after the last time. */
void live_lost_commits(struct engine *engine);
void live_end(struct engine *engine);              /* the engine's end: stores, frees */
bool live_is_settled(const struct engine *engine); /* nothing told is unsettled */
void live_consistent(struct engine *engine); /* ... and the target is as the source was just now */

/* live_batch.c */
void live_gather_document(struct engine *engine, const struct listen_event *event);
void live_gather_gone(struct engine *engine, const struct listen_event *event);
void live_gather_clear(struct live *live);
void live_flush(struct engine *engine);
void live_hold(struct engine *engine);       /* holds the stream back, or lets it go on */
uint64_t live_ticket(struct engine *engine); /* of what comes after the newest snapshot */
struct job *live_job(struct engine *engine);
void live_submit(struct engine *engine, struct job *take_job);

/* live_confirm.c */
void live_confirm_add(struct engine *engine, struct str id);
void live_confirm_step(struct engine *engine);
void live_confirm_clear(struct live *live);

/* live_point.c */
void live_point_load(struct engine *engine, struct listen_start *ret_start, struct arena *arena);
void live_point_told(struct engine *engine, struct str token, int64_t read_time_ns);
void live_point_trust(struct engine *engine, char *take_position); /* told, and beyond doubt */
void live_point_set(struct engine *engine, int64_t read_time_ns);  /* from a time, no token */
void live_point_forget(struct engine *engine);                     /* from nothing */
void live_point_settled(struct engine *engine, const char *position);
void live_point_save(struct engine *engine);

#endif
