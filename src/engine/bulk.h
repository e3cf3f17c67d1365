/* Actions on many failures: done in pieces between the engine's other work, at the pace that was
 * stated, until so many failed again. Engine thread; counts and how far it is stand in the journal,
 * so a killed engine goes on where it was. */
#ifndef ORDERSYNC_ENGINE_BULK_H
#define ORDERSYNC_ENGINE_BULK_H

#include "base/backoff.h"
#include "journal/journal.h"

struct engine;

#define BULK_MAX 4 /* with a pace, side by side */

struct bulk_action {
    struct command command; /* id 0: free */
    struct bulk_counts counts;
    struct bucket bucket; /* of its pace */
    bool all_marked;      /* went past every failure; results are awaited */
};

/* Takes a command on failures and does its first piece. False: it is done or refused already, and
 * *ret_result and ret_message say how. */
bool bulk_take(struct engine *engine, struct command *command, char *ret_message, size_t size,
               const char **ret_result);
/* The next piece of each; finishes those that are done. */
void bulk_step(struct engine *engine);
/* One without a pace is under way: later commands wait for it. */
bool bulk_blocks(const struct engine *engine);
bool bulk_active(const struct engine *engine);
/* Ends the command as cancelled, queued or under way: what no writer has yet is put back. False,
 * with the reason in ret_message, when it has ended before. */
bool bulk_cancel(struct engine *engine, int64_t id, const char *by, char *ret_message, size_t size);
/* The command that {"command":7} names; 0 none. */
int64_t bulk_command_named(const char *arguments);
void bulk_free(struct engine *engine);

#endif
