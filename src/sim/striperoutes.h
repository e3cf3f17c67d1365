/* What Stripe answers, from its store; stripe.c has the way in. */
#ifndef ORDERSYNC_SIM_STRIPEROUTES_H
#define ORDERSYNC_SIM_STRIPEROUTES_H

#include "sim/rest.h"
#include "sim/stripestore.h"

#define STRIPE_ROUTES 6
extern const struct rest_route stripe_routes[STRIPE_ROUTES];

/* {"error": {...}}; `code` and `param` may be NULL. */
void stripe_fail(struct rest_call *call, unsigned status, const char *type, const char *code,
                 const char *param, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* The version that answers: the request's, or the account's. */
const char *stripe_version(const struct rest_call *call);

#endif
