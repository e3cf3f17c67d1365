/* Percentiles over a sliding window, against a sorted list. */
#include "engine/lag.h"
#include "lib/check.h"

#define MINUTE 60000000LL

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void assert_near(int64_t actual, int64_t exact)
{
    if (actual < exact || actual > exact + exact / 16 + 1)
        fail_msg("%lld is not within a step above %lld", (long long)actual, (long long)exact);
}

static void like_a_sorted_list(void **state)
{
    static int64_t all[5000];
    struct lag *lag = malloc(sizeof(*lag));
    uint64_t random = 1;
    (void)state;
    assert_non_null(lag);
    lag_init(lag, MINUTE);
    for (size_t i = 0; i < 5000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        all[i] = (int64_t)((random >> 33) % 1000) * (int64_t)((random >> 45) % 5000);
        lag_add(lag, 100 * MINUTE + (int64_t)i * 1000, all[i]);
    }
    qsort(all, 5000, sizeof(all[0]), compare);
    struct lag_figures figures = lag_read(lag, 100 * MINUTE + 5000000);
    assert_near(figures.p50_us, all[2500]);
    assert_near(figures.p99_us, all[4950]);
    assert_int_equal(figures.max_us, all[4999]);
    free(lag);
}

static void forgets_what_is_old(void **state)
{
    struct lag *lag = malloc(sizeof(*lag));
    (void)state;
    assert_non_null(lag);
    lag_init(lag, MINUTE);
    assert_int_equal(lag_read(lag, 7).p50_us, -1);
    lag_add(lag, 10 * MINUTE, 900000);
    lag_add(lag, 10 * MINUTE + 30000000, 5);
    assert_int_equal(lag_read(lag, 10 * MINUTE + 59000000).max_us, 900000);
    assert_int_equal(lag_read(lag, 11 * MINUTE + 1).max_us, 5);
    assert_int_equal(lag_read(lag, 11 * MINUTE + 31000000).max_us, -1);
    lag_add(lag, 90 * MINUTE, -3); /* a clock behind the source's */
    assert_int_equal(lag_read(lag, 90 * MINUTE).p99_us, 0);
    lag_add(lag, 90 * MINUTE, INT64_MAX);
    assert_int_equal(lag_read(lag, 90 * MINUTE).max_us, INT64_MAX);
    free(lag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like_a_sorted_list),
        cmocka_unit_test(forgets_what_is_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
