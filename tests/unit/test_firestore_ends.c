/* Each way a Listen stream ends, and when it is opened again: cuts, statuses, removed targets, and
 * the timers that end a stream from our side. The server's every move is the test's. */
#include "lib/check.h"

#include "base/clock.h"
#include "lib/listening.h"
#include "source/listen_state.h"

#define SECOND INT64_C(1000000)

/* ---- ends ---- */

static void test_cuts(void **state)
{
    static void (*const cuts[])(struct puppet_stream * stream) = {puppet_hang_up, puppet_go_away,
                                                                  puppet_break};
    (void)state;
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct buffer frame = {.max = 1u << 20};
        struct listening l;
        listening_begin(&l, NULL, NULL);
        struct puppet_stream *s = listening_stream(&l, 0);
        says_begin(s, "t1", 20);
        listening_expect(&l, "OPENED nothing; SNAPSHOT 20 t1; ");
        says_document_bytes("a", 5000, &frame);
        puppet_send(s, frame.data, frame.len / 2);
        listening_run(&l, SECOND / 20);
        cuts[i](s);
        listening_expect(&l, "LOST OS-3001; ");
        assert_true(l.retry_in_us <= SECOND / 4);
        s = listening_stream(&l, 1);
        assert_string_equal(listening_asked(s), "token t1");
        assert_int_equal(s->connection, 1);
        buffer_free(&frame);
        listening_end(&l);
    }
}

static void test_statuses(void **state)
{
    static const struct {
        const char *status;
        const char *said;
    } expected[] = {
        {"1", "LOST OS-3001; "},    {"2", "LOST OS-3001; "},   {"3", "FAILED OS-3007; "},
        {"4", "LOST OS-3002; "},    {"5", "FAILED OS-3006; "}, {"7", "FAILED OS-3005; "},
        {"8", "LOST OS-3003; "},    {"9", "FAILED OS-3007; "}, {"10", "LOST OS-3001; "},
        {"12", "FAILED OS-3007; "}, {"13", "LOST OS-3001; "},  {"14", "LOST OS-3001; "},
        {"16", "LOST OS-3004; "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        struct listening l;
        listening_begin(&l, NULL, NULL);
        puppet_end(listening_stream(&l, 0), expected[i].status, "why");
        listening_expect(&l, expected[i].said);
        if (strcmp(expected[i].status, "8") == 0)
            assert_in_range(l.retry_in_us, 29 * SECOND, 91 * SECOND);
        else
            assert_true(l.retry_in_us <= SECOND / 4);
        listening_end(&l);
    }
}

/* At once, then slower; a token shows that the server took us, and the first retry is at once
 * again. */
static void test_backoff(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, NULL);
    puppet_end(listening_stream(&l, 0), "14", "");
    listening_expect(&l, "LOST OS-3001; ");
    assert_true(l.retry_in_us <= SECOND / 4);
    puppet_end(listening_stream(&l, 1), "14", "");
    listening_expect(&l, "LOST OS-3001; ");
    assert_in_range(l.retry_in_us, SECOND / 2, SECOND * 3 / 2);
    says_target(listening_stream(&l, 2), SAYS_ADD, LISTENING_TARGET, "t", 0, 0);
    listening_expect(&l, "OPENED nothing; ");
    puppet_end(listening_stream(&l, 2), "14", "");
    listening_expect(&l, "LOST OS-3001; ");
    assert_true(l.retry_in_us <= SECOND / 4);
    listening_end(&l);
}

static void test_refused_connection(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, LISTENING_FROM_TOKEN("kept"));
    puppet_accept(l.puppet, false);
    listening_expect(&l, "LOST OS-3001; ");
    puppet_accept(l.puppet, true);
    struct puppet_stream *s = listening_stream(&l, 0);
    assert_string_equal(listening_asked(s), "token kept");
    says_begin(s, "t", 5);
    listening_expect(&l, "OPENED token; SNAPSHOT 5 t; ");
    listening_end(&l);
}

static void test_remove(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    says_begin(s, "t1", 5);
    says_target(s, SAYS_REMOVE, 9, NULL, 0, 7); /* another target's */
    says_target(s, SAYS_REMOVE, LISTENING_TARGET, NULL, 0, 0);
    listening_expect(&l, "OPENED nothing; SNAPSHOT 5 t1; LOST OS-3001; ");
    s = listening_stream(&l, 1);
    assert_string_equal(listening_asked(s), "token t1");
    says_begin(s, "t2", 6);
    says_target(s, SAYS_REMOVE, LISTENING_TARGET, NULL, 0, 7);
    listening_expect(&l, "OPENED token; SNAPSHOT 6 t2; FAILED OS-3005; ");
    assert_non_null(strstr(l.error.message, "the cause"));
    listening_run(&l, SECOND / 2);
    assert_int_equal(puppet_count(l.puppet), 2);
    listening_end(&l);
}

/* A position the server cannot catch up from: tried once more, then given back to be skipped. */
static void test_removed_before_current(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, LISTENING_FROM_TOKEN("ancient"));
    for (size_t i = 0; i < 2; i++) {
        struct puppet_stream *s = listening_stream(&l, i);
        assert_string_equal(listening_asked(s), "token ancient");
        says_target(s, SAYS_ADD, LISTENING_TARGET, NULL, 0, 0);
        says_target(s, SAYS_REMOVE, LISTENING_TARGET, NULL, 0, 10);
        listening_expect(&l, i == 0 ? "OPENED token; LOST OS-3001; "
                                    : "OPENED token; FAILED OS-3012; ");
    }
    source_firestore.listen->restart(l.source, LISTENING_FROM_TIME(1700000000000000000));
    struct puppet_stream *s = listening_stream(&l, 2);
    assert_string_equal(listening_asked(s), "time 1700000000.000000000");
    says_begin(s, "t", 5);
    listening_expect(&l, "OPENED time; SNAPSHOT 5 t; ");
    listening_end(&l);
}

