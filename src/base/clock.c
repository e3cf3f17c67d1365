/* Wall and monotonic time. */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define US_PER_S 1000000

static int64_t clock_read_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
    return clock_read_us(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

void clock_sleep_us(int64_t duration)
{
    if (duration <= 0)
        return;
    int64_t until = clock_monotonic_us() + duration;
    struct timespec when = {.tv_sec = until / US_PER_S, .tv_nsec = until % US_PER_S * 1000};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) == EINTR)
        ;
}

struct str clock_format_utc(struct arena *arena, int64_t wall_us)
{
    if (wall_us == TIME_NONE)
        return arena_copy(arena, STR("-"));
    int64_t micros = wall_us % US_PER_S;
    if (micros < 0)
        micros += US_PER_S;
    time_t seconds = (time_t)((wall_us - micros) / US_PER_S);
    struct tm parts;
    char text[64];
    if (gmtime_r(&seconds, &parts) == NULL)
        return arena_copy(arena, STR("-"));
    size_t len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    if (micros != 0)
        return arena_format(arena, "%.*s.%06dZ", (int)len, text, (int)micros);
    return arena_format(arena, "%.*sZ", (int)len, text);
}
