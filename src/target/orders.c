/* Writing order rows: new orders by COPY, changed rows set-wise, deletions. The order's own row is
 * written before its children, so that the audit of those carries the order's new version. */
#include "target/work.h"

#include "target/arrays.h"
#include "target/copy.h"
#include "target/sql.h"

/* ---- deletions ---- */

bool orders_delete(struct work *work, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    size_t *asked = arena_alloc(work->arena, work->count * sizeof(*asked));
    arrays_init(&arrays, 2);
    for (size_t i = 0; i < work->count; i++) {
        const struct change *change = work->items[i].change;
        if (work->items[i].verdict != VERDICT_DELETE || work->items[i].attached)
            continue;
        asked[arrays.rows] = i;
        arrays_add(&arrays, str_from(source_kind_name(change->document.source)));
        arrays_add(&arrays, str_from(change->order.order_id_text));
    }
    if (arrays.rows == 0)
        return true;
    if (!pg_call(work->target->pg, "delete_orders", sql_text("delete_orders"),
                 arrays_values(&arrays), 2, &rows, err))
        return false;
    for (int row = 0; row < rows.count; row++) {
        struct item *item = &work->items[asked[pg_cell_int(&rows, row, 0) - 1]];
        item->has_order = true;
        item->old_customer = arena_copy(work->arena, pg_cell(&rows, row, 1));
    }
    return true;
}

/* ---- changed rows ---- */

/* Whether anything of the order differs, so that its own row, and with it the version, moves. */
static bool item_changes(const struct item *item)
{
    return item_is_compared(item) && (item->rows.count > 0 || item_is_relinked(item));
}

static void add_owned(struct arrays *arrays, const struct table *table, const struct row *row,
                      unsigned owners)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (i < table->key_count || statements_updates(table, i, owners))
            arrays_add(arrays, row->cells[i]);
}

static size_t count_owned(const struct table *table, unsigned owners)
{
    size_t count = table->key_count;
    for (size_t i = 0; i < table->column_count; i++)
        count += statements_updates(table, i, owners);
    return count;
}

static bool flush(struct work *work, const struct statement *statement, struct arrays *arrays,
                  struct error *err)
{
    bool ok = arrays->rows == 0 || pg_call(work->target->pg, statement->name, statement->sql,
                                           arrays_values(arrays), (int)arrays->count, NULL, err);
    arrays_clear(arrays);
    return ok;
}

/* Each changed order's own row exactly once, even when only children differ: one change is one
 * version. */
static bool update_orders(struct work *work, enum source_kind source, struct error *err)
{
    const struct table *table = table_get(TABLE_ORDERS);
    const struct statement *update = &work->target->statements->tables[TABLE_ORDERS].update[source];
    unsigned owners = statements_owners(source);
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    arrays_init(&arrays, count_owned(table, owners) + 1);
    for (size_t i = 0; i < work->count; i++) {
        const struct item *item = &work->items[i];
        if (item->change->document.source != source || !item_changes(item))
            continue;
        add_owned(&arrays, table, &item->change->order.tables[TABLE_ORDERS].rows[0], owners);
        arrays_add(&arrays, item->customer);
        if (arrays_full(&arrays) && !flush(work, update, &arrays, err))
            return false;
    }
    return flush(work, update, &arrays, err);
}

static bool remove_children(struct work *work, enum table_id id, struct error *err)
{
    const struct table *table = table_get(id);
    const struct statement *remove = &work->target->statements->tables[id].remove;
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    arrays_init(&arrays, table->key_count);
    for (size_t i = 0; i < work->count; i++) {
        const struct row_changes *rows = &work->items[i].rows;
        for (size_t k = 0; k < rows->count; k++) {
            if (rows->items[k].table != id || rows->items[k].kind != ROW_DELETE)
                continue;
            for (size_t c = 0; c < table->key_count; c++)
                arrays_add(&arrays, rows->items[k].before->cells[c]);
        }
        if (arrays_full(&arrays) && !flush(work, remove, &arrays, err))
            return false;
    }
    return flush(work, remove, &arrays, err);
}

static bool update_children(struct work *work, enum table_id id, enum source_kind source,
                            struct error *err)
{
    const struct table *table = table_get(id);
    const struct statement *update = &work->target->statements->tables[id].update[source];
    unsigned owners = statements_owners(source);
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    if (update->sql == NULL)
        return true;
    arrays_init(&arrays, count_owned(table, owners));
    for (size_t i = 0; i < work->count; i++) {
        const struct item *item = &work->items[i];
        if (item->change->document.source != source)
            continue;
        for (size_t k = 0; k < item->rows.count; k++) {
            const struct row_change *row = &item->rows.items[k];
            if (row->table == id && row->kind == ROW_UPDATE)
                add_owned(&arrays, table, row->after, owners);
        }
        if (arrays_full(&arrays) && !flush(work, update, &arrays, err))
            return false;
    }
    return flush(work, update, &arrays, err);
}

