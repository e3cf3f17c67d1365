/* Rules 1 to 11 of the transform, by documents made for each: ids, money, customers, moments. */
#include "tests/lib/check.h"

#include <math.h>
#include <stdio.h>

#include "tests/lib/made_order.h"

/* --- 1 to 3: ids --- */

static void rounded_ids_are_recovered_from_the_gid(void **state)
{
    (void)state;
    struct document document =
        made_with("\"admin_graphql_api_id\": \"gid://shopify/Order/820982911946154508\"");
    struct value rounded = {.kind = VALUE_INT};
    rounded.integer = 820982911946154500;
    made_transforms(made_set(document, "id", rounded));
    assert_str(made_order("shop_order_id"), "820982911946154508");
    assert_true(made_drifted(DRIFT_VALUE_RULE, "id", "rounded id recovered from the gid"));
    made_transforms(made_set(document, "id", made_double(820982911946154500.0)));
    assert_str(made_order("shop_order_id"), "820982911946154508");
}

static void other_disagreement_of_id_and_gid_is_drift(void **state)
{
    (void)state;
    made_transforms(made_with("\"admin_graphql_api_id\": \"gid://shopify/Order/43\""));
    assert_str(made_order("shop_order_id"), "42");
    assert_true(made_drifted(DRIFT_VALUE_RULE, "id", "id and gid disagree"));
    made_transforms(made_with("\"admin_graphql_api_id\": \"gid://shopify/DraftOrder/42\""));
    assert_true(made_drifted(DRIFT_VALUE_RULE, "admin_graphql_api_id", "not a gid of this kind"));
    struct document document =
        made_with("\"admin_graphql_api_id\": \"gid://shopify/Order/820982911946159999\"");
    struct value far = {.kind = VALUE_INT};
    far.integer = 820982911946154500;
    made_transforms(made_set(document, "id", far));
    assert_str(made_order("shop_order_id"), "820982911946154500");
}

static void ids_come_as_integer_double_or_text(void **state)
{
    (void)state;
    made_transforms(made_set(made_with(""), "id", made_double(42)));
    assert_str(made_order("shop_order_id"), "42");
    made_transforms(made_set(made_with(""), "id", made_text(STR("42"))));
    assert_str(made_order("shop_order_id"), "42");
    made_fails(made_set(made_with(""), "id", made_double(42.5)), ERROR_ORDER_ID, "id",
               "not a whole number");
    made_fails(made_set(made_with(""), "id", made_double(1e300)), ERROR_ORDER_ID, "id",
               "not a whole number");
    made_transforms(made_with("\"app_id\": 1.5"));
    made_is_null(made_order("app_id"));
    assert_true(made_drifted(DRIFT_UNEXPECTED_TYPE, "app_id", "not a whole number"));
}

static void an_order_id_that_is_no_number_fails(void **state)
{
    (void)state;
    made_fails(made_set(made_with(""), "id", made_text(STR("5123-fake"))), ERROR_ORDER_ID, "id",
               "id");
    made_fails(made_set(made_with(""), "id", (struct value){.kind = VALUE_NULL}), ERROR_ORDER_ID,
               "id", "id");
}

/* --- 4, 5: money --- */

static void money_goes_through_untouched(void **state)
{
    (void)state;
    made_transforms(made_with("\"total_tax\": \"1.234567890123456789\", \"total_discounts\": 0.1, "
                              "\"subtotal_price\": 398, \"total_line_items_price\": \"12.345\", "
                              "\"current_total_tax\": \"\""));
    assert_str(made_order("total_price"), "10.00");
    assert_str(made_order("total_tax"), "1.234567890123456789");
    assert_str(made_order("total_discounts"), "0.1");
    assert_str(made_order("subtotal_price"), "398");
    assert_str(made_order("total_line_items_price"), "12.345");
    made_is_null(made_order("current_total_tax"));
    made_transforms(made_set(made_with(""), "total_price", made_double(0.1)));
    assert_str(made_order("total_price"), "0.1");
}

/* A double comes back from the stored document with digits ("52.0"): the row must be the same. */
static void stored_digits_of_a_double_set_no_scale(void **state)
{
    (void)state;
    struct value stored = made_double(52);
    stored.real.literal = STR("52.0");
    made_transforms(made_set(made_with(""), "total_price", made_double(52)));
    assert_str(made_order("total_price"), "52");
    made_transforms(made_set(made_with(""), "total_price", stored));
    assert_str(made_order("total_price"), "52");
    stored.real.literal = STR("52.50");
    stored.real.number = 52.5;
    made_transforms(made_set(made_with(""), "total_price", stored));
    assert_str(made_order("total_price"), "52.50");
}

