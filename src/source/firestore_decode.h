/* google.firestore.v1.Document, as bytes, into the neutral value tree. Pure; any thread. */
#ifndef ORDERSYNC_SOURCE_FIRESTORE_DECODE_H
#define ORDERSYNC_SOURCE_FIRESTORE_DECODE_H

#include "base/error.h"
#include "base/memory.h"
#include "model/order.h"

/* The document's id: what follows the last '/' of its name
 * "projects/P/databases/D/documents/.../ID" (an id cannot hold one). false when the bytes or the
 * name are not of that form. Points into `bytes`. */
bool firestore_document_id(struct str bytes, struct str *ret_id);

/* Fills id, version, times, content and wire_bytes; source is SOURCE_FIRESTORE and observed_ns as
 * given. Texts point into `bytes`, the tree is in `arena`. Errors: ERROR_SOURCE_DECODE with the
 * field's path; ret_document->id is set when it could be read. Refused: bytes that are not
 * protobuf, a value of an unknown type, nesting beyond VALUE_MAX_DEPTH, a time outside of what
 * Firestore holds, no update_time. Text that is not UTF-8 is repaired (struct document, repaired);
 * of two keys that become the same one the last counts. */
MUST_CHECK bool firestore_decode(struct str bytes, int64_t observed_ns, struct arena *arena,
                                 struct document *ret_document, struct error *err);

/* One google.firestore.v1.Value (aggregation results, tests). Same errors. */
MUST_CHECK bool firestore_decode_value(struct str bytes, struct arena *arena,
                                       struct value *ret_value, struct error *err);

#endif
