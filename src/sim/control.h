/* Commands of the control file: what is done once, beside the faults that stay. */
#ifndef ORDERSYNC_SIM_CONTROL_H
#define ORDERSYNC_SIM_CONTROL_H

#include "sim/call.h"
#include "sim/changes.h"

struct control;

/* Borrowed: all of it. Commands are for `collection` of `store`. */
struct control *control_new(struct call_service *service, struct store *store,
                            struct store_collection *collection, struct changes *changes);
void control_free(struct control *control);
/* A fault_command_fn: a line is carried out when its place or its text is new. */
void control_command(void *context, size_t place, const char *line);
/* A timer by which the control file is looked at, and what to do then. */
int control_fd(const struct control *control);
void control_ready(void *control);

/* "id<TAB>update time in nanoseconds" of each document of the collection, in order of ids. The file
 * appears whole. Errors: ERROR_SIM_LOAD. */
MUST_CHECK bool control_dump(struct store *store, struct store_collection *collection,
                             const char *path, size_t *ret_count, struct error *err);

#endif
