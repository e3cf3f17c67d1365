/* Stripe and Printful as the simulator plays them: whole walks, with and without faults, and
 * every document read again by id. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/fake_settings.h"
#include "lib/peer.h"
#include "source/lookback.h"

#define SECOND INT64_C(1000000)
#define NOW "1790000000"
#define NOW_S INT64_C(1790000000)
#define DAY_S INT64_C(86400)
#define GENERATED 230
#define IDS_MAX 600

struct world {
    struct peer peer;
    const struct source_ops *ops;
    struct settings *settings;
    struct source *source;
    bool done;
    struct error error;
    /* what was seen */
    char *ids[IDS_MAX];
    size_t count, checked, references, refused, gone;
    char *cursor;
};

static void world_open(struct world *world, enum source_kind kind, const char *const *arguments)
{
    char base[64];
    struct error err;
    *world = (struct world){.ops = sources[kind]};
    if (!peer_start_simulated(&world->peer, source_kind_name(kind), 0, arguments))
        skip();
    snprintf(base, sizeof(base), "http://%s", world->peer.host);
    const struct setting_override overrides[] = {{"stripe_secret_key", "rk_test_sesame"},
                                                 {"stripe_api_base", base},
                                                 {"stripe_rate", "100"},
                                                 {"printful_api_key", "sesame"},
                                                 {"printful_api_base", base},
                                                 {"printful_rate", "100"},
                                                 {NULL, NULL}};
    world->settings = fake_settings(overrides);
    assert_true(world->ops->open(world->settings, &world->source, &err));
}

static void world_close(struct world *world)
{
    world->ops->close(world->source);
    peer_stop(&world->peer);
    settings_free(world->settings);
    while (world->count > 0)
        free(world->ids[--world->count]);
}

static void world_wait(struct world *world)
{
    int64_t deadline = clock_monotonic_us() + 120 * SECOND;
    while (!world->done && clock_monotonic_us() < deadline)
        world->ops->step(world->source, 50000);
    assert_true(world->done);
    if (world->error.id != ERROR_NONE)
        fail_msg("%s", world->error.message);
}

static void keep_documents(struct world *world, const struct page *page, bool again)
{
    struct arena arena = {.block_size = 65536};
    for (size_t i = 0; i < page->count; i++) {
        struct document document;
        struct error err;
        if (!world->ops->decode(page, i, &arena, &document, &err)) {
            world->refused++;
            continue;
        }
        char *id = memory_string_str(document.id);
        size_t at = 0;
        while (at < world->count && strcmp(world->ids[at], id) != 0)
            at++;
        assert_int_equal(at < world->count, again); /* none twice, none unknown */
        assert_true(world->count < IDS_MAX);
        if (again)
            free(id);
        else
            world->ids[world->count++] = id;
    }
    arena_free(&arena);
}

static void take_walk(void *context, struct lookback_page *take_page, const struct error *err)
{
    struct world *world = context;
    world->done = true;
    if (err != NULL) {
        world->error = *err;
        return;
    }
    world->checked += take_page->checked;
    world->references += take_page->reference_count;
    if (take_page->page != NULL)
        keep_documents(world, take_page->page, false);
    world->cursor = memory_string(take_page->cursor);
    lookback_page_free(take_page);
}

static void walk_all(struct world *world, enum lookback_walk walk, int64_t from_s, int64_t to_s)
{
    struct lookback_window window = {walk, from_s, to_s};
    char *cursor = NULL;
    do {
        world->done = false;
        world->cursor = NULL;
        world->ops->lookback->walk(world->source, &window, cursor, take_walk, world);
        world_wait(world);
        free(cursor);
        cursor = world->cursor;
    } while (cursor != NULL);
}

static void take_fetch(void *context, struct page *take_found, char **take_missing, size_t missing,
                       int64_t read_time_ns, const struct error *err)
{
    struct world *world = context;
    world->done = true;
    assert_int_equal(err == NULL, read_time_ns != TIME_NONE);
    if (err != NULL)
        world->error = *err;
    if (take_found != NULL) {
        assert_int_equal(take_found->count, world->count);
        keep_documents(world, take_found, true);
    }
    world->gone = missing;
    for (size_t i = 0; i < missing; i++)
        free(take_missing[i]);
    free(take_missing);
    page_free(take_found);
}

static void fetch_all(struct world *world, const char *unknown)
{
    const char *ids[IDS_MAX + 1];
    for (size_t i = 0; i < world->count; i++)
        ids[i] = world->ids[i];
    ids[world->count] = unknown;
    world->done = false;
    world->ops->fetch(world->source, ids, world->count + 1, take_fetch, world);
    world_wait(world);
    assert_int_equal(world->gone, 1);
}

/* In two windows that touch, with and without faults, the same sessions are found. */
static void test_stripe(void **state)
{
    static const char *const quiet[] = {"--generate", "230",     "--now", NOW,
                                        "--items",    "1,10,11", NULL};
    static const char *const faulty[] = {
        "--generate", "230",           "--now",   NOW,
        "--items",    "1,10,11",       "--fault", "exhausted:every=9",
        "--fault",    "html:every=11", "--fault", "truncate:every=13",
        "--fault",    "cut:every=17",  "--fault", "unavailable:every=19",
        NULL};
    size_t found[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct world world;
        struct source_meter meter;
        world_open(&world, SOURCE_STRIPE, i == 0 ? quiet : faulty);
        walk_all(&world, LOOKBACK_SALES, NOW_S - 60 * DAY_S, NOW_S - 10 * DAY_S - 1);
        walk_all(&world, LOOKBACK_SALES, NOW_S - 10 * DAY_S, NOW_S);
        found[i] = world.count;
        assert_int_equal(world.refused, 0);
        walk_all(&world, LOOKBACK_REFUNDS, NOW_S - 60 * DAY_S, NOW_S);
        assert_true(world.references > 0);
        if (i == 0)
            fetch_all(&world, "cs_test_nobody");
        world.ops->meter(world.source, &meter);
        assert_int_equal(meter.retries > 0, i == 1);
        world_close(&world);
    }
    assert_in_range(found[0], GENERATED / 2, GENERATED);
    assert_int_equal(found[0], found[1]);
}

static void test_printful(void **state)
{
    static const char *const quiet[] = {"--generate", "230", "--now", NOW, NULL};
    struct world world;
    (void)state;
    world_open(&world, SOURCE_PRINTFUL, quiet);
    walk_all(&world, LOOKBACK_ORDERS, 0, NOW_S + DAY_S);
    assert_true(world.count > 100);
    assert_int_equal(world.count, world.checked);
    assert_int_equal(world.refused, 0);
    fetch_all(&world, "999999999");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stripe),
                                       cmocka_unit_test(test_printful)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
