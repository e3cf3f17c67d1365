/* What apply does to the target, against a real PostgreSQL. */
#include "tests/lib/applying.h"
#include "tests/lib/attaching.h"

#include <stdio.h>

#include "base/uuid.h"

static struct applying on;
/* An order with one letter for its whole id. */
#define V(n) (INT64_C(1700000000000000000) + (n)*INT64_C(1000000000))

static void test_create(void **state)
{
    (void)state;
    assert_int_equal(applying_one(&on, "1001", V(1), applying_order(&on, 1001, "10.00", 2)),
                     OUTCOME_CREATED);
    applying_expect(&on,
                    "select concat_ws(' ', total_price, note, tags, version, link_origin, "
                    "customer_id is not null) from ordersync.orders where origin_id = '1001'",
                    "10.00 tab\there\nback\\slash {a,\"b \\\"c\\\"\"} 1 auto t");
    applying_expect(&on,
                    "select string_agg(position || title || quantity, ',' order by position) from "
                    "ordersync.order_line_items join ordersync.orders using (order_id) where "
                    "origin_id = '1001'",
                    "0thing 01,1thing 12");
    applying_expect(
        &on,
        "select concat_ws(' ', version, run_id, document ->> 'name', deleted_at is null) "
        "from ordersync.source_documents where source_id = '1001'",
        "1700000001000000000 run-1 #1001 t");
    applying_expect(
        &on,
        "select concat_ws(' ', a.version, operation, operator, a.digest = d.digest) from "
        "ordersync.order_audit a join ordersync.source_documents d using (order_id) "
        "where source_id = '1001'",
        "1 insert ann t");
    applying_expect(&on, "select seq from ordersync.sync_fence", "1");
    applying_expect(&on, "select count(*) from ordersync.customer_dirty", "1");
}

static void test_unchanged_writes_nothing(void **state)
{
    (void)state;
    static const char xid[] = "select pg_snapshot_xmax(pg_current_snapshot())";
    applying_one(&on, "1002", V(1), applying_order(&on, 1002, "10.00", 2));
    char before[32];
    int64_t fence = on.fence_seq;
    snprintf(before, sizeof(before), "%s", database_ask(on.pg, xid));
    assert_int_equal(applying_one(&on, "1002", V(1), applying_order(&on, 1002, "10.00", 2)),
                     OUTCOME_UNCHANGED);
    applying_expect(&on, xid, before);
    assert_int_equal(on.fence_seq, fence);
}

static void test_update(void **state)
{
    (void)state;
    applying_one(&on, "1003", V(1), applying_order(&on, 1003, "10.00", 3));
    assert_int_equal(applying_one(&on, "1003", V(2), applying_order(&on, 1003, "12.50", 1)),
                     OUTCOME_UPDATED);
    applying_expect(&on,
                    "select concat_ws(' ', total_price, version) from ordersync.orders "
                    "where origin_id = '1003'",
                    "12.50 2");
    applying_expect(
        &on,
        "select concat_ws(' ', (select count(*) from ordersync.order_line_items l where "
        "l.order_id = o.order_id), (select count(*) from ordersync.order_tax_lines t "
        "where t.order_id = o.order_id)) from ordersync.orders o where origin_id = "
        "'1003'",
        "1 1");
    applying_expect(
        &on,
        "select string_agg(table_name || operation || version, ',' order by table_name, "
        "operation, row_key) from ordersync.order_audit join ordersync.orders using "
        "(order_id, version) where origin_id = '1003'",
        "order_line_itemsdelete2,order_line_itemsdelete2,order_line_itemsupdate2,"
        "order_tax_linesdelete2,order_tax_linesdelete2,ordersupdate2");
}

/* Only children differ: the order's version moves all the same, once. */
static void test_children_alone(void **state)
{
    (void)state;
    applying_one(&on, "1004", V(1), applying_order(&on, 1004, "10.00", 1));
    applying_one(&on, "1004", V(2), applying_order(&on, 1004, "10.00", 3));
    applying_expect(&on,
                    "select concat_ws(' ', version, (select count(*) from "
                    "ordersync.order_line_items l where l.order_id = o.order_id)) from "
                    "ordersync.orders o where origin_id = '1004'",
                    "2 3");
}

static void test_stale(void **state)
{
    (void)state;
    applying_one(&on, "1005", V(5), applying_order(&on, 1005, "10.00", 1));
    assert_int_equal(applying_one(&on, "1005", V(4), applying_order(&on, 1005, "99.00", 1)),
                     OUTCOME_STALE);
    assert_int_equal(applying_one(&on, "1005", V(4), NULL), OUTCOME_STALE);
    applying_expect(&on,
                    "select concat_ws(' ', total_price, version) from ordersync.orders where "
                    "origin_id = '1005'",
                    "10.00 1");
}

