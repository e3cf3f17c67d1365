/* Printful documents and the sales they attach to. */
#include "tests/lib/attaching.h"

#include "target/recompute.h"
#include "tests/lib/orders.h"

static struct applying on;

/* Status, version and printful rows of a sale: "shipped 2 PF-1:partial 101 ..." */
static void expect_sale(const char *id, const char *expected)
{
    char *sql AUTO_FREE = memory_format(
        "select concat_ws(' ', o.status, o.version, string_agg(f.fulfillment_id || coalesce(':' || "
        "f.status, ''), ' ' order by f.parent_id, f.position)) from ordersync.orders o left join "
        "ordersync.order_fulfillments f on f.order_id = o.order_id and f.source = 'printful' "
        "where o.origin_id = '%s' group by o.order_id",
        id);
    applying_expect(&on, sql, expected);
}

static void expect_items(const char *id, const char *expected)
{
    char *sql AUTO_FREE = memory_format(
        "select string_agg(coalesce(l.source_line_id, 'own'), ' ' order by l.position) from "
        "ordersync.order_line_items l join ordersync.orders o using (order_id) "
        "where o.origin_id = '%s'",
        id);
    applying_expect(&on, sql, expected);
}

static void expect_attached(const char *id, const char *sale)
{
    char *sql AUTO_FREE = memory_format(
        "select coalesce(o.origin_id, case when d.order_id is null then 'none' else 'lost' end) "
        "from ordersync.source_documents d left join ordersync.orders o using (order_id) "
        "where d.source = 'printful' and d.source_id = '%s'",
        id);
    applying_expect(&on, sql, sale);
}

static enum outcome put_session(const char *id, long number, const char *price, int items, int at)
{
    struct change change = attaching_session(&on, id, number, 2, price, items, NS(at));
    return attaching_apply(&on, &change);
}

static enum outcome put(const char *id, int updated, const char *status, int shipments, int items,
                        enum sale_link link, const char *reference)
{
    struct change change =
        attaching_printful(&on, id, T(updated), status, shipments, items, link, reference);
    return attaching_apply(&on, &change);
}

static void test_attaches(void **state)
{
    (void)state;
    put_session("cs_1", 1001, "10.00", 1, 1);
    assert_int_equal(put("11", 1, "inprocess", 0, 1, LINK_CLIENT_REFERENCE_ID, "ref-cs_1"),
                     OUTCOME_CREATED);
    expect_sale("cs_1", "processing 2 PF-11:inprocess");
    expect_items("cs_1", "own");
    expect_attached("11", "cs_1");
    assert_int_equal(put("11", 2, "partial", 2, 1, LINK_CLIENT_REFERENCE_ID, "ref-cs_1"),
                     OUTCOME_UPDATED);
    expect_sale("cs_1", "shipped 3 PF-11:partial 1101 1102");
    assert_int_equal(put("11", 2, "partial", 2, 1, LINK_CLIENT_REFERENCE_ID, "ref-cs_1"),
                     OUTCOME_UNCHANGED);
    assert_int_equal(put("11", 1, "inprocess", 0, 1, LINK_CLIENT_REFERENCE_ID, "ref-cs_1"),
                     OUTCOME_STALE);
    /* A shipment that is gone from the document leaves no ghost; status may go back. */
    put("11", 3, "draft", 1, 1, LINK_CLIENT_REFERENCE_ID, "ref-cs_1");
    expect_sale("cs_1", "processing 4 PF-11:draft 1101");
    applying_expect(
        &on,
        "select string_agg(table_name || ' ' || operation || ' ' || a.version, ', ' order by "
        "audit_id) from ordersync.order_audit a join ordersync.orders o using (order_id) "
        "where o.origin_id = 'cs_1' and a.version = 4",
        "orders update 4, order_fulfillments delete 4, order_fulfillments update 4");
}

