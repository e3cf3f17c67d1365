/* Plan against apply, the public documents there and back, and read-only questions. */
#include "tests/lib/applying.h"

#include <stdio.h>

#include "target/lookup.h"
#include "tests/lib/orders.h"

static struct applying on;
#define V(n) (INT64_C(1700000000000000000) + (n)*INT64_C(1000000000))

static struct target *open_reader(void)
{
    struct error err = {0};
    struct target *target = NULL;
    database_ask(on.pg, "do $$ begin if not exists (select from pg_roles where rolname = "
                        "'os_test_reader') then create role os_test_reader login; end if; end $$");
    database_ask(on.pg, "grant usage on schema ordersync to os_test_reader");
    database_ask(on.pg, "grant select on all tables in schema ordersync to os_test_reader");
    char *url AUTO_FREE = memory_format("%s user=os_test_reader", on.conninfo);
    struct target_options options = {.database_url = url, .read_only = true};
    if (!target_open(&options, &target, &err))
        fail_msg("reader: %s", err.message);
    return target;
}

/* "orders U1 ..." by kind, in the order of the rows. */
static const char *summary(const struct row_changes *changes)
{
    static char text[4096];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < changes->count && len < sizeof(text) - 64; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s%c", i == 0 ? "" : " ",
                                table_get(changes->items[i].table)->name + 5,
                                "IUD"[changes->items[i].kind]);
    return text;
}

static void plan_batch(struct target *reader, struct change *changes, size_t count,
                       struct row_changes *ret_rows)
{
    struct error err = {0};
    struct batch batch = {.changes = changes, .count = count, .arena = &on.arena};
    if (!target_plan(reader, &batch, ret_rows, &err))
        fail_msg("plan: %s", err.message);
}

static void test_plan_says_what_apply_does(void **state)
{
    (void)state;
    struct error err = {0};
    struct target *reader = open_reader();
    applying_one(&on, "1", V(1), applying_order(&on, 1, "10.00", 3));
    applying_one(&on, "2", V(1), applying_order(&on, 2, "10.00", 1));
    applying_one(&on, "3", V(1), applying_order(&on, 3, "10.00", 1));
    struct change changes[] = {
        applying_change(&on, "1", V(2), applying_order(&on, 1, "11.00", 1)),
        applying_change(&on, "2", V(2), NULL),
        applying_change(&on, "3", V(1), applying_order(&on, 3, "10.00", 1)),
        applying_change(&on, "4", V(1), applying_order(&on, 4, "10.00", 1)),
        applying_change(&on, "5", V(1), NULL),
        applying_change(&on, "3", V(0), applying_order(&on, 3, "9.00", 1)),
    };
    struct row_changes rows[6];
    enum outcome planned[6];
    plan_batch(reader, changes, 6, rows);
    assert_string_equal(summary(&rows[0]), "sU _line_itemsU _line_itemsD _line_itemsD "
                                           "_tax_linesD _tax_linesD");
    assert_string_equal(summary(&rows[1]), "sD _line_itemsD _tax_linesD");
    assert_string_equal(summary(&rows[2]), "");
    assert_string_equal(summary(&rows[3]), "sI _line_itemsI _tax_linesI");
    assert_string_equal(summary(&rows[4]), "");
    assert_int_equal(rows[5].count, 0);
    int price = table_column(table_get(TABLE_ORDERS), "total_price");
    assert_str(rows[0].items[0].before->cells[price], "10.00");
    assert_true(row_change_has(&rows[0].items[0], (size_t)price));
    for (size_t i = 0; i < 6; i++)
        planned[i] = changes[i].outcome;
    applying_expect(&on, "select count(*) from ordersync.orders where origin_id in ('1', '2', '4')",
                    "2");
    assert_true(applying_batch(&on, changes, 6, &err));
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(planned[i], changes[i].outcome);
    /* What was planned has come true: nothing is left to do. */
    plan_batch(reader, changes, 6, rows);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(rows[i].count, 0);
    target_close(reader);
}

