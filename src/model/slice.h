/* JSON text taken apart without being copied: where the members of a map and the elements of an
 * array begin and end. A list of a hundred sessions is cut into its documents this way, byte for
 * byte as they were sent; a document itself is read by model/json, in a writer. Pure; any thread.
 *
 * slice_whole() looks at brackets and strings of a whole text once, so truncated answers and HTML
 * are told there; the other functions want pieces of a text that passed. Text cut out keeps its
 * escapes. Words and numbers are not checked here: a document that holds a bad one is refused by
 * itself when it is decoded, and its neighbours are not. */
#ifndef ORDERSYNC_MODEL_SLICE_H
#define ORDERSYNC_MODEL_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define SLICE_MAX_DEPTH 64

/* Whether `text` is one map, complete and with nothing behind it but white space. */
bool slice_whole(struct str text);

/* A walk over one map or array; anything else has no elements. */
struct slice {
    const char *at, *end;
    bool map;
};
struct slice slice_begin(struct str value);
/* The next element; in a map *ret_key is the key without its quotes. */
bool slice_next(struct slice *slice, struct str *ret_key, struct str *ret_value);
size_t slice_count(struct str value);

/* A member by its key; data NULL: absent, or not a map. The last of two alike counts, as in
 * model/json. */
struct str slice_get(struct str map, const char *key);
/* Several at once, in one pass. */
struct slice_wanted {
    const char *key;
    struct str *ret_value;
};
void slice_get_all(struct str map, const struct slice_wanted *wanted, size_t count);

bool slice_is_map(struct str value);
bool slice_is_array(struct str value);
bool slice_is_true(struct str value);
/* The inside of a string, escapes as they stand; data NULL when the value is none. */
struct str slice_text(struct str value);
/* An id that is a string, or that of an expanded object: {"id": "..."}. data NULL: neither. */
struct str slice_id(struct str value);
/* Digits, also between quotes. */
bool slice_integer(struct str value, int64_t *ret_number);

#endif
