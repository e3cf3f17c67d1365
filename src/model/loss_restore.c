/* The loss record, reading side: the stored document and its record make the tree again. */
#include "model/loss.h"

#include <math.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/decimal.h"
#include "model/json.h"

struct loss_reader {
    struct arena *arena;
    const struct value *record; /* the parsed object */
    struct buffer pointer;      /* of the value being looked at */
    size_t used;                /* entries that found their value */
};

/* ---- originals ---- */

/* Undoes the escapes of the record's texts. */
static bool loss_unescape(struct loss_reader *reader, const struct value *escaped,
                          struct str *ret_text)
{
    if (escaped->kind != VALUE_STRING)
        return false;
    struct str from = escaped->text;
    char *text = arena_alloc(reader->arena, from.len + 1);
    size_t len = 0;
    for (size_t at = 0; at < from.len; at++) {
        unsigned int byte = (unsigned char)from.data[at];
        if (byte == '\\' && from.len - at >= 4 && from.data[at + 1] == 'x') {
            char digits[3] = {from.data[at + 2], from.data[at + 3], '\0'};
            byte = (unsigned int)strtoul(digits, NULL, 16);
            at += 3;
        } else if (byte == '\\') {
            at++;
        }
        text[len++] = (char)byte;
    }
    text[len] = '\0';
    *ret_text = (struct str){text, len};
    return true;
}

static double loss_number(const struct value *text)
{
    return text->kind == VALUE_STRING ? decimal_to_double(text->text) : NAN;
}

static bool loss_put_timestamp(struct loss_reader *reader, const struct value *entry,
                               struct value *value)
{
    const struct value *parts = entry->array.items;
    (void)reader;
    if (entry->array.count != 3 || parts[1].kind != VALUE_INT || parts[2].kind != VALUE_INT)
        return false;
    *value = (struct value){.kind = VALUE_TIMESTAMP,
                            .time = {parts[1].integer, (int32_t)parts[2].integer}};
    return true;
}

static bool loss_put_bytes(struct loss_reader *reader, const struct value *entry,
                           struct value *value)
{
    struct str base64 = value->text;
    (void)entry;
    if (value->kind != VALUE_STRING || base64.len % 4 != 0)
        return false;
    unsigned char *bytes = arena_alloc(reader->arena, base64.len / 4 * 3 + 1);
    int len = EVP_DecodeBlock(bytes, (const unsigned char *)base64.data, (int)base64.len);
    if (len < 0)
        return false;
    for (size_t i = base64.len; i > 0 && base64.data[i - 1] == '='; i--)
        len--;
    *value = (struct value){.kind = VALUE_BYTES, .text = {(const char *)bytes, (size_t)len}};
    return true;
}

static bool loss_put_text(struct loss_reader *reader, const struct value *entry,
                          enum value_kind kind, struct value *value)
{
    *value = (struct value){.kind = kind};
    return entry->array.count == 2 && loss_unescape(reader, &entry->array.items[1], &value->text);
}

static bool loss_put_string(struct loss_reader *reader, const struct value *entry,
                            struct value *value)
{
    return loss_put_text(reader, entry, VALUE_STRING, value);
}

static bool loss_put_reference(struct loss_reader *reader, const struct value *entry,
                               struct value *value)
{
    return loss_put_text(reader, entry, VALUE_REFERENCE, value);
}

static bool loss_put_geo(struct loss_reader *reader, const struct value *entry, struct value *value)
{
    const struct value *parts = entry->array.items;
    (void)reader;
    if (entry->array.count != 3)
        return false;
    *value =
        (struct value){.kind = VALUE_GEO, .geo = {loss_number(&parts[1]), loss_number(&parts[2])}};
    return true;
}

static bool loss_put_double(struct loss_reader *reader, const struct value *entry,
                            struct value *value)
{
    (void)reader;
    if (entry->array.count != 2)
        return false;
    *value =
        (struct value){.kind = VALUE_DOUBLE, .real.number = loss_number(&entry->array.items[1])};
    return true;
}

static bool loss_put_number(struct loss_reader *reader, const struct value *entry,
                            struct value *value)
{
    if (!loss_put_double(reader, entry, value) || entry->array.items[1].kind != VALUE_STRING)
        return false;
    value->real.literal = entry->array.items[1].text;
    return true;
}

