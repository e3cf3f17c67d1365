/* Bulk actions: see bulk.h. Retries are marked as wanted no faster than the pace, and never more of
 * them at once than may still fail: so the pace is what the source sees, and a stop after N
 * failures stops after N. */
#include "engine/bulk.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "engine/state.h"
#include "model/json.h"

#define PIECE 2000 /* failures a step: a million leave room for everything else */

static bool is_tried(const struct command *command)
{
    return strcmp(command->kind, "retry") == 0 || strcmp(command->kind, "release") == 0;
}

static bool has_source(const struct engine *engine)
{
    return engine->source != NULL || engine->lookback != NULL;
}

/* Results count toward its end only where a pace or a limit was asked for. */
static bool is_watched(const struct bulk_action *bulk)
{
    return is_tried(&bulk->command) && bulk->counts.pace + bulk->counts.stop_after > 0;
}

static void bulk_words(const struct bulk_action *bulk, char *ret_message, size_t size)
{
    const struct bulk_counts *counts = &bulk->counts;
    int len = snprintf(ret_message, size, "%llu %s, %llu skipped, %llu refused",
                       (unsigned long long)counts->changed,
                       is_tried(&bulk->command) ? "queued" : "changed",
                       (unsigned long long)counts->skipped, (unsigned long long)counts->refused);
    if (is_watched(bulk) && len > 0 && (size_t)len < size)
        snprintf(ret_message + len, size - (size_t)len, "; %llu landed, %llu failed",
                 (unsigned long long)counts->landed, (unsigned long long)counts->failed);
}

static void bulk_drop(struct bulk_action *bulk)
{
    command_free(&bulk->command);
    *bulk = (struct bulk_action){0};
}

static void bulk_finish(struct engine *engine, struct bulk_action *bulk, const char *result,
                        const char *message)
{
    struct error err = {0};
    if (!journal_finish_command(engine->journal, bulk->command.id, result, message, &err))
        engine_fail(engine, &err);
    log_info("command", "%s %lld: %s, %s", bulk->command.kind, (long long)bulk->command.id, result,
             message);
    bulk_drop(bulk);
}

static const char *bulk_result(const struct bulk_action *bulk)
{
    const struct bulk_counts *counts = &bulk->counts;
    if (counts->stop_after > 0 && counts->failed >= counts->stop_after)
        return "stopped";
    return counts->changed == 0 && counts->refused > 0 ? "refused" : "done";
}

static bool bulk_is_done(const struct bulk_action *bulk)
{
    const struct bulk_counts *counts = &bulk->counts;
    if (counts->stop_after > 0 && counts->failed >= counts->stop_after)
        return true;
    return bulk->all_marked && (!is_watched(bulk) || counts->awaited == 0);
}

/* How many may be marked now. While nothing can be tried nothing is marked: the pace would else be
 * made up for all at once. */
static size_t bulk_allowance(const struct engine *engine, struct bulk_action *bulk)
{
    const struct bulk_counts *counts = &bulk->counts;
    uint64_t most = PIECE;
    if (!is_watched(bulk))
        return PIECE;
    if (engine_all_paused(engine) || !has_source(engine))
        return 0;
    if (counts->pace > 0) {
        uint64_t ahead = counts->pace > ENGINE_FETCH_MAX ? counts->pace : ENGINE_FETCH_MAX;
        most = counts->awaited < ahead ? ahead - counts->awaited : 0;
    }
    if (counts->stop_after > 0) {
        uint64_t left = counts->stop_after - counts->failed; /* not done, so more than none */
        uint64_t room = counts->awaited < left ? left - counts->awaited : 0;
        most = room < most ? room : most;
    }
    size_t allowed = 0;
    while (allowed < most && allowed < PIECE &&
           (counts->pace == 0 || bucket_take(&bulk->bucket, clock_monotonic_us()) == 0))
        allowed++;
    return allowed;
}

