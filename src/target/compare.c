/* Names from a held cursor, versions by key. */
#include "target/compare.h"

#include "target/arrays.h"
#include "target/sql.h"
#include "target/target_private.h"

bool target_names_open(struct target *target, enum source_kind source, struct error *err)
{
    const char *const values[] = {source_kind_name(source)};
    return pg_query(target->pg, sql_text("names_declare"), values, 1, NULL, err);
}

bool target_names_next(struct target *target, struct arena *arena, struct str **ret_ids,
                       size_t *ret_count, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (!pg_query(target->pg, sql_text("names_fetch"), NULL, 0, &rows, err))
        return false;
    struct str *ids = arena_zero(arena, (size_t)(rows.count + 1) * sizeof(*ids));
    for (int row = 0; row < rows.count; row++)
        ids[row] = arena_copy(arena, pg_cell(&rows, row, 0));
    *ret_ids = ids;
    *ret_count = (size_t)rows.count;
    return true;
}

bool target_names_close(struct target *target, struct error *err)
{
    return pg_script(target->pg, sql_text("names_close"), err);
}

static void take_version(const struct pg_rows *rows, int row, struct arena *arena,
                         struct stored_version *version)
{
    *version = (struct stored_version){
        .known = true,
        .live = pg_cell_bool(rows, row, 2) && pg_cell_bool(rows, row, 3),
        .version = pg_cell_int(rows, row, 1),
        .digest = arena_copy(arena, pg_cell(rows, row, 4)),
    };
}

bool target_read_versions(struct target *target, enum source_kind source, const struct str *ids,
                          size_t count, struct arena *arena, struct stored_version *ret_versions,
                          struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (count == 0)
        return true;
    arrays_init(&arrays, 1);
    for (size_t i = 0; i < count; i++) {
        arrays_add(&arrays, ids[i]);
        ret_versions[i] = (struct stored_version){.known = false};
    }
    const char *const values[] = {source_kind_name(source), arrays_values(&arrays)[0]};
    if (!target_tune(target, err) ||
        !pg_call(target->pg, "read_versions", sql_text("read_versions"), values, 2, &rows, err))
        return false;
    for (int row = 0; row < rows.count; row++) {
        int64_t place = pg_cell_int(&rows, row, 0);
        if (place >= 1 && place <= (int64_t)count)
            take_version(&rows, row, arena, &ret_versions[place - 1]);
    }
    return true;
}
