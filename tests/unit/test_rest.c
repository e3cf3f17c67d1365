/* Requests to a JSON API: every row of the retry table, what leaves this machine, and what comes
 * in. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/fake_settings.h"
#include "lib/peer.h"
#include "lib/rest_world.h"

#define SECOND INT64_C(1000000)

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
        {200, REST_WORLD_GOOD, NULL, ERROR_NONE, 1},
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
        struct rest_world world;
        struct rest_result outcome;
        struct source_meter meter;
        const struct api_answer answers[] = {
            {.status = rows[i].status,
             .body = rows[i].body,
             .headers = {"Request-Id", "req_7",
                         rows[i].should_retry == NULL ? NULL : "Stripe-Should-Retry",
                         rows[i].should_retry}},
            {.status = 200, .body = REST_WORLD_GOOD}};
        rest_world_open(&world, &rest_world_api, answers, 2, "0");
        rest_world_ask(&world, "/v1/things?limit=1", &outcome);
        rest_world_wait(&world, &outcome);
        if (outcome.error.id != rows[i].error)
            fail_msg("row %zu (%u): %s", i, rows[i].status, outcome.error.message);
        assert_int_equal(api_server_requests(world.server), rows[i].requests);
        rest_meter(world.rest, &meter);
        assert_int_equal(meter.requests, rows[i].requests);
        assert_int_equal(meter.retries, rows[i].requests - 1);
        if (rows[i].error == ERROR_NONE) {
            assert_string_equal(outcome.body, REST_WORLD_GOOD);
            assert_int_equal(meter.last_error.id, ERROR_NONE);
        } else {
            assert_int_equal(outcome.error.http_status, rows[i].status);
            assert_string_equal(outcome.error.request_id, "req_7");
            assert_null(strstr(outcome.error.message, "limit=1"));
        }
        rest_world_close(&world);
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
        struct rest_world world;
        struct rest_result outcome;
        const struct api_answer answer = {.status = 200, .body = odd[i].body};
        rest_world_open(&world, &rest_world_api, &answer, 1, "0");
        rest_world_ask(&world, "/v1/things", &outcome);
        rest_world_wait(&world, &outcome);
        assert_int_equal(outcome.error.id, ERROR_SOURCE_PROTOCOL);
        assert_non_null(strstr(outcome.error.message, odd[i].word));
        assert_int_equal(api_server_requests(world.server), REST_TRIES);
        rest_world_close(&world);
    }
}

/* The server's own errors end a request that concerns one order; others go on until patience ends.
 */
static void test_bounded_and_patience(void **state)
{
    struct rest_world world;
    struct rest_result one, all;
    const struct api_answer answer = {.status = 500, .body = "{}"};
    (void)state;
    rest_world_open(&world, &rest_world_api, &answer, 1, "1s");
    one = all = (struct rest_result){.done = false};
    rest_get(world.rest,
             &(struct rest_request){
                 .path = "/one", .bounded = true, .done = rest_result_take, .context = &one});
    rest_world_wait(&world, &one);
    assert_int_equal(one.error.id, ERROR_SOURCE_UNAVAILABLE);
    assert_int_equal(api_server_requests(world.server), REST_TRIES);
    int64_t begin_us = clock_monotonic_us();
    rest_world_ask(&world, "/all", &all);
    rest_world_wait(&world, &all);
    assert_int_equal(all.error.id, ERROR_SOURCE_UNAVAILABLE);
    assert_true(all.at_us - begin_us >= SECOND * 9 / 10);
    assert_true(api_server_requests(world.server) > (size_t)2 * REST_TRIES);
    rest_world_close(&world);
}

