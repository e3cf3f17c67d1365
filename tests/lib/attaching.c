#include "tests/lib/attaching.h"

#include <stdio.h>

#include "base/uuid.h"
#include "model/json.h"
#include "model/sale.h"

void attaching_set(enum table_id table, struct row *row, const char *column, struct str value)
{
    int index = table_column(table_get(table), column);
    if (index < 0)
        fail_msg("no column %s", column);
    row->cells[index] = value;
}

/* The order id of its source and id, in every row; a digest of `content`. */
static void take_identity(struct applying *on, struct change *change, enum source_kind source,
                          const char *id, const char *content)
{
    char *name AUTO_FREE = memory_format("%s/%s", source_kind_name(source), id);
    struct value text = {.kind = VALUE_STRING};
    change->document.source = source;
    change->document.id = arena_copy(&on->arena, str_from(id));
    change->order.order_id = uuid_v5(&uuid_namespace_ordersync, str_from(name));
    uuid_format(&change->order.order_id, change->order.order_id_text);
    text.text = str_from(content);
    change->digest = digest_value(&text);
    struct str order_id = arena_copy(&on->arena, str_from(change->order.order_id_text));
    for (int table = 0; table < TABLE_COUNT; table++)
        for (size_t i = 0; i < change->order.tables[table].count; i++)
            change->order.tables[table].rows[i].cells[0] = order_id;
}

struct change attaching_session(struct applying *on, const char *id, long number, int64_t rank,
                                const char *price, int items, int64_t observed_ns)
{
    struct change change = applying_change(on, id, 1, applying_order(on, number, price, items));
    char *content AUTO_FREE = memory_format("%s %d", price, items);
    take_identity(on, &change, SOURCE_STRIPE, id, content);
    struct row *row = &change.order.tables[TABLE_ORDERS].rows[0];
    struct str text = change.document.id;
    attaching_set(TABLE_ORDERS, row, "origin", STR("stripe"));
    attaching_set(TABLE_ORDERS, row, "origin_id", text);
    attaching_set(TABLE_ORDERS, row, "shop_order_id", STR_NULL);
    attaching_set(TABLE_ORDERS, row, "shop_customer_id", STR_NULL);
    attaching_set(TABLE_ORDERS, row, "payment_intent_id",
                  arena_format(&on->arena, "pi_%.*s", STR_ARG(text)));
    attaching_set(TABLE_ORDERS, row, "client_reference_id",
                  arena_format(&on->arena, "ref-%.*s", STR_ARG(text)));
    attaching_set(TABLE_ORDERS, row, "metadata",
                  arena_format(&on->arena, "{\"order\": \"%.*s\"}", STR_ARG(text)));
    change.customer.source_id = STR_NULL;
    change.customer.existing_only = true;
    change.document.version = rank;
    change.document.observed_ns = observed_ns;
    change.document.update_ns = INT64_MIN;
    change.json = arena_format(&on->arena, "{\"status\": \"%s\"}",
                               rank == SESSION_RANK_SETTLED ? "complete" : "open");
    change.loss = STR_NULL;
    return change;
}

void attaching_refund(struct applying *on, struct change *change, int n, const char *amount,
                      const char *currency, const char *status)
{
    const struct table *table = table_get(TABLE_REFUNDS);
    struct row *row = row_list_add(table, &change->order.tables[TABLE_REFUNDS], &on->arena);
    row->cells[0] = change->order.tables[TABLE_ORDERS].rows[0].cells[0];
    attaching_set(TABLE_REFUNDS, row, "refund_id", arena_format(&on->arena, "%d", -n));
    attaching_set(TABLE_REFUNDS, row, "component", STR("transaction"));
    attaching_set(TABLE_REFUNDS, row, "position", STR("0"));
    attaching_set(TABLE_REFUNDS, row, "kind", STR("refund"));
    attaching_set(TABLE_REFUNDS, row, "status", arena_copy(&on->arena, str_from(status)));
    attaching_set(TABLE_REFUNDS, row, "amount", arena_copy(&on->arena, str_from(amount)));
    attaching_set(TABLE_REFUNDS, row, "currency", arena_copy(&on->arena, str_from(currency)));
    row_list_sort(table, &change->order.tables[TABLE_REFUNDS]);
    change->digest.bytes[1 + n] ^= 1;
}

