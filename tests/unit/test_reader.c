/* Readers: what the authorizer lets through, filters, groups, runs, status, the version, and
 * reading beside a writer. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "journal/inside.h"
#include "lib/check.h"
#include "lib/ledger.h"

static void only_commands_can_be_written(void **state)
{
    static const char *const forbidden[] = {
        "DELETE FROM failures",
        "UPDATE failures SET state = 3",
        "UPDATE commands SET operator = 'somebody else'",
        "DELETE FROM commands",
        "INSERT INTO notes (failure_id, at_us, operator, text) VALUES (1, 1, 'x', 'y')",
        "UPDATE ranges SET done = 1",
        "DROP TABLE failures",
        "CREATE TABLE mine (x)",
        "CREATE TEMP TRIGGER t AFTER INSERT ON commands BEGIN DELETE FROM failures; END",
        "ATTACH ':memory:' AS other",
        "PRAGMA writable_schema = 1",
        "PRAGMA user_version = 0",
        "PRAGMA journal_mode = DELETE",
        "SELECT load_extension('x')",
        "VACUUM",
    };
    struct ledger *ledger = *state;
    ledger_fail(ledger, "A", 1, true);
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
        if (sqlite_script(&ledger->reader->db, forbidden[i], &ledger->err))
            fail_msg("allowed: %s", forbidden[i]);
        if (ledger->err.id != ERROR_JOURNAL_REFUSED && ledger->err.id != ERROR_JOURNAL_SQL)
            fail_msg("%s: %s", forbidden[i], ledger->err.message);
    }
    assert_int_equal(ledger_state(ledger, "A"), FAILURE_DEAD);
    LEDGER_OK(ledger,
              sqlite_script(&ledger->reader->db,
                            "INSERT INTO commands (kind, arguments, operator, origin, reason,"
                            " created_us) VALUES ('stop', '{}', 'o', 'l', '', 1)",
                            &ledger->err));
}

/* ---- filters ---- */

static void settle_as(struct ledger *ledger, enum source_kind source, const char *id,
                      const char *label, const char *message, bool permanent)
{
    struct error error;
    struct settled_change change = ledger_failed(id, 1, &error, message);
    change.source = source;
    change.label = label;
    change.permanent = permanent;
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
}

static void some_failures(struct ledger *ledger)
{
    settle_as(ledger, SOURCE_FIRESTORE, "f1", "#9", "price \"1\" is bad", true);
    settle_as(ledger, SOURCE_FIRESTORE, "f2", "#10", "price \"2\" is bad", false);
    settle_as(ledger, SOURCE_STRIPE, "cs_1", "", "no such session", false);
    settle_as(ledger, SOURCE_PRINTFUL, "p1", "PF-1", "100% wrong", true);
    ledger_fail(ledger, "f3", 1, true);
    ledger_land(ledger, "f3", 1);
}

/* The ids of a list, joined; the count must agree with it. */
static void assert_list(struct ledger *ledger, const struct failure_filter *filter,
                        const char *expected)
{
    struct failure_row *rows;
    size_t count;
    uint64_t total;
    char text[256] = "";
    LEDGER_OK(ledger, journal_list_failures(ledger->reader, filter, 0, 100, &ledger->arena, &rows,
                                            &count, &ledger->err));
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i == 0 ? "" : " ",
                 rows[i].source_id);
    assert_string_equal(text, expected);
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, filter, &total, &ledger->err));
    assert_int_equal(total, count);
}

static void filters_narrow(void **state)
{
    struct ledger *ledger = *state;
    struct failure_filter filter = ledger_filter();
    some_failures(ledger);
    assert_list(ledger, &filter, "p1 cs_1 f2 f1");
    filter.states = 1u << FAILURE_RESOLVED;
    assert_list(ledger, &filter, "f3");
    filter.states = 1u << FAILURE_DEAD | 1u << FAILURE_RESOLVED;
    assert_list(ledger, &filter, "f3 p1 f1");
    filter = ledger_filter();
    filter.sources = 1u << SOURCE_STRIPE | 1u << SOURCE_PRINTFUL;
    assert_list(ledger, &filter, "p1 cs_1");
    filter = ledger_filter();
    memcpy(filter.fingerprint, ledger_row(ledger, "f1").fingerprint, 9);
    assert_list(ledger, &filter, "f2 f1");
    snprintf(filter.code, sizeof(filter.code), "OS-9999");
    assert_list(ledger, &filter, "");
}

