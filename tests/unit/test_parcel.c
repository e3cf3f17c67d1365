/* Printful orders made for each rule: numbers and texts alike, several shipments, words nobody
 * knows. */
#include "tests/lib/check.h"

#include "tests/lib/made_order.h"

static struct str row(size_t i, const char *column)
{
    return made_cell(TABLE_FULFILLMENTS, i, column);
}

/* The row at a position of the document. */
static size_t at(const char *position)
{
    for (size_t i = 0; i < made_rows(TABLE_FULFILLMENTS); i++) {
        if (str_equal(row(i, "position"), str_from(position)))
            return i;
    }
    fail_msg("no row at %s", position);
    return 0;
}

static void it_attaches_and_makes_no_order(void **state)
{
    (void)state;
    made_transforms(made_parcel("\"shipping_service_name\": \"Flat Rate\""));
    assert_true(made_change.attachment.present);
    assert_str(made_change.attachment.reference, "1042");
    assert_int_equal(made_rows(TABLE_ORDERS), 0);
    assert_int_equal(made_rows(TABLE_FULFILLMENTS), 1);
    assert_str(row(0, "source"), "printful");
    assert_str(row(0, "fulfillment_id"), "PF-77");
    assert_str(row(0, "position"), "0");
    assert_str(row(0, "status"), "fulfilled");
    assert_str(row(0, "service"), "Flat Rate");
    assert_str(row(0, "created_at"), "2023-11-14 22:13:20+00");
    assert_str(row(0, "updated_at"), "2023-11-14 22:15:00+00");
    assert_false(made_change.customer.present);
    assert_int_equal(made_change.drift.count, 0);
}

static void the_reference_may_be_a_number_or_missing(void **state)
{
    (void)state;
    made_transforms(made_parcel("\"external_id\": 4235234213"));
    assert_str(made_change.attachment.reference, "4235234213");
    made_transforms(made_parcel("\"external_id\": null"));
    made_is_null(made_change.attachment.reference);
    made_transforms(made_parcel("\"external_id\": \"\""));
    made_is_null(made_change.attachment.reference);
    assert_true(made_change.attachment.present);
}

static void costs_are_numbers_or_texts(void **state)
{
    (void)state;
    made_transforms(made_parcel(
        "\"costs\": {\"currency\": \"usd\", \"subtotal\": \"50.00\", \"discount\": 0, "
        "\"shipping\": 15.5, \"tax\": \"6.84\", \"total\": 72.34, \"vat\": null, \"digitization\": "
        "\"0.00\", \"additional_fee\": \"\", \"fulfillment_fee\": 0.10, \"retail_delivery_fee\": "
        "\"1\"}"));
    assert_str(row(0, "cost_currency"), "USD");
    assert_str(row(0, "cost_subtotal"), "50.00");
    assert_str(row(0, "cost_discount"), "0");
    assert_str(row(0, "cost_shipping"), "15.5");
    assert_str(row(0, "cost_tax"), "6.84");
    assert_str(row(0, "cost_total"), "72.34");
    made_is_null(row(0, "cost_vat"));
    made_is_null(row(0, "cost_additional_fee"));
    assert_str(row(0, "cost_fulfillment_fee"), "0.10");
    assert_str(row(0, "cost_retail_delivery_fee"), "1");
    made_fails(made_parcel("\"costs\": {\"total\": \"a lot\"}"), ERROR_MONEY_INVALID, "costs.total",
               "not a decimal number");
}

