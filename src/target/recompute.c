/* The transactions around data/sql/queries/customers_*.sql. */
#include "target/recompute.h"

#include <stdio.h>

#include "target/sql.h"
#include "target/target_private.h"

/* A commit that is lost in a crash is lost together with the taking of its notes: no need to wait
 * for the disk. */
static const char begin_sql[] = "begin; set local plan_cache_mode = auto; "
                                "set local synchronous_commit = off; set local work_mem = '32MB'";

/* Never prepared, so planned for the arrays at hand: one customer of a live change and ten thousand
 * after a backfill want different plans. (force_custom_plan would have every check of a foreign key
 * planned too.) */
static bool run(struct target *target, const char *name, const char *const *values, int count,
                struct pg_rows *ret_rows, struct error *err)
{
    return pg_query(target->pg, sql_text(name), values, count, ret_rows, err);
}

static bool finish(struct target *target, bool done, struct error *err)
{
    bool committed = done && pg_script(target->pg, "commit", err);
    if (!committed)
        pg_rollback(target->pg);
    return committed;
}

/* *ret_held false: another session has the lock. */
static bool lock(struct target *target, bool *ret_held, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (!pg_script(target->pg, begin_sql, err) ||
        !run(target, "customers_lock", NULL, 0, &rows, err))
        return false;
    *ret_held = pg_cell_bool(&rows, 0, 0);
    return true;
}

/* ---- match keys ---- */

static const char *const key_statements[2][3] = {
    {"customers_free_email", "customers_give_email", "customers_ask_email"},
    {"customers_free_shop", "customers_give_shop", "customers_ask_shop"},
};

/* `keys`: an array's text, data NULL: none is in question, as nearly always. */
static bool settle_keys(struct target *target, const char *const names[3], struct str keys,
                        struct error *err)
{
    const char *const values[] = {keys.data};
    bool done = true;
    for (size_t i = 0; done && keys.data != NULL && i < 3; i++)
        done = run(target, names[i], values, 1, NULL, err);
    return done;
}

/* ---- one batch ---- */

/* Who they are. */
static bool recompute_persons(struct target *target, const char *customers, struct error *err)
{
    const char *const values[] = {customers};
    struct pg_rows keys PG_ROWS_AUTO = {NULL, 0};
    bool done = run(target, "customers_attributes", values, 1, &keys, err);
    for (int i = 0; done && i < 2; i++)
        done = settle_keys(target, key_statements[i], pg_cell(&keys, 0, i), err);
    return done;
}

/* What they bought and did. */
static bool recompute_orders(struct target *target, const char *customers, struct error *err)
{
    const char *const values[] = {customers};
    return run(target, "customers_spend", values, 1, NULL, err) &&
           run(target, "customers_activities", values, 1, NULL, err);
}

/* `persons` of `changed`: those with more than the document they were made from; NULL none. */
static bool recompute_changed(struct target *target, const char *persons, const char *changed,
                              struct error *err)
{
    const char *const values[] = {changed};
    struct pg_rows adopted PG_ROWS_AUTO = {NULL, 0};
    if (!run(target, "customers_adopt", values, 1, &adopted, err))
        return false;
    if (adopted.count > 0)
        persons = changed;
    return (persons == NULL || recompute_persons(target, persons, err)) &&
           recompute_orders(target, changed, err);
}

static bool take_and_recompute(struct target *target, const char *currency, uint64_t limit,
                               struct recompute_counts *ret_counts, struct error *err)
{
    char number[24];
    struct pg_rows taken PG_ROWS_AUTO = {NULL, 0};
    const char *const values[] = {number};
    snprintf(number, sizeof(number), "%llu", (unsigned long long)limit);
    if (!run(target, "customers_take", values, 1, &taken, err))
        return false;
    ret_counts->notes = (uint64_t)pg_cell_int(&taken, 0, 0);
    ret_counts->customers = (uint64_t)pg_cell_int(&taken, 0, 1);
    const char *persons = pg_cell(&taken, 0, 2).data;
    const char *changed = pg_cell(&taken, 0, 3).data;
    const char *const figures[] = {pg_cell(&taken, 0, 4).data, currency};
    const char *const all[] = {pg_cell(&taken, 0, 5).data};
    return (changed == NULL || recompute_changed(target, persons, changed, err)) &&
           (figures[0] == NULL || run(target, "customers_metrics", figures, 2, NULL, err)) &&
           (all[0] == NULL || run(target, "customers_scores", all, 1, NULL, err));
}

bool target_recompute(struct target *target, const char *currency, uint64_t limit,
                      struct recompute_counts *ret_counts, struct error *err)
{
    struct recompute_counts counts = {0};
    bool held = false;
    bool done = lock(target, &held, err) &&
                (!held || take_and_recompute(target, currency, limit, &counts, err));
    counts.busy = !held;
    if (!finish(target, done, err))
        return false;
    *ret_counts = counts;
    return true;
}

bool target_recompute_postpone(struct target *target, struct error *err)
{
    bool held = false;
    bool done = lock(target, &held, err) &&
                (!held || run(target, "customers_postpone", NULL, 0, NULL, err));
    return finish(target, done, err);
}

/* ---- all of them ---- */

bool target_note_customers(struct target *target, const char *reason, struct error *err)
{
    const char *const values[] = {reason};
    return run(target, "customers_note_all", values, 1, NULL, err);
}

bool target_count_dirty(struct target *target, struct dirty_counts *ret_counts, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (!run(target, "customers_waiting", NULL, 0, &rows, err))
        return false;
    *ret_counts = (struct dirty_counts){.notes = (uint64_t)pg_cell_int(&rows, 0, 0),
                                        .customers = (uint64_t)pg_cell_int(&rows, 0, 1)};
    return true;
}

static bool cutoffs_due(struct target *target, const char *currency, int64_t max_age_s,
                        bool *ret_due, struct error *err)
{
    char age[24];
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    const char *const values[] = {age, currency};
    snprintf(age, sizeof(age), "%lld", (long long)max_age_s);
    if (!run(target, "customers_cutoffs_age", values, 2, &rows, err))
        return false;
    *ret_due = pg_cell_bool(&rows, 0, 0);
    return true;
}

/* Under the lock, so that two engines whose night falls together do it once. Figures that were in
 * another currency follow with every refresh but the first, which comes right after them. */
static bool refresh(struct target *target, const char *currency, int64_t max_age_s,
                    bool *ret_refreshed, struct error *err)
{
    const char *const values[] = {currency};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    bool due = true;
    if (max_age_s > 0 && !cutoffs_due(target, currency, max_age_s, &due, err))
        return false;
    *ret_refreshed = due;
    if (!due)
        return true;
    if (!run(target, "customers_cutoffs", values, 1, &rows, err))
        return false;
    bool first = pg_cell_bool(&rows, 0, 0);
    return target_note_customers(target, first ? "first cut-offs" : "cut-offs", err);
}

bool target_refresh_cutoffs(struct target *target, const char *currency, int64_t max_age_s,
                            bool *ret_refreshed, struct error *err)
{
    bool held = false;
    bool refreshed = false;
    bool done = lock(target, &held, err) &&
                (!held || refresh(target, currency, max_age_s, &refreshed, err));
    if (!finish(target, done, err))
        return false;
    *ret_refreshed = refreshed;
    return true;
}
