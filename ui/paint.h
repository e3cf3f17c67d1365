/* The only way text gets to ncurses: cleaned, cut to its width, in the terminal's codeset. */
#ifndef ORDERSYNC_UI_PAINT_H
#define ORDERSYNC_UI_PAINT_H

#include "base/memory.h"
#include "base/str.h"
#include "ui/theme.h"

struct rect {
    int y, x, height, width;
};

struct paint {
    const struct theme *theme;
    struct arena scratch; /* emptied at each frame */
    int rows, columns;
    int cursor_y, cursor_x; /* where the hardware cursor is left: the selection */
    bool cursor_shown;
};

void paint_begin(struct paint *paint); /* empties the frame; sends nothing */
void paint_end(struct paint *paint);   /* sends what differs from the last frame */

/* Writes at most `width` columns, with an ellipsis when cut; returns the columns used. Nothing
 * outside the screen is touched. */
int paint_text(struct paint *paint, int y, int x, int width, enum role role, struct str text);
int paint_format(struct paint *paint, int y, int x, int width, enum role role, const char *format,
                 ...) __attribute__((format(printf, 6, 7)));
/* The same, flush right in `width`. */
int paint_right(struct paint *paint, int y, int x, int width, enum role role, struct str text);
void paint_fill(struct paint *paint, int y, int x, int width, enum role role);
/* "-- heading ------- right --" */
void paint_rule(struct paint *paint, int y, int x, int width, struct str heading, struct str right);
/* Text over several lines, broken at blanks; returns the lines used, at most `height`. */
int paint_wrapped(struct paint *paint, struct rect area, enum role role, struct str text);
void paint_cursor(struct paint *paint, int y, int x);
/* A selected row: its columns keep their text and get the selection's look. */
void paint_select(struct paint *paint, int y, int x, int width);
/* What paint_text would show of `text`: cleaned and in the terminal's codeset; scratch memory. */
struct str paint_clean(struct paint *paint, struct str text);

#endif
