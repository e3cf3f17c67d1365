/* The demo's simulated sources: ordersync-sim as child processes. Main thread only. */
#ifndef ORDERSYNC_CLI_SIMULATOR_H
#define ORDERSYNC_CLI_SIMULATOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct simulator {
    pid_t pid;     /* 0: none */
    char host[32]; /* "127.0.0.1:40123" */
};

/* Starts ordersync-sim (beside this program, else in PATH) as `source` ("firestore", "stripe",
 * "printful") with `count` generated documents; of Firestore's, `broken` with something wrong. They
 * are always the same ones. Files (port, log) in `directory`. Waits until it listens. It ends with
 * this process. */
MUST_CHECK bool simulator_start(const char *directory, const char *source, unsigned count,
                                unsigned broken, struct simulator *ret_simulator,
                                struct error *err);
/* By its own pid; waits for its end. One that was not started is fine. */
void simulator_stop(struct simulator *simulator);

#endif
