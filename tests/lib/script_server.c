/* The scripted server: one thread accepts, one thread a connection. */
#include "lib/script_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS 32
#define MAX_REQUESTS 16

struct script_server {
    const struct script_reply *replies;
    size_t reply_count;
    int listener;
    int stop[2]; /* pipe: readable when it ends */
    pthread_t acceptor;
    pthread_t threads[MAX_CONNECTIONS];
    size_t thread_count;
    pthread_mutex_t mutex; /* over what follows */
    size_t requests;
    struct script_seen seen[MAX_REQUESTS];
};

struct stream {
    struct stream *next;
    int32_t id;
    const struct script_reply *reply;
    struct script_seen seen;
    char out[4096];
    size_t out_len; /* to echo */
    size_t sent;
    bool half_closed;
};

struct connection {
    struct script_server *server;
    int fd;
    bool drop;
    struct stream *streams;
};

static nghttp2_nv pair(const char *name, const char *value)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .value = (uint8_t *)(uintptr_t)value,
                        .namelen = strlen(name),
                        .valuelen = strlen(value)};
}

static size_t status_pairs(const struct script_reply *reply, nghttp2_nv *into)
{
    size_t count = 0;
    if (reply->grpc_status != NULL)
        into[count++] = pair("grpc-status", reply->grpc_status);
    if (reply->grpc_message != NULL)
        into[count++] = pair("grpc-message", reply->grpc_message);
    return count;
}

/* The next bytes of the body or of the echo; at the end the trailers, if any. */
static ssize_t body_read(nghttp2_session *session, int32_t id, uint8_t *into, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct stream *stream = source->ptr;
    const struct script_reply *reply = stream->reply;
    struct connection *connection = context;
    const char *bytes = reply->echo ? stream->out : reply->body;
    size_t len = reply->echo ? stream->out_len : reply->body_len;
    size_t take = len - stream->sent < room ? len - stream->sent : room;
    memcpy(into, bytes == NULL ? "" : bytes + stream->sent, take);
    stream->sent += take;
    if (reply->echo && !stream->half_closed)
        return take > 0 ? (ssize_t)take : NGHTTP2_ERR_DEFERRED;
    if (stream->sent < len)
        return (ssize_t)take;
    if (reply->drop) {
        connection->drop = true;
        return take > 0 ? (ssize_t)take : NGHTTP2_ERR_DEFERRED;
    }
    nghttp2_nv trailers[2];
    size_t count = status_pairs(reply, trailers);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (count > 0) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(session, id, trailers, count);
    }
    return (ssize_t)take;
}

static void stream_answer(nghttp2_session *session, struct stream *stream)
{
    const struct script_reply *reply = stream->reply;
    nghttp2_nv headers[6] = {
        pair(":status", reply->http_status == NULL ? "200" : reply->http_status),
        pair("content-type",
             reply->content_type == NULL ? "application/grpc" : reply->content_type),
        pair("x-request-id", "request-7")};
    size_t count = 3;
    nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = body_read};
    if (reply->retry_after != NULL)
        headers[count++] = pair("retry-after", reply->retry_after);
    if (reply->trailers_only)
        count += status_pairs(reply, headers + count);
    nghttp2_submit_response(session, stream->id, headers, count,
                            reply->trailers_only ? NULL : &provider);
}

static struct stream *stream_find(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static void server_note(struct script_server *server, const struct stream *stream)
{
    pthread_mutex_lock(&server->mutex);
    size_t last = server->requests++;
    if (last < MAX_REQUESTS)
        server->seen[last] = stream->seen;
    pthread_mutex_unlock(&server->mutex);
}

static const struct script_reply *server_next(struct script_server *server)
{
    pthread_mutex_lock(&server->mutex);
    size_t next =
        server->requests < server->reply_count ? server->requests : server->reply_count - 1;
    pthread_mutex_unlock(&server->mutex);
    return &server->replies[next];
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct connection *connection = context;
    struct stream *stream = calloc(1, sizeof(*stream));
    stream->id = frame->hd.stream_id;
    stream->next = connection->streams;
    connection->streams = stream;
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    struct stream *stream = stream_find(session, frame->hd.stream_id);
    struct {
        const char *name;
        char *into;
        size_t size;
    } kept[] = {
        {":path", stream->seen.path, sizeof(stream->seen.path)},
        {"authorization", stream->seen.authorization, sizeof(stream->seen.authorization)},
        {"google-cloud-resource-prefix", stream->seen.prefix, sizeof(stream->seen.prefix)},
        {"te", stream->seen.te, sizeof(stream->seen.te)},
        {"content-type", stream->seen.content_type, sizeof(stream->seen.content_type)},
    };
    (void)flags;
    (void)context;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (strlen(kept[i].name) == name_len && memcmp(kept[i].name, name, name_len) == 0)
            snprintf(kept[i].into, kept[i].size, "%.*s", (int)value_len, (const char *)value);
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes,
                   size_t len, void *context)
{
    struct stream *stream = stream_find(session, id);
    (void)flags;
    (void)context;
    size_t room = sizeof(stream->seen.body) - stream->seen.body_len;
    size_t kept = len < room ? len : room;
    memcpy(stream->seen.body + stream->seen.body_len, bytes, kept);
    stream->seen.body_len += kept;
    if (stream->reply != NULL && stream->reply->echo &&
        len <= sizeof(stream->out) - stream->out_len) {
        memcpy(stream->out + stream->out_len, bytes, len);
        stream->out_len += len;
        nghttp2_session_resume_data(session, id);
    }
    return 0;
}

/* An echo begins with the headers, every other reply when the request is complete. */
static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct connection *connection = context;
    bool headers = frame->hd.type == NGHTTP2_HEADERS;
    bool end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (!headers && frame->hd.type != NGHTTP2_DATA)
        return 0;
    struct stream *stream = stream_find(session, frame->hd.stream_id);
    if (stream == NULL)
        return 0;
    if (headers) {
        stream->reply = server_next(connection->server);
        if (stream->reply->echo)
            stream_answer(session, stream);
    }
    if (end) {
        stream->half_closed = true;
        server_note(connection->server, stream);
        if (stream->reply->echo)
            nghttp2_session_resume_data(session, stream->id);
        else
            stream_answer(session, stream);
    }
    return 0;
}

