/* See reviews.h. */
#include "target/reviews.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "target/sql.h"
#include "target/target_private.h"

/* ---- reading ---- */

static const char *text_at(const struct pg_rows *rows, int row, int column, struct arena *arena)
{
    struct str cell = pg_cell(rows, row, column);
    return cell.data == NULL ? "" : arena_copy(arena, cell).data;
}

static int64_t moment_at(const struct pg_rows *rows, int row, int column)
{
    return pg_cell(rows, row, column).data == NULL ? TIME_NONE : pg_cell_int(rows, row, column);
}

/* Nine columns from `first` on. */
static struct target_customer customer_at(const struct pg_rows *rows, int row, int first,
                                          struct arena *arena)
{
    return (struct target_customer){
        .id = text_at(rows, row, first, arena),
        .shop_id = text_at(rows, row, first + 1, arena),
        .name = text_at(rows, row, first + 2, arena),
        .email = text_at(rows, row, first + 3, arena),
        .phone = text_at(rows, row, first + 4, arena),
        .segment = text_at(rows, row, first + 5, arena),
        .orders = pg_cell_int(rows, row, first + 6),
        .spent = text_at(rows, row, first + 7, arena),
        .last_active_us = moment_at(rows, row, first + 8),
    };
}

static bool ask(struct target *target, const char *name, const char *first, size_t max,
                struct pg_rows *ret_rows, struct error *err)
{
    char limit[24];
    const char *const values[] = {first, limit};
    int skip = first == NULL ? 1 : 0;
    snprintf(limit, sizeof(limit), "%zu", max);
    return pg_call(target->pg, name, sql_text(name), values + skip, 2 - skip, ret_rows, err);
}

bool target_search_customers(struct target *target, const char *text, size_t max,
                             struct arena *arena, struct target_customer **ret_list,
                             size_t *ret_count, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (!ask(target, "customers_search", text, max, &rows, err))
        return false;
    *ret_list = arena_zero(arena, (size_t)(rows.count + 1) * sizeof(**ret_list));
    for (int row = 0; row < rows.count; row++) {
        (*ret_list)[row] = customer_at(&rows, row, 0, arena);
        (*ret_list)[row].open_reviews = pg_cell_int(&rows, row, 9);
    }
    *ret_count = (size_t)rows.count;
    return true;
}

bool target_customer_orders(struct target *target, const char *customer_id, size_t max,
                            struct arena *arena, struct target_customer_order **ret_list,
                            size_t *ret_count, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (!ask(target, "customers_orders", customer_id, max, &rows, err))
        return false;
    *ret_list = arena_zero(arena, (size_t)(rows.count + 1) * sizeof(**ret_list));
    for (int row = 0; row < rows.count; row++) {
        struct target_customer_order *order = &(*ret_list)[row];
        *order = (struct target_customer_order){
            .source_id = text_at(&rows, row, 1, arena),
            .label = text_at(&rows, row, 2, arena),
            .status = text_at(&rows, row, 3, arena),
            .payment = text_at(&rows, row, 4, arena),
            .total = text_at(&rows, row, 5, arena),
            .at_us = moment_at(&rows, row, 6),
            .manual = str_equal(pg_cell(&rows, row, 7), STR("manual")),
        };
        (void)source_kind_parse(text_at(&rows, row, 0, arena), &order->source);
    }
    *ret_count = (size_t)rows.count;
    return true;
}

bool target_list_reviews(struct target *target, size_t max, struct arena *arena,
                         struct target_review **ret_list, size_t *ret_count, struct error *err)
{
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    size_t count = 0;
    if (!ask(target, "reviews_list", NULL, max, &rows, err))
        return false;
    struct target_review *list = arena_zero(arena, (size_t)(rows.count + 1) * sizeof(*list));
    for (int row = 0; row + 1 < rows.count; row += 2) {
        struct target_review *review = &list[count++];
        *review = (struct target_review){
            .id = pg_cell_int(&rows, row, 0),
            .state = text_at(&rows, row, 1, arena),
            .reason = text_at(&rows, row, 2, arena),
            .opened_us = moment_at(&rows, row, 3),
            .decided_by = text_at(&rows, row, 4, arena),
            .note = text_at(&rows, row, 5, arena),
            .origin = text_at(&rows, row, 6, arena),
            .origin_id = text_at(&rows, row, 7, arena),
        };
        for (int side = 0; side < 2; side++) {
            review->people[side] = customer_at(&rows, row + side, 8, arena);
            review->people[side].merged = pg_cell_bool(&rows, row + side, 17);
        }
    }
    *ret_list = list;
    *ret_count = count;
    return true;
}

/* ---- deciding ---- */

bool review_verb_parse(const char *name, enum review_verb *ret_verb)
{
    static const char *const names[] = {
        [REVIEW_MERGE] = "merge", [REVIEW_KEEP_APART] = "keep_apart", [REVIEW_UNDO] = "undo"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *ret_verb = (enum review_verb)i;
        return true;
    }
    return false;
}

