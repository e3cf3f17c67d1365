/* The neutral value tree. */
#include "model/value.h"

#include <math.h>
#include <string.h>

#include "base/decimal.h"

/* Up to here moving entries about is cheaper than merging them. */
#define VALUE_INSERTION_MAX 16

static const char *const value_kind_names[] = {
    [VALUE_NULL] = "null",           [VALUE_BOOL] = "bool",     [VALUE_INT] = "int",
    [VALUE_DOUBLE] = "double",       [VALUE_STRING] = "string", [VALUE_TIMESTAMP] = "timestamp",
    [VALUE_BYTES] = "bytes",         [VALUE_ARRAY] = "array",   [VALUE_MAP] = "map",
    [VALUE_REFERENCE] = "reference", [VALUE_GEO] = "geo",
};

const char *value_kind_name(enum value_kind kind)
{
    return value_kind_names[kind];
}

/* ---- maps ---- */

static bool value_entries_ready(const struct value_entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (str_compare(entries[i - 1].key, entries[i].key) >= 0)
            return false;
    }
    return true;
}

static void value_insertion_sort(struct value_entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct value_entry moving = entries[i];
        size_t at = i;
        for (; at > 0 && str_compare(entries[at - 1].key, moving.key) > 0; at--)
            entries[at] = entries[at - 1];
        entries[at] = moving;
    }
}

/* Stable, so that of equal keys the last stays last. `spare` holds count / 2 entries. */
static void value_sort(struct value_entry *entries, size_t count, struct value_entry *spare)
{
    size_t half = count / 2, left = 0, right = half, at = 0;
    if (count <= VALUE_INSERTION_MAX) {
        value_insertion_sort(entries, count);
        return;
    }
    value_sort(entries, half, spare);
    value_sort(entries + half, count - half, spare);
    memcpy(spare, entries, half * sizeof(*entries));
    while (left < half && right < count) {
        if (str_compare(spare[left].key, entries[right].key) <= 0)
            entries[at++] = spare[left++];
        else
            entries[at++] = entries[right++];
    }
    memcpy(entries + at, spare + left, (half - left) * sizeof(*entries));
}

void value_map_finish(struct value *map)
{
    struct value_entry *entries = map->map.entries;
    size_t count = map->map.count, kept = 0;
    if (value_entries_ready(entries, count))
        return;
    struct value_entry *spare AUTO_FREE =
        count > VALUE_INSERTION_MAX ? memory_alloc(count / 2 * sizeof(*spare)) : NULL;
    value_sort(entries, count, spare);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && str_equal(entries[i].key, entries[i + 1].key))
            continue;
        entries[kept++] = entries[i];
    }
    map->map.count = kept;
}

const struct value *value_get_str(const struct value *map, struct str key)
{
    if (map == NULL || map->kind != VALUE_MAP)
        return NULL;
    size_t low = 0, high = map->map.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(map->map.entries[middle].key, key);
        if (order == 0)
            return &map->map.entries[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct value *value_get(const struct value *map, const char *key)
{
    return value_get_str(map, str_from(key));
}

const struct value *value_path(const struct value *map, const char *path)
{
    const struct value *value = map;
    while (value != NULL) {
        size_t len = strcspn(path, ".");
        value = value_get_str(value, (struct str){path, len});
        if (path[len] == '\0')
            break;
        path += len + 1;
    }
    return value;
}

/* ---- doubles ---- */

/* "-12.5" with at most 15 digits that count and no idle zero: such text is what any double of it
 * prints as, so the slow way is spared nearly always. */
static bool value_is_plain_decimal(struct str text)
{
    size_t at = text.data[0] == '-' ? 1 : 0, digits = 0;
    const char *point = memchr(text.data, '.', text.len);
    if (point == NULL || text.len > 32)
        return false;
    size_t whole = (size_t)(point - text.data) - at, fraction = text.len - at - whole - 1;
    if (whole == 0 || fraction == 0 || (whole > 1 && text.data[at] == '0'))
        return false;
    for (; at < text.len; at++) {
        char c = text.data[at];
        if (c != '.' && (c < '0' || c > '9'))
            return false;
        if (c != '.' && (digits > 0 || c != '0'))
            digits++;
    }
    return digits <= 15 && (fraction == 1 || text.data[text.len - 1] != '0');
}

struct str value_double_text(double number, struct arena *arena)
{
    struct str text;
    if (number == 0)
        return signbit(number) ? STR("-0.0") : STR("0.0");
    if (!decimal_from_double(number, arena, &text))
        return STR_NULL;
    if (memchr(text.data, '.', text.len) != NULL)
        return text;
    return arena_format(arena, "%.*s.0", STR_ARG(text));
}

struct str value_literal(const struct value *real)
{
    struct str literal = real->real.literal;
    if (literal.data == NULL || literal.len == 0)
        return STR_NULL;
    if (value_is_plain_decimal(literal))
        return STR_NULL;
    struct arena arena = {.block_size = 1024};
    bool same = str_equal(value_double_text(real->real.number, &arena), literal);
    arena_free(&arena);
    return same ? STR_NULL : literal;
}

/* ---- equality ---- */

bool value_same_double(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b));
}

static bool value_equal_real(const struct value *a, const struct value *b)
{
    struct str left = value_literal(a), right = value_literal(b);
    if (left.data != NULL || right.data != NULL)
        return str_equal(left, right);
    return value_same_double(a->real.number, b->real.number);
}

static bool value_equal_array(const struct value *a, const struct value *b)
{
    if (a->array.count != b->array.count)
        return false;
    for (size_t i = 0; i < a->array.count; i++) {
        if (!value_equal(&a->array.items[i], &b->array.items[i]))
            return false;
    }
    return true;
}

static bool value_equal_map(const struct value *a, const struct value *b)
{
    if (a->map.count != b->map.count)
        return false;
    for (size_t i = 0; i < a->map.count; i++) {
        if (!str_equal(a->map.entries[i].key, b->map.entries[i].key) ||
            !value_equal(&a->map.entries[i].value, &b->map.entries[i].value))
            return false;
    }
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_INT:
        return a->integer == b->integer;
    case VALUE_DOUBLE:
        return value_equal_real(a, b);
    case VALUE_STRING:
    case VALUE_BYTES:
    case VALUE_REFERENCE:
        return a->text.len == b->text.len && str_compare(a->text, b->text) == 0;
    case VALUE_TIMESTAMP:
        return a->time.seconds == b->time.seconds && a->time.nanos == b->time.nanos;
    case VALUE_ARRAY:
        return value_equal_array(a, b);
    case VALUE_MAP:
        return value_equal_map(a, b);
    case VALUE_GEO:
        return value_same_double(a->geo.latitude, b->geo.latitude) &&
               value_same_double(a->geo.longitude, b->geo.longitude);
    }
    return false;
}
