/* Which world a Stripe key belongs to, so that real payments never land in a test target, nor test
 * payments in the real one. */
#ifndef ORDERSYNC_SOURCE_STRIPE_KEY_H
#define ORDERSYNC_SOURCE_STRIPE_KEY_H

#include "base/error.h"
#include "base/settings.h"

enum stripe_mode { STRIPE_UNKNOWN, STRIPE_TEST, STRIPE_LIVE };

/* By the key's prefix: sk_ and rk_ with test_ or live_. Any other form is unknown. */
enum stripe_mode stripe_key_mode(const char *key);
const char *stripe_mode_name(enum stripe_mode mode); /* "test" */

/* Whether the key may be used in the environment that the settings name: no live key in dev, no
 * test key in prod. No key and a key of an unknown form pass: Stripe itself refuses those. Called
 * by `doctor`, and before a Stripe source opens. ERROR_STRIPE_ENVIRONMENT, without the key. */
MUST_CHECK bool stripe_key_fits(const struct settings *settings, struct error *err);

#endif