static struct row *add_fulfillment(struct applying *on, struct change *change, const char *id,
                                   int position)
{
    struct row *row = row_list_add(table_get(TABLE_FULFILLMENTS),
                                   &change->order.tables[TABLE_FULFILLMENTS], &on->arena);
    attaching_set(TABLE_FULFILLMENTS, row, "source", STR("printful"));
    attaching_set(TABLE_FULFILLMENTS, row, "fulfillment_id", arena_copy(&on->arena, str_from(id)));
    attaching_set(TABLE_FULFILLMENTS, row, "position", arena_format(&on->arena, "%d", position));
    return row;
}

static void add_shipments(struct applying *on, struct change *change, const char *id,
                          const char *status, int shipments)
{
    char *header AUTO_FREE = memory_format("PF-%s", id);
    struct row *row = add_fulfillment(on, change, header, 0);
    attaching_set(TABLE_FULFILLMENTS, row, "status", arena_copy(&on->arena, str_from(status)));
    attaching_set(TABLE_FULFILLMENTS, row, "cost_total", STR("5.50"));
    attaching_set(TABLE_FULFILLMENTS, row, "created_at", STR("2024-02-01 10:00:00+00"));
    for (int i = 1; i <= shipments; i++) {
        char *shipment AUTO_FREE = memory_format("%s%02d", id, i);
        row = add_fulfillment(on, change, shipment, i);
        attaching_set(TABLE_FULFILLMENTS, row, "shipped_at", STR("2024-02-02 10:00:00+00"));
        attaching_set(TABLE_FULFILLMENTS, row, "tracking_number",
                      arena_format(&on->arena, "T%s", shipment));
    }
    row_list_sort(table_get(TABLE_FULFILLMENTS), &change->order.tables[TABLE_FULFILLMENTS]);
}

static void add_items(struct applying *on, struct change *change, const char *id, int items)
{
    struct row_list *list = &change->order.tables[TABLE_LINE_ITEMS];
    for (int i = 0; i < items; i++) {
        struct row *row = row_list_add(table_get(TABLE_LINE_ITEMS), list, &on->arena);
        attaching_set(TABLE_LINE_ITEMS, row, "line_item_key",
                      arena_format(&on->arena, "%s%d", id, 91 + i));
        attaching_set(TABLE_LINE_ITEMS, row, "position", arena_format(&on->arena, "%d", i));
        attaching_set(TABLE_LINE_ITEMS, row, "source_line_id",
                      arena_format(&on->arena, "printful:%s%d", id, 91 + i));
        attaching_set(
            TABLE_LINE_ITEMS, row, "title",
            arena_format(&on->arena, "shirt %s", change->digest.bytes[0] & 1 ? "a" : "b"));
    }
    row_list_sort(table_get(TABLE_LINE_ITEMS), list);
}

struct change attaching_printful(struct applying *on, const char *id, int64_t updated,
                                 const char *status, int shipments, int items, enum sale_link link,
                                 const char *reference)
{
    struct change change = {.document = {.version = updated,
                                         .observed_ns = updated * INT64_C(1000000000),
                                         .create_ns = INT64_MIN,
                                         .update_ns = updated * INT64_C(1000000000)}};
    char *content AUTO_FREE =
        memory_format("%s %s %d %d %lld", id, status, shipments, items, (long long)updated);
    add_shipments(on, &change, id, status, shipments);
    add_items(on, &change, id, items);
    take_identity(on, &change, SOURCE_PRINTFUL, id, content);
    change.json = arena_format(&on->arena, "{\"status\": \"%s\"}", status);
    change.attachment = (struct attachment){
        .present = true,
        .link = link,
        .metadata_key = STR("order"),
        .reference = reference == NULL ? STR_NULL : arena_copy(&on->arena, str_from(reference))};
    return change;
}

enum outcome attaching_apply(struct applying *on, struct change *change)
{
    struct error err = {0};
    if (!applying_batch(on, change, 1, &err))
        fail_msg("apply %.*s: %s %s", STR_ARG(change->document.id), error_info(err.id)->code,
                 err.message);
    return change->outcome;
}
