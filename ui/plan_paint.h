/* Painting plans. */
#ifndef ORDERSYNC_UI_PLAN_PAINT_H
#define ORDERSYNC_UI_PLAN_PAINT_H

#include "ui/plan_model.h"

/* The list of plans, and what is known of the selected one. */
void plan_paint_list(struct console *console, struct rect area, const struct plan_model *model);
void plan_paint_listed(struct paint *paint, struct rect area, const struct plan_summary *plan);
/* What one plan is and came to, above its rows; returns the lines used. */
int plan_paint_head(struct paint *paint, struct rect area, const struct plan_model *model,
                    int64_t now_us);
int plan_head_height(const struct plan_model *model, int64_t now_us);
void plan_paint_rows(struct paint *paint, struct rect area, const struct plan_model *model);
/* The selected row, with as many of its fields as there is room for. */
void plan_paint_detail(struct console *console, struct rect area, const struct plan_model *model);
/* All its fields; the selected one in full. */
void plan_paint_reading(struct console *console, struct rect area, struct plan_model *model);

#endif
