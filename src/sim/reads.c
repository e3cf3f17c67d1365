/* Reading. Responses are written as bytes: a document is copied once, from its template or version.
 */
#include "sim/reads.h"

#include <stdio.h>
#include <string.h>

#include "sim/document.h"
#include "sim/fieldtree.h"
#include "sim/query.h"
#include "sim/wire.h"

#define LIST_PAGE 300
#define LIST_PAGE_MAX 65536
#define LIST_PAGE_BYTES (8u << 20)
#define COUNT_ALIASES 5

struct query_state {
    struct query_run *run;
    struct moment moment;
    bool any;
    int64_t counted;
};

/* Selectors of a consistency oneof into one form; the case numbers are field numbers. */
static void moment_take(struct moment_request *request, int which, int transaction, int begin,
                        int time, ProtobufCBinaryData token, void *pointer)
{
    if (which == transaction)
        request->transaction = token;
    else if (which != 0 && which == begin)
        request->new_transaction = pointer;
    else if (which != 0 && which == time)
        request->read_time = pointer;
}

static void transaction_append(struct buffer *out, uint32_t field, const struct moment *moment)
{
    wire_append_bytes(out, field,
                      (struct str){(const char *)moment->transaction, TRANSACTION_SIZE});
}

static bool state_open(struct call *call, const char *parent,
                       const Google__Firestore__V1__StructuredQuery *query,
                       const struct moment_request *request, struct rpc_status *status)
{
    struct moment moment;
    struct query_run *run;
    if (query == NULL)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "No query");
    if (!database_select(call, parent, status) || !moment_resolve(call, request, &moment, status) ||
        !query_open(call->store, parent, query, moment.read_us, &run, status))
        return false;
    struct query_state *state = memory_zero(1, sizeof(*state));
    state->run = run;
    state->moment = moment;
    call->state = state;
    return true;
}

void run_query_finish(void *state)
{
    query_close(((struct query_state *)state)->run);
    free(state);
}

bool run_query_start(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__RunQueryRequest *message = (void *)call->request;
    struct moment_request request = {0};
    moment_take(&request, (int)message->consistency_selector_case, 5, 6, 7, message->transaction,
                message->read_time);
    return state_open(call, message->parent,
                      message->query_type_case ==
                              GOOGLE__FIRESTORE__V1__RUN_QUERY_REQUEST__QUERY_TYPE_STRUCTURED_QUERY
                          ? message->structured_query
                          : NULL,
                      &request, status);
}

static void query_message(struct call *call, struct query_state *state,
                          const struct query_result *result)
{
    size_t begin = call_message_begin(call);
    struct buffer *out = call_out(call);
    if (result != NULL)
        document_append(out, 1, call->store, result->collection, &result->view,
                        result->projected ? &result->body : NULL);
    if (state->moment.begun && !state->any)
        transaction_append(out, 2, &state->moment);
    wire_append_time(out, 3, state->moment.read_us);
    if (query_skipped(state->run) > 0 && !state->any)
        wire_append_tag_varint(out, 4, query_skipped(state->run));
    call_message_end(call, begin);
    state->any = true;
}

enum call_step run_query_step(struct call *call, struct rpc_status *status)
{
    struct query_state *state = call->state;
    struct query_result result;
    while (call_wants(call)) {
        switch (query_next(state->run, &result, status)) {
        case QUERY_RESULT:
            query_message(call, state, &result);
            break;
        case QUERY_AGAIN:
            return CALL_MORE;
        case QUERY_END:
            if (!state->any)
                query_message(call, state, NULL);
            return CALL_DONE;
        case QUERY_FAILED:
            return CALL_ERROR;
        }
    }
    return CALL_MORE;
}

