/* The Stripe source against a Stripe made of a few lines: pages, windows, line items beyond the
 * handful, cursors that vanish, refunds, and what one broken session does to the others. */
#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/api_server.h"
#include "lib/fake_settings.h"
#include "source/lookback.h"
#include "model/slice.h"

#define SECOND INT64_C(1000000)
#define NEWEST 1700000000 /* created of session 0; each further one is a second older */
#define HANDFUL 10
#define MAX_SESSIONS 400

/* ---- Stripe ---- */

struct stripe {
    int sessions;
    int items[MAX_SESSIONS];
    bool gone[MAX_SESSIONS];
    const char *status[MAX_SESSIONS], *payment[MAX_SESSIONS], *mode[MAX_SESSIONS];
    int refunds[MAX_SESSIONS]; /* of the session's payment intent */
    bool same_second;          /* all sessions */
    bool no_expand;            /* ignores expand[] */
    size_t metadata;           /* bytes in each session */
    int broken;                /* sessions whose further items cannot be read, as a number; -1 */
    int broken_status;
    int empty;  /* at this request an empty page says it goes on */
    int vanish; /* at this request the session it goes on behind is deleted */
};

static int created_of(const struct stripe *stripe, int i)
{
    return NEWEST - (stripe->same_second ? 0 : i);
}

static int number(const char *text, const char *prefix, int fallback)
{
    if (text == NULL || strncmp(text, prefix, strlen(prefix)) != 0)
        return fallback;
    return (int)strtol(text + strlen(prefix), NULL, 10);
}

static void append_items(struct buffer *text, int session, int from, int count, bool more)
{
    buffer_append_text(text, "{\"object\":\"list\",\"data\":[");
    for (int i = from; i < from + count; i++)
        buffer_append_format(text,
                             "%s{\"id\":\"li_%d_%d\",\"object\":\"item\",\"amount_total\":%d}",
                             i == from ? "" : ",", session, i, 100 + i);
    buffer_append_format(text,
                         "],\"has_more\":%s,\"url\":\"/v1/checkout/sessions/cs_test_%d/"
                         "line_items\"}",
                         more ? "true" : "false", session);
}

static void append_session(const struct stripe *stripe, struct buffer *text, int i, bool expand)
{
    const char *status = stripe->status[i] == NULL ? "complete" : stripe->status[i];
    const char *payment = stripe->payment[i] == NULL ? "paid" : stripe->payment[i];
    const char *mode = stripe->mode[i] == NULL ? "payment" : stripe->mode[i];
    int items = stripe->items[i];
    buffer_append_format(text,
                         "{\"id\":\"cs_test_%d\",\"object\":\"checkout.session\",\"created\":%d,"
                         "\"status\":\"%s\",\"payment_status\":\"%s\",\"mode\":\"%s\","
                         "\"amount_total\":9007199254740993,\"payment_intent\":\"pi_%d\","
                         "\"metadata\":{\"long\":\"",
                         i, created_of(stripe, i), status, payment, mode, i);
    if (stripe->metadata > 0) {
        memset(buffer_reserve(text, stripe->metadata), 'x', stripe->metadata);
        text->len += stripe->metadata;
    }
    buffer_append_text(text, "\"}");
    if (expand && !stripe->no_expand) {
        buffer_append_text(text, ",\"line_items\":");
        append_items(text, i, 0, items < HANDFUL ? items : HANDFUL, items > HANDFUL);
    }
    buffer_append_char(text, '}');
}

static void fail_with(struct api_answer *answer, unsigned status, const char *code,
                      const char *param)
{
    answer->status = status;
    answer->take_body =
        memory_format("{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"%s\",\"param\":"
                      "\"%s\",\"message\":\"No such thing\"}}",
                      code, param);
    answer->headers[0] = "Request-Id";
    answer->headers[1] = "req_9";
}

