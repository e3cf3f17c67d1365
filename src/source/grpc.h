/* gRPC over HTTP/2 by libcurl: calls whose responses are one message (unary) or many (server
 * streaming), and whose request may stay open for more messages (bidirectional: Listen). DESIGN
 * section 5; "gRPC over HTTP/2". Owned by one thread, the one that owns the `struct http`. Retrying
 * is the caller's. */
#ifndef ORDERSYNC_SOURCE_GRPC_H
#define ORDERSYNC_SOURCE_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "source/grpc_frame.h"
#include "source/grpc_status.h"
#include "source/http.h"

struct grpc_channel; /* where calls go */
struct grpc_call;

struct grpc_channel_options {
    const char *endpoint;        /* "https://firestore.googleapis.com", "http://127.0.0.1:8080" */
    bool cleartext_allowed;      /* the endpoint is an emulator's */
    const char *service;         /* "google.firestore.v1.Firestore" */
    const char *resource_prefix; /* header google-cloud-resource-prefix; NULL: none */
    const char *user_project; /* header x-goog-user-project: whose quota counts; "" or NULL: none */
};

struct grpc_handler {
    grpc_message_fn *on_message; /* false ends the call: on_end gets that error */
    /* Last of all, once; the call is freed afterwards. *code is the peer's status; err is NULL for
     * GRPC_OK, else has message, http_status, request_id and retry_after_us. New calls may be
     * started here. */
    void (*on_end)(void *context, enum grpc_code code, const struct error *err);
    void *context;
};

struct grpc_request {
    const char *method;        /* "RunQuery" */
    const char *authorization; /* value of the header: "Bearer ..."; NULL: none */
    const void *message;       /* the first request message; borrowed for grpc_start() only */
    size_t message_len;
    bool keep_open;      /* more messages follow by grpc_send() */
    bool fresh;          /* on a connection of its own, see http_request */
    int64_t deadline_us; /* from now; 0: none (Listen) */
};

/* `http` is borrowed and must outlive the channel. Errors: ERROR_SOURCE_ADDRESS. */
MUST_CHECK bool grpc_channel_new(struct http *http, const struct grpc_channel_options *options,
                                 struct grpc_channel **ret_channel, struct error *err);
void grpc_channel_free(struct grpc_channel *channel); /* cancels its calls; NULL is fine */

/* on_message and on_end are called from http_step(), never from here. Errors: as http_start(). */
MUST_CHECK bool grpc_start(struct grpc_channel *channel, const struct grpc_request *request,
                           const struct grpc_handler *handler, struct grpc_call **ret_call,
                           struct error *err);
/* One more request message of a call with keep_open; false when too much waits already. */
MUST_CHECK bool grpc_send(struct grpc_call *call, const void *message, size_t len);
void grpc_send_end(struct grpc_call *call); /* half-close */
void grpc_cancel(
    struct grpc_call *call); /* no callback; not from on_message (return false there) */

#endif
