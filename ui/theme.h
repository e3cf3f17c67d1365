/* What things look like: semantic roles, each with a colour, an attribute for monochrome terminals
 * and a mark that says the same in text; and the glyphs, in UTF-8 or ASCII. */
#ifndef ORDERSYNC_UI_THEME_H
#define ORDERSYNC_UI_THEME_H

#include <curses.h>
#include <stdbool.h>

#include "ui/console.h"

enum role {
    ROLE_TEXT,
    ROLE_DIM,
    ROLE_STRONG,
    ROLE_HEADING,
    ROLE_TITLE,
    ROLE_TAB,
    ROLE_TAB_ON,
    ROLE_SELECTED,
    ROLE_MARKED,
    ROLE_OK,
    ROLE_WARNING,
    ROLE_ERROR,
    ROLE_KEY,
    ROLE_BAR,
    ROLE_PROD,
    ROLE_STAGING,
    ROLE_DEV,
    ROLE_COUNT
};

enum glyph {
    GLYPH_RULE,
    GLYPH_FOLDED,
    GLYPH_UNFOLDED,
    GLYPH_ELLIPSIS,
    GLYPH_BAR_FULL,
    GLYPH_BAR_EMPTY,
    GLYPH_MASK,
    GLYPH_SEPARATOR,
    GLYPH_COUNT
};
#define SPARK_LEVELS 8

struct theme {
    bool colour;
    bool ascii;
    bool page; /* read line by line, not seen: nothing is drawn that has no words */
    attr_t attributes[ROLE_COUNT];
};

/* After terminal_open(). ASCII when asked for or when the locale's codeset is not UTF-8. */
void theme_init(struct theme *theme, enum colour_mode mode, bool ascii);
const char *theme_glyph(const struct theme *theme, enum glyph glyph);
const char *theme_spark(const struct theme *theme, unsigned level); /* 0..SPARK_LEVELS - 1 */
const char *theme_mark(enum role role); /* "!" for an error: the same without colour; "" for most */

#endif
