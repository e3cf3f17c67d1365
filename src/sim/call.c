/* gRPC over HTTP/2 streams (grpc/grpc doc/PROTOCOL-HTTP2.md). */
#include "sim/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define FRAME_HEADER 5
#define STEP_LIMIT 64 /* steps without a byte before other streams get their turn */

bool rpc_fail(struct rpc_status *status, enum rpc_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    status->code = code;
    vsnprintf(status->message, sizeof(status->message), format, arguments);
    va_end(arguments);
    return false;
}

bool call_wants(const struct call *call)
{
    size_t len = call->stream->response.len;
    return call->fault.kind == FAULT_SLOW ? len == 0 : len < HTTP2_WANT_BYTES;
}

struct buffer *call_out(struct call *call)
{
    return &call->stream->response;
}

size_t call_message_begin(struct call *call)
{
    static const char header[FRAME_HEADER] = {0};
    size_t begin = call_out(call)->len;
    buffer_append(call_out(call), header, sizeof(header));
    return begin;
}

void call_message_end(struct call *call, size_t begin)
{
    struct buffer *out = call_out(call);
    size_t len = out->len - begin - FRAME_HEADER;
    if (!buffer_ok(out))
        return;
    for (unsigned i = 0; i < 4; i++)
        out->data[begin + 1 + i] = (char)(uint8_t)(len >> (24 - 8 * i));
    call->messages++;
}

void call_message_pack(struct call *call, const ProtobufCMessage *message)
{
    size_t begin = call_message_begin(call);
    size_t size = protobuf_c_message_get_packed_size(message);
    char *room = buffer_reserve(call_out(call), size);
    if (room != NULL) {
        protobuf_c_message_pack(message, (uint8_t *)room);
        call_out(call)->len += size;
    }
    call_message_end(call, begin);
}

/* Percent-encoding as gRPC wants it in grpc-message. */
static void status_set(struct http2_stream *stream, const struct rpc_status *status)
{
    size_t len = 0;
    snprintf(stream->status, sizeof(stream->status), "%d", (int)status->code);
    for (const char *at = status->message; *at != '\0' && len + 4 < sizeof(stream->message); at++) {
        uint8_t byte = (uint8_t)*at;
        if (byte >= 0x20 && byte < 0x7f && byte != '%')
            stream->message[len++] = *at;
        else
            len += (size_t)snprintf(stream->message + len, 4, "%%%02X", byte);
    }
    stream->message[len] = '\0';
}

static void call_refuse(struct http2_stream *stream, const struct rpc_status *status)
{
    status_set(stream, status);
    if (stream->answered) {
        stream->end = HTTP2_DONE;
        http2_resume(stream);
    } else {
        http2_answer_status(stream);
    }
}

static const struct call_method *method_find(const struct call_service *service, const char *path)
{
    size_t prefix = strlen(service->prefix);
    if (strncmp(path, service->prefix, prefix) != 0)
        return NULL;
    for (size_t i = 0; i < service->method_count; i++) {
        if (strcmp(service->methods[i].name, path + prefix) == 0)
            return &service->methods[i];
    }
    return NULL;
}

static void on_open(void *context, struct http2_stream *stream)
{
    struct call_service *service = context;
    struct rpc_status status = {.code = RPC_OK};
    const struct call_method *method = method_find(service, stream->path);
    if (method == NULL || strncmp(stream->content_type, "application/grpc", 16) != 0) {
        rpc_fail(&status, RPC_UNIMPLEMENTED, "The simulator does not implement %s", stream->path);
        call_refuse(stream, &status);
        return;
    }
    struct call *call = memory_zero(1, sizeof(*call));
    call->service = service;
    call->stream = stream;
    call->method = method;
    stream->context = call;
}

/* The one message of a unary or server-streaming call. */
static bool request_unpack(struct call *call, struct rpc_status *status)
{
    const struct buffer *body = &call->stream->request;
    const uint8_t *bytes = (const uint8_t *)body->data;
    if (!buffer_ok(body))
        return rpc_fail(status, RPC_RESOURCE_EXHAUSTED, "Request exceeds %u bytes",
                        HTTP2_MAX_REQUEST);
    if (body->len < FRAME_HEADER || bytes[0] != 0)
        return rpc_fail(status, RPC_UNIMPLEMENTED, "Request is empty or compressed");
    size_t len = (size_t)bytes[1] << 24 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 8 | bytes[4];
    if (body->len != FRAME_HEADER + len)
        return rpc_fail(status, RPC_INTERNAL, "Request is not one whole message");
    call->request =
        protobuf_c_message_unpack(call->method->request, NULL, len, bytes + FRAME_HEADER);
    if (call->request == NULL)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "Request is not a %s",
                        call->method->request->name);
    return true;
}