static void test_delete_and_return(void **state)
{
    (void)state;
    applying_one(&on, "1006", V(1), applying_order(&on, 1006, "10.00", 2));
    assert_int_equal(applying_one(&on, "1006", V(3), NULL), OUTCOME_DELETED);
    applying_expect(&on, "select count(*) from ordersync.orders where origin_id = '1006'", "0");
    applying_expect(
        &on,
        "select concat_ws(' ', deleted_at is not null, document is null, order_version) "
        "from ordersync.source_documents where source_id = '1006'",
        "t t 2");
    assert_int_equal(applying_one(&on, "1006", V(2), applying_order(&on, 1006, "10.00", 2)),
                     OUTCOME_STALE);
    assert_int_equal(applying_one(&on, "1006", V(3), NULL), OUTCOME_UNCHANGED);
    assert_int_equal(applying_one(&on, "1006", V(4), applying_order(&on, 1006, "11.00", 2)),
                     OUTCOME_CREATED);
    applying_expect(&on,
                    "select string_agg(a.version || operation, ',' order by a.version) from "
                    "ordersync.order_audit a join ordersync.orders using (order_id) where "
                    "table_name = 'orders' and origin_id = '1006'",
                    "1insert,2delete,3insert");
}

static void test_tombstone_first(void **state)
{
    (void)state;
    assert_int_equal(applying_one(&on, "1007", V(5), NULL), OUTCOME_DELETED);
    assert_int_equal(applying_one(&on, "1007", V(4), applying_order(&on, 1007, "1.00", 1)),
                     OUTCOME_STALE);
    /* Seen gone again later: documents between the two must not come back either. */
    assert_int_equal(applying_one(&on, "1007", V(9), NULL), OUTCOME_UNCHANGED);
    assert_int_equal(applying_one(&on, "1007", V(8), applying_order(&on, 1007, "1.00", 1)),
                     OUTCOME_STALE);
    applying_expect(&on, "select count(*) from ordersync.orders where origin_id = '1007'", "0");
}

static void test_stub_is_held(void **state)
{
    (void)state;
    struct error err = {0};
    applying_one(&on, "1008", V(1), applying_order(&on, 1008, "10.00", 1));
    struct change stub = applying_change(&on, "1008", V(2), "{\"id\":1008}");
    assert_true(applying_batch(&on, &stub, 1, &err));
    assert_int_equal(stub.outcome, OUTCOME_HELD);
    assert_int_equal(stub.error.id, ERROR_TARGET_STUB);
    applying_expect(&on, "select total_price from ordersync.orders where origin_id = '1008'",
                    "10.00");
}

/* Nor does it make an order where there was none, or bring a deleted one back. */
static void test_stub_makes_no_order(void **state)
{
    (void)state;
    assert_int_equal(applying_one(&on, "1009", V(1), "{\"id\":1009}"), OUTCOME_HELD);
    applying_expect(&on, "select count(*) from ordersync.source_documents where source_id = '1009'",
                    "0");
    assert_int_equal(applying_one(&on, "1009", V(2), NULL), OUTCOME_DELETED);
    assert_int_equal(applying_one(&on, "1009", V(3), "{\"id\":1009}"), OUTCOME_HELD);
    applying_expect(&on, "select count(*) from ordersync.orders where origin_id = '1009'", "0");
    assert_int_equal(applying_one(&on, "1009", V(4), applying_order(&on, 1009, "1.00", 1)),
                     OUTCOME_CREATED);
}

static void test_coalesced(void **state)
{
    (void)state;
    struct error err = {0};
    struct change changes[] = {
        applying_change(&on, "1010", V(2), applying_order(&on, 1010, "2.00", 1)),
        applying_change(&on, "1010", V(3), applying_order(&on, 1010, "3.00", 1)),
        applying_change(&on, "1010", V(1), applying_order(&on, 1010, "1.00", 1)),
        applying_change(&on, "1010", V(3), applying_order(&on, 1010, "3.00", 1)),
        applying_change(&on, "1010", V(9), "{\"id\":1010}"),
    };
    assert_true(applying_batch(&on, changes, 5, &err));
    assert_int_equal(changes[0].outcome, OUTCOME_STALE);
    assert_int_equal(changes[2].outcome, OUTCOME_STALE);
    assert_int_equal(changes[4].outcome, OUTCOME_HELD);
    assert_true(
        (changes[1].outcome == OUTCOME_CREATED && changes[3].outcome == OUTCOME_UNCHANGED) ||
        (changes[3].outcome == OUTCOME_CREATED && changes[1].outcome == OUTCOME_UNCHANGED));
    applying_expect(&on, "select total_price from ordersync.orders where origin_id = '1010'",
                    "3.00");
}

