/* Answers from the target: one read-only connection, opened when first needed, tried again with
 * backoff. While the target is down each request is answered at once with the reason. */
#include "base/backoff.h"
#include "base/clock.h"
#include "engine/answers.h"
#include "model/json.h"
#include "model/loss.h"
#include "target/lookup.h"
#include "target/target.h"

#define CONNECT_TIMEOUT_S 5
#define STATEMENT_TIMEOUT_S 5 /* an operator waits for it */

void answerer_close_target(struct answerer *answerer)
{
    pthread_mutex_lock(&answerer->interrupt_mutex);
    struct target *target = answerer->target;
    answerer->target = NULL;
    pthread_mutex_unlock(&answerer->interrupt_mutex);
    target_close(target);
}

void answerer_interrupt(struct answerer *answerer)
{
    pthread_mutex_lock(&answerer->interrupt_mutex);
    if (answerer->target != NULL)
        target_interrupt(answerer->target);
    if (answerer->reader != NULL)
        journal_reader_interrupt(answerer->reader);
    pthread_mutex_unlock(&answerer->interrupt_mutex);
}

static bool answerer_open_target(struct answerer *answerer, struct error *err)
{
    const struct target_options options = {
        .database_url = settings_text(answerer->settings, SET_DATABASE_URL),
        .application_name = "ordersync console",
        .connect_timeout_s = CONNECT_TIMEOUT_S,
        .statement_timeout_s = STATEMENT_TIMEOUT_S,
        .read_only = true,
    };
    struct target *target = NULL;
    if (!target_open(&options, &target, err))
        return false;
    pthread_mutex_lock(&answerer->interrupt_mutex);
    answerer->target = target;
    pthread_mutex_unlock(&answerer->interrupt_mutex);
    return true;
}

bool answerer_need_target(struct answerer *answerer, struct error *err)
{
    if (answerer->target != NULL && target_is_broken(answerer->target))
        answerer_close_target(answerer);
    if (answerer->target != NULL)
        return true;
    if (clock_monotonic_us() < answerer->target_next_us) {
        *err = answerer->target_error;
        return false;
    }
    struct backoff backoff = {.policy = &backoff_target, .tries = answerer->target_tries};
    if (answerer_open_target(answerer, err)) {
        answerer->target_tries = 0;
        return true;
    }
    answerer->target_error = *err;
    answerer->target_next_us = clock_monotonic_us() + backoff_next(&backoff);
    answerer->target_tries = backoff.tries;
    return false;
}

bool answer_rows(struct answerer *answerer, const struct lookup_request *request,
                 struct lookup_reply *reply, struct error *err)
{
    struct target_cell *cells = NULL;
    size_t count = 0;
    if (!answerer_need_target(answerer, err) ||
        !target_read_rows(answerer->target, request->source, str_from(request->source_id),
                          &reply->arena, &cells, &count, &reply->found, err))
        return false;
    struct lookup_cell *copies = arena_zero(&reply->arena, count * sizeof(*copies));
    for (size_t i = 0; i < count; i++)
        copies[i] = (struct lookup_cell){cells[i].table, cells[i].row, cells[i].column,
                                         cells[i].value, cells[i].personal};
    reply->rows.cells = copies;
    reply->rows.count = reply->found ? count : 0;
    return true;
}

bool answer_document(struct answerer *answerer, const struct lookup_request *request,
                     struct lookup_reply *reply, struct error *err)
{
    struct target_document stored = {0};
    const struct value *tree = NULL;
    if (!answerer_need_target(answerer, err) ||
        !target_read_document(answerer->target, request->source, str_from(request->source_id),
                              &reply->arena, &stored, &reply->found, err))
        return false;
    if (reply->found && stored.document.data != NULL &&
        (!json_parse(stored.document, &reply->arena, &tree, err) ||
         !loss_restore(tree, stored.loss, &reply->arena, &tree, err)))
        return false;
    reply->document = (struct lookup_document){.content = tree,
                                               .version = stored.version,
                                               .observed_us = stored.observed_us,
                                               .deleted = stored.deleted};
    return true;
}

bool answer_timeline(struct answerer *answerer, const struct lookup_request *request,
                     struct lookup_reply *reply, struct error *err)
{
    struct target_event *events = NULL;
    size_t count = 0;
    if (!answerer_need_target(answerer, err) ||
        !target_read_timeline(answerer->target, request->source, str_from(request->source_id),
                              &reply->arena, &events, &count, &reply->found, err))
        return false;
    struct lookup_event *copies = arena_zero(&reply->arena, count * sizeof(*copies));
    for (size_t i = 0; i < count; i++)
        copies[i] = (struct lookup_event){events[i].at_us, events[i].table,  events[i].action,
                                          events[i].actor, events[i].detail, events[i].version};
    reply->timeline.events = copies;
    reply->timeline.count = reply->found ? count : 0;
    return true;
}
