/* What is recomputed of customers: attributes, keys, spend, activities, figures, segments. */
#include "tests/lib/applying.h"

#include <stdio.h>

#include "model/sale.h"
#include "target/recompute.h"
#include "tests/lib/attaching.h"

static struct applying on;
static struct target *worker; /* recomputes, on a connection of its own */
#define V(n) (INT64_C(1700000000000000000) + (n)*INT64_C(1000000000))

static void drain(void)
{
    struct recompute_counts counts = {.notes = 1};
    while (counts.notes > 0) {
        struct error err = {0};
        if (!target_recompute(worker, "", 100, &counts, &err))
            fail_msg("recompute: %s", err.message);
        assert_false(counts.busy);
    }
}

/* An order of EUR 10 whose customer object has these fields, with these fields beside it. */
static enum outcome put(const char *id, int version, const char *customer, const char *fields)
{
    char json[2048];
    snprintf(json, sizeof(json),
             "{\"id\":%s,\"name\":\"#%s\",\"currency\":\"EUR\",\"processed_at\":"
             "\"2024-01-%02dT10:00:00Z\"%s%s%s%s}",
             id, id, 1 + (int)(strtol(id, NULL, 10) % 28),
             customer[0] == '\0' ? "" : ",\"customer\":", customer,
             fields[0] == '\0' ? ",\"total_price\":\"10.00\"" : ",", fields);
    return applying_one(&on, id, V(version), json);
}

/* Of the customer that order `id` is linked to. */
static void expect(const char *id, const char *columns, const char *expected)
{
    char *sql AUTO_FREE =
        memory_format("select concat_ws(' ', %s) from ordersync.customers c where customer_id = "
                      "(select customer_id from ordersync.orders where origin_id = '%s')",
                      columns, id);
    applying_expect(&on, sql, expected);
}

/* Keys made by SQL are those that the transform makes. */
static void test_match_keys(void **state)
{
    (void)state;
    static const char *const emails[] = {
        " A.B+c@Example.COM\\n", "a@",    "@b",        "a", "\\u00c4@b.example", "x@y@z", "",
        "\\ta@b\\u000b",         "v b@v", "a@b\\u00a0"};
    static const char *const phones[] = {"+49 (0)30-123.456", " +4930123456", "030 123456",
                                         "+123456",           "+1234567",     "+123456789012345",
                                         "+1234567890123456", "+49x30123456", "\\t+4930123456"};
    for (size_t i = 0; i < sizeof(emails) / sizeof(emails[0]); i++) {
        char json[300];
        snprintf(json, sizeof(json), "{\"id\":%zu,\"email\":\"%s\",\"phone\":\"%s\"}", 100 + i,
                 emails[i], phones[i % (sizeof(phones) / sizeof(phones[0]))]);
        char id[16];
        snprintf(id, sizeof(id), "%zu", 100 + i);
        put(id, 1, json, "");
    }
    applying_expect(&on, "select count(*) >= 9 from ordersync.customers", "t");
    applying_expect(&on,
                    "select coalesce(string_agg(row(email, email_match, "
                    "ordersync.match_email(email), phone, phone_match)::text, ' | '), '') from "
                    "ordersync.customers where (email_match, phone_match) is "
                    "distinct from (ordersync.match_email(email), ordersync.match_phone(phone))",
                    "");
    applying_expect(&on,
                    "select count(email_match) >= 4 and count(phone_match) >= 3 from "
                    "ordersync.customers",
                    "t");
}

