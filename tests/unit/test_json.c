/* JSON with exact digits, in and out. */
#include "tests/lib/check.h"

#include <math.h>

#include "model/json.h"
#include "model/loss.h"

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const struct value *parse(const char *text)
{
    struct error err = {0};
    const struct value *value = NULL;
    if (!json_parse(str_from(text), &arena, &value, &err))
        fail_msg("%s: %s", text, err.message);
    return value;
}

static struct str jsonb(const struct value *value)
{
    struct buffer out = {.max = 1u << 20};
    json_append_jsonb(&out, value, NULL);
    assert_true(buffer_ok(&out));
    struct str text = arena_copy(&arena, buffer_str(&out));
    buffer_free(&out);
    return text;
}

static enum error_id refused(struct str text)
{
    struct error err = {0};
    const struct value *value = NULL;
    assert_false(json_parse(text, &arena, &value, &err));
    assert_null(value);
    return err.id;
}

static void digits_survive(void **state)
{
    (void)state;
    const struct value *map = parse("{\"id\": 820982911946154508, \"price\": 0.1, \"big\": "
                                    "9223372036854775808, \"min\": -9223372036854775808}");
    assert_int_equal(value_get(map, "id")->kind, VALUE_INT);
    assert_true(value_get(map, "id")->integer == 820982911946154508);
    assert_int_equal(value_get(map, "price")->kind, VALUE_DOUBLE);
    assert_str(value_get(map, "price")->real.literal, "0.1");
    assert_int_equal(value_get(map, "big")->kind, VALUE_DOUBLE);
    assert_str(value_get(map, "big")->real.literal, "9223372036854775808");
    assert_true(value_get(map, "min")->integer == INT64_MIN);
    assert_str(jsonb(map), "{\"id\": 820982911946154508, \"big\": 9223372036854775808, "
                           "\"min\": -9223372036854775808, \"price\": 0.1}");
}

static void numbers_as_numeric_prints_them(void **state)
{
    static const char *const pairs[][2] = {
        {"1e5", "100000"},     {"1.50", "1.50"},   {"-0.0", "0.0"}, {"1.5E-3", "0.0015"},
        {"12.30e1", "123.0"},  {"0.0", "0.0"},     {"1.0", "1.0"},  {"-0", "0"},
        {"5e-7", "0.0000005"}, {"1e2000", "null"}, {"0e5", "0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        assert_str(jsonb(parse(pairs[i][0])), pairs[i][1]);
}

static void doubles_print_shortest(void **state)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0.1, "0.1"},
        {1.0, "1.0"},
        {-2.5, "-2.5"},
        {19.99, "19.99"},
        {1e21, "1000000000000000000000.0"},
        {1e-7, "0.0000001"},
        {1.0 / 3, "0.3333333333333333"},
        {123456789.123456789, "123456789.12345679"},
        {9007199254740993.0, "9007199254740992.0"},
        {0.3 - 0.1, "0.19999999999999998"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct value value = {.kind = VALUE_DOUBLE, .real.number = cases[i].number};
        assert_str(jsonb(&value), cases[i].text);
    }
}

static void keys_by_length_then_bytes(void **state)
{
    (void)state;
    assert_str(jsonb(parse("{\"bb\":1,\"a\":[],\"ab\":{},\"\":null,\"é\":true}")),
               "{\"\": null, \"a\": [], \"ab\": {}, \"bb\": 1, \"é\": true}");
}

static void repeated_keys_last_wins(void **state)
{
    (void)state;
    assert_str(jsonb(parse("{\"a\":1,\"b\":2,\"a\":{\"a\":3,\"a\":4}}")),
               "{\"a\": {\"a\": 4}, \"b\": 2}");
}

static void keys_of_outer_maps_return(void **state)
{
    (void)state;
    assert_str(jsonb(parse("{\"a\":{\"x\":[{\"y\":1}]},\"b\":[{\"z\":2},3]}")),
               "{\"a\": {\"x\": [{\"y\": 1}]}, \"b\": [{\"z\": 2}, 3]}");
}

static void escapes_as_postgres_has_them(void **state)
{
    (void)state;
    assert_str(jsonb(parse("\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\\\/\\u001f\\u007f\\u00e9\"")),
               "\"\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\\u001f\x7f\xc3\xa9\"");
}

static void surrogates(void **state)
{
    (void)state;
    assert_str(parse("\"\\ud83d\\ude00\"")->text, "😀");
    assert_str(parse("\"a\\ud83dbc\"")->text, "a\xef\xbf\xbd"
                                              "bc");
    assert_str(parse("\"\\udc00x\"")->text, "\xef\xbf\xbdx");
    assert_str(parse("\"\\ud800\\u0041\"")->text, "\xef\xbf\xbd"
                                                  "A");
    assert_str(parse("\"\\ud800\\ud800\\udc00\"")->text, "\xef\xbf\xbd\xf0\x90\x80\x80");
    assert_str(parse("\"\\\\ud800\"")->text, "\\ud800");
    assert_str(parse("\"\xff\xc3(\xed\xa0\x80\"")->text, "\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd");
}

