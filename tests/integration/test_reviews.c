/* Matches of two customers: merged, kept apart, undone. */
#include "tests/lib/applying.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "target/recompute.h"
#include "target/reviews.h"
#include "tests/lib/attaching.h"

static struct applying on;
static struct target *worker; /* decides and recomputes, on a connection of its own */
#define V(n) (INT64_C(1700000000000000000) + (n)*INT64_C(1000000000))

static void drain(void)
{
    struct recompute_counts counts = {.notes = 1};
    while (counts.notes > 0) {
        struct error err = {0};
        if (!target_recompute(worker, "", 100, &counts, &err))
            fail_msg("recompute: %s", err.message);
    }
}

static void put(const char *id, const char *email, const char *phone)
{
    char json[512];
    snprintf(json, sizeof(json),
             "{\"id\":%s,\"name\":\"#%s\",\"currency\":\"EUR\",\"total_price\":\"10.00\","
             "\"processed_at\":\"2024-01-02T10:00:00Z\",\"email\":\"%s\",\"phone\":%s%s%s}",
             id, id, email, phone == NULL ? "null" : "\"", phone == NULL ? "" : phone,
             phone == NULL ? "" : "\"");
    assert_int_equal(applying_one(&on, id, V(1), json), OUTCOME_CREATED);
}

/* As put(), by a customer of the shop. */
static void put_person(const char *id, int version, const char *shop_id, const char *email,
                       const char *phone)
{
    char json[512];
    snprintf(json, sizeof(json),
             "{\"id\":%s,\"name\":\"#%s\",\"currency\":\"EUR\",\"total_price\":\"10.00\","
             "\"processed_at\":\"2024-01-02T10:00:00Z\",\"customer\":{\"id\":%s,\"email\":\"%s\"}"
             "%s%s%s}",
             id, id, shop_id, email, phone == NULL ? "" : ",\"phone\":\"",
             phone == NULL ? "" : phone, phone == NULL ? "" : "\"");
    assert_int_equal(applying_one(&on, id, V(version), json), OUTCOME_CREATED);
}

/* A sale of Stripe by buyerN@example.com. */
static void put_session(const char *id, long number)
{
    struct change change = attaching_session(&on, id, number, 2, "10.00", 1, V(1));
    assert_int_equal(attaching_apply(&on, &change), OUTCOME_CREATED);
}

/* The open review that order `last` raised. */
static int64_t find_review(const char *last)
{
    struct arena arena = {0};
    struct target_review *list;
    size_t count = 0;
    struct error err = {0};
    int64_t id = 0;
    drain();
    if (!target_list_reviews(worker, 100, &arena, &list, &count, &err))
        fail_msg("reviews: %s", err.message);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].origin_id, last) == 0)
            id = list[i].id;
    arena_free(&arena);
    assert_true(id > 0);
    return id;
}

/* Two customers whom order `last` names both: by e-mail `right`, by phone `left`. */
static int64_t make_review(const char *first, const char *second, const char *last,
                           const char *left, const char *right, const char *phone)
{
    struct arena arena = {0};
    struct target_review *list;
    size_t count = 0;
    struct error err = {0};
    put(first, left, phone);
    put(second, right, NULL);
    put(last, right, phone);
    drain();
    if (!target_list_reviews(worker, 100, &arena, &list, &count, &err))
        fail_msg("reviews: %s", err.message);
    int64_t id = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].origin_id, last) == 0) {
            assert_string_equal(list[i].state, "open");
            assert_string_equal(list[i].people[0].email, right);
            assert_string_equal(list[i].people[1].email, left);
            assert_int_equal(list[i].people[0].orders, 2);
            id = list[i].id;
        }
    arena_free(&arena);
    assert_true(id > 0);
    return id;
}

/* `shown`: the two customers; NULL: not told. */
static enum error_id decide_shown(int64_t id, enum review_verb verb, char (*shown)[UUID_TEXT_SIZE],
                                  uint64_t *ret_orders)
{
    struct error err = {0};
    const struct target_actor actor = {.journal_id = "",
                                       .run_id = "",
                                       .plan_id = "",
                                       .command_id = "7",
                                       .operator_name = "kim",
                                       .origin = "pts/3"};
    struct review_decision decision = {.review_id = id, .verb = verb, .reason = "a reason"};
    if (shown != NULL)
        memcpy(decision.shown, shown, sizeof(decision.shown));
    target_set_actor(worker, &actor);
    if (!target_decide_review(worker, &decision, ret_orders, &err))
        return err.id;
    drain();
    return ERROR_NONE;
}

