/* Walking protobuf's wire format (protobuf.dev, "Encoding") without building anything: for
 * responses, whose documents are kept as raw bytes, and for decoding them. Every step is checked
 * against the end; nothing recurses here.
 *
 * Why not protobuf-c for reading: its unpacker recurses as deep as the bytes say, and takes longer
 * to build its own messages (35 us for 10 KB with 300 values) than decoding straight into a value
 * tree does (20 us), which would still have to follow. Requests are written with it. */
#ifndef ORDERSYNC_SOURCE_WIRE_H
#define ORDERSYNC_SOURCE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

/* Fields of one message, in order. */
struct wire {
    const uint8_t *at;
    const uint8_t *end;
    bool bad; /* sticks: the bytes are not protobuf */
};

struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t scalar;  /* VARINT, FIXED64, FIXED32 */
    struct str bytes; /* BYTES: points into the message */
};

struct wire wire_from(const void *bytes, size_t len);
struct wire wire_of(struct str bytes);
/* false at the end and on bad bytes (wire->bad tells which). */
bool wire_next(struct wire *wire, struct wire_field *ret_field);

/* One bare varint, as packed repeated numbers are; false at the end and on bad bytes. */
bool wire_varint(struct wire *wire, uint64_t *ret_number);

struct wire_time {
    int64_t seconds;
    int32_t nanos;
};
/* A google.protobuf.Timestamp message within 0001..9999. */
bool wire_time(struct str bytes, struct wire_time *ret_time);
/* The same as nanoseconds since 1970; false also outside 1677..2262. */
bool wire_time_ns(struct str bytes, int64_t *ret_ns);

#endif
