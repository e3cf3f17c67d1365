/* Answers about customers, from the target. */
#include "engine/answers.h"
#include "target/reviews.h"

#define LIST_MAX 500

static struct lookup_customer customer_of(const struct target_customer *from)
{
    return (struct lookup_customer){
        .id = from->id,
        .shop_id = from->shop_id,
        .name = from->name,
        .email = from->email,
        .phone = from->phone,
        .segment = from->segment,
        .orders = from->orders,
        .spent = from->spent,
        .last_active_us = from->last_active_us,
        .open_reviews = from->open_reviews,
        .merged = from->merged,
    };
}

static size_t at_most(size_t max)
{
    return max < LIST_MAX ? max : LIST_MAX;
}

bool answer_customers(struct answerer *answerer, const struct lookup_request *request,
                      struct lookup_reply *reply, struct error *err)
{
    struct target_customer *list = NULL;
    size_t count = 0;
    const char *text = request->arguments == NULL ? "" : request->arguments;
    if (!answerer_need_target(answerer, err) ||
        !target_search_customers(answerer->target, text, at_most(request->max), &reply->arena,
                                 &list, &count, err))
        return false;
    reply->customers.list = arena_zero(&reply->arena, (count + 1) * sizeof(struct lookup_customer));
    for (size_t i = 0; i < count; i++)
        reply->customers.list[i] = customer_of(&list[i]);
    reply->customers.count = count;
    return true;
}

bool answer_customer(struct answerer *answerer, const struct lookup_request *request,
                     struct lookup_reply *reply, struct error *err)
{
    struct target_customer_order *list = NULL;
    size_t count = 0;
    if (!answerer_need_target(answerer, err) ||
        !target_customer_orders(answerer->target, request->source_id, at_most(request->max),
                                &reply->arena, &list, &count, err))
        return false;
    struct lookup_customer_order *copies = arena_zero(&reply->arena, (count + 1) * sizeof(*copies));
    for (size_t i = 0; i < count; i++)
        copies[i] = (struct lookup_customer_order){list[i].source, list[i].source_id, list[i].label,
                                                   list[i].status, list[i].payment,   list[i].total,
                                                   list[i].at_us,  list[i].manual};
    reply->customer_orders.list = copies;
    reply->customer_orders.count = count;
    return true;
}

bool answer_reviews(struct answerer *answerer, const struct lookup_request *request,
                    struct lookup_reply *reply, struct error *err)
{
    struct target_review *list = NULL;
    size_t count = 0;
    if (!answerer_need_target(answerer, err) ||
        !target_list_reviews(answerer->target, at_most(request->max), &reply->arena, &list, &count,
                             err))
        return false;
    struct lookup_review *copies = arena_zero(&reply->arena, (count + 1) * sizeof(*copies));
    for (size_t i = 0; i < count; i++)
        copies[i] = (struct lookup_review){
            .id = list[i].id,
            .state = list[i].state,
            .reason = list[i].reason,
            .opened_us = list[i].opened_us,
            .decided_by = list[i].decided_by,
            .note = list[i].note,
            .origin = list[i].origin,
            .origin_id = list[i].origin_id,
            .people = {customer_of(&list[i].people[0]), customer_of(&list[i].people[1])}};
    reply->reviews.list = copies;
    reply->reviews.count = count;
    return true;
}
