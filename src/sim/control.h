/* Commands of the control file: what is done once, beside the faults that stay. */
#ifndef ORDERSYNC_SIM_CONTROL_H
#define ORDERSYNC_SIM_CONTROL_H

#include "base/error.h"
#include "sim/fault.h"

/* `text` is what follows the name. Errors are told on standard error. */
struct control_verb {
    const char *name;
    bool (*run)(void *context, const char *text, struct error *err);
};

struct control;

/* Borrowed: all of it. */
struct control *control_new(struct fault_set *faults, const struct control_verb *verbs,
                            size_t count, void *context);
void control_free(struct control *control);
/* A fault_command_fn: a line is carried out when its place or its text is new. */
void control_command(void *context, size_t place, const char *line);
/* A timer by which the control file is looked at, and what to do then. */
int control_fd(const struct control *control);
void control_ready(void *control);

#endif
