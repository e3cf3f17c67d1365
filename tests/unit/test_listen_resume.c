/* Where Listen resumes, without a network: by token and by time, what it forgot of the deletes, and
 * positions that it does not take. */
#include "lib/check.h"

#include "base/clock.h"
#include "lib/telling.h"

/* Three orders, and a stream that was told of them; then a new one of `c`, one changed, one gone.
 */
static void away(struct telling *t)
{
    telling_put(t, "a", "{\"n\":1}");
    telling_put(t, "b", "{\"n\":2}");
    telling_put(t, "c", "{\"n\":3}");
    telling_ask_orders(t);
    telling_all(t);
    telling_again(t);
    telling_put(t, "a", "{\"n\":7}");
    telling_put(t, "a", "{\"n\":8}");
    telling_put(t, "b", NULL);
    telling_put(t, "d", "{\"n\":4}");
}

static const char *resumed(struct telling *t)
{
    struct telling_target a;
    telling_target_orders(&a, 1);
    telling_target_resume(&a, t);
    assert_true(telling_ask(t, &a));
    return telling_all(t);
}

static void test_resume_by_token(void **state)
{
    struct telling *t = *state;
    away(t);
    /* Only the last state of each, and nothing of who did not change. */
    assert_string_equal(resumed(t), "add +a=8 xb +d=4 current snapshot");
    telling_again(t);
    assert_string_equal(resumed(t), "add current snapshot");
}

static void test_resume_by_time(void **state)
{
    struct telling *t = *state;
    struct telling_target a;
    away(t);
    telling_target_orders(&a, 1);
    telling_target_since(&a, t->snapshot_us);
    assert_true(telling_ask(t, &a));
    assert_string_equal(telling_all(t), "add +a=8 xb +d=4 current snapshot");
    telling_target_orders(&a, 2);
    telling_target_since(&a, t->snapshot_us - 86400ll * 1000000);
    assert_true(telling_ask(t, &a));
    assert_string_equal(telling_all(t), "add@2 remove@2(9)");
    telling_target_orders(&a, 3);
    telling_target_since(&a, t->snapshot_us + 86400ll * 1000000);
    assert_true(telling_ask(t, &a));
    assert_string_equal(telling_all(t), "add@3 remove@3(3)");
}

static void test_forgotten_deletes_are_counted(void **state)
{
    struct telling *t = *state;
    away(t);
    t->call.fault.kind = FAULT_FORGET;
    assert_string_equal(resumed(t), "add +a=8 +d=4 #3 current snapshot");
    telling_put(t, "d", NULL);
    assert_string_equal(telling_all(t), "xd snapshot"); /* what happens from now on is told */
}

static void test_old_deletes_are_forgotten(void **state)
{
    struct telling *t = *state;
    t->service.listen.remember_us = 20000;
    away(t);
    clock_sleep_us(30000);
    telling_put(t, "c", NULL);
    assert_string_equal(resumed(t), "add +a=8 +d=4 xc #2 current snapshot");
}

static void test_expected_count(void **state)
{
    struct telling *t = *state;
    struct telling_target a;
    away(t);
    for (int expected = 3; expected <= 4; expected++) {
        telling_again(t);
        telling_target_orders(&a, 1);
        telling_target_since(&a, store_now(t->store));
        google__firestore__v1__int32_value__init(&a.expected);
        a.expected.value = expected;
        a.target.expected_count = &a.expected;
        assert_true(telling_ask(t, &a));
        assert_string_equal(telling_all(t),
                            expected == 3 ? "add current snapshot" : "add #3 current snapshot");
    }
}

static void test_expired_tokens(void **state)
{
    static const char *const answers[] = {[EXPIRED_RESET] =
                                              "add reset +a=8 +c=3 +d=4 current snapshot",
                                          [EXPIRED_REMOVE] = "add remove(9)",
                                          [EXPIRED_STATUS] = "add"};
    struct telling *t = *state;
    t->service.listen.token_us = 10000;
    away(t);
    clock_sleep_us(20000);
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        char old[64];
        size_t len = t->token.len;
        memcpy(old, t->token.data, len);
        t->service.listen.expired = (enum expired_answer)i;
        telling_again(t);
        assert_string_equal(resumed(t), answers[i]);
        assert_int_equal(t->status.code, i == EXPIRED_STATUS ? RPC_FAILED_PRECONDITION : RPC_OK);
        buffer_clear(&t->token);
        buffer_append(&t->token, old, len);
    }
}

static void test_tokens_of_others(void **state)
{
    struct telling *t = *state;
    struct telling_target a;
    away(t);
    telling_target_orders(&a, 1);
    telling_target_where(&a, 1);
    telling_target_resume(&a, t);
    assert_true(telling_ask(t, &a));
    assert_string_equal(telling_all(t), "add remove(3)");
    telling_again(t);
    buffer_clear(&t->token);
    buffer_append_text(&t->token, "nonsense");
    assert_string_equal(resumed(t), "add remove(3)");
}

static void test_beyond_the_history(void **state)
{
    struct telling *t = *state;
    databases_free(t->service.databases);
    t->service.databases = databases_new(4);
    t->store = databases_find(t->service.databases, TELLING_DATABASE);
    away(t);
    telling_put(t, "e", "{\"n\":5}");
    assert_string_equal(resumed(t), "add reset +a=8 +c=3 +d=4 +e=5 current snapshot");
    /* A live listener that did not read in time. */
    for (int i = 0; i < 6; i++)
        telling_put(t, "e", "{\"n\":6}");
    assert_string_equal(telling_all(t), "reset +a=8 +c=3 +d=4 +e=6 current snapshot");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, telling_setup, telling_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_resume_by_token),
        TEST(test_resume_by_time),
        TEST(test_forgotten_deletes_are_counted),
        TEST(test_old_deletes_are_forgotten),
        TEST(test_expected_count),
        TEST(test_expired_tokens),
        TEST(test_tokens_of_others),
        TEST(test_beyond_the_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
