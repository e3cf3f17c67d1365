/* Commands as an audit: see audit.h. */
#include "journal/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/settings_value.h"
#include "journal/inside.h"

#define TOTAL_MAX 10000

/* ---- the filter's words ---- */

struct word {
    const char *name;
    size_t offset, size;
};
#define WORD(field)                                                                                \
    {                                                                                              \
#field ":", offsetof(struct audit_filter, field),                                          \
            sizeof(((struct audit_filter *)0)->field)                                              \
    }
static const struct word words[] = {WORD(who), WORD(what), WORD(result)};

static bool take_since(const char *text, int64_t now_us, struct audit_filter *filter,
                       struct error *err)
{
    int64_t seconds;
    if (!setting_parse_duration(text, &seconds))
        return error_set(err, ERROR_USAGE, "since: takes a time such as 30m, 8h or 2d");
    filter->since_us = now_us - seconds * 1000000;
    return true;
}

static bool take_word(const char *word, int64_t now_us, struct audit_filter *filter,
                      struct error *err)
{
    size_t used = strlen(filter->text);
    if (strncmp(word, "since:", 6) == 0)
        return take_since(word + 6, now_us, filter, err);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i].name);
        if (strncmp(word, words[i].name, len) == 0) {
            str_fill((char *)filter + words[i].offset, words[i].size, word + len);
            return true;
        }
    }
    snprintf(filter->text + used, sizeof(filter->text) - used, "%s%s", used > 0 ? " " : "", word);
    return true;
}

bool audit_filter_parse(const char *text, int64_t now_us, struct audit_filter *ret_filter,
                        struct error *err)
{
    struct audit_filter filter = {.since_us = TIME_NONE};
    char word[128];
    while (*(text += strspn(text, " ")) != '\0') {
        size_t len = strcspn(text, " ");
        snprintf(word, sizeof(word), "%.*s", (int)len, text);
        if (!take_word(word, now_us, &filter, err))
            return false;
        text += len;
    }
    *ret_filter = filter;
    return true;
}

/* ---- the list ---- */

static void filter_values(const struct audit_filter *filter, struct sql_value values[5])
{
    values[0] = sqlite_text(filter->who);
    values[1] = sqlite_text(filter->what);
    values[2] = sqlite_text(filter->result);
    values[3] = sqlite_text(filter->text);
    values[4] = SQL_INT(filter->since_us);
}

bool journal_list_audit(struct journal_reader *reader, const struct audit_filter *filter,
                        uint64_t offset, size_t max, struct arena *arena,
                        struct command_row **ret_rows, size_t *ret_count, uint64_t *ret_total,
                        struct error *err)
{
    struct sql_value values[7];
    sqlite3_stmt *statement;
    void *rows = NULL;
    bool found;
    int64_t total = 0;
    filter_values(filter, values);
    values[5] = SQL_INT(TOTAL_MAX);
    if (!sqlite_number(&reader->db, SQL_AUDIT_COUNT, values, 6, &found, &total, err))
        return false;
    values[5] = SQL_INT(max < ROWS_MAX ? max : ROWS_MAX);
    values[6] = SQL_INT(offset);
    if (!sqlite_bind(&reader->db, SQL_AUDIT_LIST, values, 7, &statement, err) ||
        !rows_read(&reader->db, statement, command_row_read, sizeof(struct command_row), max, arena,
                   &rows, ret_count, err))
        return false;
    *ret_rows = rows;
    *ret_total = (uint64_t)total;
    return true;
}

bool audit_can_undo(const struct command_row *row)
{
    static const char *const kinds[] = {"retry",  "skip",        "snooze",  "release",
                                        "refuse", "acknowledge", "silence", "decide"};
    bool ended = strcmp(row->result, "stopped") == 0 || strcmp(row->result, "cancelled") == 0;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(row->kind, kinds[i]) == 0)
            return strcmp(row->result, "done") == 0 || (ended && row->counts.changed > 0);
    return false;
}

bool journal_own_command(struct journal *journal, int64_t id, struct command_row *ret_row,
                         struct error *err)
{
    /* The engine's connection reads as any other: the statements prepared stay with it. */
    struct journal_reader reader = {.db = journal->db};
    bool read = journal_read_command(&reader, id, ret_row, err);
    journal->db = reader.db;
    return read;
}
