/* Orders in Printful's words, with all of its moods: numbers and strings in one object, nulls,
 * several shipments. */
#include "sim/printfulstore.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/generator.h"
#include "sim/hash.h"
#include "sim/scribe.h"

#define TEXT_MAX (1u << 20)
#define ID_FIRST 80000000
#define MAX_ITEMS 200
#define UNMATCHED_PERCENT 5
#define SHARED_PERCENT 4 /* a second order of the sale before */

enum salt { SALT_ORDER = 700, SALT_LINK };

static const struct {
    const char *name;
    unsigned share;
    unsigned shipments; /* at most */
} statuses[] = {
    {"fulfilled", 46, 3}, {"partial", 8, 1},  {"inprocess", 14, 0},
    {"pending", 10, 0},   {"onhold", 4, 0},   {"draft", 5, 0},
    {"failed", 5, 0},     {"canceled", 6, 0}, {"archived", 2, 1},
};
#define STATUS_COUNT (sizeof(statuses) / sizeof(statuses[0]))

struct writing {
    struct printful_store *store;
    struct buffer out;
    struct dice dice;
    size_t index;
    int64_t id;
    unsigned mood; /* how numbers are written */
    size_t item_count;
    unsigned shipments;
    int64_t created_s, updated_s;
};

/* Cents as text, or as a number in some moods. */
static void put_money(struct writing *w, const char *key, int64_t cents, bool number)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRId64 ".%02" PRId64, cents / 100, cents % 100);
    if (number)
        scribe_raw(&w->out, key, str_from(text));
    else
        scribe_text(&w->out, key, text);
}

/* ---- whose order it is ---- */

static bool session_is_paid(const struct session_rules *rules, size_t index)
{
    struct session_plan plan;
    session_plan_make(rules, index, &plan);
    return plan.state == SESSION_PAID || plan.state == SESSION_REFUNDED;
}

/* The sale of order `index`: its own number, the one before, or, with sessions, the next paid. */
static size_t sale_of(const struct printful_store *store, size_t index, enum printful_link link)
{
    size_t sale = index;
    if (index > 0 && hash_pair(store->rules.seed, SALT_LINK, index) % 100 < SHARED_PERCENT)
        sale = index - 1;
    for (unsigned tries = 0; link != LINK_SHOP_ORDER && tries < 20; tries++, sale++) {
        if (session_is_paid(&store->rules, sale))
            break;
    }
    return sale;
}

static bool external_id(const struct printful_store *store, size_t index,
                        char ret_id[SESSION_ID_SIZE])
{
    uint64_t roll = hash_pair(store->rules.seed, SALT_LINK, ~index) % 100;
    enum printful_link link =
        store->link == LINK_MIXED ? (enum printful_link)(index % LINK_COUNT) : store->link;
    size_t sale = sale_of(store, index, link);
    if (roll == 0)
        return false;
    if (roll <= UNMATCHED_PERCENT)
        snprintf(ret_id, SESSION_ID_SIZE, "manual-%zu", index);
    else if (link == LINK_SHOP_ORDER)
        snprintf(ret_id, SESSION_ID_SIZE, "%" PRId64, generator_seed_id(store->rules.seed, sale));
    else if (link == LINK_REFERENCE)
        session_reference(sale, ret_id);
    else if (link == LINK_INTENT)
        session_intent_id(store->rules.seed, sale, ret_id);
    else
        session_order_ref(sale, ret_id);
    return true;
}

/* ---- parts ---- */

static void put_recipient(struct writing *w)
{
    size_t customer = generator_seed_customer(w->store->rules.seed, w->index);
    unsigned number = generator_seed_persona(customer);
    const struct persona *persona = &catalogue_personas[number % PERSONA_ROWS];
    struct buffer *out = &w->out;
    scribe_open(out, "recipient", '{');
    scribe_format(out, "name", "%s %s", persona->first[number / PERSONA_ROWS % 3], persona->last);
    scribe_text(out, "company", NULL);
    scribe_text(out, "address1", persona->street);
    scribe_text(out, "address2", NULL);
    scribe_text(out, "city", persona->city);
    scribe_text(out, "state_code", persona->province_code);
    scribe_text(out, "state_name", persona->province);
    scribe_text(out, "country_code", persona->country_code);
    scribe_text(out, "country_name", persona->country);
    scribe_text(out, "zip", persona->zip);
    scribe_text(out, "phone", NULL);
    scribe_format(out, "email", "shopper.%zu@example.com", 1000000 + customer);
    scribe_text(out, "tax_number", NULL);
    scribe_close(out, '}');
}

static int64_t item_id(const struct writing *w, size_t i)
{
    return 500000000 + (int64_t)w->index * (MAX_ITEMS + 1) + (int64_t)i;
}

