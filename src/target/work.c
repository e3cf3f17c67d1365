/* Coalescing, and small questions about a batch. */
#include "target/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/arrays.h"
#include "target/attach.h"
#include "target/sql.h"

static int compare_document(const struct change *a, const struct change *b)
{
    if (a->document.source != b->document.source)
        return a->document.source < b->document.source ? -1 : 1;
    return str_compare(a->document.id, b->document.id);
}

static int compare_change(const void *left, const void *right)
{
    const struct change *a = *(const struct change *const *)left;
    const struct change *b = *(const struct change *const *)right;
    int order = compare_document(a, b);
    if (order != 0)
        return order;
    /* The preferred one first. */
    return (int)guard_newer(b, a) - (int)guard_newer(a, b);
}

static void hold_stub(struct change *change)
{
    change->outcome = OUTCOME_HELD;
    error_set(&change->error, ERROR_TARGET_STUB,
              "the document holds an id alone, which is not an order");
}

static void hold(struct change *change)
{
    if (change->hold == ERROR_NONE) {
        hold_stub(change);
        return;
    }
    change->outcome = OUTCOME_HELD;
    error_set(&change->error, change->hold, "gone in the source; kept here until somebody decides");
}

static void settle_older(struct change *change, const struct change *kept)
{
    bool same = change->document.version == kept->document.version &&
                change->document.deleted == kept->document.deleted;
    if (change->stub && !kept->stub && change->document.version > kept->document.version)
        hold_stub(change);
    else
        change->outcome = same ? OUTCOME_UNCHANGED : OUTCOME_STALE;
}

void work_init(struct work *work, struct target *target, struct batch *batch)
{
    struct change **sorted = arena_alloc(batch->arena, batch->count * sizeof(struct change *));
    *work = (struct work){.target = target, .batch = batch, .arena = batch->arena};
    work->items = arena_zero(batch->arena, batch->count * sizeof(*work->items));
    work->reviews = arena_zero(batch->arena, 2 * batch->count * sizeof(*work->reviews));
    for (size_t i = 0; i < batch->count; i++)
        sorted[i] = &batch->changes[i];
    qsort(sorted, batch->count, sizeof(*sorted), compare_change);
    for (size_t i = 0; i < batch->count; i++) {
        const struct change *last = work->count == 0 ? NULL : work->items[work->count - 1].change;
        if (last != NULL && compare_document(last, sorted[i]) == 0)
            settle_older(sorted[i], last);
        else
            work->items[work->count++] =
                (struct item){.change = sorted[i],
                              .given = sorted[i]->order,
                              .attached = attach_is_for(sorted[i]->document.source)};
    }
}

void work_free(struct work *work)
{
    if (work->sales != NULL)
        work_free(work->sales);
    work->sales = NULL;
    for (enum table_id id = 0; id < TABLE_COUNT; id++)
        pg_rows_free(&work->current[id]);
}

void work_reset(struct work *work)
{
    work_free(work);
    work->review_count = 0;
    work->newcomer_count = 0;
    work->overtaken = false;
    for (size_t i = 0; i < work->count; i++) {
        struct item *item = &work->items[i];
        item->change->order = item->given;
        item->change->items_added = 0;
        *item =
            (struct item){.change = item->change, .given = item->given, .attached = item->attached};
    }
}

size_t work_count(const struct work *work, enum verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < work->count; i++)
        count += work->items[i].verdict == verdict;
    return count;
}

void work_recreate(struct work *work)
{
    for (size_t i = 0; i < work->count; i++)
        if (work->items[i].verdict == VERDICT_CHANGE && item_makes_order(&work->items[i]) &&
            !work->items[i].has_order)
            work->items[i].verdict = VERDICT_CREATE;
}

/* ---- what a plan saw of the orders ---- */

static bool is_in_question(const struct item *item, bool attached)
{
    return item->change->expect.present && item->attached == attached &&
           (item_is_written(item) || item->verdict == VERDICT_HOLD) &&
           item->current_version != item->change->expect.order_version;
}

bool work_check_expected(struct work *work, bool attached, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    const char *plan = work->target->actor.plan_id;
    char version[24];
    size_t *asked = arena_alloc(work->arena, work->count * sizeof(*asked));
    arrays_init(&arrays, 2);
    for (size_t i = 0; i < work->count; i++) {
        struct item *item = &work->items[i];
        if (!is_in_question(item, attached))
            continue;
        if (plan[0] == '\0' || item->current_version < item->change->expect.order_version) {
            item->verdict = VERDICT_MOVED;
            continue;
        }
        asked[arrays.rows] = i;
        snprintf(version, sizeof(version), "%lld", (long long)item->change->expect.order_version);
        arrays_add(&arrays, str_from(item->change->order.order_id_text));
        arrays_add(&arrays, str_from(version));
    }
    if (arrays.rows == 0)
        return true;
    const char *const *columns = arrays_values(&arrays);
    const char *const values[] = {columns[0], columns[1], plan};
    if (!pg_call(work->target->pg, "find_moved", sql_text("find_moved"), values, 3, &rows, err))
        return false;
    for (int row = 0; row < rows.count; row++)
        work->items[asked[pg_cell_int(&rows, row, 0) - 1]].verdict = VERDICT_MOVED;
    return true;
}

/* ---- row changes ---- */

void work_diff(struct work *work, bool all)
{
    for (size_t i = 0; i < work->count; i++) {
        struct item *item = &work->items[i];
        if (item_is_compared(item))
            attach_keep(item, work->arena);
        if (item_is_compared(item) || (all && item_is_new(item)))
            diff_order(&item->current, &item->change->order,
                       statements_owners(item->change->document.source), work->arena, &item->rows);
        if (item->rechecked && item_is_compared(item) && item->rows.count == 0 &&
            !item_is_relinked(item))
            item->verdict = VERDICT_UNCHANGED;
    }
}

void work_settle(struct work *work)
{
    static const enum outcome outcomes[] = {
        [VERDICT_STALE] = OUTCOME_STALE,     [VERDICT_UNCHANGED] = OUTCOME_UNCHANGED,
        [VERDICT_HOLD] = OUTCOME_HELD,       [VERDICT_CREATE] = OUTCOME_CREATED,
        [VERDICT_CHANGE] = OUTCOME_UPDATED,  [VERDICT_DELETE] = OUTCOME_DELETED,
        [VERDICT_RAISE] = OUTCOME_UNCHANGED, [VERDICT_ABSENT] = OUTCOME_ABSENT,
        [VERDICT_MOVED] = OUTCOME_MOVED};
    for (size_t i = 0; i < work->count; i++) {
        struct item *item = &work->items[i];
        /* An order that had rows but no document: compared, not made. */
        bool compared = item->verdict == VERDICT_CREATE && item->has_order;
        item->change->outcome = compared                ? OUTCOME_UPDATED
                                : attach_is_loose(item) ? OUTCOME_UNATTACHED
                                                        : outcomes[item->verdict];
        if (item->verdict == VERDICT_HOLD)
            hold(item->change);
    }
}
