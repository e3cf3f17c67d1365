/* HTTP transfers over libcurl's multi interface; http.c and http_url.c alone talk to libcurl. Owned
 * by one thread (the engine); only http_wake() may be called elsewhere.
 *
 * What holds for every transfer: https, or http toward loopback (an emulator's own address
 * excepted); certificates are always verified; redirects are never followed, so a key cannot wander
 * to another host; TCP keepalive and TCP_USER_TIMEOUT notice a dead peer; keys travel in headers
 * only, and no error text contains a header. */
#ifndef ORDERSYNC_SOURCE_HTTP_H
#define ORDERSYNC_SOURCE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"

struct http;      /* a pool of connections and the transfers under way */
struct http_call; /* one transfer */

enum http_version {
    HTTP_VERSION_ANY, /* HTTP/2 when TLS negotiates it */
    HTTP_VERSION_2,   /* required: prior knowledge in cleartext, ALPN under TLS */
};

/* Why a transfer ended. */
enum http_end {
    HTTP_END_COMPLETE,  /* the response was received whole; see status */
    HTTP_END_TRANSPORT, /* connection refused, lost, reset, name not found */
    HTTP_END_TIMEOUT,
    HTTP_END_TLS,     /* certificate not verified */
    HTTP_END_STOPPED, /* on_data or on_header returned false */
};

struct http_result {
    enum http_end end;
    int status;       /* HTTP status; 0 when none came */
    const char *text; /* libcurl's line about a transport error; never a header; valid during the
                         callback */
};

/* Called from http_step() only, never from http_start(). */
struct http_handler {
    /* One header or trailer, name in the peer's own case. false stops the transfer. May be NULL. */
    bool (*on_header)(void *context, struct str name, struct str value);
    /* Body bytes. false stops the transfer. */
    bool (*on_data)(void *context, const char *bytes, size_t len);
    /* Last of all; the call is freed when it returns. New calls may be started here. */
    void (*on_done)(void *context, const struct http_result *result);
    void *context;
};

struct http_request {
    const char *url;
    const char *const *headers; /* "name: value"; copied */
    size_t header_count;
    enum http_version version;
    bool cleartext_allowed; /* an emulator's host may be anywhere */
    bool post;
    const void *body; /* copied */
    size_t body_len;
    bool keep_open;     /* the request body goes on: http_send(), then http_send_end() */
    bool fresh;         /* a new connection, used by nobody else and closed afterwards */
    bool direct;        /* never through a proxy (toward loopback that holds anyway) */
    int64_t timeout_us; /* whole transfer; 0: none */
};

/* Errors: ERROR_INTERNAL when libcurl cannot be initialised. */
MUST_CHECK bool http_new(struct http **ret_http, struct error *err);
void http_free(struct http *http); /* cancels everything; no callback comes after; NULL is fine */

/* https, or http toward loopback, or http when `cleartext_allowed`; no user, password or fragment
 * inside. Errors: ERROR_SOURCE_ADDRESS. Any thread. */
MUST_CHECK bool http_check_url(const char *url, bool cleartext_allowed, struct error *err);

bool http_url_is_loopback(const char *url);

/* Starts a transfer. The handler is copied. Errors: ERROR_SOURCE_ADDRESS, ERROR_INTERNAL. */
MUST_CHECK bool http_start(struct http *http, const struct http_request *request,
                           const struct http_handler *handler, struct http_call **ret_call,
                           struct error *err);
/* More request body of a call with keep_open. At most HTTP_MAX_UPLOAD bytes may wait: false beyond
 * that. */
MUST_CHECK bool http_send(struct http_call *call, const void *bytes, size_t len);
void http_send_end(struct http_call *call); /* half-close */
/* Ends a call without a callback. Not from inside its own on_header or on_data (return false
 * there). */
void http_cancel(struct http_call *call);

/* Runs transfers and callbacks. When nothing ended, waits up to timeout_us for traffic or
 * http_wake(). */
void http_step(struct http *http, int64_t timeout_us);
/* The same for two pools of one thread, for traffic on either; http_wake() is the first's. `second`
 * NULL: it stands still, so that what its peers send stays in the sockets: back-pressure without
 * loss. Also returns at once when bytes of the second had arrived already. */
void http_step_pair(struct http *http, struct http *second, int64_t timeout_us);
void http_wake(struct http *http);            /* any thread */
uint64_t http_bytes(const struct http *http); /* response body bytes received so far */

#define HTTP_MAX_UPLOAD (16u << 20)

#endif
