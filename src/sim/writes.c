/* Writes are staged first, so that a commit whose third write fails changes nothing, and a later
 * write of one commit sees the earlier ones. */
#include "sim/writes.h"

#include <math.h>
#include <string.h>

#include "sim/document.h"
#include "sim/encoder.h"
#include "sim/fieldtree.h"
#include "sim/fieldvalue.h"
#include "sim/wire.h"

typedef Google__Firestore__V1__Write proto_write;
typedef Google__Firestore__V1__DocumentTransform__FieldTransform proto_transform;

/* One document after the writes so far. */
struct staged {
    struct str collection;
    struct str id;
    bool exists;
    bool changed;
    int64_t update_us; /* of the stored version */
    struct str body;
};

struct staging {
    struct store *store;
    struct arena arena;
    int64_t commit_us;
    int64_t transaction_us; /* TIME of the transaction's reads; INT64_MAX without one */
    struct staged *documents;
    size_t count;
    struct {
        struct staged *document;
        struct buffer transforms; /* transform_results, encoded */
    } * results;
    size_t result_count;
};

static void staging_open(struct staging *staging, struct store *store, size_t writes)
{
    *staging = (struct staging){.store = store, .transaction_us = INT64_MAX};
    staging->documents = memory_zero(writes, sizeof(*staging->documents));
    staging->results = memory_zero(writes, sizeof(*staging->results));
}

static void staging_close(struct staging *staging)
{
    for (size_t i = 0; i < staging->result_count; i++)
        buffer_free(&staging->results[i].transforms);
    arena_free(&staging->arena);
    free(staging->documents);
    free(staging->results);
}

/* The document as earlier writes of this commit left it, else as it is stored. */
static bool staging_find(struct staging *staging, const char *name, struct staged **ret_staged,
                         struct rpc_status *status)
{
    struct str path, id;
    struct store_view view;
    if (!document_split(staging->store, name, &path, &id, status))
        return false;
    for (size_t i = 0; i < staging->count; i++) {
        struct staged *staged = &staging->documents[i];
        if (str_equal(staged->collection, path) && str_equal(staged->id, id)) {
            *ret_staged = staged;
            return true;
        }
    }
    struct staged *staged = &staging->documents[staging->count++];
    *staged = (struct staged){.collection = path, .id = id, .body = STR("")};
    struct store_collection *collection = store_collection(staging->store, path, false);
    if (collection != NULL && store_get(collection, id, INT64_MAX, &view)) {
        struct buffer body = {.max = 4 * DOCUMENT_MAX_BYTES};
        store_view_append(&view, &body);
        staged->exists = true;
        staged->update_us = view.update_us;
        staged->body = arena_copy(&staging->arena, buffer_str(&body));
        buffer_free(&body);
    }
    *ret_staged = staged;
    return true;
}

static bool precondition_check(const Google__Firestore__V1__Precondition *condition,
                               const char *name, const struct staged *staged,
                               struct rpc_status *status)
{
    if (condition == NULL || condition->condition_type_case == 0)
        return true;
    if (condition->condition_type_case ==
        GOOGLE__FIRESTORE__V1__PRECONDITION__CONDITION_TYPE_EXISTS) {
        if (condition->exists && !staged->exists)
            return rpc_fail(status, RPC_NOT_FOUND, "No document to update: %.200s", name);
        if (!condition->exists && staged->exists)
            return rpc_fail(status, RPC_ALREADY_EXISTS, "Document already exists: %.200s", name);
        return true;
    }
    if (!staged->exists || staged->update_us != time_from_proto(condition->update_time))
        return rpc_fail(status, RPC_FAILED_PRECONDITION,
                        "The stored version does not match the required base version: %.150s",
                        name);
    return true;
}

