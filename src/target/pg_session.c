/* Sessions of the libpq wrapper: connect with a deadline, set up, reconnect, close, interrupt. */
#include "target/pg_private.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

#define HOSTS_MAX 5 /* that are waited for in turn */

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

/* Is it a conninfo string at all? libpq's complaint quotes pieces of it, a password maybe: not
 * shown. */
static bool check_url(const char *url, struct error *err)
{
    if (strchr(url, '=') == NULL && strstr(url, "://") == NULL)
        return true; /* a plain database name */
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &message);
    PQfreemem(message);
    if (options == NULL)
        return error_set(err, ERROR_TARGET_URL,
                         "the database URL is malformed (not shown: it may hold a password)");
    PQconninfoFree(options);
    return true;
}

/* With verbose errors a server's refusal reads "FATAL:  28P01: password ..."; libpq offers no other
 * way to the SQLSTATE of a failed connect. */
static bool find_sqlstate(const char *message, char ret_sqlstate[6])
{
    for (const char *at = message; (at = strstr(at, ":  ")) != NULL; at += 3) {
        size_t len = strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
        if (len == 5 && strncmp(at + 8, ": ", 2) == 0) {
            memcpy(ret_sqlstate, at + 3, 5);
            ret_sqlstate[5] = '\0';
            return true;
        }
    }
    return false;
}

static bool fail_connect(struct pg *pg, struct error *err)
{
    const char *message = PQerrorMessage(pg->conn);
    char sqlstate[6] = "";
    char text[240];
    enum error_id id = ERROR_TARGET_CONNECT;
    if (strncmp(message, "invalid ", 8) == 0)
        return error_set(err, ERROR_TARGET_URL, "the database URL has an option libpq refuses");
    if (find_sqlstate(message, sqlstate))
        id = pg_error_id(sqlstate);
    else if (PQconnectionNeedsPassword(pg->conn))
        id = ERROR_TARGET_AUTH;
    if (id == ERROR_TARGET_LOST)
        id = ERROR_TARGET_CONNECT;
    pg_copy_message(pg, message, text, sizeof(text));
    error_set(err, id, "cannot connect to the target: %s", text);
    if (err != NULL)
        memcpy(err->sqlstate, sqlstate, sizeof(sqlstate));
    return false;
}

static bool connect_start(struct pg *pg, struct error *err)
{
    char timeout_ms[16];
    snprintf(timeout_ms, sizeof(timeout_ms), "%d", pg->connect_timeout_s * 1000);
    /* What stands before dbname is a default the URL may change; what follows is ours. */
    const char *const keys[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "dbname",          "application_name",    "client_encoding",  NULL};
    const char *const values[] = {
        "15", "5", "3", timeout_ms, pg->database_url, pg->application_name, "UTF8", NULL};
    if (pg->database_url[0] != '\0' && !check_url(pg->database_url, err))
        return false;
    pg->conn = PQconnectStartParams(keys, values, 1);
    if (pg->conn == NULL)
        return error_set(err, ERROR_TARGET_CONNECT, "cannot connect to the target: out of memory");
    PQsetErrorVerbosity(pg->conn, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(pg->conn, ignore_notice, NULL);
    return PQstatus(pg->conn) != CONNECTION_BAD || fail_connect(pg, err);
}

/* Each host of the URL gets the whole timeout, as with libpq's own blocking connect. */
static int count_hosts(const struct pg *pg)
{
    int hosts = 1;
    PQconninfoOption *options = PQconninfo(pg->conn);
    for (PQconninfoOption *option = options; option != NULL && option->keyword != NULL; option++) {
        int commas = 0;
        if (strcmp(option->keyword, "host") != 0 && strcmp(option->keyword, "hostaddr") != 0)
            continue;
        for (const char *at = option->val; at != NULL && (at = strchr(at, ',')) != NULL; at++)
            commas++;
        hosts = commas + 1 > hosts ? commas + 1 : hosts;
    }
    PQconninfoFree(options);
    return hosts < HOSTS_MAX ? hosts : HOSTS_MAX;
}

static bool connect_finish(struct pg *pg, struct error *err)
{
    int patience_s = pg->connect_timeout_s * count_hosts(pg);
    int64_t deadline = clock_monotonic_us() + patience_s * SECOND_US;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED)
            return fail_connect(pg, err);
        int64_t left = deadline - clock_monotonic_us();
        struct pollfd fds[2] = {
            {.fd = PQsocket(pg->conn), .events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT},
            {.fd = pg->wake_fd, .events = POLLIN}};
        int ready = left <= 0 ? 0 : poll(fds, 2, (int)(left / 1000 + 1));
        if (ready > 0 && fds[1].revents != 0 && pg_take_wake(pg))
            return error_set(err, ERROR_TARGET_CANCELLED, "interrupted while connecting");
        if (left <= 0)
            return error_set(err, ERROR_TARGET_CONNECT,
                             "cannot connect to the target: no answer within %d s", patience_s);
        if (ready > 0)
            state = PQconnectPoll(pg->conn);
    }
    PQsetErrorVerbosity(pg->conn, PQERRORS_DEFAULT);
    return true;
}

