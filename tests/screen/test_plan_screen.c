/* The Plan screen in a terminal: rows are picked, asked about, applied, and what moved is listed.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "journal/planning.h"
#include "lib/check.h"
#include "lib/console.h"
#include "lib/ledger.h"

#define PLAN "3f2a81c0-5d0e-4b8a-9a53-1d1f6a1f0a01"
#define STALE_PLAN "9b1d22e4-0c1b-4f0e-8a77-2d2f6a1f0a02"
#define CLEAR "\025"

static struct screen *start_until(const char *option, const char *text)
{
    const char *options[] = {console_keeps_sent(), option, NULL};
    return console_start(options, 24, 80, NULL, text);
}

static struct screen *start(const char *option)
{
    return start_until(option, "MINUTE");
}

static void picked_rows_are_applied(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, "3", "\r", "/", "action:update\r", " ", " ");
    console_expect(screen, "picked 2, money EUR +2.50");
    PRESS(screen, "a");
    console_expect(screen, "2 rows of plan 3f2a81c0 in dev.");
    console_expect(screen, "The filter hides 15 more");
    PRESS(screen, "\r", "\r"); /* a run of Enters ends on Cancel */
    console_expect(screen, "nothing was done");
    console_expect_sent("");
    PRESS(screen, "a");
    console_expect(screen, "reason (kept in the audit)");
    PRESS(screen, "as the shop says", "\t", "\t", "\r");
    console_expect_sent("apply {\"plan\":\"" PLAN
                        "\",\"ids\":[9,10],\"conflicts\":\"source\"} as the shop says\n");
    console_expect(screen, "1 applied, 1 moved");
    PRESS(screen, "\033", "v");
    console_expect(screen, "state:moved,failed");
    console_expect(screen, "moved since: the source has a newer version");
    assert_true(screen_shows(screen, "#1051"));
    assert_false(screen_shows(screen, "#1050"));
    console_end(screen);
}

static void many_rows_need_their_count(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, "3", "\r", "S");
    console_expect(screen, "picked 24");
    PRESS(screen, "a");
    console_expect(screen, "type the count");
    PRESS(screen, "all of it\r", "23\r", "\t", "\r");
    console_expect(screen, "type 24");
    console_expect_sent("");
    PRESS(screen, CLEAR "24", "\t", "\t", "\r");
    console_expect_sent("apply {\"plan\":\"" PLAN
                        "\",\"actions\":[\"create\",\"update\",\"tombstone\"],"
                        "\"conflicts\":\"source\"} all of it\n");
    console_expect(screen, "applying:");
    console_expect(screen, "23 applied, 1 moved");
    console_end(screen);
}

/* By kind under a filter, rows are picked one by one: no pick reaches past what is seen. */
static void filter_bounds_the_pick(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, "3", "\r", "/", "105\r", "A");
    console_expect(screen, "picked 10");
    PRESS(screen, " ");
    console_expect(screen, "picked 9");
    PRESS(screen, "a", "why", "\t", "\t", "\r");
    console_expect_sent("apply {\"plan\":\"" PLAN "\",\"ids\":[18,10,11,12,13,14,15,16,17],"
                        "\"conflicts\":\"source\"} why\n");
    console_end(screen);
}

static void conflicts_are_left(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, "3", "\r", "L");
    console_expect(screen, "no open conflict is picked");
    PRESS(screen, "G", "L");
    console_expect(screen, "They stay as they are");
    PRESS(screen, "known", "\t", "\t", "\r");
    console_expect_sent("apply {\"plan\":\"" PLAN
                        "\",\"ids\":[28],\"conflicts\":\"leave\"} known\n");
    console_expect(screen, "1 left");
    console_end(screen);
}

static void stale_plan_and_prod_are_said_again(void **state)
{
    (void)state;
    struct screen *screen = start("--environment=prod");
    PRESS(screen, "3", "j", "\r");
    console_expect(screen, "older than a day");
    PRESS(screen, "a");
    console_expect(screen, "type the environment");
    PRESS(screen, "why\r", "prod\r", "\t", "\t", "\r");
    console_expect(screen, "type stale: type stale");
    console_expect_sent("");
    PRESS(screen, "stale", "\t", "\t", "\r");
    console_expect_sent("apply {\"plan\":\"" STALE_PLAN
                        "\",\"ids\":[1],\"conflicts\":\"source\",\"stale\":true} why\n");
    console_end(screen);
}

static void read_only_applies_nothing(void **state)
{
    (void)state;
    struct screen *screen = start("--read-only");
    PRESS(screen, "3", "D", "\r");
    console_expect(screen, "open 28");
    assert_false(screen_shows(screen, "a apply"));
    assert_true(screen_shows(screen, "Space mark"));
    PRESS(screen, "S", "a");
    console_expect(screen, "read-only");
    PRESS(screen, "L");
    PRESS(screen, ":", "dry-run\r");
    console_expect(screen, "read-only");
    console_expect_sent("");
    console_end(screen);
}

static void personal_fields_are_masked(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, "3", "\r", "jjjjjjjj", "\r", "j");
    console_expect(screen, "customer_email");
    console_expect(screen, "24.90 -> 25.90");
    assert_false(screen_shows(screen, "example.test"));
    PRESS(screen, "M");
    console_expect(screen, "jo@example.test -> joe@example.test");
    console_end(screen);
}

