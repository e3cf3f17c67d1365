/* Commands as an audit: see audit.h. */
#include "journal/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/settings_value.h"
#include "journal/inside.h"

#define TOTAL_MAX 10000

/* ---- the filter's words ---- */

static const char *const kinds[] = {
    "acknowledge", "apply", "backfill", "cancel",  "decide", "drop",    "inspect", "note",
    "pause",       "pull",  "refuse",   "release", "resume", "retry",   "silence", "skip",
    "snooze",      "stop",  "sync",     "undo",    "unmask", "verified"};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
static const char *const results[] = {"done", "failed", "queued", "refused"};
#define RESULTS (sizeof(results) / sizeof(results[0]))

static const char *kind_name(unsigned index)
{
    return kinds[index];
}

static const char *result_name(unsigned index)
{
    return results[index];
}

enum { KEY_WHO, KEY_WHAT, KEY_RESULT, KEY_SINCE };
static const struct audit_key keys[AUDIT_KEYS_MAX] = {
    [KEY_WHO] = {"who:", 0, NULL},
    [KEY_WHAT] = {"what:", KINDS, kind_name},
    [KEY_RESULT] = {"result:", RESULTS, result_name},
    [KEY_SINCE] = {"since:", 0, NULL},
};

const struct audit_key *audit_keys(size_t *ret_count)
{
    *ret_count = AUDIT_KEYS_MAX;
    return keys;
}

static bool take_since(struct str text, int64_t now_us, struct audit_filter *filter,
                       struct error *err)
{
    int64_t seconds;
    char value[32];
    snprintf(value, sizeof(value), "%.*s", STR_ARG(text));
    if (!setting_parse_duration(value, &seconds))
        return error_set(err, ERROR_CONSOLE_FILTER, "since: takes a time such as 30m, 8h or 2d");
    filter->since_us = now_us - seconds * 1000000;
    return true;
}

static bool take_value(size_t key, struct str text, int64_t now_us, struct audit_filter *filter,
                       struct error *err)
{
    char *const fields[AUDIT_KEYS_MAX] = {filter->who, filter->what, filter->result};
    static const size_t sizes[AUDIT_KEYS_MAX] = {sizeof(filter->who), sizeof(filter->what),
                                                 sizeof(filter->result)};
    if (key == KEY_SINCE)
        return take_since(text, now_us, filter, err);
    if (text.len == 0)
        return error_set(err, ERROR_CONSOLE_FILTER, "%s takes a value", keys[key].name);
    if (text.len >= sizes[key])
        return error_set(err, ERROR_CONSOLE_FILTER, "what follows %s is too long", keys[key].name);
    memcpy(fields[key], text.data, text.len);
    fields[key][text.len] = '\0';
    return true;
}

/* Letters, then a colon: it was meant as a key. */
static bool looks_like_key(struct str word)
{
    size_t letters = 0;
    while (letters < word.len && word.data[letters] >= 'a' && word.data[letters] <= 'z')
        letters++;
    return letters > 0 && letters < word.len && word.data[letters] == ':';
}

static bool take_text(struct str word, struct audit_filter *filter, struct error *err)
{
    size_t used = strlen(filter->text);
    if (word.len > 2 && word.data[0] == '"' && word.data[word.len - 1] == '"')
        word = (struct str){word.data + 1, word.len - 2};
    int added = snprintf(filter->text + used, sizeof(filter->text) - used, "%s%.*s",
                         used > 0 ? " " : "", STR_ARG(word));
    return (added >= 0 && (size_t)added < sizeof(filter->text) - used) ||
           error_set(err, ERROR_CONSOLE_FILTER, "the text to find is too long");
}

static bool take_word(struct str word, int64_t now_us, struct audit_filter *filter,
                      struct error *err)
{
    for (size_t i = 0; i < AUDIT_KEYS_MAX; i++) {
        size_t len = strlen(keys[i].name);
        if (word.len >= len && memcmp(word.data, keys[i].name, len) == 0)
            return take_value(i, (struct str){word.data + len, word.len - len}, now_us, filter,
                              err);
    }
    if (looks_like_key(word))
        return error_set(err, ERROR_CONSOLE_FILTER,
                         "no such key: %.*s; there are who: what: result: since: (\"a:b\" is text)",
                         (int)(word.len < 20 ? word.len : 20), word.data);
    return take_text(word, filter, err);
}

bool audit_filter_parse(const char *text, int64_t now_us, struct audit_filter *ret_filter,
                        struct error *err)
{
    struct audit_filter filter = {.since_us = TIME_NONE};
    struct str word;
    while (str_next_word(&text, &word))
        if (!take_word(word, now_us, &filter, err))
            return false;
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

bool journal_list_actions(struct journal_reader *reader, const struct failure_detail *detail,
                          struct arena *arena, struct command_row **ret_rows, size_t *ret_count,
                          struct error *err)
{
    static const size_t max = 100;
    sqlite3_stmt *statement;
    void *rows = NULL;
    struct buffer name = {.max = 2048};
    buffer_append_format(&name, "%s/%.*s", source_kind_name(detail->row.source),
                         STR_ARG(detail->source_id));
    bool done =
        sqlite_bind(&reader->db, SQL_COMMANDS_ABOUT,
                    SQL_VALUES(SQL_INT(detail->row.id), sqlite_text(name.data), SQL_INT(max)),
                    &statement, err) &&
        rows_read(&reader->db, statement, command_row_read, sizeof(struct command_row), max, arena,
                  &rows, ret_count, err);
    buffer_free(&name);
    *ret_rows = done ? rows : *ret_rows;
    return done;
}

bool audit_can_undo(const struct command_row *row)
{
    static const char *const undoable[] = {"retry",  "skip",        "snooze",  "release",
                                           "refuse", "acknowledge", "silence", "decide"};
    bool ended = strcmp(row->result, "stopped") == 0 || strcmp(row->result, "cancelled") == 0;
    for (size_t i = 0; i < sizeof(undoable) / sizeof(undoable[0]); i++)
        if (strcmp(row->kind, undoable[i]) == 0)
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
