/* Current rows of the orders of a batch: all tables in one round trip, cells in the results' own
 * memory. */
#include "target/work.h"

#include <stdlib.h>
#include <string.h>

#include "target/arrays.h"

struct wanted {
    struct item **items; /* sorted by order_id_text */
    size_t count;
};

/* What a plan saw is compared with what is there, so that is read. */
static bool is_wanted(const struct item *item, bool all, bool lock)
{
    bool expected = item->change->expect.present;
    if (item->attached)
        return false;
    switch (item->verdict) {
    case VERDICT_CHANGE:
        return true;
    case VERDICT_CREATE:
        return all || expected;
    case VERDICT_DELETE:
    case VERDICT_HOLD:
        return !lock || expected;
    case VERDICT_STALE:
    case VERDICT_UNCHANGED:
    case VERDICT_RAISE:
    case VERDICT_ABSENT:
    case VERDICT_MOVED:
        break;
    }
    return false;
}

static int compare_item(const void *left, const void *right)
{
    const struct item *a = *(struct item *const *)left;
    const struct item *b = *(struct item *const *)right;
    return strcmp(a->change->order.order_id_text, b->change->order.order_id_text);
}

static int compare_key(const void *key, const void *element)
{
    const struct item *item = *(struct item *const *)element;
    return strcmp(key, item->change->order.order_id_text);
}

static struct wanted find_wanted(struct work *work, bool all, bool lock)
{
    struct wanted wanted = {.items = arena_alloc(work->arena, work->count * sizeof(struct item *))};
    for (size_t i = 0; i < work->count; i++)
        if (is_wanted(&work->items[i], all, lock))
            wanted.items[wanted.count++] = &work->items[i];
    if (wanted.count > 0)
        qsort(wanted.items, wanted.count, sizeof(struct item *), compare_item);
    return wanted;
}

static struct item *find_item(const struct wanted *wanted, struct str order_id)
{
    struct item **found =
        bsearch(order_id.data, wanted->items, wanted->count, sizeof(struct item *), compare_key);
    return found == NULL ? NULL : *found;
}

static void take_extras(struct item *item, const struct pg_rows *rows, int row, int first)
{
    struct str origin = pg_cell(rows, row, first + EXTRA_LINK_ORIGIN);
    item->has_order = true;
    item->current_version = pg_cell_int(rows, row, first + EXTRA_VERSION);
    item->old_customer = pg_cell(rows, row, first + EXTRA_CUSTOMER_ID);
    item->manual = str_equal(origin, STR("manual"));
}

static void take_rows(struct work *work, const struct wanted *wanted, enum table_id id)
{
    const struct table *table = table_get(id);
    const struct pg_rows *rows = &work->current[id];
    for (int r = 0; r < rows->count; r++) {
        struct item *item = find_item(wanted, pg_cell(rows, r, 0));
        if (item == NULL)
            continue;
        struct row *row = row_list_add(table, &item->current.tables[id], work->arena);
        for (size_t k = 0; k < table->column_count; k++)
            row->cells[k] = pg_cell(rows, r, (int)k);
        if (id == TABLE_ORDERS)
            take_extras(item, rows, r, (int)table->column_count);
    }
    for (size_t i = 0; i < wanted->count; i++)
        row_list_sort(table, &wanted->items[i]->current.tables[id]);
}

bool current_read(struct work *work, bool all, bool lock, struct error *err)
{
    struct pg_call calls[TABLE_COUNT];
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct wanted wanted = find_wanted(work, all, lock);
    if (wanted.count == 0)
        return true;
    arrays_init(&arrays, 1);
    for (size_t i = 0; i < wanted.count; i++)
        arrays_add(&arrays, str_from(wanted.items[i]->change->order.order_id_text));
    const char *const *values = arrays_values(&arrays);
    for (enum table_id id = 0; id < TABLE_COUNT; id++) {
        const struct table_statements *made = &work->target->statements->tables[id];
        const struct statement *statement = id == TABLE_ORDERS && lock ? &made->lock : &made->read;
        calls[id] = (struct pg_call){
            .name = statement->name, .sql = statement->sql, .values = values, .count = 1};
    }
    if (!pg_pipeline(work->target->pg, calls, TABLE_COUNT, err))
        return false;
    for (enum table_id id = 0; id < TABLE_COUNT; id++) {
        work->current[id] = calls[id].rows;
        take_rows(work, &wanted, id);
    }
    for (size_t i = 0; i < wanted.count; i++)
        wanted.items[i]->current.order_id = wanted.items[i]->change->order.order_id;
    return true;
}
