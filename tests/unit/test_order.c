/* The one order of rows, and the names of what is counted. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "model/order.h"

static void rows_are_sorted_by_key_bytes(void **state)
{
    (void)state;
    const struct table *table = table_get(TABLE_TAX_LINES);
    for (size_t count = 0; count < 200; count = count * 2 + 1) {
        struct arena arena = {0};
        struct row_list list = {0};
        unsigned random = 7;
        for (size_t i = 0; i < count; i++) {
            struct row *row = row_list_add(table, &list, &arena);
            for (size_t cell = 0; cell < table->column_count; cell++)
                assert_null(row->cells[cell].data);
            random = random * 1103515245u + 12345u;
            row->cells[0] = STR("order");
            row->cells[1] = random & 0x10000 ? STR("line_item") : STR("order");
            row->cells[2] = arena_format(&arena, "%u", random >> 20);
            row->cells[3] = arena_format(&arena, "%zu", i);
        }
        row_list_sort(table, &list);
        assert_int_equal(list.count, count);
        for (size_t i = 1; i < count; i++)
            assert_true(row_key_compare(table, &list.rows[i - 1], &list.rows[i]) < 0);
        arena_free(&arena);
    }
}

static void keys_compare_as_bytes(void **state)
{
    (void)state;
    const struct table *table = table_get(TABLE_SHIPPING_LINES);
    struct str nine[20] = {STR("a"), STR("9")};
    struct str ten[20] = {STR("a"), STR("10")};
    struct row a = {nine};
    struct row b = {ten};
    assert_true(row_key_compare(table, &b, &a) < 0); /* not as numbers */
    assert_int_equal(row_key_compare(table, &a, &a), 0);
}

static void sources_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        enum source_kind kind = SOURCE_COUNT;
        assert_true(source_kind_parse(source_kind_name((enum source_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    enum source_kind kind = SOURCE_COUNT;
    assert_false(source_kind_parse("shopify", &kind));
    assert_int_equal(kind, SOURCE_COUNT);
    for (int i = 0; i < OUTCOME_COUNT; i++)
        assert_non_null(outcome_name((enum outcome)i));
    for (int i = 0; i < DRIFT_KIND_COUNT; i++)
        assert_non_null(drift_kind_name((enum drift_kind)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sorted_by_key_bytes),
        cmocka_unit_test(keys_compare_as_bytes),
        cmocka_unit_test(sources_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
