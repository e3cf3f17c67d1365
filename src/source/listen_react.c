/* What the messages of a Listen stream mean (facts, Listen semantics, State machine): one reaction
 * for each kind. */
#include "base/clock.h"
#include "source/listen_state.h"

static void on_add(struct listen *listen, const struct listen_message *message)
{
    (void)message;
    listen_tell(listen, listen_event_of(LISTEN_ALIVE));
}

static void on_current(struct listen *listen, const struct listen_message *message)
{
    (void)message;
    listen->current = true;
    listen->cut_short = 0;
    listen_tell(listen, listen_event_of(LISTEN_ALIVE));
}

/* What the position described is void as well. */
static void on_reset(struct listen *listen, const struct listen_message *message)
{
    struct listen_event event = listen_event_of(LISTEN_RESET);
    event.read_time_ns = message->read_time_ns;
    buffer_clear(&listen->token);
    listen->resume_ns = TIME_NONE;
    listen->current = false;
    listen->snapped = false;
    listen->caught_us = listen->heard_us;
    listen_tell(listen, event);
}

static void on_remove(struct listen *listen, const struct listen_message *message)
{
    struct error error;
    error_set(&error, grpc_code_error(message->cause),
              "Listen: the server removed the target: %s: %.*s", grpc_code_name(message->cause),
              STR_ARG(message->cause_text));
    listen_cut(listen, (enum grpc_code)message->cause, &error);
}

/* Without a token the read time says the same: "the client knows the state at that time". */
static void snapshot_keep(struct listen *listen, const struct listen_message *message)
{
    buffer_clear(&listen->token);
    buffer_append_str(&listen->token, message->token);
    listen->resume_ns = message->read_time_ns;
    listen->snapped = true;
}

static void on_keep(struct listen *listen, const struct listen_message *message)
{
    struct listen_event event = listen_event_of(LISTEN_ALIVE);
    bool snapshot = message->global && message->read_time_ns != TIME_NONE && listen->current;
    listen->beaten = listen->beaten || listen->snapped;
    if (snapshot && message->token.len <= LISTEN_MAX_TOKEN) {
        snapshot_keep(listen, message);
        event.kind = LISTEN_SNAPSHOT;
        event.read_time_ns = message->read_time_ns;
        event.token = message->token;
    }
    listen_tell(listen, event);
}

static void on_filter(struct listen *listen, const struct listen_message *message)
{
    struct listen_event event = listen_event_of(LISTEN_FILTER);
    event.count = message->count;
    listen_tell(listen, event);
}

static void lose_to_nonsense(struct listen *listen, struct str name)
{
    struct error error;
    error_set(&error, ERROR_SOURCE_PROTOCOL, "Listen: a document of another collection: %.*s",
              name.len < 200 ? (int)name.len : 200, name.data);
    listen_ended(listen, GRPC_OK, &error);
}

/* A document that was created, changed or left is billed as one read, a deleted one is not. */
static void on_document(struct listen *listen, const struct listen_message *message)
{
    struct listen_event event = listen_event_of(LISTEN_UNSURE);
    bool billed = message->kind == LISTEN_MESSAGE_CHANGED || message->kind == LISTEN_MESSAGE_LEFT;
    event.read_time_ns = message->read_time_ns;
    if (!firestore_place_id(&listen->source->place, message->name, &event.id)) {
        lose_to_nonsense(listen, message->name);
        return;
    }
    if (message->kind == LISTEN_MESSAGE_CHANGED) {
        event.kind = LISTEN_DOCUMENT;
        event.raw = message->document;
    } else if (message->kind == LISTEN_MESSAGE_DELETED && message->read_time_ns != TIME_NONE) {
        event.kind =
            LISTEN_GONE; /* without the time it could not be ordered: then to be looked at */
    }
    if (billed)
        client_read(&listen->source->client, 1);
    listen->snapped = false;
    listen->caught_us = listen->heard_us;
    uint64_t number = listen->number;
    listen_tell(listen, event);
    if (billed && listen->number == number)
        listen_budget_stops(listen);
}

static void on_nothing(struct listen *listen, const struct listen_message *message)
{
    (void)listen;
    (void)message;
}

static void (*const reactions[])(struct listen *listen, const struct listen_message *message) = {
    [LISTEN_MESSAGE_NOTHING] = on_nothing,  [LISTEN_MESSAGE_KEEP] = on_keep,
    [LISTEN_MESSAGE_ADD] = on_add,          [LISTEN_MESSAGE_REMOVE] = on_remove,
    [LISTEN_MESSAGE_CURRENT] = on_current,  [LISTEN_MESSAGE_RESET] = on_reset,
    [LISTEN_MESSAGE_CHANGED] = on_document, [LISTEN_MESSAGE_LEFT] = on_document,
    [LISTEN_MESSAGE_DELETED] = on_document, [LISTEN_MESSAGE_REMOVED] = on_document,
    [LISTEN_MESSAGE_FILTER] = on_filter,
};

static void tell_opened(struct listen *listen)
{
    struct listen_event event = listen_event_of(LISTEN_OPENED);
    listen->told_open = true;
    event.resumed = listen->resumed;
    listen_tell(listen, event);
}

void listen_react(struct listen *listen, const struct listen_message *message)
{
    uint64_t number = listen->number;
    if (!listen->told_open)
        tell_opened(listen);
    if (listen->number != number)
        return;
    /* The server took the target and keeps track of it: whatever went wrong before is over. */
    if (message->token.len > 0 && message->kind != LISTEN_MESSAGE_NOTHING)
        backoff_reset(&listen->backoff);
    reactions[message->kind](listen, message);
}
