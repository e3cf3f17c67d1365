/* Plans: what a dry run found, kept in the journal until it is dropped. A row holds the fields
 * that would change, before and after; unchanged documents are only counted. Here is what readers
 * need; the engine thread writes through journal/planning.h. */
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

/* PLAN_READY again after a part was applied; PLAN_APPLIED once no row is open. */
enum plan_state { PLAN_BUILDING, PLAN_READY, PLAN_APPLYING, PLAN_APPLIED, PLAN_ABANDONED };
const char *plan_state_name(enum plan_state state);

#define PLAN_IDENTITY_SIZE 160
#define PLAN_DAYS_KEPT 30
#define PLAN_STALE_US 86400000000LL /* an older plan is applied only when that is said again */

struct plan_summary {
    char id[40];      /* uuid text */
    char kind[24];    /* "backfill", "sync" */
    unsigned sources; /* bit per source_kind */
    enum plan_state state;
    char operator_name[64], origin[64];
    int64_t started_us, finished_us; /* TIME_NONE while building */
    uint64_t counts[PLAN_ACTION_COUNT];
    uint64_t states[PLAN_ROW_STATE_COUNT]; /* of the rows that are kept */
    char money[200];                       /* moved by all rows but conflicts: "EUR +12.50, ..." */
    char message[200];
    char target[PLAN_IDENTITY_SIZE];                   /* the database it was made against */
    char identities[SOURCE_COUNT][PLAN_IDENTITY_SIZE]; /* of the sources it was made from */
};

/* Rows of an application, those still open: by kind, and one by one. A killed application
 * continues, because applied rows are no longer open. */
struct plan_pick {
    unsigned actions; /* bit per plan_action; 0 and no ids: all but conflicts */
    unsigned sources; /* bit per source_kind; 0: all */
    const char *ids;  /* JSON array of row ids picked one by one; NULL: none */
};
unsigned plan_pick_actions(const struct plan_pick *pick); /* picked whole */
unsigned plan_pick_sources(const struct plan_pick *pick); /* never 0 */

/* ---- reading ---- */

MUST_CHECK bool journal_list_plans(struct journal_reader *reader, size_t max, struct arena *arena,
                                   struct plan_summary **ret_rows, size_t *ret_count,
                                   struct error *err);
/* `id` may be a unique beginning, or "last". ERROR_NO_PLAN. */
MUST_CHECK bool journal_read_plan(struct journal_reader *reader, const char *id,
                                  struct plan_summary *ret_summary, struct error *err);
/* What a pick comes to: open rows by kind, and the money they move ("EUR +12.50, USD -3.00"). */
struct plan_weight {
    uint64_t counts[PLAN_ACTION_COUNT];
    char money[200];
};
MUST_CHECK bool journal_plan_weigh(struct journal_reader *reader, const char *plan_id,
                                   const struct plan_pick *pick, struct plan_weight *ret_weight,
                                   struct error *err);
/* The row of a document; of a label ("#1042"), when `source` is SOURCE_COUNT. ERROR_NO_PLAN_ROW,
 * also when two rows have the label. */
MUST_CHECK bool journal_find_plan_row(struct journal_reader *reader, const char *plan_id,
                                      enum source_kind source, const char *text, int64_t *ret_row,
                                      struct error *err);
struct plan_row {
    int64_t id;
    enum source_kind source;
    char source_id[200], label[64];
    enum plan_action action;
    enum plan_row_state state;
    char money[48];
    char code[12], message[320]; /* of a conflict; of one that moved or failed */
    unsigned field_count;
};
struct plan_filter {
    unsigned actions, states, sources; /* bits; 0: all */
    char text[128];                    /* in label or id */
};
/* In order of (source, source_id). */
MUST_CHECK bool journal_list_plan_rows(struct journal_reader *reader, const char *plan_id,
                                       const struct plan_filter *filter, uint64_t offset,
                                       size_t max, struct arena *arena, struct plan_row **ret_rows,
                                       size_t *ret_count, uint64_t *ret_total, struct error *err);
/* Everything that matches in the same order, `max` at a time, whatever changes meanwhile: for an
 * export. *after is 0 at first, and where to go on then; no row: that was all. */
MUST_CHECK bool journal_walk_plan_rows(struct journal_reader *reader, const char *plan_id,
                                       const struct plan_filter *filter, int64_t *after, size_t max,
                                       struct arena *arena, struct plan_row **ret_rows,
                                       size_t *ret_count, struct error *err);
/* The row's fields as JSON text, in the arena. */
MUST_CHECK bool journal_read_plan_fields(struct journal_reader *reader, int64_t row_id,
                                         struct arena *arena, struct str *ret_fields,
                                         struct error *err);

#endif
