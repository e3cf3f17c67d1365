/* Connections, sessions and the loop. */
#include "sim/http2.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

#define WINDOW (4 << 20)
#define SEND_BATCH (256u << 10)
#define PARENT_POLL_US 500000

struct connection {
    struct http2_server *server;
    int fd;
    nghttp2_session *session;
    struct buffer out;
    size_t out_at;
    bool writable_wanted;
    bool dead;
    bool hang_up; /* reset after the output is gone */
    struct http2_stream *streams;
    struct connection *next;
    struct connection *previous;
};

struct http2_server {
    struct http2_handlers handlers;
    struct http2_options options;
    int listen_fd;
    int epoll_fd;
    int parent_fd; /* pidfd, or -1 */
    uint16_t port;
    size_t connection_count;
    bool woken; /* a stream was woken from outside */
    struct connection *connections;
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *nghttp2_options;
};

static void stream_free(struct connection *connection, struct http2_stream *stream)
{
    struct http2_server *server = connection->server;
    server->handlers.close(server->handlers.context, stream);
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        connection->streams = stream->next;
    buffer_free(&stream->request);
    buffer_free(&stream->response);
    free(stream);
}

static void connection_free(struct connection *connection)
{
    struct http2_server *server = connection->server;
    while (connection->streams != NULL)
        stream_free(connection, connection->streams);
    nghttp2_session_del(connection->session);
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    if (connection->hang_up) {
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    }
    close(connection->fd);
    buffer_free(&connection->out);
    free(connection);
    server->connection_count--;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct connection *connection = user;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct http2_stream *stream = memory_zero(1, sizeof(*stream));
    stream->server = connection->server;
    stream->connection = connection;
    stream->id = frame->hd.stream_id;
    stream->request.max = HTTP2_MAX_REQUEST;
    stream->response.max = HTTP2_MAX_RESPONSE;
    stream->next = connection->streams;
    if (stream->next != NULL)
        stream->next->previous = stream;
    connection->streams = stream;
    nghttp2_session_set_stream_user_data(session, stream->id, stream);
    return 0;
}

static void header_copy(char *to, size_t size, const uint8_t *value, size_t len)
{
    size_t count = len < size - 1 ? len : size - 1;
    memcpy(to, value, count);
    to[count] = '\0';
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct http2_stream *stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)flags;
    (void)user;
    if (stream == NULL)
        return 0;
    if (name_len == 5 && memcmp(name, ":path", 5) == 0)
        header_copy(stream->path, sizeof(stream->path), value, value_len);
    if (name_len == 12 && memcmp(name, "content-type", 12) == 0)
        header_copy(stream->content_type, sizeof(stream->content_type), value, value_len);
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct connection *connection = user;
    struct http2_server *server = connection->server;
    struct http2_stream *stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (stream == NULL || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        server->handlers.open(server->handlers.context, stream);
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        stream->request_ended = true;
    if (stream->request_ended || frame->hd.type == NGHTTP2_DATA)
        server->handlers.data(server->handlers.context, stream);
    return 0;
}

static int on_data_chunk(nghttp2_session *session, uint8_t flags, int32_t stream_id,
                         const uint8_t *data, size_t len, void *user)
{
    struct http2_stream *stream = nghttp2_session_get_stream_user_data(session, stream_id);
    (void)flags;
    (void)user;
    if (stream != NULL)
        buffer_append(&stream->request, data, len);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *user)
{
    struct http2_stream *stream = nghttp2_session_get_stream_user_data(session, stream_id);
    (void)code;
    if (stream != NULL)
        stream_free(user, stream);
    return 0;
}

/* An answer that ends before its request does tells the client to send no more (RFC 9113, 8.1). */
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct http2_stream *stream =
        nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    (void)user;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->hd.flags & NGHTTP2_FLAG_END_STREAM &&
        stream != NULL && !stream->request_ended)
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
    return 0;
}

