/* The mapping of Shopify's REST order object, field by field. Data first; preparing it and that of
 * the other sources (mapping_stripe.c, mapping_printful.c) for the transform at the end. */
#include "model/mapping.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/mapping_fields.h"

/* clang-format off */
static const struct mapping_field order_fields[] = {
    MARKED("id", RULE_ID, "shop_order_id", FIELD_REQUIRED),
    FIELD("admin_graphql_api_id", RULE_TEXT, "shop_gid"),
    FIELD("name", RULE_TEXT, "name"),
    FIELD("order_number", RULE_INTEGER, "order_number"),
    FIELD("number", RULE_INTEGER, "number"),
    FIELD("confirmation_number", RULE_TEXT, "confirmation_number"),
    FIELD("po_number", RULE_TEXT, "po_number"),
    FIELD("token", RULE_TEXT, "token"),
    FIELD("cart_token", RULE_TEXT, "cart_token"),
    FIELD("checkout_token", RULE_TEXT, "checkout_token"),
    FIELD("checkout_id", RULE_INTEGER, "checkout_id"),
    FIELD("reference", RULE_TEXT, "reference"),
    FIELD("source_identifier", RULE_TEXT, "source_identifier"),
    FIELD("source_name", RULE_TEXT, "source_name"),
    FIELD("source", RULE_TEXT, "source"),
    FIELD("source_url", RULE_TEXT, "source_url"),
    FIELD("app_id", RULE_INTEGER, "app_id"),
    FIELD("merchant_of_record_app_id", RULE_INTEGER, "merchant_of_record_app_id"),
    FIELD("merchant_business_entity_id", RULE_TEXT, "merchant_business_entity_id"),
    FIELD("location_id", RULE_INTEGER, "location_id"),
    FIELD("user_id", RULE_INTEGER, "user_id"),
    FIELD("device_id", RULE_INTEGER, "device_id"),
    MARKED("created_at", RULE_TIMESTAMP, "created_at", FIELD_EXPECTED),
    MARKED("updated_at", RULE_TIMESTAMP, "updated_at", FIELD_EXPECTED),
    FIELD("processed_at", RULE_TIMESTAMP, "processed_at"),
    FIELD("closed_at", RULE_TIMESTAMP, "closed_at"),
    FIELD("cancelled_at", RULE_TIMESTAMP, "cancelled_at"),
    FIELD("cancel_reason", RULE_TEXT, "cancel_reason"),
    MARKED("financial_status", RULE_TEXT, "financial_status", FIELD_EXPECTED | FIELD_EMPTY_NULL | FIELD_INDEXED),
    MARKED("fulfillment_status", RULE_TEXT, "fulfillment_status", FIELD_EMPTY_NULL | FIELD_INDEXED),
    FIELD("confirmed", RULE_BOOLEAN, "confirmed"),
    FIELD("test", RULE_BOOLEAN, "test"),
    FIELD("taxes_included", RULE_BOOLEAN, "taxes_included"),
    FIELD("tax_exempt", RULE_BOOLEAN, "tax_exempt"),
    FIELD("estimated_taxes", RULE_BOOLEAN, "estimated_taxes"),
    FIELD("duties_included", RULE_BOOLEAN, "duties_included"),
    FIELD("buyer_accepts_marketing", RULE_BOOLEAN, "buyer_accepts_marketing"),
    MARKED("currency", RULE_TEXT, "currency", FIELD_REQUIRED | FIELD_EMPTY_NULL),
    MARKED("presentment_currency", RULE_TEXT, "presentment_currency", FIELD_EMPTY_NULL),
    FIELD("subtotal_price", RULE_MONEY, "subtotal_price"),
    SET("subtotal_price_set", "subtotal_price"),
    MARKED("total_price", RULE_MONEY, "total_price", FIELD_REQUIRED),
    SET("total_price_set", "total_price"),
    FIELD("total_tax", RULE_MONEY, "total_tax"),
    SET("total_tax_set", "total_tax"),
    FIELD("total_discounts", RULE_MONEY, "total_discounts"),
    SET("total_discounts_set", "total_discounts"),
    FIELD("total_line_items_price", RULE_MONEY, "total_line_items_price"),
    SET("total_line_items_price_set", "total_line_items_price"),
    SET("total_shipping_price_set", "total_shipping_price"),
    SET("original_total_duties_set", "original_total_duties"),
    SET("original_total_additional_fees_set", "original_total_additional_fees"),
    FIELD("current_subtotal_price", RULE_MONEY, "current_subtotal_price"),
    SET("current_subtotal_price_set", "current_subtotal_price"),
    FIELD("current_total_price", RULE_MONEY, "current_total_price"),
    SET("current_total_price_set", "current_total_price"),
    FIELD("current_total_tax", RULE_MONEY, "current_total_tax"),
    SET("current_total_tax_set", "current_total_tax"),
    FIELD("current_total_discounts", RULE_MONEY, "current_total_discounts"),
    SET("current_total_discounts_set", "current_total_discounts"),
    SET("current_total_duties_set", "current_total_duties"),
    SET("current_total_additional_fees_set", "current_total_additional_fees"),
    SET("current_shipping_price_set", "current_shipping_price"),
    SET("total_cash_rounding_payment_adjustment_set", "cash_rounding_payment_adjustment"),
    SET("total_cash_rounding_refund_adjustment_set", "cash_rounding_refund_adjustment"),
    FIELD("total_tip_received", RULE_MONEY, "total_tip_received"),
    FIELD("total_outstanding", RULE_MONEY, "total_outstanding"),
    FIELD("total_price_usd", RULE_MONEY, "total_price_usd"),
    FIELD("total_weight", RULE_INTEGER, "total_weight"),
    MARKED("email", RULE_TEXT, "email", FIELD_EXPECTED | FIELD_EMPTY_NULL),
    MARKED("contact_email", RULE_TEXT, "contact_email", FIELD_EMPTY_NULL),
    MARKED("phone", RULE_TEXT, "phone", FIELD_EMPTY_NULL),
    FIELD("customer_locale", RULE_TEXT, "customer_locale"),
    FIELD("browser_ip", RULE_TEXT, "browser_ip"),
    FIELD("client_details", RULE_JSON, "client_details"),
    FIELD("landing_site", RULE_TEXT, "landing_site"),
    FIELD("landing_site_ref", RULE_TEXT, "landing_site_ref"),
    FIELD("referring_site", RULE_TEXT, "referring_site"),
    FIELD("order_status_url", RULE_TEXT, "order_status_url"),
    FIELD("gateway", RULE_TEXT, "gateway"),
    FIELD("processing_method", RULE_TEXT, "processing_method"),
    FIELD("payment_gateway_names", RULE_TEXT_LIST, "payment_gateway_names"),
    FIELD("payment_terms", RULE_JSON, "payment_terms"),
    FIELD("payment_details", RULE_JSON, "payment_details"),
    FIELD("company", RULE_JSON, "company"),
    FIELD("tags", RULE_TAGS, "tags"),
    FIELD("note", RULE_TEXT, "note"),
    FIELD("note_attributes", RULE_LIST, "note_attributes"),
    FIELD("discount_codes", RULE_LIST, "discount_codes"),
    FIELD("transactions", RULE_LIST, "transactions"),
    FIELD("fulfillment_orders", RULE_LIST, "fulfillment_orders"),
    FIELD("line_item_groups", RULE_LIST, "line_item_groups"),
    OPENS("customer", RULE_SCOPE, SCOPE_CUSTOMER, NULL, FIELD_EXPECTED),
    OPENS("billing_address", RULE_ROW, SCOPE_ADDRESS, "billing", 0),
    OPENS("shipping_address", RULE_ROW, SCOPE_ADDRESS, "shipping", 0),
    OPENS("line_items", RULE_ROWS, SCOPE_LINE_ITEM, NULL, FIELD_EXPECTED),
    OPENS("shipping_lines", RULE_ROWS, SCOPE_SHIPPING_LINE, NULL, FIELD_EXPECTED),
    OPENS("tax_lines", RULE_ROWS, SCOPE_TAX_LINE, "order", FIELD_EXPECTED),
    OPENS("discount_applications", RULE_ROWS, SCOPE_DISCOUNT, NULL, 0),
    OPENS("fulfillments", RULE_ROWS, SCOPE_FULFILLMENT, "shopify", FIELD_EXPECTED),
    OPENS("refunds", RULE_ROWS, SCOPE_REFUND, "refund", FIELD_EXPECTED),
    OPENS("returns", RULE_ROWS, SCOPE_RETURN, "return", 0),
};

