/* Reads a document's maps by the mapping: keys against fields, arrays into rows, and each row's
 * key. Both a map's entries and a scope's fields are sorted by key, so one merge finds what is
 * known, what is unknown and what is absent. */
#include "base/text.h"
#include "model/transform_internal.h"

#define NO_INDEX SIZE_MAX
#define TEXT_KEY_MAX 200 /* a fulfillment id that is text; Shopify's are numbers */

static bool walk_map(struct transform *t, struct frame *frame, struct error *err);

static struct frame frame_below(struct frame *up, const struct mapping_field *field,
                                const struct value *map, size_t index)
{
    return (struct frame){
        .up = up,
        .key = str_from(field->key),
        .index = index,
        .plan = mapping_plan(field->scope),
        .map = map,
    };
}

/* --- keys of rows --- */

/* The frame's id when no earlier row of `list` has it in `column`; else -(position+1), with drift.
 */
static struct str unique_key(struct transform *t, const struct frame *frame,
                             const struct row_list *list, size_t column)
{
    struct str id = frame->id;
    bool usable = id.data != NULL && id.data[0] != '-' && !str_equal(id, STR("0"));
    /* The row itself is the last of the list, its cell still NULL. */
    for (size_t i = 0; usable && i + 1 < list->count; i++)
        usable = !str_equal(list->rows[i].cells[column], id);
    if (usable)
        return id;
    rule_drift(t, frame, STR("id"), DRIFT_VALUE_RULE,
               id.data == NULL ? "no usable id: place is the key"
                               : "repeated id: place is the key");
    return rule_int64_text(t, -(int64_t)frame->index - 1);
}

static void key_line_item(struct transform *t, struct frame *frame, const struct row_list *list)
{
    frame->row_key = unique_key(t, frame, list, 1);
    frame->cells[1] = frame->row_key;
    frame->cells[2] = rule_int64_text(t, (int64_t)frame->index);
}

static void key_by_place(struct transform *t, struct frame *frame)
{
    frame->row_key = rule_int64_text(t, (int64_t)frame->index);
    frame->cells[1] = frame->row_key;
}

static void key_refund(struct transform *t, struct frame *frame, const struct row_list *list,
                       const char *component)
{
    bool header = frame->plan->scope->id == SCOPE_REFUND;
    frame->row_key = header ? unique_key(t, frame, list, 1) : frame->up->row_key;
    frame->cells[1] = frame->row_key;
    frame->cells[2] = str_from(component);
    frame->cells[3] = rule_int64_text(t, header ? 0 : (int64_t)frame->index);
}

static void key_return(struct transform *t, struct frame *frame, const struct row_list *list,
                       const char *component)
{
    bool header = frame->plan->scope->id == SCOPE_RETURN;
    frame->row_key = header ? unique_key(t, frame, list, 1) : frame->up->row_key;
    frame->cells[1] = frame->row_key;
    frame->cells[2] = rule_int64_text(t, header ? 0 : (int64_t)++frame->up->parts);
    frame->cells[3] = str_from(component);
}

static void key_tax_line(struct transform *t, struct frame *frame, const char *scope)
{
    frame->cells[1] = str_from(scope);
    frame->cells[2] = frame->up->row_key.data == NULL ? STR("") : frame->up->row_key;
    frame->cells[3] = rule_int64_text(t, (int64_t)frame->index);
}

/* Fulfillment ids are numbers, but a text that is none is still an id. */
static void key_fulfillment(struct transform *t, struct frame *frame, const struct row_list *list,
                            const char *source)
{
    const struct value *id = value_get(frame->map, "id");
    if (frame->id.data == NULL && id != NULL && id->kind == VALUE_STRING && id->text.len > 0 &&
        id->text.len <= TEXT_KEY_MAX && memchr(id->text.data, '\0', id->text.len) == NULL)
        frame->id = id->text;
    frame->cells[1] = str_from(source);
    frame->cells[2] = unique_key(t, frame, list, 2);
    frame->cells[3] = rule_int64_text(t, (int64_t)frame->index);
}

