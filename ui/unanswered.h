/* What stands in place of rows where the journal or the target gave none: the error, and what to
 * do. */
#ifndef ORDERSYNC_UI_UNANSWERED_H
#define ORDERSYNC_UI_UNANSWERED_H

#include "base/error.h"
#include "ui/paint.h"

/* The sentence for first contact, the same on every screen; NULL: the error is no such case. */
const char *unanswered_first(const struct error *error);
/* That sentence, else the error with its remedy below; returns the lines used. */
int unanswered_paint(struct paint *paint, struct rect area, const struct error *error);

#endif
