/* The order itself: top-level fields and totals. Field names and shapes are Shopify's REST order.
 */
#include "sim/ordertemplate.h"

#include <stdio.h>
#include <string.h>

void write_empty_array(struct writer *w, const char *key)
{
    encoder_array_open(w->encoder, key);
    encoder_close(w->encoder);
}

void write_empty_map(struct writer *w, const char *key)
{
    encoder_map_open(w->encoder, key);
    encoder_close(w->encoder);
}

/* The text of minor units with the currency's decimals; returns its length. */
static size_t money_format(char text[32], int64_t minor, int8_t scale)
{
    static const int64_t powers[] = {1, 10, 100, 1000};
    int64_t whole = minor / powers[scale];
    int64_t rest = minor % powers[scale];
    int len = scale == 0
                  ? snprintf(text, 32, "%lld", (long long)whole)
                  : snprintf(text, 32, "%lld.%0*lld", (long long)whole, scale, (long long)rest);
    return (size_t)len;
}

/* How much may be added (times percent / 100) before the text gets longer. */
static int64_t money_room(int64_t minor, int8_t scale, int64_t percent)
{
    char text[32];
    size_t len = money_format(text, minor, scale);
    int64_t limit = 1;
    for (size_t digits = scale > 0 ? len - 1 : len; digits > 0; digits--)
        limit *= 10;
    return (limit - 1 - minor) * 100 / percent;
}

static void write_amount(struct writer *w, const char *key, int64_t minor, bool moves,
                         uint8_t percent)
{
    char text[32];
    int8_t scale = w->plan->currency->scale;
    size_t len = money_format(text, minor, scale);
    if (!moves) {
        encoder_string(w->encoder, key, text);
        return;
    }
    int64_t room = money_room(minor, scale, percent);
    if (room < w->room)
        w->room = room;
    encoder_string_open(w->encoder, key);
    encoder_piece_patched(w->encoder, (struct patch){.kind = PATCH_MONEY,
                                                     .width = (uint8_t)len,
                                                     .scale = scale,
                                                     .source = percent,
                                                     .add = minor});
    encoder_string_close(w->encoder);
}

void write_money(struct writer *w, const char *key, struct amount amount)
{
    write_amount(w, key, amount.minor, amount.moves, 100);
}

void write_money_fixed(struct writer *w, const char *key, int64_t minor)
{
    write_amount(w, key, minor, false, 100);
}

void write_money_set(struct writer *w, const char *key, struct amount amount)
{
    const struct currency *currency = w->plan->currency;
    bool other = w->plan->presentment;
    if (w->plan->lean)
        return;
    uint8_t rate = other ? currency->rate : 100;
    encoder_map_open(w->encoder, key);
    encoder_map_open(w->encoder, "shop_money");
    write_money(w, "amount", amount);
    encoder_string(w->encoder, "currency_code", currency->code);
    encoder_close(w->encoder);
    encoder_map_open(w->encoder, "presentment_money");
    write_amount(w, "amount", amount.minor * rate / 100, amount.moves, rate);
    encoder_string(w->encoder, "currency_code", other ? currency->presentment : currency->code);
    encoder_close(w->encoder);
    encoder_close(w->encoder);
}

void write_set_fixed(struct writer *w, const char *key, int64_t minor)
{
    write_money_set(w, key, (struct amount){minor, false});
}

static void write_moment(struct writer *w, const char *key, enum number source, int64_t add_seconds)
{
    static const uint8_t widths[] = {[TIME_OFFSET] = 25, [TIME_ZULU] = 20, [TIME_BLANK_ZULU] = 24};
    if (w->plan->time == TIME_NATIVE) {
        encoder_patched_time(
            w->encoder, key,
            (struct patch){
                .kind = PATCH_VARINT, .width = 5, .source = (uint8_t)source, .add = add_seconds});
        return;
    }
    encoder_string_open(w->encoder, key);
    encoder_piece_patched(w->encoder, (struct patch){.kind = PATCH_TIME,
                                                     .width = widths[w->plan->time],
                                                     .scale = w->persona->offset,
                                                     .source = (uint8_t)source,
                                                     .add = add_seconds});
    encoder_string_close(w->encoder);
}

void write_time(struct writer *w, const char *key, int64_t add_seconds)
{
    write_moment(w, key, NUMBER_CREATED, add_seconds);
}

