/* A scripted gRPC server on loopback (nghttp2, cleartext HTTP/2): answers each request with the
 * next reply of a list, as odd as a test wants it, and keeps what the client sent. Tests only. */
#ifndef ORDERSYNC_TESTS_SCRIPT_SERVER_H
#define ORDERSYNC_TESTS_SCRIPT_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct script_reply {
    const char *http_status;  /* NULL: "200" */
    const char *content_type; /* NULL: "application/grpc" */
    const char *body;         /* bytes as they go out, frames and all */
    size_t body_len;
    const char *grpc_status; /* NULL: the stream ends without one */
    const char *grpc_message;
    bool trailers_only;      /* status in the first headers, no body */
    const char *retry_after; /* header, NULL: none */
    bool echo;               /* sends back what arrives, until the client half-closes */
    bool drop;               /* closes the connection after the body */
};

struct script_seen {
    char path[128];
    char authorization[128];
    char prefix[128];
    char te[32];
    char content_type[64];
    char body[256];
    size_t body_len;
};

struct script_server;

/* Aborts when it cannot. The list is borrowed; beyond its end the last reply repeats. */
struct script_server *script_start(const struct script_reply *replies, size_t count,
                                   char ret_host[32]);
void script_stop(struct script_server *server);
/* How many requests came, and what request `index` (0..15) was; after it was answered. */
size_t script_seen(struct script_server *server, size_t index, struct script_seen *ret_seen);

#endif
