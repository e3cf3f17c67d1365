/* JSON files of orders, with exact integers, as documents. */
#ifndef ORDERSYNC_SIM_LOAD_H
#define ORDERSYNC_SIM_LOAD_H

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"

#define LOAD_MAX_FILES 100000

/* One order; everything is valid during the call only. `update_us` is the file's modification time
 * plus its place in the file, so that a restart gives the same versions. */
typedef bool load_order_fn(void *context, struct str id, struct str fields, int64_t update_us,
                           struct error *err);

/* A file, or every *.json of a directory in name order. A file holds one order, {"order": {...}} or
 * {"orders":
 * [...]}. The document id is the order's id, or the file's name (-N for the N-th order) when the
 * order has none that an id can be made of. Errors: ERROR_SIM_LOAD and the 2xxx of json_parse. */
MUST_CHECK bool load_path(const char *path, load_order_fn *each, void *context, size_t *ret_count,
                          struct error *err);

#endif