static uint8_t number_width(enum number source, bool digits)
{
    static const uint8_t widths[NUMBER_COUNT][2] = {
        [NUMBER_ORDER] = {7, 13},   [NUMBER_CUSTOMER] = {7, 13}, [NUMBER_CHILD] = {7, 14},
        [NUMBER_ORDINAL] = {3, 7},  [NUMBER_SHOPPER] = {3, 7},   [NUMBER_CREATED] = {5, 10},
        [NUMBER_UPDATED] = {5, 10},
    };
    return widths[source][digits];
}

static void write_digits(struct writer *w, enum number source, int64_t add)
{
    encoder_piece_patched(w->encoder, (struct patch){.kind = PATCH_DIGITS,
                                                     .width = number_width(source, true),
                                                     .source = (uint8_t)source,
                                                     .add = add});
}

/* Ids come as integers mostly; JavaScript and spreadsheets turn them into doubles and text. */
void write_number(struct writer *w, const char *key, enum number source, int64_t add)
{
    enum id_form form = source == NUMBER_ORDINAL ? ID_INTEGER : w->plan->id;
    if (form == ID_TEXT) {
        write_text_number(w, key, "", source, add, "");
        return;
    }
    struct patch patch = {.kind = PATCH_VARINT,
                          .width = number_width(source, false),
                          .source = (uint8_t)source,
                          .add = add};
    if (form == ID_DOUBLE) {
        patch.kind = PATCH_DOUBLE;
        patch.width = 8;
    }
    encoder_patched(w->encoder, key, patch);
}

void write_text_number(struct writer *w, const char *key, const char *before, enum number source,
                       int64_t add, const char *after)
{
    encoder_string_open(w->encoder, key);
    encoder_piece(w->encoder, before);
    write_digits(w, source, add);
    encoder_piece(w->encoder, after);
    encoder_string_close(w->encoder);
}

void write_gid(struct writer *w, const char *key, const char *type, enum number source, int64_t add)
{
    char before[64];
    snprintf(before, sizeof(before), "gid://shopify/%s/", type);
    write_text_number(w, key, before, source, add, "");
}

void write_hex(struct writer *w, const char *key, int64_t salt, uint8_t width)
{
    encoder_string_open(w->encoder, key);
    encoder_piece_patched(w->encoder,
                          (struct patch){.kind = PATCH_HEX, .width = width, .add = salt});
    encoder_string_close(w->encoder);
}

static void write_order_id(struct writer *w)
{
    switch (w->plan->breakage) {
    case BREAKAGE_ID_MISSING:
        break;
    case BREAKAGE_ID_FAKE:
        write_text_number(w, "id", "", NUMBER_ORDER, 0, "-fake");
        break;
    case BREAKAGE_ID_FRACTION:
        encoder_double(w->encoder, "id", 5000000000000.5);
        break;
    default:
        write_number(w, "id", NUMBER_ORDER, 0);
    }
}

static void write_identity(struct writer *w)
{
    struct encoder *e = w->encoder;
    const struct order_plan *plan = w->plan;
    write_order_id(w);
    if (plan->breakage != BREAKAGE_ID_MISSING && plan->breakage != BREAKAGE_ID_FAKE)
        write_gid(w, "admin_graphql_api_id", "Order", NUMBER_ORDER, 0);
    write_text_number(w, "name", "#", NUMBER_ORDINAL, 0, "");
    write_number(w, "order_number", NUMBER_ORDINAL, 0);
    write_number(w, "number", NUMBER_ORDINAL, -1000);
    encoder_int(e, "app_id", plan->pos ? 129785 : 580111);
    encoder_string(e, "browser_ip", plan->pos || plan->draft ? NULL : "203.0.113.42");
    encoder_bool(e, "buyer_accepts_marketing", plan->tags);
    if (plan->draft) {
        encoder_null(e, "cart_token");
        encoder_null(e, "checkout_id");
        encoder_null(e, "checkout_token");
    } else {
        write_hex(w, "cart_token", 1, 32);
        write_number(w, "checkout_id", NUMBER_CHILD, 63);
        write_hex(w, "checkout_token", 2, 32);
    }
    write_hex(w, "token", 3, 32);
    if (plan->generation >= GENERATION_2024_01)
        write_hex(w, "confirmation_number", 4, 9);
    encoder_bool(e, "confirmed", true);
}

static void write_broken_time(struct writer *w, const char *key)
{
    if (w->plan->breakage == BREAKAGE_DATE_FEB_30)
        encoder_string(w->encoder, key, "2023-02-30T12:00:00+01:00");
    else if (w->plan->breakage == BREAKAGE_DATE_WORD)
        encoder_string(w->encoder, key, "yesterday");
    else
        write_time(w, key, 0);
}

