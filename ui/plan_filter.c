/* Words of a plan's filter. */
#include "ui/plan_filter.h"

#include <stdio.h>
#include <string.h>

static const char *name_of_action(unsigned index)
{
    return plan_action_name((enum plan_action)index);
}

static const char *name_of_state(unsigned index)
{
    return plan_row_state_name((enum plan_row_state)index);
}

static const char *name_of_source(unsigned index)
{
    return source_kind_name((enum source_kind)index);
}

static const struct filter_word keys[] = {
    {"action:", PLAN_UNCHANGED, name_of_action},
    {"state:", PLAN_ROW_STATE_COUNT, name_of_state},
    {"source:", SOURCE_COUNT, name_of_source},
};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))
/* The bits of struct plan_filter that each key sets. */
static const size_t bits_of[KEY_COUNT] = {offsetof(struct plan_filter, actions),
                                          offsetof(struct plan_filter, states),
                                          offsetof(struct plan_filter, sources)};

const struct filter_word *plan_filter_words(size_t *ret_count)
{
    *ret_count = KEY_COUNT;
    return keys;
}

/* "state: takes open, applied, moved" */
static bool value_error(size_t key, struct error *err)
{
    char list[128] = "";
    size_t len = 0;
    for (unsigned i = 0; i < keys[key].count && len < sizeof(list); i++)
        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "",
                                keys[key].value(i));
    return error_set(err, ERROR_CONSOLE_FILTER, "%s takes %s", keys[key].key, list);
}

/* "create,update" as bits. */
static bool take_values(size_t key, struct str values, unsigned *bits, struct error *err)
{
    size_t at = 0;
    while (at <= values.len) {
        size_t len = 0;
        unsigned i = 0;
        while (at + len < values.len && values.data[at + len] != ',')
            len++;
        struct str value = {values.data + at, len};
        while (i < keys[key].count && !str_equal(value, str_from(keys[key].value(i))))
            i++;
        if (i == keys[key].count)
            return value_error(key, err);
        *bits |= 1u << i;
        at += len + 1;
    }
    return true;
}

static bool take_word(struct str word, struct plan_filter *filter, struct error *err)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        size_t len = strlen(keys[i].key);
        if (word.len >= len && memcmp(word.data, keys[i].key, len) == 0)
            return take_values(i, (struct str){word.data + len, word.len - len},
                               (unsigned *)(void *)((char *)filter + bits_of[i]), err);
    }
    size_t used = strlen(filter->text);
    int added = snprintf(filter->text + used, sizeof(filter->text) - used, "%s%.*s",
                         used > 0 ? " " : "", STR_ARG(word));
    return (added >= 0 && (size_t)added < sizeof(filter->text) - used) ||
           error_set(err, ERROR_CONSOLE_FILTER, "the text to find is too long");
}

bool plan_filter_parse(const char *text, struct plan_filter *ret_filter, struct error *err)
{
    struct plan_filter filter = {0};
    struct str word;
    while (str_next_word(&text, &word))
        if (!take_word(word, &filter, err))
            return false;
    *ret_filter = filter;
    return true;
}