static bool bulk_mark(struct engine *engine, struct bulk_action *bulk, size_t max,
                      struct error *err)
{
    bool more = true;
    if (!journal_apply_some(engine->journal, &bulk->command, max, &more, &bulk->counts, err) ||
        !journal_bulk_counts(engine->journal, bulk->command.id, &bulk->counts, err))
        return false;
    bulk->all_marked = !more;
    engine->next_due_us = is_tried(&bulk->command) ? 0 : engine->next_due_us;
    return true;
}

/* One piece. False: an error of the arguments or of the journal. */
static bool bulk_advance(struct engine *engine, struct bulk_action *bulk, struct error *err)
{
    if (!journal_bulk_counts(engine->journal, bulk->command.id, &bulk->counts, err))
        return false;
    if (bulk_is_done(bulk) || bulk->all_marked)
        return true;
    size_t allowed = bulk_allowance(engine, bulk);
    return allowed == 0 || bulk_mark(engine, bulk, allowed, err);
}

/* What was marked and no writer has goes back, when a limit ends it. */
static bool bulk_withdraw(struct engine *engine, struct bulk_action *bulk, struct error *err)
{
    uint64_t withdrawn = 0;
    if (!journal_bulk_withdraw(engine->journal, bulk->command.id, &withdrawn, err))
        return false;
    bulk->counts.changed -= withdrawn < bulk->counts.changed ? withdrawn : bulk->counts.changed;
    return true;
}

static void bulk_end(struct engine *engine, struct bulk_action *bulk)
{
    struct error err = {0};
    char message[400];
    const char *result = bulk_result(bulk);
    if (strcmp(result, "stopped") == 0 && !bulk_withdraw(engine, bulk, &err))
        engine_fail(engine, &err);
    bulk_words(bulk, message, sizeof(message));
    bulk_finish(engine, bulk, result, message);
}

static void bulk_failed(struct engine *engine, struct bulk_action *bulk, const struct error *err)
{
    if (error_class(err) == CLASS_STORAGE)
        engine_fail(engine, err);
    bulk_finish(engine, bulk, "refused", err->message);
}

void bulk_step(struct engine *engine)
{
    for (size_t i = 0; i < BULK_MAX; i++) {
        struct bulk_action *bulk = &engine->bulks[i];
        struct error err = {0};
        if (bulk->command.id == 0 || engine->draining)
            continue;
        if (!bulk_advance(engine, bulk, &err))
            bulk_failed(engine, bulk, &err);
        else if (bulk_is_done(bulk))
            bulk_end(engine, bulk);
    }
}

/* ---- taking ---- */

static struct bulk_action *bulk_free_place(struct engine *engine)
{
    for (size_t i = 0; i < BULK_MAX; i++) {
        if (engine->bulks[i].command.id == 0)
            return &engine->bulks[i];
    }
    return NULL;
}

int64_t bulk_command_named(const char *arguments)
{
    struct arena arena = {0};
    const struct value *root = NULL;
    const struct value *number = NULL;
    struct error err = {0};
    if (json_parse(str_from(arguments), &arena, &root, &err))
        number = value_get(root, "command");
    int64_t id = number != NULL && number->kind == VALUE_INT ? number->integer : 0;
    arena_free(&arena);
    return id;
}

/* An undo of what is still being done ends it first. */
static void bulk_end_undone(struct engine *engine, const struct command *command)
{
    char message[200];
    bool undo = strcmp(command->kind, "undo") == 0;
    int64_t undone = undo ? bulk_command_named(command->arguments) : 0;
    for (size_t i = 0; undone != 0 && i < BULK_MAX; i++) {
        if (engine->bulks[i].command.id == undone)
            (void)bulk_cancel(engine, undone, command->operator_name, message, sizeof(message));
    }
}

