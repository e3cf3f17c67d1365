/* The demo's simulated Firestore: ordersync-sim as a child process. Main thread only. */
#ifndef ORDERSYNC_CLI_SIMULATOR_H
#define ORDERSYNC_CLI_SIMULATOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct simulator {
    pid_t pid;     /* 0: none */
    char host[32]; /* "127.0.0.1:40123", for FIRESTORE_EMULATOR_HOST */
};

/* Starts ordersync-sim (beside this program, else in PATH) with `orders` generated orders, `broken`
 * of them with something wrong, always the same ones; files (port, log) in `directory`. Waits until
 * it listens. It ends with this process. */
MUST_CHECK bool simulator_start(const char *directory, unsigned orders, unsigned broken,
                                struct simulator *ret_simulator, struct error *err);
void simulator_stop(struct simulator *simulator); /* by its own pid; waits for its end */

#endif
