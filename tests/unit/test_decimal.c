/* Decimal text. */
#include "tests/lib/check.h"

#include <locale.h>
#include <math.h>

#include "base/decimal.h"
#include "tests/lib/tree.h"

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void canonical_forms(void **state)
{
    static const char *const pairs[][2] = {
        {"0", "0"},
        {"-0", "0"},
        {"00", "0"},
        {"10.00", "10.00"},
        {"+5", "5"},
        {"007.10", "7.10"},
        {".5", "0.5"},
        {"5.", "5"},
        {"-.50", "-0.50"},
        {"-0.00", "0.00"},
        {"1e3", "1000"},
        {"1.50e1", "15.0"},
        {"1.5e-3", "0.0015"},
        {"12E+2", "1200"},
        {"0e10", "0"},
        {"0.00e1", "0.0"},
        {"1e-1", "0.1"},
        {"123e-2", "1.23"},
        {"99999999999999999999.99", "99999999999999999999.99"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct str canonical;
        assert_true(decimal_parse(str_from(pairs[i][0]), &arena, &canonical));
        assert_str(canonical, pairs[i][1]);
    }
}

static void refused_forms(void **state)
{
    static const char *const bad[] = {
        "",  " 1", "1 ", "NaN",   "Infinity", "-inf", "1,5", "1e",     "1e+",     "e5",
        ".", "-",  "+",  "1.2.3", "--1",      "0x10", "1_0", "1e1001", "1e-1001", "1e99999999999",
        "१"};
    struct str canonical = STR("untouched");
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (decimal_parse(str_from(bad[i]), &arena, &canonical))
            fail_msg("%s was accepted", bad[i]);
    }
    assert_false(decimal_parse(STR_NULL, &arena, &canonical));
    assert_false(decimal_parse((struct str){"1\0", 2}, &arena, &canonical));
    assert_str(canonical, "untouched");
}

static void length_is_bounded(void **state)
{
    struct str canonical;
    char *digits = arena_alloc(&arena, 131074);
    (void)state;
    memset(digits, '9', 131074);
    assert_true(decimal_parse((struct str){digits, 131072}, &arena, &canonical));
    assert_false(decimal_parse((struct str){digits, 131073}, &arena, &canonical));
    digits[0] = '.';
    assert_true(decimal_parse((struct str){digits, 16384}, &arena, &canonical));
    assert_false(decimal_parse((struct str){digits, 16385}, &arena, &canonical));
}

static void doubles_come_back(void **state)
{
    struct tree_random random = {7};
    struct str text;
    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        uint64_t bits = tree_next(&random);
        double number;
        memcpy(&number, &bits, sizeof(number));
        if (i % 2 == 0)
            number = (double)(int64_t)(bits >> 34) / (i % 4 == 0 ? 100.0 : 1000.0);
        if (!isfinite(number)) {
            assert_false(decimal_from_double(number, &arena, &text));
            continue;
        }
        assert_true(decimal_from_double(number, &arena, &text));
        assert_null(memchr(text.data, 'e', text.len));
        if (decimal_to_double(text) != number)
            fail_msg("%.*s is not %.17g", STR_ARG(text), number);
        arena_reset(&arena);
    }
}

static void doubles_are_shortest(void **state)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {1.0, "1"},
        {-2.5, "-2.5"},
        {100, "100"},
        {1e22, "10000000000000000000000"},
        {1e-10, "0.0000000001"},
        {0.1 + 0.2, "0.30000000000000004"},
        {19.99, "19.99"},
        {1.005, "1.005"},
        {123456789012345.6, "123456789012345.6"},
        {-0.0, "0"},
        {2251799813685248.5, "2251799813685248.5"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str text;
        assert_true(decimal_from_double(cases[i].number, &arena, &text));
        assert_str(text, cases[i].text);
    }
    struct str text;
    assert_true(decimal_from_double(5e-324, &arena, &text));
    assert_int_equal(text.len, 326);
    assert_int_equal(text.data[325], '5');
}

static void a_decimal_comma_changes_nothing(void **state)
{
    struct str text;
    (void)state;
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
        skip();
    assert_true(decimal_from_double(1.0 / 3, &arena, &text));
    assert_str(text, "0.3333333333333333");
    assert_true(decimal_to_double(STR("0.5")) == 0.5);
    setlocale(LC_ALL, "C");
}

