/* COPY text and array literals. */
#include "tests/lib/check.h"

#include "target/arrays.h"
#include "target/copy.h"
#include "tests/lib/tree.h"

static void check_cell(struct str cell, const char *expected)
{
    struct buffer buffer = {.max = 1u << 20};
    copy_append_cells(&buffer, &cell, 1);
    assert_str(buffer_str(&buffer), expected);
    buffer_free(&buffer);
}

static void test_cells(void **state)
{
    (void)state;
    check_cell(STR_NULL, "\\N");
    check_cell(STR(""), "");
    check_cell(STR("plain text longer than a word"), "plain text longer than a word");
    check_cell(STR("\\N"), "\\\\N");
    check_cell(STR("a\tb\nc\rd\\e"), "a\\tb\\nc\\rd\\\\e");
    check_cell(STR("\\.\\.\\.\\.\\.\\.\\.\\."), "\\\\.\\\\.\\\\.\\\\.\\\\.\\\\.\\\\.\\\\.");
    check_cell(STR("\x01\x08\x0b\x0c\x0e\x0f\x1f\x7f"), "\x01\x08\x0b\x0c\x0e\x0f\x1f\x7f");
    check_cell(STR("gr\xc3\xbc\xc3\x9f\xe2\x82\xac \xf0\x9f\x98\x80"),
               "gr\xc3\xbc\xc3\x9f\xe2\x82\xac \xf0\x9f\x98\x80");
}

static void test_row(void **state)
{
    (void)state;
    struct buffer buffer = {.max = 1u << 20};
    const struct str cells[] = {STR("a"), STR_NULL, STR(""), STR("b\tc")};
    copy_append_cells(&buffer, cells, 4);
    assert_str(buffer_str(&buffer), "a\t\\N\t\tb\\tc");
    buffer_free(&buffer);
}

/* Against the slow and plain way, over bytes that need escaping often, at every alignment. */
static void test_random_cells(void **state)
{
    (void)state;
    static const char letters[] = "ab\\\t\n\r\"\x01\x10\xc3\xbc{},";
    struct tree_random random = {11};
    for (int round = 0; round < 5000; round++) {
        char text[64], expected[160];
        size_t len = tree_below(&random, sizeof(text));
        size_t at = 0;
        for (size_t i = 0; i < len; i++) {
            text[i] = letters[tree_below(&random, sizeof(letters) - 1)];
            const char *found = strchr("\\\\t\tn\nr\r", text[i]);
            bool escaped = text[i] == '\\' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
            if (escaped)
                expected[at++] = '\\';
            expected[at++] = !escaped ? text[i] : text[i] == '\\' ? '\\' : found[-1];
        }
        expected[at] = '\0';
        check_cell((struct str){text, len}, expected);
    }
}

static void test_arrays(void **state)
{
    (void)state;
    struct arrays arrays;
    arrays_init(&arrays, 2);
    assert_string_equal(arrays_values(&arrays)[1], "{}");
    arrays_clear(&arrays);
    arrays_add(&arrays, STR("a"));
    arrays_add(&arrays, STR_NULL);
    arrays_add(&arrays, STR("NULL"));
    arrays_add(&arrays, STR("q\"b\\,{}"));
    assert_int_equal(arrays.rows, 2);
    const char *const *values = arrays_values(&arrays);
    assert_string_equal(values[0], "{\"a\",\"NULL\"}");
    assert_string_equal(values[1], "{NULL,\"q\\\"b\\\\,{}\"}");
    arrays_free(&arrays);
}

static void test_arrays_full(void **state)
{
    (void)state;
    struct arrays arrays;
    char *large = memory_zero(1, ARRAYS_BYTES);
    memset(large, 'x', ARRAYS_BYTES);
    arrays_init(&arrays, 1);
    arrays_add(&arrays, STR("a"));
    assert_false(arrays_full(&arrays));
    arrays_add(&arrays, (struct str){large, ARRAYS_BYTES});
    assert_true(arrays_full(&arrays));
    arrays_free(&arrays);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),        cmocka_unit_test(test_row),
        cmocka_unit_test(test_random_cells), cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_arrays_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
