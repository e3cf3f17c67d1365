/* Walks the mapping beside a document. */
#include "model/personal.h"

#include "model/mapping.h"

struct personal personal_root_of(enum source_kind source)
{
    return (struct personal){.scope = mapping_root(source), .masked = false};
}

struct personal personal_root(void)
{
    return personal_root_of(SOURCE_FIRESTORE);
}

static const struct mapping_slot *slot_find(const struct mapping_plan *plan, struct str key)
{
    for (size_t i = 0; i < plan->count; i++)
        if (str_equal(plan->slots[i].key, key))
            return &plan->slots[i];
    return NULL;
}

static bool slot_is_personal(const struct mapping_plan *plan, const struct mapping_slot *slot)
{
    enum scope_id scope = plan->scope->id;
    if (slot->field->flags & FIELD_PERSONAL)
        return true;
    if (slot->column < 0 || plan->scope->table < 0)
        return scope == SCOPE_CUSTOMER || scope == SCOPE_ADDRESS;
    return table_get((enum table_id)plan->scope->table)->columns[slot->column].personal;
}

struct personal personal_enter(struct personal at, struct str key)
{
    if (at.masked || at.scope < 0)
        return at;
    const struct mapping_plan *plan = mapping_plan((enum scope_id)at.scope);
    const struct mapping_slot *slot = slot_find(plan, key);
    if (slot == NULL)
        return (struct personal){.scope = -1, .masked = true};
    enum mapping_rule rule = slot->field->rule;
    if (rule == RULE_SCOPE || rule == RULE_ROW || rule == RULE_ROWS)
        return (struct personal){.scope = (int)slot->field->scope, .masked = false};
    if (rule == RULE_OBJECT_ID && !slot_is_personal(plan, slot))
        return (struct personal){.scope = SCOPE_SESSION_OBJECT, .masked = false, .plain = true};
    return (struct personal){.scope = -1, .masked = slot_is_personal(plan, slot)};
}