static bool loss_put_keys(struct loss_reader *reader, const struct value *entry,
                          struct value *value)
{
    const struct value *names = entry->array.count == 2 ? &entry->array.items[1] : NULL;
    if (value->kind != VALUE_MAP || names == NULL || names->kind != VALUE_MAP)
        return false;
    for (size_t i = 0; i < value->map.count; i++) {
        struct value_entry *member = &value->map.entries[i];
        const struct value *original = value_get_str(names, member->key);
        if (original != NULL && !loss_unescape(reader, original, &member->key))
            return false;
    }
    value_map_finish(value);
    return true;
}

static const struct {
    const char *type;
    bool (*put)(struct loss_reader *reader, const struct value *entry, struct value *value);
} loss_types[] = {
    {"timestamp", loss_put_timestamp}, {"bytes", loss_put_bytes},
    {"reference", loss_put_reference}, {"geo", loss_put_geo},
    {"double", loss_put_double},       {"number", loss_put_number},
    {"string", loss_put_string},       {"keys", loss_put_keys},
};

/* ---- the walk ---- */

/* `value` is the stored one, its children restored already; it becomes the original. */
static bool loss_put(struct loss_reader *reader, const struct value *entry, struct value *value)
{
    if (entry->kind != VALUE_ARRAY || entry->array.count == 0 ||
        entry->array.items[0].kind != VALUE_STRING)
        return false;
    for (size_t i = 0; i < sizeof(loss_types) / sizeof(loss_types[0]); i++) {
        if (str_equal(entry->array.items[0].text, str_from(loss_types[i].type)))
            return loss_types[i].put(reader, entry, value);
    }
    return false;
}

static bool loss_walk(struct loss_reader *reader, const struct value *stored,
                      struct value *ret_value);

static bool loss_walk_array(struct loss_reader *reader, struct value *value)
{
    const struct value *stored = value->array.items;
    size_t before = reader->pointer.len;
    value->array.items = arena_alloc(reader->arena, value->array.count * sizeof(*stored));
    for (size_t i = 0; i < value->array.count; i++) {
        buffer_append_format(&reader->pointer, "/%zu", i);
        if (!loss_walk(reader, &stored[i], &value->array.items[i]))
            return false;
        reader->pointer.len = before;
    }
    return true;
}

static bool loss_walk_map(struct loss_reader *reader, struct value *value)
{
    const struct value_entry *stored = value->map.entries;
    size_t before = reader->pointer.len;
    value->map.entries = arena_alloc(reader->arena, value->map.count * sizeof(*stored));
    for (size_t i = 0; i < value->map.count; i++) {
        value->map.entries[i].key = stored[i].key;
        buffer_append_char(&reader->pointer, '/');
        loss_pointer_token(&reader->pointer, stored[i].key);
        if (!loss_walk(reader, &stored[i].value, &value->map.entries[i].value))
            return false;
        reader->pointer.len = before;
    }
    return true;
}

static bool loss_walk(struct loss_reader *reader, const struct value *stored,
                      struct value *ret_value)
{
    const struct value *entry = value_get_str(reader->record, buffer_str(&reader->pointer));
    *ret_value = *stored;
    if (stored->kind == VALUE_ARRAY && !loss_walk_array(reader, ret_value))
        return false;
    if (stored->kind == VALUE_MAP && !loss_walk_map(reader, ret_value))
        return false;
    if (entry == NULL)
        return true;
    reader->used++;
    return loss_put(reader, entry, ret_value);
}

bool loss_restore(const struct value *document, struct str loss, struct arena *arena,
                  const struct value **ret_value, struct error *err)
{
    struct loss_reader reader = {.arena = arena, .pointer = {.max = JSON_MAX_BYTES}};
    if (loss.data == NULL) {
        *ret_value = document;
        return true;
    }
    if (!json_parse(loss, arena, &reader.record, err))
        return error_prefix(err, "loss record");
    struct value *value = arena_alloc(arena, sizeof(*value));
    bool fits = loss_walk(&reader, document, value) && reader.record->kind == VALUE_MAP &&
                reader.used == reader.record->map.count;
    if (!fits)
        error_set(err, ERROR_LOSS_MISMATCH, "loss record and document differ at '%.*s'",
                  STR_ARG(buffer_str(&reader.pointer)));
    else
        *ret_value = value;
    buffer_free(&reader.pointer);
    return fits;
}
