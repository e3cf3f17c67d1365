/* Exports: what stands in the file, whose it is, and that nothing is written over. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/export.h"
#include "journal/planning.h"
#include "lib/check.h"
#include "lib/ledger.h"

#define MANY 1200 /* more than two pages */

static char plan_id[40];
static char path[128];

static void start(struct ledger *ledger, const char *name)
{
    snprintf(path, sizeof(path), "%s/%s", ledger->dir, name);
    LEDGER_OK(ledger, journal_plan_start(ledger->journal, "sync", 1u << SOURCE_STRIPE, "ann",
                                         "tty1", plan_id, &ledger->err));
}

static void add(struct ledger *ledger, const struct plan_entry *entries, size_t count)
{
    LEDGER_OK(ledger, journal_plan_add(ledger->journal, plan_id, entries, count, 4, &ledger->err));
}

/* An update with a personal field, and a conflict that has none. */
static void two(struct ledger *ledger)
{
    struct error why = {0};
    error_set(&why, ERROR_TARGET_STUB, "an \"id\" alone");
    struct plan_entry entries[] = {
        {.source = SOURCE_STRIPE,
         .source_id = "cs_1",
         .label = "=1+1",
         .action = PLAN_UPDATE,
         .fields = "[{\"table\":\"orders\",\"key\":\"\",\"field\":\"customer_email\","
                   "\"before\":null,\"after\":\"jo@example.test\",\"personal\":true},"
                   "{\"table\":\"refunds\",\"key\":\"7\",\"field\":\"amount\","
                   "\"before\":\"-1.50\",\"after\":\"2\\n\",\"personal\":false},{\"cut\":3}]",
         .field_count = 5,
         .money = "EUR -2.50"},
        {.source = SOURCE_STRIPE,
         .source_id = "cs_2",
         .label = "",
         .action = PLAN_CONFLICT,
         .fields = "",
         .money = "",
         .error = &why},
    };
    add(ledger, entries, 2);
}

