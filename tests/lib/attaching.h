/* Changes of Stripe and Printful made by hand, as their transforms would make them. */
#ifndef ORDERSYNC_TESTS_ATTACHING_H
#define ORDERSYNC_TESTS_ATTACHING_H

#include "tests/lib/applying.h"

/* The n-th second of a test's time: seconds and nanoseconds since 1970. */
#define T(n) (INT64_C(1700000000) + (n))
#define NS(n) (T(n) * INT64_C(1000000000))

/* A Stripe session `id` as the change of an order: state's rank, text of its content's one field
 * that matters (another text, another digest), payment intent "pi_ID", client_reference_id
 * "ref-ID", metadata {"order": "ID"}, e-mail "buyerN@example.com" of N in applying_order(), `items`
 * lines. */
struct change attaching_session(struct applying *on, const char *id, long number, int64_t rank,
                                const char *price, int items, int64_t observed_ns);

/* A Printful order: `status` in Printful's word, `shipments` of them (ids ID01, ID02, ..), `items`
 * (ids ID91, ..), found by `link` and `reference` (NULL: none). Its version is `updated`. */
struct change attaching_printful(struct applying *on, const char *id, int64_t updated,
                                 const char *status, int shipments, int items, enum sale_link link,
                                 const char *reference);

/* A refund of a session: the n-th, as a row of order_refunds; another digest. */
void attaching_refund(struct applying *on, struct change *change, int n, const char *amount,
                      const char *currency, const char *status);

/* Applies one change, or the test fails. */
enum outcome attaching_apply(struct applying *on, struct change *change);

/* Cells of a row by name. */
void attaching_set(enum table_id table, struct row *row, const char *column, struct str value);

#endif
