/* gRPC calls: headers out, messages both ways, status from trailers or (trailers-only) from
 * headers. */
#include "source/grpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct grpc_channel {
    struct http *http;
    char *base; /* "https://host/service/" */
    char *prefix_header;
    char *project_header;
    bool cleartext_allowed;
    struct grpc_call *calls;
};

struct grpc_call {
    struct grpc_channel *channel;
    struct grpc_call *previous;
    struct grpc_call *next;
    struct http_call *http;
    struct grpc_handler handler;
    struct grpc_reader reader;
    struct error error; /* set when reading was ended by us */
    char method[40];
    bool has_status;
    bool is_grpc; /* the response's content-type says so */
    enum grpc_code code;
    char message[256];
    char request_id[80];
    int64_t retry_after_us;
};

bool grpc_channel_new(struct http *http, const struct grpc_channel_options *options,
                      struct grpc_channel **ret_channel, struct error *err)
{
    if (!http_check_url(options->endpoint, options->cleartext_allowed, err))
        return false;
    struct grpc_channel *channel = memory_zero(1, sizeof(*channel));
    size_t len = strlen(options->endpoint);
    while (len > 0 && options->endpoint[len - 1] == '/')
        len--;
    channel->http = http;
    channel->base = memory_format("%.*s/%s/", (int)len, options->endpoint, options->service);
    channel->cleartext_allowed = options->cleartext_allowed;
    if (options->resource_prefix != NULL)
        channel->prefix_header =
            memory_format("google-cloud-resource-prefix: %s", options->resource_prefix);
    if (options->user_project != NULL && options->user_project[0] != '\0')
        channel->project_header = memory_format("x-goog-user-project: %s", options->user_project);
    *ret_channel = channel;
    return true;
}

static void call_free(struct grpc_call *call)
{
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        call->channel->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    grpc_reader_free(&call->reader);
    free(call);
}

void grpc_channel_free(struct grpc_channel *channel)
{
    if (channel == NULL)
        return;
    while (channel->calls != NULL)
        grpc_cancel(channel->calls);
    free(channel->base);
    free(channel->prefix_header);
    free(channel->project_header);
    free(channel);
}

/* ---- the response ---- */

static void take_content_type(struct grpc_call *call, struct str value)
{
    const char type[] = "application/grpc";
    call->is_grpc =
        value.len >= sizeof(type) - 1 && strncasecmp(value.data, type, sizeof(type) - 1) == 0;
}

static void take_status(struct grpc_call *call, struct str value)
{
    call->has_status = true;
    call->code = grpc_code_parse(value);
    /* The last word: libcurl ends a transfer only when both sides have. */
    http_send_end(call->http);
}

static void take_message(struct grpc_call *call, struct str value)
{
    grpc_message_decode(value, call->message, sizeof(call->message));
}

static void take_request_id(struct grpc_call *call, struct str value)
{
    snprintf(call->request_id, sizeof(call->request_id), "%.*s", STR_ARG(value));
}

/* Whole seconds; the form with a date is left alone: the backoff then decides. */
static void take_retry_after(struct grpc_call *call, struct str value)
{
    int64_t seconds = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9' || seconds > 86400)
            return;
        seconds = seconds * 10 + (value.data[i] - '0');
    }
    call->retry_after_us = seconds * 1000000;
}

static const struct {
    const char *name;
    void (*take)(struct grpc_call *call, struct str value);
} known_headers[] = {
    {"content-type", take_content_type},    {"grpc-status", take_status},
    {"grpc-message", take_message},         {"x-request-id", take_request_id},
    {"x-goog-request-id", take_request_id}, {"retry-after", take_retry_after},
};

static bool call_header(void *context, struct str name, struct str value)
{
    struct grpc_call *call = context;
    for (size_t i = 0; i < sizeof(known_headers) / sizeof(known_headers[0]); i++) {
        if (strlen(known_headers[i].name) == name.len &&
            strncasecmp(known_headers[i].name, name.data, name.len) == 0)
            known_headers[i].take(call, value);
    }
    return true;
}

static bool call_data(void *context, const char *bytes, size_t len)
{
    struct grpc_call *call = context;
    /* A proxy's or web server's page is dropped; the end reports its HTTP status. */
    if (!call->is_grpc)
        return true;
    return grpc_reader_feed(&call->reader, (const uint8_t *)bytes, len, call->handler.on_message,
                            call->handler.context, &call->error);
}

/* ---- the end ---- */

static void error_from_status(const struct grpc_call *call, const struct http_result *result,
                              enum grpc_code code, struct error *ret_error)
{
    if (call->has_status)
        error_set(ret_error, grpc_code_error(code), "%s: %s%s%s", call->method,
                  grpc_code_name(code), call->message[0] == '\0' ? "" : ": ", call->message);
    else if (result->end != HTTP_END_COMPLETE)
        error_set(ret_error, grpc_code_error(code), "%s: %s", call->method, result->text);
    else if (call->is_grpc)
        error_set(ret_error, grpc_code_error(code), "%s: the stream broke off without a status",
                  call->method);
    else
        error_set(ret_error, grpc_code_error(code), "%s: HTTP status %d and no gRPC answer",
                  call->method, result->status);
}

