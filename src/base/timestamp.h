/* Date-time text to moments and back (facts/orders.md rules 10 and 11). */
#ifndef ORDERSYNC_BASE_TIMESTAMP_H
#define ORDERSYNC_BASE_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/str.h"

enum timestamp_note { TIMESTAMP_EXACT, TIMESTAMP_NO_OFFSET /* read as UTC: drift */ };

/* ISO 8601 / RFC 3339 with 'T' or blank, offsets Z, +hh:mm, +hhmm, -00:00, fractions (beyond
 * microseconds truncated), or a date alone. Refuses impossible dates. Years 0001..9999. */
bool timestamp_parse(struct str text, int64_t *ret_us, enum timestamp_note *ret_note);
/* PostgreSQL's own output with DateStyle ISO, TimeZone UTC: "2024-01-31 10:00:00.5+00". */
struct str timestamp_to_sql(int64_t us, struct arena *arena);
/* RFC 3339 with Z, up to nanoseconds, trailing zeros trimmed: the form in stored documents. */
struct str timestamp_to_rfc3339(int64_t seconds, int32_t nanos, struct arena *arena);

#endif
