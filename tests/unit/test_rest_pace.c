/* When a request to a JSON API is sent: the waits that answers state and their countdown, whose
 * wait it is, the pace, and what is dropped meanwhile. */
#include "lib/check.h"

#include "base/clock.h"
#include "lib/fake_settings.h"
#include "lib/rest_world.h"

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)

/* ---- waits ---- */

/* How long the second request waited after the first, while the meter counted down. */
static int64_t measured_wait(const struct rest_api *kind, const struct api_answer *first,
                             bool *ret_counted)
{
    struct rest_world world;
    struct rest_result outcome;
    struct source_meter meter;
    struct api_seen one, two;
    const struct api_answer answers[] = {*first, {.status = 200, .body = REST_WORLD_GOOD}};
    rest_world_open(&world, kind, answers, 2, "0");
    rest_world_ask(&world, "/v1/things", &outcome);
    *ret_counted = false;
    int64_t deadline = clock_monotonic_us() + 30 * SECOND;
    while (!outcome.done && clock_monotonic_us() < deadline) {
        rest_step(world.rest, 20 * MS);
        rest_meter(world.rest, &meter);
        if (meter.waiting_until_us > clock_monotonic_us() + 50 * MS)
            *ret_counted = true;
    }
    assert_true(outcome.done);
    rest_meter(world.rest, &meter);
    assert_true(meter.waiting_until_us <= clock_monotonic_us());
    api_server_seen(world.server, 0, &one);
    api_server_seen(world.server, 1, &two);
    rest_world_close(&world);
    return two.at_us - one.at_us;
}

static void test_waits(void **state)
{
    static const struct {
        struct api_answer answer;
        int64_t at_least_us;
    } rows[] = {
        {{.status = 429, .body = "{}", .headers = {"Retry-After", "1"}}, SECOND},
        {{.status = 503, .body = "{}", .headers = {"retry-after", "0.4"}}, 400 * MS},
        {{.status = 429,
          .body = "{\"error\":{\"message\":\"Too many requests, try again after 1 seconds.\"}}"},
         SECOND},
        {{.status = 419, .body = "{}", .headers = {"X-Ratelimit-Reset", "0.5"}}, 500 * MS},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool counted;
        int64_t wait_us = measured_wait(&rest_world_api, &rows[i].answer, &counted);
        if (wait_us < rows[i].at_least_us)
            fail_msg("row %zu waited %lld us", i, (long long)wait_us);
        assert_true(counted);
    }
}

static void test_stated_wait(void **state)
{
    (void)state;
    assert_int_equal(rest_stated_wait(STR("You've recently sent too many requests. Please try "
                                          "again after 37 seconds.")),
                     37 * SECOND);
    assert_int_equal(rest_stated_wait(STR("after 1 second")), SECOND);
    assert_int_equal(rest_stated_wait(STR("after a while, after 60 seconds")), 60 * SECOND);
    assert_int_equal(rest_stated_wait(STR("after 5")), -1);
    assert_int_equal(rest_stated_wait(STR("after 5 days")), -1);
    assert_int_equal(rest_stated_wait(STR("")), -1);
    assert_int_equal(rest_stated_wait(STR_NULL), -1);
    assert_int_equal(rest_stated_wait(STR("after 99999999999 seconds")), REST_MAX_WAIT_US);
    assert_int_equal(rest_stated_wait(STR("after 999999 seconds")), REST_MAX_WAIT_US);
}

static void test_reset_header(void **state)
{
    static const struct {
        const char *value;
        int64_t wall_us, reset_us;
    } rows[] = {{"30", 0, 30 * SECOND},
                {"0.5", 0, SECOND / 2},
                {"1700000030", 1700000000 * SECOND, 30 * SECOND},
                {"1700000030", 1700000040 * SECOND, 0},
                {"999999", 0, REST_MAX_WAIT_US},
                {"soon", 0, -1}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rest_headers headers;
        rest_headers_begin(&headers);
        rest_headers_add(&headers, STR("x-RateLimit-Reset"), str_from(rows[i].value),
                         rows[i].wall_us);
        assert_int_equal(headers.reset_us, rows[i].reset_us);
    }
}

/* The last of the allowance is told by a good answer: nothing is sent until it is filled again. */
static void test_limit_is_obeyed_before(void **state)
{
    struct rest_world world;
    struct rest_result first, second;
    struct source_meter meter;
    struct api_seen seen;
    const struct api_answer answers[] = {
        {.status = 200,
         .body = REST_WORLD_GOOD,
         .headers = {"X-Ratelimit-Remaining", "0", "X-Ratelimit-Reset", "0.6"}},
        {.status = 200, .body = REST_WORLD_GOOD, .headers = {"X-Ratelimit-Remaining", "40"}}};
    (void)state;
    rest_world_open(&world, &rest_world_api, answers, 2, "0");
    rest_world_ask(&world, "/a", &first);
    rest_world_wait(&world, &first);
    rest_world_ask(&world, "/b", &second);
    rest_step(world.rest, 0);
    rest_meter(world.rest, &meter);
    assert_true(meter.waiting_until_us > clock_monotonic_us());
    assert_true(meter.quota_known);
    assert_int_equal(meter.quota_left, 0);
    rest_world_wait(&world, &second);
    api_server_seen(world.server, 1, &seen);
    assert_true(seen.at_us - first.at_us >= 550 * MS);
    rest_meter(world.rest, &meter); /* counted anew since: the old number says nothing */
    assert_false(meter.quota_known);
    assert_int_equal(meter.retries, 0);
    rest_world_close(&world);
}

