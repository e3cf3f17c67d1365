/* Commands: who sent them, in what order they come, what they select, undo, refusals, resuming. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/check.h"
#include "lib/ledger.h"

static uint64_t changed, refused;

static void apply(struct ledger *ledger, const char *kind, const char *arguments,
                  uint64_t expect_changed, uint64_t expect_refused)
{
    LEDGER_OK(ledger, ledger_command(ledger, kind, arguments, &changed, &refused));
    if (changed != expect_changed || refused != expect_refused)
        fail_msg("%s %s: %llu changed, %llu refused", kind, arguments, (unsigned long long)changed,
                 (unsigned long long)refused);
}

static void not_understood(struct ledger *ledger, const char *kind, const char *arguments)
{
    if (ledger_command(ledger, kind, arguments, &changed, &refused))
        fail_msg("%s %s was carried out", kind, arguments);
    assert_int_equal(ledger->err.id, ERROR_COMMAND_ARGUMENTS);
}

static void states_are(struct ledger *ledger, enum failure_state a, enum failure_state b,
                       enum failure_state c)
{
    assert_int_equal(ledger_state(ledger, "A"), a);
    assert_int_equal(ledger_state(ledger, "B"), b);
    assert_int_equal(ledger_state(ledger, "C"), c);
}

/* A dead, B dead with another message, C retryable like A. */
static void three_failures(struct ledger *ledger)
{
    struct error error;
    struct settled_change change = ledger_failed("B", 1, &error, "another kind of trouble");
    change.permanent = true;
    ledger_fail(ledger, "A", 1, true);
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
    ledger_fail(ledger, "C", 1, false);
}

static void selected_in_each_way(void **state)
{
    struct ledger *ledger = *state;
    char arguments[256];
    three_failures(ledger);
    apply(ledger, "skip", "{\"source\":\"firestore\",\"source_id\":\"A\"}", 1, 0);
    states_are(ledger, FAILURE_SKIPPED, FAILURE_DEAD, FAILURE_RETRYABLE);
    apply(ledger, "retry", "{\"state\":\"dead\"}", 1, 0);
    states_are(ledger, FAILURE_SKIPPED, FAILURE_RETRYABLE, FAILURE_RETRYABLE);
    snprintf(arguments, sizeof(arguments), "{\"fingerprint\":\"%s\"}",
             ledger_row(ledger, "C").fingerprint);
    apply(ledger, "retry", arguments, 2, 0);
    states_are(ledger, FAILURE_RETRYABLE, FAILURE_RETRYABLE, FAILURE_RETRYABLE);
    snprintf(arguments, sizeof(arguments), "{\"ids\":[%lld,%lld,999]}",
             (long long)ledger_id(ledger, "A"), (long long)ledger_id(ledger, "C"));
    apply(ledger, "skip", arguments, 2, 1); /* 999 is not there */
    states_are(ledger, FAILURE_SKIPPED, FAILURE_RETRYABLE, FAILURE_SKIPPED);
    apply(ledger, "skip", "{\"filter\":{\"states\":[\"retryable\"],\"text\":\"trouble\"}}", 1, 0);
    apply(ledger, "retry", "{\"filter\":{\"sources\":[\"stripe\"]}}", 0, 0);
    apply(ledger, "retry", "{\"filter\":{\"code\":\"OS-1010\",\"since\":1}}", 3, 0);
    apply(ledger, "skip", "{\"filter\":{\"until\":1}}", 0, 0);
    apply(ledger, "skip", "{\"filter\":{}}", 3, 0); /* everything unresolved, and said so */
}

