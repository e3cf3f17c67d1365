/* Requests to a JSON API: queue, pace, retries. */
#include "source/rest.h"

#include <string.h>

#include "base/clock.h"
#include "source/http.h"

#define TIMEOUT_US ((int64_t)80 * 1000000) /* as Stripe's own libraries */

struct rest_call {
    struct rest_call *next;
    struct rest *rest;
    char *path;
    const void *owner;
    bool bounded;
    rest_done_fn *done;
    void *context;
    struct http_call *transfer; /* NULL: not under way */
    struct rest_headers headers;
    struct buffer body;
    int64_t asked_ns;
    struct backoff backoff;
    unsigned bad_answers;
    int64_t due_us;   /* monotonic: not to begin before */
    int64_t begun_us; /* monotonic: first attempt; TIME_NONE: none yet */
    bool waiting;     /* backs off after an error */
    struct error why; /* of the latest attempt that is asked again */
};

struct rest {
    const struct rest_api *api;
    struct http *http;
    char *base; /* without a slash at the end */
    char *secret;
    char *authorization; /* the header */
    const char *headers[4];
    size_t header_count;
    char *scope;
    struct bucket bucket;
    int64_t gate_us; /* monotonic: nothing begins before, the limit is reached */
    int64_t give_up_us;
    struct rest_call *calls; /* in the order they were asked for */
    struct rest_call **calls_end;
    struct rest_job *jobs;
    size_t in_flight;
    struct source_meter meter;
    int64_t quota_until_us; /* monotonic: then the source counts anew */
};

/* ---- opening ---- */

/* A header's value: nothing that could end it. */
static bool check_key(const struct settings *settings, enum setting_id id, struct error *err)
{
    const char *key = settings_text(settings, id);
    if (key[0] == '\0')
        return error_set(err, ERROR_SETTING_MISSING, "set %s (%s)", settings_variable(id),
                         settings_name(id));
    for (const char *c = key; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
            return error_set(err, ERROR_SETTING_INVALID, "%s (%s) holds a blank or no ASCII",
                             settings_variable(id), settings_name(id));
    }
    return true;
}

static bool take_base(struct rest *rest, const struct settings *settings, struct error *err)
{
    enum setting_id id = rest->api->base;
    const char *base = settings_text(settings, id);
    if (!http_check_url(base, false, err))
        return error_prefix(err, "%s", settings_name(id));
    if (strchr(base, '?') != NULL)
        return error_set(err, ERROR_SOURCE_ADDRESS, "%s must not hold a query", settings_name(id));
    rest->base = memory_string(base);
    size_t len = strlen(rest->base);
    while (len > 0 && rest->base[len - 1] == '/')
        rest->base[--len] = '\0';
    return true;
}

static void take_pace(struct rest *rest, const struct settings *settings)
{
    double rate = (double)settings_integer(settings, rest->api->rate);
    double burst = rate / 2 < 1 ? 1 : rate / 2;
    rest->bucket = (struct bucket){
        .rate = rate, .burst = burst, .tokens = burst, .at_us = clock_monotonic_us()};
    rest->give_up_us = settings_integer(settings, SET_GIVE_UP) * 1000000;
}

static void take_headers(struct rest *rest, const struct rest_options *options)
{
    rest->secret = memory_string(settings_text(options->settings, rest->api->key));
    rest->authorization = memory_format("Authorization: Bearer %s", rest->secret);
    rest->headers[rest->header_count++] = rest->authorization;
    rest->headers[rest->header_count++] = "Accept: application/json";
    if (options->version != NULL)
        rest->headers[rest->header_count++] = options->version;
    if (rest->scope != NULL)
        rest->headers[rest->header_count++] = rest->scope;
}

bool rest_new(const struct rest_options *options, struct rest **ret_rest, struct error *err)
{
    struct rest *rest = memory_zero(1, sizeof(*rest));
    rest->api = options->api;
    rest->scope = options->take_scope;
    rest->calls_end = &rest->calls;
    if (!check_key(options->settings, rest->api->key, err) ||
        !take_base(rest, options->settings, err) || !http_new(&rest->http, err)) {
        rest_free(rest);
        return false;
    }
    take_headers(rest, options);
    take_pace(rest, options->settings);
    *ret_rest = rest;
    return true;
}

/* ---- calls ---- */

static void call_unlink(struct rest_call *call)
{
    struct rest_call **link = &call->rest->calls;
    while (*link != call)
        link = &(*link)->next;
    *link = call->next;
    if (call->rest->calls_end == &call->next)
        call->rest->calls_end = link;
}

static void call_free(struct rest_call *call)
{
    if (call->transfer != NULL) {
        http_cancel(call->transfer);
        call->rest->in_flight--;
    }
    buffer_free(&call->body);
    free(call->path);
    free(call);
}

