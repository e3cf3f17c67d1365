/* The list model: how many rows there are, which is selected, which are on screen. It holds no
 * rows: a list of a million is as cheap as one of ten. */
#ifndef ORDERSYNC_UI_LIST_H
#define ORDERSYNC_UI_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/bindings.h"

struct list {
    uint64_t count;
    uint64_t selected;
    uint64_t top; /* first row on screen */
    unsigned height;
};

/* After a change of count or height: selection inside the list, the selected row on screen. */
void list_fit(struct list *list, uint64_t count, unsigned height);
/* Movement requests; false for others. */
bool list_request(struct list *list, enum request request);
void list_select(struct list *list, uint64_t row);

#endif
