/* Focus goes fields, Cancel, confirm; Enter in a field goes on to the next, so a run of Enters ends
 * on Cancel. */
#include "ui/dialog.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_WIDTH 62 /* inside the box */

/* Cuts the last line at a blank; what is over becomes a line of its own. */
static bool break_line(struct dialog *dialog)
{
    char *line = dialog->lines[dialog->line_count - 1];
    size_t at = LINE_WIDTH;
    if (strlen(line) <= LINE_WIDTH || dialog->line_count == DIALOG_LINES)
        return false;
    while (at > 0 && line[at] != ' ')
        at--;
    if (at == 0)
        return false;
    line[at] = '\0';
    memcpy(dialog->lines[dialog->line_count++], line + at + 1, strlen(line + at + 1) + 1);
    return true;
}

void dialog_line(struct dialog *dialog, const char *format, ...)
{
    assert(dialog->line_count < DIALOG_LINES);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(dialog->lines[dialog->line_count++], sizeof(dialog->lines[0]), format, arguments);
    va_end(arguments);
    while (break_line(dialog))
        ;
}

void dialog_field(struct dialog *dialog, const char *label, const char *expected)
{
    assert(dialog->field_count < DIALOG_FIELDS);
    struct dialog_field *field = &dialog->fields[dialog->field_count++];
    snprintf(field->label, sizeof(field->label), "%s", label);
    snprintf(field->expected, sizeof(field->expected), "%s", expected);
}

void dialog_number(struct dialog *dialog, const char *label, unsigned initial)
{
    char text[16];
    snprintf(text, sizeof(text), "%u", initial);
    dialog_field(dialog, label, "");
    struct dialog_field *field = &dialog->fields[dialog->field_count - 1];
    field->number = true;
    line_edit_set(&field->edit, text);
}

unsigned dialog_number_of(const struct dialog *dialog, size_t field)
{
    return (unsigned)strtoul(dialog->fields[field].edit.text, NULL, 10);
}

static bool number_is_good(const struct line_edit *edit)
{
    return edit->len <= 6 && strspn(edit->text, "0123456789") == edit->len;
}

static bool field_is_good(const struct dialog_field *field)
{
    if (field->number)
        return number_is_good(&field->edit);
    if (field->expected[0] != '\0')
        return strcmp(field->edit.text, field->expected) == 0;
    return strspn(field->edit.text, " ") < field->edit.len;
}

enum dialog_outcome dialog_submit(struct dialog *dialog)
{
    for (size_t i = 0; i < dialog->field_count; i++) {
        const struct dialog_field *field = &dialog->fields[i];
        if (field_is_good(field))
            continue;
        dialog->focus = i;
        snprintf(dialog->complaint, sizeof(dialog->complaint), "%s: %s%.40s", field->label,
                 field->number                ? "a whole number, or 0 for none"
                 : field->expected[0] != '\0' ? "type "
                                              : "needed",
                 field->expected);
        return DIALOG_OPEN;
    }
    return DIALOG_CONFIRMED;
}

static void dialog_move(struct dialog *dialog, bool forward)
{
    size_t stops = dialog->field_count + 2;
    dialog->focus = (dialog->focus + (forward ? 1 : stops - 1)) % stops;
}

static enum dialog_outcome dialog_enter(struct dialog *dialog)
{
    if (dialog->focus == dialog->field_count)
        return DIALOG_CANCELLED;
    if (dialog->focus > dialog->field_count)
        return dialog_submit(dialog);
    dialog_move(dialog, true);
    return DIALOG_OPEN;
}

enum dialog_outcome dialog_key(struct dialog *dialog, int key, bool is_key)
{
    bool in_field = dialog->focus < dialog->field_count;
    dialog->complaint[0] = '\0';
    if (!is_key && key == 27)
        return DIALOG_CANCELLED;
    if ((!is_key && (key == '\r' || key == '\n')) || (is_key && key == KEY_ENTER))
        return dialog_enter(dialog);
    if ((!is_key && key == '\t') || (is_key && key == KEY_DOWN) ||
        (is_key && key == KEY_RIGHT && !in_field))
        dialog_move(dialog, true);
    else if (is_key && (key == KEY_BTAB || key == KEY_UP || (key == KEY_LEFT && !in_field)))
        dialog_move(dialog, false);
    else if (in_field)
        (void)line_edit_key(&dialog->fields[dialog->focus].edit, key, is_key);
    return DIALOG_OPEN;
}

/* ---- painting ---- */

static void dialog_box(struct paint *paint, struct rect box, const char *title)
{
    for (int i = 0; i < box.height; i++) {
        paint_fill(paint, box.y + i, box.x, box.width, ROLE_TEXT);
        const char *side = theme_glyph(paint->theme, GLYPH_SEPARATOR);
        paint_text(paint, box.y + i, box.x, 1, ROLE_DIM, str_from(side));
        paint_text(paint, box.y + i, box.x + box.width - 1, 1, ROLE_DIM, str_from(side));
    }
    paint_rule(paint, box.y, box.x, box.width, str_from(title), STR_NULL);
    paint_rule(paint, box.y + box.height - 1, box.x, box.width, STR_NULL, STR_NULL);
}

static void dialog_button(struct paint *paint, int y, int x, const char *word, bool focus)
{
    int used = paint_format(paint, y, x, 30, ROLE_STRONG, "[ %s ]", word);
    if (focus)
        paint_select(paint, y, x, used);
}

static void dialog_paint_fields(const struct dialog *dialog, struct paint *paint, int y, int x,
                                int width)
{
    for (size_t i = 0; i < dialog->field_count; i++) {
        const struct dialog_field *field = &dialog->fields[i];
        bool focus = dialog->focus == i;
        int used = paint_format(paint, y + (int)i, x, width / 2, focus ? ROLE_KEY : ROLE_TEXT,
                                "%s%s: ", focus ? ">" : " ", field->label);
        line_edit_paint(&field->edit, paint, y + (int)i, x + used, width - used, focus);
    }
}

void dialog_paint(const struct dialog *dialog, struct paint *paint)
{
    int height = (int)(dialog->line_count + dialog->field_count) + 5;
    struct rect box = {.height = height < paint->rows ? height : paint->rows,
                       .width = paint->columns < LINE_WIDTH + 8 ? paint->columns : LINE_WIDTH + 4};
    box.y = (paint->rows - box.height) / 2;
    box.x = (paint->columns - box.width) / 2;
    dialog_box(paint, box, dialog->title);
    int y = box.y + 1;
    int x = box.x + 2;
    /* On few rows explanations give way: the first line, fields and buttons are always seen. */
    int lines = paint->rows - (int)dialog->field_count - 4;
    for (size_t i = 0; i < dialog->line_count && ((int)i < lines || i == 0); i++)
        paint_text(paint, y++, x, box.width - 4, ROLE_TEXT, str_from(dialog->lines[i]));
    dialog_paint_fields(dialog, paint, y, x, box.width - 4);
    y += (int)dialog->field_count;
    paint_text(paint, y++, x, box.width - 4, ROLE_ERROR, str_from(dialog->complaint));
    dialog_button(paint, y, x, "Cancel", dialog->focus == dialog->field_count);
    dialog_button(paint, y, x + 14, dialog->confirm, dialog->focus > dialog->field_count);
}
