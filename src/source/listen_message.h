/* google.firestore.v1.ListenResponse, read from the wire. Pure; any thread. What the messages mean
 * in sequence is in firestore_listen.c. */
#ifndef ORDERSYNC_SOURCE_LISTEN_MESSAGE_H
#define ORDERSYNC_SOURCE_LISTEN_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum listen_message_kind {
    LISTEN_MESSAGE_NOTHING, /* a kind this version does not know, or about another target */
    LISTEN_MESSAGE_KEEP,    /* TargetChange.NO_CHANGE */
    LISTEN_MESSAGE_ADD,
    LISTEN_MESSAGE_REMOVE,
    LISTEN_MESSAGE_CURRENT,
    LISTEN_MESSAGE_RESET,
    LISTEN_MESSAGE_CHANGED, /* DocumentChange with our target in target_ids */
    LISTEN_MESSAGE_LEFT,    /* DocumentChange with our target in removed_target_ids */
    LISTEN_MESSAGE_DELETED, /* DocumentDelete */
    LISTEN_MESSAGE_REMOVED, /* DocumentRemove */
    LISTEN_MESSAGE_FILTER,
};

/* Texts point into the message. */
struct listen_message {
    enum listen_message_kind kind;
    bool global;          /* a target change without target ids: about all of them */
    struct str name;      /* of the document, whole */
    struct str document;  /* CHANGED: the Document's bytes */
    struct str token;     /* of a target change; empty: none */
    int64_t read_time_ns; /* TIME_NONE: none */
    int64_t count;        /* FILTER */
    int cause;            /* REMOVE: google.rpc.Code, INTERNAL when the server names none */
    struct str cause_text;
};

/* `target`: the id we asked with. Errors: ERROR_SOURCE_PROTOCOL. */
MUST_CHECK bool listen_message_read(struct str bytes, int64_t target,
                                    struct listen_message *ret_message, struct error *err);

#endif
