/* The life of a request: what is tried again, how often, how long, and what the meter says
 * meanwhile. */
#include "lib/check.h"

#include "base/clock.h"
#include "lib/script_server.h"
#include "source/operation.h"

#define SECOND INT64_C(1000000)
#define STATUS(code)                                                                               \
    {                                                                                              \
        .grpc_status = code, .trailers_only = true                                                 \
    }
#define GOOD                                                                                       \
    {                                                                                              \
        .grpc_status = "0", .body = "\0\0\0\0\1x", .body_len = 6                                   \
    }

struct result {
    bool delivered;
    bool released;
    size_t messages;
    struct error error;
};

struct probe {
    struct operation operation;
    struct result *outcome;
};

static void probe_encode(struct operation *operation, struct buffer *ret_message)
{
    (void)operation;
    buffer_append_text(ret_message, "ask");
}

static bool probe_message(void *context, const uint8_t *bytes, size_t len, struct error *err)
{
    struct probe *probe = context;
    (void)bytes;
    (void)err;
    probe->outcome->messages += len;
    return true;
}

static void probe_deliver(struct operation *operation, const struct error *err)
{
    struct result *outcome = ((struct probe *)operation)->outcome;
    assert_false(outcome->delivered);
    outcome->delivered = true;
    if (err != NULL)
        outcome->error = *err;
}

static void probe_release(struct operation *operation)
{
    ((struct probe *)operation)->outcome->released = true;
    free(operation);
}

static const struct operation_kind probe_kind = {
    .method = "Probe",
    .deadline_us = 5 * SECOND,
    .encode = probe_encode,
    .message = probe_message,
    .deliver = probe_deliver,
    .release = probe_release,
};

struct world {
    struct script_server *server;
    struct client client;
    struct result outcome;
    struct source_meter meter;
    size_t requests;
};

static void world_open(struct world *world, const struct script_reply *replies, size_t count)
{
    char host[32];
    struct error err;
    struct google_auth_options auth = {.emulator = true};
    *world = (struct world){.requests = 0};
    world->server = script_start(replies, count, host);
    char *endpoint = memory_format("http://%s", host);
    struct grpc_channel_options options = {.endpoint = endpoint, .service = "test.Service"};
    assert_true(http_new(&world->client.http, &err));
    assert_true(google_auth_open(world->client.http, &auth, &world->client.auth, &err));
    assert_true(grpc_channel_new(world->client.http, &options, &world->client.channel, &err));
    free(endpoint);
}

static void world_begin(struct world *world)
{
    struct probe *probe = memory_zero(1, sizeof(*probe));
    probe->outcome = &world->outcome;
    client_run(&world->client, &probe->operation, &probe_kind);
    assert_false(world->outcome.delivered);
}

static void world_run(struct world *world)
{
    struct script_seen seen;
    world_begin(world);
    for (int i = 0; i < 200 && !world->outcome.delivered; i++)
        client_step(&world->client, NULL, SECOND / 10);
    assert_true(world->outcome.delivered);
    assert_true(world->outcome.released);
    client_meter(&world->client, &world->meter);
    world->requests = script_seen(world->server, 0, &seen);
    assert_string_equal(seen.authorization, "Bearer owner");
}

static void world_close(struct world *world)
{
    client_cancel(&world->client);
    google_auth_close(world->client.auth);
    grpc_channel_free(world->client.channel);
    http_free(world->client.http);
    script_stop(world->server);
}

/* Transient and rate-limited statuses are tried again until it works; nobody hears of them but the
 * meter. */
static void test_retried(void **state)
{
    static const struct script_reply replies[] = {STATUS("14"), STATUS("4"), STATUS("13"),
                                                  STATUS("8"),  STATUS("1"), STATUS("2"),
                                                  STATUS("10"), GOOD};
    struct world world;
    (void)state;
    world_open(&world, replies, 8);
    world_run(&world);
    assert_int_equal(world.outcome.error.id, ERROR_NONE);
    assert_int_equal(world.outcome.messages, 1);
    assert_int_equal(world.requests, 8);
    assert_int_equal(world.meter.requests, 8);
    assert_int_equal(world.meter.retries, 7);
    assert_int_equal(world.meter.last_error.id, ERROR_NONE);
    assert_int_equal(world.meter.waiting_until_us, 0);
    world_close(&world);
}

static void check_final(struct script_reply reply, enum error_id id)
{
    struct world world;
    world_open(&world, &reply, 1);
    world_run(&world);
    assert_int_equal(world.outcome.error.id, id);
    assert_int_equal(world.requests, 1);
    assert_int_equal(world.meter.retries, 0);
    world_close(&world);
}