static void test_figures(void **state)
{
    (void)state;
    static const char who[] = "{\"id\":201,\"email\":\"fig@example.com\"}";
    put("201", 1, who,
        "\"total_price\":\"100.00\",\"financial_status\":\"partially_refunded\",\"refunds\":[{"
        "\"id\":7,\"created_at\":\"2024-03-01T00:00:00Z\",\"transactions\":["
        "{\"id\":8,\"kind\":\"refund\",\"status\":\"success\",\"amount\":\"30.50\","
        "\"currency\":\"EUR\",\"created_at\":\"2024-03-02T00:00:00Z\"},"
        "{\"id\":9,\"kind\":\"refund\",\"status\":\"failure\",\"amount\":\"5.00\"},"
        "{\"id\":10,\"kind\":\"sale\",\"status\":\"success\",\"amount\":\"5.00\"}]}]");
    put("202", 1, who, "\"total_price\":\"20.00\",\"financial_status\":\"pending\"");
    put("203", 1, who, "\"total_price\":\"1000\",\"test\":true");
    put("204", 1, who, "\"total_price\":\"1000\",\"cancelled_at\":\"2024-04-01T00:00:00Z\"");
    drain();
    expect("201",
           "orders_count, average_order_value, average_currency, first_order_at, last_order_at, "
           "order_frequency_days, last_active_at",
           "2 44.75 EUR 2024-01-06 10:00:00+00 2024-01-07 10:00:00+00 1.0000 "
           "2024-04-01 00:00:00+00");
    expect("201",
           "(select string_agg(concat_ws(',', currency, orders_count, gross, refunded, net), ';') "
           "from ordersync.customer_spend s where s.customer_id = c.customer_id)",
           "EUR,2,120.00,30.50,89.50");
    expect("201",
           "(select string_agg(concat_ws(',', activity, position, amount, at::date), ';' order by "
           "activity, at) from ordersync.customer_activities a where a.customer_id = "
           "c.customer_id)",
           "cancelled,0,2024-04-01;paid,0,100.00,2024-01-06;placed,0,100.00,2024-01-06;placed,0,"
           "20.00,2024-01-07;placed,0,1000,2024-01-09;refunded,0,30.50,2024-03-02");
}

static void test_shipments_and_returns(void **state)
{
    (void)state;
    put("251", 1, "{\"id\":251}",
        "\"total_price\":\"1.00\",\"fulfillments\":["
        "{\"id\":1,\"status\":\"success\",\"created_at\":\"2024-02-01T00:00:00Z\","
        "\"updated_at\":\"2024-02-03T00:00:00Z\",\"shipment_status\":\"delivered\"},"
        "{\"id\":2,\"status\":\"cancelled\",\"created_at\":\"2024-02-02T00:00:00Z\"},"
        "{\"id\":3,\"status\":\"success\",\"created_at\":\"2024-02-04T00:00:00Z\"}],"
        "\"returns\":[{\"id\":5,\"status\":\"open\",\"created_at\":\"2024-02-09T00:00:00Z\"},"
        "{\"id\":6,\"status\":\"declined\",\"created_at\":\"2024-02-10T00:00:00Z\"}]");
    drain();
    expect("251",
           "(select string_agg(concat_ws(',', activity, position, at::date), ';' order by at) "
           "from ordersync.customer_activities a where a.customer_id = c.customer_id and activity "
           "<> 'placed')",
           "fulfilled,0,2024-02-01;delivered,0,2024-02-03;fulfilled,1,2024-02-04;"
           "returned,0,2024-02-09");
    put("251", 2, "{\"id\":251}", "\"total_price\":\"1.00\"");
    drain();
    expect("251",
           "(select string_agg(activity, ',') from ordersync.customer_activities a where "
           "a.customer_id = c.customer_id)",
           "placed");
}

/* Paid in the buyer's currency, told in the buyer's currency: at the order's own rate. */
static void test_currencies(void **state)
{
    (void)state;
    put("261", 1, "{\"id\":261}",
        "\"total_price\":\"50.00\",\"presentment_currency\":\"USD\",\"total_price_set\":{"
        "\"shop_money\":{\"amount\":\"50.00\",\"currency_code\":\"EUR\"},"
        "\"presentment_money\":{\"amount\":\"60.00\",\"currency_code\":\"USD\"}},"
        "\"refunds\":[{\"id\":1,\"created_at\":\"2024-03-01T00:00:00Z\",\"transactions\":["
        "{\"id\":2,\"kind\":\"refund\",\"status\":\"success\",\"amount\":\"6.00\","
        "\"currency\":\"USD\"}]}]");
    put("262", 1, "{\"id\":261}", "\"total_price\":\"7\",\"currency\":\"JPY\"");
    drain();
    expect("261",
           "(select string_agg(concat_ws(',', currency, net), ';' order by currency) from "
           "ordersync.customer_spend s where s.customer_id = c.customer_id)",
           "EUR,45.00;JPY,7");
}

