/* What was bought: line items, their taxes, duties and discounts, and the shipping lines. */
#include "sim/ordertemplate.h"

#include <stdio.h>

static void write_tax_line(struct writer *w, const char *title, int64_t price, double rate)
{
    struct encoder *e = w->encoder;
    encoder_map_open(e, NULL);
    write_money_fixed(w, "price", price);
    encoder_double(e, "rate", rate);
    encoder_string(e, "title", title);
    write_set_fixed(w, "price_set", price);
    if (w->plan->generation >= GENERATION_2023_07)
        encoder_bool(e, "channel_liable", false);
    encoder_close(e);
}

void write_tax_lines(struct writer *w, int64_t first, int64_t second, double rate)
{
    encoder_array_open(w->encoder, "tax_lines");
    if (first > 0)
        write_tax_line(w, "VAT", first, rate);
    if (second > 0)
        write_tax_line(w, "QST", second, 0.09975);
    encoder_close(w->encoder);
}

static void write_allocations(struct writer *w, const struct plan_line *line)
{
    struct encoder *e = w->encoder;
    encoder_array_open(e, "discount_allocations");
    if (line->discount > 0) {
        encoder_map_open(e, NULL);
        write_money_fixed(w, "amount", line->discount);
        write_set_fixed(w, "amount_set", line->discount);
        encoder_int(e, "discount_application_index", w->plan->note ? 7 : 0);
        encoder_close(e);
    }
    encoder_close(e);
}

static void write_duties(struct writer *w)
{
    struct encoder *e = w->encoder;
    encoder_array_open(e, "duties");
    if (w->plan->duties) {
        encoder_map_open(e, NULL);
        encoder_string(e, "id", "2");
        encoder_string(e, "harmonized_system_code", "520300");
        encoder_string(e, "country_code_of_origin", "CA");
        write_set_fixed(w, "price", w->plan->duty);
        write_tax_lines(w, w->plan->duty / 10, 0, 0.1);
        encoder_close(e);
    }
    encoder_close(e);
}

static void write_properties(struct writer *w)
{
    struct encoder *e = w->encoder;
    encoder_array_open(e, "properties");
    if (w->plan->note_attributes) {
        encoder_map_open(e, NULL);
        encoder_string(e, "name", "Gravur");
        encoder_string(e, "value", "Für Oma ♥");
        encoder_close(e);
    }
    encoder_close(e);
}

static const char *line_title(const struct plan_line *line)
{
    static const char *const titles[LINE_KIND_COUNT] = {[LINE_CUSTOM] = "Custom item (phone order)",
                                                        [LINE_TIP] = "Tip",
                                                        [LINE_GIFT_CARD] = "Gift Card"};
    return titles[line->kind] != NULL ? titles[line->kind] : line->product->title;
}

static void write_line_product(struct writer *w, size_t i)
{
    struct encoder *e = w->encoder;
    const struct plan_line *line = &w->plan->lines[i];
    bool product = line->kind == LINE_PRODUCT;
    char name[192];
    bool variant = product && line->product->variant != NULL;
    snprintf(name, sizeof(name), "%s%s%s", line_title(line), variant ? " - " : "",
             variant ? line->product->variant : "");
    encoder_string(e, "title", line_title(line));
    encoder_string(e, "name", name);
    encoder_string(e, "variant_title", variant ? line->product->variant : product ? "" : NULL);
    encoder_string(e, "sku", product ? line->product->sku : NULL);
    encoder_string(e, "vendor", product ? line->product->vendor : NULL);
    encoder_int(e, "grams", product ? line->product->grams : 0);
    encoder_bool(e, "product_exists", product);
    if (product) {
        encoder_int(e, "product_id", 7200000000000 + line->product->grams);
        encoder_int(e, "variant_id", 41000000000000 + line->product->grams);
        encoder_string(e, "variant_inventory_management", "shopify");
    } else {
        encoder_null(e, "product_id");
        encoder_null(e, "variant_id");
        encoder_null(e, "variant_inventory_management");
    }
}

static void write_line_price(struct writer *w, const struct plan_line *line)
{
    if (w->plan->breakage == BREAKAGE_LINE_PRICE)
        encoder_string(w->encoder, "price", "1.299,00 €");
    else
        write_money(w, "price", line->price);
}

