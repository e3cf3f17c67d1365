/* Planning and running queries. */
#include "sim/query.h"

#include <stdlib.h>
#include <string.h>

#include "sim/fieldtree.h"

struct query_order {
    const char *path;
    bool descending;
};

struct query_bound {
    size_t count; /* 0: none */
    struct field_value values[QUERY_MAX_ORDERS];
    bool before;
};

/* A match in another order than by name. */
struct query_match {
    struct store_collection *collection;
    struct str id;
    const struct field_value *keys;
};

struct query_run {
    struct store *store;
    struct arena arena;   /* the plan, and matches */
    struct arena scratch; /* of one document */
    struct buffer body;
    int64_t read_us;
    const char *from; /* the collection's id */
    struct str parent;
    bool group; /* all collections of that id below the parent */
    struct store_collection **collections;
    size_t collection_count;
    size_t collection_at;
    const struct filter *filter;
    struct query_order orders[QUERY_MAX_ORDERS];
    size_t order_count;
    struct query_bound start;
    struct query_bound end;
    char **select;
    size_t select_count;
    bool select_some;
    bool by_name;  /* one collection in name order */
    int64_t limit; /* -1: none */
    int64_t offset;
    size_t given;
    size_t skipped;
    struct store_cursor cursor;
    bool cursor_open;
    struct query_match *matches;
    size_t match_count;
    size_t match_cap;
    size_t match_at;
    bool collected;
};

typedef Google__Firestore__V1__StructuredQuery proto_query;

static void collections_add(struct query_run *run, struct store_collection *collection)
{
    run->collections[run->collection_count++] = collection;
}

/* Whether `path` is a collection `id` somewhere below `parent`. */
static bool collection_descends(const char *path, struct str parent, const char *id)
{
    const char *last = strrchr(path, '/');
    last = last == NULL ? path : last + 1;
    if (strcmp(last, id) != 0)
        return false;
    return parent.len == 0 ||
           (strncmp(path, parent.data, parent.len) == 0 && path[parent.len] == '/');
}

bool query_covers(const struct query_run *run, const struct store_collection *collection)
{
    const char *path = store_collection_path(collection);
    size_t prefix = run->parent.len == 0 ? 0 : run->parent.len + 1;
    if (run->group)
        return collection_descends(path, run->parent, run->from);
    return strlen(path) > prefix && strcmp(path + prefix, run->from) == 0 &&
           (prefix == 0 ||
            (memcmp(path, run->parent.data, run->parent.len) == 0 && path[prefix - 1] == '/'));
}

static bool plan_from(struct query_run *run, const char *parent, const proto_query *message,
                      struct rpc_status *status)
{
    if (!document_relative(run->store, parent, &run->parent, status))
        return false;
    if (message->n_from != 1)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "A query names exactly one collection");
    run->from = message->from[0]->collection_id;
    run->group = message->from[0]->all_descendants;
    size_t count = store_collection_count(run->store);
    run->collections = arena_zero(&run->arena, (count + 1) * sizeof(*run->collections));
    for (size_t i = 0; i < count; i++) {
        struct store_collection *collection = store_collection_at(run->store, i);
        if (query_covers(run, collection))
            collections_add(run, collection);
    }
    return true;
}

static bool orders_add(struct query_run *run, const char *path, bool descending)
{
    if (run->order_count == QUERY_MAX_ORDERS)
        return false;
    run->orders[run->order_count++] = (struct query_order){path, descending};
    return true;
}

