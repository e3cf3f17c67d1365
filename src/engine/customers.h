/* The customers thread: empties the target's queue of noted customers, on a connection of its own,
 * whenever the writers leave it room. The notes live in the target, so nothing here needs to be
 * settled: an engine that ends in the middle leaves them for the next. */
#ifndef ORDERSYNC_ENGINE_CUSTOMERS_H
#define ORDERSYNC_ENGINE_CUSTOMERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/settings.h"
#include "target/reviews.h"

struct customers;
typedef void customers_wake_fn(void *context);

/* Starts the thread; it connects when there is something to do, and waits out a target that is
 * down. `wake` is called on that thread when a drain is over. */
struct customers *customers_start(const struct settings *settings, customers_wake_fn *wake,
                                  void *context);
/* Documents were settled. In a backfill customers are recomputed seldom: each would be again and
 * again. Any thread; never waits. */
void customers_note(struct customers *customers, uint64_t settled, bool backfill);
/* Asks for the queue to be emptied without pauses; true once it is, or when that is not possible
 * now (the log says why). Any thread; never waits. */
bool customers_drained(struct customers *customers);
bool customers_draining(struct customers *customers); /* asked for and not over; any thread */
/* A person's word about a match of two customers, carried out by the thread's connection. */
struct customers_order {
    struct review_decision decision; /* reason points to `reason` */
    char reason[256];
    char command_id[24], operator_name[64], origin[64];
};
/* One at a time: false while one is under way. Any thread; never waits. */
bool customers_decide(struct customers *customers, const struct customers_order *order);
/* True once, when it is over: *ret_error ERROR_NONE and the orders that moved, or why not. */
bool customers_decided(struct customers *customers, uint64_t *ret_orders, struct error *ret_error);
/* Ends the thread at once; what it was doing is rolled back. NULL is fine. */
void customers_free(struct customers *customers);

#endif
