/* Documents and their versions. */
#include "sim/store.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"

#define CREATE_BEFORE_UPDATE_US (90000ll * 1000000)

struct store_version {
    int64_t commit_us;
    int64_t create_us;
    bool deleted;
    struct store_version *older;
    size_t len;
    char body[];
};

struct store_document {
    struct str id;
    struct store_version *newest;
    int64_t base; /* the generated document under it, or -1 */
};

struct store_collection {
    struct store *store;
    char *path;
    struct generator *generator;
    struct store_document **documents; /* sorted by id */
    size_t count;
    size_t cap;
};

struct log_entry {
    int64_t commit_us;
    struct store_collection *collection;
    struct store_document *document;
    bool deleted;
};

struct store {
    char *database;
    char *root;
    struct store_collection **collections; /* sorted by path */
    size_t collection_count;
    size_t collection_cap;
    struct log_entry *log; /* ring of log_cap entries */
    size_t log_cap;
    uint64_t log_first;
    uint64_t log_end;
    int64_t last_us;
    int64_t floor_us;
    uint64_t generation; /* grows with every change to an array of documents */
};

struct store *store_new(struct str database, size_t history_changes)
{
    struct store *store = memory_zero(1, sizeof(*store));
    store->database = memory_string_str(database);
    store->root = memory_format("%s/documents", store->database);
    store->log_cap = history_changes == 0 ? STORE_HISTORY_CHANGES : history_changes;
    store->last_us = clock_wall_us();
    store->floor_us = store->last_us;
    return store;
}

static void document_free(struct store_document *document)
{
    struct store_version *version = document->newest;
    while (version != NULL) {
        struct store_version *older = version->older;
        free(version);
        version = older;
    }
    free((char *)(uintptr_t)document->id.data);
    free(document);
}

static void collection_free(struct store_collection *collection)
{
    for (size_t i = 0; i < collection->count; i++)
        document_free(collection->documents[i]);
    generator_free(collection->generator);
    free(collection->documents);
    free(collection->path);
    free(collection);
}

void store_free(struct store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->collection_count; i++)
        collection_free(store->collections[i]);
    free(store->collections);
    free(store->log);
    free(store->root);
    free(store->database);
    free(store);
}

const char *store_root(const struct store *store)
{
    return store->root;
}

const char *store_database(const struct store *store)
{
    return store->database;
}

