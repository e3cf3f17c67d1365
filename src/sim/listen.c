/* All targets of a stream are brought to one point of the log, a commit at a time; then a snapshot
 * is told, and the next commit is looked at. */
#include "sim/listen.h"

#include <stdlib.h>

#include "base/clock.h"
#include "sim/target.h"
#include "sim/tell.h"

#define COALESCE_CHANGES 1000 /* who is further behind is told last states only */

struct listen {
    struct target *targets[LISTEN_MAX_TARGETS];
    size_t count;
    int32_t last_id; /* assigned */
    struct target_point point;
    bool told; /* since the last snapshot */
    int64_t heartbeat_us;
};

bool listen_start(struct call *call, struct rpc_status *status)
{
    (void)status;
    call->state = memory_zero(1, sizeof(struct listen));
    return true;
}

void listen_finish(void *state)
{
    struct listen *listen = state;
    for (size_t i = 0; i < listen->count; i++)
        target_close(listen->targets[i]);
    free(listen);
}

/* ---- requests ---- */

static struct target *listen_find(struct listen *listen, int32_t id)
{
    for (size_t i = 0; i < listen->count; i++) {
        if (target_id(listen->targets[i]) == id)
            return listen->targets[i];
    }
    return NULL;
}

static bool listen_add(struct call *call, Google__Firestore__V1__ListenRequest *take_request,
                       struct rpc_status *status)
{
    struct listen *listen = call->state;
    int32_t id = take_request->add_target->target_id;
    const char *problem = NULL;
    if (listen->count == LISTEN_MAX_TARGETS)
        problem = "Too many targets in one stream.";
    else if (id < 0)
        problem = "A target_id cannot be negative.";
    else if (id > 0 && listen_find(listen, id) != NULL)
        problem = "The target_id is in use.";
    if (problem != NULL) {
        google__firestore__v1__listen_request__free_unpacked(take_request, NULL);
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "%s", problem);
    }
    while (id == 0 && listen_find(listen, listen->last_id + 1) != NULL)
        listen->last_id++;
    if (id == 0)
        id = ++listen->last_id;
    if (!target_open(call, take_request, id, &listen->targets[listen->count], status))
        return false;
    listen->count++;
    return true;
}

bool listen_receive(struct call *call, ProtobufCMessage *take_message, struct rpc_status *status)
{
    Google__Firestore__V1__ListenRequest *request = (void *)take_message;
    struct listen *listen = call->state;
    struct rpc_status none = {.code = RPC_OK};
    const struct store *before = call->store;
    bool good = database_select(call, request->database, status);
    if (good && before != NULL && before != call->store)
        good = rpc_fail(status, RPC_INVALID_ARGUMENT, "The database of a stream cannot change.");
    if (good && request->target_change_case ==
                    GOOGLE__FIRESTORE__V1__LISTEN_REQUEST__TARGET_CHANGE_ADD_TARGET)
        return listen_add(call, request, status);
    if (good && request->target_change_case ==
                    GOOGLE__FIRESTORE__V1__LISTEN_REQUEST__TARGET_CHANGE_REMOVE_TARGET) {
        struct target *target = listen_find(listen, request->remove_target);
        if (target != NULL)
            target_remove(target, &none);
    }
    google__firestore__v1__listen_request__free_unpacked(request, NULL);
    return good;
}

/* ---- answers ---- */

static void listen_drop(struct listen *listen, struct target *target)
{
    for (size_t i = 0; i < listen->count; i++) {
        if (listen->targets[i] == target) {
            target_close(target);
            listen->targets[i] = listen->targets[--listen->count];
            return;
        }
    }
}

/* A target that has something left to tell before the next snapshot: who is not current comes
 * first, because the others have to come to its point. */
static struct target *listen_pending(struct listen *listen)
{
    struct target *behind = NULL;
    for (size_t i = 0; i < listen->count; i++) {
        struct target *target = listen->targets[i];
        if (!target_is_current(target))
            return target;
        if (behind == NULL && !target_reached(target, listen->point))
            behind = target;
    }
    return behind;
}

