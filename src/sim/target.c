/* The state of one target. What is told comes from the store's log of changes, and from walks over
 * old versions; nothing is queued, so a slow reader costs no memory. */
#include "sim/target.h"

#include <stdlib.h>
#include <string.h>

#include "sim/query.h"
#include "sim/tell.h"

#define ADVANCE_CHANGES 2048 /* looked at before other streams get their turn */
#define COUNT_DOCUMENTS 8192 /* the same */
#define FUTURE_US (60ll * 1000000)

enum target_phase {
    PHASE_ADD,      /* nothing was told yet */
    PHASE_RESET,    /* RESET, then as PHASE_WALK */
    PHASE_WALK,     /* everything as of `goal` */
    PHASE_CATCH_UP, /* resumed: the changes between `known` and `goal` */
    PHASE_COUNT,    /* for an existence filter */
    PHASE_CURRENT,
    PHASE_REMOVE, /* by the client, or by a fault */
};

struct target {
    struct store *store;
    Google__Firestore__V1__ListenRequest *request;
    const Google__Firestore__V1__Target *message;
    int32_t id;
    uint32_t hash;
    enum target_phase phase;
    bool current;
    struct query_run *matcher; /* NULL: named documents */
    struct query_run *walk;    /* of PHASE_WALK and PHASE_COUNT */
    size_t document_at;        /* the same of named documents */
    struct target_point known; /* what the client has */
    struct target_point goal;  /* what it is brought to */
    uint64_t at;               /* the next change on the way there */
    bool forgot;               /* something that left was not told */
    bool miscount;             /* a count shall be told, wrong by `more` */
    int64_t more;
    int64_t count;
    struct rpc_status cause; /* of PHASE_REMOVE */
};

struct target_point target_now(struct store *store)
{
    return (struct target_point){store_change_end(store), store_now(store)};
}

int32_t target_id(const struct target *target)
{
    return target->id;
}

uint32_t target_token_hash(const struct target *target)
{
    return target->hash;
}

struct target_point target_point(const struct target *target)
{
    return target->known;
}

bool target_is_current(const struct target *target)
{
    return target->current;
}

bool target_is_once(const struct target *target)
{
    return target->message->once;
}

bool target_reached(const struct target *target, struct target_point point)
{
    return target->phase == PHASE_CURRENT && !target->miscount &&
           target->known.number == point.number && target->known.time_us == point.time_us;
}

/* ---- opening ---- */

/* FNV-1a over what the target asks for, never 0. */
static uint32_t target_hash(const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = memory_alloc(size + 1);
    uint32_t hash = 2166136261u;
    protobuf_c_message_pack(message, bytes);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    free(bytes);
    return hash == 0 ? 1 : hash;
}

static bool open_query(struct target *target, struct rpc_status *status)
{
    const Google__Firestore__V1__Target__QueryTarget *query = target->message->query;
    if (query->query_type_case !=
        GOOGLE__FIRESTORE__V1__TARGET__QUERY_TARGET__QUERY_TYPE_STRUCTURED_QUERY)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "A query target without a query");
    target->hash = target_hash(&query->base);
    return query_open(target->store, query->parent, query->structured_query, 0, &target->matcher,
                      status);
}

static bool open_documents(struct target *target, struct rpc_status *status)
{
    const Google__Firestore__V1__Target__DocumentsTarget *documents = target->message->documents;
    struct str collection, id;
    target->hash = target_hash(&documents->base);
    for (size_t i = 0; i < documents->n_documents; i++) {
        if (!document_split(target->store, documents->documents[i], &collection, &id, status))
            return false;
    }
    return true;
}

bool target_open(struct call *call, Google__Firestore__V1__ListenRequest *take_request, int32_t id,
                 struct target **ret_target, struct rpc_status *status)
{
    struct target *target = memory_zero(1, sizeof(*target));
    target->store = call->store;
    target->request = take_request;
    target->message = take_request->add_target;
    target->id = id;
    bool good;
    switch (target->message->target_type_case) {
    case GOOGLE__FIRESTORE__V1__TARGET__TARGET_TYPE_QUERY:
        good = open_query(target, status);
        break;
    case GOOGLE__FIRESTORE__V1__TARGET__TARGET_TYPE_DOCUMENTS:
        good = open_documents(target, status);
        break;
    default:
        good = rpc_fail(status, RPC_INVALID_ARGUMENT, "A target without a type");
    }
    if (good)
        *ret_target = target;
    else
        target_close(target);
    return good;
}

void target_close(struct target *target)
{
    if (target == NULL)
        return;
    query_close(target->matcher);
    query_close(target->walk);
    google__firestore__v1__listen_request__free_unpacked(target->request, NULL);
    free(target);
}

