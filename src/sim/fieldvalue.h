/* One Firestore Value, looked at in its wire bytes: what queries compare. Order as Firestore
 * documents it: null < booleans < numbers < timestamps < strings < bytes < references < geo points
 * < arrays < maps. */
#ifndef ORDERSYNC_SIM_FIELDVALUE_H
#define ORDERSYNC_SIM_FIELDVALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum field_rank {
    RANK_NULL,
    RANK_BOOLEAN,
    RANK_NUMBER,
    RANK_TIME,
    RANK_STRING,
    RANK_BYTES,
    RANK_REFERENCE,
    RANK_GEO,
    RANK_ARRAY,
    RANK_MAP,
};

struct field_value {
    enum field_rank rank;
    bool is_integer;
    int64_t integer; /* integers, booleans, seconds */
    int64_t nanos;
    double number;    /* numbers as doubles; latitude */
    double second;    /* longitude */
    struct str bytes; /* text, or the inside of an ArrayValue or MapValue */
};

#define FIELD_MAX_DEPTH 24

/* `span` is the inside of a Value message; nothing set in it reads as null. */
struct field_value field_value_decode(struct str span);
int field_value_compare(const struct field_value *a, const struct field_value *b);
bool field_value_equal(const struct field_value *a, const struct field_value *b);
bool field_value_is_nan(const struct field_value *value);
/* Calls for each element until one says stop; used for arrays. Returns false at the end. `*at`
 * starts as value->bytes and is consumed. */
bool field_array_next(struct str *at, struct field_value *ret_element);

/* The Value at a field path ("a.b", "`odd.name`.c") of a document's fields. */
bool field_find(struct str body, const char *path, struct str *ret_span);
/* Takes one segment off the path; unquoted into `ret_segment` (at most `size` bytes with the NUL).
 * False at the end, and when the path is malformed (then **path != 0). */
bool field_path_next(const char **path, char *ret_segment, size_t size);
#define FIELD_SEGMENT_SIZE 1504

#endif
