/* Verification: what counts as a difference; when the scheduled one runs; the journal's rows. */
#include "tests/lib/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "engine/repair.h"
#include "engine/verifier.h"
#include "engine/verify_inside.h"
#include "source/read_budget.h"
#include "tests/lib/ledger.h"

#define NOW 1000
#define HOUR 3600000000LL

static struct verify_document present(int64_t version, const char *digest)
{
    struct verify_document document = {
        .id = STR("1"), .present = true, .readable = true, .version = version};
    STR_FILL(document.digest, digest);
    return document;
}

static struct stored_version stored(bool live, int64_t version, const char *digest)
{
    return (struct stored_version){
        .known = true, .live = live, .version = version, .digest = str_from(digest)};
}

static const struct verify_document absent = {.id = {"1", 1}, .version = TIME_NONE};
static const struct stored_version unknown = {.known = false};

static int class_of(struct verify_document document, struct stored_version there)
{
    enum verify_class class = VERIFY_CLASS_COUNT;
    return verify_differ(&document, &there, NOW, &class) ? (int)class : -1;
}

static void test_differences(void **state)
{
    (void)state;
    assert_int_equal(class_of(present(10, ""), unknown), VERIFY_MISSING);
    assert_int_equal(class_of(present(10, ""), stored(false, 20, "")), VERIFY_MISSING);
    assert_int_equal(class_of(present(10, ""), stored(true, 9, "a")), VERIFY_STALE);
    assert_int_equal(class_of(present(10, ""), stored(true, 11, "a")), VERIFY_DIFFERENT);
    assert_int_equal(class_of(present(10, "b"), stored(true, 10, "a")), VERIFY_DIFFERENT);
    assert_int_equal(class_of(absent, stored(true, 10, "a")), VERIFY_EXTRA);
}

static void test_no_differences(void **state)
{
    (void)state;
    assert_int_equal(class_of(present(10, ""), stored(true, 10, "a")), -1);
    assert_int_equal(class_of(present(10, "a"), stored(true, 10, "a")), -1);
    assert_int_equal(class_of(absent, unknown), -1);
    assert_int_equal(class_of(absent, stored(false, 10, "")), -1);
    /* The target was read later and may know better. */
    assert_int_equal(class_of(present(10, ""), stored(true, NOW + 1, "a")), -1);
    assert_int_equal(class_of(present(10, ""), stored(false, NOW + 1, "")), -1);
    assert_int_equal(class_of(absent, stored(true, NOW + 1, "a")), -1);
}

/* Bytes that cannot be decoded have no version to compare by. */
static void test_unreadable(void **state)
{
    (void)state;
    struct verify_document broken = {.id = STR("1"), .present = true, .version = TIME_NONE};
    assert_int_equal(class_of(broken, unknown), VERIFY_MISSING);
    assert_int_equal(class_of(broken, stored(true, 10, "a")), VERIFY_DIFFERENT);
}

/* ---- the clock ---- */

static void test_schedule_words(void **state)
{
    static const char *const bad[] = {"",       "3",     "3:5",   "24:00", "03:60", "03:30x",
                                      " 03:30", "-1:30", "03:-1", "0330",  "never"};
    struct error err;
    int minute;
    (void)state;
    assert_true(verifier_parse("03:30", &minute, &err));
    assert_int_equal(minute, 210);
    assert_true(verifier_parse("0:00", &minute, &err));
    assert_int_equal(minute, 0);
    assert_true(verifier_parse("23:59", &minute, &err));
    assert_int_equal(minute, 1439);
    assert_true(verifier_parse("off", &minute, &err));
    assert_int_equal(minute, -1);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        minute = 7;
        if (verifier_parse(bad[i], &minute, &err))
            fail_msg("\"%s\" is taken for a time of day", bad[i]);
        assert_int_equal(err.id, ERROR_SETTING_INVALID);
        assert_int_equal(minute, 7);
    }
}

static int64_t utc(int day, int hour, int minute)
{
    struct tm moment = {
        .tm_year = 126, .tm_mon = 2, .tm_mday = day, .tm_hour = hour, .tm_min = minute};
    return (int64_t)timegm(&moment) * 1000000;
}

static void test_next_moment(void **state)
{
    (void)state;
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* clocks go forward on 2026-03-29 at 02:00 */
    tzset();
    assert_int_equal(verifier_next(utc(10, 1, 0), 210), utc(10, 2, 30));
    assert_int_equal(verifier_next(utc(10, 2, 30), 210), utc(11, 2, 30)); /* not twice */
    assert_int_equal(verifier_next(utc(10, 22, 59), 0), utc(10, 23, 0));
    assert_int_equal(verifier_next(utc(28, 12, 0), 210), utc(29, 1, 30)); /* summer time */
    int64_t skipped = verifier_next(utc(28, 12, 0), 150); /* 02:30 is not on that day's clock */
    assert_true(skipped >= utc(29, 0, 30) && skipped <= utc(29, 1, 30));
    unsetenv("TZ");
    tzset();
}

