/* The life of a request. */
#include "source/operation.h"

#include <string.h>

#include "base/clock.h"

#define REQUEST_MAX (10u << 20) /* Firestore's own limit */

void client_run(struct client *client, struct operation *take_operation,
                const struct operation_kind *kind)
{
    struct operation **end = &client->operations;
    while (*end != NULL)
        end = &(*end)->next;
    *end = take_operation;
    take_operation->client = client;
    take_operation->kind = kind;
    take_operation->backoff.policy = &backoff_unary;
    take_operation->patient_us = clock_monotonic_us();
    take_operation->due_us = take_operation->patient_us;
}

void operation_progress(struct operation *operation)
{
    operation->patient_us = clock_monotonic_us();
    backoff_reset(&operation->backoff);
}

static void operation_unlink(struct operation *operation)
{
    struct operation **link = &operation->client->operations;
    while (*link != operation)
        link = &(*link)->next;
    *link = operation->next;
}

static void operation_end(struct operation *operation, const struct error *err)
{
    operation_unlink(operation);
    if (err == NULL)
        operation->client->meter.last_error = (struct error){.id = ERROR_NONE};
    operation->kind->deliver(operation, err);
    operation->kind->release(operation);
}

static bool has_given_up(const struct operation *operation, int64_t now_us)
{
    int64_t limit = operation->client->give_up_us;
    return limit > 0 && now_us - operation->patient_us >= limit;
}

/* A transient error waits and tries again; every other is final. */
static void operation_failed(struct operation *operation, const struct error *err)
{
    struct client *client = operation->client;
    enum error_class class = error_class(err);
    int64_t now_us = clock_monotonic_us();
    operation->error = *err;
    bool retried = class == CLASS_TRANSIENT || class == CLASS_RATE_LIMITED;
    if (!retried || has_given_up(operation, now_us)) {
        operation_end(operation, &operation->error);
        return;
    }
    int64_t delay_us = backoff_next(&operation->backoff);
    if (delay_us < err->retry_after_us)
        delay_us = err->retry_after_us;
    /* Not past the moment at which patience ends: then one more try, and the end. */
    int64_t limit_us = operation->patient_us + client->give_up_us;
    operation->due_us = now_us + delay_us;
    if (client->give_up_us > 0 && operation->due_us > limit_us)
        operation->due_us = limit_us;
    operation->waiting = true;
    client->meter.retries++;
    client->meter.last_error = *err;
}

/* Firestore's words when a read outlived its snapshot. The next attempt reads at a new moment and
 * goes on behind what it has, so this one FAILED_PRECONDITION passes by itself. */
static bool snapshot_too_old(enum grpc_code code, const struct error *err)
{
    return code == GRPC_FAILED_PRECONDITION &&
           strstr(err->message, "snapshot version is too old") != NULL;
}

static void call_ended(void *context, enum grpc_code code, const struct error *err)
{
    struct operation *operation = context;
    struct client *client = operation->client;
    struct error error = {.id = ERROR_NONE};
    operation->call = NULL;
    if (operation->complete)
        err = NULL;
    if (err == NULL && operation->kind->check != NULL && !operation->kind->check(operation, &error))
        err = &error;
    if (err == NULL) {
        operation_end(operation, NULL);
        return;
    }
    if (code == GRPC_UNAUTHENTICATED && !operation->token_renewed) {
        operation->token_renewed = true;
        google_auth_refuse(client->auth);
        operation->due_us = clock_monotonic_us();
        return;
    }
    if (snapshot_too_old(code, err)) {
        error = *err;
        error.id = ERROR_SOURCE_UNAVAILABLE;
        err = &error;
    }
    operation_failed(operation, err);
}

static bool operation_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct operation *operation = context;
    operation_progress(operation);
    return operation->kind->message(operation, bytes, len, err);
}

/* The token is at hand, or none can be had. */
static void operation_authorized(void *context, const char *authorization, const struct error *err)
{
    struct operation *operation = context;
    struct client *client = operation->client;
    struct error error;
    if (err != NULL) {
        operation_failed(operation, err);
        return;
    }
    struct buffer message = {.max = REQUEST_MAX};
    operation->kind->encode(operation, &message);
    struct grpc_request request = {
        .method = operation->kind->method,
        .authorization = authorization,
        .message = message.data,
        .message_len = message.len,
        .deadline_us = operation->kind->deadline_us,
    };
    struct grpc_handler handler = {operation_message, call_ended, operation};
    client->meter.requests++;
    bool ok = buffer_ok(&message)
                  ? grpc_start(client->channel, &request, &handler, &operation->call, &error)
                  : error_set(&error, ERROR_SOURCE_TOO_LARGE, "a request of more than %u bytes",
                              REQUEST_MAX);
    buffer_free(&message);
    if (!ok)
        operation_failed(operation, &error);
}

/* ---- the client ---- */

void client_read(struct client *client, uint64_t reads)
{
    client->meter.documents_read += reads;
    read_budget_add(&client->budget, reads, clock_wall_us());
}

static void operation_begin(struct operation *operation)
{
    struct client *client = operation->client;
    struct error error;
    operation->due_us = TIME_NONE;
    operation->waiting = false;
    operation->complete = false;
    if (!read_budget_check(&client->budget, clock_wall_us(), &error)) {
        operation_failed(operation, &error);
        return;
    }
    google_auth_get(client->auth, operation_authorized, operation);
}

/* Begins one that is due: the list may change under our hands, so the search starts over each time.
 */
static bool client_begin_due(struct client *client, int64_t now_us)
{
    for (struct operation *at = client->operations; at != NULL; at = at->next) {
        if (at->due_us == TIME_NONE || at->due_us > now_us)
            continue;
        operation_begin(at);
        return true;
    }
    return false;
}

static int64_t client_next_due(const struct client *client)
{
    int64_t next = INT64_MAX;
    for (const struct operation *at = client->operations; at != NULL; at = at->next) {
        if (at->due_us != TIME_NONE && at->due_us < next)
            next = at->due_us;
    }
    return next;
}

void client_step(struct client *client, struct http *beside, int64_t timeout_us)
{
    int64_t now_us = clock_monotonic_us();
    while (client_begin_due(client, now_us))
        ;
    int64_t next_us = client_next_due(client);
    if (next_us != INT64_MAX && next_us - now_us < timeout_us)
        timeout_us = next_us > now_us ? next_us - now_us : 0;
    http_step_pair(client->http, beside, timeout_us);
}

void client_meter(const struct client *client, struct source_meter *ret_meter)
{
    *ret_meter = client->meter;
    ret_meter->bytes = http_bytes(client->http);
    struct read_budget today = client->budget;
    (void)read_budget_check(&today, clock_wall_us(), NULL); /* turns the day */
    ret_meter->reads_today = today.reads;
    ret_meter->read_budget = client->budget.limit;
    for (const struct operation *at = client->operations; at != NULL; at = at->next) {
        if (at->waiting && at->due_us > ret_meter->waiting_until_us)
            ret_meter->waiting_until_us = at->due_us;
    }
}

void client_cancel(struct client *client)
{
    while (client->operations != NULL) {
        struct operation *operation = client->operations;
        client->operations = operation->next;
        google_auth_forget(client->auth, operation);
        if (operation->call != NULL)
            grpc_cancel(operation->call);
        operation->kind->release(operation);
    }
}
