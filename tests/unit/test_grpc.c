/* gRPC calls against a scripted server: headers, trailers, every odd way for a call to end, and
 * streams both ways. */
#include "lib/check.h"

#include "base/clock.h"
#include "lib/script_server.h"
#include "source/grpc.h"

#define SECOND INT64_C(1000000)
/* One message "abc", and "de" behind it. */
#define ABC "\0\0\0\0\3abc"
#define ABC_DE ABC "\0\0\0\0\2de"

struct world {
    struct script_server *server;
    struct http *http;
    struct grpc_channel *channel;
    /* what came */
    struct buffer messages;
    size_t stop_at; /* refuse this message */
    size_t count;
    bool ended;
    enum grpc_code code;
    struct error error;
};

static bool on_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct world *world = context;
    if (++world->count == world->stop_at)
        return error_set(err, ERROR_SOURCE_DECODE, "enough");
    buffer_append(&world->messages, bytes, len);
    buffer_append_char(&world->messages, '|');
    return true;
}

static void on_end(void *context, enum grpc_code code, const struct error *err)
{
    struct world *world = context;
    assert_false(world->ended);
    world->ended = true;
    world->code = code;
    if (err != NULL)
        world->error = *err;
    assert_int_equal(code == GRPC_OK, err == NULL);
}

static void world_open(struct world *world, const struct script_reply *replies, size_t count)
{
    char host[32];
    struct error err;
    *world = (struct world){.messages = {.max = 4096}};
    world->server = script_start(replies, count, host);
    char *endpoint = memory_format("http://%s/", host);
    struct grpc_channel_options options = {.endpoint = endpoint,
                                           .service = "google.firestore.v1.Firestore",
                                           .resource_prefix = "projects/p/databases/d"};
    assert_true(http_new(&world->http, &err));
    assert_true(grpc_channel_new(world->http, &options, &world->channel, &err));
    free(endpoint);
}

static void world_close(struct world *world)
{
    grpc_channel_free(world->channel);
    http_free(world->http);
    script_stop(world->server);
    buffer_free(&world->messages);
}

static struct grpc_call *world_start(struct world *world, bool keep_open, int64_t deadline_us)
{
    struct grpc_request request = {.method = "RunQuery",
                                   .authorization = "Bearer secret",
                                   .message = "hello",
                                   .message_len = 5,
                                   .keep_open = keep_open,
                                   .deadline_us = deadline_us};
    struct grpc_handler handler = {on_message, on_end, world};
    struct grpc_call *call;
    struct error err;
    world->ended = false;
    world->error = (struct error){.id = ERROR_NONE};
    assert_true(grpc_start(world->channel, &request, &handler, &call, &err));
    return call;
}

static void world_wait(struct world *world)
{
    for (int i = 0; i < 100 && !world->ended; i++)
        http_step(world->http, SECOND / 10);
    assert_true(world->ended);
    assert_null(strstr(world->error.message, "secret"));
}

static void test_good(void **state)
{
    static const struct script_reply reply = {
        .body = ABC_DE, .body_len = sizeof(ABC_DE) - 1, .grpc_status = "0"};
    struct world world;
    struct script_seen seen;
    (void)state;
    world_open(&world, &reply, 1);
    world_start(&world, false, 0);
    world_wait(&world);
    assert_int_equal(world.code, GRPC_OK);
    assert_str(buffer_str(&world.messages), "abc|de|");
    assert_int_equal(script_seen(world.server, 0, &seen), 1);
    assert_string_equal(seen.path, "/google.firestore.v1.Firestore/RunQuery");
    assert_string_equal(seen.authorization, "Bearer secret");
    assert_string_equal(seen.prefix, "projects/p/databases/d");
    assert_string_equal(seen.te, "trailers");
    assert_string_equal(seen.content_type, "application/grpc+proto");
    assert_int_equal(seen.body_len, 10);
    assert_memory_equal(seen.body, "\0\0\0\0\5hello", 10);
    world_close(&world);
}

struct ending {
    const char *what;
    struct script_reply reply;
    enum grpc_code code;
    enum error_id error;
    const char *words;
};

static const struct ending endings[] = {
    {"status in trailers after a body",
     {.body = ABC, .body_len = 8, .grpc_status = "14", .grpc_message = "try%20later"},
     GRPC_UNAVAILABLE,
     ERROR_SOURCE_UNAVAILABLE,
     "RunQuery: UNAVAILABLE: try later"},
    {"trailers only",
     {.grpc_status = "7", .grpc_message = "caf%C3%A9", .trailers_only = true},
     GRPC_PERMISSION_DENIED,
     ERROR_SOURCE_DENIED,
     "PERMISSION_DENIED: caf\xc3\xa9"},
    {"no status at all",
     {.body = ABC, .body_len = 8},
     GRPC_UNAVAILABLE,
     ERROR_SOURCE_UNAVAILABLE,
     "without a status"},
    {"a status of letters",
     {.grpc_status = "ok", .trailers_only = true},
     GRPC_UNKNOWN,
     ERROR_SOURCE_UNAVAILABLE,
     "UNKNOWN"},
    {"OK inside a message",
     {.body = "\0\0\0\0\7abc", .body_len = 8, .grpc_status = "0"},
     GRPC_UNAVAILABLE,
     ERROR_SOURCE_UNAVAILABLE,
     "inside a message"},
    {"the connection lost",
     {.body = ABC, .body_len = 8, .drop = true},
     GRPC_UNAVAILABLE,
     ERROR_SOURCE_UNAVAILABLE,
     "RunQuery: "},
    {"a proxy's 503",
     {.http_status = "503", .content_type = "text/html", .body = "<html>", .body_len = 6},
     GRPC_UNAVAILABLE,
     ERROR_SOURCE_UNAVAILABLE,
     "HTTP status 503"},
    {"a proxy's 403",
     {.http_status = "403", .content_type = "text/html", .body = "<html>", .body_len = 6},
     GRPC_PERMISSION_DENIED,
     ERROR_SOURCE_DENIED,
     "HTTP status 403"},
    {"a web server",
     {.content_type = "text/html", .body = "<html>", .body_len = 6},
     GRPC_UNAVAILABLE,
     ERROR_SOURCE_PROTOCOL,
     "not in gRPC"},
    {"compressed",
     {.body = "\1\0\0\0\3abc", .body_len = 8, .grpc_status = "0"},
     GRPC_CANCELLED,
     ERROR_SOURCE_PROTOCOL,
     "compressed"},
    {"too large",
     {.body = "\0\x7f\0\0\0abc", .body_len = 8, .grpc_status = "0"},
     GRPC_CANCELLED,
     ERROR_SOURCE_TOO_LARGE,
     "a message of 2130706432 bytes"},
};