static void write_times(struct writer *w)
{
    struct encoder *e = w->encoder;
    const struct order_plan *plan = w->plan;
    write_broken_time(w, "created_at");
    write_time(w, "processed_at", plan->draft ? 3600 : -2);
    write_moment(w, "updated_at", NUMBER_UPDATED, plan->refund != REFUND_NONE ? 700000 : 90000);
    if (plan->cancelled) {
        encoder_string(e, "cancel_reason", plan->tags ? "customer" : "inventory");
        write_time(w, "cancelled_at", 86400);
    } else {
        encoder_null(e, "cancel_reason");
        encoder_null(e, "cancelled_at");
    }
    if (plan->closed)
        write_time(w, "closed_at", 604800);
    else
        encoder_null(e, "closed_at");
}

static const char *plan_financial_status(const struct order_plan *plan)
{
    if (plan->refund == REFUND_FULL)
        return "refunded";
    if (plan->refund == REFUND_LINE || plan->refund == REFUND_SHIPPING)
        return "partially_refunded";
    if (plan->cancelled)
        return "voided";
    return plan->paid    ? "paid"
           : plan->b2b   ? "partially_paid"
           : plan->draft ? "pending"
                         : "authorized";
}

static const char *plan_fulfillment_status(const struct order_plan *plan)
{
    switch (plan->ship) {
    case SHIP_NONE:
    case SHIP_FAILED:
        return NULL;
    case SHIP_PARTIAL:
        return "partial";
    default:
        return "fulfilled";
    }
}

static void write_statuses(struct writer *w)
{
    struct encoder *e = w->encoder;
    const struct order_plan *plan = w->plan;
    encoder_string(e, "financial_status", plan_financial_status(plan));
    encoder_string(e, "fulfillment_status", plan_fulfillment_status(plan));
    encoder_string(e, "currency", plan->currency->code);
    encoder_string(e, "presentment_currency",
                   plan->presentment ? plan->currency->presentment : plan->currency->code);
    encoder_string(e, "customer_locale", w->persona->locale);
    encoder_bool(e, "taxes_included", plan->taxes_included);
    encoder_bool(e, "test", plan->test);
    encoder_bool(e, "estimated_taxes", false);
    encoder_string(e, "source_name",
                   plan->pos     ? "pos"
                   : plan->draft ? "shopify_draft_order"
                                 : "web");
    encoder_null(e, "device_id");
    if (plan->pos) {
        encoder_int(e, "location_id", 67890123456);
        encoder_int(e, "user_id", 98765432101);
    } else {
        encoder_null(e, "location_id");
        encoder_null(e, "user_id");
    }
    if (plan->generation == GENERATION_2025) {
        encoder_bool(e, "duties_included", plan->duties);
        encoder_string(e, "merchant_business_entity_id", "MTU5NTc2NTQ5");
        write_empty_array(w, "line_item_groups");
    }
    if (plan->generation == GENERATION_2022) {
        encoder_string(e, "gateway", "shopify_payments");
        encoder_string(e, "processing_method", "direct");
        encoder_null(e, "reference");
        encoder_null(e, "source_identifier");
        encoder_null(e, "source_url");
        write_money(w, "total_price_usd", plan->total);
    }
}

/* total_price of a broken document is what its breakage says. */
static void write_total_price(struct writer *w)
{
    static const char *const broken[BREAKAGE_COUNT] = {
        [BREAKAGE_MONEY_WORD] = "n/a",
        [BREAKAGE_MONEY_COMMA] = "12,90",
        [BREAKAGE_MONEY_BRACES] = "{}",
        [BREAKAGE_MONEY_NAN] = "NaN",
    };
    const char *text = broken[w->plan->breakage];
    if (text != NULL)
        encoder_string(w->encoder, "total_price", text);
    else
        write_money(w, "total_price", w->plan->total);
}

