/* Words of the Log screen's filter. */
#include "ui/log_filter.h"

#include <string.h>

#include "base/text.h"

/* The last key has no name: text to find in the message, and in the order and code beside it. */
static const struct {
    const char *name;
    size_t offset; /* of a text of struct log_entry */
} keys[] = {
    {"source:", offsetof(struct log_entry, source)},
    {"order:", offsetof(struct log_entry, order)},
    {"code:", offsetof(struct log_entry, code)},
    {"component:", offsetof(struct log_entry, component)},
    {"", offsetof(struct log_entry, message)},
};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))
enum { KEY_SOURCE, KEY_TEXT = KEY_COUNT - 1 };

static const char *name_of_level(unsigned index)
{
    return log_level_name((enum log_level)index);
}

static const char *name_of_source(unsigned index)
{
    return source_kind_name((enum source_kind)index);
}

const struct filter_word *log_filter_words(size_t *ret_count)
{
    static const struct filter_word words[] = {{"level:", LOG_LEVEL_DEBUG + 1, name_of_level},
                                               {"source:", SOURCE_COUNT, name_of_source},
                                               {"order:", 0, NULL},
                                               {"code:", 0, NULL},
                                               {"component:", 0, NULL}};
    *ret_count = sizeof(words) / sizeof(words[0]);
    return words;
}

static bool take_level(struct str name, enum log_level *level, struct error *err)
{
    for (enum log_level known = LOG_LEVEL_ERROR; known <= LOG_LEVEL_DEBUG; known++)
        if (str_equal(name, str_from(log_level_name(known)))) {
            *level = known;
            return true;
        }
    return error_set(err, ERROR_CONSOLE_FILTER, "level: takes error, warning, info or debug");
}

static bool check_value(const struct log_term *term, struct error *err)
{
    enum source_kind source;
    if (term->value[0] == '\0')
        return error_set(err, ERROR_CONSOLE_FILTER, "%s takes a value", keys[term->key].name);
    return term->key != KEY_SOURCE || source_kind_parse(term->value, &source) ||
           error_set(err, ERROR_CONSOLE_FILTER, "source: takes firestore, stripe or printful");
}

static bool take_word(struct str word, struct log_filter *filter, struct error *err)
{
    struct log_term *term = &filter->terms[filter->count];
    if (word.len >= 6 && memcmp(word.data, "level:", 6) == 0)
        return take_level((struct str){word.data + 6, word.len - 6}, &filter->level, err);
    if (word.len >= 7 && memcmp(word.data, "-level:", 7) == 0)
        return error_set(err, ERROR_CONSOLE_FILTER,
                         "level: is the least that is shown: it takes no minus");
    if (filter->count == LOG_TERMS)
        return error_set(err, ERROR_CONSOLE_FILTER, "at most %d words", LOG_TERMS);
    *term = (struct log_term){.negated = word.len > 1 && word.data[0] == '-'};
    if (term->negated)
        word = (struct str){word.data + 1, word.len - 1};
    size_t len = 0;
    for (; term->key < KEY_TEXT; term->key++) {
        len = strlen(keys[term->key].name);
        if (word.len >= len && memcmp(word.data, keys[term->key].name, len) == 0)
            break;
    }
    len = term->key == KEY_TEXT ? 0 : len;
    if (word.len - len >= sizeof(term->value))
        return error_set(err, ERROR_CONSOLE_FILTER, "a word of the filter is too long");
    memcpy(term->value, word.data + len, word.len - len);
    filter->count++;
    return check_value(term, err);
}

bool log_filter_parse(const char *text, enum log_level level, struct log_filter *ret_filter,
                      struct error *err)
{
    struct log_filter filter = {.level = level};
    struct str word;
    while (str_next_word(&text, &word))
        if (!take_word(word, &filter, err))
            return false;
    *ret_filter = filter;
    return true;
}

static bool term_holds(const struct log_term *term, const struct log_entry *entry)
{
    struct str value = str_from(term->value);
    const char *field = (const char *)entry + keys[term->key].offset;
    bool holds = text_holds(str_from(field), value);
    if (term->key == KEY_TEXT)
        holds = holds || text_holds(str_from(entry->order), value) ||
                text_holds(str_from(entry->code), value);
    return holds != term->negated;
}

bool log_filter_matches(const struct log_filter *filter, const struct log_entry *entry)
{
    bool matches = entry->level <= filter->level;
    for (size_t i = 0; matches && i < filter->count; i++)
        matches = term_holds(&filter->terms[i], entry);
    return matches;
}
