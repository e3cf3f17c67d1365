/* gRPC's length-prefixed messages (gRPC over HTTP/2, "Length-Prefixed-Message"): one byte
 * compressed flag, four bytes big-endian length, the message. Pure; any thread that owns the value.
 */
#ifndef ORDERSYNC_SOURCE_GRPC_FRAME_H
#define ORDERSYNC_SOURCE_GRPC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"

#define GRPC_FRAME_HEADER 5
/* Firestore documents of 16 MiB and overhead: what Google's own clients allow. */
#define GRPC_MAX_MESSAGE (17u << 20)

/* Takes one message, borrowed for the call. false ends the reading; *err then says why. */
typedef bool grpc_message_fn(void *context, const uint8_t *bytes, size_t len, struct error *err);

/* Zero-initialise; grpc_reader_free() at the end. */
struct grpc_reader {
    uint8_t header[GRPC_FRAME_HEADER];
    size_t header_len;
    size_t need;           /* length of the message under way */
    struct buffer partial; /* its bytes so far; unused when a message arrives in one piece */
};

/* Takes the next bytes of the stream, cut anywhere, and hands over each message that is complete.
 * Errors: ERROR_SOURCE_TOO_LARGE beyond GRPC_MAX_MESSAGE, ERROR_SOURCE_PROTOCOL for a compressed
 * message (none was asked for), and those of on_message. */
MUST_CHECK bool grpc_reader_feed(struct grpc_reader *reader, const uint8_t *bytes, size_t len,
                                 grpc_message_fn *on_message, void *context, struct error *err);
/* false: the stream ended inside a message. */
bool grpc_reader_at_boundary(const struct grpc_reader *reader);
void grpc_reader_free(struct grpc_reader *reader);

void grpc_frame_header(size_t len, uint8_t ret_header[GRPC_FRAME_HEADER]);

#endif