/* Returns what it costs. */
static int64_t put_item(struct writing *w, size_t i)
{
    const struct product *product = &catalogue_products[dice_next(&w->dice) % CATALOGUE_PRODUCTS];
    int64_t price = dice_between(&w->dice, 695, 4295);
    int64_t quantity = dice_between(&w->dice, 1, 3);
    struct buffer *out = &w->out;
    scribe_open(out, NULL, '{');
    scribe_int(out, "id", item_id(w, i));
    scribe_text(out, "external_id", NULL);
    scribe_int(out, "variant_id", 4000 + (product - catalogue_products));
    scribe_nulls(out, "sync_variant_id external_variant_id warehouse_product_variant_id "
                      "product_template_id");
    scribe_int(out, "quantity", quantity);
    put_money(w, "price", price, false);
    if (w->mood == 0)
        scribe_text(out, "retail_price", NULL);
    else
        put_money(w, "retail_price", price * 2, false);
    scribe_text(out, "name", product->title);
    scribe_open(out, "product", '{');
    scribe_int(out, "variant_id", 4000 + (product - catalogue_products));
    scribe_int(out, "product_id", 70 + (product - catalogue_products));
    scribe_text(out, "image", "https://files.example/product.jpg");
    scribe_text(out, "name", product->title);
    scribe_close(out, '}');
    scribe_raw(out, "files", STR("[]"));
    scribe_raw(out, "options",
               w->mood == 2 ? STR("[{\"id\":\"stitch_color\",\"value\":[\"white\",\"black\"]}]")
                            : STR("[]"));
    scribe_text(out, "sku", w->mood == 1 ? product->sku : NULL);
    scribe_bool(out, "discontinued", false);
    scribe_bool(out, "out_of_stock", false);
    scribe_close(out, '}');
    return price * quantity;
}

static int64_t put_items(struct writing *w)
{
    int64_t total = 0;
    scribe_open(&w->out, "items", '[');
    for (size_t i = 0; i < w->item_count; i++)
        total += put_item(w, i);
    scribe_close(&w->out, ']');
    return total;
}

static void put_costs(struct writing *w, int64_t subtotal)
{
    static const char *const currencies[] = {"USD", "EUR", "GBP"};
    const char *currency = currencies[w->index % 3];
    int64_t shipping = dice_between(&w->dice, 399, 1250), tax = subtotal / 12;
    bool numbers = w->mood == 1, total_number = w->mood == 1 || w->mood == 2;
    struct buffer *out = &w->out;
    scribe_open(out, "costs", '{');
    scribe_text(out, "currency", currency);
    put_money(w, "subtotal", subtotal, numbers);
    put_money(w, "discount", 0, numbers);
    put_money(w, "shipping", shipping, numbers);
    put_money(w, "digitization", 0, numbers);
    put_money(w, "additional_fee", 0, numbers);
    put_money(w, "fulfillment_fee", 0, numbers);
    scribe_text(out, "retail_delivery_fee", NULL);
    put_money(w, "tax", tax, numbers);
    put_money(w, "vat", 0, numbers);
    put_money(w, "total", subtotal + shipping + tax, total_number);
    scribe_close(out, '}');
    scribe_open(out, "retail_costs", '{');
    scribe_text(out, "currency", currency);
    if (w->mood == 0) {
        scribe_nulls(out, "subtotal discount shipping tax vat total");
    } else {
        put_money(w, "subtotal", subtotal * 2, false);
        put_money(w, "discount", 0, false);
        put_money(w, "shipping", shipping, false);
        scribe_nulls(out, "tax vat");
        put_money(w, "total", subtotal * 2 + shipping, false);
    }
    scribe_close(out, '}');
}

/* Shipment s takes every N-th item, so that together they take all. */
static void put_shipment(struct writing *w, unsigned s)
{
    struct buffer *out = &w->out;
    int64_t id = 30000000 + (int64_t)w->index * 4 + s;
    time_t shipped = w->created_s + (w->updated_s - w->created_s) * (s + 1) / (w->shipments + 1);
    char date[16];
    struct tm parts;
    strftime(date, sizeof(date), "%Y-%m-%d", gmtime_r(&shipped, &parts));
    scribe_open(out, NULL, '{');
    scribe_int(out, "id", id);
    scribe_text(out, "carrier", s % 2 == 0 ? "FEDEX" : "DPD");
    scribe_text(out, "service", "FedEx SmartPost");
    if (w->mood == 2)
        scribe_int(out, "tracking_number", 6129000000000000 + id);
    else
        scribe_format(out, "tracking_number", "TRK%" PRId64, id);
    scribe_format(out, "tracking_url", "https://tracking.example/%" PRId64, id);
    scribe_int(out, "created", shipped);
    scribe_text(out, "ship_date", date);
    if (w->mood == 1)
        scribe_format(out, "shipped_at", "%" PRId64, (int64_t)shipped);
    else
        scribe_int(out, "shipped_at", shipped);
    scribe_bool(out, "reshipment", s == 2);
    scribe_open(out, "items", '[');
    for (size_t i = s; i < w->item_count; i += w->shipments) {
        scribe_open(out, NULL, '{');
        scribe_int(out, "item_id", item_id(w, i));
        scribe_int(out, "quantity", 1);
        scribe_int(out, "picked", 1);
        scribe_int(out, "printed", 1);
        scribe_close(out, '}');
    }
    scribe_close(out, ']');
    scribe_close(out, '}');
}

