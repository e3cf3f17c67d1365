/* Reading the public bodies. */
#include "lib/bodies.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define BODY_MAX (4u << 20)

static int is_json(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static void read_body(const char *path, struct buffer *text)
{
    char bytes[65536];
    size_t got;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        abort();
    while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
        buffer_append(text, bytes, got);
    fclose(file);
}

size_t bodies_each(const char *folder, body_fn *take, void *context)
{
    struct dirent **names;
    const char *shared = getenv("ORDERSYNC_SHARED");
    char *path AUTO_FREE = memory_format("%s/%s", shared == NULL ? "" : shared, folder);
    int count = shared == NULL ? -1 : scandir(path, &names, is_json, alphasort);
    if (count <= 0) {
        fprintf(stderr, "SKIPPED: no bodies in $ORDERSYNC_SHARED/%s\n", folder);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        struct buffer text = {.max = BODY_MAX};
        char *file AUTO_FREE = memory_format("%s/%s", path, names[i]->d_name);
        read_body(file, &text);
        take(context, names[i]->d_name, buffer_str(&text));
        buffer_free(&text);
        free(names[i]);
    }
    free(names);
    return (size_t)count;
}
