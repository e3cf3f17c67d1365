/* Random histories of customers: creates, updates and deletes in any order, by two writers at once
 * and a recomputation beside them. Afterwards every figure is what a recomputation from scratch and
 * what naive statements over the stored documents make of it. And how long ten thousand customers
 * take. */
#include "tests/lib/applying.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "target/recompute.h"
#include "tests/lib/tree.h"

static struct applying on;
#define V(n) (INT64_C(1700000000000000000) + (n)*INT64_C(1000000000))

#define ORDERS 60
#define CHANGES 400
#define BATCH 20
#define TRIES 50

/* ---- documents ---- */

static const char *one_of(struct tree_random *random, const char *const *words, size_t count)
{
    return words[tree_below(random, count)];
}
#define ONE_OF(random, ...)                                                                        \
    one_of(random, (const char *const[]){__VA_ARGS__},                                             \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void append_maybe(struct buffer *text, struct tree_random *random, const char *key,
                         const char *value)
{
    size_t pick = tree_below(random, 6);
    if (pick == 0)
        return; /* stripped of the key */
    buffer_append_format(text, pick == 1 ? ",\"%s\":null" : ",\"%s\":%s", key, value);
}

/* People share e-mails and ids in every wrong way there is. */
static void append_customer(struct buffer *text, struct tree_random *random)
{
    if (tree_below(random, 8) == 0)
        return;
    buffer_append_format(text, ",\"customer\":{\"created_at\":\"2023-01-0%dT00:00:00Z\"",
                         (int)tree_below(random, 9) + 1);
    append_maybe(text, random, "id", ONE_OF(random, "11", "12", "13", "14", "15", "16"));
    append_maybe(text, random, "email",
                 ONE_OF(random, "\"a@x.example\"", "\"B@x.example\"", "\"b@x.example\"",
                        "\"c@x.example\"", "\"d@x.example\"", "\"e@x.example\"", "\"\"", "\"no\""));
    append_maybe(text, random, "phone",
                 ONE_OF(random, "\"+49 30 1234567\"", "\"+4930555555\"", "\"030 12\""));
    append_maybe(text, random, "first_name", ONE_OF(random, "\"Ann\"", "\"Bo\"", "\"Cy\"", "\"\""));
    append_maybe(text, random, "note", ONE_OF(random, "\"n1\"", "\"n2\""));
    append_maybe(text, random, "tags", ONE_OF(random, "\"vip, new\"", "\"vip\"", "\"\""));
    append_maybe(text, random, "verified_email", ONE_OF(random, "true", "false"));
    append_maybe(text, random, "default_address",
                 ONE_OF(random, "{\"city\":\"Bonn\"}", "{\"city\":\"Oslo\"}"));
    append_maybe(text, random, "sms_marketing_consent",
                 ONE_OF(random, "{\"state\":\"subscribed\"}", "{\"state\":\"pending\"}"));
    buffer_append_text(text, "}");
}

static void append_refunds(struct buffer *text, struct tree_random *random)
{
    buffer_append_text(text, ",\"refunds\":[");
    size_t count = tree_below(random, 3);
    for (size_t i = 0; i < count; i++)
        buffer_append_format(
            text,
            "%s{\"id\":%zu,\"created_at\":\"2024-05-0%zuT00:00:00Z\",\"transactions\":["
            "{\"id\":1,\"kind\":\"refund\",\"status\":\"%s\",\"amount\":\"%zu.5\"%s},"
            "{\"id\":2,\"kind\":\"%s\",\"status\":\"success\",\"amount\":\"1.25\"}]}",
            i == 0 ? "" : ",", i + 1, tree_below(random, 9) + 1,
            ONE_OF(random, "success", "success", "failure"), tree_below(random, 9),
            ONE_OF(random, "", ",\"currency\":\"EUR\"", ",\"currency\":\"USD\""),
            ONE_OF(random, "refund", "sale"));
    buffer_append_text(text, "]");
}

static void append_shipments(struct buffer *text, struct tree_random *random)
{
    buffer_append_text(text, ",\"fulfillments\":[");
    size_t count = tree_below(random, 3);
    for (size_t i = 0; i < count; i++)
        buffer_append_format(
            text, "%s{\"id\":%zu,\"status\":\"%s\",\"created_at\":\"2024-03-0%zuT00:00:00Z\"%s}",
            i == 0 ? "" : ",", i + 1, ONE_OF(random, "success", "cancelled"),
            tree_below(random, 9) + 1,
            ONE_OF(random, "",
                   ",\"shipment_status\":\"delivered\",\"updated_at\":\"2024-03-20T00:00:00Z\""));
    buffer_append_text(text, "]");
    if (tree_below(random, 4) == 0)
        buffer_append_format(
            text,
            ",\"returns\":[{\"id\":1,\"status\":\"%s\",\"created_at\":\"2024-06-01T00:00:00Z\"}]",
            ONE_OF(random, "OPEN", "CLOSED", "DECLINED"));
}

static const char *make_order(struct tree_random *random, long id, struct arena *arena)
{
    struct buffer text = {.max = 1u << 16};
    buffer_append_format(
        &text,
        "{\"id\":%ld,\"name\":\"#%ld\",\"currency\":\"%s\",\"total_price\":\"%zu.%s\","
        "\"financial_status\":\"%s\",\"processed_at\":\"2024-02-%02zuT0%zu:00:00Z\"",
        id, id, ONE_OF(random, "EUR", "EUR", "USD", "JPY"), tree_below(random, 200),
        ONE_OF(random, "00", "5", "125"), ONE_OF(random, "paid", "pending", "refunded"),
        tree_below(random, 27) + 1, tree_below(random, 9));
    if (tree_below(random, 6) == 0)
        buffer_append_text(&text, ",\"test\":true");
    if (tree_below(random, 6) == 0)
        buffer_append_text(&text, ",\"cancelled_at\":\"2024-04-01T00:00:00Z\"");
    if (tree_below(random, 3) == 0)
        buffer_append_format(&text, ",\"email\":\"%s\"",
                             ONE_OF(random, "a@x.example", "c@x.example", "f@x.example", ""));
    append_customer(&text, random);
    append_refunds(&text, random);
    append_shipments(&text, random);
    buffer_append_text(&text, "}");
    struct str copy = arena_copy(arena, buffer_str(&text));
    buffer_free(&text);
    return copy.data;
}

/* ---- writers ---- */

struct writer {
    struct applying at; /* shares the database of `on` */
    struct tree_random random;
    char name[32];
    const char *failed; /* NULL: went well */
};

/* Versions are drawn at random, so that about half of the changes come too late. */
static struct change make_change(struct writer *writer)
{
    char id[24];
    long number = 1000 + (long)tree_below(&writer->random, ORDERS);
    snprintf(id, sizeof(id), "%ld", number);
    bool gone = tree_below(&writer->random, 6) == 0;
    const char *json = gone ? NULL : make_order(&writer->random, number, &writer->at.arena);
    return applying_change(&writer->at, id, V((int64_t)tree_below(&writer->random, 100000)), json);
}

static bool write_batch(struct writer *writer, struct change *changes)
{
    for (int tries = 0; tries < TRIES; tries++) {
        struct error err = {0};
        if (applying_batch(&writer->at, changes, BATCH, &err))
            return true;
        if (error_class(&err) != CLASS_TRANSIENT)
            fprintf(stderr, "%s: %s %s\n", writer->name, error_info(err.id)->code, err.message);
        if (error_class(&err) != CLASS_TRANSIENT)
            return false;
        for (size_t i = 0; i < BATCH; i++)
            changes[i].outcome = OUTCOME_NONE;
    }
    return false;
}

static void *run_writer(void *context)
{
    struct writer *writer = context;
    struct change changes[BATCH];
    for (size_t done = 0; done < CHANGES && writer->failed == NULL; done += BATCH) {
        for (size_t i = 0; i < BATCH; i++)
            changes[i] = make_change(writer);
        if (!write_batch(writer, changes))
            writer->failed = "a batch did not land";
    }
    return NULL;
}

static atomic_bool writing;

/* Small batches, so that customers are recomputed between the changes of theirs. */
static void *run_recomputer(void *context)
{
    struct target *target = context;
    while (atomic_load(&writing)) {
        struct error err = {0};
        struct recompute_counts counts;
        if (!target_recompute(target, "EUR", 7, &counts, &err) &&
            error_class(&err) != CLASS_TRANSIENT && err.id != ERROR_TARGET_DUPLICATE)
            fprintf(stderr, "recompute: %s %s\n", error_info(err.id)->code, err.message);
    }
    return NULL;
}

static void drain(struct target *target, uint64_t limit)
{
    struct recompute_counts counts = {.notes = limit};
    while (counts.notes == limit) {
        struct error err = {0};
        if (!target_recompute(target, "EUR", limit, &counts, &err))
            fail_msg("recompute: %s", err.message);
        assert_false(counts.busy);
    }
}

static void write_history(uint64_t seed)
{
    struct writer *writers = memory_zero(2, sizeof(*writers));
    struct target *targets[2];
    pthread_t threads[4];
    atomic_store(&writing, true);
    for (size_t i = 0; i < 2; i++) {
        snprintf(writers[i].name, sizeof(writers[i].name), "ordersync writer %zu", i);
        writers[i].random.state = seed * 2 + i;
        writers[i].at.target = applying_connect(&on, writers[i].name, 20);
        targets[i] = applying_connect(&on, "ordersync customers", 20);
        pthread_create(&threads[i], NULL, run_writer, &writers[i]);
        pthread_create(&threads[2 + i], NULL, run_recomputer, targets[i]);
    }
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&writing, false);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[2 + i], NULL);
        if (writers[i].failed != NULL)
            fail_msg("%s: %s", writers[i].name, writers[i].failed);
        target_close(writers[i].at.target);
        target_close(targets[i]);
        arena_free(&writers[i].at.arena);
    }
    free(writers);
}