static const struct mapping_field customer_fields[] = {
    FIELD("id", RULE_ID, "shop_customer_id"),
    FIELD("admin_graphql_api_id", RULE_TEXT, "customer_gid"),
    MARKED("email", RULE_TEXT, "customer_email", FIELD_EMPTY_NULL | FIELD_INDEXED),
    MARKED("phone", RULE_TEXT, "customer_phone", FIELD_EMPTY_NULL),
    FIELD("first_name", RULE_TEXT, "customer_first_name"),
    FIELD("last_name", RULE_TEXT, "customer_last_name"),
    FIELD("state", RULE_TEXT, "customer_state"),
    FIELD("note", RULE_TEXT, "customer_note"),
    FIELD("tags", RULE_TAGS, "customer_tags"),
    FIELD("currency", RULE_TEXT, "customer_currency"),
    FIELD("verified_email", RULE_BOOLEAN, "customer_verified_email"),
    FIELD("tax_exempt", RULE_BOOLEAN, "customer_tax_exempt"),
    FIELD("tax_exemptions", RULE_LIST, "customer_tax_exemptions"),
    FIELD("accepts_marketing", RULE_BOOLEAN, "customer_accepts_marketing"),
    FIELD("accepts_marketing_updated_at", RULE_TIMESTAMP, "customer_accepts_marketing_updated_at"),
    FIELD("marketing_opt_in_level", RULE_TEXT, "customer_marketing_opt_in_level"),
    FIELD("email_marketing_consent", RULE_JSON, "customer_email_consent"),
    FIELD("sms_marketing_consent", RULE_JSON, "customer_sms_consent"),
    FIELD("orders_count", RULE_INTEGER, "customer_orders_count"),
    FIELD("total_spent", RULE_DECIMAL, "customer_total_spent"),
    FIELD("last_order_id", RULE_INTEGER, "customer_last_order_id"),
    FIELD("last_order_name", RULE_TEXT, "customer_last_order_name"),
    FIELD("multipass_identifier", RULE_TEXT, "customer_multipass_identifier"),
    FIELD("addresses", RULE_LIST, "customer_addresses"),
    FIELD("created_at", RULE_TIMESTAMP, "customer_created_at"),
    FIELD("updated_at", RULE_TIMESTAMP, "customer_updated_at"),
    OPENS("default_address", RULE_ROW, SCOPE_ADDRESS, "customer_default", 0),
};