void rest_free(struct rest *rest)
{
    if (rest == NULL)
        return;
    while (rest->calls != NULL) {
        struct rest_call *call = rest->calls;
        call_unlink(call);
        call_free(call);
    }
    while (rest->jobs != NULL) {
        struct rest_job *job = rest->jobs;
        rest->jobs = job->next;
        job->release(job);
    }
    http_free(rest->http);
    secret_free(rest->secret);
    secret_free(rest->authorization);
    free(rest->scope);
    free(rest->base);
    free(rest);
}

void rest_get(struct rest *rest, const struct rest_request *request)
{
    struct rest_call *call = memory_zero(1, sizeof(*call));
    call->rest = rest;
    call->path = memory_string(request->path);
    call->owner = request->owner;
    call->bounded = request->bounded;
    call->done = request->done;
    call->context = request->context;
    call->body.max = REST_MAX_BODY;
    call->backoff.policy = rest->api->backoff;
    call->due_us = INT64_MIN;
    call->begun_us = TIME_NONE;
    *rest->calls_end = call;
    rest->calls_end = &call->next;
}

void rest_drop(struct rest *rest, const void *owner)
{
    struct rest_call *call = rest->calls;
    while (call != NULL) {
        struct rest_call *next = call->next;
        if (call->owner == owner) {
            call_unlink(call);
            call_free(call);
        }
        call = next;
    }
}

void rest_job_begin(struct rest *rest, struct rest_job *job, void (*release)(struct rest_job *job))
{
    job->release = release;
    job->next = rest->jobs;
    rest->jobs = job;
}

void rest_job_end(struct rest *rest, struct rest_job *job)
{
    struct rest_job **link = &rest->jobs;
    while (*link != job)
        link = &(*link)->next;
    *link = job->next;
}

static void call_end(struct rest_call *call, const struct rest_reply *reply,
                     const struct error *err)
{
    call_unlink(call);
    call->done(call->context, reply, err);
    call_free(call);
}

/* ---- retries ---- */

static bool has_given_up(const struct rest_call *call, int64_t now_us)
{
    int64_t limit = call->rest->give_up_us;
    return limit > 0 && now_us - call->begun_us >= limit;
}

/* After the server's own time, or ours: the longer one; but not past the moment at which patience
 * ends. */
static void call_again(struct rest_call *call, const struct error *err)
{
    struct rest *rest = call->rest;
    int64_t now_us = clock_monotonic_us();
    if (has_given_up(call, now_us)) {
        call_end(call, NULL, err);
        return;
    }
    int64_t delay_us = backoff_next(&call->backoff);
    if (delay_us < err->retry_after_us)
        delay_us = err->retry_after_us;
    int64_t patience_us = call->begun_us + rest->give_up_us;
    call->due_us = now_us + delay_us;
    if (rest->give_up_us > 0 && call->due_us > patience_us)
        call->due_us = patience_us;
    call->waiting = true;
    call->why = *err;
    rest->meter.retries++;
    bool limited = error_class(err) == CLASS_RATE_LIMITED;
    if (limited && rest->api->limit_shared && rest->gate_us < call->due_us)
        rest->gate_us = call->due_us;
}

/* Bad answers are counted, lost connections and rate limits are not: those say nothing about the
 * request. */
static void call_judged(struct rest_call *call, enum rest_verdict verdict, const struct error *err)
{
    bool counts = verdict == REST_ODD ||
                  (call->bounded && err->http_status > 0 && error_class(err) == CLASS_TRANSIENT);
    call->bad_answers += counts ? 1 : 0;
    if (verdict == REST_FINAL || call->bad_answers >= REST_TRIES)
        call_end(call, NULL, err);
    else
        call_again(call, err);
}

/* What is left of the allowance, less what is under way and may not be counted yet, must do for one
 * more: otherwise everything waits until the counter starts anew. */
static void obey_limit(struct rest *rest, const struct rest_headers *headers)
{
    if (headers->remaining >= 0 && headers->reset_us >= 0) {
        rest->meter.quota_left = (uint64_t)headers->remaining;
        rest->quota_until_us = clock_monotonic_us() + headers->reset_us;
    }
    if (headers->remaining < 0 || headers->reset_us < 0 ||
        headers->remaining > (int64_t)rest->in_flight)
        return;
    int64_t until_us = clock_monotonic_us() + headers->reset_us;
    if (rest->gate_us < until_us)
        rest->gate_us = until_us;
}

/* ---- transfers ---- */

static bool call_on_header(void *context, struct str name, struct str value)
{
    struct rest_call *call = context;
    rest_headers_add(&call->headers, name, value, clock_wall_us());
    return true;
}

static bool call_on_data(void *context, const char *bytes, size_t len)
{
    struct rest_call *call = context;
    buffer_append(&call->body, bytes, len);
    return buffer_ok(&call->body);
}

