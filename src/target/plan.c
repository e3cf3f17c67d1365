/* Planning: the way of apply up to the diff, in a read-only transaction that locks nothing. */
#include <string.h>

#include "target/attach.h"
#include "target/claims.h"
#include "target/work.h"

/* A deleted order: its own row, then its children. */
static void plan_delete(struct work *work, struct item *item)
{
    static const struct order nothing;
    diff_order(&item->current, &nothing, ~0u, work->arena, &item->rows);
}

static bool plan_rows(struct work *work, struct error *err)
{
    if (!pg_script(work->target->pg, "begin isolation level repeatable read read only", err) ||
        !headers_read(work, false, err) || !attach_find(work, false, err) ||
        !customers_recognise(work, err) || !current_read(work, true, false, err))
        return false;
    customers_redact(work);
    work_recreate(work);
    work_diff(work, true);
    for (size_t i = 0; i < work->count; i++)
        if (work->items[i].verdict == VERDICT_DELETE && work->items[i].has_order)
            plan_delete(work, &work->items[i]);
    return attach_compose(work, false, err);
}

/* Cells of current rows lie in results that end here. */
static const struct row *keep_row(struct work *work, enum table_id id, const struct row *row)
{
    const struct table *table = table_get(id);
    if (row == NULL)
        return NULL;
    struct row *kept = arena_alloc(work->arena, sizeof(*kept));
    kept->cells = arena_alloc(work->arena, table->column_count * sizeof(*kept->cells));
    for (size_t i = 0; i < table->column_count; i++)
        kept->cells[i] = arena_copy(work->arena, row->cells[i]);
    return kept;
}

static void give_changes(struct work *work, struct row_changes *ret_changes)
{
    for (size_t i = 0; i < work->batch->count; i++)
        ret_changes[i] = (struct row_changes){NULL, 0, 0};
    for (size_t i = 0; i < work->count; i++)
        ret_changes[work->items[i].change - work->batch->changes] = work->items[i].rows;
    attach_give(work, ret_changes);
    for (size_t i = 0; i < work->batch->count; i++) {
        for (size_t k = 0; k < ret_changes[i].count; k++) {
            struct row_change *row = &ret_changes[i].items[k];
            row->before = keep_row(work, row->table, row->before);
            row->after = keep_row(work, row->table, row->after);
        }
    }
}

/* What an application of the plan has to find again. */
static void give_expectation(const struct item *item)
{
    struct change *change = item->change;
    change->expect = (struct expectation){.present = true,
                                          .version = change->document.version,
                                          .digest = change->digest,
                                          .known = item->header.known,
                                          .target_version = item->header.version,
                                          .target_digest = item->header.digest,
                                          .order_version = item->current_version};
}

bool target_plan(struct target *target, struct batch *batch, struct row_changes *ret_changes,
                 struct error *err)
{
    struct work work;
    work_init(&work, target, batch);
    bool ok = target_tune(target, err) && plan_rows(&work, err);
    if (ok) {
        work_settle(&work);
        ok = claims_plan(&work, err) && pg_script(target->pg, "commit", err);
    }
    if (ok) {
        give_changes(&work, ret_changes);
        for (size_t i = 0; i < work.count; i++)
            give_expectation(&work.items[i]);
    } else {
        pg_rollback(target->pg);
    }
    work_free(&work);
    return ok;
}
