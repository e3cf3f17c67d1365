/* What may be typed next in a filter: see search.h. */
#include <stdio.h>
#include <string.h>

#include "journal/search.h"

static void choice_add(struct search_choices *choices, const char *item, const char *end,
                       const char *typed, size_t len)
{
    if (strncmp(item, typed, len) != 0 || choices->count == SEARCH_CHOICES)
        return;
    snprintf(choices->items[choices->count++], sizeof(choices->items[0]), "%s%s", item, end);
}

static const char *state_name(size_t index)
{
    return index == 0 ? "all" : failure_state_name((enum failure_state)index);
}

static const char *source_name(size_t index)
{
    return source_kind_name((enum source_kind)index);
}

static const char *class_name(size_t index)
{
    return error_class_name((enum error_class)(index + 1)); /* without CLASS_NONE */
}

static const char *code_name(size_t index)
{
    return error_info((enum error_id)(index + 1))->code; /* without ERROR_NONE */
}

static const char *stage_name(size_t index)
{
    static const char *const stages[] = {"decode", "transform", "apply"};
    return stages[index];
}

static const char *age_name(size_t index)
{
    static const char *const ages[] = {"<1h", "<24h", ">1h", ">24h", ">7d"};
    return ages[index];
}

static const char *note_name(size_t index)
{
    static const char *const words[] = {"yes", "no"};
    return words[index];
}

static const struct {
    const char *key;
    const char *(*name)(size_t index);
    size_t count;
} values[] = {
    {"state", state_name, FAILURE_STATE_COUNT},
    {"source", source_name, SOURCE_COUNT},
    {"class", class_name, CLASS_BUG},
    {"code", code_name, ERROR_ID_COUNT - 1},
    {"stage", stage_name, 3},
    {"age", age_name, 5},
    {"note", note_name, 2},
};

static void complete_value(const char *word, const char *colon, const char *cursor,
                           const char *text, struct search_choices *choices)
{
    const char *from = colon + 1;
    for (const char *at = from; at < cursor; at++)
        from = *at == ',' ? at + 1 : from;
    choices->from = (size_t)(from - text);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (strlen(values[i].key) != (size_t)(colon - word) ||
            strncmp(values[i].key, word, (size_t)(colon - word)) != 0)
            continue;
        for (size_t n = 0; n < values[i].count; n++)
            choice_add(choices, values[i].name(n), "", from, (size_t)(cursor - from));
    }
}

static void complete_key(const char *word, const char *cursor, const char *text,
                         struct search_choices *choices)
{
    choices->from = (size_t)(word - text);
    for (const struct search_key *key = search_keys(); key->name != NULL; key++)
        choice_add(choices, key->name, ":", word, (size_t)(cursor - word));
}

/* The start of the word that the cursor is in; NULL inside a quoted one. */
static const char *word_start(const char *text, const char *cursor)
{
    const char *word = text;
    bool quoted = false;
    for (const char *at = text; at < cursor; at++) {
        if (quoted && *at == '\\' && at + 1 < cursor)
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (*at == ' ' && !quoted)
            word = at + 1;
    }
    return quoted ? NULL : word;
}

static size_t common_length(const struct search_choices *choices)
{
    size_t len = choices->count == 0 ? 0 : strlen(choices->items[0]);
    for (size_t i = 1; i < choices->count; i++) {
        size_t same = 0;
        while (same < len && choices->items[i][same] == choices->items[0][same])
            same++;
        len = same;
    }
    return len;
}

void search_complete(const char *text, size_t cursor, struct search_choices *ret_choices)
{
    const char *end = text + cursor;
    const char *word = word_start(text, end);
    ret_choices->from = cursor;
    ret_choices->count = ret_choices->common = 0;
    if (word == NULL)
        return;
    if (*word == '-' && word < end)
        word++;
    const char *colon = memchr(word, ':', (size_t)(end - word));
    if (colon != NULL)
        complete_value(word, colon, end, text, ret_choices);
    else
        complete_key(word, end, text, ret_choices);
    ret_choices->common = common_length(ret_choices);
}
