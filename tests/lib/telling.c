/* Telling: see telling.h. */
#include "lib/telling.h"

#include "lib/check.h"

#include "base/clock.h"
#include "model/json.h"
#include "sim/encoder.h"
#include "sim/listen.h"

typedef Google__Firestore__V1__ListenRequest proto_request;
typedef Google__Firestore__V1__ListenResponse proto_response;
typedef Google__Firestore__V1__TargetChange proto_change;

/* ---- a stream ---- */

static void stream_open(struct telling *telling)
{
    telling->stream = (struct http2_stream){.response = {.max = HTTP2_MAX_RESPONSE}};
    telling->call = (struct call){.service = &telling->service,
                                  .stream = &telling->stream,
                                  .opened_us = clock_monotonic_us()};
    telling->status.code = RPC_OK;
    assert_true(listen_start(&telling->call, &telling->status));
}

static void stream_close(struct telling *telling)
{
    listen_finish(telling->call.state);
    buffer_free(&telling->stream.response);
}

void telling_again(struct telling *telling)
{
    stream_close(telling);
    stream_open(telling);
}

int telling_setup(void **state)
{
    struct telling *telling = memory_zero(1, sizeof(*telling));
    telling->service.databases = databases_new(0);
    telling->service.listen.heartbeat_us = 3600ll * 1000000;
    telling->store = databases_find(telling->service.databases, TELLING_DATABASE);
    telling->told.max = telling->token.max = 1u << 20;
    stream_open(telling);
    *state = telling;
    return 0;
}

int telling_teardown(void **state)
{
    struct telling *telling = *state;
    stream_close(telling);
    databases_free(telling->service.databases);
    buffer_free(&telling->told);
    buffer_free(&telling->token);
    free(telling);
    return 0;
}

/* ---- the store ---- */

void telling_put_at(struct telling *telling, const char *id, const char *json, int64_t commit_us)
{
    struct store_collection *orders = store_collection(telling->store, STR("Orders"), true);
    const struct value *value;
    struct arena arena = {0};
    struct encoder encoder;
    struct error err;
    encoder_init(&encoder);
    if (json != NULL) {
        assert_true(json_parse(str_from(json), &arena, &value, &err));
        encoder_document(&encoder, value);
    }
    store_write(telling->store, orders, str_from(id),
                json == NULL ? STR_NULL : buffer_str(&encoder.out), commit_us);
    encoder_free(&encoder);
    arena_free(&arena);
}

int64_t telling_put(struct telling *telling, const char *id, const char *json)
{
    int64_t commit_us = store_commit_time(telling->store);
    telling_put_at(telling, id, json, commit_us);
    return commit_us;
}

/* ---- requests ---- */

void telling_target_orders(struct telling_target *target, int32_t id)
{
    google__firestore__v1__listen_request__init(&target->message);
    google__firestore__v1__target__init(&target->target);
    google__firestore__v1__target__query_target__init(&target->query);
    google__firestore__v1__structured_query__init(&target->structured);
    google__firestore__v1__structured_query__collection_selector__init(&target->from);
    target->message.database = (char *)(uintptr_t)TELLING_DATABASE;
    target->message.target_change_case =
        GOOGLE__FIRESTORE__V1__LISTEN_REQUEST__TARGET_CHANGE_ADD_TARGET;
    target->message.add_target = &target->target;
    target->target.target_id = id;
    target->target.target_type_case = GOOGLE__FIRESTORE__V1__TARGET__TARGET_TYPE_QUERY;
    target->target.query = &target->query;
    target->query.parent = (char *)(uintptr_t)TELLING_ROOT;
    target->query.query_type_case =
        GOOGLE__FIRESTORE__V1__TARGET__QUERY_TARGET__QUERY_TYPE_STRUCTURED_QUERY;
    target->query.structured_query = &target->structured;
    target->from.collection_id = (char *)(uintptr_t) "Orders";
    target->froms[0] = &target->from;
    target->structured.n_from = 1;
    target->structured.from = target->froms;
}

void telling_target_where(struct telling_target *target, int64_t number)
{
    google__firestore__v1__structured_query__filter__init(&target->filter);
    google__firestore__v1__structured_query__field_filter__init(&target->field_filter);
    google__firestore__v1__structured_query__field_reference__init(&target->field);
    google__firestore__v1__value__init(&target->value);
    target->field.field_path = (char *)(uintptr_t) "n";
    target->value.value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_INTEGER_VALUE;
    target->value.integer_value = number;
    target->field_filter.field = &target->field;
    target->field_filter.op =
        GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FIELD_FILTER__OPERATOR__EQUAL;
    target->field_filter.value = &target->value;
    target->filter.filter_type_case =
        GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FILTER__FILTER_TYPE_FIELD_FILTER;
    target->filter.field_filter = &target->field_filter;
    target->structured.where = &target->filter;
}

