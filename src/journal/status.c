/* The engine's word of itself: names of its states, and the two tables that consoles read. */
#include <string.h>

#include "journal/status.h"

#include "base/memory.h"
#include "journal/inside.h"
#include "journal/verification.h"

static const char *const engine_names[] = {
    [ENGINE_STOPPED] = "stopped",   [ENGINE_STARTING] = "starting", [ENGINE_RUNNING] = "running",
    [ENGINE_IDLE] = "idle",         [ENGINE_PAUSED] = "paused",     [ENGINE_WAITING] = "waiting",
    [ENGINE_DRAINING] = "draining",
};
static const char *const source_names[] = {
    [SOURCE_OFF] = "off",       [SOURCE_READY] = "ready",   [SOURCE_BACKFILL] = "backfill",
    [SOURCE_LIVE] = "live",     [SOURCE_PAUSED] = "paused", [SOURCE_WAITING] = "waiting",
    [SOURCE_FAILED] = "failed", [SOURCE_SYNC] = "sync",
};

const char *engine_state_name(enum engine_state state)
{
    return (unsigned)state <= ENGINE_DRAINING ? engine_names[state] : "unknown";
}

const char *source_state_name(enum source_state state)
{
    return (unsigned)state <= SOURCE_SYNC ? source_names[state] : "unknown";
}

void source_status_clear(struct source_status *status, enum source_kind source)
{
    memset(status, 0, sizeof(*status)); /* padding as well: the console compares whole statuses */
    status->source = source;
    status->lag_p50_us = status->lag_p99_us = status->lag_max_us = -1;
    status->lag_hour_p50_us = status->lag_hour_p99_us = status->lag_hour_max_us = -1;
    status->processing_p50_us = status->processing_p99_us = status->quota_left = -1;
    status->last_event_us = status->checkpoint_us = TIME_NONE;
    status->skew_us = status->consistent_us = status->verified_us = TIME_NONE;
}

/* ---- writing ---- */

static bool write_engine(struct sqlite *db, const struct engine_status *status, struct error *err)
{
    return sqlite_run(db, SQL_STATUS_BEAT,
                      SQL_VALUES(SQL_INT(status->state), sqlite_text(status->host),
                                 SQL_INT(status->pid), sqlite_text(status->version),
                                 SQL_INT(status->started_us), SQL_INT(status->beat_us),
                                 sqlite_text(status->message), sqlite_text(status->run_id),
                                 sqlite_text(status->run_kind), SQL_INT(status->run_started_us),
                                 SQL_INT(status->queue_items), SQL_INT(status->queue_bytes),
                                 SQL_INT(status->rss_bytes), SQL_INT(status->writers)),
                      err);
}

static bool write_source(struct sqlite *db, const struct source_status *s, struct error *err)
{
    return sqlite_run(
        db, SQL_STATUS_SOURCE,
        SQL_VALUES(SQL_INT(s->source), SQL_INT(s->state), sqlite_text(s->identity),
                   sqlite_text(s->message), SQL_INT(s->seen), SQL_INT(s->created),
                   SQL_INT(s->updated), SQL_INT(s->deleted), SQL_INT(s->unchanged),
                   SQL_INT(s->failed), SQL_INT(s->held), SQL_INT(s->overlap), SQL_INT(s->total),
                   SQL_REAL(s->rate), SQL_BYTES(s->rates, sizeof(s->rates)),
                   SQL_INT(s->last_event_us), SQL_INT(s->checkpoint_us), SQL_INT(s->lag_p50_us),
                   SQL_INT(s->lag_p99_us), SQL_INT(s->lag_max_us), SQL_INT(s->consistent_us),
                   SQL_INT(s->reads_today), SQL_INT(s->requests), SQL_INT(s->retries),
                   SQL_INT(s->ranges), SQL_INT(s->ranges_done), SQL_INT(s->lag_hour_p50_us),
                   SQL_INT(s->lag_hour_p99_us), SQL_INT(s->lag_hour_max_us),
                   SQL_INT(s->processing_p50_us), SQL_INT(s->processing_p99_us),
                   s->skew_us == TIME_NONE ? SQL_NULL : SQL_INT(s->skew_us),
                   SQL_REAL(s->error_rate), SQL_INT(s->complete), SQL_INT(s->quota_left)),
        err);
}

bool journal_write_status(struct journal *journal, const struct engine_status *status,
                          struct error *err)
{
    struct sqlite *db = &journal->db;
    if (!sqlite_begin_light(db, err))
        return false;
    bool written = write_engine(db, status, err);
    for (size_t i = 0; written && i < SOURCE_COUNT; i++) {
        struct source_status source = status->sources[i];
        source.source = (enum source_kind)i;
        written = write_source(db, &source, err);
    }
    return sqlite_end_light(db, written, err);
}

/* ---- reading ---- */

