/* One-minute statistics: what the console's graphs and the measures of a day are made of. */
#include "base/clock.h"
#include "journal/inside.h"
#include "journal/listen.h"

#define DAY_MINUTES (24 * 60)

static struct sql_value known(int64_t us)
{
    return us == TIME_NONE ? SQL_NULL : SQL_INT(us);
}

static int64_t known_read(sqlite3_stmt *statement, int column)
{
    bool is_null = sqlite3_column_type(statement, column) == SQLITE_NULL;
    return is_null ? TIME_NONE : sqlite3_column_int64(statement, column);
}

static bool minute_write(struct journal *journal, enum source_kind source,
                         const struct minute_row *row, struct error *err)
{
    const struct run_counts *counts = &row->counts;
    return sqlite_run(
        &journal->db, SQL_MINUTE_ADD,
        SQL_VALUES(
            SQL_INT(row->minute), SQL_INT(source), SQL_INT(counts->seen), SQL_INT(counts->created),
            SQL_INT(counts->updated), SQL_INT(counts->deleted), SQL_INT(counts->unchanged),
            SQL_INT(counts->failed), SQL_INT(counts->held), SQL_INT(row->absences),
            SQL_INT(row->lag_p50_us), SQL_INT(row->lag_p99_us), SQL_INT(row->lag_max_us),
            SQL_INT(row->queue_items), SQL_INT(row->rss_bytes), known(row->staleness_us),
            row->error_rate < 0 ? SQL_NULL : SQL_REAL(row->error_rate),
            known(row->processing_p50_us), known(row->processing_p99_us), known(row->skew_us)),
        err);
}

bool journal_minute_add(struct journal *journal, enum source_kind source,
                        const struct minute_row *row, struct error *err)
{
    /* No consoles watch these rows by the revision: a plain transaction. */
    if (!sqlite_begin(&journal->db, err))
        return false;
    bool done = minute_write(journal, source, row, err) &&
                sqlite_run(&journal->db, SQL_MINUTES_FORGET,
                           SQL_VALUES(SQL_INT(row->minute - MINUTES_KEPT)), err);
    return sqlite_end(&journal->db, done, err);
}

static void minute_read(sqlite3_stmt *statement, void *item)
{
    struct minute_row *row = item;
    uint64_t *const numbers[] = {&row->counts.seen,    &row->counts.created,   &row->counts.updated,
                                 &row->counts.deleted, &row->counts.unchanged, &row->counts.failed,
                                 &row->counts.held,    &row->absences};
    row->minute = sqlite3_column_int64(statement, 0);
    for (int i = 0; i < (int)(sizeof(numbers) / sizeof(numbers[0])); i++)
        *numbers[i] = (uint64_t)sqlite3_column_int64(statement, 1 + i);
    row->lag_p50_us = sqlite3_column_int64(statement, 9);
    row->lag_p99_us = sqlite3_column_int64(statement, 10);
    row->lag_max_us = sqlite3_column_int64(statement, 11);
    row->queue_items = (uint64_t)sqlite3_column_int64(statement, 12);
    row->rss_bytes = (uint64_t)sqlite3_column_int64(statement, 13);
    row->staleness_us = known_read(statement, 14);
    bool rated = sqlite3_column_type(statement, 15) != SQLITE_NULL;
    row->error_rate = rated ? sqlite3_column_double(statement, 15) : -1;
    row->processing_p50_us = known_read(statement, 16);
    row->processing_p99_us = known_read(statement, 17);
    row->skew_us = known_read(statement, 18);
}

bool journal_list_minutes(struct journal_reader *reader, enum source_kind source, int64_t since,
                          size_t max, struct arena *arena, struct minute_row **ret_rows,
                          size_t *ret_count, struct error *err)
{
    sqlite3_stmt *statement;
    void *rows = NULL;
    if (max > (size_t)MINUTES_KEPT)
        max = (size_t)MINUTES_KEPT;
    if (!sqlite_bind(&reader->db, SQL_MINUTES_READ,
                     SQL_VALUES(SQL_INT(source), SQL_INT(since), SQL_INT(max)), &statement, err) ||
        !rows_read(&reader->db, statement, minute_read, sizeof(struct minute_row), max, arena,
                   &rows, ret_count, err))
        return false;
    *ret_rows = rows;
    return true;
}

bool journal_absences_since(struct journal *journal, enum source_kind source, int64_t since,
                            uint64_t *ret_absences, struct error *err)
{
    bool found;
    int64_t sum = 0;
    if (!sqlite_number(&journal->db, SQL_ABSENCES_SINCE,
                       SQL_VALUES(SQL_INT(source), SQL_INT(since)), &found, &sum, err))
        return false;
    *ret_absences = (uint64_t)sum;
    return true;
}

bool journal_error_rate(struct journal *journal, enum source_kind source, int64_t now_us,
                        double *ret_rate, struct error *err)
{
    bool found;
    int64_t seen = 0;
    int64_t errors = 0;
    int64_t since_minute = now_us / 60000000 - DAY_MINUTES;
    if (!sqlite_number(&journal->db, SQL_SEEN_SINCE,
                       SQL_VALUES(SQL_INT(source), SQL_INT(since_minute)), &found, &seen, err) ||
        !sqlite_number(&journal->db, SQL_ERRORS_SINCE,
                       SQL_VALUES(SQL_INT(source), SQL_INT(since_minute * 60000000),
                                  SQL_INT(FAILURE_RESOLVED)),
                       &found, &errors, err))
        return false;
    *ret_rate = seen == 0 ? 0 : (double)errors / (double)seen;
    return true;
}
