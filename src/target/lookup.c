/* Read-only questions about one document. */
#include "target/lookup.h"

#include <stdio.h>

#include "base/clock.h"
#include "target/sql.h"
#include "target/target_private.h"

/* ---- rows ---- */

static size_t count_cells(const struct pg_call *calls, size_t *ret_rows)
{
    size_t cells = 0;
    *ret_rows = 0;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        size_t room = LOOKUP_MAX_ROWS - *ret_rows;
        size_t rows = (size_t)calls[i].rows.count < room ? (size_t)calls[i].rows.count : room;
        cells += rows * (size_t)pg_columns(&calls[i].rows);
        *ret_rows += rows;
    }
    return cells;
}

static struct target_cell make_cell(const struct table *table, const struct pg_rows *rows, int row,
                                    int column, struct arena *arena)
{
    size_t index = (size_t)column;
    bool own = index < table->column_count;
    return (struct target_cell){
        .table = table->name,
        .row = (unsigned)row,
        .column = own ? table->columns[index].name
                      : statements_extra_name((enum order_extra)(index - table->column_count)),
        .value = arena_copy(arena, pg_cell(rows, row, column)),
        .personal = own && table->columns[index].personal};
}

static size_t give_cells(const struct pg_call *calls, struct arena *arena,
                         struct target_cell *cells, size_t max)
{
    size_t count = 0;
    for (enum table_id id = 0; id < TABLE_COUNT; id++) {
        const struct pg_rows *rows = &calls[id].rows;
        for (int row = 0; row < rows->count; row++)
            for (int column = 0; column < pg_columns(rows) && count < max; column++)
                cells[count++] = make_cell(table_get(id), rows, row, column, arena);
    }
    return count;
}

bool target_read_rows(struct target *target, enum source_kind source, struct str source_id,
                      struct arena *arena, struct target_cell **ret_cells, size_t *ret_count,
                      bool *ret_found, struct error *err)
{
    struct pg_call calls[TABLE_COUNT];
    const char *const values[] = {source_kind_name(source), arena_copy(arena, source_id).data};
    size_t rows = 0;
    for (enum table_id id = 0; id < TABLE_COUNT; id++) {
        const struct statement *show = &target->statements->tables[id].show;
        calls[id] =
            (struct pg_call){.name = show->name, .sql = show->sql, .values = values, .count = 2};
    }
    if (!pg_pipeline(target->pg, calls, TABLE_COUNT, err))
        return false;
    size_t cells = count_cells(calls, &rows);
    *ret_cells = arena_alloc(arena, cells * sizeof(**ret_cells));
    *ret_count = give_cells(calls, arena, *ret_cells, cells);
    *ret_found = calls[TABLE_ORDERS].rows.count > 0;
    for (size_t i = 0; i < TABLE_COUNT; i++)
        pg_rows_free(&calls[i].rows);
    return true;
}

/* ---- the document ---- */

bool target_read_document(struct target *target, enum source_kind source, struct str source_id,
                          struct arena *arena, struct target_document *ret_document,
                          bool *ret_found, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    const char *const values[] = {source_kind_name(source), arena_copy(arena, source_id).data};
    if (!pg_call(target->pg, "read_document", sql_text("read_document"), values, 2, &rows, err))
        return false;
    *ret_found = rows.count > 0;
    if (rows.count == 0)
        return true;
    bool deleted = pg_cell(&rows, 0, 8).data != NULL;
    *ret_document =
        (struct target_document){.document = arena_copy(arena, pg_cell(&rows, 0, 0)),
                                 .loss = arena_copy(arena, pg_cell(&rows, 0, 1)),
                                 .order_id = arena_copy(arena, pg_cell(&rows, 0, 2)),
                                 .api_shape = arena_copy(arena, pg_cell(&rows, 0, 3)),
                                 .digest = arena_copy(arena, pg_cell(&rows, 0, 4)),
                                 .version = pg_cell_int(&rows, 0, 5),
                                 .observed_us = pg_cell_int(&rows, 0, 6),
                                 .mapping_version = pg_cell_int(&rows, 0, 7),
                                 .deleted = deleted,
                                 .deleted_us = deleted ? pg_cell_int(&rows, 0, 8) : TIME_NONE};
    return true;
}

/* ---- the audit ---- */

bool target_read_timeline(struct target *target, enum source_kind source, struct str source_id,
                          struct arena *arena, struct target_event **ret_events, size_t *ret_count,
                          bool *ret_found, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    char limit[16];
    snprintf(limit, sizeof(limit), "%d", LOOKUP_MAX_EVENTS);
    const char *const values[] = {source_kind_name(source), arena_copy(arena, source_id).data,
                                  limit};
    if (!pg_call(target->pg, "read_timeline", sql_text("read_timeline"), values, 3, &rows, err))
        return false;
    struct target_event *events = arena_alloc(arena, (size_t)rows.count * sizeof(*events));
    for (int row = 0; row < rows.count; row++)
        events[row] =
            (struct target_event){.at_us = pg_cell_int(&rows, row, 0),
                                  .table = arena_copy(arena, pg_cell(&rows, row, 1)).data,
                                  .action = arena_copy(arena, pg_cell(&rows, row, 2)).data,
                                  .actor = arena_copy(arena, pg_cell(&rows, row, 3)).data,
                                  .detail = arena_copy(arena, pg_cell(&rows, row, 4)),
                                  .version = pg_cell_int(&rows, row, 5)};
    *ret_events = events;
    *ret_count = (size_t)rows.count;
    *ret_found = rows.count > 0;
    return true;
}
