/* Apply when others write the same documents, and when the target goes away, hangs, is full or
 * refuses. */
#include "tests/lib/applying.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/lib/tree.h"

static struct applying on;
#define V(n) (INT64_C(1700000000000000000) + (n)*INT64_C(1000000000))

/* ---- two engines ---- */

#define DOCUMENTS 40
#define VERSIONS 5
#define CHANGES (DOCUMENTS * VERSIONS)
#define BATCH 25

struct engine_thread {
    struct applying *on;
    struct arena arena;
    const char *name;
    uint64_t seed;
    struct change changes[CHANGES];
    int failures;
};

/* Version 3 of every seventh document is its deletion; line items shrink and grow. */
static void make_changes(struct engine_thread *engine)
{
    struct tree_random random = {engine->seed};
    size_t count = 0;
    for (long d = 0; d < DOCUMENTS; d++)
        for (int v = 1; v <= VERSIONS; v++) {
            char id[24], price[16];
            snprintf(id, sizeof(id), "%ld", 5000 + d);
            snprintf(price, sizeof(price), "%d.00", v);
            bool gone = v == 3 && d % 7 == 0;
            engine->changes[count++] = applying_change(
                &on, id, V(v), gone ? NULL : applying_order(&on, 5000 + d, price, (v * 3) % 4));
        }
    for (size_t i = count - 1; i > 0; i--) {
        size_t k = tree_below(&random, i + 1);
        struct change swap = engine->changes[i];
        engine->changes[i] = engine->changes[k];
        engine->changes[k] = swap;
    }
}

static void *run_engine(void *context)
{
    struct engine_thread *engine = context;
    struct target *target = applying_connect(engine->on, engine->name, 20);
    for (size_t at = 0; at < CHANGES; at += BATCH) {
        struct batch batch = {
            .changes = &engine->changes[at], .count = BATCH, .arena = &engine->arena};
        struct error err = {0};
        int tries = 0;
        while (!target_apply(target, &batch, &err)) {
            if (error_class(&err) != CLASS_TRANSIENT || ++tries == 20) {
                fprintf(stderr, "%s: %s\n", engine->name, err.message);
                engine->failures++;
                break;
            }
        }
        arena_reset(&engine->arena);
    }
    arena_free(&engine->arena);
    target_close(target);
    return NULL;
}

static void test_two_engines(void **state)
{
    (void)state;
    static struct engine_thread engines[2];
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        engines[i] = (struct engine_thread){
            .on = &on, .name = i == 0 ? "engine 0" : "engine 1", .seed = 7 + (uint64_t)i};
        make_changes(&engines[i]);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_engine, &engines[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(engines[i].failures, 0);
    }
    applying_expect(
        &on,
        "select concat_ws(' ', count(*), min(total_price), max(total_price), sum((select "
        "count(*) from ordersync.order_line_items l where l.order_id = o.order_id))) from "
        "ordersync.orders o where origin_id like '50__'",
        "40 5.00 5.00 120");
    applying_expect(
        &on,
        "select count(*) from ordersync.source_documents where source_id like '50__' and "
        "(version <> 1700000005000000000 or deleted_at is not null)",
        "0");
    /* Versions 1..n, none missing, none twice, up to the order's own. */
    applying_expect(
        &on,
        "select count(*) from (select o.version, count(*) n, count(distinct a.version) d, "
        "min(a.version) low, max(a.version) high from ordersync.orders o join "
        "ordersync.order_audit a using (order_id) where a.table_name = 'orders' and "
        "origin_id like '50__' group by o.order_id, o.version) s where n <> version or d "
        "<> version or low <> 1 or high <> version",
        "0");
    applying_expect(
        &on, "select count(*) from ordersync.customers where email_match like 'buyer50%'", "40");
}

