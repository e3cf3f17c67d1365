/* Stored documents, streamed in key order. */
#include "target/target_private.h"

#include <stdio.h>

#include "base/clock.h"
#include "target/sql.h"

/* Documents have 1 MiB at most: a page is bounded by 64 MiB, and 300 KiB in practice. */
#define PAGE_ROWS "64"

static int64_t cell_ns(const struct pg_rows *rows, int row, int column)
{
    return pg_cell(rows, row, column).data == NULL ? TIME_NONE
                                                   : pg_cell_int(rows, row, column) * 1000;
}

/* An unknown source is another program's row: not ours to project. */
static bool give_document(const struct pg_rows *rows, int row, target_document_fn *each,
                          void *context, struct error *err)
{
    struct stored_document stored = {.source_id = pg_cell(rows, row, 1),
                                     .version = pg_cell_int(rows, row, 2),
                                     .observed_ns = cell_ns(rows, row, 3),
                                     .create_ns = cell_ns(rows, row, 4),
                                     .update_ns = cell_ns(rows, row, 5),
                                     .document = pg_cell(rows, row, 6),
                                     .loss = pg_cell(rows, row, 7)};
    if (!source_kind_parse(pg_cell(rows, row, 0).data, &stored.source))
        return true;
    return each(context, &stored, err);
}

bool target_each_document(struct target *target, int older_than_mapping, target_document_fn *each,
                          void *context, struct error *err)
{
    char older[16];
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    const char *values[] = {older, "", "", PAGE_ROWS};
    snprintf(older, sizeof(older), "%d", older_than_mapping);
    if (!target_tune(target, err))
        return false;
    for (;;) {
        struct pg_rows page = {NULL, 0};
        if (!pg_call(target->pg, "page_documents", sql_text("page_documents"), values, 4, &page,
                     err))
            return false;
        /* The old page holds the cursor's text until here. */
        pg_rows_free(&rows);
        rows = page;
        for (int row = 0; row < rows.count; row++)
            if (!give_document(&rows, row, each, context, err))
                return false;
        if (rows.count == 0)
            return true;
        values[1] = pg_cell(&rows, rows.count - 1, 0).data;
        values[2] = pg_cell(&rows, rows.count - 1, 1).data;
    }
}
