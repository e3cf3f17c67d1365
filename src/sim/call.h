/* gRPC calls on top of HTTP/2 streams: framing, statuses, faults. A method is a row of a table. */
#ifndef ORDERSYNC_SIM_CALL_H
#define ORDERSYNC_SIM_CALL_H

#include <stdbool.h>
#include <protobuf-c/protobuf-c.h>

#include "base/memory.h"
#include "sim/fault.h"
#include "sim/http2.h"
#include "sim/databases.h"

enum rpc_code {
    RPC_OK = 0,
    RPC_INVALID_ARGUMENT = 3,
    RPC_NOT_FOUND = 5,
    RPC_ALREADY_EXISTS = 6,
    RPC_RESOURCE_EXHAUSTED = 8,
    RPC_FAILED_PRECONDITION = 9,
    RPC_ABORTED = 10,
    RPC_UNIMPLEMENTED = 12,
    RPC_INTERNAL = 13,
    RPC_UNAVAILABLE = 14,
};

struct rpc_status {
    enum rpc_code code;
    char message[240];
};
/* Sets it and returns false. */
bool rpc_fail(struct rpc_status *status, enum rpc_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct call;
enum call_step {
    CALL_MORE, /* ask again when the client has taken what there is */
    CALL_WAIT, /* nothing until it is woken, or until stream->ask_at_us */
    CALL_DONE,
    CALL_ERROR, /* *status says why */
};

struct call_method {
    const char *name; /* "RunQuery" */
    const ProtobufCMessageDescriptor *request;
    /* Looks at call->request; a unary method also writes its answer. False: the status alone is the
     * answer. */
    bool (*start)(struct call *call, struct rpc_status *status);
    /* Streams only: appends some messages to call_out(call). */
    enum call_step (*step)(struct call *call, struct rpc_status *status);
    void (*finish)(void *state);
    /* Bidirectional streams only: takes one more message of the request. Their start() comes before
     * it, with no call->request; stream->request_ended says that none follows. */
    bool (*receive)(struct call *call, ProtobufCMessage *take_message, struct rpc_status *status);
};

/* How Listen behaves. */
struct listen_options {
    int64_t heartbeat_us; /* between two snapshots when nothing changes */
    int64_t token_us;     /* older resume tokens are expired; 0: those beyond the history alone */
    int64_t remember_us;  /* older deletes are not told to who resumes, but counted; 0: all told */
    enum expired_answer {
        EXPIRED_RESET,  /* RESET, then everything */
        EXPIRED_REMOVE, /* the target is removed, FAILED_PRECONDITION its cause */
        EXPIRED_STATUS, /* the stream ends with FAILED_PRECONDITION */
    } expired;
};

/* One simulated service; owner of nothing. */
struct call_service {
    const char *prefix; /* "/google.firestore.v1.Firestore/" */
    const struct call_method *methods;
    size_t method_count;
    struct databases *databases;
    struct fault_set *faults;
    uint64_t next_transaction;
    uint64_t requests;
    struct listen_options listen;
    struct call *streams; /* bidirectional calls under way */
};

struct call {
    struct call_service *service;
    struct http2_stream *stream;
    const struct call_method *method;
    struct store *store; /* of the database that the request names */
    ProtobufCMessage *request;
    void *state;
    struct fault_effect fault;
    size_t messages; /* sent so far */
    size_t bytes;    /* before those in call_out() */
    int64_t opened_us;
    bool current; /* Listen: its targets are */
    struct call *next;
    struct call *previous;
};

extern const struct http2_handlers call_handlers; /* context: a struct call_service */

/* Whether a step should append another message now. */
bool call_wants(const struct call *call);
/* Whether the call's fault has reached its point of the stream. */
bool call_fault_due(const struct call *call);
/* After a commit: bidirectional calls look for something to tell. */
void call_wake_streams(struct call_service *service);
/* A fault for every bidirectional call under way. */
void call_strike_streams(struct call_service *service, const struct fault_effect *effect);
struct buffer *call_out(struct call *call);
/* Length-prefixed messages: begin, append the message's bytes, end. */
size_t call_message_begin(struct call *call);
void call_message_end(struct call *call, size_t begin);
/* The same for a message of protobuf-c. */
void call_message_pack(struct call *call, const ProtobufCMessage *message);

#endif
