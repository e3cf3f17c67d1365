/* The value tree. */
#include "tests/lib/check.h"

#include <math.h>

#include "model/value.h"
#include "tests/lib/tree.h"

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct value integer(int64_t number)
{
    return (struct value){.kind = VALUE_INT, .integer = number};
}

static void maps_are_sorted_and_the_last_wins(void **state)
{
    enum { COUNT = 500 };
    struct value map = {.kind = VALUE_MAP};
    (void)state;
    map.map.entries = arena_alloc(&arena, 2 * COUNT * sizeof(struct value_entry));
    map.map.count = 2 * COUNT;
    for (int i = 0; i < 2 * COUNT; i++) {
        map.map.entries[i].key = arena_format(&arena, "%d", i * 7919 % COUNT);
        map.map.entries[i].value = integer(i);
    }
    value_map_finish(&map);
    assert_int_equal(map.map.count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        if (i > 0)
            assert_true(str_compare(map.map.entries[i - 1].key, map.map.entries[i].key) < 0);
        assert_true(map.map.entries[i].value.integer >= COUNT);
    }
    assert_non_null(value_get(&map, "499"));
    assert_null(value_get(&map, "500"));
    assert_null(value_get(&map, ""));
}

static void paths(void **state)
{
    struct value_entry city = {STR("city"), integer(1)};
    struct value_entry address = {STR("address"), {.kind = VALUE_MAP, .map = {&city, 1}}};
    struct value root = {.kind = VALUE_MAP, .map = {&address, 1}};
    (void)state;
    assert_int_equal(value_path(&root, "address.city")->integer, 1);
    assert_ptr_equal(value_path(&root, "address"), &address.value);
    assert_null(value_path(&root, "address.zip"));
    assert_null(value_path(&root, "address.city.name"));
    assert_null(value_path(NULL, "address"));
    assert_null(value_get(&city.value, "x"));
}

static void equality(void **state)
{
    struct value nan = {.kind = VALUE_DOUBLE, .real.number = NAN};
    struct value zero = {.kind = VALUE_DOUBLE, .real.number = 0.0};
    struct value minus = {.kind = VALUE_DOUBLE, .real.number = -0.0};
    struct value tenth = {.kind = VALUE_DOUBLE, .real.number = 0.1};
    struct value literal = {.kind = VALUE_DOUBLE, .real = {0.1, STR("0.1")}};
    struct value longer = {.kind = VALUE_DOUBLE, .real = {0.1, STR("0.10")}};
    struct value text = {.kind = VALUE_STRING, .text = STR("")};
    struct value bytes = {.kind = VALUE_BYTES, .text = STR("")};
    (void)state;
    assert_true(value_equal(&nan, &nan));
    assert_false(value_equal(&zero, &minus));
    assert_true(value_equal(&tenth, &literal));
    assert_false(value_equal(&tenth, &longer));
    assert_false(value_equal(&text, &bytes));
}

static void literals_that_say_no_more(void **state)
{
    static const struct {
        const char *literal;
        double number;
        bool more;
    } cases[] = {
        {"0.1", 0.1, false},
        {"1.0", 1.0, false},
        {"-0.0", -0.0, false},
        {"123456.789", 123456.789, false},
        {"0.30000000000000004", 0.30000000000000004, false},
        {"100000000000000000000.0", 1e20, false},
        {"1", 1.0, true},
        {"1.00", 1.0, true},
        {"1e0", 1.0, true},
        {"0.30000000000000005", 0.30000000000000004, true},
        {"100000000000000000000", 1e20, true},
        {"00.5", 0.5, true},
        {"0.00", 0.0, true},
        {"1.50", 1.5, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value value = {.kind = VALUE_DOUBLE,
                              .real = {cases[i].number, str_from(cases[i].literal)}};
        if ((value_literal(&value).data != NULL) != cases[i].more)
            fail_msg("%s", cases[i].literal);
    }
}

static void trees_equal_themselves(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct tree_random one = {seed}, same = {seed}, other = {seed + 1000};
        const struct value *a = tree_make(&one, &arena), *b = tree_make(&same, &arena);
        assert_true(value_equal(a, b));
        const struct value *c = tree_make(&other, &arena);
        if (a->map.count > 2 || c->map.count > 2)
            assert_false(value_equal(a, c));
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(maps_are_sorted_and_the_last_wins, free_arena),
        cmocka_unit_test_teardown(paths, free_arena),
        cmocka_unit_test_teardown(equality, free_arena),
        cmocka_unit_test_teardown(literals_that_say_no_more, free_arena),
        cmocka_unit_test_teardown(trees_equal_themselves, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
