/* What the journal keeps for following a source: where its listener resumes, the minutes that the
 * graphs and measures need, and what the count of a view needs of failures. */
#ifndef ORDERSYNC_JOURNAL_LISTEN_H
#define ORDERSYNC_JOURNAL_LISTEN_H

#include "base/memory.h"
#include "journal/journal.h"
#include "journal/reader.h"

/* Neither token nor read time: the listener begins from nothing. Saved with a settlement. */
struct listen_checkpoint {
    enum source_kind source;
    const char *identity;
    struct str token;     /* empty: none */
    int64_t read_time_ns; /* TIME_NONE: none */
    bool complete;        /* the target holds everything from before this point */
    char run_id[40];      /* the backfill that will make it complete; "" none has begun */
};
/* *ret_found false and the rest untouched when nothing is known of this identity. token lies in the
 * arena. */
MUST_CHECK bool journal_listen_load(struct journal *journal, enum source_kind source,
                                    const char *identity, struct arena *arena, bool *ret_found,
                                    struct listen_checkpoint *ret_checkpoint, struct error *err);
MUST_CHECK bool journal_listen_save(struct journal *journal,
                                    const struct listen_checkpoint *checkpoint, struct error *err);

/* The document has an unresolved failure that is a held or refused delete: an absence that is
 * decided, or waits to be. Engine thread. */
MUST_CHECK bool journal_is_deletion(struct journal *journal, enum source_kind source,
                                    const char *source_id, bool *ret_deletion, struct error *err);

/* ---- minutes: kept 30 days ---- */

#define MINUTES_KEPT ((int64_t)30 * 24 * 60)
struct minute_row {
    int64_t minute;                               /* since 1970-01-01 UTC */
    struct run_counts counts;                     /* of that minute; overlap is not kept */
    uint64_t absences;                            /* deletes by absence, of counts.deleted */
    int64_t lag_p50_us, lag_p99_us, lag_max_us;   /* -1: no live change */
    uint64_t queue_items, rss_bytes;              /* at its end */
    int64_t staleness_us, skew_us;                /* at its end; TIME_NONE: not known */
    int64_t processing_p50_us, processing_p99_us; /* of batches; TIME_NONE: none */
    double error_rate;                            /* below 0: not known */
};
/* A row that adds nothing. */
#define MINUTE_NOTHING(number)                                                                     \
    ((struct minute_row){.minute = (number),                                                       \
                         .lag_p50_us = -1,                                                         \
                         .lag_p99_us = -1,                                                         \
                         .lag_max_us = -1,                                                         \
                         .staleness_us = TIME_NONE,                                                \
                         .skew_us = TIME_NONE,                                                     \
                         .processing_p50_us = TIME_NONE,                                           \
                         .processing_p99_us = TIME_NONE,                                           \
                         .error_rate = -1})
/* Adds to the minute's row, which a restart may have begun before, and forgets what is older than
 * MINUTES_KEPT. */
MUST_CHECK bool journal_minute_add(struct journal *journal, enum source_kind source,
                                   const struct minute_row *row, struct error *err);
/* Rows from `since` on, oldest first; minutes in which no engine ran have none. */
MUST_CHECK bool journal_list_minutes(struct journal_reader *reader, enum source_kind source,
                                     int64_t since, size_t max, struct arena *arena,
                                     struct minute_row **ret_rows, size_t *ret_count,
                                     struct error *err);
/* Deletes by absence from minute `since` on. */
MUST_CHECK bool journal_absences_since(struct journal *journal, enum source_kind source,
                                       int64_t since, uint64_t *ret_absences, struct error *err);
/* Unresolved failures of the last 24 hours that are not caused by the document itself, over the
 * documents seen in them; 0 when none was seen. */
MUST_CHECK bool journal_error_rate(struct journal *journal, enum source_kind source, int64_t now_us,
                                   double *ret_rate, struct error *err);

/* ---- failures as part of the view ---- */

struct unresolved_row {
    int64_t id;
    const char *source_id; /* arena */
    int64_t version;       /* of the document, as far as it could be read */
    bool deletion;         /* a held or refused delete: gone in the source, live in the target */
};
/* Unresolved failures with an id above `after`, in order. Any thread that owns the reader. */
MUST_CHECK bool journal_page_unresolved(struct journal_reader *reader, enum source_kind source,
                                        int64_t after, size_t max, struct arena *arena,
                                        struct unresolved_row **ret_rows, size_t *ret_count,
                                        struct error *err);

#endif
