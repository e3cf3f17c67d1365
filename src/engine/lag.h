/* Durations over a sliding window: how late changes arrive, how long batches take. Fixed memory,
 * nothing is sorted: a histogram of sixteen steps per power of two (6 % wide) for each slice of the
 * window, and their sum. The engine thread owns it. */
#ifndef ORDERSYNC_ENGINE_LAG_H
#define ORDERSYNC_ENGINE_LAG_H

#include <stddef.h>
#include <stdint.h>

#define LAG_STEPS 16
#define LAG_POWERS 38 /* up to 2^42 us: fifty days */
#define LAG_BUCKETS (LAG_STEPS * LAG_POWERS)
#define LAG_SLICES 60

struct lag_slice {
    uint32_t counts[LAG_BUCKETS];
    int64_t max_us; /* -1: empty */
};
struct lag {
    int64_t slice_us; /* of one slice; the window is LAG_SLICES of them */
    int64_t slice;    /* number of the newest since the clock's start; 0: none yet */
    uint64_t total;
    uint32_t sum[LAG_BUCKETS];
    struct lag_slice slices[LAG_SLICES];
};
struct lag_figures {
    int64_t p50_us, p99_us, max_us; /* -1: nothing in the window */
};

void lag_init(struct lag *lag, int64_t window_us);
/* A negative duration (a clock behind the source's) counts as 0. */
void lag_add(struct lag *lag, int64_t now_us, int64_t duration_us);
/* Percentiles are the upper end of their step, never above max. */
struct lag_figures lag_read(struct lag *lag, int64_t now_us);

#endif
