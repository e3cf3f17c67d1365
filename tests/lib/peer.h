/* Servers that a test starts for itself: Google's Firestore emulator and ordersync-sim, each on a
 * loopback port of its own, ended by its own pid (also when the test dies). */
#ifndef ORDERSYNC_TESTS_PEER_H
#define ORDERSYNC_TESTS_PEER_H

#include <stdbool.h>
#include <sys/types.h>

struct peer {
    pid_t pid; /* 0: not running */
    int port;
    char host[32]; /* "127.0.0.1:PORT" */
};

/* false when java or the jar ($FIRESTORE_EMULATOR_JAR, or the Cloud SDK's place) is absent; says so
 * on stderr. Aborts the test when it is there and does not start. */
bool peer_start_emulator(struct peer *ret_peer);
/* The simulator from the build directory on `port` (0: a free one), with further arguments
 * (NULL-terminated, or NULL). false when it is not built. */
bool peer_start_simulator(struct peer *ret_peer, int port, const char *const *arguments);
/* The same for another of its subcommands: "stripe", "printful". */
bool peer_start_simulated(struct peer *ret_peer, const char *what, int port,
                          const char *const *arguments);
void peer_stop(struct peer *peer);

int peer_free_port(void); /* a loopback port free a moment ago */

#endif
