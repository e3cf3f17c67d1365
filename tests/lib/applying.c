/* Helpers of the tests of apply and plan. */
#include "tests/lib/applying.h"

#include <stdio.h>

#include "tests/lib/orders.h"

void applying_open(struct applying *on, const char *database)
{
    *on = (struct applying){.conninfo = database_new(database)};
    on->target = applying_connect(on, "ordersync writer 0", 20);
    on->pg = database_connect(on->conninfo);
}

void applying_close(struct applying *on)
{
    target_close(on->target);
    pg_close(on->pg);
    arena_free(&on->arena);
    free(on->conninfo);
}

struct target *applying_connect(const struct applying *on, const char *name,
                                int statement_timeout_s)
{
    struct error err = {0};
    struct target *target = NULL;
    struct target_options options = {.database_url = on->conninfo,
                                     .application_name = name,
                                     .connect_timeout_s = 5,
                                     .statement_timeout_s = statement_timeout_s};
    static const struct target_actor actor = {
        .journal_id = "11111111-2222-4333-8444-555555555555",
        .run_id = "run-1",
        .operator_name = "ann",
    };
    if (!target_open(&options, &target, &err))
        fail_msg("open: %s", err.message);
    target_set_actor(target, &actor);
    return target;
}

struct change applying_change(struct applying *on, const char *id, int64_t version,
                              const char *json)
{
    struct error err = {0};
    struct change change;
    struct document document = {.id = arena_copy(&on->arena, str_from(id)), .deleted = true};
    if (json != NULL)
        document = orders_document(document.id.data, json, &on->arena);
    document.source = SOURCE_FIRESTORE;
    document.version = version;
    document.observed_ns = version + 1000;
    document.create_ns = json == NULL ? INT64_MIN : 1000;
    document.update_ns = json == NULL ? INT64_MIN : version;
    if (!transform_document(&document, &on->arena, &change, &err))
        fail_msg("transform %s: %s", id, err.message);
    return change;
}

bool applying_batch(struct applying *on, struct change *changes, size_t count, struct error *err)
{
    struct batch batch = {
        .changes = changes, .count = count, .arena = &on->arena, .fence_seq = on->fence_seq + 1};
    bool ok = target_apply(on->target, &batch, err);
    if (ok)
        on->fence_seq = batch.fence_seq;
    return ok;
}

enum outcome applying_one(struct applying *on, const char *id, int64_t version, const char *json)
{
    struct error err = {0};
    struct change change = applying_change(on, id, version, json);
    if (!applying_batch(on, &change, 1, &err))
        fail_msg("apply %s: %s %s", id, error_info(err.id)->code, err.message);
    return change.outcome;
}

void applying_expect(struct applying *on, const char *sql, const char *expected)
{
    const char *actual = database_ask(on->pg, sql);
    if (strcmp(actual, expected) != 0)
        fail_msg("%s\n  is \"%s\", not \"%s\"", sql, actual, expected);
}

const char *applying_order(struct applying *on, long id, const char *price, int line_items)
{
    struct buffer text = {.max = 1u << 20};
    buffer_append_format(
        &text,
        "{\"id\":%ld,\"name\":\"#%ld\",\"currency\":\"EUR\",\"total_price\":\"%s\","
        "\"financial_status\":\"paid\",\"created_at\":\"2024-01-31T10:00:00Z\","
        "\"tags\":\"a, b \\\"c\\\"\",\"note\":\"tab\\there\\nback\\\\slash\","
        "\"email\":\"buyer%ld@example.com\","
        "\"customer\":{\"id\":%ld,\"email\":\"Buyer%ld@Example.com\"},"
        "\"line_items\":[",
        id, id, price, id, 900000 + id, id);
    for (int i = 0; i < line_items; i++)
        buffer_append_format(&text,
                             "%s{\"id\":%ld,\"title\":\"thing %d\",\"quantity\":%d,"
                             "\"price\":\"%s\",\"tax_lines\":[{\"title\":\"VAT\",\"rate\":0.19,"
                             "\"price\":\"1.90\"}]}",
                             i == 0 ? "" : ",", id * 100 + i, i, i + 1, price);
    buffer_append_text(&text, "]}");
    struct str copy = arena_copy(&on->arena, buffer_str(&text));
    buffer_free(&text);
    return copy.data;
}
