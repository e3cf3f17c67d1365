/* The Plan screen's model: the list of plans, the plan that is open, its rows page by page, the
 * fields of the selected row, and what is picked of it. It never holds all rows but the ids of
 * those picked one by one. */
#ifndef ORDERSYNC_UI_PLAN_MODEL_H
#define ORDERSYNC_UI_PLAN_MODEL_H

#include "ui/action.h"
#include "ui/export_prompt.h"
#include "ui/list.h"
#include "ui/screen.h"

#define PLANS_SHOWN 200
#define PLAN_PAGE 200 /* rows asked for at once */

struct plan_mark {
    int64_t id;
    enum plan_action action;
};

/* What is picked: whole kinds, and rows one by one. Without a filter alone kinds are picked whole,
 * so that a pick never reaches past what the filter shows. */
struct plan_picks {
    unsigned kinds; /* bit per plan_action */
    struct plan_mark *marks;
    size_t count, cap;
};

/* An action on the plan under way: weighed first, then asked about, then sent. */
struct plan_order {
    enum request request; /* APPLY, LEAVE; NONE: nothing is under way */
    uint64_t ticket;      /* of the weighing */
    struct buffer members;
    char plan_id[40];
    uint64_t count;
    bool stale;
};

struct plan_model {
    struct lookup_reply *plans; /* NULL before the first answer, as those below */
    uint64_t plans_ticket;
    struct list plans_list;
    char listed_id[40]; /* the selection by what it is */

    char open_id[40]; /* "": the list is in front */
    struct lookup_reply *plan, *rows, *fields;
    uint64_t plan_ticket, rows_ticket, fields_ticket;
    int64_t fields_row; /* whose fields were asked for */
    bool rows_stale;
    struct list list;
    int64_t selected_id;
    bool reading; /* the selected row's fields fill the screen */
    struct list reading_list;

    char filter_text[128];
    struct plan_filter filter;
    struct plan_picks picks;
    bool gathering; /* ids of what the filter matches are being read */
    struct plan_filter gather_filter;
    uint64_t gather_ticket, gathered;

    struct plan_order order;
    struct export_prompt export;
    char sent_id[40]; /* the plan this console last had something done to */
    uint64_t sent_count, sent_settled;
    int64_t asked_version;
    char crumb[16];
};

/* Asks anew for what is in front. */
void plan_refresh(struct plan_model *model, struct console *console);
/* Asks for rows and fields that are looked at and not there. */
void plan_fill(struct plan_model *model, struct console *console);
/* False: the reply is not this screen's. */
bool plan_take(struct plan_model *model, struct console *console, struct lookup_reply *reply);
void plan_open(struct plan_model *model, struct console *console, const char *id);
void plan_leave(struct plan_model *model, struct console *console); /* back to the list */
void plan_model_free(struct plan_model *model);

/* NULL before they are known. */
const struct plan_summary *plan_summary_of(const struct plan_model *model);
const struct plan_summary *plan_listed(const struct plan_model *model); /* selected in the list */
const struct plan_row *plan_row_at(const struct plan_model *model, uint64_t index);
const struct plan_row *plan_selected(const struct plan_model *model);
uint64_t plan_rows_total(const struct plan_model *model); /* that the filter matches */
uint64_t plan_rows_kept(const struct plan_summary *plan); /* in all states */
bool plan_is_stale(const struct plan_summary *plan, int64_t now_us);
void plan_note_selection(struct plan_model *model);

/* ---- picks ---- */

bool plan_picked(const struct plan_model *model, const struct plan_row *row);
bool plan_any_picked(const struct plan_model *model);
void plan_clear_picks(struct plan_model *model, struct console *console);
/* NULL, or why it cannot be. */
const char *plan_toggle_mark(struct plan_model *model, struct console *console,
                             const struct plan_row *row);
/* Open rows of these kinds that the filter matches: whole kinds where there is no filter, else
 * their ids, which takes some answers. */
void plan_pick_kinds(struct plan_model *model, struct console *console, unsigned kinds);
bool plan_has_filter(const struct plan_model *model);
void plan_set_filter(struct plan_model *model, struct console *console, const char *text,
                     const struct plan_filter *filter);

/* Weighs what is picked, else the selected row; plan_take() then asks with plan_confirm(). */
void plan_begin(struct plan_model *model, struct console *console, enum request request);

/* screen_plan.c: the order was weighed. */
void plan_confirm(struct plan_model *model, struct console *console,
                  const struct lookup_reply *weighed);

#endif
