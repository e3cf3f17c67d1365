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
    if (fixture_options.empty) {
        reply->ok = error_set(&reply->error, ERROR_JOURNAL_MISSING, "no journal");
        return;
    }
    struct alert *alert =
        add_alert(alerts, ALERT_STALENESS, SOURCE_FIRESTORE, ALERT_FIRING, "7m 02s", "5m 00s");
    alert->since_us = now - 2 * MINUTE;
    STR_FILL(alert->words,
             "firestore: last known consistent 7m 02s ago, longer than alert_staleness");
    alert = add_alert(alerts, ALERT_DEAD, ALERT_NO_SOURCE, ALERT_FIRING, "7", "0");
    alert->since_us = now - 40 * MINUTE;
    STR_FILL(alert->words, "orders failed for good");
    alert = add_alert(alerts, ALERT_VERIFICATION, ALERT_NO_SOURCE, ALERT_FIRING, "3", "0");
    alert->since_us = now - 190 * MINUTE;
    STR_FILL(alert->words, "the last verification found 3 differences");
    alert->acknowledged = (struct alert_mark){.command = 12,
                                              .rule = ALERT_VERIFICATION,
                                              .source = ALERT_NO_SOURCE,
                                              .kind = ALERT_ACKNOWLEDGED,
                                              .until_us = INT64_MAX};
    STR_FILL(alert->acknowledged.operator_name, "lee");
    STR_FILL(alert->acknowledged.reason, "comparing them with the shop");
    alert = add_alert(alerts, ALERT_LAG, SOURCE_FIRESTORE, ALERT_PENDING, "1m 12s", "1m 00s");
    alert->since_us = now - 12000000;
    STR_FILL(alert->words, "firestore: a lag of 1m 12s is above alert_lag");
    add_alert(alerts, ALERT_ENGINE, ALERT_NO_SOURCE, ALERT_OK, "0 ms", "");
    add_alert(alerts, ALERT_ERRORS, SOURCE_FIRESTORE, ALERT_OK, "0.2 %", "1 %");
    add_alert(alerts, ALERT_BUDGET, SOURCE_FIRESTORE, ALERT_OK, "41 %", "90 %");
    add_alert(alerts, ALERT_DISK, ALERT_NO_SOURCE, ALERT_OK, "18022 MiB", "256 MiB");
    alerts->firing = 2;
}

bool fixture_answer_more(const struct lookup_request *request, struct lookup_reply *reply)
{
    if (request->kind != LOOKUP_ALERTS)
        return false;
    answer_alerts(reply);
    return true;
}
