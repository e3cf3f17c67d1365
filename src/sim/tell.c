/* ListenResponse by hand: field numbers are google.firestore.v1's. */
#include "sim/tell.h"

#include <string.h>

#include "sim/wire.h"

enum {
    RESPONSE_TARGET_CHANGE = 2,
    RESPONSE_DOCUMENT_CHANGE = 3,
    RESPONSE_DOCUMENT_DELETE = 4,
    RESPONSE_FILTER = 5,
    RESPONSE_DOCUMENT_REMOVE = 6,
};

#define TOKEN_SIZE 32
#define SMALL_SIZE (8u << 10) /* a message without a document */

static void append_id(struct buffer *out, uint32_t field, int32_t id)
{
    char packed[WIRE_VARINT_MAX];
    size_t len = wire_varint_put(packed, (uint64_t)(int64_t)id);
    wire_append_bytes(out, field, (struct str){packed, len});
}

static void append_token(struct buffer *out, uint32_t field, int64_t time_us, uint32_t hash)
{
    struct buffer inner = {.max = TOKEN_SIZE}, token = {.max = TOKEN_SIZE};
    wire_append_tag_varint(&inner, 1, (uint64_t)time_us);
    wire_append_bytes(&token, 1, buffer_str(&inner));
    wire_append_tag_varint(&token, 2, hash);
    wire_append_bytes(out, field, buffer_str(&token));
    buffer_free(&inner);
    buffer_free(&token);
}

bool token_parse(ProtobufCBinaryData token, int64_t *ret_time_us, uint32_t *ret_hash)
{
    struct wire_reader reader = wire_reader((struct str){(const char *)token.data, token.len});
    struct wire_field outer, hash, time;
    if (!wire_next(&reader, &outer) || outer.number != 1 || outer.type != WIRE_BYTES ||
        !wire_next(&reader, &hash) || hash.number != 2 || hash.type != WIRE_VARINT ||
        reader.at != reader.end)
        return false;
    reader = wire_reader(outer.bytes);
    if (!wire_next(&reader, &time) || time.number != 1 || time.type != WIRE_VARINT)
        return false;
    *ret_time_us = (int64_t)time.number_value;
    *ret_hash = (uint32_t)hash.number_value;
    return true;
}

static void append_cause(struct buffer *out, uint32_t field, const struct rpc_status *cause)
{
    struct buffer status = {.max = SMALL_SIZE};
    wire_append_tag_varint(&status, 1, (uint64_t)cause->code);
    wire_append_bytes(&status, 2, str_from(cause->message));
    wire_append_bytes(out, field, buffer_str(&status));
    buffer_free(&status);
}

/* The response with `inner` as its one field. */
static void tell(struct call *call, uint32_t field, struct buffer *inner)
{
    size_t begin = call_message_begin(call);
    wire_append_bytes(call_out(call), field, buffer_str(inner));
    call_message_end(call, begin);
    buffer_free(inner);
}

void tell_target(struct call *call, const struct tell_target *message)
{
    struct buffer inner = {.max = SMALL_SIZE};
    if (message->change != TELL_NO_CHANGE)
        wire_append_tag_varint(&inner, 1, (uint64_t)message->change);
    if (message->id != 0)
        append_id(&inner, 2, message->id);
    if (message->cause != NULL)
        append_cause(&inner, 3, message->cause);
    if (message->time_us != 0) {
        append_token(&inner, 4, message->time_us, message->token_hash);
        wire_append_time(&inner, 6, message->time_us);
    }
    tell(call, RESPONSE_TARGET_CHANGE, &inner);
}

void tell_document(struct call *call, int32_t id, const struct query_result *result, bool removed)
{
    struct buffer inner = {.max = 4 * DOCUMENT_MAX_BYTES};
    document_append(&inner, 1, call->store, result->collection, &result->view,
                    result->projected ? &result->body : NULL);
    append_id(&inner, removed ? 6 : 5, id);
    tell(call, RESPONSE_DOCUMENT_CHANGE, &inner);
}

void tell_gone(struct call *call, int32_t id, const char *name, int64_t time_us, bool unsure)
{
    struct buffer inner = {.max = 2 * SMALL_SIZE};
    wire_append_bytes(&inner, 1, str_from(name));
    if (unsure)
        append_id(&inner, 2, id);
    wire_append_time(&inner, 4, time_us);
    if (!unsure)
        append_id(&inner, 6, id);
    tell(call, unsure ? RESPONSE_DOCUMENT_REMOVE : RESPONSE_DOCUMENT_DELETE, &inner);
}

void tell_filter(struct call *call, int32_t id, int64_t count)
{
    struct buffer inner = {.max = TOKEN_SIZE};
    wire_append_tag_varint(&inner, 1, (uint64_t)(int64_t)id);
    wire_append_tag_varint(&inner, 2, (uint64_t)count);
    tell(call, RESPONSE_FILTER, &inner);
}
