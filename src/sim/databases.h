/* Every project and database name is a database of its own, empty until written to, as in Google's
 * emulator. */
#ifndef ORDERSYNC_SIM_DATABASES_H
#define ORDERSYNC_SIM_DATABASES_H

#include "sim/store.h"

#define DATABASES_MAX 256

struct databases;

struct databases *databases_new(size_t history_changes); /* of each store; 0: its default */
void databases_free(struct databases *databases);
/* The store of any resource name "projects/P/databases/D[/...]", made when it is new. NULL when the
 * name is none, or there are DATABASES_MAX already. */
struct store *databases_find(struct databases *databases, const char *name);

#endif
