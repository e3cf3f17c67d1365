/* Following a collection: Listen over gRPC on a connection of its own (facts, Listen semantics).
 *
 * Two steps keep it simple. What the stream brings is put into an inbox while libcurl runs;
 * listen_pump() tells it afterwards, when everything may be done: also ending the stream. And
 * holding back means that the pool of the stream is not stepped: its peer's data stays in the
 * socket, then in the peer. Nor is it while the inbox has something left to tell. */
#include "source/firestore_listen.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/settings.h"
#include "source/listen_state.h"

#define MAX_INBOX (64u << 20) /* what libcurl reads in one go is about 4 MiB, one message 17 */
#define KEEP_INBOX (1u << 20) /* what an empty inbox keeps for the next messages */
#define MAX_REQUEST (1u << 20)
/* A stream that ends at once, but looks well before it does, is not opened faster than this. */
#define MIN_SPACING_US INT64_C(250000)
/* A planned reconnect waits so long for a snapshot, so that nothing is told twice. */
#define RECONNECT_GRACE_US SECONDS_US(300)
/* Streams that were ended by the server before they had caught up; the same position never succeeds
 * (facts, section 0, point 5). Nor does the whole set, which is billed each time: reading it in
 * pages costs as much once. */
#define MAX_CUT_SHORT 2
/* A read time younger than this was not refused for its age. */
#define STALE_AGE_NS (INT64_C(600) * 1000000000)

/* ---- telling ---- */

struct listen_event listen_event_of(enum listen_event_kind kind)
{
    return (struct listen_event){.kind = kind, .read_time_ns = TIME_NONE};
}

void listen_tell(struct listen *listen, struct listen_event event)
{
    listen->event(listen->context, &event);
}

static void tell_end(struct listen *listen, enum listen_event_kind kind, const struct error *err,
                     int64_t retry_in_us)
{
    struct error copy = *err;
    struct listen_event event = listen_event_of(kind);
    event.err = &copy;
    event.retry_in_us = retry_in_us;
    listen_tell(listen, event);
}

/* ---- the end of a stream ---- */

static void stream_close(struct listen *listen)
{
    google_auth_forget(listen->source->client.auth, listen);
    if (listen->call != NULL)
        grpc_cancel(listen->call);
    listen->call = NULL;
    /* The memory stays until the next stream: an event may be pointing into it right now. */
    listen->inbox_at = listen->inbox.len;
    listen->phase = PHASE_STOPPED;
    listen->number++;
}

/* To be opened again after `delay_us`. */
void listen_lose(struct listen *listen, const struct error *err, int64_t delay_us)
{
    int64_t now_us = clock_monotonic_us();
    int64_t earliest_us = listen->began_us + MIN_SPACING_US;
    if (delay_us < err->retry_after_us)
        delay_us = err->retry_after_us;
    if (now_us + delay_us < earliest_us)
        delay_us = earliest_us - now_us;
    stream_close(listen);
    listen->phase = PHASE_WAITING;
    listen->due_us = now_us + delay_us;
    listen->lost += err->id != ERROR_NONE;
    tell_end(listen, LISTEN_LOST, err, delay_us);
}

static void listen_fail(struct listen *listen, const struct error *err)
{
    stream_close(listen);
    listen->lost++;
    tell_end(listen, LISTEN_FAILED, err, 0);
}

static void listen_fail_stale(struct listen *listen, const struct error *err)
{
    struct error stale = *err;
    stale.id = ERROR_SOURCE_STALE;
    listen_fail(listen, &stale);
}

/* Words of refusal that a position may have caused. Whether one did cannot be known; a position
 * from a moment ago did not. */
static bool blames_position(const struct listen *listen, enum grpc_code code)
{
    if (listen->current || listen->resumed == LISTEN_FROM_NOTHING)
        return false;
    if (listen->resumed == LISTEN_FROM_TIME &&
        clock_wall_us() * 1000 - listen->resume_ns < STALE_AGE_NS)
        return false;
    return code == GRPC_INVALID_ARGUMENT || code == GRPC_FAILED_PRECONDITION ||
           code == GRPC_OUT_OF_RANGE;
}

