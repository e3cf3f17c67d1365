/* The mapping of Stripe's Checkout Session (API 2026-08-26, and what came before it), with the line
 * items and refunds that the source puts into it. Sources: the SDK's types, docs.stripe.com/api,
 * and the bodies in public repositories. What is settings of the checkout page, not of the sale, is
 * known and stays in the stored document. */
#include "model/mapping_fields.h"
#include "model/sale.h"

/* clang-format off */
static const struct mapping_field session_fields[] = {
    KNOWN("id"),
    KNOWN("object"),
    MINOR("amount_subtotal", "subtotal_price", 0),
    MINOR("amount_subtotal", "total_line_items_price", 0),
    MINOR("amount_total", "total_price", FIELD_REQUIRED),
    {"currency", RULE_CURRENCY, "currency", "presentment_currency", SCOPE_COUNT, NULL, FIELD_REQUIRED | FIELD_EMPTY_NULL, NULL},
    OPENS("currency_conversion", RULE_SCOPE, SCOPE_SESSION_CONVERSION, NULL, FIELD_CHOICE),
    OPENS("presentment_details", RULE_SCOPE, SCOPE_SESSION_PRESENTMENT, NULL, 0),
    OPENS("total_details", RULE_SCOPE, SCOPE_SESSION_TOTALS, NULL, 0),
    WORD("payment_status", RULE_TEXT, "financial_status", FIELD_EXPECTED | FIELD_EMPTY_NULL | FIELD_INDEXED, payment_status_known),
    WORD("status", RULE_KNOWN, NULL, FIELD_EXPECTED, session_status_known),
    WORD("mode", RULE_KEPT, NULL, FIELD_EXPECTED, session_mode_known),
    MARKED("created", RULE_TIMESTAMP, "created_at", FIELD_EXPECTED),
    FIELD("livemode", RULE_NOT, "test"),
    FIELD("customer", RULE_OBJECT_ID, "customer_gid"),
    OPENS("customer_details", RULE_SCOPE, SCOPE_SESSION_CUSTOMER, NULL, FIELD_EXPECTED),
    OPENS("customer_details", RULE_ROW, SCOPE_SESSION_BILLING, "billing", 0),
    MARKED("customer_email", RULE_TEXT, "email", FIELD_EMPTY_NULL | FIELD_FALLBACK),
    MARKED("customer_email", RULE_TEXT, "customer_email", FIELD_EMPTY_NULL | FIELD_INDEXED | FIELD_FALLBACK),
    OPENS("collected_information", RULE_SCOPE, SCOPE_SESSION_COLLECTED, NULL, 0),
    OPENS("shipping_details", RULE_ROW, SCOPE_SESSION_SHIPPING, "shipping", FIELD_CHOICE),
    OPENS("shipping", RULE_ROW, SCOPE_SESSION_SHIPPING, "shipping", FIELD_CHOICE),
    OPENS("shipping_cost", RULE_ROW, SCOPE_SESSION_DELIVERY, NULL, 0),
    OPENS("line_items", RULE_SCOPE, SCOPE_SESSION_LINES, NULL, FIELD_EXPECTED),
    OPENS("discounts", RULE_ROWS, SCOPE_SESSION_DISCOUNT, NULL, FIELD_CHOICE),
    OPENS("refunds", RULE_SCOPE, SCOPE_SESSION_REFUNDS, NULL, 0),
    FIELD("payment_intent", RULE_OBJECT_ID, "payment_intent_id"),
    MARKED("client_reference_id", RULE_TEXT, "client_reference_id", FIELD_EMPTY_NULL),
    FIELD("metadata", RULE_JSON, "metadata"),
    FIELD("custom_fields", RULE_LIST, "note_attributes"),
    FIELD("locale", RULE_TEXT, "customer_locale"),
    KEPT("expires_at", 0),
    KEPT("invoice", FIELD_PERSONAL),
    KEPT("payment_link", FIELD_PERSONAL),
    KEPT("subscription", FIELD_PERSONAL),
    KNOWN("adaptive_pricing"),
    KNOWN("after_expiration"),
    KNOWN("allow_promotion_codes"),
    KNOWN("approval_method"),
    KNOWN("automatic_tax"),
    KNOWN("billing_address_collection"),
    KNOWN("branding_settings"),
    PRIVATE("cancel_url"),
    PRIVATE("client_secret"),
    PRIVATE("consent"),
    KNOWN("consent_collection"),
    KNOWN("custom_text"),
    PRIVATE("customer_account"),
    KNOWN("customer_creation"),
    KNOWN("display_items"),
    KNOWN("excluded_payment_method_types"),
    KNOWN("integration_identifier"),
    PRIVATE("invoice_creation"),
    KNOWN("managed_payments"),
    KNOWN("name_collection"),
    KNOWN("optional_items"),
    KNOWN("origin_context"),
    KNOWN("payment_method_collection"),
    KNOWN("payment_method_configuration_details"),
    PRIVATE("payment_method_options"),
    KNOWN("payment_method_types"),
    KNOWN("permissions"),
    KNOWN("phone_number_collection"),
    KNOWN("recovered_from"),
    KNOWN("redirect_on_completion"),
    PRIVATE("return_url"),
    PRIVATE("saved_payment_method_options"),
    PRIVATE("setup_intent"),
    KNOWN("shipping_address_collection"),
    KNOWN("shipping_options"),
    KNOWN("shipping_rate"),
    KNOWN("shipping_rates"),
    KNOWN("submit_type"),
    PRIVATE("success_url"),
    KNOWN("tax_id_collection"),
    KNOWN("ui_mode"),
    PRIVATE("url"),
    KNOWN("wallet_options"),
};

