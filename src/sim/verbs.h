/* Commands of the control file of `ordersync-sim firestore`. */
#ifndef ORDERSYNC_SIM_VERBS_H
#define ORDERSYNC_SIM_VERBS_H

#include "sim/call.h"
#include "sim/changes.h"
#include "sim/control.h"

/* What they work on; commands are for `collection` of `store`. */
struct verbs {
    struct call_service *service;
    struct store *store;
    struct store_collection *collection;
    struct changes *changes;
};

#define VERBS_FIRESTORE 3
extern const struct control_verb verbs_firestore[VERBS_FIRESTORE]; /* context: struct verbs */

/* "id<TAB>update time in nanoseconds" of each document of the collection, in order of ids. The file
 * appears whole. Errors: ERROR_SIM_LOAD. */
MUST_CHECK bool verbs_dump(struct store *store, struct store_collection *collection,
                           const char *path, size_t *ret_count, struct error *err);

#endif
