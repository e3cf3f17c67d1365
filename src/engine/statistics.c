/* One-second buckets. */
#include "engine/statistics.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint32_t *statistics_bucket(struct statistics *statistics, int64_t second)
{
    return &statistics->seconds[second % STATUS_RATES];
}

static void statistics_advance(struct statistics *statistics, int64_t second)
{
    if (statistics->second == 0 || second - statistics->second >= STATUS_RATES) {
        memset(statistics->seconds, 0, sizeof(statistics->seconds));
        if (statistics->second == 0)
            statistics->started = second;
        statistics->second = second;
    }
    while (statistics->second < second)
        *statistics_bucket(statistics, ++statistics->second) = 0;
}

void statistics_add(struct statistics *statistics, int64_t now_us, uint64_t settled)
{
    int64_t second = now_us / 1000000;
    statistics_advance(statistics, second);
    *statistics_bucket(statistics, second) += (uint32_t)settled;
}

void statistics_report(struct statistics *statistics, int64_t now_us, struct source_status *status)
{
    int64_t second = now_us / 1000000;
    uint64_t sum = 0;
    int64_t window = 0;
    statistics_advance(statistics, second);
    for (int i = 0; i < STATUS_RATES; i++) {
        int64_t at = second - (STATUS_RATES - 1) + i;
        status->rates[i] = at < statistics->started ? 0 : *statistics_bucket(statistics, at);
    }
    for (int64_t at = second - 1; at >= statistics->started && window < STATISTICS_WINDOW; at--) {
        sum += *statistics_bucket(statistics, at);
        window++;
    }
    status->rate = window == 0 ? 0 : (double)sum / (double)window;
}

uint64_t statistics_rss_bytes(void)
{
    unsigned long long size = 0;
    unsigned long long resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return 0;
    int fields = fscanf(file, "%llu %llu", &size, &resident);
    fclose(file);
    return fields == 2 ? resident * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}
