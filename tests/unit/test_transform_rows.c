/* Rules 12 to 25 of the transform, by documents made for each: arrays, lines, refunds, stubs, odd
 * text; and what follows from the whole document. */
#include "tests/lib/check.h"

#include <math.h>
#include <stdio.h>

#include "tests/lib/made_order.h"

/* --- 12 to 14: arrays --- */

static void arrays_that_hold_nothing(void **state)
{
    (void)state;
    static const char *const forms[] = {"null", "[]", "{}"};
    for (size_t i = 0; i < 3; i++) {
        char fields[256];
        snprintf(fields, sizeof(fields),
                 "\"refunds\": %s, \"discount_applications\": %s, \"returns\": %s, "
                 "\"discount_codes\": %s, "
                 "\"customer\": {\"id\": 1, \"tax_exemptions\": %s}",
                 forms[i], forms[i], forms[i], forms[i], forms[i]);
        made_transforms(made_with(fields));
        assert_int_equal(
            made_rows(TABLE_REFUNDS) + made_rows(TABLE_DISCOUNTS) + made_rows(TABLE_RETURNS), 0);
        made_is_null(made_order("discount_codes"));
        made_is_null(made_order("customer_tax_exemptions"));
        assert_false(made_drifted(DRIFT_UNEXPECTED_TYPE, "discount_applications", "map"));
    }
    made_transforms(
        made_with("\"discount_applications\": {\"type\": \"manual\"}, \"refunds\": \"none\", "
                  "\"line_items\": [1]"));
    assert_true(made_drifted(DRIFT_UNEXPECTED_TYPE, "discount_applications", "map"));
    assert_true(made_drifted(DRIFT_UNEXPECTED_TYPE, "refunds", "string"));
    assert_true(made_drifted(DRIFT_UNEXPECTED_TYPE, "line_items[]", value_kind_name(VALUE_INT)));
}

static void repeated_keys_keep_apart(void **state)
{
    (void)state;
    made_transforms(made_with(
        "\"line_items\": [{\"id\": 5, \"title\": \"a\"}, {\"id\": 5, \"title\": \"b\"}, "
        "{\"title\": "
        "\"c\"}, {\"id\": -1}], \"shipping_lines\": [{\"id\": 9}, {\"id\": 9}, {\"id\": null}], "
        "\"fulfillments\": [{\"id\": 1, \"line_items\": [{\"id\": 5}]}, {\"id\": 2, "
        "\"line_items\": "
        "[{\"id\": 5}]}, {\"id\": 2}, {\"id\": \"x-1\"}]"));
    assert_int_equal(made_rows(TABLE_LINE_ITEMS), 4);
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "line_item_key"), "-2"); /* sorted as bytes */
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "title"), "b");
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "shop_line_item_id"), "5");
    assert_str(made_cell(TABLE_LINE_ITEMS, 1, "line_item_key"), "-3");
    assert_str(made_cell(TABLE_LINE_ITEMS, 2, "line_item_key"), "-4");
    assert_str(made_cell(TABLE_LINE_ITEMS, 3, "line_item_key"), "5");
    assert_true(made_drifted(DRIFT_VALUE_RULE, "line_items[].id", "repeated id: place is the key"));
    assert_int_equal(made_rows(TABLE_SHIPPING_LINES), 3);
    assert_str(made_cell(TABLE_SHIPPING_LINES, 1, "position"), "1");
    assert_int_equal(made_rows(TABLE_FULFILLMENTS), 4);
    assert_str(made_cell(TABLE_FULFILLMENTS, 0, "fulfillment_id"), "-3");
    assert_str(made_cell(TABLE_FULFILLMENTS, 3, "fulfillment_id"), "x-1");
    assert_str(made_cell(TABLE_FULFILLMENTS, 1, "line_items"), "[{\"id\": 5}]");
}

/* --- 15, 16: lines --- */

