/* The Plan screen in a terminal: rows are picked, asked about, applied, and what moved is listed.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/planning.h"
#include "lib/check.h"
#include "lib/ledger.h"
#include "lib/screen.h"

#define ALWAYS_MS 20000
#define PLAN "3f2a81c0-5d0e-4b8a-9a53-1d1f6a1f0a01"
#define STALE_PLAN "9b1d22e4-0c1b-4f0e-8a77-2d2f6a1f0a02"
#define CLEAR "\025"

static char sends_path[64];

static struct screen *start_until(const char *option, const char *text)
{
    static char program[512];
    static char sends[96];
    const char *argv[] = {program, sends, option, NULL};
    snprintf(program, sizeof(program), "%s/tests/screen/console_fixture", getenv("builddir"));
    snprintf(sends_path, sizeof(sends_path), "/tmp/ordersync-plan-sends-%d", (int)getpid());
    snprintf(sends, sizeof(sends), "--sends=%s", sends_path);
    unlink(sends_path);
    struct screen *screen = screen_start(argv, 24, 80, NULL);
    assert_true(screen_wait(screen, text, ALWAYS_MS));
    screen_settle(screen);
    return screen;
}

static struct screen *start(const char *option)
{
    return start_until(option, "MINUTE");
}

static void type_and_settle(struct screen *screen, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        screen_type(screen, *keys);
        screen_settle(screen);
    }
}
#define TYPE(screen, ...) type_and_settle(screen, (const char *const[]){__VA_ARGS__, NULL})

static void expect(struct screen *screen, const char *text)
{
    if (!screen_wait(screen, text, ALWAYS_MS))
        fail_msg("\"%s\" is not on the screen:\n%s", text, screen_text(screen));
}

static void end_quietly(struct screen *screen)
{
    screen_type(screen, "q");
    int status = screen_wait_end(screen, ALWAYS_MS);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    screen_free(screen);
    unlink(sends_path);
}

static void expect_sent(const char *wanted)
{
    char text[4096] = "";
    FILE *file = fopen(sends_path, "r");
    if (file != NULL) {
        size_t got = fread(text, 1, sizeof(text) - 1, file);
        text[got] = '\0';
        fclose(file);
    }
    if (strcmp(text, wanted) != 0)
        fail_msg("sent \"%s\", not \"%s\"", text, wanted);
    unlink(sends_path);
}

static void picked_rows_are_applied(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    TYPE(screen, "3", "\r", "/", "action:update\r", " ", " ");
    expect(screen, "picked 2, money EUR +2.50");
    TYPE(screen, "a");
    expect(screen, "2 rows of plan 3f2a81c0 in dev.");
    expect(screen, "The filter hides 15 more");
    TYPE(screen, "\r", "\r"); /* a run of Enters ends on Cancel */
    expect(screen, "nothing was done");
    expect_sent("");
    TYPE(screen, "a");
    expect(screen, "reason (kept in the audit)");
    TYPE(screen, "as the shop says", "\t", "\t", "\r");
    expect_sent("apply {\"plan\":\"" PLAN
                "\",\"ids\":[9,10],\"conflicts\":\"source\"} as the shop says\n");
    expect(screen, "1 applied, 1 moved");
    TYPE(screen, "\033", "v");
    expect(screen, "state:moved,failed");
    expect(screen, "moved since: the source has a newer version");
    assert_true(screen_shows(screen, "#1051"));
    assert_false(screen_shows(screen, "#1050"));
    end_quietly(screen);
}

static void many_rows_need_their_count(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    TYPE(screen, "3", "\r", "S");
    expect(screen, "picked 24");
    TYPE(screen, "a");
    expect(screen, "type the count");
    TYPE(screen, "all of it\r", "23\r", "\t", "\r");
    expect(screen, "type 24");
    expect_sent("");
    TYPE(screen, CLEAR "24", "\t", "\t", "\r");
    expect_sent("apply {\"plan\":\"" PLAN "\",\"actions\":[\"create\",\"update\",\"tombstone\"],"
                "\"conflicts\":\"source\"} all of it\n");
    expect(screen, "applying:");
    expect(screen, "23 applied, 1 moved");
    end_quietly(screen);
}

/* By kind under a filter, rows are picked one by one: no pick reaches past what is seen. */
static void filter_bounds_the_pick(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    TYPE(screen, "3", "\r", "/", "105\r", "A");
    expect(screen, "picked 10");
    TYPE(screen, " ");
    expect(screen, "picked 9");
    TYPE(screen, "a", "why", "\t", "\t", "\r");
    expect_sent("apply {\"plan\":\"" PLAN "\",\"ids\":[18,10,11,12,13,14,15,16,17],"
                "\"conflicts\":\"source\"} why\n");
    end_quietly(screen);
}

