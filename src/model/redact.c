/* Walks a document beside the mapping, as the screens' masking does. */
#include "model/redact.h"

#include "model/json.h"
#include "model/loss.h"
#include "model/personal.h"

static struct value redact_at(struct personal at, const struct value *value, struct arena *arena);

static struct value redact_map(struct personal at, const struct value *map, struct arena *arena)
{
    struct value left = {.kind = VALUE_MAP};
    left.map.entries = arena_alloc(arena, map->map.count * sizeof(*left.map.entries));
    left.map.count = 0;
    for (size_t i = 0; i < map->map.count; i++) {
        const struct value_entry *entry = &map->map.entries[i];
        struct personal below = personal_enter(at, entry->key);
        if (!below.masked)
            left.map.entries[left.map.count++] = (struct value_entry){
                .key = entry->key, .value = redact_at(below, &entry->value, arena)};
    }
    return left;
}

static struct value redact_array(struct personal at, const struct value *array, struct arena *arena)
{
    struct value left = {.kind = VALUE_ARRAY};
    left.array.items = arena_alloc(arena, array->array.count * sizeof(*left.array.items));
    left.array.count = array->array.count;
    for (size_t i = 0; i < array->array.count; i++)
        left.array.items[i] = redact_at(at, &array->array.items[i], arena);
    return left;
}

static struct value redact_at(struct personal at, const struct value *value, struct arena *arena)
{
    if (at.scope < 0)
        return *value; /* one column's value, and not a personal one */
    switch (value->kind) {
    case VALUE_MAP:
        return redact_map(at, value, arena);
    case VALUE_ARRAY:
        return redact_array(at, value, arena);
    case VALUE_NULL:
        return *value;
    case VALUE_STRING:
        if (at.plain)
            return *value;
        break;
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_DOUBLE:
    case VALUE_TIMESTAMP:
    case VALUE_BYTES:
    case VALUE_REFERENCE:
    case VALUE_GEO:
        break;
    }
    return (struct value){.kind = VALUE_NULL}; /* where a map belongs, anything may stand */
}

struct value redact_value(enum source_kind source, const struct value *content, struct arena *arena)
{
    return redact_at(personal_root_of(source), content, arena);
}

static void redact_row(const struct table *table, struct row *row)
{
    for (size_t i = table->key_count; i < table->column_count; i++)
        if (table->columns[i].personal)
            row->cells[i] = STR_NULL;
}

void redact_change(struct change *change, struct arena *arena)
{
    for (enum table_id id = 0; id < TABLE_COUNT; id++) {
        const struct row_list *list = &change->order.tables[id];
        for (size_t i = 0; i < list->count; i++)
            redact_row(table_get(id), &list->rows[i]);
    }
    if (change->document.content == NULL)
        return;
    struct buffer text = {.max = UINT32_MAX};
    struct loss loss;
    struct value left = redact_value(change->document.source, change->document.content, arena);
    loss_init(&loss);
    json_append_jsonb(&text, &left, &loss);
    change->json = arena_copy(arena, buffer_str(&text));
    change->loss = loss_finish(&loss, arena);
    loss_free(&loss);
    buffer_free(&text);
}
