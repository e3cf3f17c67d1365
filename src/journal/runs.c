/* Runs and the checkpoints of their ranges. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "journal/inside.h"

#define RANGES_MAX 4096 /* settings allow 64; the file may have been edited */

bool journal_run_start(struct journal *journal, const char *kind, enum source_kind source,
                       const char *operator_name, char ret_run_id[40], struct error *err)
{
    struct uuid uuid = uuid_random();
    char id[UUID_TEXT_SIZE];
    uuid_format(&uuid, id);
    if (!journal_begin(journal, err))
        return false;
    bool done = sqlite_run(&journal->db, SQL_RUN_START,
                           SQL_VALUES(sqlite_text(id), sqlite_text(kind), SQL_INT(source),
                                      sqlite_text(operator_name == NULL ? "" : operator_name),
                                      SQL_INT(clock_wall_us())),
                           err);
    if (!sqlite_end(&journal->db, done, err))
        return false;
    snprintf(ret_run_id, 40, "%s", id);
    return true;
}

bool journal_run_find(struct journal *journal, const char *kind, enum source_kind source,
                      bool *ret_found, char ret_run_id[40], struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!sqlite_bind(&journal->db, SQL_RUN_FIND, SQL_VALUES(sqlite_text(kind), SQL_INT(source)),
                     &statement, err) ||
        !sqlite_step(&journal->db, statement, &row, err))
        return false;
    if (row)
        sqlite_copy_text(statement, 0, ret_run_id, 40);
    sqlite3_reset(statement);
    *ret_found = row;
    return true;
}

bool journal_run_started(struct journal *journal, const char *run_id, int64_t *ret_us,
                         struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!sqlite_bind(&journal->db, SQL_RUN_STARTED, SQL_VALUES(sqlite_text(run_id)), &statement,
                     err) ||
        !sqlite_step(&journal->db, statement, &row, err))
        return false;
    *ret_us = row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return true;
}

bool journal_run_counts(struct journal *journal, const char *run_id, struct run_counts *ret_counts,
                        struct error *err)
{
    sqlite3_stmt *statement;
    struct run_counts counts = {0};
    bool row;
    if (!sqlite_bind(&journal->db, SQL_RUN_COUNTS, SQL_VALUES(sqlite_text(run_id)), &statement,
                     err) ||
        !sqlite_step(&journal->db, statement, &row, err))
        return false;
    if (row) {
        uint64_t *const fields[] = {
            &counts.seen,   &counts.created,    &counts.updated, &counts.deleted, &counts.unchanged,
            &counts.failed, &counts.held,       &counts.overlap, &counts.skipped, &counts.checked,
            &counts.items,  &counts.unattached, &counts.absent};
        for (int i = 0; i < (int)(sizeof(fields) / sizeof(fields[0])); i++)
            *fields[i] = (uint64_t)sqlite3_column_int64(statement, i);
    }
    sqlite3_reset(statement);
    *ret_counts = counts;
    return true;
}

bool run_counts_write(struct journal *journal, enum statement_id id, const char *run_id,
                      const struct run_counts *counts, struct error *err)
{
    return sqlite_run(
        &journal->db, id,
        SQL_VALUES(sqlite_text(run_id), SQL_INT(counts->seen), SQL_INT(counts->created),
                   SQL_INT(counts->updated), SQL_INT(counts->deleted), SQL_INT(counts->unchanged),
                   SQL_INT(counts->failed), SQL_INT(counts->held), SQL_INT(counts->overlap),
                   SQL_INT(counts->skipped), SQL_INT(counts->checked), SQL_INT(counts->items),
                   SQL_INT(counts->unattached), SQL_INT(counts->absent)),
        err);
}

bool journal_run_finish(struct journal *journal, const char *run_id, const char *result,
                        const struct run_counts *counts, struct error *err)
{
    if (!journal_begin(journal, err))
        return false;
    bool done =
        sqlite_run(&journal->db, SQL_RUN_FINISH,
                   SQL_VALUES(sqlite_text(run_id), SQL_INT(clock_wall_us()), sqlite_text(result)),
                   err) &&
        (counts == NULL || run_counts_write(journal, SQL_RUN_SET, run_id, counts, err));
    return sqlite_end(&journal->db, done, err);
}

bool journal_run_note(struct journal *journal, const char *run_id, uint64_t requests,
                      uint64_t retries, int64_t busy_us, const struct error *stopped,
                      struct error *err)
{
    if (!journal_begin(journal, err))
        return false;
    bool done = sqlite_run(
        &journal->db, SQL_RUN_NOTE,
        SQL_VALUES(sqlite_text(run_id), SQL_INT(requests), SQL_INT(retries), SQL_INT(busy_us),
                   sqlite_text(stopped == NULL ? "" : error_info(stopped->id)->code),
                   sqlite_text(stopped == NULL ? "" : stopped->message)),
        err);
    return sqlite_end(&journal->db, done, err);
}

/* ---- ranges ---- */

static bool range_save(struct journal *journal, const char *run_id,
                       const struct range_checkpoint *range, struct error *err)
{
    return sqlite_run(&journal->db, SQL_RANGE_SAVE,
                      SQL_VALUES(sqlite_text(run_id), SQL_INT(range->range),
                                 sqlite_text(range->after), sqlite_text(range->before),
                                 sqlite_text(range->cursor), SQL_INT(range->done),
                                 SQL_INT(range->settled), SQL_INT(clock_wall_us())),
                      err);
}

bool journal_ranges_save(struct journal *journal, const char *run_id,
                         const struct range_checkpoint *list, size_t count, struct error *err)
{
    if (!journal_begin(journal, err))
        return false;
    bool done = true;
    for (size_t i = 0; done && i < count; i++)
        done = range_save(journal, run_id, &list[i], err);
    return sqlite_end(&journal->db, done, err);
}

static void range_read(sqlite3_stmt *statement, struct range_checkpoint *range)
{
    range->range = sqlite3_column_int(statement, 0);
    range->after = sqlite_copy_heap(statement, 1);
    range->before = sqlite_copy_heap(statement, 2);
    range->cursor = sqlite_copy_heap(statement, 3);
    range->done = sqlite3_column_int(statement, 4) != 0;
    range->settled = (uint64_t)sqlite3_column_int64(statement, 5);
}

bool journal_ranges_load(struct journal *journal, const char *run_id,
                         struct range_checkpoint **ret_list, size_t *ret_count, struct error *err)
{
    sqlite3_stmt *statement;
    struct range_checkpoint *list = NULL;
    size_t count = 0, room = 0;
    bool row = true;
    if (!sqlite_bind(&journal->db, SQL_RANGES_LOAD, SQL_VALUES(sqlite_text(run_id)), &statement,
                     err))
        return false;
    while (true) {
        if (!sqlite_step(&journal->db, statement, &row, err)) {
            range_checkpoint_free(list, count);
            return false;
        }
        if (!row)
            break;
        if (count == RANGES_MAX) {
            sqlite3_reset(statement);
            range_checkpoint_free(list, count);
            return error_set(err, ERROR_JOURNAL_CORRUPT, "run %s has more than %d ranges", run_id,
                             RANGES_MAX);
        }
        if (count == room) {
            room = room == 0 ? 16 : room * 2;
            list = memory_resize(list, room * sizeof(*list));
        }
        range_read(statement, &list[count++]);
    }
    *ret_list = list;
    *ret_count = count;
    return true;
}

void range_checkpoint_free(struct range_checkpoint *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(list[i].after);
        free(list[i].before);
        free(list[i].cursor);
    }
    free(list);
}