/* ---- what must hold ---- */

static const char *const tables[] = {"customers", "customer_spend", "customer_activities"};

static void copy_tables(void)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        char *drop AUTO_FREE = memory_format("drop table if exists public.%s", tables[i]);
        char *copy AUTO_FREE =
            memory_format("create table public.%s as table ordersync.%s", tables[i], tables[i]);
        database_ask(on.pg, drop);
        database_ask(on.pg, copy);
    }
}

/* Row by row as text, so that 0 and 0.00 differ; `but`: a column that may. */
static void compare_tables(uint64_t seed, const char *but)
{
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        char *sql AUTO_FREE = memory_format(
            "with was as (select (to_jsonb(t) - '%s')::text as t from public.%s t), now as (select "
            "(to_jsonb(t) - '%s')::text as t from ordersync.%s t) select string_agg(t, E'\\n') "
            "from ((select 'was ' || t as t from (table was except table now) x) union all "
            "(select 'now ' || t from (table now except table was) x)) t",
            but, tables[i], but, tables[i]);
        const char *differs = database_ask(on.pg, sql);
        if (differs[0] != '\0')
            fail_msg("seed %llu, %s:\n%s", (unsigned long long)seed, tables[i], differs);
    }
}

/* What no order says stays: a customer without orders keeps what was known last. */
static void forget_everything(void)
{
    database_ask(on.pg, "delete from ordersync.customer_spend");
    database_ask(on.pg, "delete from ordersync.customer_activities");
    database_ask(
        on.pg,
        "update ordersync.customers c set email = null, email_match = null, email_claim = null, "
        "shop_customer_id = null, shop_customer_claim = null, phone = null, phone_match = null, "
        "first_name = null, tags = null, note = 'x', sms_consent = null, orders_count = 7, "
        "segment = null, average_order_value = null, last_active_at = null where exists (select "
        "from ordersync.orders o where o.customer_id = c.customer_id)");
}