static const struct mapping_field customer_fields[] = {
    MARKED("email", RULE_TEXT, "email", FIELD_EMPTY_NULL),
    MARKED("email", RULE_TEXT, "customer_email", FIELD_EMPTY_NULL | FIELD_INDEXED),
    MARKED("phone", RULE_TEXT, "phone", FIELD_EMPTY_NULL),
    MARKED("phone", RULE_TEXT, "customer_phone", FIELD_EMPTY_NULL),
    PRIVATE("name"),
    PRIVATE("address"),
    PRIVATE("business_name"),
    PRIVATE("individual_name"),
    PRIVATE("tax_exempt"),
    PRIVATE("tax_ids"),
};

static const struct mapping_field billing_fields[] = {
    MARKED("name", RULE_TEXT, "name", FIELD_EMPTY_NULL),
    MARKED("business_name", RULE_TEXT, "company", FIELD_EMPTY_NULL),
    MARKED("phone", RULE_TEXT, "phone", FIELD_EMPTY_NULL),
    OPENS("address", RULE_SCOPE, SCOPE_SESSION_ADDRESS, NULL, FIELD_EMPTY_NULL),
};

static const struct mapping_field collected_fields[] = {
    OPENS("shipping_details", RULE_ROW, SCOPE_SESSION_SHIPPING, "shipping", FIELD_CHOICE),
    PRIVATE("business_name"),
    PRIVATE("email"),
    PRIVATE("individual_name"),
    PRIVATE("phone"),
    PRIVATE("tax_ids"),
};

static const struct mapping_field shipping_fields[] = {
    MARKED("name", RULE_TEXT, "name", FIELD_EMPTY_NULL),
    MARKED("phone", RULE_TEXT, "phone", FIELD_EMPTY_NULL),
    OPENS("address", RULE_SCOPE, SCOPE_SESSION_ADDRESS, NULL, FIELD_EMPTY_NULL),
    KNOWN("carrier"),
    KNOWN("tracking_number"),
};

static const struct mapping_field address_fields[] = {
    MARKED("line1", RULE_TEXT, "address1", FIELD_EMPTY_NULL),
    MARKED("line2", RULE_TEXT, "address2", FIELD_EMPTY_NULL),
    MARKED("city", RULE_TEXT, "city", FIELD_EMPTY_NULL),
    MARKED("state", RULE_TEXT, "province", FIELD_EMPTY_NULL),
    MARKED("postal_code", RULE_TEXT, "zip", FIELD_EMPTY_NULL),
    MARKED("country", RULE_TEXT, "country_code", FIELD_EMPTY_NULL),
};