/* nghttp2 copies names and values. */
static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                        strlen(value), NGHTTP2_NV_FLAG_NONE};
}

static size_t status_headers(const struct http2_stream *stream, nghttp2_nv headers[2])
{
    headers[0] = header("grpc-status", stream->status);
    headers[1] = header("grpc-message", stream->message);
    return stream->message[0] == '\0' ? 1 : 2;
}

/* What to do when a stream has no byte left to send. */
static ssize_t stream_finish(nghttp2_session *session, struct http2_stream *stream, uint32_t *flags)
{
    nghttp2_nv trailers[2];
    struct connection *connection = stream->connection;
    switch (stream->end) {
    case HTTP2_OPEN:
        break;
    case HTTP2_DONE:
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(session, stream->id, trailers, status_headers(stream, trailers));
        return 0;
    case HTTP2_RESET:
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    case HTTP2_HANG_UP:
        connection->hang_up = true;
        break;
    case HTTP2_GO_AWAY:
        nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR, NULL, 0);
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
        break;
    }
    stream->deferred = true;
    return NGHTTP2_ERR_DEFERRED;
}

static ssize_t on_read(nghttp2_session *session, int32_t stream_id, uint8_t *to, size_t length,
                       uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct http2_stream *stream = source->ptr;
    struct buffer *response = &stream->response;
    (void)stream_id;
    (void)user;
    if (stream->hold_until_us > clock_monotonic_us()) {
        stream->deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (stream->response_at == response->len) {
        buffer_clear(response);
        stream->response_at = 0;
        if (stream->end == HTTP2_OPEN)
            stream->server->handlers.produce(stream->server->handlers.context, stream);
    }
    size_t left = response->len - stream->response_at;
    if (left == 0)
        return stream_finish(session, stream, flags);
    size_t count = left < length ? left : length;
    memcpy(to, response->data + stream->response_at, count);
    stream->response_at += count;
    return (ssize_t)count;
}

void http2_answer(struct http2_stream *stream)
{
    struct connection *connection = stream->connection;
    nghttp2_nv headers[] = {header(":status", "200"), header("content-type", "application/grpc")};
    nghttp2_data_provider provider = {.source.ptr = stream, .read_callback = on_read};
    stream->answered = true;
    nghttp2_submit_response(connection->session, stream->id, headers, 2, &provider);
}

void http2_answer_status(struct http2_stream *stream)
{
    struct connection *connection = stream->connection;
    nghttp2_nv headers[4] = {header(":status", "200"), header("content-type", "application/grpc")};
    size_t count = 2 + status_headers(stream, headers + 2);
    stream->answered = true;
    nghttp2_submit_response(connection->session, stream->id, headers, count, NULL);
}

void http2_wake(struct http2_stream *stream)
{
    stream->ask_at_us = 1; /* long ago */
    stream->server->woken = true;
}

void http2_resume(struct http2_stream *stream)
{
    struct connection *connection = stream->connection;
    if (!stream->deferred)
        return;
    stream->deferred = false;
    nghttp2_session_resume_data(connection->session, stream->id);
}

static void connection_watch(struct connection *connection, bool writable)
{
    if (connection->writable_wanted == writable)
        return;
    struct epoll_event event = {.events = EPOLLIN | (writable ? EPOLLOUT : 0),
                                .data.ptr = connection};
    epoll_ctl(connection->server->epoll_fd, EPOLL_CTL_MOD, connection->fd, &event);
    connection->writable_wanted = writable;
}

/* Writes what is collected; false when the socket takes no more now. */
static bool connection_flush(struct connection *connection)
{
    struct buffer *out = &connection->out;
    while (connection->out_at < out->len) {
        ssize_t sent = send(connection->fd, out->data + connection->out_at,
                            out->len - connection->out_at, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return false;
        if (sent < 0) {
            connection->dead = true;
            return false;
        }
        connection->out_at += (size_t)sent;
    }
    buffer_clear(out);
    connection->out_at = 0;
    return true;
}

/* Collects frames up to SEND_BATCH; false when the session has nothing more to say. */
static bool connection_collect(struct connection *connection)
{
    while (connection->out.len < SEND_BATCH) {
        const uint8_t *data;
        ssize_t len = nghttp2_session_mem_send(connection->session, &data);
        if (len < 0)
            connection->dead = true;
        if (len <= 0)
            return false;
        buffer_append(&connection->out, data, (size_t)len);
    }
    return true;
}

static void connection_send(struct connection *connection)
{
    bool more = true;
    bool flushed = connection_flush(connection);
    while (flushed && more && !connection->dead) {
        more = connection_collect(connection);
        flushed = connection_flush(connection);
    }
    connection_watch(connection, !flushed && !connection->dead);
    if (flushed && connection->hang_up)
        connection->dead = true;
    if (flushed && !nghttp2_session_want_read(connection->session) &&
        !nghttp2_session_want_write(connection->session))
        connection->dead = true;
}

static void connection_receive(struct connection *connection)
{
    uint8_t bytes[65536];
    for (;;) {
        ssize_t len = recv(connection->fd, bytes, sizeof(bytes), 0);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (len <= 0) {
            connection->dead = true;
            return;
        }
        if (nghttp2_session_mem_recv(connection->session, bytes, (size_t)len) < 0) {
            connection->dead = true; /* not HTTP/2, or broken beyond a GOAWAY */
            return;
        }
    }
}

static void server_accept(struct http2_server *server)
{
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (server->connection_count == HTTP2_MAX_CONNECTIONS) {
        close(fd);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct connection *connection = memory_zero(1, sizeof(*connection));
    connection->server = server;
    connection->fd = fd;
    connection->out.max = 4 * SEND_BATCH;
    connection->next = server->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    server->connections = connection;
    server->connection_count++;
    nghttp2_session_server_new2(&connection->session, server->callbacks, connection,
                                server->nghttp2_options);
    nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, HTTP2_MAX_STREAMS},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW},
    };
    nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings, 2);
    nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    connection_send(connection);
}

