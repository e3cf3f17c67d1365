/* Painting what one row of a plan would change: before -> after. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ui/failed_paint.h"
#include "ui/gauge.h"
#include "ui/plan_paint.h"

#define ARROW " -> "
#define NAME_MAX_WIDTH 34
#define READING_FULL 6 /* lines for the selected field in full, its rule included */

static size_t field_count(const struct plan_model *model)
{
    return model->fields == NULL || !model->fields->ok ? 0 : model->fields->plan_fields.count;
}

static void field_name(const struct lookup_field *field, char *ret_name, size_t size)
{
    if (strcmp(field->table, "orders") == 0)
        snprintf(ret_name, size, "%s", field->field);
    else if (field->key[0] != '\0')
        snprintf(ret_name, size, "%s[%s].%s", field->table, field->key, field->field);
    else
        snprintf(ret_name, size, "%s.%s", field->table, field->field);
}

static struct str field_text(const struct console *console, const struct lookup_field *field,
                             struct str text)
{
    if (text.data == NULL)
        return STR("null");
    if (text.len == 0)
        return STR("\"\"");
    return field->personal ? console_personal(console, text) : text;
}

static void field_line(struct console *console, struct rect line, const struct lookup_field *field)
{
    struct paint *paint = console_paint(console);
    char name[160];
    int arrow = (int)strlen(ARROW);
    int wide = line.width * 2 / 5 < NAME_MAX_WIDTH ? line.width * 2 / 5 : NAME_MAX_WIDTH;
    int half = (line.width - wide - 1 - arrow) / 2;
    int x = line.x + wide + 1;
    field_name(field, name, sizeof(name));
    paint_text(paint, line.y, line.x, wide, ROLE_HEADING, str_from(name));
    x += paint_text(paint, line.y, x, half, field->before.data == NULL ? ROLE_DIM : ROLE_TEXT,
                    field_text(console, field, field->before));
    x += paint_text(paint, line.y, x, arrow, ROLE_DIM, STR(ARROW));
    paint_text(paint, line.y, x, line.x + line.width - x,
               field->after.data == NULL ? ROLE_DIM : ROLE_STRONG,
               field_text(console, field, field->after));
}

static int paint_why(struct paint *paint, struct rect area, const struct plan_row *row)
{
    char what[400];
    enum role role =
        row->state == PLAN_ROW_OPEN || row->state == PLAN_ROW_FAILED ? ROLE_ERROR : ROLE_WARNING;
    if (row->code[0] == '\0' && row->message[0] == '\0')
        return 0;
    snprintf(what, sizeof(what), "%s%s%s%s", row->state == PLAN_ROW_MOVED ? "moved since: " : "",
             row->code, row->code[0] == '\0' ? "" : " ", row->message);
    int used = paint_wrapped(
        paint, (struct rect){area.y, area.x, area.height < 2 ? area.height : 2, area.width}, role,
        str_from(what));
    return used + failed_paint_runbook(paint,
                                       (struct rect){area.y + used, area.x,
                                                     area.height - used > 2 ? 2 : 0, area.width},
                                       row->code);
}

static void row_heading(struct console *console, struct rect line, const struct plan_model *model,
                        const struct plan_row *row, int shown)
{
    char heading[128];
    char right[64] = "";
    snprintf(heading, sizeof(heading), "%.60s %s",
             row->label[0] != '\0' ? row->label : row->source_id, plan_action_name(row->action));
    if (row->field_count > 0 && shown >= 0 && (unsigned)shown < row->field_count)
        snprintf(right, sizeof(right), "%d of %u fields", shown, row->field_count);
    else if (row->field_count > 0)
        snprintf(right, sizeof(right), "%u field%s", row->field_count,
                 row->field_count == 1 ? "" : "s");
    (void)model;
    paint_rule(console_paint(console), line.y, line.x, line.width, str_from(heading),
               str_from(right));
}