static void conflicts_are_left(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    TYPE(screen, "3", "\r", "L");
    expect(screen, "no open conflict is picked");
    TYPE(screen, "G", "L");
    expect(screen, "They stay as they are");
    TYPE(screen, "known", "\t", "\t", "\r");
    expect_sent("apply {\"plan\":\"" PLAN "\",\"ids\":[28],\"conflicts\":\"leave\"} known\n");
    expect(screen, "1 left");
    end_quietly(screen);
}

static void stale_plan_and_prod_are_said_again(void **state)
{
    (void)state;
    struct screen *screen = start("--environment=prod");
    TYPE(screen, "3", "j", "\r");
    expect(screen, "older than a day");
    TYPE(screen, "a");
    expect(screen, "type the environment");
    TYPE(screen, "why\r", "prod\r", "\t", "\t", "\r");
    expect(screen, "type stale: type stale");
    expect_sent("");
    TYPE(screen, "stale", "\t", "\t", "\r");
    expect_sent("apply {\"plan\":\"" STALE_PLAN
                "\",\"ids\":[1],\"conflicts\":\"source\",\"stale\":true} why\n");
    end_quietly(screen);
}

static void read_only_applies_nothing(void **state)
{
    (void)state;
    struct screen *screen = start("--read-only");
    TYPE(screen, "3", "D", "\r");
    expect(screen, "open 28");
    assert_false(screen_shows(screen, "a apply"));
    assert_true(screen_shows(screen, "Space mark"));
    TYPE(screen, "S", "a");
    expect(screen, "read-only");
    TYPE(screen, "L");
    TYPE(screen, ":", "dry-run\r");
    expect(screen, "read-only");
    expect_sent("");
    end_quietly(screen);
}

static void personal_fields_are_masked(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    TYPE(screen, "3", "\r", "jjjjjjjj", "\r", "j");
    expect(screen, "customer_email");
    expect(screen, "24.90 -> 25.90");
    assert_false(screen_shows(screen, "example.test"));
    TYPE(screen, "M");
    expect(screen, "jo@example.test -> joe@example.test");
    end_quietly(screen);
}

static void dry_run_is_asked_for(void **state)
{
    (void)state;
    struct screen *screen = start(NULL);
    TYPE(screen, ":", "dry-run\r");
    expect(screen, "nothing is written but a plan");
    TYPE(screen, "before the sale", "\t", "\t", "\r");
    expect_sent("backfill {\"dry_run\":true} before the sale\n");
    TYPE(screen, ":", "sync-dry-run\r");
    expect(screen, "The same look back");
    TYPE(screen, "refunds too", "\t", "\t", "\r");
    expect_sent("sync {\"dry_run\":true} refunds too\n");
    end_quietly(screen);
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
    expect(screen, "1 Overview");
    TYPE(screen, "3");
    expect(screen, "backfill ready");
    return screen;
}

/* "e" and the file's name in place of the one that is proposed. */
static void export_as(struct screen *screen, const struct ledger *ledger, const char *name,
                      const char *wanted)
{
    char keys[160];
    snprintf(export_path, sizeof(export_path), "%s/%s", ledger->dir, name);
    snprintf(keys, sizeof(keys), CLEAR "%s\r", export_path);
    TYPE(screen, "e");
    expect(screen, "export to (.csv, .json): plan-");
    TYPE(screen, keys);
    expect(screen, wanted);
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
    TYPE(screen, "\r", "/", "action:update 1\r");
    expect(screen, "nothing picked, 1 row");
    assert_true(screen_shows(screen, "e export"));
    export_as(screen, ledger, "one.csv", "1 row, personal data masked, written to");
    static const char wanted[] =
        "source,source_id,order,action,state,money,code,message,table,key,field,before,after\n"
        "\"firestore\",\"51\",\"#1\",\"update\",\"open\",\"EUR +1.00\",\"\",\"\",\"orders\",\"\","
        "\"customer_email\",\"\",\"(personal; --personal shows it)\"\n";
    assert_string_equal(exported(), wanted);
    TYPE(screen, "\033"); /* the filter goes, and with it what bounds the export */
    export_as(screen, ledger, "one.csv", "one.csv: File exists");
    assert_string_equal(exported(), wanted);
    end_quietly(screen);
}

static void without_a_plan_nothing_is_exported(void **state)
{
    (void)state;
    struct screen *screen = start_until("--empty", "1 Overview");
    TYPE(screen, "3");
    assert_false(screen_shows(screen, "e export"));
    TYPE(screen, "e");
    expect(screen, "no plan is selected: nothing is written");
    end_quietly(screen);
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
