/* ordersync-sim's Listen and PartitionQuery over real gRPC: streams that stay open, commits that
 * arrive while they do, faults in their midst, the control file, partitions. */
#include "lib/check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/peer.h"
#include "source/firestore.pb-c.h"
#include "source/grpc.h"

#define DATABASE "projects/demo-ordersync/databases/(default)"
#define ROOT DATABASE "/documents"
#define SECOND INT64_C(1000000)
#define PATIENCE (60 * SECOND)

typedef Google__Firestore__V1__ListenRequest proto_request;
typedef Google__Firestore__V1__ListenResponse proto_response;

struct session {
    struct peer peer;
    struct http *http;
    struct grpc_channel *channel;
    char control[64];
};

/* One stream and what came over it. */
struct stream {
    struct grpc_call *call;
    size_t adds, currents, changes, deletes, removes, resets, filters, snapshots;
    int64_t filter_count;
    int64_t snapshot_us;
    int64_t lag_us; /* the longest of a change behind its commit */
    size_t bytes;
    bool measure;
    bool ended;
    enum grpc_code code;
    uint8_t token[64];
    size_t token_len;
    size_t slow_us; /* sleeps so long at each message */
};

static void session_open(struct session *s, const char *const *arguments)
{
    const char *list[16] = {"--control", s->control};
    struct error err;
    size_t count = 2;
    *s = (struct session){0};
    str_fill(s->control, sizeof(s->control), "/tmp/ordersync-control-XXXXXX");
    int fd = mkstemp(s->control);
    assert_true(fd >= 0);
    close(fd);
    while (*arguments != NULL && count < 15)
        list[count++] = *arguments++;
    if (!peer_start_simulator(&s->peer, 0, list)) {
        unlink(s->control);
        skip();
    }
    char endpoint[64];
    snprintf(endpoint, sizeof(endpoint), "http://%s", s->peer.host);
    struct grpc_channel_options options = {.endpoint = endpoint,
                                           .cleartext_allowed = true,
                                           .service = "google.firestore.v1.Firestore",
                                           .resource_prefix = DATABASE};
    if (!http_new(&s->http, &err) || !grpc_channel_new(s->http, &options, &s->channel, &err))
        fail_msg("%s", err.message);
}

static void session_close(struct session *s)
{
    grpc_channel_free(s->channel);
    http_free(s->http);
    peer_stop(&s->peer);
    unlink(s->control);
}

/* Appends a line to the control file. */
static void control(struct session *s, const char *line)
{
    FILE *file = fopen(s->control, "a");
    assert_non_null(file);
    fprintf(file, "%s\n", line);
    fclose(file);
}

/* ---- listening ---- */

static int64_t time_us(const Google__Firestore__V1__Timestamp *time)
{
    return time->seconds * SECOND + time->nanos / 1000;
}

static void take_target(struct stream *stream, const Google__Firestore__V1__TargetChange *change)
{
    switch (change->target_change_type) {
    case GOOGLE__FIRESTORE__V1__TARGET_CHANGE__TARGET_CHANGE_TYPE__ADD:
        stream->adds++;
        break;
    case GOOGLE__FIRESTORE__V1__TARGET_CHANGE__TARGET_CHANGE_TYPE__REMOVE:
        stream->removes++;
        break;
    case GOOGLE__FIRESTORE__V1__TARGET_CHANGE__TARGET_CHANGE_TYPE__CURRENT:
        stream->currents++;
        break;
    case GOOGLE__FIRESTORE__V1__TARGET_CHANGE__TARGET_CHANGE_TYPE__RESET:
        stream->resets++;
        break;
    default:
        assert_int_equal(change->n_target_ids, 0);
        assert_true(change->resume_token.len > 0 &&
                    change->resume_token.len < sizeof(stream->token));
        assert_true(time_us(change->read_time) >= stream->snapshot_us);
        stream->snapshot_us = time_us(change->read_time);
        stream->token_len = change->resume_token.len;
        memcpy(stream->token, change->resume_token.data, stream->token_len);
        stream->snapshots++;
    }
}

static void take_document(struct stream *stream,
                          const Google__Firestore__V1__DocumentChange *change)
{
    int64_t lag = clock_wall_us() - time_us(change->document->update_time);
    stream->changes++;
    if (stream->measure && lag > stream->lag_us)
        stream->lag_us = lag;
}

