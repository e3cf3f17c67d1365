/* The simulated Printful: v1's orders. */
#include "sim/printful.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/printfulstore.h"
#include "sim/restserver.h"
#include "sim/scribe.h"

#define LIMIT_DEFAULT 20
#define LIMIT_MAX 100
#define WAIT_SECONDS 37 /* when a fault says none */

/* ---- errors ---- */

static const struct {
    unsigned status;
    const char *reason; /* NULL: a number, as Printful's own 403 */
    const char *message;
} errors[] = {
    {400, "BadRequest", "Bad request"},
    {401, "Unauthorized", "The access token provided is invalid."},
    {403, NULL, "You do not have access to this resource."},
    {404, "NotFound", "Not Found"},
    {405, "MethodNotAllowed", "This source is read alone: only GET is answered."},
    {409, "Conflict", "Conflict"},
    {0, "InternalServerError", "Internal Server Error"},
};

static void fail(struct rest_call *call, unsigned status, const char *reason, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));
static void fail(struct rest_call *call, unsigned status, const char *reason, const char *format,
                 ...)
{
    char message[300];
    struct buffer *out = &call->body;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    call->status = status;
    buffer_clear(out);
    scribe_open(out, NULL, '{');
    scribe_int(out, "code", status);
    scribe_text(out, "result", message);
    scribe_open(out, "error", '{');
    if (reason == NULL)
        scribe_int(out, "reason", status);
    else
        scribe_text(out, "reason", reason);
    scribe_text(out, "message", message);
    scribe_close(out, '}');
    scribe_close(out, '}');
}

static void printful_wait(struct rest_call *call)
{
    int64_t seconds = call->limited != NULL         ? call->rate_reset_s
                      : call->fault.retry_after > 0 ? call->fault.retry_after
                                                    : WAIT_SECONDS;
    rest_header_set(call, "X-Ratelimit-Remaining", "0");
    rest_header_set(call, "X-Ratelimit-Reset", "%" PRId64, seconds);
    if (strcmp(call->fault.text, "header") == 0)
        rest_header(call, "Retry-After", "%" PRId64, seconds);
    fail(call, 429, "TooManyRequests",
         "You've recently sent too many requests. Please try again after %" PRId64 " seconds.",
         seconds);
}

static void printful_refuse(struct rest_call *call, unsigned status)
{
    size_t i = 0;
    if (status == 429 || status == 419) {
        printful_wait(call);
        call->status = status;
        return;
    }
    while (errors[i].status != 0 && errors[i].status != status)
        i++;
    fail(call, status, errors[i].reason, "%s", errors[i].message);
}

/* ---- the way in ---- */

static void printful_begin(struct rest_call *call)
{
    int64_t limit = call->options->rate > 0 ? call->options->rate : 120;
    int64_t window = call->options->rate > 0 ? call->options->rate_seconds : 60;
    int64_t left = call->options->rate > 0 ? call->rate_left : limit - 1;
    rest_header(call, "X-Ratelimit-Limit", "%" PRId64, limit);
    rest_header(call, "X-Ratelimit-Remaining", "%" PRId64, left);
    rest_header(call, "X-Ratelimit-Reset", "%" PRId64,
                call->options->rate > 0 ? call->rate_reset_s : window);
    rest_header(call, "X-Ratelimit-Policy", "%" PRId64 ";w=%" PRId64, limit, window);
}

static bool printful_admit(struct rest_call *call)
{
    char token[256];
    if (!rest_token(call, token, sizeof(token)) || strncmp(call->authorization, "Bearer ", 7) != 0)
        fail(call, 401, "Unauthorized", "Malformed Authorization header.");
    else if (call->options->key != NULL && strcmp(token, call->options->key) != 0)
        printful_refuse(call, 401);
    else if (call->route != NULL && !rest_permitted(call))
        printful_refuse(call, 403);
    else if (call->options->store_needed && call->store == NULL && call->route != NULL &&
             strcmp(call->route->name, "stores") != 0)
        fail(call, 400, "BadRequest", "This endpoint requires `store_id`!");
    else if (call->store != NULL && strtoll(call->store, NULL, 10) != call->options->store)
        printful_refuse(call, 403);
    else
        return true;
    return false;
}

/* ---- answers ---- */

static bool order_fits(const struct record *record, const char *status)
{
    return !record->hidden &&
           (status == NULL || str_equal(str_from(status), str_from(record->status)));
}

/* Newest first. Returns how many fit in all. */
static int64_t put_orders(struct rest_call *call, int64_t offset, int64_t limit)
{
    const struct printful_store *store = call->context;
    const char *status = rest_param(call, "status");
    int64_t total = 0;
    for (size_t i = shelf_count(store->orders); i-- > 0;) {
        const struct record *record = shelf_at(store->orders, i);
        if (!order_fits(record, status))
            continue;
        if (total >= offset && total < offset + limit)
            scribe_raw(&call->body, NULL, record->edition->text);
        total++;
    }
    return total;
}

