/* One batch, one transaction. The headers are first read without locks, so that a batch of known
 * documents costs one round trip and writes nothing; what will be written is then locked and
 * decided again.
 *
 * New orders are inserted blindly. When another engine was first, a unique violation undoes
 * everything and the batch runs again, carefully: the headers show the other's rows now, and what
 * has a row but no header is compared like a changed order, and the audit is asked for the versions
 * of orders that have neither. */
#include "target/work.h"

#include <stdio.h>
#include <string.h>

#include "target/arrays.h"
#include "target/attach.h"
#include "target/claims.h"
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
    if (work->sales != NULL)
        collect_dirty(work->sales, &dirty);
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
    if (!headers_read(work, true, err) || !current_read(work, careful, true, err) ||
        !work_check_expected(work, false, err) || !customers_link(work, err))
        return false;
    customers_redact(work);
    work_recreate(work);
    work_diff(work, false);
    return (!careful || headers_find_versions(work, err)) && orders_delete(work, err) &&
           orders_write(work, err) && orders_insert(work, err) && attach_write(work, err) &&
           headers_update(work, err) && headers_insert(work, err) && customers_insert(work, err);
}

/* *ret_written false: there was nothing to write, and no transaction. */
static bool apply_once(struct work *work, bool careful, bool *ret_written, struct error *err)
{
    work_reset(work);
    *ret_written = false;
    if (!target_tune(work->target, err) || !headers_read(work, false, err) ||
        !attach_find(work, false, err))
        return false;
    if (!needs_writing(work))
        return true;
    *ret_written = true;
    return apply_begin(work->target, err) && apply_rows(work, careful, err) &&
           apply_finish(work, err);
}

/* ---- the contract ---- */

/* Whether another engine's insert was in the way: seen when the batch runs again. */
static bool lost_race(const char *constraint)
{
    return strcmp(constraint, "source_documents_pkey") == 0 ||
           strcmp(constraint, "orders_pkey") == 0;
}

/* Whether the order was there before, and plain SQL took its document's row too: only the audit
 * knows its version, and is asked when the batch runs again. */
static bool lost_version(const char *constraint)
{
    return strcmp(constraint, "order_audit_version") == 0;
}

/* After a failed try: rolls back, names what can be named. True: worth another try at once. */
static bool apply_failed(struct work *work, struct error *why)
{
    char constraint[64];
    snprintf(constraint, sizeof(constraint), "%s", pg_last_constraint(work->target->pg));
    pg_rollback(work->target->pg);
    if (work->overtaken)
        return true;
    if (why->id != ERROR_TARGET_DUPLICATE)
        return false;
    if (strcmp(constraint, "orders_shop_order_id") == 0)
        claims_name(work, why);
    else if (lost_race(constraint))
        error_set(why, ERROR_TARGET_DEADLOCK, "another engine is writing the same documents");
    return lost_race(constraint) || lost_version(constraint);
}

bool target_apply(struct target *target, struct batch *batch, struct error *err)
{
    struct work work;
    struct error why = {0};
    bool written = false;
    bool again = true;
    bool careful = false;
    bool ok = false;
    work_init(&work, target, batch);
    for (int tries = 0; again && tries < TRIES_MAX && !ok; tries++) {
        ok = apply_once(&work, careful, &written, &why);
        again = !ok && apply_failed(&work, &why);
        careful |= again && !work.overtaken;
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
