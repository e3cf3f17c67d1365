/* One connection, one call at a time. */
#include "sim/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SILENCE_MS 60000
#define REPLY_MAX (512u << 20)
#define MESSAGE_MAX (40u << 20)
#define WINDOW (16 << 20)
#define PREFIX "/google.firestore.v1.Firestore/"

struct client {
    int fd;
    nghttp2_session *session;
    char authority[32];
    /* the call under way */
    struct str request;
    uint8_t frame[5];
    size_t sent;
    struct client_reply *reply;
    struct buffer partial;
    bool done;
    bool broken;
};

static bool address_parse(const char *address, struct sockaddr_in *ret_address, struct error *err)
{
    const char *colon = strrchr(address, ':');
    size_t host = colon == NULL ? 0 : (size_t)(colon - address);
    bool loopback = (host == 9 && strncmp(address, "127.0.0.1", 9) == 0) ||
                    (host == 9 && strncmp(address, "localhost", 9) == 0);
    long port = colon == NULL ? 0 : strtol(colon + 1, NULL, 10);
    if (!loopback || port < 1 || port > 65535)
        return error_set(err, ERROR_USAGE, "\"%s\" is not 127.0.0.1:PORT", address);
    *ret_address = (struct sockaddr_in){.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return true;
}

/* Whole messages leave `partial` for the reply. */
static void reply_take(struct client *client)
{
    struct client_reply *reply = client->reply;
    struct buffer *partial = &client->partial;
    size_t at = 0;
    while (partial->len - at >= 5) {
        const uint8_t *head = (const uint8_t *)partial->data + at;
        size_t len = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
        if (partial->len - at - 5 < len)
            break;
        if (!reply->keep_none) {
            buffer_append(&reply->messages, head + 5, len);
            reply->ends = memory_resize(reply->ends, (reply->count + 1) * sizeof(*reply->ends));
            reply->ends[reply->count] = reply->messages.len;
        }
        reply->count++;
        at += 5 + len;
    }
    buffer_consume(partial, at);
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *user)
{
    struct client *client = user;
    (void)session;
    (void)flags;
    (void)id;
    if (client->reply == NULL)
        return 0;
    client->reply->bytes += (int64_t)len;
    buffer_append(&client->partial, data, len);
    reply_take(client);
    return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *user)
{
    struct client *client = user;
    (void)session;
    (void)frame;
    (void)flags;
    if (client->reply == NULL)
        return 0;
    if (name_len == 11 && memcmp(name, "grpc-status", 11) == 0)
        client->reply->status = (int)strtol((const char *)value, NULL, 10);
    if (name_len == 12 && memcmp(name, "grpc-message", 12) == 0)
        snprintf(client->reply->message, sizeof(client->reply->message), "%.*s", (int)value_len,
                 (const char *)value);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *user)
{
    (void)session;
    (void)id;
    (void)code;
    ((struct client *)user)->done = true;
    return 0;
}

static ssize_t on_request(nghttp2_session *session, int32_t id, uint8_t *to, size_t length,
                          uint32_t *flags, nghttp2_data_source *source, void *user)
{
    struct client *client = user;
    size_t total = sizeof(client->frame) + client->request.len;
    size_t count = 0;
    (void)session;
    (void)id;
    (void)source;
    while (count < length && client->sent < sizeof(client->frame))
        to[count++] = client->frame[client->sent++];
    size_t at = client->sent - sizeof(client->frame);
    size_t left = total - client->sent;
    size_t more = left < length - count ? left : length - count;
    if (client->sent >= sizeof(client->frame) && more > 0) {
        memcpy(to + count, client->request.data + at, more);
        client->sent += more;
        count += more;
    }
    if (client->sent == total)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)count;
}

static void session_open(struct client *client)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&client->session, callbacks, client);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_settings_entry window = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW};
    nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, &window, 1);
    nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, 0, WINDOW);
}

bool client_open(const char *address, struct client **ret_client, struct error *err)
{
    struct sockaddr_in to;
    if (!address_parse(address, &to, err))
        return false;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        error_set_errno(err, ERROR_SIM_CLIENT, "%s", address);
        if (fd >= 0)
            close(fd);
        return false;
    }
    struct client *client = memory_zero(1, sizeof(*client));
    client->fd = fd;
    client->partial.max = MESSAGE_MAX;
    snprintf(client->authority, sizeof(client->authority), "%s", address);
    session_open(client);
    *ret_client = client;
    return true;
}

void client_close(struct client *client)
{
    if (client == NULL)
        return;
    nghttp2_session_del(client->session);
    close(client->fd);
    buffer_free(&client->partial);
    free(client);
}

static void pump_send(struct client *client)
{
    const uint8_t *data;
    ssize_t len;
    while (!client->broken && (len = nghttp2_session_mem_send(client->session, &data)) > 0) {
        for (ssize_t at = 0; at < len && !client->broken;) {
            ssize_t sent = send(client->fd, data + at, (size_t)(len - at), MSG_NOSIGNAL);
            if (sent <= 0)
                client->broken = true;
            else
                at += sent;
        }
    }
}

static void pump_receive(struct client *client)
{
    uint8_t bytes[262144];
    struct pollfd ready = {.fd = client->fd, .events = POLLIN};
    if (poll(&ready, 1, SILENCE_MS) <= 0) {
        client->broken = true;
        return;
    }
    ssize_t len = recv(client->fd, bytes, sizeof(bytes), 0);
    if (len <= 0 || nghttp2_session_mem_recv(client->session, bytes, (size_t)len) < 0)
        client->broken = true;
}

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                        strlen(value), NGHTTP2_NV_FLAG_NONE};
}

static bool call_submit(struct client *client, const char *method, struct error *err)
{
    char path[128];
    nghttp2_data_provider provider = {.read_callback = on_request};
    snprintf(path, sizeof(path), PREFIX "%s", method);
    nghttp2_nv headers[] = {header(":method", "POST"),
                            header(":scheme", "http"),
                            header(":path", path),
                            header(":authority", client->authority),
                            header("content-type", "application/grpc"),
                            header("te", "trailers"),
                            header("authorization", "Bearer owner")};
    for (unsigned i = 0; i < 4; i++)
        client->frame[1 + i] = (uint8_t)(client->request.len >> (24 - 8 * i));
    int32_t id = nghttp2_submit_request(client->session, NULL, headers,
                                        sizeof(headers) / sizeof(headers[0]), &provider, NULL);
    if (id < 0)
        return error_set(err, ERROR_SIM_CLIENT, "%s: %s", method, nghttp2_strerror(id));
    return true;
}

bool client_call(struct client *client, const char *method, struct str request,
                 struct client_reply *reply, struct error *err)
{
    reply->status = -1;
    reply->messages.max = REPLY_MAX;
    client->request = request;
    client->sent = 0;
    client->reply = reply;
    client->done = false;
    buffer_clear(&client->partial);
    if (!call_submit(client, method, err))
        return false;
    pump_send(client);
    while (!client->done && !client->broken) {
        pump_receive(client);
        pump_send(client);
    }
    client->reply = NULL;
    return true;
}

struct str client_reply_message(const struct client_reply *reply, size_t i)
{
    size_t begin = i == 0 ? 0 : reply->ends[i - 1];
    return (struct str){reply->messages.data + begin, reply->ends[i] - begin};
}

void client_reply_free(struct client_reply *reply)
{
    buffer_free(&reply->messages);
    free(reply->ends);
    *reply = (struct client_reply){0};
}
