/* ordersync-sim as a process, through its own small client: every method, statuses, faults, ends.
 */
#include "lib/check.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/peer.h"
#include "sim/client.h"
#include "sim/fieldvalue.h"
#include "sim/wire.h"
#include "source/firestore.pb-c.h"

#define DATABASE "projects/demo-ordersync/databases/(default)"
#define ROOT DATABASE "/documents"

struct session {
    struct peer peer;
    struct client *client;
    struct client_reply reply;
};

static void session_open(struct session *session, const char *const *arguments)
{
    struct error err;
    *session = (struct session){0};
    if (!peer_start_simulator(&session->peer, 0, arguments))
        skip();
    if (!client_open(session->peer.host, &session->client, &err))
        fail_msg("%s", err.message);
}

static void session_close(struct session *session)
{
    client_reply_free(&session->reply);
    client_close(session->client);
    peer_stop(&session->peer);
}

/* Sends a message; returns the status. Answers are in session->reply. */
static int call(struct session *session, const char *method, const void *message)
{
    struct error err;
    struct buffer request = {.max = 16u << 20};
    size_t size = protobuf_c_message_get_packed_size(message);
    assert_non_null(buffer_reserve(&request, size));
    request.len = protobuf_c_message_pack(message, (uint8_t *)request.data);
    client_reply_free(&session->reply);
    if (!client_call(session->client, method, buffer_str(&request), &session->reply, &err))
        fail_msg("%s", err.message);
    buffer_free(&request);
    return session->reply.status;
}

static void *answer(struct session *session, size_t i, const ProtobufCMessageDescriptor *descriptor)
{
    assert_true(i < session->reply.count);
    struct str bytes = client_reply_message(&session->reply, i);
    void *message =
        protobuf_c_message_unpack(descriptor, NULL, bytes.len, (const uint8_t *)bytes.data);
    assert_non_null(message);
    return message;
}
#define ANSWER(session, i, type) answer(session, i, &google__firestore__v1__##type##__descriptor)
#define RELEASE(message) protobuf_c_message_free_unpacked(&(message)->base, NULL)

/* A query for a whole collection; `all` decides about fields. */
struct request {
    Google__Firestore__V1__RunQueryRequest message;
    Google__Firestore__V1__StructuredQuery query;
    Google__Firestore__V1__StructuredQuery__CollectionSelector from;
    Google__Firestore__V1__StructuredQuery__CollectionSelector *froms[1];
    Google__Firestore__V1__Int32Value limit;
    Google__Firestore__V1__Cursor start;
    Google__Firestore__V1__Value value;
    Google__Firestore__V1__Value *values[1];
    Google__Firestore__V1__Timestamp read_time;
};

static void request_make(struct request *r, int limit)
{
    google__firestore__v1__run_query_request__init(&r->message);
    google__firestore__v1__structured_query__init(&r->query);
    google__firestore__v1__structured_query__collection_selector__init(&r->from);
    google__firestore__v1__int32_value__init(&r->limit);
    r->message.parent = (char *)(uintptr_t)ROOT;
    r->message.query_type_case =
        GOOGLE__FIRESTORE__V1__RUN_QUERY_REQUEST__QUERY_TYPE_STRUCTURED_QUERY;
    r->message.structured_query = &r->query;
    r->from.collection_id = (char *)(uintptr_t) "Orders";
    r->froms[0] = &r->from;
    r->query.n_from = 1;
    r->query.from = r->froms;
    r->limit.value = limit;
    r->query.limit = limit < 0 ? NULL : &r->limit;
}

static void request_after(struct request *r, const char *name)
{
    google__firestore__v1__cursor__init(&r->start);
    google__firestore__v1__value__init(&r->value);
    r->value.value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_REFERENCE_VALUE;
    r->value.reference_value = (char *)(uintptr_t)name;
    r->values[0] = &r->value;
    r->start.n_values = 1;
    r->start.values = r->values;
    r->query.start_at = &r->start;
}

static void request_at(struct request *r, int64_t seconds)
{
    google__firestore__v1__timestamp__init(&r->read_time);
    r->read_time.seconds = seconds;
    r->message.consistency_selector_case =
        GOOGLE__FIRESTORE__V1__RUN_QUERY_REQUEST__CONSISTENCY_SELECTOR_READ_TIME;
    r->message.read_time = &r->read_time;
}

/* ---- reading ---- */