static enum error_id decide(int64_t id, enum review_verb verb, uint64_t *ret_orders)
{
    return decide_shown(id, verb, NULL, ret_orders);
}

/* Of an order's customer. */
static void expect(const char *id, const char *columns, const char *expected)
{
    char *sql AUTO_FREE =
        memory_format("select concat_ws(' ', %s) from ordersync.customers c where customer_id = "
                      "(select customer_id from ordersync.orders where origin_id = '%s')",
                      columns, id);
    applying_expect(&on, sql, expected);
}

static void merge_and_undo(void **state)
{
    uint64_t orders = 0;
    (void)state;
    int64_t id = make_review("11", "12", "13", "a@one.test", "b@one.test", "+4930111111");
    applying_expect(&on,
                    "with u as (update ordersync.orders set link_origin = 'manual' where "
                    "origin_id = '11' returning 1) select count(*) from u",
                    "1");
    assert_int_equal(decide(id, REVIEW_MERGE, &orders), ERROR_NONE);
    assert_int_equal(orders, 1);
    expect("11", "c.merged_into is null, c.orders_count", "t 3");
    applying_expect(&on,
                    "select concat_ws(' ', count(distinct customer_id), max(link_origin) filter "
                    "(where origin_id = '11')) from ordersync.orders where origin_id in ('11', "
                    "'12', '13')",
                    "1 manual");
    applying_expect(&on,
                    "select concat_ws(' ', state, decided_by, note) from "
                    "ordersync.customer_reviews where order_id = (select order_id from "
                    "ordersync.orders where origin_id = '13')",
                    "merged kim a reason");
    applying_expect(&on,
                    "select operator from ordersync.order_audit where command_id = '7' and "
                    "order_id = (select order_id from ordersync.orders where origin_id = '11')",
                    "kim");
    assert_int_equal(decide(id, REVIEW_MERGE, &orders), ERROR_REVIEW);
    assert_int_equal(decide(id, REVIEW_UNDO, &orders), ERROR_NONE);
    assert_int_equal(orders, 1);
    expect("11", "c.email_match, c.orders_count, c.merged_into is null", "a@one.test 1 t");
    expect("12", "c.email_match, c.orders_count", "b@one.test 2");
    applying_expect(&on, "select count(*) from ordersync.customer_merges", "0");
    assert_int_equal(decide(id, REVIEW_UNDO, &orders), ERROR_REVIEW);
}

static void keep_apart_and_undo(void **state)
{
    uint64_t orders = 0;
    (void)state;
    int64_t id = make_review("21", "22", "23", "a@two.test", "b@two.test", "+4930222222");
    assert_int_equal(decide(id, REVIEW_KEEP_APART, &orders), ERROR_NONE);
    expect("21", "c.orders_count", "1");
    put("24", "b@two.test", "+4930222222"); /* not asked again */
    applying_expect(&on,
                    "select string_agg(r.state, ',') from ordersync.customer_reviews r join "
                    "ordersync.customers c using (customer_id) where c.email = 'b@two.test'",
                    "kept_apart");
    assert_int_equal(decide(id, REVIEW_UNDO, &orders), ERROR_NONE);
    assert_int_equal(decide(id, REVIEW_MERGE, &orders), ERROR_NONE);
    assert_int_equal(orders, 1);
}

/* A merge that another stands on is not undone first. */
static void later_merges_first(void **state)
{
    uint64_t orders = 0;
    (void)state;
    int64_t first = make_review("31", "32", "33", "a@three.test", "b@three.test", "+4930333333");
    assert_int_equal(decide(first, REVIEW_MERGE, &orders), ERROR_NONE);
    put("34", "c@three.test", NULL);
    put("35", "c@three.test", "+4930333333");
    int64_t second = find_review("35");
    assert_int_equal(decide(second, REVIEW_MERGE, &orders), ERROR_NONE);
    assert_int_equal(orders, 3);
    assert_int_equal(decide(first, REVIEW_UNDO, &orders), ERROR_REVIEW);
    assert_int_equal(decide(second, REVIEW_UNDO, &orders), ERROR_NONE);
    assert_int_equal(decide(first, REVIEW_UNDO, &orders), ERROR_NONE);
    expect("31", "c.orders_count, c.email_match", "1 a@three.test");
    expect("34", "c.orders_count", "2");
}