/* Nobody listens: asked again until patience ends. */
static void test_no_connection(void **state)
{
    struct rest_world world;
    struct rest_result outcome;
    struct source_meter meter;
    struct error err;
    char base[64];
    (void)state;
    const struct api_answer answer = {.status = 200, .body = REST_WORLD_GOOD};
    rest_world_open(&world, &rest_world_api, &answer, 1, "1s");
    rest_free(world.rest);
    snprintf(base, sizeof(base), "http://127.0.0.1:%d/", peer_free_port());
    const struct setting_override overrides[] = {{"stripe_secret_key", REST_WORLD_KEY},
                                                 {"stripe_api_base", base},
                                                 {"give_up", "1s"},
                                                 {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    assert_true(rest_new(&(struct rest_options){.api = &rest_world_api, .settings = settings},
                         &world.rest, &err));
    rest_world_ask(&world, "/v1/things", &outcome);
    rest_world_wait(&world, &outcome);
    rest_meter(world.rest, &meter);
    assert_int_equal(outcome.error.id, ERROR_SOURCE_UNAVAILABLE);
    assert_true(meter.retries > 0);
    settings_free(settings);
    rest_world_close(&world);
}

/* ---- what leaves, what comes in ---- */

/* GET alone; the key in one header and nowhere else; the version with it. */
static void test_what_is_sent(void **state)
{
    struct rest_world world;
    struct rest_result outcome;
    struct api_seen seen;
    const struct api_answer answer = {.status = 200, .body = REST_WORLD_GOOD};
    (void)state;
    rest_world_open(&world, &rest_world_api, &answer, 1, "0");
    rest_world_ask(&world, "/v1/things?expand%5B%5D=data", &outcome);
    rest_world_wait(&world, &outcome);
    api_server_seen(world.server, 0, &seen);
    assert_string_equal(seen.method, "GET");
    assert_string_equal(seen.url, "/v1/things?expand%5B%5D=data");
    assert_non_null(strstr(seen.headers, "Authorization: Bearer " REST_WORLD_KEY "\n"));
    assert_non_null(strstr(seen.headers, "Stripe-Version: 2026-08-26.dahlia\n"));
    assert_null(strstr(seen.headers, "Content-Length"));
    rest_world_close(&world);
}

/* Neither the key nor a longer text of the server's gets into an error. */
static void test_key_is_hidden(void **state)
{
    struct rest_world world;
    struct rest_result outcome;
    const struct api_answer answer = {.status = 401,
                                      .body =
                                          "{\"error\":{\"message\":\"No such key: " REST_WORLD_KEY
                                          " nor " REST_WORLD_KEY "\\u001b[31m\"}}"};
    (void)state;
    rest_world_open(&world, &rest_world_api, &answer, 1, "0");
    rest_world_ask(&world, "/v1/things", &outcome);
    rest_world_wait(&world, &outcome);
    assert_int_equal(outcome.error.id, ERROR_API_KEY);
    assert_non_null(strstr(outcome.error.message, "STRIPE_SECRET_KEY"));
    assert_null(strstr(outcome.error.message, "sesame"));
    rest_world_close(&world);
}

static void test_permission_says_what_to_grant(void **state)
{
    struct rest_world world;
    struct rest_result outcome;
    const struct api_answer answer = {.status = 403, .body = ERROR_BODY("x")};
    (void)state;
    rest_world_open(&world, &rest_world_api, &answer, 1, "0");
    rest_world_ask(&world, "/v1/things?a=b", &outcome);
    rest_world_wait(&world, &outcome);
    assert_int_equal(outcome.error.id, ERROR_API_PERMISSION);
    assert_int_equal(error_class(&outcome.error), CLASS_AUTH);
    assert_string_equal(outcome.error.message,
                        "give it read on Things; Probe answers 403 to /v1/things: words");
    rest_world_close(&world);
}

static void test_redirect_is_not_followed(void **state)
{
    struct rest_world world, elsewhere;
    struct rest_result outcome;
    const struct api_answer good = {.status = 200, .body = REST_WORLD_GOOD};
    (void)state;
    rest_world_open(&elsewhere, &rest_world_api, &good, 1, "0");
    const struct api_answer answer = {
        .status = 307, .body = "", .headers = {"Location", elsewhere.base}};
    rest_world_open(&world, &rest_world_api, &answer, 1, "0");
    rest_world_ask(&world, "/v1/things", &outcome);
    rest_world_wait(&world, &outcome);
    assert_int_equal(outcome.error.id, ERROR_SOURCE_PROTOCOL);
    assert_int_equal(api_server_requests(elsewhere.server), 0);
    rest_world_close(&world);
    rest_world_close(&elsewhere);
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
    struct rest_world world;
    struct rest_result outcome;
    struct error err;
    char base[64];
    const struct api_answer answer = {.status = 200, .body = REST_WORLD_GOOD};
    (void)state;
    rest_world_open(&world, &rest_world_api, &answer, 1, "0");
    struct api_server *server = api_server_start(huge_answer, NULL, base);
    const struct setting_override overrides[] = {
        {"stripe_secret_key", REST_WORLD_KEY}, {"stripe_api_base", base}, {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    rest_free(world.rest);
    assert_true(rest_new(&(struct rest_options){.api = &rest_world_api, .settings = settings},
                         &world.rest, &err));
    rest_world_ask(&world, "/v1/things", &outcome);
    rest_world_wait(&world, &outcome);
    assert_int_equal(outcome.error.id, ERROR_SOURCE_TOO_LARGE);
    api_server_stop(server);
    settings_free(settings);
    rest_world_close(&world);
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
        {{{"stripe_secret_key", REST_WORLD_KEY}, {"stripe_api_base", "http://api.stripe.com"}},
         ERROR_SOURCE_ADDRESS,
         "stripe_api_base"},
        {{{"stripe_secret_key", REST_WORLD_KEY}, {"stripe_api_base", "https://a.test/?x=1"}},
         ERROR_SOURCE_ADDRESS,
         "stripe_api_base"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rest *rest = NULL;
        struct error err = {.id = ERROR_NONE};
        struct settings *settings = fake_settings(rows[i].overrides);
        assert_false(rest_new(&(struct rest_options){.api = &rest_world_api, .settings = settings},
                              &rest, &err));
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
        cmocka_unit_test(test_what_is_sent),
        cmocka_unit_test(test_key_is_hidden),
        cmocka_unit_test(test_permission_says_what_to_grant),
        cmocka_unit_test(test_redirect_is_not_followed),
        cmocka_unit_test(test_body_limit),
        cmocka_unit_test(test_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
