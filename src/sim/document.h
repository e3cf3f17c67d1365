/* Documents on the wire, their names, and the moment a read sees. */
#ifndef ORDERSYNC_SIM_DOCUMENT_H
#define ORDERSYNC_SIM_DOCUMENT_H

#include "sim/call.h"
#include "source/firestore.pb-c.h"

#define DOCUMENT_MAX_BYTES (1u << 20)

/* Finds call->store by any name in the database; every method begins with it. */
bool database_select(struct call *call, const char *name, struct rpc_status *status);
/* "projects/P/databases/(default)/documents/Orders/1" -> "Orders/1"; "" for the root itself. */
bool document_relative(const struct store *store, const char *name, struct str *ret_path,
                       struct rpc_status *status);
/* Collection path and id of a document's full name. */
bool document_split(const struct store *store, const char *name, struct str *ret_collection,
                    struct str *ret_id, struct rpc_status *status);
/* The full name, in the arena. */
struct str document_name(struct arena *arena, const struct store_collection *collection,
                         const struct store *store, struct str id);

/* Appends a Document as field `field`: the view's own fields, or `body` when its data is not NULL.
 */
void document_append(struct buffer *out, uint32_t field, const struct store *store,
                     const struct store_collection *collection, const struct store_view *view,
                     const struct str *body);

/* What a read says about its moment; pointers and data NULL where it says nothing. */
struct moment_request {
    ProtobufCBinaryData transaction;
    const Google__Firestore__V1__TransactionOptions *new_transaction;
    const Google__Firestore__V1__Timestamp *read_time;
};
#define TRANSACTION_SIZE 17
struct moment {
    int64_t read_us;
    bool begun; /* a transaction began with this read: `transaction` goes into the answer */
    uint8_t transaction[TRANSACTION_SIZE];
};
bool moment_resolve(struct call *call, const struct moment_request *request,
                    struct moment *ret_moment, struct rpc_status *status);
/* The moment a transaction's token names. */
bool transaction_parse(ProtobufCBinaryData token, int64_t *ret_read_us, struct rpc_status *status);
/* FAILED_PRECONDITION when versions of that moment may be gone. */
bool moment_check(const struct store *store, int64_t read_us, struct rpc_status *status);

int64_t time_from_proto(const Google__Firestore__V1__Timestamp *time);
void time_to_proto(int64_t time_us, Google__Firestore__V1__Timestamp *ret_time);

#endif
