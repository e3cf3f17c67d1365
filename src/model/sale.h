/* What the statuses of Stripe and Printful mean for a sale: tables. Pure; any thread. */
#ifndef ORDERSYNC_MODEL_SALE_H
#define ORDERSYNC_MODEL_SALE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* ---- Stripe ---- */

/* The rank of a session's state; it may never fall (the guard's version). Open 0, complete but
 * unpaid 1, paid or free 2; expired 1: it never becomes paid; unknown words 0. */
int64_t session_rank(struct str status, struct str payment_status);
#define SESSION_RANK_SETTLED 2

/* Digits after the point of an amount in minor units, by Stripe's own table, not ISO 4217: JPY 0,
 * KWD 3, ISK and UGX 2. `currency` in any case; unknown: 2. */
unsigned stripe_currency_scale(struct str currency);

/* ---- Printful ---- */

enum sale_status { /* orders.status, in the words of its CHECK */
                   SALE_PROCESSING,
                   SALE_SHIPPED,
                   SALE_DELIVERED,
                   SALE_FAILED,
                   SALE_CANCELLED,
                   SALE_STATUS_COUNT
};
const char *sale_status_name(enum sale_status status);
bool sale_status_parse(struct str name, enum sale_status *ret_status);

/* A Printful order's own status as a sale's; *ret_known false for a word the table lacks, which
 * counts as processing and is reported as drift. `archived` is delivered. */
enum sale_status printful_status(struct str status, bool *ret_known);
/* No later change is expected: fulfilled, canceled, archived. (failed can be confirmed again.) */
bool printful_status_is_final(struct str status);

/* Several Printful orders of one sale, folded by the table in ordersync-internals(7): cancelled
 * ones do not count beside others; any failed makes failed; all delivered delivered; any delivered
 * or shipped shipped; else processing. count > 0. */
enum sale_status sale_fold(const enum sale_status *statuses, size_t count);

#endif
