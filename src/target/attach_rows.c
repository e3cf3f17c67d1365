/* Rows of a sale and its Printful orders. Of order_fulfillments, Printful's row at position 0 is
 * the Printful order itself, the others are its shipments; parent_id says whose. */
#include "target/attach_rows.h"

#include <string.h>

#include "model/sale.h"
#include "model/transform.h"

struct columns {
    size_t order_status;
    size_t source;
    size_t position;
    size_t status;
    size_t parent;
    size_t source_line;
    size_t supplier;
};

static size_t find(enum table_id table, const char *name)
{
    return (size_t)table_column(table_get(table), name);
}

static struct columns find_columns(void)
{
    return (struct columns){.order_status = find(TABLE_ORDERS, "status"),
                            .source = find(TABLE_FULFILLMENTS, "source"),
                            .position = find(TABLE_FULFILLMENTS, "position"),
                            .status = find(TABLE_FULFILLMENTS, "status"),
                            .parent = find(TABLE_FULFILLMENTS, "parent_id"),
                            .source_line = find(TABLE_LINE_ITEMS, "source_line_id"),
                            .supplier = find(TABLE_LINE_ITEMS, "supplier")};
}

static bool is_printful(const struct columns *at, const struct row *row)
{
    return str_equal(row->cells[at->source], STR("printful"));
}

static bool is_header(const struct columns *at, const struct row *row)
{
    return is_printful(at, row) && str_equal(row->cells[at->position], STR("0"));
}

/* An item without an id names its supplier alone. */
static bool is_printful_item(const struct columns *at, const struct row *row)
{
    struct str id = row->cells[at->source_line];
    size_t len = sizeof(PARCEL_LINE_PREFIX) - 1;
    if (id.data == NULL)
        return str_equal(row->cells[at->supplier], STR(PARCEL_SUPPLIER));
    return id.len >= len && memcmp(id.data, PARCEL_LINE_PREFIX, len) == 0;
}

struct str attach_rows_parent(const struct row *row)
{
    struct columns at = find_columns();
    return is_printful(&at, row) ? row->cells[at.parent] : STR_NULL;
}

/* ---- making rows ---- */

static struct row *add_copy(const struct table *table, struct row_list *list, const struct row *row,
                            struct arena *arena)
{
    struct row *copy = row_list_add(table, list, arena);
    memcpy(copy->cells, row->cells, table->column_count * sizeof(*row->cells));
    return copy;
}

static void set_status(const struct columns *at, struct order *order, struct str status,
                       struct arena *arena)
{
    struct row_list list = {NULL, 0, 0};
    if (order->tables[TABLE_ORDERS].count == 0)
        return;
    struct row *row =
        add_copy(table_get(TABLE_ORDERS), &list, &order->tables[TABLE_ORDERS].rows[0], arena);
    row->cells[at->order_status] = status;
    order->tables[TABLE_ORDERS] = list;
}

/* *ret_status: what Printful's orders together say. False: the sale has none. */
static bool fold_status(const struct columns *at, const struct row_list *fulfillments,
                        struct arena *arena, struct str *ret_status)
{
    enum sale_status *statuses = arena_alloc(arena, fulfillments->count * sizeof(*statuses));
    size_t count = 0;
    bool known;
    for (size_t i = 0; i < fulfillments->count; i++)
        if (is_header(at, &fulfillments->rows[i]))
            statuses[count++] = printful_status(fulfillments->rows[i].cells[at->status], &known);
    if (count > 0)
        *ret_status = str_from(sale_status_name(sale_fold(statuses, count)));
    return count > 0;
}

/* ---- fulfillments ---- */

static const struct attach_part *find_part(const struct attach_part *parts, size_t count,
                                           struct str id)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(parts[i].change->document.id, id))
            return &parts[i];
    return NULL;
}

static void add_fulfillments(const struct columns *at, const struct change *change,
                             struct str order_id, struct row_list *list, struct arena *arena)
{
    const struct table *table = table_get(TABLE_FULFILLMENTS);
    const struct row_list *given = &change->order.tables[TABLE_FULFILLMENTS];
    for (size_t i = 0; i < given->count; i++) {
        struct row *row = add_copy(table, list, &given->rows[i], arena);
        row->cells[0] = order_id;
        row->cells[at->parent] = change->document.id;
    }
}

static struct row_list want_fulfillments(const struct columns *at, const struct order *current,
                                         const struct attach_part *parts, size_t count,
                                         struct arena *arena)
{
    const struct table *table = table_get(TABLE_FULFILLMENTS);
    const struct row_list *old = &current->tables[TABLE_FULFILLMENTS];
    struct row_list list = {NULL, 0, 0};
    for (size_t i = 0; i < old->count; i++)
        if (!is_printful(at, &old->rows[i]) ||
            find_part(parts, count, old->rows[i].cells[at->parent]) == NULL)
            add_copy(table, &list, &old->rows[i], arena);
    for (size_t i = 0; i < count; i++)
        if (parts[i].stays)
            add_fulfillments(at, parts[i].change, current->tables[TABLE_ORDERS].rows[0].cells[0],
                             &list, arena);
    row_list_sort(table, &list);
    return list;
}

/* ---- line items ---- */

/* Ids are numbers as text, without leading zeros. */
static bool is_lower(struct str a, struct str b)
{
    return a.len != b.len ? a.len < b.len : str_compare(a, b) < 0;
}

static struct str lowest_parent(const struct columns *at, const struct row_list *fulfillments)
{
    struct str lowest = STR_NULL;
    for (size_t i = 0; i < fulfillments->count; i++) {
        const struct row *row = &fulfillments->rows[i];
        if (is_header(at, row) && (lowest.data == NULL || is_lower(row->cells[at->parent], lowest)))
            lowest = row->cells[at->parent];
    }
    return lowest;
}

