/* Where a listener resumes, and which failures count in its view. */
#include "journal/listen.h"

#include <string.h>

#include "journal/inside.h"

#define TOKEN_MAX 65536

bool listen_write(struct journal *journal, const struct listen_checkpoint *checkpoint,
                  struct error *err)
{
    bool has_token = checkpoint->token.len > 0 && checkpoint->token.len <= TOKEN_MAX;
    bool has_time = checkpoint->read_time_ns != TIME_NONE;
    return sqlite_run(
        &journal->db, SQL_LISTEN_SAVE,
        SQL_VALUES(SQL_INT(checkpoint->source), sqlite_text(checkpoint->identity),
                   has_token ? SQL_BYTES(checkpoint->token.data, checkpoint->token.len) : SQL_NULL,
                   has_time ? SQL_INT(checkpoint->read_time_ns) : SQL_NULL,
                   SQL_INT(checkpoint->complete), sqlite_text(checkpoint->run_id),
                   SQL_INT(clock_wall_us())),
        err);
}

bool journal_listen_save(struct journal *journal, const struct listen_checkpoint *checkpoint,
                         struct error *err)
{
    if (!journal_begin(journal, err))
        return false;
    return sqlite_end(&journal->db, listen_write(journal, checkpoint, err), err);
}

static void listen_read(sqlite3_stmt *statement, struct arena *arena,
                        struct listen_checkpoint *checkpoint)
{
    size_t len = (size_t)sqlite3_column_bytes(statement, 0);
    checkpoint->token = STR("");
    if (len > 0)
        checkpoint->token = arena_copy(arena, (struct str){sqlite3_column_blob(statement, 0), len});
    bool has_time = sqlite3_column_type(statement, 1) != SQLITE_NULL;
    checkpoint->read_time_ns = has_time ? sqlite3_column_int64(statement, 1) : TIME_NONE;
    checkpoint->complete = sqlite3_column_int(statement, 2) != 0;
    sqlite_copy_text(statement, 3, checkpoint->run_id, sizeof(checkpoint->run_id));
}

bool journal_listen_load(struct journal *journal, enum source_kind source, const char *identity,
                         struct arena *arena, bool *ret_found,
                         struct listen_checkpoint *ret_checkpoint, struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!sqlite_bind(&journal->db, SQL_LISTEN_LOAD,
                     SQL_VALUES(SQL_INT(source), sqlite_text(identity)), &statement, err) ||
        !sqlite_step(&journal->db, statement, &row, err))
        return false;
    if (row) {
        *ret_checkpoint = (struct listen_checkpoint){.source = source, .identity = identity};
        listen_read(statement, arena, ret_checkpoint);
        sqlite3_reset(statement);
    }
    *ret_found = row;
    return true;
}

/* ---- deletes that wait for a person, or were refused by one ---- */

static const char *absence_code(void)
{
    return error_info(ERROR_ABSENCE_HELD)->code;
}

static const char *delete_code(void)
{
    return error_info(ERROR_DELETE_HELD)->code;
}

bool journal_is_deletion(struct journal *journal, enum source_kind source, const char *source_id,
                         bool *ret_deletion, struct error *err)
{
    bool found;
    int64_t some = 0;
    if (!sqlite_number(&journal->db, SQL_DELETION_OF,
                       SQL_VALUES(SQL_INT(source), sqlite_text(source_id),
                                  SQL_INT(FAILURE_RESOLVED), sqlite_text(absence_code()),
                                  sqlite_text(delete_code())),
                       &found, &some, err))
        return false;
    *ret_deletion = some != 0;
    return true;
}

bool journal_page_unresolved(struct journal_reader *reader, enum source_kind source, int64_t after,
                             size_t max, struct arena *arena, struct unresolved_row **ret_rows,
                             size_t *ret_count, struct error *err)
{
    sqlite3_stmt *statement;
    struct unresolved_row *rows = arena_zero(arena, max * sizeof(*rows));
    size_t count = 0;
    bool row = true;
    if (!sqlite_bind(
            &reader->db, SQL_UNRESOLVED_PAGE,
            SQL_VALUES(SQL_INT(after), SQL_INT(source), SQL_INT(FAILURE_RESOLVED), SQL_INT(max)),
            &statement, err))
        return false;
    while (true) {
        if (!sqlite_step(&reader->db, statement, &row, err))
            return false;
        if (!row || count == max)
            break;
        struct str id = {(const char *)sqlite3_column_text(statement, 1),
                         (size_t)sqlite3_column_bytes(statement, 1)};
        const char *code = (const char *)sqlite3_column_text(statement, 2);
        rows[count++] = (struct unresolved_row){
            .id = sqlite3_column_int64(statement, 0),
            .source_id = arena_copy(arena, id).data,
            .version = sqlite3_column_int64(statement, 3),
            .deletion = strcmp(code, absence_code()) == 0 || strcmp(code, delete_code()) == 0,
        };
    }
    sqlite3_reset(statement);
    *ret_rows = rows;
    *ret_count = count;
    return true;
}
