/* The rules of the transform, one by one, by documents made for each: what public documents do not
 * show as well. Numbers are those of the rules. */
#include "tests/lib/check.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "tests/lib/orders.h"

static struct arena arena;
static struct change change;
static struct error error;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* A good order with these fields beside it ("" for none). */
static struct document with(const char *fields)
{
    char json[65536];
    int len = snprintf(json, sizeof(json),
                       "{\"id\": 42, \"currency\": \"EUR\", \"total_price\": \"10.00\"%s%s}",
                       fields[0] == '\0' ? "" : ", ", fields);
    assert_in_range(len, 1, sizeof(json) - 1);
    return orders_document("42", json, &arena);
}

/* Overwrites a field of the document: for values that JSON has no text for. */
static struct document set(struct document document, const char *key, struct value value)
{
    *(struct value *)(uintptr_t)value_get(document.content, key) = value;
    return document;
}

static void transforms(struct document document)
{
    if (!transform_document(&document, &arena, &change, &error))
        fail_msg("%s", error.message);
}

static void fails(struct document document, enum error_id id, const char *field,
                  const char *message)
{
    memset(&error, 0, sizeof(error));
    assert_false(transform_document(&document, &arena, &change, &error));
    assert_int_equal(error.id, id);
    assert_int_equal(error_class(&error), CLASS_INVALID_DATA);
    assert_string_equal(error.field, field);
    if (strstr(error.message, message) == NULL)
        fail_msg("\"%s\" has no \"%s\"", error.message, message);
    assert_int_equal(change.order.tables[TABLE_ORDERS].count, 0);
    assert_true(change.json.data != NULL && change.order.order_id_text[0] != '\0');
}

static struct str cell(enum table_id table, size_t row, const char *column)
{
    int index = table_column(table_get(table), column);
    if (index < 0 || row >= change.order.tables[table].count)
        fail_msg("no %s of row %zu in %s", column, row, table_get(table)->name);
    return change.order.tables[table].rows[row].cells[index];
}

static struct str order(const char *column)
{
    return cell(TABLE_ORDERS, 0, column);
}

static void is_null(struct str text)
{
    if (text.data != NULL)
        fail_msg("\"%.*s\" is not NULL", STR_ARG(text));
}

static size_t rows(enum table_id table)
{
    return change.order.tables[table].count;
}

static bool drifted(enum drift_kind kind, const char *path, const char *detail)
{
    for (size_t i = 0; i < change.drift.count; i++) {
        const struct drift *drift = &change.drift.items[i];
        if (drift->kind == kind && str_equal(drift->path, str_from(path)) &&
            str_equal(drift->detail, str_from(detail)))
            return true;
    }
    return false;
}

static struct value double_value(double number)
{
    struct value value = {.kind = VALUE_DOUBLE};
    value.real.number = number;
    return value;
}

static struct value text_value(struct str text)
{
    struct value value = {.kind = VALUE_STRING};
    value.text = text;
    return value;
}

/* --- 1 to 3: ids --- */

static void rounded_ids_are_recovered_from_the_gid(void **state)
{
    (void)state;
    struct document document =
        with("\"admin_graphql_api_id\": \"gid://shopify/Order/820982911946154508\"");
    struct value rounded = {.kind = VALUE_INT};
    rounded.integer = 820982911946154500;
    transforms(set(document, "id", rounded));
    assert_str(order("shop_order_id"), "820982911946154508");
    assert_true(drifted(DRIFT_VALUE_RULE, "id", "rounded id recovered from the gid"));
    transforms(set(document, "id", double_value(820982911946154500.0)));
    assert_str(order("shop_order_id"), "820982911946154508");
}

static void other_disagreement_of_id_and_gid_is_drift(void **state)
{
    (void)state;
    transforms(with("\"admin_graphql_api_id\": \"gid://shopify/Order/43\""));
    assert_str(order("shop_order_id"), "42");
    assert_true(drifted(DRIFT_VALUE_RULE, "id", "id and gid disagree"));
    transforms(with("\"admin_graphql_api_id\": \"gid://shopify/DraftOrder/42\""));
    assert_true(drifted(DRIFT_VALUE_RULE, "admin_graphql_api_id", "not a gid of this kind"));
    struct document document =
        with("\"admin_graphql_api_id\": \"gid://shopify/Order/820982911946159999\"");
    struct value far = {.kind = VALUE_INT};
    far.integer = 820982911946154500;
    transforms(set(document, "id", far));
    assert_str(order("shop_order_id"), "820982911946154500");
}

