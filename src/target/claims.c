/* Claims are orders.shop_order_id of the rows that a batch writes. */
#include "target/claims.h"

#include "target/arrays.h"
#include "target/sql.h"

static struct str claimed_id(const struct item *item)
{
    int column = table_column(table_get(TABLE_ORDERS), "shop_order_id");
    const struct row_list *rows = &item->change->order.tables[TABLE_ORDERS];
    bool claims = item_makes_order(item) && column >= 0 && rows->count > 0;
    return claims ? rows->rows[0].cells[column] : STR_NULL;
}

static bool fail_claimed(const struct item *item, const char *origin, const char *origin_id,
                         struct error *err)
{
    const struct document *document = &item->change->document;
    error_set(err, ERROR_TARGET_CLAIMED, "documents %s/%.*s and %s/%s claim one Shopify order",
              source_kind_name(document->source), STR_ARG(document->id), origin, origin_id);
    return error_field(err, "id");
}

/* Claims of others than the batch's own orders: place in *ret_asked - 1 and the document. */
static bool ask(struct work *work, size_t **ret_asked, struct pg_rows *ret_rows, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    size_t *asked = arena_alloc(work->arena, work->count * sizeof(*asked));
    arrays_init(&arrays, 2);
    *ret_asked = asked;
    for (size_t i = 0; i < work->count; i++) {
        struct str id = claimed_id(&work->items[i]);
        if (id.data == NULL)
            continue;
        asked[arrays.rows] = i;
        arrays_add(&arrays, id);
        arrays_add(&arrays, str_from(work->items[i].change->order.order_id_text));
    }
    return arrays.rows == 0 || pg_call(work->target->pg, "find_claims", sql_text("find_claims"),
                                       arrays_values(&arrays), 2, ret_rows, err);
}

/* Of two of the batch itself. *ret_item: the later one. */
static bool fail_claimed_within(const struct work *work, size_t item, struct error *err)
{
    struct str id = claimed_id(&work->items[item]);
    for (size_t k = 0; k < work->count && id.data != NULL; k++) {
        const struct document *other = &work->items[k].change->document;
        if (k == item || !str_equal(id, claimed_id(&work->items[k])))
            continue;
        char *name AUTO_FREE = memory_string_str(other->id);
        fail_claimed(&work->items[item], source_kind_name(other->source), name, err);
        return true;
    }
    return false;
}

void claims_name(struct work *work, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    size_t *asked = NULL;
    if (ask(work, &asked, &rows, NULL) && rows.count > 0) {
        fail_claimed(&work->items[asked[pg_cell_int(&rows, 0, 0) - 1]], pg_cell(&rows, 0, 1).data,
                     pg_cell(&rows, 0, 2).data, err);
        return;
    }
    for (size_t i = 0; i < work->count; i++)
        if (fail_claimed_within(work, i, err))
            return;
}

bool claims_plan(struct work *work, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    size_t *asked = NULL;
    if (!ask(work, &asked, &rows, err))
        return false;
    for (int row = 0; row < rows.count; row++) {
        const struct item *item = &work->items[asked[pg_cell_int(&rows, row, 0) - 1]];
        fail_claimed(item, pg_cell(&rows, row, 1).data, pg_cell(&rows, row, 2).data,
                     &item->change->error);
        item->change->outcome = OUTCOME_FAILED;
    }
    for (size_t i = 0; i < work->count; i++) {
        struct change *change = work->items[i].change;
        if (change->outcome != OUTCOME_FAILED && fail_claimed_within(work, i, &change->error))
            change->outcome = OUTCOME_FAILED;
    }
    return true;
}
