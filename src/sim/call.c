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

bool call_fault_due(const struct call *call)
{
    const struct fault_effect *fault = &call->fault;
    if (fault_is_of_streams(fault->kind) && call->messages == 0)
        return false; /* there is no target yet */
    return call->messages >= (size_t)fault->messages &&
           call->bytes + call->stream->response.len >= (size_t)fault->bytes &&
           (!fault->current || call->current) &&
           (fault->after_us == 0 || clock_monotonic_us() >= call->opened_us + fault->after_us);
}

bool call_wants(const struct call *call)
{
    size_t len = call->stream->response.len;
    if (call->fault.kind == FAULT_SLOW)
        return len == 0;
    if (fault_strikes(call->fault.kind) && fault_waits(&call->fault) && call_fault_due(call))
        return false;
    return len < HTTP2_WANT_BYTES;
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

static size_t frame_length(const uint8_t *header)
{
    return (size_t)header[1] << 24 | (size_t)header[2] << 16 | (size_t)header[3] << 8 | header[4];
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
    size_t len = frame_length(bytes);
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

/* Half of the bytes at hand, in the middle of a message, or where the fault says; then the stream
 * or the connection breaks. */
static void call_cut(struct call *call)
{
    struct buffer *out = call_out(call);
    size_t bytes = (size_t)call->fault.bytes;
    if (!fault_waits(&call->fault))
        out->len = (out->len + 1) / 2;
    else if (bytes > call->bytes && bytes < call->bytes + out->len)
        out->len = bytes - call->bytes;
    call->stream->end = call->fault.reset ? HTTP2_RESET : HTTP2_HANG_UP;
}

/* A fault in the midst of a stream. False when none is due, or it is the method's to do. */
static bool call_strike(struct call *call)
{
    struct http2_stream *stream = call->stream;
    struct rpc_status status = {.code = RPC_OK};
    bool waits = fault_waits(&call->fault);
    if (!fault_strikes(call->fault.kind) || !call_fault_due(call) ||
        (!waits && call->messages == 0))
        return false;
    if (call->fault.kind == FAULT_CUT) {
        call_cut(call);
    } else if (call->fault.kind == FAULT_GOAWAY) {
        stream->end = HTTP2_GO_AWAY;
    } else if (call->fault.kind == FAULT_STALL && waits) {
        stream->hold_until_us = clock_monotonic_us() + call->fault.delay_us;
        call->fault.kind = FAULT_NONE;
    } else if (fault_refuses(call, &status)) {
        status_set(stream, &status);
        stream->end = HTTP2_DONE;
    } else {
        return false;
    }
    return true;
}

/* Chooses the call's fault; true when it is refused by it. */
static bool call_refused(struct call *call, struct rpc_status *status)
{
    call->fault = fault_next(call->service->faults, call->method->name);
    call->opened_us = clock_monotonic_us();
    if (fault_is_of_streams(call->fault.kind) && call->method->receive == NULL)
        call->fault.kind = FAULT_NONE;
    return !fault_waits(&call->fault) && fault_refuses(call, status);
}

static void call_begin(struct call *call)
{
    struct http2_stream *stream = call->stream;
    struct rpc_status status = {.code = RPC_OK};
    call->service->requests++;
    if (call_refused(call, &status) || !request_unpack(call, &status) ||
        !call->method->start(call, &status)) {
        call_refuse(stream, &status);
        return;
    }
    if (call->fault.delay_us > 0 && !fault_waits(&call->fault))
        stream->hold_until_us = clock_monotonic_us() + call->fault.delay_us;
    if (call->method->step == NULL) {
        status_set(stream, &status);
        stream->end = HTTP2_DONE;
        if (call->fault.kind == FAULT_CUT)
            call_cut(call);
    }
    http2_answer(stream);
}

/* ---- bidirectional streams ---- */

static bool stream_begin(struct call *call, struct rpc_status *status)
{
    struct call_service *service = call->service;
    service->requests++;
    if (call_refused(call, status) || !call->method->start(call, status))
        return false;
    call->next = service->streams;
    if (call->next != NULL)
        call->next->previous = call;
    service->streams = call;
    if (call->fault.delay_us > 0 && !fault_waits(&call->fault))
        call->stream->hold_until_us = clock_monotonic_us() + call->fault.delay_us;
    http2_answer(call->stream);
    return true;
}

static void stream_forget(struct call *call)
{
    if (call->next != NULL)
        call->next->previous = call->previous;
    if (call->previous != NULL)
        call->previous->next = call->next;
    else if (call->service->streams == call)
        call->service->streams = call->next;
}

/* The next whole message of the request; false when there is none, or none that is good. */
static bool stream_message(struct call *call, ProtobufCMessage **ret_message,
                           struct rpc_status *status)
{
    struct buffer *body = &call->stream->request;
    const uint8_t *bytes = (const uint8_t *)body->data;
    if (!buffer_ok(body))
        return rpc_fail(status, RPC_RESOURCE_EXHAUSTED, "Request exceeds %u bytes",
                        HTTP2_MAX_REQUEST);
    if (body->len < FRAME_HEADER)
        return false;
    size_t len = frame_length(bytes);
    if (bytes[0] != 0 || len > HTTP2_MAX_REQUEST - FRAME_HEADER)
        return rpc_fail(status, RPC_UNIMPLEMENTED, "Request is compressed or too large");
    if (body->len < FRAME_HEADER + len)
        return false;
    *ret_message =
        protobuf_c_message_unpack(call->method->request, NULL, len, bytes + FRAME_HEADER);
    buffer_consume(body, FRAME_HEADER + len);
    if (*ret_message == NULL)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "Request is not a %s",
                        call->method->request->name);
    return true;
}

static void stream_data(struct call *call)
{
    struct http2_stream *stream = call->stream;
    struct rpc_status status = {.code = RPC_OK};
    ProtobufCMessage *message = NULL;
    bool good = stream->end == HTTP2_OPEN;
    while (good && stream_message(call, &message, &status)) {
        if (stream->answered || stream_begin(call, &status)) {
            good = call->method->receive(call, message, &status);
        } else {
            protobuf_c_message_free_unpacked(message, NULL);
            good = false;
        }
    }
    if (good && stream->request_ended && !stream->answered)
        rpc_fail(&status, RPC_INVALID_ARGUMENT, "A request without a message");
    if (status.code != RPC_OK)
        call_refuse(stream, &status);
    else
        http2_resume(stream);
}

void call_wake_streams(struct call_service *service)
{
    for (struct call *call = service->streams; call != NULL; call = call->next)
        http2_wake(call->stream);
}

void call_strike_streams(struct call_service *service, const struct fault_effect *effect)
{
    for (struct call *call = service->streams; call != NULL; call = call->next) {
        call->fault = *effect;
        call->stream->hold_until_us = 0;
        http2_wake(call->stream);
    }
}

static void on_data(void *context, struct http2_stream *stream)
{
    struct call *call = stream->context;
    (void)context;
    if (call == NULL)
        return;
    if (call->method->receive != NULL)
        stream_data(call);
    else if (stream->request_ended && call->request == NULL && !stream->answered)
        call_begin(call);
}

static enum call_step call_step(struct call *call, struct rpc_status *status)
{
    if (call->method->step == NULL)
        return CALL_DONE;
    return call->method->step(call, status);
}

/* A stream that waits is asked again when its fault's time has come, at the latest. */
static void produce_wait(struct call *call)
{
    struct http2_stream *stream = call->stream;
    int64_t due = call->opened_us + call->fault.after_us;
    if (!fault_strikes(call->fault.kind) || call->fault.after_us == 0)
        return;
    if (due > clock_monotonic_us() && (stream->ask_at_us == 0 || stream->ask_at_us > due))
        stream->ask_at_us = due;
}

static void on_produce(void *context, struct http2_stream *stream)
{
    struct call *call = stream->context;
    struct rpc_status status = {.code = RPC_OK};
    enum call_step step = CALL_MORE;
    (void)context;
    if (fault_waits(&call->fault) && call_strike(call))
        return;
    for (int i = 0; i < STEP_LIMIT && step == CALL_MORE && stream->response.len == 0; i++)
        step = call_step(call, &status);
    if (!buffer_ok(&stream->response)) {
        rpc_fail(&status, RPC_INTERNAL, "Response exceeds %u bytes", HTTP2_MAX_RESPONSE);
        step = CALL_ERROR;
        buffer_clear(&stream->response);
    }
    bool struck = call_strike(call);
    call->bytes += stream->response.len;
    if (struck)
        return;
    if (call->fault.kind == FAULT_SLOW && step == CALL_MORE)
        stream->hold_until_us = clock_monotonic_us() + call->fault.delay_us;
    else if (step == CALL_MORE && stream->response.len == 0)
        stream->hold_until_us = clock_monotonic_us() + 1;
    if (step == CALL_WAIT)
        produce_wait(call);
    if (step == CALL_MORE || step == CALL_WAIT)
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
    stream_forget(call);
    if (call->method->finish != NULL && call->state != NULL)
        call->method->finish(call->state);
    if (call->request != NULL)
        protobuf_c_message_free_unpacked(call->request, NULL);
    free(call);
}

const struct http2_handlers call_handlers = {
    .open = on_open, .data = on_data, .produce = on_produce, .close = on_close};
