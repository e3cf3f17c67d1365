/* Exponential backoff with jitter, as a value; and the token bucket. No thread, no clock inside. */
#ifndef ORDERSYNC_BASE_BACKOFF_H
#define ORDERSYNC_BASE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct backoff_policy {
    int64_t initial_us; /* delay before the second retry; the first may be 0 */
    double factor;
    int64_t cap_us;
    double jitter;        /* 0.5: +-50 %; 1.0: full jitter, uniform in [0, delay] */
    bool first_immediate; /* the first retry waits nothing */
};
/* Facts, Firestore section 2, Errors: */
extern const struct backoff_policy backoff_listen; /* 0, then 1 s x 1.5, cap 60 s, +-50 % */
extern const struct backoff_policy backoff_unary;  /* 100 ms x 1.3, cap 60 s */
extern const struct backoff_policy backoff_rest;   /* 500 ms x 2, cap 32 s, +-50 % */
extern const struct backoff_policy backoff_target; /* 100 ms x 2, cap 30 s, full jitter */

struct backoff {
    const struct backoff_policy *policy;
    unsigned tries;
};
int64_t backoff_next(struct backoff *backoff); /* microseconds to wait now */
void backoff_reset(struct backoff *backoff);
void backoff_to_cap(struct backoff *backoff); /* RESOURCE_EXHAUSTED */

struct bucket {
    double rate; /* tokens a second; 0: unlimited */
    double burst;
    double tokens;
    int64_t at_us; /* monotonic */
};
/* Takes one token, or says how long to wait (microseconds, 0: taken). */
int64_t bucket_take(struct bucket *bucket, int64_t now_us);
/* For work of many tokens at once: how long to wait until the bucket is out of debt (0: go), and
 * the debt that it leaves. The rate holds over time, however large each piece. */
int64_t bucket_wait(struct bucket *bucket, int64_t now_us);
void bucket_spend(struct bucket *bucket, double tokens);

#endif
