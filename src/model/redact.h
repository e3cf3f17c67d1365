/* A change of somebody whose data was erased: what is personal is taken out of rows and stored
 * document before they are written, so that no resync brings it back. */
#ifndef ORDERSYNC_MODEL_REDACT_H
#define ORDERSYNC_MODEL_REDACT_H

#include "model/order.h"

/* The tree without what is personal, and without what the mapping does not know. Shares memory with
 * `content`. Any thread. */
struct value redact_value(enum source_kind source, const struct value *content,
                          struct arena *arena);
/* Personal cells become NULL; json and loss are made anew from what is left. The digest stays the
 * source's, so that the same version is known again. Twice does no harm. */
void redact_change(struct change *change, struct arena *arena);

#endif
