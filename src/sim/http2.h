/* An HTTP/2 server without TLS on the loopback interface (prior knowledge): nghttp2 sessions in one
 * epoll loop on one thread. Knows streams, bytes and trailers; gRPC is the layer above (call.h). */
#ifndef ORDERSYNC_SIM_HTTP2_H
#define ORDERSYNC_SIM_HTTP2_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"

#define HTTP2_MAX_CONNECTIONS 256
#define HTTP2_MAX_STREAMS 100          /* per connection */
#define HTTP2_MAX_REQUEST (17u << 20)  /* bytes of one stream's request body not yet taken */
#define HTTP2_MAX_RESPONSE (40u << 20) /* bytes of one stream's response not yet sent */
#define HTTP2_WANT_BYTES (128u << 10)  /* a stream asks for more below this */

struct http2_server;

enum http2_end {
    HTTP2_OPEN,    /* more may come */
    HTTP2_DONE,    /* trailers after the last byte */
    HTTP2_RESET,   /* RST_STREAM after the last byte */
    HTTP2_HANG_UP, /* the TCP connection is reset after the last byte */
    HTTP2_GO_AWAY, /* GOAWAY and RST_STREAM, both without an error, after the last byte */
};

/* One request and its response. Owned by the server; valid until handlers->close. */
struct http2_stream {
    struct http2_server *server;
    void *connection;
    int32_t id;
    char path[256];
    char content_type[64];
    struct buffer request; /* the handler consumes it */
    bool request_ended;
    bool answered; /* response headers are out */
    struct buffer response;
    size_t response_at; /* bytes of it already sent */
    enum http2_end end;
    int64_t hold_until_us; /* monotonic; nothing is sent or asked for before */
    int64_t ask_at_us; /* monotonic; when a stream without bytes is asked again; 0: when woken */
    bool deferred;
    char status[12]; /* the grpc-status and grpc-message trailers */
    char message[256];
    void *context; /* the handler's */
    struct http2_stream *next;
    struct http2_stream *previous;
};

struct http2_handlers {
    void *context;
    void (*open)(void *context, struct http2_stream *stream); /* headers complete */
    void (*data)(void *context, struct http2_stream *stream); /* more of the request, or its end */
    void (*produce)(void *context,
                    struct http2_stream *stream); /* response wants bytes or an end */
    void (*close)(void *context, struct http2_stream *stream);
};

/* Something else that the loop waits for. */
struct http2_watch {
    int fd;
    void (*ready)(void *context); /* readable; it empties the descriptor */
    void *context;
};

struct http2_options {
    uint16_t port;                     /* 0: any free one */
    int watch_fd;                      /* readable: http2_run returns; -1 none */
    pid_t parent;                      /* the loop ends when this process is gone; 0 none */
    int64_t max_seconds;               /* 0: no limit */
    const struct http2_watch *watches; /* outlive the server */
    size_t watch_count;
};

/* Binds to 127.0.0.1 only. Errors: ERROR_SIM_LISTEN. */
MUST_CHECK bool http2_open(const struct http2_options *options,
                           const struct http2_handlers *handlers, struct http2_server **ret_server,
                           struct error *err);
uint16_t http2_port(const struct http2_server *server);
/* Returns when watch_fd is readable, the parent is gone, or the time is up. */
void http2_run(struct http2_server *server);
void http2_close(struct http2_server *server);

/* Sends response headers; bytes of stream->response and then `end` follow. */
void http2_answer(struct http2_stream *stream);
/* One HEADERS frame with the status and nothing else. */
void http2_answer_status(struct http2_stream *stream);
/* Something changed outside of produce(): bytes, end or hold. From the stream's own handlers. */
void http2_resume(struct http2_stream *stream);
/* The same from anywhere else: the loop asks the stream as soon as it comes round. A hold stays. */
void http2_wake(struct http2_stream *stream);

#endif