/* The fields of a Document message as bytes. */
static struct str fields_pack(struct arena *arena, const Google__Firestore__V1__Document *document)
{
    Google__Firestore__V1__Document fields = GOOGLE__FIRESTORE__V1__DOCUMENT__INIT;
    fields.n_fields = document->n_fields;
    fields.fields = document->fields;
    size_t size = google__firestore__v1__document__get_packed_size(&fields);
    char *bytes = arena_alloc(arena, size + 1);
    google__firestore__v1__document__pack(&fields, (uint8_t *)bytes);
    return (struct str){bytes, size};
}

/* Fields of the mask: set where the new document has them, removed where it has not. */
static bool fields_merge(struct arena *arena, struct staged *staged, struct str fields,
                         const Google__Firestore__V1__DocumentMask *mask, struct rpc_status *status)
{
    struct field_node *from = field_tree_parse(arena, fields);
    struct field_node *to = field_tree_parse(arena, staged->body);
    struct str span;
    for (size_t i = 0; i < mask->n_field_paths; i++) {
        const char *path = mask->field_paths[i];
        if (!field_tree_get(arena, from, path, &span))
            field_tree_remove(arena, to, path);
        else if (!field_tree_set(arena, to, path, span))
            return rpc_fail(status, RPC_INVALID_ARGUMENT, "Invalid field path \"%.120s\"", path);
    }
    staged->body = field_tree_encode(arena, to);
    return true;
}

static struct str span_from(struct arena *arena, struct buffer *bytes)
{
    struct str span = arena_copy(arena, buffer_str(bytes));
    buffer_free(bytes);
    return span;
}

static struct str span_time(struct arena *arena, int64_t time_us)
{
    struct buffer bytes = {.max = 64};
    wire_append_time(&bytes, 10, time_us);
    return span_from(arena, &bytes);
}

/* Integers stay integers and do not wrap (they stick at the ends); anything else adds as doubles.
 */
static struct str span_sum(struct arena *arena, const struct field_value *old,
                           const struct field_value *add)
{
    struct buffer bytes = {.max = 64};
    int64_t sum;
    bool integers = (old->rank != RANK_NUMBER || old->is_integer) && add->is_integer;
    int64_t before = old->rank == RANK_NUMBER ? old->integer : 0;
    double real = (old->rank == RANK_NUMBER ? old->number : 0) + add->number;
    if (integers) {
        if (__builtin_add_overflow(before, add->integer, &sum))
            sum = add->integer < 0 ? INT64_MIN : INT64_MAX;
        wire_append_tag_varint(&bytes, 2, (uint64_t)sum);
    } else {
        uint64_t bits;
        memcpy(&bits, &real, sizeof(bits));
        wire_append_varint(&bytes, WIRE_TAG(3, WIRE_FIXED64));
        for (unsigned i = 0; i < 8; i++)
            buffer_append_char(&bytes, (char)(uint8_t)(bits >> (8 * i)));
    }
    return span_from(arena, &bytes);
}

static struct str span_pack(struct arena *arena, const Google__Firestore__V1__Value *value)
{
    size_t size = google__firestore__v1__value__get_packed_size(value);
    char *bytes = arena_alloc(arena, size + 1);
    google__firestore__v1__value__pack(value, (uint8_t *)bytes);
    return (struct str){bytes, size};
}

static bool transform_value(struct staging *staging, const proto_transform *transform,
                            struct str old, struct str *ret_span, struct rpc_status *status)
{
    struct field_value before = field_value_decode(old);
    struct str operand;
    struct field_value number;
    switch (transform->transform_type_case) {
    case GOOGLE__FIRESTORE__V1__DOCUMENT_TRANSFORM__FIELD_TRANSFORM__TRANSFORM_TYPE_SET_TO_SERVER_VALUE:
        *ret_span = span_time(&staging->arena, staging->commit_us);
        return true;
    case GOOGLE__FIRESTORE__V1__DOCUMENT_TRANSFORM__FIELD_TRANSFORM__TRANSFORM_TYPE_INCREMENT:
        operand = span_pack(&staging->arena, transform->increment);
        number = field_value_decode(operand);
        if (number.rank != RANK_NUMBER)
            return rpc_fail(status, RPC_INVALID_ARGUMENT, "increment needs a number");
        *ret_span = span_sum(&staging->arena, &before, &number);
        return true;
    default:
        return rpc_fail(status, RPC_UNIMPLEMENTED,
                        "The simulator knows server time and increment only");
    }
}

