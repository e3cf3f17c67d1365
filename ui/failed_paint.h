/* How the Failed screen looks: the list, and the pane about what is selected. */
#ifndef ORDERSYNC_UI_FAILED_PAINT_H
#define ORDERSYNC_UI_FAILED_PAINT_H

#include "ui/failed_model.h"

void failed_paint_summary(struct paint *paint, struct rect line, const struct failed_model *model);
/* A bulk action that is under way: what it came to so far, by whom, and how many others
 * there are. */
void failed_paint_running(struct paint *paint, struct rect line, const struct command_row *command,
                          unsigned more);
void failed_paint_list(struct paint *paint, struct rect area, const struct failed_model *model,
                       int64_t now_us);
void failed_paint_detail(struct paint *paint, struct rect area, const struct failed_model *model,
                         int64_t now_us);
/* Cause and remedy of a code, from the table of errors; returns the lines used. */
int failed_paint_runbook(struct paint *paint, struct rect area, const char *code);
/* "41s", "now", "dead", "skipped": what happens to a failure next. */
const char *failed_next(const struct failure_row *row, int64_t now_us, char ret_text[16]);

#endif