static const struct mapping_field address_fields[] = {
    FIELD("first_name", RULE_TEXT, "first_name"),
    FIELD("last_name", RULE_TEXT, "last_name"),
    FIELD("name", RULE_TEXT, "name"),
    FIELD("company", RULE_TEXT, "company"),
    FIELD("address1", RULE_TEXT, "address1"),
    FIELD("address2", RULE_TEXT, "address2"),
    FIELD("city", RULE_TEXT, "city"),
    FIELD("province", RULE_TEXT, "province"),
    FIELD("province_code", RULE_TEXT, "province_code"),
    FIELD("country", RULE_TEXT, "country"),
    FIELD("country_code", RULE_TEXT, "country_code"),
    FIELD("zip", RULE_TEXT, "zip"),
    FIELD("phone", RULE_TEXT, "phone"),
    FIELD("latitude", RULE_DECIMAL, "latitude"),
    FIELD("longitude", RULE_DECIMAL, "longitude"),
    FIELD("id", RULE_INTEGER, "shop_address_id"),
    FIELD("customer_id", RULE_INTEGER, "shop_customer_id"),
    FIELD("default", RULE_BOOLEAN, "is_default"),
    KNOWN("country_name"),
};

static const struct mapping_field line_item_fields[] = {
    FIELD("id", RULE_ID, "shop_line_item_id"),
    FIELD("admin_graphql_api_id", RULE_TEXT, "shop_gid"),
    FIELD("product_id", RULE_INTEGER, "product_id"),
    FIELD("variant_id", RULE_INTEGER, "variant_id"),
    FIELD("sku", RULE_TEXT, "sku"),
    FIELD("vendor", RULE_TEXT, "vendor"),
    FIELD("title", RULE_TEXT, "title"),
    FIELD("variant_title", RULE_TEXT, "variant_title"),
    FIELD("name", RULE_TEXT, "name"),
    FIELD("quantity", RULE_INTEGER, "quantity"),
    FIELD("current_quantity", RULE_INTEGER, "current_quantity"),
    FIELD("fulfillable_quantity", RULE_INTEGER, "fulfillable_quantity"),
    FIELD("fulfillment_status", RULE_TEXT, "fulfillment_status"),
    FIELD("fulfillment_service", RULE_TEXT, "fulfillment_service"),
    FIELD("grams", RULE_INTEGER, "grams"),
    FIELD("price", RULE_MONEY, "price"),
    SET("price_set", "price"),
    FIELD("total_discount", RULE_MONEY, "total_discount"),
    SET("total_discount_set", "total_discount"),
    FIELD("pre_tax_price", RULE_MONEY, "pre_tax_price"),
    SET("pre_tax_price_set", "pre_tax_price"),
    FIELD("taxable", RULE_BOOLEAN, "taxable"),
    FIELD("gift_card", RULE_BOOLEAN, "gift_card"),
    FIELD("requires_shipping", RULE_BOOLEAN, "requires_shipping"),
    FIELD("product_exists", RULE_BOOLEAN, "product_exists"),
    FIELD("variant_inventory_management", RULE_TEXT, "variant_inventory_management"),
    FIELD("sales_line_item_group_id", RULE_INTEGER, "sales_line_item_group_id"),
    FIELD("tip", RULE_JSON, "tip"),
    FIELD("tip_payment_gateway", RULE_TEXT, "tip_payment_gateway"),
    FIELD("tip_payment_method", RULE_TEXT, "tip_payment_method"),
    FIELD("properties", RULE_LIST, "properties"),
    FIELD("discount_allocations", RULE_LIST, "discount_allocations"),
    FIELD("tax_lines", RULE_LIST, "tax_lines"),
    OPENS("tax_lines", RULE_ROWS, SCOPE_TAX_LINE, "line_item", 0),
    FIELD("duties", RULE_LIST, "duties"),
    OPENS("duties", RULE_ROWS, SCOPE_DUTY, NULL, 0),
    FIELD("attributed_staffs", RULE_LIST, "attributed_staffs"),
    FIELD("origin_location", RULE_JSON, "origin_location"),
    FIELD("destination_location", RULE_JSON, "destination_location"),
};

