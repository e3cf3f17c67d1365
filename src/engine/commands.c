/* Commands that consoles and one-off programs left in the journal: one table of kinds. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "engine/state.h"
#include "journal/inspection.h"
#include "journal/planning.h"
#include "model/json.h"

/* Carries the command out; false: it is not finished yet (pull answers later). */
typedef bool command_fn(struct engine *engine, struct command *command, char *ret_message,
                        size_t size, const char **ret_result);

/* In pieces, one a step, where there are many. */
static bool command_on_failures(struct engine *engine, struct command *command, char *ret_message,
                                size_t size, const char **ret_result)
{
    return !bulk_take(engine, command, ret_message, size, ret_result);
}

/* {"command": 7} */
static bool command_cancel(struct engine *engine, struct command *command, char *ret_message,
                           size_t size, const char **ret_result)
{
    int64_t id = bulk_command_named(command->arguments);
    if (id == command->id || !bulk_cancel(engine, id, command->operator_name, ret_message, size))
        *ret_result = "refused";
    return true;
}

static bool command_pull(struct engine *engine, struct command *command, char *ret_message,
                         size_t size, const char **ret_result)
{
    struct error err = {0};
    if (fetch_pull(engine, command, &err))
        return false;
    snprintf(ret_message, size, "%s", err.message);
    *ret_result = err.id == ERROR_COMMAND_ARGUMENTS ? "refused" : "failed";
    return true;
}

/* {"dry_run":true}: left out, it is false. */
static bool read_flag(const char *text, const char *name, bool *ret_flag)
{
    struct arena arena = {0};
    struct error err = {0};
    const struct value *arguments = NULL;
    const struct value *value = NULL;
    if (json_parse(str_from(text), &arena, &arguments, &err))
        value = value_get(arguments, name);
    bool good = value == NULL || value->kind == VALUE_BOOL;
    *ret_flag = value != NULL && good && value->boolean;
    arena_free(&arena);
    return good;
}

/* {"source":"stripe"}; without one: every source. */
static bool read_sources(const char *text, unsigned *ret_sources, const char **ret_name)
{
    struct arena arena = {0};
    struct error err = {0};
    const struct value *arguments = NULL;
    const struct value *name = NULL;
    enum source_kind source = SOURCE_FIRESTORE;
    bool good = json_parse(str_from(text), &arena, &arguments, &err);
    if (good)
        name = value_get(arguments, "source");
    if (name != NULL)
        good = name->kind == VALUE_STRING &&
               source_kind_parse(arena_copy(&arena, name->text).data, &source);
    if (good) {
        *ret_sources = name == NULL ? ENGINE_EVERY_SOURCE : 1u << source;
        *ret_name = name == NULL ? "every source" : source_kind_name(source);
    }
    arena_free(&arena);
    return good;
}

static bool command_pause(struct engine *engine, struct command *command, char *ret_message,
                          size_t size, const char **ret_result)
{
    unsigned meant = 0;
    const char *name = "";
    bool pause = strcmp(command->kind, "pause") == 0;
    if (!read_sources(command->arguments, &meant, &name)) {
        snprintf(ret_message, size, "\"source\" is firestore, stripe or printful");
        *ret_result = "refused";
        return true;
    }
    engine->paused = pause ? engine->paused | meant : engine->paused & ~meant;
    snprintf(ret_message, size, "%s is %s", name, pause ? "paused" : "resumed");
    return true;
}

/* {"deep":true} */
static bool command_verify(struct engine *engine, struct command *command, char *ret_message,
                           size_t size, const char **ret_result)
{
    bool deep = false;
    struct error err = {0};
    if (!read_flag(command->arguments, "deep", &deep))
        error_set(&err, ERROR_COMMAND_ARGUMENTS, "\"deep\" is true or false");
    else if (verifier_order(engine, command, deep, &err))
        return false;
    snprintf(ret_message, size, "%s", err.message);
    *ret_result = "refused";
    return true;
}

