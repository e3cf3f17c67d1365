/* Billed reads by the day: the day's border at 08:00 UTC, the limit, clocks that jump. */
#include "lib/check.h"

#include "source/read_budget.h"

#define HOUR (INT64_C(3600) * 1000000)
#define DAY (24 * HOUR)
#define NOON (20000 * DAY + 12 * HOUR) /* of some day */

static void test_limit(void **state)
{
    struct read_budget budget = {.limit = 10};
    struct error err = {.id = ERROR_NONE};
    (void)state;
    read_budget_add(&budget, 9, NOON);
    assert_true(read_budget_check(&budget, NOON, &err));
    read_budget_add(&budget, 1, NOON);
    assert_false(read_budget_check(&budget, NOON, &err));
    assert_int_equal(err.id, ERROR_READ_BUDGET);
    assert_int_equal(error_class(&err), CLASS_RATE_LIMITED);
    assert_int_equal(err.retry_after_us, 20 * HOUR); /* until 08:00 tomorrow */
    assert_non_null(strstr(err.message, "10 documents"));
    assert_false(read_budget_check(&budget, NOON + 20 * HOUR - 1, &err));
    assert_int_equal(err.retry_after_us, 1);
    assert_true(read_budget_check(&budget, NOON + 20 * HOUR, &err));
    assert_int_equal(budget.reads, 0);
}

static void test_no_limit(void **state)
{
    struct read_budget budget = {.limit = 0};
    (void)state;
    read_budget_add(&budget, UINT64_C(1) << 40, NOON);
    assert_true(read_budget_check(&budget, NOON, NULL));
    assert_int_equal(budget.reads, UINT64_C(1) << 40);
}

/* Back and forth over the border must not give the day's budget twice. */
static void test_clock_set_back(void **state)
{
    struct read_budget budget = {.limit = 10};
    struct error err;
    (void)state;
    read_budget_add(&budget, 10, NOON);
    assert_false(read_budget_check(&budget, NOON - 2 * DAY, &err));
    assert_int_equal(err.retry_after_us, 2 * DAY + 20 * HOUR);
    assert_false(read_budget_check(&budget, NOON, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_clock_set_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
