/* One document looked at anew: its command and its plan's row are found again, and no list of plans
 * shows them. */
#include <stdio.h>

#include "base/clock.h"
#include "journal/inspection.h"
#include "journal/planning.h"
#include "lib/check.h"
#include "lib/ledger.h"

static struct inspection look(struct ledger *ledger, const char *id)
{
    struct inspection inspection;
    LEDGER_OK(ledger, journal_read_inspection(ledger->reader, SOURCE_FIRESTORE, id, &inspection,
                                              &ledger->err));
    return inspection;
}

static int64_t send(struct ledger *ledger, const char *id)
{
    struct buffer text = {.max = 4096};
    int64_t command = 0;
    buffer_append_char(&text, '{');
    inspection_members(&text, SOURCE_FIRESTORE, id);
    buffer_append_char(&text, '}');
    assert_true(buffer_ok(&text));
    LEDGER_OK(ledger, journal_send_command(ledger->reader, INSPECT_KIND, text.data, NULL, &command,
                                           &ledger->err));
    buffer_free(&text);
    return command;
}

static void plan(struct ledger *ledger, const char *kind, const char *id, enum plan_action action,
                 char ret_plan_id[40])
{
    struct plan_entry entry = {.source = SOURCE_FIRESTORE,
                               .source_id = id,
                               .label = "#1",
                               .action = action,
                               .fields = "",
                               .money = "EUR +1.00"};
    LEDGER_OK(ledger, journal_plan_start(ledger->journal, kind, 1u << SOURCE_FIRESTORE, "ann",
                                         "tty1", ret_plan_id, &ledger->err));
    LEDGER_OK(ledger, journal_plan_add(ledger->journal, ret_plan_id, &entry, 1, 0, &ledger->err));
    LEDGER_OK(ledger,
              journal_plan_set(ledger->journal, ret_plan_id, PLAN_READY, NULL, &ledger->err));
}

static void nothing_is_known_at_first(void **state)
{
    struct inspection inspection = look(*state, "a");
    assert_int_equal(inspection.command.id, 0);
    assert_false(inspection.planned);
}

static void a_command_is_found_by_its_document(void **state)
{
    struct ledger *ledger = *state;
    char hostile[] = "a\"}',/\\ b";
    (void)send(ledger, "a");
    int64_t command = send(ledger, "a");
    int64_t other = send(ledger, hostile);
    assert_int_equal(look(ledger, "a").command.id, command);
    assert_int_equal(look(ledger, hostile).command.id, other);
    assert_int_equal(look(ledger, "b").command.id, 0);
    LEDGER_OK(ledger, journal_finish_command(ledger->journal, command, "done",
                                             "would change nothing", &ledger->err));
    assert_string_equal(look(ledger, "a").command.message, "would change nothing");
}

static void the_newest_row_counts(void **state)
{
    struct ledger *ledger = *state;
    char id[40];
    plan(ledger, "backfill", "a", PLAN_CREATE, id);
    assert_string_equal(look(ledger, "a").plan_kind, "backfill");
    plan(ledger, INSPECT_KIND, "a", PLAN_UPDATE, id);
    struct inspection inspection = look(ledger, "a");
    assert_string_equal(inspection.plan_id, id);
    assert_int_equal(inspection.row.action, PLAN_UPDATE);
    assert_string_equal(inspection.row.money, "EUR +1.00");
    LEDGER_OK(ledger, journal_plan_set(ledger->journal, id, PLAN_ABANDONED, "", &ledger->err));
    assert_string_equal(look(ledger, "a").plan_kind, "backfill");
    assert_false(look(ledger, "b").planned);
}

static void plans_of_one_document_are_in_no_list(void **state)
{
    struct ledger *ledger = *state;
    char backfill[40];
    char inspect[40];
    struct plan_summary *rows;
    struct plan_summary one;
    size_t count;
    plan(ledger, "backfill", "a", PLAN_CREATE, backfill);
    plan(ledger, INSPECT_KIND, "a", PLAN_CREATE, inspect);
    LEDGER_OK(ledger,
              journal_list_plans(ledger->reader, 10, &ledger->arena, &rows, &count, &ledger->err));
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].id, backfill);
    LEDGER_OK(ledger, journal_read_plan(ledger->reader, "last", &one, &ledger->err));
    assert_string_equal(one.id, backfill);
    LEDGER_OK(ledger, journal_read_plan(ledger->reader, inspect, &one, &ledger->err));
    assert_string_equal(one.kind, INSPECT_KIND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_known_at_first, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(a_command_is_found_by_its_document, ledger_setup,
                                        ledger_teardown),
        cmocka_unit_test_setup_teardown(the_newest_row_counts, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(plans_of_one_document_are_in_no_list, ledger_setup,
                                        ledger_teardown),
    };
    return cmocka_run_group_tests_name("inspection", tests, NULL, NULL);
}
