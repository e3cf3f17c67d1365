/* Progress bar, sparkline, and the short forms of numbers, ages and sizes. */
#ifndef ORDERSYNC_UI_GAUGE_H
#define ORDERSYNC_UI_GAUGE_H

#include <stdint.h>

#include "ui/paint.h"

/* "[####------]" in `width` columns. */
void gauge_bar(struct paint *paint, int y, int x, int width, uint64_t done, uint64_t total);
/* The newest `width` of `count` values, scaled to their maximum. */
void gauge_spark(struct paint *paint, int y, int x, int width, const uint32_t *values,
                 size_t count);

#define GAUGE_TEXT 24
/* "1,234,567" */
const char *gauge_count(uint64_t number, char ret_text[GAUGE_TEXT]);
/* "12.3k", "4.1M": at most 6 columns. */
const char *gauge_short(double number, char ret_text[GAUGE_TEXT]);
/* "0s" "44s" "12m" "3h" "12d", "-" for a negative one: at most 4 columns. */
const char *gauge_age(int64_t microseconds, char ret_text[GAUGE_TEXT]);
/* "3m12s", "2h05m": a duration a person waits for. */
const char *gauge_duration(int64_t microseconds, char ret_text[GAUGE_TEXT]);
/* "120ms", "4.2s", "4m"; "-" when negative. */
const char *gauge_lag(int64_t microseconds, char ret_text[GAUGE_TEXT]);
const char *gauge_bytes(uint64_t bytes, char ret_text[GAUGE_TEXT]); /* "61 MB" */
/* "02:57:11" of that day, or "11-23 02:57" when it is another day than now's; UTC. */
const char *gauge_clock(int64_t wall_us, int64_t now_us, char ret_text[GAUGE_TEXT]);

#endif