void target_reset(struct target *target)
{
    if (target->phase == PHASE_ADD || target->phase == PHASE_REMOVE)
        return;
    target->phase = PHASE_RESET;
    target->current = false;
}

void target_miscount(struct target *target, int64_t more)
{
    target->miscount = true;
    target->more = more;
}

void target_remove(struct target *target, const struct rpc_status *cause)
{
    target->phase = PHASE_REMOVE;
    target->cause = *cause;
}

/* ---- what is in the result ---- */

static bool documents_have(const struct target *target, const struct store_collection *collection,
                           struct str id)
{
    const Google__Firestore__V1__Target__DocumentsTarget *documents = target->message->documents;
    struct rpc_status ignored;
    struct str path, name;
    for (size_t i = 0; i < documents->n_documents; i++) {
        if (document_split(target->store, documents->documents[i], &path, &name, &ignored) &&
            str_equal(name, id) && str_equal(path, str_from(store_collection_path(collection))))
            return true;
    }
    return false;
}

static bool target_covers(const struct target *target, const struct store_change *change)
{
    if (target->matcher == NULL)
        return documents_have(target, change->collection, change->id);
    return query_covers(target->matcher, change->collection);
}

static bool target_match(struct target *target, const struct store_collection *collection,
                         const struct store_view *view, struct query_result *ret_result)
{
    if (target->matcher != NULL)
        return query_match(target->matcher, collection, view, ret_result);
    *ret_result = (struct query_result){.collection = collection, .view = *view};
    return true;
}

/* ---- changes ---- */

static void tell_twice(struct call *call, const struct target *target,
                       const struct query_result *result, bool removed)
{
    tell_document(call, target->id, result, removed);
    if (call->fault.kind == FAULT_DUPLICATE)
        tell_document(call, target->id, result, removed);
}

static void tell_left(struct call *call, const struct target *target,
                      const struct store_change *change)
{
    bool unsure = call->fault.kind == FAULT_UNSURE;
    char *name AUTO_FREE =
        memory_format("%s/%s/%.*s", store_root(target->store),
                      store_collection_path(change->collection), STR_ARG(change->id));
    tell_gone(call, target->id, name, target->goal.time_us, unsure);
    if (call->fault.kind == FAULT_DUPLICATE)
        tell_gone(call, target->id, name, target->goal.time_us, unsure);
}

/* Whether a document that left is told of to who was away then. */
static bool change_remembered(const struct target *target, const struct call *call,
                              const struct store_change *change)
{
    int64_t remember_us = call->service->listen.remember_us;
    if (target->phase != PHASE_CATCH_UP)
        return true;
    return call->fault.kind != FAULT_FORGET &&
           (remember_us == 0 || change->commit_us >= target->goal.time_us - remember_us);
}

static void change_reorder(struct target *target, struct call *call,
                           const struct store_change *change)
{
    struct store_view old;
    struct query_result result;
    if (call->fault.kind == FAULT_REORDER && store_change_before(target->store, target->at, &old) &&
        target_match(target, change->collection, &old, &result))
        tell_document(call, target->id, &result, false);
}

/* What the change at target->at means between `known` and `goal`; true when something was told. */
static bool change_tell(struct target *target, struct call *call, const struct store_change *change)
{
    struct store_view before, after;
    struct query_result result;
    bool exists = store_change_view(target->store, target->at, target->goal.time_us, &after);
    if (exists && target_match(target, change->collection, &after, &result)) {
        tell_twice(call, target, &result, false);
        change_reorder(target, call, change);
        return true;
    }
    if (!store_change_view(target->store, target->at, target->known.time_us, &before) ||
        !target_match(target, change->collection, &before, &result))
        return false;
    if (!change_remembered(target, call, change)) {
        target->forgot = true;
        return true;
    }
    if (exists && call->fault.kind != FAULT_UNSURE) {
        result = (struct query_result){.collection = change->collection, .view = after};
        tell_twice(call, target, &result, true);
    } else {
        tell_left(call, target, change);
    }
    change_reorder(target, call, change);
    return true;
}

/* Changes up to `goal`. Only the last of a document is told. REACHED: all of them were. */
static enum target_step target_changes(struct target *target, struct call *call, bool *told)
{
    if (target->known.number < store_change_first(target->store)) {
        target_reset(target); /* too slow: the log went on, and old versions went with it */
        return TARGET_MORE;
    }
    for (int i = 0; i < ADVANCE_CHANGES && target->at < target->goal.number; i++, target->at++) {
        struct store_change change = store_change_at(target->store, target->at);
        if (!call_wants(call))
            return TARGET_MORE;
        if (!target_covers(target, &change) ||
            !store_change_is_last(target->store, target->at, target->goal.time_us))
            continue;
        if (target->matcher != NULL && query_is_limited(target->matcher)) {
            target_reset(target); /* who takes the place of whom is not kept: all is told again */
            return TARGET_MORE;
        }
        *told |= change_tell(target, call, &change);
    }
    return target->at < target->goal.number ? TARGET_MORE : TARGET_REACHED;
}

