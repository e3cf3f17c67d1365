/* SHA-256 over a canonical typed encoding of the value tree, before any substitution. Written into
 * source_documents.digest; equal digests mean equal trees. */
#ifndef ORDERSYNC_MODEL_DIGEST_H
#define ORDERSYNC_MODEL_DIGEST_H

#include <stdint.h>

#include "model/value.h"

struct digest {
    uint8_t bytes[32];
};
struct digest digest_value(const struct value *value); /* any thread; thread-local scratch */
struct digest digest_bytes(struct str text);           /* plain SHA-256 of the bytes; any thread */
bool digest_equal(const struct digest *a, const struct digest *b);

#endif
