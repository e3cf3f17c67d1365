/* Document -> change: a pure function of (document, mapping version). */
#ifndef ORDERSYNC_MODEL_TRANSFORM_H
#define ORDERSYNC_MODEL_TRANSFORM_H

#include "model/order.h"

#define MAPPING_VERSION 1

/* Fills *ret_change (outcome NONE) with memory of `arena`. A Printful document has no orders row:
 * its change is an attachment, whose link and metadata_key the caller fills from the settings. On
 * false *err is class invalid_data with the field path, and *ret_change still has document, digest,
 * json and order_id, so that the failure can be recorded. Errors: see 2xxx. Any thread. */
MUST_CHECK bool transform_document(const struct document *document, struct arena *arena,
                                   struct change *ret_change, struct error *err);

/* orders.status by the order's own rows, whatever Printful says of it: the transform's, and what a
 * sale goes back to when its last Printful order leaves it. Any thread. */
struct str order_own_status(const struct order *order);

/* The document is sound and is no sale (ERROR_SESSION_*): a look-back passes it over; it is no
 * failure. */
bool transform_passes_over(enum error_id id);

#endif