static void test_sale_keeps_what_printful_says(void **state)
{
    (void)state;
    put_session("cs_2", 1002, "10.00", 0, 1);
    put("12", 1, "fulfilled", 1, 2, LINK_PAYMENT_INTENT, "pi_cs_2");
    expect_sale("cs_2", "delivered 2 PF-12:fulfilled 1201");
    expect_items("cs_2", "printful:1291 printful:1292");
    assert_int_equal(put_session("cs_2", 1002, "9.00", 0, 2), OUTCOME_UPDATED);
    expect_sale("cs_2", "delivered 3 PF-12:fulfilled 1201");
    expect_items("cs_2", "printful:1291 printful:1292");
    applying_expect(&on, "select total_price from ordersync.orders where origin_id = 'cs_2'",
                    "9.00");
    /* Items of its own take their place. */
    put_session("cs_2", 1002, "9.00", 1, 3);
    expect_items("cs_2", "own");
    put("12", 2, "fulfilled", 1, 3, LINK_PAYMENT_INTENT, "pi_cs_2");
    expect_items("cs_2", "own");
}

static void test_items(void **state)
{
    (void)state;
    put_session("cs_3", 1003, "10.00", 0, 1);
    struct change high =
        attaching_printful(&on, "132", T(1), "pending", 0, 2, LINK_METADATA, "cs_3");
    assert_int_equal(attaching_apply(&on, &high), OUTCOME_CREATED);
    assert_int_equal(high.items_added, 2);
    expect_items("cs_3", "printful:13291 printful:13292");
    /* The lowest order's items count, whenever it comes; an update changes them. */
    struct change low = attaching_printful(&on, "13", T(1), "pending", 0, 1, LINK_METADATA, "cs_3");
    attaching_apply(&on, &low);
    assert_int_equal(low.items_added, 0);
    expect_items("cs_3", "printful:1391");
    put("132", 2, "pending", 0, 2, LINK_METADATA, "cs_3");
    expect_items("cs_3", "printful:1391");
    for (int i = 2; i < 6; i++)
        put("13", i, "pending", 0, 2, LINK_METADATA, "cs_3");
    expect_items("cs_3", "printful:1391 printful:1392");
}

static void test_two_in_one_batch(void **state)
{
    (void)state;
    struct error err = {0};
    put_session("cs_4", 1004, "10.00", 1, 1);
    struct change changes[] = {
        attaching_printful(&on, "42", T(1), "fulfilled", 1, 0, LINK_METADATA, "cs_4"),
        attaching_printful(&on, "41", T(1), "inprocess", 0, 0, LINK_METADATA, "cs_4"),
    };
    assert_true(applying_batch(&on, changes, 2, &err));
    assert_int_equal(changes[0].outcome, OUTCOME_CREATED);
    assert_int_equal(changes[1].outcome, OUTCOME_CREATED);
    expect_sale("cs_4", "shipped 2 PF-41:inprocess PF-42:fulfilled 4201");
    put("41", 2, "canceled", 0, 0, LINK_METADATA, "cs_4");
    expect_sale("cs_4", "delivered 3 PF-41:canceled PF-42:fulfilled 4201");
}

/* The sale and its Printful order in one batch, in either order. */
static void test_with_its_sale(void **state)
{
    (void)state;
    struct error err = {0};
    struct change changes[] = {
        attaching_printful(&on, "51", T(1), "partial", 1, 1, LINK_METADATA, "cs_5"),
        attaching_session(&on, "cs_5", 1005, 2, "10.00", 0, NS(1)),
    };
    assert_true(applying_batch(&on, changes, 2, &err));
    assert_int_equal(changes[0].outcome, OUTCOME_CREATED);
    expect_sale("cs_5", "shipped 2 PF-51:partial 5101");
    expect_items("cs_5", "printful:5191");
    applying_expect(&on,
                    "select count(*) from ordersync.order_audit a join ordersync.orders o using "
                    "(order_id) where o.origin_id = 'cs_5' and table_name <> 'orders'",
                    "3");
    struct change again[] = {
        attaching_printful(&on, "51", T(2), "fulfilled", 1, 1, LINK_METADATA, "cs_5"),
        attaching_session(&on, "cs_5", 1005, 2, "11.00", 0, NS(2)),
    };
    assert_true(applying_batch(&on, again, 2, &err));
    expect_sale("cs_5", "delivered 4 PF-51:fulfilled 5101");
}

