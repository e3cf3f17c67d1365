/* The sales of attached documents. The rows are attach_rows.c's. */
#include "target/attach.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/redact.h"
#include "target/arrays.h"
#include "target/attach_rows.h"
#include "target/sql.h"

bool attach_is_for(enum source_kind source)
{
    return source == SOURCE_PRINTFUL;
}

static bool is_live(const struct item *item)
{
    return item->attached && !item->change->document.deleted;
}

bool attach_is_loose(const struct item *item)
{
    return is_live(item) && item->change->order.order_id_text[0] == '\0' &&
           (item->verdict == VERDICT_CREATE || item->verdict == VERDICT_CHANGE ||
            item->verdict == VERDICT_UNCHANGED);
}

/* ---- finding ---- */

static bool is_sought(const struct item *item, bool locked)
{
    bool ours = !locked || !item->header.known || item->header.locked;
    return is_live(item) && ours &&
           (item->verdict == VERDICT_CREATE || item->verdict == VERDICT_CHANGE ||
            item->verdict == VERDICT_UNCHANGED);
}

static void ask_for(const struct item *item, struct arrays *arrays)
{
    const struct attachment *attachment = &item->change->attachment;
    const char *held = item->header.order_id;
    char link[16];
    snprintf(link, sizeof(link), "%d", (int)attachment->link);
    arrays_add(arrays, str_from(link));
    arrays_add(arrays, attachment->reference);
    arrays_add(arrays, attachment->metadata_key);
    arrays_add(arrays, held[0] == '\0' ? STR_NULL : str_from(held));
}

static void take_sale(struct item *item, const struct pg_rows *rows, int row)
{
    struct order *order = &item->change->order;
    STR_FILL(order->order_id_text, pg_cell(rows, row, 1).data);
    item->erased = pg_cell_bool(rows, row, 2);
}

/* What this plan has written already stays as it is. */
static void raise_relinked(struct item *item)
{
    bool done = item->change->expect.present && item->header.mine;
    if (item->verdict == VERDICT_UNCHANGED && !done &&
        strcmp(item->header.order_id, item->change->order.order_id_text) != 0)
        item->verdict = VERDICT_CHANGE;
}

bool attach_find(struct work *work, bool locked, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    size_t *asked = arena_alloc(work->arena, work->count * sizeof(*asked));
    arrays_init(&arrays, 4);
    for (size_t i = 0; i < work->count; i++) {
        struct item *item = &work->items[i];
        if (item->attached && (item->change->document.deleted || is_sought(item, locked)))
            item->change->order.order_id_text[0] = '\0';
        if (!is_sought(item, locked) || item->change->attachment.reference.data == NULL)
            continue;
        asked[arrays.rows] = i;
        ask_for(item, &arrays);
    }
    if (arrays.rows > 0 && !pg_call(work->target->pg, "find_sales", sql_text("find_sales"),
                                    arrays_values(&arrays), 4, &rows, err))
        return false;
    for (int row = 0; row < rows.count; row++)
        take_sale(&work->items[asked[pg_cell_int(&rows, row, 0) - 1]], &rows, row);
    for (size_t i = 0; i < work->count; i++)
        if (is_sought(&work->items[i], locked))
            raise_relinked(&work->items[i]);
    return true;
}

/* ---- the sales ---- */

/* A document whose rows come, change or go. */
static bool touches_sale(const struct item *item)
{
    return item->attached && (item->verdict == VERDICT_CREATE || item->verdict == VERDICT_CHANGE ||
                              item->verdict == VERDICT_DELETE);
}

static int compare_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Ids of the sales that documents join or leave, sorted, each once. */
static size_t collect_ids(const struct work *work, const char **ids)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < work->count; i++) {
        const struct item *item = &work->items[i];
        if (!touches_sale(item))
            continue;
        if (item->change->order.order_id_text[0] != '\0')
            ids[count++] = item->change->order.order_id_text;
        if (item->header.order_id[0] != '\0')
            ids[count++] = item->header.order_id;
    }
    if (count > 0)
        qsort(ids, count, sizeof(*ids), compare_text);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(ids[kept - 1], ids[i]) != 0)
            ids[kept++] = ids[i];
    return kept;
}

/* An item as if a document of the sale had changed. */
static void make_sale(struct item *item, const char *id, struct arena *arena)
{
    struct change *change = arena_zero(arena, sizeof(*change));
    change->document.source = SOURCE_PRINTFUL;
    STR_FILL(change->order.order_id_text, id);
    *item = (struct item){.change = change, .verdict = VERDICT_CHANGE};
    item->header.known = true;
}

static bool read_sales(struct work *work, bool lock, struct error *err)
{
    const char **ids = arena_alloc(work->arena, 2 * work->count * sizeof(*ids));
    size_t count = collect_ids(work, ids);
    struct work *sales = arena_zero(work->arena, sizeof(*sales));
    if (count == 0)
        return true;
    *sales = (struct work){.target = work->target, .batch = work->batch, .arena = work->arena};
    sales->items = arena_zero(work->arena, count * sizeof(*sales->items));
    sales->count = count;
    for (size_t i = 0; i < count; i++)
        make_sale(&sales->items[i], ids[i], work->arena);
    work->sales = sales;
    return current_read(sales, true, lock, err);
}