static int64_t next_delay(struct listen *listen, enum grpc_code code, const struct error *err)
{
    bool overloaded = code == GRPC_RESOURCE_EXHAUSTED || err->id == ERROR_SOURCE_PROTOCOL;
    if (overloaded)
        backoff_to_cap(&listen->backoff);
    return backoff_next(&listen->backoff);
}

/* Ended by an error; `code` is GRPC_OK when it was none of gRPC's. Retried: the codes Google's
 * clients retry a Listen on, for ever. A peer that talks nonsense may be a proxy having a bad
 * moment, so that is tried again too, at the slowest pace. */
void listen_ended(struct listen *listen, enum grpc_code code, const struct error *err)
{
    enum error_class class = error_class(err);
    if (blames_position(listen, code)) {
        listen_fail_stale(listen, err);
        return;
    }
    if (code == GRPC_UNAUTHENTICATED)
        google_auth_refuse(listen->source->client.auth);
    if (class == CLASS_TRANSIENT || class == CLASS_RATE_LIMITED || code == GRPC_UNAUTHENTICATED ||
        err->id == ERROR_SOURCE_PROTOCOL)
        listen_lose(listen, err, next_delay(listen, code, err));
    else
        listen_fail(listen, err);
}

/* Ended by the server although it went well so far: what long streams are due. */
static void listen_finished(struct listen *listen)
{
    struct error error = {.id = ERROR_NONE};
    if (!listen->current)
        error_set(&error, ERROR_SOURCE_UNAVAILABLE, "Listen: the server ended the stream");
    listen_lose(listen, &error, backoff_next(&listen->backoff));
}

/* The target was removed, or the stream did not catch up in time. */
void listen_cut(struct listen *listen, enum grpc_code code, const struct error *err)
{
    if (!listen->current && ++listen->cut_short >= MAX_CUT_SHORT) {
        listen_fail_stale(listen, err);
        return;
    }
    /* The whole set again, and paid again: not in a hurry. */
    if (!listen->current && listen->resumed == LISTEN_FROM_NOTHING)
        backoff_to_cap(&listen->backoff);
    listen_ended(listen, code, err);
}

bool listen_budget_stops(struct listen *listen)
{
    struct error error;
    if (read_budget_check(&listen->source->client.budget, clock_wall_us(), &error))
        return false;
    listen_lose(listen, &error, 0);
    return true;
}

/* ---- the inbox ---- */

static bool inbox_put(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct listen *listen = context;
    if (listen->inbox.len + sizeof(len) + len > MAX_INBOX)
        return error_set(err, ERROR_SOURCE_UNAVAILABLE, "Listen: more than %u bytes at once",
                         MAX_INBOX);
    listen->heard_us = clock_monotonic_us();
    buffer_append(&listen->inbox, &len, sizeof(len));
    buffer_append(&listen->inbox, bytes, len);
    return true;
}

static bool inbox_is_empty(const struct listen *listen)
{
    return listen->inbox_at == listen->inbox.len;
}

static struct str inbox_take(struct listen *listen)
{
    size_t len;
    memcpy(&len, listen->inbox.data + listen->inbox_at, sizeof(len));
    struct str bytes = {listen->inbox.data + listen->inbox_at + sizeof(len), len};
    listen->inbox_at += sizeof(len) + len;
    return bytes;
}

static void inbox_tidy(struct listen *listen)
{
    if (!inbox_is_empty(listen))
        return;
    listen->inbox_at = 0;
    if (listen->inbox.cap > KEEP_INBOX)
        buffer_free(&listen->inbox);
    else
        buffer_clear(&listen->inbox);
}

static void stream_end(void *context, enum grpc_code code, const struct error *err)
{
    struct listen *listen = context;
    listen->call = NULL;
    listen->end_code = code;
    listen->end_error = err == NULL ? (struct error){.id = ERROR_NONE} : *err;
}

static void take_message(struct listen *listen, struct str bytes)
{
    struct listen_message message;
    struct error error;
    if (!listen_message_read(bytes, FIRESTORE_TARGET, &message, &error)) {
        listen_ended(listen, GRPC_OK, &error);
        return;
    }
    listen_react(listen, &message);
}

void listen_pump(struct listen *listen)
{
    while (listen->phase == PHASE_OPEN && !listen->held && !inbox_is_empty(listen))
        take_message(listen, inbox_take(listen));
    if (listen->phase == PHASE_OPEN && !listen->held && listen->call == NULL) {
        if (listen->end_code == GRPC_OK)
            listen_finished(listen);
        else
            listen_ended(listen, listen->end_code, &listen->end_error);
    }
    inbox_tidy(listen);
}

