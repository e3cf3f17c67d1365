/* Plans, writing side: engine thread alone (journal.h's rules). */
#ifndef ORDERSYNC_JOURNAL_PLANNING_H
#define ORDERSYNC_JOURNAL_PLANNING_H

#include "journal/plan.h"

MUST_CHECK bool journal_plan_start(struct journal *journal, const char *kind, unsigned sources,
                                   const char *operator_name, const char *origin,
                                   char ret_plan_id[40], struct error *err);
/* Plans still building when no engine builds them are abandoned; call at the start. */
MUST_CHECK bool journal_plans_break(struct journal *journal, struct error *err);
/* What it is made against; NULL leaves one as it is. */
MUST_CHECK bool journal_plan_identify(struct journal *journal, const char *plan_id,
                                      const char *target, enum source_kind source,
                                      const char *identity, struct error *err);
struct plan_entry {
    enum source_kind source;
    const char *source_id;
    const char *label; /* "#1042", may be "" */
    enum plan_action action;
    const char *fields;   /* JSON array of {"table","key","field","before","after","personal"}; ""
                           * for none; cut at PLAN_FIELDS_MAX with a last {"cut":N} */
    unsigned field_count; /* those cut included */
    const char *money;    /* difference of orders.total_price, "EUR +12.50"; may be "" */
    const struct error *error; /* PLAN_CONFLICT */
    const char *reference;     /* what journal_plan_referred() finds it by; NULL and "": nothing */
    struct expectation expect;
};
#define PLAN_FIELDS_MAX 65536
/* In one transaction; PLAN_UNCHANGED entries only raise the count by `unchanged`. A document that
 * is in the plan already is replaced. */
MUST_CHECK bool journal_plan_add(struct journal *journal, const char *plan_id,
                                 const struct plan_entry *entries, size_t count, uint64_t unchanged,
                                 struct error *err);
MUST_CHECK bool journal_plan_set(struct journal *journal, const char *plan_id,
                                 enum plan_state state, const char *message, struct error *err);

/* Documents of the plan that have one of these references, each once: heap, strings too. Of one
 * reference at most PLAN_REFERRED_MAX, which is far more than one payment has sessions; one left
 * out is as it was planned, and moves when it is applied. */
#define PLAN_REFERRED_MAX 16
MUST_CHECK bool journal_plan_referred(struct journal *journal, const char *plan_id,
                                      enum source_kind source, const char *const *references,
                                      size_t count, char ***ret_ids, size_t *ret_count,
                                      struct error *err);

struct plan_target {
    int64_t row_id;
    enum source_kind source;
    char *source_id; /* heap */
    enum plan_action action;
    struct expectation expect;
};
void plan_targets_free(struct plan_target *list, size_t count);
/* Up to `max` rows of one source after row `after_row` (0: the first), by row id. */
MUST_CHECK bool journal_plan_take(struct journal *journal, const char *plan_id,
                                  const struct plan_pick *pick, enum source_kind source,
                                  int64_t after_row, size_t max, struct plan_target **ret_list,
                                  size_t *ret_count, struct error *err);
struct plan_outcome {
    int64_t row_id;
    enum plan_row_state state;
    const char *message; /* why it moved or failed; "" leaves what is there */
};
MUST_CHECK bool journal_plan_settle(struct journal *journal, const char *plan_id,
                                    const struct plan_outcome *outcomes, size_t count,
                                    struct error *err);
/* Picked conflicts are left as they are, at most `max` of them; call again while *ret_more. */
MUST_CHECK bool journal_plan_leave(struct journal *journal, const char *plan_id,
                                   const struct plan_pick *pick, size_t max, uint64_t *ret_left,
                                   bool *ret_more, struct error *err);
/* As journal_read_plan(). */
MUST_CHECK bool journal_plan_summary(struct journal *journal, const char *id,
                                     struct plan_summary *ret_summary, struct error *err);
/* Hides the plan; its rows go by journal_plans_forget(). ERROR_NO_PLAN. */
MUST_CHECK bool journal_plan_drop(struct journal *journal, const char *plan_id, struct error *err);
/* Drops plans older than PLAN_DAYS_KEPT, and deletes at most `max` rows of dropped ones. */
MUST_CHECK bool journal_plans_forget(struct journal *journal, size_t max, bool *ret_more,
                                     struct error *err);

#endif
