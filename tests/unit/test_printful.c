/* The Printful source against a Printful made of a few lines: pages by offset while orders come and
 * go, the end of the window, ids of both kinds, and every public body. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/api_server.h"
#include "lib/bodies.h"
#include "lib/fake_settings.h"
#include "source/lookback.h"
#include "source/page.h"
#include "model/slice.h"

#define SECOND INT64_C(1000000)
#define NEWEST 1700000000
#define MAX_ORDERS 600

/* ---- Printful ---- */

struct printful {
    int orders; /* order i has the id 1000 + i and was created i seconds before NEWEST */
    bool gone[MAX_ORDERS];
    bool oldest_first;
    int delete_at; /* at this request (from 0), `delete_count` of the newest orders are deleted */
    int delete_count;
    const char *fixed; /* answered to everything, NULL: nothing fixed */
    unsigned fixed_status;
    int broken;                /* this order cannot be read */
    int empty_at, empty_count; /* so many requests from this one on are answered without orders */
};

static void append_order(struct buffer *text, int i)
{
    buffer_append_format(text,
                         "{\"id\":%d,\"external_id\":\"shop-%d\",\"status\":\"fulfilled\","
                         "\"created\":%d,\"updated\":%d,\"costs\":{\"total\":72.34,\"tax\":"
                         "\"6.84\"}}",
                         1000 + i, i, NEWEST - i, NEWEST - i + 500);
}

static void answer_list(struct printful *printful, const struct api_request *request,
                        struct api_answer *answer)
{
    struct buffer text = {.max = 16u << 20};
    const char *offset_text = api_parameter(request, "offset");
    const char *limit_text = api_parameter(request, "limit");
    int offset = (int)strtol(offset_text, NULL, 10);
    int limit = limit_text == NULL ? 20 : (int)strtol(limit_text, NULL, 10);
    if ((int)request->number == printful->delete_at) {
        for (int i = 0; i < printful->delete_count; i++)
            printful->gone[i] = true;
    }
    if ((int)request->number >= printful->empty_at &&
        (int)request->number < printful->empty_at + printful->empty_count)
        limit = 0;
    int total = 0, count = 0;
    buffer_append_text(&text, "{\"code\":200,\"result\":[");
    for (int k = 0; k < printful->orders; k++) {
        int i = printful->oldest_first ? printful->orders - 1 - k : k;
        if (printful->gone[i])
            continue;
        if (total++ < offset || count == limit)
            continue;
        if (count++ > 0)
            buffer_append_char(&text, ',');
        append_order(&text, i);
    }
    buffer_append_format(&text,
                         "],\"extra\":[],\"paging\":{\"total\":%d,\"offset\":%d,\"limit\":%d}}",
                         total, offset, limit);
    answer->take_body = text.data;
}

static void answer_order(struct printful *printful, const struct api_request *request,
                         struct api_answer *answer)
{
    struct buffer text = {.max = 1u << 20};
    const char *id = request->path + strlen("/orders/");
    int i = strncmp(id, "@shop-", 6) == 0 ? (int)strtol(id + 6, NULL, 10)
                                          : (int)strtol(id, NULL, 10) - 1000;
    if (i == printful->broken) {
        answer->status = 400;
        answer->body = "{\"code\":400,\"result\":\"Odd order\",\"error\":{\"reason\":7,"
                       "\"message\":\"Odd order\"}}";
        return;
    }
    if (i < 0 || i >= printful->orders || printful->gone[i]) {
        answer->status = 404;
        answer->body = "{\"code\":404,\"result\":\"Not Found\",\"error\":{\"reason\":"
                       "\"NotFound\",\"message\":\"Not Found\"}}";
        return;
    }
    buffer_append_text(&text, "{\"code\":200,\"result\":");
    append_order(&text, i);
    buffer_append_char(&text, '}');
    answer->take_body = text.data;
}

static void printful_answer(void *context, const struct api_request *request,
                            struct api_answer *ret_answer)
{
    struct printful *printful = context;
    if (printful->fixed != NULL) {
        ret_answer->status = printful->fixed_status;
        ret_answer->body = printful->fixed;
    } else if (strcmp(request->path, "/orders") == 0) {
        answer_list(printful, request, ret_answer);
    } else {
        answer_order(printful, request, ret_answer);
    }
}

