/* Which parts of a stored document are personal: read from the mapping and the tables it fills, so
 * that a column marked there is masked everywhere. Any thread; plain values. */
#ifndef ORDERSYNC_MODEL_PERSONAL_H
#define ORDERSYNC_MODEL_PERSONAL_H

#include <stdbool.h>

#include "model/document.h"

struct personal {
    int scope; /* of the mapping; -1: nothing below is known */
    bool masked;
    bool plain; /* a text may stand for the map that belongs here, and is not personal: an id */
};

/* At the root of a source's document. */
struct personal personal_root_of(enum source_kind source);
/* Of Firestore's. */
struct personal personal_root(void);
/* At the value under `key` of a map; array items are as their array. What the mapping does not know
 * is masked: an unknown field may hold anything. */
struct personal personal_enter(struct personal at, struct str key);

#endif
