/* Painting on ncurses' standard screen. Nothing here sends a byte before paint_end(). */
#include "ui/paint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void paint_begin(struct paint *paint)
{
    arena_reset(&paint->scratch);
    getmaxyx(stdscr, paint->rows, paint->columns);
    paint->cursor_shown = false;
    erase();
}

void paint_end(struct paint *paint)
{
    if (paint->theme->page)
        return; /* plain.c reads it */
    curs_set(paint->cursor_shown ? 1 : 0);
    if (paint->cursor_shown)
        move(paint->cursor_y, paint->cursor_x);
    wnoutrefresh(stdscr);
    doupdate();
}

/* A codeset that is not UTF-8 gets ASCII alone: one '?' for each character, not for each byte. */
static struct str paint_ascii(struct paint *paint, struct str text)
{
    char *copy = arena_alloc(&paint->scratch, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < 0x80)
            copy[len++] = (char)c;
        else if ((c & 0xc0) != 0x80)
            copy[len++] = '?';
    }
    copy[len] = '\0';
    return (struct str){copy, len};
}

struct str paint_clean(struct paint *paint, struct str text)
{
    /* A line holds far less: cleaning a name of a megabyte at every frame would make keys late. */
    size_t longest = (size_t)paint->columns * 32 + 64;
    if (text.len > longest)
        text.len = longest;
    text = text_display(text, &paint->scratch);
    return paint->theme->ascii ? paint_ascii(paint, text) : text;
}

static int paint_clean_text(struct paint *paint, int y, int x, int width, enum role role,
                            struct str text)
{
    if (y < 0 || y >= paint->rows || x < 0 || x >= paint->columns)
        return 0;
    if (width > paint->columns - x)
        width = paint->columns - x;
    if (width <= 0 || text.len == 0)
        return 0;
    bool cut = text_width(text) > (size_t)width;
    attrset(paint->theme->attributes[role]);
    struct str shown = cut ? text_truncate(text, (size_t)width - 1) : text;
    mvaddnstr(y, x, shown.data, (int)shown.len);
    if (cut)
        addstr(theme_glyph(paint->theme, GLYPH_ELLIPSIS));
    attrset(A_NORMAL);
    return (int)text_width(shown) + cut;
}

int paint_text(struct paint *paint, int y, int x, int width, enum role role, struct str text)
{
    if (text.data == NULL || width <= 0)
        return 0;
    return paint_clean_text(paint, y, x, width, role, paint_clean(paint, text));
}

int paint_format(struct paint *paint, int y, int x, int width, enum role role, const char *format,
                 ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    return paint_text(paint, y, x, width, role, str_from(line));
}

int paint_right(struct paint *paint, int y, int x, int width, enum role role, struct str text)
{
    struct str clean = paint_clean(paint, text);
    int used = (int)text_width(clean);
    int indent = used < width ? width - used : 0;
    return indent + paint_clean_text(paint, y, x + indent, width - indent, role, clean);
}

void paint_fill(struct paint *paint, int y, int x, int width, enum role role)
{
    if (y < 0 || y >= paint->rows || x < 0 || x >= paint->columns)
        return;
    attrset(paint->theme->attributes[role]);
    mvhline(y, x, ' ', width < paint->columns - x ? width : paint->columns - x);
    attrset(A_NORMAL);
}

void paint_rule(struct paint *paint, int y, int x, int width, struct str heading, struct str right)
{
    const char *line = theme_glyph(paint->theme, GLYPH_RULE);
    /* ncurses repeats ASCII with REP, after which terminals made with libvterm (neovim, Emacs) put
     * the last column's character into the next line. */
    if (paint->theme->ascii && x + width == paint->columns)
        width--;
    for (int i = 0; i < width && !paint->theme->page; i++)
        paint_text(paint, y, x + i, 1, ROLE_DIM, str_from(line));
    if (heading.len > 0) {
        paint_fill(paint, y, x + 2, 1, ROLE_TEXT);
        int used = paint_text(paint, y, x + 3, width - 6, ROLE_HEADING, heading);
        paint_fill(paint, y, x + 3 + used, 1, ROLE_TEXT);
    }
    int wide = (int)text_width(paint_clean(paint, right));
    if (right.len > 0 && wide + 8 + (int)heading.len < width) {
        paint_fill(paint, y, x + width - wide - 4, wide + 2, ROLE_TEXT);
        paint_text(paint, y, x + width - wide - 3, wide, ROLE_DIM, right);
    }
}

/* How much of `text` goes on a line: up to the last blank that fits, or a hard cut. */
static size_t wrap_point(struct str text, size_t width)
{
    struct str fits = text_truncate(text, width);
    if (fits.len == text.len)
        return text.len;
    for (size_t i = fits.len; i > 0; i--)
        if (text.data[i] == ' ')
            return i;
    return fits.len > 0 ? fits.len : text.len;
}

int paint_wrapped(struct paint *paint, struct rect area, enum role role, struct str text)
{
    struct str rest = paint_clean(paint, text);
    int line = 0;
    while (rest.len > 0 && line < area.height && area.width > 0) {
        bool last = line == area.height - 1;
        size_t len = last ? rest.len : wrap_point(rest, (size_t)area.width);
        paint_clean_text(paint, area.y + line, area.x, area.width, role,
                         (struct str){rest.data, len});
        rest = (struct str){rest.data + len, rest.len - len};
        while (rest.len > 0 && rest.data[0] == ' ')
            rest = (struct str){rest.data + 1, rest.len - 1};
        line++;
    }
    return line;
}

void paint_cursor(struct paint *paint, int y, int x)
{
    if (y < 0 || y >= paint->rows || x < 0 || x >= paint->columns)
        return;
    paint->cursor_shown = true;
    paint->cursor_y = y;
    paint->cursor_x = x;
}

/* A selected row without a mark of its own gets one: looks are not read aloud, and not everywhere
 * seen. */
static void paint_row_mark(struct paint *paint, int y)
{
    char row[8];
    int got = mvinnstr(y, 0, row, sizeof(row) - 1);
    if (got == ERR || memchr(row, '>', (size_t)got) == NULL)
        paint_text(paint, y, 0, 1, ROLE_TEXT, str_from(theme_mark(ROLE_SELECTED)));
}

void paint_select(struct paint *paint, int y, int x, int width)
{
    attr_t attributes = paint->theme->attributes[ROLE_SELECTED];
    if (paint->theme->page || x <= 1)
        paint_row_mark(paint, y);
    mvchgat(y, x, width, attributes & ~(attr_t)A_COLOR, (short)PAIR_NUMBER(attributes), NULL);
    paint_cursor(paint, y, x);
}