static void test_newest_document(void **state)
{
    (void)state;
    put("301", 1,
        "{\"id\":301,\"email\":\"n@example.com\",\"phone\":\"+49111111111\","
        "\"first_name\":\"Ann\",\"note\":\"old\"}",
        "");
    put("302", 2,
        "{\"id\":301,\"email\":\"n@example.com\",\"first_name\":\"Anna\",\"note\":null,"
        "\"default_address\":{\"city\":\"Bonn\"}}",
        "");
    put("303", 3, "{\"id\":301}", "");
    drain();
    /* The phone's key is in the first alone; the note was emptied by the second. */
    expect("301",
           "first_name, phone, phone_match, email, coalesce(note, '-'), default_address ->> 'city'",
           "Anna +49111111111 +49111111111 n@example.com - Bonn");
    put("301", 4,
        "{\"id\":301,\"email\":\"n@example.com\",\"phone\":\"+49222222222\","
        "\"first_name\":\"Ann\",\"note\":\"old\"}",
        "");
    drain();
    expect("301", "first_name, phone_match, note", "Ann +49222222222 old");
    applying_one(&on, "301", V(9), NULL);
    drain();
    expect("302", "first_name, coalesce(phone, '-'), orders_count", "Anna - 2");
}

static void test_no_orders_left(void **state)
{
    (void)state;
    put("351", 1, "{\"id\":351,\"first_name\":\"Bob\"}", "");
    drain();
    expect("351", "orders_count, last_active_at::date", "1 2024-01-16");
    applying_one(&on, "351", V(2), NULL);
    drain();
    applying_expect(
        &on,
        "select concat_ws(' ', first_name, orders_count, coalesce(last_order_at::text, "
        "'-'), coalesce(average_order_value::text, '-'), segment, (select count(*) from "
        "ordersync.customer_spend s where s.customer_id = c.customer_id), (select "
        "count(*) from ordersync.customer_activities a where a.customer_id = "
        "c.customer_id)) from ordersync.customers c where shop_customer_id = 351",
        "Bob 0 - - PROSPECTS 0 0");
}

/* Two customers come to want one e-mail before either was recomputed. */
static void test_contested_key(void **state)
{
    (void)state;
    put("401", 1, "{\"id\":401,\"email\":\"p@example.com\"}", "");
    drain();
    put("402", 2, "{\"id\":401,\"email\":\"q@example.com\"}", "");
    put("403", 3, "{\"id\":403,\"email\":\"Q@example.com\"}", "");
    drain();
    applying_expect(
        &on,
        "select string_agg(concat_ws(',', shop_customer_id, coalesce(email_match, "
        "'-'), coalesce(email_claim, '-')), ';' order by customer_id) from "
        "ordersync.customers where shop_customer_id in (401, 403)",
        database_ask(on.pg, "select case when (select min(shop_customer_id) from "
                            "(select shop_customer_id from ordersync.customers where "
                            "shop_customer_id in (401, 403) order by customer_id limit 1) x) = "
                            "401 then '401,q@example.com,-;403,-,q@example.com' else "
                            "'403,q@example.com,-;401,-,q@example.com' end"));
    applying_expect(&on,
                    "select count(*) from ordersync.customer_reviews where reason = "
                    "'two customers have one e-mail'",
                    "1");
    /* One lets go: the other has it. */
    put("402", 4, "{\"id\":401,\"email\":\"p@example.com\"}", "");
    drain();
    applying_expect(&on,
                    "select string_agg(concat_ws(',', shop_customer_id, email_match, email_claim), "
                    "';' order by shop_customer_id) from ordersync.customers where "
                    "shop_customer_id in (401, 403)",
                    "401,p@example.com;403,q@example.com");
}