static void ids_come_as_integer_double_or_text(void **state)
{
    (void)state;
    transforms(set(with(""), "id", double_value(42)));
    assert_str(order("shop_order_id"), "42");
    transforms(set(with(""), "id", text_value(STR("42"))));
    assert_str(order("shop_order_id"), "42");
    fails(set(with(""), "id", double_value(42.5)), ERROR_ORDER_ID, "id", "not a whole number");
    fails(set(with(""), "id", double_value(1e300)), ERROR_ORDER_ID, "id", "not a whole number");
    transforms(with("\"app_id\": 1.5"));
    is_null(order("app_id"));
    assert_true(drifted(DRIFT_UNEXPECTED_TYPE, "app_id", "not a whole number"));
}

static void an_order_id_that_is_no_number_fails(void **state)
{
    (void)state;
    fails(set(with(""), "id", text_value(STR("5123-fake"))), ERROR_ORDER_ID, "id", "id");
    fails(set(with(""), "id", (struct value){.kind = VALUE_NULL}), ERROR_ORDER_ID, "id", "id");
}

/* --- 4, 5: money --- */

static void money_goes_through_untouched(void **state)
{
    (void)state;
    transforms(with("\"total_tax\": \"1.234567890123456789\", \"total_discounts\": 0.1, "
                    "\"subtotal_price\": 398, \"total_line_items_price\": \"12.345\", "
                    "\"current_total_tax\": \"\""));
    assert_str(order("total_price"), "10.00");
    assert_str(order("total_tax"), "1.234567890123456789");
    assert_str(order("total_discounts"), "0.1");
    assert_str(order("subtotal_price"), "398");
    assert_str(order("total_line_items_price"), "12.345");
    is_null(order("current_total_tax"));
    transforms(set(with(""), "total_price", double_value(0.1)));
    assert_str(order("total_price"), "0.1");
}

static void money_that_is_no_number_fails(void **state)
{
    (void)state;
    static const char *const bad[] = {"{}", "12,90", "n/a", "NaN", "Infinity", " 1", "1.2.3", "$5"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char message[64];
        snprintf(message, sizeof(message), "total_price: \"%s\" is not a decimal number",
                 bad[i][0] == ' ' ? " 1" : bad[i]);
        fails(set(with(""), "total_price", text_value(str_from(bad[i]))), ERROR_MONEY_INVALID,
              "total_price", message);
    }
    fails(with("\"line_items\": [{\"id\": 1}, {\"id\": 2, \"price\": {}}]"), ERROR_MONEY_INVALID,
          "line_items[1].price", "line_items[1].price: map is not a decimal number");
    fails(set(with(""), "total_price", text_value(STR(""))), ERROR_FIELD_MISSING, "total_price",
          "is empty");
    fails(orders_document("1", "{\"id\": 1, \"currency\": \"EUR\", \"name\": \"#1\"}", &arena),
          ERROR_FIELD_MISSING, "total_price", "is missing");
}

static void a_message_shows_little_of_a_long_value(void **state)
{
    (void)state;
    char text[4096];
    memset(text, 'x', sizeof(text));
    fails(set(with(""), "total_price", text_value((struct str){text, sizeof(text)})),
          ERROR_MONEY_INVALID, "total_price", "is not a decimal number");
    assert_in_range(strlen(error.message), 10, 100);
}

