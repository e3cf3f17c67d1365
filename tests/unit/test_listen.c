/* Listen's states without a network: what a stream tells, as one word a message. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "model/json.h"
#include "sim/encoder.h"
#include "sim/listen.h"
#include "sim/store.h"
#include "source/firestore.pb-c.h"

#define DATABASE "projects/p/databases/(default)"
#define ROOT DATABASE "/documents"

typedef Google__Firestore__V1__ListenRequest proto_request;
typedef Google__Firestore__V1__ListenResponse proto_response;
typedef Google__Firestore__V1__TargetChange proto_change;

struct fixture {
    struct call_service service;
    struct store *store;
    struct http2_stream stream;
    struct call call;
    struct rpc_status status;
    enum call_step step;
    struct buffer told;
    struct buffer token; /* of the last snapshot */
    int64_t snapshot_us;
};

static void stream_open(struct fixture *f)
{
    f->stream = (struct http2_stream){.response = {.max = HTTP2_MAX_RESPONSE}};
    f->call = (struct call){
        .service = &f->service, .stream = &f->stream, .opened_us = clock_monotonic_us()};
    f->status.code = RPC_OK;
    assert_true(listen_start(&f->call, &f->status));
}

static void stream_close(struct fixture *f)
{
    listen_finish(f->call.state);
    buffer_free(&f->stream.response);
}

static void stream_again(struct fixture *f)
{
    stream_close(f);
    stream_open(f);
}

