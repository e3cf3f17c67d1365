/* What the statuses of Stripe and Printful mean for a sale: tables. Pure; any thread. */
#ifndef ORDERSYNC_MODEL_SALE_H
#define ORDERSYNC_MODEL_SALE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* ---- Stripe ---- */

/* The rank of a session's state; it may never fall (the guard's version). Open 0, complete but
 * unpaid 1, paid or free 2; expired 1: it never becomes paid; unknown words 0. */
int64_t session_rank(struct str status, struct str payment_status);
#define SESSION_RANK_SETTLED 2

/* Why a session is no sale: ERROR_SESSION_OPEN, _EXPIRED or _SETUP; ERROR_NONE for one that makes
 * an order. Texts with data NULL: the session lacks the key. */
enum error_id session_refusal(struct str mode, struct str status, struct str payment_status);

/* Whether a word is one of those this program was written for; others are kept, and drift. */
bool session_mode_known(struct str mode);
bool session_status_known(struct str status);
bool payment_status_known(struct str status);
bool stripe_refund_known(struct str status);
/* A refund's status in the words of every source's payments ("success", "pending", "failure",
 * "canceled"); an unknown word is given back as it is. */
struct str stripe_refund_status(struct str status);

/* Digits after the point of an amount in minor units, by Stripe's own table, not ISO 4217: JPY 0,
 * KWD 3, ISK and UGX 2. `currency` in any case; unknown: 2. */
unsigned stripe_currency_scale(struct str currency);

/* ---- Printful ---- */

/* How a Printful order finds its sale: what its external_id is compared with (the setting
 * `printful_link`). */
enum sale_link {
    LINK_SHOP_ORDER_ID,       /* orders.shop_order_id, and order_number for "1042" or "#1042" */
    LINK_CLIENT_REFERENCE_ID, /* orders.client_reference_id */
    LINK_PAYMENT_INTENT,      /* orders.payment_intent_id */
    LINK_METADATA,            /* orders.metadata ->> attachment.metadata_key */
    LINK_COUNT
};
const char *sale_link_name(enum sale_link link);

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
bool printful_status_known(struct str status);
/* No later change is expected: fulfilled, canceled, archived. (failed can be confirmed again.) */
bool printful_status_is_final(struct str status);

/* Of the line ids (order_line_items.source_line_id) that Printful's items get, and the supplier
 * they name. */
#define PARCEL_LINE_PREFIX "printful:"
#define PARCEL_SUPPLIER "Printful"

/* Several Printful orders of one sale, folded by the table in ordersync-internals(7): cancelled
 * ones do not count beside others; any failed makes failed; all delivered delivered; any delivered
 * or shipped shipped; else processing. count > 0. */
enum sale_status sale_fold(const enum sale_status *statuses, size_t count);

#endif
