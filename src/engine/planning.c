/* Dry runs: their plan begins, grows page by page and ends, and nothing else is written; and old
 * plans are forgotten. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"
#include "journal/planning.h"

#define FORGET_ROWS 5000             /* of dropped plans a step: consoles get their turn */
#define FORGET_US (3600 * 1000000LL) /* how often plans that are too old are looked for */

bool planning_begin(struct engine *engine, const char *kind, unsigned from, char ret_plan_id[40])
{
    struct error err = {0};
    if (journal_plan_start(engine->journal, kind, from, engine->operator_name, engine->origin,
                           ret_plan_id, &err))
        return true;
    engine_fail(engine, &err);
    return false;
}

void planning_source(struct engine *engine, const char *plan_id, enum source_kind source,
                     const char *identity)
{
    struct error err = {0};
    if (!journal_plan_identify(engine->journal, plan_id, NULL, source, identity, &err))
        engine_fail(engine, &err);
}

void planning_end(struct engine *engine, const char *plan_id, const char *why)
{
    struct error err = {0};
    enum plan_state state = why == NULL ? PLAN_READY : PLAN_ABANDONED;
    log_info("plan", "%s is %s%s%s", plan_id, plan_state_name(state), why == NULL ? "" : ": ",
             why == NULL ? "" : why);
    if (!journal_plan_set(engine->journal, plan_id, state, why, &err))
        engine_fail(engine, &err);
}

/* A plan that lacks a part of a source is none to be applied: what is not in it would be taken for
 * unchanged. */
void planning_end_sync(struct engine *engine)
{
    struct sync *sync = &engine->sync;
    const char *why = NULL;
    for (int i = 0; i < SOURCE_COUNT && why == NULL; i++) {
        if ((sync->asked & (1u << i)) != 0 && sync->stopped[i].id != ERROR_NONE)
            why = sync->stopped[i].message;
    }
    planning_end(engine, sync->plan_id, why);
    sync->plan_id[0] = '\0';
}

bool planning_settle(struct engine *engine, const struct result *result)
{
    const char *plan_id = result->job->plan_id;
    struct error err = {0};
    if (journal_plan_identify(engine->journal, plan_id, result->target_identity,
                              result->job->source, NULL, &err) &&
        journal_plan_add(engine->journal, plan_id, result->entries, result->entry_count,
                         result->job->again ? 0 : result->unchanged, &err))
        return true;
    engine_fail(engine, &err);
    return false;
}

/* A list tells no refunds, and the database does not know the sales that are only planned: those
 * of the plan are read by id as well, so that the plan saw what its application will read. */
bool planning_refunded(struct engine *engine, struct lookback_answer *answer)
{
    struct error err = {0};
    char **planned = NULL;
    size_t count = 0;
    if (!journal_plan_referred(engine->journal, engine->sync.plan_id, engine->sync.source,
                               (const char *const *)answer->references, answer->reference_count,
                               &planned, &count, &err)) {
        engine_fail(engine, &err);
        return false;
    }
    answer->ids = memory_resize(answer->ids, (answer->id_count + count + 1) * sizeof(*answer->ids));
    for (size_t i = 0; i < count; i++)
        answer->ids[answer->id_count++] = planned[i];
    free(planned);
    return true;
}

void planning_step(struct engine *engine)
{
    int64_t now = clock_monotonic_us();
    struct error err = {0};
    bool more = false;
    if (now < engine->forget_plans_us)
        return;
    if (!journal_plans_forget(engine->journal, FORGET_ROWS, &more, &err))
        engine_fail(engine, &err);
    engine->forget_plans_us = more ? now : now + FORGET_US;
    engine->forgetting_plans = more;
}
