/* What an answer of a JSON API means: its status, the headers that speak of the rate, and the words
 * of its error, judged by tables (facts/stripe-printful.md 1.6 and 2.6). Pure; any thread. */
#ifndef ORDERSYNC_SOURCE_REST_ANSWER_H
#define ORDERSYNC_SOURCE_REST_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/backoff.h"
#include "base/error.h"
#include "base/settings.h"
#include "base/str.h"

/* The longest wait that a server can impose on us at once. */
#define REST_MAX_WAIT_US ((int64_t)3600 * 1000000)

/* What the body says about an error, cut out of it; data NULL: nothing. */
struct rest_words {
    int status;         /* the body's own code, where it has one; 0: none */
    struct str code;    /* "rate_limit" */
    struct str param;   /* "starting_after" */
    struct str message; /* for people */
};

/* Which error an answer is. The first row that fits counts. */
struct rest_rule {
    int low, high;       /* status, inclusive */
    const char *code;    /* rest_words.code; NULL: any */
    const char *word;    /* in rest_words.message; NULL: any */
    enum error_id error; /* its class decides whether it is asked again */
};

struct rest_api {
    const char *name; /* "Stripe" */
    enum setting_id key, base, rate;
    const struct rest_rule *rules; /* looked at before the common ones; ends with low 0 */
    /* Reads the body of an answer, JSON or not. */
    void (*read_words)(struct str body, struct rest_words *ret_words);
    /* Whether the body of a 200 is an answer; NULL: any JSON map is. */
    bool (*is_answer)(struct str body);
    /* What has to be granted so that `path` may be read, NULL or a text with a full stop. */
    const char *(*grant)(const char *path);
    const struct backoff_policy *backoff;
    int64_t limited_us; /* wait after a rate limit that names no time */
    bool limit_shared;  /* a rate limit holds for every request, not for the one refused */
};

/* Collected while the headers arrive. */
struct rest_headers {
    char request_id[80];
    int64_t retry_after_us; /* -1: absent */
    int should_retry;       /* -1: absent, 0: false, 1: true */
    int64_t remaining;      /* requests left before the limit, -1: absent */
    int64_t reset_us;       /* until it is lifted, -1: absent */
};
void rest_headers_begin(struct rest_headers *headers);
void rest_headers_add(struct rest_headers *headers, struct str name, struct str value,
                      int64_t wall_us);

enum rest_verdict {
    REST_ANSWER, /* it is what was asked for */
    REST_AGAIN,  /* ask again, after err->retry_after_us at least */
    REST_ODD,    /* ask again a few times: JSON was expected and something else came */
    REST_FINAL,
};
/* Judges a complete response. *err is filled for all but REST_ANSWER: message in one line with the
 * server's words (without `secret`, should it be in them), http_status, request_id, field (the
 * parameter at fault), retry_after_us. `path` is named without its query. */
enum rest_verdict rest_judge(const struct rest_api *api, const char *path, int status,
                             struct str body, const struct rest_headers *headers,
                             const char *secret, struct error *err);

/* "... after 37 seconds": 37,000,000; -1 when it says no such thing. */
int64_t rest_stated_wait(struct str message);

#endif
