/* Nested messages are written front to back; when one closes, its length is known and moves in
 * before it. Patches inside move with their bytes. Templates are built once, so the moves do not
 * matter. */
#include "sim/encoder.h"

#include <assert.h>
#include <string.h>

#include "sim/wire.h"

enum {
    FIELD_DOCUMENT_FIELDS = 2,
    FIELD_MAP_FIELDS = 1,
    FIELD_ENTRY_KEY = 1,
    FIELD_ENTRY_VALUE = 2,
    FIELD_ARRAY_VALUES = 1,
    FIELD_BOOLEAN = 1,
    FIELD_INTEGER = 2,
    FIELD_DOUBLE = 3,
    FIELD_REFERENCE = 5,
    FIELD_MAP = 6,
    FIELD_GEO = 8,
    FIELD_ARRAY = 9,
    FIELD_TIMESTAMP = 10,
    FIELD_NULL = 11,
    FIELD_STRING = 17,
    FIELD_BYTES = 18,
};

void encoder_init(struct encoder *encoder)
{
    *encoder = (struct encoder){.out = {.max = ENCODER_MAX_BYTES}};
}

void encoder_clear(struct encoder *encoder)
{
    buffer_clear(&encoder->out);
    encoder->patch_count = 0;
    encoder->depth = 0;
    encoder->levels = 0;
}

void encoder_free(struct encoder *encoder)
{
    buffer_free(&encoder->out);
    free(encoder->patches);
    encoder_init(encoder);
}

static void encoder_frame_open(struct encoder *encoder, uint32_t field)
{
    assert(encoder->depth < ENCODER_MAX_DEPTH);
    wire_append_varint(&encoder->out, WIRE_TAG(field, WIRE_BYTES));
    encoder->frames[encoder->depth].start = encoder->out.len;
    encoder->frames[encoder->depth].first_patch = encoder->patch_count;
    encoder->depth++;
}

static void encoder_frame_close(struct encoder *encoder)
{
    assert(encoder->depth > 0);
    encoder->depth--;
    size_t start = encoder->frames[encoder->depth].start;
    size_t len = encoder->out.len - start;
    char header[WIRE_VARINT_MAX];
    size_t size = wire_varint_put(header, len);
    if (buffer_reserve(&encoder->out, size) == NULL)
        return;
    memmove(encoder->out.data + start + size, encoder->out.data + start, len);
    memcpy(encoder->out.data + start, header, size);
    encoder->out.len += size;
    for (size_t i = encoder->frames[encoder->depth].first_patch; i < encoder->patch_count; i++)
        encoder->patches[i].offset += (uint32_t)size;
}

/* The frames around a Value: an array element, or the entry of a map or of the document itself. */
static void encoder_value_open(struct encoder *encoder, struct str key, bool in_array)
{
    if (in_array) {
        encoder_frame_open(encoder, FIELD_ARRAY_VALUES);
        return;
    }
    encoder_frame_open(encoder, encoder->levels == 0 ? FIELD_DOCUMENT_FIELDS : FIELD_MAP_FIELDS);
    wire_append_bytes(&encoder->out, FIELD_ENTRY_KEY, key);
    encoder_frame_open(encoder, FIELD_ENTRY_VALUE);
}

static void encoder_value_close(struct encoder *encoder, bool in_array)
{
    encoder_frame_close(encoder);
    if (!in_array)
        encoder_frame_close(encoder);
}

static void encoder_level_open(struct encoder *encoder, struct str key, bool in_array,
                               uint32_t field)
{
    assert(encoder->levels < ENCODER_MAX_LEVELS);
    encoder_value_open(encoder, key, in_array);
    encoder_frame_open(encoder, field);
    encoder->in_array[encoder->levels++] = in_array;
}

void encoder_map_open(struct encoder *encoder, const char *key)
{
    encoder_level_open(encoder, str_from(key), key == NULL, FIELD_MAP);
}

void encoder_array_open(struct encoder *encoder, const char *key)
{
    encoder_level_open(encoder, str_from(key), key == NULL, FIELD_ARRAY);
}

