/* The journal, opened by the engine: lock, migrations, identity, fences. Settling, retries,
 * commands and runs have files of their own. */
#include "journal/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "journal/inside.h"
#include "journal/place.h"
#include "journal/schema.h"

/* journal_size_limit: a WAL that a long reader let grow is cut back once it has been copied into
 * the file. */
static const char *const pragmas = "PRAGMA journal_mode=WAL;"
                                   "PRAGMA synchronous=FULL;"
                                   "PRAGMA foreign_keys=ON;"
                                   "PRAGMA temp_store=MEMORY;"
                                   "PRAGMA cache_size=-4096;"
                                   "PRAGMA journal_size_limit=16777216";

bool journal_begin(struct journal *journal, struct error *err)
{
    if (!sqlite_begin(&journal->db, err))
        return false;
    if (sqlite_run(&journal->db, SQL_REVISE, SQL_NO_VALUES, err))
        return true;
    return sqlite_end(&journal->db, false, err);
}

/* ---- identity ---- */

static bool meta_get(struct journal *journal, const char *name, char *ret_value, size_t size,
                     struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!sqlite_bind(&journal->db, SQL_META_GET, SQL_VALUES(sqlite_text(name)), &statement, err) ||
        !sqlite_step(&journal->db, statement, &row, err))
        return false;
    ret_value[0] = '\0';
    if (row)
        sqlite_copy_text(statement, 0, ret_value, size);
    sqlite3_reset(statement);
    return true;
}

static bool meta_set(struct journal *journal, const char *name, const char *value,
                     struct error *err)
{
    return sqlite_run(&journal->db, SQL_META_SET, SQL_VALUES(sqlite_text(name), sqlite_text(value)),
                      err);
}

static bool forget_checkpoints(struct journal *journal, const char *why, struct error *err)
{
    char when[32];
    snprintf(when, sizeof(when), "%lld", (long long)clock_wall_us());
    return sqlite_run(&journal->db, SQL_RANGES_FORGET, SQL_NO_VALUES, err) &&
           sqlite_run(&journal->db, SQL_LISTEN_FORGET, SQL_NO_VALUES, err) &&
           sqlite_run(&journal->db, SQL_FENCES_FORGET, SQL_NO_VALUES, err) &&
           meta_set(journal, "checkpoints_void_why", why, err) &&
           meta_set(journal, "checkpoints_void_us", when, err);
}

bool journal_void_checkpoints(struct journal *journal, const char *why, struct error *err)
{
    if (!journal_begin(journal, err))
        return false;
    return sqlite_end(&journal->db, forget_checkpoints(journal, why, err), err);
}

static bool take_new_id(struct journal *journal, const char *identity, bool copied,
                        struct error *err)
{
    struct uuid uuid = uuid_random();
    char id[UUID_TEXT_SIZE];
    uuid_format(&uuid, id);
    if (!meta_set(journal, "journal_id", id, err) || !meta_set(journal, "file", identity, err))
        return false;
    if (copied && !forget_checkpoints(journal, "the journal file was copied or replaced", err))
        return false;
    memcpy(journal->id, id, sizeof(id));
    if (copied)
        snprintf(journal->notice, sizeof(journal->notice),
                 "%s was copied or replaced: it has a new identity and its checkpoints are void",
                 journal->db.path);
    return true;
}

/* A copied journal would vouch for a target that went on without it: it gets a new id, which voids
 * its checkpoints here and its fence in the target. */
static bool identify(struct journal *journal, struct error *err)
{
    char identity[PLACE_IDENTITY_SIZE], known[PLACE_IDENTITY_SIZE];
    if (!place_identity(journal->db.path, identity, err) || !journal_begin(journal, err))
        return false;
    bool done = meta_get(journal, "file", known, sizeof(known), err) &&
                meta_get(journal, "journal_id", journal->id, sizeof(journal->id), err);
    if (done && (journal->id[0] == '\0' || strcmp(known, identity) != 0))
        done = take_new_id(journal, identity, journal->id[0] != '\0', err);
    return sqlite_end(&journal->db, done, err);
}

/* ---- open and close ---- */

/* In progress at the start: the engine before this one ended meanwhile. The attempt is not charged.
 */
static bool interrupted_some(struct journal *journal, size_t *ret_count, struct error *err)
{
    sqlite3_stmt *statement;
    int64_t ids[256];
    size_t count = 0;
    bool row = true;
    enum failure_state to;
    if (!failure_transition(FAILURE_IN_PROGRESS, EVENT_INTERRUPT, &to))
        return error_set(err, ERROR_TRANSITION, "in_progress, interrupted");
    if (!sqlite_bind(&journal->db, SQL_INTERRUPTED, SQL_VALUES(SQL_INT(FAILURE_IN_PROGRESS)),
                     &statement, err))
        return false;
    while (row && count < sizeof(ids) / sizeof(ids[0])) {
        if (!sqlite_step(&journal->db, statement, &row, err))
            return false;
        if (row)
            ids[count++] = sqlite3_column_int64(statement, 0);
    }
    sqlite3_reset(statement);
    for (size_t i = 0; i < count; i++) {
        if (!sqlite_run(&journal->db, SQL_FAILURE_MOVE,
                        SQL_VALUES(SQL_INT(ids[i]), SQL_INT(to), SQL_INT(clock_wall_us())), err))
            return false;
    }
    *ret_count = count;
    return true;
}

static bool release_interrupted(struct journal *journal, struct error *err)
{
    size_t count = 1;
    if (!journal_begin(journal, err))
        return false;
    bool done = true;
    while (done && count > 0)
        done = interrupted_some(journal, &count, err);
    return sqlite_end(&journal->db, done, err);
}

static bool open_inside(struct journal *journal, const char *state_dir, struct error *err)
{
    AUTO_FREE char *path = NULL;
    return place_prepare(state_dir, true, &path, err) && place_lock(path, &journal->lock, err) &&
           sqlite_open(&journal->db, path, JOURNAL_BUSY_MS, err) &&
           sqlite_script(&journal->db, pragmas, err) && schema_migrate(&journal->db, err) &&
           identify(journal, err) && release_interrupted(journal, err);
}

bool journal_open(const char *state_dir, struct journal **ret_journal, struct error *err)
{
    struct journal *journal = memory_zero(1, sizeof(*journal));
    journal->lock = -1;
    if (!open_inside(journal, state_dir, err)) {
        journal_close(journal);
        return false;
    }
    *ret_journal = journal;
    return true;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    sqlite_close(&journal->db);
    if (journal->lock >= 0)
        close(journal->lock);
    free(journal);
}

const char *journal_id(const struct journal *journal)
{
    return journal->id;
}

const char *journal_notice(const struct journal *journal)
{
    return journal->notice;
}

/* ---- fences ---- */

bool journal_fence(struct journal *journal, int writer, int64_t *ret_acknowledged,
                   struct error *err)
{
    bool found;
    int64_t seq = 0;
    if (!sqlite_number(&journal->db, SQL_FENCE_GET, SQL_VALUES(SQL_INT(writer)), &found, &seq, err))
        return false;
    *ret_acknowledged = seq;
    return true;
}
