/* Answers about plans, from the journal. */
#include "engine/answers.h"
#include "engine/plan_text.h"

#define PLANS_MAX 200
#define PLAN_ROWS_MAX 500

bool answer_plans(struct answerer *answerer, const struct lookup_request *request,
                  struct lookup_reply *reply, struct error *err)
{
    size_t max = request->max < PLANS_MAX ? request->max : PLANS_MAX;
    return answerer_need_reader(answerer, err) &&
           journal_list_plans(answerer->reader, max, &reply->arena, &reply->plans.rows,
                              &reply->plans.count, err);
}

bool answer_plan(struct answerer *answerer, const struct lookup_request *request,
                 struct lookup_reply *reply, struct error *err)
{
    struct plan_pick pick = {request->pick_actions, request->pick_sources, request->arguments};
    return answerer_need_reader(answerer, err) &&
           journal_read_plan(answerer->reader, request->plan_id, &reply->plan.summary, err) &&
           journal_plan_weigh(answerer->reader, reply->plan.summary.id, &pick, &reply->plan.weight,
                              err);
}

bool answer_plan_rows(struct answerer *answerer, const struct lookup_request *request,
                      struct lookup_reply *reply, struct error *err)
{
    struct plan_summary plan;
    size_t max = request->max < PLAN_ROWS_MAX ? request->max : PLAN_ROWS_MAX;
    return answerer_need_reader(answerer, err) &&
           journal_read_plan(answerer->reader, request->plan_id, &plan, err) &&
           journal_list_plan_rows(answerer->reader, plan.id, &request->plan_filter, request->offset,
                                  max, &reply->arena, &reply->plan_rows.rows,
                                  &reply->plan_rows.count, &reply->plan_rows.total, err);
}

bool answer_plan_fields(struct answerer *answerer, const struct lookup_request *request,
                        struct lookup_reply *reply, struct error *err)
{
    struct str text;
    return answerer_need_reader(answerer, err) &&
           journal_read_plan_fields(answerer->reader, request->plan_row, &reply->arena, &text,
                                    err) &&
           plan_fields_read(text, &reply->arena, &reply->plan_fields.fields,
                            &reply->plan_fields.count, &reply->plan_fields.cut, err);
}

/* Personal data stays masked, whatever the screen shows at the moment: a file outlives it. */
bool answer_plan_export(struct answerer *answerer, const struct lookup_request *request,
                        struct lookup_reply *reply, struct error *err)
{
    struct export_plan plan = {.id = request->plan_id, .filter = request->plan_filter};
    return answerer_export(answerer, request, export_plan, &plan, &reply->exported, err);
}