/* ---- the public documents ---- */

#define PUBLIC_MAX 512

static size_t read_public(struct change *changes)
{
    size_t files = 0, count = 0;
    char **names = orders_files(&files);
    for (size_t i = 0; i < files; i++) {
        struct document document;
        struct error err = {0};
        if (count < PUBLIC_MAX && orders_read(names[i], &on.arena, &document)) {
            document.source = SOURCE_FIRESTORE;
            document.version = document.observed_ns = document.update_ns = V(100);
            document.create_ns = INT64_MIN;
            count += transform_document(&document, &on.arena, &changes[count], &err);
        }
        free(names[i]);
    }
    free(names);
    return count;
}

/* One at a time: some claim the same Shopify order; those lose their claim, so that all their rows
 * are tried. */
static void apply_public(struct change *changes, size_t count, enum outcome wanted)
{
    int claim = table_column(table_get(TABLE_ORDERS), "shop_order_id");
    for (size_t i = 0; i < count; i++) {
        struct error err = {0};
        bool ok = applying_batch(&on, &changes[i], 1, &err);
        if (!ok && err.id == ERROR_TARGET_CLAIMED) {
            changes[i].order.tables[TABLE_ORDERS].rows[0].cells[claim] = STR_NULL;
            ok = applying_batch(&on, &changes[i], 1, &err);
        }
        if (!ok)
            fail_msg("%.*s: %s %s", STR_ARG(changes[i].document.id), error_info(err.id)->code,
                     err.message);
        assert_int_equal(changes[i].outcome, wanted);
    }
}

/* Rows read back equal rows made: numbers, arrays, timestamps and jsonb are in PostgreSQL's own
 * form. The diff sees it when the guard is led to believe in an older mapping. */
static void test_public_documents(void **state)
{
    (void)state;
    static struct change changes[PUBLIC_MAX];
    static struct row_changes rows[PUBLIC_MAX];
    if (orders_directory() == NULL)
        skip();
    size_t count = read_public(changes);
    assert_true(count > 60);
    apply_public(changes, count, OUTCOME_CREATED);
    database_ask(on.pg, "update ordersync.source_documents set mapping_version = 0 "
                        "where source_id like '%json'");
    plan_batch(on.target, changes, count, rows);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(changes[i].outcome, OUTCOME_UPDATED);
        if (rows[i].count == 0)
            continue;
        const struct row_change *row = &rows[i].items[0];
        const struct table *table = table_get(row->table);
        for (size_t k = 0; k < table->column_count; k++)
            if (row->kind == ROW_UPDATE && row_change_has(row, k))
                fail_msg("%.*s: %s.%s is \"%.*s\", not \"%.*s\"", STR_ARG(changes[i].document.id),
                         table->name, table->columns[k].name, STR_ARG(row->before->cells[k]),
                         STR_ARG(row->after->cells[k]));
        fail_msg("%.*s: %s", STR_ARG(changes[i].document.id), summary(&rows[i]));
    }
    /* Projected again: headers move, no order does. */
    apply_public(changes, count, OUTCOME_UPDATED);
    applying_expect(&on, "select max(version) from ordersync.orders where origin_id like '%json'",
                    "1");
    apply_public(changes, count, OUTCOME_UNCHANGED);
}

/* ---- questions ---- */

