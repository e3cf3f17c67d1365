/* The wire reader. */
#include "source/wire.h"

#include <string.h>

#define SECONDS_MIN (-62135596800LL) /* 0001-01-01 */
#define SECONDS_MAX 253402300799LL   /* 9999-12-31T23:59:59 */
#define NS_PER_S 1000000000LL
#define SECONDS_MAX_NS (INT64_MAX / NS_PER_S - 1)

struct wire wire_from(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    return (struct wire){.at = at, .end = at == NULL ? NULL : at + len, .bad = false};
}

struct wire wire_of(struct str bytes)
{
    return wire_from(bytes.data, bytes.len);
}

static bool wire_fail(struct wire *wire)
{
    wire->bad = true;
    return false;
}

static bool read_long_varint(struct wire *wire, uint64_t *ret_number)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (wire->at == wire->end)
            return wire_fail(wire);
        uint8_t byte = *wire->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_number = number;
            return true;
        }
    }
    return wire_fail(wire);
}

/* Nearly all tags and most lengths are one byte. */
static inline bool read_varint(struct wire *wire, uint64_t *ret_number)
{
    if (wire->at == wire->end || *wire->at >= 0x80)
        return read_long_varint(wire, ret_number);
    *ret_number = *wire->at++;
    return true;
}

bool wire_varint(struct wire *wire, uint64_t *ret_number)
{
    return !wire->bad && wire->at != wire->end && read_varint(wire, ret_number);
}

static bool read_fixed(struct wire *wire, size_t size, uint64_t *ret_number)
{
    uint64_t number = 0;
    if ((size_t)(wire->end - wire->at) < size)
        return wire_fail(wire);
    for (size_t i = size; i > 0; i--)
        number = number << 8 | wire->at[i - 1];
    wire->at += size;
    *ret_number = number;
    return true;
}

static bool read_bytes(struct wire *wire, struct str *ret_bytes)
{
    uint64_t len;
    if (!read_varint(wire, &len))
        return false;
    if (len > (uint64_t)(wire->end - wire->at))
        return wire_fail(wire);
    *ret_bytes = (struct str){(const char *)wire->at, (size_t)len};
    wire->at += len;
    return true;
}

bool wire_next(struct wire *wire, struct wire_field *ret_field)
{
    uint64_t tag;
    if (wire->bad || wire->at == wire->end || !read_varint(wire, &tag))
        return false;
    if (tag >> 3 == 0 || tag >> 32 != 0)
        return wire_fail(wire);
    ret_field->number = (uint32_t)(tag >> 3);
    ret_field->type = (enum wire_type)(tag & 7);
    switch (tag & 7) {
    case WIRE_VARINT:
        return read_varint(wire, &ret_field->scalar);
    case WIRE_FIXED64:
        return read_fixed(wire, 8, &ret_field->scalar);
    case WIRE_FIXED32:
        return read_fixed(wire, 4, &ret_field->scalar);
    case WIRE_BYTES:
        return read_bytes(wire, &ret_field->bytes);
    default: /* groups: not in proto3 */
        return wire_fail(wire);
    }
}

bool wire_time(struct str bytes, struct wire_time *ret_time)
{
    struct wire wire = wire_of(bytes);
    struct wire_field field;
    int64_t seconds = 0;
    int64_t nanos = 0;
    while (wire_next(&wire, &field)) {
        if (field.number == 1 && field.type == WIRE_VARINT)
            seconds = (int64_t)field.scalar;
        else if (field.number == 2 && field.type == WIRE_VARINT)
            nanos = (int64_t)field.scalar;
    }
    if (wire.bad || seconds < SECONDS_MIN || seconds > SECONDS_MAX || nanos < 0 ||
        nanos >= NS_PER_S)
        return false;
    *ret_time = (struct wire_time){.seconds = seconds, .nanos = (int32_t)nanos};
    return true;
}

bool wire_time_ns(struct str bytes, int64_t *ret_ns)
{
    struct wire_time time;
    if (!wire_time(bytes, &time) || time.seconds > SECONDS_MAX_NS || time.seconds < -SECONDS_MAX_NS)
        return false;
    *ret_ns = time.seconds * NS_PER_S + time.nanos;
    return true;
}
