/* Current rows against wanted rows. */
#include "tests/lib/check.h"

#include "model/diff.h"

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void set(enum table_id id, struct row *row, const char *column, const char *text)
{
    int place = table_column(table_get(id), column);
    assert_true(place >= 0);
    row->cells[place] = str_from(text);
}

static const char order_id[] = "2ed6657d-e927-568b-95e1-2665a8aea6a2";

static struct row *add(struct order *order, enum table_id id)
{
    struct row *row = row_list_add(table_get(id), &order->tables[id], &arena);
    set(id, row, "order_id", order_id);
    return row;
}

static void add_item(struct order *order, const char *key, const char *quantity)
{
    struct row *row = add(order, TABLE_LINE_ITEMS);
    set(TABLE_LINE_ITEMS, row, "line_item_key", key);
    set(TABLE_LINE_ITEMS, row, "quantity", quantity);
    row_list_sort(table_get(TABLE_LINE_ITEMS), &order->tables[TABLE_LINE_ITEMS]);
}

static void add_fulfillment(struct order *order, const char *source, const char *status)
{
    struct row *row = add(order, TABLE_FULFILLMENTS);
    set(TABLE_FULFILLMENTS, row, "source", source);
    set(TABLE_FULFILLMENTS, row, "fulfillment_id", "1");
    set(TABLE_FULFILLMENTS, row, "status", status);
    row_list_sort(table_get(TABLE_FULFILLMENTS), &order->tables[TABLE_FULFILLMENTS]);
}

static struct row_changes diff(const struct order *current, const struct order *wanted,
                               unsigned writers)
{
    struct row_changes changes = {0};
    diff_order(current, wanted, writers, &arena, &changes);
    return changes;
}

static void equal_orders_change_nothing(void **state)
{
    struct order a = {0}, b = {0};
    (void)state;
    add(&a, TABLE_ORDERS);
    add(&b, TABLE_ORDERS);
    add_item(&a, "1", "2");
    add_item(&b, "1", "2");
    assert_int_equal(diff(&a, &b, OWNER_SHOPIFY).count, 0);
}

static void each_kind_of_change(void **state)
{
    struct order current = {0}, wanted = {0};
    (void)state;
    set(TABLE_ORDERS, add(&current, TABLE_ORDERS), "name", "#1");
    set(TABLE_ORDERS, add(&wanted, TABLE_ORDERS), "name", "#1");
    add_item(&current, "1", "1");
    add_item(&current, "2", "1");
    add_item(&current, "9", "1");
    add_item(&wanted, "10", "1");
    add_item(&wanted, "2", "5");
    add_item(&wanted, "9", "1");
    struct row_changes changes = diff(&current, &wanted, OWNER_SHOPIFY);
    assert_int_equal(changes.count, 3);
    assert_int_equal(changes.items[0].kind, ROW_DELETE);
    assert_str(changes.items[0].before->cells[1], "1");
    assert_null(changes.items[0].after);
    assert_int_equal(changes.items[1].kind, ROW_INSERT);
    assert_str(changes.items[1].after->cells[1], "10");
    assert_int_equal(changes.items[2].kind, ROW_UPDATE);
    const struct table *table = table_get(TABLE_LINE_ITEMS);
    for (size_t i = 0; i < table->column_count; i++)
        assert_int_equal(row_change_has(&changes.items[2], i),
                         i == (size_t)table_column(table, "quantity"));
}

static void null_is_not_empty(void **state)
{
    struct order current = {0}, wanted = {0};
    (void)state;
    set(TABLE_ORDERS, add(&current, TABLE_ORDERS), "name", "");
    add(&wanted, TABLE_ORDERS);
    assert_int_equal(diff(&current, &wanted, OWNER_SHOPIFY).count, 1);
}

static void new_and_gone_orders(void **state)
{
    struct order order = {0};
    (void)state;
    add(&order, TABLE_ORDERS);
    add_item(&order, "1", "1");
    struct row_changes made = diff(NULL, &order, OWNER_SHOPIFY);
    assert_int_equal(made.count, 2);
    assert_int_equal(made.items[0].table, TABLE_ORDERS);
    assert_int_equal(made.items[0].kind, ROW_INSERT);
    struct row_changes gone = diff(&order, NULL, OWNER_SHOPIFY);
    assert_int_equal(gone.count, 2);
    assert_int_equal(gone.items[1].kind, ROW_DELETE);
}

static void others_rows_and_columns_are_left_alone(void **state)
{
    struct order current = {0}, wanted = {0};
    (void)state;
    set(TABLE_ORDERS, add(&current, TABLE_ORDERS), "name", "#1");
    add_item(&current, "1", "1");
    add_fulfillment(&current, "shopify", "success");
    add_fulfillment(&current, "printful", "pending");
    add_fulfillment(&wanted, "printful", "shipped");
    /* a Printful document knows shipments and nothing else of the order */
    struct row_changes changes = diff(&current, &wanted, OWNER_PRINTFUL);
    assert_int_equal(changes.count, 1);
    assert_int_equal(changes.items[0].table, TABLE_FULFILLMENTS);
    assert_int_equal(changes.items[0].kind, ROW_UPDATE);
    assert_str(changes.items[0].after->cells[1], "printful");
    /* a Shopify document without shipments takes away its own only */
    struct order shop = {0};
    set(TABLE_ORDERS, add(&shop, TABLE_ORDERS), "name", "#1");
    add_item(&shop, "1", "1");
    changes = diff(&current, &shop, OWNER_SHOPIFY);
    assert_int_equal(changes.count, 1);
    assert_int_equal(changes.items[0].kind, ROW_DELETE);
    assert_str(changes.items[0].before->cells[1], "shopify");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(equal_orders_change_nothing, free_arena),
        cmocka_unit_test_teardown(each_kind_of_change, free_arena),
        cmocka_unit_test_teardown(null_is_not_empty, free_arena),
        cmocka_unit_test_teardown(new_and_gone_orders, free_arena),
        cmocka_unit_test_teardown(others_rows_and_columns_are_left_alone, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
