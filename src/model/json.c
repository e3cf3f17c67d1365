/* JSON text -> value tree. libyajl takes the text apart (and is known to this file alone); numbers
 * come from it as text, so that no digit is lost. */
#include "model/json.h"

#include <string.h>

#include <yajl/yajl_parse.h>

#include "base/decimal.h"
#include "base/text.h"

#define JSON_MAX_PATH 512 /* as a document's repaired path: what is longer ends early */

/* An array or map whose end has not come yet. */
struct json_open {
    bool is_map;
    size_t start; /* first of its entries among the pending ones */
    struct str key;
};

struct json_builder {
    struct arena *arena;
    struct json_open open[VALUE_MAX_DEPTH];
    size_t depth;
    struct value_entry *pending; /* entries of all open arrays and maps, innermost last */
    size_t count, cap;
    struct str key; /* of the next value, in a map */
    bool too_deep;
    struct str repaired; /* the way to the first repaired text; NULL: none */
    struct value root;
};

static bool json_in_map(const struct json_builder *builder)
{
    return builder->depth > 0 && builder->open[builder->depth - 1].is_map;
}

static int json_add(struct json_builder *builder, const struct value *value)
{
    if (builder->depth == 0) {
        builder->root = *value;
        return 1;
    }
    if (builder->count == builder->cap) {
        builder->cap = builder->cap == 0 ? 256 : builder->cap * 2;
        builder->pending =
            memory_resize(builder->pending, builder->cap * sizeof(builder->pending[0]));
    }
    struct value_entry *entry = &builder->pending[builder->count++];
    entry->key = json_in_map(builder) ? builder->key : STR_NULL;
    entry->value = *value;
    return 1;
}

static struct str json_text(struct json_builder *builder, const unsigned char *bytes, size_t len,
                            bool *ret_changed)
{
    struct str read = {(const char *)bytes, len};
    struct str text = text_make_utf8(read, builder->arena, ret_changed);
    return *ret_changed ? text : arena_copy(builder->arena, read);
}

/* "line_items.data[].description" of the text that was just read. */
static void json_note_repaired(struct json_builder *builder)
{
    struct buffer path = {.max = JSON_MAX_PATH};
    if (builder->repaired.data != NULL)
        return;
    for (size_t i = 0; i < builder->depth; i++) {
        struct str key = i + 1 < builder->depth ? builder->open[i + 1].key : builder->key;
        struct str step = builder->open[i].is_map ? key : STR("[]");
        if (path.len > 0 && builder->open[i].is_map)
            buffer_append_char(&path, '.');
        buffer_append_str(&path, step);
    }
    builder->repaired = path.len == 0 ? STR("") : arena_copy(builder->arena, buffer_str(&path));
    buffer_free(&path);
}

static int json_on_null(void *context)
{
    return json_add(context, &(struct value){.kind = VALUE_NULL});
}

static int json_on_boolean(void *context, int boolean)
{
    return json_add(context, &(struct value){.kind = VALUE_BOOL, .boolean = boolean != 0});
}

static int json_on_number(void *context, const char *digits, size_t len)
{
    struct json_builder *builder = context;
    struct value value = {.kind = VALUE_INT};
    struct str literal = {digits, len};
    bool whole = memchr(digits, '.', len) == NULL && memchr(digits, 'e', len) == NULL &&
                 memchr(digits, 'E', len) == NULL;
    if (!whole || !decimal_to_int64(literal, &value.integer)) {
        value.kind = VALUE_DOUBLE;
        value.real.number = decimal_to_double(literal);
        value.real.literal = arena_copy(builder->arena, literal);
    }
    return json_add(builder, &value);
}

static int json_on_string(void *context, const unsigned char *bytes, size_t len)
{
    bool changed;
    struct value value = {.kind = VALUE_STRING, .text = json_text(context, bytes, len, &changed)};
    if (changed)
        json_note_repaired(context);
    return json_add(context, &value);
}

static int json_on_key(void *context, const unsigned char *bytes, size_t len)
{
    struct json_builder *builder = context;
    bool changed;
    builder->key = json_text(builder, bytes, len, &changed);
    if (changed)
        json_note_repaired(builder);
    return 1;
}

static int json_begin(struct json_builder *builder, bool is_map)
{
    builder->too_deep = builder->depth == VALUE_MAX_DEPTH;
    if (builder->too_deep)
        return 0;
    builder->open[builder->depth++] =
        (struct json_open){.is_map = is_map, .start = builder->count, .key = builder->key};
    return 1;
}

static int json_on_map_start(void *context)
{
    return json_begin(context, true);
}

static int json_on_array_start(void *context)
{
    return json_begin(context, false);
}

/* Takes the innermost open one's entries; the outer key counts again. */
static const struct value_entry *json_end(struct json_builder *builder, size_t *ret_count)
{
    const struct json_open *open = &builder->open[--builder->depth];
    *ret_count = builder->count - open->start;
    builder->count = open->start;
    builder->key = open->key;
    return *ret_count == 0 ? NULL : builder->pending + open->start;
}

static int json_on_map_end(void *context)
{
    struct json_builder *builder = context;
    struct value map = {.kind = VALUE_MAP};
    const struct value_entry *entries = json_end(builder, &map.map.count);
    map.map.entries = arena_alloc(builder->arena, map.map.count * sizeof(*entries));
    if (map.map.count > 0)
        memcpy(map.map.entries, entries, map.map.count * sizeof(*entries));
    value_map_finish(&map);
    return json_add(builder, &map);
}