struct deciding {
    struct target *target;
    const struct review_decision *decision;
    char id[24];
    struct pg_rows review; /* of review_lock.sql: one row */
};

static bool call(struct deciding *deciding, const char *name, const char *const *values, int count,
                 struct pg_rows *ret_rows, struct error *err)
{
    return pg_call(deciding->target->pg, name, sql_text(name), values, count, ret_rows, err);
}

static bool begin(struct deciding *deciding, struct error *err)
{
    const struct target_actor *actor = &deciding->target->actor;
    const char *const who[] = {actor->run_id, actor->plan_id, actor->command_id,
                               actor->operator_name, actor->origin};
    const char *const values[] = {deciding->id};
    if (!pg_script(deciding->target->pg, "begin", err) ||
        !call(deciding, "set_actor", who, 5, NULL, err) ||
        !call(deciding, "review_lock", values, 1, &deciding->review, err))
        return false;
    return deciding->review.count == 1 ||
           error_set(err, ERROR_REVIEW, "there is no review %s", deciding->id);
}

/* Whoever confirmed saw these two: as told, else those of the review. */
static bool merge_was_shown(const struct deciding *deciding)
{
    const struct review_decision *decision = deciding->decision;
    if (pg_cell_bool(&deciding->review, 0, 5))
        return false;
    if (decision->shown[0][0] == '\0')
        return !pg_cell_bool(&deciding->review, 0, 4);
    return str_equal(pg_cell(&deciding->review, 0, 1), str_from(decision->shown[0])) &&
           str_equal(pg_cell(&deciding->review, 0, 2), str_from(decision->shown[1]));
}

static bool merge(struct deciding *deciding, uint64_t *ret_orders, struct error *err)
{
    const struct review_decision *decision = deciding->decision;
    struct str kept = pg_cell(&deciding->review, 0, decision->into_other ? 2 : 1);
    struct str gone = pg_cell(&deciding->review, 0, decision->into_other ? 1 : 2);
    const char *const values[] = {deciding->id, kept.data, gone.data,
                                  deciding->target->actor.operator_name, decision->reason};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (pg_cell_bool(&deciding->review, 0, 3))
        return error_set(err, ERROR_REVIEW, "one of the two was erased: they stay apart");
    if (str_equal(kept, gone))
        return error_set(err, ERROR_REVIEW, "both are one customer already");
    if (!merge_was_shown(deciding))
        return error_set(err, ERROR_REVIEW,
                         "one of the two was merged into another customer since: look at the "
                         "review again");
    if (!call(deciding, "review_merge", values, 5, &rows, err))
        return false;
    *ret_orders = (uint64_t)pg_cell_int(&rows, 0, 0);
    return true;
}

static bool reopen(struct deciding *deciding, uint64_t *ret_orders, struct error *err)
{
    const char *const values[] = {deciding->id};
    struct pg_rows rows PG_ROWS_AUTO = {NULL, 0};
    if (!call(deciding, "review_reopen", values, 1, &rows, err))
        return false;
    *ret_orders = (uint64_t)pg_cell_int(&rows, 0, 1);
    return pg_cell_int(&rows, 0, 0) > 0 ||
           error_set(err, ERROR_REVIEW,
                     "review %s was decided with another one, or a later merge stands on it: undo "
                     "that first",
                     deciding->id);
}

static bool decide(struct deciding *deciding, uint64_t *ret_orders, struct error *err)
{
    const struct review_decision *decision = deciding->decision;
    bool open = str_equal(pg_cell(&deciding->review, 0, 0), STR("open"));
    const char *const values[] = {deciding->id, deciding->target->actor.operator_name,
                                  decision->reason};
    if (decision->verb == REVIEW_UNDO && open)
        return error_set(err, ERROR_REVIEW, "review %s is open", deciding->id);
    if (decision->verb == REVIEW_UNDO)
        return reopen(deciding, ret_orders, err);
    if (!open)
        return error_set(err, ERROR_REVIEW, "review %s is decided already", deciding->id);
    return decision->verb == REVIEW_MERGE ? merge(deciding, ret_orders, err)
                                          : call(deciding, "review_keep", values, 3, NULL, err);
}

bool target_decide_review(struct target *target, const struct review_decision *decision,
                          uint64_t *ret_orders, struct error *err)
{
    struct deciding deciding = {.target = target, .decision = decision};
    uint64_t orders = 0;
    snprintf(deciding.id, sizeof(deciding.id), "%" PRId64, decision->review_id);
    bool done = begin(&deciding, err) && decide(&deciding, &orders, err);
    pg_rows_free(&deciding.review);
    bool committed = done && pg_script(target->pg, "commit", err);
    if (!committed)
        pg_rollback(target->pg);
    else
        *ret_orders = orders;
    return committed;
}