static void arguments_that_are_refused(void **state)
{
    static const char *const bad[] = {
        "{}",
        "{\"fingerprnt\":\"a91fa91f\"}",
        "{\"ids\":\"all\"}",
        "{\"ids\":[\"1\"]}",
        "{\"ids\":[1.5]}",
        "{\"state\":\"gone\"}",
        "{\"state\":[\"dead\"]}",
        "{\"source\":\"etsy\"}",
        "{\"source_id\":\"A\"}",
        "{\"fingerprint\":\"longer than eight\"}",
        "{\"filter\":[]}",
        "{\"filter\":{\"ids\":[1]}}",
        "{\"filter\":{\"states\":\"dead\"}}",
        "{\"note\":\"alone\"}",
        "{\"command\":0}",
        "{\"ids\":[1],\"until\":\"tomorrow\"}",
    };
    struct ledger *ledger = *state;
    three_failures(ledger);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        not_understood(ledger, "skip", bad[i]);
    not_understood(ledger, "explode", "{\"ids\":[1]}");
    not_understood(ledger, "snooze", "{\"ids\":[1]}");
    not_understood(ledger, "snooze", "{\"ids\":[1],\"until\":1700000000}"); /* seconds */
    states_are(ledger, FAILURE_DEAD, FAILURE_DEAD, FAILURE_RETRYABLE);
}

static void hostile_text_is_text(void **state)
{
    struct ledger *ledger = *state;
    three_failures(ledger);
    apply(ledger, "skip", "{\"source\":\"firestore\",\"source_id\":\"A' OR 1=1 --\"}", 0, 1);
    apply(ledger, "skip", "{\"filter\":{\"text\":\"%\"}}", 0, 0); /* no wildcard */
    apply(ledger, "skip", "{\"filter\":{\"text\":\"'; DROP TABLE failures; --\"}}", 0, 0);
    states_are(ledger, FAILURE_DEAD, FAILURE_DEAD, FAILURE_RETRYABLE);
}

static void undo_restores(void **state)
{
    struct ledger *ledger = *state;
    struct failure_row before;
    three_failures(ledger);
    before = ledger_row(ledger, "C");
    apply(ledger, "skip", "{\"filter\":{}}", 3, 0);
    apply(ledger, "undo", "{\"state\":\"skipped\"}", 3, 0);
    states_are(ledger, FAILURE_DEAD, FAILURE_DEAD, FAILURE_RETRYABLE);
    assert_int_equal(ledger_row(ledger, "C").next_us, before.next_us);
    apply(ledger, "undo", "{\"filter\":{}}", 0, 3); /* once */

    apply(ledger, "snooze", "{\"state\":\"dead\",\"until\":9000000000000000}", 2, 0);
    apply(ledger, "retry", "{\"source\":\"firestore\",\"source_id\":\"C\"}", 1, 0);
    apply(ledger, "undo", "{\"filter\":{}}", 3, 0);
    states_are(ledger, FAILURE_DEAD, FAILURE_DEAD, FAILURE_RETRYABLE);
    assert_int_equal(ledger_row(ledger, "A").next_us, TIME_NONE);
}

static void undo_of_one_command(void **state)
{
    struct ledger *ledger = *state;
    struct command_row *rows;
    size_t count;
    char arguments[64];
    three_failures(ledger);
    apply(ledger, "skip", "{\"state\":\"dead\"}", 2, 0);
    LEDGER_OK(ledger, journal_list_commands(ledger->reader, 1, &ledger->arena, &rows, &count,
                                            &ledger->err));
    apply(ledger, "skip", "{\"state\":\"retryable\"}", 1, 0);
    snprintf(arguments, sizeof(arguments), "{\"command\":%lld}", (long long)rows[0].id);
    apply(ledger, "undo", arguments, 2, 0);
    states_are(ledger, FAILURE_DEAD, FAILURE_DEAD, FAILURE_SKIPPED);
}

static void no_undo_once_it_ran(void **state)
{
    struct ledger *ledger = *state;
    struct due_retry *due;
    size_t count;
    ledger_fail(ledger, "A", 1, true);
    apply(ledger, "retry", "{\"state\":\"dead\"}", 1, 0);
    LEDGER_OK(ledger, journal_take_due(ledger->journal, ~0u, clock_wall_us(), 9, &due, &count,
                                       &ledger->err));
    assert_int_equal(count, 1);
    apply(ledger, "undo", "{\"filter\":{}}", 0, 1);
    apply(ledger, "skip", "{\"filter\":{}}", 0, 0); /* nor anything else while it runs: */
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_IN_PROGRESS); /* it is passed over */
    ledger_fail(ledger, "A", 1, true);
    apply(ledger, "undo", "{\"filter\":{}}", 0, 1);
    due_retry_free(due, count);
}