/* JIT costs more than these short statements; a lock is waited for less long than a statement may
 * run, so that a blocked batch says "lock" before it says "statement". */
static bool session_setup(struct pg *pg, struct error *err)
{
    int lock_s = pg->statement_timeout_s < 30 ? pg->statement_timeout_s : 30;
    char sql[640];
    snprintf(
        sql, sizeof(sql),
        "set synchronous_commit = on; set timezone = 'UTC'; set datestyle = 'ISO, YMD'; "
        "set intervalstyle = 'postgres'; set bytea_output = 'hex'; set extra_float_digits = 1; "
        "set search_path = pg_catalog; set jit = off; set standard_conforming_strings = on; "
        "set statement_timeout = %d; set lock_timeout = %d; "
        "set idle_in_transaction_session_timeout = %d; set default_transaction_isolation = "
        "'read committed'; set default_transaction_read_only = %s",
        pg->statement_timeout_s * 1000, lock_s * 1000, pg->statement_timeout_s * 1000,
        pg->read_only ? "on" : "off");
    return pg_script(pg, sql, err);
}

static void pg_disconnect(struct pg *pg)
{
    if (pg->conn != NULL)
        PQfinish(pg->conn);
    pg->conn = NULL;
    pg->prepared_count = 0;
    pg->broken = true;
}

bool pg_reopen(struct pg *pg, struct error *err)
{
    pg_disconnect(pg);
    pg->interrupted = false;
    (void)pg_take_wake(pg);
    if (!connect_start(pg, err) || !connect_finish(pg, err))
        goto fail;
    pg->broken = false;
    if (PQserverVersion(pg->conn) < OLDEST_SERVER) {
        error_set(err, ERROR_TARGET_VERSION, "the target is PostgreSQL %d, 15 is needed",
                  PQserverVersion(pg->conn) / 10000);
        goto fail;
    }
    if (PQsetnonblocking(pg->conn, 1) != 0) {
        error_set(err, ERROR_TARGET_LOST, "cannot use the new connection");
        goto fail;
    }
    if (session_setup(pg, err))
        return true;
fail:
    pg_disconnect(pg);
    return false;
}

bool pg_open(const struct pg_options *options, struct pg **ret_pg, struct error *err)
{
    struct pg *pg = memory_zero(1, sizeof(*pg));
    pg->database_url = memory_string(options->database_url == NULL ? "" : options->database_url);
    pg->application_name =
        memory_string(options->application_name == NULL ? "ordersync" : options->application_name);
    pg->connect_timeout_s = options->connect_timeout_s > 0 ? options->connect_timeout_s : 10;
    pg->statement_timeout_s = options->statement_timeout_s > 0 ? options->statement_timeout_s : 120;
    pg->read_only = options->read_only;
    pg->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pg->wake_fd < 0 || !pg_reopen(pg, err)) {
        if (pg->wake_fd < 0)
            error_set_errno(err, ERROR_TARGET_RESOURCES, "eventfd");
        pg_close(pg);
        return false;
    }
    *ret_pg = pg;
    return true;
}

void pg_close(struct pg *pg)
{
    if (pg == NULL)
        return;
    pg_disconnect(pg);
    if (pg->wake_fd >= 0)
        close(pg->wake_fd);
    free(pg->database_url);
    free(pg->application_name);
    free(pg);
}

bool pg_is_broken(const struct pg *pg)
{
    return pg->broken;
}

bool pg_look(struct pg *pg)
{
    if (!pg->broken && (PQconsumeInput(pg->conn) == 0 || PQstatus(pg->conn) == CONNECTION_BAD))
        pg->broken = true;
    return !pg->broken;
}

void pg_interrupt(struct pg *pg)
{
    uint64_t one = 1;
    /* Fails only when a wake is pending already. */
    ssize_t ignored = write(pg->wake_fd, &one, sizeof(one));
    (void)ignored;
}