static bool command_backfill(struct engine *engine, struct command *command, char *ret_message,
                             size_t size, const char **ret_result)
{
    bool dry_run = false;
    bool sweeping = engine->options.live && !sweep_is_idle(engine);
    if (engine->source == NULL || backfill_active(engine) || sweeping) {
        snprintf(ret_message, size, "%s",
                 engine->source == NULL    ? engine->source_error.message
                 : backfill_active(engine) ? "a backfill is running"
                                           : "absent documents are being dealt with");
        *ret_result = "refused";
        return true;
    }
    if (!read_flag(command->arguments, "dry_run", &dry_run)) {
        snprintf(ret_message, size, "\"dry_run\" is true or false");
        *ret_result = "refused";
        return true;
    }
    backfill_begin(engine, dry_run);
    snprintf(ret_message, size, "started %s %s", dry_run ? "plan" : "run", engine->backfill.run_id);
    return true;
}

/* {"plan":ID}: out of sight at once; its rows are deleted in pieces. */
static bool command_drop(struct engine *engine, struct command *command, char *ret_message,
                         size_t size, const char **ret_result)
{
    struct arena arena = {0};
    struct error err = {0};
    struct plan_summary plan;
    const struct value *arguments = NULL;
    const struct value *id = NULL;
    if (json_parse(str_from(command->arguments), &arena, &arguments, &err))
        id = value_get(arguments, "plan");
    bool named = id != NULL && id->kind == VALUE_STRING;
    bool found = named && journal_plan_summary(engine->journal, arena_copy(&arena, id->text).data,
                                               &plan, &err);
    arena_free(&arena);
    if (found && (plan.state == PLAN_BUILDING || plan.state == PLAN_APPLYING))
        found = error_set(&err, ERROR_PLAN_STATE, "plan %.8s is %s", plan.id,
                          plan_state_name(plan.state));
    if (found && journal_plan_drop(engine->journal, plan.id, &err)) {
        snprintf(ret_message, size, "plan %.8s is dropped", plan.id);
        engine->forget_plans_us = 0;
        engine->forgetting_plans = true;
        return true;
    }
    snprintf(ret_message, size, "%s", named ? err.message : "\"plan\" names no plan");
    *ret_result = "refused";
    return true;
}

static unsigned sync_number(const struct value *arguments, const char *name)
{
    const struct value *number = value_get(arguments, name);
    return number != NULL && number->kind == VALUE_INT && number->integer > 0
               ? (unsigned)number->integer
               : 0;
}

/* {"sources": bits, "days": N, "fresh": 1}, each of which may be left out. */
static bool command_sync(struct engine *engine, struct command *command, char *ret_message,
                         size_t size, const char **ret_result)
{
    struct arena arena = {0};
    const struct value *arguments = NULL;
    struct error err = {0};
    bool dry_run = false;
    bool parsed = json_parse(str_from(command->arguments), &arena, &arguments, &err);
    unsigned wanted = sync_number(arguments, "sources");
    if (wanted == 0)
        wanted = sync_sources(engine);
    if (parsed && sync_active(engine))
        error_set(&err, ERROR_COMMAND_ARGUMENTS, "a sync is running");
    else if (parsed && !read_flag(command->arguments, "dry_run", &dry_run))
        error_set(&err, ERROR_COMMAND_ARGUMENTS, "\"dry_run\" is true or false");
    else if (parsed && wanted == 0)
        (void)lookback_has(NULL, SOURCE_STRIPE, &err);
    for (int i = 0; i < SOURCE_COUNT && err.id == ERROR_NONE; i++) {
        if ((wanted & (1u << i)) != 0)
            (void)lookback_has(engine->lookback, (enum source_kind)i, &err);
    }
    if (err.id == ERROR_NONE) {
        sync_begin(engine, wanted, sync_number(arguments, "days"),
                   sync_number(arguments, "fresh") != 0, dry_run);
        engine->sync.command = *command;
        *command = (struct command){0};
    } else {
        snprintf(ret_message, size, "%s", err.message);
        *ret_result = "refused";
    }
    arena_free(&arena);
    return err.id != ERROR_NONE;
}

