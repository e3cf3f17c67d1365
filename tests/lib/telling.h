/* A Listen call of the simulator without a network: a store, the requests of a client, and what the
 * stream tells, as one word a message. No threads. */
#ifndef ORDERSYNC_TESTS_TELLING_H
#define ORDERSYNC_TESTS_TELLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/call.h"
#include "sim/store.h"
#include "source/firestore.pb-c.h"

#define TELLING_DATABASE "projects/p/databases/(default)"
#define TELLING_ROOT TELLING_DATABASE "/documents"

struct telling {
    struct call_service service;
    struct store *store;
    struct http2_stream stream;
    struct call call;
    struct rpc_status status;
    enum call_step step; /* the last */
    struct buffer told;
    struct buffer token; /* of the last snapshot */
    int64_t snapshot_us;
};

/* cmocka's setup and teardown: an empty store and an open stream; no heartbeat for an hour. */
int telling_setup(void **state);
int telling_teardown(void **state);
/* Ends the stream and opens another one. */
void telling_again(struct telling *telling);

/* Writes a document of Orders, given as JSON; NULL deletes it. telling_put() is a commit of its own
 * and returns its time. */
void telling_put_at(struct telling *telling, const char *id, const char *json, int64_t commit_us);
int64_t telling_put(struct telling *telling, const char *id, const char *json);

/* A request with all that it points to; it must not move. */
struct telling_target {
    Google__Firestore__V1__ListenRequest message;
    Google__Firestore__V1__Target target;
    Google__Firestore__V1__Target__QueryTarget query;
    Google__Firestore__V1__StructuredQuery structured;
    Google__Firestore__V1__StructuredQuery__CollectionSelector from, *froms[1];
    Google__Firestore__V1__StructuredQuery__Filter filter;
    Google__Firestore__V1__StructuredQuery__FieldFilter field_filter;
    Google__Firestore__V1__StructuredQuery__FieldReference field;
    Google__Firestore__V1__Value value;
    Google__Firestore__V1__Int32Value limit, expected;
    Google__Firestore__V1__Timestamp read_time;
    Google__Firestore__V1__Target__DocumentsTarget documents;
};
/* Begins it: adds a target with this id, all of Orders. */
void telling_target_orders(struct telling_target *target, int32_t id);
/* Of them those with n equal to `number`. */
void telling_target_where(struct telling_target *target, int64_t number);
/* From the last snapshot's token, which is borrowed; from a time. */
void telling_target_resume(struct telling_target *target, const struct telling *telling);
void telling_target_since(struct telling_target *target, int64_t time_us);
/* These documents instead of a query; the names are borrowed. */
void telling_target_documents(struct telling_target *target, char **names, size_t count);

/* False: refused, telling->status says why. */
bool telling_ask(struct telling *telling, const struct telling_target *target);
/* Asks for all of Orders as target 1, or fails the test. */
void telling_ask_orders(struct telling *telling);

/* Everything there is to tell now, joined by spaces; valid until the next call. "+a=1": document a,
 * its fields' numbers; "-a=1" left the target, "xa" is deleted, "?a" removed, "#3" a filter's
 * count; "add", "remove(9)" with its cause, "current", "reset", each with "@2" when it is of
 * another target than 1; "snapshot". */
const char *telling_all(struct telling *telling);

#endif