static void text_is_searched_literally(void **state)
{
    static const char *const searches[][2] = {
        {"PRICE", "f2 f1"}, {"#10", "f2"}, {"cs_1", "cs_1"}, {"100%", "p1"}, {"0%w", ""},
        {"_", "cs_1"},      {"\\", ""},    {"pf-", "p1"},    {"'", ""},
    };
    struct ledger *ledger = *state;
    struct failure_filter filter = ledger_filter();
    some_failures(ledger);
    for (size_t i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
        snprintf(filter.text, sizeof(filter.text), "%s", searches[i][0]);
        assert_list(ledger, &filter, searches[i][1]);
    }
}

static void times_narrow(void **state)
{
    struct ledger *ledger = *state;
    struct failure_filter filter = ledger_filter();
    ledger_fail(ledger, "early", 1, true);
    clock_sleep_us(2000);
    int64_t middle = clock_wall_us();
    clock_sleep_us(2000);
    ledger_fail(ledger, "late", 1, true);
    filter.since_us = middle;
    assert_list(ledger, &filter, "late");
    filter.since_us = TIME_NONE;
    filter.until_us = middle;
    assert_list(ledger, &filter, "early");
}

static void sorts_sort(void **state)
{
    static const char *const expected[] = {
        [SORT_LAST] = "p1 cs_1 f2 f1",     [SORT_FIRST] = "f1 f2 cs_1 p1",
        [SORT_ATTEMPTS] = "p1 cs_1 f2 f1", [SORT_NEXT] = "f2 cs_1 f1 p1",
        [SORT_LABEL] = "cs_1 f1 f2 p1",
    };
    struct ledger *ledger = *state;
    struct failure_filter filter = ledger_filter();
    some_failures(ledger);
    for (int sort = SORT_LAST; sort <= SORT_LABEL; sort++) {
        filter.sort = (enum failure_sort)sort;
        assert_list(ledger, &filter, expected[sort]);
    }
}

static void groups_by_both_ways_agree(void **state)
{
    struct ledger *ledger = *state;
    struct failure_filter filter = ledger_filter();
    some_failures(ledger);
    for (int way = 0; way < 2; way++) {
        struct failure_group *groups;
        size_t count;
        filter.since_us = way == 0 ? TIME_NONE : 1; /* 1: the failures themselves are counted */
        LEDGER_OK(ledger, journal_list_groups(ledger->reader, &filter, 9, &ledger->arena, &groups,
                                              &count, NULL, &ledger->err));
        assert_int_equal(count, 3);
        assert_int_equal(groups[0].count, 2);
        assert_int_equal(groups[0].dead, 1);
        assert_string_equal(groups[0].message, "price \"2\" is bad");
        assert_string_equal(groups[0].fingerprint, ledger_row(ledger, "f1").fingerprint);
        assert_int_equal(groups[0].next_us, ledger_row(ledger, "f2").next_us);
        assert_int_equal(groups[0].last_us, ledger_row(ledger, "f2").last_us);
        assert_int_equal(groups[1].source, SOURCE_PRINTFUL);
        assert_int_equal(groups[1].next_us, TIME_NONE);
        assert_int_equal(groups[2].source, SOURCE_STRIPE);
        assert_int_equal(groups[2].class, CLASS_CONFIG);
    }
}

static void long_ids_are_whole_in_the_detail(void **state)
{
    struct ledger *ledger = *state;
    struct failure_detail detail;
    char id[1501], cut[200];
    memset(id, 'x', 1500);
    id[1500] = '\0';
    memcpy(id + 198, "\xc3\xa4", 2); /* the cut must not split it */
    memcpy(cut, id, 198);
    cut[198] = '\0';
    ledger_fail(ledger, id, 1, true);
    LEDGER_OK(ledger, journal_read_failure(ledger->reader, ledger_id(ledger, id), &ledger->arena,
                                           &detail, &ledger->err));
    assert_str(detail.source_id, id);
    assert_string_equal(detail.row.source_id, cut);
    assert_int_equal(detail.same_fingerprint, 1);
    assert_false(journal_read_failure(ledger->reader, 77, &ledger->arena, &detail, &ledger->err));
    assert_int_equal(ledger->err.id, ERROR_JOURNAL_NO_SUCH);
}

