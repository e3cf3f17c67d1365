/* A world for requests: see rest_world.h. */
#include "lib/rest_world.h"

#include "lib/check.h"

#include <stdio.h>

#include "base/clock.h"
#include "lib/fake_settings.h"
#include "model/slice.h"

#define MS INT64_C(1000)
#define SECOND INT64_C(1000000)

/* ---- the API ---- */

/* The shape of Stripe's errors, waits that a test can afford. */
static void read_words(struct str body, struct rest_words *ret_words)
{
    struct str error = slice_get(body, "error");
    ret_words->code = slice_text(slice_get(error, "code"));
    ret_words->param = slice_text(slice_get(error, "param"));
    ret_words->message = slice_text(slice_get(error, "message"));
}

static bool is_answer(struct str body)
{
    return slice_get(body, "object").data != NULL;
}

static const char *grant(const char *path)
{
    (void)path;
    return "give it read on Things";
}

static const struct backoff_policy quick = {2000, 1.0, 2000, 0.0, false};
static const struct rest_rule rules[] = {
    {400, 499, "rate_limit", NULL, ERROR_SOURCE_RATE_LIMITED},
    {0, 0, NULL, NULL, ERROR_NONE},
};
const struct rest_api rest_world_api = {
    .name = "Probe",
    .key = SET_STRIPE_KEY,
    .base = SET_STRIPE_BASE,
    .rate = SET_STRIPE_RATE,
    .rules = rules,
    .read_words = read_words,
    .is_answer = is_answer,
    .grant = grant,
    .backoff = &quick,
    .limited_us = 5 * MS,
};
const struct rest_api rest_world_api_shared = {
    .name = "Probe",
    .key = SET_STRIPE_KEY,
    .base = SET_STRIPE_BASE,
    .rate = SET_STRIPE_RATE,
    .read_words = read_words,
    .is_answer = is_answer,
    .backoff = &quick,
    .limited_us = 5 * MS,
    .limit_shared = true,
};

/* ---- a server and a client ---- */

static void world_answer(void *context, const struct api_request *request,
                         struct api_answer *ret_answer)
{
    struct rest_world *world = context;
    size_t last = world->answer_count - 1;
    *ret_answer = world->answers[request->number < last ? request->number : last];
}

void rest_world_open(struct rest_world *world, const struct rest_api *kind,
                     const struct api_answer *answers, size_t count, const char *give_up)
{
    struct error err = {.id = ERROR_NONE};
    *world = (struct rest_world){.answers = answers, .answer_count = count};
    world->server = api_server_start(world_answer, world, world->base);
    const struct setting_override overrides[] = {{"stripe_secret_key", REST_WORLD_KEY},
                                                 {"stripe_api_base", world->base},
                                                 {"stripe_rate", "100"},
                                                 {"give_up", give_up},
                                                 {NULL, NULL}};
    world->settings = fake_settings(overrides);
    struct rest_options options = {
        .api = kind, .settings = world->settings, .version = "Stripe-Version: 2026-08-26.dahlia"};
    if (!rest_new(&options, &world->rest, &err))
        fail_msg("%s", err.message);
}

void rest_world_close(struct rest_world *world)
{
    rest_free(world->rest);
    api_server_stop(world->server);
    settings_free(world->settings);
}

void rest_result_take(void *context, const struct rest_reply *reply, const struct error *err)
{
    struct rest_result *outcome = context;
    assert_false(outcome->done);
    outcome->done = true;
    outcome->at_us = clock_monotonic_us();
    if (err != NULL)
        outcome->error = *err;
    else
        snprintf(outcome->body, sizeof(outcome->body), "%.*s", STR_ARG(reply->body));
}

void rest_world_ask(struct rest_world *world, const char *path, struct rest_result *outcome)
{
    *outcome = (struct rest_result){.done = false};
    rest_get(world->rest,
             &(struct rest_request){
                 .path = path, .done = rest_result_take, .context = outcome, .owner = outcome});
}

void rest_world_wait(struct rest_world *world, const struct rest_result *outcome)
{
    int64_t deadline = clock_monotonic_us() + 30 * SECOND;
    while (!outcome->done && clock_monotonic_us() < deadline)
        rest_step(world->rest, 50 * MS);
    assert_true(outcome->done);
}