static void read_engine(sqlite3_stmt *s, struct engine_status *status)
{
    status->state = (enum engine_state)sqlite3_column_int(s, 0);
    sqlite_copy_text(s, 1, status->host, sizeof(status->host));
    status->pid = sqlite3_column_int(s, 2);
    sqlite_copy_text(s, 3, status->version, sizeof(status->version));
    status->started_us = sqlite3_column_int64(s, 4);
    status->beat_us = sqlite3_column_int64(s, 5);
    sqlite_copy_text(s, 6, status->message, sizeof(status->message));
    sqlite_copy_text(s, 7, status->run_id, sizeof(status->run_id));
    sqlite_copy_text(s, 8, status->run_kind, sizeof(status->run_kind));
    status->run_started_us = sqlite3_column_int64(s, 9);
    status->queue_items = (uint64_t)sqlite3_column_int64(s, 10);
    status->queue_bytes = (uint64_t)sqlite3_column_int64(s, 11);
    status->rss_bytes = (uint64_t)sqlite3_column_int64(s, 12);
    status->writers = (unsigned)sqlite3_column_int(s, 13);
}

static void read_measures(sqlite3_stmt *s, struct source_status *status)
{
    int64_t *const durations[] = {&status->lag_hour_p50_us, &status->lag_hour_p99_us,
                                  &status->lag_hour_max_us, &status->processing_p50_us,
                                  &status->processing_p99_us};
    for (int i = 0; i < (int)(sizeof(durations) / sizeof(durations[0])); i++)
        *durations[i] = sqlite3_column_int64(s, 26 + i);
    bool known = sqlite3_column_type(s, 31) != SQLITE_NULL;
    status->skew_us = known ? sqlite3_column_int64(s, 31) : TIME_NONE;
    status->error_rate = sqlite3_column_double(s, 32);
    status->complete = sqlite3_column_int(s, 33) != 0;
    status->quota_left = sqlite3_column_int64(s, 34);
}

static void read_source(sqlite3_stmt *s, struct source_status *status)
{
    uint64_t *const numbers[] = {&status->seen,    &status->created,   &status->updated,
                                 &status->deleted, &status->unchanged, &status->failed,
                                 &status->held,    &status->overlap,   &status->total};
    status->state = (enum source_state)sqlite3_column_int(s, 1);
    sqlite_copy_text(s, 2, status->identity, sizeof(status->identity));
    sqlite_copy_text(s, 3, status->message, sizeof(status->message));
    for (int i = 0; i < (int)(sizeof(numbers) / sizeof(numbers[0])); i++)
        *numbers[i] = (uint64_t)sqlite3_column_int64(s, 4 + i);
    status->rate = sqlite3_column_double(s, 13);
    if (sqlite3_column_bytes(s, 14) == (int)sizeof(status->rates))
        memcpy(status->rates, sqlite3_column_blob(s, 14), sizeof(status->rates));
    int64_t *const moments[] = {&status->last_event_us, &status->checkpoint_us,
                                &status->lag_p50_us,    &status->lag_p99_us,
                                &status->lag_max_us,    &status->consistent_us};
    for (int i = 0; i < (int)(sizeof(moments) / sizeof(moments[0])); i++)
        *moments[i] = sqlite3_column_int64(s, 15 + i);
    status->reads_today = (uint64_t)sqlite3_column_int64(s, 21);
    status->requests = (uint64_t)sqlite3_column_int64(s, 22);
    status->retries = (uint64_t)sqlite3_column_int64(s, 23);
    status->ranges = (unsigned)sqlite3_column_int(s, 24);
    status->ranges_done = (unsigned)sqlite3_column_int(s, 25);
    read_measures(s, status);
}

static void status_clear(struct engine_status *status)
{
    memset(status, 0, sizeof(*status));
    status->started_us = status->beat_us = status->run_started_us = TIME_NONE;
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        source_status_clear(&status->sources[i], (enum source_kind)i);
}

static bool read_sources(struct sqlite *db, struct engine_status *status, struct error *err)
{
    sqlite3_stmt *s;
    bool row;
    if (!sqlite_bind(db, SQL_STATUS_SOURCES_READ, SQL_NO_VALUES, &s, err))
        return false;
    while (true) {
        if (!sqlite_step(db, s, &row, err))
            return false;
        if (!row)
            return true;
        int source = sqlite3_column_int(s, 0);
        if (source >= 0 && source < SOURCE_COUNT)
            read_source(s, &status->sources[source]);
    }
}

/* Counted now, not when the engine last beat: true without an engine as well. */
static bool read_unresolved(struct sqlite *db, struct engine_status *status, struct error *err)
{
    sqlite3_stmt *s;
    bool row;
    if (!sqlite_bind(db, SQL_TOTALS, SQL_VALUES(SQL_INT(FAILURE_RESOLVED)), &s, err))
        return false;
    while (true) {
        if (!sqlite_step(db, s, &row, err))
            return false;
        if (!row)
            return true;
        int source = sqlite3_column_int(s, 0);
        if (source >= 0 && source < SOURCE_COUNT)
            status->sources[source].unresolved = (uint64_t)sqlite3_column_int64(s, 1);
    }
}

bool journal_read_status(struct journal_reader *reader, struct engine_status *ret_status,
                         struct error *err)
{
    struct sqlite *db = &reader->db;
    struct engine_status status;
    sqlite3_stmt *s;
    bool row;
    status_clear(&status);
    if (!sqlite_bind(db, SQL_STATUS_ENGINE_READ, SQL_NO_VALUES, &s, err) ||
        !sqlite_step(db, s, &row, err))
        return false;
    if (row)
        read_engine(s, &status);
    sqlite3_reset(s);
    if (!read_sources(db, &status, err) || !read_unresolved(db, &status, err) ||
        !journal_read_verified(reader, &status, err))
        return false;
    *ret_status = status;
    return true;
}
