/* How a store keeps its documents; for store.c and cursor.c alone. */
#ifndef ORDERSYNC_SIM_STORE_INTERNAL_H
#define ORDERSYNC_SIM_STORE_INTERNAL_H

#include "sim/store.h"

struct store_version {
    int64_t commit_us;
    int64_t create_us;
    bool deleted;
    bool generated; /* `revision` of the document's generator instead of a body */
    uint32_t revision;
    struct store_version *older;
    size_t len;
    char body[];
};

struct store_document {
    struct str id;
    struct store_version *newest;
    int64_t index; /* the generator's number of it, or -1 */
    bool base;     /* it was there before any change */
};

struct store_collection {
    struct store *store;
    char *path;
    struct generator *generator;
    struct store_document **base;      /* changed ones of the generator's, by number */
    struct store_document **documents; /* all others, sorted by id */
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

int64_t store_base_count(const struct store_collection *collection);
/* The position of a stored document, or the first above it. */
size_t store_position(const struct store_collection *collection, struct str id);
/* What a stored document was at `read_us`. */
bool store_view_document(const struct store_collection *collection,
                         const struct store_document *document, int64_t read_us,
                         struct store_view *ret_view);
/* The same of a generated document, changed since or not. */
bool store_view_base(const struct store_collection *collection, size_t index, int64_t read_us,
                     struct store_view *ret_view);

#endif
