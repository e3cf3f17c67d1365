/* The Stripe source against a Stripe made of a few lines: pages, windows, line items beyond the
 * handful, cursors that vanish, refunds, and what one broken session does to the others. */
#include "lib/check.h"

#include "base/clock.h"
#include "lib/fake_settings.h"
#include "lib/stripe_play.h"

/* ---- pages ---- */

static void test_page_boundaries(void **state)
{
    static const int sizes[] = {0, 1, 10, 11, 99, 100, 101, 200, 201};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct stripe_play play;
        stripe_play_open(&play, sizes[i], 2);
        struct stripe_tally tally = stripe_play_walk(&play, LOOKBACK_SALES);
        assert_int_equal(tally.error.id, ERROR_NONE);
        assert_int_equal(tally.documents, sizes[i]);
        assert_int_equal(tally.checked, sizes[i]);
        assert_int_equal(tally.pages, sizes[i] == 0 ? 1 : (sizes[i] + 99) / 100);
        assert_int_equal(api_server_requests(play.server), tally.pages);
        stripe_tally_assert_seen(&tally, sizes[i]);
        stripe_play_close(&play);
    }
}

static void test_what_is_asked(void **state)
{
    struct stripe_play play;
    struct api_seen seen;
    (void)state;
    stripe_play_open(&play, 1, 2);
    stripe_play_walk(&play, LOOKBACK_SALES);
    stripe_play_walk(&play, LOOKBACK_REFUNDS);
    api_server_seen(play.server, 0, &seen);
    assert_string_equal(seen.method, "GET");
    assert_string_equal(seen.url,
                        "/v1/checkout/sessions?status=complete&expand%5B%5D=data.line_items&"
                        "limit=100&created%5Bgte%5D=1699999000&created%5Blte%5D=1700000000");
    assert_non_null(strstr(seen.headers, "Stripe-Version: 2026-08-26.dahlia\n"));
    api_server_seen(play.server, 1, &seen);
    assert_string_equal(seen.url, "/v1/refunds?limit=100&created%5Bgte%5D=1699999000&"
                                  "created%5Blte%5D=1700000000");
    stripe_play_close(&play);
}

/* A window's both ends belong to it. */
static void test_window_is_inclusive(void **state)
{
    struct stripe_play play;
    struct stripe_answer answer = {.done = false};
    struct lookback_window window = {LOOKBACK_SALES, STRIPE_PLAY_NEWEST - 4,
                                     STRIPE_PLAY_NEWEST - 2};
    (void)state;
    stripe_play_open(&play, 10, 1);
    source_stripe.lookback->walk(play.source, &window, NULL, stripe_answer_take_page, &answer);
    stripe_play_wait(&play, &answer);
    assert_int_equal(answer.page->page->count, 3);
    assert_null(answer.page->cursor);
    stripe_answer_free(&answer);
    stripe_play_close(&play);
}

/* Of a page at the server's own limits no byte changes on the way. */
static void test_bytes_stay(void **state)
{
    struct stripe_play play;
    struct buffer sent = {.max = 1 << 16};
    (void)state;
    stripe_play_open(&play, 1, 2);
    stripe_play_session(&play.shop, &sent, 0, true);
    struct stripe_answer answer = stripe_play_page(&play, LOOKBACK_SALES, NULL);
    struct page *page = answer.page->page;
    assert_int_equal(page->count, 1);
    assert_true(str_equal(buffer_str(&page->raw), buffer_str(&sent)));
    stripe_answer_free(&answer);
    buffer_free(&sent);
    stripe_play_close(&play);
}

/* Complete but unpaid is passed on (it is read again later); what never was a sale is not. */
static void test_which_are_sales(void **state)
{
    struct stripe_play play;
    (void)state;
    stripe_play_open(&play, 7, 1);
    play.shop.payment[1] = "no_payment_required";
    play.shop.payment[2] = "unpaid";
    play.shop.payment[3] = "something_new";
    play.shop.status[4] = "open";
    play.shop.status[5] = "expired";
    play.shop.mode[6] = "setup";
    struct stripe_tally tally = stripe_play_walk(&play, LOOKBACK_SALES);
    assert_int_equal(tally.checked, 7);
    assert_int_equal(tally.documents, 4);
    assert_int_equal(tally.failed, 0);
    stripe_tally_assert_seen(&tally, 4);
    stripe_play_close(&play);
}

/* ---- cursors ---- */

/* The newest session arrives between two pages: none of the older ones is skipped or comes twice.
 */
