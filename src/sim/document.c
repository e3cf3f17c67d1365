/* Names, moments and Document messages. */
#include "sim/document.h"

#include <string.h>

#include "sim/wire.h"

#define FUTURE_US (60ll * 1000000)

bool database_select(struct call *call, const char *name, struct rpc_status *status)
{
    call->store = databases_find(call->service->databases, name);
    if (call->store == NULL)
        return rpc_fail(status, RPC_INVALID_ARGUMENT,
                        "\"%.200s\" names no database (or one too many)", name);
    return true;
}

bool document_relative(const struct store *store, const char *name, struct str *ret_path,
                       struct rpc_status *status)
{
    const char *root = store_root(store);
    size_t len = strlen(root);
    if (strncmp(name, root, len) != 0 || (name[len] != '/' && name[len] != '\0'))
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "Name \"%.120s\" is not under \"%.90s\"",
                        name, root);
    *ret_path = str_from(name[len] == '/' ? name + len + 1 : name + len);
    return true;
}

bool document_split(const struct store *store, const char *name, struct str *ret_collection,
                    struct str *ret_id, struct rpc_status *status)
{
    struct str path;
    if (!document_relative(store, name, &path, status))
        return false;
    if (!store_path_split(path, ret_collection, ret_id))
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "\"%.200s\" does not name a document", name);
    return true;
}

struct str document_name(struct arena *arena, const struct store_collection *collection,
                         const struct store *store, struct str id)
{
    return arena_format(arena, "%s/%s/%.*s", store_root(store), store_collection_path(collection),
                        STR_ARG(id));
}

static size_t length_field_size(size_t len)
{
    return 1 + wire_varint_size(len) + len; /* field numbers below 16 */
}

void document_append(struct buffer *out, uint32_t field, const struct store *store,
                     const struct store_collection *collection, const struct store_view *view,
                     const struct str *body)
{
    struct str root = str_from(store_root(store));
    struct str path = str_from(store_collection_path(collection));
    size_t name = root.len + 1 + path.len + 1 + view->id.len;
    size_t fields = body != NULL ? body->len : store_view_size(view);
    size_t size = length_field_size(name) + fields +
                  length_field_size(wire_time_size(view->create_us)) +
                  length_field_size(wire_time_size(view->update_us));
    wire_append_varint(out, WIRE_TAG(field, WIRE_BYTES));
    wire_append_varint(out, size);
    wire_append_varint(out, WIRE_TAG(1, WIRE_BYTES));
    wire_append_varint(out, name);
    buffer_append_str(out, root);
    buffer_append_char(out, '/');
    buffer_append_str(out, path);
    buffer_append_char(out, '/');
    buffer_append_str(out, view->id);
    if (body != NULL)
        buffer_append_str(out, *body);
    else
        store_view_append(view, out);
    wire_append_time(out, 3, view->create_us);
    wire_append_time(out, 4, view->update_us);
}

int64_t time_from_proto(const Google__Firestore__V1__Timestamp *time)
{
    if (time->seconds > INT64_MAX / 1000000 - 1 || time->seconds < INT64_MIN / 1000000 + 1)
        return time->seconds < 0 ? INT64_MIN : INT64_MAX;
    return time->seconds * 1000000 + time->nanos / 1000;
}

void time_to_proto(int64_t time_us, Google__Firestore__V1__Timestamp *ret_time)
{
    google__firestore__v1__timestamp__init(ret_time);
    ret_time->seconds = time_us / 1000000;
    ret_time->nanos = (int32_t)(time_us % 1000000 * 1000);
}

bool moment_check(const struct store *store, int64_t read_us, struct rpc_status *status)
{
    if (read_us < store_floor(store))
        return rpc_fail(status, RPC_FAILED_PRECONDITION,
                        "The requested snapshot version is too old.");
    return true;
}

/* 'T', the moment, a serial number; big-endian. */
static void transaction_make(struct call *call, int64_t read_us,
                             uint8_t ret_token[TRANSACTION_SIZE])
{
    uint64_t serial = ++call->service->next_transaction;
    ret_token[0] = 'T';
    for (unsigned i = 0; i < 8; i++) {
        ret_token[1 + i] = (uint8_t)((uint64_t)read_us >> (56 - 8 * i));
        ret_token[9 + i] = (uint8_t)(serial >> (56 - 8 * i));
    }
}

bool transaction_parse(ProtobufCBinaryData token, int64_t *ret_read_us, struct rpc_status *status)
{
    uint64_t read_us = 0;
    if (token.len != TRANSACTION_SIZE || token.data[0] != 'T')
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "Invalid transaction.");
    for (unsigned i = 0; i < 8; i++)
        read_us = read_us << 8 | token.data[1 + i];
    *ret_read_us = (int64_t)read_us;
    return true;
}

static const Google__Firestore__V1__Timestamp *
options_read_time(const Google__Firestore__V1__TransactionOptions *options)
{
    if (options->mode_case != GOOGLE__FIRESTORE__V1__TRANSACTION_OPTIONS__MODE_READ_ONLY ||
        options->read_only->consistency_selector_case !=
            GOOGLE__FIRESTORE__V1__TRANSACTION_OPTIONS__READ_ONLY__CONSISTENCY_SELECTOR_READ_TIME)
        return NULL;
    return options->read_only->read_time;
}

bool moment_resolve(struct call *call, const struct moment_request *request,
                    struct moment *ret_moment, struct rpc_status *status)
{
    struct store *store = call->store;
    struct moment moment = {.read_us = store_now(store)};
    const Google__Firestore__V1__Timestamp *time = request->read_time;
    if (request->new_transaction != NULL)
        time = options_read_time(request->new_transaction);
    if (time != NULL) {
        int64_t wanted = time_from_proto(time);
        if (wanted > moment.read_us + FUTURE_US)
            return rpc_fail(status, RPC_INVALID_ARGUMENT, "read_time cannot be in the future.");
        moment.read_us = wanted;
    }
    if (request->transaction.len > 0 &&
        !transaction_parse(request->transaction, &moment.read_us, status))
        return false;
    if (!moment_check(store, moment.read_us, status))
        return false;
    moment.begun = request->new_transaction != NULL;
    if (moment.begun)
        transaction_make(call, moment.read_us, moment.transaction);
    *ret_moment = moment;
    return true;
}