/* ---- COPY ---- */

static void copy_order_extras(struct copy *copy, const struct item *item, struct arena *arena)
{
    long long version = (long long)item->header.order_version + 1;
    const struct str extras[EXTRA_COUNT] = {
        [EXTRA_CUSTOMER_ID] = item->customer,
        [EXTRA_LINK_ORIGIN] = item->customer.data == NULL ? STR_NULL : STR("auto"),
        [EXTRA_VERSION] = version == 1 ? STR("1") : arena_format(arena, "%lld", version)};
    copy_cells(copy, extras, EXTRA_COUNT);
}

static bool copy_row(struct work *work, struct copy *copy, const struct item *item,
                     enum table_id id, const struct row *row, struct error *err)
{
    const struct table *table = table_get(id);
    copy_cells(copy, row->cells, table->column_count);
    if (id == TABLE_ORDERS)
        copy_order_extras(copy, item, work->arena);
    return copy_end_row(copy, err);
}

/* Rows of one item that this pass inserts: those of a new order, or those new to a compared one. */
static bool copy_item(struct work *work, struct copy *copy, const struct item *item,
                      enum table_id id, bool *started, struct error *err)
{
    const char *sql = work->target->statements->tables[id].copy.sql;
    for (size_t k = 0; k < item->rows.count; k++) {
        const struct row_change *row = &item->rows.items[k];
        if (row->table != id || row->kind != ROW_INSERT)
            continue;
        if (!*started && !copy_start(copy, sql, err))
            return false;
        *started = true;
        if (!copy_row(work, copy, item, id, row->after, err))
            return false;
    }
    return true;
}

static bool copy_list(struct work *work, struct copy *copy, const struct item *item,
                      enum table_id id, bool *started, struct error *err)
{
    const struct row_list *list = &item->change->order.tables[id];
    const char *sql = work->target->statements->tables[id].copy.sql;
    if (list->count > 0 && !*started) {
        if (!copy_start(copy, sql, err))
            return false;
        *started = true;
    }
    for (size_t k = 0; k < list->count; k++)
        if (!copy_row(work, copy, item, id, &list->rows[k], err))
            return false;
    return true;
}

static bool copy_table(struct work *work, struct copy *copy, enum table_id id, bool new_orders,
                       struct error *err)
{
    bool started = false;
    for (size_t i = 0; i < work->count; i++) {
        const struct item *item = &work->items[i];
        bool mine = new_orders ? item_is_new(item) : item_is_compared(item);
        if (mine && !(new_orders ? copy_list(work, copy, item, id, &started, err)
                                 : copy_item(work, copy, item, id, &started, err)))
            return false;
    }
    return !started || copy_finish(copy, err);
}

static bool copy_tables(struct work *work, bool new_orders, struct error *err)
{
    struct copy copy = {.pg = work->target->pg};
    bool ok = true;
    for (enum table_id id = 0; id < TABLE_COUNT && ok; id++)
        ok = copy_table(work, &copy, id, new_orders, err);
    copy_free(&copy);
    return ok;
}

bool orders_write(struct work *work, struct error *err)
{
    size_t compared = 0;
    for (size_t i = 0; i < work->count; i++)
        compared += item_is_compared(&work->items[i]);
    if (compared == 0)
        return true;
    for (enum source_kind source = 0; source < SOURCE_COUNT; source++)
        if (!update_orders(work, source, err))
            return false;
    for (enum table_id id = TABLE_ORDERS + 1; id < TABLE_COUNT; id++) {
        if (!remove_children(work, id, err))
            return false;
        for (enum source_kind source = 0; source < SOURCE_COUNT; source++)
            if (!update_children(work, id, source, err))
                return false;
    }
    return copy_tables(work, false, err);
}

bool orders_insert(struct work *work, struct error *err)
{
    size_t created = 0;
    for (size_t i = 0; i < work->count; i++)
        created += item_is_new(&work->items[i]);
    if (created == 0)
        return true;
    /* The audit of children stays silent: the order's own row covers them. */
    return pg_script(work->target->pg, "set local ordersync.new_orders = 'on'", err) &&
           copy_tables(work, true, err);
}