static const struct attach_part *lowest_with_items(const struct attach_part *parts, size_t count)
{
    const struct attach_part *lowest = NULL;
    for (size_t i = 0; i < count; i++)
        if (parts[i].stays && parts[i].change->order.tables[TABLE_LINE_ITEMS].count > 0 &&
            (lowest == NULL || is_lower(parts[i].change->document.id, lowest->change->document.id)))
            lowest = &parts[i];
    return lowest;
}

static struct row_list take_items(const struct change *change, struct str order_id,
                                  struct arena *arena)
{
    const struct table *table = table_get(TABLE_LINE_ITEMS);
    const struct row_list *given = &change->order.tables[TABLE_LINE_ITEMS];
    struct row_list list = {NULL, 0, 0};
    for (size_t i = 0; i < given->count; i++)
        add_copy(table, &list, &given->rows[i], arena)->cells[0] = order_id;
    row_list_sort(table, &list);
    return list;
}

/* Each of the sale's Printful orders is among the parts: then nothing of their lines is unknown. */
static bool all_are_told(const struct columns *at, const struct row_list *fulfillments,
                         const struct attach_part *parts, size_t count)
{
    for (size_t i = 0; i < fulfillments->count; i++)
        if (is_header(at, &fulfillments->rows[i]) &&
            find_part(parts, count, fulfillments->rows[i].cells[at->parent]) == NULL)
            return false;
    return true;
}

static bool has_line(const struct columns *at, const struct row_list *items, struct str id)
{
    bool has = false;
    for (size_t i = 0; id.data != NULL && i < items->count && !has; i++)
        has = str_equal(items->rows[i].cells[at->source_line], id);
    return has;
}

/* These lines are of a part that leaves. */
static bool giver_leaves(const struct columns *at, const struct row_list *items,
                         const struct attach_part *parts, size_t count)
{
    for (size_t i = 0; items->count > 0 && i < count; i++)
        if (!parts[i].stays && has_line(at, &parts[i].change->order.tables[TABLE_LINE_ITEMS],
                                        items->rows[0].cells[at->source_line]))
            return true;
    return false;
}

/* After the fulfillments. What one of several Printful orders gave stays until a lower one comes,
 * so that the order of their arrival does not matter; or it leaves, or all of them are told. */
static void want_items(const struct columns *at, const struct order *current,
                       const struct attach_part *parts, size_t count, struct arena *arena,
                       struct order *wanted)
{
    const struct row_list *old = &current->tables[TABLE_LINE_ITEMS];
    const struct row_list *fulfillments = &wanted->tables[TABLE_FULFILLMENTS];
    struct str lowest = lowest_parent(at, fulfillments);
    const struct attach_part *part = lowest_with_items(parts, count);
    for (size_t i = 0; i < old->count; i++)
        if (!is_printful_item(at, &old->rows[i]))
            return;
    bool known = all_are_told(at, fulfillments, parts, count);
    if (!known && !giver_leaves(at, old, parts, count) &&
        (part == NULL || (old->count > 0 && !str_equal(part->change->document.id, lowest))))
        return;
    wanted->tables[TABLE_LINE_ITEMS] = (struct row_list){NULL, 0, 0};
    if (part == NULL)
        return;
    wanted->tables[TABLE_LINE_ITEMS] =
        take_items(part->change, current->tables[TABLE_ORDERS].rows[0].cells[0], arena);
    if (old->count == 0)
        part->change->items_added = wanted->tables[TABLE_LINE_ITEMS].count;
}

/* ---- the sale ---- */

void attach_rows_want(const struct order *current, const struct attach_part *parts, size_t count,
                      struct arena *arena, struct order *ret_wanted)
{
    struct columns at = find_columns();
    struct str status;
    *ret_wanted = *current;
    ret_wanted->tables[TABLE_FULFILLMENTS] = want_fulfillments(&at, current, parts, count, arena);
    if (!fold_status(&at, &ret_wanted->tables[TABLE_FULFILLMENTS], arena, &status))
        status = order_own_status(ret_wanted);
    set_status(&at, ret_wanted, status, arena);
    want_items(&at, current, parts, count, arena, ret_wanted);
}

void attach_rows_diff(const struct order *current, const struct order *wanted, struct arena *arena,
                      struct row_changes *changes)
{
    struct row_changes found = {NULL, 0, 0};
    diff_order(current, wanted, OWNER_PRINTFUL | OWNER_ORIGIN, arena, &found);
    *changes =
        (struct row_changes){.items = arena_alloc(arena, 2 * found.count * sizeof(*changes->items)),
                             .cap = 2 * found.count};
    for (size_t i = 0; i < found.count; i++) {
        struct row_change change = found.items[i];
        if (change.table != TABLE_LINE_ITEMS || change.kind != ROW_UPDATE) {
            changes->items[changes->count++] = change;
            continue;
        }
        changes->items[changes->count++] =
            (struct row_change){.kind = ROW_DELETE, .table = change.table, .before = change.before};
        changes->items[changes->count++] =
            (struct row_change){.kind = ROW_INSERT, .table = change.table, .after = change.after};
    }
}

void attach_rows_keep(const struct order *current, struct order *wanted, struct arena *arena)
{
    struct columns at = find_columns();
    const struct row_list *items = &current->tables[TABLE_LINE_ITEMS];
    struct str status;
    if (!fold_status(&at, &current->tables[TABLE_FULFILLMENTS], arena, &status))
        return;
    set_status(&at, wanted, status, arena);
    if (wanted->tables[TABLE_LINE_ITEMS].count == 0 && items->count > 0 &&
        is_printful_item(&at, &items->rows[0]))
        wanted->tables[TABLE_LINE_ITEMS] = *items;
}
