/* What attached documents make of a sale's rows. Pure; any thread. */
#ifndef ORDERSYNC_TARGET_ATTACH_ROWS_H
#define ORDERSYNC_TARGET_ATTACH_ROWS_H

#include "model/diff.h"

/* A document that is written, and touches the sale. */
struct attach_part {
    struct change *change;
    bool stays; /* false: it leaves the sale; its rows go */
};

/* The sale's rows as they are wanted, from the current ones: of each part the old rows go and, when
 * it stays, its own come; the status is the fold over all of Printful's orders, without any left
 * what the order's own rows say; line items are Printful's only where the sale has none of its own,
 * and then those of its lowest Printful order; when that one leaves, none until another is told.
 * Sets items_added of a part that gave an empty sale line items. Rows that do not change are shared
 * with `current`. */
void attach_rows_want(const struct order *current, const struct attach_part *parts, size_t count,
                      struct arena *arena, struct order *ret_wanted);

/* Row changes from `current` to what attach_rows_want() made of it. A changed line item is deleted
 * and inserted: no statement of Printful's updates one. */
void attach_rows_diff(const struct order *current, const struct order *wanted, struct arena *arena,
                      struct row_changes *changes);

/* Puts over `wanted`, the rows of a newer document of the order itself, what Printful says in the
 * current ones: the status, and line items where the document has none. Lists of `wanted` are
 * replaced, not changed. */
void attach_rows_keep(const struct order *current, struct order *wanted, struct arena *arena);

/* The Printful order that a row of order_fulfillments is of, NULL when it is another source's. */
struct str attach_rows_parent(const struct row *row);

#endif
