/* The mapping of Printful's order (API v1). It makes no order: its rows go to the sale it is
 * attached to. Costs are the shop's expense. Sources: the OpenAPI text of v1 and the bodies in
 * public repositories, which mix numbers and strings freely. */
#include "model/mapping_fields.h"
#include "model/sale.h"

/* clang-format off */
static const struct mapping_field parcel_fields[] = {
    KNOWN("id"),
    PRIVATE("external_id"),
    WORD("status", RULE_TEXT, "status", FIELD_REQUIRED | FIELD_EMPTY_NULL, printful_status_known),
    FIELD("shipping_service_name", RULE_TEXT, "service"),
    FIELD("created", RULE_MOMENT, "created_at"),
    FIELD("updated", RULE_MOMENT, "updated_at"),
    OPENS("costs", RULE_SCOPE, SCOPE_PARCEL_COSTS, NULL, FIELD_EXPECTED),
    OPENS("shipments", RULE_ROWS, SCOPE_PARCEL_SHIPMENT, "printful", 0),
    OPENS("items", RULE_ROWS, SCOPE_PARCEL_ITEM, NULL, FIELD_EXPECTED),
    KEPT("error", FIELD_PERSONAL),
    KEPT("errorCode", 0),
    KEPT("retail_costs", 0),
    KEPT("shipping", 0),
    KNOWN("branding_items"),
    KNOWN("can_change_hold"),
    KNOWN("dashboard_url"),
    PRIVATE("gift"),
    KNOWN("has_discontinued_items"),
    KNOWN("incomplete_items"),
    KNOWN("is_sample"),
    KNOWN("needs_approval"),
    KNOWN("not_synced"),
    PRIVATE("notes"),
    PRIVATE("packing_slip"),
    KNOWN("pricing_breakdown"),
    PRIVATE("recipient"),
    KNOWN("store"),
};

static const struct mapping_field costs_fields[] = {
    MARKED("currency", RULE_CURRENCY, "cost_currency", FIELD_EMPTY_NULL),
    FIELD("subtotal", RULE_MONEY, "cost_subtotal"),
    FIELD("discount", RULE_MONEY, "cost_discount"),
    FIELD("shipping", RULE_MONEY, "cost_shipping"),
    FIELD("digitization", RULE_MONEY, "cost_digitization"),
    FIELD("additional_fee", RULE_MONEY, "cost_additional_fee"),
    FIELD("fulfillment_fee", RULE_MONEY, "cost_fulfillment_fee"),
    FIELD("retail_delivery_fee", RULE_MONEY, "cost_retail_delivery_fee"),
    FIELD("tax", RULE_MONEY, "cost_tax"),
    FIELD("vat", RULE_MONEY, "cost_vat"),
    FIELD("total", RULE_MONEY, "cost_total"),
};

static const struct mapping_field shipment_fields[] = {
    KNOWN("id"),
    FIELD("carrier", RULE_TEXT, "tracking_company"),
    FIELD("service", RULE_TEXT, "service"),
    MARKED("tracking_number", RULE_LABEL, "tracking_number", FIELD_EMPTY_NULL),
    MARKED("tracking_url", RULE_TEXT, "tracking_url", FIELD_EMPTY_NULL),
    MARKED("status", RULE_TEXT, "status", FIELD_EMPTY_NULL),
    FIELD("created", RULE_MOMENT, "created_at"),
    FIELD("ship_date", RULE_MOMENT, "shipped_at"),
    MARKED("shipped_at", RULE_MOMENT, "shipped_at", FIELD_PREFER),
    FIELD("reshipment", RULE_BOOLEAN, "reshipment"),
    FIELD("items", RULE_LIST, "line_items"),
    KEPT("location", 0),
};

static const struct mapping_field item_fields[] = {
    KNOWN("id"),
    FIELD("name", RULE_TEXT, "title"),
    FIELD("name", RULE_TEXT, "name"),
    FIELD("sku", RULE_LABEL, "sku"),
    FIELD("quantity", RULE_INTEGER, "quantity"),
    FIELD("retail_price", RULE_MONEY, "price"),
    FIELD("price", RULE_MONEY, "supply_price"),
    MARKED("currency", RULE_CURRENCY, "supply_currency", FIELD_EMPTY_NULL),
    FIELD("variant_id", RULE_LABEL, "supplier_sku"),
    KEPT("external_id", 0),
    KEPT("external_variant_id", 0),
    KEPT("sync_variant_id", 0),
    KNOWN("discontinued"),
    KNOWN("external_product_id"),
    PRIVATE("files"),
    PRIVATE("options"),
    KNOWN("out_of_stock"),
    KNOWN("out_of_stock_eu"),
    KNOWN("product"),
    KNOWN("product_id"),
    KNOWN("product_template_id"),
    KNOWN("warehouse_product_variant_id"),
};

#define PRINTFUL(id, fields, path, table) [(id) - SCOPE_PRINTFUL_FIRST] = SCOPE(SOURCE_PRINTFUL, id, fields, path, table, false, NULL)
const struct mapping_scope mapping_printful_scopes[] = {
    PRINTFUL(SCOPE_PARCEL, parcel_fields, "", TABLE_FULFILLMENTS),
    PRINTFUL(SCOPE_PARCEL_COSTS, costs_fields, "costs", TABLE_FULFILLMENTS),
    PRINTFUL(SCOPE_PARCEL_SHIPMENT, shipment_fields, "shipments[]", TABLE_FULFILLMENTS),
    PRINTFUL(SCOPE_PARCEL_ITEM, item_fields, "items[], where the sale has no line items of its own", TABLE_LINE_ITEMS),
};
/* clang-format on */