static void test_pages_cover_the_collection(void **state)
{
    const char *arguments[] = {"--generate", "1000", "--seed", "3", NULL};
    struct session session;
    struct request request;
    char last[256] = "";
    size_t seen = 0, count;
    (void)state;
    session_open(&session, arguments);
    do {
        request_make(&request, 137);
        if (last[0] != '\0')
            request_after(&request, last);
        assert_int_equal(call(&session, "RunQuery", &request.message), 0);
        count = 0;
        for (size_t i = 0; i < session.reply.count; i++) {
            Google__Firestore__V1__RunQueryResponse *message =
                ANSWER(&session, i, run_query_response);
            assert_non_null(message->read_time);
            if (message->document != NULL) {
                assert_true(strcmp(message->document->name, last) > 0);
                assert_true(message->document->n_fields > 40);
                assert_non_null(message->document->update_time);
                snprintf(last, sizeof(last), "%s", message->document->name);
                count++;
            }
            RELEASE(message);
        }
        seen += count;
    } while (count == 137);
    assert_int_equal(seen, 1000);
    session_close(&session);
}

static void test_empty_result(void **state)
{
    struct session session;
    struct request request;
    (void)state;
    session_open(&session, NULL);
    request_make(&request, 10);
    assert_int_equal(call(&session, "RunQuery", &request.message), 0);
    Google__Firestore__V1__RunQueryResponse *message = ANSWER(&session, 0, run_query_response);
    assert_null(message->document);
    assert_non_null(message->read_time);
    RELEASE(message);
    session_close(&session);
}

static int64_t count_orders(struct session *session)
{
    Google__Firestore__V1__RunAggregationQueryRequest message;
    Google__Firestore__V1__StructuredAggregationQuery query;
    Google__Firestore__V1__StructuredAggregationQuery__Aggregation aggregation, *aggregations[1];
    Google__Firestore__V1__StructuredAggregationQuery__Aggregation__Count counter;
    struct request request;
    request_make(&request, -1);
    google__firestore__v1__run_aggregation_query_request__init(&message);
    google__firestore__v1__structured_aggregation_query__init(&query);
    google__firestore__v1__structured_aggregation_query__aggregation__init(&aggregation);
    google__firestore__v1__structured_aggregation_query__aggregation__count__init(&counter);
    message.parent = request.message.parent;
    message.query_type_case =
        GOOGLE__FIRESTORE__V1__RUN_AGGREGATION_QUERY_REQUEST__QUERY_TYPE_STRUCTURED_AGGREGATION_QUERY;
    message.structured_aggregation_query = &query;
    query.query_type_case =
        GOOGLE__FIRESTORE__V1__STRUCTURED_AGGREGATION_QUERY__QUERY_TYPE_STRUCTURED_QUERY;
    query.structured_query = &request.query;
    aggregation.operator_case =
        GOOGLE__FIRESTORE__V1__STRUCTURED_AGGREGATION_QUERY__AGGREGATION__OPERATOR_COUNT;
    aggregation.count = &counter;
    aggregation.alias = (char *)(uintptr_t) "n";
    aggregations[0] = &aggregation;
    query.n_aggregations = 1;
    query.aggregations = aggregations;
    assert_int_equal(call(session, "RunAggregationQuery", &message), 0);
    Google__Firestore__V1__RunAggregationQueryResponse *reply =
        ANSWER(session, 0, run_aggregation_query_response);
    assert_int_equal(reply->result->n_aggregate_fields, 1);
    int64_t counted = reply->result->aggregate_fields[0]->value->integer_value;
    RELEASE(reply);
    return counted;
}

static void test_count(void **state)
{
    const char *arguments[] = {"--generate", "20000", NULL};
    struct session session;
    (void)state;
    session_open(&session, arguments);
    assert_int_equal(count_orders(&session), 20000);
    session_close(&session);
}

/* ---- writing ---- */

/* A document with one integer field "n". */
struct simple {
    Google__Firestore__V1__Write write;
    Google__Firestore__V1__Document document;
    Google__Firestore__V1__Document__FieldsEntry entry, *entries[1];
    Google__Firestore__V1__Value value;
    Google__Firestore__V1__Precondition condition;
};

