/* Reading and writing protobuf bytes. */
#include "sim/wire.h"

#include <string.h>

#define MICROSECONDS 1000000

static bool wire_read_varint(struct wire_reader *reader, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
        uint8_t byte = (uint8_t)*reader->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_number = number;
            return true;
        }
    }
    return false;
}

static bool wire_read_fixed(struct wire_reader *reader, size_t size, uint64_t *ret_number)
{
    if ((size_t)(reader->end - reader->at) < size)
        return false;
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number |= (uint64_t)(uint8_t)reader->at[i] << (8 * i);
    reader->at += size;
    *ret_number = number;
    return true;
}

static bool wire_read_bytes(struct wire_reader *reader, struct str *ret_bytes)
{
    uint64_t len;
    if (!wire_read_varint(reader, &len) || len > (uint64_t)(reader->end - reader->at))
        return false;
    *ret_bytes = (struct str){reader->at, (size_t)len};
    reader->at += len;
    return true;
}

bool wire_next(struct wire_reader *reader, struct wire_field *ret_field)
{
    const char *start = reader->at;
    struct wire_field field = {.start = start, .bytes = STR_NULL};
    uint64_t tag;
    bool good = start < reader->end && wire_read_varint(reader, &tag);
    if (!good)
        return false;
    field.number = (uint32_t)(tag >> 3);
    field.type = (enum wire_type)(tag & 7);
    switch (field.type) {
    case WIRE_VARINT:
        good = wire_read_varint(reader, &field.number_value);
        break;
    case WIRE_FIXED64:
        good = wire_read_fixed(reader, 8, &field.number_value);
        break;
    case WIRE_FIXED32:
        good = wire_read_fixed(reader, 4, &field.number_value);
        break;
    case WIRE_BYTES:
        good = wire_read_bytes(reader, &field.bytes);
        break;
    default:
        good = false;
    }
    if (!good) {
        reader->at = start;
        return false;
    }
    *ret_field = field;
    return true;
}

size_t wire_varint_size(uint64_t number)
{
    size_t size = 1;
    while (number >= 0x80) {
        number >>= 7;
        size++;
    }
    return size;
}

size_t wire_varint_put(char *to, uint64_t number)
{
    size_t size = 0;
    while (number >= 0x80) {
        to[size++] = (char)(uint8_t)(number | 0x80);
        number >>= 7;
    }
    to[size++] = (char)(uint8_t)number;
    return size;
}

void wire_varint_put_fixed(char *to, uint64_t number, unsigned width)
{
    for (unsigned i = 0; i + 1 < width; i++) {
        to[i] = (char)(uint8_t)(number | 0x80);
        number >>= 7;
    }
    to[width - 1] = (char)(uint8_t)(number & 0x7f);
}

void wire_append_varint(struct buffer *out, uint64_t number)
{
    char bytes[WIRE_VARINT_MAX];
    buffer_append(out, bytes, wire_varint_put(bytes, number));
}

void wire_append_tag_varint(struct buffer *out, uint32_t field, uint64_t number)
{
    wire_append_varint(out, WIRE_TAG(field, WIRE_VARINT));
    wire_append_varint(out, number);
}

void wire_append_bytes(struct buffer *out, uint32_t field, struct str bytes)
{
    wire_append_varint(out, WIRE_TAG(field, WIRE_BYTES));
    wire_append_varint(out, bytes.len);
    buffer_append(out, bytes.data, bytes.len);
}

/* Timestamps before 1970 have negative seconds and nanos counted forward from them. */
static void wire_split_time(int64_t time_us, int64_t *ret_seconds, uint64_t *ret_nanos)
{
    int64_t seconds = time_us / MICROSECONDS;
    int64_t rest = time_us % MICROSECONDS;
    if (rest < 0) {
        rest += MICROSECONDS;
        seconds--;
    }
    *ret_seconds = seconds;
    *ret_nanos = (uint64_t)rest * 1000;
}

size_t wire_time_size(int64_t time_us)
{
    int64_t seconds;
    uint64_t nanos;
    wire_split_time(time_us, &seconds, &nanos);
    size_t size = seconds == 0 ? 0 : 1 + wire_varint_size((uint64_t)seconds);
    return size + (nanos == 0 ? 0 : 1 + wire_varint_size(nanos));
}

void wire_append_time(struct buffer *out, uint32_t field, int64_t time_us)
{
    int64_t seconds;
    uint64_t nanos;
    wire_split_time(time_us, &seconds, &nanos);
    wire_append_varint(out, WIRE_TAG(field, WIRE_BYTES));
    wire_append_varint(out, wire_time_size(time_us));
    if (seconds != 0)
        wire_append_tag_varint(out, 1, (uint64_t)seconds);
    if (nanos != 0)
        wire_append_tag_varint(out, 2, nanos);
}