struct naive {
    const char *what;
    const char *sql; /* gives nothing when all is well */
};

/* From the documents themselves, each figure by itself. */
#define COUNTED "o.customer_id = c.customer_id and o.test is not true and o.cancelled_at is null"
#define NEWEST(key, value)                                                                         \
    "(select " value " from ordersync.orders o join ordersync.source_documents d on d.source_id "  \
    "= o.origin_id where o.customer_id = c.customer_id and " key                                   \
    " order by d.version desc, o.order_id limit 1)"
#define WITH_ORDERS                                                                                \
    "exists (select from ordersync.orders o where o.customer_id = c.customer_id) and "
#define REFUNDS                                                                                    \
    "(select coalesce(sum((t ->> 'amount')::numeric), 0) from ordersync.orders o join "            \
    "ordersync.source_documents d on d.source_id = o.origin_id, jsonb_array_elements(d.document "  \
    "-> 'refunds') r, jsonb_array_elements(r -> 'transactions') t where " COUNTED                  \
    " and t ->> 'kind' = 'refund' and t ->> 'status' = 'success' and coalesce(t ->> 'currency', "  \
    "o.currency) = s.currency)"

static const struct naive naives[] = {
    {"orders", "select c.customer_id from ordersync.customers c where row(orders_count, "
               "first_order_at, last_order_at)::text <> (select row(count(*), min(processed_at), "
               "max(processed_at))::text from ordersync.orders o where " COUNTED ")"},
    {"spend", "select s.customer_id from ordersync.customer_spend s join ordersync.customers c "
              "using (customer_id) where (select row(coalesce(sum(total_price), 0), count(*)) from "
              "ordersync.orders o where " COUNTED " and o.currency = s.currency) <> row(s.gross, "
              "s.orders_count) or s.refunded <> " REFUNDS " or net <> gross - refunded"},
    {"every currency",
     "select c.customer_id from ordersync.customers c join ordersync.orders o on " COUNTED
     " where not exists (select from ordersync.customer_spend s where s.customer_id = "
     "c.customer_id and s.currency = o.currency)"},
    {"average",
     "select c.customer_id from ordersync.customers c where average_order_value is distinct from "
     "(select round(net / orders_count, greatest(scale(net), 2)) from ordersync.customer_spend s "
     "where s.customer_id = c.customer_id and currency = 'EUR' and s.orders_count > 0)"},
    {"last activity",
     "select c.customer_id from ordersync.customers c where last_active_at is distinct from "
     "(select max(at) from ordersync.customer_activities a where a.customer_id = c.customer_id)"},
    {"activities",
     "select 1 from (select activity, count(*) as n from ordersync.customer_activities group by 1) "
     "a full join (select v.activity, count(*) as n from ordersync.orders o join "
     "ordersync.source_documents d on d.source_id = o.origin_id, lateral (select 'placed' as "
     "activity union all select 'paid' where d.document ->> 'financial_status' in ('paid', "
     "'refunded') union all select 'cancelled' where d.document ? 'cancelled_at' union all select "
     "'fulfilled' from jsonb_array_elements(d.document -> 'fulfillments') f where f ->> 'status' = "
     "'success' union all select 'delivered' from jsonb_array_elements(d.document -> "
     "'fulfillments') f where f ->> 'status' = 'success' and f ? 'shipment_status' union all "
     "select 'returned' from jsonb_array_elements(d.document -> 'returns') r where r ->> 'status' "
     "<> 'DECLINED') v where o.customer_id is not null and o.test is not true group by 1) b using "
     "(activity) where a.n is distinct from b.n and activity <> 'refunded'"},
    {"phone", "select c.customer_id from ordersync.customers c where " WITH_ORDERS
              "phone is distinct from " NEWEST("d.document -> 'customer' ? 'phone'",
                                               "nullif(d.document #>> '{customer,phone}', '')")},
    {"first name", "select c.customer_id from ordersync.customers c where " WITH_ORDERS
                   "first_name is distinct from " NEWEST("d.document -> 'customer' ? 'first_name'",
                                                         "d.document #>> '{customer,first_name}'")},
    {"note", "select c.customer_id from ordersync.customers c where " WITH_ORDERS
             "note is distinct from " NEWEST("d.document -> 'customer' ? 'note'",
                                             "d.document #>> '{customer,note}'")},
    {"address", "select c.customer_id from ordersync.customers c where " WITH_ORDERS
                "default_address is distinct from " NEWEST(
                    "d.document -> 'customer' ? 'default_address'",
                    "nullif(d.document #> '{customer,default_address}', 'null')")},
    {"consent", "select c.customer_id from ordersync.customers c where " WITH_ORDERS
                "sms_consent is distinct from " NEWEST(
                    "d.document -> 'customer' ? 'sms_marketing_consent'",
                    "nullif(d.document #> '{customer,sms_marketing_consent}', 'null')")},
    {"shop id",
     "select c.customer_id from ordersync.customers c where " WITH_ORDERS
     "coalesce(shop_customer_id, shop_customer_claim) is distinct from " NEWEST(
         "d.document #>> '{customer,id}' is not null", "(d.document #>> '{customer,id}')::bigint")},
    {"keys",
     "select c.customer_id from ordersync.customers c where email_match is not null and "
     "email_claim is not null or coalesce(email_match, email_claim) is distinct from "
     "lower(case when email like '%@%' then email end) or email_claim is not null and not exists "
     "(select from ordersync.customers h where h.email_match = c.email_claim and h.customer_id < "
     "c.customer_id)"},
    {"nothing is left", "select customer_id from ordersync.customer_dirty"},
};