static bool on_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct stream *stream = context;
    proto_response *m = google__firestore__v1__listen_response__unpack(NULL, len, bytes);
    (void)err;
    assert_non_null(m);
    stream->bytes += 5 + len;
    if (m->response_type_case ==
        GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_TARGET_CHANGE) {
        take_target(stream, m->target_change);
    } else if (m->response_type_case ==
               GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_DOCUMENT_CHANGE) {
        take_document(stream, m->document_change);
    } else if (m->response_type_case ==
               GOOGLE__FIRESTORE__V1__LISTEN_RESPONSE__RESPONSE_TYPE_FILTER) {
        stream->filters++;
        stream->filter_count = m->filter->count;
    } else {
        stream->deletes++;
    }
    google__firestore__v1__listen_response__free_unpacked(m, NULL);
    if (stream->slow_us > 0)
        clock_sleep_us((int64_t)stream->slow_us);
    return true;
}

static void on_end(void *context, enum grpc_code code, const struct error *err)
{
    struct stream *stream = context;
    (void)err;
    stream->ended = true;
    stream->code = code;
    stream->call = NULL;
}

/* Opens a stream for the Orders; it resumes by `token_of` unless that is NULL. */
static void listen_to_orders(struct session *s, struct stream *stream,
                             const struct stream *token_of)
{
    Google__Firestore__V1__StructuredQuery__CollectionSelector from, *froms[] = {&from};
    Google__Firestore__V1__StructuredQuery structured;
    Google__Firestore__V1__Target__QueryTarget query;
    Google__Firestore__V1__Target target;
    proto_request request;
    uint8_t bytes[1024];
    struct error err;
    google__firestore__v1__structured_query__collection_selector__init(&from);
    google__firestore__v1__structured_query__init(&structured);
    google__firestore__v1__target__query_target__init(&query);
    google__firestore__v1__target__init(&target);
    google__firestore__v1__listen_request__init(&request);
    from.collection_id = (char *)(uintptr_t) "Orders";
    structured.n_from = 1;
    structured.from = froms;
    query.parent = (char *)(uintptr_t)ROOT;
    query.query_type_case =
        GOOGLE__FIRESTORE__V1__TARGET__QUERY_TARGET__QUERY_TYPE_STRUCTURED_QUERY;
    query.structured_query = &structured;
    target.target_type_case = GOOGLE__FIRESTORE__V1__TARGET__TARGET_TYPE_QUERY;
    target.query = &query;
    target.target_id = 1;
    if (token_of != NULL) {
        target.resume_type_case = GOOGLE__FIRESTORE__V1__TARGET__RESUME_TYPE_RESUME_TOKEN;
        target.resume_token.data = (uint8_t *)(uintptr_t)token_of->token;
        target.resume_token.len = token_of->token_len;
    }
    request.database = (char *)(uintptr_t)DATABASE;
    request.target_change_case = GOOGLE__FIRESTORE__V1__LISTEN_REQUEST__TARGET_CHANGE_ADD_TARGET;
    request.add_target = &target;
    struct grpc_request asking = {.method = "Listen",
                                  .message = bytes,
                                  .message_len =
                                      google__firestore__v1__listen_request__pack(&request, bytes),
                                  .keep_open = true};
    struct grpc_handler handler = {on_message, on_end, stream};
    *stream = (struct stream){.slow_us = stream->slow_us};
    if (!grpc_start(s->channel, &asking, &handler, &stream->call, &err))
        fail_msg("%s", err.message);
}