/* {"command":7}: what it said about an alert, else what it did to failures. */
static bool command_undo(struct engine *engine, struct command *command, char *ret_message,
                         size_t size, const char **ret_result)
{
    int64_t undone = bulk_command_named(command->arguments);
    bool found = false;
    if (undone != 0 && !watch_undo(engine, undone, &found))
        return true;
    bool ours = false;
    bool over = found || undone == 0 ||
                decide_undo(engine, command, undone, &ours, ret_message, size, ret_result);
    if (ours)
        return over;
    if (!found)
        return command_on_failures(engine, command, ret_message, size, ret_result);
    snprintf(ret_message, size, "the alert counts as before");
    return true;
}

static bool command_stop(struct engine *engine, struct command *command, char *ret_message,
                         size_t size, const char **ret_result)
{
    (void)command;
    (void)ret_result;
    engine_stop(engine);
    snprintf(ret_message, size, "draining");
    return true;
}

static bool command_record(struct engine *engine, struct command *command, char *ret_message,
                           size_t size, const char **ret_result)
{
    (void)engine;
    (void)command;
    (void)ret_result;
    snprintf(ret_message, size, "recorded");
    return true;
}

static const struct {
    const char *kind;
    command_fn *run;
} kinds[] = {
    {"retry", command_on_failures},  {"skip", command_on_failures},
    {"snooze", command_on_failures}, {"note", command_on_failures},
    {"undo", command_undo},          {"release", command_on_failures},
    {"refuse", command_on_failures}, {"pull", command_pull},
    {"cancel", command_cancel},      {"sync", command_sync},
    {"pause", command_pause},        {"resume", command_pause},
    {"backfill", command_backfill},  {"stop", command_stop},
    {"unmask", command_record},      {"verified", command_verified},
    {"apply", command_apply},        {"drop", command_drop},
    {"acknowledge", command_alert},  {"silence", command_alert},
    {INSPECT_KIND, command_pull},    {"decide", command_decide},
    {"verify", command_verify},
};

static command_fn *command_find(const char *kind)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].run;
    }
    return NULL;
}

void command_run(struct engine *engine, struct command *command)
{
    char message[400] = "";
    const char *result = "done";
    struct error err = {0};
    int64_t id = command->id;
    command_fn *run = command_find(command->kind);
    if (run == NULL) {
        result = "refused";
        snprintf(message, sizeof(message), "this engine knows no such command");
    } else if (!run(engine, command, message, sizeof(message), &result)) {
        return;
    }
    if (!journal_finish_command(engine->journal, id, result, message, &err))
        engine_fail(engine, &err);
}

/* What takes something back does not wait for what it takes back. */
static void commands_cancel(struct engine *engine)
{
    bool found = true;
    while (found && !engine->draining && !atomic_load(&engine->stop_requested)) {
        struct command command = {0};
        struct error err = {0};
        if (!journal_find_command(engine->journal, "cancel", &found, &command, &err)) {
            engine_fail(engine, &err);
            return;
        }
        if (found)
            command_run(engine, &command);
        command_free(&command);
    }
}

/* One at a time: while a fetch or a bulk action without a pace is under way, commands wait their
 * turn. */
void commands_step(struct engine *engine)
{
    bool found = true;
    if (engine->options.dry_run)
        return;
    commands_cancel(engine);
    bulk_step(engine);
    decide_step(engine);
    engine->commands_waited = fetch_active(engine);
    while (found && !fetch_active(engine) && !bulk_blocks(engine) && engine->deciding.id == 0 &&
           engine->application.next.id == 0 && !engine->draining) {
        struct command command = {0};
        struct error err = {0};
        if (!journal_next_command(engine->journal, &found, &command, &err)) {
            engine_fail(engine, &err);
            return;
        }
        if (found) {
            log_info("command", "%s by %s", command.kind, command.operator_name);
            command_run(engine, &command);
        }
        command_free(&command);
    }
}
