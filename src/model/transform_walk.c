/* Reads a document's maps by the mapping: keys against fields, arrays into rows. Both a map's
 * entries and a scope's fields are sorted by key, so one merge finds what is known, what is unknown
 * and what is absent. */
#include "base/text.h"
#include "model/transform_internal.h"

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

/* An address of which nothing is said: a buyer's e-mail alone opens one. */
static bool is_bare(const struct table *table, const struct frame *frame)
{
    size_t i = table->key_count;
    while (i < table->column_count && frame->cells[i].data == NULL)
        i++;
    return i == table->column_count;
}

static void finish_row(struct transform *t, struct frame *frame, struct row_list *list)
{
    const struct mapping_scope *scope = frame->plan->scope;
    if (scope->source == SOURCE_STRIPE)
        session_row(t, frame);
    else if (scope->source == SOURCE_PRINTFUL)
        parcel_row(t, frame);
    else if (scope->id == SCOPE_REFUND_LINE)
        link_refund_line(t, frame);
    if (scope->source == SOURCE_STRIPE && scope->table == TABLE_ADDRESSES &&
        is_bare(table_get(TABLE_ADDRESSES), frame))
        list->count--;
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
    key_set(t, frame, list, argument);
    if (!walk_map(t, frame, err))
        return false;
    finish_row(t, frame, list);
    return true;
}

/* "" where an object belongs, in a field that may have it. */
static bool is_empty_text(const struct mapping_field *field, const struct value *value)
{
    return (field->flags & FIELD_EMPTY_NULL) && value->kind == VALUE_STRING && value->text.len == 0;
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
    if (value->kind == VALUE_NULL || is_empty_text(field, value) || !is_map(t, &below, value))
        return true;
    below.cells = frame->cells;
    below.row_key = frame->row_key;
    below.part = true;
    below.id = rule_id(t, &below);
    if (!walk_map(t, &below, err))
        return false;
    if (below.extra_count > 0) {
        struct value extra = extra_value(&below);
        add_extra(t, frame, below.key, &extra);
    }
    return true;
}

/* What a field notes about its value besides reading it. */
static void check_value(struct transform *t, const struct frame *frame,
                        const struct mapping_slot *slot, const struct value *value)
{
    const struct mapping_field *field = slot->field;
    if (field->knows != NULL && value->kind == VALUE_STRING && value->text.len > 0 &&
        !field->knows(value->text))
        rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "unknown word");
    if (field->rule == RULE_MORE && value->kind == VALUE_BOOL && value->boolean)
        rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "the list is not whole");
}

static bool is_chosen(const struct transform *t, const struct value *value)
{
    for (size_t i = 0; i < CHOICE_COUNT; i++) {
        if (t->chosen[i] == value)
            return true;
    }
    return false;
}

static bool walk_field(struct transform *t, struct frame *frame, const struct mapping_slot *slot,
                       const struct value *value, struct error *err)
{
    if ((slot->field->flags & FIELD_CHOICE) && !is_chosen(t, value))
        return true;
    check_value(t, frame, slot, value);
    switch (slot->field->rule) {
    case RULE_SCOPE:
        return open_scope(t, frame, slot->field, value, err);
    case RULE_ROW:
        return open_row(t, frame, slot->field, value, err);
    case RULE_ROWS:
        return open_rows(t, frame, slot->field, value, err);
    case RULE_KEPT:
        if (value->kind != VALUE_NULL)
            add_extra(t, frame, slot->key, value);
        return true;
    case RULE_KNOWN:
    case RULE_MORE:
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
    if (frame->extra_count > 0 && frame->cells != NULL && !frame->part) {
        struct value extra = extra_value(frame);
        frame->cells[frame->plan->extra] = rule_json(t, &extra);
    }
    return true;
}

/* The one row that the document itself makes. */
bool walk_document(struct transform *t, const struct value *content, struct error *err)
{
    enum scope_id root = mapping_root(t->change->document.source);
    struct frame frame = {.index = NO_INDEX, .plan = mapping_plan(root), .map = content};
    enum table_id table = (enum table_id)frame.plan->scope->table;
    frame.id = rule_id(t, &frame);
    if (frame.id.data == NULL && root == SCOPE_ORDER)
        return rule_fail(&frame, STR("id"), ERROR_ORDER_ID, "is missing or not a whole number",
                         err);
    struct row_list *list = &t->change->order.tables[table];
    frame.cells = row_list_add(table_get(table), list, t->arena)->cells;
    frame.cells[0] = t->order_id;
    key_set(t, &frame, list, NULL);
    return walk_map(t, &frame, err);
}
