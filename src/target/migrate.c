/* Migrations of a target. Every step is a transaction of its own that takes the lock, looks at what
 * is there, and does one thing: whoever is killed leaves whole steps, and of two at once the second
 * finds the work done. */
#include "config.h"

#include "target/migrate.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "model/table.h"
#include "target/migration.h"
#include "target/pg.h"
#include "target/sql.h"
#include "target/target_private.h"

struct migrator {
    struct pg *pg;
    struct arena *arena;
    const struct migration *known;
    size_t known_count;
    struct migration_row *rows; /* what the target records */
    size_t row_count;
};

/* ---- what is there ---- */

static bool migrate_read_rows(struct migrator *migrator, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {0};
    if (!pg_query(migrator->pg, sql_text("migration_list"), NULL, 0, &rows, err))
        return false;
    migrator->row_count = (size_t)rows.count;
    migrator->rows = arena_zero(migrator->arena, migrator->row_count * sizeof(migrator->rows[0]));
    for (int i = 0; i < rows.count; i++) {
        migrator->rows[i] = (struct migration_row){
            .number = (int)pg_cell_int(&rows, i, 0),
            .name = arena_copy(migrator->arena, pg_cell(&rows, i, 1)),
            .checksum = arena_copy(migrator->arena, pg_cell(&rows, i, 2)),
            .applied_at_us = pg_cell_int(&rows, i, 3),
        };
    }
    return true;
}

/* *ret_ours false: nothing of ours is there yet, and nothing of anybody else. */
static bool migrate_look(struct migrator *migrator, bool *ret_ours, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {0};
    if (!pg_query(migrator->pg, sql_text("migration_place"), NULL, 0, &rows, err))
        return false;
    struct str place = pg_cell(&rows, 0, 0);
    if (str_equal(place, STR("foreign")))
        return error_set(err, ERROR_MIGRATION_COLLISION,
                         "schema ordersync exists in the target and is not ordersync's own (%.*s)",
                         STR_ARG(pg_cell(&rows, 0, 1)));
    *ret_ours = str_equal(place, STR("ours"));
    return !*ret_ours || migrate_read_rows(migrator, err);
}

/* ---- one step ---- */

/* "already exists", of a relation, a function, a type, a column ... */
static bool migrate_is_collision(const struct error *err)
{
    static const char *const states[] = {"42P07", "42710", "42723", "42P06", "42701"};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (strcmp(err->sqlstate, states[i]) == 0)
            return true;
    }
    return false;
}

static bool migrate_apply(struct migrator *migrator, const struct migration *migration,
                          struct error *err)
{
    char number[16];
    snprintf(number, sizeof(number), "%d", migration->number);
    const char *values[] = {number, migration->name, migration->checksum, PACKAGE_VERSION};
    struct error failed = {0};
    if (pg_script(migrator->pg, migration->sql, &failed) &&
        pg_query(migrator->pg, sql_text("migration_record"), values, 4, NULL, &failed))
        return true;
    if (migrate_is_collision(&failed))
        failed.id = ERROR_MIGRATION_COLLISION;
    if (err != NULL)
        *err = failed;
    return error_prefix(err, "migration %d (%s)", migration->number, migration->name);
}

/* ---- mapping_columns ---- */

static void migrate_append_column(struct buffer *json, const struct table *table,
                                  const struct column *column)
{
    const char *separator = "";
    buffer_append_text(json, "{\"table_name\":");
    text_append_json(json, str_from(table->name));
    buffer_append_text(json, ",\"column_name\":");
    text_append_json(json, str_from(column->name));
    buffer_append_text(json, ",\"column_type\":");
    text_append_json(json, str_from(column_type_name(column->type)));
    buffer_append_text(json, ",\"owners\":[");
    for (unsigned owner = 1; owner <= OWNER_LOCAL; owner <<= 1) {
        if ((column->owners & owner) == 0)
            continue;
        buffer_append_text(json, separator);
        text_append_json(json, str_from(owner_name((enum owner)owner)));
        separator = ",";
    }
    buffer_append_format(json,
                         "],\"personal\":%s,\"comment\":", column->personal ? "true" : "false");
    text_append_json(json, str_from(column->comment));
    buffer_append_char(json, '}');
}

static void migrate_mapping_json(struct buffer *json)
{
    const char *separator = "[";
    for (int id = 0; id < TABLE_COUNT; id++) {
        const struct table *table = table_get((enum table_id)id);
        for (size_t i = 0; i < table->column_count; i++) {
            buffer_append_text(json, separator);
            migrate_append_column(json, table, &table->columns[i]);
            separator = ",";
        }
    }
    buffer_append_char(json, ']');
}

/* The audit reads the personal marks from the target, which therefore holds this program's table.
 */
