/* Loading JSON. */
#include "sim/load.h"

#include <dirent.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model/json.h"
#include "sim/encoder.h"
#include "sim/store.h"

struct loader {
    load_order_fn *each;
    void *context;
    size_t count;
    struct arena arena;
    struct encoder encoder;
};

static bool read_file(const char *path, struct arena *arena, struct str *ret_text,
                      int64_t *ret_mtime_us, struct error *err)
{
    struct stat info;
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &info) != 0) {
        error_set_errno(err, ERROR_SIM_LOAD, "%s", path);
        if (file != NULL)
            fclose(file);
        return false;
    }
    size_t size = info.st_size < JSON_MAX_BYTES ? (size_t)info.st_size : JSON_MAX_BYTES;
    char *text = arena_alloc(arena, size + 1);
    size_t len = fread(text, 1, size, file);
    bool whole = len == size && info.st_size <= JSON_MAX_BYTES;
    fclose(file);
    if (!whole)
        return error_set(err, ERROR_SIM_LOAD, "%s: cannot be read whole, or larger than %u bytes",
                         path, JSON_MAX_BYTES);
    *ret_text = (struct str){text, len};
    *ret_mtime_us = (int64_t)info.st_mtim.tv_sec * 1000000 + info.st_mtim.tv_nsec / 1000;
    return true;
}

static bool id_usable(struct str id)
{
    return id.len > 0 && id.len <= STORE_MAX_ID && memchr(id.data, '/', id.len) == NULL &&
           memchr(id.data, '\0', id.len) == NULL && !str_equal(id, STR(".")) &&
           !str_equal(id, STR(".."));
}

static struct str order_id(struct arena *arena, const struct value *order, const char *file,
                           size_t place)
{
    const struct value *id = value_get(order, "id");
    if (id != NULL && id->kind == VALUE_INT)
        return arena_format(arena, "%" PRId64, id->integer);
    if (id != NULL && id->kind == VALUE_STRING && id_usable(id->text))
        return id->text;
    char *copy AUTO_FREE = memory_string(file);
    char *name = basename(copy);
    size_t len = strlen(name);
    if (len > 5 && strcmp(name + len - 5, ".json") == 0)
        len -= 5;
    if (place == 0)
        return arena_format(arena, "%.*s", (int)len, name);
    return arena_format(arena, "%.*s-%zu", (int)len, name, place + 1);
}

static bool load_order(struct loader *loader, const struct value *order, const char *file,
                       size_t place, int64_t mtime_us, struct error *err)
{
    if (order->kind != VALUE_MAP)
        return error_set(err, ERROR_SIM_LOAD, "%s: an order is not an object", file);
    encoder_clear(&loader->encoder);
    encoder_document(&loader->encoder, order);
    if (!buffer_ok(&loader->encoder.out))
        return error_set(err, ERROR_SIM_LOAD, "%s: order too large", file);
    struct str id = order_id(&loader->arena, order, file, place);
    loader->count++;
    return loader->each(loader->context, id, buffer_str(&loader->encoder.out),
                        mtime_us + (int64_t)place, err);
}

static bool load_file(struct loader *loader, const char *path, struct error *err)
{
    struct str text;
    int64_t mtime_us = 0;
    const struct value *root;
    arena_reset(&loader->arena);
    if (!read_file(path, &loader->arena, &text, &mtime_us, err))
        return false;
    if (!json_parse(text, &loader->arena, &root, err))
        return error_prefix(err, "%s", path);
    const struct value *orders = value_get(root, "orders");
    const struct value *order = value_get(root, "order");
    if (root->kind == VALUE_ARRAY)
        orders = root;
    if (orders == NULL || orders->kind != VALUE_ARRAY)
        return load_order(loader, order != NULL && order->kind == VALUE_MAP ? order : root, path, 0,
                          mtime_us, err);
    for (size_t i = 0; i < orders->array.count; i++) {
        if (!load_order(loader, &orders->array.items[i], path, i, mtime_us, err))
            return false;
    }
    return true;
}

static int is_json(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static bool load_directory(struct loader *loader, const char *path, struct error *err)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_json, alphasort);
    bool good = count >= 0;
    if (!good)
        return error_set_errno(err, ERROR_SIM_LOAD, "%s", path);
    if (count > LOAD_MAX_FILES)
        good = error_set(err, ERROR_SIM_LOAD, "%s: more than %d files", path, LOAD_MAX_FILES);
    for (int i = 0; i < count; i++) {
        char *file AUTO_FREE = memory_format("%s/%s", path, entries[i]->d_name);
        good = good && load_file(loader, file, err);
        free(entries[i]);
    }
    free(entries);
    return good;
}

bool load_path(const char *path, load_order_fn *each, void *context, size_t *ret_count,
               struct error *err)
{
    struct loader loader = {.each = each, .context = context};
    struct stat info;
    if (stat(path, &info) != 0)
        return error_set_errno(err, ERROR_SIM_LOAD, "%s", path);
    encoder_init(&loader.encoder);
    bool good =
        S_ISDIR(info.st_mode) ? load_directory(&loader, path, err) : load_file(&loader, path, err);
    arena_free(&loader.arena);
    encoder_free(&loader.encoder);
    if (good)
        *ret_count = loader.count;
    return good;
}