/* An operator deletes an order and its document, to have it read anew: its versions go on. */
static void test_deleted_behind(void **state)
{
    (void)state;
    static const char image[] =
        "select concat_ws(' ', o.version, o.total_price, (select string_agg(concat(a.operation, "
        "a.version), ',' order by a.version) from ordersync.order_audit a where a.order_id = "
        "o.order_id and a.table_name = 'orders')) from ordersync.orders o where origin_id = '5901'";
    struct error err = {0};
    struct change changes[2];
    applying_one(&on, "5901", V(1), applying_order(&on, 5901, "1.00", 1));
    applying_one(&on, "5901", V(2), applying_order(&on, 5901, "2.00", 1));
    database_ask(on.pg, "delete from ordersync.orders where origin_id = '5901'");
    database_ask(on.pg, "delete from ordersync.source_documents where source_id = '5901'");
    changes[0] = applying_change(&on, "5901", V(3), applying_order(&on, 5901, "3.00", 2));
    changes[1] = applying_change(&on, "5902", V(1), applying_order(&on, 5902, "1.00", 1));
    assert_true(applying_batch(&on, changes, 2, &err));
    applying_expect(&on, image, "4 3.00 insert1,update2,delete3,insert4");
    applying_expect(&on, "select version from ordersync.orders where origin_id = '5902'", "1");
}

/* ---- the target goes away ---- */

static void test_connection_lost(void **state)
{
    (void)state;
    struct error err = {0};
    struct change change = applying_change(&on, "6001", V(1), applying_order(&on, 6001, "1.00", 1));
    database_ask(on.pg, "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where "
                        "datname = current_database() and application_name like '%writer 0'");
    assert_false(applying_batch(&on, &change, 1, &err));
    assert_int_equal(err.id, ERROR_TARGET_LOST);
    assert_int_equal(error_class(&err), CLASS_TRANSIENT);
    assert_true(target_is_broken(on.target));
    assert_false(applying_batch(&on, &change, 1, &err));
    assert_int_equal(err.id, ERROR_TARGET_LOST);
    assert_true(target_reopen(on.target, &err));
    assert_true(applying_batch(&on, &change, 1, &err));
    assert_int_equal(change.outcome, OUTCOME_CREATED);
}

/* Until the writer waits for a lock in the server; false after 30 s. */
static bool wait_blocked(struct pg *pg)
{
    for (int tries = 0; tries < 600; tries++) {
        if (strcmp(database_ask(pg, "select count(*) from pg_stat_activity where datname = "
                                    "current_database() and application_name like '%writer 0' "
                                    "and wait_event_type = 'Lock'"),
                   "0") != 0)
            return true;
        usleep(50000);
    }
    return false;
}

/* The results of these two are checked where they are joined: a thread cannot fail a test. */
static void *terminate_blocked(void *context)
{
    struct pg *pg = database_connect(context);
    bool blocked = wait_blocked(pg);
    database_ask(pg, "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where "
                     "datname = current_database() and application_name like '%writer 0'");
    pg_close(pg);
    return blocked ? context : NULL;
}

/* In the midst of a COPY, which waits for a lock. */
static void test_lost_in_copy(void **state)
{
    (void)state;
    struct error err = {0};
    pthread_t thread;
    void *blocked;
    struct change change = applying_change(&on, "6010", V(1), applying_order(&on, 6010, "1.00", 2));
    assert_true(
        pg_script(on.pg, "begin; lock table ordersync.order_line_items in exclusive mode", &err));
    assert_int_equal(pthread_create(&thread, NULL, terminate_blocked, on.conninfo), 0);
    assert_false(applying_batch(&on, &change, 1, &err));
    pthread_join(thread, &blocked);
    assert_non_null(blocked);
    assert_int_equal(err.id, ERROR_TARGET_LOST);
    assert_true(pg_script(on.pg, "rollback", &err));
    applying_expect(&on, "select count(*) from ordersync.orders where origin_id = '6010'", "0");
    assert_true(target_reopen(on.target, &err));
    assert_true(applying_batch(&on, &change, 1, &err));
    assert_int_equal(change.outcome, OUTCOME_CREATED);
}

