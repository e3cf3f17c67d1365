/* Random value trees. */
#include "tests/lib/tree.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"

uint64_t tree_next(struct tree_random *random)
{
    /* splitmix64 */
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

size_t tree_below(struct tree_random *random, size_t below)
{
    return (size_t)(tree_next(random) % below);
}

static struct str tree_text(struct tree_random *random, struct arena *arena)
{
    static const struct str pieces[] = {
        {"a", 1},
        {"Zoë", 4},
        {"\"", 1},
        {"\\", 1},
        {"\n", 1},
        {"\x01", 1},
        {"\0", 1},
        {"/", 1},
        {"~", 1},
        {"\x7f", 1},
        {"😀", 4},
        {"\xef\xbf\xbd", 3},
        {"\xef\xbf\xbf", 3},
        {"\\u0000", 6},
        {"0", 1},
        {" ", 1},
        {"\\x00", 4},
        {"\xe2\x80\xae", 3},
        {"\t\r\b\f", 4},
        {"plain words", 11},
    };
    struct buffer text = {.max = 1u << 20};
    size_t count = tree_below(random, 20) == 0 ? 300 : tree_below(random, 6);
    for (size_t i = 0; i < count; i++) {
        size_t which = tree_below(random, sizeof(pieces) / sizeof(pieces[0]));
        buffer_append_str(&text, pieces[which]);
    }
    struct str copy = arena_copy(arena, buffer_str(&text));
    buffer_free(&text);
    return copy;
}

static double tree_double(struct tree_random *random)
{
    static const double odd[] = {0.0,
                                 -0.0,
                                 1.0,
                                 0.1,
                                 19.99,
                                 1e21,
                                 1e300,
                                 5e-324,
                                 1e-7,
                                 123456.789,
                                 -2.5,
                                 1e15,
                                 1e16,
                                 9007199254740993.0,
                                 2.2250738585072014e-308,
                                 1.7976931348623157e308,
                                 0.3,
                                 1.0 / 3};
    uint64_t bits = tree_next(random);
    double number;
    switch (tree_below(random, 8)) {
    case 0:
        return NAN;
    case 1:
        return tree_below(random, 2) == 0 ? HUGE_VAL : -HUGE_VAL;
    case 2:
        memcpy(&number, &bits, sizeof(number));
        return number;
    case 3:
        return (double)(int64_t)(bits >> 40) / 100;
    default:
        return odd[tree_below(random, sizeof(odd) / sizeof(odd[0]))];
    }
}

static void tree_real(struct tree_random *random, struct value *value)
{
    static const char *const literals[] = {"1e5",
                                           "1.50",
                                           "123456789012345678901234567890",
                                           "0.1",
                                           "0.10000000000000000000001",
                                           "-0.0",
                                           "-0.00",
                                           "1E400",
                                           "1e-5",
                                           "2.0",
                                           "100.0",
                                           "0e10",
                                           "1.0E+2",
                                           "1e2000",
                                           "18446744073709551616",
                                           "0.000001234567890123456789",
                                           "-1.5e-3",
                                           "9.99e2",
                                           "5e-324"};
    value->kind = VALUE_DOUBLE;
    if (tree_below(random, 2) == 0) {
        value->real.number = tree_double(random);
        return;
    }
    const char *literal = literals[tree_below(random, sizeof(literals) / sizeof(literals[0]))];
    value->real.literal = str_from(literal);
    value->real.number = decimal_to_double(value->real.literal);
}

static int64_t tree_int(struct tree_random *random)
{
    static const int64_t odd[] = {0, 1, -1, INT64_MAX, INT64_MIN, 820982911946154508, 5123456};
    if (tree_below(random, 2) == 0)
        return (int64_t)tree_next(random);
    return odd[tree_below(random, sizeof(odd) / sizeof(odd[0]))];
}

static void tree_fill(struct tree_random *random, struct arena *arena, size_t depth,
                      struct value *value);

static void tree_array(struct tree_random *random, struct arena *arena, size_t depth,
                       struct value *value)
{
    size_t count = tree_below(random, 5);
    *value = (struct value){.kind = VALUE_ARRAY};
    value->array.items = arena_alloc(arena, count * sizeof(struct value));
    value->array.count = count;
    for (size_t i = 0; i < count; i++)
        tree_fill(random, arena, depth + 1, &value->array.items[i]);
}

static void tree_map(struct tree_random *random, struct arena *arena, size_t depth,
                     struct value *value)
{
    size_t count = depth < 2 && tree_below(random, 30) == 0 ? 200 : tree_below(random, 7);
    *value = (struct value){.kind = VALUE_MAP};
    value->map.entries = arena_alloc(arena, count * sizeof(struct value_entry));
    value->map.count = count;
    for (size_t i = 0; i < count; i++) {
        value->map.entries[i].key = tree_below(random, 3) == 0
                                        ? tree_text(random, arena)
                                        : arena_format(arena, "key_%zu", tree_below(random, 500));
        tree_fill(random, arena, depth + 1, &value->map.entries[i].value);
    }
    value_map_finish(value);
}

static void tree_fill(struct tree_random *random, struct arena *arena, size_t depth,
                      struct value *value)
{
    size_t kinds = depth < 5 ? 14 : 9;
    *value = (struct value){.kind = VALUE_NULL};
    switch (tree_below(random, kinds)) {
    case 0:
        break;
    case 1:
        *value = (struct value){.kind = VALUE_BOOL, .boolean = tree_below(random, 2) == 1};
        break;
    case 2:
        *value = (struct value){.kind = VALUE_INT, .integer = tree_int(random)};
        break;
    case 3:
        tree_real(random, value);
        break;
    case 4:
        *value = (struct value){
            .kind = VALUE_TIMESTAMP,
            .time = {(int64_t)tree_below(random, 4000000000u) - 1000000000,
                     tree_below(random, 3) == 0 ? 0 : (int32_t)tree_below(random, 1000000000)}};
        break;
    case 5:
        *value =
            (struct value){.kind = VALUE_GEO, .geo = {tree_double(random), tree_double(random)}};
        break;
    case 6:
        *value = (struct value){.kind = VALUE_BYTES, .text = tree_text(random, arena)};
        break;
    case 7:
        *value = (struct value){.kind = VALUE_REFERENCE, .text = tree_text(random, arena)};
        break;
    case 8:
        *value = (struct value){.kind = VALUE_STRING, .text = tree_text(random, arena)};
        break;
    case 9:
    case 10:
        tree_array(random, arena, depth, value);
        break;
    default:
        tree_map(random, arena, depth, value);
        break;
    }
}

const struct value *tree_make(struct tree_random *random, struct arena *arena)
{
    struct value *root = arena_alloc(arena, sizeof(*root));
    tree_map(random, arena, 0, root);
    return root;
}