static void answer_sessions(struct stripe *stripe, const struct api_request *request,
                            struct api_answer *answer)
{
    struct buffer text = {.max = 256u << 20};
    int limit = number(api_parameter(request, "limit"), "", 10);
    int from = number(api_parameter(request, "created[gte]"), "", 0);
    int to = number(api_parameter(request, "created[lte]"), "", 0);
    int after = number(api_parameter(request, "starting_after"), "cs_test_", -1);
    const char *expand = api_parameter(request, "expand[]");
    bool expanded = expand != NULL && strcmp(expand, "data.line_items") == 0;
    if (after >= 0 && (stripe->gone[after] || (int)request->number == stripe->vanish)) {
        stripe->gone[after] = true;
        fail_with(answer, 404, "resource_missing", "starting_after");
        return;
    }
    int count = 0;
    bool more = false;
    buffer_append_text(&text, "{\"object\":\"list\",\"data\":[");
    for (int i = after + 1; i < stripe->sessions && !more; i++) {
        if (stripe->gone[i] || created_of(stripe, i) < from || created_of(stripe, i) > to)
            continue;
        more = count == limit || (int)request->number == stripe->empty;
        if (more)
            break;
        if (count++ > 0)
            buffer_append_char(&text, ',');
        append_session(stripe, &text, i, expanded);
    }
    buffer_append_format(&text, "],\"has_more\":%s,\"url\":\"/v1/checkout/sessions\"}",
                         more ? "true" : "false");
    answer->take_body = text.data;
}

static void answer_items(struct stripe *stripe, const struct api_request *request,
                         struct api_answer *answer, int session)
{
    struct buffer text = {.max = 16u << 20};
    char prefix[32];
    if (session == stripe->broken) {
        fail_with(answer, (unsigned)stripe->broken_status, "odd", "");
        return;
    }
    snprintf(prefix, sizeof(prefix), "li_%d_", session);
    int from = number(api_parameter(request, "starting_after"), prefix, -1) + 1;
    int limit = number(api_parameter(request, "limit"), "", 10);
    int left = stripe->items[session] - from;
    append_items(&text, session, from, left < limit ? left : limit, left > limit);
    answer->take_body = text.data;
}

static void answer_refunds(struct stripe *stripe, const struct api_request *request,
                           struct api_answer *answer)
{
    struct buffer text = {.max = 16u << 20};
    int of = number(api_parameter(request, "payment_intent"), "pi_", -1);
    int after = number(api_parameter(request, "starting_after"), "re_", -1);
    int limit = number(api_parameter(request, "limit"), "", 10);
    int count = 0;
    bool more = false;
    buffer_append_text(&text, "{\"object\":\"list\",\"data\":[");
    for (int i = 0, id = 0; i < stripe->sessions && !more; i++) {
        for (int k = 0; k < stripe->refunds[i]; k++, id++) {
            if ((of >= 0 && of != i) || id <= after)
                continue;
            more = count == limit;
            if (more)
                break;
            buffer_append_format(&text,
                                 "%s{\"id\":\"re_%d\",\"object\":\"refund\",\"created\":%d,"
                                 "\"payment_intent\":\"pi_%d\",\"amount\":5}",
                                 count++ == 0 ? "" : ",", id, NEWEST - id, i);
        }
    }
    buffer_append_format(&text, "],\"has_more\":%s}", more ? "true" : "false");
    answer->take_body = text.data;
}

static void answer_session(struct stripe *stripe, const struct api_request *request,
                           struct api_answer *answer, int session)
{
    struct buffer text = {.max = 16u << 20};
    const char *expand = api_parameter(request, "expand[]");
    if (session == stripe->broken) {
        fail_with(answer, (unsigned)stripe->broken_status, "odd", "");
    } else if (session >= stripe->sessions || stripe->gone[session]) {
        fail_with(answer, 404, "resource_missing", "session");
    } else {
        append_session(stripe, &text, session, expand != NULL && strcmp(expand, "line_items") == 0);
        answer->take_body = text.data;
    }
}

static void stripe_answer(void *context, const struct api_request *request,
                          struct api_answer *ret_answer)
{
    struct stripe *stripe = context;
    int session = number(request->path, "/v1/checkout/sessions/cs_test_", -1);
    if (strcmp(request->path, "/v1/refunds") == 0)
        answer_refunds(stripe, request, ret_answer);
    else if (session >= 0 && strstr(request->path, "/line_items") != NULL)
        answer_items(stripe, request, ret_answer, session);
    else if (session >= 0)
        answer_session(stripe, request, ret_answer, session);
    else
        answer_sessions(stripe, request, ret_answer);
}

/* ---- a world ---- */

struct world {
    struct stripe stripe;
    struct api_server *server;
    struct source *source;
    struct settings *settings;
};