static const struct mapping_field duty_fields[] = {
    OPENS("tax_lines", RULE_ROWS, SCOPE_TAX_LINE, "duty", 0),
};

static const struct mapping_field tax_line_fields[] = {
    FIELD("title", RULE_TEXT, "title"),
    FIELD("rate", RULE_DECIMAL, "rate"),
    FIELD("price", RULE_MONEY, "price"),
    SET("price_set", "price"),
    FIELD("channel_liable", RULE_BOOLEAN, "channel_liable"),
    FIELD("source", RULE_TEXT, "source"),
};

static const struct mapping_field shipping_line_fields[] = {
    FIELD("id", RULE_INTEGER, "shop_shipping_line_id"),
    FIELD("title", RULE_TEXT, "title"),
    FIELD("code", RULE_TEXT, "code"),
    FIELD("source", RULE_TEXT, "source"),
    FIELD("carrier_identifier", RULE_TEXT, "carrier_identifier"),
    FIELD("requested_fulfillment_service_id", RULE_TEXT, "requested_fulfillment_service_id"),
    FIELD("delivery_category", RULE_TEXT, "delivery_category"),
    FIELD("phone", RULE_TEXT, "phone"),
    FIELD("price", RULE_MONEY, "price"),
    SET("price_set", "price"),
    FIELD("discounted_price", RULE_MONEY, "discounted_price"),
    SET("discounted_price_set", "discounted_price"),
    SET("current_discounted_price_set", "current_discounted_price"),
    FIELD("is_removed", RULE_BOOLEAN, "is_removed"),
    FIELD("tax_lines", RULE_LIST, "tax_lines"),
    OPENS("tax_lines", RULE_ROWS, SCOPE_TAX_LINE, "shipping_line", 0),
    FIELD("discount_allocations", RULE_LIST, "discount_allocations"),
};