static void simple_make(struct simple *s, const char *name, int64_t number)
{
    google__firestore__v1__write__init(&s->write);
    google__firestore__v1__document__init(&s->document);
    google__firestore__v1__document__fields_entry__init(&s->entry);
    google__firestore__v1__value__init(&s->value);
    s->value.value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_INTEGER_VALUE;
    s->value.integer_value = number;
    s->entry.key = (ProtobufCBinaryData){1, (uint8_t *)(uintptr_t) "n"};
    s->entry.value = &s->value;
    s->entries[0] = &s->entry;
    s->document.name = (char *)(uintptr_t)name;
    s->document.n_fields = 1;
    s->document.fields = s->entries;
    s->write.operation_case = GOOGLE__FIRESTORE__V1__WRITE__OPERATION_UPDATE;
    s->write.update = &s->document;
}

static void simple_exists(struct simple *s, bool exists)
{
    google__firestore__v1__precondition__init(&s->condition);
    s->condition.condition_type_case = GOOGLE__FIRESTORE__V1__PRECONDITION__CONDITION_TYPE_EXISTS;
    s->condition.exists = exists;
    s->write.current_document = &s->condition;
}

static int commit(struct session *session, size_t count, Google__Firestore__V1__Write **writes)
{
    Google__Firestore__V1__CommitRequest message = GOOGLE__FIRESTORE__V1__COMMIT_REQUEST__INIT;
    message.database = (char *)(uintptr_t)DATABASE;
    message.n_writes = count;
    message.writes = writes;
    return call(session, "Commit", &message);
}

/* The field "n" of a document, or the status as a negative number. */
static int64_t get(struct session *session, const char *name)
{
    Google__Firestore__V1__GetDocumentRequest message;
    google__firestore__v1__get_document_request__init(&message);
    message.name = (char *)(uintptr_t)name;
    int status = call(session, "GetDocument", &message);
    if (status != 0)
        return -status;
    Google__Firestore__V1__Document *document = ANSWER(session, 0, document);
    assert_string_equal(document->name, name);
    int64_t number = document->fields[0]->value->integer_value;
    RELEASE(document);
    return number;
}

static void test_commit(void **state)
{
    struct session session;
    struct simple a, b;
    Google__Firestore__V1__Write *writes[] = {&a.write, &b.write};
    (void)state;
    session_open(&session, NULL);
    assert_int_equal(get(&session, ROOT "/Orders/a"), -5);
    assert_string_equal(session.reply.message, "Document \"" ROOT "/Orders/a\" not found.");
    simple_make(&a, ROOT "/Orders/a", 1);
    simple_make(&b, ROOT "/Orders/b", 2);
    assert_int_equal(commit(&session, 2, writes), 0);
    assert_int_equal(get(&session, ROOT "/Orders/a"), 1);
    assert_int_equal(count_orders(&session), 2);
    simple_make(&a, ROOT "/Orders/a", 10);
    simple_exists(&b, false);
    assert_int_equal(commit(&session, 2, writes),
                     6); /* ALREADY_EXISTS, and nothing of it happened */
    assert_int_equal(get(&session, ROOT "/Orders/a"), 1);
    simple_make(&b, ROOT "/Orders/missing", 2);
    simple_exists(&b, true);
    assert_int_equal(commit(&session, 2, writes), 5);
    a.write.operation_case = GOOGLE__FIRESTORE__V1__WRITE__OPERATION_DELETE;
    a.write.delete_ = (char *)(uintptr_t)ROOT "/Orders/a";
    assert_int_equal(commit(&session, 1, writes), 0);
    assert_int_equal(get(&session, ROOT "/Orders/a"), -5);
    simple_make(&a, "projects/else/databases/(default)/documents/Orders/a", 1);
    assert_int_equal(commit(&session, 1, writes), 3);
    session_close(&session);
}

static void test_batch_write_and_get(void **state)
{
    struct session session;
    struct simple a, b;
    Google__Firestore__V1__Write *writes[] = {&a.write, &b.write};
    Google__Firestore__V1__BatchWriteRequest batch =
        GOOGLE__FIRESTORE__V1__BATCH_WRITE_REQUEST__INIT;
    char *names[] = {(char *)(uintptr_t)ROOT "/Orders/a", (char *)(uintptr_t)ROOT "/Orders/b"};
    Google__Firestore__V1__BatchGetDocumentsRequest gets;
    (void)state;
    google__firestore__v1__batch_get_documents_request__init(&gets);
    session_open(&session, NULL);
    simple_make(&a, names[0], 1);
    simple_make(&b, names[1], 2);
    simple_exists(&b, true);
    batch.database = gets.database = (char *)(uintptr_t)DATABASE;
    batch.n_writes = 2;
    batch.writes = writes;
    assert_int_equal(call(&session, "BatchWrite", &batch), 0);
    Google__Firestore__V1__BatchWriteResponse *written = ANSWER(&session, 0, batch_write_response);
    assert_int_equal(written->n_status, 2);
    assert_int_equal(written->status[0]->code, 0);
    assert_int_equal(written->status[1]->code, 5);
    RELEASE(written);
    gets.n_documents = 2;
    gets.documents = names;
    assert_int_equal(call(&session, "BatchGetDocuments", &gets), 0);
    assert_int_equal(session.reply.count, 2);
    Google__Firestore__V1__BatchGetDocumentsResponse *got =
        ANSWER(&session, 0, batch_get_documents_response);
    assert_string_equal(got->found->name, names[0]);
    RELEASE(got);
    got = ANSWER(&session, 1, batch_get_documents_response);
    assert_string_equal(got->missing, names[1]);
    RELEASE(got);
    session_close(&session);
}