static int json_on_array_end(void *context)
{
    struct json_builder *builder = context;
    struct value array = {.kind = VALUE_ARRAY};
    const struct value_entry *entries = json_end(builder, &array.array.count);
    array.array.items = arena_alloc(builder->arena, array.array.count * sizeof(struct value));
    for (size_t i = 0; i < array.array.count; i++)
        array.array.items[i] = entries[i].value;
    return json_add(builder, &array);
}

static const yajl_callbacks json_callbacks = {
    .yajl_null = json_on_null,
    .yajl_boolean = json_on_boolean,
    .yajl_number = json_on_number,
    .yajl_string = json_on_string,
    .yajl_start_map = json_on_map_start,
    .yajl_map_key = json_on_key,
    .yajl_end_map = json_on_map_end,
    .yajl_start_array = json_on_array_start,
    .yajl_end_array = json_on_array_end,
};

/* ---- lone surrogates ---- */

static int json_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code of "\uXXXX" at `at`, or -1. */
static int json_escape_code(struct str text, size_t at)
{
    int code = 0;
    if (text.len - at < 6 || text.data[at] != '\\' || text.data[at + 1] != 'u')
        return -1;
    for (size_t i = 2; i < 6; i++) {
        int digit = json_hex(text.data[at + i]);
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

/* Length of the escape at `at`; *ret_lone when it is half a surrogate pair. */
static size_t json_escape_len(struct str text, size_t at, bool *ret_lone)
{
    int code = json_escape_code(text, at);
    *ret_lone = false;
    if (code < 0)
        return 2;
    if (code >= 0xd800 && code <= 0xdbff && text.len - at >= 12) {
        int low = json_escape_code(text, at + 6);
        if (low >= 0xdc00 && low <= 0xdfff)
            return 12;
    }
    *ret_lone = code >= 0xd800 && code <= 0xdfff;
    return 6;
}

static const char *json_next_escape(struct str text, size_t at)
{
    return at < text.len ? memchr(text.data + at, '\\', text.len - at) : NULL;
}

/* libyajl reads half a pair as '?' and swallows the character behind it: such halves become a byte
 * that is no UTF-8 first, and U+FFFD with all the others. The text itself comes back when it has
 * none. */
static struct str json_mend_surrogates(struct str text, struct arena *arena)
{
    char *copy = NULL;
    size_t len = 0, from = 0; /* `text` is in `copy` up to `from`, as `len` bytes */
    const char *escape = json_next_escape(text, 0);
    while (escape != NULL) {
        bool lone;
        size_t at = (size_t)(escape - text.data);
        size_t escape_len = json_escape_len(text, at, &lone);
        if (lone) {
            if (copy == NULL)
                copy = arena_alloc(arena, text.len);
            memcpy(copy + len, text.data + from, at - from);
            len += at - from;
            copy[len++] = '\xff';
            from = at + escape_len;
        }
        escape = json_next_escape(text, at + escape_len);
    }
    if (copy == NULL)
        return text;
    memcpy(copy + len, text.data + from, text.len - from);
    return (struct str){copy, len + text.len - from};
}

/* ---- reading ---- */

static bool json_run(yajl_handle handle, struct str text, const struct json_builder *builder,
                     struct error *err)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    yajl_status status = yajl_parse(handle, bytes, text.len);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(handle);
    if (status == yajl_status_ok)
        return true;
    size_t offset = yajl_get_bytes_consumed(handle);
    if (builder->too_deep)
        return error_set(err, ERROR_JSON_DEPTH, "more than %d levels at byte %zu", VALUE_MAX_DEPTH,
                         offset);
    unsigned char *why = yajl_get_error(handle, 0, bytes, text.len);
    int len = (int)strcspn((const char *)why, "\n");
    error_set(err, ERROR_JSON_SYNTAX, "%.*s at byte %zu", len, why, offset);
    yajl_free_error(handle, why);
    return false;
}

bool json_parse(struct str text, struct arena *arena, const struct value **ret_value,
                struct error *err)
{
    struct str repaired;
    return json_parse_told(text, arena, ret_value, &repaired, err);
}

bool json_parse_told(struct str text, struct arena *arena, const struct value **ret_value,
                     struct str *ret_repaired, struct error *err)
{
    struct json_builder builder = {.arena = arena};
    if (text.data == NULL)
        text = STR("");
    if (text.len > JSON_MAX_BYTES)
        return error_set(err, ERROR_JSON_SIZE, "%zu bytes, at most %u are read", text.len,
                         JSON_MAX_BYTES);
    yajl_handle handle = yajl_alloc(&json_callbacks, NULL, &builder);
    if (handle == NULL)
        abort();
    yajl_config(handle, yajl_dont_validate_strings, 1);
    bool ok = json_run(handle, json_mend_surrogates(text, arena), &builder, err);
    yajl_free(handle);
    free(builder.pending);
    if (!ok)
        return false;
    struct value *root = arena_alloc(arena, sizeof(*root));
    *root = builder.root;
    *ret_value = root;
    *ret_repaired = builder.repaired;
    return true;
}