static void test_without_a_sale(void **state)
{
    (void)state;
    assert_int_equal(put("61", 1, "fulfilled", 1, 1, LINK_METADATA, "cs_6"), OUTCOME_UNATTACHED);
    assert_int_equal(put("62", 1, "fulfilled", 1, 1, LINK_METADATA, NULL), OUTCOME_UNATTACHED);
    expect_attached("61", "none");
    assert_int_equal(put("61", 1, "fulfilled", 1, 1, LINK_METADATA, "cs_6"), OUTCOME_UNATTACHED);
    put_session("cs_6", 1006, "10.00", 1, 1);
    expect_sale("cs_6", "processing 1");
    /* The same document, read again. */
    assert_int_equal(put("61", 1, "fulfilled", 1, 1, LINK_METADATA, "cs_6"), OUTCOME_UPDATED);
    expect_sale("cs_6", "delivered 2 PF-61:fulfilled 6101");
    assert_int_equal(put("61", 1, "fulfilled", 1, 1, LINK_METADATA, "cs_6"), OUTCOME_UNCHANGED);
}

static void test_relinked(void **state)
{
    (void)state;
    put_session("cs_7", 1007, "10.00", 0, 1);
    put_session("cs_8", 1008, "10.00", 1, 1);
    put("71", 1, "fulfilled", 2, 1, LINK_METADATA, "cs_7");
    put("72", 1, "inprocess", 0, 0, LINK_METADATA, "cs_7");
    expect_sale("cs_7", "shipped 3 PF-71:fulfilled 7101 7102 PF-72:inprocess");
    expect_items("cs_7", "printful:7191");
    assert_int_equal(put("71", 2, "fulfilled", 1, 1, LINK_METADATA, "cs_8"), OUTCOME_UPDATED);
    expect_sale("cs_7", "processing 4 PF-72:inprocess");
    expect_items("cs_7", ""); /* they went with it */
    expect_sale("cs_8", "delivered 2 PF-71:fulfilled 7101");
    expect_items("cs_8", "own");
    /* Nothing matches any more. */
    assert_int_equal(put("71", 3, "fulfilled", 1, 1, LINK_METADATA, "no such"), OUTCOME_UNATTACHED);
    expect_sale("cs_8", "processing 3");
    expect_attached("71", "none");
    put("72", 2, "inprocess", 0, 0, LINK_METADATA, NULL);
    expect_sale("cs_7", "processing 5");
    expect_items("cs_7", "");
}

static void test_items_that_are_gone(void **state)
{
    (void)state;
    put_session("cs_12", 1012, "10.00", 0, 1);
    put("96", 1, "fulfilled", 1, 2, LINK_METADATA, "cs_12");
    expect_items("cs_12", "printful:9691 printful:9692");
    put("96", 2, "fulfilled", 1, 0, LINK_METADATA, "cs_12");
    expect_items("cs_12", "");
    put("97", 1, "fulfilled", 1, 1, LINK_METADATA, "cs_12");
    expect_items("cs_12", "printful:9791");
}

static void test_deleted_and_made_again(void **state)
{
    (void)state;
    put_session("cs_9", 1009, "10.00", 1, 1);
    put("91", 1, "fulfilled", 1, 1, LINK_METADATA, "cs_9");
    struct change gone = attaching_session(&on, "cs_9", 1009, 2, "10.00", 1, NS(5));
    gone.document.deleted = true;
    assert_int_equal(attaching_apply(&on, &gone), OUTCOME_DELETED);
    expect_attached("91", "none");
    assert_int_equal(put("91", 1, "fulfilled", 1, 1, LINK_METADATA, "cs_9"), OUTCOME_UNATTACHED);
    assert_int_equal(put_session("cs_9", 1009, "10.00", 1, 6), OUTCOME_CREATED);
    expect_sale("cs_9", "processing 4");
    assert_int_equal(put("91", 1, "fulfilled", 1, 1, LINK_METADATA, "cs_9"), OUTCOME_UPDATED);
    expect_sale("cs_9", "delivered 5 PF-91:fulfilled 9101");
    /* A Printful order that is gone leaves its sale with what it says of itself. */
    struct change left = attaching_printful(&on, "91", T(9), "", 0, 0, LINK_METADATA, "cs_9");
    left.document.deleted = true;
    assert_int_equal(attaching_apply(&on, &left), OUTCOME_DELETED);
    expect_sale("cs_9", "processing 6");
    applying_expect(&on, "select count(*) from ordersync.orders where origin_id = 'cs_9'", "1");
}

