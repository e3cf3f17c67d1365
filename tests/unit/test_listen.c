/* Listen's states without a network: the life of a target, slow readers, faults. Resuming is
 * test_listen_resume.c's. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/telling.h"
#include "sim/listen.h"

/* ---- the life of a target ---- */

static void test_initial_and_deltas(void **state)
{
    struct telling *t = *state;
    telling_put(t, "a", "{\"n\":1}");
    telling_put(t, "b", "{\"n\":2}");
    telling_ask_orders(t);
    assert_string_equal(telling_all(t), "add +a=1 +b=2 current snapshot");
    assert_string_equal(telling_all(t), "");
    assert_int_equal(t->step, CALL_WAIT);
    int64_t at = telling_put(t, "a", "{\"n\":3}");
    assert_string_equal(telling_all(t), "+a=3 snapshot");
    assert_int_equal(t->snapshot_us, at);
    telling_put(t, "b", NULL);
    assert_string_equal(telling_all(t), "xb snapshot");
    telling_put(t, "c", "{\"n\":4}");
    telling_put(t, "c", "{\"n\":5}");
    assert_string_equal(telling_all(t), "+c=4 snapshot +c=5 snapshot");
}

static void test_one_snapshot_a_commit(void **state)
{
    struct telling *t = *state;
    telling_ask_orders(t);
    assert_string_equal(telling_all(t), "add current snapshot");
    int64_t at = store_commit_time(t->store);
    telling_put_at(t, "a", "{\"n\":1}", at);
    telling_put_at(t, "b", "{\"n\":2}", at);
    telling_put(t, "c", "{\"n\":3}");
    assert_string_equal(telling_all(t), "+a=1 +b=2 snapshot +c=3 snapshot");
}

static void test_other_collections_are_silent(void **state)
{
    struct telling *t = *state;
    telling_ask_orders(t);
    telling_all(t);
    struct store_collection *other = store_collection(t->store, STR("Other"), true);
    store_write(t->store, other, STR("x"), STR(""), store_commit_time(t->store));
    assert_string_equal(telling_all(t), "");
}

static void test_filter_enter_and_leave(void **state)
{
    struct telling *t = *state;
    struct telling_target a;
    telling_put(t, "a", "{\"n\":1}");
    telling_put(t, "b", "{\"n\":2}");
    telling_target_orders(&a, 1);
    telling_target_where(&a, 1);
    assert_true(telling_ask(t, &a));
    assert_string_equal(telling_all(t), "add +a=1 current snapshot");
    telling_put(t, "b", "{\"n\":1}");
    assert_string_equal(telling_all(t), "+b=1 snapshot");
    telling_put(t, "a", "{\"n\":9}");
    assert_string_equal(telling_all(t), "-a=9 snapshot");
    telling_put(t, "a", "{\"n\":8}");
    assert_string_equal(telling_all(t), ""); /* it was not in, and is not */
    telling_put(t, "a", NULL);
    assert_string_equal(telling_all(t), "");
    telling_put(t, "b", NULL);
    assert_string_equal(telling_all(t), "xb snapshot");
}

static void test_limited_query_is_told_anew(void **state)
{
    struct telling *t = *state;
    struct telling_target a;
    telling_put(t, "b", "{\"n\":1}");
    telling_put(t, "c", "{\"n\":2}");
    telling_target_orders(&a, 1);
    google__firestore__v1__int32_value__init(&a.limit);
    a.limit.value = 2;
    a.structured.limit = &a.limit;
    assert_true(telling_ask(t, &a));
    assert_string_equal(telling_all(t), "add +b=1 +c=2 current snapshot");
    telling_put(t, "a", "{\"n\":3}");
    assert_string_equal(telling_all(t), "reset +a=3 +b=1 current snapshot");
}