static void decimals_of_every_currency_stay(void **state)
{
    (void)state;
    transforms(with(
        "\"presentment_currency\": \"KWD\", \"total_price_set\": {\"shop_money\": {\"amount\": "
        "\"10.00\", \"currency_code\": \"EUR\"}, \"presentment_money\": {\"amount\": \"3.250\", "
        "\"currency_code\": \"KWD\"}}, \"total_tax_set\": {\"shop_money\": {\"amount\": \"1\", "
        "\"currency_code\": \"EUR\"}, \"presentment_money\": {\"amount\": \"160\", "
        "\"currency_code\": "
        "\"JPY\"}}"));
    assert_str(order("presentment_total_price"), "3.250");
    assert_str(order("presentment_total_tax"), "160");
    assert_str(order("total_tax"), "1");
}

static void money_sets_stand_beside_plain_fields(void **state)
{
    (void)state;
    transforms(with("\"total_price_set\": {\"shop_money\": {\"amount\": \"11.00\", "
                    "\"currency_code\": \"EUR\"}, "
                    "\"presentment_money\": {\"amount\": \"12.00\", \"currency_code\": \"USD\"}}, "
                    "\"total_shipping_price_set\": {\"shop_money\": {\"amount\": \"4.00\"}}, "
                    "\"total_tax_set\": {\"total_tax_set\": {}}"));
    assert_str(order("total_price"), "10.00");
    assert_true(drifted(DRIFT_VALUE_RULE, "total_price_set", "differs from the plain field"));
    assert_str(order("presentment_currency"), "USD");
    assert_str(order("total_shipping_price"), "4.00");
    assert_true(drifted(DRIFT_UNEXPECTED_TYPE, "total_tax_set", "not a money set"));
}

/* --- 6 to 9: customers --- */

static void emails_are_kept_apart_and_empty_is_null(void **state)
{
    (void)state;
    transforms(with("\"email\": \"Order@Example.com\", \"customer\": {\"id\": 7, \"email\": \" "
                    "Me@Example.COM \"}"));
    assert_str(order("email"), "Order@Example.com");
    assert_str(order("customer_email"), " Me@Example.COM ");
    assert_str(change.customer.email_match, "me@example.com");
    transforms(with(
        "\"email\": \"\", \"contact_email\": \"\", \"customer\": {\"id\": 7, \"email\": \"\"}"));
    is_null(order("email"));
    is_null(order("customer_email"));
    is_null(change.customer.email_match);
}

static void an_absent_key_is_null_and_drift(void **state)
{
    (void)state;
    transforms(with(""));
    is_null(order("email"));
    assert_true(drifted(DRIFT_VALUE_RULE, "email", "absent"));
    assert_true(drifted(DRIFT_VALUE_RULE, "line_items", "absent"));
    assert_false(drifted(DRIFT_VALUE_RULE, "returns", "absent"));
    transforms(with("\"email\": null, \"line_items\": null"));
    assert_false(drifted(DRIFT_VALUE_RULE, "email", "absent"));
}

static void an_order_without_customer_is_known_by_its_email(void **state)
{
    (void)state;
    transforms(with("\"customer\": null, \"email\": \"a@b.example\""));
    assert_true(change.customer.present);
    is_null(change.customer.source_id);
    assert_str(change.customer.email_match, "a@b.example");
    transforms(with("\"customer\": null"));
    assert_false(change.customer.present);
    transforms(with("\"email\": \"not an address\""));
    is_null(change.customer.email_match);
}

static void a_phone_only_customer_has_no_email_match(void **state)
{
    (void)state;
    transforms(with("\"email\": \"\", \"customer\": {\"id\": 7, \"email\": null, \"phone\": \"+49 "
                    "(30) 12-34.567\"}"));
    assert_true(change.customer.present);
    is_null(change.customer.email_match);
    assert_str(change.customer.phone_match, "+49301234567");
    assert_str(change.customer.source_id, "7");
    transforms(with("\"phone\": \"030 1234567\""));
    is_null(change.customer.phone_match); /* no country is guessed */
    transforms(with("\"phone\": \"+1234567890123456\""));
    is_null(change.customer.phone_match); /* longer than any number */
}