static const struct mapping_field discount_fields[] = {
    FIELD("type", RULE_TEXT, "type"),
    FIELD("code", RULE_TEXT, "code"),
    FIELD("title", RULE_TEXT, "title"),
    FIELD("description", RULE_TEXT, "description"),
    FIELD("value", RULE_DECIMAL, "value"),
    FIELD("value_type", RULE_TEXT, "value_type"),
    FIELD("allocation_method", RULE_TEXT, "allocation_method"),
    FIELD("target_selection", RULE_TEXT, "target_selection"),
    FIELD("target_type", RULE_TEXT, "target_type"),
};

static const struct mapping_field fulfillment_fields[] = {
    KNOWN("id"),
    FIELD("admin_graphql_api_id", RULE_TEXT, "shop_gid"),
    KNOWN("order_id"),
    FIELD("name", RULE_TEXT, "name"),
    FIELD("status", RULE_TEXT, "status"),
    FIELD("shipment_status", RULE_TEXT, "shipment_status"),
    FIELD("created_at", RULE_TIMESTAMP, "created_at"),
    FIELD("updated_at", RULE_TIMESTAMP, "updated_at"),
    FIELD("service", RULE_TEXT, "service"),
    FIELD("location_id", RULE_INTEGER, "location_id"),
    FIELD("tracking_company", RULE_TEXT, "tracking_company"),
    FIELD("tracking_number", RULE_TEXT, "tracking_number"),
    FIELD("tracking_numbers", RULE_TEXT_LIST, "tracking_numbers"),
    FIELD("tracking_url", RULE_TEXT, "tracking_url"),
    FIELD("tracking_urls", RULE_TEXT_LIST, "tracking_urls"),
    FIELD("origin_address", RULE_JSON, "origin_address"),
    FIELD("receipt", RULE_JSON, "receipt"),
    FIELD("line_items", RULE_LIST, "line_items"),
};

static const struct mapping_field refund_fields[] = {
    FIELD("id", RULE_ID, "shop_component_id"),
    FIELD("admin_graphql_api_id", RULE_TEXT, "shop_gid"),
    KNOWN("order_id"),
    FIELD("created_at", RULE_TIMESTAMP, "created_at"),
    FIELD("processed_at", RULE_TIMESTAMP, "processed_at"),
    FIELD("user_id", RULE_INTEGER, "user_id"),
    FIELD("note", RULE_TEXT, "note"),
    FIELD("restock", RULE_BOOLEAN, "restock"),
    SET("total_duties_set", "total_duties"),
    SET("total_additional_fees_set", "total_additional_fees"),
    FIELD("additional_fees", RULE_LIST, "additional_fees"),
    OPENS("refund_line_items", RULE_ROWS, SCOPE_REFUND_LINE, "line_item", 0),
    OPENS("order_adjustments", RULE_ROWS, SCOPE_REFUND_ADJUSTMENT, "adjustment", 0),
    OPENS("refund_shipping_lines", RULE_ROWS, SCOPE_REFUND_SHIPPING, "shipping", 0),
    OPENS("duties", RULE_ROWS, SCOPE_REFUND_DUTY, "duty", 0),
    OPENS("transactions", RULE_ROWS, SCOPE_REFUND_TRANSACTION, "transaction", 0),
    KNOWN("return"),
};

static const struct mapping_field refund_line_fields[] = {
    FIELD("id", RULE_ID, "shop_component_id"),
    FIELD("line_item_id", RULE_INTEGER, "line_item_id"),
    KNOWN("line_item"),
    FIELD("quantity", RULE_INTEGER, "quantity"),
    FIELD("restock_type", RULE_TEXT, "restock_type"),
    FIELD("location_id", RULE_INTEGER, "location_id"),
    FIELD("subtotal", RULE_MONEY, "subtotal"),
    SET("subtotal_set", "subtotal"),
    FIELD("total_tax", RULE_MONEY, "total_tax"),
    SET("total_tax_set", "total_tax"),
};

