/* Questions of a look-back. */
#include "target/sales.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "target/arrays.h"
#include "target/sql.h"
#include "target/target_private.h"

static void take_ids(const struct pg_rows *rows, char ***ret_ids, size_t *ret_count)
{
    size_t count = (size_t)rows->count;
    char **ids = memory_zero(count + 1, sizeof(*ids));
    for (size_t i = 0; i < count; i++)
        ids[i] = memory_string_str(pg_cell(rows, (int)i, 0));
    *ret_ids = ids;
    *ret_count = count;
}

bool target_sessions_of_intents(struct target *target, const char *const *intents, size_t count,
                                char ***ret_ids, size_t *ret_count, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    arrays_init(&arrays, 1);
    for (size_t i = 0; i < count; i++)
        arrays_add(&arrays, str_from(intents[i]));
    if (!target_tune(target, err) ||
        !pg_call(target->pg, "sessions_of_intents", sql_text("sessions_of_intents"),
                 arrays_values(&arrays), 1, &rows, err))
        return false;
    take_ids(&rows, ret_ids, ret_count);
    return true;
}

bool target_unsettled(struct target *target, enum source_kind source, const char *after, size_t max,
                      char ***ret_ids, size_t *ret_count, struct error *err)
{
    static const char *const names[SOURCE_COUNT] = {
        [SOURCE_STRIPE] = "unsettled_stripe", [SOURCE_PRINTFUL] = "unsettled_printful"};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    char limit[24];
    const char *const values[] = {after, limit};
    snprintf(limit, sizeof(limit), "%zu", max);
    if (names[source] != NULL &&
        (!target_tune(target, err) ||
         !pg_call(target->pg, names[source], sql_text(names[source]), values, 2, &rows, err)))
        return false;
    take_ids(&rows, ret_ids, ret_count);
    return true;
}

/* The answer was made somewhere between asking and hearing: the middle is at most half the round
 * trip away from it. */
bool target_clock_offset(struct target *target, int64_t *ret_offset_us, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    int64_t before = clock_wall_us();
    int64_t started = clock_monotonic_us();
    if (!pg_call(target->pg, "clock", sql_text("clock"), NULL, 0, &rows, err))
        return false;
    *ret_offset_us = pg_cell_int(&rows, 0, 0) - before - (clock_monotonic_us() - started) / 2;
    return true;
}
