/* The neutral value tree: every source decodes into it; nothing after it knows a wire format. All
 * memory belongs to the document's arena; trees are read-only once made. Any thread that owns the
 * arena. */
#ifndef ORDERSYNC_MODEL_VALUE_H
#define ORDERSYNC_MODEL_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/str.h"

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_DOUBLE,
    VALUE_STRING,
    VALUE_TIMESTAMP,
    VALUE_BYTES,
    VALUE_ARRAY,
    VALUE_MAP,
    VALUE_REFERENCE,
    VALUE_GEO,
};

struct value;
struct value_entry;

struct value {
    enum value_kind kind;
    union {
        bool boolean;
        int64_t integer;
        struct {
            double number;
            struct str literal; /* the source's own digits (JSON), data NULL when it had a double */
        } real;
        struct str text; /* STRING, REFERENCE, BYTES */
        struct {
            int64_t seconds;
            int32_t nanos;
        } time;
        struct {
            double latitude;
            double longitude;
        } geo;
        struct {
            struct value *items;
            size_t count;
        } array;
        struct {
            struct value_entry
                *entries; /* sorted by key bytes, no duplicates (the last one wins) */
            size_t count;
        } map;
    };
};

struct value_entry {
    struct str key;
    struct value value;
};

#define VALUE_MAX_DEPTH 32 /* Firestore allows 20 */

/* Sorts entries, drops duplicates (the last one wins). Call once after filling a map by hand. */
void value_map_finish(struct value *map);
/* NULL when `map` is NULL, not a map, or lacks the key. */
const struct value *value_get(const struct value *map, const char *key);
const struct value *value_get_str(const struct value *map, struct str key);
/* Dotted path without arrays: "customer.default_address.city". */
const struct value *value_path(const struct value *map, const char *path);
bool value_equal(const struct value *a,
                 const struct value *b);    /* by kind and exact content; NaN equals NaN */
bool value_same_double(double a, double b); /* NaN is NaN, -0.0 is not 0.0 */
/* A double as jsonb text that reads back as a double: shortest digits, no exponent, always a point
 * ("1.0",
 * "-0.0"). NULL for NaN and infinities. */
struct str value_double_text(double number, struct arena *arena);
/* The literal of a VALUE_DOUBLE when it says more than its number does (long decimals, big
 * integers, "1e5", "1.50"); NULL when the number's own text is the same. */
struct str value_literal(const struct value *real);
const char *value_kind_name(enum value_kind kind);

#endif