static bool transforms_apply(struct staging *staging, struct staged *staged,
                             proto_transform *const *transforms, size_t count,
                             struct buffer *results, struct rpc_status *status)
{
    struct field_node *tree = field_tree_parse(&staging->arena, staged->body);
    for (size_t i = 0; i < count; i++) {
        struct str span = STR(""), old = STR("");
        const char *path = transforms[i]->field_path;
        field_tree_get(&staging->arena, tree, path, &old);
        if (!transform_value(staging, transforms[i], old, &span, status))
            return false;
        if (!field_tree_set(&staging->arena, tree, path, span))
            return rpc_fail(status, RPC_INVALID_ARGUMENT, "Invalid field path \"%.120s\"", path);
        wire_append_bytes(results, 2, span);
    }
    staged->body = field_tree_encode(&staging->arena, tree);
    return true;
}

static bool stage_update(struct staging *staging, const proto_write *write, struct staged *staged,
                         struct buffer *results, struct rpc_status *status)
{
    struct str fields = fields_pack(&staging->arena, write->update);
    if (write->update_mask == NULL)
        staged->body = fields;
    else if (!fields_merge(&staging->arena, staged, fields, write->update_mask, status))
        return false;
    staged->exists = true;
    if (write->n_update_transforms > 0 &&
        !transforms_apply(staging, staged, write->update_transforms, write->n_update_transforms,
                          results, status))
        return false;
    if (staged->body.len > DOCUMENT_MAX_BYTES)
        return rpc_fail(status, RPC_INVALID_ARGUMENT,
                        "Document exceeds the maximum size of %u bytes", DOCUMENT_MAX_BYTES);
    return true;
}

static const char *write_name(const proto_write *write)
{
    switch (write->operation_case) {
    case GOOGLE__FIRESTORE__V1__WRITE__OPERATION_UPDATE:
        return write->update->name;
    case GOOGLE__FIRESTORE__V1__WRITE__OPERATION_DELETE:
        return write->delete_;
    case GOOGLE__FIRESTORE__V1__WRITE__OPERATION_TRANSFORM:
        return write->transform->document;
    default:
        return NULL;
    }
}

static bool stage_operation(struct staging *staging, const proto_write *write,
                            struct staged *staged, struct buffer *results,
                            struct rpc_status *status)
{
    switch (write->operation_case) {
    case GOOGLE__FIRESTORE__V1__WRITE__OPERATION_UPDATE:
        return stage_update(staging, write, staged, results, status);
    case GOOGLE__FIRESTORE__V1__WRITE__OPERATION_DELETE:
        staged->exists = false;
        staged->body = STR("");
        return true;
    default:
        staged->exists = true;
        return transforms_apply(staging, staged, write->transform->field_transforms,
                                write->transform->n_field_transforms, results, status);
    }
}

static bool stage_write(struct staging *staging, const proto_write *write,
                        struct rpc_status *status)
{
    const char *name = write_name(write);
    struct staged *staged;
    if (name == NULL)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "A write without an operation");
    if (!staging_find(staging, name, &staged, status) ||
        !precondition_check(write->current_document, name, staged, status))
        return false;
    if (staged->update_us > staging->transaction_us)
        return rpc_fail(status, RPC_ABORTED,
                        "Too much contention on these documents. Please try again.");
    bool existed = staged->exists;
    struct str before = staged->body;
    size_t at = staging->result_count++;
    staging->results[at].document = staged;
    staging->results[at].transforms.max = DOCUMENT_MAX_BYTES;
    if (!stage_operation(staging, write, staged, &staging->results[at].transforms, status))
        return false;
    if (existed != staged->exists || !str_equal(before, staged->body))
        staged->changed = true;
    return true;
}

