/* Windows of created time: nothing between them is left out or read twice; what an unfinished run
 * lacks; their form in the journal. Sets of ids, and the setting printful_link. */
#include <stdio.h>
#include <string.h>

#include "engine/link.h"
#include "engine/sync.h"
#include "lib/check.h"
#include "source/source.h"

#define DAY 86400

static const struct lookback_ops *stripe(void)
{
    return source_stripe.lookback;
}

/* Returns how many windows of the walk there are; they touch and do not overlap. */
static size_t check_cover(const struct sync_window *windows, size_t count, enum lookback_walk walk,
                          int64_t from_s, int64_t to_s)
{
    int64_t next_s = from_s;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const struct lookback_window *window = &windows[i].window;
        if (windows[i].step >= stripe()->walk_count || window->walk != walk)
            continue;
        assert_int_equal(window->from_s, next_s);
        assert_true(window->to_s >= window->from_s);
        next_s = window->to_s + 1;
        found++;
    }
    assert_int_equal(next_s, to_s + 1);
    return found;
}

static void a_look_back_is_cut_without_gaps(void **state)
{
    static const int64_t lengths[] = {1, 2, 3, 900, DAY, 3 * DAY + 7, 30 * DAY, 3650LL * DAY};
    (void)state;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct sync_window windows[SYNC_RANGES_MAX];
        int64_t from_s = 1700000000;
        int64_t to_s = from_s + lengths[i] - 1;
        size_t count = sync_cut(stripe(), from_s, to_s, windows);
        size_t sales = check_cover(windows, count, LOOKBACK_SALES, from_s - SYNC_OPEN_S, to_s);
        assert_true(sales >= LOOKBACK_CALLS);
        assert_int_equal(check_cover(windows, count, LOOKBACK_REFUNDS, from_s, to_s), 1);
        assert_int_equal(windows[count - 1].step, stripe()->walk_count);
        assert_int_equal(count, sales + 2);
    }
}

static void an_unfinished_run_is_extended_at_both_ends(void **state)
{
    struct sync_window windows[SYNC_RANGES_MAX];
    struct sync_window added[SYNC_RANGES_MAX];
    (void)state;
    size_t count = sync_cut(stripe(), 1000000, 2000000, windows);
    assert_int_equal(sync_extend(stripe(), windows, count, 1000000, 2000000, added), 0);
    assert_int_equal(sync_extend(stripe(), windows, count, 1500000, 1900000, added), 0);
    size_t more = sync_extend(stripe(), windows, count, 900000, 2100000, added);
    assert_int_equal(more, 4); /* sales and refunds, before and after */
    assert_int_equal(added[0].window.from_s, 900000 - SYNC_OPEN_S);
    assert_int_equal(added[0].window.to_s, 999999 - SYNC_OPEN_S);
    /* What was open when the run passed it may be paid now. */
    assert_int_equal(added[1].window.from_s, 2000000 - 2 * SYNC_EDGE_S - SYNC_OPEN_S);
    assert_int_equal(added[1].window.to_s, 2100000);
    assert_int_equal(added[3].window.walk, LOOKBACK_REFUNDS);
    assert_int_equal(added[3].window.from_s, 2000000 - 2 * SYNC_EDGE_S);
}

/* A pause is shown whatever its reason: an error's words, else the limit that is obeyed. */
static void a_wait_is_counted_down(void **state)
{
    struct source_meter meter = {.waiting_until_us = 40000000};
    char words[64];
    (void)state;
    assert_true(sync_wait_words(&meter, 3500000, words, sizeof(words)));
    assert_string_equal(words, "rate limited, 37 s");
    error_set(&meter.last_error, ERROR_SOURCE_RATE_LIMITED, "Printful answers 429 to /orders");
    assert_true(sync_wait_words(&meter, 39000001, words, sizeof(words)));
    assert_string_equal(words, "rate limited, 1 s");
    error_set(&meter.last_error, ERROR_SOURCE_UNAVAILABLE, "Stripe answers 503");
    assert_true(sync_wait_words(&meter, 38000000, words, sizeof(words)));
    assert_string_equal(words, "Stripe answers 503, 2 s");
    assert_false(sync_wait_words(&meter, 40000000, words, sizeof(words)));
}

static void windows_are_written_and_read(void **state)
{
    static const char *const bad[] = {"", "sales", "sales 1", "sale 1 2", "orders 1 2", "x"};
    struct sync_window windows[SYNC_RANGES_MAX];
    struct sync_window read;
    (void)state;
    size_t count = sync_cut(stripe(), 1700000000, 1700999999, windows);
    for (size_t i = 0; i < count; i++) {
        char *text AUTO_FREE = sync_window_format(stripe(), &windows[i]);
        assert_true(sync_window_parse(stripe(), text, &read));
        assert_int_equal(read.step, windows[i].step);
        assert_int_equal(read.window.from_s, windows[i].window.from_s);
        assert_int_equal(read.window.to_s, windows[i].window.to_s);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(sync_window_parse(stripe(), bad[i], &read));
    assert_false(sync_window_parse(stripe(), NULL, &read));
}

static void a_set_of_ids_holds_what_was_added(void **state)
{
    struct idset set = {0};
    char id[32];
    (void)state;
    assert_false(idset_has(&set, "1"));
    for (int i = 0; i < 5000; i++) {
        snprintf(id, sizeof(id), "%d", i);
        idset_add(&set, id);
        idset_add(&set, id);
    }
    assert_int_equal(set.count, 5000);
    for (int i = 0; i < 10000; i++) {
        snprintf(id, sizeof(id), "%d", i);
        assert_int_equal(idset_has(&set, id), i < 5000);
    }
    idset_free(&set);
}

static bool link_of(const char *text, struct link *ret_link, struct error *err)
{
    static struct settings *settings;
    const struct setting_override flags[] = {{"printful_link", text}, {NULL, NULL}};
    settings_free(settings);
    settings = NULL;
    assert_true(settings_load("/dev/null", flags, &settings, err));
    bool good = link_parse(settings, ret_link, err);
    if (!good) {
        settings_free(settings);
        settings = NULL;
    }
    return good;
}

static void the_link_is_one_of_four(void **state)
{
    struct link link;
    struct error err = {0};
    (void)state;
    assert_true(link_of("shop_order_id", &link, &err));
    assert_int_equal(link.link, LINK_SHOP_ORDER_ID);
    assert_true(link_of("payment_intent", &link, &err));
    assert_int_equal(link.link, LINK_PAYMENT_INTENT);
    assert_true(link_of("metadata:order_ref", &link, &err));
    assert_int_equal(link.link, LINK_METADATA);
    assert_true(str_equal(link.metadata_key, STR("order_ref")));
    struct change changes[2] = {{.attachment.present = true}, {.attachment.present = false}};
    link_fill(&link, changes, 2);
    assert_int_equal(changes[0].attachment.link, LINK_METADATA);
    assert_true(str_equal(changes[0].attachment.metadata_key, STR("order_ref")));
    assert_null(changes[1].attachment.metadata_key.data);
    assert_false(link_of("metadata:", &link, &err));
    assert_int_equal(err.id, ERROR_SETTING_INVALID);
    assert_false(link_of("email", &link, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_look_back_is_cut_without_gaps),
        cmocka_unit_test(an_unfinished_run_is_extended_at_both_ends),
        cmocka_unit_test(a_wait_is_counted_down),
        cmocka_unit_test(windows_are_written_and_read),
        cmocka_unit_test(a_set_of_ids_holds_what_was_added),
        cmocka_unit_test(the_link_is_one_of_four),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