static void dry_run_is_asked_for(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    PRESS(screen, ":", "dry-run\r");
    console_expect(screen, "nothing is written but a plan");
    PRESS(screen, "before the sale", "\t", "\t", "\r");
    console_expect_sent("backfill {\"dry_run\":true} before the sale\n");
    PRESS(screen, ":", "sync-dry-run\r");
    console_expect(screen, "The same look back");
    PRESS(screen, "refunds too", "\t", "\t", "\r");
    console_expect_sent("sync {\"dry_run\":true} refunds too\n");
    console_end(screen);
}

/* ---- export: the program itself, on a journal ---- */

static char export_path[128];

/* Two updates, one with a personal field, and a tombstone. */
static void make_plan(struct ledger *ledger)
{
    static const char fields[] =
        "[{\"table\":\"orders\",\"key\":\"\",\"field\":\"customer_email\",\"before\":null,"
        "\"after\":\"jo@example.test\",\"personal\":true}]";
    const struct plan_entry entries[] = {
        {.source_id = "51",
         .label = "#1",
         .action = PLAN_UPDATE,
         .fields = fields,
         .field_count = 1,
         .money = "EUR +1.00"},
        {.source_id = "52", .label = "#2", .action = PLAN_UPDATE, .fields = "", .money = ""},
        {.source_id = "53", .label = "#3", .action = PLAN_TOMBSTONE, .fields = "", .money = ""},
    };
    char id[40];
    LEDGER_OK(ledger, journal_plan_start(ledger->journal, "backfill", 1u << SOURCE_FIRESTORE, "ann",
                                         "tty1", id, &ledger->err));
    LEDGER_OK(ledger, journal_plan_add(ledger->journal, id, entries, 3, 7, &ledger->err));
    LEDGER_OK(ledger, journal_plan_set(ledger->journal, id, PLAN_READY, "", &ledger->err));
}

static struct screen *start_on(const struct ledger *ledger)
{
    char program[512];
    char state_dir[128];
    const char *argv[] = {program, "console", "--attach", "--read-only", NULL};
    const char *environment[] = {state_dir, NULL};
    snprintf(program, sizeof(program), "%s/ordersync", getenv("builddir"));
    snprintf(state_dir, sizeof(state_dir), "ORDERSYNC_STATE_DIR=%s", ledger->state_dir);
    struct screen *screen = screen_start(argv, 24, 120, environment);
    console_expect(screen, "1 Overview");
    PRESS(screen, "3");
    console_expect(screen, "backfill ready");
    return screen;
}

/* "e" and the file's name in place of the one that is proposed. */
static void export_as(struct screen *screen, const struct ledger *ledger, const char *name,
                      const char *wanted)
{
    char keys[160];
    snprintf(export_path, sizeof(export_path), "%s/%s", ledger->dir, name);
    snprintf(keys, sizeof(keys), CLEAR "%s\r", export_path);
    PRESS(screen, "e");
    console_expect(screen, "export to (.csv, .json): plan-");
    PRESS(screen, keys);
    console_expect(screen, wanted);
}

static const char *exported(void)
{
    static char text[8192];
    FILE *file = fopen(export_path, "r");
    if (file == NULL)
        fail_msg("%s was not written", export_path);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void what_matches_is_exported(void **state)
{
    struct ledger *ledger = *state;
    struct stat about;
    make_plan(ledger);
    struct screen *screen = start_on(ledger);
    assert_true(screen_shows(screen, "e export"));
    export_as(screen, ledger, "all.json", "3 rows, personal data masked, written to");
    assert_int_equal(stat(export_path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_non_null(strstr(exported(), "\"source_id\":\"53\",\"order\":\"#3\","
                                       "\"action\":\"tombstone\",\"state\":\"open\""));
    PRESS(screen, "\r", "/", "action:update 1\r");
    console_expect(screen, "nothing picked, 1 row");
    assert_true(screen_shows(screen, "e export"));
    export_as(screen, ledger, "one.csv", "1 row, personal data masked, written to");
    static const char wanted[] =
        "source,source_id,order,action,state,money,code,message,table,key,field,before,after\n"
        "\"firestore\",\"51\",\"#1\",\"update\",\"open\",\"EUR +1.00\",\"\",\"\",\"orders\",\"\","
        "\"customer_email\",\"\",\"(personal; --personal shows it)\"\n";
    assert_string_equal(exported(), wanted);
    PRESS(screen, "\033"); /* the filter goes, and with it what bounds the export */
    export_as(screen, ledger, "one.csv", "one.csv: File exists");
    assert_string_equal(exported(), wanted);
    console_end(screen);
}

static void without_a_plan_nothing_is_exported(void **state)
{
    (void)state;
    struct screen *screen = start_until("--empty", "1 Overview");
    PRESS(screen, "3");
    assert_false(screen_shows(screen, "e export"));
    PRESS(screen, "e");
    console_expect(screen, "no plan is selected: nothing is written");
    console_end(screen);
}

int main(void)
{
    if (!screen_available())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picked_rows_are_applied),
        cmocka_unit_test(many_rows_need_their_count),
        cmocka_unit_test(filter_bounds_the_pick),
        cmocka_unit_test(conflicts_are_left),
        cmocka_unit_test(stale_plan_and_prod_are_said_again),
        cmocka_unit_test(read_only_applies_nothing),
        cmocka_unit_test(personal_fields_are_masked),
        cmocka_unit_test(dry_run_is_asked_for),
        cmocka_unit_test_setup_teardown(what_matches_is_exported, ledger_setup, ledger_teardown),
        cmocka_unit_test(without_a_plan_nothing_is_exported),
    };
    return cmocka_run_group_tests_name("plan screen", tests, NULL, NULL);
}