static nghttp2_session_callbacks *server_callbacks(void)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
    return callbacks;
}

static bool server_listen(struct http2_server *server, struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(server->options.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int on = 1;
    server->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->listen_fd < 0)
        return error_set_errno(err, ERROR_SIM_LISTEN, "socket");
    setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(server->listen_fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(server->listen_fd, 128) != 0 ||
        getsockname(server->listen_fd, (struct sockaddr *)&address, &size) != 0)
        return error_set_errno(err, ERROR_SIM_LISTEN, "127.0.0.1:%u",
                               (unsigned)server->options.port);
    server->port = ntohs(address.sin_port);
    return true;
}

static void server_watch(struct http2_server *server, int fd, void *mark)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = mark};
    if (fd >= 0)
        epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

bool http2_open(const struct http2_options *options, const struct http2_handlers *handlers,
                struct http2_server **ret_server, struct error *err)
{
    struct http2_server *server = memory_zero(1, sizeof(*server));
    server->options = *options;
    server->handlers = *handlers;
    server->parent_fd = -1;
    server->listen_fd = -1;
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->callbacks = server_callbacks();
    nghttp2_option_new(&server->nghttp2_options);
    if (server->epoll_fd < 0 || !server_listen(server, err)) {
        http2_close(server);
        return false;
    }
    if (options->parent > 0)
        server->parent_fd = (int)syscall(SYS_pidfd_open, options->parent, 0);
    server_watch(server, server->listen_fd, &server->listen_fd);
    server_watch(server, options->watch_fd, &server->options);
    server_watch(server, server->parent_fd, &server->options);
    for (size_t i = 0; i < options->watch_count; i++)
        server_watch(server, options->watches[i].fd, (void *)(uintptr_t)&options->watches[i]);
    *ret_server = server;
    return true;
}

