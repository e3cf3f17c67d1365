/* One batch, one transaction. The headers are first read without locks, so that a batch of known
 * documents costs one round trip and writes nothing; what will be written is then locked and
 * decided again.
 *
 * New orders are inserted blindly. When another engine was first, a unique violation undoes
 * everything and the batch runs again, carefully: the headers show the other's rows now, and what
 * has a row but no header is compared like a changed order. */
#include "target/work.h"

#include <stdio.h>
#include <string.h>

#include "target/arrays.h"
#include "target/drift.h"
#include "target/sql.h"

#define TRIES_MAX 4

static bool needs_writing(const struct work *work)
{
    return work_count(work, VERDICT_CREATE) + work_count(work, VERDICT_CHANGE) +
               work_count(work, VERDICT_DELETE) + work_count(work, VERDICT_RAISE) >
           0;
}

static bool apply_begin(struct target *target, struct error *err)
{
    const struct target_actor *actor = &target->actor;
    const char *const values[] = {actor->run_id, actor->plan_id, actor->command_id,
                                  actor->operator_name, actor->origin};
    struct pg_call calls[] = {
        {.name = "begin", .sql = "begin"},
        {.name = "set_actor", .sql = sql_text("set_actor"), .values = values, .count = 5}};
    if (!pg_pipeline(target->pg, calls, 2, err))
        return false;
    pg_rows_free(&calls[0].rows);
    pg_rows_free(&calls[1].rows);
    return true;
}

/* ---- the end of the transaction ---- */

static void add_dirty(struct arrays *arrays, struct str customer, const char *reason)
{
    if (customer.data == NULL)
        return;
    arrays_add(arrays, customer);
    arrays_add(arrays, str_from(reason));
}

static void collect_dirty(const struct work *work, struct arrays *arrays)
{
    for (size_t i = 0; i < work->count; i++) {
        const struct item *item = &work->items[i];
        bool relinked = item_is_relinked(item);
        /* Even without a changed row: which document is the newest may have changed. */
        bool moved = item->header.version != item->change->document.version;
        if (item_is_new(item)) {
            add_dirty(arrays, item->customer, item->made ? "made" : "linked");
        } else if (item_is_compared(item)) {
            if (item->rows.count > 0 || relinked || moved)
                add_dirty(arrays, item->manual ? item->old_customer : item->customer,
                          relinked ? "linked" : "order changed");
            if (relinked)
                add_dirty(arrays, item->old_customer, "unlinked");
        } else if (item->verdict == VERDICT_DELETE) {
            add_dirty(arrays, item->old_customer, "order deleted");
        }
    }
}

static void collect_reviews(const struct work *work, struct arrays *arrays)
{
    for (size_t i = 0; i < work->review_count; i++) {
        const struct review *review = &work->reviews[i];
        arrays_add(arrays, str_from(review->item->change->order.order_id_text));
        arrays_add(arrays, review->customer);
        arrays_add(arrays, review->other);
        arrays_add(arrays, str_from(review->reason));
    }
}

static void add_call(struct pg_call *calls, size_t *count, const char *name, struct arrays *arrays)
{
    if (arrays->rows > 0)
        calls[(*count)++] = (struct pg_call){.name = name,
                                             .sql = sql_text(name),
                                             .values = arrays_values(arrays),
                                             .count = (int)arrays->count};
}