static void listen_snapshot(struct call *call, struct listen *listen)
{
    struct tell_target message = {.change = TELL_NO_CHANGE, .time_us = listen->point.time_us};
    if (listen->count == 1)
        message.token_hash = target_token_hash(listen->targets[0]);
    tell_target(call, &message);
    listen->told = false;
    listen->heartbeat_us = clock_monotonic_us() + call->service->listen.heartbeat_us;
    call->current = true;
    for (size_t i = 0; i < listen->count; i++) {
        if (target_is_once(listen->targets[i]))
            target_remove(listen->targets[i], &(struct rpc_status){.code = RPC_OK});
    }
}

/* The next commit, or all of them when the client is far behind. False when there is none. */
static bool listen_next(struct call *call, struct listen *listen)
{
    const struct store *store = call->store;
    uint64_t end = store_change_end(store);
    uint64_t next = listen->point.number;
    if (next == end)
        return false;
    if (next < store_change_first(store) || end - next > COALESCE_CHANGES)
        next = end - 1;
    int64_t commit_us = store_change_at(store, next).commit_us;
    while (next < end && store_change_at(store, next).commit_us == commit_us)
        next++;
    listen->point = (struct target_point){next, commit_us};
    return true;
}

static enum call_step listen_idle(struct call *call, struct listen *listen)
{
    if (call->stream->request_ended)
        return CALL_DONE;
    if (listen->count == 0)
        return CALL_WAIT;
    if (clock_monotonic_us() >= listen->heartbeat_us) {
        listen->point.time_us = store_now(call->store);
        listen->told = true;
        return CALL_MORE;
    }
    call->stream->ask_at_us = listen->heartbeat_us;
    return CALL_WAIT;
}

static enum call_step listen_advance(struct call *call, struct listen *listen,
                                     struct target *target, struct rpc_status *status)
{
    bool was_current = target_is_current(target);
    switch (target_advance(target, call, listen->point, &listen->told, status)) {
    case TARGET_REACHED:
        if (!was_current) {
            listen->point = target_point(target);
            listen->told = true;
        }
        return CALL_MORE;
    case TARGET_GONE:
        listen_drop(listen, target);
        return CALL_MORE;
    case TARGET_FAILED:
        return CALL_ERROR;
    default:
        return CALL_MORE;
    }
}

static enum call_step listen_turn(struct call *call, struct listen *listen,
                                  struct rpc_status *status)
{
    struct target *target = listen_pending(listen);
    if (target != NULL)
        return listen_advance(call, listen, target, status);
    if (listen->told && listen->count > 0)
        listen_snapshot(call, listen);
    else if (listen->count == 0 || !listen_next(call, listen))
        return listen_idle(call, listen);
    return CALL_MORE;
}

/* Faults that strike targets. */
static void listen_fault(struct call *call, struct listen *listen)
{
    struct fault_effect fault = call->fault;
    struct rpc_status cause = {.code = (enum rpc_code)fault.code,
                               .message = "The target was removed on purpose."};
    if ((fault.kind != FAULT_RESET && fault.kind != FAULT_REMOVE && fault.kind != FAULT_FILTER) ||
        !call_fault_due(call))
        return;
    for (size_t i = 0; i < listen->count; i++) {
        if (fault.kind == FAULT_RESET)
            target_reset(listen->targets[i]);
        else if (fault.kind == FAULT_REMOVE)
            target_remove(listen->targets[i], &cause);
        else
            target_miscount(listen->targets[i], fault.more);
    }
    call->fault = (struct fault_effect){.kind = FAULT_NONE};
}

enum call_step listen_step(struct call *call, struct rpc_status *status)
{
    struct listen *listen = call->state;
    enum call_step step = CALL_MORE;
    listen_fault(call, listen);
    while (step == CALL_MORE && call_wants(call)) {
        size_t before = call_out(call)->len;
        step = listen_turn(call, listen, status);
        if (call_out(call)->len == before)
            break;
    }
    return step;
}
