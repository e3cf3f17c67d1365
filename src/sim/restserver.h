/* The HTTP server of a simulated REST source: loopback, HTTP/1.1, a thread for each connection, one
 * lock around the source. What the transport does to an answer (delays, cuts) happens here. */
#ifndef ORDERSYNC_SIM_RESTSERVER_H
#define ORDERSYNC_SIM_RESTSERVER_H

#include "sim/control.h"
#include "sim/rest.h"
#include "sim/shelf.h"

#define RESTSERVER_MAX_CONNECTIONS 64

/* Listens, publishes the port, and serves until a signal, the parent's end or the time limit.
 * `context` is what the API's functions and the commands get; the lock is held around both.
 * Errors: ERROR_SIM_LISTEN, ERROR_USAGE for a fault. */
MUST_CHECK bool restserver_run(const struct rest_api *api, void *context,
                               const struct sim_options *options, const struct control_verb *verbs,
                               size_t verb_count, struct error *err);

/* Commands that all have. Removed from lists and lookups; false when there is none. */
bool restserver_hide(struct shelf *shelf, const char *id);
void restserver_hide_newest(struct shelf *shelf);
/* "id TAB created TAB status TAB payment_status TAB link" of what is there, oldest first, "-" for
 * nothing. The file appears whole. Errors: ERROR_SIM_LOAD. */
MUST_CHECK bool restserver_dump(const struct shelf *shelf, const char *path, struct error *err);

#endif
