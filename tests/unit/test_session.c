/* Checkout sessions made for each rule, among them what no public body has: currencies of every
 * scale, both generations of two currencies, filled custom fields, expanded objects, refunds. */
#include "tests/lib/check.h"

#include <stdio.h>

#include "model/redact.h"
#include "tests/lib/made_order.h"

/* Fields beside those of made_session(), by printf. */
static void transforms(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void transforms(const char *format, ...)
{
    char fields[65536];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(fields, sizeof(fields), format, args);
    va_end(args);
    assert_in_range(len, 0, sizeof(fields) - 1);
    made_transforms(made_session(fields));
}

static struct str line(size_t row, const char *column)
{
    return made_cell(TABLE_LINE_ITEMS, row, column);
}

/* The rows of a table have no order that a test may rely on: keys are hashes. */
static size_t row_with(enum table_id table, const char *column, const char *text)
{
    for (size_t i = 0; i < made_rows(table); i++) {
        if (str_equal(made_cell(table, i, column), str_from(text)))
            return i;
    }
    fail_msg("no row of %s has %s %s", table_get(table)->name, column, text);
    return 0;
}

/* --- what is a sale --- */

static void a_paid_session_is_an_order(void **state)
{
    (void)state;
    transforms("\"client_reference_id\": \"1042\", \"payment_intent\": \"pi_1\"");
    assert_str(made_order("origin"), "stripe");
    assert_str(made_order("origin_id"), "cs_1");
    assert_str(made_order("status"), "processing");
    assert_str(made_order("financial_status"), "paid");
    assert_str(made_order("created_at"), "2023-11-14 22:13:20+00");
    assert_str(made_order("currency"), "USD");
    assert_str(made_order("total_price"), "25.00");
    assert_str(made_order("subtotal_price"), "25.00");
    assert_str(made_order("client_reference_id"), "1042");
    assert_str(made_order("payment_intent_id"), "pi_1");
    assert_str(made_order("test"), "f");
    assert_false(made_change.attachment.present);
    assert_int_equal(made_change.drift.count, 0);
    transforms("\"livemode\": false");
    assert_str(made_order("test"), "t");
}

static void what_is_no_sale_has_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        enum error_id id;
    } cases[] = {
        {"\"status\": \"open\"", ERROR_SESSION_OPEN},
        {"\"status\": \"open\", \"payment_status\": \"no_payment_required\"", ERROR_SESSION_OPEN},
        {"\"status\": \"expired\", \"payment_status\": \"unpaid\"", ERROR_SESSION_EXPIRED},
        {"\"mode\": \"setup\", \"amount_total\": null, \"currency\": null", ERROR_SESSION_SETUP},
        {"\"status\": null, \"payment_status\": \"unpaid\"", ERROR_SESSION_OPEN},
        {"\"status\": \"pondering\", \"payment_status\": \"unpaid\"", ERROR_SESSION_OPEN},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        made_fails(made_session(cases[i].fields), cases[i].id, "", "no sale");
        assert_true(transform_passes_over(cases[i].id));
    }
    made_fails(made_session("\"object\": \"refund\""), ERROR_DOCUMENT_SHAPE, "",
               "not a checkout.session");
    made_fails(made_session("\"id\": null"), ERROR_FIELD_MISSING, "id", "id is missing");
    made_fails(made_session("\"amount_total\": null"), ERROR_FIELD_MISSING, "amount_total",
               "empty");
    made_fails(made_session("\"currency\": \"\""), ERROR_FIELD_MISSING, "currency", "empty");
    made_fails(made_session("\"amount_total\": \"12,90\""), ERROR_MONEY_INVALID, "amount_total",
               "not a decimal number");
    assert_false(transform_passes_over(ERROR_MONEY_INVALID));
}

static void unsettled_and_free_sessions_are_orders(void **state)
{
    (void)state;
    transforms("\"payment_status\": \"unpaid\"");
    assert_str(made_order("financial_status"), "unpaid");
    assert_str(made_order("status"), "processing");
    transforms("\"payment_status\": \"no_payment_required\", \"amount_total\": 0");
    assert_str(made_order("financial_status"), "no_payment_required");
    assert_str(made_order("total_price"), "0.00");
}

