/* Faults on purpose, chosen by request count and seed so that a run can be repeated. */
#ifndef ORDERSYNC_SIM_FAULT_H
#define ORDERSYNC_SIM_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define FAULT_MAX_RULES 32

enum fault_kind {
    FAULT_NONE,
    FAULT_UNAVAILABLE, /* UNAVAILABLE 14 */
    FAULT_EXHAUSTED,   /* RESOURCE_EXHAUSTED 8 */
    FAULT_CUT,     /* half of the first message, then the connection (reset=1: the stream) breaks */
    FAULT_SLOW,    /* delay_ms before every message */
    FAULT_LATENCY, /* delay_ms before the first byte */
    FAULT_STALL,   /* accepted, then silence (for delay_ms, an hour when not said) */
    FAULT_STALE,   /* FAILED_PRECONDITION: snapshot version too old */
    FAULT_INTERNAL,        /* INTERNAL 13 */
    FAULT_DENIED,          /* PERMISSION_DENIED 7 */
    FAULT_UNAUTHENTICATED, /* UNAUTHENTICATED 16 */
    FAULT_KIND_COUNT
};

struct fault_effect {
    enum fault_kind kind;
    int64_t delay_us;
    bool reset;
};

struct fault_set;

/* Rules come from --fault and from the control file, which is read again whenever it has changed.
 */
struct fault_set *fault_set_new(uint64_t seed, const char *control_file);
void fault_set_free(struct fault_set *set);
/* "KIND" or "KIND:key=value,...": every=N, after=N, count=N, percent=P, method=NAME, delay_ms=N,
 * reset=0|1. Errors: ERROR_USAGE. */
MUST_CHECK bool fault_add(struct fault_set *set, const char *spec, struct error *err);
/* What befalls the next request: the first rule that fits. A NULL set has none. */
struct fault_effect fault_next(struct fault_set *set, const char *method);

#endif
