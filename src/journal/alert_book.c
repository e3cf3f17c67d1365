/* What alerts_judge() is given, since when rules have not been well, and what operators said. */
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/memory.h"
#include "journal/alerts.h"
#include "journal/inside.h"
#include "model/json.h"

#define HOUR_US INT64_C(3600000000)

/* ---- facts ---- */

static bool read_states(struct sqlite *db, struct alert_facts *facts, struct error *err)
{
    sqlite3_stmt *statement;
    bool row = true;
    if (!sqlite_bind(db, SQL_ALERT_STATES, SQL_NO_VALUES, &statement, err))
        return false;
    while (sqlite_step(db, statement, &row, err)) {
        if (!row)
            return true;
        int state = sqlite3_column_int(statement, 0);
        if (state >= 0 && state < FAILURE_STATE_COUNT)
            facts->states[state] = (uint64_t)sqlite3_column_int64(statement, 1);
    }
    return false;
}

static bool read_fresh(struct sqlite *db, int64_t now_us, struct alert_facts *facts,
                       struct error *err)
{
    bool found;
    int64_t fresh = 0;
    if (!sqlite_number(db, SQL_ALERT_FRESH,
                       SQL_VALUES(SQL_INT(now_us - HOUR_US), SQL_INT(FAILURE_RESOLVED)), &found,
                       &fresh, err))
        return false;
    facts->fresh = (uint64_t)fresh;
    return true;
}

/* Of a rule that another version knew nothing is told. */
static bool read_rule(sqlite3_stmt *statement, int column, enum alert_rule *ret_rule)
{
    char name[24];
    sqlite_copy_text(statement, column, name, sizeof(name));
    return alert_rule_parse(name, ret_rule);
}

static bool read_episodes(struct sqlite *db, struct alert_facts *facts, struct error *err)
{
    sqlite3_stmt *statement;
    bool row = true;
    if (!sqlite_bind(db, SQL_ALERT_EPISODES, SQL_VALUES(SQL_INT(ALERTS_MAX)), &statement, err))
        return false;
    while (sqlite_step(db, statement, &row, err)) {
        if (!row)
            return true;
        struct alert_episode *episode = &facts->episodes[facts->episode_count];
        episode->source = sqlite3_column_int(statement, 1);
        episode->since_us = sqlite3_column_int64(statement, 2);
        facts->episode_count += read_rule(statement, 0, &episode->rule);
    }
    return false;
}

static bool read_marks(struct sqlite *db, int64_t now_us, struct alert_facts *facts,
                       struct error *err)
{
    sqlite3_stmt *statement;
    bool row = true;
    if (!sqlite_bind(db, SQL_ALERT_MARKS, SQL_VALUES(SQL_INT(now_us), SQL_INT(2 * ALERTS_MAX)),
                     &statement, err))
        return false;
    while (sqlite_step(db, statement, &row, err)) {
        if (!row)
            return true;
        struct alert_mark *mark = &facts->marks[facts->mark_count];
        mark->command = sqlite3_column_int64(statement, 0);
        mark->source = sqlite3_column_int(statement, 2);
        mark->kind = (enum alert_mark_kind)sqlite3_column_int(statement, 3);
        mark->until_us = sqlite3_column_int64(statement, 4);
        sqlite_copy_text(statement, 5, mark->operator_name, sizeof(mark->operator_name));
        sqlite_copy_text(statement, 6, mark->reason, sizeof(mark->reason));
        facts->mark_count += read_rule(statement, 1, &mark->rule);
    }
    return false;
}

static int64_t disk_free(const struct sqlite *db)
{
    struct statvfs space;
    if (statvfs(db->path, &space) != 0)
        return -1;
    return (int64_t)((uint64_t)space.f_bavail * space.f_frsize);
}

/* All but the last run and the verification, which have readers of their own. */
static bool read_facts(struct sqlite *db, int64_t now_us, struct alert_facts *ret_facts,
                       struct error *err)
{
    *ret_facts = (struct alert_facts){.disk_free = disk_free(db)};
    return read_states(db, ret_facts, err) && read_fresh(db, now_us, ret_facts, err) &&
           read_episodes(db, ret_facts, err) && read_marks(db, now_us, ret_facts, err);
}