static void lines_of_every_kind(void **state)
{
    (void)state;
    made_transforms(made_with(
        "\"line_items\": [{\"id\": 5, \"product_id\": null, \"variant_id\": null, \"quantity\": 2, "
        "\"current_quantity\": 0, \"price\": \"3.00\", \"tip\": {\"payment_method\": \"card\"}, "
        "\"properties\": [{\"name\": \"n\", \"value\": {\"a\": [1, null]}}, {\"name\": \"m\", "
        "\"value\": 7}], "
        "\"tax_lines\": [{\"title\": \"VAT\", \"rate\": 0.19, \"price\": \"0.57\"}, {\"title\": "
        "\"VAT\", "
        "\"rate\": 0.01}], \"duties\": [{\"id\": \"1\", \"tax_lines\": [{\"price\": "
        "\"0.10\"}]}]}], "
        "\"tax_lines\": [{\"title\": \"all\"}], \"shipping_lines\": [{\"tax_lines\": [{\"title\": "
        "\"s\"}]}]"));
    made_is_null(made_cell(TABLE_LINE_ITEMS, 0, "product_id"));
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "current_quantity"), "0");
    assert_str(
        made_cell(TABLE_LINE_ITEMS, 0, "properties"),
        "[{\"name\": \"n\", \"value\": {\"a\": [1, null]}}, {\"name\": \"m\", \"value\": 7}]");
    assert_int_equal(made_rows(TABLE_TAX_LINES), 5);
    assert_str(made_cell(TABLE_TAX_LINES, 0, "scope"), "duty");
    assert_str(made_cell(TABLE_TAX_LINES, 0, "parent_key"), "5/0");
    assert_str(made_cell(TABLE_TAX_LINES, 1, "parent_key"), "5");
    assert_str(made_cell(TABLE_TAX_LINES, 2, "position"), "1");
    assert_str(made_cell(TABLE_TAX_LINES, 3, "parent_key"), "");
    assert_str(made_cell(TABLE_TAX_LINES, 4, "scope"), "shipping_line");
    assert_str(made_change.api_shape, "2024-01");
}

/* --- 17, 18: refunds --- */

static void refunds_in_parts(void **state)
{
    (void)state;
    made_transforms(made_with(
        "\"line_items\": [{\"id\": 5}], \"refunds\": [{\"id\": 1, \"note\": \"only a note\"}, "
        "{\"id\": 2, "
        "\"refund_line_items\": [{\"id\": 20, \"line_item_id\": 5, \"subtotal\": 8.25, "
        "\"total_tax\": 1, "
        "\"quantity\": 1}, {\"id\": 21, \"line_item_id\": 6}], \"order_adjustments\": [{\"id\": "
        "22, "
        "\"kind\": \"shipping_refund\", \"amount\": \"-4.00\", \"tax_amount\": \"-0.50\"}], "
        "\"refund_shipping_lines\": [{\"id\": 23, \"subtotal_amount_set\": {\"shop_money\": "
        "{\"amount\": "
        "\"4.00\", \"currency_code\": \"EUR\"}}}], \"duties\": [{\"duty_id\": 24, \"amount_set\": "
        "{\"shop_money\": {\"amount\": \"1.00\"}}}], \"transactions\": [{\"id\": 25, \"amount\": "
        "\"13.25\", "
        "\"kind\": \"refund\", \"status\": \"success\", \"currency\": \"EUR\", \"receipt\": {}}]}, "
        "{}]"));
    assert_int_equal(made_rows(TABLE_REFUNDS), 9);
    assert_str(made_cell(TABLE_REFUNDS, 0, "refund_id"), "-3");
    assert_str(made_cell(TABLE_REFUNDS, 1, "note"), "only a note");
    assert_str(made_cell(TABLE_REFUNDS, 2, "component"), "adjustment");
    assert_str(made_cell(TABLE_REFUNDS, 2, "amount"), "-4.00");
    assert_str(made_cell(TABLE_REFUNDS, 3, "component"), "duty");
    assert_str(made_cell(TABLE_REFUNDS, 4, "component"), "line_item");
    assert_str(made_cell(TABLE_REFUNDS, 4, "subtotal"), "8.25");
    assert_str(made_cell(TABLE_REFUNDS, 4, "line_item_key"), "5");
    made_is_null(made_cell(TABLE_REFUNDS, 5, "line_item_key"));
    assert_str(made_cell(TABLE_REFUNDS, 5, "position"), "1");
    assert_str(made_cell(TABLE_REFUNDS, 7, "component"), "shipping");
    assert_str(made_cell(TABLE_REFUNDS, 7, "subtotal"), "4.00");
    assert_str(made_cell(TABLE_REFUNDS, 8, "amount"), "13.25");
    assert_str(made_change.api_shape, "2024-10");
}