/* Runs until the condition holds, or the test fails. */
#define WAIT(s, condition)                                                                         \
    do {                                                                                           \
        int64_t deadline_ = clock_monotonic_us() + PATIENCE;                                       \
        while (!(condition)) {                                                                     \
            if (clock_monotonic_us() > deadline_)                                                  \
                fail_msg("never: %s", #condition);                                                 \
            http_step((s)->http, SECOND / 20);                                                     \
        }                                                                                          \
    } while (0)

static void run_for(struct session *s, int64_t duration_us)
{
    int64_t end = clock_monotonic_us() + duration_us;
    while (clock_monotonic_us() < end)
        http_step(s->http, end - clock_monotonic_us() < SECOND / 20 ? 5000 : SECOND / 20);
}

static void stream_close(struct stream *stream)
{
    if (stream->call != NULL)
        grpc_cancel(stream->call);
    stream->call = NULL;
}

/* ---- the tests ---- */

static void test_initial_then_live(void **state)
{
    const char *arguments[] = {"--generate", "300", NULL};
    struct session s;
    struct stream a = {0}, b = {0};
    (void)state;
    session_open(&s, arguments);
    listen_to_orders(&s, &a, NULL);
    listen_to_orders(&s, &b, NULL);
    WAIT(&s, a.snapshots == 1 && b.snapshots == 1);
    assert_int_equal(a.adds, 1);
    assert_int_equal(a.currents, 1);
    assert_int_equal(a.changes, 300);
    a.measure = true;
    control(&s, "changes 200 count=100 mix=20:70:10");
    WAIT(&s, a.changes + a.deletes == 400 && b.changes + b.deletes == 400);
    WAIT(&s, a.snapshots == 101);
    assert_int_equal(a.resets, 0);
    assert_true(a.deletes > 0);
    printf("# longest lag of 100 changes: %" PRId64 " us\n", a.lag_us);
    assert_false(a.ended || b.ended);
    stream_close(&b);
    control(&s, "changes 200 count=10");
    WAIT(&s, a.snapshots == 111);
    stream_close(&a);
    session_close(&s);
}

static void test_heartbeats(void **state)
{
    const char *arguments[] = {"--heartbeat-ms", "50", NULL};
    struct session s;
    struct stream a = {0};
    (void)state;
    session_open(&s, arguments);
    listen_to_orders(&s, &a, NULL);
    WAIT(&s, a.snapshots >= 5);
    assert_int_equal(a.changes, 0);
    stream_close(&a);
    session_close(&s);
}

/* `dump` names exactly what is there. */
static size_t dump_lines(struct session *s, const char *path)
{
    char line[128], before[64] = "", id[64];
    int64_t version;
    size_t count = 0;
    snprintf(line, sizeof(line), "dump %s", path);
    unlink(path);
    control(s, line);
    WAIT(s, access(path, R_OK) == 0);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        assert_int_equal(sscanf(line, "%63s\t%" SCNd64, id, &version), 2);
        assert_true(strcmp(id, before) > 0);
        assert_true(version > 1600000000000000000);
        str_fill(before, sizeof(before), id);
        count++;
    }
    fclose(file);
    unlink(path);
    return count;
}

static void test_resume_and_dump(void **state)
{
    const char *arguments[] = {"--generate", "100", NULL};
    struct session s;
    struct stream a = {0}, b = {0};
    char path[96];
    (void)state;
    session_open(&s, arguments);
    snprintf(path, sizeof(path), "%s.dump", s.control);
    assert_int_equal(dump_lines(&s, path), 100);
    listen_to_orders(&s, &a, NULL);
    WAIT(&s, a.snapshots == 1);
    stream_close(&a);
    control(&s, "changes 1000 count=60 mix=50:0:50");
    run_for(&s, SECOND / 2);
    listen_to_orders(&s, &b, &a);
    WAIT(&s, b.snapshots == 1);
    assert_int_equal(b.resets, 0);
    /* What came and went while it was away is told by nobody. */
    assert_true(b.changes > 0 && b.deletes > 0 && b.changes + b.deletes <= 60);
    control(&s, "# a comment");
    snprintf(path, sizeof(path), "%s.again", s.control);
    assert_int_equal(dump_lines(&s, path), 100 + b.changes - b.deletes);
    stream_close(&b);
    session_close(&s);
}

static void test_cuts(void **state)
{
    static const struct {
        const char *command;
        int code; /* -1: whatever stands for a broken connection */
    } cases[] = {{"now cut #1", -1},
                 {"now cut:reset=1 #2", -1},
                 {"now goaway #3", -1},
                 {"now exhausted #4", 8},
                 {"now unavailable #5", 14},
                 {"now internal #6", 13},
                 {"now unauthenticated #7", 16}};
    const char *arguments[] = {"--generate", "50", NULL};
    struct session s;
    struct stream a = {0}, before = {0};
    (void)state;
    session_open(&s, arguments);
    listen_to_orders(&s, &before, NULL);
    WAIT(&s, before.snapshots == 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        control(&s, cases[i].command);
        WAIT(&s, before.ended);
        if (cases[i].code >= 0)
            assert_int_equal(before.code, cases[i].code);
        else
            assert_int_not_equal(before.code, 0);
        listen_to_orders(&s, &a, &before);
        WAIT(&s, a.snapshots == 1);
        assert_int_equal(a.changes, 0);
        stream_close(&a);
        listen_to_orders(&s, &before, NULL);
        WAIT(&s, before.snapshots == 1);
    }
    stream_close(&before);
    session_close(&s);
}

