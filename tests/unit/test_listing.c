/* Lists, groups and counts at 200,000 failures (MASS=1000000 for more): right, and quick. */
#include <stdio.h>

#include "base/clock.h"
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
    mass = wanted == NULL ? 200000 / SLOW : strtoul(wanted, NULL, 10);
    ledger_setup(state);
    int64_t start = clock_monotonic_us();
    mass_fail(*state, mass);
    print_message("%zu failures settled, %.1f us each\n", mass,
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

    filter.states = 1u << FAILURE_HELD;
    start = clock_monotonic_us();
    assert_int_equal(list(ledger, &filter, 0, &rows), 0);
    took("state:held, none", start, 100);

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
    took("text that one holds", start, (int64_t)mass / 100); /* reads them all */
    assert_string_equal(rows[0].source_id, "id-00000123");
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
                                          &found, &ledger->err));
    took("groups", start, 50);
    assert_int_equal(found, 40);
    for (size_t i = 0; i < found; i++) {
        sum += groups[i].count;
        dead += groups[i].dead;
    }
    assert_int_equal(sum, mass);
    assert_int_equal(dead, (mass + 6) / 7);
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
    assert_int_equal(changed, (mass + 6) / 7);
    assert_int_equal(refused, 0);
    filter.states = 1u << FAILURE_SKIPPED;
    LEDGER_OK(ledger, journal_count_failures(ledger->reader, &filter, &count, &ledger->err));
    assert_int_equal(count, changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_every_sort), cmocka_unit_test(pages_join),
        cmocka_unit_test(filtered_pages),      cmocka_unit_test(counts_and_groups),
        cmocka_unit_test(bulk_command),
    };
    return cmocka_run_group_tests(tests, setup, ledger_teardown);
}