static void set_row_key(struct transform *t, struct frame *frame, const struct row_list *list,
                        const char *argument)
{
    switch ((enum table_id)frame->plan->scope->table) {
    case TABLE_LINE_ITEMS:
        key_line_item(t, frame, list);
        break;
    case TABLE_ADDRESSES:
        frame->cells[1] = str_from(argument);
        break;
    case TABLE_SHIPPING_LINES:
    case TABLE_DISCOUNTS:
        key_by_place(t, frame);
        break;
    case TABLE_REFUNDS:
        key_refund(t, frame, list, argument);
        break;
    case TABLE_RETURNS:
        key_return(t, frame, list, argument);
        break;
    case TABLE_TAX_LINES:
        key_tax_line(t, frame, argument);
        break;
    case TABLE_FULFILLMENTS:
        key_fulfillment(t, frame, list, argument);
        break;
    case TABLE_ORDERS:
    case TABLE_COUNT:
        break;
    }
}

/* --- rows --- */

/* A refunded line that is in the order gets its key there: by id, which a repeated id does not
 * keep. */
static void link_refund_line(struct transform *t, struct frame *frame)
{
    const struct table *table = table_get(TABLE_REFUNDS);
    struct str id = frame->cells[table_column(table, "line_item_id")];
    const struct row_list *lines = &t->change->order.tables[TABLE_LINE_ITEMS];
    for (size_t i = 0; id.data != NULL && i < lines->count; i++) {
        if (str_equal(lines->rows[i].cells[1], id)) {
            frame->cells[table_column(table, "line_item_key")] = id;
            return;
        }
    }
}

static bool walk_row(struct transform *t, struct frame *frame, const char *argument,
                     struct error *err)
{
    int table = frame->plan->scope->table;
    frame->id = rule_id(t, frame);
    if (table < 0) {
        frame->row_key =
            arena_format(t->arena, "%.*s/%zu", STR_ARG(frame->up->row_key), frame->index);
        return walk_map(t, frame, err);
    }
    struct row_list *list = &t->change->order.tables[table];
    if (list->count == TRANSFORM_MAX_ROWS)
        return rule_fail(frame, STR_NULL, ERROR_DOCUMENT_SIZE, "is one row too many", err);
    frame->cells = row_list_add(table_get((enum table_id)table), list, t->arena)->cells;
    frame->cells[0] = t->order_id;
    set_row_key(t, frame, list, argument);
    if (!walk_map(t, frame, err))
        return false;
    if (frame->plan->scope->id == SCOPE_REFUND_LINE)
        link_refund_line(t, frame);
    return true;
}

static bool is_map(struct transform *t, const struct frame *frame, const struct value *value)
{
    if (value->kind == VALUE_MAP)
        return true;
    rule_drift(t, frame, STR_NULL, DRIFT_UNEXPECTED_TYPE, value_kind_name(value->kind));
    return false;
}

/* Missing, null and [] are no children; {} is [] (rules 12 and 13), anything else is drift. */
static bool open_rows(struct transform *t, struct frame *frame, const struct mapping_field *field,
                      const struct value *value, struct error *err)
{
    if (value->kind != VALUE_ARRAY) {
        if (value->kind != VALUE_NULL && !(value->kind == VALUE_MAP && value->map.count == 0))
            rule_drift(t, frame, str_from(field->key), DRIFT_UNEXPECTED_TYPE,
                       value_kind_name(value->kind));
        return true;
    }
    for (size_t i = 0; i < value->array.count; i++) {
        struct frame below = frame_below(frame, field, &value->array.items[i], i);
        if (is_map(t, &below, below.map) && !walk_row(t, &below, field->argument, err))
            return false;
    }
    return true;
}

static bool open_row(struct transform *t, struct frame *frame, const struct mapping_field *field,
                     const struct value *value, struct error *err)
{
    struct frame below = frame_below(frame, field, value, NO_INDEX);
    if (value->kind == VALUE_NULL || !is_map(t, &below, value) || value->map.count == 0)
        return true;
    return walk_row(t, &below, field->argument, err);
}

static void add_extra(struct transform *t, struct frame *frame, struct str key,
                      const struct value *value)
{
    if (frame->extra == NULL)
        frame->extra = arena_alloc(t->arena, frame->map->map.count * sizeof(*frame->extra));
    frame->extra[frame->extra_count++] = (struct value_entry){key, *value};
}