static const struct mapping_field totals_fields[] = {
    MINOR("amount_discount", "total_discounts", 0),
    MINOR("amount_shipping", "total_shipping_price", 0),
    MINOR("amount_tax", "total_tax", 0),
    OPENS("breakdown", RULE_SCOPE, SCOPE_SESSION_BREAKDOWN, NULL, 0),
};

static const struct mapping_field breakdown_fields[] = {
    OPENS("discounts", RULE_ROWS, SCOPE_SESSION_APPLIED, NULL, FIELD_CHOICE),
    OPENS("taxes", RULE_ROWS, SCOPE_SESSION_TAX, "order", 0),
};

static const struct mapping_field applied_fields[] = {
    FIELD("amount", RULE_MINOR, "value"),
    OPENS("discount", RULE_SCOPE, SCOPE_SESSION_DISCOUNT, NULL, 0),
};

static const struct mapping_field discount_fields[] = {
    FIELD("coupon", RULE_OBJECT_ID, "title"),
    OPENS("source", RULE_SCOPE, SCOPE_SESSION_COUPON, NULL, 0),
    FIELD("promotion_code", RULE_OBJECT_ID, "code"),
    KNOWN("id"),
    KNOWN("object"),
    KNOWN("checkout_session"),
    PRIVATE("customer"),
    PRIVATE("customer_account"),
    KNOWN("end"),
    KNOWN("invoice"),
    KNOWN("invoice_item"),
    KNOWN("start"),
    KNOWN("subscription"),
    KNOWN("subscription_item"),
};

static const struct mapping_field coupon_fields[] = {
    MARKED("coupon", RULE_OBJECT_ID, "title", FIELD_FALLBACK),
    KNOWN("type"),
};

static const struct mapping_field tax_fields[] = {
    MINOR("amount", "price", 0),
    OPENS("rate", RULE_SCOPE, SCOPE_SESSION_RATE, NULL, 0),
    KEPT("taxability_reason", 0),
    KEPT("taxable_amount", 0),
};

static const struct mapping_field rate_fields[] = {
    FIELD("display_name", RULE_TEXT, "title"),
    FIELD("percentage", RULE_PERCENT, "rate"),
    KEPT("id", 0),
    KEPT("inclusive", 0),
    KNOWN("object"),
    KNOWN("active"),
    KNOWN("country"),
    KNOWN("created"),
    KNOWN("description"),
    KNOWN("effective_percentage"),
    KNOWN("flat_amount"),
    KNOWN("jurisdiction"),
    KNOWN("jurisdiction_level"),
    KNOWN("livemode"),
    KNOWN("metadata"),
    KNOWN("rate_type"),
    KNOWN("state"),
    KNOWN("tax_type"),
};

static const struct mapping_field delivery_fields[] = {
    MINOR("amount_subtotal", "price", 0),
    KEPT("amount_tax", 0),
    KEPT("amount_total", 0),
    FIELD("shipping_rate", RULE_OBJECT_ID, "code"),
    FIELD("taxes", RULE_LIST, "tax_lines"),
    OPENS("taxes", RULE_ROWS, SCOPE_SESSION_TAX, "shipping_line", 0),
};

static const struct mapping_field lines_fields[] = {
    OPENS("data", RULE_ROWS, SCOPE_SESSION_LINE, NULL, FIELD_EXPECTED),
    MARKED("has_more", RULE_MORE, NULL, 0),
    KNOWN("object"),
    KNOWN("total_count"),
    KNOWN("url"),
};

static const struct mapping_field line_fields[] = {
    FIELD("id", RULE_TEXT, "source_line_id"),
    FIELD("description", RULE_TEXT, "title"),
    FIELD("description", RULE_TEXT, "name"),
    FIELD("quantity", RULE_INTEGER, "quantity"),
    OPENS("price", RULE_SCOPE, SCOPE_SESSION_PRICE, NULL, 0),
    MINOR("amount_discount", "total_discount", 0),
    KEPT("amount_subtotal", 0),
    KEPT("amount_tax", 0),
    KEPT("amount_total", 0),
    FIELD("discounts", RULE_LIST, "discount_allocations"),
    FIELD("taxes", RULE_LIST, "tax_lines"),
    OPENS("taxes", RULE_ROWS, SCOPE_SESSION_TAX, "line_item", 0),
    KEPT("metadata", FIELD_PERSONAL),
    KNOWN("object"),
    KNOWN("adjustable_quantity"),
    KNOWN("currency"),
};