void encoder_close(struct encoder *encoder)
{
    assert(encoder->levels > 0);
    encoder_frame_close(encoder);
    encoder->levels--;
    encoder_value_close(encoder, encoder->in_array[encoder->levels]);
}

static void encoder_varint(struct encoder *encoder, struct str key, bool in_array, uint32_t field,
                           uint64_t number)
{
    encoder_value_open(encoder, key, in_array);
    wire_append_tag_varint(&encoder->out, field, number);
    encoder_value_close(encoder, in_array);
}

static void encoder_bytes(struct encoder *encoder, struct str key, bool in_array, uint32_t field,
                          struct str bytes)
{
    encoder_value_open(encoder, key, in_array);
    wire_append_bytes(&encoder->out, field, bytes);
    encoder_value_close(encoder, in_array);
}

static void encoder_append_double(struct encoder *encoder, uint32_t field, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    wire_append_varint(&encoder->out, WIRE_TAG(field, WIRE_FIXED64));
    for (unsigned i = 0; i < 8; i++)
        buffer_append_char(&encoder->out, (char)(uint8_t)(bits >> (8 * i)));
}

static void encoder_real(struct encoder *encoder, struct str key, bool in_array, double number)
{
    encoder_value_open(encoder, key, in_array);
    encoder_append_double(encoder, FIELD_DOUBLE, number);
    encoder_value_close(encoder, in_array);
}

void encoder_null(struct encoder *encoder, const char *key)
{
    encoder_varint(encoder, str_from(key), key == NULL, FIELD_NULL, 0);
}

void encoder_bool(struct encoder *encoder, const char *key, bool boolean)
{
    encoder_varint(encoder, str_from(key), key == NULL, FIELD_BOOLEAN, boolean);
}

void encoder_int(struct encoder *encoder, const char *key, int64_t integer)
{
    encoder_varint(encoder, str_from(key), key == NULL, FIELD_INTEGER, (uint64_t)integer);
}

void encoder_double(struct encoder *encoder, const char *key, double number)
{
    encoder_real(encoder, str_from(key), key == NULL, number);
}

void encoder_text(struct encoder *encoder, const char *key, struct str text)
{
    encoder_bytes(encoder, str_from(key), key == NULL, FIELD_STRING, text);
}

void encoder_string(struct encoder *encoder, const char *key, const char *text)
{
    if (text == NULL)
        encoder_null(encoder, key);
    else
        encoder_text(encoder, key, str_from(text));
}

void encoder_string_open(struct encoder *encoder, const char *key)
{
    encoder_level_open(encoder, str_from(key), key == NULL, FIELD_STRING);
}

void encoder_string_close(struct encoder *encoder)
{
    encoder_close(encoder);
}

void encoder_piece(struct encoder *encoder, const char *text)
{
    buffer_append_text(&encoder->out, text);
}

/* Leaves room for the patch at the end of what is written so far. */
static void encoder_patch(struct encoder *encoder, struct patch patch)
{
    static const char room[64] = {0};
    assert(patch.width <= sizeof(room));
    if (encoder->patch_count == encoder->patch_cap) {
        encoder->patch_cap = encoder->patch_cap == 0 ? 64 : encoder->patch_cap * 2;
        encoder->patches =
            memory_resize(encoder->patches, encoder->patch_cap * sizeof(*encoder->patches));
    }
    patch.offset = (uint32_t)encoder->out.len;
    encoder->patches[encoder->patch_count++] = patch;
    buffer_append(&encoder->out, room, patch.width);
}

void encoder_piece_patched(struct encoder *encoder, struct patch patch)
{
    encoder_patch(encoder, patch);
}

void encoder_patched(struct encoder *encoder, const char *key, struct patch patch)
{
    bool real = patch.kind == PATCH_DOUBLE;
    encoder_value_open(encoder, str_from(key), key == NULL);
    wire_append_varint(&encoder->out, real ? WIRE_TAG(FIELD_DOUBLE, WIRE_FIXED64)
                                           : WIRE_TAG(FIELD_INTEGER, WIRE_VARINT));
    encoder_patch(encoder, patch);
    encoder_value_close(encoder, key == NULL);
}

