/* What the engine of another process said: fixed lines, the newest at FIXTURE_NOW. */
#include <stdio.h>
#include <string.h>

#include "screen/fixture.h"

static const struct line {
    int ago; /* seconds */
    enum log_level level;
    const char *component, *code, *source, *order, *message;
} lines[] = {
    {1500, LOG_LEVEL_INFO, "engine", "", "", "", "started, version 1.0"},
    {1499, LOG_LEVEL_INFO, "target", "", "", "", "connected to shop@db1:5432"},
    {1498, LOG_LEVEL_DEBUG, "schedule", "", "", "", "4 ranges, 2 writers"},
    {1490, LOG_LEVEL_INFO, "backfill", "", "firestore", "", "range 1 of 4 begins"},
    {1402, LOG_LEVEL_WARNING, "rest", "OS-1429", "printful", "", "rate limited, waits 41 s"},
    {1361, LOG_LEVEL_INFO, "rest", "", "printful", "", "goes on"},
    {1210, LOG_LEVEL_ERROR, "apply", "OS-2103", "firestore", "5123456700000",
     "total_price: \"n/a\" is not a decimal number"},
    {1204, LOG_LEVEL_ERROR, "apply", "OS-2103", "firestore", "5123456700001",
     "total_price: \"n/a\" is not a decimal number"},
    {1180, LOG_LEVEL_DEBUG, "writers", "", "firestore", "", "batch of 250: 3 s"},
    {1100, LOG_LEVEL_ERROR, "transform", "OS-2104", "firestore", "5123456701000",
     "created_at: \"2026-02-30\" is not a moment in time"},
    {960, LOG_LEVEL_INFO, "backfill", "", "firestore", "", "range 1 of 4 is done"},
    {950, LOG_LEVEL_INFO, "backfill", "", "firestore", "", "range 2 of 4 begins"},
    {840, LOG_LEVEL_WARNING, "target", "OS-4002", "", "", "connection lost, tries again in 2 s"},
    {838, LOG_LEVEL_INFO, "target", "", "", "", "connected to shop@db1:5432"},
    {700, LOG_LEVEL_INFO, "sync", "", "stripe", "", "looks back 30 days"},
    {640, LOG_LEVEL_ERROR, "fetch", "OS-1404", "stripe", "cs_live_a1", "no such session"},
    {600, LOG_LEVEL_DEBUG, "rest", "", "stripe", "", "100 sessions in 420 ms"},
    {420, LOG_LEVEL_INFO, "sync", "", "stripe", "", "1,204 sessions, 3 new"},
    {300, LOG_LEVEL_WARNING, "alerts", "", "firestore", "", "staleness fires: 7m 02s above 5m"},
    {240, LOG_LEVEL_INFO, "commands", "", "", "", "retry of kim: 4 changed, 0 refused"},
    {120, LOG_LEVEL_INFO, "sync", "", "printful", "", "looks back 30 days"},
    {60, LOG_LEVEL_WARNING, "rest", "", "printful", "", "1 call is left this minute"},
    {12, LOG_LEVEL_INFO, "customers", "", "", "", "recomputed 812"},
    {0, LOG_LEVEL_INFO, "backfill", "", "firestore", "", "24,012 of 50,000 documents"},
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

void fixture_log(const struct lookup_request *request, struct lookup_reply *reply)
{
    struct log_entry *entries = arena_zero(&reply->arena, LINES * sizeof(*entries));
    reply->log.entries = entries;
    for (size_t i = request->offset; i < LINES && reply->log.count < request->max; i++) {
        struct log_entry *entry = &entries[reply->log.count++];
        *entry = (struct log_entry){.sequence = i + 1,
                                    .at_us = FIXTURE_NOW - lines[i].ago * INT64_C(1000000),
                                    .level = lines[i].level};
        STR_FILL(entry->component, lines[i].component);
        STR_FILL(entry->code, lines[i].code);
        STR_FILL(entry->source, lines[i].source);
        STR_FILL(entry->order, lines[i].order);
        STR_FILL(entry->message, fixture_long_text(lines[i].message));
        if (i % 5 == 1)
            STR_FILL(entry->component, fixture_text(lines[i].component));
        if (i % 5 == 0 && lines[i].order[0] != '\0')
            STR_FILL(entry->order, fixture_text(lines[i].order));
    }
}
