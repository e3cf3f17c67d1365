/* Sessions as text into documents: versions, times, exact numbers, and every public body. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/bodies.h"
#include "model/sale.h"
#include "model/slice.h"
#include "source/stripe_internal.h"

static bool decode(struct str text, struct arena *arena, struct document *ret_document,
                   struct error *err)
{
    struct page_builder builder = {.page = NULL};
    page_builder_begin(&builder, 8u << 20);
    assert_true(page_builder_add(&builder, text));
    struct page *page = page_builder_take(&builder);
    page->read_time_ns = 77;
    bool ok = source_stripe.decode(page, 0, arena, ret_document, err);
    page_free(page);
    return ok;
}

#define HEAD "{\"id\":\"cs_test_1\",\"object\":\"checkout.session\","

static void test_good(void **state)
{
    static const struct {
        const char *text;
        int64_t version, create_ns;
    } rows[] = {
        {HEAD "\"status\":\"complete\",\"payment_status\":\"paid\",\"created\":1700000000}",
         SESSION_RANK_SETTLED, INT64_C(1700000000000000000)},
        {HEAD "\"status\":\"complete\",\"payment_status\":\"no_payment_required\"}",
         SESSION_RANK_SETTLED, TIME_NONE},
        {HEAD "\"status\":\"complete\",\"payment_status\":\"unpaid\",\"created\":\"x\"}", 1,
         TIME_NONE},
        {HEAD "\"status\":\"complete\",\"payment_status\":\"brand_new\"}", 1, TIME_NONE},
        /* before late 2021 */
        {HEAD "\"payment_status\":\"paid\"}", SESSION_RANK_SETTLED, TIME_NONE},
        {HEAD "\"status\":null,\"payment_status\":\"paid\"}", SESSION_RANK_SETTLED, TIME_NONE},
        {"{\"id\":\"cs_test_1\",\"payment_status\":\"paid\",\"created\":99999999999999}",
         SESSION_RANK_SETTLED, TIME_NONE},
    };
    struct arena arena = {.block_size = 4096};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct document document;
        struct error err = {.id = ERROR_NONE};
        if (!decode(str_from(rows[i].text), &arena, &document, &err))
            fail_msg("row %zu: %s", i, err.message);
        assert_int_equal(document.source, SOURCE_STRIPE);
        assert_str(document.id, "cs_test_1");
        assert_int_equal(document.version, rows[i].version);
        assert_int_equal(document.create_ns, rows[i].create_ns);
        assert_int_equal(document.update_ns, TIME_NONE);
        assert_int_equal(document.observed_ns, 77);
        assert_int_equal(document.wire_bytes, strlen(rows[i].text));
        assert_false(document.deleted);
    }
    arena_free(&arena);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        enum error_id error;
        const char *word;
    } rows[] = {
        {"{\"id\":\"evt_1\",\"object\":\"event\"}", ERROR_NOT_AN_ORDER, "event"},
        {"{\"id\":\"evt_1\",\"type\":\"x\",\"data\":{}}", ERROR_NOT_AN_ORDER, "event"},
        {"{\"object\":\"list\",\"data\":[]}", ERROR_NOT_AN_ORDER, "list"},
        {"{\"error\":{\"message\":\"x\"}}", ERROR_NOT_AN_ORDER, "error"},
        {"{\"object\":\"checkout.session\"}", ERROR_NOT_AN_ORDER, "id"},
        {"[]", ERROR_NOT_AN_ORDER, "id"},
        {HEAD "\"status\":\"complete\",\"line_items\":{\"data\":[],\"has_more\":true}}",
         ERROR_DOCUMENT_PARTIAL, "line_items"},
        {"{\"id\":\"cs_test_1\",\"ordersync_partial\":\"why\"}", ERROR_DOCUMENT_PARTIAL, "why"},
        {HEAD "\"a\":tru}", ERROR_JSON_SYNTAX, "session"},
    };
    struct arena arena = {.block_size = 4096};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct document document;
        struct error err = {.id = ERROR_NONE};
        assert_false(decode(str_from(rows[i].text), &arena, &document, &err));
        if (err.id != rows[i].error || strstr(err.message, rows[i].word) == NULL)
            fail_msg("row %zu: %s", i, err.message);
        assert_int_equal(error_class(&err), CLASS_INVALID_DATA);
    }
    arena_free(&arena);
}

