/* Faults: specifications, which requests they hit, the control file. */
#include "lib/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "sim/fault.h"

/* The requests (of `count`) that get a fault, as "..x..". */
static void pattern(struct fault_set *set, const char *method, size_t count, char *ret_text)
{
    for (size_t i = 0; i < count; i++)
        ret_text[i] = fault_next(set, method).kind == FAULT_NONE ? '.' : 'x';
    ret_text[count] = '\0';
}

static struct fault_set *set_of(const char *spec)
{
    struct fault_set *set = fault_set_new(1, NULL, FAULT_OF_FIRESTORE);
    struct error err = {0};
    if (!fault_add(set, spec, &err))
        fail_msg("%s", err.message);
    return set;
}

static void test_which_requests(void **state)
{
    static const struct {
        const char *spec, *expected;
    } cases[] = {
        {"unavailable", "xxxxxxxxxx"},
        {"unavailable:every=3", "..x..x..x."},
        {"exhausted:after=4,count=3", "....xxx..."},
        {"cut:after=2,every=4", ".....x...x"},
        {"stale:count=1", "x........."},
        {"internal:method=Commit", ".........."},
        {"internal:method=RunQuery,every=5", "....x....x"},
    };
    char text[16];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fault_set *set = set_of(cases[i].spec);
        pattern(set, "RunQuery", 10, text);
        assert_string_equal(text, cases[i].expected);
        fault_set_free(set);
    }
}

static void test_percent_repeats(void **state)
{
    char a[401], b[401];
    size_t hits = 0;
    struct fault_set *x = set_of("unavailable:percent=25"), *y = set_of("unavailable:percent=25");
    (void)state;
    pattern(x, "RunQuery", 400, a);
    pattern(y, "RunQuery", 400, b);
    assert_string_equal(a, b);
    for (size_t i = 0; i < 400; i++)
        hits += a[i] == 'x';
    assert_in_range(hits, 60, 140);
    fault_set_free(x);
    fault_set_free(y);
}

static void test_effects(void **state)
{
    struct fault_set *set = set_of("slow:delay_ms=50");
    (void)state;
    struct fault_effect effect = fault_next(set, "RunQuery");
    assert_int_equal(effect.kind, FAULT_SLOW);
    assert_int_equal(effect.delay_us, 50000);
    fault_set_free(set);
    set = set_of("cut:reset=1");
    assert_true(fault_next(set, "RunQuery").reset);
    fault_set_free(set);
    set = set_of("remove:messages=3,bytes=4,ms=5,current=1,code=6,fewer=7");
    effect = fault_next(set, "Listen");
    assert_int_equal(effect.messages, 3);
    assert_int_equal(effect.bytes, 4);
    assert_int_equal(effect.after_us, 5000);
    assert_true(effect.current && !effect.now);
    assert_int_equal(effect.code, 6);
    assert_int_equal(effect.more, -7);
    assert_true(fault_strikes(effect.kind) && fault_waits(&effect));
    fault_set_free(set);
    set = set_of("duplicate");
    effect = fault_next(set, "Listen");
    assert_false(fault_strikes(effect.kind) || fault_waits(&effect));
    fault_set_free(set);
    set = set_of("stall");
    assert_true(fault_next(set, "RunQuery").delay_us >= 60000000);
    fault_set_free(set);
    assert_int_equal(fault_next(NULL, "RunQuery").kind, FAULT_NONE);
}

static void test_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "nothing",
                                      "cut:",
                                      "cut:every",
                                      "cut:every=",
                                      "cut:every=x",
                                      "cut:every=-1",
                                      "cut:every=1,",
                                      "cut every=1",
                                      "cut:often=1",
                                      "cut:every=1x"};
    struct fault_set *set = fault_set_new(1, NULL, FAULT_OF_FIRESTORE);
    struct error err;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (fault_add(set, bad[i], &err))
            fail_msg("\"%s\" accepted", bad[i]);
        assert_int_equal(err.id, ERROR_USAGE);
    }
    for (int i = 0; i < FAULT_MAX_RULES; i++)
        assert_true(fault_add(set, "cut", &err));
    assert_false(fault_add(set, "cut", &err));
    fault_set_free(set);
}