/* First position whose path is not below `path`. */
static size_t collection_position(const struct store *store, struct str path)
{
    size_t low = 0, high = store->collection_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(str_from(store->collections[middle]->path), path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Room for one more at `at` in an array of pointers. */
static void *array_open(void *array, size_t *count, size_t *cap, size_t at)
{
    void **items = array;
    if (*count == *cap) {
        *cap = *cap == 0 ? 16 : *cap * 2;
        items = memory_resize(items, *cap * sizeof(void *));
    }
    memmove(items + at + 1, items + at, (*count - at) * sizeof(void *));
    (*count)++;
    return items;
}

struct store_collection *store_collection(struct store *store, struct str path, bool make)
{
    size_t at = collection_position(store, path);
    if (at < store->collection_count && str_equal(str_from(store->collections[at]->path), path))
        return store->collections[at];
    if (!make || store->collection_count == STORE_MAX_COLLECTIONS)
        return NULL;
    struct store_collection *collection = memory_zero(1, sizeof(*collection));
    collection->store = store;
    collection->path = memory_string_str(path);
    store->collections =
        array_open(store->collections, &store->collection_count, &store->collection_cap, at);
    store->collections[at] = collection;
    return collection;
}

const char *store_collection_path(const struct store_collection *collection)
{
    return collection->path;
}

size_t store_collection_count(const struct store *store)
{
    return store->collection_count;
}

struct store_collection *store_collection_at(const struct store *store, size_t i)
{
    return store->collections[i];
}

void store_give_generator(struct store_collection *collection, struct generator *generator)
{
    assert(collection->generator == NULL && collection->count == 0);
    collection->generator = generator;
}

bool store_path_split(struct str path, struct str *ret_collection, struct str *ret_id)
{
    size_t slashes = 0, last = 0;
    for (size_t i = 0; i < path.len; i++) {
        if (path.data[i] != '/')
            continue;
        if (i == 0 || path.data[i - 1] == '/')
            return false;
        slashes++;
        last = i;
    }
    size_t id_len = path.len - last - 1;
    if (slashes % 2 == 0 || id_len == 0 || id_len > STORE_MAX_ID || path.len > STORE_MAX_PATH)
        return false;
    *ret_collection = (struct str){path.data, last};
    *ret_id = (struct str){path.data + last + 1, id_len};
    return true;
}

static size_t document_position(const struct store_collection *collection, struct str id)
{
    size_t low = 0, high = collection->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(collection->documents[middle]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct store_document *document_find(const struct store_collection *collection,
                                            struct str id)
{
    size_t at = document_position(collection, id);
    if (at == collection->count || !str_equal(collection->documents[at]->id, id))
        return NULL;
    return collection->documents[at];
}

static struct store_document *document_make(struct store_collection *collection, struct str id)
{
    size_t at = document_position(collection, id);
    size_t base;
    struct store_document *document = memory_zero(1, sizeof(*document));
    document->id = (struct str){memory_string_str(id), id.len};
    document->base = -1;
    if (collection->generator != NULL && generator_find(collection->generator, id, &base))
        document->base = (int64_t)base;
    collection->documents =
        array_open(collection->documents, &collection->count, &collection->cap, at);
    collection->documents[at] = document;
    collection->store->generation++;
    return document;
}

static void view_base(const struct generator *generator, size_t index, struct store_view *ret_view)
{
    ret_view->generator = generator;
    ret_view->index = index;
    ret_view->version = NULL;
    generator_id_text(generator, index, ret_view->id_text);
    ret_view->id = (struct str){ret_view->id_text, GENERATOR_ID_LENGTH};
    ret_view->update_us = generator_update_us(generator, index);
    ret_view->create_us = ret_view->update_us - CREATE_BEFORE_UPDATE_US;
}

/* What a stored document was at `read_us`. */
static bool view_stored(const struct store_collection *collection,
                        const struct store_document *document, int64_t read_us,
                        struct store_view *ret_view)
{
    const struct store_version *version = document->newest;
    while (version != NULL && version->commit_us > read_us)
        version = version->older;
    if (version == NULL && document->base >= 0) {
        view_base(collection->generator, (size_t)document->base, ret_view);
        return true;
    }
    if (version == NULL || version->deleted)
        return false;
    ret_view->generator = NULL;
    ret_view->version = version;
    ret_view->id = document->id;
    ret_view->create_us = version->create_us;
    ret_view->update_us = version->commit_us;
    return true;
}

size_t store_view_size(const struct store_view *view)
{
    return view->generator != NULL ? generator_size(view->generator, view->index)
                                   : view->version->len;
}

void store_view_append(const struct store_view *view, struct buffer *out)
{
    if (view->generator != NULL)
        generator_append(view->generator, view->index, out);
    else
        buffer_append(out, view->version->body, view->version->len);
}

int64_t store_now(struct store *store)
{
    int64_t now = clock_wall_us();
    return now > store->last_us ? now : store->last_us;
}

int64_t store_floor(const struct store *store)
{
    return store->floor_us;
}

bool store_get(struct store_collection *collection, struct str id, int64_t read_us,
               struct store_view *ret_view)
{
    size_t index;
    const struct store_document *document = document_find(collection, id);
    if (document != NULL)
        return view_stored(collection, document, read_us, ret_view);
    if (collection->generator == NULL || !generator_find(collection->generator, id, &index))
        return false;
    view_base(collection->generator, index, ret_view);
    return true;
}

static int64_t collection_base_count(const struct store_collection *collection)
{
    return collection->generator == NULL ? 0 : (int64_t)generator_count(collection->generator);
}

/* Positions of both layers just past (or at, when inclusive) cursor->last, in the cursor's
 * direction. */
static void cursor_seek(struct store_cursor *cursor)
{
    const struct store_collection *collection = cursor->collection;
    struct str last = {cursor->last, cursor->last_len};
    int64_t base = 0, overlay = (int64_t)document_position(collection, last);
    char text[GENERATOR_ID_LENGTH + 1];
    if (collection->generator != NULL)
        base = (int64_t)generator_lower_bound(collection->generator, last);
    bool overlay_hit =
        overlay < (int64_t)collection->count && str_equal(collection->documents[overlay]->id, last);
    bool base_hit = false;
    if (base < collection_base_count(collection)) {
        generator_id_text(collection->generator, (size_t)base, text);
        base_hit = str_equal((struct str){text, GENERATOR_ID_LENGTH}, last);
    }
    /* Lower bounds point at `last` itself on a hit, else at the first above it. */
    if (cursor->reverse) {
        cursor->base = base_hit && cursor->inclusive ? base : base - 1;
        cursor->overlay = overlay_hit && cursor->inclusive ? overlay : overlay - 1;
    } else {
        cursor->base = base_hit && !cursor->inclusive ? base + 1 : base;
        cursor->overlay = overlay_hit && !cursor->inclusive ? overlay + 1 : overlay;
    }
    cursor->generation = collection->store->generation;
}

static void cursor_rewind(struct store_cursor *cursor)
{
    const struct store_collection *collection = cursor->collection;
    cursor->base = cursor->reverse ? collection_base_count(collection) - 1 : 0;
    cursor->overlay = cursor->reverse ? (int64_t)collection->count - 1 : 0;
    cursor->generation = collection->store->generation;
}

static void cursor_remember(struct store_cursor *cursor, struct str id)
{
    assert(id.len <= STORE_MAX_ID);
    memcpy(cursor->last, id.data, id.len);
    cursor->last_len = id.len;
    cursor->started = true;
}

void store_cursor_open(struct store_cursor *cursor, struct store_collection *collection,
                       struct str from, bool inclusive, bool reverse)
{
    cursor->collection = collection;
    cursor->reverse = reverse;
    cursor->inclusive = inclusive;
    cursor->started = false;
    cursor->last_len = 0;
    if (from.data == NULL) {
        cursor_rewind(cursor);
        return;
    }
    cursor_remember(cursor,
                    (struct str){from.data, from.len < STORE_MAX_ID ? from.len : STORE_MAX_ID});
    cursor_seek(cursor);
}

/* Which layer comes next: < 0 the generated one, > 0 the stored one, 0 both with one id. False at
 * the end. */
static bool cursor_compare(const struct store_cursor *cursor, int *ret_order)
{
    const struct store_collection *collection = cursor->collection;
    char text[GENERATOR_ID_LENGTH + 1];
    bool base = cursor->base >= 0 && cursor->base < collection_base_count(collection);
    bool overlay = cursor->overlay >= 0 && cursor->overlay < (int64_t)collection->count;
    if (!base && !overlay)
        return false;
    if (!base || !overlay) {
        *ret_order = base ? -1 : 1;
        return true;
    }
    generator_id_text(collection->generator, (size_t)cursor->base, text);
    int order = str_compare((struct str){text, GENERATOR_ID_LENGTH},
                            collection->documents[cursor->overlay]->id);
    *ret_order = cursor->reverse ? -order : order;
    return true;
}

bool store_cursor_next(struct store_cursor *cursor, int64_t read_us, struct store_view *ret_view)
{
    const struct store_collection *collection = cursor->collection;
    int64_t step = cursor->reverse ? -1 : 1;
    int order;
    if (cursor->generation != collection->store->generation) {
        if (cursor->started)
            cursor_seek(cursor);
        else
            cursor_rewind(cursor);
    }
    while (cursor_compare(cursor, &order)) {
        int64_t base = cursor->base, overlay = cursor->overlay;
        bool visible = true;
        cursor->base += order <= 0 ? step : 0;
        cursor->overlay += order >= 0 ? step : 0;
        if (order < 0)
            view_base(collection->generator, (size_t)base, ret_view);
        else
            visible = view_stored(collection, collection->documents[overlay], read_us, ret_view);
        if (!visible)
            continue;
        cursor_remember(cursor, ret_view->id);
        cursor->inclusive = false;
        return true;
    }
    return false;
}

int64_t store_commit_time(struct store *store)
{
    int64_t now = clock_wall_us();
    store->last_us = now > store->last_us ? now : store->last_us + 1;
    return store->last_us;
}

static struct store_version *version_new(struct str body, int64_t commit_us)
{
    struct store_version *version = memory_alloc(sizeof(*version) + body.len);
    *version = (struct store_version){
        .commit_us = commit_us, .deleted = body.data == NULL, .len = body.len};
    if (body.len > 0)
        memcpy(version->body, body.data, body.len);
    return version;
}

/* Drops the versions of the oldest change's document that only reads before it could see. */
static void log_evict(struct store *store)
{
    const struct log_entry *entry = &store->log[store->log_first % store->log_cap];
    struct store_version *version = entry->document->newest;
    store->floor_us = entry->commit_us;
    store->log_first++;
    while (version != NULL && version->commit_us > entry->commit_us)
        version = version->older;
    if (version == NULL)
        return;
    struct store_version *older = version->older;
    version->older = NULL;
    while (older != NULL) {
        struct store_version *next = older->older;
        free(older);
        older = next;
    }
}

static void log_append(struct store *store, struct store_collection *collection,
                       struct store_document *document, const struct store_version *version)
{
    if (store->log == NULL)
        store->log = memory_zero(store->log_cap, sizeof(*store->log));
    if (store->log_end - store->log_first == store->log_cap)
        log_evict(store);
    store->log[store->log_end++ % store->log_cap] = (struct log_entry){
        .commit_us = version->commit_us,
        .collection = collection,
        .document = document,
        .deleted = version->deleted,
    };
}

void store_write(struct store *store, struct store_collection *collection, struct str id,
                 struct str body, int64_t commit_us)
{
    struct store_view before;
    bool existed = store_get(collection, id, INT64_MAX, &before);
    struct store_document *document = document_find(collection, id);
    if (body.data == NULL && !existed)
        return;
    struct store_version *version = version_new(body, commit_us);
    version->create_us = existed ? before.create_us : commit_us;
    if (document == NULL)
        document = document_make(collection, id);
    version->older = document->newest;
    document->newest = version;
    log_append(store, collection, document, version);
}

void store_load(struct store *store, struct store_collection *collection, struct str id,
                struct str body, int64_t update_us)
{
    struct store_document *document = document_find(collection, id);
    struct store_version *version =
        version_new(body, update_us < store->floor_us ? update_us : store->floor_us);
    version->create_us = version->commit_us;
    if (document == NULL)
        document = document_make(collection, id);
    assert(document->newest == NULL || document->newest->older == NULL);
    free(document->newest);
    document->newest = version;
}

uint64_t store_change_first(const struct store *store)
{
    return store->log_first;
}

uint64_t store_change_end(const struct store *store)
{
    return store->log_end;
}

struct store_change store_change_at(const struct store *store, uint64_t number)
{
    assert(number >= store->log_first && number < store->log_end);
    const struct log_entry *entry = &store->log[number % store->log_cap];
    return (struct store_change){entry->commit_us, entry->collection, entry->document->id,
                                 entry->deleted};
}
