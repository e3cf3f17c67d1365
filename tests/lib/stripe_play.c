/* The played Stripe: see stripe_play.h. */
#include "lib/stripe_play.h"

#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/fake_settings.h"

#define SECOND INT64_C(1000000)
#define HANDFUL 10 /* line items that come with a session */

/* ---- Stripe ---- */

static int created_of(const struct stripe_shop *shop, int i)
{
    return STRIPE_PLAY_NEWEST - (shop->same_second ? 0 : i);
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

void stripe_play_session(const struct stripe_shop *shop, struct buffer *text, int i, bool expand)
{
    const char *status = shop->status[i] == NULL ? "complete" : shop->status[i];
    const char *payment = shop->payment[i] == NULL ? "paid" : shop->payment[i];
    const char *mode = shop->mode[i] == NULL ? "payment" : shop->mode[i];
    int items = shop->items[i];
    buffer_append_format(text,
                         "{\"id\":\"cs_test_%d\",\"object\":\"checkout.session\",\"created\":%d,"
                         "\"status\":\"%s\",\"payment_status\":\"%s\",\"mode\":\"%s\","
                         "\"amount_total\":9007199254740993,\"payment_intent\":\"pi_%d\","
                         "\"metadata\":{\"long\":\"",
                         i, created_of(shop, i), status, payment, mode, i);
    if (shop->metadata > 0) {
        memset(buffer_reserve(text, shop->metadata), 'x', shop->metadata);
        text->len += shop->metadata;
    }
    buffer_append_text(text, "\"}");
    if (expand && !shop->no_expand) {
        buffer_append_text(text, ",\"line_items\":");
        append_items(text, i, 0, items < HANDFUL ? items : HANDFUL, items > HANDFUL);
    }
    buffer_append_char(text, '}');
}

void stripe_play_refuse(struct api_answer *answer, unsigned status, const char *code,
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

static void answer_sessions(struct stripe_shop *shop, const struct api_request *request,
                            struct api_answer *answer)
{
    struct buffer text = {.max = 256u << 20};
    int limit = number(api_parameter(request, "limit"), "", 10);
    int from = number(api_parameter(request, "created[gte]"), "", 0);
    int to = number(api_parameter(request, "created[lte]"), "", 0);
    int after = number(api_parameter(request, "starting_after"), "cs_test_", -1);
    const char *expand = api_parameter(request, "expand[]");
    bool expanded = expand != NULL && strcmp(expand, "data.line_items") == 0;
    if (after >= 0 && (shop->gone[after] || (int)request->number == shop->vanish)) {
        shop->gone[after] = true;
        stripe_play_refuse(answer, 404, "resource_missing", "starting_after");
        return;
    }
    int count = 0;
    bool more = false;
    buffer_append_text(&text, "{\"object\":\"list\",\"data\":[");
    for (int i = after + 1; i < shop->sessions && !more; i++) {
        if (shop->gone[i] || created_of(shop, i) < from || created_of(shop, i) > to)
            continue;
        more = count == limit || (int)request->number == shop->empty;
        if (more)
            break;
        if (count++ > 0)
            buffer_append_char(&text, ',');
        stripe_play_session(shop, &text, i, expanded);
    }
    buffer_append_format(&text, "],\"has_more\":%s,\"url\":\"/v1/checkout/sessions\"}",
                         more ? "true" : "false");
    answer->take_body = text.data;
}

static void answer_items(struct stripe_shop *shop, const struct api_request *request,
                         struct api_answer *answer, int session)
{
    struct buffer text = {.max = 16u << 20};
    char prefix[32];
    if (session == shop->broken) {
        stripe_play_refuse(answer, (unsigned)shop->broken_status, "odd", "");
        return;
    }
    snprintf(prefix, sizeof(prefix), "li_%d_", session);
    int from = number(api_parameter(request, "starting_after"), prefix, -1) + 1;
    int limit = number(api_parameter(request, "limit"), "", 10);
    int left = shop->items[session] - from;
    append_items(&text, session, from, left < limit ? left : limit, left > limit);
    answer->take_body = text.data;
}

static void answer_refunds(struct stripe_shop *shop, const struct api_request *request,
                           struct api_answer *answer)
{
    struct buffer text = {.max = 16u << 20};
    int of = number(api_parameter(request, "payment_intent"), "pi_", -1);
    int after = number(api_parameter(request, "starting_after"), "re_", -1);
    int limit = number(api_parameter(request, "limit"), "", 10);
    int count = 0;
    bool more = false;
    buffer_append_text(&text, "{\"object\":\"list\",\"data\":[");
    for (int i = 0, id = 0; i < shop->sessions && !more; i++) {
        for (int k = 0; k < shop->refunds[i]; k++, id++) {
            if ((of >= 0 && of != i) || id <= after)
                continue;
            more = count == limit;
            if (more)
                break;
            buffer_append_format(&text,
                                 "%s{\"id\":\"re_%d\",\"object\":\"refund\",\"created\":%d,"
                                 "\"payment_intent\":\"pi_%d\",\"amount\":5}",
                                 count++ == 0 ? "" : ",", id, STRIPE_PLAY_NEWEST - id, i);
        }
    }
    buffer_append_format(&text, "],\"has_more\":%s}", more ? "true" : "false");
    answer->take_body = text.data;
}

static void answer_session(struct stripe_shop *shop, const struct api_request *request,
                           struct api_answer *answer, int session)
{
    struct buffer text = {.max = 16u << 20};
    const char *expand = api_parameter(request, "expand[]");
    if (session == shop->broken) {
        stripe_play_refuse(answer, (unsigned)shop->broken_status, "odd", "");
    } else if (session >= shop->sessions || shop->gone[session]) {
        stripe_play_refuse(answer, 404, "resource_missing", "session");
    } else {
        stripe_play_session(shop, &text, session,
                            expand != NULL && strcmp(expand, "line_items") == 0);
        answer->take_body = text.data;
    }
}

void stripe_play_answer(void *context, const struct api_request *request,
                        struct api_answer *ret_answer)
{
    struct stripe_shop *shop = context;
    int session = number(request->path, "/v1/checkout/sessions/cs_test_", -1);
    if (strcmp(request->path, "/v1/refunds") == 0)
        answer_refunds(shop, request, ret_answer);
    else if (session >= 0 && strstr(request->path, "/line_items") != NULL)
        answer_items(shop, request, ret_answer, session);
    else if (session >= 0)
        answer_session(shop, request, ret_answer, session);
    else
        answer_sessions(shop, request, ret_answer);
}

/* ---- a source toward it ---- */

void stripe_play_open(struct stripe_play *play, int sessions, int items)
{
    char base[64];
    struct error err = {.id = ERROR_NONE};
    *play = (struct stripe_play){
        .shop = {.sessions = sessions, .broken = -1, .empty = -1, .vanish = -1}};
    for (int i = 0; i < sessions; i++)
        play->shop.items[i] = items;
    play->server = api_server_start(stripe_play_answer, &play->shop, base);
    const struct setting_override overrides[] = {{"stripe_secret_key", "sk_test_sesame"},
                                                 {"stripe_api_base", base},
                                                 {"stripe_rate", "100"},
                                                 {NULL, NULL}};
    play->settings = fake_settings(overrides);
    if (!source_stripe.open(play->settings, &play->source, &err))
        fail_msg("%s", err.message);
}

void stripe_play_close(struct stripe_play *play)
{
    source_stripe.close(play->source);
    api_server_stop(play->server);
    settings_free(play->settings);
}

void stripe_answer_take_page(void *context, struct lookback_page *take_page,
                             const struct error *err)
{
    struct stripe_answer *answer = context;
    assert_false(answer->done);
    answer->done = true;
    answer->page = take_page;
    if (err != NULL)
        answer->error = *err;
}

void stripe_play_wait(struct stripe_play *play, const struct stripe_answer *answer)
{
    int64_t deadline = clock_monotonic_us() + 300 * SECOND;
    while (!answer->done && clock_monotonic_us() < deadline)
        source_stripe.step(play->source, 50000);
    assert_true(answer->done);
}

void stripe_answer_free(struct stripe_answer *answer)
{
    lookback_page_free(answer->page);
    page_free(answer->found);
    for (size_t i = 0; i < answer->missing_count; i++)
        free(answer->missing[i]);
    free(answer->missing);
}

struct stripe_answer stripe_play_page(struct stripe_play *play, enum lookback_walk walk,
                                      const char *cursor)
{
    struct stripe_answer answer = {.done = false};
    struct lookback_window window = {walk, STRIPE_PLAY_NEWEST - 1000, STRIPE_PLAY_NEWEST};
    source_stripe.lookback->walk(play->source, &window, cursor, stripe_answer_take_page, &answer);
    stripe_play_wait(play, &answer);
    return answer;
}

/* ---- a walk to the end ---- */

static void tally_take(struct stripe_tally *tally, const struct page *page)
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
        assert_in_range(session, 0, STRIPE_PLAY_SESSIONS - 1);
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

struct stripe_tally stripe_play_walk(struct stripe_play *play, enum lookback_walk walk)
{
    struct stripe_tally tally = {.pages = 0};
    char *cursor = NULL;
    do {
        struct stripe_answer answer = stripe_play_page(play, walk, cursor);
        free(cursor);
        cursor = NULL;
        if (answer.error.id != ERROR_NONE) {
            tally.error = answer.error;
            stripe_answer_free(&answer);
            break;
        }
        tally.pages++;
        tally.checked += answer.page->checked;
        tally.references += answer.page->reference_count;
        if (answer.page->page != NULL)
            tally_take(&tally, answer.page->page);
        cursor = memory_string(answer.page->cursor);
        stripe_answer_free(&answer);
    } while (cursor != NULL && tally.pages < 100);
    free(cursor);
    return tally;
}

void stripe_tally_assert_seen(const struct stripe_tally *tally, int count)
{
    for (int i = 0; i < count; i++) {
        if (!tally->seen[i])
            fail_msg("session %d is missing", i);
    }
}
