/* Value tree -> JSON text: as PostgreSQL prints jsonb, and plain. */
#include "model/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/decimal.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "model/loss.h"

/* Maps up to here are ordered on the stack. */
#define JSON_SMALL_MAP 128
#define JSON_SMALL_KEY 64

struct json_writer {
    struct buffer *out;
    struct loss *loss; /* NULL: no record */
    bool jsonb;        /* keys by length, ", " and ": " */
    bool pretty;
    unsigned depth;
    struct arena arena; /* scratch of one value */
};

static void json_write(struct json_writer *writer, const struct value *value,
                       const struct loss_path *path);

/* buffer_append() with its common case inline: a document is a thousand small pieces. */
static inline void json_put(struct json_writer *writer, const char *bytes, size_t len)
{
    struct buffer *out = writer->out;
    if (out->overflow || len >= out->cap - out->len || len > out->max - out->len) {
        buffer_append(out, bytes, len);
        return;
    }
    memcpy(out->data + out->len, bytes, len);
    out->len += len;
    out->data[out->len] = '\0';
}

static inline void json_put_char(struct json_writer *writer, char c)
{
    json_put(writer, &c, 1);
}

/* A string that is known to be storable. */
static inline void json_put_text(struct json_writer *writer, struct str text)
{
    if (!text_is_plain(text)) {
        text_append_json(writer->out, text);
        return;
    }
    json_put_char(writer, '"');
    json_put(writer, text.data, text.len);
    json_put_char(writer, '"');
}

static void json_lost(struct json_writer *writer, const struct loss_path *path,
                      const struct value *original)
{
    if (writer->loss != NULL)
        loss_record(writer->loss, path, original);
}

/* ---- scalars ---- */

static bool json_storable(struct str text)
{
    return text.len == 0 || (memchr(text.data, '\0', text.len) == NULL && text_is_valid_utf8(text));
}

static void json_write_text(struct json_writer *writer, const struct value *value,
                            const struct loss_path *path)
{
    bool changed = false;
    struct str text = value->text;
    if (!json_storable(text)) {
        text = text_repair(text, &writer->arena, &changed);
        text_append_json(writer->out, text);
        arena_reset(&writer->arena);
    } else {
        json_put_text(writer, text);
    }
    if (changed || value->kind == VALUE_REFERENCE)
        json_lost(writer, path, value);
}

static void json_write_int(struct json_writer *writer, int64_t integer)
{
    char digits[24];
    char *at = digits + sizeof(digits);
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (integer < 0)
        *--at = '-';
    json_put(writer, at, (size_t)(digits + sizeof(digits) - at));
}

/* A number of the source's own digits: PostgreSQL prints what NUMERIC makes of them. */
static void json_write_literal(struct json_writer *writer, const struct value *value,
                               struct str literal, const struct loss_path *path)
{
    struct str canonical = STR("null");
    if (!decimal_parse(literal, &writer->arena, &canonical) || !str_equal(canonical, literal))
        json_lost(writer, path, value);
    buffer_append_str(writer->out, canonical);
}

static void json_write_real(struct json_writer *writer, const struct value *value,
                            const struct loss_path *path)
{
    double number = value->real.number;
    struct str literal = value_literal(value);
    if (literal.data != NULL) {
        json_write_literal(writer, value, literal, path);
    } else if (!isfinite(number)) {
        json_put(writer, "null", 4);
        json_lost(writer, path, value);
    } else if (number == 0) {
        json_put(writer, "0.0", 3);
        if (signbit(number))
            json_lost(writer, path, value);
    } else {
        buffer_append_str(writer->out, value_double_text(number, &writer->arena));
    }
    arena_reset(&writer->arena);
}

static void json_write_time(struct json_writer *writer, const struct value *value,
                            const struct loss_path *path)
{
    struct str text = timestamp_to_rfc3339(value->time.seconds, value->time.nanos, &writer->arena);
    if (text.data == NULL)
        json_put(writer, "null", 4);
    else
        text_append_json(writer->out, text);
    arena_reset(&writer->arena);
    json_lost(writer, path, value);
}

