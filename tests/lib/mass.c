/* Many failures: see mass.h. */
#include "lib/mass.h"

#include <stdio.h>

#include "base/clock.h"
#include "journal/sqlite.h"
#include "lib/check.h"

#define BATCH 500
#define SHAPES 40

static void mass_batch(struct ledger *ledger, size_t first, size_t count)
{
    static const char *const fields[] = {"total_price", "created_at", "currency", "email",
                                         "line_items"};
    struct settled_change changes[BATCH];
    struct error errors[BATCH];
    char ids[BATCH][16], labels[BATCH][16];
    for (size_t i = 0; i < count; i++) {
        size_t number = first + i;
        char message[160];
        snprintf(ids[i], sizeof(ids[i]), "id-%08zu", number % 100000000);
        snprintf(labels[i], sizeof(labels[i]), "#%zu", number % 100000000);
        snprintf(message, sizeof(message), "%s of kind %c: \"%zu,90\" is not a decimal number",
                 fields[number % 5], (char)('a' + number % SHAPES / 5), number);
        changes[i] = ledger_failed(ids[i], 1, &errors[i], message);
        changes[i].label = labels[i];
        changes[i].permanent = number % 7 == 0;
        changes[i].retry_at_us = clock_wall_us() + (int64_t)(number % 1000) * 1000000;
    }
    LEDGER_OK(ledger, ledger_settle(ledger, changes, count));
}

void mass_fail(struct ledger *ledger, size_t count)
{
    for (size_t first = 0; first < count; first += BATCH)
        mass_batch(ledger, first, count - first < BATCH ? count - first : BATCH);
}

/* ---- straight into the tables ---- */

#define SCRIPT_MAX 65536

static void mass_sql(struct sqlite *db, const char *sql)
{
    struct error err = {0};
    if (!sqlite_script(db, sql, &err))
        fail_msg("%s: %s", sql, err.message);
}

/* Indexes and triggers are dropped, and made again as they were: sorting once is quicker than a
 * million insertions. */
static void mass_unhinge(struct sqlite *db, struct buffer *drop, struct buffer *restore)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct error err = {0};
    bool row = true;
    drop->max = restore->max = SCRIPT_MAX;
    if (!sqlite_prepare(db,
                        "SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = 'failures'"
                        " AND type IN ('index', 'trigger') AND sql IS NOT NULL",
                        SQL_NO_VALUES, &statement, &err))
        fail_msg("%s", err.message);
    while (sqlite_step(db, statement, &row, &err) && row) {
        buffer_append_format(drop, "DROP %s %s;", (const char *)sqlite3_column_text(statement, 0),
                             (const char *)sqlite3_column_text(statement, 1));
        buffer_append_format(restore, "%s;", (const char *)sqlite3_column_text(statement, 2));
    }
    buffer_append_char(drop, '\0');
    buffer_append_char(restore, '\0');
    assert_true(buffer_ok(drop) && buffer_ok(restore));
}

static void mass_insert(struct sqlite *db, size_t count, int64_t now_us)
{
    static const char insert[] =
        "INSERT INTO failures (source, source_id, version, label, stage, code, class, message,"
        " field, request_id, sqlstate, http_status, fingerprint, state, attempts, tries,"
        " max_attempts, first_us, last_us, next_us)"
        " WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers"
        "   WHERE i + 1 < %zu),"
        " shaped AS (SELECT i, i * 7919 %% 40 AS shape, i * 48271 %% 2592000 AS age,"
        "   CASE WHEN i %% 1000 = 0 THEN 7 WHEN i %% 1001 = 0 THEN 5 WHEN i %% 7 = 0 THEN 4"
        "   ELSE 1 END AS state FROM numbers)"
        " SELECT shape %% 3, printf('id-%%08d', i), 1, '#' || i, 'transform',"
        "   printf('OS-%%d', 2101 + shape %% 4), 'invalid_data',"
        "   printf('%%s of kind %%c: \"%%d,90\" is not a decimal number',"
        "     CASE shape %% 5 WHEN 0 THEN 'total_price' WHEN 1 THEN 'created_at'"
        "     WHEN 2 THEN 'currency' WHEN 3 THEN 'email' ELSE 'line_items' END,"
        "     char(97 + shape / 5), i),"
        "   CASE shape %% 5 WHEN 0 THEN 'total_price' ELSE '' END, '', '', 0,"
        "   printf('%%08x', 2685821657 * (shape + 1) & 4294967295), state, 1 + i %% 8, 1, 8,"
        "   %lld - age * 1000000 - 3600000000, %lld - age * 1000000,"
        "   CASE state WHEN 1 THEN %lld + i %% 1000 * 1000000 ELSE 9223372036854775807 END"
        " FROM shaped";
    struct buffer sql = {.max = SCRIPT_MAX};
    buffer_append_format(&sql, insert, count, (long long)now_us, (long long)now_us,
                         (long long)now_us);
    mass_sql(db, sql.data);
    buffer_free(&sql);
}

void mass_make(const char *state_dir, size_t count, int64_t now_us)
{
    struct error err = {0};
    struct journal *journal;
    struct sqlite db = {0};
    struct buffer drop = {0}, restore = {0};
    char path[512];
    snprintf(path, sizeof(path), "%s/journal.db", state_dir);
    if (!journal_open(state_dir, &journal, &err))
        fail_msg("%s", err.message);
    journal_close(journal);
    if (!sqlite_open(&db, path, 1000, &err))
        fail_msg("%s", err.message);
    mass_unhinge(&db, &drop, &restore);
    mass_sql(&db, "PRAGMA synchronous=OFF; PRAGMA cache_size=-65536; BEGIN");
    mass_sql(&db, drop.data);
    mass_insert(&db, count, now_us);
    mass_sql(&db, restore.data);
    mass_sql(&db, "INSERT INTO failure_totals SELECT source, state, count(*) FROM failures"
                  " GROUP BY 1, 2;"
                  "INSERT INTO failure_groups SELECT fingerprint, source, code, state, count(*)"
                  " FROM failures GROUP BY 1, 2, 3, 4;"
                  "INSERT INTO failure_text (rowid, text) SELECT id, label || char(10) || source_id"
                  " || char(10) || message || char(10) || field FROM failures;"
                  "UPDATE revision SET value = value + 1; COMMIT");
    mass_sql(&db, "PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite_close(&db);
    buffer_free(&drop);
    buffer_free(&restore);
}
