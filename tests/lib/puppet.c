/* The puppet server: non-blocking sockets, one nghttp2 session a connection. */
#include "lib/puppet.h"

#include <errno.h>
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS 64
#define MAX_STREAMS 128

struct puppet_connection {
    struct puppet *puppet;
    int number;
    int fd; /* -1: closed */
    bool leaving;
    nghttp2_session *session;
    struct buffer out; /* what the socket did not take */
};

struct puppet {
    int listener; /* -1: refuses */
    int port;
    struct puppet_connection connections[MAX_CONNECTIONS];
    int connection_count;
    struct puppet_stream streams[MAX_STREAMS];
    size_t stream_count;
};

static nghttp2_nv pair(const char *name, const char *value)
{
    return (nghttp2_nv){.name = (uint8_t *)(uintptr_t)name,
                        .value = (uint8_t *)(uintptr_t)value,
                        .namelen = strlen(name),
                        .valuelen = strlen(value)};
}

/* ---- nghttp2's callbacks ---- */

static struct puppet_stream *stream_find(nghttp2_session *session, int32_t id)
{
    return nghttp2_session_get_stream_user_data(session, id);
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct puppet_connection *connection = context;
    struct puppet *puppet = connection->puppet;
    if (puppet->stream_count == MAX_STREAMS)
        abort();
    struct puppet_stream *stream = &puppet->streams[puppet->stream_count++];
    *stream = (struct puppet_stream){.link = connection,
                                     .connection = connection->number,
                                     .id = frame->hd.stream_id,
                                     .request = {.max = 1u << 20},
                                     .out = {.max = 128u << 20}};
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    struct puppet_stream *stream = stream_find(session, frame->hd.stream_id);
    struct {
        const char *name;
        char *into;
        size_t size;
    } kept[] = {
        {":path", stream->path, sizeof(stream->path)},
        {"authorization", stream->authorization, sizeof(stream->authorization)},
        {"x-goog-user-project", stream->user_project, sizeof(stream->user_project)},
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
    (void)flags;
    (void)context;
    buffer_append(&stream_find(session, id)->request, bytes, len);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct puppet_stream *stream = stream_find(session, frame->hd.stream_id);
    (void)context;
    if (stream != NULL && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
        stream->half_closed = true;
    return 0;
}

/* As gRPC servers do: who has answered whole does not want to hear the rest. */
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
    struct puppet_stream *stream = stream_find(session, frame->hd.stream_id);
    bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    (void)context;
    if (stream != NULL && carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
        !stream->half_closed)
        puppet_reset(stream);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    struct puppet_stream *stream = stream_find(session, id);
    (void)code;
    (void)context;
    if (stream != NULL)
        stream->closed = true;
    return 0;
}

static ssize_t body_read(nghttp2_session *session, int32_t id, uint8_t *into, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct puppet_stream *stream = source->ptr;
    size_t left = stream->out.len - stream->sent;
    size_t take = left < room ? left : room;
    (void)context;
    if (take > 0)
        memcpy(into, stream->out.data + stream->sent, take);
    stream->sent += take;
    if (stream->sent < stream->out.len || !stream->ending)
        return take > 0 ? (ssize_t)take : NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->status != NULL) {
        nghttp2_nv trailers[2] = {pair("grpc-status", stream->status),
                                  pair("grpc-message", stream->message)};
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(session, id, trailers, 2);
    }
    return (ssize_t)take;
}

/* ---- connections ---- */

static void connection_close(struct puppet_connection *connection)
{
    if (connection->fd < 0)
        return;
    close(connection->fd);
    connection->fd = -1;
    nghttp2_session_del(connection->session);
    buffer_free(&connection->out);
    for (size_t i = 0; i < connection->puppet->stream_count; i++) {
        if (connection->puppet->streams[i].link == connection)
            connection->puppet->streams[i].closed = true;
    }
}

static nghttp2_session *session_new(struct puppet_connection *connection)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
    nghttp2_session_server_new(&session, callbacks, connection);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0);
    return session;
}

