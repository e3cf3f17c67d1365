/* Transfers: which addresses are taken, how each end is told, that nothing wanders to another host.
 */
#include "lib/check.h"

#include "base/clock.h"
#include "lib/peer.h"
#include "lib/web.h"
#include "source/http.h"

static struct web web;

static int setup(void **state)
{
    (void)state;
    web_start(&web);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    web_stop(&web);
    return 0;
}

static void test_addresses(void **state)
{
    static const struct {
        const char *url;
        bool taken;
        bool taken_in_cleartext;
    } expected[] = {
        {"https://firestore.googleapis.com", true, true},
        {"https://firestore.googleapis.com:443/x", true, true},
        {"http://firestore.googleapis.com", false, true},
        {"http://127.0.0.1:8080", true, true},
        {"http://127.9.9.9", true, true},
        {"http://localhost:8080", true, true},
        {"http://[::1]:8080", true, true},
        {"http://127.0.0.1.example.com", false, true},
        {"http://localhost.example.com", false, true},
        {"http://10.0.0.1", false, true},
        {"https://user:pass@firestore.googleapis.com", false, false},
        {"https://user@firestore.googleapis.com", false, false},
        {"https://firestore.googleapis.com/#x", false, false},
        {"ftp://127.0.0.1/", false, false},
        {"file:///etc/passwd", false, false},
        {"firestore.googleapis.com", false, false},
        {"", false, false},
        {"http://", false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        struct error err = {.id = ERROR_NONE};
        if (http_check_url(expected[i].url, false, &err) != expected[i].taken ||
            http_check_url(expected[i].url, true, &err) != expected[i].taken_in_cleartext)
            fail_msg("%s", expected[i].url);
        assert_true(err.id == ERROR_NONE || err.id == ERROR_SOURCE_ADDRESS);
        assert_null(strstr(err.message, "pass@"));
    }
}

struct ended {
    bool done;
    enum http_end end;
    int status;
    struct buffer body;
    size_t stop_after; /* bytes */
    size_t locations;
};

static bool on_header(void *context, struct str name, struct str value)
{
    struct ended *ended = context;
    ended->locations +=
        name.len == 8 && strncasecmp(name.data, "location", 8) == 0 && value.len > 0;
    return true;
}

static bool on_data(void *context, const char *bytes, size_t len)
{
    struct ended *ended = context;
    buffer_append(&ended->body, bytes, len);
    return ended->stop_after == 0 || ended->body.len < ended->stop_after;
}

static void on_done(void *context, const struct http_result *result)
{
    struct ended *ended = context;
    ended->done = true;
    ended->end = result->end;
    ended->status = result->status;
    assert_non_null(result->text);
}

static void get(const char *url, int64_t timeout_us, struct ended *ended)
{
    struct http *http;
    struct http_call *call;
    struct error err;
    struct http_request request = {.url = url, .timeout_us = timeout_us};
    struct http_handler handler = {on_header, on_data, on_done, ended};
    ended->body.max = 1u << 20;
    assert_true(http_new(&http, &err));
    assert_true(http_start(http, &request, &handler, &call, &err));
    assert_false(ended->done);
    for (int i = 0; i < 100 && !ended->done; i++)
        http_step(http, 100000);
    assert_true(ended->done);
    http_free(http);
}

static void test_answer(void **state)
{
    struct ended ended = {.done = false};
    (void)state;
    web.status = 404;
    web.body = "not here";
    get(web.url, 0, &ended);
    assert_int_equal(ended.end, HTTP_END_COMPLETE);
    assert_int_equal(ended.status, 404);
    assert_str(buffer_str(&ended.body), "not here");
    assert_string_equal(web.method, "GET");
    buffer_free(&ended.body);
}

static void test_redirect_is_not_followed(void **state)
{
    struct ended ended = {.done = false};
    (void)state;
    web.status = 307;
    web.body = "";
    web.location = web.url;
    web.requests = 0;
    get(web.url, 0, &ended);
    web.location = NULL;
    assert_int_equal(ended.status, 307);
    assert_int_equal(ended.locations, 1);
    assert_int_equal(web.requests, 1);
    buffer_free(&ended.body);
}

static void test_ends(void **state)
{
    struct ended refused = {.done = false};
    struct ended late = {.done = false};
    struct ended stopped = {.done = false, .stop_after = 3};
    (void)state;
    char *url = memory_format("http://127.0.0.1:%d/", peer_free_port());
    get(url, 0, &refused);
    assert_int_equal(refused.end, HTTP_END_TRANSPORT);
    assert_int_equal(refused.status, 0);
    web.status = 200;
    web.body = "some bytes";
    get(web.url, 0, &stopped);
    assert_int_equal(stopped.end, HTTP_END_STOPPED);
    web.delay_ms = 600;
    web.requests = 0;
    get(web.url, 200000, &late);
    assert_int_equal(late.end, HTTP_END_TIMEOUT);
    for (int i = 0; i < 100 && web.requests == 0; i++)
        clock_sleep_us(20000);
    web.delay_ms = 0;
    free(url);
    buffer_free(&refused.body);
    buffer_free(&stopped.body);
    buffer_free(&late.body);
}

/* A web server is no certificate's owner: https toward it fails as a transport or TLS error, never
 * in the clear. */
static void test_https_needs_tls(void **state)
{
    struct ended ended = {.done = false};
    (void)state;
    web.requests = 0;
    char *url = memory_format("https://127.0.0.1:%d/", web.port);
    get(url, 2000000, &ended);
    assert_true(ended.end == HTTP_END_TRANSPORT || ended.end == HTTP_END_TLS);
    assert_int_equal(web.requests, 0);
    free(url);
    buffer_free(&ended.body);
}

/* wake() ends a long wait; cancelling and freeing call nobody. */
static void test_wake_and_cancel(void **state)
{
    struct http *http;
    struct http_call *call;
    struct error err;
    struct ended ended = {.done = false};
    struct http_request request = {.url = web.url};
    struct http_handler handler = {on_header, on_data, on_done, &ended};
    (void)state;
    assert_true(http_new(&http, &err));
    int64_t begin = clock_monotonic_us();
    http_wake(http);
    http_step(http, 5000000);
    assert_true(clock_monotonic_us() - begin < 3000000);
    assert_true(http_start(http, &request, &handler, &call, &err));
    http_cancel(call);
    assert_true(http_start(http, &request, &handler, &call, &err));
    http_free(http);
    assert_false(ended.done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_redirect_is_not_followed),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_https_needs_tls),
        cmocka_unit_test(test_wake_and_cancel),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
