/* The target: session, actor, schema and origin checks, fence. Applying is in apply.c, planning in
 * plan.c. */
#include "target/target_private.h"

#include <stdio.h>
#include <string.h>

#include "target/drift.h"
#include "target/sql.h"

static const struct target_actor nobody = {"", "", "", "", "", ""};

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

bool target_open(const struct target_options *options, struct target **ret_target,
                 struct error *err)
{
    const struct pg_options session = {.database_url = options->database_url,
                                       .application_name = options->application_name,
                                       .connect_timeout_s = options->connect_timeout_s,
                                       .statement_timeout_s = options->statement_timeout_s,
                                       .read_only = options->read_only};
    struct pg *pg = NULL;
    if (!pg_open(&session, &pg, err))
        return false;
    struct target *target = memory_zero(1, sizeof(*target));
    target->pg = pg;
    target->actor = nobody;
    target->read_only = options->read_only;
    target->statements = statements_new();
    *ret_target = target;
    return true;
}

void target_close(struct target *target)
{
    if (target == NULL)
        return;
    pg_close(target->pg);
    statements_free(target->statements);
    drift_memory_free(target->drift);
    free(target);
}

bool target_is_broken(const struct target *target)
{
    return pg_is_broken(target->pg);
}

bool target_look(struct target *target)
{
    return pg_look(target->pg);
}

bool target_reopen(struct target *target, struct error *err)
{
    target->tuned = false;
    return pg_reopen(target->pg, err);
}

void target_interrupt(struct target *target)
{
    pg_interrupt(target->pg);
}

void target_set_actor(struct target *target, const struct target_actor *actor)
{
    target->actor = (struct target_actor){.journal_id = or_empty(actor->journal_id),
                                          .run_id = or_empty(actor->run_id),
                                          .plan_id = or_empty(actor->plan_id),
                                          .command_id = or_empty(actor->command_id),
                                          .operator_name = or_empty(actor->operator_name),
                                          .origin = or_empty(actor->origin)};
}

bool target_tune(struct target *target, struct error *err)
{
    if (!target->tuned)
        target->tuned = pg_script(
            target->pg,
            "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; "
            "set plan_cache_mode = force_generic_plan; "
            "select set_config(name, 'lz4', false) from pg_settings "
            "where name = 'default_toast_compression' and 'lz4' = any (enumvals)",
            err);
    return target->tuned;
}

/* ---- schema ---- */

/* The highest number of the compiled-in migrations; their names begin with it. */
static int64_t newest_migration(void)
{
    static const char folder[] = "migrations/";
    int64_t newest = 0;
    for (const struct sql_file *file = sql_files; file->name != NULL; file++) {
        if (strncmp(file->name, folder, sizeof(folder) - 1) != 0)
            continue;
        int64_t number = strtoll(file->name + sizeof(folder) - 1, NULL, 10);
        newest = number > newest ? number : newest;
    }
    return newest;
}

bool target_check_schema(struct target *target, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    struct error why = {0};
    if (!pg_call(target->pg, "schema_version", sql_text("schema_version"), NULL, 0, &rows, &why)) {
        if (why.id == ERROR_TARGET_SCHEMA)
            return error_set(err, ERROR_TARGET_SCHEMA,
                             "the target has no schema ordersync: run `ordersync migrate`");
        if (err != NULL)
            *err = why;
        return false;
    }
    int64_t applied = pg_cell_int(&rows, 0, 0);
    int64_t newest = newest_migration();
    if (applied < newest)
        return error_set(
            err, ERROR_TARGET_SCHEMA,
            "the target's schema is at migration %lld of %lld: run `ordersync migrate`",
            (long long)applied, (long long)newest);
    if (applied > newest)
        return error_set(err, ERROR_TARGET_SCHEMA,
                         "the target's schema is at migration %lld, this ordersync knows %lld: use "
                         "the newer ordersync",
                         (long long)applied, (long long)newest);
    return true;
}

bool target_check_origin(struct target *target, enum source_kind source, const char *identity,
                         struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    const char *const values[] = {source_kind_name(source), identity};
    if (!pg_call(target->pg, "read_origin", sql_text("read_origin"), values, 1, &rows, err))
        return false;
    if (rows.count == 0 && !target->read_only) {
        pg_rows_free(&rows);
        if (!pg_call(target->pg, "bind_origin", sql_text("bind_origin"), values, 2, NULL, err) ||
            !pg_call(target->pg, "read_origin", sql_text("read_origin"), values, 1, &rows, err))
            return false;
    }
    if (rows.count == 0 || str_equal(pg_cell(&rows, 0, 0), str_from(identity)))
        return true;
    return error_set(err, ERROR_TARGET_ORIGIN, "the target is fed by %s %s, not by %s",
                     source_kind_name(source), pg_cell(&rows, 0, 0).data, identity);
}

/* ---- fence ---- */

bool target_read_fence(struct target *target, const char *journal_id, int writer, int64_t *ret_seq,
                       struct error *err)
{
    char number[16];
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    snprintf(number, sizeof(number), "%d", writer);
    const char *const values[] = {journal_id, number};
    if (!pg_call(target->pg, "read_fence", sql_text("read_fence"), values, 2, &rows, err))
        return false;
    *ret_seq = rows.count == 0 ? 0 : pg_cell_int(&rows, 0, 0);
    return true;
}
