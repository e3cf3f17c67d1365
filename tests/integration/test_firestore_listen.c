/* Following a collection of real peers: Google's emulator, which answers every change with the
 * whole set, and ordersync-sim, which sends what changed. What is told must lead to the same view
 * of the collection. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/firestore_seed.h"
#include "lib/listening.h"
#include "lib/peer.h"

#define SECOND INT64_C(1000000)
#define PATIENCE (60 * SECOND)
#define MAX_VIEW 2000

/* The collection as the events tell it; whole at a snapshot. */
struct view {
    struct listening listening;
    char ids[MAX_VIEW][40];
    size_t count;
    bool whole;
    size_t snapshots;
    size_t resets;
    size_t opened[3]; /* by listen_resume */
    struct buffer token;
    int64_t read_time_ns;
};

static size_t view_find(const struct view *view, struct str id)
{
    size_t i = 0;
    while (i < view->count && !str_equal(str_from(view->ids[i]), id))
        i++;
    return i;
}

static void view_add(struct view *view, struct str id)
{
    size_t at = view_find(view, id);
    assert_true(at < MAX_VIEW);
    view->count += at == view->count;
    snprintf(view->ids[at], sizeof(view->ids[at]), "%.*s", STR_ARG(id));
}

static void view_remove(struct view *view, struct str id)
{
    size_t at = view_find(view, id);
    if (at < view->count)
        memmove(view->ids[at], view->ids[--view->count], sizeof(view->ids[at]));
}

static void view_snapshot(struct view *view, const struct listen_event *event)
{
    assert_true(event->read_time_ns >= view->read_time_ns);
    view->read_time_ns = event->read_time_ns;
    view->whole = true;
    view->snapshots++;
    buffer_clear(&view->token);
    buffer_append_str(&view->token, event->token);
}

static void on_event(void *context, const struct listen_event *event)
{
    struct view *view = context; /* whose first member is the listening */
    if (event->kind == LISTEN_OPENED)
        view->opened[event->resumed]++;
    if (event->kind == LISTEN_RESET)
        view->resets++;
    if (event->kind == LISTEN_RESET ||
        (event->kind == LISTEN_OPENED && event->resumed == LISTEN_FROM_NOTHING))
        view->count = 0;
    if (event->kind == LISTEN_DOCUMENT)
        view_add(view, event->id);
    if (event->kind == LISTEN_GONE || event->kind == LISTEN_UNSURE)
        view_remove(view, event->id);
    view->whole = event->kind == LISTEN_ALIVE && view->whole;
    if (event->kind == LISTEN_SNAPSHOT)
        view_snapshot(view, event);
    buffer_clear(&view->listening.said);
}

static void view_begin(struct view *view, const char *host, const char *project,
                       const struct setting_override *more, const struct listen_start *start)
{
    *view = (struct view){.token = {.max = 1u << 16}};
    listening_begin_at(&view->listening, host, project, more, start);
    view->listening.also = on_event;
}

/* Until a snapshot shows so many documents; after a reset `all` of them. */
static void view_wait_either(struct view *view, size_t count, size_t all)
{
    int64_t until_us = clock_monotonic_us() + PATIENCE;
    while ((!view->whole || view->count != (view->resets > 0 ? all : count)) &&
           clock_monotonic_us() < until_us)
        listening_run(&view->listening, 1000);
    if (!view->whole || view->count != (view->resets > 0 ? all : count))
        fail_msg("%zu documents, not %zu or %zu; %s", view->count, count, all,
                 view->listening.error.message);
}

static void view_wait(struct view *view, size_t count)
{
    view_wait_either(view, count, count);
}

static void view_end(struct view *view)
{
    listening_end(&view->listening);
    buffer_free(&view->token);
}

/* ---- scenarios ---- */

static void write_ids(const char *host, const char *project, size_t from, size_t count,
                      const char *text)
{
    char ids[64][16];
    const char *list[64];
    for (size_t i = 0; i < count; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%zu", 4507894690000 + from + i);
        list[i] = ids[i];
    }
    firestore_seed(host, project, "Orders", list, count, text);
}

