/* The command `verified`: what a verification outside this engine found, into the journal; of one
 * that failed, its reads alone. */
#include <stdio.h>
#include <string.h>

#include "engine/state.h"
#include "journal/verification.h"
#include "model/json.h"

static uint64_t number_of(const struct value *arguments, const char *name)
{
    const struct value *value = value_get(arguments, name);
    bool counts = value != NULL && value->kind == VALUE_INT && value->integer > 0;
    return counts ? (uint64_t)value->integer : 0;
}

static bool verified_read(const struct command *command, struct verification *verification,
                          uint64_t *ret_reads, bool *ret_good)
{
    struct arena arena = {0};
    struct error err = {0};
    const struct value *arguments = NULL;
    if (!json_parse(str_from(command->arguments), &arena, &arguments, &err)) {
        arena_free(&arena);
        return false;
    }
    const struct value *deep = value_get(arguments, "deep");
    *verification = (struct verification){
        .source = SOURCE_FIRESTORE,
        .started_us = (int64_t)number_of(arguments, "started_us"),
        .finished_us = (int64_t)number_of(arguments, "finished_us"),
        .deep = deep != NULL && deep->kind == VALUE_BOOL && deep->boolean,
        .result = "done",
        .documents = number_of(arguments, "documents"),
        .newer = number_of(arguments, "newer"),
        .repaired = number_of(arguments, "repaired"),
    };
    for (int class = 0; class < VERIFY_CLASS_COUNT; class ++)
        verification->counts[class] =
            number_of(arguments, verify_class_name((enum verify_class) class));
    *ret_reads = number_of(arguments, "reads");
    const struct value *good = value_get(arguments, "good");
    *ret_good = good == NULL || good->kind != VALUE_BOOL || good->boolean;
    STR_FILL(verification->operator_name, command->operator_name);
    arena_free(&arena);
    return verification->finished_us > 0;
}

bool command_verified(struct engine *engine, struct command *command, char *ret_message,
                      size_t size, const char **ret_result)
{
    struct verification verification;
    struct error err = {0};
    uint64_t reads = 0;
    bool good = true;
    if (!verified_read(command, &verification, &reads, &good)) {
        snprintf(ret_message, size, "not a verification's result");
        *ret_result = "refused";
    } else if (good && !journal_verification_add(engine->journal, &verification, &err)) {
        snprintf(ret_message, size, "%s", err.message);
        *ret_result = "failed";
        engine_fail(engine, &err);
    } else {
        /* Its reads count against the same budget. */
        if (engine->source != NULL && engine->ops->spent != NULL)
            engine->ops->spent(engine->source, reads, verification.finished_us);
        snprintf(ret_message, size, "%llu documents, %llu differences",
                 (unsigned long long)verification.documents,
                 (unsigned long long)verification_differences(&verification));
    }
    return true;
}
