/* Decoding documents, straight from the wire into the tree: one walk to count a map's entries or an
 * array's items, one to fill them; nothing is copied but the tree's own nodes. */
#include "source/firestore_decode.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "source/wire.h"

#define DECODE_PATH_MAX 512

struct decoder {
    struct arena *arena;
    struct error *err;
    unsigned depth;
    struct str steps[VALUE_MAX_DEPTH + 1]; /* from 1: keys and "[]" on the way down */
    struct str repaired;                   /* the way to the first repaired text; NULL: none */
};

static bool decode_value(struct decoder *decoder, struct str bytes, struct value *ret_value);

static bool decode_fail(struct decoder *decoder, const char *what)
{
    return error_set(decoder->err, ERROR_SOURCE_DECODE, "%s", what);
}

/* On the way back from a failure, from the innermost field outwards: "line_items" + "[]" + "sku".
 */
static bool decode_at(struct decoder *decoder, struct str step)
{
    struct error *err = decoder->err;
    char path[sizeof(err->field) + 64];
    if (err == NULL)
        return false;
    const char *dot = err->field[0] == '\0' || err->field[0] == '[' ? "" : ".";
    int shown = step.len < 60 ? (int)step.len : 60;
    snprintf(path, sizeof(path), "%.*s%s%s", shown, step.data, dot, err->field);
    return error_field(err, path);
}

/* Plain ASCII, which most of an order is, eight bytes at a time. */
static bool is_utf8(struct str text)
{
    const char *at = text.data;
    size_t left = text.len;
    uint64_t high = 0;
    for (; left >= 8; at += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        high |= word;
    }
    for (; left > 0; at++, left--)
        high |= (uint8_t)*at;
    if ((high & 0x8080808080808080ull) == 0)
        return true;
    return text_is_valid_utf8(text);
}

/* "line_items[].sku" of the first so many steps. */
static struct str decoder_path(const struct decoder *decoder, unsigned count)
{
    struct buffer path = {.max = DECODE_PATH_MAX};
    for (unsigned i = 1; i <= count; i++) {
        struct str step = decoder->steps[i];
        if (path.len > 0 && step.len > 0 && step.data[0] != '[')
            buffer_append_char(&path, '.');
        buffer_append_str(&path, step);
    }
    struct str copy = arena_copy(decoder->arena, buffer_str(&path));
    buffer_free(&path);
    return copy;
}

static void note_repaired(struct decoder *decoder, unsigned steps)
{
    if (decoder->repaired.data == NULL)
        decoder->repaired = decoder_path(decoder, steps);
}

/* Rule 23: what is no UTF-8 becomes U+FFFD, and that it did is recorded. */
static bool take_text(struct decoder *decoder, enum value_kind kind, struct str bytes,
                      struct value *ret_value)
{
    ret_value->kind = kind;
    ret_value->text = bytes;
    if (kind != VALUE_BYTES && !is_utf8(bytes)) {
        bool changed;
        ret_value->text = text_make_utf8(bytes, decoder->arena, &changed);
        note_repaired(decoder, decoder->depth - 1);
    }
    return true;
}

static bool take_time(struct decoder *decoder, struct str bytes, struct value *ret_value)
{
    struct wire_time time;
    if (!wire_time(bytes, &time))
        return decode_fail(decoder, "a timestamp out of range");
    ret_value->kind = VALUE_TIMESTAMP;
    ret_value->time.seconds = time.seconds;
    ret_value->time.nanos = time.nanos;
    return true;
}

static double double_from(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

static bool take_geo(struct decoder *decoder, struct str bytes, struct value *ret_value)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    ret_value->kind = VALUE_GEO;
    ret_value->geo.latitude = 0;
    ret_value->geo.longitude = 0;
    while (wire_next(&wire, &field)) {
        if (field.type == WIRE_FIXED64 && field.number == 1)
            ret_value->geo.latitude = double_from(field.scalar);
        else if (field.type == WIRE_FIXED64 && field.number == 2)
            ret_value->geo.longitude = double_from(field.scalar);
    }
    return wire.bad ? decode_fail(decoder, "a malformed geo point") : true;
}