static void world_open(struct world *world, int sessions, int items)
{
    char base[64];
    struct error err = {.id = ERROR_NONE};
    *world =
        (struct world){.stripe = {.sessions = sessions, .broken = -1, .empty = -1, .vanish = -1}};
    for (int i = 0; i < sessions; i++)
        world->stripe.items[i] = items;
    world->server = api_server_start(stripe_answer, &world->stripe, base);
    const struct setting_override overrides[] = {{"stripe_secret_key", "sk_test_sesame"},
                                                 {"stripe_api_base", base},
                                                 {"stripe_rate", "100"},
                                                 {NULL, NULL}};
    world->settings = fake_settings(overrides);
    if (!source_stripe.open(world->settings, &world->source, &err))
        fail_msg("%s", err.message);
}

static void world_close(struct world *world)
{
    source_stripe.close(world->source);
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
    assert_false(answer->done);
    answer->done = true;
    answer->page = take_page;
    if (err != NULL)
        answer->error = *err;
}

static void take_fetch(void *context, struct page *take_found, char **take_missing, size_t missing,
                       int64_t read_time_ns, const struct error *err)
{
    struct answer *answer = context;
    assert_false(answer->done);
    answer->done = true;
    answer->found = take_found;
    answer->missing = take_missing;
    answer->missing_count = missing;
    assert_int_equal(err == NULL, read_time_ns != TIME_NONE);
    if (err != NULL)
        answer->error = *err;
}

static void wait_for(struct world *world, const struct answer *answer)
{
    int64_t deadline = clock_monotonic_us() + 300 * SECOND;
    while (!answer->done && clock_monotonic_us() < deadline)
        source_stripe.step(world->source, 50000);
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

static struct answer walk_page(struct world *world, enum lookback_walk walk, const char *cursor)
{
    struct answer answer = {.done = false};
    struct lookback_window window = {walk, NEWEST - 1000, NEWEST};
    source_stripe.lookback->walk(world->source, &window, cursor, take_walk, &answer);
    wait_for(world, &answer);
    return answer;
}

/* What a walk to the end amounts to. */
struct tally {
    size_t pages, documents, checked, failed, references;
    bool seen[MAX_SESSIONS];
    size_t items[MAX_SESSIONS];
    struct error error;
};

static void tally_take(struct tally *tally, const struct page *page)
{
    struct arena arena = {.block_size = 4096};
    for (size_t i = 0; i < page->count; i++) {
        struct document document;
        if (!source_stripe.decode(page, i, &arena, &document, &tally->error)) {
            tally->failed++;
            continue;
        }
        char id[64];
        snprintf(id, sizeof(id), "%.*s", STR_ARG(document.id));
        int session = number(id, "cs_test_", -1);
        assert_in_range(session, 0, MAX_SESSIONS - 1);
        tally->seen[session] = true;
        const struct value *data = value_path(document.content, "line_items.data");
        tally->items[session] = data == NULL ? 0 : data->array.count;
        /* None is missing, none comes twice. */
        for (size_t k = 0; data != NULL && k < data->array.count; k++) {
            snprintf(id, sizeof(id), "li_%d_%zu", session, k);
            assert_str(value_get(&data->array.items[k], "id")->text, id);
        }
        tally->documents++;
        assert_int_equal(document.observed_ns, page->read_time_ns);
    }
    arena_free(&arena);
}

static struct tally walk_all(struct world *world, enum lookback_walk walk)
{
    struct tally tally = {.pages = 0};
    char *cursor = NULL;
    do {
        struct answer answer = walk_page(world, walk, cursor);
        free(cursor);
        cursor = NULL;
        if (answer.error.id != ERROR_NONE) {
            tally.error = answer.error;
            answer_free(&answer);
            break;
        }
        tally.pages++;
        tally.checked += answer.page->checked;
        tally.references += answer.page->reference_count;
        if (answer.page->page != NULL)
            tally_take(&tally, answer.page->page);
        cursor = memory_string(answer.page->cursor);
        answer_free(&answer);
    } while (cursor != NULL && tally.pages < 100);
    free(cursor);
    return tally;
}

static void assert_all_seen(const struct tally *tally, int count)
{
    for (int i = 0; i < count; i++) {
        if (!tally->seen[i])
            fail_msg("session %d is missing", i);
    }
}

/* ---- pages ---- */

static void test_page_boundaries(void **state)
{
    static const int sizes[] = {0, 1, 10, 11, 99, 100, 101, 200, 201};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct world world;
        world_open(&world, sizes[i], 2);
        struct tally tally = walk_all(&world, LOOKBACK_SALES);
        assert_int_equal(tally.error.id, ERROR_NONE);
        assert_int_equal(tally.documents, sizes[i]);
        assert_int_equal(tally.checked, sizes[i]);
        assert_int_equal(tally.pages, sizes[i] == 0 ? 1 : (sizes[i] + 99) / 100);
        assert_int_equal(api_server_requests(world.server), tally.pages);
        assert_all_seen(&tally, sizes[i]);
        world_close(&world);
    }
}