/* ---- status and version ---- */

static void status_comes_back(void **state)
{
    struct ledger *ledger = *state;
    struct engine_status status, read;
    LEDGER_OK(ledger, journal_read_status(ledger->reader, &read, &ledger->err));
    assert_int_equal(read.state, ENGINE_STOPPED);
    assert_int_equal(read.beat_us, TIME_NONE);
    memset(&status, 0, sizeof(status));
    status.state = ENGINE_WAITING;
    status.pid = 4711;
    status.beat_us = 123;
    snprintf(status.message, sizeof(status.message), "target is down");
    struct source_status *stripe = &status.sources[SOURCE_STRIPE];
    for (size_t i = 0; i < SOURCE_COUNT; i++) {
        status.sources[i].source = (enum source_kind)i;
        status.sources[i].verified_us = TIME_NONE; /* read from the verifications */
    }
    stripe->state = SOURCE_PAUSED;
    stripe->seen = UINT32_MAX + UINT64_C(9);
    stripe->rate = 2.5;
    stripe->rates[STATUS_RATES - 1] = 77;
    stripe->last_event_us = TIME_NONE;
    stripe->lag_p99_us = 42;
    stripe->ranges_done = 3;
    stripe->quota_left = 118;
    stripe->overlap = 5;
    stripe->total = 6;
    LEDGER_OK(ledger, journal_write_status(ledger->journal, &status, &ledger->err));
    LEDGER_OK(ledger, journal_read_status(ledger->reader, &read, &ledger->err));
    assert_memory_equal(read.sources, status.sources, sizeof(status.sources));
    assert_int_equal(read.state, ENGINE_WAITING);
    assert_int_equal(read.pid, 4711);
    assert_int_equal(read.beat_us, 123);
    assert_string_equal(read.message, "target is down");
    settle_as(ledger, SOURCE_STRIPE, "cs_1", "", "gone", true);
    LEDGER_OK(ledger, journal_read_status(ledger->reader, &read, &ledger->err));
    assert_int_equal(read.sources[SOURCE_STRIPE].unresolved, 1); /* counted when read */
}

static void the_version_moves_with_what_lists_show(void **state)
{
    struct ledger *ledger = *state;
    struct engine_status status = {.state = ENGINE_RUNNING};
    int64_t id, before = journal_reader_version(ledger->reader), after;
    LEDGER_OK(ledger, journal_write_status(ledger->journal, &status, &ledger->err));
    assert_int_equal(journal_reader_version(ledger->reader), before);
    ledger_fail(ledger, "A", 1, true);
    after = journal_reader_version(ledger->reader);
    assert_int_not_equal(after, before);
    LEDGER_OK(ledger, journal_send_command(ledger->reader, "stop", "{}", "", &id, &ledger->err));
    before = journal_reader_version(ledger->reader);
    assert_int_not_equal(after, before);
    LEDGER_OK(ledger, journal_finish_command(ledger->journal, id, "done", "", &ledger->err));
    assert_int_not_equal(journal_reader_version(ledger->reader), before);
}

static void durability_is_back_after_a_beat(void **state)
{
    struct ledger *ledger = *state;
    struct engine_status status = {.state = ENGINE_RUNNING};
    sqlite3_stmt *statement = NULL;
    bool row;
    LEDGER_OK(ledger, journal_write_status(ledger->journal, &status, &ledger->err));
    LEDGER_OK(ledger, sqlite_prepare(&ledger->journal->db, "PRAGMA synchronous", SQL_NO_VALUES,
                                     &statement, &ledger->err));
    LEDGER_OK(ledger, sqlite_step(&ledger->journal->db, statement, &row, &ledger->err));
    assert_int_equal(sqlite3_column_int(statement, 0), 2); /* FULL */
    sqlite_finalize(&statement);
}