static void consent_of_both_generations(void **state)
{
    (void)state;
    transforms(
        with("\"customer\": {\"id\": 7, \"accepts_marketing\": true, \"marketing_opt_in_level\": "
             "\"single_opt_in\"}"));
    assert_str(change.customer.email_consent,
               "{\"state\": \"subscribed\", \"opt_in_level\": \"single_opt_in\", "
               "\"consent_updated_at\": null}");
    transforms(
        with("\"customer\": {\"id\": 7, \"email_marketing_consent\": {\"state\": \"pending\"}, "
             "\"accepts_marketing\": true}"));
    assert_str(change.customer.email_consent, "{\"state\": \"pending\"}");
}

/* --- 10, 11: moments --- */

static void moments_of_every_form(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *sql;
    } forms[] = {
        {"\"2024-01-31T10:00:00+05:30\"", "2024-01-31 04:30:00+00"},
        {"\"2024-01-31T10:00:00-00:00\"", "2024-01-31 10:00:00+00"},
        {"\"2024-01-31 10:00:00.250Z\"", "2024-01-31 10:00:00.25+00"},
        {"{\"seconds\": 1706695200, \"nanoseconds\": 500000000}", "2024-01-31 10:00:00.5+00"},
        {"{\"_seconds\": 1706695200, \"_nanoseconds\": 0}", "2024-01-31 10:00:00+00"},
        {"1706695200", "2024-01-31 10:00:00+00"},
        {"1706695200250", "2024-01-31 10:00:00.25+00"},
        {"1706695200.5", "2024-01-31 10:00:00.5+00"},
        {"0", "1970-01-01 00:00:00+00"},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char field[128];
        snprintf(field, sizeof(field), "\"created_at\": %s", forms[i].json);
        transforms(with(field));
        assert_str(order("created_at"), forms[i].sql);
    }
    struct value moment = {.kind = VALUE_TIMESTAMP};
    moment.time.seconds = 1706695200;
    moment.time.nanos = 123456789;
    transforms(set(with("\"created_at\": 1"), "created_at", moment));
    assert_str(order("created_at"), "2024-01-31 10:00:00.123456+00");
}

static void a_moment_without_offset_is_utc_and_drift(void **state)
{
    (void)state;
    transforms(with("\"created_at\": \"2024-01-31T10:00:00\""));
    assert_str(order("created_at"), "2024-01-31 10:00:00+00");
    assert_true(drifted(DRIFT_VALUE_RULE, "created_at", "no offset: read as UTC"));
}

static void what_is_no_moment_fails(void **state)
{
    (void)state;
    fails(with("\"created_at\": \"2024-02-30T10:00:00Z\""), ERROR_TIMESTAMP_INVALID, "created_at",
          "created_at: \"2024-02-30T10:00:00Z\" is not a moment in time");
    fails(with("\"created_at\": \"yesterday\""), ERROR_TIMESTAMP_INVALID, "created_at",
          "yesterday");
    fails(with("\"created_at\": 999999999999999"), ERROR_TIMESTAMP_INVALID, "created_at", "moment");
    fails(with("\"created_at\": {\"seconds\": 1e15}"), ERROR_TIMESTAMP_INVALID, "created_at",
          "map");
    transforms(with("\"created_at\": null, \"closed_at\": \"\""));
    is_null(order("created_at"));
    is_null(order("closed_at"));
}

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
        transforms(with(fields));
        assert_int_equal(rows(TABLE_REFUNDS) + rows(TABLE_DISCOUNTS) + rows(TABLE_RETURNS), 0);
        is_null(order("discount_codes"));
        is_null(order("customer_tax_exemptions"));
        assert_false(drifted(DRIFT_UNEXPECTED_TYPE, "discount_applications", "map"));
    }
    transforms(with("\"discount_applications\": {\"type\": \"manual\"}, \"refunds\": \"none\", "
                    "\"line_items\": [1]"));
    assert_true(drifted(DRIFT_UNEXPECTED_TYPE, "discount_applications", "map"));
    assert_true(drifted(DRIFT_UNEXPECTED_TYPE, "refunds", "string"));
    assert_true(drifted(DRIFT_UNEXPECTED_TYPE, "line_items[]", value_kind_name(VALUE_INT)));
}

