/* Jobs and results: who frees what. */
#include "engine/job.h"

#include <stdlib.h>

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    page_free(job->page);
    for (size_t i = 0; i < job->missing_count; i++)
        free(job->missing[i]);
    free(job->missing);
    due_retry_free(job->due, job->due_count);
    free(job);
}

size_t job_bytes(const struct job *job)
{
    return sizeof(*job) + (job->page == NULL ? 0 : job->page->raw.cap);
}

void result_free(struct result *result)
{
    if (result == NULL)
        return;
    job_free(result->job);
    arena_free(&result->arena);
    free(result);
}
