/* The journal, writing side: the engine thread alone holds it, by a lock that says who it is.
 * SQLite in WAL, synchronous=FULL. A failed write is class storage: the engine stops. */
#ifndef ORDERSYNC_JOURNAL_JOURNAL_H
#define ORDERSYNC_JOURNAL_JOURNAL_H

#include "base/error.h"
#include "journal/commands.h"
#include "journal/failure.h"
#include "journal/retries.h"
#include "journal/status.h"
#include "model/order.h"

struct journal;

/* Opens or creates state_dir/journal.db (0600 in 0700), migrates it, locks it: ERROR_JOURNAL_LOCKED
 * names the holder. Failures found in_progress become retryable, attempt not charged. */
MUST_CHECK bool journal_open(const char *state_dir, struct journal **ret_journal,
                             struct error *err);
void journal_close(struct journal *journal);
const char *journal_id(const struct journal *journal); /* uuid text */
/* One line on what opening found (a copied file: checkpoints are void), or "". */
const char *journal_notice(const struct journal *journal);

/* ---- runs ---- */
MUST_CHECK bool journal_run_start(struct journal *journal, const char *kind,
                                  enum source_kind source, const char *operator_name,
                                  char ret_run_id[40], struct error *err);
/* The unfinished run of this kind and source, to be continued; *ret_found false when none. */
MUST_CHECK bool journal_run_find(struct journal *journal, const char *kind, enum source_kind source,
                                 bool *ret_found, char ret_run_id[40], struct error *err);
/* When it began by our clock, and what it came to so far; zeros when there is no such run. */
MUST_CHECK bool journal_run_started(struct journal *journal, const char *run_id, int64_t *ret_us,
                                    struct error *err);
MUST_CHECK bool journal_run_counts(struct journal *journal, const char *run_id,
                                   struct run_counts *ret_counts, struct error *err);
MUST_CHECK bool journal_run_finish(struct journal *journal, const char *run_id, const char *result,
                                   const struct run_counts *counts, struct error *err);
/* How the source was in this part of the run, added to the parts before; what stopped it (NULL:
 * nothing did). */
MUST_CHECK bool journal_run_note(struct journal *journal, const char *run_id, uint64_t requests,
                                 uint64_t retries, int64_t busy_us, const struct error *stopped,
                                 struct error *err);

/* ---- checkpoints: one row a range of a run; ids as the source has them ---- */
struct range_checkpoint {
    int range;    /* 0.. */
    char *after;  /* lower end, NULL open; heap, freed by range_checkpoint_free() */
    char *before; /* upper end, NULL open */
    char *cursor; /* last id settled, NULL none yet */
    bool done;
    uint64_t settled;
};
void range_checkpoint_free(struct range_checkpoint *list, size_t count);
MUST_CHECK bool journal_ranges_save(struct journal *journal, const char *run_id,
                                    const struct range_checkpoint *list, size_t count,
                                    struct error *err);
MUST_CHECK bool journal_ranges_load(struct journal *journal, const char *run_id,
                                    struct range_checkpoint **ret_list, size_t *ret_count,
                                    struct error *err);

/* ---- settling: what one or more batches came to, in one SQLite transaction ---- */
struct settled_change {
    enum source_kind source;
    const char *source_id;
    int64_t version;
    const char *label;    /* "#1042", may be "" */
    enum outcome outcome; /* FAILED and HELD make or renew a failure; every other resolves one */
    const char *stage;    /* "decode", "transform", "apply" */
    const struct error *error; /* for FAILED and HELD */
    bool permanent;            /* cannot succeed unchanged: dead at once */
    int64_t retry_at_us;       /* when not permanent */
    uint8_t digest[32];
    bool attempted; /* false: charge no attempt (transient, interrupted) */
    bool retried;   /* the result of a journal_take_due() one, which read the document as it is now:
                     * counts even when the source has gone back to an older version */
};
struct listen_checkpoint; /* journal/listen.h */
struct settlement {
    const struct settled_change *changes; /* FAILED, HELD, and successes that may resolve one */
    size_t count;
    const char *run_id;
    struct run_counts add; /* added to the run's; what is decided moves to `skipped` here */
    bool *decided; /* NULL, or one for each change: a person skipped or snoozed this failure */
    const struct range_checkpoint *ranges; /* cursors that moved; may be NULL */
    size_t range_count;
    int writer; /* fence acknowledged, -1 none */
    int64_t fence_seq;
    const struct listen_checkpoint *listen; /* may be NULL */
};
MUST_CHECK bool journal_settle(struct journal *journal, struct settlement *settlements,
                               size_t count, unsigned max_attempts, struct error *err);
MUST_CHECK bool journal_fence(struct journal *journal, int writer, int64_t *ret_acknowledged,
                              struct error *err);
/* Fence behind: forgets every checkpoint of every source. */
MUST_CHECK bool journal_void_checkpoints(struct journal *journal, const char *why,
                                         struct error *err);
/* Whether any failure of this source is unresolved, before successes are sent to settle. */
bool journal_has_failures(struct journal *journal, enum source_kind source);
/* This document has an unresolved failure: one index look-up. In doubt true. */
bool journal_is_unresolved(struct journal *journal, enum source_kind source, const char *source_id);
/* How many are; from the counters, so it costs nothing. */
uint64_t journal_count_unresolved(struct journal *journal, enum source_kind source);

MUST_CHECK bool journal_write_status(struct journal *journal, const struct engine_status *status,
                                     struct error *err);

#endif
