/* Lists, groups and counts at 100,000 failures (MASS=1000000 for more): right, and quick. */
#include <stdio.h>

#include "base/clock.h"
#include "journal/inside.h"
#include "lib/check.h"
#include "lib/mass.h"

/* Generous beside what is measured (a few ms), for a loaded machine and sanitizers; still far from
 * a sort of all. */
#if defined(__SANITIZE_THREAD__)
#define SLOW 20
#elif defined(__SANITIZE_ADDRESS__)
#define SLOW 5
#else
#define SLOW 1
#endif

static size_t mass;

static int setup(void **state)
{
    const char *wanted = getenv("MASS");
    mass = wanted == NULL ? 100000 / SLOW : strtoul(wanted, NULL, 10);
    ledger_make_directory(*state = calloc(1, sizeof(struct ledger)));
    int64_t start = clock_monotonic_us();
    struct ledger *ledger = *state;
    mass_make(ledger->state_dir, mass, clock_wall_us());
    ledger_reopen(ledger);
    print_message("%zu failures made, %.1f us each\n", mass,
                  (double)(clock_monotonic_us() - start) / (double)mass);
    return 0;
}

static void took(const char *what, int64_t start, int64_t limit_ms)
{
    int64_t us = clock_monotonic_us() - start;
    print_message("%-44s %8.2f ms\n", what, (double)us / 1000.0);
    if (us / 1000 > limit_ms * SLOW)
        fail_msg("%s took %lld ms", what, (long long)us / 1000);
}

static size_t list(struct ledger *ledger, const struct failure_filter *filter, uint64_t offset,
                   struct failure_row **ret_rows)
{
    size_t count;
    arena_reset(&ledger->arena);
    LEDGER_OK(ledger, journal_list_failures(ledger->reader, filter, offset, 50, &ledger->arena,
                                            ret_rows, &count, &ledger->err));
    return count;
}

static void pages_of_every_sort(void **state)
{
    static const char *const names[] = {"last", "first", "attempts", "next", "label"};
    struct ledger *ledger = *state;
    struct failure_row *rows;
    for (int sort = SORT_LAST; sort <= SORT_LABEL; sort++) {
        struct failure_filter filter = ledger_filter();
        char what[64];
        filter.sort = (enum failure_sort)sort;
        int64_t start = clock_monotonic_us();
        assert_int_equal(list(ledger, &filter, 0, &rows), 50);
        snprintf(what, sizeof(what), "first page by %s", names[sort]);
        took(what, start, 100);
        start = clock_monotonic_us();
        assert_int_equal(list(ledger, &filter, mass - 50, &rows), 50);
        snprintf(what, sizeof(what), "last page by %s", names[sort]);
        took(what, start, 400);
    }
}

/* Pages read from the end continue those read from the start, and numbers in labels sort as
 * numbers. */
static void pages_join(void **state)
{
    struct ledger *ledger = *state;
    struct failure_row *rows;
    struct failure_filter filter = ledger_filter();
    filter.sort = SORT_LABEL;
    for (uint64_t offset = mass / 2 - 120; offset < mass / 2 + 120; offset += 50) {
        size_t count = list(ledger, &filter, offset, &rows);
        assert_int_equal(count, 50);
        for (size_t i = 0; i < count; i++) {
            char label[32];
            snprintf(label, sizeof(label), "#%zu", (size_t)offset + i);
            assert_string_equal(rows[i].label, label);
        }
    }
    assert_int_equal(list(ledger, &filter, mass - 7, &rows), 7);
    assert_int_equal(list(ledger, &filter, mass, &rows), 0);
    assert_int_equal(list(ledger, &filter, mass + 99, &rows), 0);
}

static void filtered_pages(void **state)
{
    struct ledger *ledger = *state;
    struct failure_row *rows;
    struct failure_filter filter = ledger_filter();
    filter.states = 1u << FAILURE_DEAD;
    int64_t start = clock_monotonic_us();
    assert_int_equal(list(ledger, &filter, 0, &rows), 50);
    took("state:dead", start, 100);
    assert_int_equal(rows[0].state, FAILURE_DEAD);

    filter.states = 1u << FAILURE_SNOOZED;
    start = clock_monotonic_us();
    assert_int_equal(list(ledger, &filter, 0, &rows), 0);
    took("state:snoozed, none", start, 100);

    filter = ledger_filter();
    list(ledger, &filter, 0, &rows);
    memcpy(filter.fingerprint, rows[0].fingerprint, sizeof(filter.fingerprint));
    start = clock_monotonic_us();
    assert_int_equal(list(ledger, &filter, 0, &rows), 50);
    took("one group", start, 100);
    for (size_t i = 0; i < 50; i++)
        assert_string_equal(rows[i].fingerprint, filter.fingerprint);

    filter = ledger_filter();
    snprintf(filter.text, sizeof(filter.text), "CURRENCY");
    start = clock_monotonic_us();
    assert_int_equal(list(ledger, &filter, 0, &rows), 50);
    took("text that many hold", start, 100);
    snprintf(filter.text, sizeof(filter.text), "id-00000123");
    start = clock_monotonic_us();
    assert_int_equal(list(ledger, &filter, 0, &rows), 1);
    took("text that one holds", start, 1000); /* a walk would take longer */
    assert_string_equal(rows[0].source_id, "id-00000123");
}

