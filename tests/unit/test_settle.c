/* Settling: what becomes of a failure by version, class and attempts; counts, cursors, fences; all
 * or nothing. */
#include <stdio.h>

#include "base/clock.h"
#include "lib/check.h"
#include "lib/ledger.h"

static void first_failure_is_retryable(void **state)
{
    struct ledger *ledger = *state;
    struct error error;
    struct settled_change change = ledger_failed("A", 5, &error, "money \"x\" is bad");
    error_field(&error, "total_price");
    memcpy(error.sqlstate, "22P02", 6);
    error.http_status = 503;
    snprintf(error.request_id, sizeof(error.request_id), "req_1");
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));

    struct failure_row row = ledger_row(ledger, "A");
    assert_int_equal(row.state, FAILURE_RETRYABLE);
    assert_int_equal(row.attempts, 1);
    assert_int_equal(row.max_attempts, 3);
    assert_int_equal(row.version, 5);
    assert_int_equal(row.class, CLASS_CONFIG);
    assert_string_equal(row.code, "OS-1010");
    assert_string_equal(row.label, "#1042");
    assert_string_equal(row.stage, "transform");
    assert_string_equal(row.field, "total_price");
    assert_string_equal(row.sqlstate, "22P02");
    assert_int_equal(row.http_status, 503);
    assert_string_equal(row.request_id, "req_1");
    assert_int_equal(row.next_us, change.retry_at_us);
    assert_int_equal(row.first_us, row.last_us);
    assert_true(journal_has_failures(ledger->journal, SOURCE_FIRESTORE));
    assert_false(journal_has_failures(ledger->journal, SOURCE_STRIPE));
    assert_int_equal(journal_count_unresolved(ledger->journal, SOURCE_FIRESTORE), 1);
}

static void attempts_run_out(void **state)
{
    struct ledger *ledger = *state;
    for (unsigned i = 1; i <= 3; i++) {
        ledger_fail(ledger, "A", 5, false);
        struct failure_row row = ledger_row(ledger, "A");
        assert_int_equal(row.attempts, i);
        assert_int_equal(row.state, i < 3 ? FAILURE_RETRYABLE : FAILURE_DEAD);
    }
    assert_int_equal(ledger_row(ledger, "A").next_us, TIME_NONE);
}

static void uncharged_attempts_never_run_out(void **state)
{
    struct ledger *ledger = *state;
    struct error error;
    struct settled_change change = ledger_failed("A", 5, &error, "down");
    change.attempted = false;
    for (int i = 0; i < 10; i++)
        LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
    assert_int_equal(ledger_row(ledger, "A").attempts, 0);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_RETRYABLE);
}

static void permanent_and_held(void **state)
{
    struct ledger *ledger = *state;
    struct error error;
    ledger_fail(ledger, "A", 5, true);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_DEAD);
    struct settled_change change = ledger_failed("B", 5, &error, "a stub over a full order");
    change.outcome = OUTCOME_HELD;
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
    assert_int_equal(ledger_state(ledger, "B"), FAILURE_HELD);
    assert_int_equal(ledger_row(ledger, "B").next_us, TIME_NONE);
}

static void success_at_or_above_resolves(void **state)
{
    struct ledger *ledger = *state;
    ledger_fail(ledger, "A", 5, true);
    ledger_land(ledger, "A", 4);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_DEAD);
    ledger_land(ledger, "A", 5);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_RESOLVED);
    assert_false(journal_has_failures(ledger->journal, SOURCE_FIRESTORE));

    ledger_fail(ledger, "B", 5, false);
    ledger_land(ledger, "B", 9);
    assert_int_equal(ledger_row(ledger, "B").version, 9);
    /* What version 9 settled, an older page that fails late does not unsettle. */
    ledger_fail(ledger, "B", 7, false);
    assert_int_equal(ledger_state(ledger, "B"), FAILURE_RESOLVED);
    ledger_land(ledger, "C", 1); /* no failure, no row */
    assert_int_equal(ledger_id(ledger, "C"), 0);
}

static void retried_success_counts_whatever_its_version(void **state)
{
    struct ledger *ledger = *state;
    ledger_fail(ledger, "A", 5, false);
    struct settled_change change = ledger_landed("A", 3);
    change.retried = true;
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_RESOLVED);
    assert_int_equal(ledger_row(ledger, "A").version, 5);
}

