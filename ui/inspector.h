/* The Inspector's subject and its tabs. Each tab turns what is known into lines; the screen scrolls
 * them. */
#ifndef ORDERSYNC_UI_INSPECTOR_H
#define ORDERSYNC_UI_INSPECTOR_H

#include "ui/list.h"
#include "ui/screen.h"

enum inspector_tab { TAB_ATTEMPTS, TAB_DOCUMENT, TAB_ROWS, TAB_TIMELINE, TAB_NOTES, TAB_COUNT };

#define FOLDS_MAX 1024 /* branches folded or unfolded by hand; past it they stay as they are */

struct inspector_line {
    enum role role;
    int indent;
    struct str text;
    uint64_t branch; /* of a foldable line: its path's hash; 0 none */
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
    struct lookup_reply *failure, *document, *rows, *timeline; /* NULL before the answer */
    uint64_t tickets[LOOKUP_KIND_COUNT];
    int64_t asked_version;
    bool unfold_all;           /* the default for branches that were not touched */
    uint64_t folds[FOLDS_MAX]; /* touched: the other way round than the default */
    size_t fold_count;
    struct arena arena; /* of the lines */
    struct inspector_lines lines;
    struct list lists[TAB_COUNT]; /* each tab keeps its place */
};

void inspector_add(struct inspector *inspector, enum role role, int indent, struct str text);
/* "%s", ... with memory of the lines' arena. */
void inspector_addf(struct inspector *inspector, enum role role, int indent, const char *format,
                    ...) __attribute__((format(printf, 4, 5)));
bool inspector_is_folded(const struct inspector *inspector, uint64_t branch, int depth);
void inspector_toggle(struct inspector *inspector, uint64_t branch);

/* The tabs' lines. */
void inspector_document(struct inspector *inspector, const struct console *console);
void inspector_rows(struct inspector *inspector, const struct console *console);
void inspector_attempts(struct inspector *inspector, const struct console *console);
void inspector_timeline(struct inspector *inspector, const struct console *console);
void inspector_notes(struct inspector *inspector, const struct console *console);

#endif