static struct item *find_sale(const struct work *work, const char *id)
{
    size_t low = 0, high = work->sales == NULL ? 0 : work->sales->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct item *sale = &work->sales->items[middle];
        int order = strcmp(id, sale->change->order.order_id_text);
        if (order == 0)
            return sale->has_order ? sale : NULL;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* A sale that was deleted since it was found is none. */
static void take_versions(struct work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        struct item *item = &work->items[i];
        if (!touches_sale(item))
            continue;
        const struct item *sale = find_sale(work, item->change->order.order_id_text);
        if (sale == NULL)
            item->change->order.order_id_text[0] = '\0';
        /* A delete has no sale any more, but its plan saw the one it leaves. */
        if (sale == NULL && item->change->document.deleted)
            sale = find_sale(work, item->header.order_id);
        item->current_version = sale == NULL ? 0 : sale->current_version;
    }
}

static void compose_sale(struct work *work, struct item *sale)
{
    const char *id = sale->change->order.order_id_text;
    struct attach_part *parts = arena_alloc(work->arena, work->count * sizeof(*parts));
    struct order wanted;
    size_t count = 0;
    for (size_t i = 0; i < work->count; i++) {
        const struct item *item = &work->items[i];
        bool stays = strcmp(item->change->order.order_id_text, id) == 0;
        if (touches_sale(item) && (stays || strcmp(item->header.order_id, id) == 0))
            parts[count++] = (struct attach_part){item->change, stays};
    }
    attach_rows_want(&sale->current, parts, count, work->arena, &wanted);
    memcpy(sale->change->order.tables, wanted.tables, sizeof(wanted.tables));
    attach_rows_diff(&sale->current, &wanted, work->arena, &sale->rows);
    sale->customer = sale->old_customer;
}

bool attach_compose(struct work *work, bool lock, struct error *err)
{
    if (!read_sales(work, lock, err))
        return false;
    take_versions(work);
    if (!work_check_expected(work, true, err))
        return false;
    for (size_t i = 0; i < work->count; i++)
        if (touches_sale(&work->items[i]) && work->items[i].erased)
            redact_change(work->items[i].change, work->arena);
    for (size_t i = 0; work->sales != NULL && i < work->sales->count; i++)
        if (work->sales->items[i].has_order)
            compose_sale(work, &work->sales->items[i]);
    return true;
}

bool attach_write(struct work *work, struct error *err)
{
    bool attached = false;
    bool inserted = false;
    for (size_t i = 0; i < work->count; i++) {
        attached = attached || work->items[i].attached;
        inserted = inserted || item_is_new(&work->items[i]);
    }
    if (!attached)
        return true;
    if (!attach_find(work, true, err) || !attach_compose(work, true, err))
        return false;
    if (work->sales == NULL)
        return true;
    /* What is added to a sale is audited row by row, also when the batch made that sale. */
    return (!inserted || pg_script(work->target->pg, "set local ordersync.new_orders = ''", err)) &&
           orders_write(work->sales, err);
}

void attach_keep(struct item *item, struct arena *arena)
{
    attach_rows_keep(&item->current, &item->change->order, arena);
}

/* ---- a plan ---- */

/* The document a row comes from or goes with; what is the sale's own goes to the first one. */
static size_t find_giver(const struct work *work, const char *id, const struct row_change *row)
{
    const struct row *known = row->after != NULL ? row->after : row->before;
    struct str parent = row->table == TABLE_FULFILLMENTS ? attach_rows_parent(known) : STR_NULL;
    size_t first = SIZE_MAX;
    for (size_t i = work->count; i-- > 0;) {
        const struct item *item = &work->items[i];
        if (!touches_sale(item) || (strcmp(item->change->order.order_id_text, id) != 0 &&
                                    strcmp(item->header.order_id, id) != 0))
            continue;
        if (parent.data != NULL && str_equal(parent, item->change->document.id))
            return i;
        first = i;
    }
    return first;
}

static void give_row(struct work *work, size_t giver, const struct row_change *row,
                     struct row_changes *ret_changes)
{
    struct row_changes *changes = &ret_changes[work->items[giver].change - work->batch->changes];
    if (changes->count == changes->cap) {
        size_t cap = changes->cap == 0 ? 8 : 2 * changes->cap;
        struct row_change *items = arena_alloc(work->arena, cap * sizeof(*items));
        if (changes->count > 0)
            memcpy(items, changes->items, changes->count * sizeof(*items));
        changes->items = items;
        changes->cap = cap;
    }
    changes->items[changes->count++] = *row;
}

void attach_give(struct work *work, struct row_changes *ret_changes)
{
    for (size_t i = 0; work->sales != NULL && i < work->sales->count; i++) {
        const struct item *sale = &work->sales->items[i];
        for (size_t k = 0; k < sale->rows.count; k++) {
            const struct row_change *row = &sale->rows.items[k];
            size_t giver = find_giver(work, sale->change->order.order_id_text, row);
            if (giver != SIZE_MAX)
                give_row(work, giver, row, ret_changes);
        }
    }
}
