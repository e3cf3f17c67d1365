/* Plans applied: the command "apply". Its arguments are {"plan":ID}, and of what is picked
 * "actions":["create",...], "sources":["stripe",...] and "ids":[row,...] (neither actions nor ids:
 * all but conflicts); "conflicts":"source" takes the source's document, "leave" leaves those picked
 * as they are; "stale":true applies a plan older than a day. The engine thread owns it.
 *
 * Rows are read again from their source by id and go through apply with what the plan saw of them;
 * what has moved since is left alone. Each row is settled in the plan after the target's commit, so
 * that a killed application goes on with those still open; what it had committed without settling
 * is known by the plan's id in the target. */
#ifndef ORDERSYNC_ENGINE_APPLICATION_H
#define ORDERSYNC_ENGINE_APPLICATION_H

#include "engine/job.h"
#include "journal/plan.h"

#define APPLICATION_RANGE (-2) /* of a look-back's requests: this less the batch's place */
#define APPLICATION_READS 4    /* batches being read or written at once */

struct engine;

/* A batch on its way from journal to writers; what a call of the source comes back to. */
struct application_read {
    struct engine *engine;
    bool active;
    enum source_kind source;
    struct plan_target *targets;
    size_t count;
};

struct application {
    bool active;
    struct command command;
    struct command next; /* another "apply", which waits; id 0: none */
    struct plan_summary plan;
    struct plan_pick pick;
    char *ids;               /* what pick.ids points to; heap */
    bool leaving;            /* picked conflicts are being left as they are */
    enum source_kind source; /* whose rows are being taken; SOURCE_COUNT: all were */
    int64_t after;           /* the last row taken of it */
    bool taken;              /* all of it; the next source waits for the batches that are out */
    size_t out;              /* batches not come back */
    struct application_read reads[APPLICATION_READS];
    uint64_t states[PLAN_ROW_STATE_COUNT]; /* what its rows came to */
    struct error error;                    /* why it ends early; ERROR_NONE */
};

/* A command_fn of commands.c. */
bool command_apply(struct engine *engine, struct command *command, char *ret_message, size_t size,
                   const char **ret_result);
void application_step(struct engine *engine);
void application_settle(struct engine *engine, const struct result *result); /* JOB_APPLY */
void application_abandoned(struct engine *engine, const struct result *result);
/* The look-back thread has read a batch. */
struct lookback_answer;
void application_answered(struct engine *engine, struct lookback_answer *answer);
void application_free(struct application *application);

#endif