/* The ways to end without a whole answer. */
static enum rest_verdict judge_broken(const struct rest_api *api, const struct http_result *result,
                                      struct error *err)
{
    switch (result->end) {
    case HTTP_END_TIMEOUT:
        error_set(err, ERROR_SOURCE_TIMEOUT, "%s: %s", api->name, result->text);
        return REST_AGAIN;
    case HTTP_END_TLS:
        error_set(err, ERROR_SOURCE_TLS, "%s: %s", api->name, result->text);
        return REST_FINAL;
    case HTTP_END_STOPPED:
        error_set(err, ERROR_SOURCE_TOO_LARGE, "%s sends more than %u bytes at once", api->name,
                  REST_MAX_BODY);
        return REST_FINAL;
    default:
        error_set(err, ERROR_SOURCE_UNAVAILABLE, "%s: %s", api->name, result->text);
        return REST_AGAIN;
    }
}

static void call_on_done(void *context, const struct http_result *result)
{
    struct rest_call *call = context;
    struct rest *rest = call->rest;
    struct error err = {.id = ERROR_NONE};
    call->transfer = NULL;
    rest->in_flight--;
    obey_limit(rest, &call->headers);
    enum rest_verdict verdict =
        result->end == HTTP_END_COMPLETE
            ? rest_judge(rest->api, call->path, result->status, buffer_str(&call->body),
                         &call->headers, rest->secret, &err)
            : judge_broken(rest->api, result, &err);
    if (verdict != REST_ANSWER) {
        call_judged(call, verdict, &err);
        return;
    }
    struct rest_reply reply = {buffer_str(&call->body), call->asked_ns};
    call_end(call, &reply, NULL);
}

static void call_begin(struct rest_call *call, int64_t now_us)
{
    struct rest *rest = call->rest;
    struct error err = {.id = ERROR_NONE};
    struct http_handler handler = {call_on_header, call_on_data, call_on_done, call};
    char *url AUTO_FREE = memory_format("%s%s", rest->base, call->path);
    struct http_request request = {
        .url = url,
        .headers = rest->headers,
        .header_count = rest->header_count,
        .timeout_us = TIMEOUT_US,
    };
    call->waiting = false;
    call->asked_ns = clock_wall_us() * 1000;
    if (call->begun_us == TIME_NONE)
        call->begun_us = now_us;
    buffer_clear(&call->body);
    rest_headers_begin(&call->headers);
    rest->meter.requests++;
    if (!http_start(rest->http, &request, &handler, &call->transfer, &err)) {
        call_end(call, NULL, &err);
        return;
    }
    rest->in_flight++;
}

/* ---- running ---- */

/* Begins one request if one may begin. Otherwise *ret_next_us is when to look again, or INT64_MAX:
 * when something ended. The list may change under our hands, so the search starts over each time.
 */
static bool rest_begin_one(struct rest *rest, int64_t now_us, int64_t *ret_next_us)
{
    int64_t next_us = INT64_MAX;
    struct rest_call *call = rest->in_flight < REST_IN_FLIGHT ? rest->calls : NULL;
    for (; call != NULL; call = call->next) {
        if (call->transfer != NULL)
            continue;
        int64_t due_us = call->due_us > rest->gate_us ? call->due_us : rest->gate_us;
        if (due_us <= now_us)
            break;
        if (due_us < next_us)
            next_us = due_us;
    }
    int64_t pace_us = call == NULL ? 0 : bucket_take(&rest->bucket, now_us);
    if (call != NULL && pace_us == 0) {
        call_begin(call, now_us);
        return true;
    }
    *ret_next_us = call == NULL ? next_us : now_us + pace_us;
    return false;
}

void rest_step(struct rest *rest, int64_t timeout_us)
{
    int64_t next_us, now_us = clock_monotonic_us();
    while (rest_begin_one(rest, now_us, &next_us))
        ;
    if (next_us != INT64_MAX && next_us - now_us < timeout_us)
        timeout_us = next_us - now_us;
    http_step(rest->http, timeout_us);
}

void rest_wake(struct rest *rest)
{
    http_wake(rest->http);
}

void rest_meter(const struct rest *rest, struct source_meter *ret_meter)
{
    int64_t last_us = INT64_MIN;
    *ret_meter = rest->meter;
    ret_meter->quota_known = clock_monotonic_us() < rest->quota_until_us;
    ret_meter->bytes = http_bytes(rest->http);
    for (const struct rest_call *call = rest->calls; call != NULL; call = call->next) {
        int64_t due_us = call->waiting ? call->due_us : INT64_MIN + 1;
        if (call->why.id != ERROR_NONE && due_us > last_us) {
            last_us = due_us;
            ret_meter->last_error = call->why;
        }
        if (call->transfer == NULL && rest->gate_us > due_us)
            due_us = rest->gate_us;
        if (call->transfer == NULL && due_us > ret_meter->waiting_until_us)
            ret_meter->waiting_until_us = due_us;
    }
}

void rest_count_documents(struct rest *rest, size_t count)
{
    rest->meter.documents_read += count;
}

void rest_append_escaped(struct buffer *path, struct str text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (size_t i = 0; i < text.len; i++) {
        if (memchr(plain, text.data[i], sizeof(plain) - 1) != NULL)
            buffer_append_char(path, text.data[i]);
        else
            buffer_append_format(path, "%%%02X", (unsigned)(unsigned char)text.data[i]);
    }
}