/* Nothing of an erased person comes back: not by a newer document, not by another order by id or
 * e-mail. */
static void test_erased(void **state)
{
    (void)state;
    static const char who[] = "{\"id\":701,\"email\":\"Zoe@Secret.example\",\"phone\":"
                              "\"+49777777777\",\"first_name\":\"Zoe\",\"default_address\":"
                              "{\"name\":\"Zoe\",\"city\":\"Zoetown\"}}";
    static const char rest[] =
        "\"total_price\":\"10.00\",\"email\":\"zoe@secret.example\",\"zoe_unknown\":\"Zoe\","
        "\"billing_address\":{\"name\":\"Zoe\",\"country_code\":\"DE\"},\"tags\":\"kept\"";
    put("701", 1, who, rest);
    drain();
    database_ask(on.pg,
                 "update ordersync.customers set erased_at = now(), email = null, email_match = "
                 "null, phone = null, phone_match = null, first_name = null, default_address = "
                 "null where shop_customer_id = 701");
    put("701", 2, who, rest);
    put("702", 3, who, rest);
    put("703", 4, "", rest);
    database_ask(on.pg, "select ordersync.audit_erase_personal(array(select order_id from "
                        "ordersync.orders where origin_id in ('701', '702', '703')))");
    database_ask(on.pg, "insert into ordersync.customer_dirty (customer_id, reason) select "
                        "customer_id, 'test' from ordersync.customers");
    drain();
    applying_expect(&on,
                    "select string_agg(t, ' ') from (select row(c.*)::text from "
                    "ordersync.customers c union all select row(o.*)::text from ordersync.orders o "
                    "union all select row(a.*)::text from ordersync.order_addresses a union all "
                    "select row(d.*)::text from ordersync.source_documents d union all select "
                    "row(a.*)::text from ordersync.order_audit a) x (t) where t ilike '%zoe%'",
                    "");
    expect("703", "orders_count, erased_at is not null", "3 t");
    applying_expect(&on,
                    "select concat_ws(' ', o.tags, a.country_code, d.document ->> 'total_price', "
                    "d.document #>> '{customer,id}', d.digest = o.digest) from ordersync.orders o "
                    "join ordersync.order_addresses a using (order_id) join "
                    "ordersync.source_documents d using (order_id) where o.origin_id = '702' and "
                    "a.kind = 'billing'",
                    "{kept} DE 10.00 701 t");
    assert_int_equal(put("702", 3, who, rest), OUTCOME_UNCHANGED);
}

/* Keys move on between customers; an order whose documents name the same person stays where it is.
 */
static void test_link_stays(void **state)
{
    (void)state;
    put("801", 1, "{\"id\":801,\"email\":\"first@example.com\"}", "");
    put("802", 2, "{\"id\":802,\"email\":\"other@example.com\"}", "");
    put("803", 3, "{\"id\":802,\"email\":\"first@example.com\"}", "");
    put("804", 4, "{\"id\":801,\"email\":\"moved@example.com\"}", "");
    drain();
    /* Nobody has first@ as the newest now; by e-mail or id 803 would be another's. */
    expect("801", "email_match, orders_count", "moved@example.com 3");
    put("803", 5, "{\"id\":802,\"email\":\"first@example.com\"}", "\"total_price\":\"9.00\"");
    put("804", 6, "{\"id\":801,\"email\":\"moved@example.com\"}", "");
    drain();
    expect("801", "orders_count", "3");
    /* Another person in the document: another customer. */
    put("803", 7, "{\"id\":802,\"email\":\"other@example.com\"}", "");
    drain();
    expect("801", "orders_count", "2");
    expect("802", "orders_count", "2");
}