static void test_final(void **state)
{
    (void)state;
    check_final((struct script_reply)STATUS("3"), ERROR_SOURCE_REFUSED);
    check_final((struct script_reply)STATUS("5"), ERROR_SOURCE_NOT_FOUND);
    check_final((struct script_reply)STATUS("7"), ERROR_SOURCE_DENIED);
    check_final((struct script_reply)STATUS("9"), ERROR_SOURCE_REFUSED);
    check_final((struct script_reply)STATUS("12"), ERROR_SOURCE_REFUSED);
}

/* UNAUTHENTICATED gets one fresh token, not two. */
static void test_unauthenticated(void **state)
{
    static const struct script_reply once[] = {STATUS("16"), GOOD};
    static const struct script_reply twice[] = {STATUS("16"), STATUS("16"), GOOD};
    struct world world;
    (void)state;
    world_open(&world, once, 2);
    world_run(&world);
    assert_int_equal(world.outcome.error.id, ERROR_NONE);
    assert_int_equal(world.requests, 2);
    world_close(&world);
    world_open(&world, twice, 3);
    world_run(&world);
    assert_int_equal(world.outcome.error.id, ERROR_SOURCE_AUTH);
    assert_int_equal(world.requests, 2);
    world_close(&world);
}

static void test_old_snapshot(void **state)
{
    static const struct script_reply replies[] = {
        {.grpc_status = "9",
         .grpc_message = "The requested snapshot version is too old.",
         .trailers_only = true},
        GOOD};
    struct world world;
    (void)state;
    world_open(&world, replies, 2);
    world_run(&world);
    assert_int_equal(world.outcome.error.id, ERROR_NONE);
    assert_int_equal(world.meter.retries, 1);
    world_close(&world);
}

/* What the server asks for is waited for, and shown. */
static void test_retry_after(void **state)
{
    static const struct script_reply replies[] = {
        {.grpc_status = "8", .trailers_only = true, .retry_after = "1"}, GOOD};
    struct world world;
    int64_t begin = clock_monotonic_us();
    (void)state;
    world_open(&world, replies, 2);
    world_begin(&world);
    while (world.meter.retries == 0 && clock_monotonic_us() < begin + 10 * SECOND) {
        client_step(&world.client, NULL, SECOND / 10);
        client_meter(&world.client, &world.meter);
    }
    assert_int_equal(world.meter.last_error.id, ERROR_SOURCE_RATE_LIMITED);
    assert_true(world.meter.waiting_until_us > clock_monotonic_us() + SECOND / 2);
    while (!world.outcome.delivered && clock_monotonic_us() < begin + 20 * SECOND)
        client_step(&world.client, NULL, SECOND / 10);
    assert_int_equal(world.outcome.error.id, ERROR_NONE);
    assert_true(clock_monotonic_us() - begin >= SECOND);
    world_close(&world);
}

static void test_give_up(void **state)
{
    static const struct script_reply reply = STATUS("14");
    struct world world;
    int64_t begin = clock_monotonic_us();
    (void)state;
    world_open(&world, &reply, 1);
    world.client.give_up_us = SECOND / 2;
    world_run(&world);
    assert_int_equal(world.outcome.error.id, ERROR_SOURCE_UNAVAILABLE);
    assert_true(world.requests >= 2);
    assert_in_range(clock_monotonic_us() - begin, SECOND * 4 / 10, 10 * SECOND);
    world_close(&world);
}

/* Closing while one waits and one is under way: both are released, nobody is called. */
static void test_cancel(void **state)
{
    static const struct script_reply replies[] = {STATUS("14"), {.echo = true}};
    struct world world;
    struct result second = {.delivered = false};
    (void)state;
    world_open(&world, replies, 2);
    world_begin(&world);
    while (world.client.meter.retries == 0)
        client_step(&world.client, NULL, SECOND / 10);
    struct probe *probe = memory_zero(1, sizeof(*probe));
    probe->outcome = &second;
    client_run(&world.client, &probe->operation, &probe_kind);
    client_step(&world.client, NULL, 0);
    world_close(&world);
    assert_true(world.outcome.released && second.released);
    assert_false(world.outcome.delivered || second.delivered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retried),         cmocka_unit_test(test_final),
        cmocka_unit_test(test_unauthenticated), cmocka_unit_test(test_old_snapshot),
        cmocka_unit_test(test_retry_after),     cmocka_unit_test(test_give_up),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
