/* First contact: what `ordersync doctor` finds, looked for on a thread of its own while the console
 * already answers keys, and shown where a screen would be empty. */
#ifndef ORDERSYNC_UI_CHECKUP_H
#define ORDERSYNC_UI_CHECKUP_H

#include "ui/console.h"
#include "ui/paint.h"

#define CHECKUP_MAX 32

struct checkup;

/* `doctor` runs once, at once. After terminal_open(), which blocks the signals. */
struct checkup *checkup_start(doctor_fn *doctor, void *context);
/* Asks it to end early and waits for the check under way, which has a deadline. NULL is fine. */
void checkup_free(struct checkup *checkup);
/* How many findings there are by now, and whether it is over; main thread. */
size_t checkup_count(struct checkup *checkup, bool *ret_over);
/* What is wrong first, each with its remedy, then how many checks are fine; returns the lines used.
 * NULL shows nothing. */
int checkup_paint(struct checkup *checkup, struct paint *paint, struct rect area);

#endif