static void test_two_claims(void **state)
{
    (void)state;
    struct error err = {0};
    struct change changes[] = {
        applying_change(&on, "claim-a", V(1), applying_order(&on, 1011, "1.00", 1)),
        applying_change(&on, "claim-b", V(1), applying_order(&on, 1011, "1.00", 1)),
        applying_change(&on, "claim-c", V(1), applying_order(&on, 1012, "1.00", 1)),
    };
    assert_false(applying_batch(&on, changes, 3, &err));
    assert_int_equal(err.id, ERROR_TARGET_CLAIMED);
    assert_non_null(strstr(err.message, "claim-a"));
    assert_non_null(strstr(err.message, "claim-b"));
    applying_expect(
        &on, "select count(*) from ordersync.source_documents where source_id like 'claim-%'", "0");
    assert_true(applying_batch(&on, &changes[0], 1, &err));
    assert_true(applying_batch(&on, &changes[2], 1, &err));
    assert_false(applying_batch(&on, &changes[1], 1, &err));
    assert_int_equal(err.id, ERROR_TARGET_CLAIMED);
    assert_non_null(strstr(err.message, "claim-a"));
    /* The wrong one goes, the other lands. */
    struct change after[] = {applying_change(&on, "claim-a", V(2), NULL), changes[1]};
    assert_true(applying_batch(&on, after, 2, &err));
    assert_int_equal(after[1].outcome, OUTCOME_CREATED);
}

static void test_people_are_respected(void **state)
{
    (void)state;
    applying_one(&on, "1013", V(1), applying_order(&on, 1013, "10.00", 1));
    applying_one(&on, "1014", V(1), applying_order(&on, 1014, "10.00", 1));
    database_ask(on.pg, "update ordersync.orders set local_note = 'mine', local_tags = '{x}', "
                        "link_origin = 'manual', customer_id = (select customer_id from "
                        "ordersync.orders where origin_id = '1014') where origin_id = '1013'");
    applying_one(&on, "1013", V(2), applying_order(&on, 1013, "11.00", 1));
    applying_expect(
        &on,
        "select concat_ws(' ', a.total_price, a.local_note, a.local_tags, a.link_origin, "
        "a.customer_id = b.customer_id, a.version) from ordersync.orders a, "
        "ordersync.orders b where a.origin_id = '1013' and b.origin_id = '1014'",
        "11.00 mine {x} manual t 3");
}

static const char *customer_order(long id, const char *email, long customer, const char *phone)
{
    static char text[512];
    snprintf(text, sizeof(text),
             "{\"id\":%ld,\"name\":\"#%ld\",\"currency\":\"EUR\",\"total_price\":\"1.00\","
             "\"customer\":{\"id\":%ld,\"email\":%s%s%s,\"phone\":%s%s%s}}",
             id, id, customer, email[0] ? "\"" : "", email[0] ? email : "null",
             email[0] ? "\"" : "", phone[0] ? "\"" : "", phone[0] ? phone : "null",
             phone[0] ? "\"" : "");
    return text;
}

static void test_customers(void **state)
{
    (void)state;
    applying_one(&on, "2001", V(1), customer_order(2001, "x@example.com", 71, ""));
    applying_one(&on, "2002", V(1), customer_order(2002, "y@example.com", 72, ""));
    /* E-mail names one, the customer id another: by e-mail, and a person is asked. */
    applying_one(&on, "2003", V(1), customer_order(2003, " X@example.com ", 72, ""));
    applying_expect(&on,
                    "select concat_ws(' ', a.customer_id = c.customer_id, count(r.*)) from "
                    "ordersync.orders a, ordersync.orders c left join ordersync.customer_reviews r "
                    "using (order_id) where a.origin_id = '2001' and c.origin_id = '2003' group by "
                    "a.customer_id, c.customer_id",
                    "t 1");
    /* Another e-mail of a known id: the same person. */
    applying_one(&on, "2004", V(1), customer_order(2004, "new@example.com", 71, ""));
    applying_expect(&on,
                    "select count(distinct customer_id) from ordersync.orders where origin_id in "
                    "('2001', '2004')",
                    "1");
    /* A changed document follows its customer; both are to be recomputed. */
    database_ask(on.pg, "delete from ordersync.customer_dirty");
    applying_one(&on, "2004", V(2), customer_order(2004, "y@example.com", 72, ""));
    applying_expect(&on,
                    "select string_agg(reason, ',' order by reason) from ordersync.customer_dirty",
                    "linked,unlinked");
    applying_expect(&on,
                    "select count(distinct customer_id) from ordersync.orders where origin_id in "
                    "('2002', '2004')",
                    "1");
}