/* Told of the first; what is escaped behind a half is read as it stands. */
static void what_was_repaired_is_told(void **state)
{
    static const struct {
        const char *text, *path;
    } cases[] = {
        {"{\"a\":\"\\ud83d\\ude00 \\ufffd \xef\xbf\xbd \\\\ud800\"}", NULL},
        {"\"\\ud800\"", ""},
        {"[1,\"\xff\"]", "[]"},
        {"{\"a\":\"\\udfff\",\"b\":\"\\ud800\"}", "a"},
        {"{\"a\":{\"x\":[{\"y\":1}]},\"b\":\"\\ud800\"}", "b"},
        {"{\"a\":[[1,\"\\ud800\"]]}", "a[][]"},
        {"{\"a\":{\"b\":[{\"z\":[]},{\"c\":\"1\\ud800\\n\\udc01\\u0041\"}]}}", "a.b[].c"},
        {"{\"a\":[{\"b\\ud800\":1}]}", "a[].b\xef\xbf\xbd"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = {0};
        const struct value *value;
        struct str repaired;
        if (!json_parse_told(str_from(cases[i].text), &arena, &value, &repaired, &err))
            fail_msg("%s: %s", cases[i].text, err.message);
        if (cases[i].path == NULL)
            assert_null(repaired.data);
        else
            assert_str(repaired, cases[i].path);
    }
    assert_str(parse("\"1\\ud800\\n\\udc01\\u0041\"")->text, "1\xef\xbf\xbd\n\xef\xbf\xbd"
                                                             "A");
}

static void nul_stays_in_the_tree(void **state)
{
    (void)state;
    const struct value *value = parse("\"a\\u0000b\"");
    assert_int_equal(value->text.len, 3);
    assert_memory_equal(value->text.data, "a\0b", 3);
    assert_str(jsonb(value), "\"a\xef\xbf\xbd"
                             "b\"");
}

static void refusals(void **state)
{
    static const char *const bad[] = {"",    " ",   "{",          "[1,]",    "{\"a\"}", "01",
                                      "1.",  ".5",  "+1",         "NaN",     "nul",     "'a'",
                                      "\"a", "1 2", "{\"a\":1}}", "\"\\x\"", "\"\n\""};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(refused(str_from(bad[i])), ERROR_JSON_SYNTAX);
    assert_int_equal(refused(STR_NULL), ERROR_JSON_SYNTAX);
}

static void depth_is_bounded(void **state)
{
    char text[2 * VALUE_MAX_DEPTH + 3];
    (void)state;
    memset(text, '[', VALUE_MAX_DEPTH);
    memset(text + VALUE_MAX_DEPTH, ']', VALUE_MAX_DEPTH);
    text[2 * VALUE_MAX_DEPTH] = '\0';
    assert_non_null(parse(text));
    memset(text, '[', VALUE_MAX_DEPTH + 1);
    memset(text + VALUE_MAX_DEPTH + 1, ']', VALUE_MAX_DEPTH + 1);
    assert_int_equal(refused((struct str){text, 2 * VALUE_MAX_DEPTH + 2}), ERROR_JSON_DEPTH);
}

static void size_is_bounded(void **state)
{
    (void)state;
    char *text = memory_alloc(JSON_MAX_BYTES + 1);
    memset(text, ' ', JSON_MAX_BYTES + 1);
    text[0] = '1';
    assert_int_equal(refused((struct str){text, JSON_MAX_BYTES + 1}), ERROR_JSON_SIZE);
    free(text);
}

static void plain_and_pretty(void **state)
{
    struct buffer out = {.max = 4096};
    (void)state;
    const struct value *value = parse("{\"b\":[1,2.5,{}],\"a\":null,\"c\":[]}");
    json_append(&out, value, false);
    assert_str(buffer_str(&out), "{\"a\":null,\"b\":[1,2.5,{}],\"c\":[]}");
    buffer_clear(&out);
    json_append(&out, value, true);
    assert_str(buffer_str(&out), "{\n  \"a\": null,\n  \"b\": [\n    1,\n    2.5,\n    {}\n  ],\n"
                                 "  \"c\": []\n}");
    buffer_free(&out);
}

static void a_full_buffer_says_so(void **state)
{
    struct buffer out = {.max = 10};
    (void)state;
    json_append_jsonb(&out, parse("[1,2,3,4,5,6]"), NULL);
    assert_false(buffer_ok(&out));
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(digits_survive, free_arena),
        cmocka_unit_test_teardown(numbers_as_numeric_prints_them, free_arena),
        cmocka_unit_test_teardown(doubles_print_shortest, free_arena),
        cmocka_unit_test_teardown(keys_by_length_then_bytes, free_arena),
        cmocka_unit_test_teardown(repeated_keys_last_wins, free_arena),
        cmocka_unit_test_teardown(keys_of_outer_maps_return, free_arena),
        cmocka_unit_test_teardown(escapes_as_postgres_has_them, free_arena),
        cmocka_unit_test_teardown(surrogates, free_arena),
        cmocka_unit_test_teardown(what_was_repaired_is_told, free_arena),
        cmocka_unit_test_teardown(nul_stays_in_the_tree, free_arena),
        cmocka_unit_test_teardown(refusals, free_arena),
        cmocka_unit_test_teardown(depth_is_bounded, free_arena),
        cmocka_unit_test_teardown(size_is_bounded, free_arena),
        cmocka_unit_test_teardown(plain_and_pretty, free_arena),
        cmocka_unit_test_teardown(a_full_buffer_says_so, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
