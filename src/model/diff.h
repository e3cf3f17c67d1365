/* Current rows against wanted rows of one order: what must be written. Plan and apply share it. */
#ifndef ORDERSYNC_MODEL_DIFF_H
#define ORDERSYNC_MODEL_DIFF_H

#include "model/order.h"

enum row_change_kind { ROW_INSERT, ROW_UPDATE, ROW_DELETE };

struct row_change {
    enum row_change_kind kind;
    enum table_id table;
    const struct row *before;                        /* NULL for insert */
    const struct row *after;                         /* NULL for delete */
    uint64_t changed[(TABLE_MAX_COLUMNS + 63) / 64]; /* bit per column, for update */
};
struct row_changes {
    struct row_change *items;
    size_t count;
    size_t cap;
};
static inline bool row_change_has(const struct row_change *change, size_t column)
{
    return (change->changed[column / 64] >> (column % 64)) & 1;
}

/* `writers` is the set of owners (enum owner) this writer may act as: only their columns (and
 * derived ones) are compared; rows of order_fulfillments whose source column is another's are left
 * alone; rows of the other tables are inserted and deleted by an OWNER_ORIGIN alone. Both sides'
 * lists are sorted by row_key_compare(); `current` or `wanted` NULL: no rows. Appends to *changes,
 * rows sorted by table then key. */
void diff_order(const struct order *current, const struct order *wanted, unsigned writers,
                struct arena *arena, struct row_changes *changes);

#endif
