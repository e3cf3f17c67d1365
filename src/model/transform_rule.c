/* The rules: one value of a document into the cell of its column. What a rule cannot use is drift
 * and NULL; only money and moments that are no such thing, and a missing required field, fail the
 * document (facts/orders.md). Numbers, ids, money and moments are in transform_number.c, texts in
 * transform_text.c. */
#include <stdio.h>

#include "model/json.h"
#include "model/transform_rule.h"

#define INDEX_TEXT_MAX 24

/* --- where we are --- */

/* "line_items[2].tax_lines[0].price" with indexes, "line_items[].tax_lines[].price" without. */
static size_t frame_path(const struct frame *frame, char *path, size_t size, bool indexes)
{
    if (frame->up == NULL)
        return 0;
    size_t used = frame_path(frame->up, path, size, indexes);
    char index[INDEX_TEXT_MAX] = "";
    if (frame->index != SIZE_MAX && indexes)
        snprintf(index, sizeof(index), "[%zu]", frame->index);
    else if (frame->index != SIZE_MAX)
        snprintf(index, sizeof(index), "[]");
    int more = snprintf(path + used, size - used, "%s%.*s%s", used == 0 ? "" : ".",
                        STR_ARG(frame->key), index);
    used += more < 0 ? 0 : (size_t)more;
    return used < size ? used : size - 1;
}

void rule_path(const struct frame *frame, struct str key, bool indexes,
               char path[TRANSFORM_PATH_MAX])
{
    path[0] = '\0';
    size_t used = frame_path(frame, path, TRANSFORM_PATH_MAX, indexes);
    if (key.data != NULL)
        snprintf(path + used, TRANSFORM_PATH_MAX - used, "%s%.*s", used == 0 ? "" : ".",
                 STR_ARG(key));
}

bool rule_fail(const struct frame *frame, struct str key, enum error_id id, const char *detail,
               struct error *err)
{
    char path[TRANSFORM_PATH_MAX];
    rule_path(frame, key, true, path);
    error_set(err, id, "%s %s", path, detail);
    return error_field(err, path);
}

void rule_drift(struct transform *t, const struct frame *frame, struct str key,
                enum drift_kind kind, const char *detail)
{
    char path[TRANSFORM_PATH_MAX];
    rule_path(frame, key, false, path);
    rule_drift_at(t, str_from(path), kind, detail);
}

void rule_drift_at(struct transform *t, struct str where, enum drift_kind kind, const char *detail)
{
    struct drift_list *list = &t->change->drift;
    for (size_t i = 0; i < list->count; i++) {
        const struct drift *seen = &list->items[i];
        if (seen->kind == kind && str_equal(seen->path, where) &&
            str_equal(seen->detail, str_from(detail)))
            return;
    }
    if (list->count == TRANSFORM_MAX_DRIFT)
        return;
    if (list->items == NULL)
        list->items = arena_alloc(t->arena, TRANSFORM_MAX_DRIFT * sizeof(*list->items));
    list->cap = TRANSFORM_MAX_DRIFT;
    list->items[list->count++] =
        (struct drift){kind, arena_copy(t->arena, where), str_from(detail)};
}

/* --- jsonb --- */

struct str rule_json(struct transform *t, const struct value *value)
{
    buffer_clear(&t->scratch);
    json_append_jsonb(&t->scratch, value, NULL);
    return arena_copy(t->arena, buffer_str(&t->scratch));
}

/* An empty list is NULL: most are, and a NULL costs nothing. {} stands for [] (rule 13). */
static struct str cell_list(struct transform *t, const struct frame *frame,
                            const struct mapping_slot *slot, const struct value *value)
{
    if (value->kind == VALUE_ARRAY)
        return value->array.count == 0 ? STR_NULL : rule_json(t, value);
    if (value->kind != VALUE_NULL && !(value->kind == VALUE_MAP && value->map.count == 0))
        rule_drift(t, frame, slot->key, DRIFT_UNEXPECTED_TYPE, value_kind_name(value->kind));
    return STR_NULL;
}

static struct str cell_json(struct transform *t, const struct frame *frame,
                            const struct mapping_slot *slot, const struct value *value)
{
    (void)frame;
    (void)slot;
    return value->kind == VALUE_NULL ? STR_NULL : rule_json(t, value);
}

/* --- the table of rules --- */

static struct str cell_not(struct transform *t, const struct frame *frame,
                           const struct mapping_slot *slot, const struct value *value)
{
    struct str cell = rule_boolean(t, frame, slot, value);
    return cell.data == NULL ? cell : str_equal(cell, STR("t")) ? STR("f") : STR("t");
}

/* Rules that give a cell and never fail. */
typedef struct str plain_rule(struct transform *t, const struct frame *frame,
                              const struct mapping_slot *slot, const struct value *value);
static plain_rule *const plain_rules[RULE_COUNT] = {
    [RULE_TEXT] = rule_text,         [RULE_ID] = rule_integer,
    [RULE_INTEGER] = rule_integer,   [RULE_BOOLEAN] = rule_boolean,
    [RULE_JSON] = cell_json,         [RULE_LIST] = cell_list,
    [RULE_TAGS] = rule_text_array,   [RULE_TEXT_LIST] = rule_text_array,
    [RULE_CURRENCY] = rule_currency, [RULE_PERCENT] = rule_percent,
    [RULE_MOMENT] = rule_moment,     [RULE_OBJECT_ID] = rule_object_id,
    [RULE_LABEL] = rule_label,       [RULE_NOT] = cell_not,
};

static bool fill_cell(struct transform *t, struct frame *frame, const struct mapping_slot *slot,
                      const struct value *value, struct str *cell, struct error *err)
{
    enum mapping_rule rule = slot->field->rule;
    if (plain_rules[rule] != NULL) {
        *cell = plain_rules[rule](t, frame, slot, value);
        return true;
    }
    switch (rule) {
    case RULE_MONEY:
    case RULE_DECIMAL:
        return rule_money(t, frame, slot, value, cell, err);
    case RULE_MONEY_SET:
        rule_money_set(t, frame, slot, value);
        return true;
    case RULE_TIMESTAMP:
        return rule_timestamp(t, frame, slot, value, cell, err);
    case RULE_MINOR:
        return rule_minor(t, frame, slot, value, cell, err);
    default:
        return error_set(err, ERROR_INTERNAL, "rule %d fills no cell", (int)rule);
    }
}

/* A session's amounts go where the buyer's belong when they are. */
static struct str *cell_of(const struct transform *t, const struct frame *frame,
                           const struct mapping_slot *slot)
{
    enum mapping_rule rule = slot->field->rule;
    bool buyers = slot->second >= 0 && (rule == RULE_MINOR || rule == RULE_CURRENCY) &&
                  transform_is_converted(t);
    return &frame->cells[buyers ? slot->second : slot->column];
}

bool rule_apply(struct transform *t, struct frame *frame, const struct mapping_slot *slot,
                const struct value *value, struct error *err)
{
    struct str *cell = cell_of(t, frame, slot);
    struct str before = *cell;
    unsigned flags = slot->field->flags;
    if ((flags & FIELD_FALLBACK) && before.data != NULL)
        return true;
    if (!fill_cell(t, frame, slot, value, cell, err))
        return false;
    if ((flags & FIELD_PREFER) && cell->data == NULL)
        *cell = before;
    if ((flags & FIELD_REQUIRED) && cell->data == NULL && !t->stub)
        return rule_fail(frame, slot->key, ERROR_FIELD_MISSING, "is empty", err);
    return true;
}
