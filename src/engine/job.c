/* Jobs and results: who frees what. */
#include "engine/job.h"

#include <stdlib.h>

#include "base/memory.h"

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    page_free(job->page);
    for (size_t i = 0; i < job->gone_count; i++)
        free(job->gone[i].id);
    free(job->gone);
    due_retry_free(job->due, job->due_count);
    plan_targets_free(job->targets, job->target_count);
    free(job);
}

void job_take_missing(struct job *job, char **take_ids, size_t count, int64_t read_time_ns)
{
    job->gone = memory_zero(count + 1, sizeof(*job->gone));
    job->gone_count = count;
    for (size_t i = 0; i < count; i++)
        job->gone[i] = (struct gone){.id = take_ids[i], .at_ns = read_time_ns};
    free(take_ids);
}

size_t job_bytes(const struct job *job)
{
    return sizeof(*job) + (job->page == NULL ? 0 : job->page->raw.cap) +
           job->gone_count * sizeof(*job->gone);
}

void result_free(struct result *result)
{
    if (result == NULL)
        return;
    job_free(result->job);
    arena_free(&result->arena);
    free(result);
}