static const struct mapping_field refund_adjustment_fields[] = {
    FIELD("id", RULE_ID, "shop_component_id"),
    FIELD("admin_graphql_api_id", RULE_TEXT, "shop_gid"),
    KNOWN("order_id"),
    KNOWN("refund_id"),
    FIELD("kind", RULE_TEXT, "kind"),
    FIELD("reason", RULE_TEXT, "reason"),
    FIELD("amount", RULE_MONEY, "amount"),
    SET("amount_set", "amount"),
    FIELD("tax_amount", RULE_MONEY, "total_tax"),
    SET("tax_amount_set", "total_tax"),
};

static const struct mapping_field refund_shipping_fields[] = {
    FIELD("id", RULE_ID, "shop_component_id"),
    FIELD("admin_graphql_api_id", RULE_TEXT, "shop_gid"),
    FIELD("shipping_line_id", RULE_INTEGER, "line_item_id"),
    FIELD("full_refund", RULE_BOOLEAN, "full_refund"),
    KNOWN("shipping_line"),
    SET("subtotal_amount_set", "subtotal"),
    SET("subtotal_set", "subtotal"),
    SET("tax_amount_set", "total_tax"),
    SET("total_tax_set", "total_tax"),
};

static const struct mapping_field refund_duty_fields[] = {
    FIELD("id", RULE_ID, "shop_component_id"),
    FIELD("duty_id", RULE_INTEGER, "line_item_id"),
    FIELD("refund_type", RULE_TEXT, "kind"),
    SET("amount_set", "amount"),
    SET("total_duties_set", "amount"),
    KNOWN("original_duty"),
};

static const struct mapping_field refund_transaction_fields[] = {
    FIELD("id", RULE_ID, "shop_component_id"),
    FIELD("admin_graphql_api_id", RULE_TEXT, "shop_gid"),
    KNOWN("order_id"),
    FIELD("parent_id", RULE_INTEGER, "transaction_parent_id"),
    FIELD("kind", RULE_TEXT, "kind"),
    FIELD("status", RULE_TEXT, "status"),
    FIELD("gateway", RULE_TEXT, "gateway"),
    FIELD("amount", RULE_MONEY, "amount"),
    FIELD("currency", RULE_TEXT, "currency"),
    SET("amount_set", "amount"),
    FIELD("created_at", RULE_TIMESTAMP, "created_at"),
    FIELD("processed_at", RULE_TIMESTAMP, "processed_at"),
    FIELD("payment_id", RULE_TEXT, "payment_id"),
    FIELD("authorization", RULE_TEXT, "authorization_code"),
    FIELD("message", RULE_TEXT, "message"),
    FIELD("error_code", RULE_TEXT, "error_code"),
    FIELD("source_name", RULE_TEXT, "source_name"),
    FIELD("device_id", RULE_INTEGER, "device_id"),
    FIELD("location_id", RULE_INTEGER, "location_id"),
    FIELD("user_id", RULE_INTEGER, "user_id"),
    FIELD("test", RULE_BOOLEAN, "test"),
    FIELD("receipt", RULE_JSON, "receipt"),
    FIELD("currency_exchange_adjustment", RULE_JSON, "currency_exchange_adjustment"),
};

static const struct mapping_field return_fields[] = {
    FIELD("id", RULE_ID, "shop_component_id"),
    FIELD("admin_graphql_api_id", RULE_TEXT, "shop_gid"),
    KNOWN("order"),
    KNOWN("order_id"),
    FIELD("name", RULE_TEXT, "name"),
    FIELD("status", RULE_TEXT, "status"),
    FIELD("created_at", RULE_TIMESTAMP, "created_at"),
    FIELD("closed_at", RULE_TIMESTAMP, "closed_at"),
    FIELD("total_return_line_items", RULE_INTEGER, "quantity"),
    FIELD("decline_note", RULE_TEXT, "note"),
    OPENS("return_line_items", RULE_ROWS, SCOPE_RETURN_LINE, "line_item", 0),
    OPENS("exchange_line_items", RULE_ROWS, SCOPE_RETURN_LINE, "exchange_line_item", 0),
    OPENS("return_shipping_fees", RULE_ROWS, SCOPE_RETURN_FEE, "fee", 0),
    OPENS("fees", RULE_ROWS, SCOPE_RETURN_FEE, "fee", 0),
};

