/* Column layout. */
#include "ui/columns.h"

#include <assert.h>

static int columns_needed(const struct columns *columns)
{
    int needed = 0;
    for (size_t i = 0; i < columns->count; i++)
        needed += columns->width[i] > 0 ? columns->width[i] + 1 : 0;
    return needed - 1;
}

static bool columns_drop(struct columns *columns)
{
    size_t worst = columns->count;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->width[i] > 0 && columns->specs[i].priority > 0 &&
            (worst == columns->count ||
             columns->specs[i].priority > columns->specs[worst].priority))
            worst = i;
    if (worst == columns->count)
        return false;
    columns->width[worst] = 0;
    return true;
}

void columns_fit(struct columns *columns, const struct column_spec *specs, size_t count, int x,
                 int width)
{
    assert(count <= COLUMNS_MAX);
    *columns = (struct columns){.specs = specs, .count = count};
    for (size_t i = 0; i < count; i++)
        columns->width[i] = specs[i].width;
    while (columns_needed(columns) > width && columns_drop(columns))
        continue;
    int spare = width - columns_needed(columns);
    for (size_t i = 0; i < count; i++) {
        if (columns->width[i] > 0 && specs[i].grows && spare > 0)
            columns->width[i] += spare;
        columns->x[i] = x;
        x += columns->width[i] > 0 ? columns->width[i] + 1 : 0;
    }
}

void columns_cell(const struct columns *columns, struct paint *paint, int y, size_t column,
                  enum role role, const char *text)
{
    if (columns->width[column] == 0)
        return;
    if (columns->specs[column].right)
        paint_right(paint, y, columns->x[column], columns->width[column], role, str_from(text));
    else
        paint_text(paint, y, columns->x[column], columns->width[column], role, str_from(text));
}

void columns_heading(const struct columns *columns, struct paint *paint, int y)
{
    for (size_t i = 0; i < columns->count; i++)
        columns_cell(columns, paint, y, i, ROLE_HEADING, columns->specs[i].heading);
}