static void puppet_take(struct puppet *puppet)
{
    int fd = puppet->listener < 0
                 ? -1
                 : accept4(puppet->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (puppet->connection_count == MAX_CONNECTIONS)
        abort();
    struct puppet_connection *connection = &puppet->connections[puppet->connection_count];
    *connection = (struct puppet_connection){
        .puppet = puppet, .number = puppet->connection_count++, .fd = fd, .out = {.max = 1u << 20}};
    connection->session = session_new(connection);
}

/* false: gone. */
static bool connection_flush(struct puppet_connection *connection)
{
    const uint8_t *bytes;
    while (true) {
        while (connection->out.len > 0) {
            ssize_t sent =
                send(connection->fd, connection->out.data, connection->out.len, MSG_NOSIGNAL);
            if (sent < 0)
                return errno == EAGAIN;
            buffer_consume(&connection->out, (size_t)sent);
        }
        ssize_t len = nghttp2_session_mem_send(connection->session, &bytes);
        if (len <= 0)
            return len == 0 && !connection->leaving;
        buffer_append(&connection->out, bytes, (size_t)len);
    }
}

static bool connection_read(struct puppet_connection *connection)
{
    uint8_t bytes[16384];
    ssize_t len;
    while ((len = recv(connection->fd, bytes, sizeof(bytes), 0)) > 0) {
        if (nghttp2_session_mem_recv(connection->session, bytes, (size_t)len) < 0)
            return false;
    }
    return len < 0 && errno == EAGAIN;
}

void puppet_step(struct puppet *puppet)
{
    puppet_take(puppet);
    for (int i = 0; i < puppet->connection_count; i++) {
        struct puppet_connection *connection = &puppet->connections[i];
        if (connection->fd < 0)
            continue;
        if (!connection_read(connection) || !connection_flush(connection))
            connection_close(connection);
    }
}

static void puppet_bind(struct puppet *puppet)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)puppet->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        abort();
    puppet->listener = fd;
    puppet->port = ntohs(address.sin_port);
}

void puppet_accept(struct puppet *puppet, bool accept)
{
    if (accept && puppet->listener < 0)
        puppet_bind(puppet);
    if (!accept && puppet->listener >= 0) {
        close(puppet->listener);
        puppet->listener = -1;
    }
}

struct puppet *puppet_new(char ret_host[32])
{
    struct puppet *puppet = memory_zero(1, sizeof(*puppet));
    puppet->listener = -1;
    puppet_bind(puppet);
    snprintf(ret_host, 32, "127.0.0.1:%d", puppet->port);
    return puppet;
}

void puppet_free(struct puppet *puppet)
{
    for (int i = 0; i < puppet->connection_count; i++)
        connection_close(&puppet->connections[i]);
    for (size_t i = 0; i < puppet->stream_count; i++) {
        buffer_free(&puppet->streams[i].request);
        buffer_free(&puppet->streams[i].out);
    }
    puppet_accept(puppet, false);
    free(puppet);
}

/* ---- streams ---- */

size_t puppet_count(const struct puppet *puppet)
{
    return puppet->stream_count;
}

struct puppet_stream *puppet_stream(struct puppet *puppet, size_t index)
{
    if (index >= puppet->stream_count)
        abort();
    return &puppet->streams[index];
}

static void stream_go_on(struct puppet_stream *stream)
{
    nghttp2_nv headers[] = {pair(":status", "200"), pair("content-type", "application/grpc")};
    nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = body_read};
    if (stream->link->fd < 0)
        return;
    if (stream->answered)
        nghttp2_session_resume_data(stream->link->session, stream->id);
    else
        nghttp2_submit_response(stream->link->session, stream->id, headers, 2, &provider);
    stream->answered = true;
}

void puppet_send(struct puppet_stream *stream, const void *bytes, size_t len)
{
    buffer_append(&stream->out, bytes, len);
    stream_go_on(stream);
}

void puppet_message(struct puppet_stream *stream, struct str message)
{
    uint8_t header[5] = {0, (uint8_t)(message.len >> 24), (uint8_t)(message.len >> 16),
                         (uint8_t)(message.len >> 8), (uint8_t)message.len};
    buffer_append(&stream->out, header, sizeof(header));
    puppet_send(stream, message.data, message.len);
}

void puppet_end(struct puppet_stream *stream, const char *status, const char *message)
{
    stream->ending = true;
    stream->status = status;
    stream->message = message;
    stream_go_on(stream);
}

void puppet_reset(struct puppet_stream *stream)
{
    nghttp2_submit_rst_stream(stream->link->session, NGHTTP2_FLAG_NONE, stream->id,
                              NGHTTP2_NO_ERROR);
}

void puppet_break(struct puppet_stream *stream)
{
    nghttp2_submit_rst_stream(stream->link->session, NGHTTP2_FLAG_NONE, stream->id,
                              NGHTTP2_INTERNAL_ERROR);
}

void puppet_go_away(struct puppet_stream *stream)
{
    nghttp2_submit_goaway(stream->link->session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR,
                          NULL, 0);
    stream->link->leaving = true;
}

void puppet_hang_up(struct puppet_stream *stream)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(stream->link->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    connection_close(stream->link);
}

size_t puppet_unsent(const struct puppet_stream *stream)
{
    size_t waiting = stream->link->fd < 0 ? 0 : stream->link->out.len;
    return stream->out.len - stream->sent + waiting;
}