static void returns_in_parts(void **state)
{
    (void)state;
    made_transforms(
        made_with("\"returns\": [{\"id\": 3, \"name\": \"#1-R1\", \"status\": \"open\", "
                  "\"return_line_items\": "
                  "[{\"id\": 30, \"quantity\": 1, \"return_reason\": \"color\"}], "
                  "\"exchange_line_items\": [{\"id\": "
                  "31}], \"fees\": [{\"id\": 32, \"amount\": \"5.00\"}], \"oddity\": 1}]"));
    assert_int_equal(made_rows(TABLE_RETURNS), 4);
    assert_str(made_cell(TABLE_RETURNS, 0, "component"), "return");
    assert_str(made_cell(TABLE_RETURNS, 0, "status"), "open");
    assert_str(made_cell(TABLE_RETURNS, 0, "extra"), "{\"oddity\": 1}");
    assert_str(made_cell(TABLE_RETURNS, 1, "component"), "exchange_line_item");
    assert_str(made_cell(TABLE_RETURNS, 2, "component"), "fee");
    assert_str(made_cell(TABLE_RETURNS, 3, "reason"), "color");
    assert_true(made_drifted(DRIFT_UNKNOWN_FIELD, "returns[].oddity", value_kind_name(VALUE_INT)));
}

/* --- 19, 20: what does not add up --- */

static void indexes_and_totals_are_not_judged(void **state)
{
    (void)state;
    made_transforms(
        made_with("\"subtotal_price\": \"99.00\", \"total_tax\": \"-5\", "
                  "\"discount_applications\": [{\"value\": "
                  "\"10.0\", \"type\": \"discount_code\"}], \"line_items\": [{\"id\": 5, "
                  "\"discount_allocations\": "
                  "[{\"amount\": \"1.00\", \"discount_application_index\": 99999999999}]}]"));
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "discount_allocations"),
               "[{\"amount\": \"1.00\", \"discount_application_index\": 99999999999}]");
    assert_str(made_cell(TABLE_DISCOUNTS, 0, "value"), "10.0");
    assert_str(made_order("subtotal_price"), "99.00");
}

/* --- 21: stubs and tombstones --- */

static void a_stub_is_told_apart(void **state)
{
    (void)state;
    made_transforms(orders_document("42", "{\"id\": 42}", &made_arena));
    assert_true(made_change.stub);
    assert_str(made_order("shop_order_id"), "42");
    assert_int_equal(made_change.drift.count, 0);
    made_transforms(made_with(""));
    assert_false(made_change.stub);
}

static void a_deleted_document_has_its_order_id(void **state)
{
    (void)state;
    made_transforms(made_with(""));
    char live[UUID_TEXT_SIZE];
    memcpy(live, made_change.order.order_id_text, sizeof(live));
    struct document gone = {.source = SOURCE_FIRESTORE, .id = STR("42"), .deleted = true};
    made_transforms(gone);
    assert_string_equal(made_change.order.order_id_text, live);
    assert_int_equal(made_rows(TABLE_ORDERS), 0);
    made_is_null(made_change.json);
}

static void what_is_no_map_fails(void **state)
{
    (void)state;
    struct document document = orders_document("1", "[1]", &made_arena);
    assert_false(transform_document(&document, &made_arena, &made_change, &made_error));
    assert_int_equal(made_error.id, ERROR_DOCUMENT_SHAPE);
}

/* --- 22 to 24: what PostgreSQL cannot hold --- */

