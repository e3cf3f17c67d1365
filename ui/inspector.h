/* The Inspector's subject and its tabs. Each tab turns what is known into lines; the screen scrolls
 * them. */
#ifndef ORDERSYNC_UI_INSPECTOR_H
#define ORDERSYNC_UI_INSPECTOR_H

#include "ui/list.h"
#include "ui/screen.h"

enum inspector_tab {
    TAB_DIFF,
    TAB_DOCUMENT,
    TAB_ROWS,
    TAB_ATTEMPTS,
    TAB_TIMELINE,
    TAB_NOTES,
    TAB_COUNT
};

#define FOLDS_MAX 1024 /* branches folded or unfolded by hand; past it they stay as they are */

struct inspector_line {
    enum role role;
    int indent;
    struct str text;
    struct str whole; /* what the selected line says in full; data NULL: its text */
    uint64_t node;    /* of the document's tree: its path's hash; 0 none */
    bool branch;      /* it folds */
};
struct inspector_lines {
    struct inspector_line *items;
    size_t count, cap;
};

struct inspector {
    int64_t failure_id;
    enum source_kind source;
    char source_id[1536];
    char label[64];
    enum inspector_tab tab;
    struct lookup_reply *failure, *document, *rows, *timeline,
        *inspection; /* NULL: no answer yet */
    uint64_t tickets[LOOKUP_KIND_COUNT];
    int64_t asked_version;
    bool unfold_all;           /* the default for branches that were not touched */
    uint64_t folds[FOLDS_MAX]; /* touched: the other way round than the default */
    size_t fold_count;
    struct arena arena; /* of the lines */
    struct inspector_lines lines;
    struct list lists[TAB_COUNT]; /* each tab keeps its place */
    struct str mask;              /* in place of what is personal; data NULL: it is shown */
    int width;                    /* of a line */
    const char *ellipsis;         /* behind what is cut in a column */
    char searched[128];           /* the last words searched for */
};

void inspector_add(struct inspector *inspector, enum role role, int indent, struct str text);
/* "%s", ... with memory of the lines' arena. */
void inspector_addf(struct inspector *inspector, enum role role, int indent, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));
/* Over as many lines as it takes, broken at blanks; the text is copied. */
void inspector_wrap(struct inspector *inspector, enum role role, int indent, struct str text);
/* The text, or the mask. */
struct str inspector_personal(const struct inspector *inspector, struct str text);
bool inspector_is_folded(const struct inspector *inspector, uint64_t node, int depth);
void inspector_toggle(struct inspector *inspector, uint64_t node);

/* The next node of the document behind `after` (0: from its beginning) whose key or value holds the
 * words, letters of either case; past the end it goes on at the beginning. Folds that hide it are
 * opened. What is masked is not searched. */
bool inspector_find(struct inspector *inspector, struct str words, uint64_t after,
                    uint64_t *ret_node);
/* The same among the lines of the other tabs, behind line `after`. */
bool inspector_find_line(const struct inspector *inspector, struct str words, uint64_t after,
                         uint64_t *ret_line);

/* The tabs' lines. */
void inspector_diff(struct inspector *inspector, const struct console *console);
void inspector_document(struct inspector *inspector, const struct console *console);
void inspector_rows(struct inspector *inspector, const struct console *console);
void inspector_attempts(struct inspector *inspector, const struct console *console);
void inspector_timeline(struct inspector *inspector, const struct console *console);
void inspector_notes(struct inspector *inspector, const struct console *console);

/* The plan's row that may be applied: of the source's newest document as somebody looked at it, or
 * of a dry run; NULL: there is none, or it would fail. */
const struct plan_row *inspector_applicable(const struct inspector *inspector, int64_t now_us);

#endif