/* An address that was given up is another's now: who is made by it is known by the source's id. */
static void test_key_given_up(void **state)
{
    (void)state;
    put("811", 1, "{\"id\":811,\"email\":\"given@up.example\"}", "");
    drain();
    put("811", 2, "{\"id\":811,\"email\":\"kept@up.example\"}", "");
    drain();
    put("812", 3, "{\"id\":812,\"email\":\"given@up.example\"}", "");
    drain();
    put("813", 4, "{\"id\":812,\"email\":\"Given@up.example\"}", "");
    drain();
    expect("811", "shop_customer_id, email_match, orders_count", "811 kept@up.example 1");
    expect("812", "shop_customer_id, email_match, orders_count", "812 given@up.example 2");
    applying_expect(&on,
                    "select string_agg(concat_ws(' ', a.shop_customer_id, b.shop_customer_id, "
                    "r.state), ',') from ordersync.customer_reviews r join ordersync.customers a "
                    "using (customer_id) join ordersync.customers b on b.customer_id = "
                    "r.other_customer_id where r.reason = 'a key was another customer''s before'",
                    "812 811 open");
}

/* It is the same person where the source says no id, or one that an order of this person has. */
static void test_key_given_up_by_oneself(void **state)
{
    (void)state;
    put("821", 1, "{\"id\":821,\"email\":\"old@own.example\"}", "");
    put("822", 2, "{\"id\":822,\"email\":\"old@own.example\"}", "");
    drain();
    put("823", 3, "{\"id\":822,\"email\":\"new@own.example\"}", "");
    drain();
    expect("821", "shop_customer_id, email_match, orders_count", "822 new@own.example 3");
    put("824", 4, "{\"email\":\"old@own.example\"}", "");
    drain();
    expect("821", "shop_customer_id, orders_count", "822 4");
    put("825", 5, "{\"id\":822,\"email\":\"new@own.example\"}", "");
    drain();
    put("826", 6, "{\"id\":821,\"email\":\"old@own.example\"}", "");
    drain();
    expect("821", "orders_count", "6");
}

static void test_plain_sql(void **state)
{
    (void)state;
    put("451", 1, "{\"id\":451}", "");
    put("452", 1, "{\"id\":452}", "");
    drain();
    database_ask(on.pg,
                 "update ordersync.orders set link_origin = 'manual', customer_id = (select "
                 "customer_id from ordersync.orders where origin_id = '452') where origin_id = "
                 "'451'");
    drain();
    expect("452", "orders_count", "2");
    database_ask(on.pg, "delete from ordersync.orders where origin_id = '451'");
    drain();
    expect("452", "orders_count", "1");
}

static void test_segments(void **state)
{
    (void)state;
    bool refreshed = false;
    struct error err = {0};
    for (int i = 0; i < 10; i++) {
        char id[16], who[32], fields[64];
        snprintf(id, sizeof(id), "%d", 500 + i);
        snprintf(who, sizeof(who), "{\"id\":%d}", 500 + i / 2);
        snprintf(fields, sizeof(fields), "\"total_price\":\"%d.00\"", 10 + i);
        put(id, 1, who, fields);
    }
    drain();
    assert_true(target_refresh_cutoffs(worker, "", 86400, &refreshed, &err));
    assert_true(refreshed);
    assert_true(target_refresh_cutoffs(worker, "", 86400, &refreshed, &err));
    assert_false(refreshed);
    drain();
    applying_expect(&on,
                    "select concat_ws(' ', currency, array_length(recency, 1), customers = (select "
                    "count(*) from ordersync.customers where orders_count > 0)) from "
                    "ordersync.segment_cutoffs",
                    "EUR 4 t");
    /* Scores are the percent ranks: equal customers score alike, and nobody is between groups. */
    applying_expect(
        &on,
        "select count(*) from (select *, percent_rank() over (order by last_order_at) as r, "
        "percent_rank() over (order by orders_count) as f from ordersync.customers where "
        "orders_count > 0) c where recency_score <> least(5, floor(r * 5 + 1e-9) + 1) or "
        "frequency_score <> least(5, floor(f * 5 + 1e-9) + 1) or segment is null or monetary_score "
        "is null",
        "0");
    applying_expect(&on,
                    "select count(*) from generate_series(1, 5) r, generate_series(2, 10) v where "
                    "not exists (select from ordersync.segment_groups where r between recency_low "
                    "and recency_high and v / 2.0 between value_low and value_high)",
                    "0");
}

