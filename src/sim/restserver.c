/* Sockets and threads by libmicrohttpd; time and faults by hand. */
#include "sim/restserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "sim/process.h"
#include "sim/requestlog.h"

#define SLOW_CHUNK 4096
#define TICK_MS 50

struct server {
    const struct rest_api *api;
    void *context;
    const struct sim_options *options;
    unsigned port;
    FILE *log;
    pthread_mutex_t lock; /* all below, and the source */
    pthread_cond_t stop;
    bool stopping;
    struct fault_set *faults;
    uint64_t requests;
    uint64_t connections;
    unsigned under_way;
    int64_t window_end_us; /* of the rate; monotonic */
    int64_t window_used;
};

/* ---- waiting ---- */

/* Until then, or the end of the server. Lock not held. */
static void server_wait(struct server *server, int64_t duration_us)
{
    if (duration_us <= 0)
        return;
    int64_t until = clock_monotonic_us() + duration_us;
    struct timespec at = {.tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000};
    pthread_mutex_lock(&server->lock);
    while (!server->stopping &&
           pthread_cond_timedwait(&server->stop, &server->lock, &at) != ETIMEDOUT)
        continue;
    pthread_mutex_unlock(&server->lock);
}

/* ---- bodies ---- */

/* A body as it goes out. */
struct outgoing {
    struct server *server;
    char *data;
    size_t len;
    size_t cut;       /* the connection breaks here; SIZE_MAX: nowhere */
    int64_t pause_us; /* before each piece */
};

static ssize_t body_read(void *context, uint64_t at, char *room, size_t max)
{
    struct outgoing *body = context;
    size_t end = body->cut < body->len ? body->cut : body->len;
    if (at >= end)
        return at >= body->len ? MHD_CONTENT_READER_END_OF_STREAM
                               : MHD_CONTENT_READER_END_WITH_ERROR;
    size_t size = end - (size_t)at < max ? end - (size_t)at : max;
    server_wait(body->server, body->pause_us);
    memcpy(room, body->data + at, size);
    return (ssize_t)size;
}

static void body_free(void *context)
{
    struct outgoing *body = context;
    free(body->data);
    free(body);
}

static struct MHD_Response *response_make(struct server *server, struct rest_call *call)
{
    struct str text = buffer_str(&call->body);
    bool whole = call->fault.kind != FAULT_CUT && call->fault.kind != FAULT_SLOW;
    if (call->body.data == NULL || whole) {
        struct MHD_Response *response = MHD_create_response_from_buffer(
            text.len, (void *)(uintptr_t)text.data,
            call->body.data == NULL ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);
        call->body.data = NULL;
        return response;
    }
    struct outgoing *body = memory_zero(1, sizeof(*body));
    *body =
        (struct outgoing){.server = server,
                          .data = call->body.data,
                          .len = call->body.len,
                          .cut = call->fault.kind == FAULT_CUT ? call->body.len / 2 : SIZE_MAX,
                          .pause_us = call->fault.kind == FAULT_SLOW ? call->fault.delay_us : 0};
    call->body.data = NULL;
    return MHD_create_response_from_callback(body->len, SLOW_CHUNK, body_read, body, body_free);
}

static enum MHD_Result answer_queue(struct server *server, struct MHD_Connection *connection,
                                    struct rest_call *call)
{
    struct MHD_Response *response = response_make(server, call);
    MHD_add_response_header(response, "Content-Type", call->type);
    for (size_t i = 0; i < call->header_count; i++)
        MHD_add_response_header(response, call->headers[i].name, call->headers[i].value);
    enum MHD_Result result = MHD_queue_response(connection, call->status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- requests ---- */

static enum MHD_Result param_take(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct rest_call *call = context;
    (void)kind;
    if (call->param_count == REST_MAX_PARAMS)
        return MHD_NO;
    call->params[call->param_count++] = (struct rest_param){name, value == NULL ? "" : value};
    return MHD_YES;
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* Counts the request in its window; why it is refused, or NULL. */
static const char *rate_count(struct server *server, struct rest_call *call)
{
    const struct rest_options *options = &server->options->rest;
    int64_t now = clock_monotonic_us();
    if (now >= server->window_end_us) {
        server->window_end_us = now + options->rate_seconds * 1000000;
        server->window_used = 0;
    }
    server->window_used++;
    call->rate_left = server->window_used < options->rate ? options->rate - server->window_used : 0;
    call->rate_reset_s = (server->window_end_us - now + 999999) / 1000000;
    if (options->rate > 0 && server->window_used > options->rate)
        return "endpoint-rate";
    if (options->concurrency > 0 && server->under_way > options->concurrency)
        return "global-concurrency";
    return NULL;
}

static void call_answer(struct server *server, struct MHD_Connection *connection,
                        struct rest_call *call)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    pthread_mutex_lock(&server->lock);
    server->under_way++;
    call->number = ++server->requests;
    call->limited = rate_count(server, call);
    call->fault = fault_next(server->faults, call->route == NULL ? "" : call->route->name);
    rest_answer(call);
    requestlog_write(server->log, call, server->under_way,
                     info == NULL ? 0 : (uint64_t)(uintptr_t)info->socket_context);
    pthread_mutex_unlock(&server->lock);
}

static void call_done(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    server->under_way--;
    pthread_mutex_unlock(&server->lock);
}

static enum MHD_Result request_handle(void *context, struct MHD_Connection *connection,
                                      const char *url, const char *method, const char *version,
                                      const char *upload, size_t *upload_size, void **state)
{
    static char begun;
    struct server *server = context;
    (void)version;
    (void)upload;
    if (*state == NULL) {
        *state = &begun;
        return MHD_YES;
    }
    if (*upload_size > 0) { /* bodies are read and forgotten */
        *upload_size = 0;
        return MHD_YES;
    }
    struct rest_call call = {.api = server->api,
                             .context = server->context,
                             .options = &server->options->rest,
                             .method = method,
                             .path = url,
                             .authorization = header_of(connection, "Authorization"),
                             .version = header_of(connection, "Stripe-Version"),
                             .store = header_of(connection, "X-PF-Store-Id"),
                             .port = server->port};
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, param_take, &call);
    rest_route(&call);
    call_answer(server, connection, &call);
    bool silent = call.fault.kind == FAULT_STALL;
    bool late = silent || call.fault.kind == FAULT_LATENCY;
    server_wait(server, server->options->rest.latency_us + (late ? call.fault.delay_us : 0));
    enum MHD_Result result = silent ? MHD_NO : answer_queue(server, connection, &call);
    call_done(server);
    buffer_free(&call.body);
    return result;
}

static void connection_notify(void *context, struct MHD_Connection *connection,
                              void **socket_context, enum MHD_ConnectionNotificationCode code)
{
    struct server *server = context;
    (void)connection;
    if (code != MHD_CONNECTION_NOTIFY_STARTED)
        return;
    pthread_mutex_lock(&server->lock);
    *socket_context = (void *)(uintptr_t)++server->connections;
    pthread_mutex_unlock(&server->lock);
}

/* ---- the process ---- */

static struct MHD_Daemon *server_listen(struct server *server, struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(server->options->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, 0, NULL,
        NULL, request_handle, server, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_NOTIFY_CONNECTION, connection_notify, server, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)RESTSERVER_MAX_CONNECTIONS, MHD_OPTION_END);
    if (daemon == NULL)
        error_set_errno(err, ERROR_SIM_LISTEN, "127.0.0.1:%u", server->options->port);
    else
        server->port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return daemon;
}

