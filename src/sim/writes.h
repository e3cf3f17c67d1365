/* Commit and BatchWrite: for tests that seed and change documents. */
#ifndef ORDERSYNC_SIM_WRITES_H
#define ORDERSYNC_SIM_WRITES_H

#include "sim/call.h"

#define WRITES_MAX 500 /* per commit, as production */

bool commit_start(struct call *call, struct rpc_status *status);
bool batch_write_start(struct call *call, struct rpc_status *status);

#endif
