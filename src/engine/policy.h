/* What each error class leads to: one table (DESIGN: "the class alone decides"). */
#ifndef ORDERSYNC_ENGINE_POLICY_H
#define ORDERSYNC_ENGINE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum policy_action {
    POLICY_WAIT,  /* the batch is tried again whole, no attempt charged */
    POLICY_SPLIT, /* one document is at fault: halve the batch until it stands alone */
    POLICY_STOP,  /* nothing succeeds until a person acts: the engine pauses and says so */
};
enum policy_action policy_action(enum error_class class);

/* False for classes that cannot succeed with an unchanged document: those failures are dead at
 * once. */
bool policy_is_retryable(enum error_class class);

/* When a retryable failure is tried again after `attempts` tries, with full jitter above a floor.
 */
int64_t policy_retry_delay_us(unsigned attempts);

#endif
