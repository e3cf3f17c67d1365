/* The JSON API for tests. */
#include "lib/api_server.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define SEEN_MAX 4096

struct api_server {
    struct MHD_Daemon *daemon;
    api_answer_fn *answer;
    void *context;
    pthread_mutex_t mutex; /* over what follows */
    size_t count, under_way, crowd;
    struct api_seen seen[SEEN_MAX];
};

const char *api_parameter(const struct api_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

const char *api_header(const struct api_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

static void append(char *text, size_t size, const char *a, const char *b, const char *c)
{
    size_t len = strlen(text);
    snprintf(text + len, size - len, "%s%s%s", a, b, c);
}

static enum MHD_Result keep_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct api_seen *seen = context;
    (void)kind;
    append(seen->headers, sizeof(seen->headers), name, ": ", value == NULL ? "" : value);
    append(seen->headers, sizeof(seen->headers), "\n", "", "");
    return MHD_YES;
}

/* As it came, with its query: MHD takes the two apart only later. */
static void *keep_url(void *context, const char *url, struct MHD_Connection *connection)
{
    (void)context;
    (void)connection;
    return strdup(url);
}

static size_t server_keep(struct api_server *server, struct MHD_Connection *connection,
                          const char *method, const char *url)
{
    size_t number = server->count++;
    struct api_seen *seen = &server->seen[number < SEEN_MAX ? number : SEEN_MAX - 1];
    *seen = (struct api_seen){.at_us = clock_monotonic_us()};
    snprintf(seen->method, sizeof(seen->method), "%s", method);
    snprintf(seen->url, sizeof(seen->url), "%s", url);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, keep_header, seen);
    return number;
}

static enum MHD_Result server_reply(struct MHD_Connection *connection, struct api_answer *answer)
{
    const char *body = answer->take_body != NULL ? answer->take_body : answer->body;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    for (size_t i = 0; i + 1 < 8 && answer->headers[i] != NULL; i += 2)
        MHD_add_response_header(response, answer->headers[i], answer->headers[i + 1]);
    enum MHD_Result result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    free(answer->take_body);
    return result;
}

static enum MHD_Result server_handle(void *context, struct MHD_Connection *connection,
                                     const char *path, const char *method, const char *version,
                                     const char *upload, size_t *upload_len, void **request)
{
    struct api_server *server = context;
    char *url = *request;
    struct api_answer answer = {.status = 200, .body = "{}"};
    struct api_request asked = {.connection = connection, .method = method, .path = path};
    (void)version;
    (void)upload;
    if (*upload_len > 0) {
        *upload_len = 0;
        return MHD_YES;
    }
    pthread_mutex_lock(&server->mutex);
    asked.number = server_keep(server, connection, method, url);
    if (++server->under_way > server->crowd)
        server->crowd = server->under_way;
    server->answer(server->context, &asked, &answer);
    pthread_mutex_unlock(&server->mutex);
    if (answer.delay_ms > 0)
        usleep(answer.delay_ms * 1000);
    enum MHD_Result result = server_reply(connection, &answer);
    pthread_mutex_lock(&server->mutex);
    server->under_way--;
    pthread_mutex_unlock(&server->mutex);
    return result;
}

static void server_ended(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    free(*request);
    *request = NULL;
}

struct api_server *api_server_start(api_answer_fn *answer, void *context, char ret_base[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct api_server *server = calloc(1, sizeof(*server));
    server->answer = answer;
    server->context = context;
    pthread_mutex_init(&server->mutex, NULL);
    server->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_THREAD_PER_CONNECTION, 0, NULL,
        NULL, server_handle, server, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_URI_LOG_CALLBACK, keep_url, NULL, MHD_OPTION_NOTIFY_COMPLETED, server_ended,
        NULL, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        server->daemon == NULL ? NULL
                               : MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (info == NULL)
        abort();
    snprintf(ret_base, 64, "http://127.0.0.1:%d", info->port);
    return server;
}

void api_server_stop(struct api_server *server)
{
    MHD_stop_daemon(server->daemon);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

static size_t server_read(struct api_server *server, const size_t *number)
{
    pthread_mutex_lock(&server->mutex);
    size_t value = *number;
    pthread_mutex_unlock(&server->mutex);
    return value;
}

size_t api_server_requests(struct api_server *server)
{
    return server_read(server, &server->count);
}

size_t api_server_crowd(struct api_server *server)
{
    return server_read(server, &server->crowd);
}

void api_server_seen(struct api_server *server, size_t index, struct api_seen *ret_seen)
{
    pthread_mutex_lock(&server->mutex);
    *ret_seen = server->seen[index < SEEN_MAX ? index : SEEN_MAX - 1];
    pthread_mutex_unlock(&server->mutex);
}
