/* Log lines in the journal: see logbook.h. */
#include "journal/logbook.h"

#include "journal/inside.h"

static bool keep_line(struct sqlite *db, const struct log_entry *entry, struct error *err)
{
    return sqlite_run(db, SQL_LOG_ADD,
                      SQL_VALUES(SQL_INT(entry->at_us), SQL_INT(entry->level),
                                 sqlite_text(entry->component), sqlite_text(entry->code),
                                 sqlite_text(entry->source), sqlite_text(entry->order),
                                 sqlite_text(entry->message)),
                      err);
}

bool journal_keep_log(struct journal *journal, const struct log_entry *entries, size_t count,
                      struct error *err)
{
    struct sqlite *db = &journal->db;
    if (!sqlite_begin_light(db, err))
        return false;
    bool done = true;
    for (size_t i = 0; done && i < count; i++)
        done = keep_line(db, &entries[i], err);
    done = done && sqlite_run(db, SQL_LOG_TRIM, SQL_VALUES(SQL_INT(LOGBOOK_LINES)), err);
    return sqlite_end_light(db, done, err);
}

static void read_line(sqlite3_stmt *s, void *item)
{
    struct log_entry *entry = item;
    int level = sqlite3_column_int(s, 2);
    entry->sequence = (uint64_t)sqlite3_column_int64(s, 0);
    entry->at_us = sqlite3_column_int64(s, 1);
    entry->level = level >= 0 && level <= LOG_LEVEL_DEBUG ? (enum log_level)level : LOG_LEVEL_INFO;
    sqlite_copy_text(s, 3, entry->component, sizeof(entry->component));
    sqlite_copy_text(s, 4, entry->code, sizeof(entry->code));
    sqlite_copy_text(s, 5, entry->source, sizeof(entry->source));
    sqlite_copy_text(s, 6, entry->order, sizeof(entry->order));
    sqlite_copy_text(s, 7, entry->message, sizeof(entry->message));
}

bool journal_read_log(struct journal_reader *reader, uint64_t after, size_t max,
                      struct arena *arena, struct log_entry **ret_entries, size_t *ret_count,
                      struct error *err)
{
    sqlite3_stmt *statement;
    void *rows = NULL;
    if (max > LOGBOOK_LINES)
        max = LOGBOOK_LINES;
    if (!sqlite_bind(&reader->db, SQL_LOG_READ, SQL_VALUES(SQL_INT(after), SQL_INT(max)),
                     &statement, err) ||
        !rows_read(&reader->db, statement, read_line, sizeof(struct log_entry), max, arena, &rows,
                   ret_count, err))
        return false;
    *ret_entries = rows;
    return true;
}
