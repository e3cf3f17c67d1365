/* Commands as an audit, and what a shift hands over. */
#include <stdio.h>

#include "base/clock.h"
#include "journal/audit.h"
#include "lib/check.h"
#include "lib/ledger.h"

static int64_t send(struct ledger *ledger, const char *kind, const char *arguments,
                    const char *reason)
{
    int64_t id;
    LEDGER_OK(ledger,
              journal_send_command(ledger->reader, kind, arguments, reason, &id, &ledger->err));
    return id;
}

static uint64_t matches(struct ledger *ledger, const char *text, struct command_row **ret_rows)
{
    struct audit_filter filter;
    size_t count;
    uint64_t total;
    LEDGER_OK(ledger, audit_filter_parse(text, clock_wall_us(), &filter, &ledger->err));
    LEDGER_OK(ledger, journal_list_audit(ledger->reader, &filter, 0, 10, &ledger->arena, ret_rows,
                                         &count, &total, &ledger->err));
    assert_int_equal(count, total);
    return total;
}

static void filters(void **state)
{
    struct ledger *ledger = *state;
    struct command_row *rows;
    int64_t pause = send(ledger, "pause", "{}", "the shop is down");
    int64_t skip = send(ledger, "skip", "{\"ids\":[7]}", "a test order");
    LEDGER_OK(ledger,
              journal_finish_command(ledger->journal, pause, "done", "paused", &ledger->err));
    assert_int_equal(matches(ledger, "", &rows), 2);
    assert_int_equal(rows[0].id, skip); /* the newest first */
    assert_int_equal(matches(ledger, "what:pause", &rows), 1);
    assert_int_equal(rows[0].id, pause);
    assert_int_equal(matches(ledger, "result:queued", &rows), 1);
    assert_int_equal(matches(ledger, "result:done SHOP", &rows), 1);
    assert_int_equal(matches(ledger, "test order since:1h", &rows), 1);
    assert_int_equal(matches(ledger, "who:nobody-of-that-name", &rows), 0);
    assert_int_equal(matches(ledger, "what:pause test", &rows), 0);
}

/* By id, by document, and the undoing of those; not what is about another, nor rows of a plan. */
static void actions_on_one(void **state)
{
    struct ledger *ledger = *state;
    struct command_row *rows;
    size_t count;
    struct failure_detail detail = {.row = {.id = 7, .source = SOURCE_STRIPE},
                                    .source_id = STR("cs_7")};
    char undo[32];
    int64_t skip = send(ledger, "skip", "{\"ids\":[6,7]}", "a test order");
    (void)send(ledger, "skip", "{\"ids\":[77]}", "another");
    (void)send(ledger, "apply", "{\"plan\":\"x\",\"ids\":[7]}", "rows of a plan");
    (void)send(ledger, "pull", "{\"source\":\"firestore\",\"source_id\":\"cs_7\"}", "");
    int64_t pull = send(ledger, "pull", "{\"source\":\"stripe\",\"source_id\":\"cs_7\"}", "");
    (void)send(ledger, "retry", "{\"filter\":{\"states\":[\"dead\"]}}", "");
    snprintf(undo, sizeof(undo), "{\"command\":%lld}", (long long)skip);
    int64_t undone = send(ledger, "undo", undo, "");
    LEDGER_OK(ledger, journal_list_actions(ledger->reader, &detail, &ledger->arena, &rows, &count,
                                           &ledger->err));
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].id, undone);
    assert_int_equal(rows[1].id, pull);
    assert_int_equal(rows[2].id, skip);
    assert_string_equal(rows[2].reason, "a test order");
}

static void wrong_filters(void **state)
{
    struct ledger *ledger = *state;
    struct audit_filter filter;
    static const char *const wrong[] = {"since:soon", "state:dead", "who:", "kim whom:lee",
                                        "result:much-too-long-for-a-result"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        if (audit_filter_parse(wrong[i], 0, &filter, &ledger->err))
            fail_msg("%s was taken", wrong[i]);
        assert_int_equal(ledger->err.id, ERROR_CONSOLE_FILTER);
    }
    assert_non_null(strstr(ledger->err.message, "result:"));
    /* Text with a colon: quoted, or nothing that could be a key. */
    LEDGER_OK(ledger,
              audit_filter_parse("\"fp:a91f\" firestore/5123 OS-21:", 0, &filter, &ledger->err));
    assert_string_equal(filter.text, "fp:a91f firestore/5123 OS-21:");
}

static void what_can_be_undone(void **state)
{
    (void)state;
    assert_true(audit_can_undo(&(struct command_row){.kind = "skip", .result = "done"}));
    assert_true(audit_can_undo(&(struct command_row){.kind = "silence", .result = "done"}));
    assert_false(audit_can_undo(&(struct command_row){.kind = "skip", .result = "refused"}));
    assert_true(audit_can_undo(&(struct command_row){.kind = "release", .result = "done"}));
    assert_true(audit_can_undo(
        &(struct command_row){.kind = "skip", .result = "cancelled", .counts.changed = 3}));
    assert_true(audit_can_undo(
        &(struct command_row){.kind = "retry", .result = "stopped", .counts.changed = 3}));
    assert_false(audit_can_undo(&(struct command_row){.kind = "skip", .result = "cancelled"}));
    assert_false(audit_can_undo(&(struct command_row){.kind = "pause", .result = "done"}));
}

/* One that failed and stays, one that an operator's retry mended, one that mended itself. */
static void handover_tells_all(void **state)
{
    struct ledger *ledger = *state;
    struct handover handover;
    struct buffer text = {.max = 1 << 20};
    uint64_t changed, refused;
    int64_t since = clock_wall_us() - 1000000;
    ledger_fail(ledger, "1", 1, true);
    ledger_fail(ledger, "2", 1, false);
    ledger_fail(ledger, "3", 1, false);
    LEDGER_OK(ledger,
              ledger_command(ledger, "retry", "{\"source\":\"firestore\",\"source_id\":\"2\"}",
                             &changed, &refused));
    ledger_land(ledger, "2", 2);
    ledger_land(ledger, "3", 2);
    LEDGER_OK(ledger, journal_read_handover(ledger->reader, since, clock_wall_us(), &ledger->arena,
                                            &handover, &ledger->err));
    assert_int_equal(handover.group_count, 1);
    assert_int_equal(handover.groups[0].count, 1);
    assert_int_equal(handover.groups[0].dead, 1);
    assert_int_equal(handover.resolved_count, 2);
    assert_int_equal(handover.resolved[0].count + handover.resolved[1].count, 2);
    assert_int_equal(handover.action_total, 1);
    assert_int_equal(handover.run_count, 1);
    assert_int_equal(handover.states[FAILURE_DEAD], 1);
    handover_write(&handover, &text);
    assert_non_null(strstr(text.data, "Failed since then and not resolved"));
    assert_non_null(strstr(text.data, "1 by the engine itself"));
    assert_non_null(strstr(text.data, "retry: "));
    buffer_free(&text);
    LEDGER_OK(ledger,
              journal_read_handover(ledger->reader, clock_wall_us() + 60000000, clock_wall_us(),
                                    &ledger->arena, &handover, &ledger->err));
    assert_int_equal(handover.group_count + handover.resolved_count, 0);
    assert_int_equal(handover.action_total, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(filters, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(actions_on_one, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(wrong_filters, ledger_setup, ledger_teardown),
        cmocka_unit_test(what_can_be_undone),
        cmocka_unit_test_setup_teardown(handover_tells_all, ledger_setup, ledger_teardown),
    };
    return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