static void write_totals(struct writer *w)
{
    const struct order_plan *plan = w->plan;
    struct amount discount = {plan->discount, false};
    struct amount tax = {plan->tax, false};
    const struct {
        const char *name;
        struct amount amount;
        bool plain; /* has its own key besides the set */
    } totals[] = {
        {"current_subtotal_price", plan->current_subtotal, true},
        {"current_total_discounts", discount, true},
        {"current_total_price", plan->current_total, true},
        {"current_total_tax", tax, true},
        {"subtotal_price", plan->subtotal, true},
        {"total_discounts", discount, true},
        {"total_line_items_price", plan->lines_total, true},
        {"total_tax", tax, true},
        {"total_shipping_price", {plan->shipping, false}, false},
    };
    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        char set[64];
        if (totals[i].plain)
            write_money(w, totals[i].name, totals[i].amount);
        snprintf(set, sizeof(set), "%s_set", totals[i].name);
        write_money_set(w, set, totals[i].amount);
    }
    write_total_price(w);
    write_money_set(w, "total_price_set", plan->total);
    write_money_fixed(w, "total_tip_received", plan->tip);
    if (plan->paid)
        write_money_fixed(w, "total_outstanding", 0);
    else
        write_money(w, "total_outstanding", plan->total);
}

static void write_newer_totals(struct writer *w)
{
    struct encoder *e = w->encoder;
    const struct order_plan *plan = w->plan;
    if (plan->generation >= GENERATION_2023_07) {
        encoder_null(e, "current_total_additional_fees_set");
        encoder_null(e, "original_total_additional_fees_set");
    }
    if (plan->duties) {
        write_set_fixed(w, "current_total_duties_set", plan->duty);
        write_set_fixed(w, "original_total_duties_set", plan->duty);
    } else {
        encoder_null(e, "current_total_duties_set");
        encoder_null(e, "original_total_duties_set");
    }
    if (plan->generation == GENERATION_2025) {
        write_set_fixed(w, "current_shipping_price_set", plan->shipping);
        write_set_fixed(w, "total_cash_rounding_payment_adjustment_set", 0);
        write_set_fixed(w, "total_cash_rounding_refund_adjustment_set", 0);
    }
    encoder_int(e, "total_weight", 180 * (int64_t)plan->line_count);
}

static void write_attribute(struct writer *w, const char *name, const char *value)
{
    encoder_map_open(w->encoder, NULL);
    encoder_string(w->encoder, "name", name);
    encoder_string(w->encoder, "value", value);
    encoder_close(w->encoder);
}

static void write_texts(struct writer *w)
{
    struct encoder *e = w->encoder;
    const struct order_plan *plan = w->plan;
    encoder_string(
        e, "note",
        plan->note ? "Bitte klingeln. Second line\nwith \"quotes\", a tab\tand an emoji 🎁" : NULL);
    encoder_string(e, "tags", plan->tags ? "wholesale, VIP, été 2023" : "");
    encoder_array_open(e, "note_attributes");
    if (plan->note_attributes) {
        write_attribute(w, "gift_wrap", "yes");
        write_attribute(w, "Lieferdatum", "2023-12-24");
        if (plan->note)
            encoder_map_open(e, NULL), encoder_string(e, "name", "count"),
                encoder_int(e, "value", 3), encoder_close(e);
    }
    encoder_close(e);
    encoder_string(e, "landing_site",
                   plan->draft
                       ? NULL
                       : "/products/short-sleeve-t-shirt?utm_source=newsletter&utm_medium=email");
    encoder_null(e, "landing_site_ref");
    encoder_string(e, "referring_site",
                   plan->draft  ? NULL
                   : plan->tags ? ""
                                : "https://www.example.com/");
    write_text_number(w, "order_status_url", "https://shop.example.com/548380009/orders/",
                      NUMBER_ORDER, 0, "/authenticate?key=");
    encoder_null(e, "merchant_of_record_app_id");
    encoder_string(e, "po_number", plan->b2b ? "PO-2023-0815" : NULL);
    if (plan->generation >= GENERATION_2024_01)
        encoder_bool(e, "tax_exempt", plan->b2b);
}

static void write_client_details(struct writer *w)
{
    struct encoder *e = w->encoder;
    if (w->plan->pos || w->plan->draft || w->plan->lean) {
        encoder_null(e, "client_details");
        return;
    }
    encoder_map_open(e, "client_details");
    encoder_string(e, "accept_language", w->persona->locale);
    encoder_null(e, "browser_height");
    encoder_string(e, "browser_ip", "203.0.113.42");
    encoder_null(e, "browser_width");
    encoder_null(e, "session_hash");
    encoder_string(e, "user_agent",
                   "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/119.0 Safari/537.36");
    encoder_close(e);
}

