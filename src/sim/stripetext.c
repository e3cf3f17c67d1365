/* Sessions, line items and refunds in Stripe's words. A session whose buyer pays in another
 * currency has two editions: before 2025-03-31 its own amounts were the buyer's. */
#include "sim/stripestore.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/scribe.h"

#define TEXT_MAX (4u << 20)

enum salt { SALT_ITEM = 600, SALT_PRICE, SALT_CUSTOMER, SALT_CHARGE, SALT_REFUND };

/* In whose currency amounts are told. */
struct money {
    const char *code;
    unsigned rate;
    bool converted;
};

struct writing {
    struct stripe_store *store;
    const struct session_plan *plan;
    struct money money;
    struct buffer out;
};

static uint64_t seed_of(const struct writing *w)
{
    return w->store->rules.seed;
}

static void put_amount(struct writing *w, const char *key, int64_t amount)
{
    scribe_int(&w->out, key, amount * w->money.rate / 100);
}

static void put_id(struct writing *w, const char *key, const char *prefix, enum salt salt,
                   size_t index, unsigned letters)
{
    char id[SESSION_ID_SIZE];
    session_object_id(id, sizeof(id), prefix, seed_of(w), salt, index, letters);
    scribe_text(&w->out, key, id);
}

static bool is_paid(const struct session_plan *plan)
{
    return plan->state == SESSION_PAID || plan->state == SESSION_REFUNDED;
}

static bool is_submitted(const struct session_plan *plan)
{
    return plan->state != SESSION_OPEN && plan->state != SESSION_EXPIRED;
}

/* ---- line items ---- */

static void put_price(struct writing *w, const struct session_item *item)
{
    struct buffer *out = &w->out;
    size_t product = (size_t)(item->product - catalogue_products);
    scribe_open(out, "price", '{');
    put_id(w, "id", "price_1", SALT_PRICE, product, 23);
    scribe_text(out, "object", "price");
    scribe_bool(out, "active", true);
    scribe_text(out, "billing_scheme", "per_unit");
    scribe_int(out, "created", 1600000000);
    scribe_text(out, "currency", w->money.code);
    scribe_bool(out, "livemode", false);
    scribe_nulls(out, "lookup_key nickname recurring");
    scribe_open(out, "metadata", '{');
    if (item->product->sku != NULL)
        scribe_text(out, "sku", item->product->sku);
    scribe_close(out, '}');
    put_id(w, "product", "prod_", SALT_PRICE, product, 14);
    scribe_text(out, "type", "one_time");
    put_amount(w, "unit_amount", item->unit);
    scribe_format(out, "unit_amount_decimal", "%" PRId64, item->unit * w->money.rate / 100);
    scribe_close(out, '}');
}

static void put_item(struct writing *w, size_t i)
{
    const struct session_item *item = &w->plan->items[i];
    struct buffer *out = &w->out;
    scribe_open(out, NULL, '{');
    put_id(w, "id", "li_1", SALT_ITEM, w->plan->index * (SESSION_MAX_ITEMS + 1) + i, 23);
    scribe_text(out, "object", "item");
    put_amount(w, "amount_discount", item->discount);
    put_amount(w, "amount_subtotal", item->subtotal);
    put_amount(w, "amount_tax", item->tax);
    put_amount(w, "amount_total", item->total);
    scribe_text(out, "currency", w->money.code);
    scribe_text(out, "description", item->product->title);
    put_price(w, item);
    scribe_int(out, "quantity", item->quantity);
    scribe_close(out, '}');
}

static void make_items(struct writing *w, struct edition *edition)
{
    edition->item_count = w->plan->item_count;
    edition->ends = arena_alloc(shelf_arena(w->store->sessions),
                                (edition->item_count + 1) * sizeof(edition->ends[0]));
    buffer_clear(&w->out);
    for (size_t i = 0; i < edition->item_count; i++) {
        put_item(w, i);
        edition->ends[i] = (uint32_t)w->out.len;
    }
    edition->items = shelf_keep(w->store->sessions, &w->out);
}

/* ---- people ---- */

static void put_address(struct writing *w)
{
    const struct persona *persona = w->plan->persona;
    struct buffer *out = &w->out;
    scribe_open(out, "address", '{');
    scribe_text(out, "city", persona->city);
    scribe_text(out, "country", persona->country_code);
    scribe_text(out, "line1", persona->street);
    scribe_text(out, "line2", NULL);
    scribe_text(out, "postal_code", persona->zip);
    scribe_text(out, "state", persona->province_code);
    scribe_close(out, '}');
}

