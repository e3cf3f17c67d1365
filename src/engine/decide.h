/* Matches of two customers that a person decides (target/reviews.h): the command, carried out by
 * the customers thread. Engine thread. */
#ifndef ORDERSYNC_ENGINE_DECIDE_H
#define ORDERSYNC_ENGINE_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct engine;
struct command;

/* "decide": {"review":12,"decision":"merge","into":"other","customers":["<id>","<id>"]}; the
 * decisions are merge, keep_apart and undo; the customers are those that whoever merges was shown,
 * the stronger match first. A command_fn of commands.c: its end comes with decide_step(). */
bool command_decide(struct engine *engine, struct command *command, char *ret_message, size_t size,
                    const char **ret_result);
/* The same for an undo of command `id`; *ret_ours false when that was no decision. */
bool decide_undo(struct engine *engine, struct command *command, int64_t id, bool *ret_ours,
                 char *ret_message, size_t size, const char **ret_result);
/* Ends the command whose decision is over. */
void decide_step(struct engine *engine);

#endif