static void resolved_ones_are_refused_by_name_and_passed_by_filter(void **state)
{
    struct ledger *ledger = *state;
    ledger_fail(ledger, "A", 1, true);
    ledger_land(ledger, "A", 1);
    apply(ledger, "retry", "{\"ids\":[1]}", 0, 1);
    apply(ledger, "retry", "{\"filter\":{}}", 0, 0);
}

static void notes_are_kept(void **state)
{
    struct ledger *ledger = *state;
    struct failure_detail detail;
    three_failures(ledger);
    apply(ledger, "note", "{\"ids\":[1],\"note\":\"asked the shop\"}", 1, 0);
    apply(ledger, "note", "{\"ids\":[1]}", 1, 0); /* its reason is the note */
    apply(ledger, "skip", "{\"ids\":[1],\"note\":\"test order\"}", 1, 0);
    LEDGER_OK(ledger,
              journal_read_failure(ledger->reader, 1, &ledger->arena, &detail, &ledger->err));
    assert_true(detail.row.has_note);
    assert_int_equal(detail.note_count, 3);
    assert_string_equal(detail.notes[0].text, "test order");
    assert_string_equal(detail.notes[1].text, "because");
    assert_string_equal(detail.notes[2].text, "asked the shop");
    assert_true(strlen(detail.notes[0].operator_name) > 0);
    assert_false(ledger_row(ledger, "B").has_note);
}

/* A retry deletes what is gone: what is held takes a word of its own, and may be taken back. */
static void held_ones_are_released_not_retried(void **state)
{
    struct ledger *ledger = *state;
    struct error error;
    struct settled_change change = ledger_failed("H", 1, &error, "absent");
    change.outcome = OUTCOME_HELD;
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
    ledger_fail(ledger, "D", 1, true);
    assert_int_equal(ledger_state(ledger, "H"), FAILURE_HELD);
    apply(ledger, "retry", "{\"filter\":\"\"}", 1, 1);
    assert_int_equal(ledger_state(ledger, "H"), FAILURE_HELD);
    apply(ledger, "skip", "{\"filter\":\"state:held\"}", 1, 0);
    apply(ledger, "undo", "{\"filter\":\"state:skipped\"}", 1, 0);
    assert_int_equal(ledger_state(ledger, "H"), FAILURE_HELD);
    apply(ledger, "refuse", "{\"filter\":\"state:held\",\"count\":1}", 1, 0);
    apply(ledger, "undo", "{\"filter\":\"state:skipped\"}", 1, 0);
    apply(ledger, "release", "{\"filter\":\"state:held\",\"count\":1}", 1, 0);
    assert_int_equal(ledger_state(ledger, "H"), FAILURE_RETRYABLE);
    apply(ledger, "undo", "{\"source\":\"firestore\",\"source_id\":\"H\"}", 1, 0);
    assert_int_equal(ledger_state(ledger, "H"), FAILURE_HELD);
}

static void hold(struct ledger *ledger, const char *id)
{
    struct error error;
    struct settled_change change = ledger_failed(id, 1, &error, "");
    error_set(&error, ERROR_ABSENCE_HELD, "5000 absences within an hour");
    change.outcome = OUTCOME_HELD;
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
}

/* Waking is a retry that nobody asked for, and a retry of what was refused deletes as well. */
static void held_deletes_take_the_word_release(void **state)
{
    struct ledger *ledger = *state;
    hold(ledger, "H");
    apply(ledger, "snooze", "{\"filter\":\"state:held\",\"until\":9000000000000000}", 0, 1);
    assert_int_equal(ledger_state(ledger, "H"), FAILURE_HELD);
    apply(ledger, "refuse", "{\"filter\":\"state:held\",\"count\":1}", 1, 0);
    apply(ledger, "retry", "{\"filter\":\"state:skipped\"}", 1, 0);
    assert_int_equal(ledger_state(ledger, "H"), FAILURE_HELD);
    apply(ledger, "retry", "{\"filter\":\"state:held\"}", 0, 1);
    apply(ledger, "release", "{\"filter\":\"state:held\",\"count\":1}", 1, 0);
    assert_int_equal(ledger_state(ledger, "H"), FAILURE_RETRYABLE);
    apply(ledger, "retry", "{\"source\":\"firestore\",\"source_id\":\"H\"}", 1, 0);
    assert_int_equal(ledger_state(ledger, "H"), FAILURE_RETRYABLE);
}