static void test_endings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        const struct ending *ending = &endings[i];
        struct world world;
        world_open(&world, &ending->reply, 1);
        world_start(&world, false, 0);
        world_wait(&world);
        if (world.code != ending->code || world.error.id != ending->error ||
            strstr(world.error.message, ending->words) == NULL)
            fail_msg("%s: %s, %s: %s", ending->what, grpc_code_name(world.code),
                     error_info(world.error.id)->code, world.error.message);
        assert_string_equal(world.error.request_id, "request-7");
        world_close(&world);
    }
}

static void test_retry_after(void **state)
{
    static const struct script_reply replies[] = {
        {.grpc_status = "8", .trailers_only = true, .retry_after = "7"},
        {.grpc_status = "8", .trailers_only = true, .retry_after = "Wed, 21 Oct 2015"}};
    struct world world;
    (void)state;
    world_open(&world, replies, 2);
    world_start(&world, false, 0);
    world_wait(&world);
    assert_int_equal(world.error.id, ERROR_SOURCE_RATE_LIMITED);
    assert_int_equal(world.error.retry_after_us, 7 * SECOND);
    world_start(&world, false, 0);
    world_wait(&world);
    assert_int_equal(world.error.retry_after_us, 0);
    world_close(&world);
}

/* The handler's own error comes back, and the connection is good for the next call. */
static void test_handler_stops(void **state)
{
    static const struct script_reply reply = {
        .body = ABC_DE, .body_len = sizeof(ABC_DE) - 1, .grpc_status = "0"};
    struct world world;
    (void)state;
    world_open(&world, &reply, 1);
    world.stop_at = 2;
    world_start(&world, false, 0);
    world_wait(&world);
    assert_int_equal(world.code, GRPC_CANCELLED);
    assert_int_equal(world.error.id, ERROR_SOURCE_DECODE);
    assert_string_equal(world.error.message, "enough");
    world_start(&world, false, 0);
    world_wait(&world);
    assert_int_equal(world.code, GRPC_OK);
    world_close(&world);
}

static void test_deadline(void **state)
{
    static const struct script_reply reply = {.echo = true, .grpc_status = "0"};
    struct world world;
    int64_t begin = clock_monotonic_us();
    (void)state;
    world_open(&world, &reply, 1);
    world_start(&world, true, SECOND / 4);
    world_wait(&world);
    assert_int_equal(world.code, GRPC_DEADLINE_EXCEEDED);
    assert_int_equal(world.error.id, ERROR_SOURCE_TIMEOUT);
    assert_true(clock_monotonic_us() - begin < 5 * SECOND);
    world_close(&world);
}

static void wait_messages(struct world *world, const char *expected)
{
    for (int i = 0; i < 100 && world->messages.len < strlen(expected); i++)
        http_step(world->http, SECOND / 10);
    assert_str(buffer_str(&world->messages), expected);
}

/* What a Listen needs: messages both ways on an open stream, idle in between, and a clean
 * half-close. */
static void test_both_ways(void **state)
{
    static const struct script_reply reply = {.echo = true, .grpc_status = "0"};
    struct world world;
    (void)state;
    world_open(&world, &reply, 1);
    struct grpc_call *call = world_start(&world, true, 0);
    wait_messages(&world, "hello|");
    for (int i = 0; i < 3; i++)
        http_step(world.http, SECOND / 20);
    assert_false(world.ended);
    assert_true(grpc_send(call, "second", 6));
    wait_messages(&world, "hello|second|");
    assert_true(grpc_send(call, "third", 5));
    assert_true(grpc_send(call, "", 0));
    wait_messages(&world, "hello|second|third||");
    grpc_send_end(call);
    world_wait(&world);
    assert_int_equal(world.code, GRPC_OK);
    world_close(&world);
}

/* Cancelled calls and a freed channel call nobody. */
static void test_cancel(void **state)
{
    static const struct script_reply reply = {.echo = true, .grpc_status = "0"};
    struct world world;
    (void)state;
    world_open(&world, &reply, 1);
    struct grpc_call *call = world_start(&world, true, 0);
    wait_messages(&world, "hello|");
    grpc_cancel(call);
    world_start(&world, true, 0);
    wait_messages(&world, "hello|hello|");
    world_close(&world);
    assert_false(world.ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),        cmocka_unit_test(test_endings),
        cmocka_unit_test(test_retry_after), cmocka_unit_test(test_handler_stops),
        cmocka_unit_test(test_deadline),    cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
