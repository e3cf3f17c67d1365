/* Values of settings: reading by type, masking, the nearest name. */
#include "base/settings_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

static const char mask_stars[] = "********";

static bool parse_number(const char *text, int64_t *ret_number, const char **ret_end)
{
    char *end;
    if (!isdigit((unsigned char)text[0]) && text[0] != '-')
        return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text)
        return false;
    *ret_number = number;
    *ret_end = end;
    return true;
}

static bool parse_integer(const char *text, int64_t *ret_number)
{
    const char *end;
    int64_t number;
    if (!parse_number(text, &number, &end) || *end != '\0')
        return false;
    *ret_number = number;
    return true;
}

bool setting_parse_duration(const char *text, int64_t *ret_seconds)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    const char *end;
    int64_t number;
    if (!parse_number(text, &number, &end) || number < 0 || number > INT64_MAX / 86400)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].unit) == 0) {
            *ret_seconds = number * units[i].seconds;
            return true;
        }
    }
    return false;
}

static bool parse_boolean(const char *text, int64_t *ret_number)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *ret_number = (int64_t)(i & 1);
            return true;
        }
    }
    return false;
}

/* Choices stand before the colon of the help text: one place, never two that must agree. */
static struct str choices_of(const struct setting_row *row)
{
    return (struct str){row->help, strcspn(row->help, ":")};
}

static bool parse_choice(const struct setting_row *row, const char *text, int64_t *ret_number)
{
    struct str left = choices_of(row);
    for (int64_t position = 0; left.len > 0; position++) {
        const char *bar = memchr(left.data, '|', left.len);
        struct str word = {left.data, bar == NULL ? left.len : (size_t)(bar - left.data)};
        if (str_equal(word, str_from(text))) {
            *ret_number = position;
            return true;
        }
        size_t gone = word.len + (bar != NULL);
        left = (struct str){left.data + gone, left.len - gone};
    }
    return false;
}

static bool check_range(const struct setting_row *row, int64_t number, struct error *err)
{
    if (number >= row->low && number <= row->high)
        return true;
    const char *unit = row->type == SETTING_DURATION ? " seconds" : "";
    return error_set(err, ERROR_SETTING_INVALID, "%s: %lld is outside %lld..%lld%s", row->name,
                     (long long)number, (long long)row->low, (long long)row->high, unit);
}

static bool parse_integer_in_range(const struct setting_row *row, const char *text,
                                   int64_t *ret_number, struct error *err)
{
    int64_t number;
    if (!parse_integer(text, &number))
        return error_set(err, ERROR_SETTING_INVALID, "%s: \"%s\" is not a whole number", row->name,
                         text);
    if (!check_range(row, number, err))
        return false;
    *ret_number = number;
    return true;
}

static bool parse_duration_in_range(const struct setting_row *row, const char *text,
                                    int64_t *ret_number, struct error *err)
{
    int64_t number;
    if (!setting_parse_duration(text, &number))
        return error_set(err, ERROR_SETTING_INVALID,
                         "%s: \"%s\" is not a duration such as 30s, 5m, 2h or 7d", row->name, text);
    if (!check_range(row, number, err))
        return false;
    *ret_number = number;
    return true;
}

bool setting_parse(const struct setting_row *row, const char *text, int64_t *ret_number,
                   struct error *err)
{
    switch (row->type) {
    case SETTING_TEXT:
    case SETTING_SECRET:
        *ret_number = 0;
        return true;
    case SETTING_INTEGER:
        return parse_integer_in_range(row, text, ret_number, err);
    case SETTING_DURATION:
        return parse_duration_in_range(row, text, ret_number, err);
    case SETTING_BOOLEAN:
        if (parse_boolean(text, ret_number))
            return true;
        return error_set(err, ERROR_SETTING_INVALID, "%s: \"%s\" is neither true nor false",
                         row->name, text);
    case SETTING_CHOICE:
        if (parse_choice(row, text, ret_number))
            return true;
        return error_set(err, ERROR_SETTING_INVALID, "%s: \"%s\" is not one of %.*s", row->name,
                         text, STR_ARG(choices_of(row)));
    }
    return error_set(err, ERROR_INTERNAL, "setting %s has no type", row->name);
}

/* ---- masking ---- */

/* The end of a conninfo or query value that starts at `value`: quoted values may hold blanks. */
static const char *value_end(const char *value, char separator)
{
    if (*value != '\'')
        return value + (separator == '&' ? strcspn(value, "&") : strcspn(value, " \t"));
    const char *c = value + 1;
    while (*c != '\0' && *c != '\'')
        c += (*c == '\\' && c[1] != '\0') ? 2 : 1;
    return *c == '\'' ? c + 1 : c;
}

/* Appends `text` with the value of each key that ends in "password" starred. */
static void mask_keys(struct buffer *out, const char *text, char separator)
{
    static const char key[] = "password";
    for (;;) {
        const char *at = strcasestr(text, key);
        if (at == NULL)
            break;
        const char *value = at + strlen(key);
        value += strspn(value, " \t");
        if (*value != '=') {
            buffer_append(out, text, (size_t)(value - text));
            text = value;
            continue;
        }
        value++;
        value += strspn(value, " \t");
        buffer_append(out, text, (size_t)(value - text));
        buffer_append_text(out, mask_stars);
        text = value_end(value, separator);
    }
    buffer_append_text(out, text);
}

static void mask_url(struct buffer *out, const char *url, const char *authority)
{
    /* The last '@' before the path: a password pasted unescaped may hold one itself. */
    size_t len = strcspn(authority, "/?");
    const char *at = memrchr(authority, '@', len);
    if (at == NULL)
        at = strrchr(authority, '@');
    const char *colon = at == NULL ? NULL : memchr(authority, ':', (size_t)(at - authority));
    if (colon == NULL) {
        mask_keys(out, url, '&');
        return;
    }
    buffer_append(out, url, (size_t)(colon + 1 - url));
    buffer_append_text(out, mask_stars);
    mask_keys(out, at, '&');
}

char *setting_mask(const char *secret)
{
    if (secret[0] == '\0')
        return memory_string("");
    struct buffer out = {.max = strlen(secret) * 9 + sizeof(mask_stars)};
    const char *scheme = strstr(secret, "://");
    if (scheme != NULL && strncmp(secret, "postgres", 8) == 0)
        mask_url(&out, secret, scheme + 3);
    else if (scheme == NULL && strchr(secret, '=') != NULL)
        mask_keys(&out, secret, ' ');
    else
        buffer_append_text(&out, mask_stars);
    return out.data;
}

/* ---- nearest name ---- */

#define NAME_LIMIT 64

/* Levenshtein distance; names longer than NAME_LIMIT are far from everything. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_LIMIT + 1];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);
    if (a_len > NAME_LIMIT || b_len > NAME_LIMIT)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_len];
}

const struct setting_row *setting_nearest(const struct setting_row *rows, size_t count,
                                          const char *name)
{
    const struct setting_row *nearest = NULL;
    size_t best = strlen(name) / 3 + 1; /* farther is no typing mistake */
    for (size_t i = 0; i < count; i++) {
        size_t far = distance(name, rows[i].name);
        if (far <= best && (nearest == NULL || far < best)) {
            best = far;
            nearest = &rows[i];
        }
    }
    return nearest;
}
