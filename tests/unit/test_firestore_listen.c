/* The Listen state machine against a server whose every move is the test's: each transition, where
 * it resumes, back-pressure, credentials, the budget. Production's conversations that no emulator
 * has; how a stream ends is test_firestore_ends.c's. */
#include "lib/check.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/listening.h"
#include "lib/web.h"

#define SECOND INT64_C(1000000)

/* ---- transitions ---- */

static void test_transitions(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    assert_string_equal(s->path, "/google.firestore.v1.Firestore/Listen");
    assert_string_equal(s->authorization, "Bearer owner");
    assert_string_equal(listening_asked(s), "nothing");
    says_target(s, SAYS_ADD, LISTENING_TARGET, NULL, 0, 0);
    says_document(s, "a", 10);
    says_document(s, "b", 10);
    /* Not current yet: this is a heartbeat and no snapshot. */
    says_target(s, SAYS_KEEP, 0, "t0", 4, 0);
    says_target(s, SAYS_CURRENT, LISTENING_TARGET, NULL, 0, 0);
    listening_expect(&l, "OPENED nothing; DOCUMENT a; DOCUMENT b; ");
    /* About our target alone, or without a time: no snapshot either. */
    says_target(s, SAYS_KEEP, LISTENING_TARGET, "t1", 5, 0);
    says_target(s, SAYS_KEEP, 0, "t2", 0, 0);
    says_target(s, SAYS_KEEP, 0, "t3", 6, 0);
    listening_expect(&l, "SNAPSHOT 6 t3; ");
    says_deleted(s, "a", 7);
    says_deleted(s, "c", 0);
    says_removed(s, "b", 8);
    says_left(s, "b");
    says_count(s, 1234);
    says_target(s, SAYS_RESET, 2, NULL, 0, 0);
    says_target(s, SAYS_RESET, LISTENING_TARGET, NULL, 0, 0);
    says_document(s, "d", 10);
    says_target(s, SAYS_KEEP, 0, "t4", 9, 0);
    says_target(s, SAYS_CURRENT, 0, NULL, 0, 0);
    says_target(s, SAYS_KEEP, 0, "t5", 10, 0);
    listening_expect(&l, "GONE a 7; UNSURE c 0; UNSURE b 8; UNSURE b 0; FILTER 1234; RESET; "
                         "DOCUMENT d; SNAPSHOT 10 t5; ");
    struct source_meter meter;
    source_firestore.meter(l.source, &meter);
    /* Three documents and one that left; deletes and removes are not billed. */
    assert_int_equal(meter.documents_read, 4);
    assert_int_equal(meter.listen_opened, 1);
    assert_int_equal(meter.listen_lost, 0);
    listening_end(&l);
}

static void test_split_messages(void **state)
{
    struct buffer frame = {.max = 1u << 20};
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    says_document_bytes("a", 40, &frame);
    says_document_bytes("b", 40, &frame);
    for (size_t i = 0; i < frame.len; i++) {
        puppet_send(s, frame.data + i, 1);
        listening_run(&l, 1000);
    }
    listening_expect(&l, "OPENED nothing; DOCUMENT a; DOCUMENT b; ");
    buffer_free(&frame);
    listening_end(&l);
}

static void test_large_message(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    says_document(s, "large", 16u << 20);
    listening_expect(&l, "OPENED nothing; DOCUMENT large; ");
    listening_end(&l);
}

static void test_other_collection(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    says_document(s, "/projects/shop-2/databases/(default)/documents/Orders/a", 10);
    listening_expect(&l, "OPENED nothing; LOST OS-3008; ");
    assert_true(l.retry_in_us > 20 * SECOND);
    listening_end(&l);
}

static void test_malformed(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, NULL);
    puppet_message(listening_stream(&l, 0), STR("\xff\xff\xff"));
    listening_expect(&l, "LOST OS-3008; ");
    listening_end(&l);
}

/* ---- resuming ---- */

static void test_resume_by_token(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, LISTENING_FROM_TOKEN("kept"));
    struct puppet_stream *s = listening_stream(&l, 0);
    assert_string_equal(listening_asked(s), "token kept");
    says_target(s, SAYS_ADD, LISTENING_TARGET, NULL, 0, 0);
    listening_expect(&l, "OPENED token; ");
    puppet_end(s, "14", "away");
    listening_expect(&l, "LOST OS-3001; ");
    s = listening_stream(&l, 1);
    assert_string_equal(listening_asked(s), "token kept");
    says_begin(s, "newer", 20);
    says_document(s, "a", 10);
    listening_expect(&l, "OPENED token; SNAPSHOT 20 newer; DOCUMENT a; ");
    puppet_end(s, "14", "away");
    listening_expect(&l, "LOST OS-3001; ");
    s = listening_stream(&l, 2);
    assert_string_equal(listening_asked(s), "token newer");
    assert_int_equal(s->connection, 2);
    listening_end(&l);
}

