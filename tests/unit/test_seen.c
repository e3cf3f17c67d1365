/* The scratch file of a listing: what is absent, whatever the order of telling; kept or not. */
#include "journal/seen.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/check.h"
#include "lib/ledger.h"

static struct seen *open_seen(struct ledger *ledger, const char *tag)
{
    struct seen *seen = NULL;
    LEDGER_OK(ledger, seen_open(ledger->state_dir, "test", tag, &seen, &ledger->err));
    return seen;
}

static void add(struct ledger *ledger, struct seen *seen, const char *id)
{
    LEDGER_OK(ledger, seen_add(seen, str_from(id), &ledger->err));
}

static void assert_absent(struct ledger *ledger, struct seen *seen, const char *expected)
{
    struct str *ids = NULL;
    size_t count = 0;
    char text[256] = "";
    LEDGER_OK(ledger, seen_absent(seen, STR_NULL, 100, &ledger->arena, &ids, &count, &ledger->err));
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%.*s", i == 0 ? "" : " ",
                 STR_ARG(ids[i]));
    assert_string_equal(text, expected);
}

static uint64_t compare(struct ledger *ledger, struct seen *seen, const char *const *ids,
                        size_t count)
{
    uint64_t absent = 0;
    LEDGER_OK(ledger, seen_compare_begin(seen, &ledger->err));
    for (size_t i = 0; i < count; i++)
        LEDGER_OK(ledger, seen_compare(seen, str_from(ids[i]), &ledger->err));
    LEDGER_OK(ledger, seen_compare_end(seen, &absent, &ledger->err));
    return absent;
}

/* Byte order: capitals, then small ones, then what is not ASCII. */
static void absent_ones(void **state)
{
    static const char *const target[] = {"A", "B", "a", "b", "\xc3\xa9", "\xe6\x97\xa5"};
    struct ledger *ledger = *state;
    struct seen *seen = open_seen(ledger, NULL);
    add(ledger, seen, "\xc3\xa9");
    add(ledger, seen, "b");
    add(ledger, seen, "A");
    add(ledger, seen, "zz");
    add(ledger, seen, "b");
    assert_int_equal(compare(ledger, seen, target, 6), 3);
    assert_absent(ledger, seen, "B a \xe6\x97\xa5");
    LEDGER_OK(ledger, seen_absent_drop(seen, STR("a"), &ledger->err));
    assert_absent(ledger, seen, "B \xe6\x97\xa5");
    assert_int_equal(compare(ledger, seen, target, 2), 1); /* afresh */
    assert_absent(ledger, seen, "B");
    seen_close(seen, true);
}

/* Failures come in the order of the journal. */
static void besides_the_target(void **state)
{
    struct ledger *ledger = *state;
    struct seen *seen = open_seen(ledger, NULL);
    uint64_t absent = 0;
    add(ledger, seen, "b");
    add(ledger, seen, "d");
    LEDGER_OK(ledger, seen_compare_begin(seen, &ledger->err));
    LEDGER_OK(ledger, seen_compare(seen, STR("c"), &ledger->err));
    LEDGER_OK(ledger, seen_compare_besides(seen, STR("z"), &ledger->err));
    LEDGER_OK(ledger, seen_compare_besides(seen, STR("d"), &ledger->err));
    LEDGER_OK(ledger, seen_compare_besides(seen, STR("a"), &ledger->err));
    LEDGER_OK(ledger, seen_compare_end(seen, &absent, &ledger->err));
    assert_int_equal(absent, 3);
    assert_absent(ledger, seen, "a c z");
    seen_close(seen, true);
}

/* More than a page of either side, told backwards; every third is missing. */
static void large_ones(void **state)
{
    struct ledger *ledger = *state;
    struct seen *seen = open_seen(ledger, NULL);
    char id[32];
    uint64_t absent = 0;
    for (int i = 9999; i >= 0; i--) {
        snprintf(id, sizeof(id), "order-%06d", i);
        if (i % 3 != 0)
            add(ledger, seen, id);
    }
    LEDGER_OK(ledger, seen_compare_begin(seen, &ledger->err));
    for (int i = 0; i < 10000; i++) {
        snprintf(id, sizeof(id), "order-%06d", i);
        LEDGER_OK(ledger, seen_compare(seen, str_from(id), &ledger->err));
    }
    LEDGER_OK(ledger, seen_compare_end(seen, &absent, &ledger->err));
    assert_int_equal(absent, 3334);
    seen_close(seen, true);
}

static void kept_under_its_tag(void **state)
{
    static const char *const target[] = {"a", "b"};
    struct ledger *ledger = *state;
    struct seen *seen = open_seen(ledger, "run 1");
    add(ledger, seen, "a");
    LEDGER_OK(ledger, seen_flush(seen, &ledger->err));
    seen_close(seen, false);
    seen = open_seen(ledger, "run 1");
    assert_int_equal(compare(ledger, seen, target, 2), 1);
    assert_absent(ledger, seen, "b");
    seen_close(seen, false);
    seen = open_seen(ledger, "run 2");
    assert_int_equal(compare(ledger, seen, target, 2), 2);
    seen_close(seen, false);
}

/* Whatever lies in its place: it begins anew. */
static void a_damaged_file_is_made_anew(void **state)
{
    static const char *const target[] = {"a"};
    struct ledger *ledger = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/seen-test.db", ledger->state_dir);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs("this is no database at all, and long enough to be looked at as one", file);
    fclose(file);
    struct seen *seen = open_seen(ledger, "run 1");
    assert_int_equal(compare(ledger, seen, target, 1), 1);
    seen_close(seen, true);
    assert_int_not_equal(access(path, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(absent_ones, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(besides_the_target, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(large_ones, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(kept_under_its_tag, ledger_setup, ledger_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_file_is_made_anew, ledger_setup, ledger_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