static void repeated_keys_keep_apart(void **state)
{
    (void)state;
    transforms(with(
        "\"line_items\": [{\"id\": 5, \"title\": \"a\"}, {\"id\": 5, \"title\": \"b\"}, "
        "{\"title\": "
        "\"c\"}, {\"id\": -1}], \"shipping_lines\": [{\"id\": 9}, {\"id\": 9}, {\"id\": null}], "
        "\"fulfillments\": [{\"id\": 1, \"line_items\": [{\"id\": 5}]}, {\"id\": 2, "
        "\"line_items\": "
        "[{\"id\": 5}]}, {\"id\": 2}, {\"id\": \"x-1\"}]"));
    assert_int_equal(rows(TABLE_LINE_ITEMS), 4);
    assert_str(cell(TABLE_LINE_ITEMS, 0, "line_item_key"), "-2"); /* sorted as bytes */
    assert_str(cell(TABLE_LINE_ITEMS, 0, "title"), "b");
    assert_str(cell(TABLE_LINE_ITEMS, 0, "shop_line_item_id"), "5");
    assert_str(cell(TABLE_LINE_ITEMS, 1, "line_item_key"), "-3");
    assert_str(cell(TABLE_LINE_ITEMS, 2, "line_item_key"), "-4");
    assert_str(cell(TABLE_LINE_ITEMS, 3, "line_item_key"), "5");
    assert_true(drifted(DRIFT_VALUE_RULE, "line_items[].id", "repeated id: place is the key"));
    assert_int_equal(rows(TABLE_SHIPPING_LINES), 3);
    assert_str(cell(TABLE_SHIPPING_LINES, 1, "position"), "1");
    assert_int_equal(rows(TABLE_FULFILLMENTS), 4);
    assert_str(cell(TABLE_FULFILLMENTS, 0, "fulfillment_id"), "-3");
    assert_str(cell(TABLE_FULFILLMENTS, 3, "fulfillment_id"), "x-1");
    assert_str(cell(TABLE_FULFILLMENTS, 1, "line_items"), "[{\"id\": 5}]");
}

/* --- 15, 16: lines --- */