/* Notes, drift, fence and commit in one round trip. */
static bool apply_finish(struct work *work, struct error *err)
{
    struct batch *batch = work->batch;
    struct arrays dirty ARRAYS_AUTO = {.columns = NULL};
    struct arrays reviews ARRAYS_AUTO = {.columns = NULL};
    struct arrays drift ARRAYS_AUTO = {.columns = NULL};
    struct pg_call calls[5];
    size_t count = 0;
    char writer[16], seq[24];
    snprintf(writer, sizeof(writer), "%d", batch->writer);
    snprintf(seq, sizeof(seq), "%lld", (long long)batch->fence_seq);
    const char *const fence[] = {work->target->actor.journal_id, writer, seq};
    arrays_init(&dirty, 2);
    arrays_init(&reviews, 4);
    arrays_init(&drift, DRIFT_COLUMNS);
    collect_dirty(work, &dirty);
    collect_reviews(work, &reviews);
    drift_collect(work, &drift);
    add_call(calls, &count, "note_dirty", &dirty);
    add_call(calls, &count, "open_reviews", &reviews);
    add_call(calls, &count, "record_drift", &drift);
    if (batch->fence_seq > 0 && fence[0][0] != '\0')
        calls[count++] = (struct pg_call){
            .name = "raise_fence", .sql = sql_text("raise_fence"), .values = fence, .count = 3};
    calls[count++] = (struct pg_call){.name = "commit", .sql = "commit"};
    if (!pg_pipeline(work->target->pg, calls, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        pg_rows_free(&calls[i].rows);
    drift_written(work->target);
    return true;
}

/* ---- one try ---- */

static bool apply_rows(struct work *work, bool careful, struct error *err)
{
    if (!headers_read(work, true, err) || !customers_link(work, err) ||
        !current_read(work, careful, true, err))
        return false;
    customers_redact(work);
    work_recreate(work);
    work_diff(work, false);
    return orders_delete(work, err) && orders_write(work, err) && headers_update(work, err) &&
           orders_insert(work, err) && headers_insert(work, err);
}

/* *ret_written false: there was nothing to write, and no transaction. */
static bool apply_once(struct work *work, bool careful, bool *ret_written, struct error *err)
{
    work_reset(work);
    *ret_written = false;
    if (!target_tune(work->target, err) || !headers_read(work, false, err))
        return false;
    if (!needs_writing(work))
        return true;
    *ret_written = true;
    return apply_begin(work->target, err) && apply_rows(work, careful, err) &&
           apply_finish(work, err);
}

/* ---- errors that name documents ---- */

static struct str claimed_id(const struct item *item)
{
    int column = table_column(table_get(TABLE_ORDERS), "shop_order_id");
    bool claims =
        (item->verdict == VERDICT_CREATE || item->verdict == VERDICT_CHANGE) && column >= 0;
    return claims ? item->change->order.tables[TABLE_ORDERS].rows[0].cells[column] : STR_NULL;
}

static bool fail_claimed(const struct item *item, const char *origin, const char *origin_id,
                         struct error *err)
{
    const struct document *document = &item->change->document;
    error_set(err, ERROR_TARGET_CLAIMED, "documents %s/%.*s and %s/%s claim one Shopify order",
              source_kind_name(document->source), STR_ARG(document->id), origin, origin_id);
    return error_field(err, "id");
}

/* Two of the batch itself, when the target holds no other. */
static bool fail_claimed_within(const struct work *work, struct error *err)
{
    for (size_t i = 0; i < work->count; i++) {
        struct str id = claimed_id(&work->items[i]);
        for (size_t k = i + 1; k < work->count && id.data != NULL; k++) {
            const struct document *other = &work->items[k].change->document;
            if (!str_equal(id, claimed_id(&work->items[k])))
                continue;
            char *name AUTO_FREE = memory_string_str(other->id);
            return fail_claimed(&work->items[i], source_kind_name(other->source), name, err);
        }
    }
    return false;
}

/* Replaces the bare unique violation of orders.shop_order_id by one that names both documents. */
static void name_claims(struct work *work, struct error *err)
{
    struct arrays arrays ARRAYS_AUTO = {.columns = NULL};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    size_t *asked = arena_alloc(work->arena, work->count * sizeof(*asked));
    arrays_init(&arrays, 2);
    for (size_t i = 0; i < work->count; i++) {
        struct str id = claimed_id(&work->items[i]);
        if (id.data == NULL)
            continue;
        asked[arrays.rows] = i;
        arrays_add(&arrays, id);
        arrays_add(&arrays, str_from(work->items[i].change->order.order_id_text));
    }
    if (pg_call(work->target->pg, "find_claims", sql_text("find_claims"), arrays_values(&arrays), 2,
                &rows, NULL) &&
        rows.count > 0)
        fail_claimed(&work->items[asked[pg_cell_int(&rows, 0, 0) - 1]], pg_cell(&rows, 0, 1).data,
                     pg_cell(&rows, 0, 2).data, err);
    else
        fail_claimed_within(work, err);
}

/* ---- the contract ---- */

/* Whether another engine's insert was in the way: seen when the batch runs again. */
static bool lost_race(const char *constraint)
{
    return strcmp(constraint, "source_documents_pkey") == 0 ||
           strcmp(constraint, "orders_pkey") == 0;
}

/* After a failed try: rolls back, names what can be named. True: worth another try at once. */
static bool apply_failed(struct work *work, struct error *why)
{
    char constraint[64];
    snprintf(constraint, sizeof(constraint), "%s", pg_last_constraint(work->target->pg));
    pg_rollback(work->target->pg);
    if (why->id != ERROR_TARGET_DUPLICATE)
        return false;
    if (strcmp(constraint, "orders_shop_order_id") == 0)
        name_claims(work, why);
    else if (lost_race(constraint))
        error_set(why, ERROR_TARGET_DEADLOCK, "another engine is writing the same documents");
    return lost_race(constraint);
}

bool target_apply(struct target *target, struct batch *batch, struct error *err)
{
    struct work work;
    struct error why = {0};
    bool written = false;
    bool again = true;
    bool ok = false;
    work_init(&work, target, batch);
    for (int tries = 0; again && tries < TRIES_MAX && !ok; tries++) {
        ok = apply_once(&work, tries > 0, &written, &why);
        again = !ok && apply_failed(&work, &why);
    }
    if (ok)
        work_settle(&work);
    else if (err != NULL)
        *err = why;
    if (ok && !written && batch->fence_seq > 0)
        batch->fence_seq--;
    work_free(&work);
    return ok;
}
