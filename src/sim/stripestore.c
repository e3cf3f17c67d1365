/* Filling the shelves. */
#include "sim/stripestore.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/jsonfiles.h"
#include "sim/slice.h"

int64_t stripe_store_now(const struct stripe_store *store)
{
    int64_t fixed = store->options->rest.now_s;
    return fixed != 0 ? fixed : (int64_t)time(NULL);
}

void stripe_store_add(struct stripe_store *store, size_t count, const enum session_state *state)
{
    struct session_plan plan;
    store->rules.now_s = stripe_store_now(store);
    for (size_t i = 0; i < count; i++) {
        session_plan_make(&store->rules, store->next++, &plan);
        if (state != NULL)
            session_plan_turn(&plan, *state);
        stripe_store_write(store, &plan);
    }
}

bool stripe_store_turn(struct stripe_store *store, const char *id, enum session_state state,
                       struct error *err)
{
    struct session_plan plan;
    const struct record *record = shelf_find(store->sessions, str_from(id));
    if (record == NULL || record->index == RECORD_LOADED)
        return error_set(err, ERROR_USAGE, "%s: not a generated session", id);
    session_plan_make(&store->rules, record->index, &plan);
    plan.created_s = record->created_s;
    session_plan_turn(&plan, state);
    stripe_store_write(store, &plan);
    return true;
}

/* ---- loading ---- */

static const char *keep_word(struct shelf *shelf, struct str object, const char *key)
{
    struct str word = slice_word(slice_member(object, key));
    return word.data == NULL ? NULL : arena_copy(shelf_arena(shelf), word).data;
}

static int64_t slice_number(struct str object, const char *key)
{
    struct str word = slice_word(slice_member(object, key));
    char digits[24];
    snprintf(digits, sizeof(digits), "%.*s", STR_ARG(word));
    return strtoll(digits, NULL, 10);
}

/* A payment intent is an id, or the object when it was expanded. */
static const char *keep_reference(struct shelf *shelf, struct str object, const char *key)
{
    struct str value = slice_member(object, key);
    return value.len > 0 && value.data[0] == '{' ? keep_word(shelf, value, "id")
                                                 : keep_word(shelf, object, key);
}

/* The elements of a list of line items, with commas between them. */
static void take_items(struct shelf *shelf, struct str list, struct edition *edition)
{
    struct str data = slice_member(list, "data"), item;
    struct buffer out = {.max = 4u << 20};
    size_t count = 0;
    for (size_t at = 0; slice_next(data, &at, &item);)
        count++;
    edition->ends = arena_alloc(shelf_arena(shelf), (count + 1) * sizeof(edition->ends[0]));
    for (size_t at = 0; slice_next(data, &at, &item);) {
        if (out.len > 0)
            buffer_append_char(&out, ',');
        buffer_append_str(&out, item);
        edition->ends[edition->item_count++] = (uint32_t)out.len;
    }
    edition->items = shelf_keep(shelf, &out);
    buffer_free(&out);
}

/* The text with other digits for `created`, when it is to be spread and has one. */
static struct str restamp(struct stripe_store *store, struct shelf *shelf, struct str json,
                          int64_t *created_s)
{
    struct str digits = slice_member(json, "created");
    if (!store->options->rest.restamp)
        return arena_copy(shelf_arena(shelf), json);
    int64_t span = store->rules.days * 86400 - 7200;
    *created_s = store->rules.now_s - 3600 - (int64_t)(store->loaded * 3607) % (span + 1);
    if (slice_word(digits).data == NULL)
        return arena_copy(shelf_arena(shelf), json);
    size_t before = (size_t)(digits.data - json.data);
    return arena_format(shelf_arena(shelf), "%.*s%lld%.*s", (int)before, json.data,
                        (long long)*created_s, (int)(json.len - before - digits.len),
                        digits.data + digits.len);
}