static void test_named_documents(void **state)
{
    struct telling *t = *state;
    struct telling_target a;
    char *names[] = {(char *)(uintptr_t)TELLING_ROOT "/Orders/a",
                     (char *)(uintptr_t)TELLING_ROOT "/Orders/b"};
    telling_put(t, "a", "{\"n\":1}");
    telling_target_orders(&a, 1);
    telling_target_documents(&a, names, 2);
    assert_true(telling_ask(t, &a));
    assert_string_equal(telling_all(t), "add +a=1 xb current snapshot");
    telling_put(t, "c", "{\"n\":1}");
    assert_string_equal(telling_all(t), "");
    telling_put(t, "b", "{\"n\":2}");
    assert_string_equal(telling_all(t), "+b=2 snapshot");
    telling_put(t, "a", NULL);
    assert_string_equal(telling_all(t), "xa snapshot");
}

static void test_targets_together(void **state)
{
    struct telling *t = *state;
    struct telling_target a;
    telling_ask_orders(t);
    assert_string_equal(telling_all(t), "add current snapshot");
    telling_target_orders(&a, 2);
    telling_target_where(&a, 5);
    assert_true(telling_ask(t, &a));
    telling_put(t, "a", "{\"n\":5}");
    /* The first target comes to the second one's point before there is a snapshot. */
    assert_string_equal(telling_all(t), "add@2 +a=5 current@2 +a=5 snapshot");
    a.message.target_change_case =
        GOOGLE__FIRESTORE__V1__LISTEN_REQUEST__TARGET_CHANGE_REMOVE_TARGET;
    a.message.remove_target = 2;
    assert_true(telling_ask(t, &a));
    assert_string_equal(telling_all(t), "remove@2");
    telling_put(t, "a", NULL);
    assert_string_equal(telling_all(t), "xa snapshot");
    telling_target_orders(&a, 0); /* an id is given */
    a.target.once = true;
    assert_true(telling_ask(t, &a));
    assert_string_equal(telling_all(t), "add@2 current@2 snapshot remove@2");
}

static void test_refused_targets(void **state)
{
    struct telling *t = *state;
    struct telling_target a;
    telling_ask_orders(t);
    telling_target_orders(&a, 1); /* the id is in use */
    assert_false(telling_ask(t, &a));
    assert_int_equal(t->status.code, RPC_INVALID_ARGUMENT);
    telling_target_orders(&a, 2);
    a.message.database = (char *)(uintptr_t) "projects/other/databases/(default)";
    assert_false(telling_ask(t, &a));
    telling_target_orders(&a, 2);
    a.structured.n_from = 0;
    assert_false(telling_ask(t, &a));
    telling_again(t);
    telling_target_orders(&a, -1);
    assert_false(telling_ask(t, &a));
}

static void test_heartbeats(void **state)
{
    struct telling *t = *state;
    t->service.listen.heartbeat_us = 20000;
    telling_ask_orders(t);
    assert_string_equal(telling_all(t), "add current snapshot");
    int64_t before = t->snapshot_us;
    assert_string_equal(telling_all(t), "");
    assert_true(t->stream.ask_at_us > 0);
    clock_sleep_us(25000);
    assert_string_equal(telling_all(t), "snapshot");
    assert_true(t->snapshot_us > before);
    int64_t at = telling_put(t, "a", "{\"n\":1}");
    assert_true(at > t->snapshot_us); /* nothing is committed at a moment already told */
    assert_string_equal(telling_all(t), "+a=1 snapshot");
}

static void test_half_closed(void **state)
{
    struct telling *t = *state;
    telling_put(t, "a", "{\"n\":1}");
    telling_ask_orders(t);
    t->stream.request_ended = true;
    assert_string_equal(telling_all(t), "add +a=1 current snapshot");
    assert_int_equal(t->step, CALL_DONE);
}

/* ---- slow readers ---- */

