/* The Firestore source against real peers: Google's emulator, and ordersync-sim with its faults.
 * Each test uses a project of its own. A peer that is absent is skipped, and says so. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "lib/fake_settings.h"
#include "lib/firestore_seed.h"
#include "lib/peer.h"
#include "source/source.h"

#define SECOND INT64_C(1000000)
#define DEADLINE (60 * SECOND)

static const struct source_ops *const ops = &source_firestore;

static struct source *open_source(const char *host, const char *project, const char *collection,
                                  const char *give_up)
{
    struct setting_override overrides[] = {{"firestore_emulator_host", host},
                                           {"project", project},
                                           {"collection", collection},
                                           {"give_up", give_up},
                                           {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    struct source *source;
    struct error err;
    if (!ops->open(settings, &source, &err))
        fail_msg("open: %s", err.message);
    settings_free(settings);
    return source;
}

/* What came back from any of the requests. */
struct answer {
    bool done;
    struct error error;
    int64_t count;
    char **points;
    size_t point_count;
    struct page *page;
    char **missing;
    size_t missing_count;
    int64_t read_time_ns;
};

static void answer_error(struct answer *answer, const struct error *err)
{
    answer->done = true;
    if (err != NULL)
        answer->error = *err;
}

static void on_count(void *context, int64_t count, const struct error *err)
{
    struct answer *answer = context;
    answer->count = count;
    answer_error(answer, err);
}

static void on_split(void *context, char **take_points, size_t count, const struct error *err)
{
    struct answer *answer = context;
    answer->points = take_points;
    answer->point_count = count;
    answer_error(answer, err);
}

static void on_page(void *context, struct page *take_page, const struct error *err)
{
    struct answer *answer = context;
    answer->page = take_page;
    answer_error(answer, err);
}

static void on_fetch(void *context, struct page *take_found, char **take_missing, size_t missing,
                     int64_t read_time_ns, const struct error *err)
{
    struct answer *answer = context;
    answer->page = take_found;
    answer->missing = take_missing;
    answer->missing_count = missing;
    answer->read_time_ns = read_time_ns;
    answer_error(answer, err);
}

static void wait_answer(struct source *source, const struct answer *answer)
{
    int64_t deadline = clock_monotonic_us() + DEADLINE;
    while (!answer->done && clock_monotonic_us() < deadline)
        ops->step(source, SECOND);
    assert_true(answer->done);
}

static void wait_good(struct source *source, const struct answer *answer)
{
    wait_answer(source, answer);
    if (answer->error.id != ERROR_NONE)
        fail_msg("%s: %s", error_info(answer->error.id)->code, answer->error.message);
}