static bool connection_send(struct connection *connection, nghttp2_session *session)
{
    const uint8_t *bytes;
    ssize_t len;
    while ((len = nghttp2_session_mem_send(session, &bytes)) > 0) {
        if (send(connection->fd, bytes, (size_t)len, MSG_NOSIGNAL) != len)
            return false;
    }
    return len == 0 && !connection->drop;
}

static void connection_loop(struct connection *connection, nghttp2_session *session)
{
    struct pollfd fds[2] = {{.fd = connection->fd, .events = POLLIN},
                            {.fd = connection->server->stop[0], .events = POLLIN}};
    uint8_t bytes[16384];
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0);
    while (connection_send(connection, session)) {
        if (poll(fds, 2, -1) < 0 || fds[1].revents != 0)
            return;
        ssize_t len = recv(connection->fd, bytes, sizeof(bytes), 0);
        if (len <= 0 || nghttp2_session_mem_recv(session, bytes, (size_t)len) < 0)
            return;
    }
}

/* What was sent arrives, then the end: closing with something unread would be a reset, which may
 * overtake it. */
static void connection_drop(const struct connection *connection)
{
    struct pollfd fds[2] = {{.fd = connection->fd, .events = POLLIN},
                            {.fd = connection->server->stop[0], .events = POLLIN}};
    char bytes[4096];
    shutdown(connection->fd, SHUT_WR);
    while (poll(fds, 2, -1) > 0 && fds[1].revents == 0 &&
           recv(connection->fd, bytes, sizeof(bytes), 0) > 0)
        ;
}

static void *connection_run(void *context)
{
    struct connection *connection = context;
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_server_new(&session, callbacks, connection);
    nghttp2_session_callbacks_del(callbacks);
    connection_loop(connection, session);
    if (connection->drop)
        connection_drop(connection);
    nghttp2_session_del(session);
    close(connection->fd);
    while (connection->streams != NULL) {
        struct stream *stream = connection->streams;
        connection->streams = stream->next;
        free(stream);
    }
    free(connection);
    return NULL;
}

static void *accept_run(void *context)
{
    struct script_server *server = context;
    struct pollfd fds[2] = {{.fd = server->listener, .events = POLLIN},
                            {.fd = server->stop[0], .events = POLLIN}};
    while (poll(fds, 2, -1) > 0 && fds[1].revents == 0) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 || server->thread_count == MAX_CONNECTIONS)
            abort();
        struct connection *connection = calloc(1, sizeof(*connection));
        connection->server = server;
        connection->fd = fd;
        pthread_create(&server->threads[server->thread_count++], NULL, connection_run, connection);
    }
    return NULL;
}

struct script_server *script_start(const struct script_reply *replies, size_t count,
                                   char ret_host[32])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    struct script_server *server = calloc(1, sizeof(*server));
    server->replies = replies;
    server->reply_count = count;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_mutex_init(&server->mutex, NULL);
    if (bind(server->listener, (struct sockaddr *)&address, len) != 0 ||
        listen(server->listener, 16) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &len) != 0 ||
        pipe(server->stop) != 0)
        abort();
    snprintf(ret_host, 32, "127.0.0.1:%d", ntohs(address.sin_port));
    pthread_create(&server->acceptor, NULL, accept_run, server);
    return server;
}

void script_stop(struct script_server *server)
{
    if (write(server->stop[1], "x", 1) != 1)
        abort();
    pthread_join(server->acceptor, NULL);
    for (size_t i = 0; i < server->thread_count; i++)
        pthread_join(server->threads[i], NULL);
    close(server->listener);
    close(server->stop[0]);
    close(server->stop[1]);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

size_t script_seen(struct script_server *server, size_t index, struct script_seen *ret_seen)
{
    pthread_mutex_lock(&server->mutex);
    size_t requests = server->requests;
    *ret_seen = server->seen[index];
    pthread_mutex_unlock(&server->mutex);
    return requests;
}