void telling_target_resume(struct telling_target *target, const struct telling *telling)
{
    target->target.resume_type_case = GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_RESUME_TOKEN;
    target->target.resume_token.data = (uint8_t *)telling->token.data;
    target->target.resume_token.len = telling->token.len;
}

void telling_target_since(struct telling_target *target, int64_t time_us)
{
    google__firestore__v1__timestamp__init(&target->read_time);
    target->read_time.seconds = time_us / 1000000;
    target->read_time.nanos = (int32_t)(time_us % 1000000 * 1000);
    target->target.resume_type_case = GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_READ_TIME;
    target->target.read_time = &target->read_time;
}

void telling_target_documents(struct telling_target *target, char **names, size_t count)
{
    google__firestore__v1__target__documents_target__init(&target->documents);
    target->documents.n_documents = count;
    target->documents.documents = names;
    target->target.target_type_case = GOOGLE__FIRESTORE__V1__TARGET__TARGET_TYPE_DOCUMENTS;
    target->target.documents = &target->documents;
}

bool telling_ask(struct telling *telling, const struct telling_target *target)
{
    size_t size = google__firestore__v1__listen_request__get_packed_size(&target->message);
    uint8_t *bytes = memory_alloc(size);
    google__firestore__v1__listen_request__pack(&target->message, bytes);
    proto_request *copy = google__firestore__v1__listen_request__unpack(NULL, size, bytes);
    free(bytes);
    return listen_receive(&telling->call, &copy->base, &telling->status);
}

void telling_ask_orders(struct telling *telling)
{
    struct telling_target target;
    telling_target_orders(&target, 1);
    assert_true(telling_ask(telling, &target));
}

/* ---- answers ---- */

static const char *last_part(const char *name)
{
    return strrchr(name, '/') + 1;
}

static void snapshot_take(struct telling *telling, const proto_change *change)
{
    int64_t time_us = change->read_time->seconds * 1000000 + change->read_time->nanos / 1000;
    assert_true(time_us >= telling->snapshot_us); /* never back */
    telling->snapshot_us = time_us;
    buffer_clear(&telling->token);
    buffer_append(&telling->token, change->resume_token.data, change->resume_token.len);
}

static void told_change(struct telling *telling, const proto_change *change)
{
    static const char *const words[] = {"none", "add", "remove", "current", "reset"};
    if (change->target_change_type == 0 && change->n_target_ids == 0 && change->read_time != NULL) {
        snapshot_take(telling, change);
        buffer_append_text(&telling->told, "snapshot");
        return;
    }
    buffer_append_text(&telling->told, words[change->target_change_type]);
    for (size_t i = 0; i < change->n_target_ids; i++) {
        if (change->target_ids[i] != 1)
            buffer_append_format(&telling->told, "@%d", change->target_ids[i]);
    }
    if (change->cause != NULL)
        buffer_append_format(&telling->told, "(%d)", change->cause->code);
}

static void told_message(struct telling *telling, const proto_response *m)
{
    if (telling->told.len > 0)
        buffer_append_char(&telling->told, ' ');
    switch (m->response_type_case) {
    case GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_TARGET_CHANGE:
        told_change(telling, m->target_change);
        break;
    case GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_DOCUMENT_CHANGE:
        buffer_append_format(&telling->told, "%c%s",
                             m->document_change->n_target_ids > 0 ? '+' : '-',
                             last_part(m->document_change->document->name));
        for (size_t i = 0; i < m->document_change->document->n_fields; i++)
            buffer_append_format(
                &telling->told, "=%d",
                (int)m->document_change->document->fields[i]->value->integer_value);
        break;
    case GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_DOCUMENT_DELETE:
        assert_int_equal(m->document_delete->n_removed_target_ids, 1);
        buffer_append_format(&telling->told, "x%s", last_part(m->document_delete->document));
        break;
    case GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_DOCUMENT_REMOVE:
        assert_int_equal(m->document_remove->n_removed_target_ids, 1);
        buffer_append_format(&telling->told, "?%s", last_part(m->document_remove->document));
        break;
    default:
        buffer_append_format(&telling->told, "#%d", m->filter->count);
    }
}

/* Whole messages leave the stream. */
static void told_take(struct telling *telling)
{
    struct buffer *out = &telling->stream.response;
    size_t at = 0;
    while (at < out->len) {
        const uint8_t *head = (const uint8_t *)out->data + at;
        size_t len = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
        proto_response *m = google__firestore__v1__listen_response__unpack(NULL, len, head + 5);
        assert_non_null(m);
        told_message(telling, m);
        google__firestore__v1__listen_response__free_unpacked(m, NULL);
        at += 5 + len;
    }
    telling->call.bytes += out->len;
    buffer_clear(out);
}

const char *telling_all(struct telling *telling)
{
    buffer_clear(&telling->told);
    for (int i = 0; i < 1000; i++) {
        telling->step = listen_step(&telling->call, &telling->status);
        told_take(telling);
        if (telling->step != CALL_MORE)
            break;
    }
    return telling->told.len == 0 ? "" : telling->told.data;
}
