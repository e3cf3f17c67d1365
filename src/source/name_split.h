/* Cutting the space of document ids between two known ids, by arithmetic alone. Pure; any thread.
 */
#ifndef ORDERSYNC_SOURCE_NAME_SPLIT_H
#define ORDERSYNC_SOURCE_NAME_SPLIT_H

#include <stddef.h>

#include "base/memory.h"
#include "base/str.h"

/* Up to want - 1 points p with first < p <= last, ascending in byte order (Firestore's order of
 * ids), no two alike; fewer when there is no room. Digit ids of one length are cut as numbers;
 * others in the alphabet that the two ids show (digits, lower-case hex, letters and digits, else
 * printable ASCII), behind their common prefix. ret_points has room for want - 1; texts in `arena`.
 * Returns how many. */
size_t name_split(struct str first, struct str last, size_t want, struct arena *arena,
                  struct str *ret_points);

#endif