static void test_cut_after(void **state)
{
    const char *messages[] = {"--generate", "500", "--fault", "cut:messages=7,reset=1", NULL};
    const char *bytes[] = {"--generate", "500", "--fault", "cut:bytes=50000,reset=1", NULL};
    const char *late[] = {"--generate", "5", "--fault", "unavailable:ms=300", NULL};
    struct session s;
    struct stream a = {0};
    (void)state;
    session_open(&s, messages);
    listen_to_orders(&s, &a, NULL);
    WAIT(&s, a.ended);
    /* What libcurl had not handed over when the stream broke is lost. */
    assert_true(a.adds + a.changes <= 7 && a.currents == 0);
    session_close(&s);
    session_open(&s, bytes);
    listen_to_orders(&s, &a, NULL);
    WAIT(&s, a.ended);
    assert_true(a.bytes <= 50000);
    assert_int_equal(a.snapshots, 0);
    session_close(&s);
    session_open(&s, late);
    int64_t started = clock_monotonic_us();
    listen_to_orders(&s, &a, NULL);
    WAIT(&s, a.ended);
    assert_int_equal(a.code, 14);
    assert_int_equal(a.snapshots, 1);
    assert_true(clock_monotonic_us() - started >= 300000);
    session_close(&s);
}

static void test_stall_and_meaning(void **state)
{
    const char *arguments[] = {"--generate", "5", "--heartbeat-ms", "30", NULL};
    struct session s;
    struct stream a = {0};
    (void)state;
    session_open(&s, arguments);
    listen_to_orders(&s, &a, NULL);
    WAIT(&s, a.snapshots >= 2);
    control(&s, "now stall:delay_ms=800");
    run_for(&s, SECOND / 5);
    size_t before = a.snapshots;
    run_for(&s, SECOND / 5);
    assert_int_equal(a.snapshots, before); /* silence */
    WAIT(&s, a.snapshots > before);
    control(&s, "now filter:more=4");
    WAIT(&s, a.filters == 1);
    assert_int_equal(a.filter_count, 9);
    control(&s, "now reset");
    WAIT(&s, a.currents == 2);
    assert_int_equal(a.resets, 1);
    assert_int_equal(a.changes, 10);
    control(&s, "now remove:code=8");
    WAIT(&s, a.removes == 1);
    assert_false(a.ended);
    stream_close(&a);
    session_close(&s);
}

static size_t resident_kb(pid_t pid)
{
    char path[64], line[256];
    size_t kb = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = (size_t)strtoull(line + 6, NULL, 10);
    }
    fclose(file);
    return kb;
}

static void test_a_slow_reader_stops_the_stream(void **state)
{
    const char *arguments[] = {"--generate", "20000", NULL};
    struct session s;
    struct stream a = {0};
    (void)state;
    session_open(&s, arguments);
    size_t before = resident_kb(s.peer.pid);
    listen_to_orders(&s, &a, NULL);
    WAIT(&s, a.changes > 10);
    control(&s, "changes 5000 count=5000");
    usleep(1500000); /* reads nothing; 20,000 orders are more than 100 MB */
    size_t after = resident_kb(s.peer.pid);
    printf("# simulator: %zu kB before, %zu kB while a reader stands still\n", before, after);
    assert_true(after < before + 65536); /* mostly what a sanitizer keeps */
    WAIT(&s, a.currents == 1 && a.changes + a.deletes > 22000);
    stream_close(&a);
    session_close(&s);
}

/* ---- partitions ---- */

struct partitions {
    char names[64][128];
    size_t count;
    char token[128];
    bool ended;
    enum grpc_code code;
};