static void write_company(struct writer *w)
{
    struct encoder *e = w->encoder;
    if (!w->plan->b2b) {
        encoder_null(e, "payment_terms");
        return;
    }
    encoder_map_open(e, "company");
    encoder_int(e, "id", 1048577);
    encoder_int(e, "location_id", 2097153);
    encoder_close(e);
    encoder_map_open(e, "payment_terms");
    encoder_string(e, "payment_terms_name", "Net 30");
    encoder_string(e, "payment_terms_type", "net");
    encoder_int(e, "due_in_days", 30);
    encoder_array_open(e, "payment_schedules");
    encoder_map_open(e, NULL);
    encoder_int(e, "amount", 70);
    encoder_string(e, "currency", w->plan->currency->code);
    write_time(w, "issued_at", 0);
    write_time(w, "due_at", 2592000);
    encoder_null(e, "completed_at");
    encoder_string(e, "expected_payment_method", "shopify_payments");
    encoder_close(e);
    encoder_close(e);
    encoder_close(e);
}

static void write_gateways(struct writer *w)
{
    struct encoder *e = w->encoder;
    encoder_array_open(e, "payment_gateway_names");
    if (w->plan->paid)
        encoder_string(e, NULL, w->plan->tags ? "paypal" : "shopify_payments");
    if (w->plan->two_shipping_lines)
        encoder_string(e, NULL, "gift_card");
    encoder_close(e);
    if (w->plan->generation != GENERATION_2022 || !w->plan->paid)
        return;
    encoder_map_open(e, "payment_details");
    encoder_null(e, "avs_result_code");
    encoder_null(e, "credit_card_bin");
    encoder_string(e, "credit_card_company", "Visa");
    encoder_string(e, "credit_card_number", "•••• •••• •••• 4242");
    encoder_null(e, "cvv_result_code");
    encoder_close(e);
}

static void write_discount_codes(struct writer *w)
{
    struct encoder *e = w->encoder;
    encoder_array_open(e, "discount_codes");
    if (w->plan->discount_count > 0) {
        encoder_map_open(e, NULL);
        encoder_string(e, "code", "SOMMER10");
        write_money_fixed(w, "amount", w->plan->discount);
        encoder_string(e, "type", w->plan->discount_percent ? "percentage" : "fixed_amount");
        encoder_close(e);
    }
    encoder_close(e);
}

static void write_discount_application(struct writer *w, size_t i)
{
    struct encoder *e = w->encoder;
    encoder_map_open(e, NULL);
    encoder_string(e, "target_type", "line_item");
    encoder_string(e, "type", i == 0 ? "discount_code" : "automatic");
    encoder_string(e, "value", w->plan->discount_percent ? "10.0" : "5.0");
    encoder_string(e, "value_type", w->plan->discount_percent ? "percentage" : "fixed_amount");
    encoder_string(e, "allocation_method", "across");
    encoder_string(e, "target_selection", i == 0 ? "all" : "entitled");
    if (i == 0)
        encoder_string(e, "code", "SOMMER10");
    else
        encoder_string(e, "title", "Mengenrabatt – buy more");
    encoder_close(e);
}

static void write_discounts(struct writer *w)
{
    struct encoder *e = w->encoder;
    write_discount_codes(w);
    if (w->plan->discounts_absent == ABSENCE_MISSING)
        return;
    if (w->plan->discounts_absent == ABSENCE_EMPTY) {
        write_empty_map(w, "discount_applications"); /* {} where an array belongs: rule 13 */
        return;
    }
    encoder_array_open(e, "discount_applications");
    for (size_t i = 0; i < w->plan->discount_count; i++)
        write_discount_application(w, i);
    encoder_close(e);
}

int64_t order_template_write(struct encoder *encoder, const struct order_plan *plan)
{
    const struct persona *persona = &catalogue_personas[plan->persona % PERSONA_ROWS];
    struct writer w = {.encoder = encoder,
                       .plan = plan,
                       .persona = persona,
                       .first_name = persona->first[plan->persona / PERSONA_ROWS % 3],
                       .room = 2500};
    write_identity(&w);
    write_times(&w);
    write_statuses(&w);
    write_customer(&w);
    write_addresses(&w);
    write_texts(&w);
    write_client_details(&w);
    write_company(&w);
    write_gateways(&w);
    write_discounts(&w);
    write_totals(&w);
    write_newer_totals(&w);
    write_line_items(&w);
    write_tax_lines(&w, plan->tax, 0, plan->tax_rate);
    write_shipping_lines(&w);
    write_fulfillments(&w);
    write_refunds(&w);
    write_returns(&w);
    return w.room < 1 ? 1 : w.room;
}
