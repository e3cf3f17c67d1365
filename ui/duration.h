/* "90s", "30m", "2h", "7d": lengths of time as an operator types them. */
#ifndef ORDERSYNC_UI_DURATION_H
#define ORDERSYNC_UI_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* Microseconds; false for anything else, zero, or more than ten years. */
bool duration_parse(const char *text, int64_t *ret_us);

#endif
