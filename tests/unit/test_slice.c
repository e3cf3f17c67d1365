/* JSON taken apart: what is whole, what is not, and the pieces. */
#include "lib/check.h"

#include "model/slice.h"

static const char sample[] =
    " {\"a\" : 1, \"b\":[1,\"]}\\\"\\\\\",{\"c\":null}], \"c\":{},\"d\":[]} \n";

static void test_whole(void **state)
{
    static const struct {
        const char *text;
        bool whole;
    } texts[] = {{"{}", true},
                 {" {\"a\":[]}\r\n", true},
                 {"{\"a\":[1,2,[3,{\"b\":\"}\"}]]}", true},
                 {"{\"a\":-1.5e3,\"b\":true}", true},
                 {"", false},
                 {" ", false},
                 {"[]", false},
                 {"1", false},
                 {"{}{}", false},
                 {"{} x", false},
                 {"{]", false},
                 {"{\"a\":[}", false},
                 {"{\"a\":[1}]", false},
                 {"{\"a\"}", false},
                 {"{\"a\":}", false},
                 {"{\"a\":1,}", false},
                 {"{,}", false},
                 {"{\"a\":1 \"b\":2}", false},
                 {"{\"a\":[,]}", false},
                 {"{\"a\":[1,]}", false},
                 {"{\"a\":\"b}", false},
                 {"{\"a\":\"b\\\"}", false},
                 {"{a:1}", false},
                 {"{\"a\"::1}", false},
                 {"<html>{}</html>", false}};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (slice_whole(str_from(texts[i].text)) != texts[i].whole)
            fail_msg("%s", texts[i].text);
    }
    assert_false(slice_whole(STR_NULL));
}

/* No beginning of a whole text is whole. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    assert_true(slice_whole(str_from(sample)));
    size_t end = strrchr(sample, '}') - sample + 1;
    for (size_t len = 0; len < end; len++)
        assert_false(slice_whole((struct str){sample, len}));
}

static void test_depth(void **state)
{
    char text[4 * SLICE_MAX_DEPTH];
    (void)state;
    for (size_t depth = SLICE_MAX_DEPTH; depth <= SLICE_MAX_DEPTH + 1; depth++) {
        size_t inner = depth - 1;
        memcpy(text, "{\"a\":", 5);
        memset(text + 5, '[', inner);
        memset(text + 5 + inner, ']', inner);
        text[5 + 2 * inner] = '}';
        struct str whole = {text, 6 + 2 * inner};
        assert_int_equal(slice_whole(whole), depth == SLICE_MAX_DEPTH);
    }
}

static void test_pieces(void **state)
{
    struct str value;
    (void)state;
    struct str list = slice_get(str_from(sample), "b");
    assert_str(slice_get(str_from(sample), "a"), "1");
    assert_str(slice_get(str_from(sample), "c"), "{}");
    assert_null(slice_get(str_from(sample), "e").data);
    assert_null(slice_get(list, "a").data);
    assert_null(slice_get(STR_NULL, "a").data);
    assert_int_equal(slice_count(list), 3);
    assert_int_equal(slice_count(slice_get(str_from(sample), "c")), 0);
    assert_int_equal(slice_count(slice_get(str_from(sample), "d")), 0);
    assert_int_equal(slice_count(STR("12")), 0);
    struct slice slice = slice_begin(list);
    assert_true(slice_next(&slice, NULL, &value));
    assert_str(value, "1");
    assert_true(slice_next(&slice, NULL, &value));
    assert_str(slice_text(value), "]}\\\"\\\\");
    assert_true(slice_next(&slice, NULL, &value));
    assert_str(value, "{\"c\":null}");
    assert_false(slice_next(&slice, NULL, &value));
    /* Of two alike the last one counts. */
    assert_str(slice_get(STR("{\"a\":1,\"a\":2}"), "a"), "2");
}

static void test_scalars(void **state)
{
    int64_t number;
    (void)state;
    assert_true(slice_integer(STR("9007199254740993"), &number));
    assert_int_equal(number, INT64_C(9007199254740993));
    assert_true(slice_integer(STR("\"42\""), &number));
    assert_int_equal(number, 42);
    assert_false(slice_integer(STR("4.5"), &number));
    assert_false(slice_integer(STR("null"), &number));
    assert_false(slice_integer(STR_NULL, &number));
    assert_true(slice_is_true(STR("true")));
    assert_false(slice_is_true(STR("false")));
    assert_false(slice_is_true(STR("\"true\"")));
    assert_str(slice_id(STR("\"pi_1\"")), "pi_1");
    assert_str(slice_id(STR("{\"object\":\"x\",\"id\":\"pi_2\"}")), "pi_2");
    assert_null(slice_id(STR("null")).data);
    assert_null(slice_id(STR("7")).data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),   cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_depth),   cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_scalars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
