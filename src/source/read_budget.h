/* Billed reads of one day, against a limit. A day begins at 08:00 UTC: midnight Pacific Standard
 * Time, when Google's own daily quota begins (an hour later than it in summer, so never too early).
 * Pure; no thread, no clock inside. */
#ifndef ORDERSYNC_SOURCE_READ_BUDGET_H
#define ORDERSYNC_SOURCE_READ_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct read_budget {
    uint64_t limit; /* 0: none */
    uint64_t reads; /* of `day` */
    int64_t day;    /* days since 1970, at the moment of the latest call */
};

/* wall_us: now. A wall clock set back stays in the newest day it has seen. */
void read_budget_add(struct read_budget *budget, uint64_t reads, int64_t wall_us);
/* false: used up. ERROR_READ_BUDGET with retry_after_us until the next day. */
bool read_budget_check(struct read_budget *budget, int64_t wall_us, struct error *err);

#endif