static void text_is_repaired_and_recorded(void **state)
{
    (void)state;
    struct document document =
        made_with("\"note\": \"x\", \"tags\": \"x\", \"name\": \"a\\\\u0000b\"");
    made_set(document, "note", made_text((struct str){"a\0b", 3}));
    made_set(document, "tags", made_text((struct str){"a\0b, \xed\xa0\x80", 8}));
    made_transforms(document);
    assert_str(made_order("note"), "a\xef\xbf\xbd"
                                   "b");
    assert_true(
        made_drifted(DRIFT_VALUE_RULE, "note", "text that PostgreSQL refuses was replaced"));
    assert_true(
        made_drifted(DRIFT_VALUE_RULE, "tags", "text that PostgreSQL refuses was replaced"));
    assert_str(made_order("name"), "a\\u0000b"); /* an escaped backslash is no NUL */
    assert_true(made_change.loss.data != NULL);
    made_transforms(made_with("\"note\": \"\\ud83d\\ude00\""));
    assert_str(made_order("note"), "\xf0\x9f\x98\x80");
}

/* A double from the wire and the same one read back from the stored document. */
static void a_double_is_one_amount_however_it_came(void **state)
{
    static const struct {
        double number;
        const char *stored;
    } amounts[] = {{9, "9.0"}, {0, "0.0"}, {12.5, "12.5"}, {1e15, "1000000000000000.0"}};
    (void)state;
    for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++) {
        char fields[64];
        made_transforms(
            made_set(made_with("\"total_tax\": 1"), "total_tax", made_double(amounts[i].number)));
        struct str from_wire = made_order("total_tax");
        snprintf(fields, sizeof(fields), "\"total_tax\": %s", amounts[i].stored);
        made_transforms(made_with(fields));
        assert_true(str_equal(made_order("total_tax"), from_wire));
    }
    made_transforms(made_with("\"total_tax\": 9.00"));
    assert_str(made_order("total_tax"), "9.00");
}

static void numbers_that_are_none(void **state)
{
    (void)state;
    made_transforms(made_set(made_with("\"total_tax\": 1"), "total_tax", made_double((double)NAN)));
    made_is_null(made_order("total_tax"));
    assert_true(made_drifted(DRIFT_VALUE_RULE, "total_tax", "not a finite number"));
    made_transforms(
        made_set(made_with("\"created_at\": 1"), "created_at", made_double((double)INFINITY)));
    made_is_null(made_order("created_at"));
    made_fails(made_set(made_with(""), "total_price", made_double((double)-INFINITY)),
               ERROR_FIELD_MISSING, "total_price", "is empty");
}

/* --- 25: size, test orders --- */

static void long_texts_stay_out_of_indexes(void **state)
{
    (void)state;
    char fields[16384];
    char long_text[5001];
    memset(long_text, 'n', 5000);
    long_text[5000] = '\0';
    snprintf(fields, sizeof(fields),
             "\"test\": true, \"note\": \"%s\", \"customer\": {\"id\": 1, \"email\": \"%s@x\"}",
             long_text, long_text);
    made_transforms(made_with(fields));
    assert_int_equal(made_order("note").len, 5000);
    made_is_null(made_order("customer_email"));
    assert_true(made_drifted(DRIFT_VALUE_RULE, "customer.email", "too long for an index"));
    assert_str(made_order("test"), "t");
    made_is_null(made_change.customer.email_match);
}

static void drift_is_bounded(void **state)
{
    (void)state;
    char fields[16384] = "";
    size_t used = 0;
    for (int i = 0; i < 500; i++)
        used += (size_t)snprintf(fields + used, sizeof(fields) - used, "%s\"odd_%03d\": %d",
                                 i == 0 ? "" : ", ", i, i);
    made_transforms(made_with(fields));
    assert_in_range(made_change.drift.count, 60, 64);
    assert_true(made_order("extra").len > 500 * 10); /* nothing is lost by it */
}

/* --- columns of other shapes --- */

