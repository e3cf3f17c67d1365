/* What happened afterwards: fulfillments, refunds, returns. */
#include "sim/ordertemplate.h"

static void write_tracking(struct writer *w, int64_t i)
{
    struct encoder *e = w->encoder;
    static const char url[] = "https://tracking.example.com/?nr=1Z";
    if (w->plan->digital) {
        encoder_null(e, "tracking_company");
        encoder_null(e, "tracking_number");
        write_empty_array(w, "tracking_numbers");
        encoder_null(e, "tracking_url");
        write_empty_array(w, "tracking_urls");
        return;
    }
    encoder_string(e, "tracking_company", i == 0 ? "DHL Express" : "Österreichische Post");
    write_text_number(w, "tracking_number", "1Z", NUMBER_CHILD, CHILD_FULFILLMENT + i, "");
    encoder_array_open(e, "tracking_numbers");
    write_text_number(w, NULL, "1Z", NUMBER_CHILD, CHILD_FULFILLMENT + i, "");
    encoder_close(e);
    write_text_number(w, "tracking_url", url, NUMBER_CHILD, CHILD_FULFILLMENT + i, "");
    encoder_array_open(e, "tracking_urls");
    write_text_number(w, NULL, url, NUMBER_CHILD, CHILD_FULFILLMENT + i, "");
    encoder_close(e);
}

static void write_fulfillment(struct writer *w, int64_t i, size_t first, size_t end)
{
    struct encoder *e = w->encoder;
    encoder_map_open(e, NULL);
    write_number(w, "id", NUMBER_CHILD, CHILD_FULFILLMENT + i);
    write_gid(w, "admin_graphql_api_id", "Fulfillment", NUMBER_CHILD, CHILD_FULFILLMENT + i);
    write_time(w, "created_at", 43200 + i * 3600);
    write_time(w, "updated_at", 90000 + i * 3600);
    encoder_int(e, "location_id", 67890123456);
    write_text_number(w, "name", "#", NUMBER_ORDINAL, 0, i == 0 ? ".1" : ".2");
    write_number(w, "order_id", NUMBER_ORDER, 0);
    write_empty_map(w, "origin_address");
    write_empty_map(w, "receipt");
    encoder_string(e, "service", "manual");
    encoder_string(e, "shipment_status",
                   w->plan->ship == SHIP_DELIVERED ? "delivered"
                   : w->plan->ship == SHIP_FAILED  ? "failure"
                                                   : NULL);
    encoder_string(e, "status", w->plan->ship == SHIP_FAILED ? "failure" : "success");
    write_tracking(w, i);
    encoder_array_open(e, "line_items");
    for (size_t line = first; line < end; line++)
        write_line(w, line, PLACE_FULFILLMENT);
    encoder_close(e);
    encoder_close(e);
}

void write_fulfillments(struct writer *w)
{
    enum ship_form ship = w->plan->ship;
    encoder_array_open(w->encoder, "fulfillments");
    /* The same line in two parcels is legitimate (facts, rule 14). */
    if (ship != SHIP_NONE)
        write_fulfillment(w, 0, 0, 1);
    if (ship == SHIP_TWO_PARCELS)
        write_fulfillment(w, 1, 0, 1);
    encoder_close(w->encoder);
}

/* A number here, text everywhere else: so do 34 public documents. */
static void write_money_number(struct writer *w, const char *key, int64_t minor)
{
    static const double powers[] = {1, 10, 100, 1000};
    encoder_double(w->encoder, key, (double)minor / powers[w->plan->currency->scale]);
}

static void write_refund_line(struct writer *w, size_t i)
{
    struct encoder *e = w->encoder;
    const struct plan_line *line = &w->plan->lines[i];
    struct amount subtotal = {line->price.minor * line->quantity - line->discount,
                              line->price.moves};
    encoder_map_open(e, NULL);
    write_number(w, "id", NUMBER_CHILD, CHILD_REFUND_LINE + (int64_t)i);
    write_number(w, "line_item_id", NUMBER_CHILD, CHILD_LINE + (int64_t)i);
    encoder_int(e, "quantity", line->quantity);
    encoder_string(e, "restock_type", "return");
    encoder_int(e, "location_id", 67890123456);
    if (subtotal.moves)
        write_money(w, "subtotal", subtotal);
    else
        write_money_number(w, "subtotal", subtotal.minor);
    write_money_set(w, "subtotal_set", subtotal);
    write_money_number(w, "total_tax", line->tax);
    write_set_fixed(w, "total_tax_set", line->tax);
    write_line(w, i, PLACE_REFUND);
    encoder_close(e);
}

static void write_refund_lines(struct writer *w)
{
    encoder_array_open(w->encoder, "refund_line_items");
    for (size_t i = 0; i < w->plan->line_count; i++) {
        if (w->plan->lines[i].refunded)
            write_refund_line(w, i);
    }
    encoder_close(w->encoder);
}