static void check_naive(uint64_t seed)
{
    for (size_t i = 0; i < sizeof(naives) / sizeof(naives[0]); i++) {
        const char *wrong = database_ask(on.pg, naives[i].sql);
        if (wrong[0] != '\0')
            fail_msg("seed %llu: %s of %s", (unsigned long long)seed, naives[i].what, wrong);
    }
}

static void test_histories(void **state)
{
    (void)state;
    const char *given = getenv("ORDERSYNC_TEST_SEED");
    uint64_t first = given == NULL ? 1 : strtoull(given, NULL, 10);
    struct target *target = applying_connect(&on, "ordersync customers", 60);
    for (uint64_t seed = first; seed < first + (given == NULL ? 4 : 1); seed++) {
        struct error err = {0};
        bool refreshed;
        write_history(seed);
        drain(target, 11);
        assert_true(target_refresh_cutoffs(target, "EUR", 0, &refreshed, &err));
        drain(target, 1000);
        check_naive(seed);
        copy_tables();
        assert_true(target_note_customers(target, "test", &err));
        drain(target, 5);
        compare_tables(seed, "");
        forget_everything();
        assert_true(target_note_customers(target, "test", &err));
        drain(target, RECOMPUTE_NOTES_MAX);
        compare_tables(seed, "updated_at");
    }
    target_close(target);
    applying_expect(&on,
                    "select count(*) > 5 and count(distinct segment) > 2 from "
                    "ordersync.customers",
                    "t");
}

