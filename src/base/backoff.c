/* Delays between tries, and the token bucket. */
#include "base/backoff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

/* Far beyond every policy's cap: the exponent saturates there instead of wrapping. */
#define BACKOFF_TRIES_MAX 10000u

const struct backoff_policy backoff_listen = {1000000, 1.5, 60000000, 0.5, true};
const struct backoff_policy backoff_unary = {100000, 1.3, 60000000, 1.0, false};
const struct backoff_policy backoff_rest = {500000, 2.0, 32000000, 0.5, false};
const struct backoff_policy backoff_target = {100000, 2.0, 30000000, 1.0, false};

/* Uniform in [0, 1): many clients that failed together must not come back together. */
static double backoff_random(void)
{
    uint64_t bits = 0;
    if (RAND_bytes((unsigned char *)&bits, sizeof(bits)) != 1)
        abort();
    return (double)(bits >> 11) / 9007199254740992.0;
}

int64_t backoff_next(struct backoff *backoff)
{
    const struct backoff_policy *policy = backoff->policy;
    unsigned tries = backoff->tries;
    if (backoff->tries < BACKOFF_TRIES_MAX)
        backoff->tries++;
    if (policy->first_immediate && tries == 0)
        return 0;
    double steps = policy->first_immediate ? tries - 1.0 : tries;
    double delay =
        fmin((double)policy->initial_us * pow(policy->factor, steps), (double)policy->cap_us);
    if (policy->jitter >= 1.0)
        delay *= backoff_random();
    else
        delay *= 1.0 + policy->jitter * (2.0 * backoff_random() - 1.0);
    return (int64_t)delay;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->tries = 0;
}

void backoff_to_cap(struct backoff *backoff)
{
    backoff->tries = BACKOFF_TRIES_MAX;
}

static void bucket_fill(struct bucket *bucket, int64_t now_us)
{
    if (now_us > bucket->at_us) {
        double earned = (double)(now_us - bucket->at_us) * bucket->rate / 1e6;
        bucket->tokens = fmin(bucket->tokens + earned, fmax(bucket->burst, 1.0));
    }
    bucket->at_us = now_us;
}

static int64_t bucket_until(const struct bucket *bucket, double tokens)
{
    return (int64_t)ceil((tokens - bucket->tokens) * 1e6 / bucket->rate);
}

int64_t bucket_take(struct bucket *bucket, int64_t now_us)
{
    if (bucket->rate <= 0)
        return 0;
    bucket_fill(bucket, now_us);
    if (bucket->tokens < 1.0)
        return bucket_until(bucket, 1.0);
    bucket->tokens -= 1.0;
    return 0;
}

int64_t bucket_wait(struct bucket *bucket, int64_t now_us)
{
    if (bucket->rate <= 0)
        return 0;
    bucket_fill(bucket, now_us);
    return bucket->tokens >= 0 ? 0 : bucket_until(bucket, 0);
}

void bucket_spend(struct bucket *bucket, double tokens)
{
    if (bucket->rate > 0)
        bucket->tokens -= tokens;
}
