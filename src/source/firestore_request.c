/* Requests, built on the stack of one call and packed. */
#include "source/firestore_request.h"

#include <string.h>

#include "base/clock.h"
#include "source/firestore.pb-c.h"

/* The generated names are long; these are the few used. */
typedef Google__Firestore__V1__StructuredQuery pb_query;
typedef Google__Firestore__V1__StructuredQuery__Order pb_order;
typedef Google__Firestore__V1__StructuredQuery__FieldReference pb_field;
typedef Google__Firestore__V1__StructuredQuery__Projection pb_projection;
typedef Google__Firestore__V1__StructuredQuery__CollectionSelector pb_from;
typedef Google__Firestore__V1__Cursor pb_cursor;
typedef Google__Firestore__V1__Value pb_value;
typedef Google__Firestore__V1__Int32Value pb_int32;

static void pack(const ProtobufCMessage *message, struct buffer *ret_message)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    char *into = buffer_reserve(ret_message, len);
    if (into == NULL)
        return;
    ret_message->len += protobuf_c_message_pack(message, (uint8_t *)into);
}

/* A query and the parts it points to, all in the arena. */
struct query {
    pb_query message;
    pb_from from;
    pb_from *from_list[1];
    pb_field name;
    pb_field *name_list[1];
    pb_order order;
    pb_order *order_list[1];
    pb_projection names;
    pb_int32 limit;
};

struct bound {
    pb_cursor cursor;
    pb_value value;
    pb_value *value_list[1];
};

static void query_init(struct query *query, const struct firestore_place *place)
{
    google__firestore__v1__structured_query__init(&query->message);
    google__firestore__v1__structured_query__collection_selector__init(&query->from);
    google__firestore__v1__structured_query__field_reference__init(&query->name);
    google__firestore__v1__structured_query__order__init(&query->order);
    google__firestore__v1__structured_query__projection__init(&query->names);
    google__firestore__v1__int32_value__init(&query->limit);
    query->from.collection_id = place->collection;
    query->from_list[0] = &query->from;
    query->message.from = query->from_list;
    query->message.n_from = 1;
    query->name.field_path = (char *)(uintptr_t) "__name__";
    query->name_list[0] = &query->name;
    query->names.fields = query->name_list;
    query->names.n_fields = 1;
    query->order_list[0] = &query->order;
    query->order.field = &query->name;
    query->order.direction = GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__DIRECTION__ASCENDING;
}

static void query_order(struct query *query)
{
    query->message.order_by = query->order_list;
    query->message.n_order_by = 1;
}

static void query_limit(struct query *query, size_t limit)
{
    query->limit.value = limit > INT32_MAX ? INT32_MAX : (int32_t)limit;
    query->message.limit = &query->limit;
}

static char *document_name(const struct firestore_place *place, struct str id, struct arena *arena)
{
    struct str name =
        arena_format(arena, "%s/%s/%.*s", place->parent, place->collection, STR_ARG(id));
    return (char *)(uintptr_t)name.data;
}

/* before: the cursor stands in front of the document of that name. */
static pb_cursor *bound_init(struct bound *bound, char *name, bool before)
{
    google__firestore__v1__cursor__init(&bound->cursor);
    google__firestore__v1__value__init(&bound->value);
    bound->value.value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_REFERENCE_VALUE;
    bound->value.reference_value = name;
    bound->value_list[0] = &bound->value;
    bound->cursor.values = bound->value_list;
    bound->cursor.n_values = 1;
    bound->cursor.before = before;
    return &bound->cursor;
}

static void pack_query(const struct firestore_place *place, struct query *query,
                       struct buffer *ret_message)
{
    Google__Firestore__V1__RunQueryRequest request;
    google__firestore__v1__run_query_request__init(&request);
    request.parent = place->parent;
    request.query_type_case = GOOGLE__FIRESTORE__V1__RUN_QUERY_REQUEST__QUERY_TYPE_STRUCTURED_QUERY;
    request.structured_query = &query->message;
    pack(&request.base, ret_message);
}

void firestore_encode_page(const struct firestore_place *place, const struct range *range,
                           size_t limit, bool names_only, struct buffer *ret_message)
{
    struct arena arena = {.block_size = 4096};
    struct query query;
    struct bound start;
    struct bound end;
    query_init(&query, place);
    query_order(&query);
    query_limit(&query, limit);
    if (names_only)
        query.message.select = &query.names;
    if (range->after.data != NULL)
        query.message.start_at =
            bound_init(&start, document_name(place, range->after, &arena), range->after_inclusive);
    if (range->before.data != NULL)
        query.message.end_at = bound_init(&end, document_name(place, range->before, &arena), true);
    pack_query(place, &query, ret_message);
    arena_free(&arena);
}

void firestore_encode_edge(const struct firestore_place *place, bool last,
                           struct buffer *ret_message)
{
    struct query query;
    query_init(&query, place);
    query_order(&query);
    query_limit(&query, 1);
    query.message.select = &query.names;
    if (last)
        query.order.direction = GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__DIRECTION__DESCENDING;
    pack_query(place, &query, ret_message);
}

