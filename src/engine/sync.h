/* A sync: sources that are read by creation time, one after the other, each as a run of kind "sync"
 * in the journal. A run walks its lists in windows of created time, several at once, then what may
 * have changed since; each window is a range with a cursor of its own, so that a killed run
 * continues. The engine thread owns it. */
#ifndef ORDERSYNC_ENGINE_SYNC_H
#define ORDERSYNC_ENGINE_SYNC_H

#include "engine/idset.h"
#include "engine/job.h"
#include "engine/lookback.h"
#include "engine/prefix.h"
#include "engine/statistics.h"

#define SYNC_RANGES_MAX 64
#define SYNC_PAGES_MAX 2 /* of a window, read and not settled */
#define SYNC_EDGE_S 900  /* a look-back reaches so much further at both ends */
/* Sales reach further back by as long as a session may be open: one that was when a look-back
 * passed it, and was paid then, has a created time before the next one's days. */
#define SYNC_OPEN_S 86400
#define SYNC_LOGGED_MAX 20 /* lines a run about documents that are gone, or match no sale */

/* ---- sync_window.c: pure ---- */

/* One range of a run. */
struct sync_window {
    unsigned step; /* which of the source's walks; their number: what is unsettled */
    struct lookback_window window;
};
/* The windows of a look-back over [from_s, to_s], in the order of the walks: many for sales, which
 * can be asked for by time and begin SYNC_OPEN_S earlier, one for each other walk, and the last for
 * what is unsettled. */
size_t sync_cut(const struct lookback_ops *ops, int64_t from_s, int64_t to_s,
                struct sync_window ret_windows[SYNC_RANGES_MAX]);
/* What an unfinished run has not covered of [from_s, to_s], because it began earlier or looked back
 * less far; the last quarter of an hour is the next sync's. `count` windows are there. */
size_t sync_extend(const struct lookback_ops *ops, const struct sync_window *windows, size_t count,
                   int64_t from_s, int64_t to_s, struct sync_window ret_windows[SYNC_RANGES_MAX]);
/* "sales 1690000000 1690009999", "unsettled": as a range's lower end in the journal. Heap. */
char *sync_window_format(const struct lookback_ops *ops, const struct sync_window *window);
MUST_CHECK bool sync_window_parse(const struct lookback_ops *ops, const char *text,
                                  struct sync_window *ret_window);

/* ---- the run ---- */

/* "rate limited, 37 s" while the source waits; a second changes the line, so it is a countdown.
 * Monotonic now. Pure. */
bool sync_wait_words(const struct source_meter *meter, int64_t now_us, char *ret_words,
                     size_t size);

struct sync_range {
    struct sync_window window;
    struct range_checkpoint checkpoint; /* as the journal has it */
    char *cursor;                       /* up to where it was read, settled or not; NULL none */
    bool asking;                        /* a page is asked for */
    bool read_all;                      /* the source has no more */
    bool resumed;                       /* its next page may hold documents that landed before */
    unsigned out;                       /* pages that writers have */
    struct prefix prefix;
};

struct sync {
    bool active;
    enum source_kind source; /* being walked */
    unsigned asked, left;    /* bit per source: of this sync, and those still to come */
    unsigned days;
    int64_t from_s; /* unix seconds: the look-back's beginning at this source */
    bool fresh;
    bool partial; /* a source stopped, or a document failed */
    uint64_t epoch;
    char run_id[40];            /* "" of a dry run */
    char plan_id[40];           /* of a dry run, one for all its sources; "": it is none */
    int64_t started_us;         /* wall; TIME_NONE: continued, so parts of it were read before */
    int64_t part_us;            /* monotonic: of this part */
    int64_t edge_s;             /* newest moment that this part looks at */
    struct source_meter before; /* when this part began */
    struct sync_range *ranges;  /* SYNC_RANGES_MAX, NULL while nothing runs */
    size_t range_count;
    struct idset seen; /* documents this run has read */
    unsigned logged;
    struct command command;                 /* id 0: none */
    struct run_counts counts[SOURCE_COUNT]; /* of the last run */
    struct error stopped[SOURCE_COUNT];     /* what stopped the last run; ERROR_NONE nothing */
    struct statistics statistics[SOURCE_COUNT];
    int64_t last_event_us[SOURCE_COUNT], checkpoint_us[SOURCE_COUNT],
        consistent_us[SOURCE_COUNT]; /* wall; TIME_NONE */
    int minute;                      /* of the local day at which a service begins one; -1: never */
    int64_t next_us;                 /* wall */
};

struct engine;
/* Checks the schedule. */
MUST_CHECK bool sync_init(struct engine *engine, struct error *err);
void sync_free(struct engine *engine);
bool sync_active(const struct engine *engine);
/* Over these sources (a bit each), as many `days` back (0: as the setting says); an unfinished run
 * is continued, unless `fresh`. A dry run begins anew, and builds a plan. */
void sync_begin(struct engine *engine, unsigned wanted, unsigned days, bool fresh, bool dry_run);
/* Takes answers, asks for pages, goes on to the next source. */
void sync_step(struct engine *engine);
/* Checkpoints are void: the run begins anew. */
void sync_restart(struct engine *engine);
/* The engine ends before the run does. */
void sync_drained(struct engine *engine);
/* A result is about to be settled: the range whose cursor moved, NULL when none did. */
struct sync_range *sync_settle(struct engine *engine, struct result *result);
/* It is settled, with these counts. */
void sync_count(struct engine *engine, const struct result *result);

/* ---- sync_schedule.c ---- */

MUST_CHECK bool sync_schedule_init(struct engine *engine, struct error *err);
void sync_schedule_step(struct engine *engine);
void sync_schedule_next(struct engine *engine);     /* one has ended */
unsigned sync_sources(const struct engine *engine); /* those that are open, a bit each */
/* One line about a source whose walk has ended. */
void sync_log_source(const struct sync *sync, const struct run_counts *counts);
/* True while the source waits. */
bool sync_report(struct engine *engine, enum source_kind source, struct source_status *status);

#endif
