/* A batch on its way through apply or plan: one item per document. All memory is the batch's arena,
 * but for the results that `current` holds. */
#ifndef ORDERSYNC_TARGET_WORK_H
#define ORDERSYNC_TARGET_WORK_H

#include "target/guard.h"
#include "target/target_private.h"

struct item {
    struct change *change; /* the newest of its document */
    struct order given; /* as the change came: what attaching and keeping put over it goes again */
    struct header header;
    enum verdict verdict;
    bool attached;           /* its document belongs to another's order: change->order.order_id_text
                              * is that one's, "" without a sale */
    bool rechecked;          /* its document is unchanged: written only when its rows differ */
    bool has_order;          /* an orders row exists; `current` holds its rows */
    struct order current;    /* rows as read; empty without an order */
    struct str old_customer; /* uuid text of the current link, NULL when none */
    struct str customer;     /* uuid text of the wanted link, NULL when none */
    bool made;               /* the customer was made from this document, in this batch */
    bool manual;             /* the current link was made by a person */
    bool erased;             /* the customer's personal data was erased: none of it comes back */
    int64_t current_version; /* of the orders row as read; 0: none */
    struct row_changes rows; /* what differs, of the tables in model/table.h */
};

/* A customer that the target lacks, to be made of the first document that names it. */
struct newcomer {
    const struct customer_candidate *candidate;
    struct str id;    /* uuid text, derived from the candidate's strongest key */
    struct str asked; /* what the target was asked for, to know that nobody has the id */
};

struct review {
    const struct item *item;
    struct str customer;
    struct str other;
    const char *reason;
};

struct work {
    struct target *target;
    struct batch *batch;
    struct arena *arena;
    struct item
        *items; /* sorted by source, then source_id as bytes: every engine locks in this order */
    size_t count;
    struct pg_rows current[TABLE_COUNT]; /* cells of items[].current point into these */
    struct review *reviews;
    size_t review_count;
    struct newcomer *newcomers; /* customers to be made, at most one an item */
    size_t newcomer_count;
    bool overtaken;     /* by another engine: the batch is worth another try at once */
    struct work *sales; /* orders that attached documents change, an item each; NULL: none */
};

/* Coalesces the batch; changes that a newer one replaces get their outcome here. */
void work_init(struct work *work, struct target *target, struct batch *batch);
/* Back to the state after work_init(), for another try. */
void work_reset(struct work *work);
void work_free(struct work *work);

/* Outcomes and held errors from the verdicts, once nothing can fail any more. */
void work_settle(struct work *work);

/* Items with this verdict. */
size_t work_count(const struct work *work, enum verdict verdict);
/* An item whose document is written. */
static inline bool item_is_written(const struct item *item)
{
    return item->verdict == VERDICT_CREATE || item->verdict == VERDICT_CHANGE ||
           item->verdict == VERDICT_DELETE || item->verdict == VERDICT_RAISE;
}
/* An item that makes or changes an order of its own. */
static inline bool item_makes_order(const struct item *item)
{
    return !item->attached && (item->verdict == VERDICT_CREATE || item->verdict == VERDICT_CHANGE);
}
/* An item whose order rows are made by COPY, without having been read or compared. */
static inline bool item_is_new(const struct item *item)
{
    return item_makes_order(item) && item->verdict == VERDICT_CREATE && !item->has_order;
}
/* An item whose order rows exist and are compared. */
static inline bool item_is_compared(const struct item *item)
{
    return item->has_order && item_makes_order(item);
}

/* A compared item whose customer is to be another one. */
static inline bool item_is_relinked(const struct item *item)
{
    return !item->manual && !str_equal(item->customer, item->old_customer);
}

/* ---- source_documents (documents.sql) ---- */

/* Reads the header of every item and decides its verdict. With `lock` only of known items that will
 * be written, their rows locked until the transaction ends. */
MUST_CHECK bool headers_read(struct work *work, bool lock, struct error *err);
/* For new orders: the version that the audit ends at, where their documents' rows do not say. */
MUST_CHECK bool headers_find_versions(struct work *work, struct error *err);
/* Rows of unknown documents, by COPY. */
MUST_CHECK bool headers_insert(struct work *work, struct error *err);
/* Rows of known documents, set-wise. */
MUST_CHECK bool headers_update(struct work *work, struct error *err);

/* ---- current rows ---- */

/* Fills has_order, current, old_customer, manual of every item that makes an order: those with a
 * verdict of CHANGE, and with `all` of CREATE too; for a plan (no lock) also DELETE. One round
 * trip. */
MUST_CHECK bool current_read(struct work *work, bool all, bool lock, struct error *err);
/* After the orders were read: items (attached ones, or the others) whose order is not at the
 * version their plan saw are VERDICT_MOVED, unless that plan alone has changed it since. */
MUST_CHECK bool work_check_expected(struct work *work, bool attached, struct error *err);
/* After current_read(): a live document whose order was removed behind our back is made anew. */
void work_recreate(struct work *work);
/* Row changes of every compared item, which keeps what documents attached to its order say; with
 * `all` of new ones too, as inserts. A rechecked item without any is unchanged again. */
void work_diff(struct work *work, bool all);

/* ---- writing ---- */

MUST_CHECK bool orders_delete(struct work *work, struct error *err);
MUST_CHECK bool orders_write(struct work *work, struct error *err);  /* changed rows */
MUST_CHECK bool orders_insert(struct work *work, struct error *err); /* new orders, by COPY */

/* ---- customers ---- */

/* Finds the customer of each item that is created or changed, or decides whom to make. Before the
 * orders are written, which may then name customers that are not there until customers_insert(). */
MUST_CHECK bool customers_link(struct work *work, struct error *err);
/* Makes them, as the last of the transaction: others who make the same ones wait for its end.
 * False with work->overtaken: somebody else has made one of them as another person. */
MUST_CHECK bool customers_insert(struct work *work, struct error *err);
/* The same for a plan: makes nobody. */
MUST_CHECK bool customers_recognise(struct work *work, struct error *err);
/* After either: takes personal data out of the changes whose customer was erased. */
void customers_redact(struct work *work);

#endif
