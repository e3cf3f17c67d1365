/* Databases for integration tests: a private cluster of the test program, or the one that
 * ORDERSYNC_TEST_CONNINFO names ("host=... user=..."). */
#ifndef ORDERSYNC_TESTS_DATABASE_H
#define ORDERSYNC_TESTS_DATABASE_H

#include <stdbool.h>

#include "target/pg.h"

/* Starts the cluster when first called; false when there is no PostgreSQL server software here. */
bool database_available(void);
/* Stops the cluster and removes its files. */
void database_shutdown(void);
/* An empty database of that name with the schema; a conninfo, which the caller frees. Exits on
 * failure. */
char *database_new(const char *name);
/* One statement on a connection; the first cell as text ("" for none or NULL). Exits on failure.
 * Valid until the next call. */
const char *database_ask(struct pg *pg, const char *sql);
/* A connection of one's own for looking. */
struct pg *database_connect(const char *conninfo);

#endif
