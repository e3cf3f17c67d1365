/* What jsonb cannot hold of a value tree. document + loss reproduce the tree exactly.
 *
 * The record is one JSON object: JSON pointer (RFC 6901, into the stored document) -> [type,
 * original...]:
 *   ["timestamp", seconds, nanos]    ["bytes"] (the document holds base64)    ["reference", text]
 *   ["geo", latitude, longitude]     ["double", "NaN"]    ["number", "1e5"]   ["string", text]
 *   ["keys", {key in the document: key}]   for a map some of whose keys jsonb refuses
 * where text is escaped: "\\" is a backslash, "\xHH" any byte that jsonb text cannot hold. */
#ifndef ORDERSYNC_MODEL_LOSS_H
#define ORDERSYNC_MODEL_LOSS_H

#include "base/error.h"
#include "base/memory.h"
#include "model/value.h"

/* Where a value stands, linked outwards; lives on the writer's stack. */
struct loss_path {
    const struct loss_path *parent; /* NULL: the root */
    struct str key;                 /* in a map, as the document has it; data NULL: in an array */
    size_t index;
};

struct loss_entry {
    struct str pointer;
    struct str json;
};

/* Collects entries while the document's text is written. One thread. */
struct loss {
    struct loss_entry *entries;
    size_t count, cap;
    struct arena arena;
};
void loss_init(struct loss *loss);
void loss_free(struct loss *loss);
/* Appends one reference token of a JSON pointer, escaped ("~1" for '/'). */
void loss_pointer_token(struct buffer *pointer, struct str key);
/* The value at `path` cannot stand in the document as it is. */
void loss_record(struct loss *loss, const struct loss_path *path, const struct value *original);
/* Keys of the map at `path`: written[i].key stands for original[i].key; equal ones are left out. */
void loss_record_keys(struct loss *loss, const struct loss_path *path,
                      const struct value_entry *written, const struct value_entry *original,
                      size_t count);
/* The jsonb text, as PostgreSQL prints it, or STR_NULL when nothing was lost. */
struct str loss_finish(struct loss *loss, struct arena *arena);
/* Puts the originals back into a tree parsed from the stored document. `loss` may be STR_NULL.
 * Error: ERROR_LOSS_MISMATCH when the record does not fit the document. */
MUST_CHECK bool loss_restore(const struct value *document, struct str loss, struct arena *arena,
                             const struct value **ret_value, struct error *err);

#endif