/* A customer of another currency than the cut-offs' has no monetary score. */
static void test_money_in_one_currency(void **state)
{
    (void)state;
    put("551", 1, "{\"id\":551}", "\"total_price\":\"7\",\"currency\":\"SEK\"");
    drain();
    applying_expect(&on, "select count(*) from ordersync.segment_cutoffs", "1");
    expect("551", "coalesce(monetary_score::text, '-'), segment is not null, average_currency",
           "- t SEK");
}

static void test_one_at_a_time(void **state)
{
    (void)state;
    struct error err = {0};
    struct recompute_counts counts;
    put("601", 1, "{\"id\":601}", "");
    struct pg *other = database_connect(on.conninfo);
    database_ask(other, "begin");
    database_ask(other, "select pg_advisory_xact_lock(478676087668)");
    assert_true(target_recompute(worker, "", 100, &counts, &err));
    assert_true(counts.busy);
    assert_int_equal(counts.notes, 0);
    database_ask(other, "rollback");
    pg_close(other);
    struct dirty_counts dirty;
    assert_true(target_count_dirty(worker, &dirty, &err));
    assert_int_equal(dirty.notes, 1);
    assert_true(target_recompute_postpone(worker, &err));
    drain();
    expect("601", "orders_count", "1");
}

/* What the views say was refunded of an order. */
static void expect_refunded(const char *id, const char *expected)
{
    char *sql AUTO_FREE = memory_format(
        "select concat_ws(' ', o.currency, o.refunded, c.refunded) from ordersync.order_overview o "
        "join ordersync.customer_orders c using (order_id) where o.origin_id = '%s'",
        id);
    applying_expect(&on, sql, expected);
}

#define PAID_IN(shop, shop_currency, buyer, buyer_currency)                                        \
    "\"total_price\":" shop ",\"currency\":\"" shop_currency "\",\"presentment_currency\":"        \
    "\"" buyer_currency "\",\"total_price_set\":{\"shop_money\":{\"amount\":" shop                 \
    ",\"currency_code\":\"" shop_currency "\"},\"presentment_money\":{\"amount\":\"" buyer         \
    "\",\"currency_code\":\"" buyer_currency "\"}}"
#define REFUNDS(...)                                                                               \
    ",\"refunds\":[{\"id\":1,\"created_at\":\"2024-03-01T00:00:00Z\",\"transactions\":"            \
    "[" __VA_ARGS__ "]}]"
#define REFUND(id, amount, currency, more)                                                         \
    "{\"id\":" id ",\"kind\":\"refund\",\"status\":\"success\",\"amount\":\"" amount               \
    "\",\"currency\":\"" currency "\"" more "}"

/* Beside an order's currency stands what was refunded in it, whatever the buyer paid in. */
static void test_refunded_in_one_currency(void **state)
{
    (void)state;
    put("901", 1, "{\"id\":901}",
        PAID_IN("\"100.00\"", "USD", "15043", "JPY")
            REFUNDS(REFUND("2", "3009", "JPY", "") "," REFUND("3", "1.50", "USD", "") "," REFUND(
                "4", "70.00", "USD", ",\"test\":true") "," REFUND("5", "9.00", "SEK", "")));
    expect_refunded("901", "USD 21.50 21.50");
    put("902", 1, "{\"id\":901}", PAID_IN("\"100.00\"", "USD", "15043", "JPY"));
    expect_refunded("902", "USD");
}

/* A converted amount has the digits of its currency, however few those of the total are. */
static void test_digits_of_converted_refunds(void **state)
{
    (void)state;
    put("911", 1, "{\"id\":911}",
        PAID_IN("50", "EUR", "60.00", "USD") REFUNDS(REFUND("2", "7.00", "USD", "")));
    expect_refunded("911", "EUR 5.83 5.83");
    put("912", 1, "{\"id\":911}",
        PAID_IN("7520", "JPY", "50.00", "USD") REFUNDS(REFUND("2", "7.01", "USD", "")));
    expect_refunded("912", "JPY 1054 1054");
    put("913", 1, "{\"id\":911}",
        PAID_IN("\"15.5\"", "KWD", "50.00", "USD") REFUNDS(REFUND("2", "7.01", "USD", "")));
    expect_refunded("913", "KWD 2.173 2.173");
}

