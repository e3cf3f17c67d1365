/* Filling the shelf. */
#include "sim/printfulstore.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/hash.h"
#include "sim/jsonfiles.h"
#include "sim/slice.h"

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

static int64_t word_number(struct str word)
{
    char digits[24];
    snprintf(digits, sizeof(digits), "%.*s", STR_ARG(word));
    return strtoll(digits, NULL, 10);
}

static const char *keep_word(struct printful_store *store, struct str json, const char *key)
{
    struct str word = slice_word(slice_member(json, key));
    return word.data == NULL ? NULL : arena_copy(shelf_arena(store->orders), word).data;
}

static struct str restamp(struct printful_store *store, struct str json, int64_t *created_s)
{
    struct arena *arena = shelf_arena(store->orders);
    struct str digits = slice_member(json, "created");
    if (!store->options->rest.restamp)
        return arena_copy(arena, json);
    int64_t span = store->rules.days * 86400 - 7200;
    *created_s = store->rules.now_s - 3600 - (int64_t)(store->loaded * 3607) % (span + 1);
    if (slice_word(digits).data == NULL)
        return arena_copy(arena, json);
    size_t before = (size_t)(digits.data - json.data);
    return arena_format(arena, "%.*s%lld%.*s", (int)before, json.data, (long long)*created_s,
                        (int)(json.len - before - digits.len), digits.data + digits.len);
}

static void take_order(struct printful_store *store, struct str json)
{
    struct arena *arena = shelf_arena(store->orders);
    struct edition *edition = arena_zero(arena, sizeof(struct edition));
    struct record record = {.index = RECORD_LOADED, .edition = edition};
    record.created_s = word_number(slice_word(slice_member(json, "created")));
    edition->text = restamp(store, json, &record.created_s);
    record.id = keep_word(store, json, "id");
    if (record.id == NULL)
        record.id = arena_format(arena, "none-%zu", store->loaded).data;
    record.status = keep_word(store, json, "status");
    record.link = keep_word(store, json, "external_id");
    shelf_put(store->orders, &record);
    store->loaded++;
}

/* An order has items or a recipient. */
static bool is_order(struct str json)
{
    return slice_member(json, "items").data != NULL || slice_member(json, "recipient").data != NULL;
}

/* An order, an answer with one or many, or a webhook's body. */
static void take_body(void *context, struct str json)
{
    struct printful_store *store = context;
    struct str result = slice_member(json, "result"), element;
    struct str pushed = slice_member(slice_member(json, "data"), "order");
    size_t at = 0;
    if (is_order(json)) {
        take_order(store, json);
    } else if (is_order(result)) {
        take_order(store, result);
    } else if (is_order(pushed)) {
        take_order(store, pushed);
    } else if (!slice_next(result, &at, &element)) {
        store->passed++;
    } else {
        do {
            if (is_order(element))
                take_order(store, element);
            else
                store->passed++;
        } while (slice_next(result, &at, &element));
    }
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