static void answer_orders(struct rest_call *call)
{
    struct buffer *out = &call->body;
    int64_t limit, offset;
    if (!rest_number(call, "limit", LIMIT_DEFAULT, &limit) ||
        !rest_number(call, "offset", 0, &offset) || limit < 1 || limit > LIMIT_MAX || offset < 0) {
        fail(call, 400, "BadRequest", "limit is 1 to 100, offset not negative.");
        return;
    }
    scribe_open(out, NULL, '{');
    scribe_int(out, "code", 200);
    scribe_open(out, "result", '[');
    int64_t total = put_orders(call, offset, call->fault.kind == FAULT_EMPTY ? 0 : limit);
    scribe_close(out, ']');
    scribe_raw(out, "extra", STR("[]"));
    scribe_open(out, "paging", '{');
    scribe_int(out, "total", total);
    scribe_int(out, "offset", offset);
    scribe_int(out, "limit", limit);
    scribe_close(out, '}');
    scribe_close(out, '}');
}

static void answer_order(struct rest_call *call)
{
    const struct printful_store *store = call->context;
    const struct record *record =
        call->id.data[0] == '@'
            ? shelf_find_link(store->orders, (struct str){call->id.data + 1, call->id.len - 1})
            : shelf_find(store->orders, call->id);
    if (record == NULL) {
        printful_refuse(call, 404);
        return;
    }
    scribe_open(&call->body, NULL, '{');
    scribe_int(&call->body, "code", 200);
    scribe_raw(&call->body, "result", record->edition->text);
    scribe_raw(&call->body, "extra", STR("[]"));
    scribe_close(&call->body, '}');
}

static void answer_stores(struct rest_call *call)
{
    struct buffer *out = &call->body;
    scribe_open(out, NULL, '{');
    scribe_int(out, "code", 200);
    scribe_open(out, "result", '[');
    scribe_open(out, NULL, '{');
    scribe_int(out, "id", call->options->store);
    scribe_text(out, "type", "native");
    scribe_text(out, "name", "Simulated store");
    scribe_close(out, '}');
    scribe_close(out, ']');
    scribe_raw(out, "paging", STR("{\"total\":1,\"offset\":0,\"limit\":20}"));
    scribe_close(out, '}');
}

static void printful_strike(struct rest_call *call)
{
    struct printful_store *store = call->context;
    if (call->fault.kind == FAULT_ARRIVE)
        printful_store_add(store, (size_t)(call->fault.more > 0 ? call->fault.more : 1), NULL);
    else if (shelf_count(store->orders) > 0)
        restserver_hide_newest(store->orders);
}

static const struct rest_route routes[] = {
    {"orders", "/orders", "orders", NULL, answer_orders},
    {"order", "/orders/*", "orders", NULL, answer_order},
    {"stores", "/stores", "stores", NULL, answer_stores},
};

const struct rest_api printful_api = {
    .name = "Printful",
    .routes = routes,
    .route_count = sizeof(routes) / sizeof(routes[0]),
    .begin = printful_begin,
    .admit = printful_admit,
    .refuse = printful_refuse,
    .strike = printful_strike,
};

/* ---- commands ---- */

static bool command_add(void *context, const char *text, struct error *err)
{
    char word[32] = "";
    unsigned count;
    if (sscanf(text, "%u %31s", &count, word) < 1 || count > 1000000)
        return error_set(err, ERROR_USAGE, "add %s: not \"add N [STATUS]\"", text);
    printful_store_add(context, count, word[0] == '\0' ? NULL : word);
    return true;
}

static bool command_turn(void *context, const char *text, struct error *err)
{
    char id[SESSION_ID_SIZE], word[32];
    if (sscanf(text, "%71s %31s", id, word) != 2)
        return error_set(err, ERROR_USAGE, "turn %s: not \"turn ID STATUS\"", text);
    return printful_store_turn(context, id, word, err);
}

static bool command_remove(void *context, const char *text, struct error *err)
{
    struct printful_store *store = context;
    return restserver_hide(store->orders, text) ||
           error_set(err, ERROR_USAGE, "remove %s: there is none", text);
}

static bool command_put(void *context, const char *text, struct error *err)
{
    return printful_store_load(context, text, err);
}

static bool command_dump(void *context, const char *text, struct error *err)
{
    struct printful_store *store = context;
    return restserver_dump(store->orders, text, err);
}

static const struct control_verb verbs[] = {{"add", command_add},
                                            {"turn", command_turn},
                                            {"remove", command_remove},
                                            {"put", command_put},
                                            {"dump", command_dump}};

bool serve_printful(const struct sim_options *options, struct error *err)
{
    struct printful_store store;
    if (!printful_store_open(options, &store, err))
        return false;
    printf("%zu orders: %lld generated, %zu objects loaded, %zu passed over\n",
           shelf_count(store.orders), (long long)options->generate, store.loaded, store.passed);
    bool good = restserver_run(&printful_api, &store, options, verbs,
                               sizeof(verbs) / sizeof(verbs[0]), err);
    printful_store_close(&store);
    return good;
}
