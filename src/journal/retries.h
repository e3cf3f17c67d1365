/* Failures whose time has come. Engine thread only; part of journal/journal.h. */
#ifndef ORDERSYNC_JOURNAL_RETRIES_H
#define ORDERSYNC_JOURNAL_RETRIES_H

#include "base/error.h"
#include "model/order.h"

struct journal;

struct due_retry {
    int64_t failure_id;
    enum source_kind source;
    char *source_id; /* heap */
    bool wanted;     /* an operator asked for it */
    unsigned
        attempts; /* charged so far, of this version: the wait after the next one grows with it */
};
void due_retry_free(struct due_retry *list, size_t count);
/* Takes up to `max` failures of these sources (a bit each) whose time has come into in_progress
 * (operator's first); also wakes snoozes. Nothing due: NULL and 0. */
MUST_CHECK bool journal_take_due(struct journal *journal, unsigned sources, int64_t now_us,
                                 size_t max, struct due_retry **ret_list, size_t *ret_count,
                                 struct error *err);
/* Puts those still in_progress back uncharged (source down, drained, or no result came for them);
 * the others have been settled and are left alone. Costs no write when there are none. */
MUST_CHECK bool journal_give_back(struct journal *journal, const struct due_retry *list,
                                  size_t count, int64_t retry_at_us, struct error *err);

#endif
