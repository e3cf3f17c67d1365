/* One request to Firestore until it has its answer: token, call, retries with backoff, the end.
 * What is asked and what is done with the messages is in a table of functions, one per kind of
 * request. Owned by the engine thread. */
#ifndef ORDERSYNC_SOURCE_OPERATION_H
#define ORDERSYNC_SOURCE_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/backoff.h"
#include "base/error.h"
#include "base/memory.h"
#include "source/google_auth.h"
#include "source/grpc.h"
#include "source/read_budget.h"
#include "source/source.h"

struct operation;

struct operation_kind {
    const char *method; /* "RunQuery" */
    int64_t deadline_us;
    /* Writes the request as it is now: after a broken attempt it may ask only for the rest. */
    void (*encode)(struct operation *operation, struct buffer *ret_message);
    grpc_message_fn *message; /* context: the operation */
    /* The stream ended well: is the answer whole? A transient error asks again. NULL: yes. */
    bool (*check)(struct operation *operation, struct error *err);
    /* Hands over the answer (err NULL) or the final error, to whoever asked. */
    void (*deliver)(struct operation *operation, const struct error *err);
    void (*release)(struct operation *operation); /* frees what it holds, and itself */
};

/* First member of the struct of each kind. */
struct operation {
    struct operation *next;
    const struct operation_kind *kind;
    struct client *client;
    struct grpc_call *call;
    struct backoff backoff;
    int64_t due_us;     /* monotonic: when to begin; TIME_NONE while under way */
    int64_t patient_us; /* monotonic: since when nothing arrived, for give_up */
    bool waiting;       /* backs off after an error */
    bool token_renewed; /* a fresh token was tried */
    bool complete;      /* enough was received: message() ended the stream by returning false */
    struct error error; /* of the latest attempt */
};

/* All requests of one source. */
struct client {
    struct http *http;
    struct grpc_channel *channel;
    struct google_auth *auth;
    int64_t give_up_us; /* 0: never */
    struct operation *operations;
    struct source_meter meter; /* without bytes, waiting_until_us and the budget's */
    struct read_budget budget;
};

/* Takes ownership. Begins in the next client_step(). `operation` is zeroed but for what its kind
 * knows. */
void client_run(struct client *client, struct operation *take_operation,
                const struct operation_kind *kind);
/* To be called by message(): something arrived, patience and backoff begin anew. */
void operation_progress(struct operation *operation);
/* Documents were sent that are billed as `reads`. */
void client_read(struct client *client, uint64_t reads);
/* Begins what is due, runs transfers and callbacks, also those of `beside` (may be NULL, see
 * http_step_pair()), waits up to timeout_us. */
void client_step(struct client *client, struct http *beside, int64_t timeout_us);
void client_meter(const struct client *client, struct source_meter *ret_meter);
void client_cancel(struct client *client); /* releases all operations without delivering */

#endif
