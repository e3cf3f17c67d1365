/* Stores by database name. */
#include "sim/databases.h"

#include <string.h>

struct databases {
    size_t history_changes;
    size_t count;
    struct store *stores[DATABASES_MAX];
};

struct databases *databases_new(size_t history_changes)
{
    struct databases *databases = memory_zero(1, sizeof(*databases));
    databases->history_changes = history_changes;
    return databases;
}

void databases_free(struct databases *databases)
{
    for (size_t i = 0; databases != NULL && i < databases->count; i++)
        store_free(databases->stores[i]);
    free(databases);
}

/* The length of "projects/P/databases/D" at the beginning of a name; 0 when it does not begin so.
 */
static size_t database_length(const char *name)
{
    static const char *const words[] = {"projects/", "/databases/"};
    const char *at = name;
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(words[i]);
        if (strncmp(at, words[i], len) != 0)
            return 0;
        at += len;
        size_t part = strcspn(at, "/");
        if (part == 0)
            return 0;
        at += part;
    }
    return (size_t)(at - name);
}

struct store *databases_find(struct databases *databases, const char *name)
{
    struct str database = {name, database_length(name)};
    if (database.len == 0)
        return NULL;
    for (size_t i = 0; i < databases->count; i++) {
        if (str_equal(str_from(store_database(databases->stores[i])), database))
            return databases->stores[i];
    }
    if (databases->count == DATABASES_MAX)
        return NULL;
    databases->stores[databases->count] = store_new(database, databases->history_changes);
    return databases->stores[databases->count++];
}