static const struct mapping_field price_fields[] = {
    FIELD("id", RULE_TEXT, "source_price_id"),
    FIELD("product", RULE_OBJECT_ID, "source_product_id"),
    FIELD("unit_amount", RULE_MINOR, "price"),
    MARKED("unit_amount_decimal", RULE_MINOR, "price", FIELD_FALLBACK),
    KNOWN("object"),
    KNOWN("active"),
    KNOWN("billing_scheme"),
    KNOWN("created"),
    KNOWN("currency"),
    KNOWN("currency_options"),
    KNOWN("custom_unit_amount"),
    KNOWN("livemode"),
    KNOWN("lookup_key"),
    KNOWN("metadata"),
    KNOWN("nickname"),
    KNOWN("recurring"),
    KNOWN("tax_behavior"),
    KNOWN("tiers"),
    KNOWN("tiers_mode"),
    KNOWN("transform_quantity"),
    KNOWN("type"),
};

/* From 2025-03-31 on a session's own currency is the shop's, and this is what the buyer saw. */
static const struct mapping_field presentment_fields[] = {
    MINOR_OF("presentment_amount", "presentment_total_price", "presentment_currency", FIELD_PREFER),
    MARKED("presentment_currency", RULE_CURRENCY, "presentment_currency", FIELD_PREFER),
};

/* Before, the session's own was the buyer's, and this is the shop's. */
static const struct mapping_field conversion_fields[] = {
    MINOR_OF("amount_subtotal", "subtotal_price", "source_currency", FIELD_PREFER),
    MINOR_OF("amount_subtotal", "total_line_items_price", "source_currency", FIELD_PREFER),
    MINOR_OF("amount_total", "total_price", "source_currency", FIELD_PREFER),
    MARKED("source_currency", RULE_CURRENCY, "currency", FIELD_PREFER),
    KEPT("fx_rate", 0),
};

static const struct mapping_field refunds_fields[] = {
    OPENS("data", RULE_ROWS, SCOPE_SESSION_REFUND, "refund", FIELD_EXPECTED),
    OPENS("data", RULE_ROWS, SCOPE_SESSION_REPAYMENT, "transaction", 0),
    MARKED("has_more", RULE_MORE, NULL, 0),
    KNOWN("object"),
    KNOWN("total_count"),
    KNOWN("url"),
};

/* The refund itself, with Stripe's own word for where it stands. */
static const struct mapping_field refund_fields[] = {
    FIELD("id", RULE_TEXT, "payment_id"),
    FIELD("created", RULE_MOMENT, "created_at"),
    WORD("status", RULE_TEXT, "status", FIELD_EMPTY_NULL, stripe_refund_known),
    MARKED("reason", RULE_TEXT, "reason", FIELD_EMPTY_NULL),
    KEPT("metadata", FIELD_PERSONAL),
    KNOWN("object"),
    KNOWN("amount"),
    KNOWN("balance_transaction"),
    PRIVATE("charge"),
    KNOWN("currency"),
    PRIVATE("customer"),
    PRIVATE("customer_account"),
    PRIVATE("description"),
    PRIVATE("destination_details"),
    KNOWN("failure_balance_transaction"),
    KNOWN("failure_reason"),
    KNOWN("fee_balance_transactions"),
    PRIVATE("instructions_email"),
    PRIVATE("next_action"),
    PRIVATE("payment_intent"),
    PRIVATE("payment_method"),
    KNOWN("pending_reason"),
    KNOWN("presentment_details"),
    PRIVATE("receipt_number"),
    KNOWN("source_transfer_reversal"),
    KNOWN("transfer_reversal"),
    KNOWN("type"),
};

/* The same as the payment that goes back, with the words every source's payments have. */
static const struct mapping_field repayment_fields[] = {
    FIELD("id", RULE_TEXT, "payment_id"),
    FIELD("created", RULE_MOMENT, "created_at"),
    FIELD("created", RULE_MOMENT, "processed_at"),
    FIELD("amount", RULE_MINOR, "amount"),
    FIELD("currency", RULE_CURRENCY, "currency"),
    MARKED("status", RULE_TEXT, "status", FIELD_EMPTY_NULL),
    FIELD("failure_reason", RULE_TEXT, "error_code"),
    OPENS("presentment_details", RULE_SCOPE, SCOPE_SESSION_REPAID, NULL, 0),
};

