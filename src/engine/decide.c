/* See decide.h. */
#include "engine/decide.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/state.h"
#include "journal/audit.h"
#include "model/json.h"

/* "customers": two ids, or not told. */
static bool shown_parse(const struct value *root, struct review_decision *decision,
                        struct error *err)
{
    const struct value *shown = value_get(root, "customers");
    if (shown == NULL)
        return true;
    bool good = shown->kind == VALUE_ARRAY && shown->array.count == 2;
    for (size_t i = 0; good && i < 2; i++) {
        const struct value *one = &shown->array.items[i];
        struct uuid uuid;
        good = one->kind == VALUE_STRING && uuid_parse(one->text, &uuid);
        if (good)
            uuid_format(&uuid, decision->shown[i]);
    }
    return good || error_set(err, ERROR_COMMAND_ARGUMENTS, "\"customers\" are no two ids");
}

static bool order_parse(const char *text, struct customers_order *ret_order, struct error *err)
{
    struct arena arena = {0};
    const struct value *root = NULL;
    char verb[16] = "";
    char into[16] = "";
    bool good = json_parse(str_from(text), &arena, &root, err);
    const struct value *review = good ? value_get(root, "review") : NULL;
    const struct value *decision = good ? value_get(root, "decision") : NULL;
    const struct value *other = good ? value_get(root, "into") : NULL;
    if (decision != NULL && decision->kind == VALUE_STRING)
        snprintf(verb, sizeof(verb), "%.*s", STR_ARG(decision->text));
    if (other != NULL && other->kind == VALUE_STRING)
        snprintf(into, sizeof(into), "%.*s", STR_ARG(other->text));
    if (good && (review == NULL || review->kind != VALUE_INT || review->integer <= 0))
        good = error_set(err, ERROR_COMMAND_ARGUMENTS, "\"review\" is no number");
    if (good && !review_verb_parse(verb, &ret_order->decision.verb))
        good = error_set(err, ERROR_COMMAND_ARGUMENTS, "\"decision\" is merge, keep_apart or undo");
    good = good && shown_parse(root, &ret_order->decision, err);
    if (good)
        ret_order->decision.review_id = review->integer;
    ret_order->decision.into_other = strcmp(into, "other") == 0;
    arena_free(&arena);
    return good;
}

/* False: taken, and its end comes later. */
static bool order_give(struct engine *engine, struct command *command,
                       struct customers_order *order, char *ret_message, size_t size,
                       const char **ret_result)
{
    snprintf(order->command_id, sizeof(order->command_id), "%" PRId64, command->id);
    STR_FILL(order->operator_name, command->operator_name);
    STR_FILL(order->origin, command->origin);
    STR_FILL(order->reason, command->reason == NULL ? "" : command->reason);
    if (engine->customers == NULL || !customers_decide(engine->customers, order)) {
        snprintf(ret_message, size, "this engine decides nothing about customers now");
        *ret_result = "refused";
        return true;
    }
    engine->deciding = *command;
    *command = (struct command){0};
    return false;
}

bool command_decide(struct engine *engine, struct command *command, char *ret_message, size_t size,
                    const char **ret_result)
{
    struct customers_order order = {0};
    struct error err = {0};
    if (order_parse(command->arguments, &order, &err))
        return order_give(engine, command, &order, ret_message, size, ret_result);
    snprintf(ret_message, size, "%s", err.message);
    *ret_result = "refused";
    return true;
}

bool decide_undo(struct engine *engine, struct command *command, int64_t id, bool *ret_ours,
                 char *ret_message, size_t size, const char **ret_result)
{
    struct customers_order order = {0};
    struct command_row row = {0};
    struct error err = {0};
    *ret_ours = journal_own_command(engine->journal, id, &row, &err) &&
                strcmp(row.kind, "decide") == 0 && order_parse(row.arguments, &order, &err) &&
                order.decision.verb != REVIEW_UNDO;
    if (!*ret_ours)
        return true;
    order.decision.verb = REVIEW_UNDO;
    return order_give(engine, command, &order, ret_message, size, ret_result);
}

void decide_step(struct engine *engine)
{
    struct error decided = {0};
    struct error err = {0};
    char message[400];
    uint64_t orders = 0;
    if (engine->deciding.id == 0 || engine->customers == NULL ||
        !customers_decided(engine->customers, &orders, &decided))
        return;
    bool done = decided.id == ERROR_NONE;
    const char *result = done ? "done" : decided.id == ERROR_REVIEW ? "refused" : "failed";
    if (done)
        snprintf(message, sizeof(message), "%" PRIu64 " orders moved", orders);
    else
        snprintf(message, sizeof(message), "%s", decided.message);
    if (!journal_finish_command(engine->journal, engine->deciding.id, result, message, &err))
        engine_fail(engine, &err);
    command_free(&engine->deciding);
}
