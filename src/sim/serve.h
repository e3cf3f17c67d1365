/* ordersync-sim firestore: data, faults and server put together. */
#ifndef ORDERSYNC_SIM_SERVE_H
#define ORDERSYNC_SIM_SERVE_H

#include "sim/options.h"

/* Serves until a signal, the parent's end or the time limit. Errors: ERROR_SIM_*, ERROR_USAGE, 2xxx
 * of loading. */
MUST_CHECK bool serve_firestore(const struct sim_options *options, struct error *err);

#endif
