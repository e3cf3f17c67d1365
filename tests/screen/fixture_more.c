/* Fixed answers of the screens Alerts, Audit and Customers. */
#include "screen/fixture_more.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "screen/fixture.h"

#define MINUTE INT64_C(60000000)

static struct alert *add_alert(struct alerts *alerts, enum alert_rule rule, int source,
                               enum alert_state state, const char *value, const char *threshold)
{
    struct alert *alert = &alerts->list[alerts->count++];
    *alert = (struct alert){.rule = rule, .source = source, .state = state, .since_us = TIME_NONE};
    STR_FILL(alert->value, value);
    STR_FILL(alert->threshold, threshold);
    return alert;
}

static void answer_alerts(struct lookup_reply *reply)
{
    struct alerts *alerts = &reply->alerts;
    int64_t now = fixture_now();
    struct alert *alert =
        add_alert(alerts, ALERT_STALENESS, SOURCE_FIRESTORE, ALERT_FIRING, "7m 02s", "5m 00s");
    alert->since_us = now - 2 * MINUTE;
    STR_FILL(alert->words, fixture_text("firestore: last known consistent 7m 02s ago, longer than "
                                        "alert_staleness"));
    alert = add_alert(alerts, ALERT_DEAD, ALERT_NO_SOURCE, ALERT_FIRING, "7", "0");
    alert->since_us = now - 40 * MINUTE;
    STR_FILL(alert->words, fixture_long_text("orders failed for good"));
    alert = add_alert(alerts, ALERT_VERIFICATION, ALERT_NO_SOURCE, ALERT_FIRING, "3", "0");
    alert->since_us = now - 190 * MINUTE;
    STR_FILL(alert->words, "the last verification found 3 differences");
    alert->acknowledged = (struct alert_mark){.command = 12,
                                              .rule = ALERT_VERIFICATION,
                                              .source = ALERT_NO_SOURCE,
                                              .kind = ALERT_ACKNOWLEDGED,
                                              .until_us = INT64_MAX};
    STR_FILL(alert->acknowledged.operator_name, fixture_text("lee"));
    STR_FILL(alert->acknowledged.reason, fixture_text("comparing them with the shop"));
    alert = add_alert(alerts, ALERT_LAG, SOURCE_FIRESTORE, ALERT_PENDING, "1m 12s", "1m 00s");
    alert->since_us = now - 12000000;
    STR_FILL(alert->words, "firestore: a lag of 1m 12s is above alert_lag");
    add_alert(alerts, ALERT_ENGINE, ALERT_NO_SOURCE, ALERT_OK, "0 ms", "");
    add_alert(alerts, ALERT_ERRORS, SOURCE_FIRESTORE, ALERT_OK, "0.2 %", "1 %");
    add_alert(alerts, ALERT_BUDGET, SOURCE_FIRESTORE, ALERT_OK, "41 %", "90 %");
    add_alert(alerts, ALERT_DISK, ALERT_NO_SOURCE, ALERT_OK, "18022 MiB", "256 MiB");
    alerts->firing = 2;
}

static void fill_command(struct command_row *row, int64_t id, const char *kind, const char *who,
                         const char *result, const char *message, const char *reason)
{
    *row = (struct command_row){.id = id};
    row->created_us = row->finished_us = fixture_now() - (20 - id) * 3 * MINUTE;
    STR_FILL(row->kind, kind);
    STR_FILL(row->operator_name, fixture_text(who));
    STR_FILL(row->origin, fixture_text(strcmp(who, "kim") == 0 ? "198.51.100.7 pts/3" : "local"));
    STR_FILL(row->result, result);
    STR_FILL(row->message, fixture_text(message));
    STR_FILL(row->reason, fixture_long_text(reason));
    STR_FILL(row->arguments, "{\"filter\":{\"fingerprint\":\"a91f03c2\"}}");
}

static void answer_audit(struct lookup_reply *reply)
{
    struct command_row *rows = arena_zero(&reply->arena, 4 * sizeof(*rows));
    fill_command(&rows[0], 17, "retry", "kim", "done", "4 changed, 0 refused", "");
    fill_command(&rows[1], 16, "skip", "lee", "done", "1 changed, 0 refused", "a test order");
    fill_command(&rows[2], 14, "pause", "lee", "refused", "no", "");
    fill_command(&rows[3], 12, "acknowledge", "lee", "done", "recorded",
                 "comparing them with the shop");
    reply->audit.rows = rows;
    reply->audit.count = reply->audit.total = 4;
}

