/* Cutting a byte stream into messages. */
#include "source/grpc_frame.h"

#include <string.h>

void grpc_frame_header(size_t len, uint8_t ret_header[GRPC_FRAME_HEADER])
{
    ret_header[0] = 0;
    ret_header[1] = (uint8_t)(len >> 24);
    ret_header[2] = (uint8_t)(len >> 16);
    ret_header[3] = (uint8_t)(len >> 8);
    ret_header[4] = (uint8_t)len;
}

static size_t header_length(const uint8_t *header)
{
    return (size_t)header[1] << 24 | (size_t)header[2] << 16 | (size_t)header[3] << 8 | header[4];
}

static bool reader_begin(struct grpc_reader *reader, struct error *err)
{
    reader->need = header_length(reader->header);
    if (reader->header[0] != 0)
        return error_set(err, ERROR_SOURCE_PROTOCOL,
                         "a compressed message, which was not asked for");
    if (reader->need > GRPC_MAX_MESSAGE)
        return error_set(err, ERROR_SOURCE_TOO_LARGE, "a message of %zu bytes, of at most %u",
                         reader->need, GRPC_MAX_MESSAGE);
    return true;
}

/* The message is complete: the header is wanted again before on_message runs, which may end the
 * reading. */
static bool reader_deliver(struct grpc_reader *reader, const uint8_t *message,
                           grpc_message_fn *on_message, void *context, struct error *err)
{
    reader->header_len = 0;
    return on_message(context, message, reader->need, err);
}

/* Takes bytes of the message's body; *ret_taken says how many. */
static bool reader_body(struct grpc_reader *reader, const uint8_t *bytes, size_t len,
                        grpc_message_fn *on_message, void *context, size_t *ret_taken,
                        struct error *err)
{
    size_t missing = reader->need - reader->partial.len;
    if (reader->partial.len == 0 && len >= missing) {
        *ret_taken = missing;
        return reader_deliver(reader, bytes, on_message, context, err);
    }
    size_t take = len < missing ? len : missing;
    *ret_taken = take;
    reader->partial.max = GRPC_MAX_MESSAGE;
    buffer_append(&reader->partial, bytes, take);
    if (take < missing)
        return true;
    bool ok =
        reader_deliver(reader, (const uint8_t *)reader->partial.data, on_message, context, err);
    buffer_clear(&reader->partial);
    return ok;
}

bool grpc_reader_feed(struct grpc_reader *reader, const uint8_t *bytes, size_t len,
                      grpc_message_fn *on_message, void *context, struct error *err)
{
    while (len > 0 || (reader->header_len == GRPC_FRAME_HEADER && reader->need == 0)) {
        size_t taken = 1;
        if (reader->header_len < GRPC_FRAME_HEADER) {
            reader->header[reader->header_len++] = *bytes;
            if (reader->header_len == GRPC_FRAME_HEADER && !reader_begin(reader, err))
                return false;
        } else if (!reader_body(reader, bytes, len, on_message, context, &taken, err)) {
            return false;
        }
        bytes += taken;
        len -= taken;
    }
    return true;
}

bool grpc_reader_at_boundary(const struct grpc_reader *reader)
{
    return reader->header_len == 0;
}

void grpc_reader_free(struct grpc_reader *reader)
{
    buffer_free(&reader->partial);
}
