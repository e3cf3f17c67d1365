/* The simulated Stripe as a process. */
#ifndef ORDERSYNC_SIM_STRIPE_H
#define ORDERSYNC_SIM_STRIPE_H

#include "sim/options.h"
#include "sim/rest.h"

/* Its calls' context is a struct stripe_store. */
extern const struct rest_api stripe_api;

/* Serves until a signal, the parent's end or the time limit. Errors: ERROR_USAGE,
 * ERROR_SIM_LISTEN, ERROR_SIM_LOAD, and the 2xxx of what is loaded. */
MUST_CHECK bool serve_stripe(const struct sim_options *options, struct error *err);

#endif