/* A rate limit of one request is its own affair; where the API has one counter for all, all wait.
 */
static void test_whose_wait(void **state)
{
    const struct api_answer answers[] = {
        {.status = 429, .body = "{}", .headers = {"Retry-After", "2"}},
        {.status = 200, .body = REST_WORLD_GOOD}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rest_world world;
        struct rest_result limited, other;
        struct api_seen seen[3];
        struct source_meter meter = {.retries = 0};
        rest_world_open(&world, i == 0 ? &rest_world_api : &rest_world_api_shared, answers, 2, "0");
        rest_world_ask(&world, "/limited", &limited);
        while (meter.retries == 0) {
            rest_step(world.rest, 20 * MS);
            rest_meter(world.rest, &meter);
        }
        rest_world_ask(&world, "/other", &other);
        rest_world_wait(&world, &other);
        rest_meter(world.rest, &meter);
        /* The other's answer does not hide that this one waits, and why. */
        if (i == 0) {
            assert_true(meter.waiting_until_us > clock_monotonic_us());
            assert_int_equal(meter.last_error.id, ERROR_SOURCE_RATE_LIMITED);
        }
        rest_world_wait(&world, &limited);
        assert_int_equal(limited.error.id, ERROR_NONE);
        for (size_t k = 0; k < 3; k++)
            api_server_seen(world.server, k, &seen[k]);
        if (i == 0)
            assert_string_equal(seen[1].url, "/other");
        else
            assert_true(seen[1].at_us - seen[0].at_us >= 1950 * MS);
        assert_true(seen[2].at_us - seen[0].at_us >= 1950 * MS);
        rest_world_close(&world);
    }
}

/* ---- pace ---- */

static void test_in_flight(void **state)
{
    struct rest_world world;
    struct rest_result outcomes[12];
    const struct api_answer answer = {.status = 200, .body = REST_WORLD_GOOD, .delay_ms = 60};
    (void)state;
    rest_world_open(&world, &rest_world_api, &answer, 1, "0");
    for (size_t i = 0; i < 12; i++)
        rest_world_ask(&world, "/v1/things", &outcomes[i]);
    for (size_t i = 0; i < 12; i++)
        rest_world_wait(&world, &outcomes[i]);
    assert_true(api_server_crowd(world.server) <= REST_IN_FLIGHT);
    assert_true(api_server_crowd(world.server) > 1);
    rest_world_close(&world);
}

/* 10 a second with a burst of half of that: 12 requests take at least 0.7 s. */
static void test_pace(void **state)
{
    struct rest_world world;
    struct rest_result outcomes[12];
    struct api_seen first, last;
    struct error err;
    const struct api_answer answer = {.status = 200, .body = REST_WORLD_GOOD};
    (void)state;
    rest_world_open(&world, &rest_world_api, &answer, 1, "0");
    rest_free(world.rest);
    const struct setting_override overrides[] = {{"stripe_secret_key", REST_WORLD_KEY},
                                                 {"stripe_api_base", world.base},
                                                 {"stripe_rate", "10"},
                                                 {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    assert_true(rest_new(&(struct rest_options){.api = &rest_world_api, .settings = settings},
                         &world.rest, &err));
    for (size_t i = 0; i < 12; i++)
        rest_world_ask(&world, "/v1/things", &outcomes[i]);
    for (size_t i = 0; i < 12; i++)
        rest_world_wait(&world, &outcomes[i]);
    api_server_seen(world.server, 0, &first);
    api_server_seen(world.server, 11, &last);
    assert_true(last.at_us - first.at_us >= 600 * MS);
    settings_free(settings);
    rest_world_close(&world);
}

static void test_drop(void **state)
{
    struct rest_world world;
    struct rest_result dropped[6], kept;
    const struct api_answer answer = {.status = 200, .body = REST_WORLD_GOOD, .delay_ms = 30};
    (void)state;
    rest_world_open(&world, &rest_world_api, &answer, 1, "0");
    for (size_t i = 0; i < 6; i++) {
        dropped[i] = (struct rest_result){.done = false};
        rest_get(world.rest, &(struct rest_request){.path = "/x",
                                                    .owner = &world,
                                                    .done = rest_result_take,
                                                    .context = &dropped[i]});
    }
    rest_world_ask(&world, "/v1/things", &kept);
    rest_step(world.rest, 0);
    rest_drop(world.rest, &world);
    rest_world_wait(&world, &kept);
    for (size_t i = 0; i < 6; i++)
        assert_false(dropped[i].done);
    rest_world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits),        cmocka_unit_test(test_stated_wait),
        cmocka_unit_test(test_reset_header), cmocka_unit_test(test_limit_is_obeyed_before),
        cmocka_unit_test(test_whose_wait),   cmocka_unit_test(test_in_flight),
        cmocka_unit_test(test_pace),         cmocka_unit_test(test_drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
