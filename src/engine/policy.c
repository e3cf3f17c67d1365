/* Error classes to actions. */
#include "engine/policy.h"

#include "base/backoff.h"

struct policy_row {
    enum policy_action action;
    bool retryable;
};

static const struct policy_row policy[] = {
    [CLASS_NONE] = {POLICY_WAIT, true},           [CLASS_TRANSIENT] = {POLICY_WAIT, true},
    [CLASS_RATE_LIMITED] = {POLICY_WAIT, true},   [CLASS_AUTH] = {POLICY_STOP, true},
    [CLASS_INVALID_DATA] = {POLICY_SPLIT, false}, [CLASS_CONFLICT] = {POLICY_SPLIT, true},
    [CLASS_NOT_FOUND] = {POLICY_SPLIT, true},     [CLASS_STORAGE] = {POLICY_STOP, true},
    [CLASS_CONFIG] = {POLICY_STOP, true},         [CLASS_CANCELLED] = {POLICY_WAIT, true},
    [CLASS_BUG] = {POLICY_SPLIT, false},
};

enum policy_action policy_action(enum error_class class)
{
    return policy[class].action;
}

bool policy_is_retryable(enum error_class class)
{
    return policy[class].retryable;
}

/* Minutes, not milliseconds: what is retried here waits for another document or a person, not for a
 * network. */
static const struct backoff_policy backoff_failure = {
    .initial_us = 60000000, .factor = 2, .cap_us = 3600000000, .jitter = 0.5};

int64_t policy_retry_delay_us(unsigned attempts)
{
    struct backoff backoff = {&backoff_failure, attempts};
    return backoff_next(&backoff);
}