static void money_that_is_no_number_fails(void **state)
{
    (void)state;
    static const char *const bad[] = {"{}", "12,90", "n/a", "NaN", "Infinity", " 1", "1.2.3", "$5"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char message[64];
        snprintf(message, sizeof(message), "total_price: \"%s\" is not a decimal number",
                 bad[i][0] == ' ' ? " 1" : bad[i]);
        made_fails(made_set(made_with(""), "total_price", made_text(str_from(bad[i]))),
                   ERROR_MONEY_INVALID, "total_price", message);
    }
    made_fails(made_with("\"line_items\": [{\"id\": 1}, {\"id\": 2, \"price\": {}}]"),
               ERROR_MONEY_INVALID, "line_items[1].price",
               "line_items[1].price: map is not a decimal number");
    made_fails(made_set(made_with(""), "total_price", made_text(STR(""))), ERROR_FIELD_MISSING,
               "total_price", "is empty");
    made_fails(
        orders_document("1", "{\"id\": 1, \"currency\": \"EUR\", \"name\": \"#1\"}", &made_arena),
        ERROR_FIELD_MISSING, "total_price", "is missing");
}

static void a_message_shows_little_of_a_long_value(void **state)
{
    (void)state;
    char text[4096];
    memset(text, 'x', sizeof(text));
    made_fails(made_set(made_with(""), "total_price", made_text((struct str){text, sizeof(text)})),
               ERROR_MONEY_INVALID, "total_price", "is not a decimal number");
    assert_in_range(strlen(made_error.message), 10, 100);
}

static void decimals_of_every_currency_stay(void **state)
{
    (void)state;
    made_transforms(made_with(
        "\"presentment_currency\": \"KWD\", \"total_price_set\": {\"shop_money\": {\"amount\": "
        "\"10.00\", \"currency_code\": \"EUR\"}, \"presentment_money\": {\"amount\": \"3.250\", "
        "\"currency_code\": \"KWD\"}}, \"total_tax_set\": {\"shop_money\": {\"amount\": \"1\", "
        "\"currency_code\": \"EUR\"}, \"presentment_money\": {\"amount\": \"160\", "
        "\"currency_code\": "
        "\"JPY\"}}"));
    assert_str(made_order("presentment_total_price"), "3.250");
    assert_str(made_order("presentment_total_tax"), "160");
    assert_str(made_order("total_tax"), "1");
}

static void money_sets_stand_beside_plain_fields(void **state)
{
    (void)state;
    made_transforms(
        made_with("\"total_price_set\": {\"shop_money\": {\"amount\": \"11.00\", "
                  "\"currency_code\": \"EUR\"}, "
                  "\"presentment_money\": {\"amount\": \"12.00\", \"currency_code\": \"USD\"}}, "
                  "\"total_shipping_price_set\": {\"shop_money\": {\"amount\": \"4.00\"}}, "
                  "\"total_tax_set\": {\"total_tax_set\": {}}"));
    assert_str(made_order("total_price"), "10.00");
    assert_true(made_drifted(DRIFT_VALUE_RULE, "total_price_set", "differs from the plain field"));
    assert_str(made_order("presentment_currency"), "USD");
    assert_str(made_order("total_shipping_price"), "4.00");
    assert_true(made_drifted(DRIFT_UNEXPECTED_TYPE, "total_tax_set", "not a money set"));
}

/* --- 6 to 9: customers --- */

static void emails_are_kept_apart_and_empty_is_null(void **state)
{
    (void)state;
    made_transforms(
        made_with("\"email\": \"Order@Example.com\", \"customer\": {\"id\": 7, \"email\": \" "
                  "Me@Example.COM \"}"));
    assert_str(made_order("email"), "Order@Example.com");
    assert_str(made_order("customer_email"), " Me@Example.COM ");
    assert_str(made_change.customer.email_match, "me@example.com");
    made_transforms(made_with(
        "\"email\": \"\", \"contact_email\": \"\", \"customer\": {\"id\": 7, \"email\": \"\"}"));
    made_is_null(made_order("email"));
    made_is_null(made_order("customer_email"));
    made_is_null(made_change.customer.email_match);
}

static void an_absent_key_is_null_and_drift(void **state)
{
    (void)state;
    made_transforms(made_with(""));
    made_is_null(made_order("email"));
    assert_true(made_drifted(DRIFT_VALUE_RULE, "email", "absent"));
    assert_true(made_drifted(DRIFT_VALUE_RULE, "line_items", "absent"));
    assert_false(made_drifted(DRIFT_VALUE_RULE, "returns", "absent"));
    made_transforms(made_with("\"email\": null, \"line_items\": null"));
    assert_false(made_drifted(DRIFT_VALUE_RULE, "email", "absent"));
}

