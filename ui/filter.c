/* Reading a filter. */
#include "ui/filter.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/duration.h"

#define WORD_MAX 128

typedef bool filter_value(const char *value, int64_t now_us, struct failure_filter *filter);

static bool value_state(const char *value, int64_t now_us, struct failure_filter *filter)
{
    enum failure_state state;
    (void)now_us;
    if (!failure_state_parse(value, &state))
        return false;
    filter->states |= 1u << state;
    return true;
}

static bool value_source(const char *value, int64_t now_us, struct failure_filter *filter)
{
    enum source_kind source;
    (void)now_us;
    if (!source_kind_parse(value, &source))
        return false;
    filter->sources |= 1u << source;
    return true;
}

static bool value_code(const char *value, int64_t now_us, struct failure_filter *filter)
{
    (void)now_us;
    return (size_t)snprintf(filter->code, sizeof(filter->code), "%s", value) < sizeof(filter->code);
}

static bool value_fingerprint(const char *value, int64_t now_us, struct failure_filter *filter)
{
    (void)now_us;
    return (size_t)snprintf(filter->fingerprint, sizeof(filter->fingerprint), "%s", value) <
           sizeof(filter->fingerprint);
}

static bool value_age(const char *value, int64_t now_us, struct failure_filter *filter)
{
    int64_t length;
    if ((value[0] != '<' && value[0] != '>') || !duration_parse(value + 1, &length))
        return false;
    if (value[0] == '<')
        filter->since_us = now_us - length;
    else
        filter->until_us = now_us - length;
    return true;
}

static const struct {
    const char *name;
    filter_value *take;
} keys[] = {
    {"state", value_state}, {"source", value_source},  {"code", value_code},
    {"age", value_age},     {"fp", value_fingerprint},
};

/* One word `key:a,b`; a word of another form is text to find. */
static bool filter_word(const char *word, int64_t now_us, struct failure_filter *filter,
                        struct error *err)
{
    char value[WORD_MAX];
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        size_t len = strlen(keys[i].name);
        if (strncmp(word, keys[i].name, len) != 0 || word[len] != ':')
            continue;
        for (const char *at = word + len; *at != '\0';) {
            at++;
            size_t part = strcspn(at, ",");
            snprintf(value, sizeof(value), "%.*s", (int)part, at);
            if (!keys[i].take(value, now_us, filter))
                return error_set(err, ERROR_CONSOLE_FILTER, "%s: \"%s\" is not known", keys[i].name,
                                 value);
            at += part;
        }
        return true;
    }
    size_t used = strlen(filter->text);
    int added = snprintf(filter->text + used, sizeof(filter->text) - used, "%s%s",
                         used > 0 ? " " : "", word);
    if (added < 0 || (size_t)added >= sizeof(filter->text) - used)
        return error_set(err, ERROR_CONSOLE_FILTER, "the text to find is too long");
    return true;
}

bool filter_parse(const char *text, int64_t now_us, struct failure_filter *ret_filter,
                  struct error *err)
{
    struct failure_filter filter = {
        .since_us = TIME_NONE, .until_us = TIME_NONE, .sort = ret_filter->sort};
    char word[WORD_MAX];
    while (*(text += strspn(text, " ")) != '\0') {
        size_t len = strcspn(text, " ");
        if (len >= sizeof(word))
            return error_set(err, ERROR_CONSOLE_FILTER, "a word is too long");
        memcpy(word, text, len);
        word[len] = '\0';
        if (!filter_word(word, now_us, &filter, err))
            return false;
        text += len;
    }
    *ret_filter = filter;
    return true;
}