static int setup(void **state)
{
    struct fixture *f = memory_zero(1, sizeof(*f));
    f->service.databases = databases_new(0);
    f->service.listen.heartbeat_us = 3600ll * 1000000;
    f->store = databases_find(f->service.databases, DATABASE);
    f->told.max = f->token.max = 1u << 20;
    stream_open(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    stream_close(f);
    databases_free(f->service.databases);
    buffer_free(&f->told);
    buffer_free(&f->token);
    free(f);
    return 0;
}

/* ---- the store ---- */

static void put_at(struct fixture *f, const char *id, const char *json, int64_t commit_us)
{
    struct store_collection *orders = store_collection(f->store, STR("Orders"), true);
    const struct value *value;
    struct arena arena = {0};
    struct encoder encoder;
    struct error err;
    encoder_init(&encoder);
    if (json != NULL) {
        assert_true(json_parse(str_from(json), &arena, &value, &err));
        encoder_document(&encoder, value);
    }
    store_write(f->store, orders, str_from(id), json == NULL ? STR_NULL : buffer_str(&encoder.out),
                commit_us);
    encoder_free(&encoder);
    arena_free(&arena);
}

static int64_t put(struct fixture *f, const char *id, const char *json)
{
    int64_t commit_us = store_commit_time(f->store);
    put_at(f, id, json, commit_us);
    return commit_us;
}

/* ---- requests ---- */

struct asking {
    proto_request message;
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

static void ask_orders(struct asking *a, int32_t id)
{
    google__firestore__v1__listen_request__init(&a->message);
    google__firestore__v1__target__init(&a->target);
    google__firestore__v1__target__query_target__init(&a->query);
    google__firestore__v1__structured_query__init(&a->structured);
    google__firestore__v1__structured_query__collection_selector__init(&a->from);
    a->message.database = (char *)(uintptr_t)DATABASE;
    a->message.target_change_case = GOOGLE__FIRESTORE__V1__LISTEN_REQUEST__TARGET_CHANGE_ADD_TARGET;
    a->message.add_target = &a->target;
    a->target.target_id = id;
    a->target.target_type_case = GOOGLE__FIRESTORE__V1__TARGET__TARGET_TYPE_QUERY;
    a->target.query = &a->query;
    a->query.parent = (char *)(uintptr_t)ROOT;
    a->query.query_type_case =
        GOOGLE__FIRESTORE__V1__TARGET__QUERY_TARGET__QUERY_TYPE_STRUCTURED_QUERY;
    a->query.structured_query = &a->structured;
    a->from.collection_id = (char *)(uintptr_t) "Orders";
    a->froms[0] = &a->from;
    a->structured.n_from = 1;
    a->structured.from = a->froms;
}

/* Orders with n equal to `number`. */
static void ask_where(struct asking *a, int64_t number)
{
    google__firestore__v1__structured_query__filter__init(&a->filter);
    google__firestore__v1__structured_query__field_filter__init(&a->field_filter);
    google__firestore__v1__structured_query__field_reference__init(&a->field);
    google__firestore__v1__value__init(&a->value);
    a->field.field_path = (char *)(uintptr_t) "n";
    a->value.value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_INTEGER_VALUE;
    a->value.integer_value = number;
    a->field_filter.field = &a->field;
    a->field_filter.op = GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FIELD_FILTER__OPERATOR__EQUAL;
    a->field_filter.value = &a->value;
    a->filter.filter_type_case =
        GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__FILTER__FILTER_TYPE_FIELD_FILTER;
    a->filter.field_filter = &a->field_filter;
    a->structured.where = &a->filter;
}

static void ask_resume(struct asking *a, const struct fixture *f)
{
    a->target.resume_type_case = GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_RESUME_TOKEN;
    a->target.resume_token.data = (uint8_t *)f->token.data;
    a->target.resume_token.len = f->token.len;
}

static void ask_since(struct asking *a, int64_t time_us)
{
    google__firestore__v1__timestamp__init(&a->read_time);
    a->read_time.seconds = time_us / 1000000;
    a->read_time.nanos = (int32_t)(time_us % 1000000 * 1000);
    a->target.resume_type_case = GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_READ_TIME;
    a->target.read_time = &a->read_time;
}

static void ask_documents(struct asking *a, char **names, size_t count)
{
    google__firestore__v1__target__documents_target__init(&a->documents);
    a->documents.n_documents = count;
    a->documents.documents = names;
    a->target.target_type_case = GOOGLE__FIRESTORE__V1__TARGET__TARGET_TYPE_DOCUMENTS;
    a->target.documents = &a->documents;
}

static bool ask(struct fixture *f, const struct asking *a)
{
    size_t size = google__firestore__v1__listen_request__get_packed_size(&a->message);
    uint8_t *bytes = memory_alloc(size);
    google__firestore__v1__listen_request__pack(&a->message, bytes);
    proto_request *copy = google__firestore__v1__listen_request__unpack(NULL, size, bytes);
    free(bytes);
    return listen_receive(&f->call, &copy->base, &f->status);
}

static void ask_plain(struct fixture *f)
{
    struct asking a;
    ask_orders(&a, 1);
    assert_true(ask(f, &a));
}

/* ---- answers ---- */

static const char *last_part(const char *name)
{
    return strrchr(name, '/') + 1;
}

static void snapshot_take(struct fixture *f, const proto_change *change)
{
    int64_t time_us = change->read_time->seconds * 1000000 + change->read_time->nanos / 1000;
    assert_true(time_us >= f->snapshot_us); /* never back */
    f->snapshot_us = time_us;
    buffer_clear(&f->token);
    buffer_append(&f->token, change->resume_token.data, change->resume_token.len);
}

static void told_change(struct fixture *f, const proto_change *change)
{
    static const char *const words[] = {"none", "add", "remove", "current", "reset"};
    if (change->target_change_type == 0 && change->n_target_ids == 0 && change->read_time != NULL) {
        snapshot_take(f, change);
        buffer_append_text(&f->told, "snapshot");
        return;
    }
    buffer_append_text(&f->told, words[change->target_change_type]);
    for (size_t i = 0; i < change->n_target_ids; i++) {
        if (change->target_ids[i] != 1)
            buffer_append_format(&f->told, "@%d", change->target_ids[i]);
    }
    if (change->cause != NULL)
        buffer_append_format(&f->told, "(%d)", change->cause->code);
}

static void told_message(struct fixture *f, const proto_response *m)
{
    if (f->told.len > 0)
        buffer_append_char(&f->told, ' ');
    switch (m->response_type_case) {
    case GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_TARGET_CHANGE:
        told_change(f, m->target_change);
        break;
    case GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_DOCUMENT_CHANGE:
        buffer_append_format(&f->told, "%c%s", m->document_change->n_target_ids > 0 ? '+' : '-',
                             last_part(m->document_change->document->name));
        for (size_t i = 0; i < m->document_change->document->n_fields; i++)
            buffer_append_format(
                &f->told, "=%d",
                (int)m->document_change->document->fields[i]->value->integer_value);
        break;
    case GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_DOCUMENT_DELETE:
        assert_int_equal(m->document_delete->n_removed_target_ids, 1);
        buffer_append_format(&f->told, "x%s", last_part(m->document_delete->document));
        break;
    case GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_DOCUMENT_REMOVE:
        assert_int_equal(m->document_remove->n_removed_target_ids, 1);
        buffer_append_format(&f->told, "?%s", last_part(m->document_remove->document));
        break;
    default:
        buffer_append_format(&f->told, "#%d", m->filter->count);
    }
}

/* Whole messages leave the stream. */
static void told_take(struct fixture *f)
{
    struct buffer *out = &f->stream.response;
    size_t at = 0;
    while (at < out->len) {
        const uint8_t *head = (const uint8_t *)out->data + at;
        size_t len = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
        proto_response *m = google__firestore__v1__listen_response__unpack(NULL, len, head + 5);
        assert_non_null(m);
        told_message(f, m);
        google__firestore__v1__listen_response__free_unpacked(m, NULL);
        at += 5 + len;
    }
    f->call.bytes += out->len;
    buffer_clear(out);
}

/* Everything there is to tell now. */
static const char *told(struct fixture *f)
{
    buffer_clear(&f->told);
    for (int i = 0; i < 1000; i++) {
        f->step = listen_step(&f->call, &f->status);
        told_take(f);
        if (f->step != CALL_MORE)
            break;
    }
    return f->told.len == 0 ? "" : f->told.data;
}

/* ---- the life of a target ---- */

static void test_initial_and_deltas(void **state)
{
    struct fixture *f = *state;
    put(f, "a", "{\"n\":1}");
    put(f, "b", "{\"n\":2}");
    ask_plain(f);
    assert_string_equal(told(f), "add +a=1 +b=2 current snapshot");
    assert_string_equal(told(f), "");
    assert_int_equal(f->step, CALL_WAIT);
    int64_t at = put(f, "a", "{\"n\":3}");
    assert_string_equal(told(f), "+a=3 snapshot");
    assert_int_equal(f->snapshot_us, at);
    put(f, "b", NULL);
    assert_string_equal(told(f), "xb snapshot");
    put(f, "c", "{\"n\":4}");
    put(f, "c", "{\"n\":5}");
    assert_string_equal(told(f), "+c=4 snapshot +c=5 snapshot");
}

static void test_one_snapshot_a_commit(void **state)
{
    struct fixture *f = *state;
    ask_plain(f);
    assert_string_equal(told(f), "add current snapshot");
    int64_t at = store_commit_time(f->store);
    put_at(f, "a", "{\"n\":1}", at);
    put_at(f, "b", "{\"n\":2}", at);
    put(f, "c", "{\"n\":3}");
    assert_string_equal(told(f), "+a=1 +b=2 snapshot +c=3 snapshot");
}

static void test_other_collections_are_silent(void **state)
{
    struct fixture *f = *state;
    ask_plain(f);
    told(f);
    struct store_collection *other = store_collection(f->store, STR("Other"), true);
    store_write(f->store, other, STR("x"), STR(""), store_commit_time(f->store));
    assert_string_equal(told(f), "");
}

static void test_filter_enter_and_leave(void **state)
{
    struct fixture *f = *state;
    struct asking a;
    put(f, "a", "{\"n\":1}");
    put(f, "b", "{\"n\":2}");
    ask_orders(&a, 1);
    ask_where(&a, 1);
    assert_true(ask(f, &a));
    assert_string_equal(told(f), "add +a=1 current snapshot");
    put(f, "b", "{\"n\":1}");
    assert_string_equal(told(f), "+b=1 snapshot");
    put(f, "a", "{\"n\":9}");
    assert_string_equal(told(f), "-a=9 snapshot");
    put(f, "a", "{\"n\":8}");
    assert_string_equal(told(f), ""); /* it was not in, and is not */
    put(f, "a", NULL);
    assert_string_equal(told(f), "");
    put(f, "b", NULL);
    assert_string_equal(told(f), "xb snapshot");
}

static void test_limited_query_is_told_anew(void **state)
{
    struct fixture *f = *state;
    struct asking a;
    put(f, "b", "{\"n\":1}");
    put(f, "c", "{\"n\":2}");
    ask_orders(&a, 1);
    google__firestore__v1__int32_value__init(&a.limit);
    a.limit.value = 2;
    a.structured.limit = &a.limit;
    assert_true(ask(f, &a));
    assert_string_equal(told(f), "add +b=1 +c=2 current snapshot");
    put(f, "a", "{\"n\":3}");
    assert_string_equal(told(f), "reset +a=3 +b=1 current snapshot");
}

static void test_named_documents(void **state)
{
    struct fixture *f = *state;
    struct asking a;
    char *names[] = {(char *)(uintptr_t)ROOT "/Orders/a", (char *)(uintptr_t)ROOT "/Orders/b"};
    put(f, "a", "{\"n\":1}");
    ask_orders(&a, 1);
    ask_documents(&a, names, 2);
    assert_true(ask(f, &a));
    assert_string_equal(told(f), "add +a=1 xb current snapshot");
    put(f, "c", "{\"n\":1}");
    assert_string_equal(told(f), "");
    put(f, "b", "{\"n\":2}");
    assert_string_equal(told(f), "+b=2 snapshot");
    put(f, "a", NULL);
    assert_string_equal(told(f), "xa snapshot");
}

static void test_targets_together(void **state)
{
    struct fixture *f = *state;
    struct asking a;
    ask_plain(f);
    assert_string_equal(told(f), "add current snapshot");
    ask_orders(&a, 2);
    ask_where(&a, 5);
    assert_true(ask(f, &a));
    put(f, "a", "{\"n\":5}");
    /* The first target comes to the second one's point before there is a snapshot. */
    assert_string_equal(told(f), "add@2 +a=5 current@2 +a=5 snapshot");
    a.message.target_change_case =
        GOOGLE__FIRESTORE__V1__LISTEN_REQUEST__TARGET_CHANGE_REMOVE_TARGET;
    a.message.remove_target = 2;
    assert_true(ask(f, &a));
    assert_string_equal(told(f), "remove@2");
    put(f, "a", NULL);
    assert_string_equal(told(f), "xa snapshot");
    ask_orders(&a, 0); /* an id is given */
    a.target.once = true;
    assert_true(ask(f, &a));
    assert_string_equal(told(f), "add@2 current@2 snapshot remove@2");
}

static void test_refused_targets(void **state)
{
    struct fixture *f = *state;
    struct asking a;
    ask_plain(f);
    ask_orders(&a, 1); /* the id is in use */
    assert_false(ask(f, &a));
    assert_int_equal(f->status.code, RPC_INVALID_ARGUMENT);
    ask_orders(&a, 2);
    a.message.database = (char *)(uintptr_t) "projects/other/databases/(default)";
    assert_false(ask(f, &a));
    ask_orders(&a, 2);
    a.structured.n_from = 0;
    assert_false(ask(f, &a));
    stream_again(f);
    ask_orders(&a, -1);
    assert_false(ask(f, &a));
}

static void test_heartbeats(void **state)
{
    struct fixture *f = *state;
    f->service.listen.heartbeat_us = 20000;
    ask_plain(f);
    assert_string_equal(told(f), "add current snapshot");
    int64_t before = f->snapshot_us;
    assert_string_equal(told(f), "");
    assert_true(f->stream.ask_at_us > 0);
    clock_sleep_us(25000);
    assert_string_equal(told(f), "snapshot");
    assert_true(f->snapshot_us > before);
    int64_t at = put(f, "a", "{\"n\":1}");
    assert_true(at > f->snapshot_us); /* nothing is committed at a moment already told */
    assert_string_equal(told(f), "+a=1 snapshot");
}

static void test_half_closed(void **state)
{
    struct fixture *f = *state;
    put(f, "a", "{\"n\":1}");
    ask_plain(f);
    f->stream.request_ended = true;
    assert_string_equal(told(f), "add +a=1 current snapshot");
    assert_int_equal(f->step, CALL_DONE);
}

/* ---- resuming ---- */

/* Three orders, and a stream that was told of them; then a new one of `c`, one changed, one gone.
 */
static void away(struct fixture *f)
{
    put(f, "a", "{\"n\":1}");
    put(f, "b", "{\"n\":2}");
    put(f, "c", "{\"n\":3}");
    ask_plain(f);
    told(f);
    stream_again(f);
    put(f, "a", "{\"n\":7}");
    put(f, "a", "{\"n\":8}");
    put(f, "b", NULL);
    put(f, "d", "{\"n\":4}");
}

static const char *resumed(struct fixture *f)
{
    struct asking a;
    ask_orders(&a, 1);
    ask_resume(&a, f);
    assert_true(ask(f, &a));
    return told(f);
}

static void test_resume_by_token(void **state)
{
    struct fixture *f = *state;
    away(f);
    /* Only the last state of each, and nothing of who did not change. */
    assert_string_equal(resumed(f), "add +a=8 xb +d=4 current snapshot");
    stream_again(f);
    assert_string_equal(resumed(f), "add current snapshot");
}

static void test_resume_by_time(void **state)
{
    struct fixture *f = *state;
    struct asking a;
    away(f);
    ask_orders(&a, 1);
    ask_since(&a, f->snapshot_us);
    assert_true(ask(f, &a));
    assert_string_equal(told(f), "add +a=8 xb +d=4 current snapshot");
    ask_orders(&a, 2);
    ask_since(&a, f->snapshot_us - 86400ll * 1000000);
    assert_true(ask(f, &a));
    assert_string_equal(told(f), "add@2 remove@2(9)");
    ask_orders(&a, 3);
    ask_since(&a, f->snapshot_us + 86400ll * 1000000);
    assert_true(ask(f, &a));
    assert_string_equal(told(f), "add@3 remove@3(3)");
}

static void test_forgotten_deletes_are_counted(void **state)
{
    struct fixture *f = *state;
    away(f);
    f->call.fault.kind = FAULT_FORGET;
    assert_string_equal(resumed(f), "add +a=8 +d=4 #3 current snapshot");
    put(f, "d", NULL);
    assert_string_equal(told(f), "xd snapshot"); /* what happens from now on is told */
}

static void test_old_deletes_are_forgotten(void **state)
{
    struct fixture *f = *state;
    f->service.listen.remember_us = 20000;
    away(f);
    clock_sleep_us(30000);
    put(f, "c", NULL);
    assert_string_equal(resumed(f), "add +a=8 +d=4 xc #2 current snapshot");
}

static void test_expected_count(void **state)
{
    struct fixture *f = *state;
    struct asking a;
    away(f);
    for (int expected = 3; expected <= 4; expected++) {
        stream_again(f);
        ask_orders(&a, 1);
        ask_since(&a, store_now(f->store));
        google__firestore__v1__int32_value__init(&a.expected);
        a.expected.value = expected;
        a.target.expected_count = &a.expected;
        assert_true(ask(f, &a));
        assert_string_equal(told(f),
                            expected == 3 ? "add current snapshot" : "add #3 current snapshot");
    }
}

static void test_expired_tokens(void **state)
{
    static const char *const answers[] = {[EXPIRED_RESET] =
                                              "add reset +a=8 +c=3 +d=4 current snapshot",
                                          [EXPIRED_REMOVE] = "add remove(9)",
                                          [EXPIRED_STATUS] = "add"};
    struct fixture *f = *state;
    f->service.listen.token_us = 10000;
    away(f);
    clock_sleep_us(20000);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        char old[64];
        size_t len = f->token.len;
        memcpy(old, f->token.data, len);
        f->service.listen.expired = (enum expired_answer)i;
        stream_again(f);
        assert_string_equal(resumed(f), answers[i]);
        assert_int_equal(f->status.code, i == EXPIRED_STATUS ? RPC_FAILED_PRECONDITION : RPC_OK);
        buffer_clear(&f->token);
        buffer_append(&f->token, old, len);
    }
}

static void test_tokens_of_others(void **state)
{
    struct fixture *f = *state;
    struct asking a;
    away(f);
    ask_orders(&a, 1);
    ask_where(&a, 1);
    ask_resume(&a, f);
    assert_true(ask(f, &a));
    assert_string_equal(told(f), "add remove(3)");
    stream_again(f);
    buffer_clear(&f->token);
    buffer_append_text(&f->token, "nonsense");
    assert_string_equal(resumed(f), "add remove(3)");
}

static void test_beyond_the_history(void **state)
{
    struct fixture *f = *state;
    databases_free(f->service.databases);
    f->service.databases = databases_new(4);
    f->store = databases_find(f->service.databases, DATABASE);
    away(f);
    put(f, "e", "{\"n\":5}");
    assert_string_equal(resumed(f), "add reset +a=8 +c=3 +d=4 +e=5 current snapshot");
    /* A live listener that did not read in time. */
    for (int i = 0; i < 6; i++)
        put(f, "e", "{\"n\":6}");
    assert_string_equal(told(f), "reset +a=8 +c=3 +d=4 +e=6 current snapshot");
}

/* ---- slow readers ---- */

static void test_a_slow_reader_costs_no_memory(void **state)
{
    struct fixture *f = *state;
    char id[16];
    ask_plain(f);
    told(f);
    for (int i = 0; i < 20000; i++) {
        snprintf(id, sizeof(id), "%05d", i % 10000);
        put(f, id,
            "{\"n\":1,\"text\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}");
    }
    for (int i = 0; i < 100; i++)
        listen_step(&f->call, &f->status); /* nobody takes it */
    assert_true(f->stream.response.len < HTTP2_WANT_BYTES + 4096);
    buffer_clear(&f->stream.response);
    size_t messages = f->call.messages;
    told(f);
    /* So far behind, it is told the last state of each once. */
    assert_true(f->call.messages - messages <= 10001);
}

/* ---- faults of Listen ---- */

static void fault(struct fixture *f, const char *spec)
{
    struct error err;
    if (!fault_parse(spec, &f->call.fault, &err))
        fail_msg("%s", err.message);
}

static void test_duplicate_reorder_unsure(void **state)
{
    struct fixture *f = *state;
    put(f, "a", "{\"n\":1}");
    ask_plain(f);
    told(f);
    fault(f, "duplicate");
    put(f, "a", "{\"n\":2}");
    put(f, "a", NULL);
    assert_string_equal(told(f), "+a=2 +a=2 snapshot xa xa snapshot");
    fault(f, "reorder");
    put(f, "b", "{\"n\":1}");
    put(f, "b", "{\"n\":2}");
    put(f, "b", NULL);
    assert_string_equal(told(f), "+b=1 snapshot +b=2 +b=1 snapshot xb +b=2 snapshot");
    fault(f, "unsure");
    put(f, "c", "{\"n\":1}");
    put(f, "c", NULL);
    assert_string_equal(told(f), "+c=1 snapshot ?c snapshot");
}

static void test_strikes(void **state)
{
    struct fixture *f = *state;
    put(f, "a", "{\"n\":1}");
    ask_plain(f);
    told(f);
    fault(f, "filter:more=2");
    assert_string_equal(told(f), "#3 snapshot");
    fault(f, "filter:fewer=1");
    assert_string_equal(told(f), "#0 snapshot");
    fault(f, "reset");
    assert_string_equal(told(f), "reset +a=1 current snapshot");
    fault(f, "remove:code=8");
    assert_string_equal(told(f), "remove(8)");
    put(f, "a", "{\"n\":2}");
    assert_string_equal(told(f), "");
}

static void test_strikes_before_current(void **state)
{
    static const struct {
        const char *spec, *expected;
    } cases[] = {
        {"remove:code=8,messages=1", "add remove(8)"},
        {"remove:code=8,messages=2", "add +a=1 remove(8)"},
        {"remove:code=8,current=1", "add +a=1 +b=2 current snapshot remove(8)"},
        {"reset:messages=2", "add +a=1 reset +a=1 +b=2 current snapshot"},
        {"filter:more=1", "add +a=1 +b=2 #3 current snapshot"},
    };
    struct fixture *f = *state;
    put(f, "a", "{\"n\":1}");
    put(f, "b", "{\"n\":2}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        stream_again(f);
        fault(f, cases[i].spec);
        ask_plain(f);
        assert_string_equal(told(f), cases[i].expected);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_initial_and_deltas),
        TEST(test_one_snapshot_a_commit),
        TEST(test_other_collections_are_silent),
        TEST(test_filter_enter_and_leave),
        TEST(test_limited_query_is_told_anew),
        TEST(test_named_documents),
        TEST(test_targets_together),
        TEST(test_refused_targets),
        TEST(test_heartbeats),
        TEST(test_half_closed),
        TEST(test_resume_by_token),
        TEST(test_resume_by_time),
        TEST(test_forgotten_deletes_are_counted),
        TEST(test_old_deletes_are_forgotten),
        TEST(test_expected_count),
        TEST(test_expired_tokens),
        TEST(test_tokens_of_others),
        TEST(test_beyond_the_history),
        TEST(test_a_slow_reader_costs_no_memory),
        TEST(test_duplicate_reorder_unsure),
        TEST(test_strikes),
        TEST(test_strikes_before_current),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