/* Explicit orders, or the field of an inequality; then the name in the last direction. */
static bool plan_orders(struct query_run *run, const proto_query *message,
                        struct rpc_status *status)
{
    const char *inequality = filter_inequality(run->filter);
    bool good = true;
    for (size_t i = 0; i < message->n_order_by; i++) {
        const Google__Firestore__V1__StructuredQuery__Order *order = message->order_by[i];
        if (order->field == NULL)
            return rpc_fail(status, RPC_INVALID_ARGUMENT, "order_by without a field");
        good = good && orders_add(run, order->field->field_path, order->direction == 2);
    }
    if (run->order_count == 0 && inequality != NULL)
        good = orders_add(run, inequality, false);
    size_t last = run->order_count;
    if (last == 0 || strcmp(run->orders[last - 1].path, "__name__") != 0)
        good = good && orders_add(run, "__name__", last > 0 && run->orders[last - 1].descending);
    if (!good)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "More than %d orders", QUERY_MAX_ORDERS - 1);
    run->by_name = run->order_count == 1 && run->collection_count <= 1;
    return true;
}

static bool plan_bound(struct query_run *run, const Google__Firestore__V1__Cursor *message,
                       struct query_bound *bound, struct rpc_status *status)
{
    if (message == NULL)
        return true;
    if (message->n_values > run->order_count)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "Cursor has too many values.");
    bound->before = message->before;
    bound->count = message->n_values;
    for (size_t i = 0; i < message->n_values; i++) {
        bound->values[i] = value_compile(&run->arena, message->values[i]);
        bool name = strcmp(run->orders[i].path, "__name__") == 0;
        if (name && bound->values[i].rank != RANK_REFERENCE)
            return rpc_fail(status, RPC_INVALID_ARGUMENT,
                            "Cursor on __name__ needs a reference value");
    }
    return true;
}

static void plan_select(struct query_run *run, const proto_query *message)
{
    if (message->select == NULL || message->select->n_fields == 0)
        return;
    run->select_some = true;
    run->select = arena_zero(&run->arena, message->select->n_fields * sizeof(char *));
    for (size_t i = 0; i < message->select->n_fields; i++) {
        char *path = message->select->fields[i]->field_path;
        if (strcmp(path, "__name__") != 0)
            run->select[run->select_count++] = path;
    }
}

static bool plan_limits(struct query_run *run, const proto_query *message,
                        struct rpc_status *status)
{
    run->limit = message->limit == NULL ? -1 : message->limit->value;
    run->offset = message->offset;
    if ((message->limit != NULL && run->limit < 0) || run->offset < 0)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "limit and offset cannot be negative");
    return true;
}

bool query_open(struct store *store, const char *parent, const proto_query *message,
                int64_t read_us, struct query_run **ret_run, struct rpc_status *status)
{
    struct query_run *run = memory_zero(1, sizeof(*run));
    run->store = store;
    run->read_us = read_us;
    run->body.max = 4 * DOCUMENT_MAX_BYTES;
    if (!plan_from(run, parent, message, status) ||
        !filter_compile(&run->arena, message->where, &run->filter, status) ||
        !plan_orders(run, message, status) ||
        !plan_bound(run, message->start_at, &run->start, status) ||
        !plan_bound(run, message->end_at, &run->end, status) ||
        !plan_limits(run, message, status)) {
        query_close(run);
        return false;
    }
    plan_select(run, message);
    *ret_run = run;
    return true;
}

void query_close(struct query_run *run)
{
    if (run == NULL)
        return;
    arena_free(&run->arena);
    arena_free(&run->scratch);
    buffer_free(&run->body);
    free(run->matches);
    free(run);
}

size_t query_skipped(const struct query_run *run)
{
    return run->skipped;
}

int64_t query_read_us(const struct query_run *run)
{
    return run->read_us;
}

/* The id part of a name in this collection; STR_NULL when it lies elsewhere. */
static struct str name_id(const struct query_run *run, struct str name)
{
    struct str root = str_from(store_root(run->store));
    struct str path = str_from(store_collection_path(run->collections[0]));
    size_t prefix = root.len + 1 + path.len + 1;
    if (name.len <= prefix || memcmp(name.data, root.data, root.len) != 0 ||
        name.data[root.len] != '/' || memcmp(name.data + root.len + 1, path.data, path.len) != 0 ||
        name.data[prefix - 1] != '/')
        return STR_NULL;
    return (struct str){name.data + prefix, name.len - prefix};
}