/* More bytes than the flow-control windows of stream and connection. */
static void test_large_commits(void **state)
{
    struct session session;
    struct simple simple;
    Google__Firestore__V1__Write *writes[1] = {&simple.write};
    char *text = memory_alloc(900000);
    char name[128];
    (void)state;
    session_open(&session, NULL);
    memset(text, 'x', 900000);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof(name), ROOT "/Orders/%02d", i);
        simple_make(&simple, name, 0);
        simple.value.value_type_case = GOOGLE__FIRESTORE__V1__VALUE__VALUE_TYPE_STRING_VALUE;
        simple.value.string_value = (ProtobufCBinaryData){900000, (uint8_t *)text};
        assert_int_equal(commit(&session, 1, writes), 0);
    }
    struct request request;
    request_make(&request, -1);
    assert_int_equal(call(&session, "RunQuery", &request.message), 0);
    assert_int_equal(session.reply.count, 12);
    assert_true(session.reply.bytes > 12 * 900000);
    char *huge = memory_alloc(1100000);
    memset(huge, 'x', 1100000);
    simple.value.string_value = (ProtobufCBinaryData){1100000, (uint8_t *)huge};
    assert_int_equal(commit(&session, 1, writes), 3); /* a document ends at 1 MiB */
    free(huge);
    free(text);
    session_close(&session);
}

static void test_read_time(void **state)
{
    const char *arguments[] = {"--generate", "3", NULL};
    struct session session;
    struct request request;
    (void)state;
    session_open(&session, arguments);
    request_make(&request, -1);
    request_at(&request, 1000);
    assert_int_equal(call(&session, "RunQuery", &request.message), 9);
    assert_non_null(strstr(session.reply.message, "too old"));
    request_at(&request, time(NULL) + 86400);
    assert_int_equal(call(&session, "RunQuery", &request.message), 3);
    request_at(&request, time(NULL) + 2);
    assert_int_equal(call(&session, "RunQuery", &request.message), 0);
    assert_int_equal(session.reply.count, 3);
    session_close(&session);
}

static void test_unknown_methods(void **state)
{
    struct session session;
    Google__Firestore__V1__Empty empty = GOOGLE__FIRESTORE__V1__EMPTY__INIT;
    struct request request;
    (void)state;
    session_open(&session, NULL);
    assert_int_equal(call(&session, "ExecutePipeline", &empty), 12);
    assert_int_equal(call(&session, "NoSuchMethod", &empty), 12);
    request_make(&request, -1);
    request.message.parent = (char *)(uintptr_t) "not a name";
    assert_int_equal(call(&session, "RunQuery", &request.message), 3);
    session_close(&session);
}

/* ---- faults ---- */

static int query_status(struct session *session)
{
    struct request request;
    request_make(&request, 20);
    return call(session, "RunQuery", &request.message);
}

static void reconnect(struct session *session)
{
    struct error err;
    client_close(session->client);
    assert_true(client_open(session->peer.host, &session->client, &err));
}

