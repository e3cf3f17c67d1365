/* The libpq wrapper. libpq runs non-blocking: all waiting is in pg_wait(), so that every wait has a
 * deadline and answers pg_interrupt(). No statement text and no parameter value enters a message.
 */
#include "target/pg_private.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* ---- errors ---- */

void pg_copy_message(const struct pg *pg, const char *text, char *ret_text, size_t size)
{
    size_t len = strcspn(text, "\r\n");
    if (len >= size)
        len = size - 1;
    memcpy(ret_text, text, len);
    ret_text[len] = '\0';
    const char *password = pg->conn == NULL ? NULL : PQpass(pg->conn);
    size_t secret = password == NULL ? 0 : strlen(password);
    for (char *at; secret > 2 && (at = strstr(ret_text, password)) != NULL;)
        memset(at, '*', secret);
}

static bool fail_lost(struct pg *pg, const char *why, struct error *err)
{
    char text[200];
    pg_copy_message(pg, why, text, sizeof(text));
    pg->broken = true;
    return error_set(err, ERROR_TARGET_LOST, "connection to the target lost: %s",
                     text[0] == '\0' ? "no reason given" : text);
}

/* COPY reports the column only in its context line: `COPY orders, line 3, column total_price:
 * "..."`. */
static void set_column(const PGresult *result, struct error *err)
{
    const char *column = PQresultErrorField(result, PG_DIAG_COLUMN_NAME);
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    const char *context = PQresultErrorField(result, PG_DIAG_CONTEXT);
    char path[128];
    if (column != NULL && table != NULL) {
        snprintf(path, sizeof(path), "%s.%s", table, column);
        error_field(err, path);
    } else if (context != NULL && strncmp(context, "COPY ", 5) == 0) {
        const char *name = strstr(context, ", column ");
        if (name == NULL)
            return;
        snprintf(path, sizeof(path), "%.*s.%.*s", (int)strcspn(context + 5, ", \n"), context + 5,
                 (int)strcspn(name + 9, ": \n"), name + 9);
        error_field(err, path);
    }
}

/* Values stay out of messages: `invalid input syntax for type numeric: "Ann"` ends before the
 * colon. */
static void cut_value(char *text)
{
    char *quote = strstr(text, ": \"");
    if (quote != NULL)
        *quote = '\0';
}

static bool fail_result(struct pg *pg, const PGresult *result, struct error *err)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    char text[240];
    pg_copy_message(pg, primary != NULL ? primary : PQresultErrorMessage(result), text,
                    sizeof(text));
    snprintf(pg->constraint, sizeof(pg->constraint), "%s", constraint == NULL ? "" : constraint);
    if (sqlstate == NULL)
        return fail_lost(pg, text, err);
    enum error_id id = pg_error_id(sqlstate);
    if (id == ERROR_TARGET_TIMEOUT && pg->interrupted)
        id = ERROR_TARGET_CANCELLED;
    if (id == ERROR_TARGET_DATA)
        cut_value(text);
    /* A demoted primary or a swapped session gets better only by a new connection. */
    if (id == ERROR_TARGET_LOST || id == ERROR_TARGET_READ_ONLY)
        pg->broken = !pg->read_only || id == ERROR_TARGET_LOST;
    error_set(err, id, "%s", text);
    if (err == NULL)
        return false;
    snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate);
    set_column(result, err);
    return false;
}

const char *pg_last_constraint(const struct pg *pg)
{
    return pg->constraint;
}

/* ---- waiting ---- */

static void request_cancel(struct pg *pg)
{
    char ignored[256];
    PGcancel *cancel = PQgetCancel(pg->conn);
    if (cancel == NULL)
        return;
    /* When it fails the deadline that follows ends the wait. */
    (void)PQcancel(cancel, ignored, sizeof(ignored));
    PQfreeCancel(cancel);
}

bool pg_take_wake(struct pg *pg)
{
    uint64_t count;
    return read(pg->wake_fd, &count, sizeof(count)) == (ssize_t)sizeof(count);
}

static int64_t call_deadline(const struct pg *pg)
{
    return clock_monotonic_us() + pg->statement_timeout_s * SECOND_US + GRACE_US;
}

/* Waits for `events` on the socket; an interrupt asks the server to cancel and shortens the
 * deadline. */