static void server_loop(struct server *server, struct control *control)
{
    const struct sim_options *options = server->options;
    int64_t seconds = options->max_seconds;
    int64_t deadline = seconds == 0 ? INT64_MAX : clock_monotonic_us() + seconds * 1000000;
    int signals = process_signals();
    struct pollfd watched = {.fd = signals, .events = POLLIN};
    while (clock_monotonic_us() < deadline && poll(&watched, 1, TICK_MS) <= 0) {
        if (options->parent > 0 && kill(options->parent, 0) != 0 && errno == ESRCH)
            break;
        pthread_mutex_lock(&server->lock);
        control_ready(control);
        pthread_mutex_unlock(&server->lock);
    }
    close(signals);
}

static void server_stop(struct server *server, struct MHD_Daemon *daemon)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->stop);
    pthread_mutex_unlock(&server->lock);
    MHD_stop_daemon(daemon);
}

static bool server_serve(struct server *server, struct control *control, struct error *err)
{
    struct MHD_Daemon *daemon = server_listen(server, err);
    if (daemon == NULL)
        return false;
    bool good = process_publish_port(server->options->port_file, server->port, err);
    if (good) {
        printf("listening on 127.0.0.1:%u\n", server->port);
        fflush(stdout);
        server_loop(server, control);
    }
    server_stop(server, daemon);
    return good;
}

static bool log_open(const char *path, FILE **ret_log, struct error *err)
{
    *ret_log = path == NULL ? NULL : fopen(path, "ae");
    return path == NULL || *ret_log != NULL || error_set_errno(err, ERROR_SIM_LOAD, "%s", path);
}

bool restserver_run(const struct rest_api *api, void *context, const struct sim_options *options,
                    const struct control_verb *verbs, size_t verb_count, struct error *err)
{
    struct server server = {.api = api, .context = context, .options = options};
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&server.stop, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&server.lock, NULL);
    close(process_signals()); /* blocked before the first thread is made */
    server.faults = fault_set_new(options->seed, options->control, FAULT_OF_REST);
    struct control *control = control_new(server.faults, verbs, verb_count, context);
    fault_set_commands(server.faults, control_command, control);
    bool good = process_faults(server.faults, options, err) &&
                log_open(options->rest.request_log, &server.log, err) &&
                server_serve(&server, control, err);
    if (server.log != NULL)
        fclose(server.log);
    control_free(control);
    fault_set_free(server.faults);
    pthread_mutex_destroy(&server.lock);
    pthread_cond_destroy(&server.stop);
    return good;
}

/* ---- commands that all have ---- */

bool restserver_hide(struct shelf *shelf, const char *id)
{
    struct record *record = shelf_find(shelf, str_from(id));
    if (record == NULL)
        return false;
    record->hidden = true;
    return true;
}

void restserver_hide_newest(struct shelf *shelf)
{
    for (size_t i = shelf_count(shelf); i-- > 0;) {
        if (restserver_hide(shelf, shelf_at(shelf, i)->id))
            return;
    }
}

static const char *or_dash(const char *text)
{
    return text == NULL || text[0] == '\0' ? "-" : text;
}

bool restserver_dump(const struct shelf *shelf, const char *path, struct error *err)
{
    char *temporary AUTO_FREE = memory_format("%s.new", path);
    FILE *file = fopen(temporary, "we");
    if (file == NULL)
        return error_set_errno(err, ERROR_SIM_LOAD, "%s", temporary);
    for (size_t i = 0; i < shelf_count(shelf); i++) {
        const struct record *record = shelf_at(shelf, i);
        if (!record->hidden)
            fprintf(file, "%s\t%" PRId64 "\t%s\t%s\t%s\n", record->id, record->created_s,
                    or_dash(record->status), or_dash(record->payment_status),
                    or_dash(record->link));
    }
    if (ferror(file) != 0 || fclose(file) != 0 || rename(temporary, path) != 0)
        return error_set_errno(err, ERROR_SIM_LOAD, "%s", path);
    return true;
}
