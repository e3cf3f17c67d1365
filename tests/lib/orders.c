#include "tests/lib/orders.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "model/json.h"

const char *orders_directory(void)
{
    static char path[4096];
    const char *shared = getenv("ORDERSYNC_SHARED");
    snprintf(path, sizeof(path), "%s/orders", shared == NULL ? "../shared" : shared);
    DIR *directory = opendir(path);
    if (directory == NULL) {
        fprintf(stderr, "SKIPPED: the public order documents are not at %s\n", path);
        return NULL;
    }
    closedir(directory);
    return path;
}

static int is_json(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".json") == 0;
}

char **orders_files(size_t *ret_count)
{
    struct dirent **entries = NULL;
    int count = scandir(orders_directory(), &entries, is_json, alphasort);
    char **names = memory_zero(count < 0 ? 1 : (size_t)count + 1, sizeof(*names));
    for (int i = 0; i < count; i++) {
        names[i] = memory_string(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *ret_count = count < 0 ? 0 : (size_t)count;
    return names;
}

static struct document document_of(const char *id, struct str json, struct arena *arena)
{
    struct error err = {0};
    const struct value *content = NULL;
    if (!json_parse(json, arena, &content, &err)) {
        fprintf(stderr, "%s: %s\n", id, err.message);
        exit(1);
    }
    return (struct document){.source = SOURCE_FIRESTORE,
                             .id = arena_copy(arena, str_from(id)),
                             .version = 1,
                             .create_ns = TIME_NONE,
                             .update_ns = 1,
                             .content = content,
                             .wire_bytes = json.len};
}

struct document orders_document(const char *id, const char *json, struct arena *arena)
{
    return document_of(id, str_from(json), arena);
}

bool orders_read(const char *name, struct arena *arena, struct document *ret_document)
{
    char path[8192];
    snprintf(path, sizeof(path), "%s/%s", orders_directory(), name);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return false;
    }
    struct buffer text = {.max = JSON_MAX_BYTES};
    char block[65536];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), file)) > 0)
        buffer_append(&text, block, got);
    fclose(file);
    *ret_document = document_of(name, arena_copy(arena, buffer_str(&text)), arena);
    buffer_free(&text);
    return true;
}
