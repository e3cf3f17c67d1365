/* Looking back: sources that are read by creation time, newest first, because they cannot be
 * followed (Stripe, Printful). A page is a list page of theirs, made into whole documents
 * (truncated sub-lists are read to their end); the cursor goes into the journal once the page is
 * settled, so that a killed run continues. facts/stripe-printful.md is the source of all rules. */
#ifndef ORDERSYNC_SOURCE_LOOKBACK_H
#define ORDERSYNC_SOURCE_LOOKBACK_H

#include "source/source.h"

/* What a walk asks for; each source knows its own, in the order they are walked. */
enum lookback_walk {
    LOOKBACK_SALES,   /* Stripe: complete sessions, paid, free or not paid yet, with all items */
    LOOKBACK_REFUNDS, /* Stripe: refunds; no documents, but the payment intents they belong to */
    LOOKBACK_ORDERS,  /* Printful: orders with items, costs and shipments */
    LOOKBACK_COUNT
};
const char *lookback_walk_name(enum lookback_walk walk); /* "sales" */

/* The same bounds for the whole walk: a cursor means nothing under others. */
struct lookback_window {
    enum lookback_walk walk;
    int64_t from_s, to_s; /* created, unix seconds, both inclusive */
};

struct lookback_page {
    struct page *page; /* documents, NULL for LOOKBACK_REFUNDS; page->last is not used */
    char **references; /* LOOKBACK_REFUNDS: payment intent ids, no duplicates; heap */
    size_t reference_count;
    size_t unnamed; /* LOOKBACK_REFUNDS: of them without a payment intent */
    size_t checked; /* objects the source listed, those passed over included */
    char *cursor;   /* to be given for the next page; NULL: the walk is over */
};
void lookback_page_free(struct lookback_page *page); /* NULL is fine */

/* As page_done_fn. */
typedef void lookback_done_fn(void *context, struct lookback_page *take_page,
                              const struct error *err);

struct lookback_ops {
    const enum lookback_walk *walks; /* in order */
    size_t walk_count;
    /* The page after `cursor` (NULL: the first). A cursor that vanished (resource_missing, an
     * emptied page with has_more) restarts from its created time inside: the caller sees documents
     * twice at most. */
    void (*walk)(struct source *source, const struct lookback_window *window, const char *cursor,
                 lookback_done_fn *done, void *context);
};

#endif
