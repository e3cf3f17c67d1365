/* Current rows against wanted rows: a merge walk by row_key_compare(), table by table. */
#include "model/diff.h"

#include <string.h>

/* ---- who may write what ---- */

struct diff_scope {
    const struct table *table;
    unsigned writers;
    int source_column; /* of order_fulfillments, else -1 */
    struct arena *arena;
    struct row_changes *changes;
};

static unsigned diff_source_owner(struct str source)
{
    static const struct {
        const char *name;
        unsigned owner;
    } owners[] = {
        {"shopify", OWNER_SHOPIFY},
        {"firestore", OWNER_SHOPIFY},
        {"stripe", OWNER_STRIPE},
        {"printful", OWNER_PRINTFUL},
    };
    for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
        if (str_equal(source, str_from(owners[i].name)))
            return owners[i].owner;
    }
    return 0;
}

/* Rows of a table that several sources share belong to the source they name. */
static bool diff_is_mine(const struct diff_scope *scope, const struct row *row)
{
    return scope->source_column < 0 ||
           (diff_source_owner(row->cells[scope->source_column]) & scope->writers) != 0;
}

/* Rows come and go with the document the order came from, or, where sources share a table, with the
 * one they name. Others only fill columns of theirs: a Printful document must not delete an order's
 * line items by not having any. */
static bool diff_owns_rows(const struct diff_scope *scope)
{
    return scope->source_column >= 0 || (scope->writers & OWNER_ORIGIN) != 0;
}

/* ---- changes ---- */

static struct row_change *diff_add(const struct diff_scope *scope, enum row_change_kind kind,
                                   const struct row *before, const struct row *after)
{
    struct row_changes *changes = scope->changes;
    if (changes->count == changes->cap) {
        size_t cap = changes->cap == 0 ? 16 : changes->cap * 2;
        struct row_change *items = arena_alloc(scope->arena, cap * sizeof(*items));
        if (changes->count > 0)
            memcpy(items, changes->items, changes->count * sizeof(*items));
        changes->items = items;
        changes->cap = cap;
    }
    struct row_change *change = &changes->items[changes->count++];
    *change = (struct row_change){
        .kind = kind, .table = scope->table->id, .before = before, .after = after};
    return change;
}

static void diff_update(const struct diff_scope *scope, const struct row *before,
                        const struct row *after)
{
    unsigned compared = scope->writers | OWNER_DERIVED;
    struct row_change *change = NULL;
    for (size_t i = scope->table->key_count; i < scope->table->column_count; i++) {
        if ((scope->table->columns[i].owners & compared) == 0 ||
            str_equal(before->cells[i], after->cells[i]))
            continue;
        if (change == NULL)
            change = diff_add(scope, ROW_UPDATE, before, after);
        change->changed[i / 64] |= UINT64_C(1) << (i % 64);
    }
}

/* Pointers to the rows of a list that this writer may touch, sorted by key as the list is. */
static const struct row **diff_rows(const struct diff_scope *scope, const struct order *order,
                                    size_t *ret_count)
{
    const struct row_list *list = order == NULL ? NULL : &order->tables[scope->table->id];
    size_t count = 0, all = list == NULL ? 0 : list->count;
    const struct row **rows = arena_alloc(scope->arena, all * sizeof(*rows));
    for (size_t i = 0; i < all; i++) {
        if (diff_is_mine(scope, &list->rows[i]))
            rows[count++] = &list->rows[i];
    }
    *ret_count = count;
    return rows;
}

static void diff_table(const struct diff_scope *scope, const struct order *current,
                       const struct order *wanted)
{
    size_t old_count, new_count, old_at = 0, new_at = 0;
    const struct row **old_rows = diff_rows(scope, current, &old_count);
    const struct row **new_rows = diff_rows(scope, wanted, &new_count);
    while (old_at < old_count || new_at < new_count) {
        int order = old_at == old_count ? 1
                    : new_at == new_count
                        ? -1
                        : row_key_compare(scope->table, old_rows[old_at], new_rows[new_at]);
        const struct row *before = order <= 0 ? old_rows[old_at++] : NULL;
        const struct row *after = order >= 0 ? new_rows[new_at++] : NULL;
        if (order == 0)
            diff_update(scope, before, after);
        else if (diff_owns_rows(scope))
            diff_add(scope, order < 0 ? ROW_DELETE : ROW_INSERT, before, after);
    }
}

void diff_order(const struct order *current, const struct order *wanted, unsigned writers,
                struct arena *arena, struct row_changes *changes)
{
    for (int id = 0; id < TABLE_COUNT; id++) {
        struct diff_scope scope = {.table = table_get((enum table_id)id),
                                   .writers = writers,
                                   .source_column = -1,
                                   .arena = arena,
                                   .changes = changes};
        if (id == TABLE_FULFILLMENTS)
            scope.source_column = table_column(scope.table, "source");
        diff_table(&scope, current, wanted);
    }
}