static void minor_units(void **state)
{
    (void)state;
    assert_str(decimal_from_minor(1999, 2, &arena), "19.99");
    assert_str(decimal_from_minor(-5, 2, &arena), "-0.05");
    assert_str(decimal_from_minor(0, 3, &arena), "0.000");
    assert_str(decimal_from_minor(500, 0, &arena), "500");
    assert_str(decimal_from_minor(INT64_MIN, 2, &arena), "-92233720368547758.08");
}

static void sums(void **state)
{
    static const char *const sums[][3] = {
        {"1.10", "2.2", "3.30"},
        {"99.99", "0.01", "100.00"},
        {"1", "-1.00", "0.00"},
        {"-5", "3", "-2"},
        {"3", "-5", "-2"},
        {"0.1", "-0.10", "0.00"},
        {"-1.5", "-1.5", "-3.0"},
        {"1000", "-0.001", "999.999"},
        {"99999999999999999999", "1", "100000000000000000000"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        struct str a = str_from(sums[i][0]), b = str_from(sums[i][1]);
        assert_str(decimal_add(a, b, &arena), sums[i][2]);
        assert_str(decimal_add(b, a, &arena), sums[i][2]);
    }
    assert_str(decimal_negate(STR("1.50"), &arena), "-1.50");
    assert_str(decimal_negate(STR("-1.50"), &arena), "1.50");
    assert_str(decimal_negate(STR("0.00"), &arena), "0.00");
}

static void sums_of_random_cents(void **state)
{
    struct tree_random random = {11};
    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        int64_t a = (int64_t)tree_next(&random) >> (2 + tree_below(&random, 60));
        int64_t b = (int64_t)tree_next(&random) >> (2 + tree_below(&random, 60));
        struct str left = decimal_from_minor(a, 2, &arena),
                   right = decimal_from_minor(b, 2, &arena);
        struct str sum = decimal_from_minor(a + b, 2, &arena);
        assert_true(str_equal(decimal_add(left, right, &arena), sum));
        assert_int_equal(decimal_compare(left, right), (a > b) - (a < b));
        arena_reset(&arena);
    }
}

static void comparisons_are_by_value(void **state)
{
    (void)state;
    assert_int_equal(decimal_compare(STR("1.0"), STR("1.00")), 0);
    assert_int_equal(decimal_compare(STR("-1"), STR("1")), -1);
    assert_int_equal(decimal_compare(STR("-2"), STR("-10")), 1);
    assert_int_equal(decimal_compare(STR("9"), STR("10")), -1);
    assert_int_equal(decimal_compare(STR("0"), STR("-0.0")), 0);
    assert_int_equal(decimal_compare(STR("0.001"), STR("0")), 1);
}

static void whole_numbers(void **state)
{
    int64_t number = 42;
    (void)state;
    assert_true(decimal_to_int64(STR("9223372036854775807"), &number));
    assert_true(number == INT64_MAX);
    assert_true(decimal_to_int64(STR("-9223372036854775808"), &number));
    assert_true(number == INT64_MIN);
    assert_true(decimal_to_int64(STR("5.00"), &number));
    assert_int_equal(number, 5);
    static const char *const bad[] = {
        "9223372036854775808", "-9223372036854775809", "5.5", "1e3", "", "x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(decimal_to_int64(str_from(bad[i]), &number));
    assert_int_equal(number, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(canonical_forms, free_arena),
        cmocka_unit_test_teardown(refused_forms, free_arena),
        cmocka_unit_test_teardown(length_is_bounded, free_arena),
        cmocka_unit_test_teardown(doubles_come_back, free_arena),
        cmocka_unit_test_teardown(doubles_are_shortest, free_arena),
        cmocka_unit_test_teardown(a_decimal_comma_changes_nothing, free_arena),
        cmocka_unit_test_teardown(minor_units, free_arena),
        cmocka_unit_test_teardown(sums, free_arena),
        cmocka_unit_test_teardown(sums_of_random_cents, free_arena),
        cmocka_unit_test_teardown(comparisons_are_by_value, free_arena),
        cmocka_unit_test_teardown(whole_numbers, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