static void an_order_without_customer_is_known_by_its_email(void **state)
{
    (void)state;
    made_transforms(made_with("\"customer\": null, \"email\": \"a@b.example\""));
    assert_true(made_change.customer.present);
    made_is_null(made_change.customer.source_id);
    assert_str(made_change.customer.email_match, "a@b.example");
    made_transforms(made_with("\"customer\": null"));
    assert_false(made_change.customer.present);
    made_transforms(made_with("\"email\": \"not an address\""));
    made_is_null(made_change.customer.email_match);
}

static void a_phone_only_customer_has_no_email_match(void **state)
{
    (void)state;
    made_transforms(
        made_with("\"email\": \"\", \"customer\": {\"id\": 7, \"email\": null, \"phone\": \"+49 "
                  "(30) 12-34.567\"}"));
    assert_true(made_change.customer.present);
    made_is_null(made_change.customer.email_match);
    assert_str(made_change.customer.phone_match, "+49301234567");
    assert_str(made_change.customer.source_id, "7");
    made_transforms(made_with("\"phone\": \"030 1234567\""));
    made_is_null(made_change.customer.phone_match); /* no country is guessed */
    made_transforms(made_with("\"phone\": \"+1234567890123456\""));
    made_is_null(made_change.customer.phone_match); /* longer than any number */
}

static void consent_of_both_generations(void **state)
{
    (void)state;
    made_transforms(made_with(
        "\"customer\": {\"id\": 7, \"accepts_marketing\": true, \"marketing_opt_in_level\": "
        "\"single_opt_in\"}"));
    assert_str(made_change.customer.email_consent,
               "{\"state\": \"subscribed\", \"opt_in_level\": \"single_opt_in\", "
               "\"consent_updated_at\": null}");
    made_transforms(made_with(
        "\"customer\": {\"id\": 7, \"email_marketing_consent\": {\"state\": \"pending\"}, "
        "\"accepts_marketing\": true}"));
    assert_str(made_change.customer.email_consent, "{\"state\": \"pending\"}");
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
        made_transforms(made_with(field));
        assert_str(made_order("created_at"), forms[i].sql);
    }
    struct value moment = {.kind = VALUE_TIMESTAMP};
    moment.time.seconds = 1706695200;
    moment.time.nanos = 123456789;
    made_transforms(made_set(made_with("\"created_at\": 1"), "created_at", moment));
    assert_str(made_order("created_at"), "2024-01-31 10:00:00.123456+00");
}

static void a_moment_without_offset_is_utc_and_drift(void **state)
{
    (void)state;
    made_transforms(made_with("\"created_at\": \"2024-01-31T10:00:00\""));
    assert_str(made_order("created_at"), "2024-01-31 10:00:00+00");
    assert_true(made_drifted(DRIFT_VALUE_RULE, "created_at", "no offset: read as UTC"));
}

static void what_is_no_moment_fails(void **state)
{
    (void)state;
    made_fails(made_with("\"created_at\": \"2024-02-30T10:00:00Z\""), ERROR_TIMESTAMP_INVALID,
               "created_at", "created_at: \"2024-02-30T10:00:00Z\" is not a moment in time");
    made_fails(made_with("\"created_at\": \"yesterday\""), ERROR_TIMESTAMP_INVALID, "created_at",
               "yesterday");
    made_fails(made_with("\"created_at\": 999999999999999"), ERROR_TIMESTAMP_INVALID, "created_at",
               "moment");
    made_fails(made_with("\"created_at\": {\"seconds\": 1e15}"), ERROR_TIMESTAMP_INVALID,
               "created_at", "map");
    made_fails(made_with("\"created_at\": -99999999999999"), ERROR_TIMESTAMP_INVALID, "created_at",
               "moment");
    struct value far = {.kind = VALUE_TIMESTAMP};
    far.time.seconds = INT64_MAX;
    made_fails(made_set(made_with("\"created_at\": 1"), "created_at", far), ERROR_TIMESTAMP_INVALID,
               "created_at", "timestamp");
    made_transforms(made_with("\"created_at\": null, \"closed_at\": \"\""));
    made_is_null(made_order("created_at"));
    made_is_null(made_order("closed_at"));
}

#define TEST(function) cmocka_unit_test_teardown(function, made_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rounded_ids_are_recovered_from_the_gid),
        TEST(other_disagreement_of_id_and_gid_is_drift),
        TEST(ids_come_as_integer_double_or_text),
        TEST(an_order_id_that_is_no_number_fails),
        TEST(money_goes_through_untouched),
        TEST(stored_digits_of_a_double_set_no_scale),
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