static void test_what_is_asked(void **state)
{
    struct world world;
    struct api_seen seen;
    (void)state;
    world_open(&world, 1, 2);
    walk_all(&world, LOOKBACK_SALES);
    walk_all(&world, LOOKBACK_REFUNDS);
    api_server_seen(world.server, 0, &seen);
    assert_string_equal(seen.method, "GET");
    assert_string_equal(seen.url,
                        "/v1/checkout/sessions?status=complete&expand%5B%5D=data.line_items&"
                        "limit=100&created%5Bgte%5D=1699999000&created%5Blte%5D=1700000000");
    assert_non_null(strstr(seen.headers, "Stripe-Version: 2026-08-26.dahlia\n"));
    api_server_seen(world.server, 1, &seen);
    assert_string_equal(seen.url, "/v1/refunds?limit=100&created%5Bgte%5D=1699999000&"
                                  "created%5Blte%5D=1700000000");
    world_close(&world);
}

/* A window's both ends belong to it. */
static void test_window_is_inclusive(void **state)
{
    struct world world;
    struct answer answer = {.done = false};
    struct lookback_window window = {LOOKBACK_SALES, NEWEST - 4, NEWEST - 2};
    (void)state;
    world_open(&world, 10, 1);
    source_stripe.lookback->walk(world.source, &window, NULL, take_walk, &answer);
    wait_for(&world, &answer);
    assert_int_equal(answer.page->page->count, 3);
    assert_null(answer.page->cursor);
    answer_free(&answer);
    world_close(&world);
}

/* Of a page at the server's own limits no byte changes on the way. */
static void test_bytes_stay(void **state)
{
    struct world world;
    struct buffer sent = {.max = 1 << 16};
    (void)state;
    world_open(&world, 1, 2);
    append_session(&world.stripe, &sent, 0, true);
    struct answer answer = walk_page(&world, LOOKBACK_SALES, NULL);
    struct page *page = answer.page->page;
    assert_int_equal(page->count, 1);
    assert_true(str_equal(buffer_str(&page->raw), buffer_str(&sent)));
    answer_free(&answer);
    buffer_free(&sent);
    world_close(&world);
}

/* Complete but unpaid is passed on (it is read again later); what never was a sale is not. */
static void test_which_are_sales(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, 7, 1);
    world.stripe.payment[1] = "no_payment_required";
    world.stripe.payment[2] = "unpaid";
    world.stripe.payment[3] = "something_new";
    world.stripe.status[4] = "open";
    world.stripe.status[5] = "expired";
    world.stripe.mode[6] = "setup";
    struct tally tally = walk_all(&world, LOOKBACK_SALES);
    assert_int_equal(tally.checked, 7);
    assert_int_equal(tally.documents, 4);
    assert_int_equal(tally.failed, 0);
    assert_all_seen(&tally, 4);
    world_close(&world);
}

/* ---- cursors ---- */

/* The newest session arrives between two pages: none of the older ones is skipped or comes twice.
 */
static void test_session_arrives(void **state)
{
    struct world world;
    struct answer first, second;
    (void)state;
    world_open(&world, 150, 1);
    world.stripe.gone[0] = true;
    first = walk_page(&world, LOOKBACK_SALES, NULL);
    world.stripe.gone[0] = false;
    second = walk_page(&world, LOOKBACK_SALES, first.page->cursor);
    assert_int_equal(first.page->page->count, 100);
    assert_int_equal(second.page->page->count, 49);
    assert_null(second.page->cursor);
    answer_free(&first);
    answer_free(&second);
    world_close(&world);
}