static const struct mapping_field repaid_fields[] = {
    MINOR_OF("presentment_amount", "presentment_amount", "presentment_currency", 0),
    FIELD("presentment_currency", RULE_CURRENCY, "presentment_currency"),
};

static const struct mapping_field object_fields[] = {
    KNOWN("id"),
    KNOWN("object"),
    KNOWN("deleted"),
};

#define STRIPE(id, fields, path, table, open) [(id) - SCOPE_STRIPE_FIRST] = SCOPE(SOURCE_STRIPE, id, fields, path, table, open, NULL)
const struct mapping_scope mapping_stripe_scopes[] = {
    STRIPE(SCOPE_SESSION, session_fields, "", TABLE_ORDERS, false),
    STRIPE(SCOPE_SESSION_CUSTOMER, customer_fields, "customer_details", TABLE_ORDERS, false),
    STRIPE(SCOPE_SESSION_BILLING, billing_fields, "customer_details as an address", TABLE_ADDRESSES, true),
    STRIPE(SCOPE_SESSION_COLLECTED, collected_fields, "collected_information", TABLE_ORDERS, false),
    STRIPE(SCOPE_SESSION_SHIPPING, shipping_fields, "collected_information.shipping_details, else shipping_details, else shipping", TABLE_ADDRESSES, false),
    STRIPE(SCOPE_SESSION_ADDRESS, address_fields, "address of customer_details and of shipping", TABLE_ADDRESSES, false),
    STRIPE(SCOPE_SESSION_TOTALS, totals_fields, "total_details", TABLE_ORDERS, false),
    STRIPE(SCOPE_SESSION_BREAKDOWN, breakdown_fields, "total_details.breakdown", TABLE_ORDERS, false),
    STRIPE(SCOPE_SESSION_APPLIED, applied_fields, "total_details.breakdown.discounts[]", TABLE_DISCOUNTS, false),
    STRIPE(SCOPE_SESSION_DISCOUNT, discount_fields, "total_details.breakdown.discounts[].discount, else discounts[]", TABLE_DISCOUNTS, false),
    STRIPE(SCOPE_SESSION_COUPON, coupon_fields, "source of a discount", TABLE_DISCOUNTS, false),
    STRIPE(SCOPE_SESSION_TAX, tax_fields, "taxes[] of total_details.breakdown, line items and shipping_cost", TABLE_TAX_LINES, false),
    STRIPE(SCOPE_SESSION_RATE, rate_fields, "rate of taxes[]", TABLE_TAX_LINES, false),
    STRIPE(SCOPE_SESSION_DELIVERY, delivery_fields, "shipping_cost", TABLE_SHIPPING_LINES, false),
    STRIPE(SCOPE_SESSION_LINES, lines_fields, "line_items", -1, false),
    STRIPE(SCOPE_SESSION_LINE, line_fields, "line_items.data[]", TABLE_LINE_ITEMS, false),
    STRIPE(SCOPE_SESSION_PRICE, price_fields, "line_items.data[].price", TABLE_LINE_ITEMS, false),
    STRIPE(SCOPE_SESSION_PRESENTMENT, presentment_fields, "presentment_details", TABLE_ORDERS, false),
    STRIPE(SCOPE_SESSION_CONVERSION, conversion_fields, "currency_conversion", TABLE_ORDERS, false),
    STRIPE(SCOPE_SESSION_REFUNDS, refunds_fields, "refunds", -1, false),
    STRIPE(SCOPE_SESSION_REFUND, refund_fields, "refunds.data[]", TABLE_REFUNDS, false),
    STRIPE(SCOPE_SESSION_REPAYMENT, repayment_fields, "refunds.data[] as a payment", TABLE_REFUNDS, true),
    STRIPE(SCOPE_SESSION_REPAID, repaid_fields, "refunds.data[].presentment_details", TABLE_REFUNDS, false),
    STRIPE(SCOPE_SESSION_OBJECT, object_fields, "an expanded or deleted object", -1, true),
};
/* clang-format on */
