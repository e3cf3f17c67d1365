/* The journal's migrations: see schema.h. */
#include "journal/schema.h"

#include <stdio.h>

#define APPLICATION_ID 1869832042 /* 001_journal.sql sets it */

static bool schema_number(struct sqlite *db, const char *sql, int *ret_number, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    bool row;
    if (!sqlite_prepare(db, sql, SQL_NO_VALUES, &statement, err) ||
        !sqlite_step(db, statement, &row, err))
        return false;
    *ret_number = row ? sqlite3_column_int(statement, 0) : 0;
    return true;
}

/* Version 0 is an empty file. Another program's database is not written into, whatever its version
 * says. */
static bool schema_version(struct sqlite *db, int *ret_version, struct error *err)
{
    int version, application, tables;
    if (!schema_number(db, "PRAGMA user_version", &version, err) ||
        !schema_number(db, "PRAGMA application_id", &application, err) ||
        !schema_number(db, "SELECT count(*) FROM sqlite_schema", &tables, err))
        return false;
    if (application != APPLICATION_ID && (version != 0 || tables != 0))
        return error_set(err, ERROR_JOURNAL_CORRUPT,
                         "%s is a database of another program, not a journal", db->path);
    *ret_version = version;
    return true;
}

static bool refuse_newer(struct sqlite *db, int version, struct error *err)
{
    return error_set(err, ERROR_JOURNAL_NEWER, "%s has version %d, this program knows %d", db->path,
                     version, JOURNAL_MIGRATIONS);
}

/* The version is read again inside the transaction: a second program may have been quicker. */
static bool apply_next(struct sqlite *db, int *ret_version, struct error *err)
{
    int version;
    char set[64];
    if (!sqlite_begin(db, err))
        return false;
    bool done = schema_version(db, &version, err);
    if (done && version < JOURNAL_MIGRATIONS) {
        snprintf(set, sizeof(set), "PRAGMA user_version=%d", version + 1);
        done = sqlite_script(db, journal_migrations[version], err) && sqlite_script(db, set, err);
        version++;
    }
    if (!sqlite_end(db, done, err))
        return false;
    *ret_version = version;
    return true;
}

bool schema_migrate(struct sqlite *db, struct error *err)
{
    int version;
    if (!schema_version(db, &version, err))
        return false;
    while (version < JOURNAL_MIGRATIONS) {
        if (!apply_next(db, &version, err))
            return false;
    }
    return version == JOURNAL_MIGRATIONS || refuse_newer(db, version, err);
}

bool schema_check(struct sqlite *db, struct error *err)
{
    int version;
    if (!schema_version(db, &version, err))
        return false;
    if (version == 0)
        return error_set(err, ERROR_JOURNAL_MISSING, "%s is empty: no engine has used it yet",
                         db->path);
    if (version > JOURNAL_MIGRATIONS)
        return refuse_newer(db, version, err);
    if (version < JOURNAL_MIGRATIONS)
        return error_set(err, ERROR_JOURNAL_OLDER, "%s has version %d, this program needs %d",
                         db->path, version, JOURNAL_MIGRATIONS);
    return true;
}