static bool pg_wait(struct pg *pg, short events, int64_t *deadline, struct error *err)
{
    for (;;) {
        int64_t left = *deadline - clock_monotonic_us();
        if (left <= 0)
            return fail_lost(pg, "the server does not answer", err);
        struct pollfd fds[2] = {{.fd = PQsocket(pg->conn), .events = events},
                                {.fd = pg->wake_fd, .events = POLLIN}};
        if (fds[0].fd < 0)
            return fail_lost(pg, PQerrorMessage(pg->conn), err);
        int ready = poll(fds, 2, (int)(left / 1000 + 1));
        if (ready < 0 && errno != EINTR)
            return fail_lost(pg, strerror(errno), err);
        if (ready <= 0)
            continue;
        if (fds[1].revents != 0 && pg_take_wake(pg) && !pg->interrupted) {
            pg->interrupted = true;
            request_cancel(pg);
            int64_t sooner = clock_monotonic_us() + CANCEL_GRACE_US;
            *deadline = sooner < *deadline ? sooner : *deadline;
        }
        if (fds[0].revents != 0)
            return true;
    }
}

static bool flush_output(struct pg *pg, int64_t *deadline, struct error *err)
{
    for (;;) {
        int state = PQflush(pg->conn);
        if (state == 0)
            return true;
        if (state < 0)
            return fail_lost(pg, PQerrorMessage(pg->conn), err);
        /* Reading too: a server whose answers nobody takes stops reading. */
        if (!pg_wait(pg, POLLIN | POLLOUT, deadline, err))
            return false;
        if (PQconsumeInput(pg->conn) == 0)
            return fail_lost(pg, PQerrorMessage(pg->conn), err);
    }
}

/* *ret_result NULL: no more of this statement. */
static bool next_result(struct pg *pg, int64_t *deadline, PGresult **ret_result, struct error *err)
{
    while (PQisBusy(pg->conn)) {
        if (!pg_wait(pg, POLLIN, deadline, err))
            return false;
        /* A FATAL message may stand before the end of the stream: let PQgetResult() show it. */
        if (PQconsumeInput(pg->conn) == 0)
            break;
    }
    *ret_result = PQgetResult(pg->conn);
    return true;
}

/* Before each call: no session, no call; an interrupt of an earlier transaction is forgotten. */
static bool pg_ready(struct pg *pg, struct error *err)
{
    pg->constraint[0] = '\0';
    if (pg->broken || pg->conn == NULL)
        return error_set(err, ERROR_TARGET_LOST, "not connected to the target");
    if (PQtransactionStatus(pg->conn) == PQTRANS_IDLE) {
        (void)pg_take_wake(pg);
        pg->interrupted = false;
    }
    if (pg->interrupted)
        return error_set(err, ERROR_TARGET_CANCELLED, "interrupted");
    return true;
}

