/* One target of a Listen stream: what its client knows, and what is told to bring it to a moment.
 */
#ifndef ORDERSYNC_SIM_TARGET_H
#define ORDERSYNC_SIM_TARGET_H

#include "sim/call.h"
#include "source/firestore.pb-c.h"

struct target;

/* A place in the log of changes, and the moment it belongs to. */
struct target_point {
    uint64_t number; /* of the first change after it */
    int64_t time_us;
};
struct target_point target_now(struct store *store);

enum target_step {
    TARGET_MORE,    /* ask again, when there is room */
    TARGET_REACHED, /* it is current at the point, and has nothing more to tell */
    TARGET_GONE,    /* it was removed, and the client told */
    TARGET_FAILED,  /* the stream ends: *status */
};

/* Takes the request, which adds a target; `id` is its own or one assigned. Errors: what production
 * refuses. On failure the request is freed as well. */
bool target_open(struct call *call, Google__Firestore__V1__ListenRequest *take_request, int32_t id,
                 struct target **ret_target, struct rpc_status *status);
void target_close(struct target *target);
int32_t target_id(const struct target *target);
uint32_t target_token_hash(const struct target *target); /* of what it asks for: tell.h */
/* Whether everything up to `point` was told. */
bool target_reached(const struct target *target, struct target_point point);
/* Whether it was ever told CURRENT, and no RESET since. */
bool target_is_current(const struct target *target);
bool target_is_once(const struct target *target);

/* Tells what is missing until `point`, as far as there is room. A target that is not yet current
 * becomes so at a point that it chooses by itself: target_point(). Sets *told when anything was
 * told that a snapshot must follow. */
enum target_step target_advance(struct target *target, struct call *call, struct target_point point,
                                bool *told, struct rpc_status *status);
struct target_point target_point(const struct target *target);

/* From the next step on: everything anew; the count, wrong by `more`; REMOVE, code 0 for no cause.
 */
void target_reset(struct target *target);
void target_miscount(struct target *target, int64_t more);
void target_remove(struct target *target, const struct rpc_status *cause);

#endif