/* ---- the whole result ---- */

static bool walk_open(struct target *target, struct rpc_status *status)
{
    const Google__Firestore__V1__Target__QueryTarget *query = target->message->query;
    target->document_at = 0;
    query_close(target->walk);
    target->walk = NULL;
    return target->matcher == NULL ||
           query_open(target->store, query->parent, query->structured_query, target->goal.time_us,
                      &target->walk, status);
}

/* The next of the named documents; GONE when it does not exist. */
static enum query_next documents_next(struct target *target, struct query_result *result)
{
    const Google__Firestore__V1__Target__DocumentsTarget *documents = target->message->documents;
    struct rpc_status ignored;
    struct str path, id;
    if (target->document_at == documents->n_documents)
        return QUERY_END;
    const char *name = documents->documents[target->document_at++];
    document_split(target->store, name, &path, &id, &ignored);
    struct store_collection *collection = store_collection(target->store, path, false);
    *result = (struct query_result){.collection = collection};
    bool found =
        collection != NULL && store_get(collection, id, target->goal.time_us, &result->view);
    return found ? QUERY_RESULT : QUERY_AGAIN;
}

static enum query_next walk_next(struct target *target, struct query_result *result,
                                 struct rpc_status *status)
{
    if (target->walk != NULL)
        return query_next(target->walk, result, status);
    return documents_next(target, result);
}

static enum target_step target_walk(struct target *target, struct call *call, bool *told,
                                    struct rpc_status *status)
{
    struct query_result result;
    while (call_wants(call)) {
        switch (walk_next(target, &result, status)) {
        case QUERY_RESULT:
            tell_document(call, target->id, &result, false);
            *told = true;
            break;
        case QUERY_AGAIN:
            if (target->walk != NULL)
                return TARGET_MORE;
            tell_gone(call, target->id,
                      target->message->documents->documents[target->document_at - 1],
                      target->goal.time_us, false);
            break;
        case QUERY_END:
            return TARGET_REACHED;
        case QUERY_FAILED:
            if (status->code != RPC_FAILED_PRECONDITION)
                return TARGET_FAILED;
            *status = (struct rpc_status){.code = RPC_OK};
            target_reset(target); /* the walk took longer than old versions are kept */
            return TARGET_MORE;
        }
    }
    return TARGET_MORE;
}

static enum target_step target_count(struct target *target, struct rpc_status *status)
{
    struct query_result result;
    for (int i = 0; i < COUNT_DOCUMENTS; i++) {
        enum query_next next = walk_next(target, &result, status);
        if (next == QUERY_FAILED)
            return TARGET_FAILED;
        if (next == QUERY_END)
            return TARGET_REACHED;
        target->count += next == QUERY_RESULT;
        if (next == QUERY_AGAIN && target->walk != NULL)
            break;
    }
    return TARGET_MORE;
}

/* ---- beginning ---- */

static void tell_state(const struct target *target, struct call *call, enum tell_change change)
{
    struct tell_target message = {.change = change, .id = target->id, .token_hash = target->hash};
    if (change == TELL_CURRENT || change == TELL_RESET)
        message.time_us = target->goal.time_us;
    if (change == TELL_REMOVE && target->cause.code != RPC_OK)
        message.cause = &target->cause;
    tell_target(call, &message);
}

static enum target_step target_refuse(struct target *target, enum rpc_code code, const char *reason)
{
    target->phase = PHASE_REMOVE;
    rpc_fail(&target->cause, code, "%s", reason);
    return TARGET_MORE;
}

static enum target_step target_expired(struct target *target, struct call *call, bool by_token,
                                       struct rpc_status *status)
{
    static const char reason[] = "The requested snapshot version is too old.";
    enum expired_answer answer = call->service->listen.expired;
    if (answer == EXPIRED_STATUS) {
        rpc_fail(status, RPC_FAILED_PRECONDITION, "%s", reason);
        return TARGET_FAILED;
    }
    if (answer == EXPIRED_REMOVE || !by_token)
        return target_refuse(target, RPC_FAILED_PRECONDITION, reason);
    target->phase = PHASE_RESET;
    return TARGET_MORE;
}

