/* Requests to a JSON API: every row of the retry table, pace, pauses and their countdown, and what
 * leaves this machine. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/api_server.h"
#include "lib/fake_settings.h"
#include "lib/peer.h"
#include "source/rest.h"
#include "model/slice.h"

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)
#define GOOD "{\"object\":\"list\",\"data\":[]}"
#define KEY "rk_test_sesame"

/* The shape of Stripe's errors, waits that a test can afford. */
static void read_words(struct str body, struct rest_words *ret_words)
{
    struct str error = slice_get(body, "error");
    ret_words->code = slice_text(slice_get(error, "code"));
    ret_words->param = slice_text(slice_get(error, "param"));
    ret_words->message = slice_text(slice_get(error, "message"));
}

static bool is_answer(struct str body)
{
    return slice_get(body, "object").data != NULL;
}

static const char *grant(const char *path)
{
    (void)path;
    return "give it read on Things";
}

static const struct backoff_policy quick = {2000, 1.0, 2000, 0.0, false};
static const struct rest_rule rules[] = {
    {400, 499, "rate_limit", NULL, ERROR_SOURCE_RATE_LIMITED},
    {0, 0, NULL, NULL, ERROR_NONE},
};
static const struct rest_api api = {
    .name = "Probe",
    .key = SET_STRIPE_KEY,
    .base = SET_STRIPE_BASE,
    .rate = SET_STRIPE_RATE,
    .rules = rules,
    .read_words = read_words,
    .is_answer = is_answer,
    .grant = grant,
    .backoff = &quick,
    .limited_us = 5 * MS,
};
static const struct rest_api api_shared = {
    .name = "Probe",
    .key = SET_STRIPE_KEY,
    .base = SET_STRIPE_BASE,
    .rate = SET_STRIPE_RATE,
    .read_words = read_words,
    .is_answer = is_answer,
    .backoff = &quick,
    .limited_us = 5 * MS,
    .limit_shared = true,
};

/* ---- a world: a server that answers by a list, the last one for ever, and a client ---- */

struct world {
    struct api_server *server;
    struct rest *rest;
    struct settings *settings;
    char base[64];
    const struct api_answer *answers;
    size_t answer_count;
};

struct result {
    bool done;
    struct error error;
    char body[128];
    int64_t at_us;
};

static void world_answer(void *context, const struct api_request *request,
                         struct api_answer *ret_answer)
{
    struct world *world = context;
    size_t last = world->answer_count - 1;
    *ret_answer = world->answers[request->number < last ? request->number : last];
}

static void world_open(struct world *world, const struct rest_api *kind,
                       const struct api_answer *answers, size_t count, const char *give_up)
{
    struct error err = {.id = ERROR_NONE};
    *world = (struct world){.answers = answers, .answer_count = count};
    world->server = api_server_start(world_answer, world, world->base);
    const struct setting_override overrides[] = {{"stripe_secret_key", KEY},
                                                 {"stripe_api_base", world->base},
                                                 {"stripe_rate", "100"},
                                                 {"give_up", give_up},
                                                 {NULL, NULL}};
    world->settings = fake_settings(overrides);
    struct rest_options options = {
        .api = kind, .settings = world->settings, .version = "Stripe-Version: 2026-08-26.dahlia"};
    if (!rest_new(&options, &world->rest, &err))
        fail_msg("%s", err.message);
}

static void world_close(struct world *world)
{
    rest_free(world->rest);
    api_server_stop(world->server);
    settings_free(world->settings);
}

static void take(void *context, const struct rest_reply *reply, const struct error *err)
{
    struct result *outcome = context;
    assert_false(outcome->done);
    outcome->done = true;
    outcome->at_us = clock_monotonic_us();
    if (err != NULL)
        outcome->error = *err;
    else
        snprintf(outcome->body, sizeof(outcome->body), "%.*s", STR_ARG(reply->body));
}