static enum grpc_code code_from_end(const struct grpc_call *call, const struct http_result *result)
{
    if (call->has_status)
        return call->code;
    if (result->end == HTTP_END_TIMEOUT)
        return GRPC_DEADLINE_EXCEEDED;
    return grpc_code_from_http(result->end == HTTP_END_COMPLETE ? result->status : 0);
}

/* GRPC_OK with a message cut in two is no success: the peer or a proxy lost bytes. */
static enum grpc_code call_conclude(struct grpc_call *call, const struct http_result *result,
                                    struct error *ret_error)
{
    if (result->end == HTTP_END_STOPPED) {
        *ret_error = call->error;
        return GRPC_CANCELLED;
    }
    if (result->end == HTTP_END_TLS) {
        error_set(ret_error, ERROR_SOURCE_TLS, "%s: %s", call->method, result->text);
        return GRPC_UNAVAILABLE;
    }
    enum grpc_code code = code_from_end(call, result);
    if (code == GRPC_OK && grpc_reader_at_boundary(&call->reader))
        return GRPC_OK;
    if (code == GRPC_OK) {
        error_set(ret_error, ERROR_SOURCE_UNAVAILABLE, "%s: the stream ended inside a message",
                  call->method);
        return GRPC_UNAVAILABLE;
    }
    if (!call->has_status && result->end == HTTP_END_COMPLETE && result->status == 200 &&
        !call->is_grpc)
        error_set(ret_error, ERROR_SOURCE_PROTOCOL, "%s: the peer answers, but not in gRPC",
                  call->method);
    else
        error_from_status(call, result, code, ret_error);
    return code;
}

static void call_done(void *context, const struct http_result *result)
{
    struct grpc_call *call = context;
    struct error error = {.id = ERROR_NONE};
    enum grpc_code code = call_conclude(call, result, &error);
    error.http_status = result->status;
    error.retry_after_us = call->retry_after_us;
    memcpy(error.request_id, call->request_id, sizeof(error.request_id));
    struct grpc_handler handler = call->handler;
    call_free(call);
    handler.on_end(handler.context, code, code == GRPC_OK ? NULL : &error);
}

/* ---- the request ---- */

static void append_framed(struct buffer *buffer, const void *message, size_t len)
{
    uint8_t header[GRPC_FRAME_HEADER];
    grpc_frame_header(len, header);
    buffer_append(buffer, header, sizeof(header));
    buffer_append(buffer, message, len);
}

static bool call_begin(struct grpc_call *call, const struct grpc_request *request,
                       const char *authorization, struct error *err)
{
    struct grpc_channel *channel = call->channel;
    const char *headers[6] = {"content-type: application/grpc+proto", "te: trailers",
                              "grpc-accept-encoding: identity"};
    size_t count = 3;
    if (channel->prefix_header != NULL)
        headers[count++] = channel->prefix_header;
    if (channel->project_header != NULL)
        headers[count++] = channel->project_header;
    if (authorization != NULL)
        headers[count++] = authorization;
    struct buffer body = {.max = GRPC_FRAME_HEADER + GRPC_MAX_MESSAGE};
    append_framed(&body, request->message, request->message_len);
    char *url = memory_format("%s%s", channel->base, request->method);
    struct http_request transfer = {
        .url = url,
        .headers = headers,
        .header_count = count,
        .version = HTTP_VERSION_2,
        .cleartext_allowed = channel->cleartext_allowed,
        .post = true,
        .body = body.data,
        .body_len = body.len,
        .keep_open = request->keep_open,
        .fresh = request->fresh,
        .timeout_us = request->deadline_us,
    };
    struct http_handler handler = {call_header, call_data, call_done, call};
    bool ok = http_start(channel->http, &transfer, &handler, &call->http, err);
    free(url);
    buffer_free(&body);
    return ok;
}

bool grpc_start(struct grpc_channel *channel, const struct grpc_request *request,
                const struct grpc_handler *handler, struct grpc_call **ret_call, struct error *err)
{
    struct grpc_call *call = memory_zero(1, sizeof(*call));
    call->channel = channel;
    call->handler = *handler;
    snprintf(call->method, sizeof(call->method), "%s", request->method);
    call->next = channel->calls;
    if (channel->calls != NULL)
        channel->calls->previous = call;
    channel->calls = call;
    char *authorization = request->authorization == NULL
                              ? NULL
                              : memory_format("authorization: %s", request->authorization);
    bool ok = call_begin(call, request, authorization, err);
    secret_free(authorization);
    if (!ok) {
        call_free(call);
        return false;
    }
    *ret_call = call;
    return true;
}

bool grpc_send(struct grpc_call *call, const void *message, size_t len)
{
    struct buffer framed = {.max = GRPC_FRAME_HEADER + GRPC_MAX_MESSAGE};
    append_framed(&framed, message, len);
    bool ok = buffer_ok(&framed) && http_send(call->http, framed.data, framed.len);
    buffer_free(&framed);
    return ok;
}

void grpc_send_end(struct grpc_call *call)
{
    http_send_end(call->http);
}

void grpc_cancel(struct grpc_call *call)
{
    http_cancel(call->http);
    call_free(call);
}
