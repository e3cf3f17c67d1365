/* A value tree as the bytes of a Firestore Document, written by protobuf-c: the other side of the
 * decoder. Tests only. */
#ifndef ORDERSYNC_TESTS_FIRESTORE_ENCODE_H
#define ORDERSYNC_TESTS_FIRESTORE_ENCODE_H

#include "base/memory.h"
#include "model/value.h"

/* `content` is a map and is changed to what Firestore can hold: doubles without literals, times
 * within its years, references without NUL. The bytes are in `arena`. */
struct str firestore_encode_document(struct value *content, const char *name, int64_t create_ns,
                                     int64_t update_ns, struct arena *arena);
/* One Value. */
struct str firestore_encode_value(struct value *value, struct arena *arena);

#endif
