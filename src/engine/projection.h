/* From a job's raw documents to changes, and from changes with outcomes to what the journal
 * settles. Pure; any thread. */
#ifndef ORDERSYNC_ENGINE_PROJECTION_H
#define ORDERSYNC_ENGINE_PROJECTION_H

#include "engine/job.h"

struct projection {
    struct change *changes; /* the applier may reorder them */
    size_t count;
};
/* Decodes and transforms everything of a job. A document that fails gets OUTCOME_FAILED and its
 * error. */
void projection_make(const struct job *job, struct arena *arena, struct projection *ret_projection);
/* `committed_us`: when the target committed it, wall. Copies outcomes, labels and errors into the
 * result's own memory and counts them. */
void projection_settle(const struct projection *projection, int64_t committed_us,
                       struct result *result);

#endif