/* Faults that replace the answer. */
static bool fault_refuses(const struct call *call, struct rpc_status *status)
{
    switch (call->fault.kind) {
    case FAULT_UNAVAILABLE:
        return !rpc_fail(status, RPC_UNAVAILABLE, "The service is currently unavailable.");
    case FAULT_EXHAUSTED:
        return !rpc_fail(status, RPC_RESOURCE_EXHAUSTED, "Quota exceeded.");
    case FAULT_STALE:
        return !rpc_fail(status, RPC_FAILED_PRECONDITION,
                         "The requested snapshot version is too old.");
    case FAULT_INTERNAL:
        return !rpc_fail(status, RPC_INTERNAL, "An internal error occurred.");
    case FAULT_DENIED:
        return !rpc_fail(status, (enum rpc_code)7, "Missing or insufficient permissions.");
    case FAULT_UNAUTHENTICATED:
        return !rpc_fail(status, (enum rpc_code)16,
                         "Request had invalid authentication credentials.");
    default:
        return false;
    }
}

/* Half of the bytes at hand, in the middle of a message; then the stream or the connection breaks.
 */
static void call_cut(struct call *call)
{
    struct buffer *out = call_out(call);
    out->len = (out->len + 1) / 2;
    call->stream->end = call->fault.reset ? HTTP2_RESET : HTTP2_HANG_UP;
}

static void call_begin(struct call *call)
{
    struct http2_stream *stream = call->stream;
    struct rpc_status status = {.code = RPC_OK};
    call->fault = fault_next(call->service->faults, call->method->name);
    call->service->requests++;
    if (fault_refuses(call, &status) || !request_unpack(call, &status) ||
        !call->method->start(call, &status)) {
        call_refuse(stream, &status);
        return;
    }
    if (call->fault.delay_us > 0)
        stream->hold_until_us = clock_monotonic_us() + call->fault.delay_us;
    if (call->method->step == NULL) {
        status_set(stream, &status);
        stream->end = HTTP2_DONE;
        if (call->fault.kind == FAULT_CUT)
            call_cut(call);
    }
    http2_answer(stream);
}

static void on_data(void *context, struct http2_stream *stream)
{
    struct call *call = stream->context;
    (void)context;
    if (call != NULL && stream->request_ended && call->request == NULL && !stream->answered)
        call_begin(call);
}

static enum call_step call_step(struct call *call, struct rpc_status *status)
{
    if (call->method->step == NULL)
        return CALL_DONE;
    return call->method->step(call, status);
}

static void on_produce(void *context, struct http2_stream *stream)
{
    struct call *call = stream->context;
    struct rpc_status status = {.code = RPC_OK};
    enum call_step step = CALL_MORE;
    (void)context;
    for (int i = 0; i < STEP_LIMIT && step == CALL_MORE && stream->response.len == 0; i++)
        step = call_step(call, &status);
    if (!buffer_ok(&stream->response)) {
        rpc_fail(&status, RPC_INTERNAL, "Response exceeds %u bytes", HTTP2_MAX_RESPONSE);
        step = CALL_ERROR;
        buffer_clear(&stream->response);
    }
    if (call->fault.kind == FAULT_CUT && (call->messages > 0 || step != CALL_MORE)) {
        call_cut(call);
        return;
    }
    if (call->fault.kind == FAULT_SLOW && step == CALL_MORE)
        stream->hold_until_us = clock_monotonic_us() + call->fault.delay_us;
    else if (step == CALL_MORE && stream->response.len == 0)
        stream->hold_until_us = clock_monotonic_us() + 1;
    if (step == CALL_MORE)
        return;
    status_set(stream, &status);
    stream->end = HTTP2_DONE;
}

static void on_close(void *context, struct http2_stream *stream)
{
    struct call *call = stream->context;
    (void)context;
    if (call == NULL)
        return;
    if (call->method->finish != NULL && call->state != NULL)
        call->method->finish(call->state);
    if (call->request != NULL)
        protobuf_c_message_free_unpacked(call->request, NULL);
    free(call);
}

const struct http2_handlers call_handlers = {
    .open = on_open, .data = on_data, .produce = on_produce, .close = on_close};