static struct record take_common(struct stripe_store *store, struct shelf *shelf, struct str json,
                                 struct edition *edition)
{
    struct record record = {.created_s = slice_number(json, "created"), .index = RECORD_LOADED};
    edition->text = restamp(store, shelf, json, &record.created_s);
    record.id = keep_word(shelf, json, "id");
    if (record.id == NULL)
        record.id = arena_format(shelf_arena(shelf), "none_%zu", store->loaded).data;
    record.status = keep_word(shelf, json, "status");
    record.payment_status = keep_word(shelf, json, "payment_status");
    record.link = keep_reference(shelf, json, "payment_intent");
    record.charge = keep_reference(shelf, json, "charge");
    record.edition = edition;
    record.older = edition;
    store->loaded++;
    return record;
}

static void take_session(struct stripe_store *store, struct str json)
{
    struct edition *edition = arena_zero(shelf_arena(store->sessions), sizeof(struct edition));
    struct record record = take_common(store, store->sessions, json, edition);
    struct str list = slice_member(json, "line_items");
    edition->text.len--; /* the brace */
    edition->items_inside = list.data != NULL;
    take_items(store->sessions, list, edition);
    shelf_put(store->sessions, &record);
}

static void take_refund(struct stripe_store *store, struct str json)
{
    struct edition *edition = arena_zero(shelf_arena(store->refunds), sizeof(struct edition));
    struct record record = take_common(store, store->refunds, json, edition);
    shelf_put(store->refunds, &record);
}

/* A list of line items belongs to the session in its url. */
static bool take_line_items(struct stripe_store *store, struct str list)
{
    struct str url = slice_word(slice_member(list, "url"));
    const char *id = url.data == NULL ? NULL : memmem(url.data, url.len, "/sessions/", 10);
    if (id == NULL)
        return false;
    id += 10;
    size_t rest = (size_t)(url.data + url.len - id);
    const char *slash = memchr(id, '/', rest);
    struct record *record =
        shelf_find(store->sessions, (struct str){id, slash == NULL ? rest : (size_t)(slash - id)});
    if (record == NULL || record->index != RECORD_LOADED)
        return false;
    struct edition *edition = arena_zero(shelf_arena(store->sessions), sizeof(struct edition));
    *edition = *record->edition;
    edition->item_count = 0;
    take_items(store->sessions, list, edition);
    record->edition = record->older = edition;
    store->loaded++;
    return true;
}

static void take_list(struct stripe_store *store, struct str list)
{
    struct str data = slice_member(list, "data"), element;
    if (take_line_items(store, list))
        return;
    for (size_t at = 0; slice_next(data, &at, &element);)
        stripe_store_take(store, element);
}

void stripe_store_take(struct stripe_store *store, struct str json)
{
    struct str object = slice_word(slice_member(json, "object"));
    struct str id = slice_word(slice_member(json, "id"));
    if (str_equal(object, STR("list")) || slice_member(json, "data").len > 0)
        object = str_equal(object, STR("event")) ? object : STR("list");
    if (str_equal(object, STR("checkout.session")) ||
        (id.len > 3 && strncmp(id.data, "cs_", 3) == 0))
        take_session(store, json);
    else if (str_equal(object, STR("refund")))
        take_refund(store, json);
    else if (str_equal(object, STR("event")))
        stripe_store_take(store, slice_member(slice_member(json, "data"), "object"));
    else if (str_equal(object, STR("list")))
        take_list(store, json);
    else
        store->passed++;
}

static void take_file(void *context, struct str json)
{
    stripe_store_take(context, json);
}

bool stripe_store_load(struct stripe_store *store, const char *path, struct error *err)
{
    return jsonfiles_read(path, take_file, store, err);
}

bool stripe_store_open(const struct sim_options *options, struct stripe_store *ret_store,
                       struct error *err)
{
    struct stripe_store store = {.options = options};
    struct session_plan plan;
    if (!session_rules_make(&options->rest, options->seed, (size_t)options->generate, &store.rules,
                            err))
        return false;
    store.sessions = shelf_new();
    store.refunds = shelf_new();
    while (store.next < (size_t)options->generate) {
        session_plan_make(&store.rules, store.next++, &plan);
        stripe_store_write(&store, &plan);
    }
    for (size_t i = 0; i < options->load_count; i++) {
        if (!stripe_store_load(&store, options->load[i], err)) {
            stripe_store_close(&store);
            return false;
        }
    }
    *ret_store = store;
    return true;
}

void stripe_store_close(struct stripe_store *store)
{
    shelf_free(store->sessions);
    shelf_free(store->refunds);
}
