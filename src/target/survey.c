/* Walking the names of what is live. */
#include "target/survey.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "target/arrays.h"
#include "target/sql.h"
#include "target/target_private.h"

static bool give_page(const struct pg_rows *rows, target_live_fn *each, void *context,
                      struct error *err)
{
    for (int row = 0; row < rows->count; row++) {
        const struct live_document document = {.source_id = pg_cell(rows, row, 0),
                                               .version = pg_cell_int(rows, row, 1)};
        if (!each(context, &document, err))
            return false;
    }
    return true;
}

static bool walk(struct target *target, target_live_fn *each, void *context, struct error *err)
{
    for (;;) {
        struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
        if (!pg_query(target->pg, sql_text("survey_fetch"), NULL, 0, &rows, err) ||
            !give_page(&rows, each, context, err))
            return false;
        if (rows.count == 0)
            return true;
    }
}

/* A cursor, because only a "C" order is the order of bytes, and the primary key may have another:
 * then the server sorts once, on its own disk. */
bool target_each_live(struct target *target, enum source_kind source, int64_t created_since_ns,
                      target_live_fn *each, void *context, struct error *err)
{
    char since[24];
    bool all = created_since_ns == TIME_NONE;
    snprintf(since, sizeof(since), "%" PRId64, created_since_ns / 1000);
    const char *const values[] = {source_kind_name(source), all ? NULL : since};
    bool done = pg_script(target->pg, sql_text("survey_begin"), err) &&
                pg_query(target->pg, sql_text("survey_declare"), values, 2, NULL, err) &&
                walk(target, each, context, err) && pg_script(target->pg, "commit", err);
    if (!done)
        pg_rollback(target->pg);
    return done;
}

bool target_count_live(struct target *target, enum source_kind source, uint64_t *ret_count,
                       struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    const char *const values[] = {source_kind_name(source)};
    if (!pg_query(target->pg, sql_text("survey_count"), values, 1, &rows, err))
        return false;
    *ret_count = (uint64_t)pg_cell_int(&rows, 0, 0);
    return true;
}

bool target_find_live(struct target *target, enum source_kind source, const char *const *ids,
                      size_t count, bool *ret_live, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    arrays_init(&arrays, 1);
    for (size_t i = 0; i < count; i++) {
        arrays_add(&arrays, str_from(ids[i]));
        ret_live[i] = false;
    }
    if (count == 0)
        return true;
    const char *const values[] = {source_kind_name(source), arrays_values(&arrays)[0]};
    if (!pg_query(target->pg, sql_text("survey_find"), values, 2, &rows, err))
        return false;
    for (int row = 0; row < rows.count; row++) {
        int64_t place = pg_cell_int(&rows, row, 0);
        if (place >= 1 && place <= (int64_t)count)
            ret_live[place - 1] = true;
    }
    return true;
}