static const char *content(void)
{
    static char text[1 << 16];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static uint64_t write_plan(struct ledger *ledger, const struct plan_filter *filter, bool personal)
{
    struct export export = {.reader = ledger->reader};
    struct export_plan plan = {.id = plan_id, .filter = *filter, .personal = personal};
    LEDGER_OK(ledger, export_to_file(&export, path, export_plan, &plan, &ledger->err));
    return export.count;
}

#define UPDATE                                                                                     \
    "{\"source\":\"stripe\",\"source_id\":\"cs_1\",\"order\":\"=1+1\",\"action\":\"update\","      \
    "\"state\":\"open\",\"money\":\"EUR -2.50\",\"code\":\"\",\"message\":\"\",\"fields\":["       \
    "{\"table\":\"orders\",\"key\":\"\",\"field\":\"customer_email\",\"before\":null,"             \
    "\"after\":\"%s\",\"personal\":true},"                                                         \
    "{\"table\":\"refunds\",\"key\":\"7\",\"field\":\"amount\",\"before\":\"-1.50\","              \
    "\"after\":\"2\\n\",\"personal\":false},{\"cut\":3}]}"

static void a_plan_as_json(void **state)
{
    struct ledger *ledger = *state;
    char rows[2048];
    start(ledger, "plan.json");
    two(ledger);
    assert_int_equal(write_plan(ledger, &(struct plan_filter){0}, false), 2);
    const char *text = content();
    assert_non_null(strstr(text, "{\"plan\":{\"plan\":\""));
    assert_non_null(strstr(text, "\"kind\":\"sync\",\"state\":\"building\",\"operator\":\"ann\""));
    assert_non_null(strstr(text, "\"finished\":null,\"target\":\"\",\"sources\":{\"stripe\":\"\"},"
                                 "\"create\":0,\"update\":1,\"tombstone\":0,\"conflict\":1,"
                                 "\"unchanged\":4,\"money\":\"EUR -2.50\",\"open\":2,"));
    snprintf(rows, sizeof(rows),
             "},\"rows\":[\n" UPDATE ",\n{\"source\":\"stripe\",\"source_id\":\"cs_2\","
             "\"order\":\"\",\"action\":\"conflict\",\"state\":\"open\",\"money\":\"\","
             "\"code\":\"%s\",\"message\":\"an \\\"id\\\" alone\",\"fields\":[]}]}\n",
             "(personal; --personal shows it)", error_info(ERROR_TARGET_STUB)->code);
    assert_string_equal(strstr(text, "},\"rows\":"), rows);
}

static void the_filter_and_what_is_personal(void **state)
{
    struct ledger *ledger = *state;
    char rows[2048];
    start(ledger, "plan.json");
    two(ledger);
    struct plan_filter filter = {.actions = 1u << PLAN_UPDATE, .text = "CS_"};
    assert_int_equal(write_plan(ledger, &filter, true), 1);
    snprintf(rows, sizeof(rows), "\"rows\":[\n" UPDATE "]}\n", "jo@example.test");
    assert_string_equal(strstr(content(), "\"rows\":"), rows);
    unlink(path);
    filter.actions = 1u << PLAN_CREATE;
    assert_int_equal(write_plan(ledger, &filter, true), 0);
    assert_string_equal(strstr(content(), "\"rows\":"), "\"rows\":[]}\n");
}

static void a_plan_as_csv(void **state)
{
    struct ledger *ledger = *state;
    char wanted[2048];
    start(ledger, "plan.csv");
    two(ledger);
    assert_int_equal(write_plan(ledger, &(struct plan_filter){0}, false), 2);
#define ROW "\"stripe\",\"cs_1\",\"'=1+1\",\"update\",\"open\",\"EUR -2.50\",\"\",\"\","
    snprintf(wanted, sizeof(wanted),
             "source,source_id,order,action,state,money,code,message,table,key,field,before,"
             "after\n" ROW "\"orders\",\"\",\"customer_email\",\"\","
             "\"(personal; --personal shows it)\"\n" ROW
             "\"refunds\",\"7\",\"amount\",\"-1.50\",\"2?\"\n" ROW
             "\"\",\"\",\"(more, not kept)\",\"\",\"\"\n"
             "\"stripe\",\"cs_2\",\"\",\"conflict\",\"open\",\"\",\"%s\",\"an \"\"id\"\" alone\","
             "\"\",\"\",\"\",\"\",\"\"\n",
             error_info(ERROR_TARGET_STUB)->code);
    assert_string_equal(content(), wanted);
}

static void a_new_file_and_nobody_elses(void **state)
{
    struct ledger *ledger = *state;
    struct stat about;
    start(ledger, "plan.csv");
    two(ledger);
    struct export export = {.reader = ledger->reader};
    struct export_plan plan = {.id = plan_id};
    mode_t before = umask(0);
    LEDGER_OK(ledger, export_to_file(&export, path, export_plan, &plan, &ledger->err));
    umask(before);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0600);
    assert_false(export_to_file(&export, path, export_plan, &plan, &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_EXPORT);
    assert_non_null(strstr(ledger->err.message, "plan.csv: File exists"));
    assert_int_equal(stat(path, &about), 0);
    assert_true(about.st_size > 0);

    snprintf(path, sizeof(path), "%s/none.json", ledger->dir);
    plan.id = "no-such-plan";
    assert_false(export_to_file(&export, path, export_plan, &plan, &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_NO_PLAN);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void many(struct ledger *ledger)
{
    static struct plan_entry entries[MANY];
    static char ids[MANY][16];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(ids[i], sizeof(ids[i]), "id-%05zu", i);
        entries[i] = (struct plan_entry){.source = i % 2 == 0 ? SOURCE_STRIPE : SOURCE_PRINTFUL,
                                         .source_id = ids[i],
                                         .label = "",
                                         .action = PLAN_UPDATE,
                                         .fields = "",
                                         .money = ""};
    }
    add(ledger, entries, MANY);
}

struct meanwhile {
    struct ledger *ledger;
    unsigned asked;
};

/* Between the first page and the second an engine applies the rows of the first. */
static bool applies(void *context)
{
    static struct plan_outcome outcomes[500];
    struct meanwhile *meanwhile = context;
    struct ledger *ledger = meanwhile->ledger;
    struct plan_row *rows;
    size_t count;
    int64_t after = 0;
    if (++meanwhile->asked != 2)
        return false;
    LEDGER_OK(ledger,
              journal_walk_plan_rows(ledger->reader, plan_id, &(struct plan_filter){0}, &after, 500,
                                     &ledger->arena, &rows, &count, &ledger->err));
    for (size_t i = 0; i < count; i++)
        outcomes[i] = (struct plan_outcome){rows[i].id, PLAN_ROW_APPLIED, ""};
    LEDGER_OK(ledger, journal_plan_settle(ledger->journal, plan_id, outcomes, count, &ledger->err));
    return false;
}

static void rows_that_change_meanwhile_hide_none(void **state)
{
    struct ledger *ledger = *state;
    struct meanwhile meanwhile = {ledger, 0};
    start(ledger, "plan.csv");
    many(ledger);
    struct export export = {.reader = ledger->reader, .stop = applies, .stop_context = &meanwhile};
    struct export_plan plan = {.id = plan_id, .filter = {.states = 1u << PLAN_ROW_OPEN}};
    LEDGER_OK(ledger, export_to_file(&export, path, export_plan, &plan, &ledger->err));
    assert_int_equal(export.count, MANY);
}

static bool second_page(void *context)
{
    return ++*(unsigned *)context > 1;
}

static void what_is_ended_early_leaves_no_file(void **state)
{
    struct ledger *ledger = *state;
    unsigned asked = 0;
    start(ledger, "plan.json");
    many(ledger);
    struct export export = {.reader = ledger->reader, .stop = second_page, .stop_context = &asked};
    struct export_plan plan = {.id = plan_id};
    assert_false(export_to_file(&export, path, export_plan, &plan, &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_EXPORT);
    assert_int_equal(export.count, 500);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void what_failed_is_written(void **state)
{
    struct ledger *ledger = *state;
    struct failure_filter filter = ledger_filter();
    ledger_fail(ledger, "A1", 1, true);
    ledger_fail(ledger, "=A2", 1, false);
    struct export export = {.reader = ledger->reader};
    snprintf(path, sizeof(path), "%s/failed.csv", ledger->dir);
    LEDGER_OK(ledger, export_to_file(&export, path, export_failures, &filter, &ledger->err));
    assert_int_equal(export.count, 2);
    assert_non_null(strstr(content(), "id,source,source_id,order,state"));
    assert_non_null(strstr(content(), ",\"firestore\",\"A1\","));
    assert_non_null(strstr(content(), ",\"firestore\",\"'=A2\","));
    export = (struct export){.reader = ledger->reader};
    snprintf(path, sizeof(path), "%s/failed.json", ledger->dir);
    LEDGER_OK(ledger, export_to_file(&export, path, export_failures, &filter, &ledger->err));
    assert_non_null(strstr(content(), "{\"failures\":[\n{\"id\":"));
    assert_non_null(strstr(content(), "\"source_id\":\"=A2\""));
    assert_non_null(strstr(content(), "\n],\"total\":2}\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_plan_as_json, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(the_filter_and_what_is_personal, ledger_setup,
                                        ledger_teardown),
        cmocka_unit_test_setup_teardown(a_plan_as_csv, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(a_new_file_and_nobody_elses, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(rows_that_change_meanwhile_hide_none, ledger_setup,
                                        ledger_teardown),
        cmocka_unit_test_setup_teardown(what_is_ended_early_leaves_no_file, ledger_setup,
                                        ledger_teardown),
        cmocka_unit_test_setup_teardown(what_failed_is_written, ledger_setup, ledger_teardown),
    };
    return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
