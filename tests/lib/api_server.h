/* A JSON API on loopback for tests: a function answers each request, and all requests are kept. The
 * function runs on the server's threads, one call at a time. */
#ifndef ORDERSYNC_TESTS_API_SERVER_H
#define ORDERSYNC_TESTS_API_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api_server;

struct api_request {
    void *connection;
    const char *method;
    const char *path;
    size_t number; /* from 0 */
};
/* A parameter of the query, unescaped, or a header; NULL: absent. */
const char *api_parameter(const struct api_request *request, const char *name);
const char *api_header(const struct api_request *request, const char *name);

struct api_answer {
    unsigned status; /* 200 */
    const char *body;
    char *take_body;        /* instead, freed by the server */
    const char *headers[8]; /* name, value, name, value, NULL */
    unsigned delay_ms;
};
typedef void api_answer_fn(void *context, const struct api_request *request,
                           struct api_answer *ret_answer);

struct api_seen {
    char method[8];
    char url[512];      /* path and query as sent */
    char headers[1024]; /* "name: value\n" each, as sent */
    int64_t at_us;      /* monotonic */
};

/* *ret_base: "http://127.0.0.1:PORT". Aborts when it cannot. */
struct api_server *api_server_start(api_answer_fn *answer, void *context, char ret_base[64]);
void api_server_stop(struct api_server *server);
size_t api_server_requests(struct api_server *server);
/* How many were under way at once at most. */
size_t api_server_crowd(struct api_server *server);
void api_server_seen(struct api_server *server, size_t index, struct api_seen *ret_seen);

#endif