static void names_in_the_file_are_the_program_s(void **state)
{
    struct ledger *ledger = *state;
    sqlite3_stmt *statement = NULL;
    bool row;
    int names = 0;
    LEDGER_OK(ledger, sqlite_prepare(&ledger->reader->db,
                                     "SELECT 0, state, name FROM state_names UNION ALL"
                                     " SELECT 1, source, name FROM source_names",
                                     SQL_NO_VALUES, &statement, &ledger->err));
    for (;; names++) {
        LEDGER_OK(ledger, sqlite_step(&ledger->reader->db, statement, &row, &ledger->err));
        if (!row)
            break;
        int number = sqlite3_column_int(statement, 1);
        const char *name = sqlite3_column_int(statement, 0) == 0
                               ? failure_state_name((enum failure_state)number)
                               : source_kind_name((enum source_kind)number);
        assert_string_equal((const char *)sqlite3_column_text(statement, 2), name);
    }
    assert_int_equal(names, FAILURE_STATE_COUNT - 1 + SOURCE_COUNT);
    sqlite_finalize(&statement);
}

/* ---- beside a writer ---- */

struct watcher {
    const char *state_dir;
    atomic_bool stop;
    uint64_t reads, sent;
    char trouble[400];
};

/* Counts and rows of one call belong together, whatever the writer does meanwhile. */
static bool watch_once(struct journal_reader *reader, struct watcher *watcher, struct error *err)
{
    struct arena arena = {0};
    struct failure_filter filter = ledger_filter();
    struct failure_row *rows;
    struct failure_group *groups;
    struct engine_status status;
    size_t count;
    int64_t id;
    bool good = journal_list_failures(reader, &filter, 0, 50, &arena, &rows, &count, err) &&
                journal_list_groups(reader, &filter, 50, &arena, &groups, &count, NULL, err) &&
                journal_read_status(reader, &status, err);
    if (good && watcher->reads++ % 8 == 0) {
        good = journal_send_command(reader, "unmask", "{}", "", &id, err);
        watcher->sent++;
    }
    arena_free(&arena);
    return good;
}

static void *watch(void *argument)
{
    struct watcher *watcher = argument;
    struct journal_reader *reader;
    struct error err = {0};
    bool good = journal_reader_open(watcher->state_dir, &reader, &err);
    while (good && !atomic_load(&watcher->stop))
        good = watch_once(reader, watcher, &err);
    if (!good)
        snprintf(watcher->trouble, sizeof(watcher->trouble), "%s", err.message);
    if (watcher->reads > 0 || good)
        journal_reader_close(reader);
    return NULL;
}

static uint64_t finish_commands(struct ledger *ledger)
{
    struct command command;
    uint64_t finished = 0;
    bool found = true;
    while (found) {
        LEDGER_OK(ledger, journal_next_command(ledger->journal, &found, &command, &ledger->err));
        if (!found)
            break;
        LEDGER_OK(ledger,
                  journal_finish_command(ledger->journal, command.id, "done", "", &ledger->err));
        command_free(&command);
        finished++;
    }
    return finished;
}

static void one_writes_another_reads(void **state)
{
    struct ledger *ledger = *state;
    struct watcher watcher = {.state_dir = ledger->state_dir};
    struct engine_status status = {.state = ENGINE_RUNNING};
    pthread_t thread;
    uint64_t finished = 0;
    int64_t end = clock_monotonic_us() + 1000000;
    assert_int_equal(pthread_create(&thread, NULL, watch, &watcher), 0);
    for (int i = 0; clock_monotonic_us() < end; i++) {
        char id[16];
        snprintf(id, sizeof(id), "W%d", i % 300);
        ledger_fail(ledger, id, i, i % 2 == 0);
        if (i % 3 == 0)
            ledger_land(ledger, id, i);
        LEDGER_OK(ledger, journal_write_status(ledger->journal, &status, &ledger->err));
        finished += finish_commands(ledger);
    }
    atomic_store(&watcher.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(watcher.trouble, "");
    finished += finish_commands(ledger);
    assert_true(watcher.reads > 0);
    assert_int_equal(finished, watcher.sent);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ledger_setup, ledger_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_commands_can_be_written),
        TEST(filters_narrow),
        TEST(text_is_searched_literally),
        TEST(times_narrow),
        TEST(sorts_sort),
        TEST(groups_by_both_ways_agree),
        TEST(long_ids_are_whole_in_the_detail),
        TEST(status_comes_back),
        TEST(the_version_moves_with_what_lists_show),
        TEST(durability_is_back_after_a_beat),
        TEST(names_in_the_file_are_the_program_s),
        TEST(one_writes_another_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