static bool read_last_run(struct journal_reader *reader, struct alert_facts *facts,
                          struct error *err)
{
    struct arena arena = {0};
    struct run_row *runs;
    size_t count = 0;
    bool read = journal_list_runs(reader, 1, &arena, &runs, &count, err);
    facts->have_run = read && count > 0;
    if (facts->have_run)
        facts->last_run = runs[0];
    arena_free(&arena);
    return read;
}

bool journal_read_alert_facts(struct journal_reader *reader, int64_t now_us,
                              struct alert_facts *ret_facts, struct error *err)
{
    return read_facts(&reader->db, now_us, ret_facts, err) &&
           read_last_run(reader, ret_facts, err) &&
           journal_verification_last(reader, SOURCE_FIRESTORE, &ret_facts->have_verification,
                                     &ret_facts->verification, err);
}

/* ---- the engine's own ---- */

bool journal_alert_facts(struct journal *journal, int64_t now_us, struct alert_facts *ret_facts,
                         struct error *err)
{
    /* The engine's connection reads as any other: the statements prepared stay with it. */
    struct journal_reader reader = {.db = journal->db};
    bool read = journal_read_alert_facts(&reader, now_us, ret_facts, err);
    journal->db = reader.db;
    return read;
}

static bool is_noted(const struct alert_facts *facts, const struct alert *alert)
{
    for (size_t i = 0; i < facts->episode_count; i++)
        if (facts->episodes[i].rule == alert->rule && facts->episodes[i].source == alert->source)
            return true;
    return false;
}

static const struct alert *alert_of(const struct alerts *alerts, enum alert_rule rule, int source)
{
    for (size_t i = 0; i < alerts->count; i++)
        if (alerts->list[i].rule == rule && alerts->list[i].source == source)
            return &alerts->list[i];
    return NULL;
}

/* Well again, or not judged any more. */
static bool is_well(const struct alerts *alerts, enum alert_rule rule, int source)
{
    const struct alert *alert = alert_of(alerts, rule, source);
    return alert == NULL || alert->state == ALERT_OK;
}

static bool note_needed(const struct alert_facts *facts, const struct alerts *alerts)
{
    for (size_t i = 0; i < alerts->count; i++)
        if (alerts->list[i].state != ALERT_OK && !is_noted(facts, &alerts->list[i]))
            return true;
    for (size_t i = 0; i < facts->episode_count; i++)
        if (is_well(alerts, facts->episodes[i].rule, facts->episodes[i].source))
            return true;
    for (size_t i = 0; i < facts->mark_count; i++)
        if (facts->marks[i].kind == ALERT_ACKNOWLEDGED &&
            is_well(alerts, facts->marks[i].rule, facts->marks[i].source))
            return true;
    return false;
}

static bool note_one(struct sqlite *db, enum statement_id id, enum alert_rule rule, int source,
                     int64_t now_us, struct error *err)
{
    const struct sql_value values[] = {sqlite_text(alert_info(rule)->name), SQL_INT(source),
                                       SQL_INT(now_us)};
    return sqlite_run(db, id, values, id == SQL_ALERT_BEGIN ? 3 : 2, err);
}

static bool note_all(struct sqlite *db, const struct alert_facts *facts,
                     const struct alerts *alerts, int64_t now_us, struct error *err)
{
    bool done = true;
    for (size_t i = 0; done && i < alerts->count; i++) {
        const struct alert *alert = &alerts->list[i];
        if (alert->state != ALERT_OK && !is_noted(facts, alert))
            done = note_one(db, SQL_ALERT_BEGIN, alert->rule, alert->source,
                            alert->since_us != TIME_NONE ? alert->since_us : now_us, err);
    }
    for (size_t i = 0; done && i < facts->episode_count; i++) {
        const struct alert_episode *episode = &facts->episodes[i];
        if (is_well(alerts, episode->rule, episode->source))
            done = note_one(db, SQL_ALERT_END, episode->rule, episode->source, now_us, err);
    }
    for (size_t i = 0; done && i < facts->mark_count; i++) {
        const struct alert_mark *mark = &facts->marks[i];
        if (mark->kind == ALERT_ACKNOWLEDGED && is_well(alerts, mark->rule, mark->source))
            done = note_one(db, SQL_ALERT_ACKNOWLEDGED_END, mark->rule, mark->source, now_us, err);
    }
    return done;
}