/* Keys against a bound, in the query's order. */
static int bound_compare(const struct query_run *run, const struct field_value *keys,
                         const struct query_bound *bound)
{
    for (size_t i = 0; i < bound->count; i++) {
        int order = field_value_compare(&keys[i], &bound->values[i]);
        if (order != 0)
            return run->orders[i].descending ? -order : order;
    }
    return 0;
}

static bool bounds_start(const struct query_run *run, const struct field_value *keys)
{
    if (run->start.count == 0)
        return true;
    int order = bound_compare(run, keys, &run->start);
    return order > 0 || (order == 0 && run->start.before);
}

static bool bounds_end(const struct query_run *run, const struct field_value *keys)
{
    if (run->end.count == 0)
        return true;
    int order = bound_compare(run, keys, &run->end);
    return order < 0 || (order == 0 && !run->end.before);
}

static struct str body_render(struct query_run *run, const struct store_view *view)
{
    buffer_clear(&run->body);
    store_view_append(view, &run->body);
    return buffer_str(&run->body);
}

static void cursor_start(struct query_run *run)
{
    struct store_collection *collection = run->collections[run->collection_at];
    struct str from = STR_NULL;
    bool reverse = run->by_name && run->orders[0].descending;
    if (run->by_name && run->start.count > 0)
        from = name_id(run, run->start.values[0].bytes);
    store_cursor_open(&run->cursor, collection, from, run->start.before, reverse);
    run->cursor_open = true;
}

/* The next document of all collections, whatever it holds. */
static bool scan_next(struct query_run *run, struct store_view *ret_view)
{
    while (run->collection_at < run->collection_count) {
        if (!run->cursor_open)
            cursor_start(run);
        if (store_cursor_next(&run->cursor, run->read_us, ret_view))
            return true;
        run->cursor_open = false;
        run->collection_at++;
    }
    return false;
}

static bool needs_name(const struct query_run *run)
{
    return run->filter != NULL || run->start.count > 0 || run->end.count > 0;
}

/* One step of a walk in name order. */
static enum query_next walk_next(struct query_run *run, struct query_result *result)
{
    if (!scan_next(run, &result->view))
        return QUERY_END;
    result->collection = run->collections[run->collection_at];
    result->projected = false;
    if (needs_name(run)) {
        struct str name =
            document_name(&run->scratch, result->collection, run->store, result->view.id);
        struct field_value key = {.rank = RANK_REFERENCE, .bytes = name};
        if (!bounds_start(run, &key))
            return QUERY_AGAIN;
        if (!bounds_end(run, &key))
            return QUERY_END;
        if (run->filter != NULL &&
            !filter_match(run->filter, body_render(run, &result->view), name))
            return QUERY_AGAIN;
    }
    return QUERY_RESULT;
}

static void value_keep(struct arena *arena, struct field_value *value)
{
    if (value->bytes.data != NULL)
        value->bytes = arena_copy(arena, value->bytes);
}

/* The sort keys of a document; false when it lacks one. */
static bool match_keys(struct query_run *run, struct str body, struct str name,
                       struct field_value keys[QUERY_MAX_ORDERS])
{
    for (size_t i = 0; i < run->order_count; i++) {
        if (!document_field(body, name, run->orders[i].path, &keys[i]))
            return false;
    }
    return true;
}

static bool match_add(struct query_run *run, struct store_collection *collection, struct str id,
                      const struct field_value *keys)
{
    if (run->match_count == QUERY_MAX_SORTED)
        return false;
    if (run->match_count == run->match_cap) {
        run->match_cap = run->match_cap == 0 ? 256 : run->match_cap * 2;
        run->matches = memory_resize(run->matches, run->match_cap * sizeof(*run->matches));
    }
    struct field_value *kept = arena_alloc(&run->arena, run->order_count * sizeof(*kept));
    for (size_t i = 0; i < run->order_count; i++) {
        kept[i] = keys[i];
        value_keep(&run->arena, &kept[i]);
    }
    run->matches[run->match_count++] =
        (struct query_match){collection, arena_copy(&run->arena, id), kept};
    return true;
}

