/* The answer about one document looked at anew: the newest "inspect" of it, what a plan has of it,
 * and the mapping's rule of each field. */
#include <string.h>

#include "engine/answers.h"
#include "engine/plan_text.h"
#include "model/mapping.h"

static const struct table *table_named(const char *name)
{
    for (int i = 0; i < TABLE_COUNT; i++) {
        const struct table *table = table_get((enum table_id)i);
        if (strcmp(table->name, name) == 0)
            return table;
    }
    return NULL;
}

static const struct mapping_field *field_of(const struct mapping_scope *scope, const char *column)
{
    for (size_t i = 0; i < scope->field_count; i++) {
        const struct mapping_field *field = &scope->fields[i];
        if ((field->column != NULL && strcmp(field->column, column) == 0) ||
            (field->second != NULL && strcmp(field->second, column) == 0))
            return field;
    }
    return NULL;
}

/* A map without a row of its own fills the row around it. */
static const struct mapping_field *find_field(enum source_kind source, const struct table *table,
                                              const char *column)
{
    const struct mapping_field *found = NULL;
    for (int i = 0; i < SCOPE_COUNT; i++) {
        const struct mapping_scope *scope = mapping_scope((enum scope_id)i);
        if (scope->source != source || (scope->table >= 0 && scope->table != (int)table->id))
            continue;
        const struct mapping_field *field = field_of(scope, column);
        if (field != NULL && (found == NULL || scope->table >= 0))
            found = field;
    }
    return found;
}

/* "money total_price"; of a column that no key fills who writes it. */
static const char *rule_words(enum source_kind source, const char *table_name, const char *name,
                              struct arena *arena)
{
    const struct table *table = table_named(table_name);
    int column = table == NULL ? -1 : table_column(table, name);
    if (column < 0)
        return "";
    const struct mapping_field *field = find_field(source, table, name);
    if (field != NULL)
        return arena_format(arena, "%s %s", mapping_rule_name(field->rule), field->key).data;
    for (unsigned i = 0; i < OWNER_COUNT; i++) {
        if ((table->columns[column].owners >> i & 1) != 0)
            return owner_name((enum owner)(1u << i));
    }
    return "";
}

bool answer_inspection(struct answerer *answerer, const struct lookup_request *request,
                       struct lookup_reply *reply, struct error *err)
{
    struct lookup_inspection *answer = &reply->inspection;
    struct str text;
    if (!answerer_need_reader(answerer, err) ||
        !journal_read_inspection(answerer->reader, request->source, request->source_id, &answer->at,
                                 err))
        return false;
    if (!answer->at.planned)
        return true;
    if (!journal_read_plan_fields(answerer->reader, answer->at.row.id, &reply->arena, &text, err) ||
        !plan_fields_read(text, &reply->arena, &answer->fields, &answer->count, &answer->cut, err))
        return false;
    for (size_t i = 0; i < answer->count; i++)
        answer->fields[i].rule = rule_words(request->source, answer->fields[i].table,
                                            answer->fields[i].field, &reply->arena);
    return true;
}
