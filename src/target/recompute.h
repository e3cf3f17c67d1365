/* What is computed of customers, recomputed set-wise from their orders: attributes, match keys,
 * spend, activities, figures, scores. Apply notes customers in customer_dirty; here the notes are
 * taken, in the transaction that acts on them, so that nothing is lost and nothing counted twice. A
 * connection of its own: these calls change session settings that apply relies on. */
#ifndef ORDERSYNC_TARGET_RECOMPUTE_H
#define ORDERSYNC_TARGET_RECOMPUTE_H

#include "target/target.h"

#define RECOMPUTE_NOTES_MAX 10000 /* of one transaction: some seconds of work at most */

struct recompute_counts {
    uint64_t notes;     /* taken off the queue */
    uint64_t customers; /* they named */
    bool busy;          /* another session recomputes: nothing was taken */
};
/* Takes up to `limit` notes, oldest first, and recomputes the customers they name: one transaction.
 * Fewer notes than `limit` and not busy: the queue is empty. `currency`: of the average; "" the
 * customer's own main one. 4xxx errors, after which nothing has happened; a unique violation is
 * another session that took a match key at the same time: again. */
MUST_CHECK bool target_recompute(struct target *target, const char *currency, uint64_t limit,
                                 struct recompute_counts *ret_counts, struct error *err);
/* Moves the oldest note behind the others: after its customer alone could not be recomputed. */
MUST_CHECK bool target_recompute_postpone(struct target *target, struct error *err);

/* Notes every customer, so that all is computed anew. `reason`: static text of ours. */
MUST_CHECK bool target_note_customers(struct target *target, const char *reason, struct error *err);
struct dirty_counts {
    uint64_t notes;
    uint64_t customers;
};
MUST_CHECK bool target_count_dirty(struct target *target, struct dirty_counts *ret_counts,
                                   struct error *err);

/* Takes new cut-offs from the customers of this moment and notes every customer, when they are due:
 * none yet, older than max_age_s, of another currency than `currency` ("": any), or from less than
 * half of today's customers. max_age_s 0: always. */
MUST_CHECK bool target_refresh_cutoffs(struct target *target, const char *currency,
                                       int64_t max_age_s, bool *ret_refreshed, struct error *err);

#endif