/* ---- the beginning of a stream ---- */

static bool stream_start(struct listen *listen, const char *authorization, struct error *err)
{
    struct buffer message = {.max = MAX_REQUEST};
    struct str token = buffer_str(&listen->token);
    firestore_encode_listen(&listen->source->place, token, listen->resume_ns, &message);
    struct grpc_request request = {
        .method = "Listen",
        .authorization = authorization,
        .message = message.data,
        .message_len = message.len,
        .keep_open = true,
        .fresh = true,
    };
    struct grpc_handler handler = {inbox_put, stream_end, listen};
    bool ok = buffer_ok(&message)
                  ? grpc_start(listen->channel, &request, &handler, &listen->call, err)
                  : error_set(err, ERROR_SOURCE_TOO_LARGE, "a request of more than %u bytes",
                              MAX_REQUEST);
    buffer_free(&message);
    return ok;
}

static enum listen_resume resume_kind(const struct listen *listen)
{
    if (listen->token.len > 0)
        return LISTEN_FROM_TOKEN;
    return listen->resume_ns != TIME_NONE ? LISTEN_FROM_TIME : LISTEN_FROM_NOTHING;
}

static void stream_authorized(void *context, const char *authorization, const struct error *err)
{
    struct listen *listen = context;
    struct error error;
    listen->phase = PHASE_OPEN;
    listen->call = NULL;
    if (err == NULL && stream_start(listen, authorization, &error)) {
        listen->source->client.meter.requests++;
        listen->opened++;
        return;
    }
    /* Told by the pump like every other end. */
    listen->end_code = GRPC_UNKNOWN;
    listen->end_error = err == NULL ? error : *err;
}

static void stream_begin(struct listen *listen)
{
    listen->resumed = resume_kind(listen);
    listen->began_us = clock_monotonic_us();
    listen->heard_us = listen->began_us;
    listen->caught_us = listen->began_us;
    listen->told_open = false;
    listen->current = false;
    listen->snapped = false;
    listen->beaten = false;
    inbox_tidy(listen);
    if (listen_budget_stops(listen))
        return;
    listen->phase = PHASE_TOKEN;
    google_auth_get(listen->source->client.auth, stream_authorized, listen);
}

/* ---- timers ---- */

/* Google's emulator says nothing while nothing happens: from a server that never had a heartbeat
 * silence after a snapshot is no fault. */
static void on_silence(struct listen *listen)
{
    struct error error = {.id = ERROR_NONE};
    if (!listen->snapped || listen->beaten)
        error_set(&error, ERROR_SOURCE_TIMEOUT, "Listen: nothing was heard for %lld s",
                  (long long)(listen->silence_us / 1000000));
    listen_lose(listen, &error, backoff_next(&listen->backoff));
}

static void on_not_current(struct listen *listen)
{
    struct error error;
    error_set(&error, ERROR_SOURCE_TIMEOUT, "Listen: not caught up, and no document for %lld s",
              (long long)(listen->current_us / 1000000));
    listen_cut(listen, GRPC_DEADLINE_EXCEEDED, &error);
}

static void on_old_age(struct listen *listen)
{
    struct error error = {.id = ERROR_NONE};
    google_auth_refuse(listen->source->client.auth);
    listen_lose(listen, &error, 0);
}

struct timer {
    int64_t due_us;
    void (*ring)(struct listen *listen);
};

/* The next one of those that run. None runs while held, or while something waits to be told. */
static struct timer next_timer(const struct listen *listen)
{
    struct timer next = {INT64_MAX, NULL};
    if (listen->phase == PHASE_WAITING && !listen->held)
        next = (struct timer){listen->due_us, stream_begin};
    if (listen->phase != PHASE_OPEN || listen->held)
        return next;
    int64_t age_us = listen->reconnect_us + (listen->snapped ? 0 : RECONNECT_GRACE_US);
    const struct timer timers[] = {
        {listen->heard_us + listen->silence_us, on_silence},
        {listen->current ? INT64_MAX : listen->caught_us + listen->current_us, on_not_current},
        {listen->began_us + age_us, on_old_age},
    };
    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        if (timers[i].due_us < next.due_us)
            next = timers[i];
    }
    return next;
}

