/* A small blocking gRPC client over nghttp2, loopback only: `copy` and the simulator's own tests.
 */
#ifndef ORDERSYNC_SIM_CLIENT_H
#define ORDERSYNC_SIM_CLIENT_H

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"

struct client;

struct client_reply {
    struct buffer messages; /* the messages' bytes, without their gRPC headers */
    size_t *ends;           /* end offset of each */
    size_t count;
    int status;        /* grpc-status; -1 when the stream or the connection broke before it */
    char message[256]; /* grpc-message as sent */
    int64_t bytes;     /* of DATA, headers of messages included */
    bool keep_none;    /* set before the call: count messages, do not keep them */
};

/* `address` is "127.0.0.1:PORT" or "localhost:PORT". Errors: ERROR_USAGE, ERROR_SIM_CLIENT. */
MUST_CHECK bool client_open(const char *address, struct client **ret_client, struct error *err);
void client_close(struct client *client);
/* One call with one request message; waits for its end, at most a minute of silence. False only
 * when nothing can be sent; a broken connection is status -1. */
MUST_CHECK bool client_call(struct client *client, const char *method, struct str request,
                            struct client_reply *reply, struct error *err);
struct str client_reply_message(const struct client_reply *reply, size_t i);
void client_reply_free(struct client_reply *reply);

#endif
