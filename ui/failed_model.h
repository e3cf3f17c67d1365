/* The grouped list of failures: groups from the journal, and of each unfolded group the page of
 * rows that is looked at. It never holds all rows, so it is as quick with a million as with ten. */
#ifndef ORDERSYNC_UI_FAILED_MODEL_H
#define ORDERSYNC_UI_FAILED_MODEL_H

#include "ui/action.h"
#include "ui/export_prompt.h"
#include "ui/list.h"
#include "ui/screen.h"

#define FAILED_UNFOLDED_MAX                                                                        \
    32                  /* groups unfolded at once; the one unfolded first is folded then          \
                         */
#define FAILED_PAGE 200 /* rows asked for at once */

/* The loaded page of one unfolded group, or of the flat list (fingerprint ""). */
struct failed_window {
    char fingerprint[9];
    struct lookup_reply *rows; /* NULL until the first answer */
    bool stale;                /* the journal was written since */
};

#define FAILED_GROUPS_MARKED 12

struct failed_model {
    char filter_text[256];
    struct failure_filter filter;
    bool flat;
    struct lookup_reply *groups; /* NULL before the first answer */
    uint64_t groups_ticket;
    bool groups_whole;    /* they are of everything that matches */
    uint64_t deep_ticket; /* of the same asked in depth, 0 none: the groups are a part so far */
    int64_t asked_version;
    bool opened_first; /* the first groups were unfolded once */
    struct failed_window windows[FAILED_UNFOLDED_MAX];
    size_t window_count;
    uint64_t rows_ticket; /* of the page under way, 0 none */
    bool rows_deep;       /* it was cut, and is asked for in depth */
    char rows_fingerprint[9];
    struct export_prompt export;
    bool all_marked; /* everything the filter matches, loaded or not */
    int64_t *marks;
    size_t mark_count, mark_cap;
    char mark_groups[FAILED_GROUPS_MARKED][9]; /* groups or orders are marked, never both */
    size_t mark_group_count;
    struct list list;
    char selected_fingerprint[9]; /* the selection by what it is, not by where */
    bool selected_heading;        /* the group's own line */
    int64_t selected_id;          /* of a row; 0: not loaded yet, its place stands for it */
    uint64_t selected_index;      /* of a row, in its group */
};

/* What stands on a line of the list. */
struct failed_line {
    const struct failure_group *group; /* NULL in the flat list and past the end */
    const struct failure_row *row;     /* NULL: a group's line, or not loaded yet */
    uint64_t index;                    /* of the row in its group */
    bool heading;
    bool unfolded;
};

/* Asks for the groups anew; loaded pages become stale. */
void failed_refresh(struct failed_model *model, struct console *console);
/* Asks for the first visible page that is missing or stale, unless one is under way. */
void failed_fill(struct failed_model *model, struct console *console);
bool failed_take(struct failed_model *model, struct console *console, struct lookup_reply *reply);
uint64_t failed_line_count(const struct failed_model *model);
struct failed_line failed_line_at(const struct failed_model *model, uint64_t line);
/* Remembers what is selected, after the selection moved. */
void failed_note_selection(struct failed_model *model);
void failed_select_group(struct failed_model *model, const char *fingerprint);
void failed_fold(struct failed_model *model, const char *fingerprint, bool fold);
void failed_fold_all(struct failed_model *model, bool fold);
uint64_t failed_total(const struct failed_model *model); /* orders the filter matches */
bool failed_marked(const struct failed_model *model, int64_t id);
/* Up to ACTION_IDS_MAX one by one, no group being marked; false otherwise. */
bool failed_toggle_mark(struct failed_model *model, int64_t id);
/* Up to FAILED_GROUPS_MARKED, no single order being marked; false otherwise. */
bool failed_toggle_group(struct failed_model *model, const char *fingerprint);
bool failed_group_marked(const struct failed_model *model, const char *fingerprint);
/* The counts are of a part of the journal: the rest is still being looked through. */
bool failed_counting(const struct failed_model *model);
void failed_clear_marks(struct failed_model *model);
uint64_t failed_mark_count(const struct failed_model *model);
void failed_model_free(struct failed_model *model);

#endif