static void newer_version_reopens(void **state)
{
    struct ledger *ledger = *state;
    static const char *const verbs[] = {"skip", "snooze", "retry"};
    for (size_t i = 0; i < 3; i++) {
        char id[8], arguments[96];
        uint64_t changed = 0, refused = 0;
        snprintf(id, sizeof(id), "D%zu", i);
        ledger_fail(ledger, id, 5, true);
        snprintf(arguments, sizeof(arguments), "{\"ids\":[%lld]%s}",
                 (long long)ledger_id(ledger, id), i == 1 ? ",\"until\":9000000000000000" : "");
        LEDGER_OK(ledger, ledger_command(ledger, verbs[i], arguments, &changed, &refused));
        assert_int_equal(changed, 1);
        ledger_fail(ledger, id, 6, false);
        assert_int_equal(ledger_state(ledger, id), FAILURE_RETRYABLE);
        assert_int_equal(ledger_row(ledger, id).attempts, 1); /* of this version */
    }
}

static void same_version_leaves_decisions_alone(void **state)
{
    struct ledger *ledger = *state;
    uint64_t changed = 0, refused = 0;
    ledger_fail(ledger, "A", 5, true);
    LEDGER_OK(ledger,
              ledger_command(ledger, "skip", "{\"source\":\"firestore\",\"source_id\":\"A\"}",
                             &changed, &refused));
    ledger_fail(ledger, "A", 5, false);
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_SKIPPED);
    LEDGER_OK(ledger,
              ledger_command(ledger, "undo", "{\"source\":\"firestore\",\"source_id\":\"A\"}",
                             &changed, &refused));
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_DEAD);
}

static void decide(struct ledger *ledger, const char *kind, const char *arguments)
{
    uint64_t changed = 0, refused = 0;
    LEDGER_OK(ledger, ledger_command(ledger, kind, arguments, &changed, &refused));
    assert_int_equal(changed, 1);
}

/* What a person skipped or snoozed fails again in the same version: no failure of this run. A newer
 * version is a new story. */
static void decided_ones_are_counted_apart(void **state)
{
    struct ledger *ledger = *state;
    struct error errors[4];
    bool decided[4];
    ledger_fail(ledger, "S", 5, true);
    ledger_fail(ledger, "Z", 5, true);
    ledger_fail(ledger, "D", 5, true);
    decide(ledger, "skip", "{\"source\":\"firestore\",\"source_id\":\"S\"}");
    decide(ledger, "snooze",
           "{\"source\":\"firestore\",\"source_id\":\"Z\",\"until\":9000000000000000}");
    struct settled_change changes[] = {
        ledger_failed("S", 5, &errors[0], "again"), ledger_failed("Z", 5, &errors[1], "again"),
        ledger_failed("D", 5, &errors[2], "again"), ledger_failed("S", 6, &errors[3], "again")};
    changes[1].outcome = OUTCOME_HELD;
    struct settlement settlement = {.changes = changes,
                                    .count = 4,
                                    .run_id = ledger->run_id,
                                    .add = {.seen = 4, .failed = 3, .held = 1},
                                    .decided = decided,
                                    .writer = -1};
    LEDGER_OK(ledger, journal_settle(ledger->journal, &settlement, 1, 3, &ledger->err));
    assert_true(decided[0] && decided[1] && !decided[2] && !decided[3]);
    assert_int_equal(settlement.add.failed, 2);
    assert_int_equal(settlement.add.held, 0);
    assert_int_equal(settlement.add.skipped, 2);
}

static void every_attempt_stays(void **state)
{
    struct ledger *ledger = *state;
    struct error error;
    struct failure_detail detail;
    struct settled_change change = ledger_failed("A", 5, &error, "first");
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
    change = ledger_failed("A", 6, &error, "second");
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
    ledger_land(ledger, "A", 6);
    change = ledger_failed("A", 7, &error, "third");
    change.attempted = false;
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));

    LEDGER_OK(ledger, journal_read_failure(ledger->reader, ledger_id(ledger, "A"), &ledger->arena,
                                           &detail, &ledger->err));
    assert_int_equal(detail.attempt_count, 4);
    static const char *const texts[] = {"third", "resolved: updated", "second", "first"};
    static const char *const codes[] = {"OS-1010", "", "OS-1010", "OS-1010"};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(detail.attempts[i].message, texts[i]);
        assert_string_equal(detail.attempts[i].code, codes[i]);
        assert_int_equal(detail.attempts[i].number, 4 - i);
        assert_string_equal(detail.attempts[i].run_id, ledger->run_id);
    }
    assert_false(detail.attempts[0].charged);
    assert_true(detail.attempts[3].charged);
}