static const struct mapping_field return_line_fields[] = {
    FIELD("id", RULE_ID, "shop_component_id"),
    FIELD("admin_graphql_api_id", RULE_TEXT, "shop_gid"),
    FIELD("line_item_id", RULE_INTEGER, "line_item_id"),
    FIELD("fulfillment_line_item_id", RULE_INTEGER, "fulfillment_line_item_id"),
    FIELD("quantity", RULE_INTEGER, "quantity"),
    FIELD("return_reason", RULE_TEXT, "reason"),
    FIELD("reason", RULE_TEXT, "reason"),
    FIELD("return_reason_note", RULE_TEXT, "note"),
    FIELD("customer_note", RULE_TEXT, "note"),
    SET("price_set", "amount"),
};

static const struct mapping_field return_fee_fields[] = {
    FIELD("id", RULE_ID, "shop_component_id"),
    FIELD("admin_graphql_api_id", RULE_TEXT, "shop_gid"),
    FIELD("type", RULE_TEXT, "fee_type"),
    FIELD("title", RULE_TEXT, "name"),
    FIELD("amount", RULE_MONEY, "amount"),
    SET("amount_set", "amount"),
};

#define SHOP(id, fields, path, table, open, gid) [id] = SCOPE(SOURCE_FIRESTORE, id, fields, path, table, open, gid)
static const struct mapping_scope scopes[] = {
    SHOP(SCOPE_ORDER, order_fields, "", TABLE_ORDERS, false, "gid://shopify/Order/"),
    SHOP(SCOPE_CUSTOMER, customer_fields, "customer", TABLE_ORDERS, false, "gid://shopify/Customer/"),
    SHOP(SCOPE_ADDRESS, address_fields, "billing_address, shipping_address, customer.default_address", TABLE_ADDRESSES, false, NULL),
    SHOP(SCOPE_LINE_ITEM, line_item_fields, "line_items[]", TABLE_LINE_ITEMS, false, "gid://shopify/LineItem/"),
    SHOP(SCOPE_DUTY, duty_fields, "line_items[].duties[]", -1, true, NULL),
    SHOP(SCOPE_TAX_LINE, tax_line_fields, "tax_lines[] of order, line items, duties and shipping lines", TABLE_TAX_LINES, false, NULL),
    SHOP(SCOPE_SHIPPING_LINE, shipping_line_fields, "shipping_lines[]", TABLE_SHIPPING_LINES, false, NULL),
    SHOP(SCOPE_DISCOUNT, discount_fields, "discount_applications[]", TABLE_DISCOUNTS, false, NULL),
    SHOP(SCOPE_FULFILLMENT, fulfillment_fields, "fulfillments[]", TABLE_FULFILLMENTS, false, "gid://shopify/Fulfillment/"),
    SHOP(SCOPE_REFUND, refund_fields, "refunds[]", TABLE_REFUNDS, false, "gid://shopify/Refund/"),
    SHOP(SCOPE_REFUND_LINE, refund_line_fields, "refunds[].refund_line_items[]", TABLE_REFUNDS, false, NULL),
    SHOP(SCOPE_REFUND_ADJUSTMENT, refund_adjustment_fields, "refunds[].order_adjustments[]", TABLE_REFUNDS, false, NULL),
    SHOP(SCOPE_REFUND_SHIPPING, refund_shipping_fields, "refunds[].refund_shipping_lines[]", TABLE_REFUNDS, false, NULL),
    SHOP(SCOPE_REFUND_DUTY, refund_duty_fields, "refunds[].duties[]", TABLE_REFUNDS, false, NULL),
    SHOP(SCOPE_REFUND_TRANSACTION, refund_transaction_fields, "refunds[].transactions[]", TABLE_REFUNDS, false, "gid://shopify/OrderTransaction/"),
    SHOP(SCOPE_RETURN, return_fields, "returns[]", TABLE_RETURNS, false, "gid://shopify/Return/"),
    SHOP(SCOPE_RETURN_LINE, return_line_fields, "returns[].return_line_items[], exchange_line_items[]", TABLE_RETURNS, false, NULL),
    SHOP(SCOPE_RETURN_FEE, return_fee_fields, "returns[].fees[]", TABLE_RETURNS, false, NULL),
};
/* clang-format on */

