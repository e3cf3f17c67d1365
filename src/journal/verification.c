/* Verifications: one row each. */
#include "journal/verification.h"

#include "journal/inside.h"

static const char *const class_names[VERIFY_CLASS_COUNT] = {
    [VERIFY_MISSING] = "missing",     [VERIFY_STALE] = "stale",   [VERIFY_EXTRA] = "extra",
    [VERIFY_DIFFERENT] = "different", [VERIFY_FAILED] = "failed", [VERIFY_SKIPPED] = "skipped",
    [VERIFY_HELD] = "held",
};

const char *verify_class_name(enum verify_class class)
{
    return class_names[class];
}

uint64_t verification_differences(const struct verification *verification)
{
    uint64_t sum = 0;
    for (int class = 0; class < VERIFY_DIFFERENCES; class ++)
        sum += verification->counts[class];
    return sum;
}

static bool verification_write(struct sqlite *db, const struct verification *v, struct error *err)
{
    const uint64_t *counts = v->counts;
    return sqlite_run(
               db, SQL_VERIFICATION_ADD,
               SQL_VALUES(SQL_INT(v->source), SQL_INT(v->started_us), SQL_INT(v->finished_us),
                          SQL_INT(v->deep), SQL_INT(v->scheduled), sqlite_text(v->operator_name),
                          sqlite_text(v->result), sqlite_text(v->message), SQL_INT(v->documents),
                          SQL_INT(counts[VERIFY_MISSING]), SQL_INT(counts[VERIFY_STALE]),
                          SQL_INT(counts[VERIFY_EXTRA]), SQL_INT(counts[VERIFY_DIFFERENT]),
                          SQL_INT(counts[VERIFY_FAILED]), SQL_INT(counts[VERIFY_SKIPPED]),
                          SQL_INT(counts[VERIFY_HELD]), SQL_INT(v->newer), SQL_INT(v->repaired)),
               err) &&
           sqlite_run(db, SQL_VERIFICATIONS_FORGET, SQL_VALUES(SQL_INT(v->source)), err);
}

bool journal_verification_add(struct journal *journal, const struct verification *verification,
                              struct error *err)
{
    if (!journal_begin(journal, err))
        return false;
    return sqlite_end(&journal->db, verification_write(&journal->db, verification, err), err);
}

static void verification_read(sqlite3_stmt *s, struct verification *v)
{
    v->source = (enum source_kind)sqlite3_column_int(s, 0);
    v->started_us = sqlite3_column_int64(s, 1);
    v->finished_us = sqlite3_column_int64(s, 2);
    v->deep = sqlite3_column_int(s, 3) != 0;
    v->scheduled = sqlite3_column_int(s, 4) != 0;
    sqlite_copy_text(s, 5, v->operator_name, sizeof(v->operator_name));
    sqlite_copy_text(s, 6, v->result, sizeof(v->result));
    sqlite_copy_text(s, 7, v->message, sizeof(v->message));
    v->documents = (uint64_t)sqlite3_column_int64(s, 8);
    for (int class = 0; class < VERIFY_CLASS_COUNT; class ++)
        v->counts[class] = (uint64_t)sqlite3_column_int64(s, 9 + class);
    v->newer = (uint64_t)sqlite3_column_int64(s, 16);
    v->repaired = (uint64_t)sqlite3_column_int64(s, 17);
}

bool journal_verification_last(struct journal_reader *reader, enum source_kind source,
                               bool *ret_found, struct verification *ret_verification,
                               struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!sqlite_bind(&reader->db, SQL_VERIFICATION_LAST, SQL_VALUES(SQL_INT(source)), &statement,
                     err) ||
        !sqlite_step(&reader->db, statement, &row, err))
        return false;
    if (row) {
        *ret_verification = (struct verification){.source = source};
        verification_read(statement, ret_verification);
        sqlite3_reset(statement);
    }
    *ret_found = row;
    return true;
}

bool journal_read_verified(struct journal_reader *reader, struct engine_status *status,
                           struct error *err)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        struct source_status *source = &status->sources[i];
        sqlite3_stmt *statement;
        bool row;
        if (!sqlite_bind(&reader->db, SQL_VERIFICATION_DONE, SQL_VALUES(SQL_INT(i)), &statement,
                         err) ||
            !sqlite_step(&reader->db, statement, &row, err))
            return false;
        source->verified_us = TIME_NONE;
        if (!row)
            continue;
        source->verified_us = sqlite3_column_int64(statement, 0);
        source->verified_deep = sqlite3_column_int(statement, 1) != 0;
        source->verified_documents = (uint64_t)sqlite3_column_int64(statement, 2);
        source->verified_differences = (uint64_t)sqlite3_column_int64(statement, 3);
        sqlite3_reset(statement);
    }
    return true;
}
