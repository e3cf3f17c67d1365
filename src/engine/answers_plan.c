/* Answers about plans, from the journal. */
#include "engine/answers.h"
#include "model/json.h"

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

static struct str text_of(const struct value *object, const char *name)
{
    const struct value *value = value_get(object, name);
    return value != NULL && value->kind == VALUE_STRING ? value->text : STR_NULL;
}

/* Texts of the tree end with a NUL only in a copy. */
static const char *word_of(const struct value *object, const char *name, struct arena *arena)
{
    struct str text = text_of(object, name);
    return text.data == NULL ? "" : arena_copy(arena, text).data;
}

static void read_field(const struct value *object, struct arena *arena, struct lookup_field *field)
{
    const struct value *personal = value_get(object, "personal");
    *field = (struct lookup_field){
        .table = word_of(object, "table", arena),
        .key = word_of(object, "key", arena),
        .field = word_of(object, "field", arena),
        .before = text_of(object, "before"),
        .after = text_of(object, "after"),
        .personal = personal != NULL && personal->kind == VALUE_BOOL && personal->boolean,
    };
}

bool answer_fields(struct str text, struct arena *arena, struct lookup_field **ret_fields,
                   size_t *ret_count, uint64_t *ret_cut, struct error *err)
{
    const struct value *list = NULL;
    if (!json_parse(text, arena, &list, err))
        return false;
    size_t max = list->kind == VALUE_ARRAY ? list->array.count : 0;
    struct lookup_field *fields = arena_zero(arena, (max + 1) * sizeof(*fields));
    *ret_fields = fields;
    *ret_count = 0;
    *ret_cut = 0;
    for (size_t i = 0; i < max; i++) {
        const struct value *item = &list->array.items[i];
        const struct value *cut = value_get(item, "cut");
        if (cut != NULL && cut->kind == VALUE_INT)
            *ret_cut = (uint64_t)cut->integer;
        else
            read_field(item, arena, &fields[(*ret_count)++]);
    }
    return true;
}

bool answer_plan_fields(struct answerer *answerer, const struct lookup_request *request,
                        struct lookup_reply *reply, struct error *err)
{
    struct str text;
    return answerer_need_reader(answerer, err) &&
           journal_read_plan_fields(answerer->reader, request->plan_row, &reply->arena, &text,
                                    err) &&
           answer_fields(text, &reply->arena, &reply->plan_fields.fields, &reply->plan_fields.count,
                         &reply->plan_fields.cut, err);
}
