/* What a look-back asks the target. Reads alone, one round trip each; the thread that owns the
 * target calls them. Answers are heap, freed by the caller (each string and the list). */
#ifndef ORDERSYNC_TARGET_SALES_H
#define ORDERSYNC_TARGET_SALES_H

#include "model/sale.h"
#include "target/target.h"

/* Which Stripe sessions these payment intents belong to: source ids. Intents without a sale are
 * left out. */
MUST_CHECK bool target_sessions_of_intents(struct target *target, const char *const *intents,
                                           size_t count, char ***ret_ids, size_t *ret_count,
                                           struct error *err);
/* What a look-back reads by id behind its lists. */
enum unsettled {
    /* Stored documents that may still change: Stripe sessions below SESSION_RANK_SETTLED that are
     * not expired; Printful orders whose status is not final, and final ones without a sale that
     * match one now. */
    UNSETTLED_OPEN,
    /* Stored Printful orders created since `from_s`: the list has just shown those that are there.
     */
    UNSETTLED_LISTED,
    /* "@EXTERNAL_ID" of sales created from `since_s` to `from_s` that are under way and have no
     * Printful order: one whose webhooks were all lost is known by nothing else. Most are
     * guesses. */
    UNSETTLED_SALES,
    UNSETTLED_COUNT
};
struct unsettled_question {
    enum unsettled what; /* of Stripe: UNSETTLED_OPEN alone */
    enum source_kind source;
    enum sale_link link;      /* the setting printful_link */
    const char *metadata_key; /* of LINK_METADATA, NULL: none */
    int64_t since_s, from_s;  /* unix seconds */
    const char *after;        /* where the page before ended, NULL: from the beginning */
    size_t max;               /* of this page */
    size_t sales_max;         /* UNSETTLED_SALES: of all pages, the newest */
};
/* *ret_after: where this page ends; NULL: there is no more; heap. */
MUST_CHECK bool target_unsettled(struct target *target, const struct unsettled_question *question,
                                 char ***ret_ids, size_t *ret_count, char **ret_after,
                                 struct error *err);
/* The store that a stored Printful order names; 0: none does. */
MUST_CHECK bool target_printful_store(struct target *target, int64_t *ret_store, struct error *err);
/* The target's clock minus ours, microseconds: observed_at of a look-back is the target's time. */
MUST_CHECK bool target_clock_offset(struct target *target, int64_t *ret_offset_us,
                                    struct error *err);

#endif
