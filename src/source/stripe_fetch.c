/* Sessions by id, each with all its line items and refunds. */
#include "source/stripe_internal.h"

#include <string.h>

#include "base/clock.h"

struct fetch {
    struct stripe_group group; /* first: the group's finish() is given it */
    fetch_done_fn *done;
    void *context;
};

static void fetch_deliver(struct fetch *fetch)
{
    struct stripe_group *group = &fetch->group;
    char **missing = memory_zero(group->count, sizeof(*missing));
    size_t count = 0;
    struct page *page = group->error.id == ERROR_NONE ? stripe_group_page(group) : NULL;
    if (page == NULL) {
        free(missing);
        fetch->done(fetch->context, NULL, NULL, 0, TIME_NONE, &group->error);
        return;
    }
    for (size_t i = 0; i < group->count; i++) {
        if (group->sessions[i].gone)
            missing[count++] = memory_string(group->sessions[i].id);
    }
    if (page->read_time_ns == TIME_NONE) /* none was found */
        page->read_time_ns = clock_wall_us() * 1000;
    page->last = true;
    fetch->done(fetch->context, page, missing, count, page->read_time_ns, NULL);
}

static void fetch_release(struct rest_job *job)
{
    struct fetch *fetch = (struct fetch *)job;
    stripe_group_free(&fetch->group);
    free(fetch);
}

static void fetch_finish(struct stripe_group *group)
{
    fetch_deliver((struct fetch *)group);
    rest_job_end(group->source->rest, &group->job);
    fetch_release(&group->job);
}

static bool is_known(const struct stripe_group *group, const char *id)
{
    for (size_t i = 0; i < group->count; i++) {
        if (strcmp(group->sessions[i].id, id) == 0)
            return true;
    }
    return false;
}

void stripe_fetch(struct source *source, const char *const *ids, size_t count, fetch_done_fn *done,
                  void *context)
{
    struct fetch *fetch = memory_zero(1, sizeof(*fetch));
    fetch->done = done;
    fetch->context = context;
    rest_job_begin(source->rest, &fetch->group.job, fetch_release);
    stripe_group_begin(&fetch->group, source, count);
    fetch->group.refunds = true;
    fetch->group.finish = fetch_finish;
    for (size_t i = 0; i < count; i++) {
        if (!is_known(&fetch->group, ids[i]))
            stripe_group_add(&fetch->group, str_from(ids[i]), STR_NULL);
    }
    stripe_group_go(&fetch->group);
}
