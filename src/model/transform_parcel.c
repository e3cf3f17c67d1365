/* What is Printful's own in the transform: the sale a document attaches to, and its items as lines
 * of a sale that has none. */
#include "base/text.h"
#include "model/sale.h"
#include "model/transform_rule.h"

/* --- the document as a whole --- */

/* The order's number, and what only an order of v1 has. */
bool parcel_begin(struct transform *t, const struct value *content, struct error *err)
{
    struct frame root = {.index = NO_INDEX, .plan = mapping_plan(SCOPE_PARCEL), .map = content};
    const struct value *id = value_get(content, "id");
    bool named = rule_id(t, &root).data != NULL ||
                 (id != NULL && id->kind == VALUE_STRING && id->text.len > 0);
    if (!named)
        return rule_fail(&root, STR("id"), ERROR_FIELD_MISSING, "is missing", err);
    t->change->api_shape = value_get(content, "recipient") != NULL ? STR("v1") : STR("unknown");
    return true;
}

/* external_id, of whatever kind: what it is compared with is the setting's business. */
static struct str reference_of(struct transform *t, const struct value *content)
{
    bool changed;
    struct str text;
    const struct value *id = value_get(content, "external_id");
    if (id == NULL || rule_is_absent(id))
        return STR_NULL;
    if (id->kind == VALUE_STRING)
        return text_repair(id->text, t->arena, &changed);
    return rule_decimal(t, id, &text) ? text : STR_NULL;
}

void parcel_finish(struct transform *t, const struct value *content)
{
    t->change->attachment.present = true;
    t->change->attachment.reference = reference_of(t, content);
}

/* --- rows --- */

static struct str *cell(const struct frame *frame, const char *column)
{
    const struct table *table = table_get((enum table_id)frame->plan->scope->table);
    return &frame->cells[table_column(table, column)];
}

/* Items name no currency of their own, as a rule: the costs do. */
static struct str supply_currency(struct transform *t, const struct frame *frame)
{
    static const struct mapping_field field = {.key = "currency", .flags = FIELD_EMPTY_NULL};
    static const struct mapping_slot slot = {{"currency", 8}, &field, -1, -1};
    const struct value *currency = value_path(frame->up->map, "costs.currency");
    return currency == NULL ? STR_NULL : rule_currency(t, frame, &slot, currency);
}

static void finish_item(struct transform *t, const struct frame *frame)
{
    const struct value *id = value_get(frame->map, "id");
    struct str text = STR_NULL;
    bool changed;
    if (id != NULL && id->kind == VALUE_STRING)
        text = text_repair(id->text, t->arena, &changed);
    else if (id != NULL && !rule_decimal(t, id, &text))
        text = STR_NULL;
    if (text.len > 0)
        *cell(frame, "source_line_id") =
            arena_format(t->arena, PARCEL_LINE_PREFIX "%.*s", STR_ARG(text));
    *cell(frame, "supplier") = STR(PARCEL_SUPPLIER);
    if (cell(frame, "supply_currency")->data == NULL && cell(frame, "supply_price")->data != NULL)
        *cell(frame, "supply_currency") = supply_currency(t, frame);
}

void parcel_row(struct transform *t, const struct frame *frame)
{
    if (frame->plan->scope->id == SCOPE_PARCEL_ITEM)
        finish_item(t, frame);
}