/* The digits that SQL gives a currency are those that the transform does. */
static void test_currency_scales(void **state)
{
    struct buffer text = {.max = 4096};
    (void)state;
    for (int i = 0; i < 26 * 26 * 26; i++) {
        char code[] = {(char)('a' + i / 676), (char)('a' + i / 26 % 26), (char)('a' + i % 26), 0};
        if (stripe_currency_scale(str_from(code)) != 2)
            buffer_append_format(&text, "%s %u,", code, stripe_currency_scale(str_from(code)));
    }
    assert_true(text.len > 0 && buffer_ok(&text));
    applying_expect(&on,
                    "select string_agg(c || ' ' || ordersync.currency_scale(c) || ',', '' order by "
                    "c) from (select chr(97 + i / 676) || chr(97 + i / 26 % 26) || chr(97 + i % "
                    "26) from generate_series(0, 17575) i) x (c) where "
                    "ordersync.currency_scale(c) <> 2",
                    text.data);
    applying_expect(&on,
                    "select concat_ws(' ', ordersync.currency_scale('JPY'), "
                    "ordersync.currency_scale('EUR'), ordersync.currency_scale(null))",
                    "0 2 2");
    buffer_free(&text);
}

/* What a person unlinked is not linked again, neither by a recomputation nor by its document. */
static void test_manual_unlink(void **state)
{
    static const char link[] = "select concat_ws(' ', coalesce(customer_id::text, '-'), "
                               "link_origin) from ordersync.orders where origin_id = 'cs_921'";
    (void)state;
    applying_one(&on, "921", V(1), applying_order(&on, 921, "5.00", 1));
    struct change session = attaching_session(&on, "cs_921", 921, 2, "10.00", 0, V(1));
    assert_int_equal(attaching_apply(&on, &session), OUTCOME_CREATED);
    expect("cs_921", "shop_customer_id", "900921");
    database_ask(on.pg, "update ordersync.orders set customer_id = null, link_origin = 'manual' "
                        "where origin_id = 'cs_921'");
    drain();
    applying_expect(&on, link, "- manual");
    session = attaching_session(&on, "cs_921", 921, 2, "11.00", 0, V(2));
    assert_int_equal(attaching_apply(&on, &session), OUTCOME_UPDATED);
    drain();
    applying_expect(&on, link, "- manual");
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

/* Averages follow the reporting currency with the cut-offs that follow it. */
static void test_reporting_currency(void **state)
{
    (void)state;
    static const char in_euro[] =
        "select count(*) > 0 from ordersync.customers where average_currency = 'EUR'";
    struct recompute_counts counts = {.notes = 1};
    struct error err = {0};
    bool refreshed;
    applying_expect(&on, in_euro, "t");
    assert_true(target_refresh_cutoffs(worker, "USD", 86400, &refreshed, &err));
    assert_true(refreshed);
    while (counts.notes > 0)
        assert_true(target_recompute(worker, "USD", 100, &counts, &err));
    applying_expect(&on, in_euro, "f");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match_keys),
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_shipments_and_returns),
        cmocka_unit_test(test_currencies),
        cmocka_unit_test(test_newest_document),
        cmocka_unit_test(test_no_orders_left),
        cmocka_unit_test(test_contested_key),
        cmocka_unit_test(test_erased),
        cmocka_unit_test(test_link_stays),
        cmocka_unit_test(test_key_given_up),
        cmocka_unit_test(test_key_given_up_by_oneself),
        cmocka_unit_test(test_plain_sql),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_money_in_one_currency),
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_refunded_in_one_currency),
        cmocka_unit_test(test_digits_of_converted_refunds),
        cmocka_unit_test(test_currency_scales),
        cmocka_unit_test(test_manual_unlink),
        cmocka_unit_test(test_reporting_currency),
    };
    if (!database_available())
        return 77;
    return cmocka_run_group_tests(tests, open_database, close_database);
}