static void write_line_sets(struct writer *w, const struct plan_line *line)
{
    write_money_set(w, "price_set", line->price);
    if (w->plan->breakage == BREAKAGE_LINE_DISCOUNT)
        encoder_string(w->encoder, "total_discount", "none");
    else
        write_money_fixed(w, "total_discount", 0);
    write_set_fixed(w, "total_discount_set", 0);
}

static void write_line_quantities(struct writer *w, const struct plan_line *line)
{
    struct encoder *e = w->encoder;
    bool shipped = w->plan->ship >= SHIP_FULL && w->plan->ship != SHIP_FAILED;
    encoder_int(e, "quantity", line->quantity);
    if (w->plan->generation >= GENERATION_2024_01)
        encoder_int(e, "current_quantity", line->current);
    encoder_int(e, "fulfillable_quantity", shipped || line->refunded ? 0 : line->current);
    encoder_string(e, "fulfillment_service", line->product->vendor == NULL ? "printful" : "manual");
    encoder_string(e, "fulfillment_status", shipped ? "fulfilled" : NULL);
    encoder_bool(e, "requires_shipping", !w->plan->digital && line->kind == LINE_PRODUCT);
    encoder_bool(e, "taxable", line->tax > 0);
    encoder_bool(e, "gift_card", line->kind == LINE_GIFT_CARD);
}

void write_line(struct writer *w, size_t i, enum line_place place)
{
    const struct plan_line *line = &w->plan->lines[i];
    encoder_map_open(w->encoder, place == PLACE_REFUND ? "line_item" : NULL);
    if (!line->no_id || place != PLACE_ORDER) {
        write_number(w, "id", NUMBER_CHILD, CHILD_LINE + (int64_t)i);
        if (w->plan->generation >= GENERATION_2023_07)
            write_gid(w, "admin_graphql_api_id", "LineItem", NUMBER_CHILD, CHILD_LINE + (int64_t)i);
    }
    write_line_product(w, i);
    write_line_price(w, line);
    write_line_quantities(w, line);
    if (place == PLACE_ORDER) {
        write_line_sets(w, line);
        write_properties(w);
        write_tax_lines(w, line->tax, line->tax2, w->plan->tax_rate);
        write_allocations(w, line);
        write_duties(w);
    }
    if (w->plan->generation == GENERATION_2025)
        encoder_null(w->encoder, "sales_line_item_group_id");
    if (line->kind == LINE_TIP)
        encoder_string(w->encoder, "tip_payment_gateway", "shopify_payments");
    encoder_close(w->encoder);
}

void write_line_items(struct writer *w)
{
    encoder_array_open(w->encoder, "line_items");
    for (size_t i = 0; i < w->plan->line_count; i++)
        write_line(w, i, PLACE_ORDER);
    encoder_close(w->encoder);
}

static void write_shipping_line(struct writer *w, int64_t i, int64_t price)
{
    struct encoder *e = w->encoder;
    encoder_map_open(e, NULL);
    if (w->plan->draft)
        encoder_null(e, "id");
    else
        write_number(w, "id", NUMBER_CHILD, CHILD_SHIPPING + i);
    encoder_null(e, "carrier_identifier");
    encoder_string(e, "code", i == 0 ? "Standard" : NULL);
    write_money_fixed(w, "price", price);
    write_set_fixed(w, "price_set", price);
    write_money_fixed(w, "discounted_price", price);
    write_set_fixed(w, "discounted_price_set", price);
    encoder_null(e, "phone");
    encoder_null(e, "requested_fulfillment_service_id");
    encoder_string(e, "source", "shopify");
    encoder_string(e, "title", i == 0 ? "Standard shipping" : "Livraison express – demain");
    if (w->plan->generation >= GENERATION_2024_10)
        encoder_bool(e, "is_removed", false);
    write_tax_lines(w, i == 0 ? w->plan->shipping_tax : 0, 0, w->plan->tax_rate);
    write_empty_array(w, "discount_allocations");
    encoder_close(e);
}

void write_shipping_lines(struct writer *w)
{
    encoder_array_open(w->encoder, "shipping_lines");
    if (w->plan->shipping > 0)
        write_shipping_line(w, 0, w->plan->shipping);
    if (w->plan->shipping > 0 && w->plan->two_shipping_lines)
        write_shipping_line(w, 1, 0);
    encoder_close(w->encoder);
}
