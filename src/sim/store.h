/* The documents of the simulated database: collections sorted by id, versions in microseconds that
 * only grow, old versions kept for read_time, and a log of changes. A collection may lie over a
 * generator: its documents exist without being stored, and a write hides one. One thread. */
#ifndef ORDERSYNC_SIM_STORE_H
#define ORDERSYNC_SIM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/str.h"
#include "sim/generator.h"

#define STORE_MAX_ID 1500   /* bytes, as Firestore */
#define STORE_MAX_PATH 6144 /* bytes of a document name */
#define STORE_MAX_COLLECTIONS 10000
#define STORE_HISTORY_CHANGES 65536 /* the default bound on the log of changes */

struct store;
struct store_collection;
struct store_version;

/* `database`: "projects/P/databases/(default)". */
struct store *store_new(struct str database, size_t history_changes); /* 0: the default */
void store_free(struct store *store);
const char *store_root(const struct store *store); /* "projects/P/databases/(default)/documents" */
const char *store_database(const struct store *store); /* the same without "/documents" */

/* `path` is relative to the root: "Orders", "Orders/1/Items". NULL when there is none, unless
 * `make`. */
struct store_collection *store_collection(struct store *store, struct str path, bool make);
const char *store_collection_path(const struct store_collection *collection);
size_t store_collection_count(const struct store *store);
struct store_collection *store_collection_at(const struct store *store,
                                             size_t i); /* sorted by path */
/* Before the first write; the store owns the generator from here on. */
void store_give_generator(struct store_collection *collection, struct generator *generator);

/* How many documents the generator gave it, and what ids it has for these and further ones. */
size_t store_generated(const struct store_collection *collection);
void store_generated_id(const struct store_collection *collection, size_t index,
                        char ret_text[GENERATOR_ID_LENGTH + 1]);

/* A relative document path into collection path and id; false when it is not a document's. */
bool store_path_split(struct str path, struct str *ret_collection, struct str *ret_id);

/* What one document was at a moment. Valid until the next write. */
struct store_view {
    char id_text[GENERATOR_ID_LENGTH + 1]; /* of generated documents */
    struct str id;
    int64_t create_us;
    int64_t update_us;
    const struct generator *generator; /* else version's own bytes */
    size_t index;
    const struct store_version *version; /* NULL: a generated document as it was at first */
};
size_t store_view_size(const struct store_view *view); /* bytes of the fields */
void store_view_append(const struct store_view *view, struct buffer *out);

/* The moment a read without read_time sees: now, at or after the last commit. Every later commit
 * has a later time. */
int64_t store_now(struct store *store);
/* Reads before this moment are refused: older versions may be gone. */
int64_t store_floor(const struct store *store);
/* False when there was no such document at `read_us`. */
bool store_get(struct store_collection *collection, struct str id, int64_t read_us,
               struct store_view *ret_view);

/* Walks a collection in order of ids, or against it. It survives writes between two steps. */
struct store_cursor {
    struct store_collection *collection;
    bool reverse;
    bool started;
    bool inclusive;
    uint64_t generation;
    int64_t base;    /* next generated index */
    int64_t overlay; /* next stored index */
    size_t last_len;
    char last[STORE_MAX_ID + 1];
};
/* `from` STR_NULL starts at the end that the direction begins with. */
void store_cursor_open(struct store_cursor *cursor, struct store_collection *collection,
                       struct str from, bool inclusive, bool reverse);
bool store_cursor_next(struct store_cursor *cursor, int64_t read_us, struct store_view *ret_view);

/* Writes of one commit share a time. `body` data NULL deletes. */
int64_t store_commit_time(struct store *store); /* later than every earlier one */
void store_write(struct store *store, struct store_collection *collection, struct str id,
                 struct str body, int64_t commit_us);
/* The same, by the collection's generator: revision `revision` of its document `index`, which may
 * be new. No bytes are kept. */
void store_write_revision(struct store *store, struct store_collection *collection, size_t index,
                          uint32_t revision, int64_t commit_us);
/* As if it had been there before the start, with this time; replaces silently. */
void store_load(struct store *store, struct store_collection *collection, struct str id,
                struct str body, int64_t update_us);

/* The log, oldest first: for listeners. */
struct store_change {
    int64_t commit_us;
    struct store_collection *collection;
    struct str id;
    bool deleted;
};
uint64_t store_change_first(const struct store *store); /* number of the oldest kept */
uint64_t store_change_end(const struct store *store);   /* number that the next one gets */
struct store_change store_change_at(const struct store *store, uint64_t number);
/* Whether no later change of the same document is as old as `until_us`, or older. */
bool store_change_is_last(const struct store *store, uint64_t number, int64_t until_us);
/* The changed document at another moment, as store_get(). */
bool store_change_view(const struct store *store, uint64_t number, int64_t read_us,
                       struct store_view *ret_view);
/* The version that the change replaced; false when there was none, or it is forgotten. */
bool store_change_before(const struct store *store, uint64_t number, struct store_view *ret_view);

/* About how many documents it has, and an id near the place `rank` of so many: for partitions. */
size_t store_collection_size(const struct store_collection *collection);
void store_collection_sample(const struct store_collection *collection, size_t rank,
                             char ret_id[STORE_MAX_ID + 1]);

#endif