bool count_start(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__RunAggregationQueryRequest *message = (void *)call->request;
    struct moment_request request = {0};
    moment_take(&request, (int)message->consistency_selector_case, 4, 5, 6, message->transaction,
                message->read_time);
    if (message->query_type_case !=
        GOOGLE__FIRESTORE__V1__RUN_AGGREGATION_QUERY_REQUEST__QUERY_TYPE_STRUCTURED_AGGREGATION_QUERY)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "No query");
    const Google__Firestore__V1__StructuredAggregationQuery *query =
        message->structured_aggregation_query;
    if (query->n_aggregations == 0 || query->n_aggregations > COUNT_ALIASES)
        return rpc_fail(status, RPC_INVALID_ARGUMENT, "Between 1 and %d aggregations",
                        COUNT_ALIASES);
    for (size_t i = 0; i < query->n_aggregations; i++) {
        if (query->aggregations[i]->operator_case !=
            GOOGLE__FIRESTORE__V1__STRUCTURED_AGGREGATION_QUERY__AGGREGATION__OPERATOR_COUNT)
            return rpc_fail(status, RPC_UNIMPLEMENTED, "Only count() is simulated");
    }
    return state_open(
        call, message->parent,
        query->query_type_case ==
                GOOGLE__FIRESTORE__V1__STRUCTURED_AGGREGATION_QUERY__QUERY_TYPE_STRUCTURED_QUERY
            ? query->structured_query
            : NULL,
        &request, status);
}

/* The count under one alias; up_to is a lid on it. */
static void
count_entry(struct buffer *out, size_t i,
            const Google__Firestore__V1__StructuredAggregationQuery__Aggregation *aggregation,
            int64_t counted)
{
    char alias[32];
    char value[16] = {WIRE_TAG(2, WIRE_VARINT)};
    snprintf(alias, sizeof(alias), "field_%zu", i + 1);
    struct str key = str_from(aggregation->alias[0] != '\0' ? aggregation->alias : alias);
    const Google__Firestore__V1__Int64Value *lid = aggregation->count->up_to;
    if (lid != NULL && counted > lid->value)
        counted = lid->value;
    size_t value_len = 1 + wire_varint_put(value + 1, (uint64_t)counted);
    wire_append_varint(out, WIRE_TAG(2, WIRE_BYTES));
    wire_append_varint(out, 1 + wire_varint_size(key.len) + key.len + 2 + value_len);
    wire_append_bytes(out, 1, key);
    wire_append_bytes(out, 2, (struct str){value, value_len});
}

static void count_message(struct call *call, struct query_state *state)
{
    const Google__Firestore__V1__RunAggregationQueryRequest *message = (void *)call->request;
    const Google__Firestore__V1__StructuredAggregationQuery *query =
        message->structured_aggregation_query;
    struct buffer result = {.max = 65536};
    for (size_t i = 0; i < query->n_aggregations; i++)
        count_entry(&result, i, query->aggregations[i], state->counted);
    size_t begin = call_message_begin(call);
    wire_append_bytes(call_out(call), 1, buffer_str(&result));
    if (state->moment.begun)
        transaction_append(call_out(call), 2, &state->moment);
    wire_append_time(call_out(call), 3, state->moment.read_us);
    call_message_end(call, begin);
    buffer_free(&result);
}

enum call_step count_step(struct call *call, struct rpc_status *status)
{
    struct query_state *state = call->state;
    struct query_result result;
    for (int i = 0; i < QUERY_SCAN_STEP; i++) {
        switch (query_next(state->run, &result, status)) {
        case QUERY_RESULT:
            state->counted++;
            break;
        case QUERY_AGAIN:
            return CALL_MORE;
        case QUERY_END:
            count_message(call, state);
            return CALL_DONE;
        case QUERY_FAILED:
            return CALL_ERROR;
        }
    }
    return CALL_MORE;
}

struct batch_state {
    struct moment moment;
    size_t at;
    bool any;
    struct arena arena;
};

void batch_get_finish(void *state)
{
    arena_free(&((struct batch_state *)state)->arena);
    free(state);
}

bool batch_get_start(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__BatchGetDocumentsRequest *message = (void *)call->request;
    struct moment_request request = {0};
    struct moment moment;
    struct str collection, id;
    moment_take(&request, (int)message->consistency_selector_case, 4, 5, 7, message->transaction,
                message->read_time);
    if (!database_select(call, message->database, status))
        return false;
    for (size_t i = 0; i < message->n_documents; i++) {
        if (!document_split(call->store, message->documents[i], &collection, &id, status))
            return false;
    }
    if (!moment_resolve(call, &request, &moment, status))
        return false;
    struct batch_state *state = memory_zero(1, sizeof(*state));
    state->moment = moment;
    call->state = state;
    return true;
}

