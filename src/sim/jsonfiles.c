/* Reading and checking. */
#include "sim/jsonfiles.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "model/json.h"
#include "model/slice.h"

struct str json_word(struct str value)
{
    struct str text = slice_text(value);
    if (text.data != NULL)
        return text;
    if (value.len > 0 && (value.data[0] == '-' || isdigit((unsigned char)value.data[0])))
        return value;
    return STR_NULL;
}

const char *json_keep(struct arena *arena, struct str map, const char *key)
{
    return arena_copy(arena, json_word(slice_get(map, key))).data;
}

int64_t json_number(struct str map, const char *key)
{
    int64_t number = 0;
    return slice_integer(slice_get(map, key), &number) ? number : 0;
}

struct str json_restamped(struct arena *arena, struct str map, int64_t created_s)
{
    struct str digits = slice_get(map, "created");
    if (json_word(digits).data == NULL)
        return arena_copy(arena, map);
    size_t before = (size_t)(digits.data - map.data);
    return arena_format(arena, "%.*s%" PRId64 "%.*s", (int)before, map.data, created_s,
                        (int)(map.len - before - digits.len), digits.data + digits.len);
}

static struct str trimmed(const struct buffer *text)
{
    const char *end = text->data + text->len, *at = text->data;
    while (at < end && isspace((unsigned char)*at))
        at++;
    while (end > at && isspace((unsigned char)end[-1]))
        end--;
    return (struct str){at, (size_t)(end - at)};
}

static bool read_whole(FILE *file, struct buffer *text)
{
    char *room;
    size_t len;
    while ((room = buffer_reserve(text, 65536)) != NULL && (len = fread(room, 1, 65536, file)) > 0)
        text->len += len;
    return room != NULL && ferror(file) == 0;
}

static bool file_read(const char *path, jsonfile_fn *each, void *context, struct error *err)
{
    struct buffer text = {.max = JSON_MAX_BYTES};
    struct arena arena = {0};
    const struct value *root;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set_errno(err, ERROR_SIM_LOAD, "%s", path);
    bool good = read_whole(file, &text);
    fclose(file);
    if (!good)
        error_set(err, ERROR_SIM_LOAD, "%s: cannot be read whole, or larger than %u bytes", path,
                  JSON_MAX_BYTES);
    else if (!json_parse(buffer_str(&text), &arena, &root, err))
        good = error_prefix(err, "%s", path);
    if (good)
        each(context, trimmed(&text));
    arena_free(&arena);
    buffer_free(&text);
    return good;
}

static int is_json(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static bool directory_read(const char *path, jsonfile_fn *each, void *context, struct error *err)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_json, alphasort);
    if (count < 0)
        return error_set_errno(err, ERROR_SIM_LOAD, "%s", path);
    bool good = count <= JSONFILES_MAX ||
                error_set(err, ERROR_SIM_LOAD, "%s: more than %d files", path, JSONFILES_MAX);
    for (int i = 0; i < count; i++) {
        char *file AUTO_FREE = memory_format("%s/%s", path, entries[i]->d_name);
        good = good && file_read(file, each, context, err);
        free(entries[i]);
    }
    free(entries);
    return good;
}

bool jsonfiles_read(const char *path, jsonfile_fn *each, void *context, struct error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return error_set_errno(err, ERROR_SIM_LOAD, "%s", path);
    return S_ISDIR(info.st_mode) ? directory_read(path, each, context, err)
                                 : file_read(path, each, context, err);
}
