/* Documents and their versions. */
#include "sim/store_internal.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"

#define CREATE_BEFORE_UPDATE_US (90000ll * 1000000)

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

int64_t store_base_count(const struct store_collection *collection)
{
    return collection->generator == NULL ? 0 : (int64_t)generator_count(collection->generator);
}

static void document_free(struct store_document *document)
{
    if (document == NULL)
        return;
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
    for (int64_t i = 0; collection->base != NULL && i < store_base_count(collection); i++)
        document_free(collection->base[i]);
    free(collection->base);
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

size_t store_generated(const struct store_collection *collection)
{
    return (size_t)store_base_count(collection);
}

void store_generated_id(const struct store_collection *collection, size_t index,
                        char ret_text[GENERATOR_ID_LENGTH + 1])
{
    generator_id_text(collection->generator, index, ret_text);
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

size_t store_position(const struct store_collection *collection, struct str id)
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
    size_t index;
    if (collection->generator != NULL && generator_find(collection->generator, id, &index))
        return collection->base == NULL ? NULL : collection->base[index];
    size_t at = store_position(collection, id);
    if (at == collection->count || !str_equal(collection->documents[at]->id, id))
        return NULL;
    return collection->documents[at];
}

static void document_insert(struct store_collection *collection, struct store_document *document)
{
    if (document->base) {
        if (collection->base == NULL)
            collection->base =
                memory_zero((size_t)store_base_count(collection), sizeof(struct store_document *));
        collection->base[document->index] = document;
        return;
    }
    size_t at = store_position(collection, document->id);
    collection->documents =
        array_open(collection->documents, &collection->count, &collection->cap, at);
    collection->documents[at] = document;
    collection->store->generation++;
}

static struct store_document *document_make(struct store_collection *collection, struct str id)
{
    size_t index;
    struct store_document *document = memory_zero(1, sizeof(*document));
    document->id = (struct str){memory_string_str(id), id.len};
    document->index = -1;
    if (collection->generator != NULL && generator_find(collection->generator, id, &index)) {
        document->index = (int64_t)index;
        document->base = true;
    }
    document_insert(collection, document);
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

static void view_version(const struct store_collection *collection,
                         const struct store_document *document, const struct store_version *version,
                         struct store_view *ret_view)
{
    ret_view->generator = version->generated ? collection->generator : NULL;
    ret_view->index = (size_t)document->index;
    ret_view->version = version;
    ret_view->id = document->id;
    ret_view->create_us = version->create_us;
    ret_view->update_us = version->commit_us;
}

bool store_view_document(const struct store_collection *collection,
                         const struct store_document *document, int64_t read_us,
                         struct store_view *ret_view)
{
    const struct store_version *version = document->newest;
    while (version != NULL && version->commit_us > read_us)
        version = version->older;
    if (version == NULL && document->base) {
        view_base(collection->generator, (size_t)document->index, ret_view);
        return true;
    }
    if (version == NULL || version->deleted)
        return false;
    view_version(collection, document, version, ret_view);
    return true;
}

static struct generator_revision view_revision(const struct store_view *view)
{
    return (struct generator_revision){view->index, view->version->revision, view->create_us,
                                       view->update_us};
}

size_t store_view_size(const struct store_view *view)
{
    if (view->generator == NULL)
        return view->version->len;
    if (view->version == NULL)
        return generator_size(view->generator, view->index);
    struct generator_revision revision = view_revision(view);
    return generator_revision_size(view->generator, &revision);
}

void store_view_append(const struct store_view *view, struct buffer *out)
{
    if (view->generator == NULL) {
        buffer_append(out, view->version->body, view->version->len);
    } else if (view->version == NULL) {
        generator_append(view->generator, view->index, out);
    } else {
        struct generator_revision revision = view_revision(view);
        generator_revision_append(view->generator, &revision, out);
    }
}

int64_t store_now(struct store *store)
{
    int64_t now = clock_wall_us();
    if (now > store->last_us)
        store->last_us = now;
    return store->last_us;
}

int64_t store_floor(const struct store *store)
{
    return store->floor_us;
}

bool store_view_base(const struct store_collection *collection, size_t index, int64_t read_us,
                     struct store_view *ret_view)
{
    if (collection->base != NULL && collection->base[index] != NULL)
        return store_view_document(collection, collection->base[index], read_us, ret_view);
    view_base(collection->generator, index, ret_view);
    return true;
}

bool store_get(struct store_collection *collection, struct str id, int64_t read_us,
               struct store_view *ret_view)
{
    size_t index;
    if (collection->generator != NULL && generator_find(collection->generator, id, &index))
        return store_view_base(collection, index, read_us, ret_view);
    const struct store_document *document = document_find(collection, id);
    return document != NULL && store_view_document(collection, document, read_us, ret_view);
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

/* Takes the version. */
static void version_add(struct store *store, struct store_collection *collection,
                        struct store_document *document, struct store_version *version)
{
    version->older = document->newest;
    document->newest = version;
    log_append(store, collection, document, version);
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
    version_add(store, collection, document, version);
}

void store_write_revision(struct store *store, struct store_collection *collection, size_t index,
                          uint32_t revision, int64_t commit_us)
{
    struct store_view before;
    char text[GENERATOR_ID_LENGTH + 1];
    struct str id = {text, GENERATOR_ID_LENGTH};
    generator_id_text(collection->generator, index, text);
    bool existed = store_get(collection, id, INT64_MAX, &before);
    struct store_document *document = document_find(collection, id);
    struct store_version *version = version_new(STR(""), commit_us);
    version->generated = true;
    version->revision = revision;
    version->create_us = existed ? before.create_us : commit_us;
    if (document == NULL)
        document = document_make(collection, id);
    document->index = (int64_t)index;
    version_add(store, collection, document, version);
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

static const struct log_entry *log_at(const struct store *store, uint64_t number)
{
    assert(number >= store->log_first && number < store->log_end);
    return &store->log[number % store->log_cap];
}

struct store_change store_change_at(const struct store *store, uint64_t number)
{
    const struct log_entry *entry = log_at(store, number);
    return (struct store_change){entry->commit_us, entry->collection, entry->document->id,
                                 entry->deleted};
}

bool store_change_is_last(const struct store *store, uint64_t number, int64_t until_us)
{
    const struct log_entry *entry = log_at(store, number);
    const struct store_version *version = entry->document->newest;
    while (version->commit_us > until_us)
        version = version->older;
    return version->commit_us == entry->commit_us;
}

bool store_change_view(const struct store *store, uint64_t number, int64_t read_us,
                       struct store_view *ret_view)
{
    const struct log_entry *entry = log_at(store, number);
    return store_view_document(entry->collection, entry->document, read_us, ret_view);
}

bool store_change_before(const struct store *store, uint64_t number, struct store_view *ret_view)
{
    const struct log_entry *entry = log_at(store, number);
    return store_view_document(entry->collection, entry->document, entry->commit_us - 1, ret_view);
}

size_t store_collection_size(const struct store_collection *collection)
{
    return (size_t)store_base_count(collection) + collection->count;
}

void store_collection_sample(const struct store_collection *collection, size_t rank,
                             char ret_id[STORE_MAX_ID + 1])
{
    size_t base = (size_t)store_base_count(collection);
    assert(rank < base + collection->count);
    if (rank < base)
        generator_id_text(collection->generator, rank, ret_id);
    else
        str_fill(ret_id, STORE_MAX_ID + 1, collection->documents[rank - base]->id.data);
}
