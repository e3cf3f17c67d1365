/* Keys, versions, errors, commands: the way into the simulated Stripe. */
#include "sim/stripe.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "sim/restserver.h"
#include "sim/striperoutes.h"

/* ---- the way in ---- */

static void stripe_begin(struct rest_call *call)
{
    char id[SESSION_ID_SIZE];
    session_object_id(id, sizeof(id), "req_", 7, 0, call->number, 14);
    rest_header(call, "Request-Id", "%s", id);
    rest_header(call, "Stripe-Version", "%.100s", stripe_version(call));
}

/* "sk_test_****cdef", as Stripe shows keys. */
static void key_mask(const char *key, char *ret_masked, size_t size)
{
    size_t len = strlen(key);
    snprintf(ret_masked, size, "%.8s****%s", key, len > 12 ? key + len - 4 : "");
}

static bool key_good(const struct rest_call *call, const char *key)
{
    if (call->options->key != NULL)
        return strcmp(key, call->options->key) == 0;
    return strncmp(key, "sk_", 3) == 0 || strncmp(key, "rk_", 3) == 0;
}

static bool stripe_admit_key(struct rest_call *call)
{
    char key[256], masked[64];
    if (!rest_token(call, key, sizeof(key))) {
        stripe_fail(call, 401, "invalid_request_error", NULL, NULL,
                    "You did not provide an API key. You need to provide your API key in the "
                    "Authorization header, using Bearer auth.");
        return false;
    }
    key_mask(key, masked, sizeof(masked));
    if (!key_good(call, key)) {
        stripe_fail(call, 401, "invalid_request_error", NULL, NULL, "Invalid API Key provided: %s",
                    masked);
        return false;
    }
    if (call->route == NULL || rest_permitted(call))
        return true;
    stripe_fail(call, 403, "invalid_request_error", NULL, NULL,
                "The provided key '%s' does not have the required permissions for this endpoint on "
                "account '%s'. Having the '%s' read permission would allow this request to "
                "continue.",
                masked, call->options->account, call->route->permission);
    return false;
}

/* "2026-08-26" with or without ".dahlia". */
static bool version_good(const char *version)
{
    static const char form[] = "dddd-dd-dd";
    for (size_t i = 0; form[i] != '\0'; i++) {
        if (form[i] == 'd' ? !isdigit((unsigned char)version[i]) : version[i] != form[i])
            return false;
    }
    return version[10] == '\0' || version[10] == '.';
}

static bool stripe_admit(struct rest_call *call)
{
    if (!stripe_admit_key(call))
        return false;
    if (version_good(stripe_version(call)))
        return true;
    stripe_fail(call, 400, "invalid_request_error", NULL, NULL,
                "Invalid Stripe API version: %.100s", stripe_version(call));
    return false;
}

/* ---- errors ---- */

#define RATE_MESSAGE                                                                               \
    "Request rate limit exceeded. Learn more about rate limits here "                              \
    "https://stripe.com/docs/rate-limits."
static const struct {
    unsigned status;
    const char *type, *code, *message;
} errors[] = {
    {400, "invalid_request_error", "rate_limit", RATE_MESSAGE},
    {401, "invalid_request_error", NULL, "Invalid API Key provided: sk_test_****"},
    {403, "invalid_request_error", NULL,
     "This application does not have the required permissions for this endpoint."},
    {404, "invalid_request_error", NULL, "Unrecognized request URL."},
    {405, "invalid_request_error", NULL, "This source is read alone: only GET is answered."},
    {409, "idempotency_error", NULL, "Another request is under way."},
    {429, "invalid_request_error", "rate_limit", RATE_MESSAGE},
    {0, "api_error", NULL, "An error occurred with our connection to ourselves."},
};

static void stripe_refuse(struct rest_call *call, unsigned status)
{
    size_t i = 0;
    while (errors[i].status != 0 && errors[i].status != status)
        i++;
    const char *code = errors[i].code;
    if (call->fault.kind == FAULT_LOCK)
        code = "lock_timeout";
    else if (status == 429)
        rest_header(call, "Stripe-Rate-Limited-Reason", "%.60s",
                    call->fault.text[0] != '\0' ? call->fault.text : "endpoint-rate");
    if (call->fault.retry_after > 0)
        rest_header(call, "Retry-After", "%lld", (long long)call->fault.retry_after);
    stripe_fail(call, status, errors[i].type, code, NULL, "%s", errors[i].message);
}

static void stripe_strike(struct rest_call *call)
{
    struct stripe_store *store = call->context;
    const char *cursor = rest_param(call, "starting_after");
    if (call->fault.kind == FAULT_ARRIVE)
        stripe_store_add(store, (size_t)(call->fault.more > 0 ? call->fault.more : 1), NULL);
    else if (cursor != NULL)
        restserver_hide(store->sessions, cursor);
}

const struct rest_api stripe_api = {
    .name = "Stripe",
    .routes = stripe_routes,
    .route_count = STRIPE_ROUTES,
    .begin = stripe_begin,
    .admit = stripe_admit,
    .refuse = stripe_refuse,
    .strike = stripe_strike,
};

/* ---- commands ---- */

static bool command_add(void *context, const char *text, struct error *err)
{
    char word[16] = "";
    unsigned count;
    enum session_state state;
    if (sscanf(text, "%u %15s", &count, word) < 1 || count > 1000000)
        return error_set(err, ERROR_USAGE, "add %s: not \"add N [STATE]\"", text);
    if (word[0] != '\0' && !session_state_parse(word, &state))
        return error_set(err, ERROR_USAGE, "add %s: no such state", text);
    stripe_store_add(context, count, word[0] == '\0' ? NULL : &state);
    return true;
}

static bool command_turn(void *context, const char *text, struct error *err)
{
    char id[SESSION_ID_SIZE], word[16];
    enum session_state state;
    if (sscanf(text, "%71s %15s", id, word) != 2 || !session_state_parse(word, &state))
        return error_set(err, ERROR_USAGE, "turn %s: not \"turn ID STATE\"", text);
    return stripe_store_turn(context, id, state, err);
}

static bool command_remove(void *context, const char *text, struct error *err)
{
    struct stripe_store *store = context;
    if (restserver_hide(store->sessions, text) || restserver_hide(store->refunds, text))
        return true;
    return error_set(err, ERROR_USAGE, "remove %s: there is none", text);
}

static bool command_put(void *context, const char *text, struct error *err)
{
    return stripe_store_load(context, text, err);
}

static bool command_dump(void *context, const char *text, struct error *err)
{
    struct stripe_store *store = context;
    return restserver_dump(store->sessions, text, err);
}

static const struct control_verb verbs[] = {{"add", command_add},
                                            {"turn", command_turn},
                                            {"remove", command_remove},
                                            {"put", command_put},
                                            {"dump", command_dump}};

bool serve_stripe(const struct sim_options *options, struct error *err)
{
    struct stripe_store store;
    if (!stripe_store_open(options, &store, err))
        return false;
    printf("%zu sessions, %zu refunds: %lld generated, %zu objects loaded, %zu passed over\n",
           shelf_count(store.sessions), shelf_count(store.refunds), (long long)options->generate,
           store.loaded, store.passed);
    bool good =
        restserver_run(&stripe_api, &store, options, verbs, sizeof(verbs) / sizeof(verbs[0]), err);
    stripe_store_close(&store);
    return good;
}