static void test_drift_is_recorded_once(void **state)
{
    (void)state;
    static const char json[] =
        "{\"id\":%ld,\"name\":\"x\",\"currency\":\"EUR\",\"total_price\":\"1\",\"never_seen\":1}";
    char text[160];
    for (long i = 3001; i < 3004; i++) {
        char id[24];
        snprintf(id, sizeof(id), "%ld", i);
        snprintf(text, sizeof(text), json, i);
        applying_one(&on, id, V(1), text);
    }
    applying_expect(
        &on,
        "select concat_ws(' ', kind, count, source_id) from ordersync.schema_drift where "
        "path = 'never_seen'",
        "unknown_field 1 3001");
}

/* Rows without a header, as a restored table leaves them: compared, not inserted blindly. */
static void test_header_lost(void **state)
{
    (void)state;
    applying_one(&on, "4001", V(1), applying_order(&on, 4001, "10.00", 2));
    database_ask(on.pg, "delete from ordersync.source_documents where source_id = '4001'");
    assert_int_equal(applying_one(&on, "4001", V(2), applying_order(&on, 4001, "11.00", 1)),
                     OUTCOME_UPDATED);
    applying_expect(&on,
                    "select concat_ws(' ', total_price, version) from ordersync.orders where "
                    "origin_id = '4001'",
                    "11.00 2");
}

static void test_order_lost(void **state)
{
    (void)state;
    applying_one(&on, "4002", V(1), applying_order(&on, 4002, "10.00", 2));
    database_ask(on.pg, "delete from ordersync.orders where origin_id = '4002'");
    assert_int_equal(applying_one(&on, "4002", V(2), applying_order(&on, 4002, "11.00", 1)),
                     OUTCOME_CREATED);
    applying_expect(&on,
                    "select concat_ws(' ', total_price, version) from ordersync.orders where "
                    "origin_id = '4002'",
                    "11.00 3");
}

/* The same document again: what it makes is not there, so it is no repetition. */
static void test_order_lost_unchanged(void **state)
{
    static const char image[] =
        "select concat_ws(' ', version, total_price, (select string_agg(concat(a.operation, "
        "a.version), ',' order by a.version) from ordersync.order_audit a where a.order_id = "
        "o.order_id and a.table_name = 'orders')) from ordersync.orders o where origin_id = '%s'";
    char sql[400];
    (void)state;
    applying_one(&on, "4003", V(1), applying_order(&on, 4003, "10.00", 2));
    database_ask(on.pg, "delete from ordersync.orders where origin_id = '4003'");
    assert_int_equal(applying_one(&on, "4003", V(1), applying_order(&on, 4003, "10.00", 2)),
                     OUTCOME_CREATED);
    snprintf(sql, sizeof(sql), image, "4003");
    applying_expect(&on, sql, "3 10.00 insert1,delete2,insert3");
    struct change sale = attaching_session(&on, "cs_4004", 4004, 2, "20.00", 1, V(1));
    attaching_apply(&on, &sale);
    database_ask(on.pg, "delete from ordersync.orders where origin_id = 'cs_4004'");
    sale = attaching_session(&on, "cs_4004", 4004, 2, "20.00", 1, V(2));
    sale.create_only = true;
    assert_int_equal(attaching_apply(&on, &sale), OUTCOME_CREATED);
    snprintf(sql, sizeof(sql), image, "cs_4004");
    applying_expect(&on, sql, "3 20.00 insert1,delete2,insert3");
    sale = attaching_session(&on, "cs_4004", 4004, 2, "20.00", 1, V(3));
    sale.create_only = true;
    assert_int_equal(attaching_apply(&on, &sale), OUTCOME_UNCHANGED);
}

static int open_database(void **state)
{
    (void)state;
    applying_open(&on, "test_apply");
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
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_unchanged_writes_nothing),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_children_alone),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_delete_and_return),
        cmocka_unit_test(test_tombstone_first),
        cmocka_unit_test(test_stub_is_held),
        cmocka_unit_test(test_stub_makes_no_order),
        cmocka_unit_test(test_coalesced),
        cmocka_unit_test(test_two_claims),
        cmocka_unit_test(test_people_are_respected),
        cmocka_unit_test(test_customers),
        cmocka_unit_test(test_drift_is_recorded_once),
        cmocka_unit_test(test_header_lost),
        cmocka_unit_test(test_order_lost),
        cmocka_unit_test(test_order_lost_unchanged),
    };
    if (!database_available())
        return 77;
    return cmocka_run_group_tests(tests, open_database, close_database);
}
