/* Filling the shelf. */
#include "sim/printfulstore.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "model/slice.h"
#include "sim/hash.h"
#include "sim/jsonfiles.h"

#define SALT_UPDATED 710
#define ORDER_DELAY_S 600 /* an order comes after its sale */

int64_t printful_store_now(const struct printful_store *store)
{
    int64_t fixed = store->options->rest.now_s;
    return fixed != 0 ? fixed : (int64_t)time(NULL);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void write_next(struct printful_store *store, const char *status)
{
    int64_t now = store->rules.now_s;
    size_t index = store->next++;
    int64_t created = earlier(session_rules_created(&store->rules, index) + ORDER_DELAY_S, now);
    int64_t work = (int64_t)(hash_pair(store->rules.seed, SALT_UPDATED, index) % (6 * 86400));
    printful_store_write(store, index, created, earlier(created + work, now), status);
}

void printful_store_add(struct printful_store *store, size_t count, const char *status)
{
    store->rules.now_s = printful_store_now(store);
    for (size_t i = 0; i < count; i++)
        write_next(store, status);
}

bool printful_store_turn(struct printful_store *store, const char *id, const char *status,
                         struct error *err)
{
    const struct record *record = shelf_find(store->orders, str_from(id));
    if (record == NULL || record->index == RECORD_LOADED)
        return error_set(err, ERROR_USAGE, "%s: not a generated order", id);
    printful_store_write(store, record->index, record->created_s, printful_store_now(store),
                         status);
    return true;
}

/* ---- loading ---- */

static void take_order(struct printful_store *store, struct str json)
{
    struct arena *arena = shelf_arena(store->orders);
    struct edition *edition = arena_zero(arena, sizeof(struct edition));
    struct record record = {.index = RECORD_LOADED, .edition = edition};
    record.created_s = json_number(json, "created");
    if (store->options->rest.restamp) {
        record.created_s = session_rules_restamped(&store->rules, store->loaded);
        edition->text = json_restamped(arena, json, record.created_s);
    } else {
        edition->text = arena_copy(arena, json);
    }
    record.id = json_keep(arena, json, "id");
    if (record.id == NULL)
        record.id = arena_format(arena, "none-%zu", store->loaded).data;
    record.status = json_keep(arena, json, "status");
    record.link = json_keep(arena, json, "external_id");
    shelf_put(store->orders, &record);
    store->loaded++;
}

/* An order has items or a recipient. */
static bool is_order(struct str json)
{
    return slice_get(json, "items").data != NULL || slice_get(json, "recipient").data != NULL;
}

static void take_or_pass(struct printful_store *store, struct str json)
{
    if (is_order(json))
        take_order(store, json);
    else
        store->passed++;
}

/* An order, an answer with one or many, or a webhook's body. */
static void take_body(void *context, struct str json)
{
    struct printful_store *store = context;
    struct str result = slice_get(json, "result"), key, element;
    struct str pushed = slice_get(slice_get(json, "data"), "order");
    struct slice elements = slice_begin(result);
    if (is_order(pushed))
        take_order(store, pushed);
    else if (!slice_is_array(result))
        take_or_pass(store, is_order(result) ? result : json);
    while (slice_is_array(result) && slice_next(&elements, &key, &element))
        take_or_pass(store, element);
}

bool printful_store_load(struct printful_store *store, const char *path, struct error *err)
{
    return jsonfiles_read(path, take_body, store, err);
}

static bool link_parse(const char *name, enum printful_link *ret_link, struct error *err)
{
    static const char *const names[] = {[LINK_SHOP_ORDER] = "shop_order_id",
                                        [LINK_REFERENCE] = "client_reference_id",
                                        [LINK_INTENT] = "payment_intent",
                                        [LINK_METADATA] = "metadata",
                                        [LINK_MIXED] = "mixed"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            *ret_link = (enum printful_link)i;
            return true;
        }
    }
    return error_set(err, ERROR_USAGE, "--link %s: no such link", name);
}

bool printful_store_open(const struct sim_options *options, struct printful_store *ret_store,
                         struct error *err)
{
    struct printful_store store = {.options = options};
    if (!link_parse(options->rest.link, &store.link, err) ||
        !session_rules_make(&options->rest, options->seed, (size_t)options->generate, &store.rules,
                            err))
        return false;
    store.orders = shelf_new();
    while (store.next < (size_t)options->generate)
        write_next(&store, NULL);
    for (size_t i = 0; i < options->load_count; i++) {
        if (!printful_store_load(&store, options->load[i], err)) {
            printful_store_close(&store);
            return false;
        }
    }
    *ret_store = store;
    return true;
}

void printful_store_close(struct printful_store *store)
{
    shelf_free(store->orders);
}
