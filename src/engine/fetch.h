/* Documents read by id: failures whose time has come, `pull`, and `inspect`, which writes nothing
 * but what it would do. Engine thread only. */
#ifndef ORDERSYNC_ENGINE_FETCH_H
#define ORDERSYNC_ENGINE_FETCH_H

#include "engine/job.h"

struct engine;
struct lookback_answer;

/* One fetch by id under way at a time of each source: due retries, or the documents of a `pull`
 * command. */
struct fetch {
    struct engine *engine;
    enum source_kind source;
    bool active;
    struct due_retry *due;
    size_t due_count;
    struct command command;  /* id 0: none */
    bool inspect;            /* the command's document is planned, not written */
    bool repair;             /* the command's documents differ: what is read replaces them */
    uint64_t absences, view; /* of a repair: documents found absent in all, and of how many */
};

void fetch_init(struct engine *engine);
bool fetch_active(const struct engine *engine);
void fetch_give_back(struct engine *engine);
void fetch_due(struct engine *engine);
/* "pull" or "inspect". False: it cannot begin, and the command is left. */
bool fetch_pull(struct engine *engine, struct command *take_command, struct error *err);
void fetch_finish(struct engine *engine, const struct result *result);
/* Of an `inspect`: what it found becomes a plan of one row, unless nothing would change. */
void fetch_inspected(struct engine *engine, struct result *result);
/* The look-back thread's answer to one of these. */
void fetch_answered(struct engine *engine, struct lookback_answer *answer);

#endif
