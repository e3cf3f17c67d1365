/* The public bodies of Stripe and Printful, read in place. */
#ifndef ORDERSYNC_TESTS_BODIES_H
#define ORDERSYNC_TESTS_BODIES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Calls `take` for each JSON file of $ORDERSYNC_SHARED/`folder`, sorted by name. Returns how many;
 * 0, said on stderr, when the folder is not there. */
typedef void body_fn(void *context, const char *name, struct str text);
size_t bodies_each(const char *folder, body_fn *take, void *context);

#endif