static void test_resume_by_time(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, LISTENING_FROM_TIME(1700000000123456000));
    struct puppet_stream *s = listening_stream(&l, 0);
    assert_string_equal(listening_asked(s), "time 1700000000.123456000");
    says_target(s, SAYS_ADD, LISTENING_TARGET, NULL, 0, 0);
    listening_expect(&l, "OPENED time; ");
    puppet_end(s, "0", "");
    listening_expect(&l, "LOST OS-3001; ");
    s = listening_stream(&l, 1);
    assert_string_equal(listening_asked(s), "time 1700000000.123456000");
    /* A snapshot without a token: its time is where to resume. */
    says_target(s, SAYS_CURRENT, 0, NULL, 0, 0);
    says_target(s, SAYS_KEEP, 0, NULL, 1700000001000000000, 0);
    listening_expect(&l, "OPENED time; SNAPSHOT 1700000001000000000 ; ");
    puppet_end(s, "0", "");
    listening_expect(&l, "LOST routine; ");
    assert_string_equal(listening_asked(listening_stream(&l, 2)), "time 1700000001.000000000");
    listening_end(&l);
}

/* What a reset voids is no position to resume from. */
static void test_resume_after_reset(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, LISTENING_FROM_TOKEN("kept"));
    struct puppet_stream *s = listening_stream(&l, 0);
    says_begin(s, "newer", 20);
    says_target(s, SAYS_RESET, 0, NULL, 0, 0);
    says_document(s, "a", 10);
    listening_expect(&l, "OPENED token; SNAPSHOT 20 newer; RESET; DOCUMENT a; ");
    puppet_hang_up(s);
    listening_expect(&l, "LOST OS-3001; ");
    s = listening_stream(&l, 1);
    assert_string_equal(listening_asked(s), "nothing");
    says_begin(s, "t", 30);
    listening_expect(&l, "OPENED nothing; SNAPSHOT 30 t; ");
    listening_end(&l);
}

static void test_restart(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, LISTENING_FROM_TOKEN("kept"));
    struct puppet_stream *s = listening_stream(&l, 0);
    says_begin(s, "newer", 20);
    listening_expect(&l, "OPENED token; SNAPSHOT 20 newer; ");
    source_firestore.listen->restart(l.source, LISTENING_FROM_TIME(TIME_NONE));
    says_document(s, "of the old stream", 10);
    assert_string_equal(listening_asked(listening_stream(&l, 1)), "nothing");
    assert_true(s->closed);
    source_firestore.listen->stop(l.source);
    listening_run(&l, SECOND / 5);
    listening_expect(&l, "");
    assert_int_equal(puppet_count(l.puppet), 2);
    listening_end(&l);
}

static void restart_at_filter(void *context, const struct listen_event *event)
{
    struct listening *l = context;
    if (event->kind == LISTEN_FILTER)
        source_firestore.listen->restart(l->source, LISTENING_FROM_TIME(TIME_NONE));
    if (event->kind == LISTEN_RESET)
        source_firestore.listen->stop(l->source);
}

/* From inside an event; what had arrived behind it is not told any more. */
static void test_restart_inside(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, LISTENING_FROM_TOKEN("kept"));
    l.also = restart_at_filter;
    struct puppet_stream *s = listening_stream(&l, 0);
    says_begin(s, "newer", 20);
    says_count(s, 7);
    says_document(s, "old", 10);
    listening_expect(&l, "OPENED token; SNAPSHOT 20 newer; FILTER 7; ");
    s = listening_stream(&l, 1);
    assert_string_equal(listening_asked(s), "nothing");
    says_target(s, SAYS_RESET, 0, NULL, 0, 0);
    says_document(s, "old", 10);
    listening_expect(&l, "OPENED nothing; RESET; ");
    listening_run(&l, SECOND / 5);
    listening_expect(&l, "");
    listening_end(&l);
}

/* ---- back-pressure ---- */

#define FLOOD 600
#define FLOOD_BYTES (100u << 10)

/* Held from inside an event: nothing more is told, the rest stays with the server, and nothing is
 * lost. */
