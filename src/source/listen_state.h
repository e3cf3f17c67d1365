/* What the two files of the Firestore listener share: its state. firestore_listen.c is the life of
 * its streams, listen_react.c what their messages mean. Nobody else includes this. */
#ifndef ORDERSYNC_SOURCE_LISTEN_STATE_H
#define ORDERSYNC_SOURCE_LISTEN_STATE_H

#include "base/backoff.h"
#include "source/firestore_internal.h"
#include "source/listen_message.h"

#define LISTEN_MAX_TOKEN (64u << 10)

enum phase {
    PHASE_STOPPED,
    PHASE_WAITING, /* until due_us */
    PHASE_TOKEN,   /* asks for credentials */
    PHASE_OPEN,
};

struct listen {
    struct source *source;
    struct http *http;
    struct grpc_channel *channel;
    int64_t silence_us;
    int64_t current_us;
    int64_t reconnect_us;
    listen_fn *event;
    void *context;
    uint64_t opened;
    uint64_t lost;

    /* Where to resume: the token, or without one the time, or neither. */
    struct buffer token;
    int64_t resume_ns;
    unsigned cut_short;
    struct backoff backoff;
    enum phase phase;
    int64_t due_us;
    bool held;
    bool was_due; /* at the previous step; the socket was read since */

    /* The stream under way. */
    uint64_t number; /* of the stream: who tells looks whether it still is the same afterwards */
    struct grpc_call *call; /* NULL: ended, see end_code */
    enum listen_resume resumed;
    int64_t began_us;
    int64_t heard_us;  /* latest message */
    int64_t caught_us; /* latest document, or the beginning, before CURRENT */
    bool told_open;
    bool current;
    bool snapped;        /* consistent: nothing came since the latest snapshot */
    bool beaten;         /* a message came after a snapshot: this server has a heartbeat */
    struct buffer inbox; /* lengths and messages */
    size_t inbox_at;
    enum grpc_code end_code;
    struct error end_error;
};

/* An event with nothing but its kind. */
struct listen_event listen_event_of(enum listen_event_kind kind);
void listen_tell(struct listen *listen, struct listen_event event);

/* Ends of the stream under way; each tells LOST or FAILED. `code` is GRPC_OK when the error is none
 * of gRPC's. */
void listen_lose(struct listen *listen, const struct error *err, int64_t delay_us);
void listen_ended(struct listen *listen, enum grpc_code code, const struct error *err);
/* The server removed the target, or did not let it catch up. */
void listen_cut(struct listen *listen, enum grpc_code code, const struct error *err);
/* true: the day's reads are used up, and the stream was ended for it. */
bool listen_budget_stops(struct listen *listen);

/* One message of the stream. */
void listen_react(struct listen *listen, const struct listen_message *message);

#endif