static void words_of_tomorrow_are_kept_and_told(void **state)
{
    (void)state;
    transforms("\"payment_status\": \"half_paid\", \"mode\": \"barter\"");
    assert_str(made_order("financial_status"), "half_paid");
    assert_str(made_order("extra"), "{\"mode\": \"barter\"}");
    assert_true(made_drifted(DRIFT_VALUE_RULE, "payment_status", "unknown word"));
    assert_true(made_drifted(DRIFT_VALUE_RULE, "mode", "unknown word"));
    transforms("\"status\": \"sealed\", \"brand_new\": 1");
    assert_true(made_drifted(DRIFT_VALUE_RULE, "status", "unknown word"));
    assert_true(made_drifted(DRIFT_UNKNOWN_FIELD, "brand_new", "int"));
}

/* --- money --- */

static void amounts_have_the_digits_of_their_currency(void **state)
{
    (void)state;
    static const struct {
        const char *currency;
        const char *amount;
        const char *text;
        const char *upper;
    } cases[] = {
        {"jpy", "5000", "5000", "JPY"},
        {"kwd", "12340", "12.340", "KWD"},
        {"isk", "150000", "1500.00", "ISK"},
        {"ugx", "500000", "5000.00", "UGX"},
        {"huf", "150050", "1500.50", "HUF"},
        {"usd", "5", "0.05", "USD"},
        {"usd", "0", "0.00", "USD"},
        {"usd", "-250", "-2.50", "USD"},
        {"USD", "9007199254740993", "90071992547409.93", "USD"},
        {"usd", "99999999999999999999", "999999999999999999.99", "USD"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        transforms("\"currency\": \"%s\", \"amount_total\": %s", cases[i].currency,
                   cases[i].amount);
        assert_str(made_order("total_price"), cases[i].text);
        assert_str(made_order("currency"), cases[i].upper);
    }
}

static void totals_and_their_breakdown(void **state)
{
    (void)state;
    transforms(
        "\"total_details\": {\"amount_discount\": 250, \"amount_shipping\": 499, "
        "\"amount_tax\": 190, \"breakdown\": {\"discounts\": [{\"amount\": 250, "
        "\"discount\": {\"id\": \"di_1\", \"object\": \"discount\", \"source\": {\"coupon\": "
        "\"TENOFF\", \"type\": \"coupon\"}, \"promotion_code\": \"promo_1\"}}], \"taxes\": "
        "[{\"amount\": 190, \"rate\": {\"id\": \"txr_1\", \"display_name\": \"VAT\", "
        "\"percentage\": 8.5, \"inclusive\": false}, \"taxability_reason\": null, "
        "\"taxable_amount\": 2250}]}}, \"discounts\": [{\"coupon\": \"TENOFF\", "
        "\"promotion_code\": null}]");
    assert_str(made_order("total_discounts"), "2.50");
    assert_str(made_order("total_shipping_price"), "4.99");
    assert_str(made_order("total_tax"), "1.90");
    assert_int_equal(made_rows(TABLE_DISCOUNTS), 1);
    assert_str(made_cell(TABLE_DISCOUNTS, 0, "value"), "2.50");
    assert_str(made_cell(TABLE_DISCOUNTS, 0, "value_type"), "fixed_amount");
    assert_str(made_cell(TABLE_DISCOUNTS, 0, "title"), "TENOFF");
    assert_str(made_cell(TABLE_DISCOUNTS, 0, "code"), "promo_1");
    assert_str(made_cell(TABLE_DISCOUNTS, 0, "type"), "discount_code");
    assert_int_equal(made_rows(TABLE_TAX_LINES), 1);
    assert_str(made_cell(TABLE_TAX_LINES, 0, "scope"), "order");
    assert_str(made_cell(TABLE_TAX_LINES, 0, "title"), "VAT");
    assert_str(made_cell(TABLE_TAX_LINES, 0, "rate"), "0.085");
    assert_str(made_cell(TABLE_TAX_LINES, 0, "price"), "1.90");
    assert_int_equal(made_change.drift.count, 0);
}

static void discounts_without_a_breakdown(void **state)
{
    (void)state;
    transforms("\"discounts\": [{\"coupon\": {\"id\": \"SUMMER\", \"percent_off\": 10}, "
               "\"promotion_code\": null}, {\"coupon\": null, \"promotion_code\": \"promo_2\"}]");
    assert_int_equal(made_rows(TABLE_DISCOUNTS), 2);
    assert_str(made_cell(TABLE_DISCOUNTS, 0, "title"), "SUMMER");
    made_is_null(made_cell(TABLE_DISCOUNTS, 0, "value_type"));
    assert_str(made_cell(TABLE_DISCOUNTS, 1, "code"), "promo_2");
}

/* --- two currencies --- */

#define LINE_EUR                                                                                   \
    "\"line_items\": {\"data\": [{\"id\": \"li_1\", \"object\": \"item\", \"currency\": \"eur\", " \
    "\"quantity\": 2, \"amount_subtotal\": 2300, \"amount_discount\": 100, \"amount_tax\": 0, "    \
    "\"amount_total\": 2200, \"description\": \"Mug\", \"price\": {\"id\": \"price_1\", "          \
    "\"product\": \"prod_1\", \"currency\": \"%s\", \"unit_amount\": %d}}]}"

static void the_buyers_currency_stands_beside_the_shops(void **state)
{
    (void)state;
    transforms("\"presentment_details\": {\"presentment_amount\": 3900, "
               "\"presentment_currency\": \"jpy\"}");
    assert_str(made_order("currency"), "USD");
    assert_str(made_order("total_price"), "25.00");
    assert_str(made_order("presentment_currency"), "JPY");
    assert_str(made_order("presentment_total_price"), "3900");
}

static void the_legacy_conversion_has_the_shops(void **state)
{
    (void)state;
    transforms(
        "\"currency\": \"eur\", \"amount_subtotal\": 2300, \"amount_total\": 2200, "
        "\"currency_conversion\": {\"amount_subtotal\": 2500, \"amount_total\": 2391, "
        "\"fx_rate\": \"0.92\", \"source_currency\": \"usd\"}, \"total_details\": "
        "{\"amount_discount\": 100, \"amount_shipping\": 0, \"amount_tax\": 50, \"breakdown\": "
        "{\"discounts\": [{\"amount\": 100, \"discount\": {\"promotion_code\": "
        "\"promo_1\"}}]}}, " LINE_EUR,
        "usd", 1250);
    assert_str(made_order("currency"), "USD");
    assert_str(made_order("presentment_currency"), "EUR");
    assert_str(made_order("total_price"), "23.91");
    assert_str(made_order("subtotal_price"), "25.00");
    assert_str(made_order("total_line_items_price"), "25.00");
    assert_str(made_order("presentment_total_price"), "22.00");
    assert_str(made_order("presentment_subtotal_price"), "23.00");
    assert_str(made_order("presentment_total_tax"), "0.50");
    made_is_null(made_order("total_tax"));
    assert_str(line(0, "price"), "12.50");
    assert_str(line(0, "presentment_price"), "11.50");
    assert_str(line(0, "presentment_total_discount"), "1.00");
    made_is_null(line(0, "total_discount"));
    assert_str(made_order("presentment_total_discounts"), "1.00");
    assert_str(made_cell(TABLE_DISCOUNTS, 0, "code"), "promo_1");
    made_is_null(made_cell(TABLE_DISCOUNTS, 0, "value"));
    made_is_null(made_cell(TABLE_DISCOUNTS, 0, "value_type"));
}

static void an_empty_conversion_says_nothing(void **state)
{
    (void)state;
    transforms("\"currency_conversion\": {}");
    assert_str(made_order("total_price"), "25.00");
    made_is_null(made_order("presentment_currency"));
    transforms("\"currency_conversion\": null, \"presentment_details\": null");
    assert_str(made_order("currency"), "USD");
}

/* --- the buyer --- */

#define ADDRESS(street)                                                                            \
    "{\"name\": \"Ann B.\", \"address\": {\"line1\": \"" street "\", \"line2\": \"\", \"city\": "  \
    "\"Bonn\", \"state\": \"\", \"postal_code\": \"53111\", \"country\": \"DE\"}}"

static void customer_details_go_before_the_prefilled_email(void **state)
{
    (void)state;
    transforms("\"customer_email\": \"old@example.com\", \"customer_details\": {\"email\": "
               "\"Ann@Example.com\", \"name\": \"Ann B.\", \"phone\": \"+49 228 123456\", "
               "\"address\": {\"line1\": \"\", \"city\": \"Bonn\", \"country\": \"DE\"}, "
               "\"business_name\": \"B. GmbH\", \"tax_exempt\": \"none\", \"tax_ids\": []}");
    assert_str(made_order("email"), "Ann@Example.com");
    assert_str(made_order("customer_email"), "Ann@Example.com");
    assert_str(made_order("phone"), "+49 228 123456");
    size_t row = row_with(TABLE_ADDRESSES, "kind", "billing");
    assert_str(made_cell(TABLE_ADDRESSES, row, "name"), "Ann B.");
    assert_str(made_cell(TABLE_ADDRESSES, row, "company"), "B. GmbH");
    assert_str(made_cell(TABLE_ADDRESSES, row, "city"), "Bonn");
    made_is_null(made_cell(TABLE_ADDRESSES, row, "address1"));
    assert_true(made_change.customer.present);
    assert_true(made_change.customer.existing_only);
    assert_str(made_change.customer.email_match, "ann@example.com");
    assert_str(made_change.customer.phone_match, "+49228123456");
    transforms("\"customer_email\": \"old@example.com\"");
    assert_str(made_order("email"), "old@example.com");
    assert_str(made_change.customer.email_match, "old@example.com");
    transforms("\"customer_email\": \"old@example.com\", \"customer_details\": {\"email\": null, "
               "\"name\": null, \"address\": null}");
    assert_str(made_order("email"), "old@example.com");
    assert_int_equal(made_rows(TABLE_ADDRESSES), 0);
}

static void an_address_that_is_an_empty_text_is_none(void **state)
{
    (void)state;
    transforms("\"customer_details\": {\"email\": \"a@example.com\", \"address\": \"\"}");
    assert_int_equal(made_rows(TABLE_ADDRESSES), 0);
    assert_int_equal(made_change.drift.count, 0);
}

static void shipping_is_read_from_the_newest_place(void **state)
{
    (void)state;
    static const struct {
        const char *fields;
        const char *street;
    } cases[] = {
        {"\"collected_information\": {\"shipping_details\": " ADDRESS("New") "}", "New"},
        {"\"shipping_details\": " ADDRESS("Middle"), "Middle"},
        {"\"shipping\": " ADDRESS("Old"), "Old"},
        {"\"shipping\": " ADDRESS("Old") ", \"shipping_details\": " ADDRESS(
             "Middle") ", \"collected_information\": {\"shipping_details\": " ADDRESS("New") "}",
         "New"},
        {"\"shipping\": " ADDRESS("Old") ", \"shipping_details\": " ADDRESS(
             "Middle") ", \"collected_information\": {\"shipping_details\": null}",
         "Middle"},
        {"\"shipping\": " ADDRESS("Old") ", \"shipping_details\": {}", "Old"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        transforms("%s", cases[i].fields);
        assert_int_equal(made_rows(TABLE_ADDRESSES), 1);
        assert_str(made_cell(TABLE_ADDRESSES, 0, "kind"), "shipping");
        assert_str(made_cell(TABLE_ADDRESSES, 0, "address1"), cases[i].street);
        assert_str(made_cell(TABLE_ADDRESSES, 0, "zip"), "53111");
        assert_str(made_cell(TABLE_ADDRESSES, 0, "country_code"), "DE");
        made_is_null(made_cell(TABLE_ADDRESSES, 0, "address2"));
        made_is_null(made_cell(TABLE_ADDRESSES, 0, "province"));
    }
}

static void objects_stand_for_their_ids(void **state)
{
    (void)state;
    transforms("\"customer\": \"cus_1\", \"payment_intent\": \"pi_1\"");
    assert_str(made_order("customer_gid"), "cus_1");
    transforms("\"customer\": {\"id\": \"cus_1\", \"object\": \"customer\", \"email\": "
               "\"x@example.com\"}, \"payment_intent\": {\"id\": \"pi_1\", \"object\": "
               "\"payment_intent\", \"latest_charge\": {\"id\": \"ch_1\", \"amount_refunded\": "
               "500, \"billing_details\": {\"email\": \"x@example.com\"}}}");
    assert_str(made_order("customer_gid"), "cus_1");
    assert_str(made_order("payment_intent_id"), "pi_1");
    transforms("\"customer\": {\"id\": \"cus_1\", \"object\": \"customer\", \"deleted\": true}, "
               "\"payment_intent\": null");
    assert_str(made_order("customer_gid"), "cus_1");
    made_is_null(made_order("payment_intent_id"));
    assert_int_equal(made_change.drift.count, 0);
}

static void metadata_and_custom_fields_are_kept(void **state)
{
    (void)state;
    transforms("\"metadata\": {\"order\": \"1042\"}, \"custom_fields\": [{\"key\": \"engraving\", "
               "\"label\": {\"custom\": \"Engraving\", \"type\": \"custom\"}, \"optional\": true, "
               "\"type\": \"text\", \"text\": {\"value\": \"To Bo\"}}]");
    assert_str(made_order("metadata"), "{\"order\": \"1042\"}");
    assert_true(strstr(made_order("note_attributes").data, "\"To Bo\"") != NULL);
    transforms("\"metadata\": {}, \"custom_fields\": []");
    assert_str(made_order("metadata"), "{}");
    made_is_null(made_order("note_attributes"));
}

/* --- lines --- */

static void a_line_has_its_ids_amounts_and_taxes(void **state)
{
    (void)state;
    transforms("\"line_items\": {\"object\": \"list\", \"data\": [{\"id\": \"li_1\", \"object\": "
               "\"item\", \"currency\": \"usd\", \"description\": \"Mug\", \"quantity\": 2, "
               "\"amount_subtotal\": 2000, \"amount_discount\": 200, \"amount_tax\": 171, "
               "\"amount_total\": 1971, \"price\": {\"id\": \"price_1\", \"object\": \"price\", "
               "\"currency\": \"usd\", \"unit_amount\": 1000, \"unit_amount_decimal\": \"1000\", "
               "\"product\": {\"id\": \"prod_1\", \"object\": \"product\", \"name\": \"Mug\"}}, "
               "\"discounts\": [{\"amount\": 200, \"discount\": {\"id\": \"di_1\"}}], \"taxes\": "
               "[{\"amount\": 171, \"rate\": {\"id\": \"txr_1\", \"display_name\": \"VAT\", "
               "\"percentage\": 9.5}}]}], \"has_more\": false, \"url\": \"/v1/x\"}");
    assert_int_equal(made_rows(TABLE_LINE_ITEMS), 1);
    assert_str(line(0, "source_line_id"), "li_1");
    assert_str(line(0, "source_price_id"), "price_1");
    assert_str(line(0, "source_product_id"), "prod_1");
    assert_str(line(0, "title"), "Mug");
    assert_str(line(0, "quantity"), "2");
    assert_str(line(0, "price"), "10.00");
    assert_str(line(0, "total_discount"), "2.00");
    assert_str(line(0, "extra"),
               "{\"amount_tax\": 171, \"amount_total\": 1971, \"amount_subtotal\": 2000}");
    assert_non_null(line(0, "discount_allocations").data);
    assert_int_equal(made_rows(TABLE_TAX_LINES), 1);
    assert_str(made_cell(TABLE_TAX_LINES, 0, "scope"), "line_item");
    assert_true(str_equal(made_cell(TABLE_TAX_LINES, 0, "parent_key"), line(0, "line_item_key")));
    assert_str(made_cell(TABLE_TAX_LINES, 0, "rate"), "0.095");
    assert_int_equal(made_change.drift.count, 0);
}

/* printf '%s' li_1 | sha256sum: 63 bits of its first eight bytes. */
static void a_text_id_makes_a_key_that_anyone_can_compute(void **state)
{
    (void)state;
    transforms("\"line_items\": {\"data\": [{\"id\": \"li_1\"}, {\"id\": \"li_2\"}, {\"id\": "
               "\"li_1\"}, {}]}");
    assert_int_equal(made_rows(TABLE_LINE_ITEMS), 4);
    assert_str(line(row_with(TABLE_LINE_ITEMS, "position", "0"), "line_item_key"),
               "5200714999417799602");
    assert_str(line(row_with(TABLE_LINE_ITEMS, "position", "2"), "line_item_key"), "-3");
    assert_str(line(row_with(TABLE_LINE_ITEMS, "position", "3"), "line_item_key"), "-4");
    assert_true(
        made_drifted(DRIFT_VALUE_RULE, "line_items.data[].id", "repeated id: place is the key"));
}

static void the_unit_price_is_the_buyers_own(void **state)
{
    (void)state;
    static const struct {
        const char *price;
        const char *text; /* NULL: cannot be told */
    } cases[] = {
        {"{\"currency\": \"usd\", \"unit_amount\": 1000}", "10.00"},
        {"{\"currency\": \"usd\", \"unit_amount\": null, \"unit_amount_decimal\": \"1000.5\"}",
         "10.005"},
        {"{\"currency\": \"usd\", \"unit_amount\": 1000, \"unit_amount_decimal\": \"1000\"}",
         "10.00"},
        {"{\"currency\": \"eur\", \"unit_amount\": 900}", "10.00"},
        {"{\"currency\": \"usd\", \"unit_amount\": null, \"custom_unit_amount\": {}}", "10.00"},
        {"null", "10.00"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        transforms("\"line_items\": {\"data\": [{\"id\": \"li_1\", \"currency\": \"usd\", "
                   "\"quantity\": 2, \"amount_subtotal\": 2000, \"price\": %s}]}",
                   cases[i].price);
        assert_str(line(0, "price"), cases[i].text);
    }
    transforms("\"line_items\": {\"data\": [{\"id\": \"li_1\", \"currency\": \"usd\", "
               "\"quantity\": 3, \"amount_subtotal\": 2000, \"price\": null}]}");
    made_is_null(line(0, "price"));
}

/* The source merges pages: what came in parts must be whole. */
static void many_lines_land_and_a_list_that_is_not_whole_is_told(void **state)
{
    (void)state;
    struct buffer items = {.max = 1u << 20};
    for (int i = 0; i < 101; i++)
        buffer_append_format(&items, "%s{\"id\": \"li_%d\", \"quantity\": 1}", i == 0 ? "" : ",",
                             i);
    transforms("\"line_items\": {\"data\": [%s], \"has_more\": false}", items.data);
    assert_int_equal(made_rows(TABLE_LINE_ITEMS), 101);
    transforms("\"line_items\": {\"data\": [%s], \"has_more\": true}", items.data);
    assert_true(made_drifted(DRIFT_VALUE_RULE, "line_items.has_more", "the list is not whole"));
    buffer_free(&items);
}

static void shipping_cost_is_a_shipping_line(void **state)
{
    (void)state;
    transforms("\"shipping_cost\": {\"amount_subtotal\": 499, \"amount_tax\": 95, "
               "\"amount_total\": 594, \"shipping_rate\": \"shr_1\", \"taxes\": [{\"amount\": 95, "
               "\"rate\": {\"display_name\": \"VAT\", \"percentage\": 19}}]}");
    assert_int_equal(made_rows(TABLE_SHIPPING_LINES), 1);
    assert_str(made_cell(TABLE_SHIPPING_LINES, 0, "position"), "0");
    assert_str(made_cell(TABLE_SHIPPING_LINES, 0, "price"), "4.99");
    assert_str(made_cell(TABLE_SHIPPING_LINES, 0, "code"), "shr_1");
    assert_int_equal(made_rows(TABLE_TAX_LINES), 1);
    assert_str(made_cell(TABLE_TAX_LINES, 0, "scope"), "shipping_line");
    assert_str(made_cell(TABLE_TAX_LINES, 0, "parent_key"), "0");
    assert_str(made_cell(TABLE_TAX_LINES, 0, "rate"), "0.19");
}

/* --- refunds --- */

static size_t repayment(const char *id)
{
    for (size_t i = 0; i < made_rows(TABLE_REFUNDS); i++) {
        if (str_equal(made_cell(TABLE_REFUNDS, i, "payment_id"), str_from(id)) &&
            str_equal(made_cell(TABLE_REFUNDS, i, "component"), STR("transaction")))
            return i;
    }
    fail_msg("no payment of %s", id);
    return 0;
}

static void a_refund_is_a_header_and_a_payment(void **state)
{
    (void)state;
    transforms(
        "\"refunds\": {\"object\": \"list\", \"data\": [{\"id\": \"re_1\", \"object\": "
        "\"refund\", \"amount\": 500, \"currency\": \"usd\", \"created\": 1700000500, "
        "\"status\": \"succeeded\", \"reason\": \"requested_by_customer\", \"charge\": "
        "{\"id\": \"ch_1\"}, \"payment_intent\": \"pi_1\", \"metadata\": {\"by\": \"ann\"}}, "
        "{\"id\": \"re_2\", \"amount\": 900, \"currency\": \"jpy\", \"created\": 1700000600, "
        "\"status\": \"failed\", \"failure_reason\": \"expired_or_canceled_card\", "
        "\"presentment_details\": {\"presentment_amount\": 1234, \"presentment_currency\": "
        "\"kwd\"}}, {\"id\": \"re_3\", \"amount\": 1, \"currency\": \"usd\", \"status\": "
        "\"vaporised\"}]}");
    assert_str(made_order("financial_status"), "paid");
    assert_int_equal(made_rows(TABLE_REFUNDS), 6);
    size_t row = repayment("re_1");
    assert_str(made_cell(TABLE_REFUNDS, row, "kind"), "refund");
    assert_str(made_cell(TABLE_REFUNDS, row, "status"), "success");
    assert_str(made_cell(TABLE_REFUNDS, row, "amount"), "5.00");
    assert_str(made_cell(TABLE_REFUNDS, row, "currency"), "USD");
    assert_str(made_cell(TABLE_REFUNDS, row, "gateway"), "stripe");
    assert_str(made_cell(TABLE_REFUNDS, row, "processed_at"), "2023-11-14 22:21:40+00");
    struct str id = made_cell(TABLE_REFUNDS, row, "refund_id");
    assert_true(id.data[0] != '-');
    row = row_with(TABLE_REFUNDS, "status", "succeeded");
    assert_str(made_cell(TABLE_REFUNDS, row, "component"), "refund");
    assert_str(made_cell(TABLE_REFUNDS, row, "reason"), "requested_by_customer");
    assert_str(made_cell(TABLE_REFUNDS, row, "extra"), "{\"metadata\": {\"by\": \"ann\"}}");
    assert_true(str_equal(made_cell(TABLE_REFUNDS, row, "refund_id"), id));
    row = repayment("re_2");
    assert_str(made_cell(TABLE_REFUNDS, row, "status"), "failure");
    assert_str(made_cell(TABLE_REFUNDS, row, "amount"), "900");
    assert_str(made_cell(TABLE_REFUNDS, row, "error_code"), "expired_or_canceled_card");
    assert_str(made_cell(TABLE_REFUNDS, row, "presentment_amount"), "1.234");
    assert_str(made_cell(TABLE_REFUNDS, repayment("re_3"), "status"), "vaporised");
    assert_true(made_drifted(DRIFT_VALUE_RULE, "refunds.data[].status", "unknown word"));
}

static void refunds_with_one_id_or_none_stay_apart(void **state)
{
    (void)state;
    transforms("\"refunds\": {\"data\": [{\"id\": \"re_1\", \"amount\": 1, \"currency\": \"usd\"}, "
               "{\"id\": \"re_1\", \"amount\": 2, \"currency\": \"usd\"}, {\"amount\": 3, "
               "\"currency\": \"usd\"}]}");
    assert_int_equal(made_rows(TABLE_REFUNDS), 6);
    for (size_t i = 1; i < made_rows(TABLE_REFUNDS); i++)
        assert_true(row_key_compare(table_get(TABLE_REFUNDS),
                                    &made_change.order.tables[TABLE_REFUNDS].rows[i - 1],
                                    &made_change.order.tables[TABLE_REFUNDS].rows[i]) < 0);
}

/* --- erasure --- */

static void what_is_personal_leaves_and_the_rest_transforms_again(void **state)
{
    (void)state;
    transforms("\"customer_details\": {\"email\": \"ann@example.com\", \"name\": \"Ann\"}, "
               "\"client_secret\": \"cs_secret\", \"metadata\": {\"for\": \"Ann\"}, \"customer\": "
               "\"cus_1\", \"payment_intent\": {\"id\": \"pi_1\", \"latest_charge\": {\"id\": "
               "\"ch_1\", \"billing_details\": {\"name\": \"Ann\"}}}, \"refunds\": {\"data\": "
               "[{\"id\": \"re_1\", \"amount\": 500, \"currency\": \"usd\", \"charge\": {\"x\": "
               "\"Ann\"}}]}");
    redact_change(&made_change, &made_arena);
    assert_null(strstr(made_change.json.data, "Ann"));
    assert_null(strstr(made_change.json.data, "ann@"));
    assert_null(strstr(made_change.json.data, "cs_secret"));
    struct document stored = orders_document("cs_1", made_change.json.data, &made_arena);
    stored.source = SOURCE_STRIPE;
    made_transforms(stored);
    assert_str(made_order("payment_intent_id"), "pi_1");
    assert_str(made_order("customer_gid"), "cus_1");
    assert_str(made_order("total_price"), "25.00");
    assert_int_equal(made_rows(TABLE_REFUNDS), 2);
    made_is_null(made_order("email"));
}

/* --- limits --- */

static void a_megabyte_of_metadata_lands(void **state)
{
    (void)state;
    struct buffer fields = {.max = 4u << 20};
    char block[1024];
    memset(block, 'm', sizeof(block));
    buffer_append_text(&fields, "\"metadata\": {\"note\": \"");
    for (int i = 0; i < 1024; i++)
        buffer_append(&fields, block, sizeof(block));
    buffer_append_text(&fields, "\"}");
    made_transforms(made_session(fields.data));
    assert_in_range(made_order("metadata").len, 1u << 20, (1u << 20) + 64);
    buffer_free(&fields);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_paid_session_is_an_order, made_free),
        cmocka_unit_test_teardown(what_is_no_sale_has_its_reason, made_free),
        cmocka_unit_test_teardown(unsettled_and_free_sessions_are_orders, made_free),
        cmocka_unit_test_teardown(words_of_tomorrow_are_kept_and_told, made_free),
        cmocka_unit_test_teardown(amounts_have_the_digits_of_their_currency, made_free),
        cmocka_unit_test_teardown(totals_and_their_breakdown, made_free),
        cmocka_unit_test_teardown(discounts_without_a_breakdown, made_free),
        cmocka_unit_test_teardown(the_buyers_currency_stands_beside_the_shops, made_free),
        cmocka_unit_test_teardown(the_legacy_conversion_has_the_shops, made_free),
        cmocka_unit_test_teardown(an_empty_conversion_says_nothing, made_free),
        cmocka_unit_test_teardown(customer_details_go_before_the_prefilled_email, made_free),
        cmocka_unit_test_teardown(an_address_that_is_an_empty_text_is_none, made_free),
        cmocka_unit_test_teardown(shipping_is_read_from_the_newest_place, made_free),
        cmocka_unit_test_teardown(objects_stand_for_their_ids, made_free),
        cmocka_unit_test_teardown(metadata_and_custom_fields_are_kept, made_free),
        cmocka_unit_test_teardown(a_line_has_its_ids_amounts_and_taxes, made_free),
        cmocka_unit_test_teardown(a_text_id_makes_a_key_that_anyone_can_compute, made_free),
        cmocka_unit_test_teardown(the_unit_price_is_the_buyers_own, made_free),
        cmocka_unit_test_teardown(many_lines_land_and_a_list_that_is_not_whole_is_told, made_free),
        cmocka_unit_test_teardown(shipping_cost_is_a_shipping_line, made_free),
        cmocka_unit_test_teardown(a_refund_is_a_header_and_a_payment, made_free),
        cmocka_unit_test_teardown(refunds_with_one_id_or_none_stay_apart, made_free),
        cmocka_unit_test_teardown(what_is_personal_leaves_and_the_rest_transforms_again, made_free),
        cmocka_unit_test_teardown(a_megabyte_of_metadata_lands, made_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
