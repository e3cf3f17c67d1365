/* The Stripe source: key and address in, the operations of source.h out. Checkout Sessions that are
 * sales, with their line items and refunds. */
#include <string.h>

#include "model/slice.h"
#include "source/stripe_internal.h"
#include "source/stripe_key.h"

/* ---- the API's ways ---- */

static const struct rest_rule rules[] = {
    {400, 499, "resource_missing", NULL, ERROR_SOURCE_ABSENT},
    {400, 499, "rate_limit", NULL, ERROR_SOURCE_RATE_LIMITED}, /* before it had a status */
    {400, 499, "lock_timeout", NULL, ERROR_SOURCE_UNAVAILABLE},
    {0, 0, NULL, NULL, ERROR_NONE},
};

static void read_words(struct str body, struct rest_words *ret_words)
{
    struct str error = slice_get(body, "error");
    ret_words->code = slice_text(slice_get(error, "code"));
    ret_words->param = slice_text(slice_get(error, "param"));
    ret_words->message = slice_text(slice_is_map(error) ? slice_get(error, "message") : error);
}

static bool is_answer(struct str body)
{
    return slice_text(slice_get(body, "object")).data != NULL ||
           slice_is_array(slice_get(body, "data"));
}

static const char *grant(const char *path)
{
    return strncmp(path, "/v1/refunds", 11) == 0
               ? "give the key in STRIPE_SECRET_KEY read on Charges and Refunds"
               : "give the key in STRIPE_SECRET_KEY read on Checkout Sessions";
}

static const struct rest_api api = {
    .name = "Stripe",
    .key = SET_STRIPE_KEY,
    .base = SET_STRIPE_BASE,
    .rate = SET_STRIPE_RATE,
    .rules = rules,
    .read_words = read_words,
    .is_answer = is_answer,
    .grant = grant,
    .backoff = &backoff_rest,
    .limited_us = 1000000,
    .limit_shared = false, /* its limits are by endpoint and by what is under way */
};

/* ---- operations ---- */

static void source_close(struct source *source)
{
    if (source == NULL)
        return;
    rest_free(source->rest);
    free(source);
}

static bool source_open(const struct settings *settings, struct source **ret_source,
                        struct error *err)
{
    struct source *source = memory_zero(1, sizeof(*source));
    struct rest_options options = {
        .api = &api, .settings = settings, .version = "Stripe-Version: " STRIPE_VERSION};
    /* The key itself changes when it is rolled, and Stripe has no name for an account that every
     * key may read: so the mode is what a target is bound to. */
    source->identity = stripe_mode_name(stripe_key_mode(settings_text(settings, SET_STRIPE_KEY)));
    if (!stripe_key_fits(settings, err) || !rest_new(&options, &source->rest, err)) {
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

static const enum lookback_walk walks[] = {LOOKBACK_SALES, LOOKBACK_REFUNDS};
static const struct lookback_ops lookback = {
    .walks = walks,
    .walk_count = sizeof(walks) / sizeof(walks[0]),
    .walk = stripe_walk,
};

const struct source_ops source_stripe = {
    .name = "stripe",
    .open = source_open,
    .close = source_close,
    .identity = source_identity,
    .fetch = stripe_fetch,
    .step = source_step,
    .wake = source_wake,
    .meter = source_meter,
    .decode = stripe_decode,
    .lookback = &lookback,
};
