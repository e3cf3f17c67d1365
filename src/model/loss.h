/* What jsonb cannot hold of a value tree. document + loss reproduce the tree exactly. */
#ifndef ORDERSYNC_MODEL_LOSS_H
#define ORDERSYNC_MODEL_LOSS_H

#include "base/error.h"
#include "base/memory.h"
#include "model/value.h"

/* Collects entries {JSON pointer: [type, original]} while the document's text is written. */
struct loss {
    struct buffer path; /* JSON pointer of the value being written */
    struct buffer json; /* the object's inner text so far */
    size_t count;
};
void loss_init(struct loss *loss);
void loss_free(struct loss *loss);
void loss_record(struct loss *loss, const struct value *original);
/* The jsonb text, or STR_NULL when nothing was lost. */
struct str loss_finish(struct loss *loss, struct arena *arena);
/* Puts the originals back into a tree parsed from the stored document. */
MUST_CHECK bool loss_restore(const struct value *document, struct str loss, struct arena *arena,
                             const struct value **ret_value, struct error *err);

#endif