/* The document, masked when a mask says so, as field `field`; false when there is none. */
static bool document_found(struct call *call, struct arena *arena, uint32_t field, const char *name,
                           const Google__Firestore__V1__DocumentMask *mask, int64_t read_us)
{
    struct store *store = call->store;
    struct rpc_status ignored;
    struct store_view view;
    struct str path, id;
    if (!document_split(store, name, &path, &id, &ignored))
        return false;
    struct store_collection *collection = store_collection(store, path, false);
    if (collection == NULL || !store_get(collection, id, read_us, &view))
        return false;
    if (mask == NULL) {
        document_append(call_out(call), field, store, collection, &view, NULL);
        return true;
    }
    struct buffer body = {.max = 4 * DOCUMENT_MAX_BYTES};
    store_view_append(&view, &body);
    struct str masked =
        field_project(arena, buffer_str(&body), mask->field_paths, mask->n_field_paths);
    document_append(call_out(call), field, store, collection, &view, &masked);
    buffer_free(&body);
    return true;
}

enum call_step batch_get_step(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__BatchGetDocumentsRequest *message = (void *)call->request;
    struct batch_state *state = call->state;
    (void)status;
    while (state->at < message->n_documents && call_wants(call)) {
        const char *name = message->documents[state->at++];
        size_t begin = call_message_begin(call);
        arena_reset(&state->arena);
        if (!document_found(call, &state->arena, 1, name, message->mask, state->moment.read_us))
            wire_append_bytes(call_out(call), 2, str_from(name));
        if (state->moment.begun && !state->any)
            transaction_append(call_out(call), 3, &state->moment);
        wire_append_time(call_out(call), 4, state->moment.read_us);
        call_message_end(call, begin);
        state->any = true;
    }
    return state->at == message->n_documents ? CALL_DONE : CALL_MORE;
}

/* A Document is the whole answer: its bytes without the field header that document_append() writes.
 */
static void document_unwrap(struct call *call, size_t begin)
{
    struct buffer *out = call_out(call);
    struct wire_reader reader = {out->data + begin, out->data + out->len};
    struct wire_field field;
    if (!buffer_ok(out) || !wire_next(&reader, &field))
        return;
    memmove(out->data + begin, field.bytes.data, field.bytes.len);
    out->len = begin + field.bytes.len;
}

bool get_document_start(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__GetDocumentRequest *message = (void *)call->request;
    struct moment_request request = {0};
    struct moment moment;
    struct arena arena = {0};
    struct str collection, id;
    moment_take(&request, (int)message->consistency_selector_case, 3, -1, 5, message->transaction,
                message->read_time);
    if (!database_select(call, message->name, status) ||
        !document_split(call->store, message->name, &collection, &id, status) ||
        !moment_resolve(call, &request, &moment, status))
        return false;
    size_t begin = call_message_begin(call);
    bool found = document_found(call, &arena, 1, message->name, message->mask, moment.read_us);
    if (found) {
        document_unwrap(call, begin + 5);
        call_message_end(call, begin);
    } else {
        buffer_clear(call_out(call));
        rpc_fail(status, RPC_NOT_FOUND, "Document \"%.200s\" not found.", message->name);
    }
    arena_free(&arena);
    return found;
}

static void list_document(struct call *call, struct arena *arena,
                          const struct store_collection *collection, const struct store_view *view,
                          const Google__Firestore__V1__DocumentMask *mask)
{
    struct buffer body = {.max = 4 * DOCUMENT_MAX_BYTES};
    struct str masked = STR("");
    if (mask != NULL && mask->n_field_paths > 0) {
        store_view_append(view, &body);
        masked = field_project(arena, buffer_str(&body), mask->field_paths, mask->n_field_paths);
    }
    document_append(call_out(call), 1, call->store, collection, view,
                    mask != NULL ? &masked : NULL);
    buffer_free(&body);
}

