/* Editing by whole characters; what does not fit is not taken. */
#include "ui/line_edit.h"

#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/text.h"

#define CONTROL(c) ((c)&0x1f)

void line_edit_set(struct line_edit *edit, const char *text)
{
    size_t len = strlen(text);
    if (len > LINE_MAX_BYTES)
        len = LINE_MAX_BYTES;
    memcpy(edit->text, text, len);
    edit->text[len] = '\0';
    edit->len = edit->cursor = len;
}

static size_t before(const struct line_edit *edit, size_t at)
{
    while (at > 0 && ((unsigned char)edit->text[--at] & 0xc0) == 0x80)
        continue;
    return at;
}

static size_t after(const struct line_edit *edit, size_t at)
{
    if (at < edit->len)
        at++;
    while (at < edit->len && ((unsigned char)edit->text[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static void cut(struct line_edit *edit, size_t from, size_t to)
{
    memmove(edit->text + from, edit->text + to, edit->len - to + 1);
    edit->len -= to - from;
    edit->cursor = from;
}

static size_t word_start(const struct line_edit *edit)
{
    size_t at = edit->cursor;
    while (at > 0 && edit->text[at - 1] == ' ')
        at--;
    while (at > 0 && edit->text[at - 1] != ' ')
        at--;
    return at;
}

bool line_edit_insert(struct line_edit *edit, const char *text, size_t len)
{
    if (edit->len + len > LINE_MAX_BYTES)
        return false;
    memmove(edit->text + edit->cursor + len, edit->text + edit->cursor,
            edit->len - edit->cursor + 1);
    memcpy(edit->text + edit->cursor, text, len);
    edit->len += len;
    edit->cursor += len;
    return true;
}

static void insert(struct line_edit *edit, wchar_t character)
{
    char bytes[16];
    mbstate_t state = {0};
    size_t len = wcrtomb(bytes, character, &state);
    if (len != (size_t)-1)
        (void)line_edit_insert(edit, bytes, len);
}

static bool special_key(struct line_edit *edit, int key)
{
    switch (key) {
    case KEY_LEFT:
        edit->cursor = before(edit, edit->cursor);
        return true;
    case KEY_RIGHT:
        edit->cursor = after(edit, edit->cursor);
        return true;
    case KEY_HOME:
        edit->cursor = 0;
        return true;
    case KEY_END:
        edit->cursor = edit->len;
        return true;
    case KEY_BACKSPACE:
        cut(edit, before(edit, edit->cursor), edit->cursor);
        return true;
    case KEY_DC:
        cut(edit, edit->cursor, after(edit, edit->cursor));
        return true;
    default:
        return false;
    }
}

static bool control_key(struct line_edit *edit, int key)
{
    switch (key) {
    case CONTROL('a'):
        return special_key(edit, KEY_HOME);
    case CONTROL('e'):
        return special_key(edit, KEY_END);
    case CONTROL('h'):
    case 127:
        return special_key(edit, KEY_BACKSPACE);
    case CONTROL('u'):
        cut(edit, 0, edit->cursor);
        return true;
    case CONTROL('k'):
        cut(edit, edit->cursor, edit->len);
        return true;
    case CONTROL('w'):
        cut(edit, word_start(edit), edit->cursor);
        return true;
    default:
        return false;
    }
}

bool line_edit_key(struct line_edit *edit, int key, bool is_key)
{
    if (is_key)
        return special_key(edit, key);
    if (key < 32 || key == 127)
        return control_key(edit, key);
    insert(edit, (wchar_t)key);
    return true;
}

void line_edit_paint(const struct line_edit *edit, struct paint *paint, int y, int x, int width,
                     bool focus)
{
    /* A long text is shown from where its cursor can be seen. */
    size_t from = 0;
    struct str left = {edit->text, edit->cursor};
    while (text_width((struct str){left.data + from, left.len - from}) + 1 > (size_t)width &&
           from < left.len)
        from = after(edit, from);
    paint_fill(paint, y, x, width, ROLE_STRONG);
    paint_text(paint, y, x, width, ROLE_STRONG, (struct str){edit->text + from, edit->len - from});
    if (focus)
        paint_cursor(paint, y,
                     x + (int)text_width((struct str){left.data + from, left.len - from}));
}