static void put_customer(struct writing *w)
{
    const struct session_plan *plan = w->plan;
    struct buffer *out = &w->out;
    if (plan->guest)
        scribe_text(out, "customer", NULL);
    else
        put_id(w, "customer", "cus_", SALT_CUSTOMER, plan->customer, 14);
    if (!is_submitted(plan)) {
        scribe_nulls(out, "customer_details customer_email");
        return;
    }
    scribe_open(out, "customer_details", '{');
    put_address(w);
    scribe_nulls(out, "business_name individual_name");
    scribe_format(out, "email", "shopper.%zu@example.com", 1000000 + plan->customer);
    scribe_format(out, "name", "%s %s", plan->first_name, plan->persona->last);
    if (plan->customer % 3 == 0)
        scribe_format(out, "phone", "+1555%07zu", plan->customer % 10000000);
    else
        scribe_text(out, "phone", NULL);
    scribe_text(out, "tax_exempt", "none");
    scribe_open(out, "tax_ids", '[');
    scribe_close(out, ']');
    scribe_close(out, '}');
    scribe_text(out, "customer_email", NULL);
}

static struct str make_shipping(struct writing *w)
{
    if (!w->plan->shipped || !is_submitted(w->plan))
        return STR("null");
    buffer_clear(&w->out);
    scribe_open(&w->out, NULL, '{');
    put_address(w);
    scribe_format(&w->out, "name", "%s %s", w->plan->first_name, w->plan->persona->last);
    scribe_close(&w->out, '}');
    return shelf_keep(w->store->sessions, &w->out);
}

/* ---- the session ---- */

static void put_money(struct writing *w)
{
    const struct session_plan *plan = w->plan;
    struct buffer *out = &w->out;
    put_amount(w, "amount_subtotal", plan->subtotal);
    put_amount(w, "amount_total", plan->total);
    scribe_text(out, "currency", w->money.code);
    if (w->money.converted) {
        scribe_open(out, "currency_conversion", '{');
        scribe_int(out, "amount_subtotal", plan->subtotal);
        scribe_int(out, "amount_total", plan->total);
        scribe_format(out, "fx_rate", "%u.%02u", w->money.rate / 100, w->money.rate % 100);
        scribe_text(out, "source_currency", plan->currency->code);
        scribe_close(out, '}');
    } else {
        scribe_text(out, "currency_conversion", NULL);
        if (plan->presented) {
            scribe_open(out, "presentment_details", '{');
            scribe_int(out, "presentment_amount", plan->total * plan->currency->rate / 100);
            scribe_text(out, "presentment_currency", plan->currency->presentment);
            scribe_close(out, '}');
        }
    }
    if (plan->shipped) {
        scribe_open(out, "shipping_cost", '{');
        put_amount(w, "amount_subtotal", plan->shipping);
        scribe_int(out, "amount_tax", 0);
        put_amount(w, "amount_total", plan->shipping);
        scribe_text(out, "shipping_rate", "shr_1SimStandard");
        scribe_close(out, '}');
    } else {
        scribe_text(out, "shipping_cost", NULL);
    }
    scribe_open(out, "total_details", '{');
    put_amount(w, "amount_discount", plan->discount);
    put_amount(w, "amount_shipping", plan->shipping);
    put_amount(w, "amount_tax", plan->tax);
    scribe_close(out, '}');
}

static const struct {
    const char *status, *payment_status;
} words[SESSION_STATE_COUNT] = {
    [SESSION_PAID] = {"complete", "paid"},     [SESSION_UNPAID] = {"complete", "unpaid"},
    [SESSION_OPEN] = {"open", "unpaid"},       [SESSION_EXPIRED] = {"expired", "unpaid"},
    [SESSION_REFUNDED] = {"complete", "paid"}, [SESSION_FREE] = {"complete", "no_payment_required"},
};

static void put_links(struct writing *w)
{
    const struct session_plan *plan = w->plan;
    struct buffer *out = &w->out;
    char id[SESSION_ID_SIZE];
    session_reference(plan->index, id);
    scribe_text(out, "client_reference_id", id);
    session_order_ref(plan->index, id);
    scribe_open(out, "metadata", '{');
    scribe_text(out, "order_ref", id);
    scribe_text(out, "channel", plan->guest ? "web" : "app");
    scribe_close(out, '}');
    session_intent_id(seed_of(w), plan->index, id);
    scribe_text(out, "payment_intent", is_paid(plan) || plan->state == SESSION_UNPAID ? id : NULL);
}

static struct str make_session(struct writing *w)
{
    const struct session_plan *plan = w->plan;
    struct buffer *out = &w->out;
    char id[SESSION_ID_SIZE];
    session_id(seed_of(w), plan->index, id);
    buffer_clear(out);
    scribe_open(out, NULL, '{');
    scribe_text(out, "id", id);
    scribe_text(out, "object", "checkout.session");
    scribe_raw(out, "adaptive_pricing", STR("{\"enabled\":true}"));
    scribe_nulls(out, "after_expiration allow_promotion_codes billing_address_collection "
                      "client_secret consent consent_collection customer_creation invoice locale "
                      "payment_link recovered_from setup_intent submit_type subscription url");
    scribe_raw(out, "automatic_tax", STR("{\"enabled\":false,\"liability\":null,\"status\":null}"));
    scribe_text(out, "cancel_url", "https://shop.example/cancel");
    scribe_int(out, "created", plan->created_s);
    scribe_raw(out, "custom_fields", STR("[]"));
    scribe_int(out, "expires_at", plan->created_s + 86400);
    scribe_bool(out, "livemode", false);
    scribe_text(out, "mode", "payment");
    scribe_raw(out, "payment_method_types", STR("[\"card\"]"));
    scribe_text(out, "status", words[plan->state].status);
    scribe_text(out, "payment_status", words[plan->state].payment_status);
    scribe_text(out, "success_url", "https://shop.example/thanks");
    scribe_text(out, "ui_mode", "hosted_page");
    put_links(w);
    put_customer(w);
    put_money(w);
    return shelf_keep(w->store->sessions, out);
}

