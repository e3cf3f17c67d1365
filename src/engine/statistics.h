/* Rates over time. The engine thread owns it. */
#ifndef ORDERSYNC_ENGINE_STATISTICS_H
#define ORDERSYNC_ENGINE_STATISTICS_H

#include <stdint.h>

#include "journal/status.h"

#define STATISTICS_WINDOW 5 /* seconds over which the shown rate is taken */

struct statistics {
    uint32_t seconds[STATUS_RATES]; /* ring: documents settled in each second */
    int64_t second;                 /* the current one, monotonic seconds; 0: none yet */
    int64_t started;
};
void statistics_add(struct statistics *statistics, int64_t now_us, uint64_t settled);
/* Fills rate and rates; the second under way counts in the graph, not in the rate. */
void statistics_report(struct statistics *statistics, int64_t now_us, struct source_status *status);
uint64_t statistics_rss_bytes(void);

#endif