static bool on_partitions(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct partitions *p = context;
    Google__Firestore__V1__PartitionQueryResponse *m =
        google__firestore__v1__partition_query_response__unpack(NULL, len, bytes);
    (void)err;
    assert_non_null(m);
    for (size_t i = 0; i < m->n_partitions && p->count < 64; i++)
        str_fill(p->names[p->count++], sizeof(p->names[0]),
                 m->partitions[i]->values[0]->reference_value);
    str_fill(p->token, sizeof(p->token), m->next_page_token);
    google__firestore__v1__partition_query_response__free_unpacked(m, NULL);
    return true;
}

static void on_partitions_end(void *context, enum grpc_code code, const struct error *err)
{
    struct partitions *p = context;
    (void)err;
    p->ended = true;
    p->code = code;
}

/* One page; `group` false asks for something that has no partitions. */
static void partition_page(struct session *s, struct partitions *p, bool group)
{
    Google__Firestore__V1__StructuredQuery__CollectionSelector from, *froms[] = {&from};
    Google__Firestore__V1__StructuredQuery__FieldReference name;
    Google__Firestore__V1__StructuredQuery__Order order, *orders[] = {&order};
    Google__Firestore__V1__StructuredQuery query;
    Google__Firestore__V1__PartitionQueryRequest request;
    uint8_t bytes[1024];
    struct grpc_call *call;
    struct error err;
    google__firestore__v1__structured_query__collection_selector__init(&from);
    google__firestore__v1__structured_query__field_reference__init(&name);
    google__firestore__v1__structured_query__order__init(&order);
    google__firestore__v1__structured_query__init(&query);
    google__firestore__v1__partition_query_request__init(&request);
    from.collection_id = (char *)(uintptr_t) "Orders";
    from.all_descendants = group;
    name.field_path = (char *)(uintptr_t) "__name__";
    order.field = &name;
    order.direction = GOOGLE__FIRESTORE__V1__STRUCTURED_QUERY__DIRECTION__ASCENDING;
    query.n_from = query.n_order_by = 1;
    query.from = froms;
    query.order_by = orders;
    request.parent = (char *)(uintptr_t)ROOT;
    request.query_type_case =
        GOOGLE__FIRESTORE__V1__PARTITION_QUERY_REQUEST__QUERY_TYPE_STRUCTURED_QUERY;
    request.structured_query = &query;
    request.partition_count = 10;
    request.page_size = 3;
    request.page_token = p->token;
    struct grpc_request asking = {
        .method = "PartitionQuery",
        .message = bytes,
        .message_len = google__firestore__v1__partition_query_request__pack(&request, bytes)};
    struct grpc_handler handler = {on_partitions, on_partitions_end, p};
    p->ended = false;
    if (!grpc_start(s->channel, &asking, &handler, &call, &err))
        fail_msg("%s", err.message);
    WAIT(s, p->ended);
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void test_partitions(void **state)
{
    const char *arguments[] = {"--generate", "5000", NULL};
    struct session s;
    struct partitions p = {.token = ""};
    size_t pages = 0;
    (void)state;
    session_open(&s, arguments);
    do {
        partition_page(&s, &p, true);
        assert_int_equal(p.code, 0);
        pages++;
    } while (p.token[0] != '\0');
    assert_int_equal(pages, 4);
    assert_int_equal(p.count, 10);
    size_t falls = 0;
    for (size_t i = 1; i < p.count; i++)
        falls += strcmp(p.names[i - 1], p.names[i]) > 0;
    assert_true(falls > 0); /* in no order */
    qsort(p.names, p.count, sizeof(p.names[0]), name_compare);
    for (size_t i = 0; i < p.count; i++) {
        assert_int_equal(strncmp(p.names[i], ROOT "/Orders/", strlen(ROOT "/Orders/")), 0);
        assert_true(i == 0 || strcmp(p.names[i - 1], p.names[i]) < 0);
    }
    struct partitions wrong = {.token = ""};
    partition_page(&s, &wrong, false);
    assert_int_equal(wrong.code, 3);
    session_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initial_then_live),
        cmocka_unit_test(test_heartbeats),
        cmocka_unit_test(test_resume_and_dump),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_cut_after),
        cmocka_unit_test(test_stall_and_meaning),
        cmocka_unit_test(test_partitions),
        cmocka_unit_test(test_a_slow_reader_stops_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
