/* Roles to attributes, once at the start. */
#include "ui/theme.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

/* Colour -1: the terminal's own. `few` for 8 and 16 colours, `many` for 256, chosen to be read on a
 * dark and on a light ground. A role must be told apart without colour too: by `mono` or by `mark`.
 */
struct role_colours {
    short foreground;
    short background;
};
static const struct {
    struct role_colours few;
    struct role_colours many;
    attr_t colour; /* attributes beside the colour */
    attr_t mono;   /* attributes instead of the colour */
    const char *mark;
} roles[ROLE_COUNT] = {
    [ROLE_TEXT] = {{-1, -1}, {-1, -1}, A_NORMAL, A_NORMAL, ""},
    [ROLE_DIM] = {{-1, -1}, {-1, -1}, A_DIM, A_DIM, ""},
    [ROLE_STRONG] = {{-1, -1}, {-1, -1}, A_BOLD, A_BOLD, ""},
    [ROLE_HEADING] = {{COLOR_CYAN, -1}, {31, -1}, A_NORMAL, A_UNDERLINE, ""},
    [ROLE_TITLE] = {{COLOR_WHITE, COLOR_BLUE}, {255, 24}, A_NORMAL, A_REVERSE, ""},
    [ROLE_TAB] = {{-1, -1}, {-1, -1}, A_NORMAL, A_NORMAL, ""},
    [ROLE_TAB_ON] = {{-1, -1}, {-1, -1}, A_BOLD | A_UNDERLINE, A_BOLD | A_UNDERLINE, ""},
    [ROLE_SELECTED] = {{COLOR_BLACK, COLOR_CYAN}, {16, 74}, A_NORMAL, A_REVERSE, ">"},
    [ROLE_MARKED] = {{COLOR_YELLOW, -1}, {172, -1}, A_BOLD, A_BOLD, "*"},
    [ROLE_OK] = {{COLOR_GREEN, -1}, {34, -1}, A_NORMAL, A_NORMAL, ""},
    [ROLE_WARNING] = {{COLOR_YELLOW, -1}, {172, -1}, A_NORMAL, A_BOLD, "~"},
    [ROLE_ERROR] = {{COLOR_RED, -1}, {160, -1}, A_BOLD, A_BOLD, "!"},
    [ROLE_KEY] = {{COLOR_CYAN, -1}, {31, -1}, A_BOLD, A_BOLD, ""},
    [ROLE_BAR] = {{COLOR_GREEN, -1}, {34, -1}, A_NORMAL, A_NORMAL, ""},
    [ROLE_PROD] = {{COLOR_WHITE, COLOR_RED}, {231, 160}, A_BOLD, A_REVERSE | A_BOLD, ""},
    [ROLE_STAGING] = {{COLOR_BLACK, COLOR_YELLOW}, {16, 220}, A_NORMAL, A_REVERSE, ""},
    [ROLE_DEV] = {{COLOR_BLACK, COLOR_GREEN}, {16, 114}, A_NORMAL, A_REVERSE, ""},
};

static const struct {
    const char *utf8;
    const char *ascii;
} glyphs[GLYPH_COUNT] = {
    [GLYPH_RULE] = {"─", "-"},     [GLYPH_FOLDED] = {"▸", "+"},    [GLYPH_UNFOLDED] = {"▾", "v"},
    [GLYPH_ELLIPSIS] = {"…", "~"}, [GLYPH_BAR_FULL] = {"█", "#"},  [GLYPH_BAR_EMPTY] = {"░", "."},
    [GLYPH_MASK] = {"•••", "***"}, [GLYPH_SEPARATOR] = {"│", "|"},
};

static const char *const sparks_utf8[SPARK_LEVELS] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const sparks_ascii[SPARK_LEVELS] = {"_", ".", ".", ":", ":", "=", "=", "#"};

static bool colour_wanted(enum colour_mode mode)
{
    const char *no_color = getenv("NO_COLOR"); /* no-color.org: set and not empty */
    if (mode == COLOUR_NEVER)
        return false;
    if (mode == COLOUR_AUTO && no_color != NULL && no_color[0] != '\0')
        return false;
    return has_colors();
}

void theme_init(struct theme *theme, enum colour_mode mode, bool ascii)
{
    theme->ascii = ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    theme->colour = colour_wanted(mode);
    if (theme->colour) {
        start_color();
        use_default_colors();
    }
    for (short i = 0; i < ROLE_COUNT; i++) {
        theme->attributes[i] = roles[i].mono;
        short pair = (short)(i + 1);
        const struct role_colours *colours = COLORS >= 256 ? &roles[i].many : &roles[i].few;
        if (theme->colour && init_pair(pair, colours->foreground, colours->background) != ERR)
            theme->attributes[i] = roles[i].colour | (attr_t)COLOR_PAIR(pair);
    }
}

const char *theme_glyph(const struct theme *theme, enum glyph glyph)
{
    return theme->ascii ? glyphs[glyph].ascii : glyphs[glyph].utf8;
}

const char *theme_spark(const struct theme *theme, unsigned level)
{
    if (level >= SPARK_LEVELS)
        level = SPARK_LEVELS - 1;
    return theme->ascii ? sparks_ascii[level] : sparks_utf8[level];
}

const char *theme_mark(enum role role)
{
    return roles[role].mark;
}