uint16_t http2_port(const struct http2_server *server)
{
    return server->port;
}

void http2_close(struct http2_server *server)
{
    if (server == NULL)
        return;
    while (server->connections != NULL)
        connection_free(server->connections);
    int fds[] = {server->listen_fd, server->epoll_fd, server->parent_fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    nghttp2_option_del(server->nghttp2_options);
    nghttp2_session_callbacks_del(server->callbacks);
    free(server);
}

/* When a stream wants to be looked at. */
static int64_t stream_due(const struct http2_stream *stream)
{
    if (stream->hold_until_us != 0)
        return stream->hold_until_us;
    return stream->ask_at_us != 0 ? stream->ask_at_us : INT64_MAX;
}

/* Resumes what is due; false when nothing was. *next: when the next one will be. */
static bool connection_release(struct connection *connection, int64_t now, int64_t *next)
{
    bool woken = false;
    for (struct http2_stream *stream = connection->streams; stream != NULL; stream = stream->next) {
        int64_t due = stream_due(stream);
        if (due <= now) {
            stream->hold_until_us = 0;
            stream->ask_at_us = 0;
            http2_resume(stream);
            woken = true;
        } else if (due < *next) {
            *next = due;
        }
    }
    return woken;
}

/* Wakes streams whose time has come; returns when the next one's comes. */
static int64_t server_release(struct http2_server *server, int64_t now)
{
    int64_t next = INT64_MAX;
    server->woken = false;
    for (struct connection *c = server->connections; c != NULL; c = c->next) {
        if (connection_release(c, now, &next)) {
            connection_send(c);
            next = now; /* sending may have set a new time: look again at once */
        }
    }
    return server->woken ? now : next;
}

static void server_bury(struct http2_server *server)
{
    struct connection *connection = server->connections;
    while (connection != NULL) {
        struct connection *next = connection->next;
        if (connection->dead)
            connection_free(connection);
        connection = next;
    }
}

/* Kernels before 5.3 have no pidfd: then the process is asked for now and again. */
static bool server_orphaned(const struct http2_server *server)
{
    return server->options.parent > 0 && server->parent_fd < 0 &&
           kill(server->options.parent, 0) != 0 && errno == ESRCH;
}

static int server_timeout(const struct http2_server *server, int64_t now, int64_t until)
{
    if (server->options.parent > 0 && server->parent_fd < 0 && until > now + PARENT_POLL_US)
        until = now + PARENT_POLL_US;
    if (until == INT64_MAX)
        return -1;
    return until <= now ? 0 : (int)((until - now + 999) / 1000);
}

/* False when the loop shall end. */
static bool server_event(struct http2_server *server, const struct epoll_event *event)
{
    if (event->data.ptr == &server->options)
        return false;
    if (event->data.ptr == &server->listen_fd) {
        server_accept(server);
        return true;
    }
    for (size_t i = 0; i < server->options.watch_count; i++) {
        const struct http2_watch *watch = &server->options.watches[i];
        if (event->data.ptr == (const void *)watch) {
            watch->ready(watch->context);
            return true;
        }
    }
    struct connection *connection = event->data.ptr;
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        connection_receive(connection);
    if (!connection->dead)
        connection_send(connection);
    return true;
}

void http2_run(struct http2_server *server)
{
    int64_t seconds = server->options.max_seconds;
    int64_t deadline = seconds == 0 ? INT64_MAX : clock_monotonic_us() + seconds * 1000000;
    for (;;) {
        struct epoll_event events[64];
        int64_t now = clock_monotonic_us();
        int64_t next = server_release(server, now);
        server_bury(server);
        if (now >= deadline || server_orphaned(server))
            return;
        int count = epoll_wait(server->epoll_fd, events, 64,
                               server_timeout(server, now, next < deadline ? next : deadline));
        for (int i = 0; i < count; i++) {
            if (!server_event(server, &events[i]))
                return;
        }
    }
}