/* Held while the question stood, or after the command was sent: nobody was asked about these. */
static void a_release_is_of_what_was_asked_about(void **state)
{
    struct ledger *ledger = *state;
    struct command command;
    struct bulk_counts counts;
    bool found;
    int64_t id;
    hold(ledger, "A");
    hold(ledger, "B");
    hold(ledger, "C");
    apply(ledger, "release", "{\"filter\":\"state:held\",\"count\":2}", 2, 0);
    states_are(ledger, FAILURE_RETRYABLE, FAILURE_RETRYABLE, FAILURE_HELD);
    LEDGER_OK(ledger, journal_send_command(ledger->reader, "release", "{\"state\":\"held\"}", "",
                                           &id, &ledger->err));
    clock_sleep_us(1000);
    hold(ledger, "D");
    LEDGER_OK(ledger, journal_next_command(ledger->journal, &found, &command, &ledger->err));
    LEDGER_OK(ledger, journal_apply_command(ledger->journal, &command, &counts, &ledger->err));
    command_free(&command);
    assert_int_equal(counts.changed, 1);
    assert_int_equal(ledger_state(ledger, "C"), FAILURE_RETRYABLE);
    assert_int_equal(ledger_state(ledger, "D"), FAILURE_HELD);
}

/* A console shows twenty: what is under way must be among them. */
static void unfinished_commands_are_listed_first(void **state)
{
    struct ledger *ledger = *state;
    struct command_row *rows;
    size_t count;
    int64_t ids[6];
    for (int i = 0; i < 6; i++) {
        LEDGER_OK(ledger,
                  journal_send_command(ledger->reader, "note", "{}", NULL, &ids[i], &ledger->err));
        if (i != 0 && i != 2)
            LEDGER_OK(ledger,
                      journal_finish_command(ledger->journal, ids[i], "done", "", &ledger->err));
    }
    LEDGER_OK(ledger, journal_list_commands(ledger->reader, 4, &ledger->arena, &rows, &count,
                                            &ledger->err));
    assert_int_equal(count, 4);
    const int wanted[] = {0, 2, 5, 4};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rows[i].id, ids[wanted[i]]);
    LEDGER_OK(ledger, journal_list_commands(ledger->reader, 1, &ledger->arena, &rows, &count,
                                            &ledger->err));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].id, ids[0]);
}

