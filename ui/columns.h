/* Table columns that adapt to the width: those of the lowest priority go first. */
#ifndef ORDERSYNC_UI_COLUMNS_H
#define ORDERSYNC_UI_COLUMNS_H

#include "ui/paint.h"

#define COLUMNS_MAX 16

struct column_spec {
    const char *heading;
    int width;    /* the least; the column with `grows` takes what is left */
    int priority; /* 0 always shown */
    bool grows;
    bool right; /* flush right */
};
struct columns {
    const struct column_spec *specs;
    size_t count;
    int x[COLUMNS_MAX];
    int width[COLUMNS_MAX]; /* 0: not shown */
};

/* Lays `count` columns out in [x, x + width) with one blank between. */
void columns_fit(struct columns *columns, const struct column_spec *specs, size_t count, int x,
                 int width);
void columns_heading(const struct columns *columns, struct paint *paint, int y);
void columns_cell(const struct columns *columns, struct paint *paint, int y, size_t column,
                  enum role role, const char *text);

#endif
