/* What the simulated Stripe holds: sessions and refunds, generated and loaded. Not thread-safe; the
 * server's lock guards it. */
#ifndef ORDERSYNC_SIM_STRIPESTORE_H
#define ORDERSYNC_SIM_STRIPESTORE_H

#include "sim/options.h"
#include "sim/sessionplan.h"
#include "sim/shelf.h"

struct stripe_store {
    const struct sim_options *options;
    struct session_rules rules;
    struct shelf *sessions;
    struct shelf *refunds;
    size_t next; /* index of the next session generated */
    size_t loaded;
    size_t passed; /* loaded objects that are neither */
};

/* Generates and loads what the options say. Errors: ERROR_USAGE, ERROR_SIM_LOAD, 2xxx. */
MUST_CHECK bool stripe_store_open(const struct sim_options *options, struct stripe_store *ret_store,
                                  struct error *err);
void stripe_store_close(struct stripe_store *store);

/* The moment it is for the source, unix seconds. */
int64_t stripe_store_now(const struct stripe_store *store);
/* So many new sessions, created now; in the state that the dice say, or `state`. */
void stripe_store_add(struct stripe_store *store, size_t count, const enum session_state *state);
/* A generated session turns. Errors: ERROR_USAGE when it is none. */
MUST_CHECK bool stripe_store_turn(struct stripe_store *store, const char *id,
                                  enum session_state state, struct error *err);
/* Writes a plan as texts, and its refunds; in the place of what the id had. stripetext.c */
void stripe_store_write(struct stripe_store *store, const struct session_plan *plan);
/* A loaded object; passed over when it is no session, no refund and no list or event of them. */
void stripe_store_take(struct stripe_store *store, struct str json);
/* A file or a directory. */
MUST_CHECK bool stripe_store_load(struct stripe_store *store, const char *path, struct error *err);

#endif