static void ask(struct world *world, const char *path, struct result *outcome)
{
    *outcome = (struct result){.done = false};
    rest_get(world->rest, &(struct rest_request){
                              .path = path, .done = take, .context = outcome, .owner = outcome});
}

static void wait_for(struct world *world, const struct result *outcome)
{
    int64_t deadline = clock_monotonic_us() + 30 * SECOND;
    while (!outcome->done && clock_monotonic_us() < deadline)
        rest_step(world->rest, 50 * MS);
    assert_true(outcome->done);
}

/* ---- the table ---- */

#define ERROR_BODY(code) "{\"error\":{\"code\":\"" code "\",\"message\":\"words\"}}"

static void test_rows(void **state)
{
    static const struct {
        unsigned status;
        const char *body;
        const char *should_retry;
        enum error_id error; /* final: this one; ERROR_NONE: asked again, and then good */
        unsigned requests;
    } rows[] = {
        {200, GOOD, NULL, ERROR_NONE, 1},
        {408, "{}", NULL, ERROR_NONE, 2},
        {409, "{}", NULL, ERROR_NONE, 2},
        {419, "{}", NULL, ERROR_NONE, 2},
        {429, "{}", NULL, ERROR_NONE, 2},
        {500, "<html>", NULL, ERROR_NONE, 2},
        {502, "", NULL, ERROR_NONE, 2},
        {503, "{}", NULL, ERROR_NONE, 2},
        {504, "{}", NULL, ERROR_NONE, 2},
        {599, "{}", NULL, ERROR_NONE, 2},
        {400, ERROR_BODY("rate_limit"), NULL, ERROR_NONE, 2},
        {400, ERROR_BODY("parameter_unknown"), NULL, ERROR_SOURCE_REFUSED, 1},
        {400, ERROR_BODY("parameter_unknown"), "true", ERROR_NONE, 2},
        {401, "{}", NULL, ERROR_API_KEY, 1},
        {402, "{}", NULL, ERROR_SOURCE_REFUSED, 1},
        {403, "{}", NULL, ERROR_API_PERMISSION, 1},
        {404, "{}", NULL, ERROR_SOURCE_ABSENT, 1},
        {424, "{}", NULL, ERROR_SOURCE_REFUSED, 1},
        {503, "{}", "false", ERROR_SOURCE_UNAVAILABLE, 1},
        {409, "{}", "false", ERROR_SOURCE_UNAVAILABLE, 1},
        {429, "{}", "false", ERROR_NONE, 2},
        {302, "", NULL, ERROR_SOURCE_PROTOCOL, 1},
        {204, "", NULL, ERROR_SOURCE_PROTOCOL, 1},
        {200, "<html>gateway</html>", NULL, ERROR_NONE, 2},
        {200, "{\"object\":\"list\",\"data\":[", NULL, ERROR_NONE, 2},
        {200, "{\"other\":1}", NULL, ERROR_NONE, 2},
        {200, "", NULL, ERROR_NONE, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world;
        struct result outcome;
        struct source_meter meter;
        const struct api_answer answers[] = {
            {.status = rows[i].status,
             .body = rows[i].body,
             .headers = {"Request-Id", "req_7",
                         rows[i].should_retry == NULL ? NULL : "Stripe-Should-Retry",
                         rows[i].should_retry}},
            {.status = 200, .body = GOOD}};
        world_open(&world, &api, answers, 2, "0");
        ask(&world, "/v1/things?limit=1", &outcome);
        wait_for(&world, &outcome);
        if (outcome.error.id != rows[i].error)
            fail_msg("row %zu (%u): %s", i, rows[i].status, outcome.error.message);
        assert_int_equal(api_server_requests(world.server), rows[i].requests);
        rest_meter(world.rest, &meter);
        assert_int_equal(meter.requests, rows[i].requests);
        assert_int_equal(meter.retries, rows[i].requests - 1);
        if (rows[i].error == ERROR_NONE) {
            assert_string_equal(outcome.body, GOOD);
            assert_int_equal(meter.last_error.id, ERROR_NONE);
        } else {
            assert_int_equal(outcome.error.http_status, rows[i].status);
            assert_string_equal(outcome.error.request_id, "req_7");
            assert_null(strstr(outcome.error.message, "limit=1"));
        }
        world_close(&world);
    }
}

/* Something that is no JSON is asked for again a few times, not for ever, and then says what it
 * was. */
static void test_odd_answers_end(void **state)
{
    static const struct {
        const char *body, *word;
    } odd[] = {{"<!DOCTYPE html><html></html>", "HTML"},
               {"{\"object\":\"list\",\"data\":[{\"id\":\"a", "breaks off"},
               {"{\"x\":1}", "no answer"}};
    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct world world;
        struct result outcome;
        const struct api_answer answer = {.status = 200, .body = odd[i].body};
        world_open(&world, &api, &answer, 1, "0");
        ask(&world, "/v1/things", &outcome);
        wait_for(&world, &outcome);
        assert_int_equal(outcome.error.id, ERROR_SOURCE_PROTOCOL);
        assert_non_null(strstr(outcome.error.message, odd[i].word));
        assert_int_equal(api_server_requests(world.server), REST_TRIES);
        world_close(&world);
    }
}

