/* An HTTP/2 server on loopback whose every move the test makes, in the test's own thread: step the
 * client, step the puppet, look, send the next bytes. What a stream's conversation needs and a list
 * of replies (script_server.h) cannot do. nghttp2, cleartext. Tests only. */
#ifndef ORDERSYNC_TESTS_PUPPET_H
#define ORDERSYNC_TESTS_PUPPET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

struct puppet;

struct puppet_stream {
    struct puppet_connection *link;
    int connection; /* the how many-th, from 0 */
    int32_t id;
    char path[128];
    char authorization[256];
    char user_project[64];
    struct buffer request;
    bool half_closed;  /* by the client */
    bool closed;       /* over, by whomever */
    bool answered;     /* headers are out */
    struct buffer out; /* to be sent; drained from `sent` */
    size_t sent;
    bool ending;
    const char *status; /* trailers; NULL: the stream ends without */
    const char *message;
};

/* Aborts when it cannot. */
struct puppet *puppet_new(char ret_host[32]);
void puppet_free(struct puppet *puppet);
/* Accepts, reads and writes what can be done now. */
void puppet_step(struct puppet *puppet);
/* New connections are refused until it is called again with true. */
void puppet_accept(struct puppet *puppet, bool accept);

/* Streams in the order of their beginning; valid until puppet_free(). */
size_t puppet_count(const struct puppet *puppet);
struct puppet_stream *puppet_stream(struct puppet *puppet, size_t index);

void puppet_send(struct puppet_stream *stream, const void *bytes, size_t len);
/* One gRPC message: header and bytes. */
void puppet_message(struct puppet_stream *stream, struct str message);
/* After what was sent: trailers, and the end. */
void puppet_end(struct puppet_stream *stream, const char *status, const char *message);
void puppet_reset(struct puppet_stream *stream);   /* RST_STREAM, no error */
void puppet_break(struct puppet_stream *stream);   /* RST_STREAM, internal error */
void puppet_go_away(struct puppet_stream *stream); /* GOAWAY on its connection, and the end */
void puppet_hang_up(struct puppet_stream *stream); /* the connection is reset */
/* Bytes that the client has not taken from us. */
size_t puppet_unsent(const struct puppet_stream *stream);

#endif