/* ---- the order ---- */

static size_t status_choose(struct dice *dice, const char *wanted)
{
    unsigned roll = (unsigned)(dice_next(dice) % 100);
    for (size_t i = 0; wanted == NULL && i < STATUS_COUNT; i++) {
        if (roll < statuses[i].share)
            return i;
        roll -= statuses[i].share;
    }
    for (size_t i = 0; wanted != NULL && i < STATUS_COUNT; i++) {
        if (strcmp(statuses[i].name, wanted) == 0)
            return i;
    }
    return STATUS_COUNT; /* a word of the tester's own */
}

static void put_order(struct writing *w, const char *status, const char *external)
{
    struct buffer *out = &w->out;
    bool failed = strcmp(status, "failed") == 0;
    scribe_open(out, NULL, '{');
    scribe_int(out, "id", w->id);
    scribe_text(out, "external_id", external);
    scribe_int(out, "store", w->store->options->rest.store);
    scribe_text(out, "status", status);
    scribe_text(out, "error", failed ? "The payment was declined." : NULL);
    scribe_int(out, "errorCode", failed ? 11 : 0);
    scribe_text(out, "shipping", "STANDARD");
    scribe_text(out, "shipping_service_name", "Flat Rate (3-4 business days after fulfillment)");
    scribe_int(out, "created", w->created_s);
    scribe_int(out, "updated", w->updated_s);
    scribe_text(out, "notes", NULL);
    put_recipient(w);
    put_costs(w, put_items(w));
    scribe_open(out, "shipments", '[');
    for (unsigned s = 0; s < w->shipments; s++)
        put_shipment(w, s);
    scribe_close(out, ']');
    scribe_raw(out, "branding_items", STR("[]"));
    scribe_raw(out, "incomplete_items", STR("[]"));
    scribe_bool(out, "is_sample", false);
    scribe_bool(out, "needs_approval", false);
    scribe_bool(out, "not_synced", false);
    scribe_bool(out, "has_discontinued_items", false);
    scribe_bool(out, "can_change_hold", strcmp(status, "onhold") == 0);
    scribe_nulls(out, "pricing_breakdown gift packing_slip");
    scribe_format(out, "dashboard_url", "https://www.printful.com/dashboard?order_id=%" PRId64,
                  w->id);
    scribe_close(out, '}');
}

void printful_store_write(struct printful_store *store, size_t index, int64_t created_s,
                          int64_t updated_s, const char *status)
{
    const struct session_rules *rules = &store->rules;
    struct writing w = {.store = store,
                        .out = {.max = TEXT_MAX},
                        .dice = {hash_pair(rules->seed, SALT_ORDER, index)},
                        .index = index,
                        .mood = (unsigned)(index % 4),
                        .item_count = rules->counts[index % rules->count_count],
                        .created_s = created_s,
                        .updated_s = updated_s};
    w.id =
        ID_FIRST + (int64_t)index * 5 + (int64_t)(hash_pair(rules->seed, SALT_ORDER, ~index) % 5);
    size_t choice = status_choose(&w.dice, status);
    if (choice < STATUS_COUNT) {
        status = statuses[choice].name;
        w.shipments = statuses[choice].shipments;
    }
    if (w.shipments > 1)
        w.shipments = 1 + (unsigned)(dice_next(&w.dice) % w.shipments);
    char external[SESSION_ID_SIZE];
    bool linked = external_id(store, index, external);
    put_order(&w, status, linked ? external : NULL);
    struct arena *arena = shelf_arena(store->orders);
    struct edition *edition = arena_zero(arena, sizeof(struct edition));
    edition->text = shelf_keep(store->orders, &w.out);
    struct record record = {.id = arena_format(arena, "%" PRId64, w.id).data,
                            .status = arena_copy(arena, str_from(status)).data,
                            .created_s = created_s,
                            .index = index,
                            .edition = edition};
    if (linked)
        record.link = arena_copy(arena, str_from(external)).data;
    shelf_put(store->orders, &record);
    buffer_free(&w.out);
}