static void test_session_arrives(void **state)
{
    struct stripe_play play;
    struct stripe_answer first, second;
    (void)state;
    stripe_play_open(&play, 150, 1);
    play.shop.gone[0] = true;
    first = stripe_play_page(&play, LOOKBACK_SALES, NULL);
    play.shop.gone[0] = false;
    second = stripe_play_page(&play, LOOKBACK_SALES, first.page->cursor);
    assert_int_equal(first.page->page->count, 100);
    assert_int_equal(second.page->page->count, 49);
    assert_null(second.page->cursor);
    stripe_answer_free(&first);
    stripe_answer_free(&second);
    stripe_play_close(&play);
}

/* The session to go on behind is deleted, or a page says it goes on and is empty: from its second
 * again; nothing is missed. */
static void test_cursor_vanishes(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct stripe_play play;
        stripe_play_open(&play, 350, 1);
        *(way == 0 ? &play.shop.vanish : &play.shop.empty) = 1;
        struct stripe_tally tally = stripe_play_walk(&play, LOOKBACK_SALES);
        assert_int_equal(tally.error.id, ERROR_NONE);
        stripe_tally_assert_seen(&tally, 350);
        /* The vanished one itself was seen on the page before. */
        assert_true(tally.documents <= 351);
        stripe_play_close(&play);
    }
}

static void test_cursor_vanishes_within_a_second(void **state)
{
    struct stripe_play play;
    (void)state;
    stripe_play_open(&play, 250, 1);
    play.shop.same_second = true;
    play.shop.vanish = 1;
    struct stripe_tally tally = stripe_play_walk(&play, LOOKBACK_SALES);
    assert_int_equal(tally.error.id, ERROR_NONE);
    stripe_tally_assert_seen(&tally, 250);
    stripe_play_close(&play);
}

static void always_missing(void *context, const struct api_request *request,
                           struct api_answer *ret_answer)
{
    struct stripe_shop *shop = context;
    if (api_parameter(request, "starting_after") != NULL)
        stripe_play_refuse(ret_answer, 400, "resource_missing", "starting_after");
    else
        stripe_play_answer(shop, request, ret_answer);
}

static void nameless(void *context, const struct api_request *request,
                     struct api_answer *ret_answer)
{
    (void)context;
    (void)request;
    ret_answer->body = "{\"object\":\"list\",\"has_more\":false,\"data\":[{\"object\":"
                       "\"checkout.session\",\"created\":1,\"status\":\"complete\","
                       "\"payment_status\":\"paid\",\"mode\":\"payment\"}]}";
}