/* ---- a world ---- */

struct world {
    struct printful printful;
    struct api_server *server;
    struct source *source;
    struct settings *settings;
};

static void world_open(struct world *world, int orders, const char *store)
{
    char base[64];
    struct error err = {.id = ERROR_NONE};
    *world = (struct world){.printful = {.orders = orders, .delete_at = -1, .broken = -1}};
    world->server = api_server_start(printful_answer, &world->printful, base);
    const struct setting_override overrides[] = {{"printful_api_key", "sesame"},
                                                 {"printful_api_base", base},
                                                 {"printful_rate", "100"},
                                                 {"printful_store", store},
                                                 {NULL, NULL}};
    world->settings = fake_settings(overrides);
    if (!source_printful.open(world->settings, &world->source, &err))
        fail_msg("%s", err.message);
}

static void world_close(struct world *world)
{
    source_printful.close(world->source);
    api_server_stop(world->server);
    settings_free(world->settings);
}

struct answer {
    bool done;
    struct lookback_page *page;
    struct page *found;
    char **missing;
    size_t missing_count;
    struct error error;
};

static void take_walk(void *context, struct lookback_page *take_page, const struct error *err)
{
    struct answer *answer = context;
    answer->done = true;
    answer->page = take_page;
    if (err != NULL)
        answer->error = *err;
}

static void take_fetch(void *context, struct page *take_found, char **take_missing, size_t missing,
                       int64_t read_time_ns, const struct error *err)
{
    struct answer *answer = context;
    (void)read_time_ns;
    answer->done = true;
    answer->found = take_found;
    answer->missing = take_missing;
    answer->missing_count = missing;
    if (err != NULL)
        answer->error = *err;
}

static void wait_for(struct world *world, const struct answer *answer)
{
    int64_t deadline = clock_monotonic_us() + 60 * SECOND;
    while (!answer->done && clock_monotonic_us() < deadline)
        source_printful.step(world->source, 50000);
    assert_true(answer->done);
}

static void answer_free(struct answer *answer)
{
    lookback_page_free(answer->page);
    page_free(answer->found);
    for (size_t i = 0; i < answer->missing_count; i++)
        free(answer->missing[i]);
    free(answer->missing);
}

struct tally {
    size_t pages, documents, checked;
    unsigned seen[MAX_ORDERS];
    struct error error;
};

static void tally_take(struct tally *tally, const struct lookback_page *page)
{
    struct arena arena = {.block_size = 4096};
    tally->pages++;
    tally->checked += page->checked;
    tally->documents += page->page->count;
    for (size_t i = 0; i < page->page->count; i++) {
        struct document document;
        struct error err;
        int64_t id;
        assert_true(source_printful.decode(page->page, i, &arena, &document, &err));
        assert_true(slice_integer(document.id, &id));
        assert_in_range(id, 1000, 1000 + MAX_ORDERS - 1);
        tally->seen[id - 1000]++;
        assert_int_equal(document.version, NEWEST - (id - 1000) + 500);
    }
    arena_free(&arena);
}

static struct tally walk_all(struct world *world, int64_t from_s, int64_t to_s)
{
    struct tally tally = {.pages = 0};
    struct lookback_window window = {LOOKBACK_ORDERS, from_s, to_s};
    char *cursor = NULL;
    do {
        struct answer answer = {.done = false};
        source_printful.lookback->walk(world->source, &window, cursor, take_walk, &answer);
        wait_for(world, &answer);
        free(cursor);
        cursor = NULL;
        tally.error = answer.error;
        if (answer.page != NULL) {
            tally_take(&tally, answer.page);
            cursor = memory_string(answer.page->cursor);
        }
        answer_free(&answer);
    } while (cursor != NULL && tally.pages < 50);
    free(cursor);
    return tally;
}

/* ---- pages ---- */