static void lines_of_every_kind(void **state)
{
    (void)state;
    transforms(with(
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
    is_null(cell(TABLE_LINE_ITEMS, 0, "product_id"));
    assert_str(cell(TABLE_LINE_ITEMS, 0, "current_quantity"), "0");
    assert_str(
        cell(TABLE_LINE_ITEMS, 0, "properties"),
        "[{\"name\": \"n\", \"value\": {\"a\": [1, null]}}, {\"name\": \"m\", \"value\": 7}]");
    assert_int_equal(rows(TABLE_TAX_LINES), 5);
    assert_str(cell(TABLE_TAX_LINES, 0, "scope"), "duty");
    assert_str(cell(TABLE_TAX_LINES, 0, "parent_key"), "5/0");
    assert_str(cell(TABLE_TAX_LINES, 1, "parent_key"), "5");
    assert_str(cell(TABLE_TAX_LINES, 2, "position"), "1");
    assert_str(cell(TABLE_TAX_LINES, 3, "parent_key"), "");
    assert_str(cell(TABLE_TAX_LINES, 4, "scope"), "shipping_line");
    assert_str(change.api_shape, "2024-01");
}

/* --- 17, 18: refunds --- */

static void refunds_in_parts(void **state)
{
    (void)state;
    transforms(with(
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
    assert_int_equal(rows(TABLE_REFUNDS), 9);
    assert_str(cell(TABLE_REFUNDS, 0, "refund_id"), "-3");
    assert_str(cell(TABLE_REFUNDS, 1, "note"), "only a note");
    assert_str(cell(TABLE_REFUNDS, 2, "component"), "adjustment");
    assert_str(cell(TABLE_REFUNDS, 2, "amount"), "-4.00");
    assert_str(cell(TABLE_REFUNDS, 3, "component"), "duty");
    assert_str(cell(TABLE_REFUNDS, 4, "component"), "line_item");
    assert_str(cell(TABLE_REFUNDS, 4, "subtotal"), "8.25");
    assert_str(cell(TABLE_REFUNDS, 4, "line_item_key"), "5");
    is_null(cell(TABLE_REFUNDS, 5, "line_item_key"));
    assert_str(cell(TABLE_REFUNDS, 5, "position"), "1");
    assert_str(cell(TABLE_REFUNDS, 7, "component"), "shipping");
    assert_str(cell(TABLE_REFUNDS, 7, "subtotal"), "4.00");
    assert_str(cell(TABLE_REFUNDS, 8, "amount"), "13.25");
    assert_str(change.api_shape, "2024-10");
}

static void returns_in_parts(void **state)
{
    (void)state;
    transforms(with("\"returns\": [{\"id\": 3, \"name\": \"#1-R1\", \"status\": \"open\", "
                    "\"return_line_items\": "
                    "[{\"id\": 30, \"quantity\": 1, \"return_reason\": \"color\"}], "
                    "\"exchange_line_items\": [{\"id\": "
                    "31}], \"fees\": [{\"id\": 32, \"amount\": \"5.00\"}], \"oddity\": 1}]"));
    assert_int_equal(rows(TABLE_RETURNS), 4);
    assert_str(cell(TABLE_RETURNS, 0, "component"), "return");
    assert_str(cell(TABLE_RETURNS, 0, "status"), "open");
    assert_str(cell(TABLE_RETURNS, 0, "extra"), "{\"oddity\": 1}");
    assert_str(cell(TABLE_RETURNS, 1, "component"), "exchange_line_item");
    assert_str(cell(TABLE_RETURNS, 2, "component"), "fee");
    assert_str(cell(TABLE_RETURNS, 3, "reason"), "color");
    assert_true(drifted(DRIFT_UNKNOWN_FIELD, "returns[].oddity", value_kind_name(VALUE_INT)));
}

/* --- 19, 20: what does not add up --- */

static void indexes_and_totals_are_not_judged(void **state)
{
    (void)state;
    transforms(with("\"subtotal_price\": \"99.00\", \"total_tax\": \"-5\", "
                    "\"discount_applications\": [{\"value\": "
                    "\"10.0\", \"type\": \"discount_code\"}], \"line_items\": [{\"id\": 5, "
                    "\"discount_allocations\": "
                    "[{\"amount\": \"1.00\", \"discount_application_index\": 99999999999}]}]"));
    assert_str(cell(TABLE_LINE_ITEMS, 0, "discount_allocations"),
               "[{\"amount\": \"1.00\", \"discount_application_index\": 99999999999}]");
    assert_str(cell(TABLE_DISCOUNTS, 0, "value"), "10.0");
    assert_str(order("subtotal_price"), "99.00");
}

/* --- 21: stubs and tombstones --- */

static void a_stub_is_told_apart(void **state)
{
    (void)state;
    transforms(orders_document("42", "{\"id\": 42}", &arena));
    assert_true(change.stub);
    assert_str(order("shop_order_id"), "42");
    assert_int_equal(change.drift.count, 0);
    transforms(with(""));
    assert_false(change.stub);
}

static void a_deleted_document_has_its_order_id(void **state)
{
    (void)state;
    transforms(with(""));
    char live[UUID_TEXT_SIZE];
    memcpy(live, change.order.order_id_text, sizeof(live));
    struct document gone = {.source = SOURCE_FIRESTORE, .id = STR("42"), .deleted = true};
    transforms(gone);
    assert_string_equal(change.order.order_id_text, live);
    assert_int_equal(rows(TABLE_ORDERS), 0);
    is_null(change.json);
}

static void what_is_no_map_fails(void **state)
{
    (void)state;
    struct document document = orders_document("1", "[1]", &arena);
    assert_false(transform_document(&document, &arena, &change, &error));
    assert_int_equal(error.id, ERROR_DOCUMENT_SHAPE);
}

/* --- 22 to 24: what PostgreSQL cannot hold --- */

static void text_is_repaired_and_recorded(void **state)
{
    (void)state;
    struct document document = with("\"note\": \"x\", \"tags\": \"x\", \"name\": \"a\\\\u0000b\"");
    set(document, "note", text_value((struct str){"a\0b", 3}));
    set(document, "tags", text_value((struct str){"a\0b, \xed\xa0\x80", 8}));
    transforms(document);
    assert_str(order("note"), "a\xef\xbf\xbd"
                              "b");
    assert_true(drifted(DRIFT_VALUE_RULE, "note", "text that PostgreSQL refuses was replaced"));
    assert_true(drifted(DRIFT_VALUE_RULE, "tags", "text that PostgreSQL refuses was replaced"));
    assert_str(order("name"), "a\\u0000b"); /* an escaped backslash is no NUL */
    assert_true(change.loss.data != NULL);
    transforms(with("\"note\": \"\\ud83d\\ude00\""));
    assert_str(order("note"), "\xf0\x9f\x98\x80");
}

static void numbers_that_are_none(void **state)
{
    (void)state;
    transforms(set(with("\"total_tax\": 1"), "total_tax", double_value((double)NAN)));
    is_null(order("total_tax"));
    assert_true(drifted(DRIFT_VALUE_RULE, "total_tax", "not a finite number"));
    transforms(set(with("\"created_at\": 1"), "created_at", double_value((double)INFINITY)));
    is_null(order("created_at"));
    fails(set(with(""), "total_price", double_value((double)-INFINITY)), ERROR_FIELD_MISSING,
          "total_price", "is empty");
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
    transforms(with(fields));
    assert_int_equal(order("note").len, 5000);
    is_null(order("customer_email"));
    assert_true(drifted(DRIFT_VALUE_RULE, "customer.email", "too long for an index"));
    assert_str(order("test"), "t");
    is_null(change.customer.email_match);
}

static void drift_is_bounded(void **state)
{
    (void)state;
    char fields[16384] = "";
    size_t used = 0;
    for (int i = 0; i < 500; i++)
        used += (size_t)snprintf(fields + used, sizeof(fields) - used, "%s\"odd_%03d\": %d",
                                 i == 0 ? "" : ", ", i, i);
    transforms(with(fields));
    assert_in_range(change.drift.count, 60, 64);
    assert_true(order("extra").len > 500 * 10); /* nothing is lost by it */
}

/* --- columns of other shapes --- */

static void unknown_keys_go_to_extra(void **state)
{
    (void)state;
    transforms(with("\"new_key\": {\"a\": 1}, \"customer\": {\"id\": 7, \"vip\": true}, "
                    "\"line_items\": [{\"id\": 5, "
                    "\"odd\": [1]}]"));
    assert_str(order("extra"), "{\"new_key\": {\"a\": 1}, \"customer\": {\"vip\": true}}");
    assert_str(cell(TABLE_LINE_ITEMS, 0, "extra"), "{\"odd\": [1]}");
    assert_true(drifted(DRIFT_UNKNOWN_FIELD, "customer.vip", value_kind_name(VALUE_BOOL)));
    assert_true(drifted(DRIFT_UNKNOWN_FIELD, "line_items[].odd", "array"));
}

static void unexpected_types_are_drift(void **state)
{
    (void)state;
    transforms(with(
        "\"name\": 1042, \"confirmed\": \"true\", \"order_status_url\": {\"x\": 1}, \"test\": 1, "
        "\"source_name\": false, \"order_number\": \"1042\""));
    assert_str(order("name"), "1042");
    assert_str(order("confirmed"), "t");
    is_null(order("order_status_url"));
    is_null(order("test"));
    assert_str(order("source_name"), "false");
    assert_str(order("order_number"), "1042");
    assert_true(drifted(DRIFT_UNEXPECTED_TYPE, "order_status_url", "map"));
    assert_true(drifted(DRIFT_UNEXPECTED_TYPE, "name", value_kind_name(VALUE_INT)));
}

static void tags_become_arrays(void **state)
{
    (void)state;
    transforms(with("\"tags\": \" a, b c ,,NULL, q\\\"x, back\\\\slash, {y}\", "
                    "\"payment_gateway_names\": [\"\", \"x\"]"));
    assert_str(order("tags"), "{a,\"b c\",\"NULL\",\"q\\\"x\",\"back\\\\slash\",\"{y}\"}");
    assert_str(order("payment_gateway_names"), "{\"\",x}");
    transforms(with("\"tags\": \"\", \"payment_gateway_names\": []"));
    assert_str(order("tags"), "{}");
    assert_str(order("payment_gateway_names"), "{}");
}

static void addresses_of_every_kind(void **state)
{
    (void)state;
    transforms(with(
        "\"billing_address\": {\"zip\": \"01067\", \"latitude\": 51.05, \"longitude\": \"13.74\"}, "
        "\"shipping_address\": null, \"customer\": {\"id\": 7, \"default_address\": {\"id\": 8, "
        "\"customer_id\": 7, "
        "\"default\": true, \"city\": \"Dresden\"}}"));
    assert_int_equal(rows(TABLE_ADDRESSES), 2);
    assert_str(cell(TABLE_ADDRESSES, 0, "kind"), "billing");
    assert_str(cell(TABLE_ADDRESSES, 0, "zip"), "01067");
    assert_str(cell(TABLE_ADDRESSES, 0, "latitude"), "51.05");
    assert_str(cell(TABLE_ADDRESSES, 1, "kind"), "customer_default");
    assert_str(cell(TABLE_ADDRESSES, 1, "shop_address_id"), "8");
    assert_str(change.customer.default_address,
               "{\"id\": 8, \"city\": \"Dresden\", \"default\": true, \"customer_id\": 7}");
    transforms(with("\"billing_address\": {}"));
    assert_int_equal(rows(TABLE_ADDRESSES), 0);
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
        transforms(with(cases[i].fields));
        assert_str(order("status"), cases[i].status);
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
        transforms(with(cases[i][0]));
        assert_str(change.api_shape, cases[i][1]);
    }
}

static void the_origin_is_in_the_row(void **state)
{
    (void)state;
    transforms(with(""));
    struct uuid wanted = uuid_v5(&uuid_namespace_ordersync, STR("firestore/42"));
    char text[UUID_TEXT_SIZE];
    uuid_format(&wanted, text);
    assert_str(order("order_id"), text);
    assert_str(order("origin"), "firestore");
    assert_str(order("origin_id"), "42");
    assert_int_equal(order("digest").len, 66);
    is_null(order("local_note"));
}

#define TEST(function) cmocka_unit_test_teardown(function, free_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rounded_ids_are_recovered_from_the_gid),
        TEST(other_disagreement_of_id_and_gid_is_drift),
        TEST(ids_come_as_integer_double_or_text),
        TEST(an_order_id_that_is_no_number_fails),
        TEST(money_goes_through_untouched),
        TEST(money_that_is_no_number_fails),
        TEST(a_message_shows_little_of_a_long_value),
        TEST(decimals_of_every_currency_stay),
        TEST(money_sets_stand_beside_plain_fields),
        TEST(emails_are_kept_apart_and_empty_is_null),
        TEST(an_absent_key_is_null_and_drift),
        TEST(an_order_without_customer_is_known_by_its_email),
        TEST(a_phone_only_customer_has_no_email_match),
        TEST(consent_of_both_generations),
        TEST(moments_of_every_form),
        TEST(a_moment_without_offset_is_utc_and_drift),
        TEST(what_is_no_moment_fails),
        TEST(arrays_that_hold_nothing),
        TEST(repeated_keys_keep_apart),
        TEST(lines_of_every_kind),
        TEST(refunds_in_parts),
        TEST(returns_in_parts),
        TEST(indexes_and_totals_are_not_judged),
        TEST(a_stub_is_told_apart),
        TEST(a_deleted_document_has_its_order_id),
        TEST(what_is_no_map_fails),
        TEST(text_is_repaired_and_recorded),
        TEST(numbers_that_are_none),
        TEST(long_texts_stay_out_of_indexes),
        TEST(drift_is_bounded),
        TEST(unknown_keys_go_to_extra),
        TEST(unexpected_types_are_drift),
        TEST(tags_become_arrays),
        TEST(addresses_of_every_kind),
        TEST(status_follows_the_source),
        TEST(generations_are_told_by_their_keys),
        TEST(the_origin_is_in_the_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