static bool is_success(ExecStatusType status)
{
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

/* Reads every result of one statement; the first failure counts, the last success is kept. */
static bool drain_results(struct pg *pg, int64_t *deadline, PGresult **ret_last, struct error *err)
{
    bool ok = true;
    PGresult *last = NULL;
    for (;;) {
        PGresult *result = NULL;
        if (!next_result(pg, deadline, &result, ok ? err : NULL)) {
            ok = false;
            break;
        }
        if (result == NULL)
            break;
        if (!is_success(PQresultStatus(result)) && ok)
            ok = fail_result(pg, result, err);
        PQclear(last);
        last = result;
        if (PQstatus(pg->conn) == CONNECTION_BAD) {
            pg->broken = true;
            break;
        }
    }
    if (ok && ret_last != NULL)
        *ret_last = last;
    else
        PQclear(last);
    return ok;
}

static bool fail_send(struct pg *pg, struct error *err)
{
    return fail_lost(pg, PQerrorMessage(pg->conn), err);
}

/* ---- statements ---- */

static bool run_script(struct pg *pg, const char *sql, struct error *err)
{
    int64_t deadline = call_deadline(pg);
    if (PQsendQuery(pg->conn, sql) == 0)
        return fail_send(pg, err);
    return flush_output(pg, &deadline, err) && drain_results(pg, &deadline, NULL, err);
}

bool pg_script(struct pg *pg, const char *sql, struct error *err)
{
    return pg_ready(pg, err) && run_script(pg, sql, err);
}

static void give_rows(PGresult *take_result, struct pg_rows *ret_rows)
{
    if (ret_rows == NULL) {
        PQclear(take_result);
        return;
    }
    ret_rows->result = take_result;
    ret_rows->count = PQntuples(take_result);
}

bool pg_query(struct pg *pg, const char *sql, const char *const *values, int count,
              struct pg_rows *ret_rows, struct error *err)
{
    PGresult *result = NULL;
    int64_t deadline = call_deadline(pg);
    if (!pg_ready(pg, err))
        return false;
    if (PQsendQueryParams(pg->conn, sql, count, NULL, values, NULL, NULL, 0) == 0)
        return fail_send(pg, err);
    if (!flush_output(pg, &deadline, err) || !drain_results(pg, &deadline, &result, err))
        return false;
    give_rows(result, ret_rows);
    return true;
}

static bool is_prepared(const struct pg *pg, const char *name)
{
    for (size_t i = 0; i < pg->prepared_count; i++) {
        if (pg->prepared[i] == name || strcmp(pg->prepared[i], name) == 0)
            return true;
    }
    return false;
}

static void remember_prepared(struct pg *pg, const char *name)
{
    if (pg->prepared_count < PREPARED_MAX)
        pg->prepared[pg->prepared_count++] = name;
}

/* ret_fresh[i]: call i was preceded by its Parse, which answers too. */
static bool send_calls(struct pg *pg, struct pg_call *calls, size_t count, bool *ret_fresh)
{
    for (size_t i = 0; i < count; i++) {
        const struct pg_call *call = &calls[i];
        ret_fresh[i] = !is_prepared(pg, call->name);
        for (size_t k = 0; k < i && ret_fresh[i]; k++)
            ret_fresh[i] = strcmp(calls[k].name, call->name) != 0;
        if (ret_fresh[i] && PQsendPrepare(pg->conn, call->name, call->sql, 0, NULL) == 0)
            return false;
        if (PQsendQueryPrepared(pg->conn, call->name, call->count, call->values, NULL, NULL, 0) ==
            0)
            return false;
    }
    return PQpipelineSync(pg->conn) == 1;
}

/* One command's results up to the NULL that ends it. After a failure the rest comes as
 * PIPELINE_ABORTED. */
static bool take_command(struct pg *pg, int64_t *deadline, bool ok, struct pg_rows *ret_rows,
                         struct error *err)
{
    PGresult *result = NULL;
    bool drained = drain_results(pg, deadline, &result, ok ? err : NULL);
    if (drained && ok)
        give_rows(result, ret_rows);
    else
        PQclear(result);
    return drained;
}

static bool take_sync(struct pg *pg, int64_t *deadline, struct error *err)
{
    PGresult *result = NULL;
    if (!next_result(pg, deadline, &result, err))
        return false;
    bool synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
    if (!synced && !pg->broken)
        fail_lost(pg, "the pipeline lost its place", err);
    PQclear(result);
    return synced && PQexitPipelineMode(pg->conn) == 1;
}

static bool take_calls(struct pg *pg, struct pg_call *calls, size_t count, const bool *fresh,
                       struct error *err)
{
    int64_t deadline = call_deadline(pg);
    bool ok = flush_output(pg, &deadline, err);
    for (size_t i = 0; i < count && !pg->broken; i++) {
        if (fresh[i]) {
            bool parsed = take_command(pg, &deadline, ok, NULL, err);
            if (parsed)
                remember_prepared(pg, calls[i].name);
            ok = parsed && ok;
        }
        if (!pg->broken)
            ok = take_command(pg, &deadline, ok, &calls[i].rows, err) && ok;
    }
    if (!pg->broken && !take_sync(pg, &deadline, ok ? err : NULL))
        return false;
    return ok && !pg->broken;
}

bool pg_pipeline(struct pg *pg, struct pg_call *calls, size_t count, struct error *err)
{
    bool fresh[16];
    bool ok = false;
    if (count > sizeof(fresh) / sizeof(fresh[0]))
        return error_set(err, ERROR_INTERNAL, "a pipeline of %zu statements", count);
    for (size_t i = 0; i < count; i++)
        calls[i].rows = (struct pg_rows){NULL, 0};
    if (!pg_ready(pg, err))
        return false;
    if (PQenterPipelineMode(pg->conn) != 1 || !send_calls(pg, calls, count, fresh))
        fail_send(pg, err);
    else
        ok = take_calls(pg, calls, count, fresh, err);
    for (size_t i = 0; i < count && !ok; i++)
        pg_rows_free(&calls[i].rows);
    return ok;
}

bool pg_call(struct pg *pg, const char *name, const char *sql, const char *const *values, int count,
             struct pg_rows *ret_rows, struct error *err)
{
    struct pg_call call = {.name = name, .sql = sql, .values = values, .count = count};
    if (!pg_pipeline(pg, &call, 1, err))
        return false;
    if (ret_rows == NULL)
        pg_rows_free(&call.rows);
    else
        *ret_rows = call.rows;
    return true;
}

void pg_rollback(struct pg *pg)
{
    int64_t deadline = call_deadline(pg);
    if (pg->broken || PQtransactionStatus(pg->conn) == PQTRANS_IDLE)
        return;
    /* A COPY given up half-way is still open. */
    if (PQtransactionStatus(pg->conn) == PQTRANS_ACTIVE &&
        PQputCopyEnd(pg->conn, "given up by the client") == 1 && flush_output(pg, &deadline, NULL))
        (void)drain_results(pg, &deadline, NULL, NULL);
    if (!run_script(pg, "rollback", NULL))
        pg->broken = true;
}

/* ---- COPY ---- */

bool pg_copy_start(struct pg *pg, const char *sql, struct error *err)
{
    PGresult *result = NULL;
    int64_t deadline = call_deadline(pg);
    if (!pg_ready(pg, err))
        return false;
    if (PQsendQuery(pg->conn, sql) == 0)
        return fail_send(pg, err);
    if (!flush_output(pg, &deadline, err) || !next_result(pg, &deadline, &result, err))
        return false;
    bool ok = PQresultStatus(result) == PGRES_COPY_IN;
    if (!ok) {
        fail_result(pg, result, err);
        /* The rest of a refused statement. */
        (void)(pg->broken || drain_results(pg, &deadline, NULL, NULL));
    }
    PQclear(result);
    return ok;
}

bool pg_copy_data(struct pg *pg, const char *bytes, size_t len, struct error *err)
{
    int64_t deadline = call_deadline(pg);
    for (;;) {
        int state = PQputCopyData(pg->conn, bytes, (int)len);
        if (state < 0)
            return fail_send(pg, err);
        if (state == 1)
            break;
        if (!flush_output(pg, &deadline, err))
            return false;
    }
    return flush_output(pg, &deadline, err);
}

bool pg_copy_finish(struct pg *pg, struct error *err)
{
    int64_t deadline = call_deadline(pg);
    for (;;) {
        int state = PQputCopyEnd(pg->conn, NULL);
        if (state < 0)
            return fail_send(pg, err);
        if (state == 1)
            break;
        if (!flush_output(pg, &deadline, err))
            return false;
    }
    return flush_output(pg, &deadline, err) && drain_results(pg, &deadline, NULL, err);
}

/* ---- results ---- */

void pg_rows_free(struct pg_rows *rows)
{
    PQclear(rows->result);
    *rows = (struct pg_rows){NULL, 0};
}

struct str pg_cell(const struct pg_rows *rows, int row, int column)
{
    if (PQgetisnull(rows->result, row, column))
        return STR_NULL;
    return (struct str){PQgetvalue(rows->result, row, column),
                        (size_t)PQgetlength(rows->result, row, column)};
}

int64_t pg_cell_int(const struct pg_rows *rows, int row, int column)
{
    struct str cell = pg_cell(rows, row, column);
    return cell.data == NULL ? 0 : strtoll(cell.data, NULL, 10);
}

bool pg_cell_bool(const struct pg_rows *rows, int row, int column)
{
    struct str cell = pg_cell(rows, row, column);
    return cell.data != NULL && cell.data[0] == 't';
}

int pg_columns(const struct pg_rows *rows)
{
    return PQnfields(rows->result);
}

const char *pg_column_name(const struct pg_rows *rows, int column)
{
    return PQfname(rows->result, column);
}

int64_t pg_affected(const struct pg_rows *rows)
{
    return strtoll(PQcmdTuples(rows->result), NULL, 10);
}