/* The session to go on behind is deleted, or a page says it goes on and is empty: from its second
 * again; nothing is missed. */
static void test_cursor_vanishes(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct world world;
        world_open(&world, 350, 1);
        *(way == 0 ? &world.stripe.vanish : &world.stripe.empty) = 1;
        struct tally tally = walk_all(&world, LOOKBACK_SALES);
        assert_int_equal(tally.error.id, ERROR_NONE);
        assert_all_seen(&tally, 350);
        /* The vanished one itself was seen on the page before. */
        assert_true(tally.documents <= 351);
        world_close(&world);
    }
}

static void test_cursor_vanishes_within_a_second(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, 250, 1);
    world.stripe.same_second = true;
    world.stripe.vanish = 1;
    struct tally tally = walk_all(&world, LOOKBACK_SALES);
    assert_int_equal(tally.error.id, ERROR_NONE);
    assert_all_seen(&tally, 250);
    world_close(&world);
}

static void always_missing(void *context, const struct api_request *request,
                           struct api_answer *ret_answer)
{
    struct stripe *stripe = context;
    if (api_parameter(request, "starting_after") != NULL)
        fail_with(ret_answer, 400, "resource_missing", "starting_after");
    else
        stripe_answer(stripe, request, ret_answer);
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

/* The walk of the world's source toward another server. */
static struct tally walk_other(struct world *world, api_answer_fn *answer)
{
    char base[64];
    struct error err;
    struct api_server *server = api_server_start(answer, &world->stripe, base);
    const struct setting_override overrides[] = {{"stripe_secret_key", "sk_test_sesame"},
                                                 {"stripe_api_base", base},
                                                 {"stripe_rate", "100"},
                                                 {NULL, NULL}};
    struct settings *settings = fake_settings(overrides);
    source_stripe.close(world->source);
    assert_true(source_stripe.open(settings, &world->source, &err));
    struct tally tally = walk_all(world, LOOKBACK_SALES);
    source_stripe.close(world->source);
    api_server_stop(server);
    assert_true(source_stripe.open(world->settings, &world->source, &err));
    settings_free(settings);
    return tally;
}

/* A server that knows none of its cursors ends the walk with an error, not never. */
static void test_cursor_always_vanishes(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, 250, 1);
    world.stripe.same_second = true;
    struct tally tally = walk_other(&world, always_missing);
    assert_int_equal(tally.error.id, ERROR_SOURCE_REFUSED);
    assert_true(tally.pages < 10);
    world_close(&world);
}

/* A sale that cannot be named is not passed over in silence. */
static void test_sale_without_id(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, 1, 1);
    struct tally tally = walk_other(&world, nameless);
    assert_int_equal(tally.error.id, ERROR_SOURCE_PROTOCOL);
    assert_non_null(strstr(tally.error.message, "has no id"));
    world_close(&world);
}

/* ---- line items ---- */

static void test_line_items(void **state)
{
    static const int counts[] = {0, 1, 10, 11, 100, 101, 110, 111, 210, 211};
    enum { COUNT = sizeof(counts) / sizeof(counts[0]) };
    struct world world;
    (void)state;
    for (int way = 0; way < 2; way++) {
        world_open(&world, COUNT, 0);
        memcpy(world.stripe.items, counts, sizeof(counts));
        world.stripe.no_expand = way == 1;
        struct tally tally = walk_all(&world, LOOKBACK_SALES);
        assert_int_equal(tally.documents, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(tally.items[i], counts[i]);
        world_close(&world);
    }
}

/* One session's items cannot be read: the others land, that one is a failure that says why. */
static void test_broken_items(void **state)
{
    static const int statuses[] = {404, 400};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        world_open(&world, 5, 11);
        world.stripe.broken = 3;
        world.stripe.broken_status = statuses[i];
        struct tally tally = walk_all(&world, LOOKBACK_SALES);
        assert_int_equal(tally.documents, 4);
        assert_int_equal(tally.failed, 1);
        assert_int_equal(tally.error.id, ERROR_DOCUMENT_PARTIAL);
        assert_non_null(strstr(tally.error.message, "req_9"));
        world_close(&world);
    }
}

