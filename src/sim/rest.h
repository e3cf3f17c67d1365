/* A simulated REST source: requests, answers, and the tables that make one API of them. The server
 * (restserver.c) is libmicrohttpd's; what is here knows no socket. One lock is held while a request
 * is answered. */
#ifndef ORDERSYNC_SIM_REST_H
#define ORDERSYNC_SIM_REST_H

#include "base/error.h"
#include "base/memory.h"
#include "sim/fault.h"
#include "sim/options.h"

#define REST_MAX_PARAMS 24
#define REST_MAX_HEADERS 10

struct rest_param {
    const char *name; /* "created[gte]", decoded */
    const char *value;
};

struct rest_header {
    const char *name;
    char value[160];
};

struct rest_call {
    const struct rest_api *api;
    void *context; /* the API's own */
    const struct rest_options *options;
    const char *method, *path; /* decoded, without the query */
    struct rest_param params[REST_MAX_PARAMS];
    size_t param_count;
    const char *authorization; /* NULL: none */
    const char *version;       /* Stripe-Version */
    const char *store;         /* X-PF-Store-Id */
    const struct rest_route *route;
    struct str id; /* what the route's * stands for */
    struct fault_effect fault;
    unsigned port;
    const char *limited;  /* the reason why a rate refuses it; NULL: none does */
    int64_t rate_left;    /* requests until the window's end */
    int64_t rate_reset_s; /* until then */
    uint64_t number;      /* of the request, from 1 */
    /* The answer. */
    unsigned status;
    const char *type;
    struct buffer body;
    struct rest_header headers[REST_MAX_HEADERS];
    size_t header_count;
};

struct rest_route {
    const char *name;       /* of faults, `method=` */
    const char *pattern;    /* "/v1/checkout/sessions/STAR/line_items", STAR being an asterisk */
    const char *permission; /* a word of --permissions */
    const char *params;     /* those it knows, between blanks: " limit created[gte] "; NULL: all */
    void (*answer)(struct rest_call *call);
};

struct rest_api {
    const char *name;
    const struct rest_route *routes;
    size_t route_count;
    /* Headers of every answer; then whether the caller may ask at all, with the refusal written. */
    void (*begin)(struct rest_call *call);
    bool (*admit)(struct rest_call *call);
    /* Writes the body for a status: of faults, unknown paths, rates, other methods. */
    void (*refuse)(struct rest_call *call, unsigned status);
    /* Faults that change what the source holds: FAULT_ARRIVE, FAULT_VANISH. */
    void (*strike)(struct rest_call *call);
};

/* ---- of the answer ---- */

void rest_header(struct rest_call *call, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Another value for one that is there. */
void rest_header_set(struct rest_call *call, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- of the request ---- */

/* NULL when it is not there. */
const char *rest_param(const struct rest_call *call, const char *name);
/* The parameter as a number; `otherwise` when it is not there. False when it is no number. */
bool rest_number(const struct rest_call *call, const char *name, int64_t otherwise,
                 int64_t *ret_number);
/* The first parameter that the route does not know; NULL: none. */
const char *rest_unknown_param(const struct rest_call *call);
/* Whether --permissions has the route's word, or says nothing. */
bool rest_permitted(const struct rest_call *call);
/* The token of "Bearer TOKEN" or "Basic base64(TOKEN:)". False when there is none. */
bool rest_token(const struct rest_call *call, char *ret_token, size_t size);

/* Chooses the route by the path; NULL when there is none. */
void rest_route(struct rest_call *call);
/* All of the answer but what the transport does: admission, faults, the route's own. */
void rest_answer(struct rest_call *call);

#endif
