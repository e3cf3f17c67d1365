/* The log of requests: what was asked, in which manner, and how it was answered. No header's value
 * is in it. Guarded by the server's lock. */
#ifndef ORDERSYNC_SIM_REQUESTLOG_H
#define ORDERSYNC_SIM_REQUESTLOG_H

#include <stdio.h>

#include "sim/rest.h"

/* A line: wall clock in microseconds, method, path and query, status, requests under way with this
 * one, number of the connection, "bearer", "basic" or "none"; tabs between them. What equals the
 * token stands as "[key]". */
void requestlog_write(FILE *log, const struct rest_call *call, unsigned under_way,
                      uint64_t connection);

#endif
