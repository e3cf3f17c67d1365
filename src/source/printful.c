/* The Printful source: token, address and store in, the operations of source.h out. Orders of API
 * version 1, whose lists carry items, costs and shipments. */
#include <string.h>

#include "source/printful_internal.h"
#include "model/slice.h"

/* ---- the API's ways ---- */

/* An account's token without a store is told so with 400 or 403, in words. */
static const struct rest_rule rules[] = {
    {400, 403, NULL, "store_id", ERROR_API_PERMISSION},
    {400, 403, NULL, "X-PF-Store-Id", ERROR_API_PERMISSION},
    {0, 0, NULL, NULL, ERROR_NONE},
};

/* {code, result: "words", error: {reason, message}}; a problem of version 2 has `detail`. */
static void read_words(struct str body, struct rest_words *ret_words)
{
    int64_t code;
    struct str error = slice_get(body, "error");
    struct str result = slice_text(slice_get(body, "result"));
    struct str detail = slice_text(slice_get(body, "detail"));
    struct str message = slice_text(slice_get(error, "message"));
    if (slice_integer(slice_get(body, "code"), &code) && code >= 100 && code <= 599)
        ret_words->status = (int)code;
    ret_words->code = slice_text(slice_get(error, "reason"));
    ret_words->message = message.data != NULL ? message : result.data != NULL ? result : detail;
}

static bool is_answer(struct str body)
{
    struct str result = slice_get(body, "result");
    return slice_is_map(result) || slice_is_array(result);
}

static const char *grant(const char *path)
{
    (void)path;
    return "give the token in PRINTFUL_API_KEY the scope orders/read, and set printful_store "
           "(X-PF-Store-Id) when it is an account's token";
}

static const struct rest_api api = {
    .name = "Printful",
    .key = SET_PRINTFUL_KEY,
    .base = SET_PRINTFUL_BASE,
    .rate = SET_PRINTFUL_RATE,
    .rules = rules,
    .read_words = read_words,
    .is_answer = is_answer,
    .grant = grant,
    .backoff = &backoff_rest,
    .limited_us = 10000000,
    .limit_shared = true, /* one counter for all calls, and a lockout while it is passed */
};

/* ---- operations ---- */

static void source_close(struct source *source)
{
    if (source == NULL)
        return;
    rest_free(source->rest);
    free(source->identity);
    free(source);
}

/* A store's id is a number, so it cannot end the header. */
static bool check_store(const char *store, struct error *err)
{
    if (strspn(store, "0123456789") == strlen(store))
        return true;
    return error_set(err, ERROR_SETTING_INVALID, "%s: \"%s\" is no store id",
                     settings_name(SET_PRINTFUL_STORE), store);
}

static bool source_open(const struct settings *settings, struct source **ret_source,
                        struct error *err)
{
    const char *store = settings_text(settings, SET_PRINTFUL_STORE);
    if (!check_store(store, err))
        return false;
    struct source *source = memory_zero(1, sizeof(*source));
    struct rest_options options = {.api = &api, .settings = settings};
    if (store[0] != '\0')
        options.take_scope = memory_format("X-PF-Store-Id: %s", store);
    source->identity = memory_string(store[0] == '\0' ? "default" : store);
    if (!rest_new(&options, &source->rest, err)) {
        source_close(source);
        return false;
    }
    *ret_source = source;
    return true;
}

static const char *source_identity(const struct source *source)
{
    return source->identity;
}

static void source_step(struct source *source, int64_t timeout_us)
{
    rest_step(source->rest, timeout_us);
}

static void source_wake(struct source *source)
{
    rest_wake(source->rest);
}

static void source_meter(const struct source *source, struct source_meter *ret_meter)
{
    rest_meter(source->rest, ret_meter);
}

static const enum lookback_walk walks[] = {LOOKBACK_ORDERS};
static const struct lookback_ops lookback = {
    .walks = walks,
    .walk_count = sizeof(walks) / sizeof(walks[0]),
    .walk = printful_walk,
};

const struct source_ops source_printful = {
    .name = "printful",
    .open = source_open,
    .close = source_close,
    .identity = source_identity,
    .fetch = printful_fetch,
    .step = source_step,
    .wake = source_wake,
    .meter = source_meter,
    .decode = printful_decode,
    .lookback = &lookback,
};