/* ---- rows ---- */

static void test_rows(void **state)
{
    struct ledger *ledger = *state;
    struct verification last = {.result = "x"};
    struct engine_status status;
    bool found = true;
    LEDGER_OK(ledger, journal_verification_last(ledger->reader, SOURCE_FIRESTORE, &found, &last,
                                                &ledger->err));
    assert_false(found);
    LEDGER_OK(ledger, journal_read_status(ledger->reader, &status, &ledger->err));
    assert_int_equal(status.sources[SOURCE_FIRESTORE].verified_us, TIME_NONE);
    struct verification row = {.source = SOURCE_FIRESTORE,
                               .started_us = HOUR,
                               .finished_us = 2 * HOUR,
                               .deep = true,
                               .documents = 100,
                               .counts = {1, 2, 3, 4, 5, 6, 7},
                               .newer = 8,
                               .repaired = 9,
                               .operator_name = "kim",
                               .result = "done"};
    LEDGER_OK(ledger, journal_verification_add(ledger->journal, &row, &ledger->err));
    struct verification failed = {
        .started_us = HOUR, .finished_us = 3 * HOUR, .result = "failed", .message = "no source"};
    LEDGER_OK(ledger, journal_verification_last(ledger->reader, SOURCE_FIRESTORE, &found, &last,
                                                &ledger->err));
    assert_true(found);
    assert_memory_equal(last.counts, row.counts, sizeof(row.counts));
    assert_int_equal(last.documents + last.newer + last.repaired, 117);
    assert_true(last.deep && !last.scheduled);
    assert_int_equal(verification_differences(&last), 10);
    LEDGER_OK(ledger, journal_verification_add(ledger->journal, &failed, &ledger->err));
    LEDGER_OK(ledger, journal_read_status(ledger->reader, &status, &ledger->err));
    const struct source_status *source = &status.sources[SOURCE_FIRESTORE];
    assert_int_equal(source->verified_us, 2 * HOUR); /* the one that ran through */
    assert_int_equal(source->verified_differences, 10);
    assert_int_equal(source->verified_documents, 100);
    LEDGER_OK(ledger, journal_verification_last(ledger->reader, SOURCE_FIRESTORE, &found, &last,
                                                &ledger->err));
    assert_string_equal(last.message, "no source");
}

static void test_repair_commands(void **state)
{
    struct ledger *ledger = *state;
    struct repair repair = {.reason = "test", .view = 5000};
    int64_t commands[REPAIR_COMMANDS_MAX];
    size_t count = 0;
    char id[32];
    for (int i = 0; i < REPAIR_MAX + 5; i++) {
        snprintf(id, sizeof(id), "a\"%d", i);
        repair_add(&repair, i % 50 == 0 ? VERIFY_EXTRA : VERIFY_STALE, id);
    }
    assert_int_equal(repair_count(&repair), REPAIR_MAX);
    LEDGER_OK(ledger, repair_send(&repair, ledger->reader, commands, &count, &ledger->err));
    assert_int_equal(count, 98 + 2);
    struct command_row row;
    LEDGER_OK(ledger, journal_read_command(ledger->reader, commands[99], &row, &ledger->err));
    assert_string_equal(row.kind, "pull");
    assert_int_equal(strncmp(row.arguments,
                             "{\"source\":\"firestore\",\"repair\":true,\"absences\":200,"
                             "\"view\":5000,\"source_ids\":[\"a\\\"5000\",",
                             80),
                     0);
    repair_free(&repair);
}

/* Each try costs reads: with the day's used up there is none before the next day. */
static void test_wait(void **state)
{
    struct read_budget budget = {.limit = 10};
    struct error err = {.id = ERROR_SOURCE_UNAVAILABLE};
    int64_t now_us = 20000LL * 24 * HOUR + 11 * HOUR;
    (void)state;
    assert_int_equal(verifier_wait_us(&err), HOUR / 6);
    read_budget_add(&budget, 10, now_us);
    assert_false(read_budget_check(&budget, now_us, &err));
    assert_int_equal(verifier_wait_us(&err), 21 * HOUR); /* until 08:00 UTC */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, ledger_setup, ledger_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_no_differences),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_schedule_words),
        cmocka_unit_test(test_next_moment),
        cmocka_unit_test(test_wait),
        TEST(test_rows),
        TEST(test_repair_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
