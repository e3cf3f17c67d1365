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

/* The last column of a page's last row is where the page ends. */
static const struct {
    const char *name;
    int parameters;
} statements[UNSETTLED_COUNT][SOURCE_COUNT] = {
    [UNSETTLED_OPEN] =
        {[SOURCE_STRIPE] = {"unsettled_stripe", 2}, [SOURCE_PRINTFUL] = {"unsettled_printful", 4}},
    [UNSETTLED_LISTED] = {[SOURCE_PRINTFUL] = {"listed_printful", 3}},
    [UNSETTLED_SALES] = {[SOURCE_PRINTFUL] = {"unasked_printful", 7}},
};

bool target_unsettled(struct target *target, const struct unsettled_question *question,
                      char ***ret_ids, size_t *ret_count, char **ret_after, struct error *err)
{
    const char *name = statements[question->what][question->source].name;
    bool sorted_by_time = question->what != UNSETTLED_OPEN;
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    char limit[24], link[16], since[24], from[24], most[24];
    const char *const values[] = {question->after,
                                  limit,
                                  question->what == UNSETTLED_LISTED ? from : link,
                                  question->metadata_key,
                                  since,
                                  from,
                                  most};
    snprintf(limit, sizeof(limit), "%zu", question->max);
    snprintf(link, sizeof(link), "%d", (int)question->link);
    snprintf(since, sizeof(since), "%lld", (long long)question->since_s);
    snprintf(most, sizeof(most), "%zu", question->sales_max);
    snprintf(from, sizeof(from), "%lld", (long long)question->from_s);
    if (name != NULL &&
        (!target_tune(target, err) ||
         !pg_call(target->pg, name, sql_text(name), values,
                  statements[question->what][question->source].parameters, &rows, err)))
        return false;
    take_ids(&rows, ret_ids, ret_count);
    *ret_after = NULL;
    if (rows.count > 0 && (size_t)rows.count == question->max)
        *ret_after = memory_string_str(pg_cell(&rows, rows.count - 1, sorted_by_time ? 1 : 0));
    return true;
}

bool target_printful_store(struct target *target, int64_t *ret_store, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (!target_tune(target, err) ||
        !pg_call(target->pg, "printful_store", sql_text("printful_store"), NULL, 0, &rows, err))
        return false;
    *ret_store = rows.count > 0 ? pg_cell_int(&rows, 0, 0) : 0;
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
