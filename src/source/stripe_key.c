/* Stripe keys: test and live. */
#include "source/stripe_key.h"

#include <string.h>

enum stripe_mode stripe_key_mode(const char *key)
{
    if (strncmp(key, "sk_", 3) != 0 && strncmp(key, "rk_", 3) != 0)
        return STRIPE_UNKNOWN;
    if (strncmp(key + 3, "live_", 5) == 0)
        return STRIPE_LIVE;
    return strncmp(key + 3, "test_", 5) == 0 ? STRIPE_TEST : STRIPE_UNKNOWN;
}

const char *stripe_mode_name(enum stripe_mode mode)
{
    static const char *const names[] = {
        [STRIPE_UNKNOWN] = "unknown", [STRIPE_TEST] = "test", [STRIPE_LIVE] = "live"};
    return names[mode];
}

bool stripe_key_fits(const struct settings *settings, struct error *err)
{
    static const struct {
        const char *environment;
        enum stripe_mode mode;
    } refused[] = {{"dev", STRIPE_LIVE}, {"prod", STRIPE_TEST}};
    const char *environment = settings_text(settings, SET_ENVIRONMENT);
    enum stripe_mode mode = stripe_key_mode(settings_text(settings, SET_STRIPE_KEY));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (mode == refused[i].mode && strcmp(environment, refused[i].environment) == 0)
            return error_set(err, ERROR_STRIPE_ENVIRONMENT, "a %s key (%s) with environment %s",
                             stripe_mode_name(mode), settings_origin(settings, SET_STRIPE_KEY),
                             environment);
    }
    return true;
}