static struct value extra_value(const struct frame *frame)
{
    struct value value = {.kind = VALUE_MAP};
    value.map.entries = frame->extra;
    value.map.count = frame->extra_count;
    return value;
}

/* A map whose fields fill the row of the map around it; its unknown keys go below its own key
 * there. */
static bool open_scope(struct transform *t, struct frame *frame, const struct mapping_field *field,
                       const struct value *value, struct error *err)
{
    struct frame below = frame_below(frame, field, value, NO_INDEX);
    if (value->kind == VALUE_NULL || !is_map(t, &below, value))
        return true;
    below.cells = frame->cells;
    below.id = rule_id(t, &below);
    if (!walk_map(t, &below, err))
        return false;
    if (below.extra_count > 0) {
        struct value extra = extra_value(&below);
        add_extra(t, frame, below.key, &extra);
    }
    return true;
}

static bool walk_field(struct transform *t, struct frame *frame, const struct mapping_slot *slot,
                       const struct value *value, struct error *err)
{
    switch (slot->field->rule) {
    case RULE_SCOPE:
        return open_scope(t, frame, slot->field, value, err);
    case RULE_ROW:
        return open_row(t, frame, slot->field, value, err);
    case RULE_ROWS:
        return open_rows(t, frame, slot->field, value, err);
    case RULE_KNOWN:
        return true;
    default:
        return rule_apply(t, frame, slot, value, err);
    }
}

/* --- the merge --- */

static bool walk_absent(struct transform *t, struct frame *frame, const struct mapping_slot *slot,
                        struct error *err)
{
    unsigned flags = slot->field->flags;
    if (t->stub)
        return true;
    if (flags & FIELD_REQUIRED)
        return rule_fail(frame, slot->key, ERROR_FIELD_MISSING, "is missing", err);
    if (flags & FIELD_EXPECTED)
        rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "absent");
    return true;
}

static void walk_unknown(struct transform *t, struct frame *frame, const struct value_entry *entry)
{
    if (frame->plan->scope->open)
        return;
    rule_drift(t, frame, text_display(entry->key, t->arena), DRIFT_UNKNOWN_FIELD,
               value_kind_name(entry->value.kind));
    add_extra(t, frame, entry->key, &entry->value);
}

static bool walk_map(struct transform *t, struct frame *frame, struct error *err)
{
    const struct mapping_slot *slot = frame->plan->slots;
    const struct mapping_slot *slots_end = slot + frame->plan->count;
    const struct value_entry *entry = frame->map->map.entries;
    const struct value_entry *entries_end = entry + frame->map->map.count;
    while (entry < entries_end || slot < slots_end) {
        int order = entry == entries_end ? 1
                    : slot == slots_end  ? -1
                                         : str_compare(entry->key, slot->key);
        if (order < 0) {
            walk_unknown(t, frame, entry++);
        } else if (order > 0) {
            if (!walk_absent(t, frame, slot++, err))
                return false;
        } else {
            do {
                if (!walk_field(t, frame, slot++, &entry->value, err))
                    return false;
            } while (slot < slots_end && str_equal(slot->key, entry->key));
            entry++;
        }
    }
    if (frame->extra_count > 0 && frame->cells != NULL &&
        frame->plan->scope->id != SCOPE_CUSTOMER) {
        struct value extra = extra_value(frame);
        frame->cells[frame->plan->extra] = rule_json(t, &extra);
    }
    return true;
}

bool walk_order(struct transform *t, const struct value *content, struct error *err)
{
    struct row_list *list = &t->change->order.tables[TABLE_ORDERS];
    struct frame frame = {.index = NO_INDEX, .plan = mapping_plan(SCOPE_ORDER), .map = content};
    frame.id = rule_id(t, &frame);
    if (frame.id.data == NULL)
        return rule_fail(&frame, STR("id"), ERROR_ORDER_ID, "is missing or not a whole number",
                         err);
    frame.cells = row_list_add(table_get(TABLE_ORDERS), list, t->arena)->cells;
    frame.cells[0] = t->order_id;
    return walk_map(t, &frame, err);
}