/* Rule 23, as of a Firestore document: the first place is told. */
static void test_repaired(void **state)
{
    struct arena arena = {.block_size = 4096};
    struct document document;
    struct error err = {.id = ERROR_NONE};
    (void)state;
    assert_true(decode(STR(HEAD "\"line_items\":{\"data\":[{\"description\":\"a\\ud83db\"}]}}"),
                       &arena, &document, &err));
    assert_str(document.repaired, "line_items.data[].description");
    const struct value *lines = value_path(document.content, "line_items.data");
    assert_str(value_get(&lines->array.items[0], "description")->text, "a\xef\xbf\xbd"
                                                                       "b");
    assert_true(decode(STR(HEAD "\"locale\":\"\\ud83d\\ude00\"}"), &arena, &document, &err));
    assert_null(document.repaired.data); /* a real pair survives */
    arena_free(&arena);
}

/* ---- the public bodies ---- */

struct tally {
    size_t landed, refused, sold;
};

/* What it says of itself; and the same session as if it had been paid. */
static void check_session(struct tally *tally, const char *name, struct str text)
{
    struct arena arena = {.block_size = 65536};
    struct document document;
    struct error err = {.id = ERROR_NONE};
    while (text.len > 0 && text.data[text.len - 1] != '}')
        text.len--;
    if (decode(text, &arena, &document, &err)) {
        tally->landed++;
    } else if (err.id == ERROR_NOT_AN_ORDER || err.id == ERROR_DOCUMENT_PARTIAL) {
        tally->refused++;
    } else {
        fail_msg("%s: %s", name, err.message);
    }
    struct str sold = arena_format(
        &arena, "%.*s,\"status\":\"complete\",\"payment_status\":\"paid\",\"mode\":\"payment\"}",
        (int)text.len - 1, text.data);
    bool partial = slice_is_true(slice_get(slice_get(text, "line_items"), "has_more"));
    if (!decode(sold, &arena, &document, &err) && !partial)
        fail_msg("%s, sold: %s", name, err.message);
    tally->sold++;
    arena_free(&arena);
}

static void check_body(void *context, const char *name, struct str text)
{
    struct tally *tally = context;
    struct arena arena = {.block_size = 65536};
    struct document document;
    struct error err = {.id = ERROR_NONE};
    assert_true(slice_whole(text));
    if (strstr(name, "-session_list-") != NULL) {
        struct slice slice = slice_begin(slice_get(text, "data"));
        struct str session;
        while (slice_next(&slice, NULL, &session))
            check_session(tally, name, session);
    } else if (strstr(name, "-session-") != NULL && strstr(name, "-event-") == NULL) {
        check_session(tally, name, text);
    } else {
        if (decode(text, &arena, &document, &err) || err.id != ERROR_NOT_AN_ORDER)
            fail_msg("%s is no session: %s", name, err.message);
        tally->refused++;
    }
    arena_free(&arena);
}

static void test_public_bodies(void **state)
{
    struct tally tally = {0};
    (void)state;
    size_t count = bodies_each("stripe", check_body, &tally);
    if (count == 0)
        skip();
    print_message("%zu files: %zu land, %zu are refused; %zu sessions land when sold\n", count,
                  tally.landed, tally.refused, tally.sold);
    assert_true(tally.landed > 0);
    assert_true(tally.landed + tally.refused >= count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_repaired),
                                       cmocka_unit_test(test_public_bodies)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