static void test_page_boundaries(void **state)
{
    static const int sizes[] = {0, 1, 10, 11, 20, 21, 99, 100, 101, 190, 191, 350};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct world world;
        world_open(&world, sizes[i], "");
        struct tally tally = walk_all(&world, 0, NEWEST);
        assert_int_equal(tally.error.id, ERROR_NONE);
        assert_int_equal(tally.checked, sizes[i]);
        assert_int_equal(tally.documents, sizes[i]);
        for (int k = 0; k < sizes[i]; k++)
            assert_int_equal(tally.seen[k], 1);
        world_close(&world);
    }
}

/* The walk ends after a whole page older than the window, not before. */
static void test_end_of_window(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, 600, "");
    struct tally tally = walk_all(&world, NEWEST - 149, NEWEST - 10);
    assert_int_equal(tally.documents, 140);
    assert_int_equal(tally.pages, 3); /* 0..99, 90..189, 180..279 */
    for (int i = 0; i < 600; i++)
        assert_int_equal(tally.seen[i], i >= 10 && i <= 149);
    world_close(&world);
}

/* Should Printful list the oldest first, no early end is taken. */
static void test_oldest_first(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, 600, "");
    world.printful.oldest_first = true;
    struct tally tally = walk_all(&world, NEWEST - 49, NEWEST);
    assert_int_equal(tally.documents, 50);
    world_close(&world);
}

/* Orders deleted between two pages pull the others forward: none is skipped, few or many. */
static void test_orders_vanish(void **state)
{
    static const int counts[] = {1, 9, 10, 11, 60};
    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct world world;
        world_open(&world, 350, "");
        world.printful.delete_at = 1;
        world.printful.delete_count = counts[i];
        struct tally tally = walk_all(&world, 0, NEWEST);
        for (int k = 0; k < 350; k++) {
            if (tally.seen[k] == 0)
                fail_msg("%d deleted: order %d is missing", counts[i], k);
        }
        world_close(&world);
    }
}

/* A page without orders amid the list is asked for again; it never ends the walk as if all was
 * read. */
static void test_empty_page(void **state)
{
    struct world world;
    (void)state;
    for (int at = 0; at < 3; at++) {
        world_open(&world, 250, "");
        world.printful.empty_at = at;
        world.printful.empty_count = 3;
        struct tally tally = walk_all(&world, 0, NEWEST);
        assert_int_equal(tally.error.id, ERROR_NONE);
        assert_int_equal(tally.documents, 250);
        world_close(&world);
    }
    world_open(&world, 250, "");
    world.printful.empty_at = 1;
    world.printful.empty_count = 1000;
    struct tally tally = walk_all(&world, 0, NEWEST);
    assert_int_equal(tally.error.id, ERROR_SOURCE_PROTOCOL);
    assert_non_null(strstr(tally.error.message, "list of 250"));
    assert_int_equal(api_server_requests(world.server), 5);
    world_close(&world);
}

static void test_what_is_asked(void **state)
{
    struct world world;
    struct api_seen seen;
    (void)state;
    world_open(&world, 150, "4711");
    walk_all(&world, 0, NEWEST);
    api_server_seen(world.server, 1, &seen);
    assert_string_equal(seen.method, "GET");
    assert_string_equal(seen.url, "/orders?limit=100&offset=90");
    assert_non_null(strstr(seen.headers, "Authorization: Bearer sesame\n"));
    assert_non_null(strstr(seen.headers, "X-PF-Store-Id: 4711\n"));
    assert_string_equal(source_printful.identity(world.source), "4711");
    world_close(&world);
    world_open(&world, 1, "");
    walk_all(&world, 0, NEWEST);
    api_server_seen(world.server, 0, &seen);
    assert_null(strstr(seen.headers, "X-PF-Store-Id"));
    assert_string_equal(source_printful.identity(world.source), "default");
    world_close(&world);
}

/* ---- errors ---- */