/* A write that changes nothing makes no version: its update time stays. */
static void staging_apply(struct staging *staging)
{
    for (size_t i = 0; i < staging->count; i++) {
        struct staged *staged = &staging->documents[i];
        if (!staged->changed)
            continue;
        struct store_collection *collection =
            store_collection(staging->store, staged->collection, true);
        if (collection == NULL)
            continue;
        store_write(staging->store, collection, staged->id,
                    staged->exists ? staged->body : STR_NULL, staging->commit_us);
        staged->update_us = staging->commit_us;
    }
}

static void results_append(struct staging *staging, struct buffer *out)
{
    for (size_t i = 0; i < staging->result_count; i++) {
        struct buffer result = {.max = 2 * DOCUMENT_MAX_BYTES};
        if (staging->results[i].document->exists)
            wire_append_time(&result, 1, staging->results[i].document->update_us);
        buffer_append_str(&result, buffer_str(&staging->results[i].transforms));
        wire_append_bytes(out, 1, buffer_str(&result));
        buffer_free(&result);
    }
}

static bool writes_stage(struct staging *staging, proto_write *const *writes, size_t count,
                         struct rpc_status *status)
{
    staging->commit_us = store_commit_time(staging->store);
    for (size_t i = 0; i < count; i++) {
        if (!stage_write(staging, writes[i], status))
            return false;
    }
    staging_apply(staging);
    return true;
}

bool commit_start(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__CommitRequest *message = (void *)call->request;
    struct staging staging;
    if (message->n_writes > WRITES_MAX)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "maximum %d writes allowed per request",
                        WRITES_MAX);
    if (!database_select(call, message->database, status))
        return false;
    staging_open(&staging, call->store, message->n_writes);
    bool good = message->transaction.len == 0 ||
                transaction_parse(message->transaction, &staging.transaction_us, status);
    good = good && writes_stage(&staging, message->writes, message->n_writes, status);
    if (good) {
        size_t begin = call_message_begin(call);
        results_append(&staging, call_out(call));
        wire_append_time(call_out(call), 2, staging.commit_us);
        call_message_end(call, begin);
        call_wake_streams(call->service);
    }
    staging_close(&staging);
    return good;
}

/* Each write stands alone; the answer has a result and a status for each. */
static void batch_one(struct call *call, proto_write *write, struct buffer *statuses)
{
    struct rpc_status status = {.code = RPC_OK};
    struct staging staging;
    struct buffer encoded = {.max = 1024};
    staging_open(&staging, call->store, 1);
    if (writes_stage(&staging, &write, 1, &status)) {
        results_append(&staging, call_out(call));
    } else {
        wire_append_bytes(call_out(call), 1, STR(""));
        wire_append_tag_varint(&encoded, 1, (uint64_t)status.code);
        wire_append_bytes(&encoded, 2, str_from(status.message));
    }
    wire_append_bytes(statuses, 2, buffer_str(&encoded));
    buffer_free(&encoded);
    staging_close(&staging);
}

bool batch_write_start(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__BatchWriteRequest *message = (void *)call->request;
    struct buffer statuses = {.max = 1u << 20};
    if (message->n_writes > WRITES_MAX)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "maximum %d writes allowed per request",
                        WRITES_MAX);
    if (!database_select(call, message->database, status))
        return false;
    size_t begin = call_message_begin(call);
    for (size_t i = 0; i < message->n_writes; i++)
        batch_one(call, message->writes[i], &statuses);
    buffer_append_str(call_out(call), buffer_str(&statuses));
    call_message_end(call, begin);
    call_wake_streams(call->service);
    buffer_free(&statuses);
    return true;
}
