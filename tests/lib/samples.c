#include "tests/lib/samples.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "model/json.h"

const char *samples_directory(enum source_kind source)
{
    static char path[4096];
    const char *shared = getenv("ORDERSYNC_SHARED");
    snprintf(path, sizeof(path), "%s/%s", shared == NULL ? "../shared" : shared,
             source_kind_name(source));
    DIR *directory = opendir(path);
    if (directory == NULL) {
        fprintf(stderr, "SKIPPED: the public bodies are not at %s\n", path);
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

char **samples_files(enum source_kind source, size_t *ret_count)
{
    struct dirent **entries = NULL;
    int count = scandir(samples_directory(source), &entries, is_json, alphasort);
    char **names = memory_zero(count < 0 ? 1 : (size_t)count + 1, sizeof(*names));
    for (int i = 0; i < count; i++) {
        names[i] = memory_string(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *ret_count = count < 0 ? 0 : (size_t)count;
    return names;
}

static const struct value *read_json(const char *path, struct arena *arena)
{
    struct buffer text = {.max = JSON_MAX_BYTES};
    struct error err = {0};
    const struct value *value = NULL;
    char block[65536];
    size_t got;
    FILE *file = fopen(path, "rb");
    while (file != NULL && (got = fread(block, 1, sizeof(block), file)) > 0)
        buffer_append(&text, block, got);
    if (file == NULL || !json_parse(arena_copy(arena, buffer_str(&text)), arena, &value, &err)) {
        fprintf(stderr, "%s: %s\n", path, file == NULL ? "cannot be opened" : err.message);
        exit(1);
    }
    fclose(file);
    buffer_free(&text);
    return value;
}

/* What holds documents, from the outside in. */
static const struct value *inside(const struct value *body)
{
    static const char *const ways[] = {"result", "data.object", "data.order", "data"};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        const struct value *value = value_path(body, ways[i]);
        if (value != NULL && (value->kind == VALUE_MAP || value->kind == VALUE_ARRAY))
            return value;
    }
    return body;
}

static struct document document_of(enum source_kind source, const struct value *content,
                                   struct arena *arena)
{
    const struct value *id = value_get(content, "id");
    struct document document = {.source = source,
                                .id = STR("?"),
                                .version = 1,
                                .create_ns = TIME_NONE,
                                .update_ns = TIME_NONE,
                                .content = content};
    if (id != NULL && id->kind == VALUE_STRING)
        document.id = id->text;
    else if (id != NULL && id->kind == VALUE_INT)
        document.id = arena_format(arena, "%lld", (long long)id->integer);
    return document;
}

size_t samples_read(enum source_kind source, const char *name, struct arena *arena,
                   struct document ret_documents[SAMPLES_MAX])
{
    char path[8192];
    snprintf(path, sizeof(path), "%s/%s", samples_directory(source), name);
    const struct value *held = inside(read_json(path, arena));
    if (held->kind != VALUE_ARRAY) {
        ret_documents[0] = document_of(source, held, arena);
        return 1;
    }
    size_t count = 0;
    for (; count < held->array.count && count < SAMPLES_MAX; count++)
        ret_documents[count] = document_of(source, &held->array.items[count], arena);
    return count;
}
