/* Windows of created time. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/sync.h"

/* Sales may be dense somewhere: more windows than are walked at once keep all walkers busy to the
 * end. Each costs a request even when nothing is in it, so a day has one at most. */
#define WINDOWS_MIN 4
#define WINDOWS_MAX 16
#define DAY_S 86400

static const char unsettled_name[] = "unsettled";

static size_t window_add(struct sync_window *windows, size_t count,
                         const struct sync_window *window)
{
    if (count < SYNC_RANGES_MAX)
        windows[count++] = *window;
    return count;
}

/* How much further back a walk reaches than the look-back. */
static int64_t reach(enum lookback_walk walk)
{
    return walk == LOOKBACK_SALES ? SYNC_OPEN_S : 0;
}

static size_t cut_walk(const struct lookback_ops *ops, unsigned step, int64_t from_s, int64_t to_s,
                       struct sync_window *windows, size_t count)
{
    enum lookback_walk walk = ops->walks[step];
    from_s -= reach(walk);
    int64_t seconds = to_s - from_s + 1;
    int64_t pieces = walk == LOOKBACK_SALES ? seconds / DAY_S : 1;
    if (walk == LOOKBACK_SALES && pieces < WINDOWS_MIN)
        pieces = WINDOWS_MIN;
    if (pieces > WINDOWS_MAX)
        pieces = WINDOWS_MAX;
    if (pieces > seconds)
        pieces = seconds;
    for (int64_t i = 0; i < pieces; i++) {
        struct sync_window window = {
            .step = step,
            .window = {.walk = walk,
                       .from_s = from_s + seconds * i / pieces,
                       .to_s = from_s + seconds * (i + 1) / pieces - 1},
        };
        count = window_add(windows, count, &window);
    }
    return count;
}

size_t sync_cut(const struct lookback_ops *ops, int64_t from_s, int64_t to_s,
                struct sync_window ret_windows[SYNC_RANGES_MAX])
{
    size_t count = 0;
    for (unsigned step = 0; step < ops->walk_count; step++)
        count = cut_walk(ops, step, from_s, to_s, ret_windows, count);
    struct sync_window last = {.step = (unsigned)ops->walk_count};
    return window_add(ret_windows, count, &last);
}

static bool walk_bounds(const struct sync_window *windows, size_t count, unsigned step,
                        int64_t *ret_from_s, int64_t *ret_to_s)
{
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        const struct lookback_window *window = &windows[i].window;
        if (windows[i].step != step)
            continue;
        if (!found || window->from_s < *ret_from_s)
            *ret_from_s = window->from_s;
        if (!found || window->to_s > *ret_to_s)
            *ret_to_s = window->to_s;
        found = true;
    }
    return found;
}

size_t sync_extend(const struct lookback_ops *ops, const struct sync_window *windows, size_t count,
                   int64_t from_s, int64_t to_s, struct sync_window ret_windows[SYNC_RANGES_MAX])
{
    size_t added = 0;
    for (unsigned step = 0; step < ops->walk_count; step++) {
        int64_t old_from_s = 0;
        int64_t old_to_s = 0;
        int64_t open_s = reach(ops->walks[step]);
        struct sync_window window = {
            .step = step,
            .window = {.walk = ops->walks[step], .from_s = from_s - open_s, .to_s = to_s},
        };
        if (!walk_bounds(windows, count, step, &old_from_s, &old_to_s)) {
            added = window_add(ret_windows, added, &window);
            continue;
        }
        if (from_s - open_s < old_from_s) {
            window.window.to_s = old_from_s - 1;
            added = window_add(ret_windows, added, &window);
        }
        if (to_s > old_to_s + SYNC_EDGE_S) {
            window.window.from_s = old_to_s - 2 * SYNC_EDGE_S - open_s;
            window.window.to_s = to_s;
            added = window_add(ret_windows, added, &window);
        }
    }
    return added;
}

char *sync_window_format(const struct lookback_ops *ops, const struct sync_window *window)
{
    if (window->step >= ops->walk_count)
        return memory_string(unsettled_name);
    return memory_format("%s %" PRId64 " %" PRId64, lookback_walk_name(window->window.walk),
                         window->window.from_s, window->window.to_s);
}

bool sync_window_parse(const struct lookback_ops *ops, const char *text,
                       struct sync_window *ret_window)
{
    char name[16];
    struct sync_window window = {.step = (unsigned)ops->walk_count};
    if (text == NULL)
        return false;
    if (strcmp(text, unsettled_name) == 0) {
        *ret_window = window;
        return true;
    }
    if (sscanf(text, "%15s %" SCNd64 " %" SCNd64, name, &window.window.from_s,
               &window.window.to_s) != 3)
        return false;
    for (window.step = 0; window.step < ops->walk_count; window.step++) {
        window.window.walk = ops->walks[window.step];
        if (strcmp(name, lookback_walk_name(window.window.walk)) == 0) {
            *ret_window = window;
            return true;
        }
    }
    return false;
}
