/* Runs and the checkpoints of their ranges. */
#include <stdio.h>

#include "lib/check.h"
#include "lib/ledger.h"

static void an_unfinished_run_is_found_again(void **state)
{
    struct ledger *ledger = *state;
    char run_id[40] = "";
    bool found;
    ledger_reopen(ledger);
    LEDGER_OK(ledger, journal_run_find(ledger->journal, "backfill", SOURCE_FIRESTORE, &found,
                                       run_id, &ledger->err));
    assert_true(found);
    assert_string_equal(run_id, ledger->run_id);
    LEDGER_OK(ledger, journal_run_find(ledger->journal, "backfill", SOURCE_STRIPE, &found, run_id,
                                       &ledger->err));
    assert_false(found);
    LEDGER_OK(ledger, journal_run_find(ledger->journal, "verify", SOURCE_FIRESTORE, &found, run_id,
                                       &ledger->err));
    assert_false(found);
    struct run_counts counts = {.seen = 9, .created = 8, .failed = 1};
    LEDGER_OK(ledger,
              journal_run_finish(ledger->journal, ledger->run_id, "done", &counts, &ledger->err));
    LEDGER_OK(ledger, journal_run_find(ledger->journal, "backfill", SOURCE_FIRESTORE, &found,
                                       run_id, &ledger->err));
    assert_false(found);
    struct run_row *rows;
    size_t count;
    LEDGER_OK(ledger,
              journal_list_runs(ledger->reader, 9, &ledger->arena, &rows, &count, &ledger->err));
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].result, "done");
    assert_string_equal(rows[0].kind, "backfill");
    assert_int_equal(rows[0].counts.seen, 9);
    assert_int_equal(rows[0].counts.created, 8);
    assert_true(rows[0].finished_us >= rows[0].started_us);
}

static void ranges_keep_open_ends_and_strange_ids(void **state)
{
    struct ledger *ledger = *state;
    char odd[] = "a/b'\"\xc3\xa9\n;", empty[] = "";
    struct range_checkpoint saved[] = {
        {.range = 0, .before = odd},
        {.range = 1, .after = odd, .before = empty, .cursor = odd, .settled = 250},
        {.range = 2, .after = empty, .done = true},
    };
    struct range_checkpoint *loaded;
    size_t count;
    LEDGER_OK(ledger, journal_ranges_save(ledger->journal, ledger->run_id, saved, 3, &ledger->err));
    ledger_reopen(ledger);
    LEDGER_OK(ledger,
              journal_ranges_load(ledger->journal, ledger->run_id, &loaded, &count, &ledger->err));
    assert_int_equal(count, 3);
    assert_null(loaded[0].after);
    assert_string_equal(loaded[0].before, odd);
    assert_null(loaded[0].cursor);
    assert_string_equal(loaded[1].cursor, odd);
    assert_string_equal(loaded[1].before, "");
    assert_int_equal(loaded[1].settled, 250);
    assert_false(loaded[1].done);
    assert_true(loaded[2].done);
    range_checkpoint_free(loaded, count);
}

static void void_checkpoints_stay_void(void **state)
{
    struct ledger *ledger = *state;
    char cursor[] = "M";
    struct range_checkpoint range = {.range = 0}, *loaded;
    size_t count;
    int64_t seq;
    struct settlement late = {
        .run_id = ledger->run_id, .ranges = &range, .range_count = 1, .writer = 0, .fence_seq = 4};
    LEDGER_OK(ledger,
              journal_ranges_save(ledger->journal, ledger->run_id, &range, 1, &ledger->err));
    LEDGER_OK(ledger, journal_settle(ledger->journal, &late, 1, 3, &ledger->err));
    LEDGER_OK(ledger, journal_void_checkpoints(ledger->journal, "fence behind", &ledger->err));
    LEDGER_OK(ledger, journal_fence(ledger->journal, 0, &seq, &ledger->err));
    assert_int_equal(seq, 0);
    range.cursor = cursor; /* a batch that was under way does not bring the checkpoint back */
    LEDGER_OK(ledger, journal_settle(ledger->journal, &late, 1, 3, &ledger->err));
    LEDGER_OK(ledger,
              journal_ranges_load(ledger->journal, ledger->run_id, &loaded, &count, &ledger->err));
    assert_int_equal(count, 0);
    range_checkpoint_free(loaded, count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ledger_setup, ledger_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unfinished_run_is_found_again),
        TEST(ranges_keep_open_ends_and_strange_ids),
        TEST(void_checkpoints_stay_void),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