static void test_errors(void **state)
{
    static const struct {
        unsigned status;
        const char *body;
        enum error_id error;
        const char *word;
    } rows[] = {
        {401, "{\"code\":401,\"result\":\"The access token provided is invalid.\",\"error\":{}}",
         ERROR_API_KEY, "PRINTFUL_API_KEY"},
        {403, "{\"code\":403,\"result\":\"x\",\"error\":{\"reason\":3,\"message\":\"x\"}}",
         ERROR_API_PERMISSION, "orders/read"},
        {400, "{\"code\":400,\"result\":\"This endpoint requires `store_id`!\",\"error\":{}}",
         ERROR_API_PERMISSION, "X-PF-Store-Id"},
        {404, "{\"code\":404,\"result\":\"Not Found\"}", ERROR_SOURCE_REFUSED, "Not Found"},
        /* the body's own code counts */
        {200, "{\"code\":403,\"result\":\"No\"}", ERROR_API_PERMISSION, "orders/read"},
        {200, "{\"code\":200,\"result\":{}}", ERROR_SOURCE_PROTOCOL, "list"},
        {400, "{\"code\":400,\"result\":\"Odd\"}", ERROR_SOURCE_REFUSED, "Odd"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct world world;
        world_open(&world, 1, "");
        world.printful.fixed = rows[i].body;
        world.printful.fixed_status = rows[i].status;
        struct tally tally = walk_all(&world, 0, NEWEST);
        if (tally.error.id != rows[i].error || strstr(tally.error.message, rows[i].word) == NULL)
            fail_msg("row %zu: %s", i, tally.error.message);
        assert_null(strstr(tally.error.message, "sesame"));
        assert_int_equal(api_server_requests(world.server), 1);
        world_close(&world);
    }
}

static void test_open(void **state)
{
    struct source *source = NULL;
    struct error err = {.id = ERROR_NONE};
    (void)state;
    struct settings *settings = fake_settings(NULL);
    assert_false(source_printful.open(settings, &source, &err));
    assert_int_equal(err.id, ERROR_SETTING_MISSING);
    assert_non_null(strstr(err.message, "PRINTFUL_API_KEY"));
    assert_int_equal(error_exit_code(&err), 78);
    settings_free(settings);
    settings = fake_settings((const struct setting_override[]){
        {"printful_api_key", "x"}, {"printful_store", "1\r\nX: y"}, {NULL, NULL}});
    assert_false(source_printful.open(settings, &source, &err));
    assert_int_equal(err.id, ERROR_SETTING_INVALID);
    settings_free(settings);
}

/* ---- by id ---- */

static void test_fetch(void **state)
{
    static const char *const ids[] = {"1003", "@shop-5", "1077", "@shop-99", "1004"};
    struct world world;
    struct answer answer = {.done = false};
    struct arena arena = {.block_size = 4096};
    struct document document;
    struct error err;
    (void)state;
    world_open(&world, 10, "");
    world.printful.broken = 4;
    source_printful.fetch(world.source, ids, 5, take_fetch, &answer);
    wait_for(&world, &answer);
    assert_int_equal(answer.error.id, ERROR_NONE);
    assert_int_equal(answer.found->count, 3);
    assert_true(source_printful.decode(answer.found, 0, &arena, &document, &err));
    assert_str(document.id, "1003");
    assert_int_equal(document.create_ns, (INT64_C(1700000000) - 3) * 1000000000);
    assert_true(source_printful.decode(answer.found, 1, &arena, &document, &err));
    assert_str(document.id, "1005");
    assert_false(source_printful.decode(answer.found, 2, &arena, &document, &err));
    assert_str(document.id, "1004");
    assert_int_equal(err.id, ERROR_DOCUMENT_PARTIAL);
    assert_int_equal(answer.missing_count, 2);
    assert_string_equal(answer.missing[0], "1077");
    assert_string_equal(answer.missing[1], "@shop-99");
    answer_free(&answer);
    arena_free(&arena);
    world_close(&world);
}

/* ---- decode ---- */

static bool decode(struct str text, struct arena *arena, struct document *ret_document,
                   struct error *err)
{
    struct page_builder builder = {.page = NULL};
    page_builder_begin(&builder, 8u << 20);
    assert_true(page_builder_add(&builder, text));
    struct page *page = page_builder_take(&builder);
    bool ok = source_printful.decode(page, 0, arena, ret_document, err);
    page_free(page);
    return ok;
}

static void test_decode(void **state)
{
    static const struct {
        const char *text, *id;
        int64_t version;
        enum error_id error;
    } rows[] = {
        {"{\"id\":\"12\",\"status\":\"x\",\"created\":5}", "12", 5, ERROR_NONE},
        {"{\"id\":12,\"status\":\"x\",\"created\":5,\"updated\":\"7\"}", "12", 7, ERROR_NONE},
        {"{\"id\":12,\"status\":\"x\",\"updated\":null}", "12", 0, ERROR_NONE},
        {"{\"id\":\"ord_1\",\"status\":\"x\"}", "ord_1", 0, ERROR_NOT_AN_ORDER},
        {"{\"id\":12}", "12", 0, ERROR_NOT_AN_ORDER},
        {"{\"costs\":{}}", NULL, 0, ERROR_NOT_AN_ORDER},
        {"{\"type\":\"package_shipped\",\"data\":{}}", NULL, 0, ERROR_NOT_AN_ORDER},
        {"[]", NULL, 0, ERROR_NOT_AN_ORDER},
        {"{\"id\":12,\"status\":fals}", NULL, 0, ERROR_JSON_SYNTAX},
    };
    struct arena arena = {.block_size = 4096};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct document document;
        struct error err = {.id = ERROR_NONE};
        bool ok = decode(str_from(rows[i].text), &arena, &document, &err);
        if (ok != (rows[i].error == ERROR_NONE) || err.id != rows[i].error)
            fail_msg("row %zu: %s", i, err.message);
        if (rows[i].id != NULL)
            assert_str(document.id, rows[i].id);
        assert_int_equal(document.version, rows[i].version);
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
    assert_true(decode(STR("{\"id\":12,\"status\":\"x\",\"recipient\":{\"name\":\"a\\udc00b\"}}"),
                       &arena, &document, &err));
    assert_str(document.repaired, "recipient.name");
    assert_true(decode(STR("{\"id\":12,\"status\":\"x\"}"), &arena, &document, &err));
    assert_null(document.repaired.data);
    arena_free(&arena);
}

/* Answers are opened as walk and fetch do; what they hold lands if it is an order. */
static void check_body(void *context, const char *name, struct str text)
{
    size_t *counts = context;
    struct arena arena = {.block_size = 65536};
    struct document document;
    struct error err = {.id = ERROR_NONE};
    bool list = strstr(name, "-order_list-") != NULL;
    struct str result = slice_get(text, "result");
    struct slice slice = slice_begin(result);
    struct str order = slice_is_map(result) ? result : text;
    assert_true(slice_whole(text));
    while (!list || slice_next(&slice, NULL, &order)) {
        bool ok = decode(order, &arena, &document, &err);
        bool expected = strstr(name, "-order") != NULL && strstr(name, "-error-") == NULL &&
                        slice_get(order, "id").data != NULL;
        if (ok != expected || (!ok && err.id != ERROR_NOT_AN_ORDER))
            fail_msg("%s: %s", name, ok ? "no order, and taken" : err.message);
        counts[ok ? 0 : 1]++;
        if (!list)
            break;
    }
    arena_free(&arena);
}

static void test_public_bodies(void **state)
{
    size_t counts[2] = {0, 0};
    (void)state;
    size_t count = bodies_each("printful", check_body, counts);
    if (count == 0)
        skip();
    print_message("%zu files: %zu orders land, %zu bodies are refused\n", count, counts[0],
                  counts[1]);
    assert_true(counts[0] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_boundaries), cmocka_unit_test(test_end_of_window),
        cmocka_unit_test(test_oldest_first),    cmocka_unit_test(test_orders_vanish),
        cmocka_unit_test(test_empty_page),      cmocka_unit_test(test_what_is_asked),
        cmocka_unit_test(test_errors),          cmocka_unit_test(test_open),
        cmocka_unit_test(test_fetch),           cmocka_unit_test(test_decode),
        cmocka_unit_test(test_repaired),        cmocka_unit_test(test_public_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
