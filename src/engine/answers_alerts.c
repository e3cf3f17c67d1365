/* Answers about the engine's own rules, and about who did what. */
#include "base/clock.h"
#include "engine/answers.h"

#define AUDIT_MAX 500
#define HANDOVER_BYTES (1u << 20)
#define FACTS_US 2000000 /* marks and silences end by the clock; the disk fills without a word */

static bool read_facts(struct answerer *answerer, const struct lookup_status *status,
                       struct error *err)
{
    int64_t now = clock_monotonic_us();
    bool fresh = answerer->facts != NULL && status->version == answerer->facts_version &&
                 now - answerer->facts_us < FACTS_US;
    if (fresh)
        return true;
    if (answerer->facts == NULL)
        answerer->facts = memory_zero(1, sizeof(*answerer->facts));
    if (!journal_read_alert_facts(answerer->reader, clock_wall_us(), answerer->facts, err)) {
        free(answerer->facts);
        answerer->facts = NULL;
        return false;
    }
    answerer->engine_runs = status->local || journal_reader_engine_runs(answerer->reader);
    answerer->facts_version = status->version;
    answerer->facts_us = now;
    return true;
}

bool answerer_judge(struct answerer *answerer, const struct lookup_status *status,
                    struct alerts *ret_alerts, struct error *err)
{
    if (!read_facts(answerer, status, err))
        return false;
    /* An engine that has just ended in order still counts as running until the next look. */
    bool runs = answerer->engine_runs && status->engine.state != ENGINE_STOPPED;
    alerts_judge(&(struct alert_input){answerer->settings, &status->engine, runs, answerer->facts,
                                       clock_wall_us()},
                 ret_alerts);
    return true;
}

bool answer_alerts(struct answerer *answerer, const struct lookup_request *request,
                   struct lookup_reply *reply, struct error *err)
{
    struct lookup_status status = {0};
    (void)request;
    return answerer_need_reader(answerer, err) && answerer_read_engine(answerer, &status, err) &&
           answerer_judge(answerer, &status, &reply->alerts, err);
}

bool answer_audit(struct answerer *answerer, const struct lookup_request *request,
                  struct lookup_reply *reply, struct error *err)
{
    size_t max = request->max < AUDIT_MAX ? request->max : AUDIT_MAX;
    return answerer_need_reader(answerer, err) &&
           journal_list_audit(answerer->reader, &request->audit, request->offset, max,
                              &reply->arena, &reply->audit.rows, &reply->audit.count,
                              &reply->audit.total, err);
}

bool answer_handover(struct answerer *answerer, const struct lookup_request *request,
                     struct lookup_reply *reply, struct error *err)
{
    struct lookup_status status = {0};
    struct handover *handover = arena_zero(&reply->arena, sizeof(*handover));
    struct buffer text = {.max = HANDOVER_BYTES};
    if (!answerer_need_reader(answerer, err) ||
        !journal_read_handover(answerer->reader, request->audit.since_us, clock_wall_us(),
                               &reply->arena, handover, err) ||
        !answerer_read_engine(answerer, &status, err) ||
        !answerer_judge(answerer, &status, &handover->alerts, err))
        return false;
    handover_write(handover, &text);
    reply->handover = arena_copy(&reply->arena, buffer_str(&text));
    buffer_free(&text);
    return true;
}
