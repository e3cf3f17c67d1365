/* What a look-back asks the target about stored sales and Printful orders: sessions of payment
 * intents, what may still change, what the lists did not show. */
#include "tests/lib/attaching.h"

#include "target/sales.h"

static struct applying on;

static void put_session(const char *id, long number, int64_t rank, int items)
{
    struct change change = attaching_session(&on, id, number, rank, "1.00", items, NS(1));
    attaching_apply(&on, &change);
}

static void put(const char *id, const char *status, const char *sale)
{
    struct change change = attaching_printful(&on, id, T(1), status, 0, 0, LINK_METADATA, sale);
    attaching_apply(&on, &change);
}

static void expect_ids(char **ids, size_t count, const char *expected)
{
    struct buffer text = {.max = 4096};
    buffer_append_text(&text, "");
    for (size_t i = 0; i < count; i++) {
        buffer_append_format(&text, "%s%s", i == 0 ? "" : " ", ids[i]);
        free(ids[i]);
    }
    free(ids);
    assert_string_equal(count == 0 ? "" : text.data, expected);
    buffer_free(&text);
}

/* All pages of `max` ids of one part, and how many there were. */
static size_t ask_unsettled(enum unsettled what, enum source_kind source, size_t max,
                            const char *expected)
{
    struct unsettled_question question = {.what = what,
                                          .source = source,
                                          .link = LINK_METADATA,
                                          .metadata_key = "order",
                                          .since_s = 1000,
                                          .from_s = 2000,
                                          .max = max,
                                          .sales_max = 3};
    struct buffer text = {.max = 4096};
    char *after = NULL;
    size_t pages = 0;
    buffer_append_text(&text, "");
    do {
        struct error err = {0};
        char **ids = NULL;
        size_t count = 0;
        question.after = after;
        char *next = NULL;
        assert_true(target_unsettled(on.target, &question, &ids, &count, &next, &err));
        for (size_t i = 0; i < count; i++) {
            buffer_append_format(&text, "%s%s", text.len == 0 ? "" : " ", ids[i]);
            free(ids[i]);
        }
        free(ids);
        free(after);
        after = next;
        pages++;
    } while (after != NULL);
    assert_string_equal(text.len == 0 ? "" : text.data, expected);
    buffer_free(&text);
    return pages;
}

static void set_time(const char *table, const char *column, const char *id, int seconds)
{
    char *sql AUTO_FREE = memory_format(
        "update ordersync.%s set %s = to_timestamp(%d) where %s = '%s'", table, column, seconds,
        strcmp(table, "orders") == 0 ? "origin_id" : "source_id", id);
    database_ask(on.pg, sql);
}

static void test_questions(void **state)
{
    (void)state;
    struct error err = {0};
    const char *const intents[] = {"pi_cs_1", "pi_nobody", "pi_cs_2"};
    char **ids = NULL;
    size_t count = 0;
    int64_t offset = 0;
    assert_true(target_sessions_of_intents(on.target, intents, 3, &ids, &count, &err));
    assert_int_equal(count, 2);
    if (strcmp(ids[0], "cs_1") != 0) {
        char *other = ids[0];
        ids[0] = ids[1];
        ids[1] = other;
    }
    expect_ids(ids, count, "cs_1 cs_2");
    for (int i = 0; i < 3; i++) {
        char *id AUTO_FREE = memory_format("cs_2%d", i);
        put_session(id, 1020 + i, i, 0);
    }
    struct change expired = attaching_session(&on, "cs_23", 1023, 1, "1.00", 0, NS(1));
    expired.json = STR("{\"status\": \"expired\"}");
    attaching_apply(&on, &expired);
    assert_int_equal(ask_unsettled(UNSETTLED_OPEN, SOURCE_STRIPE, 10, "cs_20 cs_21"), 1);
    assert_int_equal(ask_unsettled(UNSETTLED_OPEN, SOURCE_STRIPE, 1, "cs_20 cs_21"), 3);
    put("201", "fulfilled", "cs_22");
    put("202", "partial", "cs_22");
    put("1003", "fulfilled", "nothing");
    /* A final one without a sale costs nothing until its sale is here. */
    ask_unsettled(UNSETTLED_OPEN, SOURCE_PRINTFUL, 10, "202");
    put("1004", "partial", "nothing");
    assert_int_equal(ask_unsettled(UNSETTLED_OPEN, SOURCE_PRINTFUL, 1, "1004 202"), 3);
    database_ask(on.pg, "update ordersync.source_documents set document = document || "
                        "'{\"external_id\": \"cs_21\"}' where source_id = '1003'");
    ask_unsettled(UNSETTLED_OPEN, SOURCE_PRINTFUL, 10, "1003 1004 202");
    ask_unsettled(UNSETTLED_OPEN, SOURCE_FIRESTORE, 10, "");
    int64_t store = -1;
    assert_true(target_printful_store(on.target, &store, &err));
    assert_int_equal(store, 0);
    database_ask(on.pg, "update ordersync.source_documents set document = document || "
                        "'{\"store\": 4711}' where source_id = '1003'");
    assert_true(target_printful_store(on.target, &store, &err));
    assert_int_equal(store, 4711);
    assert_true(target_clock_offset(on.target, &offset, &err));
    assert_true(offset > -5000000 && offset < 5000000); /* the cluster's clock is ours */
}