void encoder_patched_time(struct encoder *encoder, const char *key, struct patch patch)
{
    encoder_value_open(encoder, str_from(key), key == NULL);
    encoder_frame_open(encoder, FIELD_TIMESTAMP);
    wire_append_varint(&encoder->out, WIRE_TAG(1, WIRE_VARINT));
    encoder_patch(encoder, patch);
    encoder_frame_close(encoder);
    encoder_value_close(encoder, key == NULL);
}

static void encoder_geo(struct encoder *encoder, struct str key, bool in_array,
                        const struct value *value)
{
    encoder_value_open(encoder, key, in_array);
    encoder_frame_open(encoder, FIELD_GEO);
    encoder_append_double(encoder, 1, value->geo.latitude);
    encoder_append_double(encoder, 2, value->geo.longitude);
    encoder_frame_close(encoder);
    encoder_value_close(encoder, in_array);
}

static void encoder_time(struct encoder *encoder, struct str key, bool in_array,
                         const struct value *value)
{
    encoder_value_open(encoder, key, in_array);
    encoder_frame_open(encoder, FIELD_TIMESTAMP);
    wire_append_tag_varint(&encoder->out, 1, (uint64_t)value->time.seconds);
    wire_append_tag_varint(&encoder->out, 2, (uint64_t)value->time.nanos);
    encoder_frame_close(encoder);
    encoder_value_close(encoder, in_array);
}

static void encoder_array(struct encoder *encoder, struct str key, bool in_array,
                          const struct value *value)
{
    encoder_level_open(encoder, key, in_array, FIELD_ARRAY);
    for (size_t i = 0; i < value->array.count; i++)
        encoder_value(encoder, STR_NULL, true, &value->array.items[i]);
    encoder_close(encoder);
}

static void encoder_entries(struct encoder *encoder, const struct value *map)
{
    for (size_t i = 0; i < map->map.count; i++)
        encoder_value(encoder, map->map.entries[i].key, false, &map->map.entries[i].value);
}

static void encoder_map(struct encoder *encoder, struct str key, bool in_array,
                        const struct value *value)
{
    encoder_level_open(encoder, key, in_array, FIELD_MAP);
    encoder_entries(encoder, value);
    encoder_close(encoder);
}

void encoder_value(struct encoder *encoder, struct str key, bool in_array,
                   const struct value *value)
{
    switch (value->kind) {
    case VALUE_NULL:
        encoder_varint(encoder, key, in_array, FIELD_NULL, 0);
        break;
    case VALUE_BOOL:
        encoder_varint(encoder, key, in_array, FIELD_BOOLEAN, value->boolean);
        break;
    case VALUE_INT:
        encoder_varint(encoder, key, in_array, FIELD_INTEGER, (uint64_t)value->integer);
        break;
    case VALUE_DOUBLE:
        encoder_real(encoder, key, in_array, value->real.number);
        break;
    case VALUE_STRING:
        encoder_bytes(encoder, key, in_array, FIELD_STRING, value->text);
        break;
    case VALUE_TIMESTAMP:
        encoder_time(encoder, key, in_array, value);
        break;
    case VALUE_BYTES:
        encoder_bytes(encoder, key, in_array, FIELD_BYTES, value->text);
        break;
    case VALUE_ARRAY:
        encoder_array(encoder, key, in_array, value);
        break;
    case VALUE_MAP:
        encoder_map(encoder, key, in_array, value);
        break;
    case VALUE_REFERENCE:
        encoder_bytes(encoder, key, in_array, FIELD_REFERENCE, value->text);
        break;
    case VALUE_GEO:
        encoder_geo(encoder, key, in_array, value);
        break;
    }
}

void encoder_document(struct encoder *encoder, const struct value *map)
{
    encoder_entries(encoder, map);
}
