/* Values in their wire bytes. */
#include "sim/fieldvalue.h"

#include <math.h>
#include <string.h>

#include "sim/wire.h"

static double double_from_bits(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

static void field_value_time(struct field_value *value, struct str span)
{
    struct wire_reader reader = wire_reader(span);
    struct wire_field field;
    while (wire_next(&reader, &field)) {
        if (field.number == 1)
            value->integer = (int64_t)field.number_value;
        else if (field.number == 2)
            value->nanos = (int64_t)field.number_value;
    }
}

static void field_value_geo(struct field_value *value, struct str span)
{
    struct wire_reader reader = wire_reader(span);
    struct wire_field field;
    while (wire_next(&reader, &field)) {
        if (field.number == 1)
            value->number = double_from_bits(field.number_value);
        else if (field.number == 2)
            value->second = double_from_bits(field.number_value);
    }
}

static void field_value_set(struct field_value *value, const struct wire_field *field)
{
    static const struct {
        uint32_t number;
        enum field_rank rank;
    } ranks[] = {{1, RANK_BOOLEAN}, {2, RANK_NUMBER},  {3, RANK_NUMBER}, {5, RANK_REFERENCE},
                 {6, RANK_MAP},     {8, RANK_GEO},     {9, RANK_ARRAY},  {10, RANK_TIME},
                 {11, RANK_NULL},   {17, RANK_STRING}, {18, RANK_BYTES}};
    for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
        if (ranks[i].number == field->number)
            value->rank = ranks[i].rank;
    }
    value->bytes = field->bytes;
    value->integer = (int64_t)field->number_value;
    value->is_integer = field->number == 2;
    value->number = field->number == 3 ? double_from_bits(field->number_value)
                                       : (double)(int64_t)field->number_value;
    if (value->rank == RANK_TIME) {
        value->integer = 0;
        field_value_time(value, field->bytes);
    }
    if (value->rank == RANK_GEO)
        field_value_geo(value, field->bytes);
}

struct field_value field_value_decode(struct str span)
{
    struct field_value value = {.rank = RANK_NULL, .bytes = STR("")};
    struct wire_reader reader = wire_reader(span);
    struct wire_field field;
    while (wire_next(&reader, &field))
        field_value_set(&value, &field);
    return value;
}

bool field_value_is_nan(const struct field_value *value)
{
    return value->rank == RANK_NUMBER && !value->is_integer && isnan(value->number);
}

static int compare_int(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* NaN sorts before every number and equals itself. */
static int compare_double(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(b) != 0) - (isnan(a) != 0);
    return (a > b) - (a < b);
}

static int compare_number(const struct field_value *a, const struct field_value *b)
{
    if (a->is_integer && b->is_integer)
        return compare_int(a->integer, b->integer);
    return compare_double(a->number, b->number);
}

bool field_array_next(struct str *at, struct field_value *ret_element)
{
    struct wire_reader reader = wire_reader(*at);
    struct wire_field field;
    while (wire_next(&reader, &field)) {
        *at = (struct str){reader.at, (size_t)(reader.end - reader.at)};
        if (field.number == 1) {
            *ret_element = field_value_decode(field.bytes);
            return true;
        }
    }
    return false;
}

static int field_compare_at(const struct field_value *a, const struct field_value *b,
                            unsigned depth);

static int compare_array(struct str a, struct str b, unsigned depth)
{
    struct field_value x, y;
    for (;;) {
        bool more_a = field_array_next(&a, &x);
        bool more_b = field_array_next(&b, &y);
        if (!more_a || !more_b)
            return more_a - more_b;
        int order = field_compare_at(&x, &y, depth + 1);
        if (order != 0)
            return order;
    }
}

/* The entry with the smallest key above `after` (NULL: the smallest of all). */
static bool map_next(struct str map, struct str after, struct str *ret_key, struct str *ret_span)
{
    struct wire_reader entries = wire_reader(map);
    struct wire_field entry, part;
    bool found = false;
    while (wire_next(&entries, &entry)) {
        struct wire_reader reader = wire_reader(entry.bytes);
        struct str key = STR(""), span = STR("");
        while (wire_next(&reader, &part))
            *(part.number == 1 ? &key : &span) = part.bytes;
        if ((after.data != NULL && str_compare(key, after) <= 0) ||
            (found && str_compare(key, *ret_key) >= 0))
            continue;
        found = true;
        *ret_key = key;
        *ret_span = span;
    }
    return found;
}