/* ---- the language ---- */

static uint64_t total_of(struct ledger *ledger, const char *words)
{
    struct failure_filter filter = search_all();
    struct failure_group *groups;
    uint64_t counted = 0, total = 0, sum = 0;
    size_t found;
    arena_reset(&ledger->arena);
    LEDGER_OK(ledger, search_parse(words, clock_wall_us(), &filter, NULL, &ledger->err));
    LEDGER_OK(ledger, journal_list_groups(ledger->reader, &filter, 100, &ledger->arena, &groups,
                                          &found, &total, &ledger->err));
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, &filter, &counted, &ledger->err));
    for (size_t i = 0; i < found; i++)
        sum += groups[i].count;
    if (counted != total || sum != total)
        fail_msg("%s: %llu counted, %llu in groups, %llu of them all", words,
                 (unsigned long long)counted, (unsigned long long)sum, (unsigned long long)total);
    return total;
}

static uint64_t held_of(size_t count)
{
    return (count + 999) / 1000;
}

static uint64_t skipped_of(size_t count)
{
    uint64_t both = (count + 1000999) / 1001000;
    return (count + 1000) / 1001 - both;
}

static void words_find_what_they_say(void **state)
{
    struct ledger *ledger = *state;
    assert_int_equal(total_of(ledger, ""), mass);
    assert_int_equal(total_of(ledger, "state:held"), held_of(mass));
    assert_int_equal(total_of(ledger, "state:skipped,held"), held_of(mass) + skipped_of(mass));
    assert_int_equal(total_of(ledger, "label:#777"), 1);
    assert_int_equal(total_of(ledger, "label:777,#778,nothing"), 2);
    assert_int_equal(total_of(ledger, "id:id-00000777"), 1);
    assert_int_equal(total_of(ledger, "id:id-00000777 -label:777"), 0);
    assert_int_equal(total_of(ledger, "\"\\\"4711,90\\\"\""), 1);
    assert_int_equal(total_of(ledger, "id-00000777 decimal"), 1);
    assert_int_equal(total_of(ledger, "text:id-00000777,id-00000778,zzzzzz"), 2);
    assert_int_equal(total_of(ledger, "zzzz"), 0);
    assert_int_equal(total_of(ledger, "7 id:id-00000777"), 1); /* too short for the index */
    assert_int_equal(total_of(ledger, "ID-00000777"), 1);      /* either case */
    assert_int_equal(total_of(ledger, "id_00000777"), 0);      /* no wildcard */
    assert_int_equal(total_of(ledger, "note:yes"), 0);
    assert_int_equal(total_of(ledger, "age:>31d"), 0);
    assert_int_equal(total_of(ledger, "total_price") + total_of(ledger, "-total_price"), mass);
    assert_int_equal(total_of(ledger, "field:total"), total_of(ledger, "total_price"));
    assert_int_equal(total_of(ledger, "age:<3d") + total_of(ledger, "-age:<3d"), mass);
    assert_int_equal(total_of(ledger, "source:stripe class:invalid_data stage:transform"),
                     total_of(ledger, "source:stripe"));
}

/* Both ways to a text agree: by the index, and by looking at each. */
static void the_index_finds_no_less(void **state)
{
    struct ledger *ledger = *state;
    static const char *const pairs[][2] = {{"kind a: \\\"1", "kind a: \\\"1"},
                                           {"email of kind b", "l of kind b"}};
    for (size_t i = 0; i < 2; i++) {
        char words[160];
        snprintf(words, sizeof(words), "\"%s\" -text:xy", pairs[i][0]);
        uint64_t indexed = total_of(ledger, words);
        snprintf(words, sizeof(words), "\"%s\"", pairs[i][1]);
        assert_int_equal(indexed, total_of(ledger, words));
    }
}