static bool count_fields(struct decoder *decoder, struct str bytes, uint32_t number,
                         size_t *ret_count)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    size_t count = 0;
    while (wire_next(&wire, &field))
        count += field.number == number && field.type == WIRE_BYTES;
    *ret_count = count;
    return wire.bad ? decode_fail(decoder, "bytes that are not protobuf") : true;
}

static void take_key(struct decoder *decoder, struct value_entry *entry)
{
    bool changed = false;
    if (!is_utf8(entry->key))
        entry->key = text_make_utf8(entry->key, decoder->arena, &changed);
    decoder->steps[decoder->depth] = entry->key;
    if (changed)
        note_repaired(decoder, decoder->depth);
}

static bool take_entry(struct decoder *decoder, struct str bytes, struct value_entry *ret_entry)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    struct str value = STR_NULL;
    ret_entry->key = STR("");
    while (wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == WIRE_BYTES)
            ret_entry->key = field.bytes;
        else if (field.number == 2 && field.type == WIRE_BYTES)
            value = field.bytes;
    }
    if (wire.bad)
        return decode_fail(decoder, "a malformed map entry");
    take_key(decoder, ret_entry);
    return decode_value(decoder, value, &ret_entry->value) || decode_at(decoder, ret_entry->key);
}

/* `number` is the field that holds the entries: 2 in Document, 1 in MapValue. */
static bool take_map(struct decoder *decoder, struct str bytes, uint32_t number,
                     struct value *ret_value)
{
    size_t count;
    if (!count_fields(decoder, bytes, number, &count))
        return false;
    ret_value->kind = VALUE_MAP;
    ret_value->map.count = count;
    ret_value->map.entries = arena_alloc(decoder->arena, count * sizeof(struct value_entry));
    struct value_entry *entry = ret_value->map.entries;
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (field.number != number || field.type != WIRE_BYTES)
            continue;
        if (!take_entry(decoder, field.bytes, entry++))
            return false;
    }
    value_map_finish(ret_value);
    return true;
}

static bool take_array(struct decoder *decoder, struct str bytes, struct value *ret_value)
{
    size_t count;
    if (!count_fields(decoder, bytes, 1, &count))
        return false;
    struct value *item = arena_alloc(decoder->arena, count * sizeof(struct value));
    decoder->steps[decoder->depth] = STR("[]");
    ret_value->kind = VALUE_ARRAY;
    ret_value->array.items = item;
    ret_value->array.count = count;
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (field.number != 1 || field.type != WIRE_BYTES)
            continue;
        if (!decode_value(decoder, field.bytes, item++))
            return decode_at(decoder, STR("[]"));
    }
    return true;
}

static bool take_scalar(struct decoder *decoder, const struct wire_field *field,
                        struct value *ret_value)
{
    if (field->type == WIRE_FIXED64 && field->number == 3) {
        ret_value->kind = VALUE_DOUBLE;
        ret_value->real.number = double_from(field->scalar);
        ret_value->real.literal = STR_NULL;
        return true;
    }
    if (field->type != WIRE_VARINT)
        return decode_fail(decoder, "a value of an unknown type");
    switch (field->number) {
    case 1:
        ret_value->kind = VALUE_BOOL;
        ret_value->boolean = field->scalar != 0;
        return true;
    case 2:
        ret_value->kind = VALUE_INT;
        ret_value->integer = (int64_t)field->scalar;
        return true;
    case 11:
        ret_value->kind = VALUE_NULL;
        return true;
    default:
        return decode_fail(decoder, "a value of an unknown type");
    }
}

