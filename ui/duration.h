/* "90s", "30m", "2h", "7d": lengths of time as an operator types them. */
#ifndef ORDERSYNC_UI_DURATION_H
#define ORDERSYNC_UI_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* Microseconds; false for anything else, zero, or more than ten years. */
bool duration_parse(const char *text, int64_t *ret_us);

/* A moment that is yet to come: a length of time from `now_us`, "07:30" (UTC, the next one), or a
 * point of time such as 2026-11-24T07:30:00Z. False for anything else, or when it is past. */
bool duration_until(const char *text, int64_t now_us, int64_t *ret_us);

#endif