/* Ten thousand customers with three orders each, refunds and shipments among them. */
static void test_ten_thousand(void **state)
{
    (void)state;
    struct error err = {0};
    struct applying many;
    applying_open(&many, "test_customers_many");
    database_ask(many.pg,
                 "insert into ordersync.customers (customer_id, email, email_match) select "
                 "md5('c' || i)::uuid, 'p' || i || '@x.example', 'p' || i || '@x.example' "
                 "from generate_series(1, 10000) i");
    database_ask(many.pg,
                 "insert into ordersync.orders (order_id, origin, origin_id, digest, status, "
                 "shop_order_id, processed_at, currency, total_price, financial_status, "
                 "customer_email, customer_first_name, customer_id) select md5('o' || i)::uuid, "
                 "'firestore', i, '\\x00', 'processing', i, now() - i * interval '1 min', 'EUR', i "
                 "% 90 + 0.99, 'paid', 'p' || i % 10000 + 1 || '@x.example', 'Ann', md5('c' || i % "
                 "10000 + 1)::uuid from generate_series(1, 30000) i");
    database_ask(many.pg, "insert into ordersync.source_documents (source, source_id, order_id, "
                          "version, observed_at, mapping_version, document) select 'firestore', "
                          "origin_id, order_id, shop_order_id, now(), 1, '{}' from "
                          "ordersync.orders");
    database_ask(many.pg, "insert into ordersync.order_refunds (order_id, refund_id, component, "
                          "position, kind, status, amount) select order_id, 1, 'transaction', 0, "
                          "'refund', 'success', 0.99 from ordersync.orders where shop_order_id % 5 "
                          "= 0");
    database_ask(many.pg, "insert into ordersync.order_fulfillments (order_id, source, "
                          "fulfillment_id, created_at) select order_id, 'shopify', '1', now() from "
                          "ordersync.orders");
    struct target *target = applying_connect(&many, "ordersync customers", 60);
    assert_true(target_note_customers(target, "test", &err));
    int64_t started = clock_monotonic_us();
    drain(target, RECOMPUTE_NOTES_MAX);
    double seconds = (double)(clock_monotonic_us() - started) / 1e6;
    print_message("10,000 customers with 30,000 orders in %.1f s\n", seconds);
    assert_true(seconds < 60); /* of a busy machine; alone it takes three */
    applying_expect(&many,
                    "select concat_ws(' ', count(*), sum(orders_count), count(*) filter "
                    "(where first_name = 'Ann')) from ordersync.customers",
                    "10000 30000 10000");
    applying_expect(&many, "select count(*) from ordersync.customer_activities", "96000");
    target_close(target);
    applying_close(&many);
}

static int open_database(void **state)
{
    (void)state;
    applying_open(&on, "test_customers_history");
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_histories),
                                       cmocka_unit_test(test_ten_thousand)};
    if (!database_available())
        return 77;
    return cmocka_run_group_tests(tests, open_database, close_database);
}