static void answer_handover(const struct lookup_request *request, struct lookup_reply *reply)
{
    struct handover *handover = arena_zero(&reply->arena, sizeof(*handover));
    struct handover_group group = {
        .fingerprint = "a91f03c2", .code = "OS-2103", .count = 7, .dead = 5};
    struct handover_resolved resolved = {.operator_name = "kim", .count = 4};
    struct lookup_reply inner = {.arena = reply->arena};
    struct buffer text = {.max = 1 << 16};
    answer_audit(&inner);
    reply->arena = inner.arena;
    group.first_us = fixture_now() - 90 * MINUTE;
    STR_FILL(group.message, "total_price: \"n/a\" is not a decimal number");
    *handover = (struct handover){.since_us = request->audit.since_us,
                                  .until_us = fixture_now(),
                                  .groups = &group,
                                  .group_count = 1,
                                  .resolved = &resolved,
                                  .resolved_count = 1,
                                  .actions = inner.audit.rows,
                                  .action_count = inner.audit.count,
                                  .action_total = 9};
    handover->states[FAILURE_DEAD] = 7;
    handover->states[FAILURE_RETRYABLE] = 5;
    handover_write(handover, &text);
    reply->handover = arena_copy(&reply->arena, buffer_str(&text));
    buffer_free(&text);
}

static struct lookup_customer customer(int which)
{
    static const struct lookup_customer list[] = {
        {"5c1b0a77-0000-5000-8000-000000000001", "7001", "Jo Doe", "jo@example.test", "+4930123456",
         "CHAMPIONS", 12, "1489.50 EUR", 0, 1, false},
        {"9e2f4411-0000-5000-8000-000000000002", "", "Johanna Doe", "johanna@example.test",
         "+4930123456", "NEW", 1, "12.90 EUR", 0, 1, false}};
    struct lookup_customer one = list[which];
    one.name = fixture_long_text(one.name);
    one.email = fixture_text(one.email);
    one.phone = fixture_text(one.phone);
    one.shop_id = fixture_text(one.shop_id);
    one.segment = fixture_text(one.segment);
    one.last_active_us = fixture_now() - (which + 1) * 3000 * MINUTE;
    return one;
}

static void answer_customers(struct lookup_reply *reply)
{
    struct lookup_customer *list = arena_zero(&reply->arena, 2 * sizeof(*list));
    list[0] = customer(0);
    list[1] = customer(1);
    reply->customers.list = list;
    reply->customers.count = fixture_options.empty ? 0 : 2;
}

static void answer_orders(struct lookup_reply *reply)
{
    struct lookup_customer_order *list = arena_zero(&reply->arena, 2 * sizeof(*list));
    list[0] = (struct lookup_customer_order){SOURCE_FIRESTORE, "5123456700000", "#1042", "shipped",
                                             "paid",           "12.90 EUR",     0,       false};
    list[1] = (struct lookup_customer_order){
        SOURCE_STRIPE, "cs_live_a1", "cs_live_a1", "processing", "paid", "7.00 EUR", 0, true};
    list[0].label = fixture_text(list[0].label);
    list[0].status = fixture_long_text(list[0].status);
    list[0].at_us = list[1].at_us = fixture_now() - 3000 * MINUTE;
    reply->customer_orders.list = list;
    reply->customer_orders.count = 2;
}

static void answer_reviews(struct lookup_reply *reply)
{
    struct lookup_review *list = arena_zero(&reply->arena, 2 * sizeof(*list));
    list[0] = (struct lookup_review){3,
                                     "open",
                                     "phone names another customer than the stronger match",
                                     0,
                                     "",
                                     "",
                                     "firestore",
                                     "5123456700000",
                                     {customer(0), customer(1)}};
    list[1] = (struct lookup_review){2,  "kept_apart", "two customers have one e-mail",
                                     0,  "lee",        "father and son",
                                     "", "",           {customer(1), customer(0)}};
    list[0].reason = fixture_long_text(list[0].reason);
    list[1].decided_by = fixture_text(list[1].decided_by);
    list[1].note = fixture_text(list[1].note);
    list[0].opened_us = list[1].opened_us = fixture_now() - 90 * MINUTE;
    reply->reviews.list = list;
    reply->reviews.count = fixture_options.empty ? 0 : 2;
}

static bool answer_people(const struct lookup_request *request, struct lookup_reply *reply)
{
    bool people = request->kind >= LOOKUP_CUSTOMERS && request->kind <= LOOKUP_REVIEWS;
    if (!people)
        return false;
    if (fixture_options.target_down)
        reply->ok = error_set(&reply->error, ERROR_TARGET_CONNECT, "connection refused");
    else if (request->kind == LOOKUP_CUSTOMERS)
        answer_customers(reply);
    else if (request->kind == LOOKUP_CUSTOMER)
        answer_orders(reply);
    else
        answer_reviews(reply);
    return true;
}

bool fixture_answer_more(const struct lookup_request *request, struct lookup_reply *reply)
{
    if (request->kind == LOOKUP_ALERTS)
        answer_alerts(reply);
    else if (request->kind == LOOKUP_AUDIT)
        answer_audit(reply);
    else if (request->kind == LOOKUP_HANDOVER)
        answer_handover(request, reply);
    else
        return answer_people(request, reply);
    return true;
}