/* Orders that the list did not show though it should have; sales whose Printful order nobody told
 * of. */
static void test_unseen(void **state)
{
    static const char *const sales[] = {"cs_40", "cs_41", "cs_42", "cs_43",
                                        "cs_44", "cs_45", "cs_46"};
    (void)state;
    database_ask(on.pg, "delete from ordersync.orders where origin = 'stripe'");
    database_ask(on.pg, "delete from ordersync.source_documents where source <> 'firestore'");
    for (size_t i = 0; i < sizeof(sales) / sizeof(sales[0]); i++) {
        put_session(sales[i], 1040 + (long)i, 2, 1);
        set_time("orders", "created_at", sales[i], 1500 + (int)i);
    }
    set_time("orders", "created_at", "cs_40", 999);  /* too old */
    set_time("orders", "created_at", "cs_41", 2000); /* its Printful order is in the list */
    database_ask(on.pg,
                 "update ordersync.orders set status = 'cancelled' where origin_id = 'cs_42'");
    put("301", "fulfilled", "cs_43");
    assert_int_equal(ask_unsettled(UNSETTLED_SALES, SOURCE_PRINTFUL, 10, "@cs_46 @cs_45 @cs_44"),
                     1);
    assert_int_equal(ask_unsettled(UNSETTLED_SALES, SOURCE_PRINTFUL, 1, "@cs_46 @cs_45 @cs_44"), 4);
    put("300", "fulfilled", "cs_46");
    ask_unsettled(UNSETTLED_SALES, SOURCE_PRINTFUL, 10, "@cs_45 @cs_44");
    database_ask(on.pg, "update ordersync.orders set metadata = '{\"order\": \"no such, too "
                        "long or odd for Printful\"}' where origin_id = 'cs_44'");
    ask_unsettled(UNSETTLED_SALES, SOURCE_PRINTFUL, 10, "@cs_45");
    ask_unsettled(UNSETTLED_SALES, SOURCE_STRIPE, 10, "");
    put("302", "partial", "nothing");
    put("303", "fulfilled", "nothing");
    set_time("source_documents", "create_time", "301", 2001);
    set_time("source_documents", "create_time", "302", 2002);
    set_time("source_documents", "create_time", "303", 1999);
    assert_int_equal(ask_unsettled(UNSETTLED_LISTED, SOURCE_PRINTFUL, 1, "302 301"), 3);
}

/* Sales that are settled, one that nobody asks about, and an order of the shop: of Stripe and
 * Printful no document is left. */
static int open_database(void **state)
{
    (void)state;
    applying_open(&on, "test_unsettled");
    applying_one(&on, "1050", 1, applying_order(&on, 1050, "5.00", 1));
    put_session("cs_1", 1001, 2, 1);
    put_session("cs_2", 1002, 2, 0);
    put_session("cs_3", 1003, 2, 0);
    put("11", "inprocess", "cs_1");
    put("12", "fulfilled", "cs_2");
    database_ask(on.pg, "delete from ordersync.source_documents where source <> 'firestore'");
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
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_unseen),
    };
    if (!database_available())
        return 77;
    return cmocka_run_group_tests(tests, open_database, close_database);
}