static void test_no_server(void **state)
{
    (void)state;
    struct error err = {0};
    struct target *target = NULL;
    struct target_options options = {.database_url = "postgresql://u:s3cr3t@127.0.0.1:1/x",
                                     .connect_timeout_s = 2};
    assert_false(target_open(&options, &target, &err));
    assert_int_equal(err.id, ERROR_TARGET_CONNECT);
    assert_null(strstr(err.message, "s3cr3t"));
    options.database_url = "postgresql://u:s3cr3t@[x:y/x";
    assert_false(target_open(&options, &target, &err));
    assert_int_equal(err.id, ERROR_TARGET_URL);
    assert_null(strstr(err.message, "s3cr3t"));
    options.database_url = "host=/tmp port=s3cr3t";
    assert_false(target_open(&options, &target, &err));
    assert_null(strstr(err.message, "s3cr3t"));
    char *missing AUTO_FREE = memory_format("%s dbname=no_such_database", on.conninfo);
    options.database_url = missing;
    assert_false(target_open(&options, &target, &err));
    assert_int_equal(err.id, ERROR_TARGET_DATABASE);
    char *stranger AUTO_FREE = memory_format("%s user=no_such_user", on.conninfo);
    options.database_url = stranger;
    assert_false(target_open(&options, &target, &err));
    assert_int_equal(err.id, ERROR_TARGET_AUTH);
    assert_string_equal(err.sqlstate, "28000");
}

static void test_no_connection_left(void **state)
{
    (void)state;
    struct error err = {0};
    struct target *target = NULL;
    database_ask(on.pg, "drop role if exists os_test_full");
    database_ask(on.pg, "create role os_test_full login connection limit 0");
    char *url AUTO_FREE = memory_format("%s user=os_test_full", on.conninfo);
    struct target_options options = {.database_url = url, .connect_timeout_s = 2};
    assert_false(target_open(&options, &target, &err));
    assert_int_equal(err.id, ERROR_TARGET_CONNECTIONS);
    assert_string_equal(err.sqlstate, "53300");
    assert_int_equal(error_class(&err), CLASS_TRANSIENT);
    database_ask(on.pg, "drop role os_test_full");
}

/* ---- the target hangs ---- */

static void lock_document(struct pg *pg, const char *id)
{
    char sql[160];
    snprintf(sql, sizeof(sql),
             "begin; update ordersync.source_documents set api_shape = api_shape where source_id = "
             "'%s'",
             id);
    struct error err = {0};
    assert_true(pg_script(pg, sql, &err));
}

static void test_statement_timeout(void **state)
{
    (void)state;
    struct error err = {0};
    applying_one(&on, "6002", V(1), applying_order(&on, 6002, "1.00", 1));
    struct target *impatient = applying_connect(&on, "impatient", 1);
    struct change change = applying_change(&on, "6002", V(2), applying_order(&on, 6002, "2.00", 1));
    struct batch batch = {.changes = &change, .count = 1, .arena = &on.arena};
    lock_document(on.pg, "6002");
    assert_false(target_apply(impatient, &batch, &err));
    assert_int_equal(err.id, ERROR_TARGET_TIMEOUT);
    assert_int_equal(error_class(&err), CLASS_TRANSIENT);
    assert_false(target_is_broken(impatient));
    assert_true(pg_script(on.pg, "rollback", &err));
    assert_true(target_apply(impatient, &batch, &err));
    assert_int_equal(change.outcome, OUTCOME_UPDATED);
    target_close(impatient);
}

static void *interrupt_blocked(void *context)
{
    struct pg *pg = database_connect(context);
    bool blocked = wait_blocked(pg);
    pg_close(pg);
    target_interrupt(on.target);
    return blocked ? context : NULL;
}

static void test_interrupt(void **state)
{
    (void)state;
    struct error err = {0};
    pthread_t thread;
    void *blocked;
    applying_one(&on, "6003", V(1), applying_order(&on, 6003, "1.00", 1));
    struct change change = applying_change(&on, "6003", V(2), applying_order(&on, 6003, "2.00", 1));
    lock_document(on.pg, "6003");
    assert_int_equal(pthread_create(&thread, NULL, interrupt_blocked, on.conninfo), 0);
    assert_false(applying_batch(&on, &change, 1, &err));
    pthread_join(thread, &blocked);
    assert_non_null(blocked);
    assert_int_equal(err.id, ERROR_TARGET_CANCELLED);
    assert_false(target_is_broken(on.target));
    assert_true(pg_script(on.pg, "rollback", &err));
    assert_true(applying_batch(&on, &change, 1, &err));
}

/* ---- customers that others make meanwhile ---- */

static void *commit_blocked(void *context)
{
    struct error err = {0};
    struct pg *pg = database_connect(context);
    bool blocked = wait_blocked(pg);
    pg_close(pg);
    return blocked && pg_script(on.pg, "commit", &err) ? context : NULL;
}