/* The server's own errors end a request that concerns one order; others go on until patience ends.
 */
static void test_bounded_and_patience(void **state)
{
    struct world world;
    struct result one, all;
    const struct api_answer answer = {.status = 500, .body = "{}"};
    (void)state;
    world_open(&world, &api, &answer, 1, "1s");
    one = all = (struct result){.done = false};
    rest_get(world.rest, &(struct rest_request){
                             .path = "/one", .bounded = true, .done = take, .context = &one});
    wait_for(&world, &one);
    assert_int_equal(one.error.id, ERROR_SOURCE_UNAVAILABLE);
    assert_int_equal(api_server_requests(world.server), REST_TRIES);
    int64_t begin_us = clock_monotonic_us();
    ask(&world, "/all", &all);
    wait_for(&world, &all);
    assert_int_equal(all.error.id, ERROR_SOURCE_UNAVAILABLE);
    assert_true(all.at_us - begin_us >= SECOND * 9 / 10);
    assert_true(api_server_requests(world.server) > (size_t)2 * REST_TRIES);
    world_close(&world);
}

/* Nobody listens: asked again until patience ends. */
static void test_no_connection(void **state)
{
    struct world world;
    struct result outcome;
    struct source_meter meter;
    struct error err;
    char base[64];
    (void)state;
    const struct api_answer answer = {.status = 200, .body = GOOD};
    world_open(&world, &api, &answer, 1, "1s");
    rest_free(world.rest);
    snprintf(base, sizeof(base), "http://127.0.0.1:%d/", peer_free_port());
    const struct setting_override overrides[] = {
        {"stripe_secret_key", KEY}, {"stripe_api_base", base}, {"give_up", "1s"}, {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    assert_true(
        rest_new(&(struct rest_options){.api = &api, .settings = settings}, &world.rest, &err));
    ask(&world, "/v1/things", &outcome);
    wait_for(&world, &outcome);
    rest_meter(world.rest, &meter);
    assert_int_equal(outcome.error.id, ERROR_SOURCE_UNAVAILABLE);
    assert_true(meter.retries > 0);
    settings_free(settings);
    world_close(&world);
}

/* ---- waits ---- */

/* How long the second request waited after the first, while the meter counted down. */
static int64_t measured_wait(const struct rest_api *kind, const struct api_answer *first,
                             bool *ret_counted)
{
    struct world world;
    struct result outcome;
    struct source_meter meter;
    struct api_seen one, two;
    const struct api_answer answers[] = {*first, {.status = 200, .body = GOOD}};
    world_open(&world, kind, answers, 2, "0");
    ask(&world, "/v1/things", &outcome);
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
    world_close(&world);
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
        int64_t wait_us = measured_wait(&api, &rows[i].answer, &counted);
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
    struct world world;
    struct result first, second;
    struct source_meter meter;
    struct api_seen seen;
    const struct api_answer answers[] = {
        {.status = 200,
         .body = GOOD,
         .headers = {"X-Ratelimit-Remaining", "0", "X-Ratelimit-Reset", "0.6"}},
        {.status = 200, .body = GOOD, .headers = {"X-Ratelimit-Remaining", "40"}}};
    (void)state;
    world_open(&world, &api, answers, 2, "0");
    ask(&world, "/a", &first);
    wait_for(&world, &first);
    ask(&world, "/b", &second);
    rest_step(world.rest, 0);
    rest_meter(world.rest, &meter);
    assert_true(meter.waiting_until_us > clock_monotonic_us());
    assert_true(meter.quota_known);
    assert_int_equal(meter.quota_left, 0);
    wait_for(&world, &second);
    api_server_seen(world.server, 1, &seen);
    assert_true(seen.at_us - first.at_us >= 550 * MS);
    rest_meter(world.rest, &meter); /* counted anew since: the old number says nothing */
    assert_false(meter.quota_known);
    assert_int_equal(meter.retries, 0);
    world_close(&world);
}

/* A rate limit of one request is its own affair; where the API has one counter for all, all wait.
 */
static void test_whose_wait(void **state)
{
    const struct api_answer answers[] = {
        {.status = 429, .body = "{}", .headers = {"Retry-After", "2"}},
        {.status = 200, .body = GOOD}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        struct result limited, other;
        struct api_seen seen[3];
        struct source_meter meter = {.retries = 0};
        world_open(&world, i == 0 ? &api : &api_shared, answers, 2, "0");
        ask(&world, "/limited", &limited);
        while (meter.retries == 0) {
            rest_step(world.rest, 20 * MS);
            rest_meter(world.rest, &meter);
        }
        ask(&world, "/other", &other);
        wait_for(&world, &other);
        rest_meter(world.rest, &meter);
        /* The other's answer does not hide that this one waits, and why. */
        if (i == 0) {
            assert_true(meter.waiting_until_us > clock_monotonic_us());
            assert_int_equal(meter.last_error.id, ERROR_SOURCE_RATE_LIMITED);
        }
        wait_for(&world, &limited);
        assert_int_equal(limited.error.id, ERROR_NONE);
        for (size_t k = 0; k < 3; k++)
            api_server_seen(world.server, k, &seen[k]);
        if (i == 0)
            assert_string_equal(seen[1].url, "/other");
        else
            assert_true(seen[1].at_us - seen[0].at_us >= 1950 * MS);
        assert_true(seen[2].at_us - seen[0].at_us >= 1950 * MS);
        world_close(&world);
    }
}

/* ---- pace ---- */

static void test_in_flight(void **state)
{
    struct world world;
    struct result outcomes[12];
    const struct api_answer answer = {.status = 200, .body = GOOD, .delay_ms = 60};
    (void)state;
    world_open(&world, &api, &answer, 1, "0");
    for (size_t i = 0; i < 12; i++)
        ask(&world, "/v1/things", &outcomes[i]);
    for (size_t i = 0; i < 12; i++)
        wait_for(&world, &outcomes[i]);
    assert_true(api_server_crowd(world.server) <= REST_IN_FLIGHT);
    assert_true(api_server_crowd(world.server) > 1);
    world_close(&world);
}

/* 10 a second with a burst of half of that: 12 requests take at least 0.7 s. */
static void test_pace(void **state)
{
    struct world world;
    struct result outcomes[12];
    struct api_seen first, last;
    struct error err;
    const struct api_answer answer = {.status = 200, .body = GOOD};
    (void)state;
    world_open(&world, &api, &answer, 1, "0");
    rest_free(world.rest);
    const struct setting_override overrides[] = {{"stripe_secret_key", KEY},
                                                 {"stripe_api_base", world.base},
                                                 {"stripe_rate", "10"},
                                                 {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    assert_true(
        rest_new(&(struct rest_options){.api = &api, .settings = settings}, &world.rest, &err));
    for (size_t i = 0; i < 12; i++)
        ask(&world, "/v1/things", &outcomes[i]);
    for (size_t i = 0; i < 12; i++)
        wait_for(&world, &outcomes[i]);
    api_server_seen(world.server, 0, &first);
    api_server_seen(world.server, 11, &last);
    assert_true(last.at_us - first.at_us >= 600 * MS);
    settings_free(settings);
    world_close(&world);
}

static void test_drop(void **state)
{
    struct world world;
    struct result dropped[6], kept;
    const struct api_answer answer = {.status = 200, .body = GOOD, .delay_ms = 30};
    (void)state;
    world_open(&world, &api, &answer, 1, "0");
    for (size_t i = 0; i < 6; i++) {
        dropped[i] = (struct result){.done = false};
        rest_get(world.rest,
                 &(struct rest_request){
                     .path = "/x", .owner = &world, .done = take, .context = &dropped[i]});
    }
    ask(&world, "/v1/things", &kept);
    rest_step(world.rest, 0);
    rest_drop(world.rest, &world);
    wait_for(&world, &kept);
    for (size_t i = 0; i < 6; i++)
        assert_false(dropped[i].done);
    world_close(&world);
}

/* ---- what leaves, what comes in ---- */

/* GET alone; the key in one header and nowhere else; the version with it. */
static void test_what_is_sent(void **state)
{
    struct world world;
    struct result outcome;
    struct api_seen seen;
    const struct api_answer answer = {.status = 200, .body = GOOD};
    (void)state;
    world_open(&world, &api, &answer, 1, "0");
    ask(&world, "/v1/things?expand%5B%5D=data", &outcome);
    wait_for(&world, &outcome);
    api_server_seen(world.server, 0, &seen);
    assert_string_equal(seen.method, "GET");
    assert_string_equal(seen.url, "/v1/things?expand%5B%5D=data");
    assert_non_null(strstr(seen.headers, "Authorization: Bearer " KEY "\n"));
    assert_non_null(strstr(seen.headers, "Stripe-Version: 2026-08-26.dahlia\n"));
    assert_null(strstr(seen.headers, "Content-Length"));
    world_close(&world);
}

/* Neither the key nor a longer text of the server's gets into an error. */
static void test_key_is_hidden(void **state)
{
    struct world world;
    struct result outcome;
    const struct api_answer answer = {.status = 401,
                                      .body = "{\"error\":{\"message\":\"No such key: " KEY
                                              " nor " KEY "\\u001b[31m\"}}"};
    (void)state;
    world_open(&world, &api, &answer, 1, "0");
    ask(&world, "/v1/things", &outcome);
    wait_for(&world, &outcome);
    assert_int_equal(outcome.error.id, ERROR_API_KEY);
    assert_non_null(strstr(outcome.error.message, "STRIPE_SECRET_KEY"));
    assert_null(strstr(outcome.error.message, "sesame"));
    world_close(&world);
}

static void test_permission_says_what_to_grant(void **state)
{
    struct world world;
    struct result outcome;
    const struct api_answer answer = {.status = 403, .body = ERROR_BODY("x")};
    (void)state;
    world_open(&world, &api, &answer, 1, "0");
    ask(&world, "/v1/things?a=b", &outcome);
    wait_for(&world, &outcome);
    assert_int_equal(outcome.error.id, ERROR_API_PERMISSION);
    assert_int_equal(error_class(&outcome.error), CLASS_AUTH);
    assert_string_equal(outcome.error.message,
                        "give it read on Things; Probe answers 403 to /v1/things: words");
    world_close(&world);
}

static void test_redirect_is_not_followed(void **state)
{
    struct world world, elsewhere;
    struct result outcome;
    const struct api_answer good = {.status = 200, .body = GOOD};
    (void)state;
    world_open(&elsewhere, &api, &good, 1, "0");
    const struct api_answer answer = {
        .status = 307, .body = "", .headers = {"Location", elsewhere.base}};
    world_open(&world, &api, &answer, 1, "0");
    ask(&world, "/v1/things", &outcome);
    wait_for(&world, &outcome);
    assert_int_equal(outcome.error.id, ERROR_SOURCE_PROTOCOL);
    assert_int_equal(api_server_requests(elsewhere.server), 0);
    world_close(&world);
    world_close(&elsewhere);
}

static void huge_answer(void *context, const struct api_request *request,
                        struct api_answer *ret_answer)
{
    (void)context;
    (void)request;
    ret_answer->take_body = malloc(REST_MAX_BODY + 2);
    memset(ret_answer->take_body, ' ', REST_MAX_BODY + 1);
    ret_answer->take_body[REST_MAX_BODY + 1] = '\0';
}

static void test_body_limit(void **state)
{
    struct world world;
    struct result outcome;
    struct error err;
    char base[64];
    const struct api_answer answer = {.status = 200, .body = GOOD};
    (void)state;
    world_open(&world, &api, &answer, 1, "0");
    struct api_server *server = api_server_start(huge_answer, NULL, base);
    const struct setting_override overrides[] = {
        {"stripe_secret_key", KEY}, {"stripe_api_base", base}, {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    rest_free(world.rest);
    assert_true(
        rest_new(&(struct rest_options){.api = &api, .settings = settings}, &world.rest, &err));
    ask(&world, "/v1/things", &outcome);
    wait_for(&world, &outcome);
    assert_int_equal(outcome.error.id, ERROR_SOURCE_TOO_LARGE);
    api_server_stop(server);
    settings_free(settings);
    world_close(&world);
}

static void test_settings(void **state)
{
    static const struct {
        struct setting_override overrides[3];
        enum error_id error;
        const char *word;
    } rows[] = {
        {{{"stripe_rate", "1"}}, ERROR_SETTING_MISSING, "STRIPE_SECRET_KEY"},
        {{{"stripe_secret_key", "a b sesame"}}, ERROR_SETTING_INVALID, "STRIPE_SECRET_KEY"},
        {{{"stripe_secret_key", KEY}, {"stripe_api_base", "http://api.stripe.com"}},
         ERROR_SOURCE_ADDRESS,
         "stripe_api_base"},
        {{{"stripe_secret_key", KEY}, {"stripe_api_base", "https://a.test/?x=1"}},
         ERROR_SOURCE_ADDRESS,
         "stripe_api_base"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rest *rest = NULL;
        struct error err = {.id = ERROR_NONE};
        struct settings *settings = fake_settings(rows[i].overrides);
        assert_false(
            rest_new(&(struct rest_options){.api = &api, .settings = settings}, &rest, &err));
        assert_int_equal(err.id, rows[i].error);
        assert_int_equal(error_exit_code(&err), 78);
        assert_non_null(strstr(err.message, rows[i].word));
        assert_null(strstr(err.message, "sesame"));
        settings_free(settings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_odd_answers_end),
        cmocka_unit_test(test_bounded_and_patience),
        cmocka_unit_test(test_no_connection),
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_stated_wait),
        cmocka_unit_test(test_reset_header),
        cmocka_unit_test(test_limit_is_obeyed_before),
        cmocka_unit_test(test_whose_wait),
        cmocka_unit_test(test_in_flight),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_key_is_hidden),
        cmocka_unit_test(test_permission_says_what_to_grant),
        cmocka_unit_test(test_redirect_is_not_followed),
        cmocka_unit_test(test_body_limit),
        cmocka_unit_test(test_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
