/* ordersync-sim copy: the documents of JSON files into another emulator, by Commit. */
#ifndef ORDERSYNC_SIM_COPY_H
#define ORDERSYNC_SIM_COPY_H

#include "sim/options.h"

/* Writes --load's documents to --to, over what is there. Errors: ERROR_USAGE, ERROR_SIM_*, 2xxx of
 * loading. */
MUST_CHECK bool copy_documents(const struct sim_options *options, struct error *err);

#endif
