/* What the made-up journal has of one document: a dry run's row, and once an "inspect" was sent
 * what that found. */
#include <stdio.h>
#include <string.h>

#include "screen/fixture.h"

static const struct lookup_field found_fields[] = {
    {"orders", "", "total_price", {NULL, 0}, {"30.30", 5}, false, "money total_price"},
    {"orders",
     "",
     "customer_email",
     {"jo@example.test", 15},
     {"joe@example.test", 16},
     true,
     "text email"},
    {"orders", "", "tags", {"", 0}, {"{gift,\"wrap it\"}", 16}, false, "tags tags"},
    {"order_line_items",
     "92",
     "title",
     {"Tea", 3},
     {"Tea, 100 g, from the new garden", 31},
     false,
     "text title"},
};

static void fill_row(struct inspection *at)
{
    struct plan_row *row = &at->row;
    *row = (struct plan_row){.id = fixture_options.inspected ? 71 : 12, .state = PLAN_ROW_OPEN};
    row->action = fixture_options.inspected ? PLAN_UPDATE : PLAN_CONFLICT;
    row->field_count = fixture_options.inspected ? 4 : 0;
    snprintf(row->label, sizeof(row->label), "#1042");
    if (fixture_options.inspected) {
        snprintf(row->money, sizeof(row->money), "EUR +30.30");
    } else {
        snprintf(row->code, sizeof(row->code), "OS-2103");
        STR_FILL(row->message, fixture_text("total_price: \"n/a\" is not a decimal number"));
    }
}

void fixture_inspection(struct lookup_reply *reply)
{
    struct lookup_inspection *answer = &reply->inspection;
    struct inspection *at = &answer->at;
    at->planned = true;
    at->plan_us = fixture_options.inspected ? FIXTURE_NOW : FIXTURE_NOW - INT64_C(7200000000);
    snprintf(at->plan_id, sizeof(at->plan_id), "%s",
             fixture_options.inspected ? "9c0d2f11-aa" : "3f2a81c0-bb");
    snprintf(at->plan_kind, sizeof(at->plan_kind), "%s",
             fixture_options.inspected ? INSPECT_KIND : "backfill");
    fill_row(at);
    if (!fixture_options.inspected)
        return;
    at->command = (struct command_row){
        .id = 18, .created_us = FIXTURE_NOW - 1000000, .finished_us = FIXTURE_NOW};
    snprintf(at->command.operator_name, sizeof(at->command.operator_name), "kim");
    snprintf(at->command.result, sizeof(at->command.result), "done");
    snprintf(at->command.message, sizeof(at->command.message), "would update it, 4 fields");
    answer->fields = arena_alloc(&reply->arena, sizeof(found_fields));
    memcpy(answer->fields, found_fields, sizeof(found_fields));
    answer->count = sizeof(found_fields) / sizeof(found_fields[0]);
    if (fixture_options.hostile)
        answer->fields[3].after = str_from(fixture_long_text(""));
}

void fixture_inspection_sent(const char *command)
{
    if (strcmp(command, INSPECT_KIND) == 0)
        fixture_options.inspected = true;
}

unsigned fixture_inspection_version(void)
{
    return fixture_options.inspected ? 1 : 0;
}
