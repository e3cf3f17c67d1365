/* The journal as consoles see it: opening behind an authorizer, commands, runs. Lists of failures:
 * listing.c. */
#include "journal/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal/inside.h"
#include "journal/operator.h"
#include "journal/place.h"
#include "journal/schema.h"

#define ARGUMENTS_MAX (1u << 20)
#define REASON_MAX 1000

/* Reads, transactions, and inserts into commands: whatever a console may be brought to send, it
 * cannot touch a failure or a checkpoint. */
static int reader_authorize(void *context, int action, const char *first, const char *second,
                            const char *database, const char *trigger)
{
    (void)context;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_TRANSACTION:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return strcmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_INSERT:
        return strcmp(first, "commands") == 0 ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_UPDATE: /* asked when the table of texts is opened; nothing is written, and an
                         * UPDATE of the schema is refused by SQLite itself */
        return strcmp(first, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA: /* FTS5 asks so whether its index was written */
        return strcmp(first, "data_version") == 0 ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

/* ---- budgets ---- */

#define PROGRESS_STEPS 2000 /* of SQLite's machine: some tens of microseconds */

static int reader_progress(void *context)
{
    struct journal_reader *reader = context;
    bool over = reader->deadline_us != 0 && clock_monotonic_us() >= reader->deadline_us;
    if (reader->deadline_us == 0 || (!over && !atomic_load(&reader->interrupted)))
        return 0;
    reader->cut = true;
    return 1;
}

void journal_reader_limit(struct journal_reader *reader, int64_t budget_us)
{
    atomic_store(&reader->interrupted, false);
    reader->budget_us = budget_us;
}

bool journal_reader_was_cut(const struct journal_reader *reader)
{
    return reader->cut;
}

void journal_reader_interrupt(struct journal_reader *reader)
{
    atomic_store(&reader->interrupted, true);
}

void reader_begin(struct journal_reader *reader)
{
    reader->cut = false;
    reader->deadline_us =
        reader->budget_us == 0 ? INT64_MAX : clock_monotonic_us() + reader->budget_us;
}

bool reader_end(struct journal_reader *reader, bool done)
{
    reader->deadline_us = 0;
    return done || reader->cut;
}

static bool open_inside(struct journal_reader *reader, const char *state_dir, struct error *err)
{
    AUTO_FREE char *path = NULL;
    if (!place_prepare(state_dir, false, &path, err) ||
        !sqlite_open(&reader->db, path, READER_BUSY_MS, err) || !schema_check(&reader->db, err) ||
        !sqlite_script(&reader->db, "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8192", err))
        return false;
    int result = sqlite3_set_authorizer(reader->db.handle, reader_authorize, NULL);
    sqlite3_progress_handler(reader->db.handle, PROGRESS_STEPS, reader_progress, reader);
    return result == SQLITE_OK || sqlite_fail(&reader->db, result, "opening", err);
}

bool journal_reader_open(const char *state_dir, struct journal_reader **ret_reader,
                         struct error *err)
{
    struct journal_reader *reader = memory_zero(1, sizeof(*reader));
    if (!open_inside(reader, state_dir, err)) {
        journal_reader_close(reader);
        return false;
    }
    *ret_reader = reader;
    return true;
}

void journal_reader_close(struct journal_reader *reader)
{
    if (reader == NULL)
        return;
    sqlite_close(&reader->db);
    free(reader);
}

int64_t journal_reader_version(struct journal_reader *reader)
{
    bool found;
    int64_t version = -1;
    struct error ignored; /* -1 is a change: the caller reads, and meets the error there */
    if (!sqlite_number(&reader->db, SQL_READER_VERSION, SQL_NO_VALUES, &found, &version, &ignored))
        return -1;
    return version;
}

bool journal_reader_engine_runs(const struct journal_reader *reader)
{
    return place_is_locked(reader->db.path);
}

static bool check_inside(struct journal_reader *reader, struct error *err)
{
    sqlite3_stmt *statement AUTO_STATEMENT = NULL;
    char verdict[200] = "";
    bool row;
    if (!sqlite_prepare(&reader->db, "PRAGMA quick_check(1)", SQL_NO_VALUES, &statement, err) ||
        !sqlite_step(&reader->db, statement, &row, err))
        return false;
    if (row)
        sqlite_copy_text(statement, 0, verdict, sizeof(verdict));
    if (strcmp(verdict, "ok") == 0)
        return true;
    return error_set(err, ERROR_JOURNAL_CORRUPT, "%s: %s", reader->db.path, verdict);
}

/* The authorizer refuses every pragma; this one only reads. */
bool journal_reader_check(struct journal_reader *reader, struct error *err)
{
    sqlite3_set_authorizer(reader->db.handle, NULL, NULL);
    bool intact = check_inside(reader, err);
    sqlite3_set_authorizer(reader->db.handle, reader_authorize, NULL);
    return intact;
}

/* ---- commands ---- */

static bool send_check(struct journal_reader *reader, const char *kind, const char *arguments,
                       struct error *err)
{
    bool found;
    int64_t object = 0;
    size_t len = strlen(kind);
    if (len == 0 || len >= sizeof(((struct command *)0)->kind))
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "\"%s\" is no command", kind);
    if (strlen(arguments) > ARGUMENTS_MAX)
        return error_set(err, ERROR_COMMAND_ARGUMENTS,
                         "more than %u bytes of arguments: name a group or a filter",
                         ARGUMENTS_MAX);
    if (!sqlite_number(&reader->db, SQL_JSON_IS_OBJECT, SQL_VALUES(sqlite_text(arguments)), &found,
                       &object, err))
        return false;
    return object != 0 ||
           error_set(err, ERROR_COMMAND_ARGUMENTS, "the arguments are no JSON object");
}

bool journal_send_command(struct journal_reader *reader, const char *kind,
                          const char *arguments_json, const char *reason, int64_t *ret_id,
                          struct error *err)
{
    const char *arguments = arguments_json == NULL ? "{}" : arguments_json;
    char name[64], origin[64], why[REASON_MAX + 1];
    if (!send_check(reader, kind, arguments, err))
        return false;
    operator_find_name(name, sizeof(name));
    operator_find_origin(origin, sizeof(origin));
    sqlite_cut(why, sizeof(why), reason);
    if (!sqlite_run(&reader->db, SQL_COMMAND_SEND,
                    SQL_VALUES(sqlite_text(kind), sqlite_text(arguments), sqlite_text(name),
                               sqlite_text(origin), sqlite_text(why), SQL_INT(clock_wall_us())),
                    err))
        return false;
    *ret_id = sqlite3_last_insert_rowid(reader->db.handle);
    return true;
}

void command_row_read(sqlite3_stmt *s, void *item)
{
    struct command_row *row = item;
    row->id = sqlite3_column_int64(s, 0);
    sqlite_copy_text(s, 1, row->kind, sizeof(row->kind));
    sqlite_copy_text(s, 2, row->arguments, sizeof(row->arguments));
    sqlite_copy_text(s, 3, row->operator_name, sizeof(row->operator_name));
    sqlite_copy_text(s, 4, row->origin, sizeof(row->origin));
    sqlite_copy_text(s, 5, row->reason, sizeof(row->reason));
    row->created_us = sqlite3_column_int64(s, 6);
    row->finished_us = sqlite_moment(s, 7);
    sqlite_copy_text(s, 8, row->result, sizeof(row->result));
    sqlite_copy_text(s, 9, row->message, sizeof(row->message));
    uint64_t *const counts[] = {&row->counts.total,   &row->counts.changed,   &row->counts.skipped,
                                &row->counts.refused, &row->counts.landed,    &row->counts.failed,
                                &row->counts.pace,    &row->counts.stop_after};
    for (int i = 0; i < (int)(sizeof(counts) / sizeof(counts[0])); i++)
        *counts[i] = (uint64_t)sqlite3_column_int64(s, 10 + i);
}

static void run_row_read(sqlite3_stmt *s, void *item)
{
    struct run_row *row = item;
    uint64_t *const counts[] = {
        &row->counts.seen,      &row->counts.created, &row->counts.updated, &row->counts.deleted,
        &row->counts.unchanged, &row->counts.failed,  &row->counts.held,    &row->counts.overlap,
        &row->counts.skipped,   &row->counts.checked, &row->counts.items,   &row->counts.unattached,
        &row->counts.absent,    &row->requests,       &row->retries};
    sqlite_copy_text(s, 0, row->id, sizeof(row->id));
    sqlite_copy_text(s, 1, row->kind, sizeof(row->kind));
    row->source = (enum source_kind)sqlite3_column_int(s, 2);
    row->started_us = sqlite3_column_int64(s, 3);
    row->finished_us = sqlite_moment(s, 4);
    sqlite_copy_text(s, 5, row->result, sizeof(row->result));
    for (int i = 0; i < (int)(sizeof(counts) / sizeof(counts[0])); i++)
        *counts[i] = (uint64_t)sqlite3_column_int64(s, 6 + i);
    row->busy_us = sqlite3_column_int64(s, 21);
    sqlite_copy_text(s, 22, row->code, sizeof(row->code));
    sqlite_copy_text(s, 23, row->message, sizeof(row->message));
}

bool rows_read(struct sqlite *db, sqlite3_stmt *statement, row_fn *read, size_t size, size_t max,
               struct arena *arena, void **ret_rows, size_t *ret_count, struct error *err)
{
    size_t room = 0, count = 0;
    char *rows = NULL;
    bool row;
    *ret_rows = NULL;
    *ret_count = 0;
    while (count < max) {
        /* What is there already is good, should the rest be cut short. */
        *ret_rows = rows;
        *ret_count = count;
        if (!sqlite_step(db, statement, &row, err))
            return false;
        if (!row)
            break;
        if (count == room) {
            size_t larger = room == 0 ? 16 : room * 2;
            char *moved = arena_zero(arena, larger * size);
            if (count > 0)
                memcpy(moved, rows, count * size);
            rows = moved;
            room = larger;
        }
        read(statement, rows + count * size);
        count++;
    }
    sqlite3_reset(statement);
    *ret_rows = rows;
    *ret_count = count;
    return true;
}

static bool list_newest(struct journal_reader *reader, enum statement_id id, row_fn *read,
                        size_t size, size_t max, struct arena *arena, void **ret_rows,
                        size_t *ret_count, struct error *err)
{
    sqlite3_stmt *statement;
    max = max > ROWS_MAX ? ROWS_MAX : max;
    return sqlite_bind(&reader->db, id, SQL_VALUES(SQL_INT(max)), &statement, err) &&
           rows_read(&reader->db, statement, read, size, max, arena, ret_rows, ret_count, err);
}

bool journal_list_commands(struct journal_reader *reader, size_t max, struct arena *arena,
                           struct command_row **ret_rows, size_t *ret_count, struct error *err)
{
    void *rows;
    if (!list_newest(reader, SQL_COMMANDS_LIST, command_row_read, sizeof(struct command_row), max,
                     arena, &rows, ret_count, err))
        return false;
    *ret_rows = rows;
    return true;
}

bool journal_list_runs(struct journal_reader *reader, size_t max, struct arena *arena,
                       struct run_row **ret_rows, size_t *ret_count, struct error *err)
{
    void *rows;
    if (!list_newest(reader, SQL_RUNS_LIST, run_row_read, sizeof(struct run_row), max, arena, &rows,
                     ret_count, err))
        return false;
    *ret_rows = rows;
    return true;
}

bool journal_last_run(struct journal_reader *reader, const char *kind, enum source_kind source,
                      bool *ret_found, struct run_row *ret_row, struct error *err)
{
    sqlite3_stmt *statement;
    if (!sqlite_bind(&reader->db, SQL_RUN_LAST, SQL_VALUES(sqlite_text(kind), SQL_INT(source)),
                     &statement, err) ||
        !sqlite_step(&reader->db, statement, ret_found, err))
        return false;
    if (*ret_found) {
        *ret_row = (struct run_row){.source = source};
        run_row_read(statement, ret_row);
    }
    sqlite3_reset(statement);
    return true;
}

bool journal_read_command(struct journal_reader *reader, int64_t id, struct command_row *ret_row,
                          struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!sqlite_bind(&reader->db, SQL_COMMAND_READ, SQL_VALUES(SQL_INT(id)), &statement, err) ||
        !sqlite_step(&reader->db, statement, &row, err))
        return false;
    if (!row)
        return error_set(err, ERROR_JOURNAL_NO_SUCH, "there is no command %lld", (long long)id);
    command_row_read(statement, ret_row);
    sqlite3_reset(statement);
    return true;
}