/* What came since, or changed, is found before and after it is indexed. */
static void new_texts_are_found_at_once(void **state)
{
    struct ledger *ledger = *state;
    struct error error;
    struct settled_change change = ledger_failed("fresh", 1, &error, "a brand new kind of trouble");
    bool more = true;
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
    assert_int_equal(total_of(ledger, "\"brand new\""), 1);
    LEDGER_OK(ledger, journal_index_texts(ledger->journal, 10, &more, &ledger->err));
    assert_false(more);
    assert_int_equal(total_of(ledger, "\"brand new\""), 1);
    change = ledger_failed("fresh", 2, &error, "quite another matter");
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
    assert_int_equal(total_of(ledger, "\"quite another\""), 1);
    assert_int_equal(total_of(ledger, "\"brand new\""), 0);
    LEDGER_OK(ledger, journal_index_texts(ledger->journal, 10, &more, &ledger->err));
    assert_int_equal(total_of(ledger, "\"quite another\""), 1);
    assert_int_equal(total_of(ledger, "\"brand new\""), 0);
    change = ledger_landed("fresh", 3);
    LEDGER_OK(ledger, ledger_settle(ledger, &change, 1));
}

/* ---- budgets ---- */

static void a_budget_ends_what_takes_long(void **state)
{
    struct ledger *ledger = *state;
    struct failure_filter filter = search_all();
    struct failure_group *groups;
    uint64_t total = 0;
    size_t found;
    LEDGER_OK(ledger, search_parse("-zz", 0, &filter, NULL, &ledger->err));
    journal_reader_limit(ledger->reader, 1);
    LEDGER_OK(ledger, journal_list_groups(ledger->reader, &filter, 100, &ledger->arena, &groups,
                                          &found, &total, &ledger->err));
    assert_true(journal_reader_was_cut(ledger->reader));
    assert_true(total < mass);
    journal_reader_limit(ledger->reader, 0);
    LEDGER_OK(ledger, journal_list_groups(ledger->reader, &filter, 100, &ledger->arena, &groups,
                                          &found, &total, &ledger->err));
    assert_false(journal_reader_was_cut(ledger->reader));
    assert_int_equal(total, mass);
    journal_reader_interrupt(ledger->reader);
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, &filter, &total, &ledger->err));
    assert_true(journal_reader_was_cut(ledger->reader));
    journal_reader_limit(ledger->reader, 0);
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, &filter, &total, &ledger->err));
    assert_int_equal(total, mass);
}

static void an_export_goes_past_all_once(void **state)
{
    struct ledger *ledger = *state;
    struct failure_filter filter = search_all();
    struct failure_row *rows;
    size_t count, seen = 0;
    int64_t after = 0, last = 0;
    bool more = true;
    LEDGER_OK(ledger, search_parse("state:held", 0, &filter, NULL, &ledger->err));
    while (more) {
        arena_reset(&ledger->arena);
        LEDGER_OK(ledger, journal_walk_failures(ledger->reader, &filter, &after, 7, &ledger->arena,
                                                &rows, &count, &more, &ledger->err));
        for (size_t i = 0; i < count; i++) {
            assert_true(rows[i].id > last);
            last = rows[i].id;
        }
        seen += count;
    }
    assert_int_equal(seen, held_of(mass));
}

/* ---- plans ---- */

static char *plans;

/* Every statement that the reader runs is explained beside it: none may go through the table of
 * failures but by an index, and none may sort many. */
static int explain(unsigned kind, void *context, void *statement, void *text)
{
    (void)context;
    (void)text;
    if (kind != SQLITE_TRACE_STMT)
        return 0;
    char *sql = sqlite3_expanded_sql(statement);
    size_t len = plans == NULL ? 0 : strlen(plans);
    plans = realloc(plans, len + strlen(sql) + 2);
    snprintf(plans + len, strlen(sql) + 2, "%s\001", sql);
    sqlite3_free(sql);
    return 0;
}

static void plan_is_good(struct sqlite *db, const char *sql, bool many)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct error err = {0};
    bool row = true;
    char *text = memory_format("EXPLAIN QUERY PLAN %s", sql);
    if (!sqlite_prepare(db, text, SQL_NO_VALUES, &statement, &err))
        fail_msg("%s: %s", sql, err.message);
    while (sqlite_step(db, statement, &row, &err) && row) {
        const char *detail = (const char *)sqlite3_column_text(statement, 3);
        bool scans = strncmp(detail, "SCAN f", 6) == 0 && strstr(detail, "USING") == NULL &&
                     strstr(detail, "failure_") == NULL;
        if (scans || (many && strstr(detail, "TEMP B-TREE FOR ORDER BY") != NULL))
            fail_msg("%s: %s", detail, sql);
    }
    free(text);
}