static bool take_member(struct decoder *decoder, const struct wire_field *field,
                        struct value *ret_value)
{
    if (field->type != WIRE_BYTES)
        return take_scalar(decoder, field, ret_value);
    switch (field->number) {
    case 5:
        return take_text(decoder, VALUE_REFERENCE, field->bytes, ret_value);
    case 17:
        return take_text(decoder, VALUE_STRING, field->bytes, ret_value);
    case 18:
        return take_text(decoder, VALUE_BYTES, field->bytes, ret_value);
    case 6:
        return take_map(decoder, field->bytes, 1, ret_value);
    case 9:
        return take_array(decoder, field->bytes, ret_value);
    case 8:
        return take_geo(decoder, field->bytes, ret_value);
    case 10:
        return take_time(decoder, field->bytes, ret_value);
    default:
        return decode_fail(decoder, "a value of an unknown type");
    }
}

/* A oneof: the last member counts. Firestore writes exactly one; a value without any is none of its
 * documents'. */
static bool decode_value(struct decoder *decoder, struct str bytes, struct value *ret_value)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field = {.number = 0};
    bool any = false;
    if (decoder->depth >= VALUE_MAX_DEPTH)
        return decode_fail(decoder, "nesting deeper than Firestore allows");
    while (wire_next(&wire, &field))
        any = true;
    if (wire.bad || !any)
        return decode_fail(decoder, "a malformed or empty value");
    decoder->depth++;
    bool ok = take_member(decoder, &field, ret_value);
    decoder->depth--;
    return ok;
}

bool firestore_decode_value(struct str bytes, struct arena *arena, struct value *ret_value,
                            struct error *err)
{
    struct decoder decoder = {.arena = arena, .err = err, .depth = 0};
    return decode_value(&decoder, bytes, ret_value);
}

/* ---- documents ---- */

static bool id_from_name(struct str name, struct str *ret_id)
{
    const char *slash = name.data == NULL ? NULL : memrchr(name.data, '/', name.len);
    const char root[] = "/documents/";
    if (slash == NULL || memmem(name.data, name.len, root, sizeof(root) - 1) == NULL)
        return false;
    struct str id = {slash + 1, name.len - (size_t)(slash + 1 - name.data)};
    if (id.len == 0 || !is_utf8(id))
        return false;
    *ret_id = id;
    return true;
}

bool firestore_document_id(struct str bytes, struct str *ret_id)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    while (wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == WIRE_BYTES)
            return id_from_name(field.bytes, ret_id);
    }
    return false;
}

/* Everything of a Document but its fields. */
static bool take_frame(struct str bytes, struct document *document)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    bool ok = true;
    while (wire_next(&wire, &field)) {
        if (field.type != WIRE_BYTES)
            continue;
        if (field.number == 1)
            ok &= id_from_name(field.bytes, &document->id);
        else if (field.number == 3)
            ok &= wire_time_ns(field.bytes, &document->create_ns);
        else if (field.number == 4)
            ok &= wire_time_ns(field.bytes, &document->update_ns);
    }
    return ok && !wire.bad && document->id.data != NULL && document->update_ns != TIME_NONE;
}

bool firestore_decode(struct str bytes, int64_t observed_ns, struct arena *arena,
                      struct document *ret_document, struct error *err)
{
    struct decoder decoder = {.arena = arena, .err = err, .depth = 1};
    struct document document = {
        .source = SOURCE_FIRESTORE,
        .observed_ns = observed_ns,
        .create_ns = TIME_NONE,
        .update_ns = TIME_NONE,
        .wire_bytes = bytes.len,
    };
    bool framed = take_frame(bytes, &document);
    *ret_document = document;
    if (!framed)
        return error_set(err, ERROR_SOURCE_DECODE,
                         "a document without a usable name or update time, or cut short");
    struct value *content = arena_alloc(arena, sizeof(*content));
    if (!take_map(&decoder, bytes, 2, content))
        return false;
    ret_document->version = document.update_ns;
    ret_document->content = content;
    ret_document->repaired = decoder.repaired;
    return true;
}