static void json_write_bytes(struct json_writer *writer, const struct value *value,
                             const struct loss_path *path)
{
    size_t size = (value->text.len + 2) / 3 * 4;
    char *out = buffer_reserve(writer->out, size + 2);
    if (out != NULL) {
        *out++ = '"';
        EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)value->text.data,
                        (int)value->text.len);
        out[size] = '"';
        out[size + 1] = '\0';
        writer->out->len += size + 2;
    }
    json_lost(writer, path, value);
}

static void json_write_geo(struct json_writer *writer, const struct value *value,
                           const struct loss_path *path)
{
    struct value_entry entries[] = {
        {STR("latitude"), {.kind = VALUE_DOUBLE, .real.number = value->geo.latitude}},
        {STR("longitude"), {.kind = VALUE_DOUBLE, .real.number = value->geo.longitude}},
    };
    struct value map = {.kind = VALUE_MAP, .map = {entries, 2}};
    struct loss *loss = writer->loss;
    writer->loss = NULL; /* the point is recorded as a whole */
    json_write(writer, &map, path);
    writer->loss = loss;
    json_lost(writer, path, value);
}

/* ---- arrays and maps ---- */

static void json_break(struct json_writer *writer, bool first)
{
    static const char blanks[] = "                                ";
    if (!first)
        json_put_char(writer, ',');
    if (writer->jsonb && !first)
        json_put_char(writer, ' ');
    if (!writer->pretty)
        return;
    json_put_char(writer, '\n');
    for (size_t left = (size_t)writer->depth * 2; left > 0;) {
        size_t some = left < sizeof(blanks) - 1 ? left : sizeof(blanks) - 1;
        json_put(writer, blanks, some);
        left -= some;
    }
}

static void json_close(struct json_writer *writer, bool empty, char end)
{
    writer->depth--;
    if (writer->pretty && !empty)
        json_break(writer, true);
    json_put_char(writer, end);
}

static void json_write_array(struct json_writer *writer, const struct value *value,
                             const struct loss_path *path)
{
    struct loss_path item = {.parent = path};
    json_put_char(writer, '[');
    writer->depth++;
    for (size_t i = 0; i < value->array.count; i++) {
        item.index = i;
        json_break(writer, i == 0);
        json_write(writer, &value->array.items[i], &item);
    }
    json_close(writer, value->array.count == 0, ']');
}

static void json_write_entry(struct json_writer *writer, const struct value_entry *entry,
                             bool first, const struct loss_path *path)
{
    struct loss_path member = {.parent = path, .key = entry->key};
    json_break(writer, first);
    json_put_text(writer, entry->key);
    json_put(writer, ": ", writer->jsonb || writer->pretty ? 2 : 1);
    json_write(writer, &entry->value, &member);
}

static int json_compare_length(const void *left, const void *right)
{
    const struct value_entry *a = *(const struct value_entry *const *)left;
    const struct value_entry *b = *(const struct value_entry *const *)right;
    if (a->key.len != b->key.len)
        return a->key.len < b->key.len ? -1 : 1;
    return (a > b) - (a < b); /* entries stand in byte order already */
}

/* By length, stable: entries stand in byte order already. Lengths of keys are few and small, so
 * they are counted; false when one is not small. */
static bool json_order_counting(const struct value_entry *entries, size_t count,
                                const struct value_entry **order)
{
    uint16_t place[JSON_SMALL_KEY + 1] = {0};
    for (size_t i = 0; i < count; i++) {
        if (entries[i].key.len >= JSON_SMALL_KEY)
            return false;
        place[entries[i].key.len + 1]++;
    }
    for (size_t len = 1; len < JSON_SMALL_KEY; len++)
        place[len] = (uint16_t)(place[len] + place[len - 1]);
    for (size_t i = 0; i < count; i++)
        order[place[entries[i].key.len]++] = &entries[i];
    return true;
}

static void json_order(const struct value_entry *entries, size_t count,
                       const struct value_entry **order)
{
    if (count > 8 && count <= JSON_SMALL_MAP && json_order_counting(entries, count, order))
        return;
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; count <= JSON_SMALL_MAP && at > 0 && order[at - 1]->key.len > entries[i].key.len;
             at--)
            order[at] = order[at - 1];
        order[at] = &entries[i];
    }
    if (count > JSON_SMALL_MAP)
        qsort(order, count, sizeof(order[0]), json_compare_length);
}