static void rows_are_bounded(void **state)
{
    (void)state;
    static char fields[65000] = "\"line_items\": [{}";
    size_t used = strlen(fields);
    for (int i = 0; i < 10000; i++)
        used += (size_t)snprintf(fields + used, sizeof(fields) - used, ", {}");
    snprintf(fields + used, sizeof(fields) - used, "]");
    made_fails(made_with(fields), ERROR_DOCUMENT_SIZE, "line_items[10000]", "one row too many");
}

static void unknown_keys_go_to_extra(void **state)
{
    (void)state;
    made_transforms(made_with("\"new_key\": {\"a\": 1}, \"customer\": {\"id\": 7, \"vip\": true}, "
                              "\"line_items\": [{\"id\": 5, "
                              "\"odd\": [1]}]"));
    assert_str(made_order("extra"), "{\"new_key\": {\"a\": 1}, \"customer\": {\"vip\": true}}");
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "extra"), "{\"odd\": [1]}");
    assert_true(made_drifted(DRIFT_UNKNOWN_FIELD, "customer.vip", value_kind_name(VALUE_BOOL)));
    assert_true(made_drifted(DRIFT_UNKNOWN_FIELD, "line_items[].odd", "array"));
}

static void unexpected_types_are_drift(void **state)
{
    (void)state;
    made_transforms(made_with(
        "\"name\": 1042, \"confirmed\": \"true\", \"order_status_url\": {\"x\": 1}, \"test\": 1, "
        "\"source_name\": false, \"order_number\": \"1042\""));
    assert_str(made_order("name"), "1042");
    assert_str(made_order("confirmed"), "t");
    made_is_null(made_order("order_status_url"));
    made_is_null(made_order("test"));
    assert_str(made_order("source_name"), "false");
    assert_str(made_order("order_number"), "1042");
    assert_true(made_drifted(DRIFT_UNEXPECTED_TYPE, "order_status_url", "map"));
    assert_true(made_drifted(DRIFT_UNEXPECTED_TYPE, "name", value_kind_name(VALUE_INT)));
}

/* Rule 23: what the source's decoder had to repair is on record. */
static void repaired_text_is_drift(void **state)
{
    (void)state;
    struct document document = made_with("\"note\": \"x\"");
    document.repaired = STR("note");
    made_transforms(document);
    assert_true(made_drifted(DRIFT_VALUE_RULE, "note", "invalid_utf8"));
    made_transforms(made_with("\"note\": \"x\""));
    assert_false(made_drifted(DRIFT_VALUE_RULE, "note", "invalid_utf8"));
}

static void tags_become_arrays(void **state)
{
    (void)state;
    made_transforms(made_with("\"tags\": \" a, b c ,,NULL, q\\\"x, back\\\\slash, {y}\", "
                              "\"payment_gateway_names\": [\"\", \"x\"]"));
    assert_str(made_order("tags"), "{a,\"b c\",\"NULL\",\"q\\\"x\",\"back\\\\slash\",\"{y}\"}");
    assert_str(made_order("payment_gateway_names"), "{\"\",x}");
    made_transforms(made_with("\"tags\": \"\", \"payment_gateway_names\": []"));
    assert_str(made_order("tags"), "{}");
    assert_str(made_order("payment_gateway_names"), "{}");
}

static void addresses_of_every_kind(void **state)
{
    (void)state;
    made_transforms(made_with(
        "\"billing_address\": {\"zip\": \"01067\", \"latitude\": 51.05, \"longitude\": \"13.74\"}, "
        "\"shipping_address\": null, \"customer\": {\"id\": 7, \"default_address\": {\"id\": 8, "
        "\"customer_id\": 7, "
        "\"default\": true, \"city\": \"Dresden\"}}"));
    assert_int_equal(made_rows(TABLE_ADDRESSES), 2);
    assert_str(made_cell(TABLE_ADDRESSES, 0, "kind"), "billing");
    assert_str(made_cell(TABLE_ADDRESSES, 0, "zip"), "01067");
    assert_str(made_cell(TABLE_ADDRESSES, 0, "latitude"), "51.05");
    assert_str(made_cell(TABLE_ADDRESSES, 1, "kind"), "customer_default");
    assert_str(made_cell(TABLE_ADDRESSES, 1, "shop_address_id"), "8");
    assert_str(made_change.customer.default_address,
               "{\"id\": 8, \"city\": \"Dresden\", \"default\": true, \"customer_id\": 7}");
    made_transforms(made_with("\"billing_address\": {}"));
    assert_int_equal(made_rows(TABLE_ADDRESSES), 0);
}