/* The whole set costs reads each time: once more and not in a hurry, then it is given back, to be
 * read in pages. */
static void test_removed_while_listing(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, NULL);
    says_target(listening_stream(&l, 0), SAYS_REMOVE, LISTENING_TARGET, "t", 0, 10);
    listening_expect(&l, "OPENED nothing; LOST OS-3001; ");
    assert_true(l.retry_in_us > 20 * SECOND);
    l.source->listen->due_us = clock_monotonic_us(); /* that wait is over */
    says_target(listening_stream(&l, 1), SAYS_REMOVE, LISTENING_TARGET, "t", 0, 10);
    listening_expect(&l, "OPENED nothing; FAILED OS-3012; ");
    listening_end(&l);
}

static void test_position_refused(void **state)
{
    static const char *const statuses[] = {"3", "9", "11"};
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct listening l;
        listening_begin(&l, NULL,
                        i < 3 ? LISTENING_FROM_TOKEN("odd") : LISTENING_FROM_TIME(1000000000));
        puppet_end(listening_stream(&l, 0), statuses[i % 3], "resume token");
        listening_expect(&l, "FAILED OS-3012; ");
        listening_end(&l);
    }
}

/* ---- timers ---- */

static void test_silence(void **state)
{
    struct setting_override quick[] = {{"listen_silence", "1"}, {NULL, NULL}};
    struct listening l;
    (void)state;
    listening_begin(&l, quick, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    says_target(s, SAYS_ADD, LISTENING_TARGET, NULL, 0, 0);
    listening_expect(&l, "OPENED nothing; LOST OS-3002; ");
    /* Silent at a snapshot, and never was there a heartbeat: Google's emulator, no fault. */
    s = listening_stream(&l, 1);
    assert_true(listening_stream(&l, 0)->closed);
    says_begin(s, "t1", 5);
    listening_expect(&l, "OPENED nothing; SNAPSHOT 5 t1; LOST routine; ");
    s = listening_stream(&l, 2);
    says_begin(s, "t2", 6);
    says_target(s, SAYS_KEEP, 0, "t3", 7, 0);
    listening_expect(&l, "OPENED token; SNAPSHOT 6 t2; SNAPSHOT 7 t3; LOST OS-3002; ");
    assert_string_equal(listening_asked(listening_stream(&l, 3)), "token t3");
    listening_end(&l);
}

/* Heartbeats, but never current. */
static void test_never_current(void **state)
{
    struct setting_override quick[] = {{"listen_current", "1"}, {NULL, NULL}};
    struct listening l;
    (void)state;
    listening_begin(&l, quick, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    says_target(s, SAYS_ADD, LISTENING_TARGET, NULL, 0, 0);
    for (int i = 0; i < 15; i++) {
        says_document(s, "a", 10); /* as long as documents come it is catching up */
        listening_run(&l, SECOND / 10);
    }
    assert_null(strstr(l.said.data, "LOST"));
    buffer_clear(&l.said);
    for (int i = 0; i < 15 && !s->closed; i++) {
        says_target(s, SAYS_KEEP, LISTENING_TARGET, NULL, 0, 0);
        listening_run(&l, SECOND / 10);
    }
    listening_expect(&l, "LOST OS-3002; ");
    listening_end(&l);
}

static void test_planned_reconnect(void **state)
{
    struct setting_override quick[] = {{"listen_reconnect", "1"}, {NULL, NULL}};
    struct listening l;
    (void)state;
    listening_begin(&l, quick, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    says_begin(s, "t1", 5);
    says_document(s, "a", 10);
    listening_expect(&l, "OPENED nothing; SNAPSHOT 5 t1; DOCUMENT a; ");
    /* Due, but in the middle of changes: it waits for the snapshot. */
    listening_run(&l, SECOND * 3 / 2);
    listening_expect(&l, "");
    says_target(s, SAYS_KEEP, 0, "t2", 6, 0);
    listening_expect(&l, "SNAPSHOT 6 t2; LOST routine; ");
    assert_int_equal(l.retry_in_us, 0);
    s = listening_stream(&l, 1);
    assert_int_equal(s->connection, 1);
    assert_string_equal(listening_asked(s), "token t2");
    struct source_meter meter;
    source_firestore.meter(l.source, &meter);
    assert_int_equal(meter.listen_lost, 0);
    listening_end(&l);
}

/* RST_STREAM without an error or a status, as production ends long streams; libcurl 7.88 does not
 * tell. */
static void test_reset_without_error(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    says_begin(s, "t1", 5);
    listening_expect(&l, "OPENED nothing; SNAPSHOT 5 t1; ");
    puppet_reset(s);
    listening_expect(&l, "LOST OS-3001; ");
    assert_string_equal(listening_asked(listening_stream(&l, 1)), "token t1");
    listening_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_refused_connection),
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_removed_before_current),
        cmocka_unit_test(test_removed_while_listing),
        cmocka_unit_test(test_position_refused),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_never_current),
        cmocka_unit_test(test_planned_reconnect),
        cmocka_unit_test(test_reset_without_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