static void write_transaction(struct writer *w, struct amount amount)
{
    struct encoder *e = w->encoder;
    encoder_map_open(e, NULL);
    write_number(w, "id", NUMBER_CHILD, CHILD_TRANSACTION);
    write_number(w, "order_id", NUMBER_ORDER, 0);
    write_number(w, "parent_id", NUMBER_CHILD, CHILD_TRANSACTION + 1);
    if (w->plan->breakage == BREAKAGE_REFUND_AMOUNT)
        encoder_string(e, "amount", "--");
    else
        write_money(w, "amount", amount);
    encoder_string(e, "currency", w->plan->currency->code);
    encoder_string(e, "kind", "refund");
    encoder_string(e, "gateway", "shopify_payments");
    encoder_string(e, "status", "success");
    encoder_null(e, "message");
    write_time(w, "created_at", 690000);
    write_time(w, "processed_at", 690000);
    encoder_bool(e, "test", w->plan->test);
    encoder_null(e, "authorization");
    encoder_null(e, "error_code");
    encoder_string(e, "source_name", "1830279");
    write_empty_map(w, "receipt");
    encoder_close(e);
}

static void write_transactions(struct writer *w)
{
    enum refund_form form = w->plan->refund;
    encoder_array_open(w->encoder, "transactions");
    if (form == REFUND_LINE || form == REFUND_FULL)
        write_transaction(w, w->plan->refunded);
    if (form == REFUND_SHIPPING)
        write_transaction(w, (struct amount){w->plan->shipping, false});
    encoder_close(w->encoder);
}

static void write_adjustment(struct writer *w, const char *kind, const char *reason, int64_t amount)
{
    struct encoder *e = w->encoder;
    encoder_map_open(e, NULL);
    write_number(w, "id", NUMBER_CHILD, CHILD_ADJUSTMENT);
    write_number(w, "order_id", NUMBER_ORDER, 0);
    write_number(w, "refund_id", NUMBER_CHILD, CHILD_REFUND);
    encoder_string(e, "kind", kind);
    encoder_string(e, "reason", reason);
    write_money_fixed(w, "amount", amount);
    write_set_fixed(w, "amount_set", amount);
    write_money_fixed(w, "tax_amount", 0);
    write_set_fixed(w, "tax_amount_set", 0);
    encoder_close(e);
}

static void write_adjustments(struct writer *w)
{
    encoder_array_open(w->encoder, "order_adjustments");
    if (w->plan->refund == REFUND_DISCREPANCY)
        write_adjustment(w, "refund_discrepancy", "Refund discrepancy", 125);
    if (w->plan->refund == REFUND_SHIPPING)
        write_adjustment(w, "shipping_refund", "Shipping refund", w->plan->shipping);
    encoder_close(w->encoder);
}

static void write_refund_shipping(struct writer *w)
{
    struct encoder *e = w->encoder;
    encoder_array_open(e, "refund_shipping_lines");
    if (w->plan->refund == REFUND_SHIPPING) {
        encoder_map_open(e, NULL);
        write_number(w, "id", NUMBER_CHILD, CHILD_REFUND + 1);
        encoder_bool(e, "full_refund", true);
        write_set_fixed(w, "subtotal_amount_set", w->plan->shipping);
        encoder_map_open(e, "shipping_line");
        write_number(w, "id", NUMBER_CHILD, CHILD_SHIPPING);
        encoder_string(e, "title", "Standard shipping");
        encoder_close(e);
        encoder_close(e);
    }
    encoder_close(e);
}

void write_refunds(struct writer *w)
{
    struct encoder *e = w->encoder;
    encoder_array_open(e, "refunds");
    if (w->plan->refund != REFUND_NONE) {
        encoder_map_open(e, NULL);
        write_number(w, "id", NUMBER_CHILD, CHILD_REFUND);
        write_gid(w, "admin_graphql_api_id", "Refund", NUMBER_CHILD, CHILD_REFUND);
        write_number(w, "order_id", NUMBER_ORDER, 0);
        write_time(w, "created_at", 690000);
        write_time(w, "processed_at", 690000);
        encoder_string(e, "note",
                       w->plan->refund == REFUND_NOTE_ONLY ? "Kulanz – customer kept the goods"
                                                           : NULL);
        encoder_null(e, "user_id");
        encoder_bool(e, "restock", true);
        if (w->plan->refund != REFUND_NOTE_ONLY) {
            write_refund_lines(w);
            write_transactions(w);
            write_adjustments(w);
        }
        if (w->plan->generation >= GENERATION_2024_10)
            write_refund_shipping(w);
        encoder_close(e);
    }
    encoder_close(e);
}

void write_returns(struct writer *w)
{
    struct encoder *e = w->encoder;
    if (w->plan->returns == ABSENCE_MISSING)
        return;
    encoder_array_open(e, "returns");
    if (w->plan->returns == ABSENCE_VALUE) {
        encoder_map_open(e, NULL);
        write_number(w, "id", NUMBER_CHILD, CHILD_RETURN);
        write_gid(w, "admin_graphql_api_id", "Return", NUMBER_CHILD, CHILD_RETURN);
        write_text_number(w, "name", "#", NUMBER_ORDINAL, 0, "-R1");
        encoder_string(e, "status", "open");
        encoder_array_open(e, "return_line_items");
        encoder_map_open(e, NULL);
        write_number(w, "id", NUMBER_CHILD, CHILD_RETURN + 1);
        write_number(w, "line_item_id", NUMBER_CHILD, CHILD_LINE);
        encoder_int(e, "quantity", 1);
        encoder_string(e, "return_reason", "size_too_small");
        encoder_string(e, "customer_note", "Zu klein 😕");
        encoder_close(e);
        encoder_close(e);
        encoder_close(e);
    }
    encoder_close(e);
}
