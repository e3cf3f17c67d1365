/* Current rows against wanted rows of one order: what must be written. Plan and apply share it. */
#ifndef ORDERSYNC_MODEL_DIFF_H
#define ORDERSYNC_MODEL_DIFF_H

#include "model/order.h"

enum row_change_kind { ROW_INSERT, ROW_UPDATE, ROW_DELETE };

struct row_change {
    enum row_change_kind kind;
    enum table_id table;
    const struct row *before; /* NULL for insert */
    const struct row *after;  /* NULL for delete */
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

/* Key order of two rows of a table: whole numbers by value, everything else by bytes. Sorting with it spares
 * diff_order() the work; it sorts what is not. */
int row_compare_key(const struct table *table, const struct row *a, const struct row *b);

/* `writers` is the set of owners (enum owner) this writer may act as: only their columns are compared, and rows of
 * order_fulfillments whose source column is another's are left alone, as is every table in which no column is one of its
 * writers'. `current` or `wanted` NULL: no rows. Appends to *changes, rows sorted by
 * table then key. */
void diff_order(const struct order *current, const struct order *wanted, unsigned writers,
                struct arena *arena, struct row_changes *changes);

#endif