static void status_follows_the_source(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        const char *status;
    } cases[] = {
        {"\"fulfillment_status\": null", "processing"},
        {"\"fulfillment_status\": \"partial\", \"fulfillments\": [{\"id\": 1, \"status\": "
         "\"success\"}]",
         "processing"},
        {"\"fulfillment_status\": \"fulfilled\"", "shipped"},
        {"\"fulfillment_status\": \"fulfilled\", \"fulfillments\": [{\"id\": 1, "
         "\"shipment_status\": \"delivered\"}]",
         "delivered"},
        {"\"fulfillment_status\": \"fulfilled\", \"fulfillments\": [{\"id\": 1, "
         "\"shipment_status\": \"delivered\"}, "
         "{\"id\": 2, \"shipment_status\": \"in_transit\"}]",
         "shipped"},
        {"\"fulfillment_status\": \"fulfilled\", \"fulfillments\": [{\"id\": 1, "
         "\"shipment_status\": \"delivered\"}, "
         "{\"id\": 2, \"status\": \"cancelled\"}]",
         "delivered"},
        {"\"fulfillments\": [{\"id\": 1, \"status\": \"failure\"}]", "failed"},
        {"\"financial_status\": \"voided\"", "failed"},
        {"\"financial_status\": \"voided\", \"cancelled_at\": \"2024-01-01T00:00:00Z\"",
         "cancelled"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        made_transforms(made_with(cases[i].fields));
        assert_str(made_order("status"), cases[i].status);
    }
}

static void generations_are_told_by_their_keys(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\"gateway\": \"x\"", "before-2023-07"},
        {"\"confirmation_number\": \"x\"", "2023-07"},
        {"\"line_items\": [{\"id\": 1}, {\"id\": 2, \"current_quantity\": 1}]", "2024-01"},
        {"\"duties_included\": true", "2024-10"},
        {"\"line_item_groups\": []", "2025-10"},
        {"\"name\": \"x\"", "unknown"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        made_transforms(made_with(cases[i][0]));
        assert_str(made_change.api_shape, cases[i][1]);
    }
}

static void the_origin_is_in_the_row(void **state)
{
    (void)state;
    made_transforms(made_with(""));
    struct uuid wanted = uuid_v5(&uuid_namespace_ordersync, STR("firestore/42"));
    char text[UUID_TEXT_SIZE];
    uuid_format(&wanted, text);
    assert_str(made_order("order_id"), text);
    assert_str(made_order("origin"), "firestore");
    assert_str(made_order("origin_id"), "42");
    assert_int_equal(made_order("digest").len, 66);
    made_is_null(made_order("local_note"));
}

#define TEST(function) cmocka_unit_test_teardown(function, made_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arrays_that_hold_nothing),  TEST(repeated_keys_keep_apart),
        TEST(lines_of_every_kind),       TEST(refunds_in_parts),
        TEST(returns_in_parts),          TEST(indexes_and_totals_are_not_judged),
        TEST(a_stub_is_told_apart),      TEST(a_deleted_document_has_its_order_id),
        TEST(what_is_no_map_fails),      TEST(text_is_repaired_and_recorded),
        TEST(numbers_that_are_none),     TEST(long_texts_stay_out_of_indexes),
        TEST(drift_is_bounded),          TEST(rows_are_bounded),
        TEST(unknown_keys_go_to_extra),  TEST(unexpected_types_are_drift),
        TEST(repaired_text_is_drift),    TEST(a_double_is_one_amount_however_it_came),
        TEST(tags_become_arrays),        TEST(addresses_of_every_kind),
        TEST(status_follows_the_source), TEST(generations_are_told_by_their_keys),
        TEST(the_origin_is_in_the_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
