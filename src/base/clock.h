/* Time. Wall-clock moments are int64_t microseconds since 1970-01-01 UTC (`_us`), except source
 * versions, which are nanoseconds (`_ns`) because Firestore's wire has them. Durations and
 * deadlines use the monotonic clock. Any thread. */
#ifndef ORDERSYNC_BASE_CLOCK_H
#define ORDERSYNC_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/str.h"

#define TIME_NONE INT64_MIN /* "no such moment" */

int64_t clock_wall_us(void);
int64_t clock_monotonic_us(void);
void clock_sleep_us(int64_t duration);

/* "2026-11-23T03:56:07Z" or with ".ffffff" when there are microseconds; TIME_NONE gives "-". */
struct str clock_format_utc(struct arena *arena, int64_t wall_us);

#endif
