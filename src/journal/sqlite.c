/* The SQLite wrapper: see sqlite.h. */
#include "journal/sqlite.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

struct sql_value sqlite_text(const char *text)
{
    if (text == NULL)
        return SQL_NULL;
    return (struct sql_value){.kind = SQL_VALUE_TEXT, .data = text, .size = strlen(text)};
}

struct sql_value sqlite_time(int64_t moment_us)
{
    return SQL_INT(moment_us == TIME_NONE ? INT64_MAX : moment_us);
}

/* ---- errors ---- */

static const struct {
    int result; /* primary or extended */
    enum error_id id;
    const char *text;
} failures[] = {
    {SQLITE_FULL, ERROR_JOURNAL_FULL, "the disk is full"},
    {SQLITE_IOERR_SHMSIZE, ERROR_JOURNAL_FULL, "the disk is full"},
    {SQLITE_BUSY, ERROR_JOURNAL_BUSY, "locked by another process for too long"},
    {SQLITE_LOCKED, ERROR_JOURNAL_BUSY, "locked by another connection for too long"},
    {SQLITE_CORRUPT, ERROR_JOURNAL_CORRUPT, "the file is damaged"},
    {SQLITE_NOTADB, ERROR_JOURNAL_CORRUPT, "the file is not a journal (not an SQLite database)"},
    {SQLITE_READONLY, ERROR_JOURNAL_READ_ONLY,
     "the file or its file system is read-only for this user"},
    {SQLITE_PERM, ERROR_JOURNAL_READ_ONLY, "no permission"},
    {SQLITE_AUTH, ERROR_JOURNAL_REFUSED, "a console may only read, and insert commands"},
    {SQLITE_CANTOPEN, ERROR_JOURNAL_OPEN, "the file cannot be opened"},
    {SQLITE_IOERR, ERROR_JOURNAL_IO, "the file system reports an error"},
    {SQLITE_NOMEM, ERROR_JOURNAL_IO, "out of memory"},
};

static bool is_disk_full(int result, int number)
{
    return (result & 0xff) == SQLITE_IOERR && (number == ENOSPC || number == EDQUOT);
}

bool sqlite_fail(struct sqlite *db, int result, const char *doing, struct error *err)
{
    int number = db->handle == NULL ? 0 : sqlite3_system_errno(db->handle);
    const char *path = db->path == NULL ? "journal" : db->path;
    if (is_disk_full(result, number))
        result = SQLITE_FULL;
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        if (failures[i].result != result && failures[i].result != (result & 0xff))
            continue;
        bool os = (result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN;
        return error_set(err, failures[i].id, "%s: %s%s%s (%s)", path, failures[i].text,
                         os && number != 0 ? ": " : "", os && number != 0 ? strerror(number) : "",
                         doing);
    }
    return error_set(err, ERROR_JOURNAL_SQL, "%s: %s (%s, SQLite %d)", path,
                     db->handle == NULL ? "no memory" : sqlite3_errmsg(db->handle), doing, result);
}

/* ---- open and close ---- */

bool sqlite_open(struct sqlite *db, const char *path, int busy_ms, struct error *err)
{
    *db = (struct sqlite){.path = memory_string(path)};
    /* A symbolic link in this place is somebody's trick: the path was resolved before. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    int result = sqlite3_open_v2(path, &db->handle, flags, NULL);
    if (result != SQLITE_OK)
        return sqlite_fail(db, db->handle == NULL ? result : sqlite3_extended_errcode(db->handle),
                           "opening", err);
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, busy_ms);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return true;
}

void sqlite_close(struct sqlite *db)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite_finalize(&db->statements[i]);
    sqlite3_close(db->handle);
    free(db->path);
    *db = (struct sqlite){0};
}

/* ---- statements ---- */

bool sqlite_script(struct sqlite *db, const char *sql, struct error *err)
{
    int result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return result == SQLITE_OK || sqlite_fail(db, result, "running a script", err);
}

static int bind_value(sqlite3_stmt *statement, int place, const struct sql_value *value)
{
    switch (value->kind) {
    case SQL_VALUE_INTEGER:
        return sqlite3_bind_int64(statement, place, value->integer);
    case SQL_VALUE_REAL:
        return sqlite3_bind_double(statement, place, value->real);
    case SQL_VALUE_TEXT:
        return sqlite3_bind_text64(statement, place, value->data, value->size, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case SQL_VALUE_BYTES:
        return sqlite3_bind_blob64(statement, place, value->data, value->size, SQLITE_STATIC);
    case SQL_VALUE_NULL:
        break;
    }
    return sqlite3_bind_null(statement, place);
}

static bool bind_values(struct sqlite *db, sqlite3_stmt *statement, const struct sql_value *values,
                        size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        int result = bind_value(statement, (int)i + 1, &values[i]);
        if (result != SQLITE_OK)
            return sqlite_fail(db, result, "binding", err);
    }
    return true;
}

bool sqlite_bind(struct sqlite *db, enum statement_id id, const struct sql_value *values,
                 size_t count, sqlite3_stmt **ret_statement, struct error *err)
{
    sqlite3_stmt **place = &db->statements[id];
    if (*place == NULL) {
        int result = sqlite3_prepare_v3(db->handle, journal_statements[id], -1,
                                        SQLITE_PREPARE_PERSISTENT, place, NULL);
        if (result != SQLITE_OK)
            return sqlite_fail(db, result, "preparing", err);
    }
    sqlite3_reset(*place);
    if (!bind_values(db, *place, values, count, err))
        return false;
    *ret_statement = *place;
    return true;
}

bool sqlite_step(struct sqlite *db, sqlite3_stmt *statement, bool *ret_row, struct error *err)
{
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        *ret_row = true;
        return true;
    }
    if (result == SQLITE_DONE) {
        sqlite3_reset(statement);
        *ret_row = false;
        return true;
    }
    sqlite_fail(db, result, sqlite3_stmt_readonly(statement) ? "reading" : "writing", err);
    sqlite3_reset(statement);
    return false;
}