/* The order of a customer whom another session has made, with this id, but not committed. */
static void order_beside(const char *order, const char *customer_id)
{
    struct error err = {0};
    pthread_t thread;
    void *blocked;
    long number = strtol(order, NULL, 10);
    struct change change =
        applying_change(&on, order, V(1), applying_order(&on, number, "1.00", 1));
    char *insert AUTO_FREE = memory_format(
        "begin; insert into ordersync.customers (customer_id, email, email_match) values "
        "('%s', 'buyer%s@example.com', 'buyer%s@example.com')",
        customer_id, order, order);
    char *customer AUTO_FREE = memory_format(
        "select customer_id from ordersync.orders where origin_id = '%s' and (select count(*) "
        "from ordersync.customers where email_match = 'buyer%s@example.com') = 1",
        order, order);
    char *reason AUTO_FREE = memory_format(
        "select reason from ordersync.customer_dirty where customer_id = '%s'", customer_id);
    char *versions AUTO_FREE =
        memory_format("select string_agg(version::text, ' ') from ordersync.order_audit where "
                      "order_id = '%s' and table_name = 'orders'",
                      change.order.order_id_text);
    assert_true(pg_script(on.pg, insert, &err));
    assert_int_equal(pthread_create(&thread, NULL, commit_blocked, on.conninfo), 0);
    assert_true(applying_batch(&on, &change, 1, &err));
    pthread_join(thread, &blocked);
    assert_non_null(blocked);
    assert_int_equal(change.outcome, OUTCOME_CREATED);
    applying_expect(&on, customer, customer_id);
    applying_expect(&on, reason, "linked");
    applying_expect(&on, versions, "1");
}

static void test_customer_made_meanwhile(void **state)
{
    (void)state;
    char same[UUID_TEXT_SIZE];
    struct uuid uuid =
        uuid_v5(&uuid_namespace_ordersync, STR("customer/email/buyer6101@example.com"));
    uuid_format(&uuid, same);
    order_beside("6101", same);
    /* By other means than its e-mail: another id. */
    order_beside("6102", "11111111-2222-4333-8444-555555555555");
}

struct blocked_batch {
    struct change change;
    struct arena arena;
    bool applied;
};

static void *apply_blocked(void *context)
{
    struct blocked_batch *blocked = context;
    struct batch batch = {.changes = &blocked->change, .count = 1, .arena = &blocked->arena};
    struct error err = {0};
    blocked->applied = target_apply(on.target, &batch, &err);
    return NULL;
}

/* Whoever makes a customer does not hold up another order of the same one while it writes. */
static void test_customer_shared(void **state)
{
    (void)state;
    static const char json[] = "{\"id\":%d,\"currency\":\"EUR\",\"total_price\":\"1.00\","
                               "\"customer\":{\"id\":96103,\"email\":"
                               "\"shared@example.com\"},\"line_items\":[%s]}";
    struct error err = {0};
    pthread_t thread;
    struct target *impatient = applying_connect(&on, "impatient", 2);
    struct pg *looking = database_connect(on.conninfo);
    char *first AUTO_FREE = memory_format(json, 6103, "{\"id\":1}");
    char *second AUTO_FREE = memory_format(json, 6104, "");
    struct blocked_batch blocked = {.change = applying_change(&on, "6103", V(1), first)};
    struct change change = applying_change(&on, "6104", V(1), second);
    struct batch batch = {.changes = &change, .count = 1, .arena = &on.arena};
    assert_true(
        pg_script(on.pg, "begin; lock table ordersync.order_line_items in exclusive mode", &err));
    assert_int_equal(pthread_create(&thread, NULL, apply_blocked, &blocked), 0);
    bool waits = wait_blocked(looking);
    bool passed = target_apply(impatient, &batch, &err);
    bool freed = pg_script(on.pg, "rollback", &err);
    pthread_join(thread, NULL);
    assert_true(waits && passed && freed && blocked.applied);
    applying_expect(&on,
                    "select concat_ws(' ', count(*), count(distinct customer_id)) from "
                    "ordersync.orders where origin_id in ('6103', '6104')",
                    "2 1");
    applying_expect(&on,
                    "select string_agg(reason, ' ' order by dirty_id) from "
                    "ordersync.customer_dirty where customer_id = (select customer_id from "
                    "ordersync.orders where origin_id = '6103')",
                    "made linked");
    arena_free(&blocked.arena);
    pg_close(looking);
    target_close(impatient);
}