/* The first change after `time_us`. */
static uint64_t log_find(const struct store *store, int64_t time_us)
{
    uint64_t low = store_change_first(store), high = store_change_end(store);
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (store_change_at(store, middle).commit_us <= time_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum target_step target_resume(struct target *target, struct call *call, int64_t time_us,
                                      bool by_token, struct rpc_status *status)
{
    int64_t age = call->service->listen.token_us;
    if (time_us > target->goal.time_us + FUTURE_US)
        return target_refuse(target, RPC_INVALID_ARGUMENT, "read_time cannot be in the future.");
    if (time_us < store_floor(target->store) ||
        (by_token &&
         (call->fault.kind == FAULT_EXPIRE || (age > 0 && time_us < target->goal.time_us - age))))
        return target_expired(target, call, by_token, status);
    target->known = (struct target_point){log_find(target->store, time_us), time_us};
    target->at = target->known.number;
    target->phase = PHASE_CATCH_UP;
    return TARGET_MORE;
}

static enum target_step target_begin(struct target *target, struct call *call,
                                     struct rpc_status *status)
{
    const Google__Firestore__V1__Target *message = target->message;
    int64_t time_us;
    uint32_t hash;
    tell_state(target, call, TELL_ADD);
    target->goal = target_now(target->store);
    target->phase = PHASE_WALK;
    switch (message->resume_type_case) {
    case GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_RESUME_TOKEN:
        if (message->resume_token.len == 0)
            break;
        if (!token_parse(message->resume_token, &time_us, &hash) ||
            (hash != 0 && hash != target->hash))
            return target_refuse(target, RPC_INVALID_ARGUMENT,
                                 "The resume token is not of this target.");
        return target_resume(target, call, time_us, true, status);
    case GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_READ_TIME:
        return target_resume(target, call, time_from_proto(message->read_time), false, status);
    default:
        break;
    }
    return walk_open(target, status) ? TARGET_MORE : TARGET_FAILED;
}

/* ---- the states ---- */

static bool count_wanted(const struct target *target)
{
    return target->forgot || target->miscount ||
           (target->phase == PHASE_CATCH_UP && target->message->expected_count != NULL);
}

static enum target_step target_become_current(struct target *target, struct call *call)
{
    tell_state(target, call, TELL_CURRENT);
    target->phase = PHASE_CURRENT;
    target->current = true;
    return TARGET_REACHED;
}

/* Everything up to `goal` was told. */
static enum target_step target_arrive(struct target *target, struct call *call,
                                      struct rpc_status *status)
{
    target->known = target->goal;
    target->at = target->goal.number;
    if (count_wanted(target)) {
        target->phase = PHASE_COUNT;
        target->count = 0;
        return walk_open(target, status) ? TARGET_MORE : TARGET_FAILED;
    }
    return target->current ? TARGET_REACHED : target_become_current(target, call);
}

static enum target_step target_counted(struct target *target, struct call *call)
{
    const Google__Firestore__V1__Int32Value *expected = target->message->expected_count;
    int64_t count = target->count + (target->miscount ? target->more : 0);
    if (target->forgot || target->miscount || expected == NULL || expected->value != count)
        tell_filter(call, target->id, count < 0 ? 0 : count);
    target->forgot = false;
    target->miscount = false;
    if (!target->current)
        return target_become_current(target, call);
    target->phase = PHASE_CURRENT;
    return TARGET_REACHED;
}

static enum target_step target_restart(struct target *target, struct call *call,
                                       struct rpc_status *status)
{
    target->goal = target_now(target->store);
    target->phase = PHASE_WALK;
    target->forgot = false;
    tell_state(target, call, TELL_RESET);
    return walk_open(target, status) ? TARGET_MORE : TARGET_FAILED;
}

enum target_step target_advance(struct target *target, struct call *call, struct target_point point,
                                bool *told, struct rpc_status *status)
{
    enum target_step step;
    switch (target->phase) {
    case PHASE_ADD:
        return target_begin(target, call, status);
    case PHASE_RESET:
        return target_restart(target, call, status);
    case PHASE_WALK:
        step = target_walk(target, call, told, status);
        break;
    case PHASE_COUNT:
        *told = true;
        step = target_count(target, status);
        return step == TARGET_REACHED ? target_counted(target, call) : step;
    case PHASE_REMOVE:
        tell_state(target, call, TELL_REMOVE);
        return TARGET_GONE;
    case PHASE_CURRENT:
        target->goal = point;
        step = target_changes(target, call, told);
        break;
    default:
        step = target_changes(target, call, told);
    }
    return step == TARGET_REACHED ? target_arrive(target, call, status) : step;
}