static void test_a_slow_reader_costs_no_memory(void **state)
{
    struct telling *t = *state;
    char id[16];
    telling_ask_orders(t);
    telling_all(t);
    for (int i = 0; i < 20000; i++) {
        snprintf(id, sizeof(id), "%05d", i % 10000);
        telling_put(
            t, id,
            "{\"n\":1,\"text\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}");
    }
    for (int i = 0; i < 100; i++)
        listen_step(&t->call, &t->status); /* nobody takes it */
    assert_true(t->stream.response.len < HTTP2_WANT_BYTES + 4096);
    buffer_clear(&t->stream.response);
    size_t messages = t->call.messages;
    telling_all(t);
    /* So far behind, it is told the last state of each once. */
    assert_true(t->call.messages - messages <= 10001);
}

/* ---- faults of Listen ---- */

static void fault(struct telling *t, const char *spec)
{
    struct error err;
    if (!fault_parse(spec, &t->call.fault, &err))
        fail_msg("%s", err.message);
}

static void test_duplicate_reorder_unsure(void **state)
{
    struct telling *t = *state;
    telling_put(t, "a", "{\"n\":1}");
    telling_ask_orders(t);
    telling_all(t);
    fault(t, "duplicate");
    telling_put(t, "a", "{\"n\":2}");
    telling_put(t, "a", NULL);
    assert_string_equal(telling_all(t), "+a=2 +a=2 snapshot xa xa snapshot");
    fault(t, "reorder");
    telling_put(t, "b", "{\"n\":1}");
    telling_put(t, "b", "{\"n\":2}");
    telling_put(t, "b", NULL);
    assert_string_equal(telling_all(t), "+b=1 snapshot +b=2 +b=1 snapshot xb +b=2 snapshot");
    fault(t, "unsure");
    telling_put(t, "c", "{\"n\":1}");
    telling_put(t, "c", NULL);
    assert_string_equal(telling_all(t), "+c=1 snapshot ?c snapshot");
}

static void test_strikes(void **state)
{
    struct telling *t = *state;
    telling_put(t, "a", "{\"n\":1}");
    telling_ask_orders(t);
    telling_all(t);
    fault(t, "filter:more=2");
    assert_string_equal(telling_all(t), "#3 snapshot");
    fault(t, "filter:fewer=1");
    assert_string_equal(telling_all(t), "#0 snapshot");
    fault(t, "reset");
    assert_string_equal(telling_all(t), "reset +a=1 current snapshot");
    fault(t, "remove:code=8");
    assert_string_equal(telling_all(t), "remove(8)");
    telling_put(t, "a", "{\"n\":2}");
    assert_string_equal(telling_all(t), "");
}

static void test_strikes_before_current(void **state)
{
    static const struct {
        const char *spec, *expected;
    } cases[] = {
        {"remove:code=8,messages=1", "add remove(8)"},
        {"remove:code=8,messages=2", "add +a=1 remove(8)"},
        {"remove:code=8,current=1", "add +a=1 +b=2 current snapshot remove(8)"},
        {"reset:messages=2", "add +a=1 reset +a=1 +b=2 current snapshot"},
        {"filter:more=1", "add +a=1 +b=2 #3 current snapshot"},
    };
    struct telling *t = *state;
    telling_put(t, "a", "{\"n\":1}");
    telling_put(t, "b", "{\"n\":2}");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        telling_again(t);
        fault(t, cases[i].spec);
        telling_ask_orders(t);
        assert_string_equal(telling_all(t), cases[i].expected);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, telling_setup, telling_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_initial_and_deltas),
        TEST(test_one_snapshot_a_commit),
        TEST(test_other_collections_are_silent),
        TEST(test_filter_enter_and_leave),
        TEST(test_limited_query_is_told_anew),
        TEST(test_named_documents),
        TEST(test_targets_together),
        TEST(test_refused_targets),
        TEST(test_heartbeats),
        TEST(test_half_closed),
        TEST(test_a_slow_reader_costs_no_memory),
        TEST(test_duplicate_reorder_unsure),
        TEST(test_strikes),
        TEST(test_strikes_before_current),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