static struct mapping_plan plans[SCOPE_COUNT];
static pthread_once_t plans_once = PTHREAD_ONCE_INIT;

/* By key; fields of one key keep the order of the table (their addresses). */
static int slot_compare(const void *left, const void *right)
{
    const struct mapping_slot *a = left;
    const struct mapping_slot *b = right;
    int order = str_compare(a->key, b->key);
    return order != 0 ? order : (a->field > b->field) - (a->field < b->field);
}

static int column_of(const struct table *table, const char *name)
{
    if (name == NULL)
        return -1;
    int column = table_column(table, name);
    if (column < 0)
        abort(); /* mapping.c names a column that table.c lacks: no test run survives it */
    return column;
}

static void plan_make(struct mapping_plan *plan, const struct mapping_scope *scope)
{
    const struct table *table = scope->table < 0 ? NULL : table_get((enum table_id)scope->table);
    struct mapping_slot *slots = memory_zero(scope->field_count, sizeof(*slots));
    for (size_t i = 0; i < scope->field_count; i++) {
        const struct mapping_field *field = &scope->fields[i];
        slots[i] = (struct mapping_slot){str_from(field->key), field, -1, -1};
        if (table != NULL) {
            slots[i].column = column_of(table, field->column);
            slots[i].second = column_of(table, field->second);
        }
    }
    qsort(slots, scope->field_count, sizeof(*slots), slot_compare);
    *plan = (struct mapping_plan){scope, slots, scope->field_count,
                                  table == NULL ? -1 : table_column(table, "extra")};
}

/* Lives as long as the program: the one owner of this state. */
static void plans_make(void)
{
    for (int i = 0; i < SCOPE_COUNT; i++)
        plan_make(&plans[i], mapping_scope((enum scope_id)i));
}

const struct mapping_plan *mapping_plan(enum scope_id id)
{
    pthread_once(&plans_once, plans_make);
    return &plans[id];
}

const struct mapping_scope *mapping_scope(enum scope_id id)
{
    if (id >= SCOPE_PRINTFUL_FIRST)
        return &mapping_printful_scopes[id - SCOPE_PRINTFUL_FIRST];
    if (id >= SCOPE_STRIPE_FIRST)
        return &mapping_stripe_scopes[id - SCOPE_STRIPE_FIRST];
    return &scopes[id];
}

enum scope_id mapping_root(enum source_kind source)
{
    static const enum scope_id roots[SOURCE_COUNT] = {
        [SOURCE_FIRESTORE] = SCOPE_ORDER,
        [SOURCE_STRIPE] = SCOPE_SESSION,
        [SOURCE_PRINTFUL] = SCOPE_PARCEL,
    };
    return roots[source];
}

const char *mapping_rule_name(enum mapping_rule rule)
{
    static const char *const names[RULE_COUNT] = {
        [RULE_TEXT] = "text",
        [RULE_ID] = "id",
        [RULE_INTEGER] = "integer",
        [RULE_MONEY] = "money",
        [RULE_DECIMAL] = "decimal",
        [RULE_MONEY_SET] = "money set",
        [RULE_BOOLEAN] = "boolean",
        [RULE_TIMESTAMP] = "timestamp",
        [RULE_JSON] = "json",
        [RULE_LIST] = "list",
        [RULE_TAGS] = "tags",
        [RULE_TEXT_LIST] = "text list",
        [RULE_SCOPE] = "part of the row",
        [RULE_ROW] = "row",
        [RULE_ROWS] = "rows",
        [RULE_KNOWN] = "held elsewhere",
        [RULE_MINOR] = "minor units",
        [RULE_CURRENCY] = "currency",
        [RULE_PERCENT] = "percent",
        [RULE_MOMENT] = "moment",
        [RULE_OBJECT_ID] = "id or object",
        [RULE_LABEL] = "text or number",
        [RULE_NOT] = "negated boolean",
        [RULE_KEPT] = "kept in extra",
        [RULE_MORE] = "true is drift",
    };
    return names[rule];
}