/* The walk of the play's source toward another server. */
static struct stripe_tally walk_other(struct stripe_play *play, api_answer_fn *answer)
{
    char base[64];
    struct error err;
    struct api_server *server = api_server_start(answer, &play->shop, base);
    const struct setting_override overrides[] = {{"stripe_secret_key", "sk_test_sesame"},
                                                 {"stripe_api_base", base},
                                                 {"stripe_rate", "100"},
                                                 {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    source_stripe.close(play->source);
    assert_true(source_stripe.open(settings, &play->source, &err));
    struct stripe_tally tally = stripe_play_walk(play, LOOKBACK_SALES);
    source_stripe.close(play->source);
    api_server_stop(server);
    assert_true(source_stripe.open(play->settings, &play->source, &err));
    settings_free(settings);
    return tally;
}

/* A server that knows none of its cursors ends the walk with an error, not never. */
static void test_cursor_always_vanishes(void **state)
{
    struct stripe_play play;
    (void)state;
    stripe_play_open(&play, 250, 1);
    play.shop.same_second = true;
    struct stripe_tally tally = walk_other(&play, always_missing);
    assert_int_equal(tally.error.id, ERROR_SOURCE_REFUSED);
    assert_true(tally.pages < 10);
    stripe_play_close(&play);
}

/* A sale that cannot be named is not passed over in silence. */
static void test_sale_without_id(void **state)
{
    struct stripe_play play;
    (void)state;
    stripe_play_open(&play, 1, 1);
    struct stripe_tally tally = walk_other(&play, nameless);
    assert_int_equal(tally.error.id, ERROR_SOURCE_PROTOCOL);
    assert_non_null(strstr(tally.error.message, "has no id"));
    stripe_play_close(&play);
}

/* ---- line items ---- */

static void test_line_items(void **state)
{
    static const int counts[] = {0, 1, 10, 11, 100, 101, 110, 111, 210, 211};
    enum { COUNT = sizeof(counts) / sizeof(counts[0]) };
    struct stripe_play play;
    (void)state;
    for (int way = 0; way < 2; way++) {
        stripe_play_open(&play, COUNT, 0);
        memcpy(play.shop.items, counts, sizeof(counts));
        play.shop.no_expand = way == 1;
        struct stripe_tally tally = stripe_play_walk(&play, LOOKBACK_SALES);
        assert_int_equal(tally.documents, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(tally.items[i], counts[i]);
        stripe_play_close(&play);
    }
}

/* One session's items cannot be read: the others land, that one is a failure that says why. */
static void test_broken_items(void **state)
{
    static const int statuses[] = {404, 400};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct stripe_play play;
        stripe_play_open(&play, 5, 11);
        play.shop.broken = 3;
        play.shop.broken_status = statuses[i];
        struct stripe_tally tally = stripe_play_walk(&play, LOOKBACK_SALES);
        assert_int_equal(tally.documents, 4);
        assert_int_equal(tally.failed, 1);
        assert_int_equal(tally.error.id, ERROR_DOCUMENT_PARTIAL);
        assert_non_null(strstr(tally.error.message, "req_9"));
        stripe_play_close(&play);
    }
}

/* A key that may not read is everybody's matter. */
static void test_denied_items(void **state)
{
    struct stripe_play play;
    (void)state;
    stripe_play_open(&play, 5, 11);
    play.shop.broken = 3;
    play.shop.broken_status = 403;
    struct stripe_tally tally = stripe_play_walk(&play, LOOKBACK_SALES);
    assert_int_equal(tally.error.id, ERROR_API_PERMISSION);
    assert_non_null(strstr(tally.error.message, "Checkout Sessions"));
    assert_int_equal(tally.documents, 0);
    stripe_play_close(&play);
}

/* A page too large for one answer is asked for in smaller ones. */
static void test_large_metadata(void **state)
{
    struct stripe_play play;
    (void)state;
    stripe_play_open(&play, 40, 1);
    play.shop.metadata = 1u << 20;
    struct stripe_tally tally = stripe_play_walk(&play, LOOKBACK_SALES);
    assert_int_equal(tally.error.id, ERROR_NONE);
    assert_int_equal(tally.documents, 40);
    stripe_tally_assert_seen(&tally, 40);
    stripe_play_close(&play);
}

/* ---- refunds ---- */

static void test_refunds(void **state)
{
    struct stripe_play play;
    (void)state;
    stripe_play_open(&play, 60, 1);
    for (int i = 0; i < 50; i++)
        play.shop.refunds[i] = 3; /* 150: two pages; one session's may lie on both */
    struct stripe_tally tally = stripe_play_walk(&play, LOOKBACK_REFUNDS);
    assert_int_equal(tally.pages, 2);
    assert_int_equal(tally.checked, 150);
    assert_int_equal(tally.references, 51);
    assert_int_equal(tally.documents, 0);
    stripe_play_close(&play);
}

/* ---- by id ---- */

static void take_fetch(void *context, struct page *take_found, char **take_missing, size_t missing,
                       int64_t read_time_ns, const struct error *err)
{
    struct stripe_answer *answer = context;
    assert_false(answer->done);
    answer->done = true;
    answer->found = take_found;
    answer->missing = take_missing;
    answer->missing_count = missing;
    assert_int_equal(err == NULL, read_time_ns != TIME_NONE);
    if (err != NULL)
        answer->error = *err;
}

static struct stripe_answer fetch(struct stripe_play *play, const char *const *ids, size_t count)
{
    struct stripe_answer answer = {.done = false};
    source_stripe.fetch(play->source, ids, count, take_fetch, &answer);
    stripe_play_wait(play, &answer);
    return answer;
}

static void test_fetch(void **state)
{
    static const char *const ids[] = {"cs_test_2", "cs_test_77", "cs_test_0", "cs_test_2"};
    struct stripe_play play;
    struct arena arena = {.block_size = 4096};
    struct document document;
    struct error err;
    (void)state;
    stripe_play_open(&play, 3, 12);
    play.shop.refunds[2] = 101;
    struct stripe_answer answer = fetch(&play, ids, 4);
    assert_int_equal(answer.error.id, ERROR_NONE);
    assert_int_equal(answer.found->count, 2);
    assert_int_equal(answer.missing_count, 1);
    assert_string_equal(answer.missing[0], "cs_test_77");
    assert_true(source_stripe.decode(answer.found, 0, &arena, &document, &err));
    assert_str(document.id, "cs_test_2");
    assert_int_equal(value_path(document.content, "refunds.data")->array.count, 101);
    assert_int_equal(value_path(document.content, "line_items.data")->array.count, 12);
    assert_true(source_stripe.decode(answer.found, 1, &arena, &document, &err));
    assert_null(value_get(document.content, "refunds")); /* as the list has it */
    stripe_answer_free(&answer);
    answer = fetch(&play, NULL, 0);
    assert_int_equal(answer.found->count, 0);
    stripe_answer_free(&answer);
    arena_free(&arena);
    stripe_play_close(&play);
}

/* One that cannot be read is told as a document that is refused, with its id. */
static void test_fetch_broken(void **state)
{
    static const char *const ids[] = {"cs_test_0", "cs_test_1", "cs_test_2"};
    struct stripe_play play;
    struct arena arena = {.block_size = 4096};
    struct document document;
    struct error err;
    (void)state;
    stripe_play_open(&play, 3, 1);
    play.shop.broken = 1;
    play.shop.broken_status = 400;
    struct stripe_answer answer = fetch(&play, ids, 3);
    assert_int_equal(answer.error.id, ERROR_NONE);
    assert_int_equal(answer.found->count, 3);
    assert_true(source_stripe.decode(answer.found, 0, &arena, &document, &err));
    assert_false(source_stripe.decode(answer.found, 1, &arena, &document, &err));
    assert_str(document.id, "cs_test_1");
    assert_int_equal(err.id, ERROR_DOCUMENT_PARTIAL);
    assert_true(source_stripe.decode(answer.found, 2, &arena, &document, &err));
    stripe_answer_free(&answer);
    arena_free(&arena);
    play.shop.broken_status = 401;
    answer = fetch(&play, ids, 3);
    assert_int_equal(answer.error.id, ERROR_API_KEY);
    stripe_answer_free(&answer);
    stripe_play_close(&play);
}

/* ---- all along ---- */

/* Closing amid everything calls nobody; only GET ever left. */
static void test_close_amid(void **state)
{
    struct stripe_play play;
    struct stripe_answer answers[8];
    struct lookback_window window = {LOOKBACK_SALES, STRIPE_PLAY_NEWEST - 1000, STRIPE_PLAY_NEWEST};
    (void)state;
    stripe_play_open(&play, 300, 11);
    for (size_t i = 0; i < 8; i++) {
        answers[i] = (struct stripe_answer){.done = false};
        source_stripe.lookback->walk(play.source, &window, NULL, stripe_answer_take_page,
                                     &answers[i]);
    }
    for (int i = 0; i < 20; i++)
        source_stripe.step(play.source, 5000);
    for (size_t i = 0; i < 8; i++)
        stripe_answer_free(&answers[i]);
    stripe_play_close(&play);
}

static void test_open(void **state)
{
    struct source *source = NULL;
    struct error err = {.id = ERROR_NONE};
    (void)state;
    struct settings *settings = fake_settings(NULL);
    assert_false(source_stripe.open(settings, &source, &err));
    assert_int_equal(err.id, ERROR_SETTING_MISSING);
    assert_non_null(strstr(err.message, "STRIPE_SECRET_KEY"));
    assert_int_equal(error_exit_code(&err), 78);
    settings_free(settings);
    settings = fake_settings(
        (const struct setting_override[]){{"stripe_secret_key", "sk_live_sesame"}, {NULL, NULL}});
    assert_false(source_stripe.open(settings, &source, &err));
    assert_int_equal(err.id, ERROR_STRIPE_ENVIRONMENT);
    settings_free(settings);
    settings = fake_settings(
        (const struct setting_override[]){{"stripe_secret_key", "rk_test_x"}, {NULL, NULL}});
    assert_true(source_stripe.open(settings, &source, &err));
    assert_string_equal(source_stripe.identity(source), "test");
    source_stripe.close(source);
    settings_free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_boundaries),
        cmocka_unit_test(test_what_is_asked),
        cmocka_unit_test(test_window_is_inclusive),
        cmocka_unit_test(test_bytes_stay),
        cmocka_unit_test(test_which_are_sales),
        cmocka_unit_test(test_session_arrives),
        cmocka_unit_test(test_cursor_vanishes),
        cmocka_unit_test(test_cursor_vanishes_within_a_second),
        cmocka_unit_test(test_cursor_always_vanishes),
        cmocka_unit_test(test_sale_without_id),
        cmocka_unit_test(test_line_items),
        cmocka_unit_test(test_broken_items),
        cmocka_unit_test(test_denied_items),
        cmocka_unit_test(test_large_metadata),
        cmocka_unit_test(test_refunds),
        cmocka_unit_test(test_fetch),
        cmocka_unit_test(test_fetch_broken),
        cmocka_unit_test(test_close_amid),
        cmocka_unit_test(test_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
