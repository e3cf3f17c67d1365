/* Log-linear histograms in a ring. */
#include "engine/lag.h"

#include <string.h>

/* Durations below LAG_STEPS have a bucket each; above, the leading bits choose. */
static size_t bucket_of(int64_t duration_us)
{
    uint64_t value = duration_us < 0 ? 0 : (uint64_t)duration_us;
    if (value < LAG_STEPS)
        return (size_t)value;
    unsigned power = 63 - (unsigned)__builtin_clzll(value); /* >= 4 */
    size_t step = (size_t)(value >> (power - 4)) & (LAG_STEPS - 1);
    size_t bucket = (power - 3) * LAG_STEPS + step;
    return bucket < LAG_BUCKETS ? bucket : LAG_BUCKETS - 1;
}

static int64_t bucket_end(size_t bucket)
{
    if (bucket < LAG_STEPS)
        return (int64_t)bucket;
    unsigned power = (unsigned)(bucket / LAG_STEPS) + 3;
    uint64_t step = bucket % LAG_STEPS;
    return (int64_t)(((LAG_STEPS + step + 1) << (power - 4)) - 1);
}

void lag_init(struct lag *lag, int64_t window_us)
{
    memset(lag, 0, sizeof(*lag));
    lag->slice_us = window_us / LAG_SLICES;
    for (size_t i = 0; i < LAG_SLICES; i++)
        lag->slices[i].max_us = -1;
}

static struct lag_slice *slice_at(struct lag *lag, int64_t number)
{
    return &lag->slices[number % LAG_SLICES];
}

static void slice_drop(struct lag *lag, struct lag_slice *slice)
{
    if (slice->max_us < 0)
        return;
    for (size_t i = 0; i < LAG_BUCKETS; i++) {
        lag->sum[i] -= slice->counts[i];
        lag->total -= slice->counts[i];
    }
    memset(slice->counts, 0, sizeof(slice->counts));
    slice->max_us = -1;
}

static void lag_advance(struct lag *lag, int64_t now_us)
{
    int64_t number = now_us / lag->slice_us;
    int64_t first = lag->slice + 1;
    if (number - first >= LAG_SLICES)
        first = number - LAG_SLICES + 1;
    for (int64_t i = first; i <= number; i++)
        slice_drop(lag, slice_at(lag, i));
    if (number > lag->slice)
        lag->slice = number;
}

void lag_add(struct lag *lag, int64_t now_us, int64_t duration_us)
{
    lag_advance(lag, now_us);
    struct lag_slice *slice = slice_at(lag, lag->slice);
    size_t bucket = bucket_of(duration_us);
    slice->counts[bucket]++;
    lag->sum[bucket]++;
    lag->total++;
    if (duration_us < 0)
        duration_us = 0;
    if (duration_us > slice->max_us)
        slice->max_us = duration_us;
}

/* The value that `share` of all do not exceed. */
static int64_t percentile(const struct lag *lag, double share, int64_t max_us)
{
    uint64_t wanted = (uint64_t)(share * (double)lag->total);
    uint64_t passed = 0;
    if (wanted >= lag->total)
        wanted = lag->total - 1;
    for (size_t i = 0; i < LAG_BUCKETS; i++) {
        passed += lag->sum[i];
        if (passed > wanted)
            return bucket_end(i) < max_us ? bucket_end(i) : max_us;
    }
    return max_us;
}

struct lag_figures lag_read(struct lag *lag, int64_t now_us)
{
    struct lag_figures figures = {-1, -1, -1};
    if (lag->slice_us == 0) /* never begun: an engine that follows nothing */
        return figures;
    lag_advance(lag, now_us);
    if (lag->total == 0)
        return figures;
    for (size_t i = 0; i < LAG_SLICES; i++) {
        if (lag->slices[i].max_us > figures.max_us)
            figures.max_us = lag->slices[i].max_us;
    }
    figures.p50_us = percentile(lag, 0.50, figures.max_us);
    figures.p99_us = percentile(lag, 0.99, figures.max_us);
    return figures;
}