void firestore_encode_count(const struct firestore_place *place, struct buffer *ret_message)
{
    struct query query;
    query_init(&query, place);
    Google__Firestore__V1__StructuredAggregationQuery__Aggregation__Count count;
    google__firestore__v1__structured_aggregation_query__aggregation__count__init(&count);
    Google__Firestore__V1__StructuredAggregationQuery__Aggregation aggregation;
    google__firestore__v1__structured_aggregation_query__aggregation__init(&aggregation);
    aggregation.operator_case =
        GOOGLE__FIRESTORE__V1__STRUCTURED_AGGREGATION_QUERY__AGGREGATION__OPERATOR_COUNT;
    aggregation.count = &count;
    aggregation.alias = (char *)(uintptr_t) "n";
    Google__Firestore__V1__StructuredAggregationQuery__Aggregation *list[1] = {&aggregation};
    Google__Firestore__V1__StructuredAggregationQuery outer;
    google__firestore__v1__structured_aggregation_query__init(&outer);
    outer.query_type_case =
        GOOGLE__FIRESTORE__V1__STRUCTURED_AGGREGATION_QUERY__QUERY_TYPE_STRUCTURED_QUERY;
    outer.structured_query = &query.message;
    outer.aggregations = list;
    outer.n_aggregations = 1;
    Google__Firestore__V1__RunAggregationQueryRequest request;
    google__firestore__v1__run_aggregation_query_request__init(&request);
    request.parent = place->parent;
    request.query_type_case =
        GOOGLE__FIRESTORE__V1__RUN_AGGREGATION_QUERY_REQUEST__QUERY_TYPE_STRUCTURED_AGGREGATION_QUERY;
    request.structured_aggregation_query = &outer;
    pack(&request.base, ret_message);
}

void firestore_encode_partition(const struct firestore_place *place, size_t points,
                                const char *token, struct buffer *ret_message)
{
    struct query query;
    struct arena arena = {.block_size = 1024};
    query_init(&query, place);
    query_order(&query);
    query.from.all_descendants = true;
    Google__Firestore__V1__PartitionQueryRequest request;
    google__firestore__v1__partition_query_request__init(&request);
    struct str root = arena_format(&arena, "%s/documents", place->database);
    request.parent = (char *)(uintptr_t)root.data;
    request.query_type_case =
        GOOGLE__FIRESTORE__V1__PARTITION_QUERY_REQUEST__QUERY_TYPE_STRUCTURED_QUERY;
    request.structured_query = &query.message;
    request.partition_count = (int64_t)points;
    request.page_token = (char *)(uintptr_t)token;
    pack(&request.base, ret_message);
    arena_free(&arena);
}

void firestore_encode_fetch(const struct firestore_place *place, char *const *ids, size_t count,
                            struct buffer *ret_message)
{
    struct arena arena = {.block_size = 0};
    char **names = arena_alloc(&arena, count * sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = document_name(place, str_from(ids[i]), &arena);
    Google__Firestore__V1__BatchGetDocumentsRequest request;
    google__firestore__v1__batch_get_documents_request__init(&request);
    request.database = place->database;
    request.documents = names;
    request.n_documents = count;
    pack(&request.base, ret_message);
    arena_free(&arena);
}

/* ---- Listen ---- */

#define NS_PER_S INT64_C(1000000000)

static void time_init(Google__Firestore__V1__Timestamp *time, int64_t ns)
{
    google__firestore__v1__timestamp__init(time);
    time->seconds = ns / NS_PER_S;
    time->nanos = (int32_t)(ns % NS_PER_S);
    if (time->nanos >= 0)
        return;
    time->nanos += (int32_t)NS_PER_S;
    time->seconds--;
}

static void target_resume(Google__Firestore__V1__Target *target, struct str token,
                          int64_t read_time_ns, Google__Firestore__V1__Timestamp *time)
{
    if (token.len > 0) {
        target->resume_type_case = GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_RESUME_TOKEN;
        target->resume_token.data = (uint8_t *)(uintptr_t)token.data;
        target->resume_token.len = token.len;
    } else if (read_time_ns != TIME_NONE) {
        time_init(time, read_time_ns);
        target->resume_type_case = GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_READ_TIME;
        target->read_time = time;
    }
}

void firestore_encode_listen(const struct firestore_place *place, struct str token,
                             int64_t read_time_ns, struct buffer *ret_message)
{
    struct query query;
    Google__Firestore__V1__Timestamp time;
    Google__Firestore__V1__Target target;
    Google__Firestore__V1__Target__QueryTarget what;
    Google__Firestore__V1__ListenRequest request;
    query_init(&query, place);
    google__firestore__v1__target__query_target__init(&what);
    what.parent = place->parent;
    what.query_type_case = GOOGLE__FIRESTORE__V1__TARGET__QUERY_TARGET__QUERY_TYPE_STRUCTURED_QUERY;
    what.structured_query = &query.message;
    google__firestore__v1__target__init(&target);
    target.target_type_case = GOOGLE__FIRESTORE__V1__TARGET__TARGET_TYPE_QUERY;
    target.query = &what;
    target.target_id = FIRESTORE_TARGET;
    target_resume(&target, token, read_time_ns, &time);
    google__firestore__v1__listen_request__init(&request);
    request.database = place->database;
    request.target_change_case = GOOGLE__FIRESTORE__V1__LISTEN_REQUEST__TARGET_CHANGE_ADD_TARGET;
    request.add_target = &target;
    pack(&request.base, ret_message);
}

/* ---- names ---- */

/* Takes `part` from the front of `text`. */
static bool text_skip(struct str *text, const char *part)
{
    size_t len = strlen(part);
    if (text->len < len || memcmp(text->data, part, len) != 0)
        return false;
    text->data += len;
    text->len -= len;
    return true;
}

bool firestore_place_id(const struct firestore_place *place, struct str name, struct str *ret_id)
{
    if (name.data == NULL || !text_skip(&name, place->parent) || !text_skip(&name, "/") ||
        !text_skip(&name, place->collection) || !text_skip(&name, "/") || name.len == 0 ||
        memchr(name.data, '/', name.len) != NULL)
        return false;
    *ret_id = name;
    return true;
}
