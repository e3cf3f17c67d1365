/* What the simulated Printful holds: orders, generated and loaded. An order belongs to a sale of
 * the simulated Firestore or Stripe with the same seed. Not thread-safe; the server's lock guards
 * it. */
#ifndef ORDERSYNC_SIM_PRINTFULSTORE_H
#define ORDERSYNC_SIM_PRINTFULSTORE_H

#include "sim/options.h"
#include "sim/sessionplan.h"
#include "sim/shelf.h"

/* What external_id is. */
enum printful_link {
    LINK_SHOP_ORDER, /* id of a generated Shopify order */
    LINK_REFERENCE,  /* client_reference_id of a session */
    LINK_INTENT,     /* its payment intent */
    LINK_METADATA,   /* its metadata.order_ref */
    LINK_COUNT,
    LINK_MIXED = LINK_COUNT /* one after the other */
};

struct printful_store {
    const struct sim_options *options;
    struct session_rules rules;
    enum printful_link link;
    struct shelf *orders;
    size_t next; /* index of the next order generated */
    size_t loaded;
    size_t passed; /* loaded objects that are no orders */
};

/* Generates and loads what the options say. Errors: ERROR_USAGE, ERROR_SIM_LOAD, 2xxx. */
MUST_CHECK bool printful_store_open(const struct sim_options *options,
                                    struct printful_store *ret_store, struct error *err);
void printful_store_close(struct printful_store *store);
int64_t printful_store_now(const struct printful_store *store); /* unix seconds */
/* So many new orders, created now. `status` NULL: as the dice say. */
void printful_store_add(struct printful_store *store, size_t count, const char *status);
/* A generated order gets another status, with the shipments that go with it. Errors: ERROR_USAGE.
 */
MUST_CHECK bool printful_store_turn(struct printful_store *store, const char *id,
                                    const char *status, struct error *err);
MUST_CHECK bool printful_store_load(struct printful_store *store, const char *path,
                                    struct error *err);

/* printfultext.c: writes order `index`; `status` NULL: as the dice say. */
void printful_store_write(struct printful_store *store, size_t index, int64_t created_s,
                          int64_t updated_s, const char *status);

#endif