/* Whoever was merged is found by all the keys the two had, and neither is asked about again. */
static void keys_outlive_a_merge(void **state)
{
    uint64_t orders = 0;
    (void)state;
    put_person("51", 9, "510", "buyer51@example.com", "+4930555555");
    put_person("52", 1, "520", "buyer52@example.com", NULL);
    put_person("53", 1, "520", "buyer52@example.com", "+4930555555");
    int64_t id = find_review("53");
    assert_int_equal(decide(id, REVIEW_MERGE, &orders), ERROR_NONE);
    /* The newest document has the other's e-mail. */
    expect("52", "c.email, c.email_match, c.shop_customer_id, c.orders_count",
           "buyer51@example.com buyer52@example.com 520 3");
    put_session("cs_51", 51);
    put_session("cs_52", 52);
    put_person("54", 2, "510", "new51@five.test", NULL);
    put_person("55", 2, "520", "new52@five.test", NULL);
    put("56", "Buyer51@example.com", NULL);
    static const char all[] =
        "select concat_ws(' ', count(*), count(customer_id), count(distinct customer_id)) from "
        "ordersync.orders where origin_id in ('51', '52', '53', '54', '55', '56', 'cs_51', "
        "'cs_52')";
    applying_expect(&on, all, "8 8 1");
    drain();
    expect("51", "c.orders_count", "8");
    applying_expect(&on,
                    "select count(*) from ordersync.customer_reviews r join ordersync.orders o on "
                    "o.customer_id in (r.customer_id, r.other_customer_id) where r.state = 'open' "
                    "and o.origin_id = '51'",
                    "0");
    /* Sales that waited are adopted by either key. */
    database_ask(on.pg, "update ordersync.orders set customer_id = null where origin_id = 'cs_51'");
    applying_expect(&on, all, "8 7 1");
    drain();
    applying_expect(&on, all, "8 8 1");
    assert_int_equal(decide(id, REVIEW_UNDO, &orders), ERROR_NONE);
    expect("51", "c.email_match, c.shop_customer_id, c.orders_count", "buyer51@example.com 510 1");
}

/* A merge that leads on once more leads there at once. */
static void keys_lead_on(void **state)
{
    uint64_t orders = 0;
    (void)state;
    put_person("71", 1, "710", "buyer71@example.com", "+4930777777");
    put_person("72", 1, "720", "buyer72@example.com", NULL);
    put_person("73", 1, "720", "buyer72@example.com", "+4930777777");
    assert_int_equal(decide(find_review("73"), REVIEW_MERGE, &orders), ERROR_NONE);
    put_person("74", 1, "740", "buyer74@example.com", NULL);
    put_person("75", 1, "740", "buyer74@example.com", "+4930777777");
    assert_int_equal(decide(find_review("75"), REVIEW_MERGE, &orders), ERROR_NONE);
    put_session("cs_71", 71);
    put_person("76", 1, "710", "new71@seven.test", NULL);
    static const char all[] = "select concat_ws(' ', count(customer_id), count(distinct "
                              "customer_id)) from ordersync.orders where origin_id in ('71', '74', "
                              "'76', 'cs_71')";
    applying_expect(&on, all, "4 1");
    drain();
    database_ask(on.pg, "update ordersync.orders set customer_id = null where origin_id = 'cs_71'");
    drain();
    applying_expect(&on, all, "4 1");
    /* Of an erased person nothing comes back by these keys either. */
    database_ask(on.pg, "update ordersync.customers set erased_at = now() where customer_id = "
                        "(select customer_id from ordersync.orders where origin_id = '74')");
    put("77", "buyer71@example.com", NULL);
    expect("77",
           "c.erased_at is not null, (select o.email from ordersync.orders o where "
           "o.origin_id = '77')",
           "t");
}

/* Of two orders. */
static void read_customers(const char *left, const char *right, char (*ret_ids)[UUID_TEXT_SIZE])
{
    const char *const orders[] = {left, right};
    for (int i = 0; i < 2; i++) {
        char *sql AUTO_FREE = memory_format(
            "select customer_id from ordersync.orders where origin_id = '%s'", orders[i]);
        STR_FILL(ret_ids[i], database_ask(on.pg, sql));
    }
}

