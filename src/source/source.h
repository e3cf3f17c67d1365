/* The operations every source implements. The engine thread owns a source and its curl handles;
 * only decode is called elsewhere (by writers). Everything here only ever reads. */
#ifndef ORDERSYNC_SOURCE_SOURCE_H
#define ORDERSYNC_SOURCE_SOURCE_H

#include "base/error.h"
#include "base/memory.h"
#include "model/order.h"

struct source;
struct settings;
struct listen_ops;   /* source/listen.h */
struct lookback_ops; /* source/lookback.h */

/* A stretch of the collection by document name: (after, before). NULL: open end. */
struct range {
    struct str after;     /* exclusive for a cursor, see after_inclusive */
    bool after_inclusive; /* a range's own lower end is inclusive, a cursor is not */
    struct str before;    /* exclusive */
};

/* One page as the source sent it: raw messages back to back, decoded later by a writer. Heap; free
 * with page_free(). */
struct page {
    struct buffer raw; /* wire bytes */
    size_t *offsets;   /* count + 1 offsets into raw, one per document */
    size_t count;
    char *last_id; /* cursor: id of the last document; NULL when count == 0 */
    bool last;     /* the range ends here (fewer than the limit) */
    int64_t read_time_ns;
};
void page_free(struct page *page); /* NULL is fine */

/* Called from source_step() on the engine thread, once per request: a page (ownership passes) or an
 * error. */
typedef void page_done_fn(void *context, struct page *take_page, const struct error *err);
typedef void count_done_fn(void *context, int64_t count, const struct error *err);
typedef void split_done_fn(void *context, char **take_points, size_t count,
                           const struct error *err);
/* One answer per id asked: a page whose documents were found, and the ids that are gone at
 * read_time. */
typedef void fetch_done_fn(void *context, struct page *take_found, char **take_missing,
                           size_t missing, int64_t read_time_ns, const struct error *err);

/* What the status line and the Overview show of it. */
struct source_meter {
    uint64_t requests;
    uint64_t retries;
    uint64_t bytes;
    uint64_t documents_read;  /* billed reads since open: documents, 1 for an empty answer, 1 per
                                 1000 counted */
    uint64_t reads_today;     /* since 08:00 UTC, with those told by spent() */
    uint64_t read_budget;     /* billed reads a day; 0: no limit */
    bool quota_known;         /* the latest answer said how many requests its limit leaves ... */
    uint64_t quota_left;      /* ... and that counter has not begun anew since */
    uint64_t listen_opened;   /* streams opened */
    uint64_t listen_lost;     /* of them lost by a fault; planned and routine ends do not count */
    int64_t waiting_until_us; /* monotonic; > now while it backs off */
    struct error last_error;  /* of the latest retry; ERROR_NONE after a success */
};

struct source_ops {
    const char *name;
    /* Reads settings and credentials; no traffic yet. 3xxx and 1xxx errors. */
    bool (*open)(const struct settings *settings, struct source **ret_source, struct error *err);
    void (*close)(struct source *source); /* cancels what is under way; no callback comes after */
    /* "project/database/collection": what sync_origin holds. Borrowed. */
    const char *(*identity)(const struct source *source);
    /* Number of documents, for the ETA. */
    void (*count)(struct source *source, count_done_fn *done, void *context);
    /* Up to want - 1 ids that cut the collection into ranges of like size; may be fewer, sorted. */
    void (*split)(struct source *source, size_t want, split_done_fn *done, void *context);
    /* The next page of a range. read_time_ns TIME_NONE: the server's now. Retries inside, as the
     * facts say; an error reaches `done` only when it is final or `give_up_us` has passed. */
    void (*page)(struct source *source, const struct range *range, size_t limit, page_done_fn *done,
                 void *context);
    /* The same without content: ids, versions and times alone. Each name is billed as a read. */
    void (*names)(struct source *source, const struct range *range, size_t limit,
                  page_done_fn *done, void *context);
    /* Documents by id (retry, pull). */
    void (*fetch)(struct source *source, const char *const *ids, size_t count, fetch_done_fn *done,
                  void *context);
    /* Runs transfers and callbacks; waits up to timeout_us for traffic or source_wake(). */
    void (*step)(struct source *source, int64_t timeout_us);
    /* Any thread: makes step() return at once. */
    void (*wake)(struct source *source);
    void (*meter)(const struct source *source, struct source_meter *ret_meter);
    /* Adds reads billed elsewhere, at at_us: by earlier runs, as the journal knows, before the
     * first step; by a verification. At the budget every request and the listener wait for the next
     * day, with ERROR_READ_BUDGET; what is under way is read to its end. NULL: reads cost nothing.
     */
    void (*spent)(struct source *source, uint64_t reads_today, int64_t at_us);
    /* Any thread. Decodes document i of a page into *ret_document with memory of `arena` (and
     * pointing into page->raw, which must stay). Errors: ERROR_SOURCE_DECODE (invalid_data), with
     * id set when it could be read. */
    bool (*decode)(const struct page *page, size_t i, struct arena *arena,
                   struct document *ret_document, struct error *err);
    const struct listen_ops *listen;     /* NULL: cannot be followed */
    const struct lookback_ops *lookback; /* NULL: is not read by creation time; else count, split,
                                            page and names are NULL */
};

extern const struct source_ops source_firestore, source_stripe, source_printful;
/* In the order of enum source_kind. */
extern const struct source_ops *const sources[SOURCE_COUNT];

#endif
