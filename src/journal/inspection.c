/* One document looked at anew, as the journal has it. */
#include "journal/inspection.h"

#include "base/text.h"
#include "journal/inside.h"

#define ARGUMENTS_MAX 16384 /* the longest id, every byte of it escaped */

void inspection_members(struct buffer *json, enum source_kind source, const char *source_id)
{
    buffer_append_format(json, "\"source\":\"%s\",\"source_id\":", source_kind_name(source));
    text_append_json(json, str_from(source_id));
}

static bool read_command(struct journal_reader *reader, const char *arguments,
                         struct command_row *ret_command, struct error *err)
{
    bool found = false;
    int64_t id = 0;
    return sqlite_number(&reader->db, SQL_INSPECT_COMMAND, SQL_VALUES(sqlite_text(arguments)),
                         &found, &id, err) &&
           (!found || journal_read_command(reader, id, ret_command, err));
}

static bool read_row(struct journal_reader *reader, enum source_kind source, const char *source_id,
                     struct inspection *ret_inspection, struct error *err)
{
    sqlite3_stmt *s;
    bool row = false;
    if (!sqlite_bind(&reader->db, SQL_INSPECT_ROW,
                     SQL_VALUES(SQL_INT(source), sqlite_text(source_id), SQL_INT(PLAN_BUILDING),
                                SQL_INT(PLAN_ABANDONED)),
                     &s, err) ||
        !sqlite_step(&reader->db, s, &row, err))
        return false;
    ret_inspection->planned = row;
    if (!row)
        return true;
    plan_row_read(s, &ret_inspection->row);
    sqlite_copy_text(s, 11, ret_inspection->plan_id, sizeof(ret_inspection->plan_id));
    sqlite_copy_text(s, 12, ret_inspection->plan_kind, sizeof(ret_inspection->plan_kind));
    ret_inspection->plan_us = sqlite3_column_int64(s, 13);
    sqlite3_reset(s);
    return true;
}

bool journal_read_inspection(struct journal_reader *reader, enum source_kind source,
                             const char *source_id, struct inspection *ret_inspection,
                             struct error *err)
{
    struct inspection inspection = {.plan_us = TIME_NONE};
    struct buffer arguments = {.max = ARGUMENTS_MAX};
    buffer_append_char(&arguments, '{');
    inspection_members(&arguments, source, source_id);
    buffer_append_char(&arguments, '}');
    bool read =
        !buffer_ok(&arguments) || read_command(reader, arguments.data, &inspection.command, err);
    buffer_free(&arguments);
    if (!read || !read_row(reader, source, source_id, &inspection, err))
        return false;
    *ret_inspection = inspection;
    return true;
}
