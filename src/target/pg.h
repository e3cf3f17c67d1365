/* The libpq wrapper: one connection of one thread. Knows sessions, deadlines, prepared statements,
 * pipelines, COPY and what an SQLSTATE means; knows nothing of orders. Only src/target/ includes
 * this.
 *
 * Every wait ends: by the server's statement_timeout, by a client deadline a little beyond it when
 * the network is silent, by TCP keepalives, or by pg_interrupt(). A lost connection marks the pg as
 * broken: every call fails with ERROR_TARGET_LOST until pg_reopen(). No message holds a password.
 */
#ifndef ORDERSYNC_TARGET_PG_H
#define ORDERSYNC_TARGET_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/str.h"

struct pg; /* opaque; one thread owns it, pg_interrupt() excepted */

struct pg_options {
    const char *database_url; /* conninfo or URL; "" or NULL: the PG* variables */
    const char *application_name;
    int connect_timeout_s;   /* 0: 10 s */
    int statement_timeout_s; /* 0: 120 s */
    bool read_only;          /* default_transaction_read_only = on */
};

/* Connects and sets the session: synchronous_commit on, UTC, ISO dates, UTF8, search_path
 * pg_catalog (so name the schema in every statement), timeouts (lock_timeout 30 s at most; `set
 * local` to wait longer). Errors: ERROR_TARGET_URL, _CONNECT, _AUTH, _DATABASE, _CONNECTIONS,
 * _VERSION. */
MUST_CHECK bool pg_open(const struct pg_options *options, struct pg **ret_pg, struct error *err);
/* A new session in place of the old one; open transactions and prepared statements are gone. */
MUST_CHECK bool pg_reopen(struct pg *pg, struct error *err);
void pg_close(struct pg *pg); /* NULL is fine */
bool pg_is_broken(const struct pg *pg);
/* Between calls: false when the server has ended the connection meanwhile. Sends nothing. */
bool pg_look(struct pg *pg);
/* Any thread: ends what the connection waits for; that call fails with ERROR_TARGET_CANCELLED. */
void pg_interrupt(struct pg *pg);

/* ---- results ---- */

struct pg_rows {
    void *result; /* PGresult */
    int count;    /* rows returned */
};
#define PG_ROWS_AUTO __attribute__((cleanup(pg_rows_free)))
void pg_rows_free(struct pg_rows *rows); /* contents; zeroed rows are fine */
/* PostgreSQL's text form; data NULL = SQL NULL. Borrowed from the rows, NUL-terminated. */
struct str pg_cell(const struct pg_rows *rows, int row, int column);
int64_t pg_cell_int(const struct pg_rows *rows, int row, int column); /* 0 for NULL */
bool pg_cell_bool(const struct pg_rows *rows, int row, int column);   /* false for NULL */
int pg_columns(const struct pg_rows *rows);
const char *pg_column_name(const struct pg_rows *rows, int column);
int64_t pg_affected(const struct pg_rows *rows); /* rows inserted, updated or deleted */

/* ---- statements ---- */

/* One or more statements without parameters, sent as they are (migrations, begin, commit). */
MUST_CHECK bool pg_script(struct pg *pg, const char *sql, struct error *err);

/* One statement with bound text parameters ($1..); values[i] NULL is SQL NULL. ret_rows may be
 * NULL. */
MUST_CHECK bool pg_query(struct pg *pg, const char *sql, const char *const *values, int count,
                         struct pg_rows *ret_rows, struct error *err);

/* A prepared statement under a name: parsed once a connection. */
struct pg_call {
    const char *name; /* unique per text, at most 63 bytes, outlives the pg */
    const char *sql;
    const char *const *values;
    int count;
    struct pg_rows rows; /* result; freed by the caller */
};
/* Sends all calls at once and waits once. They run in order; without an open transaction they are
 * one of their own. On false no call has rows and *err is the first failure. */
MUST_CHECK bool pg_pipeline(struct pg *pg, struct pg_call *calls, size_t count, struct error *err);
/* The same for one. ret_rows may be NULL. */
MUST_CHECK bool pg_call(struct pg *pg, const char *name, const char *sql, const char *const *values,
                        int count, struct pg_rows *ret_rows, struct error *err);

/* ROLLBACK when a transaction is open; never fails (a lost connection has rolled back by itself).
 */
void pg_rollback(struct pg *pg);

/* ---- COPY ... FROM STDIN, text format (target/copy.h makes the text) ---- */

MUST_CHECK bool pg_copy_start(struct pg *pg, const char *sql, struct error *err);
MUST_CHECK bool pg_copy_data(struct pg *pg, const char *bytes, size_t len, struct error *err);
/* Ends it; on any false of the three the COPY is over and the transaction has failed. */
MUST_CHECK bool pg_copy_finish(struct pg *pg, struct error *err);

/* ---- errors ---- */

/* The error that an SQLSTATE stands for ("40P01" -> ERROR_TARGET_DEADLOCK); never ERROR_NONE. */
enum error_id pg_error_id(const char *sqlstate);
/* Constraint named by the last failed statement, "" when none. */
const char *pg_last_constraint(const struct pg *pg);

#endif
