/* Rates: one-second buckets, gaps, wrap-around. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/statistics.h"

#define SECOND 1000000

static void shows_the_mean_of_full_seconds(void **state)
{
    struct statistics statistics = {0};
    struct source_status status = {0};
    (void)state;
    for (int second = 100; second < 105; second++)
        statistics_add(&statistics, (int64_t)second * SECOND + 5, 50);
    statistics_add(&statistics, 105 * (int64_t)SECOND, 7);
    statistics_report(&statistics, 105 * (int64_t)SECOND + 10, &status);
    assert_true(status.rate > 49.9 && status.rate < 50.1);
    assert_int_equal(status.rates[STATUS_RATES - 1], 7);
    assert_int_equal(status.rates[STATUS_RATES - 2], 50);
    assert_int_equal(status.rates[0], 0);
}

static void forgets_after_a_gap(void **state)
{
    struct statistics statistics = {0};
    struct source_status status = {0};
    (void)state;
    statistics_add(&statistics, 100 * (int64_t)SECOND, 50);
    statistics_report(&statistics, 500 * (int64_t)SECOND, &status);
    assert_true(status.rate == 0);
    for (int i = 0; i < STATUS_RATES; i++)
        assert_int_equal(status.rates[i], 0);
}

static void nothing_yet_is_zero(void **state)
{
    struct statistics statistics = {0};
    struct source_status status = {0};
    (void)state;
    statistics_report(&statistics, 100 * (int64_t)SECOND, &status);
    assert_true(status.rate == 0);
    assert_true(statistics_rss_bytes() > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_mean_of_full_seconds),
        cmocka_unit_test(forgets_after_a_gap),
        cmocka_unit_test(nothing_yet_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