static void test_lookup_rows(void **state)
{
    (void)state;
    struct error err = {0};
    struct target_cell *cells = NULL;
    size_t count = 0;
    bool found = false;
    applying_one(&on, "31", V(1), applying_order(&on, 31, "10.00", 2));
    struct target *reader = open_reader();
    assert_true(target_read_rows(reader, SOURCE_FIRESTORE, STR("31"), &on.arena, &cells, &count,
                                 &found, &err));
    assert_true(found);
    size_t prices = 0, items = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(cells[i].table, "orders") == 0 && strcmp(cells[i].column, "total_price") == 0)
            prices += str_equal(cells[i].value, STR("10.00"));
        if (strcmp(cells[i].column, "customer_email") == 0)
            assert_true(cells[i].personal);
        if (strcmp(cells[i].table, "order_line_items") == 0 &&
            strcmp(cells[i].column, "title") == 0)
            items += cells[i].row == items;
    }
    assert_int_equal(prices, 1);
    assert_int_equal(items, 2);
    assert_true(target_read_rows(reader, SOURCE_FIRESTORE, STR("no such"), &on.arena, &cells,
                                 &count, &found, &err));
    assert_false(found);
    assert_int_equal(count, 0);
    target_close(reader);
}

static void test_lookup_document_and_timeline(void **state)
{
    (void)state;
    struct error err = {0};
    struct target_document document;
    struct target_event *events = NULL;
    size_t count = 0;
    bool found = false;
    applying_one(&on, "32", V(1), applying_order(&on, 32, "10.00", 2));
    applying_one(&on, "32", V(2), applying_order(&on, 32, "11.00", 2));
    assert_true(target_read_document(on.target, SOURCE_FIRESTORE, STR("32"), &on.arena, &document,
                                     &found, &err));
    assert_true(found && !document.deleted);
    assert_int_equal(document.version, V(2));
    assert_non_null(strstr(document.document.data, "\"#32\""));
    assert_true(target_read_timeline(on.target, SOURCE_FIRESTORE, STR("32"), &on.arena, &events,
                                     &count, &found, &err));
    assert_true(found && count >= 2);
    assert_string_equal(events[count - 1].action, "insert");
    assert_string_equal(events[count - 1].actor, "operator ann");
    applying_one(&on, "32", V(3), NULL);
    assert_true(target_read_document(on.target, SOURCE_FIRESTORE, STR("32"), &on.arena, &document,
                                     &found, &err));
    assert_true(found && document.deleted && document.document.data == NULL);
}

struct seen {
    size_t count;
    char last[64];
};

static bool see(void *context, const struct stored_document *stored, struct error *err)
{
    struct seen *seen = context;
    (void)err;
    assert_int_equal(stored->source, SOURCE_FIRESTORE);
    assert_true(stored->document.len > 0);
    seen->count++;
    snprintf(seen->last, sizeof(seen->last), "%.*s", STR_ARG(stored->source_id));
    return true;
}

static void test_each_document(void **state)
{
    (void)state;
    struct error err = {0};
    struct seen seen = {0};
    char expected[24];
    for (long i = 40000; i < 40150; i++) {
        char id[24];
        snprintf(id, sizeof(id), "%ld", i);
        applying_one(&on, id, V(1), applying_order(&on, i, "1.00", 0));
    }
    assert_true(target_each_document(on.target, MAPPING_VERSION + 1, see, &seen, &err));
    snprintf(expected, sizeof(expected), "%zu", seen.count);
    applying_expect(&on, "select count(*) from ordersync.source_documents where deleted_at is null",
                    expected);
    assert_true(seen.count >= 150);
    seen = (struct seen){0};
    assert_true(target_each_document(on.target, MAPPING_VERSION, see, &seen, &err));
    assert_int_equal(seen.count, 0);
}

static int open_database(void **state)
{
    (void)state;
    applying_open(&on, "test_plan");
    return 0;
}

static int close_database(void **state)
{
    (void)state;
    applying_close(&on);
    database_shutdown();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_says_what_apply_does),
        cmocka_unit_test(test_public_documents),
        cmocka_unit_test(test_lookup_rows),
        cmocka_unit_test(test_lookup_document_and_timeline),
        cmocka_unit_test(test_each_document),
    };
    if (!database_available())
        return 77;
    return cmocka_run_group_tests(tests, open_database, close_database);
}