/* Anna saw "61 goes into 62"; meanwhile 61 went into 64, whom she did not see. */
static void nobody_unseen_is_merged(void **state)
{
    uint64_t orders = 0;
    (void)state;
    int64_t first = make_review("61", "62", "63", "a@six.test", "b@six.test", "+4930666666");
    char before[2][UUID_TEXT_SIZE], after[2][UUID_TEXT_SIZE];
    read_customers("62", "61", before);
    put("64", "c@six.test", NULL);
    put("65", "c@six.test", "+4930666666");
    assert_int_equal(decide(find_review("65"), REVIEW_MERGE, &orders), ERROR_NONE);
    applying_expect(&on,
                    "select count(distinct customer_id) from ordersync.orders where origin_id in "
                    "('61', '64')",
                    "1");
    assert_int_equal(decide(first, REVIEW_MERGE, &orders), ERROR_REVIEW);
    assert_int_equal(decide_shown(first, REVIEW_MERGE, before, &orders), ERROR_REVIEW);
    read_customers("62", "64", after);
    assert_int_equal(decide_shown(first, REVIEW_MERGE, after, &orders), ERROR_NONE);
    expect("64", "c.orders_count", "5");
}

struct waiting {
    int64_t review;
    char (*shown)[UUID_TEXT_SIZE];
    enum error_id result;
};

static void *merge_waiting(void *context)
{
    struct waiting *waiting = context;
    uint64_t orders = 0;
    waiting->result = decide_shown(waiting->review, REVIEW_MERGE, waiting->shown, &orders);
    return NULL;
}

/* Another engine merges 81 while this one waits for its row: the lock shows it as it was. */
static void nobody_is_merged_twice_at_once(void **state)
{
    char shown[2][UUID_TEXT_SIZE];
    pthread_t thread;
    (void)state;
    struct waiting waiting = {
        make_review("81", "82", "83", "a@eight.test", "b@eight.test", "+49308888888"), shown,
        ERROR_NONE};
    put("84", "c@eight.test", NULL);
    drain();
    read_customers("82", "81", shown);
    database_ask(on.pg, "begin");
    database_ask(on.pg,
                 "update ordersync.customers set merged_into = (select customer_id from "
                 "ordersync.orders where origin_id = '84') where email_match = 'a@eight.test'");
    assert_int_equal(pthread_create(&thread, NULL, merge_waiting, &waiting), 0);
    while (strcmp(database_ask(on.pg, "select count(*) from pg_locks where not granted"), "0") == 0)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    database_ask(on.pg, "commit");
    pthread_join(thread, NULL);
    assert_int_equal(waiting.result, ERROR_REVIEW);
    database_ask(on.pg, "update ordersync.customers set merged_into = null where email_match = "
                        "'a@eight.test'");
}

static void search_and_orders(void **state)
{
    struct arena arena = {0};
    struct target_customer *list;
    struct target_customer_order *orders;
    size_t count = 0;
    struct error err = {0};
    (void)state;
    put("41", "Zoe%1@four.test", "+49 30 444444");
    drain();
    static const char *const words[] = {"zoe%1@FOUR.test", "+4930444444", "%1@four"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_true(target_search_customers(worker, words[i], 10, &arena, &list, &count, &err));
        assert_int_equal(count, 1);
        assert_string_equal(list[0].email, "Zoe%1@four.test");
    }
    assert_string_equal(list[0].spent, "10.00 EUR");
    assert_true(target_customer_orders(worker, list[0].id, 10, &arena, &orders, &count, &err));
    assert_int_equal(count, 1);
    assert_string_equal(orders[0].label, "#41");
    assert_string_equal(orders[0].total, "10.00 EUR");
    assert_true(target_search_customers(worker, "_oe%1@four", 10, &arena, &list, &count, &err));
    assert_int_equal(count, 0); /* no pattern */
    arena_free(&arena);
}

static int open_database(void **state)
{
    (void)state;
    applying_open(&on, "test_customers");
    worker = applying_connect(&on, "ordersync customers", 20);
    return 0;
}

static int close_database(void **state)
{
    (void)state;
    target_close(worker);
    applying_close(&on);
    database_shutdown();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge_and_undo),
        cmocka_unit_test(keep_apart_and_undo),
        cmocka_unit_test(later_merges_first),
        cmocka_unit_test(keys_outlive_a_merge),
        cmocka_unit_test(keys_lead_on),
        cmocka_unit_test(nobody_unseen_is_merged),
        cmocka_unit_test(nobody_is_merged_twice_at_once),
        cmocka_unit_test(search_and_orders),
    };
    if (!database_available())
        return 77;
    return cmocka_run_group_tests(tests, open_database, close_database);
}