static void every_shipment_has_a_row(void **state)
{
    (void)state;
    made_transforms(made_parcel(
        "\"shipments\": [{\"id\": 10, \"carrier\": \"FEDEX\", \"service\": \"SmartPost\", "
        "\"tracking_number\": 9400111, \"tracking_url\": \"https://t.example/1\", \"created\": "
        "1588716060, \"ship_date\": \"2020-05-05\", \"shipped_at\": 1588716060, \"reshipment\": "
        "false, \"items\": [{\"item_id\": 1, \"quantity\": 1}]}, {\"id\": 11, "
        "\"tracking_number\": \"1Z-A\", \"ship_date\": \"2020-05-06\", \"shipped_at\": null, "
        "\"reshipment\": true, \"items\": []}, {\"id\": \"s-12\", \"tracking_number\": null, "
        "\"shipped_at\": \"1588716060\"}, {\"shipped_at\": \"2020-05-07T10:00:00Z\"}, {\"id\": 10, "
        "\"shipped_at\": \"yesterday\"}]"));
    assert_int_equal(made_rows(TABLE_FULFILLMENTS), 6);
    assert_str(row(at("1"), "fulfillment_id"), "10");
    assert_str(row(at("1"), "tracking_number"), "9400111");
    assert_str(row(at("1"), "tracking_company"), "FEDEX");
    assert_str(row(at("1"), "shipped_at"), "2020-05-05 22:01:00+00");
    assert_str(row(at("1"), "reshipment"), "f");
    assert_non_null(row(at("1"), "line_items").data);
    assert_str(row(at("2"), "tracking_number"), "1Z-A");
    assert_str(row(at("2"), "shipped_at"), "2020-05-06 00:00:00+00");
    assert_str(row(at("3"), "fulfillment_id"), "s-12");
    assert_str(row(at("3"), "shipped_at"), "2020-05-05 22:01:00+00");
    assert_str(row(at("4"), "fulfillment_id"), "PF-77/4");
    assert_str(row(at("4"), "shipped_at"), "2020-05-07 10:00:00+00");
    assert_str(row(at("5"), "fulfillment_id"), "PF-77/5");
    made_is_null(row(at("5"), "shipped_at"));
    assert_true(made_drifted(DRIFT_VALUE_RULE, "shipments[].shipped_at", "not a moment in time"));
}

static void items_are_lines_for_a_sale_without_any(void **state)
{
    (void)state;
    made_transforms(made_parcel(
        "\"items\": [{\"id\": 17621, \"external_id\": \"item-1\", \"variant_id\": 4012, \"sku\": "
        "null, \"quantity\": 2, \"price\": \"13.00\", \"retail_price\": 20, \"name\": \"Poster\", "
        "\"product\": {}, \"files\": [], \"options\": [{\"id\": \"x\", \"value\": [\"a\"]}]}]"));
    assert_int_equal(made_rows(TABLE_LINE_ITEMS), 1);
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "source_line_id"), "printful:17621");
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "line_item_key"), "8581257840023835523");
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "title"), "Poster");
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "quantity"), "2");
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "price"), "20");
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "supplier"), "Printful");
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "supplier_sku"), "4012");
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "supply_price"), "13.00");
    assert_str(made_cell(TABLE_LINE_ITEMS, 0, "supply_currency"), "USD");
    made_is_null(made_cell(TABLE_LINE_ITEMS, 0, "sku"));
    assert_int_equal(made_change.drift.count, 0);
}

static void an_unknown_status_is_kept_and_told(void **state)
{
    (void)state;
    made_transforms(made_parcel("\"status\": \"confirmed\""));
    assert_str(row(0, "status"), "confirmed");
    assert_true(made_drifted(DRIFT_VALUE_RULE, "status", "unknown word"));
}

static void what_is_no_order_is_refused(void **state)
{
    (void)state;
    made_fails(made_parcel("\"id\": null"), ERROR_FIELD_MISSING, "id", "id is missing");
    made_fails(made_parcel("\"status\": null"), ERROR_FIELD_MISSING, "status", "is empty");
    made_transforms(made_parcel("\"id\": \"12345\""));
}

static void texts_of_people_stay_out_of_the_rows(void **state)
{
    (void)state;
    made_transforms(made_parcel("\"recipient\": {\"name\": \"Ann\", \"address1\": \"1 Way\\nB\"}, "
                                "\"gift\": {\"message\": \"Hi Bo\"}, \"notes\": \"Ann\""));
    for (size_t i = 0; i < table_get(TABLE_FULFILLMENTS)->column_count; i++) {
        struct str cell = made_change.order.tables[TABLE_FULFILLMENTS].rows[0].cells[i];
        assert_true(cell.data == NULL || strstr(cell.data, "Ann") == NULL);
    }
    assert_int_equal(made_change.drift.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(it_attaches_and_makes_no_order, made_free),
        cmocka_unit_test_teardown(the_reference_may_be_a_number_or_missing, made_free),
        cmocka_unit_test_teardown(costs_are_numbers_or_texts, made_free),
        cmocka_unit_test_teardown(every_shipment_has_a_row, made_free),
        cmocka_unit_test_teardown(items_are_lines_for_a_sale_without_any, made_free),
        cmocka_unit_test_teardown(an_unknown_status_is_kept_and_told, made_free),
        cmocka_unit_test_teardown(what_is_no_order_is_refused, made_free),
        cmocka_unit_test_teardown(texts_of_people_stay_out_of_the_rows, made_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
