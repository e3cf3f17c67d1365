/* Customers as the console asks for them, and matches of two customers that wait for a person's
 * word. The thread that owns the target calls these. */
#ifndef ORDERSYNC_TARGET_REVIEWS_H
#define ORDERSYNC_TARGET_REVIEWS_H

#include "base/memory.h"
#include "base/uuid.h"
#include "target/target.h"

/* ---- reading: one round trip with a bounded answer in the arena ---- */

/* Texts are never NULL. Name, e-mail and phone are personal. */
struct target_customer {
    const char *id;
    const char *shop_id;
    const char *name, *email, *phone;
    const char *segment;
    int64_t orders;
    const char *spent;      /* "89.50 EUR, 7.00 USD": net, by currency */
    int64_t last_active_us; /* TIME_NONE: never */
    int64_t open_reviews;
    bool merged; /* into another */
};
/* By our id, Shopify's, e-mail, phone, or a part of name, e-mail, phone; "" all. */
MUST_CHECK bool target_search_customers(struct target *target, const char *text, size_t max,
                                        struct arena *arena, struct target_customer **ret_list,
                                        size_t *ret_count, struct error *err);

struct target_customer_order {
    enum source_kind source;
    const char *source_id;
    const char *label, *status;
    const char *payment; /* "paid", "paid, test" */
    const char *total;   /* "12.90 EUR" */
    int64_t at_us;       /* TIME_NONE: not known */
    bool manual;         /* linked by a person */
};
MUST_CHECK bool target_customer_orders(struct target *target, const char *customer_id, size_t max,
                                       struct arena *arena, struct target_customer_order **ret_list,
                                       size_t *ret_count, struct error *err);

struct target_review {
    int64_t id;
    const char *state; /* open, merged, kept_apart */
    const char *reason;
    int64_t opened_us;
    const char *decided_by, *note;
    const char *origin, *origin_id;   /* of the order that raised it; "" none */
    struct target_customer people[2]; /* the stronger match first: a merge keeps it */
};
/* Open ones, oldest first, then at most 50 of those decided last. */
MUST_CHECK bool target_list_reviews(struct target *target, size_t max, struct arena *arena,
                                    struct target_review **ret_list, size_t *ret_count,
                                    struct error *err);

/* ---- deciding ---- */

enum review_verb { REVIEW_MERGE, REVIEW_KEEP_APART, REVIEW_UNDO };
bool review_verb_parse(const char *name, enum review_verb *ret_verb); /* "merge", ... */

struct review_decision {
    int64_t review_id;
    enum review_verb verb;
    bool into_other; /* of a merge: the second customer is the one that is kept */
    /* Of a merge: the two as the person saw them, the stronger match first; "" not told. */
    char shown[2][UUID_TEXT_SIZE];
    const char *reason;
};
/* One transaction under the target's actor. A merge moves the orders of the one customer to the
 * other, whatever their link, which keeps its origin; marks the one as merged; and notes both to be
 * recomputed. Nobody is merged who was not shown: where one of the two was merged meanwhile, only
 * with its keeper. Undoing puts back what that merge moved. ERROR_REVIEW when the decision does not
 * fit: nothing has happened. *ret_orders: how many were moved. */
MUST_CHECK bool target_decide_review(struct target *target, const struct review_decision *decision,
                                     uint64_t *ret_orders, struct error *err);

#endif
