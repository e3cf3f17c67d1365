/* Skipping over values. */
#include "sim/slice.h"

#include <ctype.h>

static size_t skip_space(struct str text, size_t at)
{
    while (at < text.len && isspace((unsigned char)text.data[at]))
        at++;
    return at;
}

/* Behind the string that begins at `at`. */
static size_t skip_string(struct str text, size_t at)
{
    for (at++; at < text.len && text.data[at] != '"'; at++) {
        if (text.data[at] == '\\')
            at++;
    }
    return at < text.len ? at + 1 : text.len;
}

/* Behind the value that begins at `at`. */
static size_t skip_value(struct str text, size_t at)
{
    size_t depth = 0;
    while (at < text.len) {
        char c = text.data[at];
        if (c == '"') {
            at = skip_string(text, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return at;
            depth--;
            at++;
        } else if (depth == 0 && (c == ',' || isspace((unsigned char)c))) {
            return at;
        } else {
            at++;
            continue; /* in a number or a word */
        }
        if (depth == 0)
            return at;
    }
    return at;
}

struct str slice_trim(struct str text)
{
    size_t at = skip_space(text, 0);
    size_t end = text.len;
    while (end > at && isspace((unsigned char)text.data[end - 1]))
        end--;
    return (struct str){text.data + at, end - at};
}

struct str slice_member(struct str object, const char *key)
{
    object = slice_trim(object);
    if (object.len == 0 || object.data[0] != '{')
        return STR_NULL;
    size_t at = skip_space(object, 1);
    while (at < object.len && object.data[at] == '"') {
        size_t name = at + 1;
        at = skip_string(object, at);
        struct str found = {object.data + name, at - 1 - name};
        size_t value = skip_space(object, skip_space(object, at) + 1);
        at = skip_value(object, value);
        if (str_equal(found, str_from(key)))
            return (struct str){object.data + value, at - value};
        at = skip_space(object, at);
        at = skip_space(object, at + 1);
    }
    return STR_NULL;
}

bool slice_next(struct str array, size_t *at, struct str *ret_element)
{
    if (array.data == NULL || array.len == 0 || array.data[0] != '[')
        return false;
    size_t from = skip_space(array, *at == 0 ? 1 : *at);
    if (from < array.len && array.data[from] == ',')
        from = skip_space(array, from + 1);
    if (from >= array.len || array.data[from] == ']')
        return false;
    *at = skip_value(array, from);
    *ret_element = (struct str){array.data + from, *at - from};
    return true;
}

struct str slice_word(struct str value)
{
    if (value.len >= 2 && value.data[0] == '"')
        return (struct str){value.data + 1, value.len - 2};
    if (value.len > 0 && (value.data[0] == '-' || isdigit((unsigned char)value.data[0])))
        return value;
    return STR_NULL;
}