/* A key that may not read is everybody's matter. */
static void test_denied_items(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, 5, 11);
    world.stripe.broken = 3;
    world.stripe.broken_status = 403;
    struct tally tally = walk_all(&world, LOOKBACK_SALES);
    assert_int_equal(tally.error.id, ERROR_API_PERMISSION);
    assert_non_null(strstr(tally.error.message, "Checkout Sessions"));
    assert_int_equal(tally.documents, 0);
    world_close(&world);
}

/* A page too large for one answer is asked for in smaller ones. */
static void test_large_metadata(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, 40, 1);
    world.stripe.metadata = 1u << 20;
    struct tally tally = walk_all(&world, LOOKBACK_SALES);
    assert_int_equal(tally.error.id, ERROR_NONE);
    assert_int_equal(tally.documents, 40);
    assert_all_seen(&tally, 40);
    world_close(&world);
}

/* ---- refunds ---- */

static void test_refunds(void **state)
{
    struct world world;
    (void)state;
    world_open(&world, 60, 1);
    for (int i = 0; i < 50; i++)
        world.stripe.refunds[i] = 3; /* 150: two pages; one session's may lie on both */
    struct tally tally = walk_all(&world, LOOKBACK_REFUNDS);
    assert_int_equal(tally.pages, 2);
    assert_int_equal(tally.checked, 150);
    assert_int_equal(tally.references, 51);
    assert_int_equal(tally.documents, 0);
    world_close(&world);
}

/* ---- by id ---- */

static struct answer fetch(struct world *world, const char *const *ids, size_t count)
{
    struct answer answer = {.done = false};
    source_stripe.fetch(world->source, ids, count, take_fetch, &answer);
    wait_for(world, &answer);
    return answer;
}

static void test_fetch(void **state)
{
    static const char *const ids[] = {"cs_test_2", "cs_test_77", "cs_test_0", "cs_test_2"};
    struct world world;
    struct arena arena = {.block_size = 4096};
    struct document document;
    struct error err;
    (void)state;
    world_open(&world, 3, 12);
    world.stripe.refunds[2] = 101;
    struct answer answer = fetch(&world, ids, 4);
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
    answer_free(&answer);
    answer = fetch(&world, NULL, 0);
    assert_int_equal(answer.found->count, 0);
    answer_free(&answer);
    arena_free(&arena);
    world_close(&world);
}

/* One that cannot be read is told as a document that is refused, with its id. */
static void test_fetch_broken(void **state)
{
    static const char *const ids[] = {"cs_test_0", "cs_test_1", "cs_test_2"};
    struct world world;
    struct arena arena = {.block_size = 4096};
    struct document document;
    struct error err;
    (void)state;
    world_open(&world, 3, 1);
    world.stripe.broken = 1;
    world.stripe.broken_status = 400;
    struct answer answer = fetch(&world, ids, 3);
    assert_int_equal(answer.error.id, ERROR_NONE);
    assert_int_equal(answer.found->count, 3);
    assert_true(source_stripe.decode(answer.found, 0, &arena, &document, &err));
    assert_false(source_stripe.decode(answer.found, 1, &arena, &document, &err));
    assert_str(document.id, "cs_test_1");
    assert_int_equal(err.id, ERROR_DOCUMENT_PARTIAL);
    assert_true(source_stripe.decode(answer.found, 2, &arena, &document, &err));
    answer_free(&answer);
    arena_free(&arena);
    world.stripe.broken_status = 401;
    answer = fetch(&world, ids, 3);
    assert_int_equal(answer.error.id, ERROR_API_KEY);
    answer_free(&answer);
    world_close(&world);
}

/* ---- all along ---- */

/* Closing amid everything calls nobody; only GET ever left. */
static void test_close_amid(void **state)
{
    struct world world;
    struct answer answers[8];
    struct lookback_window window = {LOOKBACK_SALES, NEWEST - 1000, NEWEST};
    (void)state;
    world_open(&world, 300, 11);
    for (size_t i = 0; i < 8; i++) {
        answers[i] = (struct answer){.done = false};
        source_stripe.lookback->walk(world.source, &window, NULL, take_walk, &answers[i]);
    }
    for (int i = 0; i < 20; i++)
        source_stripe.step(world.source, 5000);
    for (size_t i = 0; i < 8; i++)
        answer_free(&answers[i]);
    world_close(&world);
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
