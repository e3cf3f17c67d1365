/* The engine's rules about itself (journal/alerts.h), seen to by the engine. Engine thread. */
#ifndef ORDERSYNC_ENGINE_WATCH_H
#define ORDERSYNC_ENGINE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct command;

/* Every few seconds: judges the rules and notes since when one has not been well. */
void watch_step(struct engine *engine);
/* "acknowledge" and "silence": a command_fn of commands.c. */
bool command_alert(struct engine *engine, struct command *command, char *ret_message, size_t size,
                   const char **ret_result);
/* Takes back what a command said about an alert; *ret_found false when it said nothing. False: the
 * engine has failed. */
bool watch_undo(struct engine *engine, int64_t command_id, bool *ret_found);

#endif
