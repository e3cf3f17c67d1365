/* A match of two customers that a person decides about: shown side by side, merged, kept apart, or
 * that undone. UI thread. */
#ifndef ORDERSYNC_UI_REVIEW_H
#define ORDERSYNC_UI_REVIEW_H

#include "ui/screen.h"

#define REVIEW_LINES 9 /* of the two sides */

bool review_is_open(const struct lookup_review *review);
const char *review_word(const struct lookup_review *review); /* its state, for a reader */
void review_paint(struct console *console, struct rect area, const struct lookup_review *review);
/* MERGE, KEEP_APART or UNDO: says what that does to whom, then sends it. */
void review_decide(struct console *console, const struct lookup_review *review,
                   enum request request);

#endif