static enum query_next collect_next(struct query_run *run, struct rpc_status *status)
{
    struct store_view view;
    struct field_value keys[QUERY_MAX_ORDERS];
    if (!scan_next(run, &view))
        return QUERY_END;
    struct store_collection *collection = run->collections[run->collection_at];
    struct str name = document_name(&run->scratch, collection, run->store, view.id);
    struct str body = body_render(run, &view);
    if (!match_keys(run, body, name, keys) || !bounds_start(run, keys) || !bounds_end(run, keys) ||
        !filter_match(run->filter, body, name))
        return QUERY_AGAIN;
    if (!match_add(run, collection, view.id, keys)) {
        rpc_fail(status, RPC_RESOURCE_EXHAUSTED, "More than %d documents to sort",
                 QUERY_MAX_SORTED);
        return QUERY_FAILED;
    }
    return QUERY_AGAIN;
}

static int match_compare(const void *a, const void *b, void *context)
{
    const struct query_run *run = context;
    const struct query_match *x = a;
    const struct query_match *y = b;
    for (size_t i = 0; i < run->order_count; i++) {
        int order = field_value_compare(&x->keys[i], &y->keys[i]);
        if (order != 0)
            return run->orders[i].descending ? -order : order;
    }
    return 0;
}

static enum query_next sorted_next(struct query_run *run, struct query_result *result,
                                   struct rpc_status *status)
{
    if (!run->collected) {
        enum query_next next = collect_next(run, status);
        if (next != QUERY_END)
            return next;
        if (run->match_count > 0)
            qsort_r(run->matches, run->match_count, sizeof(*run->matches), match_compare, run);
        run->collected = true;
    }
    if (run->match_at == run->match_count)
        return QUERY_END;
    const struct query_match *match = &run->matches[run->match_at++];
    result->collection = match->collection;
    result->projected = false;
    return store_get(match->collection, match->id, run->read_us, &result->view) ? QUERY_RESULT
                                                                                : QUERY_AGAIN;
}

static void result_project(struct query_run *run, struct query_result *result)
{
    if (!run->select_some)
        return;
    result->projected = true;
    result->body = STR("");
    if (run->select_count > 0)
        result->body = field_project(&run->scratch, body_render(run, &result->view), run->select,
                                     run->select_count);
}

enum query_next query_next(struct query_run *run, struct query_result *ret_result,
                           struct rpc_status *status)
{
    if (run->limit >= 0 && run->given == (size_t)run->limit)
        return QUERY_END;
    if (!moment_check(run->store, run->read_us, status))
        return QUERY_FAILED;
    for (int i = 0; i < QUERY_SCAN_STEP; i++) {
        arena_reset(&run->scratch);
        enum query_next next =
            run->by_name ? walk_next(run, ret_result) : sorted_next(run, ret_result, status);
        if (next == QUERY_AGAIN)
            continue;
        if (next == QUERY_RESULT && run->skipped < (size_t)run->offset) {
            run->skipped++;
            continue;
        }
        if (next == QUERY_RESULT) {
            run->given++;
            result_project(run, ret_result);
        }
        return next;
    }
    return QUERY_AGAIN;
}

bool query_is_limited(const struct query_run *run)
{
    return run->limit >= 0 || run->offset > 0;
}

bool query_match(struct query_run *run, const struct store_collection *collection,
                 const struct store_view *view, struct query_result *ret_result)
{
    struct field_value keys[QUERY_MAX_ORDERS];
    arena_reset(&run->scratch);
    if (needs_name(run) || run->order_count > 1) {
        struct str name = document_name(&run->scratch, collection, run->store, view->id);
        struct str body = body_render(run, view);
        if (!match_keys(run, body, name, keys) || !bounds_start(run, keys) ||
            !bounds_end(run, keys) || !filter_match(run->filter, body, name))
            return false;
    }
    *ret_result = (struct query_result){.collection = collection, .view = *view};
    result_project(run, ret_result);
    return true;
}
