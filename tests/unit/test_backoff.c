/* Backoff and the token bucket. */
#include "tests/lib/check.h"

#include "base/backoff.h"

static void assert_between(int64_t value, double low, double high)
{
    if ((double)value < low || (double)value > high)
        fail_msg("%lld is not in [%g, %g]", (long long)value, low, high);
}

static void listen_follows_the_sdk(void **state)
{
    struct backoff backoff = {&backoff_listen, 0};
    double delay = 1e6;
    (void)state;
    assert_int_equal(backoff_next(&backoff), 0);
    for (int i = 0; i < 30; i++) {
        assert_between(backoff_next(&backoff), delay * 0.5 - 1, delay * 1.5);
        delay = delay * 1.5 > 60e6 ? 60e6 : delay * 1.5;
    }
    backoff_reset(&backoff);
    assert_int_equal(backoff_next(&backoff), 0);
    backoff_to_cap(&backoff);
    assert_between(backoff_next(&backoff), 30e6, 90e6);
}

static void full_jitter_fills_the_range(void **state)
{
    int64_t highest = 0, lowest = INT64_MAX;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct backoff backoff = {&backoff_target, 3};
        int64_t delay = backoff_next(&backoff);
        assert_between(delay, 0, 800000);
        highest = delay > highest ? delay : highest;
        lowest = delay < lowest ? delay : lowest;
    }
    assert_true(highest > 600000 && lowest < 200000);
}

static void endless_tries_stay_at_the_cap(void **state)
{
    struct backoff backoff = {&backoff_unary, UINT32_MAX};
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_between(backoff_next(&backoff), 0, 60e6);
}

static void bucket(void **state)
{
    struct bucket bucket = {.rate = 10, .burst = 3, .tokens = 3, .at_us = 1000};
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(bucket_take(&bucket, 1000), 0);
    assert_between(bucket_take(&bucket, 1000), 99999, 100001);
    assert_between(bucket_take(&bucket, 51000), 49999, 50001);
    assert_int_equal(bucket_take(&bucket, 102000), 0);
    assert_int_equal(bucket_take(&bucket, 100000000), 0); /* never more than the burst */
    assert_int_equal(bucket_take(&bucket, 100000000), 0);
    assert_int_equal(bucket_take(&bucket, 100000000), 0);
    assert_true(bucket_take(&bucket, 100000000) > 0);
    struct bucket unlimited = {0};
    assert_int_equal(bucket_take(&unlimited, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listen_follows_the_sdk),
        cmocka_unit_test(full_jitter_fills_the_range),
        cmocka_unit_test(endless_tries_stay_at_the_cap),
        cmocka_unit_test(bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