static void test_hold(void **state)
{
    struct setting_override quick[] = {{"listen_silence", "1"}, {NULL, NULL}};
    struct listening l;
    struct source_meter before;
    struct source_meter after;
    char id[16];
    (void)state;
    listening_begin(&l, quick, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    l.hold_after = 3;
    for (int i = 0; i < FLOOD; i++) {
        snprintf(id, sizeof(id), "d%03d", i);
        says_document(s, id, FLOOD_BYTES);
    }
    listening_expect(&l, "OPENED nothing; DOCUMENT d000; DOCUMENT d001; ");
    listening_run(&l, SECOND / 5);
    source_firestore.meter(l.source, &before);
    listening_run(&l, 2 * SECOND);
    source_firestore.meter(l.source, &after);
    listening_expect(&l, "");
    assert_int_equal(before.bytes, after.bytes);
    assert_true(after.bytes < 8u << 20);
    assert_true(puppet_unsent(s) > (size_t)FLOOD * FLOOD_BYTES / 2);
    assert_false(s->closed);
    source_firestore.listen->hold(l.source, false);
    for (int i = 0; i < 2000 && l.documents < FLOOD; i++)
        listening_run(&l, SECOND / 100);
    assert_int_equal(l.documents, FLOOD);
    assert_null(strstr(l.said.data, "LOST"));
    buffer_clear(&l.said);
    says_begin(s, "t", 5);
    listening_expect(&l, "SNAPSHOT 5 t; ");
    listening_end(&l);
}

/* An end that comes while held is told afterwards, behind what came before it. */
static void test_end_while_held(void **state)
{
    struct listening l;
    (void)state;
    listening_begin(&l, NULL, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    l.hold_after = 2;
    for (int i = 0; i < 5; i++)
        says_document(s, "a", 10);
    listening_expect(&l, "OPENED nothing; DOCUMENT a; ");
    puppet_end(s, "14", "");
    listening_run(&l, SECOND / 5);
    listening_expect(&l, "");
    source_firestore.listen->hold(l.source, false);
    listening_expect(&l, "DOCUMENT a; DOCUMENT a; DOCUMENT a; DOCUMENT a; LOST OS-3001; ");
    listening_end(&l);
}

/* One event at a time, as an engine takes them whose target is slow: the source reads no further
 * ahead than it tells, so more than any inbox holds gets through. */
static void test_slow_reader(void **state)
{
    enum { MESSAGES = 80, SIZE = 1 << 20 };
    struct listening l;
    int64_t until_us = clock_monotonic_us() + 60 * SECOND;
    (void)state;
    listening_begin(&l, NULL, NULL);
    struct puppet_stream *s = listening_stream(&l, 0);
    for (int i = 0; i < MESSAGES; i++)
        says_document(s, "a", SIZE);
    while (l.documents < MESSAGES && clock_monotonic_us() < until_us) {
        l.hold_after = l.events + 1;
        source_firestore.listen->hold(l.source, false);
        listening_run(&l, 1000);
        assert_null(strstr(l.said.data == NULL ? "" : l.said.data, "LOST"));
    }
    assert_int_equal(l.documents, MESSAGES);
    listening_end(&l);
}

/* ---- credentials ---- */

/* A user's credentials from a token server of our own, toward the puppet as the endpoint. */
static void begin_as_user(struct listening *l, struct web *web, char *path)
{
    char endpoint[64];
    char host[32];
    char *text = memory_format("{\"type\":\"authorized_user\",\"client_id\":\"i\","
                               "\"client_secret\":\"s\",\"refresh_token\":\"r\","
                               "\"quota_project_id\":\"shop-2\",\"token_uri\":\"%s\"}",
                               web->url);
    struct puppet *puppet = puppet_new(host);
    int fd = mkstemp(path);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    free(text);
    snprintf(endpoint, sizeof(endpoint), "http://%s", host);
    struct setting_override more[] = {{"firestore_endpoint", endpoint},
                                      {"credentials", path},
                                      {"listen_reconnect", "1"},
                                      {NULL, NULL}};
    listening_begin_at(l, "", "shop-1", more, NULL);
    l->puppet = puppet;
    unlink(path);
}

/* A token that is refused, and a planned reconnect, each get a fresh one. */
static void test_fresh_token(void **state)
{
    char path[] = "/tmp/ordersync-user-XXXXXX";
    struct listening l;
    struct web web;
    (void)state;
    web_start(&web);
    web.body = "{\"access_token\":\"one\",\"expires_in\":3599}";
    begin_as_user(&l, &web, path);
    struct puppet_stream *s = listening_stream(&l, 0);
    assert_string_equal(s->authorization, "Bearer one");
    assert_string_equal(s->user_project, "shop-2");
    web.body = "{\"access_token\":\"two\",\"expires_in\":3599}";
    puppet_end(s, "16", "expired");
    listening_expect(&l, "LOST OS-3004; ");
    s = listening_stream(&l, 1);
    assert_string_equal(s->authorization, "Bearer two");
    web.body = "{\"access_token\":\"three\",\"expires_in\":3599}";
    says_begin(s, "t1", 5);
    listening_expect(&l, "OPENED nothing; SNAPSHOT 5 t1; LOST routine; ");
    assert_string_equal(listening_stream(&l, 2)->authorization, "Bearer three");
    /* The token server is away: tried again. It refuses: not by itself. */
    web.status = 503;
    puppet_end(listening_stream(&l, 2), "16", "expired");
    listening_expect(&l, "LOST OS-3004; LOST OS-3001; ");
    web.status = 400;
    web.body = "{\"error\":\"invalid_grant\"}";
    listening_expect(&l, "FAILED OS-3033; ");
    listening_end(&l);
    web_stop(&web);
}

/* ---- its own connection, and the budget ---- */

static void on_count(void *context, int64_t count, const struct error *err)
{
    (void)count;
    *(enum error_id *)context = err == NULL ? ERROR_NONE : err->id;
}

static void test_own_connection(void **state)
{
    struct listening l;
    enum error_id answers[2] = {ERROR_ID_COUNT, ERROR_ID_COUNT};
    (void)state;
    listening_begin(&l, NULL, NULL);
    listening_stream(&l, 0);
    for (size_t i = 0; i < 2; i++) {
        source_firestore.count(l.source, on_count, &answers[i]);
        struct puppet_stream *s = listening_stream(&l, 1 + i);
        assert_string_equal(s->path, "/google.firestore.v1.Firestore/RunAggregationQuery");
        assert_int_equal(s->connection, 1);
        puppet_end(s, "3", "no");
        for (int j = 0; j < 1000 && answers[i] == ERROR_ID_COUNT; j++)
            listening_run(&l, 1000);
        assert_int_equal(answers[i], ERROR_SOURCE_REFUSED);
    }
    source_firestore.listen->restart(l.source, LISTENING_FROM_TIME(TIME_NONE));
    assert_int_equal(listening_stream(&l, 3)->connection, 2);
    listening_end(&l);
}

static void test_budget(void **state)
{
    struct setting_override poor[] = {{"read_budget", "10"}, {NULL, NULL}};
    struct listening l;
    struct source_meter meter;
    enum error_id answer = ERROR_ID_COUNT;
    (void)state;
    listening_begin(&l, poor, NULL);
    source_firestore.spent(l.source, 1000, clock_wall_us() - 48 * 3600 * SECOND);
    source_firestore.spent(l.source, 8, clock_wall_us());
    struct puppet_stream *s = listening_stream(&l, 0);
    says_begin(s, "t", 5);
    says_document(s, "a", 10);
    says_document(s, "b", 10);
    says_document(s, "c", 10);
    listening_expect(&l, "OPENED nothing; SNAPSHOT 5 t; DOCUMENT a; DOCUMENT b; LOST OS-3013; ");
    assert_in_range(l.retry_in_us, 1, 86400 * SECOND);
    source_firestore.count(l.source, on_count, &answer);
    listening_run(&l, SECOND / 2);
    assert_int_equal(answer, ERROR_ID_COUNT); /* waits */
    source_firestore.meter(l.source, &meter);
    assert_int_equal(meter.last_error.id, ERROR_READ_BUDGET);
    assert_int_equal(meter.reads_today, 10);
    assert_int_equal(meter.read_budget, 10);
    assert_int_equal(puppet_count(l.puppet), 1);
    listening_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transitions),    cmocka_unit_test(test_split_messages),
        cmocka_unit_test(test_large_message),  cmocka_unit_test(test_other_collection),
        cmocka_unit_test(test_malformed),      cmocka_unit_test(test_resume_by_token),
        cmocka_unit_test(test_resume_by_time), cmocka_unit_test(test_resume_after_reset),
        cmocka_unit_test(test_restart),        cmocka_unit_test(test_restart_inside),
        cmocka_unit_test(test_hold),           cmocka_unit_test(test_end_while_held),
        cmocka_unit_test(test_slow_reader),    cmocka_unit_test(test_fresh_token),
        cmocka_unit_test(test_own_connection), cmocka_unit_test(test_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