static void test_faults(void **state)
{
    static const struct {
        const char *fault;
        int status;
    } cases[] = {{"unavailable:every=2", 14}, {"exhausted:every=2", 8},
                 {"stale:every=2", 9},        {"internal:every=2", 13},
                 {"cut:every=2", -1},         {"cut:every=2,reset=1", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *arguments[] = {"--generate", "50", "--fault", cases[i].fault, NULL};
        struct session session;
        session_open(&session, arguments);
        for (int round = 0; round < 3; round++) {
            assert_int_equal(query_status(&session), 0);
            assert_int_equal(session.reply.count, 20);
            assert_int_equal(query_status(&session), cases[i].status);
            if (cases[i].status < 0) {
                assert_true(session.reply.count < 20);
                assert_true(session.reply.bytes > 0); /* it broke in the middle */
                reconnect(&session);
            }
        }
        session_close(&session);
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_slow_and_latency(void **state)
{
    const char *latency[] = {"--generate", "50", "--fault", "latency:delay_ms=200", NULL};
    const char *slow[] = {"--generate", "50", "--fault", "slow:delay_ms=20", NULL};
    struct session session;
    (void)state;
    session_open(&session, latency);
    int64_t started = now_ms();
    assert_int_equal(query_status(&session), 0);
    assert_true(now_ms() - started >= 200);
    session_close(&session);
    session_open(&session, slow);
    started = now_ms();
    assert_int_equal(query_status(&session), 0);
    assert_int_equal(session.reply.count, 20);
    assert_true(now_ms() - started >= 19 * 20);
    session_close(&session);
}

/* ---- the process ---- */

static pid_t spawn(const char *const *arguments)
{
    const char *builddir = getenv("builddir");
    char path[4096];
    snprintf(path, sizeof(path), "%s/ordersync-sim", builddir == NULL ? "." : builddir);
    if (access(path, X_OK) != 0)
        skip();
    pid_t pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
            _exit(126);
        execv(path, (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    return pid;
}

static int wait_end(pid_t pid, int64_t within_ms)
{
    int status = -1;
    int64_t deadline = now_ms() + within_ms;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (now_ms() > deadline) {
            kill(pid, SIGKILL);
            waitpid(pid, &status, 0);
            fail_msg("did not end by itself");
        }
        usleep(10000);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void test_usage(void **state)
{
    static const char *const bad[][6] = {
        {"ordersync-sim", "nonsense", NULL},
        {"ordersync-sim", "firestore", "--bind", "0.0.0.0", NULL},
        {"ordersync-sim", "firestore", "--port", "70000", NULL},
        {"ordersync-sim", "firestore", "--port", NULL},
        {"ordersync-sim", "firestore", "--fault", "nonsense", NULL},
        {"ordersync-sim", "firestore", "--generate", "1000001", NULL},
        {"ordersync-sim", "copy", "--load", "x", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(wait_end(spawn(bad[i]), 20000), 64);
    const char *missing[] = {"ordersync-sim", "firestore", "--load", "/nonexistent", NULL};
    assert_int_equal(wait_end(spawn(missing), 20000), 65);
}

/* Until it listens, which its port file says. */
static void wait_ready(const char *port_file)
{
    int64_t deadline = now_ms() + 20000;
    while (access(port_file, F_OK) != 0) {
        assert_true(now_ms() < deadline);
        usleep(10000);
    }
    unlink(port_file);
}

static void test_ends_by_itself(void **state)
{
    const char *timed[] = {"ordersync-sim", "firestore", "--max-seconds", "1", NULL};
    char parent[16];
    char directory[] = "/tmp/ordersync-test-XXXXXX", ready[64];
    const char *orphan[] = {"ordersync-sim", "firestore",     "--parent-pid",
                            parent,          "--max-seconds", "60",
                            "--port-file",   ready,           NULL};
    const char *ended[] = {"ordersync-sim", "firestore", "--max-seconds", "60", "--port-file",
                           ready,           NULL};
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(ready, sizeof(ready), "%s/port", directory);
    assert_int_equal(wait_end(spawn(timed), 20000), 0);
    pid_t sleeper = fork();
    if (sleeper == 0) {
        sleep(60);
        _exit(0);
    }
    snprintf(parent, sizeof(parent), "%d", (int)sleeper);
    pid_t pid = spawn(orphan);
    wait_ready(ready);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    kill(sleeper, SIGKILL);
    waitpid(sleeper, NULL, 0);
    assert_int_equal(wait_end(pid, 20000), 0);
    pid = spawn(ended);
    wait_ready(ready);
    kill(pid, SIGTERM);
    assert_int_equal(wait_end(pid, 20000), 0);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_cover_the_collection),
        cmocka_unit_test(test_empty_result),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_commit),
        cmocka_unit_test(test_batch_write_and_get),
        cmocka_unit_test(test_large_commits),
        cmocka_unit_test(test_read_time),
        cmocka_unit_test(test_unknown_methods),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_slow_and_latency),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_ends_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
