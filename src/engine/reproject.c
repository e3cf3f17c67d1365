/* Stored documents -> transform -> apply: the second half of the way through the house, from the
 * target itself. */
#include "engine/reproject.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/applier.h"
#include "engine/link.h"
#include "engine/projection.h"
#include "engine/state.h"
#include "model/json.h"
#include "model/loss.h"
#include "model/transform.h"

#define REPROJECT_BATCH 250

struct reprojection {
    struct journal *journal;
    struct applier_control control;
    struct applier applier;
    unsigned max_attempts;
    char run_id[40];
    struct arena arena; /* of the batch being gathered */
    struct link link;
    struct change changes[REPROJECT_BATCH];
    size_t count;
    struct run_counts counts;
    reproject_progress_fn *progress;
    void *context;
};

static bool reproject_settle(struct reprojection *work, struct error *err)
{
    struct projection projection = {work->changes, work->count};
    struct result result = {0};
    projection_settle(&projection, clock_wall_us(), &result);
    struct settlement settlement = {
        .changes = result.changes,
        .count = result.count,
        .run_id = work->run_id,
        .add = result.counts,
        .writer = work->applier.writer,
        .fence_seq = work->applier.fence_seq,
    };
    bool settled = journal_settle(work->journal, &settlement, 1, work->max_attempts, err);
    counts_sum(&work->counts, &settlement.add); /* what a person decided has moved to `skipped` */
    arena_free(&result.arena);
    return settled;
}

static bool reproject_flush(struct reprojection *work, struct error *err)
{
    bool stopped = false;
    if (work->count == 0)
        return true;
    if (!applier_connect(&work->applier) ||
        !applier_apply(&work->applier, work->changes, work->count)) {
        if (!applier_waiting(&work->applier, err, &stopped))
            error_set(err, ERROR_FENCE_BEHIND, "the target lost commits it had acknowledged");
        return false;
    }
    if (!reproject_settle(work, err))
        return false;
    work->count = 0;
    arena_reset(&work->arena);
    work->progress(work->context, &work->counts);
    return true;
}

static bool reproject_decode(struct reprojection *work, struct document *document, struct str json,
                             struct str loss, struct change *change, struct error *err)
{
    const struct value *parsed = NULL;
    change->stage = "decode";
    if (!json_parse(json, &work->arena, &parsed, err) ||
        !loss_restore(parsed, loss, &work->arena, &document->content, err))
        return false;
    change->stage = "transform";
    bool done = transform_document(document, &work->arena, change, err);
    link_fill(&work->link, change, 1);
    return done;
}

static bool reproject_one(void *context, const struct stored_document *stored, struct error *err)
{
    struct reprojection *work = context;
    struct change *change = &work->changes[work->count];
    struct error fault = {0};
    struct document document = {
        .source = stored->source,
        .id = arena_copy(&work->arena, stored->source_id),
        .version = stored->version,
        .observed_ns = stored->observed_ns,
        .create_ns = stored->create_ns,
        .update_ns = stored->update_ns,
        .wire_bytes = stored->document.len,
    };
    *change = (struct change){.document = document};
    if (!reproject_decode(work, &document, stored->document, stored->loss, change, &fault)) {
        change->document = document;
        change->outcome = OUTCOME_FAILED;
        change->error = fault;
    } else {
        change->stage = "apply";
    }
    work->count++;
    return work->count < REPROJECT_BATCH || reproject_flush(work, err);
}

static bool reproject_documents(struct reprojection *work, const struct settings *settings,
                                bool all, struct error *err)
{
    struct target *reader = NULL;
    struct target_options options = work->applier.options;
    options.application_name = "ordersync reproject";
    options.read_only = true;
    options.statement_timeout_s = (int)settings_integer(settings, SET_STATEMENT_TIMEOUT);
    int older_than = all ? MAPPING_VERSION + 1 : MAPPING_VERSION;
    bool good = target_open(&options, &reader, err) && target_check_schema(reader, err) &&
                target_each_document(reader, older_than, reproject_one, work, err) &&
                reproject_flush(work, err);
    target_close(reader);
    return good;
}

static bool reproject_prepare(struct reprojection *work, const struct settings *settings, bool all,
                              const struct engine_options *options, struct error *err)
{
    struct applier_setup setup = {
        .settings = settings,
        .journal_id = journal_id(work->journal),
        .writer = 0,
    };
    if (!link_parse(settings, &work->link, err) ||
        !journal_fence(work->journal, 0, &setup.acknowledged, err) ||
        !journal_run_start(work->journal, "reproject", SOURCE_FIRESTORE, options->operator_name,
                           work->run_id, err))
        return false;
    applier_init(&work->applier, &work->control, &setup);
    work->applier.recheck = all; /* under the same mapping the guard would spare every row */
    work->applier.actor = (struct target_actor){
        .journal_id = work->applier.journal_id,
        .run_id = work->run_id,
        .plan_id = "",
        .command_id = "",
        .operator_name = options->operator_name,
        .origin = options->origin,
    };
    return true;
}

bool reproject_run(const struct settings *settings, bool all, const struct engine_options *options,
                   reproject_progress_fn *progress, void *context, struct run_counts *ret_counts,
                   struct error *err)
{
    struct journal *journal = NULL;
    if (!journal_open(settings_text(settings, SET_STATE_DIR), &journal, err))
        return false;
    struct reprojection *work = memory_zero(1, sizeof(*work));
    work->journal = journal;
    work->max_attempts = (unsigned)settings_integer(settings, SET_MAX_ATTEMPTS);
    work->progress = progress;
    work->context = context;
    applier_control_init(&work->control);
    work->control.impatient = true;
    work->control.give_up_us = settings_integer(settings, SET_GIVE_UP) * 1000000;
    bool good = reproject_prepare(work, settings, all, options, err);
    if (good) {
        good = reproject_documents(work, settings, all, err);
        struct error finish = {0};
        if (!journal_run_finish(journal, work->run_id, good ? "done" : "failed", NULL, &finish) &&
            good) {
            *err = finish;
            good = false;
        }
        applier_free(&work->applier);
    }
    *ret_counts = work->counts;
    applier_control_free(&work->control);
    arena_free(&work->arena);
    free(work);
    journal_close(journal);
    return good;
}