void plan_paint_detail(struct console *console, struct rect area, const struct plan_model *model)
{
    const struct plan_row *row = plan_selected(model);
    struct paint *paint = console_paint(console);
    int count = (int)field_count(model);
    if (row == NULL || area.height < 2)
        return;
    struct rect inside = {area.y + 1, area.x + 1, area.height - 1, area.width - 2};
    int used = paint_why(paint, inside, row);
    int room = inside.height - used;
    int shown = count < room ? count : room;
    row_heading(console, area, model, row, shown);
    for (int i = 0; i < shown; i++)
        field_line(console, (struct rect){inside.y + used + i, inside.x, 1, inside.width},
                   &model->fields->plan_fields.fields[i]);
    if (model->fields != NULL && !model->fields->ok && room > 0)
        paint_text(paint, inside.y + used, inside.x, inside.width, ROLE_ERROR,
                   str_from(model->fields->error.message));
}

/* ---- reading ---- */

static void paint_full(struct console *console, struct rect area, const struct lookup_field *field)
{
    struct paint *paint = console_paint(console);
    char name[160];
    int half = (area.height - 1) / 2;
    field_name(field, name, sizeof(name));
    paint_rule(paint, area.y, area.x, area.width, str_from(name),
               field->personal ? STR("personal") : STR_NULL);
    const struct str texts[] = {field->before, field->after};
    static const char *const words[] = {"before", "after"};
    for (int i = 0; i < 2; i++) {
        int y = area.y + 1 + i * half;
        paint_text(paint, y, area.x + 1, 7, ROLE_DIM, str_from(words[i]));
        paint_wrapped(paint, (struct rect){y, area.x + 9, half, area.width - 10},
                      texts[i].data == NULL ? ROLE_DIM : ROLE_TEXT,
                      field_text(console, field, texts[i]));
    }
}

static void paint_cut(struct console *console, struct rect line, const struct plan_model *model)
{
    char text[GAUGE_TEXT];
    if (model->fields != NULL && model->fields->ok && model->fields->plan_fields.cut > 0)
        paint_format(console_paint(console), line.y, line.x, line.width, ROLE_WARNING,
                     "%s%s more are not kept: the row is too large", theme_mark(ROLE_WARNING),
                     gauge_count(model->fields->plan_fields.cut, text));
}

void plan_paint_reading(struct console *console, struct rect area, struct plan_model *model)
{
    const struct plan_row *row = plan_selected(model);
    struct paint *paint = console_paint(console);
    struct list *list = &model->reading_list;
    int full = area.height >= 3 * READING_FULL ? READING_FULL : 0;
    if (row == NULL)
        return;
    row_heading(console, area, model, row, -1);
    int why = paint_why(paint, (struct rect){area.y + 1, area.x + 1, 4, area.width - 2}, row);
    struct rect body = {area.y + 1 + why, area.x, area.height - 2 - why - full, area.width};
    list_fit(list, field_count(model), body.height > 0 ? (unsigned)body.height : 1);
    for (int i = 0; i < body.height && list->top + (unsigned)i < list->count; i++) {
        uint64_t index = list->top + (unsigned)i;
        field_line(console, (struct rect){body.y + i, body.x + 3, 1, body.width - 4},
                   &model->fields->plan_fields.fields[index]);
        if (index != list->selected)
            continue;
        paint_text(paint, body.y + i, body.x + 1, 1, ROLE_STRONG,
                   str_from(theme_mark(ROLE_SELECTED)));
        paint_select(paint, body.y + i, body.x + 1, body.width - 2);
    }
    paint_cut(console, (struct rect){body.y + body.height, body.x + 1, 1, body.width - 2}, model);
    if (full > 0 && list->count > 0)
        paint_full(console, (struct rect){area.y + area.height - full, area.x, full, area.width},
                   &model->fields->plan_fields.fields[list->selected]);
}
