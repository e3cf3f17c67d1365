/* What a look-back asks the target. Reads alone, one round trip each; the thread that owns the
 * target calls them. Answers are heap, freed by the caller (each string and the list). */
#ifndef ORDERSYNC_TARGET_SALES_H
#define ORDERSYNC_TARGET_SALES_H

#include "target/target.h"

/* Which Stripe sessions these payment intents belong to: source ids. Intents without a sale are
 * left out. */
MUST_CHECK bool target_sessions_of_intents(struct target *target, const char *const *intents,
                                           size_t count, char ***ret_ids, size_t *ret_count,
                                           struct error *err);
/* Stored documents that may still change and must be read again: Stripe sessions below
 * SESSION_RANK_SETTLED that are not expired; Printful orders whose status is not final, and those
 * that no sale matched yet. In byte order of the id, after `after` (NULL: the first), at most
 * `max`. */
MUST_CHECK bool target_unsettled(struct target *target, enum source_kind source, const char *after,
                                 size_t max, char ***ret_ids, size_t *ret_count, struct error *err);
/* The target's clock minus ours, microseconds: observed_at of a look-back is the target's time. */
MUST_CHECK bool target_clock_offset(struct target *target, int64_t *ret_offset_us,
                                    struct error *err);

#endif