static void list_page(struct call *call, struct store_collection *collection, int64_t read_us,
                      const Google__Firestore__V1__ListDocumentsRequest *message)
{
    struct store_cursor cursor;
    struct store_view view;
    struct arena arena = {0};
    struct buffer *out = call_out(call);
    int64_t limit = message->page_size > 0 ? message->page_size : LIST_PAGE;
    char last[STORE_MAX_ID + 1] = "";
    int64_t count = 0;
    struct str after = message->page_token[0] == '\0' ? STR_NULL : str_from(message->page_token);
    store_cursor_open(&cursor, collection, after, false, false);
    while (store_cursor_next(&cursor, read_us, &view)) {
        if (count == limit || count == LIST_PAGE_MAX || out->len > LIST_PAGE_BYTES) {
            wire_append_bytes(out, 2, str_from(last));
            break;
        }
        list_document(call, &arena, collection, &view, message->mask);
        snprintf(last, sizeof(last), "%.*s", STR_ARG(view.id));
        arena_reset(&arena);
        count++;
    }
    arena_free(&arena);
}

bool list_documents_start(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__ListDocumentsRequest *message = (void *)call->request;
    struct moment_request request = {0};
    struct moment moment;
    struct str parent;
    moment_take(&request, (int)message->consistency_selector_case, 8, -1, 10, message->transaction,
                message->read_time);
    if (!database_select(call, message->parent, status) ||
        !document_relative(call->store, message->parent, &parent, status) ||
        !moment_resolve(call, &request, &moment, status))
        return false;
    if (message->order_by[0] != '\0' && strcmp(message->order_by, "__name__") != 0)
        return rpc_fail(status, RPC_UNIMPLEMENTED, "ListDocuments orders by __name__ only");
    char *path = parent.len == 0
                     ? memory_string(message->collection_id)
                     : memory_format("%.*s/%s", STR_ARG(parent), message->collection_id);
    struct store_collection *collection = store_collection(call->store, str_from(path), false);
    free(path);
    size_t begin = call_message_begin(call);
    if (collection != NULL)
        list_page(call, collection, moment.read_us, message);
    call_message_end(call, begin);
    return true;
}

/* The id of the collection when it lies directly under `parent`, and it has a document at
 * `read_us`. */
static bool collection_child(struct store_collection *collection, struct str parent,
                             int64_t read_us, struct str *ret_id)
{
    struct store_cursor cursor;
    struct store_view view;
    const char *path = store_collection_path(collection);
    if (parent.len > 0) {
        if (strncmp(path, parent.data, parent.len) != 0 || path[parent.len] != '/')
            return false;
        path += parent.len + 1;
    }
    if (strchr(path, '/') != NULL)
        return false;
    *ret_id = str_from(path);
    store_cursor_open(&cursor, collection, STR_NULL, true, false);
    return store_cursor_next(&cursor, read_us, &view);
}

bool list_collections_start(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__ListCollectionIdsRequest *message = (void *)call->request;
    struct moment_request request = {0};
    struct moment moment;
    struct str parent, id;
    moment_take(&request, (int)message->consistency_selector_case, -1, -1, 4,
                (ProtobufCBinaryData){0}, message->read_time);
    if (!database_select(call, message->parent, status) ||
        !document_relative(call->store, message->parent, &parent, status) ||
        !moment_resolve(call, &request, &moment, status))
        return false;
    size_t begin = call_message_begin(call);
    for (size_t i = 0; i < store_collection_count(call->store); i++) {
        if (collection_child(store_collection_at(call->store, i), parent, moment.read_us, &id))
            wire_append_bytes(call_out(call), 1, id);
    }
    call_message_end(call, begin);
    return true;
}

bool begin_transaction_start(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__BeginTransactionRequest *message = (void *)call->request;
    Google__Firestore__V1__TransactionOptions none =
        GOOGLE__FIRESTORE__V1__TRANSACTION_OPTIONS__INIT;
    struct moment_request request = {.new_transaction =
                                         message->options ? message->options : &none};
    struct moment moment;
    if (!database_select(call, message->database, status) ||
        !moment_resolve(call, &request, &moment, status))
        return false;
    size_t begin = call_message_begin(call);
    transaction_append(call_out(call), 1, &moment);
    call_message_end(call, begin);
    return true;
}

bool rollback_start(struct call *call, struct rpc_status *status)
{
    const Google__Firestore__V1__RollbackRequest *message = (void *)call->request;
    int64_t read_us;
    if (!transaction_parse(message->transaction, &read_us, status))
        return false;
    call_message_end(call, call_message_begin(call));
    return true;
}
