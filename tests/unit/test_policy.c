/* What each error class leads to, and that every code of the table is usable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/policy.h"

static void classes_decide(void **state)
{
    (void)state;
    static const struct {
        enum error_class class;
        enum policy_action action;
        bool retryable;
    } rows[] = {
        {CLASS_TRANSIENT, POLICY_WAIT, true}, {CLASS_RATE_LIMITED, POLICY_WAIT, true},
        {CLASS_AUTH, POLICY_STOP, true},      {CLASS_CONFIG, POLICY_STOP, true},
        {CLASS_STORAGE, POLICY_STOP, true},   {CLASS_INVALID_DATA, POLICY_SPLIT, false},
        {CLASS_CONFLICT, POLICY_SPLIT, true}, {CLASS_NOT_FOUND, POLICY_SPLIT, true},
        {CLASS_CANCELLED, POLICY_WAIT, true}, {CLASS_BUG, POLICY_SPLIT, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(policy_action(rows[i].class), rows[i].action);
        assert_int_equal(policy_is_retryable(rows[i].class), rows[i].retryable);
    }
}

static void every_code_has_class_cause_and_remedy(void **state)
{
    (void)state;
    for (int i = 1; i < ERROR_ID_COUNT; i++) {
        const struct error_info *info = error_info((enum error_id)i);
        enum error_id found;
        assert_true(info->class != CLASS_NONE);
        assert_true(strlen(info->summary) > 0);
        assert_true(strlen(info->cause) > 10);
        assert_true(strlen(info->remedy) > 10);
        assert_true(error_id_parse(info->code, &found));
        assert_int_equal(found, i); /* codes are unique */
    }
}

static void delays_grow_and_are_bounded(void **state)
{
    (void)state;
    for (unsigned attempts = 0; attempts < 40; attempts++) {
        int64_t delay = policy_retry_delay_us(attempts);
        assert_true(delay >= 30000000);
        assert_true(delay <= 5400000000);
    }
    assert_true(policy_retry_delay_us(12) >= 1800000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_decide),
        cmocka_unit_test(every_code_has_class_cause_and_remedy),
        cmocka_unit_test(delays_grow_and_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
