/* Plans: what a dry run found, kept in the journal until it is dropped. The engine thread writes
 * (journal.h's rules), readers read. A row holds the fields that would change, before and after;
 * unchanged documents are only counted. */
#ifndef ORDERSYNC_JOURNAL_PLAN_H
#define ORDERSYNC_JOURNAL_PLAN_H

#include "journal/journal.h"
#include "journal/reader.h"

enum plan_action {
    PLAN_CREATE,
    PLAN_UPDATE,
    PLAN_TOMBSTONE,
    PLAN_CONFLICT,  /* would fail or be held; the row's error says why */
    PLAN_UNCHANGED, /* counted only */
    PLAN_ACTION_COUNT
};
const char *plan_action_name(enum plan_action action); /* "create" */
bool plan_action_parse(const char *name, enum plan_action *ret_action);

enum plan_row_state {
    PLAN_ROW_OPEN,
    PLAN_ROW_APPLIED,
    PLAN_ROW_MOVED,  /* source or target changed since: skipped, never overwritten */
    PLAN_ROW_FAILED, /* became a failure of the journal */
    PLAN_ROW_LEFT,   /* a person decided to leave it as it is */
    PLAN_ROW_STATE_COUNT
};
const char *plan_row_state_name(enum plan_row_state state);

enum plan_state { PLAN_BUILDING, PLAN_READY, PLAN_APPLYING, PLAN_APPLIED, PLAN_ABANDONED };
const char *plan_state_name(enum plan_state state);

struct plan_summary {
    char id[40];      /* uuid text */
    char kind[24];    /* "backfill", "sync" */
    unsigned sources; /* bit per source_kind */
    enum plan_state state;
    char operator_name[64], origin[64];
    int64_t started_us, finished_us; /* TIME_NONE while building */
    uint64_t counts[PLAN_ACTION_COUNT];
    uint64_t states[PLAN_ROW_STATE_COUNT]; /* of the rows that are kept */
    char message[200];
};

/* ---- writing: engine thread ---- */
MUST_CHECK bool journal_plan_start(struct journal *journal, const char *kind, unsigned sources,
                                   const char *operator_name, const char *origin,
                                   char ret_plan_id[40], struct error *err);
struct plan_entry {
    enum source_kind source;
    const char *source_id;
    const char *label; /* "#1042", may be "" */
    enum plan_action action;
    const char *fields; /* JSON array of {"table","key","field","before","after","personal"}; ""
                         * for none; cut at PLAN_FIELDS_MAX with a last {"cut":N} */
    const char *money;  /* difference of orders.total_price, "EUR +12.50"; may be "" */
    const struct error *error; /* PLAN_CONFLICT */
    struct expectation expect;
};
#define PLAN_FIELDS_MAX 65536
/* In one transaction; PLAN_UNCHANGED entries only raise the count by `unchanged`. */
MUST_CHECK bool journal_plan_add(struct journal *journal, const char *plan_id,
                                 const struct plan_entry *entries, size_t count, uint64_t unchanged,
                                 struct error *err);
MUST_CHECK bool journal_plan_set(struct journal *journal, const char *plan_id,
                                 enum plan_state state, const char *message, struct error *err);

/* Rows of an application: by what was picked, in order of (source, source_id), those still open.
 * A killed application continues, because applied rows are no longer open. */
struct plan_pick {
    unsigned actions; /* bit per plan_action; 0: all but conflicts */
    unsigned sources; /* bit per source_kind; 0: all */
    const char *only; /* "SOURCE/ID", a label such as "#1042", NULL: any */
    int64_t ids[64];  /* rows picked one by one */
    size_t id_count;  /* 0: not by id */
};
struct plan_target {
    int64_t row_id;
    enum source_kind source;
    char *source_id; /* heap */
    enum plan_action action;
    struct expectation expect;
};
void plan_targets_free(struct plan_target *list, size_t count);
MUST_CHECK bool journal_plan_take(struct journal *journal, const char *plan_id,
                                  const struct plan_pick *pick, int64_t after_row, size_t max,
                                  struct plan_target **ret_list, size_t *ret_count,
                                  struct error *err);
MUST_CHECK bool journal_plan_settle(struct journal *journal, const char *plan_id,
                                    const int64_t *row_ids, const enum plan_row_state *states,
                                    size_t count, struct error *err);

/* ---- reading ---- */
MUST_CHECK bool journal_list_plans(struct journal_reader *reader, size_t max, struct arena *arena,
                                   struct plan_summary **ret_rows, size_t *ret_count,
                                   struct error *err);
/* `id` may be a unique beginning, or "last". ERROR_NO_PLAN. */
MUST_CHECK bool journal_read_plan(struct journal_reader *reader, const char *id,
                                  struct plan_summary *ret_summary, struct error *err);
struct plan_row {
    int64_t id;
    enum source_kind source;
    char source_id[200], label[64];
    enum plan_action action;
    enum plan_row_state state;
    char money[48];
    char code[12], message[320]; /* of a conflict */
    unsigned field_count;
};
struct plan_filter {
    unsigned actions, states, sources; /* bits; 0: all */
    char text[128];                    /* in label or id */
};
MUST_CHECK bool journal_list_plan_rows(struct journal_reader *reader, const char *plan_id,
                                       const struct plan_filter *filter, uint64_t offset,
                                       size_t max, struct arena *arena, struct plan_row **ret_rows,
                                       size_t *ret_count, uint64_t *ret_total, struct error *err);
/* The row's fields as JSON text, in the arena. */
MUST_CHECK bool journal_read_plan_fields(struct journal_reader *reader, int64_t row_id,
                                         struct arena *arena, struct str *ret_fields,
                                         struct error *err);

#endif
