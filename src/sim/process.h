/* What the servers of ordersync-sim have in common as processes. */
#ifndef ORDERSYNC_SIM_PROCESS_H
#define ORDERSYNC_SIM_PROCESS_H

#include "sim/options.h"

/* Those of --fault. Errors: ERROR_USAGE. */
MUST_CHECK bool process_faults(struct fault_set *faults, const struct sim_options *options,
                               struct error *err);
/* The file appears whole: readers poll for it. `path` NULL: nothing. Errors: ERROR_SIM_LISTEN. */
MUST_CHECK bool process_publish_port(const char *path, unsigned port, struct error *err);
/* Blocks SIGTERM and SIGINT; readable once one of them came. Call before any thread is made. */
int process_signals(void);

#endif