static bool migrate_mapping(struct migrator *migrator, struct error *err)
{
    struct buffer json = {.max = 4u << 20};
    struct pg_rows rows PG_ROWS_AUTO = {0};
    migrate_mapping_json(&json);
    const char *values[] = {json.data};
    bool ok = pg_query(migrator->pg, sql_text("mapping_differs"), values, 1, &rows, err);
    if (ok && pg_cell_bool(&rows, 0, 0))
        ok = pg_query(migrator->pg, sql_text("mapping_clear"), NULL, 0, NULL, err) &&
             pg_query(migrator->pg, sql_text("mapping_write"), values, 1, NULL, err) &&
             pg_query(migrator->pg, sql_text("mapping_comment"), NULL, 0, NULL, err);
    buffer_free(&json);
    return ok;
}

/* ---- run ---- */

/* In its transaction, under the lock. *ret_done when nothing was left to do but the mapping. */
static bool migrate_locked_step(struct migrator *migrator, bool *ret_done, struct error *err)
{
    bool ours = false;
    size_t next = 0;
    if (!pg_query(migrator->pg, sql_text("migration_lock"), NULL, 0, NULL, err) ||
        !migrate_look(migrator, &ours, err))
        return false;
    if (!ours && !pg_script(migrator->pg, sql_text("migration_prepare"), err))
        return false;
    if (!ours)
        migrator->row_count = 0;
    if (!migration_check(migrator->known, migrator->known_count, migrator->rows,
                         migrator->row_count, &next, err))
        return false;
    *ret_done = next == migrator->known_count;
    if (!*ret_done)
        return migrate_apply(migrator, &migrator->known[next], err);
    return migrate_mapping(migrator, err);
}

static bool migrate_step(struct migrator *migrator, bool *ret_done, struct error *err)
{
    if (!pg_script(migrator->pg, sql_text("migration_begin"), err))
        return false;
    if (!migrate_locked_step(migrator, ret_done, err)) {
        pg_rollback(migrator->pg);
        return false;
    }
    return pg_script(migrator->pg, "commit", err);
}

bool migrate_run(struct target *target, int *ret_applied, struct error *err)
{
    struct arena arena = {0};
    struct migrator migrator = {.pg = target->pg, .arena = &arena};
    int applied = 0;
    bool done = false, ok;
    migrator.known = migration_list(sql_files, &arena, &migrator.known_count);
    while ((ok = migrate_step(&migrator, &done, err)) && !done)
        applied++;
    arena_free(&arena);
    if (ok)
        *ret_applied = applied;
    return ok;
}

/* ---- status ---- */

static const struct migration *migrate_known(const struct migrator *migrator, int number)
{
    for (size_t i = 0; i < migrator->known_count; i++) {
        if (migrator->known[i].number == number)
            return &migrator->known[i];
    }
    return NULL;
}

static struct migration_status migrate_row_status(const struct migrator *migrator,
                                                  const struct migration_row *row)
{
    const struct migration *known = migrate_known(migrator, row->number);
    struct migration_status status = {
        .number = row->number,
        .applied = true,
        .applied_at_us = row->applied_at_us,
        .checksum_matches = known != NULL && str_equal(row->checksum, str_from(known->checksum)),
    };
    snprintf(status.name, sizeof(status.name), "%.*s", STR_ARG(row->name));
    return status;
}

static bool migrate_is_applied(const struct migrator *migrator, int number)
{
    for (size_t i = 0; i < migrator->row_count; i++) {
        if (migrator->rows[i].number == number)
            return true;
    }
    return false;
}

bool migrate_status(struct target *target, struct arena *arena, struct migration_status **ret_list,
                    size_t *ret_count, struct error *err)
{
    struct migrator migrator = {.pg = target->pg, .arena = arena};
    bool ours = false;
    size_t count = 0;
    migrator.known = migration_list(sql_files, arena, &migrator.known_count);
    if (!migrate_look(&migrator, &ours, err))
        return false;
    struct migration_status *list =
        arena_zero(arena, (migrator.row_count + migrator.known_count) * sizeof(*list));
    for (size_t i = 0; i < migrator.row_count; i++)
        list[count++] = migrate_row_status(&migrator, &migrator.rows[i]);
    for (size_t i = 0; i < migrator.known_count; i++) {
        if (migrate_is_applied(&migrator, migrator.known[i].number))
            continue;
        struct migration_status *status = &list[count++];
        *status = (struct migration_status){.number = migrator.known[i].number,
                                            .applied_at_us = TIME_NONE,
                                            .checksum_matches = true};
        memcpy(status->name, migrator.known[i].name, sizeof(status->name));
    }
    *ret_list = list;
    *ret_count = count;
    return true;
}