static void json_write_entries(struct json_writer *writer, const struct value_entry *entries,
                               size_t count, const struct loss_path *path)
{
    const struct value_entry *small[JSON_SMALL_MAP];
    const struct value_entry **large AUTO_FREE = NULL;
    const struct value_entry **order = small;
    if (count > JSON_SMALL_MAP)
        order = large = memory_alloc(count * sizeof(order[0]));
    json_order(entries, writer->jsonb ? count : 0, order);
    for (size_t i = 0; i < count; i++)
        json_write_entry(writer, writer->jsonb ? order[i] : &entries[i], i == 0, path);
}

/* ---- keys that jsonb refuses ---- */

static bool json_keys_storable(const struct value *map)
{
    for (size_t i = 0; i < map->map.count; i++) {
        if (!json_storable(map->map.entries[i].key))
            return false;
    }
    return true;
}

static bool json_key_taken(const struct value_entry *entries, size_t count, struct str key)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(entries[i].key, key))
            return true;
    }
    return false;
}

/* Copies the entries with keys that can be stored and are still different from each other. */
static struct value_entry *json_mend_keys(const struct value *map, struct arena *arena)
{
    size_t count = map->map.count;
    struct value_entry *mended = arena_alloc(arena, count * sizeof(*mended));
    memcpy(mended, map->map.entries, count * sizeof(*mended));
    for (size_t i = 0; i < count; i++) {
        bool changed;
        struct str key = text_repair(mended[i].key, arena, &changed);
        while (changed && json_key_taken(mended, count, key))
            key = arena_format(arena, "%.*s\xef\xbf\xbd", STR_ARG(key));
        mended[i].key = key;
    }
    return mended;
}

static void json_write_mended(struct json_writer *writer, const struct value *map,
                              const struct loss_path *path)
{
    struct arena arena = {.block_size = 4096};
    size_t count = map->map.count;
    struct value mended = {.kind = VALUE_MAP, .map = {json_mend_keys(map, &arena), count}};
    if (writer->loss != NULL)
        loss_record_keys(writer->loss, path, mended.map.entries, map->map.entries, count);
    value_map_finish(&mended);
    json_write_entries(writer, mended.map.entries, count, path);
    arena_free(&arena);
}

static void json_write_map(struct json_writer *writer, const struct value *value,
                           const struct loss_path *path)
{
    json_put_char(writer, '{');
    writer->depth++;
    if (json_keys_storable(value))
        json_write_entries(writer, value->map.entries, value->map.count, path);
    else
        json_write_mended(writer, value, path);
    json_close(writer, value->map.count == 0, '}');
}

static void json_write(struct json_writer *writer, const struct value *value,
                       const struct loss_path *path)
{
    switch (value->kind) {
    case VALUE_NULL:
        json_put(writer, "null", 4);
        break;
    case VALUE_BOOL:
        buffer_append_text(writer->out, value->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        json_write_int(writer, value->integer);
        break;
    case VALUE_DOUBLE:
        json_write_real(writer, value, path);
        break;
    case VALUE_STRING:
    case VALUE_REFERENCE:
        json_write_text(writer, value, path);
        break;
    case VALUE_TIMESTAMP:
        json_write_time(writer, value, path);
        break;
    case VALUE_BYTES:
        json_write_bytes(writer, value, path);
        break;
    case VALUE_ARRAY:
        json_write_array(writer, value, path);
        break;
    case VALUE_MAP:
        json_write_map(writer, value, path);
        break;
    case VALUE_GEO:
        json_write_geo(writer, value, path);
        break;
    }
}

void json_append_jsonb(struct buffer *buffer, const struct value *value, struct loss *loss)
{
    struct json_writer writer = {
        .out = buffer, .loss = loss, .jsonb = true, .arena = {.block_size = 1024}};
    json_write(&writer, value, NULL);
    arena_free(&writer.arena);
}

void json_append(struct buffer *buffer, const struct value *value, bool pretty)
{
    struct json_writer writer = {.out = buffer, .pretty = pretty, .arena = {.block_size = 1024}};
    json_write(&writer, value, NULL);
    arena_free(&writer.arena);
}