static void check_following(const char *host)
{
    static struct view view;
    write_ids(host, "listen-test", 0, 50, "one");
    view_begin(&view, host, "listen-test", NULL, NULL);
    view_wait(&view, 50);
    write_ids(host, "listen-test", 50, 10, "two");
    view_wait(&view, 60);
    write_ids(host, "listen-test", 0, 5, NULL);
    view_wait(&view, 55);
    write_ids(host, "listen-test", 10, 5, "changed");
    write_ids(host, "listen-test", 60, 1, "last");
    view_wait(&view, 56);
    assert_int_equal(view.opened[LISTEN_FROM_NOTHING], 1);
    print_message("%zu snapshots, %zu resets\n", view.snapshots, view.resets);
    view_end(&view);
}

/* What happened while nobody listened is told by token, and by time. */
static void check_resuming(const char *host)
{
    static struct view view;
    struct buffer token = {.max = 1u << 16};
    write_ids(host, "resume-test", 0, 20, "one");
    view_begin(&view, host, "resume-test", NULL, NULL);
    view_wait(&view, 20);
    buffer_append_str(&token, buffer_str(&view.token));
    int64_t read_time_ns = view.read_time_ns;
    view_end(&view);
    assert_true(token.len > 0);
    write_ids(host, "resume-test", 20, 3, "two");
    for (int i = 0; i < 2; i++) {
        struct listen_start start = {i == 0 ? buffer_str(&token) : STR_NULL, read_time_ns};
        view_begin(&view, host, "resume-test", NULL, &start);
        view_wait_either(&view, 3, 23);
        assert_int_equal(view.opened[i == 0 ? LISTEN_FROM_TOKEN : LISTEN_FROM_TIME], 1);
        view_end(&view);
    }
    buffer_free(&token);
}

/* Reconnects by themselves: planned, and because nothing is heard; changes go on arriving. */
static void check_reconnecting(const char *host)
{
    static struct view view;
    struct setting_override quick[] = {
        {"listen_reconnect", "2"}, {"listen_silence", "1"}, {NULL, NULL}};
    struct source_meter meter;
    write_ids(host, "again-test", 0, 10, "one");
    view_begin(&view, host, "again-test", quick, NULL);
    view_wait(&view, 10);
    listening_run(&view.listening, 5 * SECOND);
    view.whole = false;
    write_ids(host, "again-test", 10, 1, "two");
    view_wait(&view, 11);
    source_firestore.meter(view.listening.source, &meter);
    assert_true(meter.listen_opened >= 3);
    assert_int_equal(view.listening.error.id, ERROR_NONE);
    view_end(&view);
}

static void check_peer(const char *host)
{
    check_following(host);
    check_resuming(host);
    check_reconnecting(host);
}

static void test_emulator(void **state)
{
    struct peer peer;
    (void)state;
    if (!peer_start_emulator(&peer))
        skip();
    check_peer(peer.host);
    peer_stop(&peer);
}

/* An id the emulator does not take: ADD and then nothing. The deadline leaves a cold emulator on a
 * busy machine the time to say so much. */
static void test_emulator_never_current(void **state)
{
    struct setting_override quick[] = {
        {"listen_current", "12"}, {"listen_silence", "60"}, {NULL, NULL}};
    struct listening listening;
    struct peer peer;
    (void)state;
    if (!peer_start_emulator(&peer))
        skip();
    listening_begin_at(&listening, peer.host, "Upper_Case", quick, NULL);
    listening_expect(&listening, "OPENED nothing; LOST OS-3002; ");
    listening_end(&listening);
    peer_stop(&peer);
}

static void test_simulator(void **state)
{
    struct peer peer;
    (void)state;
    if (!peer_start_simulator(&peer, 0, NULL))
        skip();
    check_peer(peer.host);
    peer_stop(&peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_emulator),
        cmocka_unit_test(test_emulator_never_current),
        cmocka_unit_test(test_simulator),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