/* ---- the target refuses ---- */

static void test_bad_value(void **state)
{
    (void)state;
    struct error err = {0};
    struct change changes[] = {
        applying_change(&on, "6004", V(1), applying_order(&on, 6004, "1.00", 1)),
        applying_change(&on, "6005", V(1), applying_order(&on, 6005, "1.00", 1)),
    };
    int column = table_column(table_get(TABLE_ORDERS), "total_tax");
    changes[1].order.tables[TABLE_ORDERS].rows[0].cells[column] = STR("Ann's own");
    assert_false(applying_batch(&on, changes, 2, &err));
    assert_int_equal(err.id, ERROR_TARGET_DATA);
    assert_string_equal(err.field, "orders.total_tax");
    assert_null(strstr(err.message, "Ann"));
    assert_true(applying_batch(&on, &changes[0], 1, &err));
    applying_expect(
        &on, "select count(*) from ordersync.orders where origin_id in ('6004', '6005')", "1");
}

static void test_no_schema(void **state)
{
    (void)state;
    struct error err = {0};
    struct target *target = NULL;
    char *url AUTO_FREE = memory_format("%s dbname=postgres", on.conninfo);
    struct target_options options = {.database_url = url, .connect_timeout_s = 2};
    assert_true(target_open(&options, &target, &err));
    assert_false(target_check_schema(target, &err));
    assert_int_equal(err.id, ERROR_TARGET_SCHEMA);
    target_close(target);
    assert_true(target_check_schema(on.target, &err));
    database_ask(on.pg,
                 "update ordersync.schema_migrations set number = number + 100 where number = "
                 "(select max(number) from ordersync.schema_migrations)");
    assert_false(target_check_schema(on.target, &err));
    assert_int_equal(err.id, ERROR_TARGET_SCHEMA);
    database_ask(on.pg,
                 "update ordersync.schema_migrations set number = number - 100 where number = "
                 "(select max(number) from ordersync.schema_migrations)");
}

static void test_origin(void **state)
{
    (void)state;
    struct error err = {0};
    assert_true(target_check_origin(on.target, SOURCE_FIRESTORE, "p/(default)/Orders", &err));
    assert_true(target_check_origin(on.target, SOURCE_FIRESTORE, "p/(default)/Orders", &err));
    assert_false(target_check_origin(on.target, SOURCE_FIRESTORE, "q/(default)/Orders", &err));
    assert_int_equal(err.id, ERROR_TARGET_ORIGIN);
    assert_int_equal(error_exit_code(&err), 78);
}

static void test_fence(void **state)
{
    (void)state;
    struct error err = {0};
    int64_t seq = -1;
    static const char journal[] = "11111111-2222-4333-8444-555555555555";
    applying_one(&on, "6006", V(1), applying_order(&on, 6006, "1.00", 1));
    assert_true(target_read_fence(on.target, journal, 0, &seq, &err));
    assert_int_equal(seq, on.fence_seq);
    assert_true(target_read_fence(on.target, journal, 9, &seq, &err));
    assert_int_equal(seq, 0);
}

static int open_database(void **state)
{
    (void)state;
    applying_open(&on, "test_apply_faults");
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
        cmocka_unit_test(test_two_engines),
        cmocka_unit_test(test_deleted_behind),
        cmocka_unit_test(test_connection_lost),
        cmocka_unit_test(test_lost_in_copy),
        cmocka_unit_test(test_no_server),
        cmocka_unit_test(test_no_connection_left),
        cmocka_unit_test(test_statement_timeout),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_customer_made_meanwhile),
        cmocka_unit_test(test_customer_shared),
        cmocka_unit_test(test_bad_value),
        cmocka_unit_test(test_no_schema),
        cmocka_unit_test(test_origin),
        cmocka_unit_test(test_fence),
    };
    if (!database_available())
        return 77;
    return cmocka_run_group_tests(tests, open_database, close_database);
}
