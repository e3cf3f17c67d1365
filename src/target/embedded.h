/* A private PostgreSQL cluster for the demo and for tests: initdb, a Unix socket only, never as
 * root (as root the `postgres` user runs it). */
#ifndef ORDERSYNC_TARGET_EMBEDDED_H
#define ORDERSYNC_TARGET_EMBEDDED_H

#include "base/error.h"

/* Creates (first time) and starts the cluster in `directory`, and the database `ordersync`; reuses
 * a running one. *ret_url is a conninfo (caller frees). Refuses socket paths over 107 bytes. */
MUST_CHECK bool embedded_start(const char *directory, char **ret_url, struct error *err);
MUST_CHECK bool embedded_stop(const char *directory, struct error *err);

#endif
