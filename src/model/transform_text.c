/* Rules for text, booleans and text[]. */
#include <strings.h>

#include "base/text.h"
#include "base/timestamp.h"
#include "model/transform_rule.h"

/* --- text and truth --- */

static struct str repaired(struct transform *t, const struct frame *frame, struct str key,
                           struct str text)
{
    bool changed = false;
    struct str good = text_repair(text, t->arena, &changed);
    if (changed)
        rule_drift(t, frame, key, DRIFT_VALUE_RULE, "text that PostgreSQL refuses was replaced");
    return good;
}

/* A value that stands where text is expected: kept when it has a plain text form. */
static struct str odd_text(struct transform *t, const struct frame *frame,
                           const struct mapping_slot *slot, const struct value *value)
{
    struct str text = STR_NULL;
    rule_drift(t, frame, slot->key, DRIFT_UNEXPECTED_TYPE, value_kind_name(value->kind));
    switch (value->kind) {
    case VALUE_INT:
    case VALUE_DOUBLE:
        return rule_decimal(t, value, &text) ? text : STR_NULL;
    case VALUE_BOOL:
        return value->boolean ? STR("true") : STR("false");
    case VALUE_TIMESTAMP:
        return timestamp_to_rfc3339(value->time.seconds, value->time.nanos, t->arena);
    case VALUE_REFERENCE:
        return repaired(t, frame, slot->key, value->text);
    default:
        return STR_NULL;
    }
}

struct str rule_text(struct transform *t, const struct frame *frame,
                     const struct mapping_slot *slot, const struct value *value)
{
    unsigned flags = slot->field->flags;
    if (value->kind == VALUE_NULL)
        return STR_NULL;
    struct str text = value->kind == VALUE_STRING ? repaired(t, frame, slot->key, value->text)
                                                  : odd_text(t, frame, slot, value);
    if (text.len == 0 && (flags & FIELD_EMPTY_NULL))
        return STR_NULL;
    if (text.len > MAPPING_INDEXED_MAX && (flags & FIELD_INDEXED)) {
        rule_drift(t, frame, slot->key, DRIFT_VALUE_RULE, "too long for an index");
        return STR_NULL;
    }
    return text;
}

struct str rule_label(struct transform *t, const struct frame *frame,
                      const struct mapping_slot *slot, const struct value *value)
{
    struct str text;
    bool number = value->kind == VALUE_INT || value->kind == VALUE_DOUBLE;
    return number && rule_decimal(t, value, &text) ? text : rule_text(t, frame, slot, value);
}

struct str rule_object_id(struct transform *t, const struct frame *frame,
                          const struct mapping_slot *slot, const struct value *value)
{
    const struct value *id = value_get(value, "id");
    return rule_text(t, frame, slot, id == NULL ? value : id);
}

struct str rule_currency(struct transform *t, const struct frame *frame,
                         const struct mapping_slot *slot, const struct value *value)
{
    struct str text = rule_text(t, frame, slot, value);
    char *upper = (char *)(uintptr_t)arena_copy(t->arena, text).data;
    for (size_t i = 0; i < text.len; i++) {
        if (upper[i] >= 'a' && upper[i] <= 'z')
            upper[i] = (char)(upper[i] - 'a' + 'A');
    }
    return (struct str){upper, text.len};
}

struct str rule_boolean(struct transform *t, const struct frame *frame,
                        const struct mapping_slot *slot, const struct value *value)
{
    if (value->kind == VALUE_BOOL)
        return value->boolean ? STR("t") : STR("f");
    if (rule_is_absent(value))
        return STR_NULL;
    rule_drift(t, frame, slot->key, DRIFT_UNEXPECTED_TYPE, value_kind_name(value->kind));
    if (value->kind == VALUE_STRING && str_equal(value->text, STR("true")))
        return STR("t");
    if (value->kind == VALUE_STRING && str_equal(value->text, STR("false")))
        return STR("f");
    return STR_NULL;
}

/* --- text[] --- */

static bool needs_quotes(struct str element)
{
    if (element.len == 0 || (element.len == 4 && strncasecmp(element.data, "null", 4) == 0))
        return true;
    for (size_t i = 0; i < element.len; i++) {
        if (strchr("{},\"\\ \t\n\r\v\f", element.data[i]) != NULL)
            return true;
    }
    return false;
}

/* As PostgreSQL's array_out writes it. */
static void append_element(struct buffer *out, struct str element)
{
    if (out->len > 1)
        buffer_append_char(out, ',');
    if (!needs_quotes(element)) {
        buffer_append_str(out, element);
        return;
    }
    buffer_append_char(out, '"');
    for (size_t i = 0; i < element.len; i++) {
        if (element.data[i] == '"' || element.data[i] == '\\')
            buffer_append_char(out, '\\');
        buffer_append_char(out, element.data[i]);
    }
    buffer_append_char(out, '"');
}

static struct str trimmed(struct str text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.data[0]) != NULL)
        text = (struct str){text.data + 1, text.len - 1};
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL)
        text.len--;
    return text;
}

static void append_tags(struct buffer *out, struct str tags)
{
    while (tags.len > 0) {
        const char *comma = memchr(tags.data, ',', tags.len);
        size_t len = comma == NULL ? tags.len : (size_t)(comma - tags.data);
        struct str tag = trimmed((struct str){tags.data, len});
        if (tag.len > 0)
            append_element(out, tag);
        size_t skip = comma == NULL ? len : len + 1;
        tags = (struct str){tags.data + skip, tags.len - skip};
    }
}

static void append_list(struct transform *t, const struct frame *frame,
                        const struct mapping_slot *slot, const struct value *array)
{
    for (size_t i = 0; i < array->array.count; i++) {
        const struct value *item = &array->array.items[i];
        struct str text = item->kind == VALUE_STRING ? repaired(t, frame, slot->key, item->text)
                                                     : odd_text(t, frame, slot, item);
        if (text.data != NULL)
            append_element(&t->scratch, text);
    }
}

struct str rule_text_array(struct transform *t, const struct frame *frame,
                           const struct mapping_slot *slot, const struct value *value)
{
    if (value->kind == VALUE_NULL)
        return STR_NULL;
    buffer_clear(&t->scratch);
    buffer_append_char(&t->scratch, '{');
    if (value->kind == VALUE_ARRAY)
        append_list(t, frame, slot, value);
    else if (value->kind == VALUE_STRING && slot->field->rule == RULE_TAGS)
        append_tags(&t->scratch, repaired(t, frame, slot->key, value->text));
    else if (value->kind != VALUE_MAP || value->map.count > 0)
        rule_drift(t, frame, slot->key, DRIFT_UNEXPECTED_TYPE, value_kind_name(value->kind));
    buffer_append_char(&t->scratch, '}');
    return arena_copy(t->arena, buffer_str(&t->scratch));
}
