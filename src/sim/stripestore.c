/* Filling the shelves. */
#include "sim/stripestore.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "model/slice.h"
#include "sim/jsonfiles.h"

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

/* A payment intent is an id, or the object when it was expanded. */
static const char *keep_reference(struct shelf *shelf, struct str object, const char *key)
{
    return arena_copy(shelf_arena(shelf), slice_id(slice_get(object, key))).data;
}

/* The elements of a list of line items, with commas between them. */
static void take_items(struct shelf *shelf, struct str list, struct edition *edition)
{
    struct str data = slice_get(list, "data"), key, item;
    struct buffer out = {.max = 4u << 20};
    size_t count = slice_is_array(data) ? slice_count(data) : 0;
    struct slice items = slice_begin(data);
    edition->ends = arena_alloc(shelf_arena(shelf), (count + 1) * sizeof(edition->ends[0]));
    while (edition->item_count < count && slice_next(&items, &key, &item)) {
        if (out.len > 0)
            buffer_append_char(&out, ',');
        buffer_append_str(&out, item);
        edition->ends[edition->item_count++] = (uint32_t)out.len;
    }
    edition->items = shelf_keep(shelf, &out);
    buffer_free(&out);
}

static struct record take_common(struct stripe_store *store, struct shelf *shelf, struct str json,
                                 struct edition *edition)
{
    struct arena *arena = shelf_arena(shelf);
    struct record record = {.created_s = json_number(json, "created"), .index = RECORD_LOADED};
    if (store->options->rest.restamp) {
        record.created_s = session_rules_restamped(&store->rules, store->loaded);
        edition->text = json_restamped(arena, json, record.created_s);
    } else {
        edition->text = arena_copy(arena, json);
    }
    record.id = json_keep(arena, json, "id");
    if (record.id == NULL)
        record.id = arena_format(arena, "none_%zu", store->loaded).data;
    record.status = json_keep(arena, json, "status");
    record.payment_status = json_keep(arena, json, "payment_status");
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
    struct str list = slice_get(json, "line_items");
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
    struct str url = slice_text(slice_get(list, "url"));
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
    struct str key, element;
    struct slice elements = slice_begin(slice_get(list, "data"));
    if (take_line_items(store, list))
        return;
    while (slice_next(&elements, &key, &element))
        stripe_store_take(store, element);
}

void stripe_store_take(struct stripe_store *store, struct str json)
{
    struct str object = slice_text(slice_get(json, "object"));
    struct str id = slice_text(slice_get(json, "id"));
    struct str data = slice_get(json, "data");
    if (str_equal(object, STR("event")))
        stripe_store_take(store, slice_get(data, "object"));
    else if (slice_is_array(data))
        take_list(store, json);
    else if (str_equal(object, STR("checkout.session")) ||
             (id.len > 3 && strncmp(id.data, "cs_", 3) == 0))
        take_session(store, json);
    else if (str_equal(object, STR("refund")))
        take_refund(store, json);
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