/* Firestore orders, by Shopify id or number; a number that two orders have matches none. */
static void test_shop_references(void **state)
{
    (void)state;
    applying_one(
        &on, "2001", 1,
        "{\"id\":2001,\"order_number\":5001,\"currency\":\"EUR\",\"total_price\":\"1.00\"}");
    applying_one(
        &on, "2002", 1,
        "{\"id\":2002,\"order_number\":5002,\"currency\":\"EUR\",\"total_price\":\"1.00\"}");
    applying_one(
        &on, "2003", 1,
        "{\"id\":2003,\"order_number\":5002,\"currency\":\"EUR\",\"total_price\":\"1.00\"}");
    applying_one(
        &on, "5001", 1,
        "{\"id\":2005,\"order_number\":2001,\"currency\":\"EUR\",\"total_price\":\"1.00\"}");
    static const struct {
        const char *reference, *sale;
    } cases[] = {{"2001", "2001"},  {"5001", "2001"},
                 {"#5001", "2001"}, {"5002", "none"},
                 {"2002", "2002"},  {"#2001", "5001"},
                 {"05001", "none"}, {"", "none"},
                 {"x5001", "none"}, {"99999999999999999999", "none"},
                 {"#", "none"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *id AUTO_FREE = memory_format("%zu", 300 + i);
        put(id, 1, "pending", 0, 0, LINK_SHOP_ORDER_ID, cases[i].reference);
        expect_attached(id, cases[i].sale);
    }
    applying_one(
        &on, "2006", 1,
        "{\"id\":2006,\"order_number\":5001,\"currency\":\"EUR\",\"total_price\":\"1.00\"}");
    /* Two have the number now: who is attached stays. */
    put("301", 2, "partial", 0, 0, LINK_SHOP_ORDER_ID, "5001");
    expect_attached("301", "2001");
}

static void test_metrics_see_it(void **state)
{
    (void)state;
    put_session("cs_10", 1010, "10.00", 1, 1);
    applying_expect(
        &on, "select customer_id is null from ordersync.orders where origin_id = 'cs_10'", "t");
    applying_one(&on, "1011", 1, applying_order(&on, 1010, "5.00", 1));
    put_session("cs_10", 1010, "11.00", 1, 2);
    applying_expect(&on,
                    "select count(distinct customer_id) || ' ' || count(customer_id) from "
                    "ordersync.orders where origin_id in ('cs_10', '1011')",
                    "1 2");
    database_ask(on.pg, "delete from ordersync.customer_dirty");
    put("101", 1, "fulfilled", 1, 0, LINK_METADATA, "cs_10");
    applying_expect(&on, "select string_agg(reason, ',') from ordersync.customer_dirty",
                    "order changed");
    applying_expect(&on,
                    "select link_origin || ' ' || (customer_id is not null) from ordersync.orders "
                    "where origin_id = 'cs_10'",
                    "auto true");
}

static void recompute(void)
{
    struct target *worker = applying_connect(&on, "ordersync customers", 20);
    struct recompute_counts counts = {.notes = 1};
    while (counts.notes > 0) {
        struct error err = {0};
        if (!target_recompute(worker, "", 100, &counts, &err))
            fail_msg("recompute: %s", err.message);
    }
    target_close(worker);
}

static void expect_spend(const char *email, const char *expected)
{
    char *sql AUTO_FREE = memory_format(
        "select string_agg(concat_ws(' ', s.currency, s.orders_count, s.gross, s.refunded, s.net), "
        "', ' order by s.currency) || ' / ' || min(c.orders_count) from ordersync.customers c left "
        "join ordersync.customer_spend s using (customer_id) where c.email_match = '%s'",
        email);
    applying_expect(&on, sql, expected);
}

static struct change session_in(const char *id, long number, const char *price,
                                const char *currency, const char *payment, int at)
{
    struct change change = attaching_session(&on, id, number, 2, price, 1, NS(at));
    struct row *row = &change.order.tables[TABLE_ORDERS].rows[0];
    attaching_set(TABLE_ORDERS, row, "currency", str_from(currency));
    attaching_set(TABLE_ORDERS, row, "financial_status", str_from(payment));
    return change;
}

/* Spend of Stripe's sales: by currency, net of refunds that succeeded; not of sessions that nobody
 * paid, nor of what Printful costs. A sale that came before its customer is adopted. */
static void test_spend(void **state)
{
    (void)state;
    struct change sales[] = {
        session_in("cs_31", 1030, "20.00", "EUR", "paid", 1),
        session_in("cs_32", 1030, "3000", "JPY", "paid", 1),
        session_in("cs_33", 1030, "99.00", "EUR", "unpaid", 1),
        session_in("cs_34", 1030, "0", "EUR", "no_payment_required", 1),
    };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(attaching_apply(&on, &sales[i]), OUTCOME_CREATED);
    put("3001", 1, "fulfilled", 1, 0, LINK_METADATA, "cs_31");
    recompute();
    applying_expect(&on,
                    "select count(*) from ordersync.orders where origin_id like 'cs_3_' and "
                    "customer_id is not null",
                    "0");
    applying_one(&on, "1030", 1, applying_order(&on, 1030, "5.00", 1));
    recompute();
    recompute();
    expect_spend("buyer1030@example.com", "EUR 3 25.00 0 25.00, JPY 1 3000 0 3000 / 4");
    applying_expect(&on,
                    "select string_agg(distinct activity, ' ' order by activity) from "
                    "ordersync.customer_activities where order_id = (select order_id from "
                    "ordersync.orders where origin_id = 'cs_31')",
                    "fulfilled paid placed");
    struct change refunded = session_in("cs_31", 1030, "20.00", "EUR", "paid", 2);
    attaching_refund(&on, &refunded, 1, "5.00", "EUR", "success");
    attaching_refund(&on, &refunded, 2, "7.00", "EUR", "pending");
    attaching_refund(&on, &refunded, 3, "8.00", "EUR", "failed");
    assert_int_equal(attaching_apply(&on, &refunded), OUTCOME_UPDATED);
    recompute();
    expect_spend("buyer1030@example.com", "EUR 3 25.00 5.00 20.00, JPY 1 3000 0 3000 / 4");
    applying_expect(&on,
                    "select refunded || ' ' || shipments || ' ' || status from "
                    "ordersync.order_overview where origin_id = 'cs_31'",
                    "5.00 1 delivered");
}

/* ---- documents as the sources have them ---- */

static enum outcome put_document(enum source_kind source, const char *id, int64_t version,
                                 const char *json, int at)
{
    struct error err = {0};
    struct change change;
    struct document document = orders_document(id, json, &on.arena);
    document.source = source;
    document.version = version;
    document.observed_ns = NS(at);
    document.create_ns = document.update_ns = INT64_MIN;
    if (!transform_document(&document, &on.arena, &change, &err))
        fail_msg("%s: %s", id, err.message);
    change.attachment.link = LINK_CLIENT_REFERENCE_ID;
    return attaching_apply(&on, &change);
}

#define SESSION(items, refunds)                                                                    \
    "{\"id\":\"cs_50\",\"object\":\"checkout.session\",\"mode\":\"payment\",\"status\":"           \
    "\"complete\","                                                                                \
    "\"payment_status\":\"paid\",\"livemode\":true,\"created\":1700000000,\"currency\":\"eur\","   \
    "\"amount_subtotal\":2000,\"amount_total\":2000,\"client_reference_id\":\"basket-7\","         \
    "\"payment_intent\":\"pi_50\",\"customer_details\":{\"email\":\"Buyer1050@example.com\"},"     \
    "\"line_items\":{\"object\":\"list\",\"has_more\":false,\"data\":[" items "]},"                \
    "\"refunds\":{\"object\":\"list\",\"has_more\":false,\"data\":[" refunds "]}}"
#define ITEM                                                                                       \
    "{\"id\":\"li_1\",\"object\":\"item\",\"quantity\":2,\"amount_subtotal\":2000,"                \
    "\"amount_total\":2000,\"currency\":\"eur\",\"description\":\"mug\"}"
#define REFUND                                                                                     \
    "{\"id\":\"re_1\",\"object\":\"refund\",\"amount\":500,\"currency\":\"eur\","                  \
    "\"status\":\"succeeded\",\"created\":1700000500,\"payment_intent\":\"pi_50\"}"
#define PARCEL(status, shipments)                                                                  \
    "{\"id\":77001,\"external_id\":\"basket-7\",\"status\":\"" status "\",\"created\":1700000100," \
    "\"updated\":1700000200,\"recipient\":{\"name\":\"A B\"},\"costs\":{\"currency\":\"USD\","     \
    "\"total\":\"9.50\"},\"items\":[{\"id\":5,\"name\":\"mug\",\"quantity\":2,\"price\":\"4.00\"," \
    "\"retail_price\":\"10.00\"}],\"shipments\":[" shipments "]}"

static void test_real_documents(void **state)
{
    (void)state;
    applying_one(&on, "1050", 1, applying_order(&on, 1050, "5.00", 1));
    assert_int_equal(put_document(SOURCE_STRIPE, "cs_50", 2, SESSION("", ""), 1), OUTCOME_CREATED);
    assert_int_equal(put_document(SOURCE_PRINTFUL, "77001", T(1), PARCEL("inprocess", ""), 1),
                     OUTCOME_CREATED);
    expect_sale("cs_50", "processing 2 PF-77001:inprocess");
    expect_items("cs_50", "printful:5");
    assert_int_equal(put_document(SOURCE_PRINTFUL, "77001", T(2),
                                  PARCEL("partial", "{\"id\":9,\"tracking_number\":123}"), 2),
                     OUTCOME_UPDATED);
    expect_sale("cs_50", "shipped 3 PF-77001:partial 9");
    assert_int_equal(put_document(SOURCE_STRIPE, "cs_50", 2, SESSION("", REFUND), 3),
                     OUTCOME_UPDATED);
    expect_sale("cs_50", "shipped 4 PF-77001:partial 9");
    expect_items("cs_50", "printful:5");
    put_document(SOURCE_STRIPE, "cs_50", 2, SESSION(ITEM, REFUND), 4);
    expect_items("cs_50", "li_1");
    recompute();
    expect_spend("buyer1050@example.com", "EUR 2 25.00 5.00 20.00 / 2");
    applying_expect(&on,
                    "select cost_total || ' ' || cost_currency from ordersync.order_fulfillments "
                    "where parent_id = '77001' and position = 0",
                    "9.50 USD");
}

static int open_database(void **state)
{
    (void)state;
    applying_open(&on, "test_attach");
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
        cmocka_unit_test(test_attaches),
        cmocka_unit_test(test_sale_keeps_what_printful_says),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_two_in_one_batch),
        cmocka_unit_test(test_with_its_sale),
        cmocka_unit_test(test_without_a_sale),
        cmocka_unit_test(test_relinked),
        cmocka_unit_test(test_items_that_are_gone),
        cmocka_unit_test(test_deleted_and_made_again),
        cmocka_unit_test(test_shop_references),
        cmocka_unit_test(test_metrics_see_it),
        cmocka_unit_test(test_spend),
        cmocka_unit_test(test_real_documents),
    };
    if (!database_available())
        return 77;
    return cmocka_run_group_tests(tests, open_database, close_database);
}