bool journal_alerts_note(struct journal *journal, const struct alert_facts *facts,
                         const struct alerts *alerts, int64_t now_us, struct error *err)
{
    if (!note_needed(facts, alerts))
        return true;
    return journal_begin(journal, err) &&
           sqlite_end(&journal->db, note_all(&journal->db, facts, alerts, now_us, err), err);
}

bool journal_alerts_forget(struct journal *journal, struct error *err)
{
    return journal_begin(journal, err) &&
           sqlite_end(&journal->db, sqlite_run(&journal->db, SQL_ALERT_FORGET, SQL_NO_VALUES, err),
                      err);
}

/* ---- what operators say ---- */

static const char *text_of(const struct value *object, const char *name, struct arena *arena)
{
    const struct value *value = value_get(object, name);
    return value != NULL && value->kind == VALUE_STRING ? arena_copy(arena, value->text).data : "";
}

static bool mark_source(const char *name, int *ret_source)
{
    *ret_source = ALERT_NO_SOURCE;
    for (int i = 0; i < SOURCE_COUNT; i++)
        if (strcmp(name, source_kind_name((enum source_kind)i)) == 0)
            *ret_source = i;
    return name[0] == '\0' || *ret_source != ALERT_NO_SOURCE;
}

static bool mark_parse(const struct command *command, struct arena *arena,
                       struct alert_mark *ret_mark, struct error *err)
{
    const struct value *root = NULL;
    if (!json_parse(str_from(command->arguments), arena, &root, err))
        return false;
    bool silence = strcmp(command->kind, "silence") == 0;
    const struct value *until = value_get(root, "until");
    ret_mark->kind = silence ? ALERT_SILENCED : ALERT_ACKNOWLEDGED;
    ret_mark->until_us = INT64_MAX;
    if (!alert_rule_parse(text_of(root, "rule", arena), &ret_mark->rule))
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "\"rule\" names no rule");
    if (!mark_source(text_of(root, "source", arena), &ret_mark->source))
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "\"source\" names no source");
    if (!silence)
        return true;
    if (until == NULL || until->kind != VALUE_INT || until->integer <= command->created_us)
        return error_set(err, ERROR_COMMAND_ARGUMENTS,
                         "a silence needs \"until\", microseconds since 1970 that are yet to come");
    ret_mark->until_us = until->integer;
    return true;
}

bool journal_alert_mark(struct journal *journal, const struct command *command, struct error *err)
{
    struct arena arena = {0};
    struct alert_mark mark = {0};
    bool good = mark_parse(command, &arena, &mark, err);
    arena_free(&arena);
    if (!good || !journal_begin(journal, err))
        return false;
    bool done =
        sqlite_run(&journal->db, SQL_ALERT_MARK,
                   SQL_VALUES(SQL_INT(command->id), sqlite_text(alert_info(mark.rule)->name),
                              SQL_INT(mark.source), SQL_INT(mark.kind), SQL_INT(mark.until_us),
                              sqlite_text(command->operator_name),
                              sqlite_text(command->reason == NULL ? "" : command->reason),
                              SQL_INT(command->created_us)),
                   err);
    return sqlite_end(&journal->db, done, err);
}

bool journal_alert_unmark(struct journal *journal, int64_t command_id, bool *ret_found,
                          struct error *err)
{
    int64_t command;
    if (!journal_begin(journal, err))
        return false;
    bool done = sqlite_number(&journal->db, SQL_ALERT_UNMARK, SQL_VALUES(SQL_INT(command_id)),
                              ret_found, &command, err);
    return sqlite_end(&journal->db, done, err);
}
