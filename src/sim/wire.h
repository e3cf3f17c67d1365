/* Protobuf wire format, read and written by hand: documents are kept as the bytes they are served
 * as, so that a page costs a copy per document. Requests are unpacked by protobuf-c instead. Field
 * numbers are those of google.firestore.v1 (Document, Value, MapValue, ArrayValue). */
#ifndef ORDERSYNC_SIM_WIRE_H
#define ORDERSYNC_SIM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/str.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };
#define WIRE_TAG(number, type) ((uint64_t)(number) << 3 | (type))
#define WIRE_VARINT_MAX 10

struct wire_reader {
    const char *at;
    const char *end;
};

struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t number_value; /* VARINT, FIXED64, FIXED32 */
    struct str bytes;      /* BYTES; points into what is read */
    const char *start;     /* of the tag */
};

static inline struct wire_reader wire_reader(struct str bytes)
{
    return (struct wire_reader){bytes.data, bytes.data + bytes.len};
}

/* The next field. False at the end, and at the first malformed byte (then reader->at !=
 * reader->end). */
bool wire_next(struct wire_reader *reader, struct wire_field *ret_field);

size_t wire_varint_size(uint64_t number);
/* Writes into at least WIRE_VARINT_MAX bytes; returns how many. */
size_t wire_varint_put(char *to, uint64_t number);
/* Exactly `width` bytes, padded with continuation bits only when the number needs fewer. */
void wire_varint_put_fixed(char *to, uint64_t number, unsigned width);

void wire_append_varint(struct buffer *out, uint64_t number);
void wire_append_tag_varint(struct buffer *out, uint32_t field, uint64_t number);
void wire_append_bytes(struct buffer *out, uint32_t field, struct str bytes);
/* A google.protobuf.Timestamp as field `field`, from microseconds. */
void wire_append_time(struct buffer *out, uint32_t field, int64_t time_us);
size_t wire_time_size(int64_t time_us); /* of the Timestamp message itself */

#endif
