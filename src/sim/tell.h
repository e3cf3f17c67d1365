/* The messages of a Listen stream, written as bytes. */
#ifndef ORDERSYNC_SIM_TELL_H
#define ORDERSYNC_SIM_TELL_H

#include "sim/call.h"
#include "sim/query.h"

enum tell_change {
    TELL_NO_CHANGE = 0,
    TELL_ADD = 1,
    TELL_REMOVE = 2,
    TELL_CURRENT = 3,
    TELL_RESET = 4,
};

/* A TargetChange. `id` 0 means all targets; `time_us` 0 no read time and no token. The token is
 * good for the target whose hash is `token_hash`. `cause` NULL: none. */
struct tell_target {
    enum tell_change change;
    int32_t id;
    int64_t time_us;
    uint32_t token_hash;
    const struct rpc_status *cause;
};
void tell_target(struct call *call, const struct tell_target *message);

/* A DocumentChange: in the target, or, when `removed`, no longer in it. */
void tell_document(struct call *call, int32_t id, const struct query_result *result, bool removed);
/* A DocumentDelete or, when `unsure`, a DocumentRemove. */
void tell_gone(struct call *call, int32_t id, const char *name, int64_t time_us, bool unsure);
void tell_filter(struct call *call, int32_t id, int64_t count);

/* Resume tokens, as Google's: opaque bytes with microseconds in them. */
bool token_parse(ProtobufCBinaryData token, int64_t *ret_time_us, uint32_t *ret_hash);

#endif