static bool has_news(const struct listen *listen)
{
    return listen->phase == PHASE_OPEN && !listen->held &&
           (listen->call == NULL || !inbox_is_empty(listen));
}

struct http *listen_prepare(struct listen *listen, int64_t *timeout_us)
{
    int64_t now_us = clock_monotonic_us();
    struct timer timer = next_timer(listen);
    bool due = timer.ring != NULL && timer.due_us <= now_us && !has_news(listen);
    /* Who was not stepped for long (a busy thread, a machine asleep) reads first and judges the
     * silence after. */
    if (due && (listen->was_due || listen->phase == PHASE_WAITING)) {
        timer.ring(listen);
        timer = next_timer(listen);
        due = false;
    }
    listen->was_due = due;
    if (has_news(listen) || timer.due_us <= now_us)
        *timeout_us = 0;
    else if (timer.due_us - now_us < *timeout_us)
        *timeout_us = timer.due_us - now_us;
    /* What was read is told first: else a reader that takes a part at a time reads ever further
     * ahead of what it tells, until the inbox is full. */
    return listen->call == NULL || listen->held || !inbox_is_empty(listen) ? NULL : listen->http;
}

/* ---- the operations ---- */

static void listen_place(struct listen *listen, const struct listen_start *start)
{
    stream_close(listen);
    buffer_clear(&listen->token);
    if (start->token.len > 0 && start->token.len <= LISTEN_MAX_TOKEN)
        buffer_append_str(&listen->token, start->token);
    listen->resume_ns = start->read_time_ns;
    listen->cut_short = 0;
    backoff_reset(&listen->backoff);
    listen->phase = PHASE_WAITING;
    listen->due_us = clock_monotonic_us();
}

static void firestore_listen_start(struct source *source, const struct listen_start *start,
                                   listen_fn *event, void *context)
{
    source->listen->event = event;
    source->listen->context = context;
    listen_place(source->listen, start);
}

static void firestore_listen_restart(struct source *source, const struct listen_start *start)
{
    listen_place(source->listen, start);
}

/* Time spent held is no silence of the server's. */
static void firestore_listen_hold(struct source *source, bool held)
{
    struct listen *listen = source->listen;
    if (listen->held && !held) {
        listen->heard_us = clock_monotonic_us();
        listen->caught_us = listen->heard_us;
    }
    listen->held = held;
}

static void firestore_listen_stop(struct source *source)
{
    stream_close(source->listen);
}

const struct listen_ops firestore_listen = {
    .start = firestore_listen_start,
    .restart = firestore_listen_restart,
    .hold = firestore_listen_hold,
    .stop = firestore_listen_stop,
};

bool listen_new(struct source *source, const struct settings *settings,
                const struct grpc_channel_options *channel, struct listen **ret_listen,
                struct error *err)
{
    struct listen *listen = memory_zero(1, sizeof(*listen));
    listen->source = source;
    listen->token.max = LISTEN_MAX_TOKEN;
    listen->inbox.max = MAX_INBOX;
    listen->resume_ns = TIME_NONE;
    listen->backoff.policy = &backoff_listen;
    listen->silence_us = SECONDS_US(settings_integer(settings, SET_LISTEN_SILENCE));
    listen->current_us = SECONDS_US(settings_integer(settings, SET_LISTEN_CURRENT));
    listen->reconnect_us = SECONDS_US(settings_integer(settings, SET_LISTEN_RECONNECT));
    if (!http_new(&listen->http, err) ||
        !grpc_channel_new(listen->http, channel, &listen->channel, err)) {
        listen_free(listen);
        return false;
    }
    *ret_listen = listen;
    return true;
}

void listen_free(struct listen *listen)
{
    if (listen == NULL)
        return;
    stream_close(listen);
    grpc_channel_free(listen->channel);
    http_free(listen->http);
    buffer_free(&listen->token);
    buffer_free(&listen->inbox);
    free(listen);
}

void listen_meter(const struct listen *listen, struct source_meter *meter)
{
    meter->listen_opened = listen->opened;
    meter->listen_lost = listen->lost;
    meter->bytes += http_bytes(listen->http);
}