static const struct edition *make_edition(struct writing *w, struct money money)
{
    struct edition *edition = arena_zero(shelf_arena(w->store->sessions), sizeof(struct edition));
    w->money = money;
    edition->text = make_session(w);
    edition->shipping = make_shipping(w);
    make_items(w, edition);
    return edition;
}

/* ---- refunds ---- */

/* Not in the future, and not in one heap when they would be. */
static int64_t refund_created(const struct writing *w, unsigned part)
{
    int64_t created = w->plan->created_s + w->plan->refund_after_s + part * 60;
    int64_t now = stripe_store_now(w->store);
    if (created <= now)
        return created;
    int64_t age = now - w->plan->created_s;
    return age <= 0 ? now : w->plan->created_s + w->plan->refund_after_s % (age + 1);
}

static void write_refund(struct writing *w, unsigned part)
{
    const struct session_plan *plan = w->plan;
    struct buffer *out = &w->out;
    size_t number = plan->index * 4 + part;
    int64_t amount = plan->refunded / plan->refunds;
    char id[SESSION_ID_SIZE], intent[SESSION_ID_SIZE], charge[SESSION_ID_SIZE];
    session_object_id(id, sizeof(id), "re_3", seed_of(w), SALT_REFUND, number, 23);
    session_object_id(charge, sizeof(charge), "ch_3", seed_of(w), SALT_CHARGE, plan->index, 23);
    session_intent_id(seed_of(w), plan->index, intent);
    struct record record = {.created_s = refund_created(w, part), .index = number};
    if (part + 1 == plan->refunds)
        amount = plan->refunded - amount * (plan->refunds - 1);
    buffer_clear(out);
    scribe_open(out, NULL, '{');
    scribe_text(out, "id", id);
    scribe_text(out, "object", "refund");
    scribe_int(out, "amount", amount);
    scribe_text(out, "balance_transaction", NULL);
    scribe_text(out, "charge", charge);
    scribe_int(out, "created", record.created_s);
    scribe_text(out, "currency", plan->currency->code);
    scribe_raw(out, "metadata", STR("{}"));
    scribe_text(out, "payment_intent", intent);
    scribe_text(out, "reason", number % 3 == 0 ? NULL : "requested_by_customer");
    scribe_nulls(out, "receipt_number source_transfer_reversal transfer_reversal");
    scribe_text(out, "status", number % 11 == 0 ? "pending" : "succeeded");
    scribe_close(out, '}');
    struct edition *edition = arena_zero(shelf_arena(w->store->refunds), sizeof(struct edition));
    edition->text = shelf_keep(w->store->refunds, out);
    record.id = arena_copy(shelf_arena(w->store->refunds), str_from(id)).data;
    record.link = arena_copy(shelf_arena(w->store->refunds), str_from(intent)).data;
    record.charge = arena_copy(shelf_arena(w->store->refunds), str_from(charge)).data;
    record.edition = edition;
    shelf_put(w->store->refunds, &record);
}

void stripe_store_write(struct stripe_store *store, const struct session_plan *plan)
{
    struct writing w = {.store = store, .plan = plan, .out = {.max = TEXT_MAX}};
    struct arena *arena = shelf_arena(store->sessions);
    char id[SESSION_ID_SIZE], intent[SESSION_ID_SIZE];
    session_id(store->rules.seed, plan->index, id);
    session_intent_id(store->rules.seed, plan->index, intent);
    struct record record = {.id = arena_copy(arena, str_from(id)).data,
                            .status = words[plan->state].status,
                            .payment_status = words[plan->state].payment_status,
                            .created_s = plan->created_s,
                            .index = plan->index};
    if (is_paid(plan) || plan->state == SESSION_UNPAID)
        record.link = arena_copy(arena, str_from(intent)).data;
    record.edition = make_edition(&w, (struct money){plan->currency->code, 100, false});
    record.older = record.edition;
    if (plan->presented)
        record.older = make_edition(
            &w, (struct money){plan->currency->presentment, plan->currency->rate, true});
    shelf_put(store->sessions, &record);
    for (unsigned part = 0; part < plan->refunds && plan->refunded > 0; part++)
        write_refund(&w, part);
    buffer_free(&w.out);
}