static void free_list(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

/* Reads a range in pages of `limit`, checks ids ascending and one read time each; returns how many.
 */
static size_t read_range(struct source *source, struct range range, size_t limit, char *ret_last)
{
    size_t total = 0;
    char after[2000] = "";
    for (bool last = false; !last;) {
        struct answer answer = {.done = false};
        ops->page(source, &range, limit, on_page, &answer);
        wait_good(source, &answer);
        struct page *page = answer.page;
        assert_true(page->count <= limit);
        assert_true(page->read_time_ns > 0);
        assert_int_equal(page->offsets[page->count], page->raw.len);
        for (size_t i = 0; i < page->count; i++) {
            struct arena arena = {.block_size = 0};
            struct document document;
            struct error err;
            assert_true(ops->decode(page, i, &arena, &document, &err));
            assert_true(str_compare(document.id, str_from(ret_last)) > 0);
            assert_non_null(value_get(document.content, "n"));
            assert_true(document.version > 0 && document.version <= page->read_time_ns);
            snprintf(ret_last, sizeof(after), "%.*s", STR_ARG(document.id));
            arena_free(&arena);
        }
        total += page->count;
        last = page->last;
        if (page->count > 0) {
            assert_string_equal(page->last_id, ret_last);
            snprintf(after, sizeof(after), "%s", page->last_id);
            range.after = str_from(after);
            range.after_inclusive = false;
        }
        page_free(page);
    }
    return total;
}

/* ---- scenarios that hold for every peer ---- */

#define IDS 503

static void make_ids(char ids[IDS][32], const char *list[IDS])
{
    for (size_t i = 0; i < IDS; i++) {
        snprintf(ids[i], 32, "%zu", 4507894690000 + i * 977);
        list[i] = ids[i];
    }
}

static void seed_orders(const char *host, const char *project)
{
    static char ids[IDS][32];
    static const char *list[IDS];
    make_ids(ids, list);
    firestore_seed(host, project, "Orders", list, IDS, "hello");
}

static void check_count_and_split(const char *host)
{
    const char *project = "split-test";
    seed_orders(host, project);
    struct source *source = open_source(host, project, "Orders", "0");
    assert_string_equal(ops->identity(source), "split-test/(default)/Orders");
    struct answer counted = {.done = false};
    struct answer cut = {.done = false};
    ops->count(source, on_count, &counted);
    ops->split(source, 4, on_split, &cut);
    wait_good(source, &counted);
    wait_good(source, &cut);
    assert_int_equal(counted.count, IDS);
    /* Every document is in exactly one range, whatever the points are. */
    size_t total = 0;
    char last[2000] = "";
    for (size_t i = 0; i <= cut.point_count; i++) {
        struct range range = {
            .after = i == 0 ? STR_NULL : str_from(cut.points[i - 1]),
            .after_inclusive = true,
            .before = i == cut.point_count ? STR_NULL : str_from(cut.points[i]),
        };
        size_t part = read_range(source, range, 50, last);
        if (cut.point_count == 3)
            assert_in_range(part, IDS / 5, IDS / 3);
        total += part;
    }
    assert_int_equal(total, IDS);
    struct source_meter meter;
    ops->meter(source, &meter);
    assert_true(meter.documents_read >= IDS);
    assert_true(meter.requests >= 12 && meter.bytes > IDS * 50);
    assert_int_equal(meter.last_error.id, ERROR_NONE);
    print_message("split into %zu ranges, %zu retries\n", cut.point_count + 1,
                  (size_t)meter.retries);
    free_list(cut.points, cut.point_count);
    ops->close(source);
}

/* Ids with blanks, CJK and punctuation; NUL and quotes in texts are the decoder's test. */
static void check_ids(const char *host)
{
    static const char *const ids[] = {"a b", "id-1", "\xe6\xb3\xa8\xe6\x96\x87 7", "~tilde", "%41"};
    struct source *source = open_source(host, "ids-test", "Orders", "0");
    char last[2000] = "";
    firestore_seed(host, "ids-test", "Orders", ids, 5, "caf\xc3\xa9");
    assert_int_equal(read_range(source, (struct range){.after = STR_NULL}, 2, last), 5);
    assert_string_equal(last, "\xe6\xb3\xa8\xe6\x96\x87 7");
    last[0] = '\0';
    assert_int_equal(read_range(source, (struct range){.before = STR("id-1")}, 100, last), 2);
    last[0] = '\0';
    struct range from = {.after = STR("id-1"), .after_inclusive = true};
    assert_int_equal(read_range(source, from, 100, last), 3);
    ops->close(source);
}

/* The same ids and versions as whole pages have, and nothing of their content. */
static void check_names(const char *host)
{
    static const char *const ids[] = {"a", "b b", "c"};
    struct source *source = open_source(host, "names-test", "Orders", "0");
    struct answer whole = {.done = false};
    struct answer names = {.done = false};
    struct range behind = {.after = STR("a")};
    firestore_seed(host, "names-test", "Orders", ids, 3, "hello");
    ops->page(source, &behind, 10, on_page, &whole);
    ops->names(source, &behind, 10, on_page, &names);
    wait_good(source, &whole);
    wait_good(source, &names);
    assert_int_equal(names.page->count, 2);
    assert_string_equal(names.page->last_id, "c");
    assert_true(names.page->last && names.page->raw.len < whole.page->raw.len);
    for (size_t i = 0; i < 2; i++) {
        struct arena arena = {.block_size = 0};
        struct document a;
        struct document b;
        struct error err;
        assert_true(ops->decode(whole.page, i, &arena, &a, &err));
        assert_true(ops->decode(names.page, i, &arena, &b, &err));
        assert_true(str_equal(a.id, b.id));
        assert_int_equal(a.version, b.version);
        assert_non_null(value_get(a.content, "n"));
        assert_null(value_get(b.content, "n"));
        arena_free(&arena);
    }
    page_free(whole.page);
    page_free(names.page);
    ops->close(source);
}

static void check_fetch(const char *host)
{
    static const char *const ids[] = {"one", "two", "three"};
    static const char *const asked[] = {"two", "gone", "one", "two", "away", "gone"};
    struct source *source = open_source(host, "fetch-test", "shops/acme/Orders", "0");
    firestore_seed(host, "fetch-test", "shops/acme/Orders", ids, 3, "x");
    struct answer answer = {.done = false};
    ops->fetch(source, asked, 6, on_fetch, &answer);
    wait_good(source, &answer);
    assert_int_equal(answer.page->count, 2);
    assert_int_equal(answer.missing_count, 2);
    assert_true(answer.read_time_ns > 0);
    assert_int_equal(answer.read_time_ns, answer.page->read_time_ns);
    free_list(answer.missing, answer.missing_count);
    page_free(answer.page);
    ops->close(source);
}

static void check_empty(const char *host)
{
    struct source *source = open_source(host, "empty-test", "Orders", "0");
    struct answer counted = {.done = false};
    struct answer cut = {.done = false};
    char last[2000] = "";
    ops->count(source, on_count, &counted);
    ops->split(source, 8, on_split, &cut);
    wait_good(source, &counted);
    wait_good(source, &cut);
    assert_int_equal(counted.count, 0);
    assert_int_equal(cut.point_count, 0);
    assert_int_equal(read_range(source, (struct range){.after = STR_NULL}, 10, last), 0);
    free_list(cut.points, cut.point_count);
    ops->close(source);
}

/* Many ranges at once share the connection; closing in the middle calls nobody back. */
static void check_many_at_once(const char *host)
{
    seed_orders(host, "many-test");
    struct source *source = open_source(host, "many-test", "Orders", "0");
    struct answer answers[16] = {{.done = false}};
    struct range all = {.after = STR_NULL};
    for (size_t i = 0; i < 16; i++)
        ops->page(source, &all, 100 + i, on_page, &answers[i]);
    for (size_t i = 0; i < 16; i++) {
        wait_good(source, &answers[i]);
        assert_int_equal(answers[i].page->count, 100 + i);
        assert_false(answers[i].page->last);
        page_free(answers[i].page);
    }
    struct answer never = {.done = false};
    ops->page(source, &all, 500, on_page, &never);
    ops->step(source, 1000);
    bool done = never.done;
    ops->close(source);
    assert_int_equal(never.done, done);
    page_free(never.page);
}

static void check_peer(const char *host)
{
    check_count_and_split(host);
    check_ids(host);
    check_names(host);
    check_fetch(host);
    check_empty(host);
    check_many_at_once(host);
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

static void test_simulator(void **state)
{
    struct peer peer;
    (void)state;
    if (!peer_start_simulator(&peer, 0, NULL))
        skip();
    check_peer(peer.host);
    peer_stop(&peer);
}

/* ---- faults ---- */

static void check_fault(const char *fault)
{
    const char *arguments[] = {"--fault", fault, NULL};
    struct peer peer;
    char last[2000] = "";
    if (!peer_start_simulator(&peer, 0, arguments))
        skip();
    seed_orders(peer.host, "fault-test");
    struct source *source = open_source(peer.host, "fault-test", "Orders", "0");
    assert_int_equal(read_range(source, (struct range){.after = STR_NULL}, 25, last), IDS);
    struct source_meter meter;
    ops->meter(source, &meter);
    assert_true(meter.retries > 0);
    ops->close(source);
    peer_stop(&peer);
}

static void test_unavailable(void **state)
{
    (void)state;
    check_fault("unavailable:every=5");
}

static void test_cut(void **state)
{
    (void)state;
    check_fault("cut:every=5");
}

static void test_stale(void **state)
{
    (void)state;
    check_fault("stale:every=5");
}

/* Nobody listens: it waits and says so, and gives up only when told to. */
static void test_down(void **state)
{
    char host[32];
    (void)state;
    snprintf(host, sizeof(host), "127.0.0.1:%d", peer_free_port());
    struct source *source = open_source(host, "down-test", "Orders", "1s");
    struct answer answer = {.done = false};
    int64_t begin = clock_monotonic_us();
    ops->count(source, on_count, &answer);
    while (!answer.done && clock_monotonic_us() < begin + SECOND / 2)
        ops->step(source, SECOND / 10);
    struct source_meter meter;
    ops->meter(source, &meter);
    assert_false(answer.done);
    assert_true(meter.retries >= 1);
    assert_int_equal(meter.last_error.id, ERROR_SOURCE_UNAVAILABLE);
    wait_answer(source, &answer);
    assert_int_equal(answer.error.id, ERROR_SOURCE_UNAVAILABLE);
    assert_in_range(clock_monotonic_us() - begin, SECOND * 9 / 10, 10 * SECOND);
    ops->close(source);
}

/* The server dies and comes back on its port: the request that waits is answered then. */
static void test_back_again(void **state)
{
    struct peer peer;
    (void)state;
    if (!peer_start_simulator(&peer, 0, NULL))
        skip();
    struct source *source = open_source(peer.host, "back-test", "Orders", "0");
    struct answer before = {.done = false};
    ops->count(source, on_count, &before);
    wait_good(source, &before);
    kill(peer.pid, SIGSTOP); /* no answer, no reset: then its end must be noticed */
    struct answer answer = {.done = false};
    ops->count(source, on_count, &answer);
    ops->step(source, SECOND / 5);
    assert_false(answer.done);
    peer_stop(&peer);
    for (int i = 0; i < 5; i++)
        ops->step(source, SECOND / 10);
    assert_false(answer.done);
    struct peer again;
    if (!peer_start_simulator(&again, peer.port, NULL))
        skip();
    wait_good(source, &answer);
    assert_int_equal(answer.count, 0);
    /* Restarted while nothing is under way: the connection is replaced without anybody noticing. */
    struct source_meter meter;
    struct answer quiet = {.done = false};
    ops->meter(source, &meter);
    uint64_t retries = meter.retries;
    peer_stop(&again);
    ops->step(source, 1000);
    if (!peer_start_simulator(&again, again.port, NULL))
        skip();
    ops->count(source, on_count, &quiet);
    wait_good(source, &quiet);
    ops->meter(source, &meter);
    assert_int_equal(meter.retries, retries);
    ops->close(source);
    peer_stop(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_down),       cmocka_unit_test(test_emulator),
        cmocka_unit_test(test_simulator),  cmocka_unit_test(test_unavailable),
        cmocka_unit_test(test_cut),        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_back_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
