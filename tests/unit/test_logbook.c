/* The newest log lines, kept in the journal. */
#include <stdio.h>

#include "journal/logbook.h"
#include "lib/check.h"
#include "lib/ledger.h"

static struct log_entry line(unsigned number)
{
    struct log_entry entry = {.sequence = 999, /* the ring's number is not the journal's */
                              .at_us = 1000 + number,
                              .level = (enum log_level)(number % 4)};
    snprintf(entry.message, sizeof(entry.message), "line %u", number);
    return entry;
}

static void keep(struct ledger *ledger, unsigned from, unsigned count)
{
    struct log_entry *entries = memory_zero(count, sizeof(*entries));
    for (unsigned i = 0; i < count; i++)
        entries[i] = line(from + i);
    LEDGER_OK(ledger, journal_keep_log(ledger->journal, entries, count, &ledger->err));
    free(entries);
}

static size_t lines(struct ledger *ledger, uint64_t after, size_t max,
                    struct log_entry **ret_entries)
{
    size_t count;
    LEDGER_OK(ledger, journal_read_log(ledger->reader, after, max, &ledger->arena, ret_entries,
                                       &count, &ledger->err));
    return count;
}

static void lines_come_back_in_order(void **state)
{
    struct ledger *ledger = *state;
    struct log_entry *entries;
    struct log_entry full = line(1);
    STR_FILL(full.component, "apply");
    STR_FILL(full.code, "OS-2103");
    STR_FILL(full.source, "firestore");
    STR_FILL(full.order, "5123");
    assert_int_equal(lines(ledger, 0, 10, &entries), 0);
    LEDGER_OK(ledger, journal_keep_log(ledger->journal, &full, 1, &ledger->err));
    keep(ledger, 2, 3);
    assert_int_equal(lines(ledger, 0, 10, &entries), 4);
    assert_string_equal(entries[0].component, "apply");
    assert_string_equal(entries[0].code, "OS-2103");
    assert_string_equal(entries[0].source, "firestore");
    assert_string_equal(entries[0].order, "5123");
    for (unsigned i = 0; i < 4; i++) {
        char wanted[32];
        snprintf(wanted, sizeof(wanted), "line %u", i + 1);
        assert_string_equal(entries[i].message, wanted);
        assert_int_equal(entries[i].level, (i + 1) % 4);
        assert_int_equal(entries[i].at_us, 1001 + i);
        assert_int_equal(entries[i].sequence, i + 1);
    }
}

static void reading_goes_on_behind_a_number(void **state)
{
    struct ledger *ledger = *state;
    struct log_entry *entries;
    keep(ledger, 1, 5);
    assert_int_equal(lines(ledger, 0, 2, &entries), 2);
    uint64_t last = entries[1].sequence;
    assert_int_equal(lines(ledger, last, 2, &entries), 2);
    assert_string_equal(entries[0].message, "line 3");
    assert_int_equal(lines(ledger, entries[1].sequence, 2, &entries), 1);
    assert_string_equal(entries[0].message, "line 5");
    assert_int_equal(lines(ledger, entries[0].sequence, 2, &entries), 0);
    keep(ledger, 6, 1);
    assert_int_equal(lines(ledger, last + 3, 2, &entries), 1);
    assert_string_equal(entries[0].message, "line 6");
}

static void the_oldest_give_way(void **state)
{
    struct ledger *ledger = *state;
    struct log_entry *entries;
    keep(ledger, 1, LOGBOOK_LINES);
    keep(ledger, LOGBOOK_LINES + 1, 10);
    size_t count = lines(ledger, 0, 2 * LOGBOOK_LINES, &entries);
    assert_int_equal(count, LOGBOOK_LINES);
    assert_string_equal(entries[0].message, "line 11");
    assert_int_equal(entries[count - 1].sequence, LOGBOOK_LINES + 10);
    /* Whoever stopped reading long ago goes on at the oldest that is left. */
    assert_int_equal(lines(ledger, 3, 1, &entries), 1);
    assert_string_equal(entries[0].message, "line 11");
}

static void a_restart_goes_on_counting(void **state)
{
    struct ledger *ledger = *state;
    struct log_entry *entries;
    keep(ledger, 1, 3);
    ledger_reopen(ledger);
    keep(ledger, 4, 1);
    assert_int_equal(lines(ledger, 3, 10, &entries), 1);
    assert_int_equal(entries[0].sequence, 4);
    assert_string_equal(entries[0].message, "line 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_come_back_in_order, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(reading_goes_on_behind_a_number, ledger_setup,
                                        ledger_teardown),
        cmocka_unit_test_setup_teardown(the_oldest_give_way, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(a_restart_goes_on_counting, ledger_setup, ledger_teardown),
    };
    return cmocka_run_group_tests_name("logbook", tests, NULL, NULL);
}
