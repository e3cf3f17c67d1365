/* Date-time text. */
#include "tests/lib/check.h"

#include "base/clock.h"
#include "base/timestamp.h"

static struct arena arena;

static int free_arena(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void every_offset(void **state)
{
    static const char *const pairs[][2] = {
        {"2024-01-31T10:00:00Z", "2024-01-31 10:00:00+00"},
        {"2024-01-31T10:00:00-05:00", "2024-01-31 15:00:00+00"},
        {"2024-01-31t10:00:00z", "2024-01-31 10:00:00+00"},
        {"2024-01-31 10:00:00.000Z", "2024-01-31 10:00:00+00"},
        {"2024-01-31T10:00:00-00:00", "2024-01-31 10:00:00+00"},
        {"2024-01-31T10:00:00+0530", "2024-01-31 04:30:00+00"},
        {"2024-01-31 10:00:00.5+00", "2024-01-31 10:00:00.5+00"},
        {"2024-01-31T10:00:00.123456789Z", "2024-01-31 10:00:00.123456+00"},
        {"2024-02-29T23:59:59+00:00", "2024-02-29 23:59:59+00"},
        {"1969-12-31T23:59:59.999999Z", "1969-12-31 23:59:59.999999+00"},
        {"0001-01-01T00:00:00Z", "0001-01-01 00:00:00+00"},
        {"9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999+00"},
        {"2016-12-31T23:59:60Z", "2017-01-01 00:00:00+00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        int64_t us;
        enum timestamp_note note;
        if (!timestamp_parse(str_from(pairs[i][0]), &us, &note))
            fail_msg("%s was refused", pairs[i][0]);
        assert_int_equal(note, TIMESTAMP_EXACT);
        assert_str(timestamp_to_sql(us, &arena), pairs[i][1]);
    }
}

static void without_offset_is_utc_and_noted(void **state)
{
    static const char *const texts[] = {"2024-01-31T10:00:00", "2024-01-31 10:00:00.0",
                                        "2024-01-31"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t us;
        enum timestamp_note note;
        assert_true(timestamp_parse(str_from(texts[i]), &us, &note));
        assert_int_equal(note, TIMESTAMP_NO_OFFSET);
        assert_true(us == 1706659200000000 + (i < 2 ? 36000000000 : 0));
    }
}

static void impossible_moments(void **state)
{
    static const char *const bad[] = {"",
                                      "2024-02-30T00:00:00Z",
                                      "2023-02-29",
                                      "2024-13-01",
                                      "2024-00-10",
                                      "2024-01-00",
                                      "2024-04-31T00:00:00Z",
                                      "0000-01-01",
                                      "10000-01-01",
                                      "2024-1-1",
                                      "2024-01-01T24:00:00Z",
                                      "2024-01-01T00:60:00Z",
                                      "2024-01-01T00:00:61Z",
                                      "2024-01-01T00:00Z",
                                      "2024-01-01T00:00:00.Z",
                                      "2024-01-01T00:00:00+24:00",
                                      "2024-01-01T00:00:00+05:60",
                                      "2024-01-01T00:00:00Zx",
                                      "2024-01-01T00:00:00+5",
                                      " 2024-01-01",
                                      "2024-01-01 ",
                                      "2024-01-01T",
                                      "20240101",
                                      "now",
                                      "0001-01-01T00:00:00+01:00",
                                      "9999-12-31T23:59:59-01:00",
                                      "2024-01-01T00:00:00 +00:00"};
    int64_t us = 7;
    enum timestamp_note note;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (timestamp_parse(str_from(bad[i]), &us, &note))
            fail_msg("%s was accepted", bad[i]);
    }
    assert_false(timestamp_parse(STR_NULL, &us, &note));
    assert_false(timestamp_parse((struct str){"2024-01-01\0", 11}, &us, &note));
    assert_int_equal(us, 7);
}

static void rfc3339(void **state)
{
    (void)state;
    assert_str(timestamp_to_rfc3339(0, 0, &arena), "1970-01-01T00:00:00Z");
    assert_str(timestamp_to_rfc3339(1706695200, 120000000, &arena), "2024-01-31T10:00:00.12Z");
    assert_str(timestamp_to_rfc3339(-1, 1, &arena), "1969-12-31T23:59:59.000000001Z");
    assert_null(timestamp_to_rfc3339(INT64_MAX, 0, &arena).data);
}

static void clock_text(void **state)
{
    (void)state;
    assert_str(clock_format_utc(&arena, 1795406167000000), "2026-11-23T03:56:07Z");
    assert_str(clock_format_utc(&arena, -1), "1969-12-31T23:59:59.999999Z");
    assert_str(clock_format_utc(&arena, TIME_NONE), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_offset, free_arena),
        cmocka_unit_test_teardown(without_offset_is_utc_and_noted, free_arena),
        cmocka_unit_test_teardown(impossible_moments, free_arena),
        cmocka_unit_test_teardown(rfc3339, free_arena),
        cmocka_unit_test_teardown(clock_text, free_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