static int compare_map(struct str a, struct str b, unsigned depth)
{
    struct str key_a = STR_NULL, key_b = STR_NULL, span_a, span_b;
    for (;;) {
        bool more_a = map_next(a, key_a, &key_a, &span_a);
        bool more_b = map_next(b, key_b, &key_b, &span_b);
        if (!more_a || !more_b)
            return more_a - more_b;
        int order = str_compare(key_a, key_b);
        if (order != 0)
            return order;
        struct field_value x = field_value_decode(span_a);
        struct field_value y = field_value_decode(span_b);
        order = field_compare_at(&x, &y, depth + 1);
        if (order != 0)
            return order;
    }
}

/* Names compare segment by segment: the slash sorts below every other byte. */
static int compare_names(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    for (size_t i = 0; i < shorter; i++) {
        if (a.data[i] == b.data[i])
            continue;
        if (a.data[i] == '/' || b.data[i] == '/')
            return a.data[i] == '/' ? -1 : 1;
        return (uint8_t)a.data[i] < (uint8_t)b.data[i] ? -1 : 1;
    }
    return (a.len > b.len) - (a.len < b.len);
}

static int compare_pair(int first, int second)
{
    return first != 0 ? first : second;
}

static int field_compare_at(const struct field_value *a, const struct field_value *b,
                            unsigned depth)
{
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (depth > FIELD_MAX_DEPTH)
        return 0;
    switch (a->rank) {
    case RANK_NULL:
        return 0;
    case RANK_BOOLEAN:
        return compare_int(a->integer, b->integer);
    case RANK_NUMBER:
        return compare_number(a, b);
    case RANK_TIME:
        return compare_pair(compare_int(a->integer, b->integer), compare_int(a->nanos, b->nanos));
    case RANK_REFERENCE:
        return compare_names(a->bytes, b->bytes);
    case RANK_GEO:
        return compare_pair(compare_double(a->number, b->number),
                            compare_double(a->second, b->second));
    case RANK_ARRAY:
        return compare_array(a->bytes, b->bytes, depth);
    case RANK_MAP:
        return compare_map(a->bytes, b->bytes, depth);
    default:
        return str_compare(a->bytes, b->bytes);
    }
}

int field_value_compare(const struct field_value *a, const struct field_value *b)
{
    return field_compare_at(a, b, 0);
}

bool field_value_equal(const struct field_value *a, const struct field_value *b)
{
    return field_compare_at(a, b, 0) == 0;
}

static bool path_quoted(const char **path, char *ret_segment, size_t size)
{
    const char *at = *path + 1;
    size_t len = 0;
    while (*at != '`' && *at != '\0' && len + 1 < size) {
        if (*at == '\\' && at[1] != '\0')
            at++;
        ret_segment[len++] = *at++;
    }
    ret_segment[len] = '\0';
    if (*at != '`')
        return false;
    *path = at + 1;
    return true;
}

bool field_path_next(const char **path, char *ret_segment, size_t size)
{
    if (**path == '\0')
        return false;
    if (**path == '`') {
        if (!path_quoted(path, ret_segment, size))
            return false;
    } else {
        size_t len = strcspn(*path, ".");
        if (len == 0 || len + 1 > size)
            return false;
        memcpy(ret_segment, *path, len);
        ret_segment[len] = '\0';
        *path += len;
    }
    if (**path == '\0')
        return true;
    if (**path != '.' || (*path)[1] == '\0')
        return false;
    (*path)++;
    return true;
}

/* An entry of a map message (field `number`) with this key: the inside of its Value. */
static bool entry_find(struct str map, uint32_t number, struct str key, struct str *ret_span)
{
    struct wire_reader reader = wire_reader(map);
    struct wire_field entry, part;
    bool found = false;
    while (wire_next(&reader, &entry)) {
        if (entry.number != number || entry.type != WIRE_BYTES)
            continue;
        struct wire_reader inside = wire_reader(entry.bytes);
        struct str name = STR(""), span = STR("");
        while (wire_next(&inside, &part))
            *(part.number == 1 ? &name : &span) = part.bytes;
        if (str_equal(name, key)) {
            *ret_span = span;
            found = true;
        }
    }
    return found;
}

bool field_find(struct str body, const char *path, struct str *ret_span)
{
    char segment[FIELD_SEGMENT_SIZE];
    struct str map = body;
    struct str span = STR("");
    uint32_t number = 2;
    bool any = false;
    while (field_path_next(&path, segment, sizeof(segment))) {
        if (any) {
            struct field_value value = field_value_decode(span);
            if (value.rank != RANK_MAP)
                return false;
            map = value.bytes;
        }
        if (!entry_find(map, number, str_from(segment), &span))
            return false;
        number = 1;
        any = true;
    }
    if (!any || *path != '\0')
        return false;
    *ret_span = span;
    return true;
}
