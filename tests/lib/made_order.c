#include "tests/lib/made_order.h"

#include <stdio.h>

#include "model/json.h"
#include "model/loss.h"
#include "tests/lib/check.h"

struct arena made_arena;
struct change made_change;
struct error made_error;

int made_free(void **state)
{
    (void)state;
    arena_free(&made_arena);
    return 0;
}

struct document made_with(const char *fields)
{
    char json[65536];
    int len = snprintf(json, sizeof(json),
                       "{\"id\": 42, \"currency\": \"EUR\", \"total_price\": \"10.00\"%s%s}",
                       fields[0] == '\0' ? "" : ", ", fields);
    assert_in_range(len, 1, sizeof(json) - 1);
    return orders_document("42", json, &made_arena);
}

static struct document made_of(enum source_kind source, const char *id, const char *base,
                               const char *fields)
{
    struct buffer json = {.max = 16u << 20};
    buffer_append_format(&json, "{%s%s%s}", base, fields[0] == '\0' ? "" : ", ", fields);
    assert_true(buffer_ok(&json));
    struct document document = orders_document(id, json.data, &made_arena);
    buffer_free(&json);
    document.source = source;
    return document;
}

struct document made_session(const char *fields)
{
    return made_of(SOURCE_STRIPE, "cs_1",
                   "\"id\": \"cs_1\", \"object\": \"checkout.session\", \"mode\": \"payment\", "
                   "\"status\": \"complete\", \"payment_status\": \"paid\", \"livemode\": true, "
                   "\"created\": 1700000000, \"currency\": \"usd\", \"amount_subtotal\": 2500, "
                   "\"amount_total\": 2500, \"customer_details\": null, \"line_items\": "
                   "{\"object\": \"list\", \"data\": [], \"has_more\": false}",
                   fields);
}

struct document made_parcel(const char *fields)
{
    return made_of(SOURCE_PRINTFUL, "77",
                   "\"id\": 77, \"external_id\": \"1042\", \"status\": \"fulfilled\", "
                   "\"created\": 1700000000, \"updated\": 1700000100, \"recipient\": {}, "
                   "\"items\": [], \"costs\": {\"currency\": \"USD\"}",
                   fields);
}

struct document made_set(struct document document, const char *key, struct value value)
{
    *(struct value *)(uintptr_t)value_get(document.content, key) = value;
    return document;
}

/* document + loss reproduce the tree. */
static void check_stored(const struct value *content)
{
    const struct value *stored;
    const struct value *again = NULL;
    if (!json_parse(made_change.json, &made_arena, &stored, &made_error) ||
        !loss_restore(stored, made_change.loss, &made_arena, &again, &made_error))
        fail_msg("%s", made_error.message);
    assert_true(value_equal(content, again));
}

void made_transforms(struct document document)
{
    if (!transform_document(&document, &made_arena, &made_change, &made_error))
        fail_msg("%s", made_error.message);
    if (!document.deleted)
        check_stored(document.content);
}

void made_fails(struct document document, enum error_id id, const char *field, const char *message)
{
    memset(&made_error, 0, sizeof(made_error));
    assert_false(transform_document(&document, &made_arena, &made_change, &made_error));
    assert_int_equal(made_error.id, id);
    assert_int_equal(error_class(&made_error), CLASS_INVALID_DATA);
    assert_string_equal(made_error.field, field);
    if (strstr(made_error.message, message) == NULL)
        fail_msg("\"%s\" has no \"%s\"", made_error.message, message);
    assert_int_equal(made_change.order.tables[TABLE_ORDERS].count, 0);
    assert_true(made_change.json.data != NULL && made_change.order.order_id_text[0] != '\0');
}

struct str made_cell(enum table_id table, size_t row, const char *column)
{
    int index = table_column(table_get(table), column);
    if (index < 0 || row >= made_change.order.tables[table].count)
        fail_msg("no %s of row %zu in %s", column, row, table_get(table)->name);
    return made_change.order.tables[table].rows[row].cells[index];
}

struct str made_order(const char *column)
{
    return made_cell(TABLE_ORDERS, 0, column);
}

void made_is_null(struct str text)
{
    if (text.data != NULL)
        fail_msg("\"%.*s\" is not NULL", STR_ARG(text));
}

size_t made_rows(enum table_id table)
{
    return made_change.order.tables[table].count;
}

bool made_drifted(enum drift_kind kind, const char *path, const char *detail)
{
    for (size_t i = 0; i < made_change.drift.count; i++) {
        const struct drift *drift = &made_change.drift.items[i];
        if (drift->kind == kind && str_equal(drift->path, str_from(path)) &&
            str_equal(drift->detail, str_from(detail)))
            return true;
    }
    return false;
}

struct value made_double(double number)
{
    struct value value = {.kind = VALUE_DOUBLE};
    value.real.number = number;
    return value;
}

struct value made_text(struct str text)
{
    struct value value = {.kind = VALUE_STRING};
    value.text = text;
    return value;
}