static void the_queue_keeps_order_and_survives_a_restart(void **state)
{
    struct ledger *ledger = *state;
    struct command command;
    struct command_row row;
    int64_t first, second;
    bool found;
    LEDGER_OK(ledger,
              journal_send_command(ledger->reader, "pause", NULL, "night", &first, &ledger->err));
    LEDGER_OK(ledger,
              journal_send_command(ledger->reader, "resume", "{}", NULL, &second, &ledger->err));
    LEDGER_OK(ledger, journal_next_command(ledger->journal, &found, &command, &ledger->err));
    assert_true(found);
    assert_int_equal(command.id, first);
    assert_string_equal(command.kind, "pause");
    assert_string_equal(command.arguments, "{}");
    assert_string_equal(command.reason, "night");
    command_free(&command);
    ledger_reopen(ledger); /* it was not finished */
    for (int i = 0; i < 2; i++) {
        LEDGER_OK(ledger, journal_next_command(ledger->journal, &found, &command, &ledger->err));
        assert_int_equal(command.id, i == 0 ? first : second);
        LEDGER_OK(ledger, journal_finish_command(ledger->journal, command.id, "done", "paused",
                                                 &ledger->err));
        command_free(&command);
    }
    LEDGER_OK(ledger, journal_next_command(ledger->journal, &found, &command, &ledger->err));
    assert_false(found);
    LEDGER_OK(ledger, journal_read_command(ledger->reader, first, &row, &ledger->err));
    assert_string_equal(row.result, "done");
    assert_string_equal(row.message, "paused");
    assert_true(row.finished_us >= row.created_us);
    assert_false(journal_read_command(ledger->reader, 99, &row, &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_JOURNAL_NO_SUCH);
}

static void a_bulk_command_goes_on_where_it_was(void **state)
{
    struct ledger *ledger = *state;
    struct command command;
    int64_t id;
    bool found, more = true;
    char name[16];
    for (int i = 0; i < 25; i++) {
        snprintf(name, sizeof(name), "F%d", i);
        ledger_fail(ledger, name, 1, true);
    }
    LEDGER_OK(ledger, journal_send_command(ledger->reader, "skip", "{\"filter\":{}}", "", &id,
                                           &ledger->err));
    LEDGER_OK(ledger, journal_next_command(ledger->journal, &found, &command, &ledger->err));
    struct bulk_counts counts;
    LEDGER_OK(ledger,
              journal_apply_some(ledger->journal, &command, 10, &more, &counts, &ledger->err));
    assert_true(more);
    assert_int_equal(counts.changed, 10);
    assert_int_equal(counts.total, 25);
    command_free(&command);
    ledger_reopen(ledger);
    LEDGER_OK(ledger, journal_next_command(ledger->journal, &found, &command, &ledger->err));
    assert_int_equal(command.id, id);
    ledger_fail(ledger, "later", 1, true); /* made after it began: not its business */
    LEDGER_OK(ledger, journal_apply_command(ledger->journal, &command, &counts, &ledger->err));
    assert_int_equal(counts.changed, 25); /* each once */
    assert_int_equal(counts.refused, 0);
    assert_int_equal(ledger_state(ledger, "later"), FAILURE_DEAD);
    command_free(&command);
}

static void senders_are_checked_and_named(void **state)
{
    struct ledger *ledger = *state;
    struct command_row row;
    int64_t id = 0;
    setenv("SSH_CONNECTION", "203.0.113.9 50000 192.0.2.1 22", 1);
    LEDGER_OK(ledger, journal_send_command(ledger->reader, "stop", "{}", "", &id, &ledger->err));
    unsetenv("SSH_CONNECTION");
    LEDGER_OK(ledger, journal_read_command(ledger->reader, id, &row, &ledger->err));
    assert_int_equal(strncmp(row.origin, "203.0.113.9", 11), 0);
    assert_null(strstr(row.origin, "50000"));
    static const char *const bad[] = {"[1]", "{\"ids\":[1}", "", "7"};
    for (size_t i = 0; i < 4; i++)
        assert_false(journal_send_command(ledger->reader, "skip", bad[i], "", &id, &ledger->err));
    assert_false(journal_send_command(ledger->reader, "", "{}", "", &id, &ledger->err));
    assert_false(journal_send_command(ledger->reader, "a kind that is far too long", "{}", "", &id,
                                      &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_COMMAND_ARGUMENTS);
}

static void sudo_names_the_person(void **state)
{
    struct ledger *ledger = *state;
    struct command_row row;
    int64_t id;
    if (getuid() != 0)
        skip();
    setenv("SUDO_USER", "ali\033ce", 1);
    LEDGER_OK(ledger, journal_send_command(ledger->reader, "stop", "{}", "", &id, &ledger->err));
    unsetenv("SUDO_USER");
    LEDGER_OK(ledger, journal_read_command(ledger->reader, id, &row, &ledger->err));
    assert_string_equal(row.operator_name, "ali?ce (root)");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ledger_setup, ledger_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(selected_in_each_way),
        TEST(arguments_that_are_refused),
        TEST(hostile_text_is_text),
        TEST(undo_restores),
        TEST(held_ones_are_released_not_retried),
        TEST(held_deletes_take_the_word_release),
        TEST(a_release_is_of_what_was_asked_about),
        TEST(unfinished_commands_are_listed_first),
        TEST(undo_of_one_command),
        TEST(no_undo_once_it_ran),
        TEST(resolved_ones_are_refused_by_name_and_passed_by_filter),
        TEST(notes_are_kept),
        TEST(the_queue_keeps_order_and_survives_a_restart),
        TEST(a_bulk_command_goes_on_where_it_was),
        TEST(senders_are_checked_and_named),
        TEST(sudo_names_the_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
