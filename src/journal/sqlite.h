/* A thin wrapper around SQLite for this room alone: opening, statements prepared once under their
 * name (data/sql/journal/statements.sql), bound values, transactions, and SQLITE_* codes as errors
 * that say what to do. One thread uses a connection at a time. No other room may include sqlite3.h.
 */
#ifndef ORDERSYNC_JOURNAL_SQLITE_H
#define ORDERSYNC_JOURNAL_SQLITE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "journal/statements.h"

struct sqlite {
    sqlite3 *handle;
    char *path;
    sqlite3_stmt
        *statements[STATEMENT_COUNT]; /* prepared at first use, finalised by sqlite_close() */
};

/* A value to bind. Texts and bytes are not copied: they must live until the statement is stepped.
 */
struct sql_value {
    enum {
        SQL_VALUE_NULL,
        SQL_VALUE_INTEGER,
        SQL_VALUE_REAL,
        SQL_VALUE_TEXT,
        SQL_VALUE_BYTES
    } kind;
    int64_t integer;
    double real;
    const void *data;
    size_t size;
};
#define SQL_NULL ((struct sql_value){.kind = SQL_VALUE_NULL})
#define SQL_INT(number)                                                                            \
    ((struct sql_value){.kind = SQL_VALUE_INTEGER, .integer = (int64_t)(number)})
#define SQL_REAL(number) ((struct sql_value){.kind = SQL_VALUE_REAL, .real = (number)})
#define SQL_BYTES(bytes, count)                                                                    \
    ((struct sql_value){.kind = SQL_VALUE_BYTES, .data = (bytes), .size = (count)})
struct sql_value sqlite_text(const char *text);  /* NULL gives SQL NULL */
struct sql_value sqlite_time(int64_t moment_us); /* TIME_NONE is stored as INT64_MAX */

/* Opens an existing file (a zero-length one counts). `busy_ms`: how long to wait for another's
 * lock. */
MUST_CHECK bool sqlite_open(struct sqlite *db, const char *path, int busy_ms, struct error *err);
void sqlite_close(struct sqlite *db); /* also after a failed open */

/* SQLITE_* of the last call as an error: disk full, locked, corrupt, read-only, not a database,
 * I/O. The message names the file. Returns false. */
bool sqlite_fail(struct sqlite *db, int result, const char *doing, struct error *err);

/* Runs a script without parameters and results. */
MUST_CHECK bool sqlite_script(struct sqlite *db, const char *sql, struct error *err);

/* The statement, reset and bound; step it with sqlite_step(), and sqlite3_reset() it when its rows
 * are done, for a statement that stands open keeps its snapshot. */
MUST_CHECK bool sqlite_bind(struct sqlite *db, enum statement_id id, const struct sql_value *values,
                            size_t count, sqlite3_stmt **ret_statement, struct error *err);
/* *ret_row: a row is there; otherwise the statement is done and reset. */
MUST_CHECK bool sqlite_step(struct sqlite *db, sqlite3_stmt *statement, bool *ret_row,
                            struct error *err);
/* Binds and runs to the end, dropping rows. */
MUST_CHECK bool sqlite_run(struct sqlite *db, enum statement_id id, const struct sql_value *values,
                           size_t count, struct error *err);
/* The first column of the first row as an integer; *ret_found false and the number untouched
 * without one. */
MUST_CHECK bool sqlite_number(struct sqlite *db, enum statement_id id,
                              const struct sql_value *values, size_t count, bool *ret_found,
                              int64_t *ret_number, struct error *err);
/* Prepares a text that is composed at run time (listing.c, selector.c) and binds it; finalise it.
 */
MUST_CHECK bool sqlite_prepare(struct sqlite *db, const char *sql, const struct sql_value *values,
                               size_t count, sqlite3_stmt **ret_statement, struct error *err);
void sqlite_finalize(sqlite3_stmt **statement);
#define AUTO_STATEMENT __attribute__((cleanup(sqlite_finalize)))

#define SQL_VALUES(...)                                                                            \
    ((const struct sql_value[]){__VA_ARGS__}),                                                     \
        (sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value))
#define SQL_NO_VALUES NULL, 0

/* BEGIN IMMEDIATE; then work; then sqlite_end(), which commits when `done` and rolls back
 * otherwise. It returns true only when committed, and leaves the first error in *err. */
MUST_CHECK bool sqlite_begin(struct sqlite *db, struct error *err);
MUST_CHECK bool sqlite_end(struct sqlite *db, bool done, struct error *err);
/* The same for what is worth no fsync, because it is stale after a power cut anyway. In WAL mode
 * the next transaction that is synchronous makes everything before it durable too. */
MUST_CHECK bool sqlite_begin_light(struct sqlite *db, struct error *err);
MUST_CHECK bool sqlite_end_light(struct sqlite *db, bool done, struct error *err);

/* Column readers. Text is cut to `size` at a character boundary; NULL gives "". */
void sqlite_copy_text(sqlite3_stmt *statement, int column, char *ret_text, size_t size);
char *sqlite_copy_heap(sqlite3_stmt *statement, int column); /* heap; NULL for SQL NULL */
int64_t sqlite_moment(sqlite3_stmt *statement, int column);  /* NULL and INT64_MAX give TIME_NONE */
/* Copies `text`, cut to `size` at a UTF-8 boundary. */
void sqlite_cut(char *ret_text, size_t size, const char *text);

#endif
