/* One record as a source holds it. Plain values; any thread. */
#ifndef ORDERSYNC_MODEL_DOCUMENT_H
#define ORDERSYNC_MODEL_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "model/value.h"

enum source_kind { SOURCE_FIRESTORE, SOURCE_STRIPE, SOURCE_PRINTFUL, SOURCE_COUNT };
const char *source_kind_name(enum source_kind source); /* "firestore" */
bool source_kind_parse(const char *name, enum source_kind *ret_source);

/* One record as a source holds it. */
struct document {
    enum source_kind source;
    struct str id; /* "5123456" */
    int64_t
        version; /* Firestore: update_time in ns; a delete's: the read_time it was seen gone at */
    int64_t observed_ns; /* read_time of the page or snapshot */
    int64_t create_ns;   /* TIME_NONE when the source has none */
    int64_t update_ns;
    bool deleted; /* gone at observed_ns; content is NULL */
    const struct value *content;
    struct str repaired; /* path of the first text that was not UTF-8 and has U+FFFD now, "" for
                          * the whole; data NULL: none. Becomes drift */
    size_t wire_bytes;
};

#endif