/* The first step reads the arguments and says in the journal what it is about. */
static bool bulk_begin(struct engine *engine, struct bulk_action *bulk, struct error *err)
{
    bool more;
    if (!journal_apply_some(engine->journal, &bulk->command, 0, &more, &bulk->counts, err))
        return false;
    if (is_watched(bulk) && !has_source(engine) && engine->options.once) {
        *err = engine->source_error; /* it would wait for ever */
        return false;
    }
    bulk->bucket.rate = (double)bulk->counts.pace;
    bulk->bucket.burst = bulk->counts.pace < 4 ? 1 : (double)bulk->counts.pace / 4;
    return bulk_advance(engine, bulk, err);
}

bool bulk_take(struct engine *engine, struct command *command, char *ret_message, size_t size,
               const char **ret_result)
{
    struct error err = {0};
    bulk_end_undone(engine, command);
    struct bulk_action *bulk = bulk_free_place(engine);
    if (bulk == NULL) {
        snprintf(ret_message, size, "%d bulk actions are under way: cancel one, or wait", BULK_MAX);
        *ret_result = "refused";
        return false;
    }
    bulk->command = *command;
    bool good = bulk_begin(engine, bulk, &err);
    if (good && !bulk_is_done(bulk)) {
        *command = (struct command){0};
        return true;
    }
    if (!good && error_class(&err) == CLASS_STORAGE)
        engine_fail(engine, &err);
    *ret_result = good ? bulk_result(bulk) : "refused";
    if (good)
        bulk_words(bulk, ret_message, size);
    else
        snprintf(ret_message, size, "%s", err.message);
    *bulk = (struct bulk_action){0};
    return false;
}

bool bulk_blocks(const struct engine *engine)
{
    for (size_t i = 0; i < BULK_MAX; i++) {
        if (engine->bulks[i].command.id != 0 && !is_watched(&engine->bulks[i]))
            return true;
    }
    return false;
}

bool bulk_active(const struct engine *engine)
{
    for (size_t i = 0; i < BULK_MAX; i++) {
        if (engine->bulks[i].command.id != 0)
            return true;
    }
    return false;
}

/* ---- cancelling ---- */

static bool bulk_cancel_running(struct engine *engine, struct bulk_action *bulk, const char *by,
                                struct error *err)
{
    char message[400];
    char words[300];
    if (!journal_bulk_counts(engine->journal, bulk->command.id, &bulk->counts, err) ||
        !bulk_withdraw(engine, bulk, err))
        return false;
    bulk_words(bulk, words, sizeof(words));
    snprintf(message, sizeof(message), "by %.60s after %s", by, words);
    bulk_finish(engine, bulk, "cancelled", message);
    return true;
}

static bool bulk_cancel_queued(struct engine *engine, int64_t id, const char *by, bool *ret_open,
                               struct error *err)
{
    char message[100];
    snprintf(message, sizeof(message), "by %.60s before it began", by);
    return journal_command_is_open(engine->journal, id, ret_open, err) &&
           (!*ret_open || journal_finish_command(engine->journal, id, "cancelled", message, err));
}

bool bulk_cancel(struct engine *engine, int64_t id, const char *by, char *ret_message, size_t size)
{
    struct error err = {0};
    bool open = true;
    bool done = false;
    bool running = false;
    for (size_t i = 0; i < BULK_MAX && !running; i++) {
        running = id != 0 && engine->bulks[i].command.id == id;
        if (running)
            done = bulk_cancel_running(engine, &engine->bulks[i], by, &err);
    }
    if (!running)
        done = bulk_cancel_queued(engine, id, by, &open, &err);
    if (!done)
        engine_fail(engine, &err);
    snprintf(ret_message, size,
             !done  ? "%s%lld"
             : open ? "%scommand %lld is cancelled"
                    : "%scommand %lld has ended, or there is none",
             done ? "" : err.message, (long long)id);
    return done && open;
}

void bulk_free(struct engine *engine)
{
    for (size_t i = 0; i < BULK_MAX; i++)
        bulk_drop(&engine->bulks[i]);
}
