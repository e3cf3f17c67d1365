/* Retries: which are due and in what order, what taking and giving back does, and a restart in
 * between. */
#include <stdio.h>

#include "base/clock.h"
#include "lib/check.h"
#include "lib/ledger.h"

static void fail_at(struct ledger *ledger, const char *id, int64_t retry_at_us)
{
    struct error error;
    struct settled_change change = ledger_failed(id, 1, &error, "not a number");
    change.retry_at_us = retry_at_us;
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
}

static void command_on(struct ledger *ledger, const char *kind, const char *id, const char *more)
{
    char arguments[128];
    uint64_t changed = 0, refused = 0;
    snprintf(arguments, sizeof(arguments), "{\"ids\":[%lld]%s}", (long long)ledger_id(ledger, id),
             more);
    LEDGER_OK(ledger, ledger_command(ledger, kind, arguments, &changed, &refused));
    assert_int_equal(changed, 1);
}

/* Takes what is due and asserts that it is exactly these, in this order. */
static void assert_due(struct ledger *ledger, int64_t now_us, size_t max, const char *expected)
{
    struct due_retry *list;
    size_t count;
    char text[256] = "";
    LEDGER_OK(ledger,
              journal_take_due(ledger->journal, ~0u, now_us, max, &list, &count, &ledger->err));
    for (size_t i = 0; i < count; i++) {
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i == 0 ? "" : " ",
                 list[i].source_id);
        assert_int_equal(list[i].failure_id, ledger_id(ledger, list[i].source_id));
        assert_int_equal(list[i].source, SOURCE_FIRESTORE);
        assert_int_equal(ledger_state(ledger, list[i].source_id), FAILURE_IN_PROGRESS);
    }
    due_retry_free(list, count);
    assert_string_equal(text, expected);
}

static void by_time_operators_first(void **state)
{
    struct ledger *ledger = *state;
    int64_t now = clock_wall_us();
    fail_at(ledger, "late", now + 1000000);
    fail_at(ledger, "second", now - 5);
    fail_at(ledger, "first", now - 9);
    ledger_fail(ledger, "dead", 1, true);
    ledger_fail(ledger, "wanted", 1, true);
    command_on(ledger, "retry", "wanted", "");
    assert_due(ledger, clock_wall_us(), 2, "wanted first");
    assert_due(ledger, now, 9, "second");
    assert_due(ledger, now, 9, ""); /* each is handed out once */
    assert_due(ledger, now + 1000000, 9, "late");
    assert_int_equal(ledger_state(ledger, "dead"), FAILURE_DEAD);
}

static void snoozes_wake(void **state)
{
    struct ledger *ledger = *state;
    int64_t now = clock_wall_us();
    char until[64];
    ledger_fail(ledger, "A", 1, true);
    snprintf(until, sizeof(until), ",\"until\":%lld", (long long)now + 60000000);
    command_on(ledger, "snooze", "A", until);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_SNOOZED);
    assert_int_equal(ledger_row(ledger, "A").next_us, now + 60000000);
    assert_due(ledger, now + 59000000, 9, "");
    assert_due(ledger, now + 60000000, 9, "A");
}

static void given_back_uncharged(void **state)
{
    struct ledger *ledger = *state;
    int64_t now = clock_wall_us();
    struct due_retry *list;
    size_t count;
    fail_at(ledger, "A", now);
    fail_at(ledger, "B", now);
    LEDGER_OK(ledger, journal_take_due(ledger->journal, ~0u, now, 9, &list, &count, &ledger->err));
    assert_int_equal(count, 2);
    ledger_land(ledger, "B", 1); /* meanwhile */
    LEDGER_OK(ledger, journal_give_back(ledger->journal, list, count, now + 77, &ledger->err));
    due_retry_free(list, count);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_RETRYABLE);
    assert_int_equal(ledger_row(ledger, "A").attempts, 1);
    assert_int_equal(ledger_row(ledger, "A").next_us, now + 77);
    assert_int_equal(ledger_state(ledger, "B"), FAILURE_RESOLVED);
}

static void interrupted_by_a_restart(void **state)
{
    struct ledger *ledger = *state;
    int64_t now = clock_wall_us();
    fail_at(ledger, "A", now);
    assert_due(ledger, now, 9, "A");
    ledger_reopen(ledger);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_RETRYABLE);
    assert_int_equal(ledger_row(ledger, "A").attempts, 1);
    assert_due(ledger, clock_wall_us(), 9, "A"); /* at once */
}

static void assert_wanted(struct ledger *ledger, int64_t now, int64_t retry_at_us)
{
    struct due_retry *list;
    size_t count;
    LEDGER_OK(ledger, journal_take_due(ledger->journal, ~0u, now, 9, &list, &count, &ledger->err));
    assert_int_equal(count, 1);
    assert_true(list[0].wanted);
    if (retry_at_us != 0)
        LEDGER_OK(ledger,
                  journal_give_back(ledger->journal, list, count, retry_at_us, &ledger->err));
    due_retry_free(list, count);
}

/* It decides whether a document that is gone is deleted; and what an undo can still take back. */
static void whose_word_it_was_stays(void **state)
{
    struct ledger *ledger = *state;
    uint64_t changed, refused;
    int64_t now = clock_wall_us();
    ledger_fail(ledger, "A", 1, true);
    command_on(ledger, "retry", "A", "");
    assert_wanted(ledger, now + 1000000, now + 5000000);
    assert_due(ledger, now + 2000000, 9, ""); /* its source is down: not again at once */
    assert_wanted(ledger, now + 5000000, 0);
    ledger_reopen(ledger);
    assert_wanted(ledger, clock_wall_us(), 0);
    ledger_land(ledger, "A", 1);
    LEDGER_OK(ledger, ledger_command(ledger, "undo", "{\"command\":1}", &changed, &refused));
    assert_int_equal(changed, 0);
    assert_int_equal(refused, 1); /* it has happened, and that is said */
}

static void many_interrupted(void **state)
{
    struct ledger *ledger = *state;
    int64_t now = clock_wall_us();
    struct due_retry *list;
    size_t count;
    char id[16];
    for (int i = 0; i < 600; i++) {
        snprintf(id, sizeof(id), "M%d", i);
        fail_at(ledger, id, now);
    }
    LEDGER_OK(ledger,
              journal_take_due(ledger->journal, ~0u, now, 5000, &list, &count, &ledger->err));
    assert_int_equal(count, 600);
    due_retry_free(list, count);
    ledger_reopen(ledger);
    struct failure_filter filter = ledger_filter();
    uint64_t retryable;
    filter.states = 1u << FAILURE_RETRYABLE;
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, &filter, &retryable, &ledger->err));
    assert_int_equal(retryable, 600);
}

static void a_retry_out_of_attempts_is_dead_again(void **state)
{
    struct ledger *ledger = *state;
    for (int i = 0; i < 3; i++)
        ledger_fail(ledger, "A", 1, false);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_DEAD);
    command_on(ledger, "retry", "A", "");
    assert_due(ledger, clock_wall_us(), 9, "A");
    ledger_fail(ledger, "A", 1, false);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_DEAD);
    assert_int_equal(ledger_row(ledger, "A").attempts, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ledger_setup, ledger_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(by_time_operators_first),
        TEST(snoozes_wake),
        TEST(whose_word_it_was_stays),
        TEST(given_back_uncharged),
        TEST(interrupted_by_a_restart),
        TEST(many_interrupted),
        TEST(a_retry_out_of_attempts_is_dead_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