bool sqlite_run(struct sqlite *db, enum statement_id id, const struct sql_value *values,
                size_t count, struct error *err)
{
    sqlite3_stmt *statement;
    if (!sqlite_bind(db, id, values, count, &statement, err))
        return false;
    bool row = true;
    while (row) {
        if (!sqlite_step(db, statement, &row, err))
            return false;
    }
    return true;
}

bool sqlite_number(struct sqlite *db, enum statement_id id, const struct sql_value *values,
                   size_t count, bool *ret_found, int64_t *ret_number, struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!sqlite_bind(db, id, values, count, &statement, err) ||
        !sqlite_step(db, statement, &row, err))
        return false;
    if (row)
        *ret_number = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    *ret_found = row;
    return true;
}

bool sqlite_prepare(struct sqlite *db, const char *sql, const struct sql_value *values,
                    size_t count, sqlite3_stmt **ret_statement, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    if (result != SQLITE_OK)
        return sqlite_fail(db, result, "preparing", err);
    if (!bind_values(db, statement, values, count, err)) {
        sqlite3_finalize(statement);
        return false;
    }
    *ret_statement = statement;
    return true;
}

void sqlite_finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
    *statement = NULL;
}

/* ---- transactions ---- */

bool sqlite_begin(struct sqlite *db, struct error *err)
{
    return sqlite_run(db, SQL_BEGIN, SQL_NO_VALUES, err);
}

bool sqlite_end(struct sqlite *db, bool done, struct error *err)
{
    if (done && sqlite_run(db, SQL_COMMIT, SQL_NO_VALUES, err))
        return true;
    /* A full disk may have rolled back already; the first error is the one to tell. */
    if (sqlite3_get_autocommit(db->handle) == 0)
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool sqlite_begin_light(struct sqlite *db, struct error *err)
{
    if (!sqlite_script(db, "PRAGMA synchronous=NORMAL", err))
        return false;
    if (sqlite_begin(db, err))
        return true;
    struct error ignored;
    bool back = sqlite_script(db, "PRAGMA synchronous=FULL", &ignored);
    (void)back;
    return false;
}

bool sqlite_end_light(struct sqlite *db, bool done, struct error *err)
{
    struct error ignored;
    done = sqlite_end(db, done, err);
    return sqlite_script(db, "PRAGMA synchronous=FULL", done ? err : &ignored) && done;
}

/* ---- columns ---- */

void sqlite_cut(char *ret_text, size_t size, const char *text)
{
    size_t len = text == NULL ? 0 : strlen(text);
    if (len >= size) {
        len = size - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    if (len > 0)
        memcpy(ret_text, text, len);
    ret_text[len] = '\0';
}

void sqlite_copy_text(sqlite3_stmt *statement, int column, char *ret_text, size_t size)
{
    sqlite_cut(ret_text, size, (const char *)sqlite3_column_text(statement, column));
}

char *sqlite_copy_heap(sqlite3_stmt *statement, int column)
{
    return memory_string((const char *)sqlite3_column_text(statement, column));
}

int64_t sqlite_moment(sqlite3_stmt *statement, int column)
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return TIME_NONE;
    int64_t moment = sqlite3_column_int64(statement, column);
    return moment == INT64_MAX ? TIME_NONE : moment;
}