static void unsound_changes_are_bugs_and_leave_nothing(void **state)
{
    struct ledger *ledger = *state;
    struct error error;
    struct settled_change changes[2] = {ledger_failed("A", 1, &error, "fails"),
                                        ledger_landed("B", 1)};
    changes[1].outcome = OUTCOME_NONE;
    assert_false(ledger_settle(ledger, changes, 2));
    assert_int_equal(error_class(&ledger->err), CLASS_BUG);
    assert_int_equal(ledger_id(ledger, "A"), 0);
    changes[1].outcome = OUTCOME_FAILED; /* but why is not said */
    assert_false(ledger_settle(ledger, changes, 2));
    assert_int_equal(ledger_id(ledger, "A"), 0);
    struct run_row *runs;
    size_t count;
    LEDGER_OK(ledger,
              journal_list_runs(ledger->reader, 1, &ledger->arena, &runs, &count, &ledger->err));
    assert_int_equal(runs[0].counts.seen, 0);
}

static void several_settlements_at_once(void **state)
{
    struct ledger *ledger = *state;
    char cursor[] = "M";
    struct range_checkpoint ranges[2] = {{.range = 0}, {.range = 1}};
    LEDGER_OK(ledger,
              journal_ranges_save(ledger->journal, ledger->run_id, ranges, 2, &ledger->err));
    ranges[1].cursor = cursor;
    ranges[1].settled = 250;
    struct settlement settlements[2] = {
        {.run_id = ledger->run_id, .add = {.seen = 2, .created = 2}, .writer = 0, .fence_seq = 7},
        {.run_id = ledger->run_id,
         .add = {.seen = 3, .failed = 1, .held = 1, .overlap = 1},
         .ranges = &ranges[1],
         .range_count = 1,
         .writer = 1,
         .fence_seq = 3},
    };
    LEDGER_OK(ledger, journal_settle(ledger->journal, settlements, 2, 8, &ledger->err));
    settlements[0].fence_seq = 5; /* a fence only rises */
    LEDGER_OK(ledger, journal_settle(ledger->journal, settlements, 1, 8, &ledger->err));
    ledger_reopen(ledger);

    int64_t seq;
    LEDGER_OK(ledger, journal_fence(ledger->journal, 0, &seq, &ledger->err));
    assert_int_equal(seq, 7);
    LEDGER_OK(ledger, journal_fence(ledger->journal, 1, &seq, &ledger->err));
    assert_int_equal(seq, 3);
    LEDGER_OK(ledger, journal_fence(ledger->journal, 2, &seq, &ledger->err));
    assert_int_equal(seq, 0);
    struct run_row *runs;
    struct range_checkpoint *loaded;
    size_t count;
    LEDGER_OK(ledger,
              journal_list_runs(ledger->reader, 9, &ledger->arena, &runs, &count, &ledger->err));
    assert_int_equal(runs[0].counts.seen, 7);
    assert_int_equal(runs[0].counts.created, 4);
    assert_int_equal(runs[0].counts.overlap, 1);
    LEDGER_OK(ledger,
              journal_ranges_load(ledger->journal, ledger->run_id, &loaded, &count, &ledger->err));
    assert_int_equal(count, 2);
    assert_null(loaded[0].cursor);
    assert_string_equal(loaded[1].cursor, "M");
    assert_int_equal(loaded[1].settled, 250);
    range_checkpoint_free(loaded, count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ledger_setup, ledger_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(first_failure_is_retryable),
        TEST(attempts_run_out),
        TEST(uncharged_attempts_never_run_out),
        TEST(permanent_and_held),
        TEST(success_at_or_above_resolves),
        TEST(retried_success_counts_whatever_its_version),
        TEST(newer_version_reopens),
        TEST(same_version_leaves_decisions_alone),
        TEST(decided_ones_are_counted_apart),
        TEST(every_attempt_stays),
        TEST(unsound_changes_are_bugs_and_leave_nothing),
        TEST(several_settlements_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