static void no_statement_scans(void **state)
{
    static const struct {
        const char *words;
        bool many; /* so many that sorting them would take long */
    } filters[] = {
        {"", true},
        {"state:dead", true},
        {"source:stripe code:OS-2103", true},
        {"fp:a", false},
        {"age:<10d", true},
        {"decimal", true},
        {"-decimal", true},
        {"field:total_price", true},
        {"label:#777", false},
        {"id:x", false},
        {"note:yes", false},
        {"note:\"x y\"", false},
        {"id-00000123", false},
        {"class:conflict", true},
        {"state:held", false},
    };
    struct ledger *ledger = *state;
    struct sqlite *db = &ledger->reader->db;
    struct failure_row *rows;
    struct failure_group *groups;
    size_t count;
    uint64_t total;
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        for (int sort = SORT_LAST; sort <= SORT_LABEL; sort++) {
            struct failure_filter filter = {.sort = (enum failure_sort)sort};
            int64_t after = 0;
            bool more;
            LEDGER_OK(ledger,
                      search_parse(filters[i].words, clock_wall_us(), &filter, NULL, &ledger->err));
            sqlite3_trace_v2(db->handle, SQLITE_TRACE_STMT, explain, NULL);
            LEDGER_OK(ledger, journal_list_failures(ledger->reader, &filter, 0, 50, &ledger->arena,
                                                    &rows, &count, &ledger->err));
            LEDGER_OK(ledger, journal_list_groups(ledger->reader, &filter, 50, &ledger->arena,
                                                  &groups, &count, NULL, &ledger->err));
            LEDGER_OK(ledger,
                      journal_count_failures(ledger->reader, &filter, &total, &ledger->err));
            LEDGER_OK(ledger,
                      journal_walk_failures(ledger->reader, &filter, &after, 5, &ledger->arena,
                                            &rows, &count, &more, &ledger->err));
            sqlite3_trace_v2(db->handle, 0, NULL, NULL);
            arena_reset(&ledger->arena);
            char *rest = NULL;
            for (char *sql = strtok_r(plans, "\001", &rest); sql != NULL;
                 sql = strtok_r(NULL, "\001", &rest)) {
                bool groups_read = strncmp(sql, "WITH parts", 10) == 0;
                bool few = strstr(sql, "FROM failure_groups g CROSS") != NULL;
                if (strncmp(sql, "SELECT", 6) == 0)
                    plan_is_good(db, sql, filters[i].many && !groups_read && !few);
            }
            free(plans);
            plans = NULL;
        }
    }
}

static void counts_and_groups(void **state)
{
    struct ledger *ledger = *state;
    struct failure_filter filter = ledger_filter();
    struct failure_group *groups;
    uint64_t count = 0, sum = 0, dead = 0;
    size_t found;
    int64_t start = clock_monotonic_us();
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, &filter, &count, &ledger->err));
    took("count", start, 20);
    assert_int_equal(count, mass);
    start = clock_monotonic_us();
    LEDGER_OK(ledger, journal_list_groups(ledger->reader, &filter, 100, &ledger->arena, &groups,
                                          &found, NULL, &ledger->err));
    took("groups", start, 50);
    assert_int_equal(found, 40);
    for (size_t i = 0; i < found; i++) {
        sum += groups[i].count;
        dead += groups[i].dead;
    }
    assert_int_equal(sum, mass);
    assert_true(dead > mass / 8 && dead <= (mass + 6) / 7);
    filter.states = 1u << FAILURE_DEAD;
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, &filter, &count, &ledger->err));
    assert_int_equal(count, dead);
}

static void bulk_command(void **state)
{
    struct ledger *ledger = *state;
    uint64_t changed = 0, refused = 0, count = 0;
    struct failure_filter filter = ledger_filter();
    int64_t start = clock_monotonic_us();
    LEDGER_OK(ledger, ledger_command(ledger, "skip", "{\"state\":\"dead\"}", &changed, &refused));
    took("skip all that are dead", start, 120000);
    assert_true(changed > mass / 8);
    assert_int_equal(refused, 0);
    filter.states = 1u << FAILURE_SKIPPED;
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, &filter, &count, &ledger->err));
    assert_int_equal(count, changed + skipped_of(mass));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_every_sort),
        cmocka_unit_test(pages_join),
        cmocka_unit_test(filtered_pages),
        cmocka_unit_test(counts_and_groups),
        cmocka_unit_test(words_find_what_they_say),
        cmocka_unit_test(the_index_finds_no_less),
        cmocka_unit_test(a_budget_ends_what_takes_long),
        cmocka_unit_test(an_export_goes_past_all_once),
        cmocka_unit_test(no_statement_scans),
        cmocka_unit_test(new_texts_are_found_at_once),
        cmocka_unit_test(bulk_command),
    };
    return cmocka_run_group_tests(tests, setup, ledger_teardown);
}