static void test_sides(void **state)
{
    static const struct {
        const char *spec;
        bool firestore, rest;
    } cases[] = {
        {"unavailable", true, true},    {"latency:delay_ms=1", true, true}, {"stale", true, false},
        {"goaway", true, false},        {"duplicate", true, false},         {"html", false, true},
        {"arrive:more=2", false, true},
    };
    struct error err;
    (void)state;
    struct fault_set *firestore = fault_set_new(1, NULL, FAULT_OF_FIRESTORE);
    struct fault_set *rest = fault_set_new(1, NULL, FAULT_OF_REST);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(fault_add(firestore, cases[i].spec, &err), cases[i].firestore);
        assert_int_equal(fault_add(rest, cases[i].spec, &err), cases[i].rest);
    }
    fault_set_free(firestore);
    fault_set_free(rest);
    rest = fault_set_new(1, NULL, FAULT_OF_REST);
    assert_true(fault_add(rest, "exhausted:retry_after=7,reason=global-rate", &err));
    struct fault_effect effect = fault_next(rest, "sessions");
    assert_int_equal(effect.retry_after, 7);
    assert_string_equal(effect.text, "global-rate");
    fault_set_free(rest);
}

static void control_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_control_file(void **state)
{
    char path[] = "/tmp/ordersync-fault-XXXXXX";
    char text[8];
    struct error err;
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct fault_set *set = fault_set_new(1, path, FAULT_OF_FIRESTORE);
    assert_true(fault_add(set, "cut:method=Commit", &err));
    pattern(set, "RunQuery", 3, text);
    assert_string_equal(text, "...");
    control_write(path, "# a comment\n\nunavailable:every=2\nnonsense\n");
    pattern(set, "RunQuery", 4, text);
    assert_string_equal(text, ".x.x");
    assert_int_equal(fault_next(set, "Commit").kind,
                     FAULT_CUT); /* those of the command line stay */
    control_write(path, "");
    pattern(set, "RunQuery", 3, text);
    assert_string_equal(text, "...");
    control_write(path, "stale\n");
    assert_int_equal(fault_next(set, "RunQuery").kind, FAULT_STALE);
    unlink(path);
    pattern(set, "RunQuery", 3, text);
    assert_string_equal(text, "...");
    fault_set_free(set);
}

/* Collects "place line;" of each call. */
static void note_command(void *context, size_t place, const char *line)
{
    char *notes = context;
    size_t len = strlen(notes);
    snprintf(notes + len, 256 - len, "%zu %s;", place, line == NULL ? "end" : line);
}

static void test_commands(void **state)
{
    char path[] = "/tmp/ordersync-fault-XXXXXX";
    char notes[256] = "";
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct fault_set *set = fault_set_new(1, path, FAULT_OF_FIRESTORE);
    fault_set_commands(set, note_command, notes);
    control_write(path, "# no\nnow cut\nunavailable\n\ndump a b\n");
    fault_poll(set);
    assert_string_equal(notes, "0 now cut;1 dump a b;2 end;");
    fault_poll(set); /* unchanged: not read again */
    assert_string_equal(notes, "0 now cut;1 dump a b;2 end;");
    assert_int_equal(fault_next(set, "RunQuery").kind, FAULT_UNAVAILABLE);
    notes[0] = '\0';
    control_write(path, "");
    fault_poll(set);
    assert_string_equal(notes, "0 end;");
    unlink(path);
    fault_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_requests), cmocka_unit_test(test_percent_repeats),
        cmocka_unit_test(test_effects),        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_sides),          cmocka_unit_test(test_control_file),
        cmocka_unit_test(test_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
