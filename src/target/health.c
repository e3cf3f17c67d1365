/* How the target server is. */
#include "target/health.h"

#include <stdio.h>

#include "base/clock.h"
#include "target/pg.h"
#include "target/sql.h"

enum {
    CELL_VERSION,
    CELL_VERSION_NUMBER,
    CELL_USER,
    CELL_DATABASE,
    CELL_ENCODING,
    CELL_FSYNC,
    CELL_FULL_PAGE_WRITES,
    CELL_READ_ONLY,
    CELL_MAY_CREATE,
    CELL_HAVE_SCHEMA,
    CELL_MAY_WRITE,
    CELL_CLOCK,
    CELL_MAX_CONNECTIONS,
    CELL_CONNECTIONS,
    CELL_BYTES,
};

static void copy_cell(const struct pg_rows *rows, int column, char *out, size_t size)
{
    snprintf(out, size, "%.*s", STR_ARG(pg_cell(rows, 0, column)));
}

static void fill(struct target_health *health, const struct pg_rows *rows, int64_t before_us)
{
    int64_t middle_us = before_us + (clock_wall_us() - before_us) / 2;
    *health = (struct target_health){
        .version_number = (int)pg_cell_int(rows, 0, CELL_VERSION_NUMBER),
        .fsync = pg_cell_bool(rows, 0, CELL_FSYNC),
        .full_page_writes = pg_cell_bool(rows, 0, CELL_FULL_PAGE_WRITES),
        .read_only = pg_cell_bool(rows, 0, CELL_READ_ONLY),
        .may_create = pg_cell_bool(rows, 0, CELL_MAY_CREATE),
        .have_schema = pg_cell_bool(rows, 0, CELL_HAVE_SCHEMA),
        .may_write = pg_cell_bool(rows, 0, CELL_MAY_WRITE),
        .skew_us = pg_cell_int(rows, 0, CELL_CLOCK) - middle_us,
        .max_connections = (int)pg_cell_int(rows, 0, CELL_MAX_CONNECTIONS),
        .connections = (int)pg_cell_int(rows, 0, CELL_CONNECTIONS),
        .bytes = (uint64_t)pg_cell_int(rows, 0, CELL_BYTES),
    };
    copy_cell(rows, CELL_VERSION, health->version, sizeof(health->version));
    copy_cell(rows, CELL_USER, health->user, sizeof(health->user));
    copy_cell(rows, CELL_DATABASE, health->database, sizeof(health->database));
    copy_cell(rows, CELL_ENCODING, health->encoding, sizeof(health->encoding));
}

bool target_read_health(const struct target_options *options, struct target_health *ret_health,
                        struct error *err)
{
    struct pg_options session = {
        .database_url = options->database_url,
        .application_name = options->application_name,
        .connect_timeout_s = options->connect_timeout_s,
        .statement_timeout_s = options->statement_timeout_s,
    };
    struct pg *pg = NULL;
    struct pg_rows rows PG_ROWS_AUTO = {0};
    if (!pg_open(&session, &pg, err))
        return false;
    int64_t before_us = clock_wall_us();
    bool read = pg_query(pg, sql_text("health"), NULL, 0, &rows, err);
    if (read && rows.count == 1)
        fill(ret_health, &rows, before_us);
    else if (read)
        read = error_set(err, ERROR_TARGET_SERVER, "the server does not know its own database");
    pg_close(pg);
    return read;
}
