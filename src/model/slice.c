/* Finding the ends of JSON values. */
#include "model/slice.h"

#include "base/decimal.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* A number, true, false or null; whether it is a good one shows later. */
static const char *skip_word(const char *at, const char *end)
{
    while (at < end && *at != ',' && *at != '}' && *at != ']' && *at != ':' && *at != '"' &&
           !is_blank(*at))
        at++;
    return at;
}

/* `at` stands on the opening quote. Returns behind the closing one, NULL when there is none. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end; at++) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (quote == NULL)
            return NULL;
        const char *escape = memchr(at, '\\', (size_t)(quote - at));
        if (escape == NULL)
            return quote + 1;
        at = escape + 1; /* the character escaped is passed over by the loop */
    }
    return NULL;
}

/* ---- the whole text ---- */

/* What may come next; one state for each place of the grammar. */
enum expect { EXPECT_VALUE, EXPECT_VALUE_OR_END, EXPECT_KEY, EXPECT_KEY_OR_END, EXPECT_NEXT };

struct scan {
    const char *at, *end;
    uint64_t maps; /* bit per open bracket: it is a map; innermost lowest */
    unsigned depth;
    enum expect expect;
};

static bool scan_open(struct scan *scan, bool map)
{
    bool value = scan->expect == EXPECT_VALUE || scan->expect == EXPECT_VALUE_OR_END;
    if (!value || scan->depth == SLICE_MAX_DEPTH)
        return false;
    scan->maps = scan->maps << 1 | (map ? 1u : 0u);
    scan->depth++;
    scan->at++;
    scan->expect = map ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
    return true;
}

static bool scan_close(struct scan *scan, bool map)
{
    enum expect empty = map ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
    if (scan->depth == 0 || (scan->maps & 1u) != (map ? 1u : 0u) ||
        (scan->expect != EXPECT_NEXT && scan->expect != empty))
        return false;
    scan->maps >>= 1;
    scan->depth--;
    scan->at++;
    scan->expect = EXPECT_NEXT;
    return true;
}

static bool scan_comma(struct scan *scan)
{
    if (scan->expect != EXPECT_NEXT)
        return false;
    scan->at++;
    scan->expect = (scan->maps & 1u) != 0 ? EXPECT_KEY : EXPECT_VALUE;
    return true;
}

static bool scan_key(struct scan *scan)
{
    const char *after = skip_string(scan->at, scan->end);
    if (after == NULL)
        return false;
    after = skip_blanks(after, scan->end);
    if (after == scan->end || *after != ':')
        return false;
    scan->at = after + 1;
    scan->expect = EXPECT_VALUE;
    return true;
}

static bool scan_scalar(struct scan *scan)
{
    bool string = *scan->at == '"';
    if (string && (scan->expect == EXPECT_KEY || scan->expect == EXPECT_KEY_OR_END))
        return scan_key(scan);
    if (scan->expect != EXPECT_VALUE && scan->expect != EXPECT_VALUE_OR_END)
        return false;
    const char *after = string ? skip_string(scan->at, scan->end) : skip_word(scan->at, scan->end);
    if (after == NULL || after == scan->at)
        return false;
    scan->at = after;
    scan->expect = EXPECT_NEXT;
    return true;
}

static bool scan_step(struct scan *scan)
{
    switch (*scan->at) {
    case '{':
    case '[':
        return scan_open(scan, *scan->at == '{');
    case '}':
    case ']':
        return scan_close(scan, *scan->at == '}');
    case ',':
        return scan_comma(scan);
    default:
        return scan_scalar(scan);
    }
}

bool slice_whole(struct str text)
{
    if (text.len == 0)
        return false;
    struct scan scan = {.at = text.data, .end = text.data + text.len, .expect = EXPECT_VALUE};
    scan.at = skip_blanks(scan.at, scan.end);
    if (scan.at == scan.end || *scan.at != '{')
        return false;
    do {
        if (!scan_step(&scan))
            return false;
        scan.at = skip_blanks(scan.at, scan.end);
    } while (scan.depth > 0 && scan.at < scan.end);
    return scan.depth == 0 && scan.at == scan.end;
}

/* ---- pieces ---- */

/* Behind the value at `at`. The text has passed slice_whole(), so brackets pair. */
static const char *skip_value(const char *at, const char *end)
{
    size_t depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            if (at == NULL)
                return end;
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            if (depth == 0)
                return at;
            depth--;
            at++;
        } else if (depth == 0) {
            return skip_word(at, end);
        } else {
            at++;
        }
        if (depth == 0)
            return at;
    }
    return end;
}

/* A whole answer may stand amid white space; what was cut out of one never does. */
static struct str trim_blanks(struct str text)
{
    if (text.data == NULL)
        return STR_NULL;
    const char *end = text.data + text.len;
    const char *at = skip_blanks(text.data, end);
    while (end > at && is_blank(end[-1]))
        end--;
    return (struct str){at, (size_t)(end - at)};
}

struct slice slice_begin(struct str value)
{
    value = trim_blanks(value);
    bool some = value.len >= 2 && (*value.data == '{' || *value.data == '[');
    if (!some)
        return (struct slice){.at = NULL, .end = NULL};
    return (struct slice){
        .at = value.data + 1, .end = value.data + value.len - 1, .map = *value.data == '{'};
}

bool slice_next(struct slice *slice, struct str *ret_key, struct str *ret_value)
{
    const char *at = slice->at, *end = slice->end;
    if (at == NULL)
        return false;
    while (at < end && (is_blank(*at) || *at == ','))
        at++;
    if (at == end)
        return false;
    if (slice->map) {
        const char *after = skip_string(at, end);
        if (after == NULL)
            return false;
        if (ret_key != NULL)
            *ret_key = (struct str){at + 1, (size_t)(after - at) - 2};
        at = after;
        while (at < end && (is_blank(*at) || *at == ':'))
            at++;
    }
    const char *after = skip_value(at, end);
    if (after == at)
        return false;
    *ret_value = (struct str){at, (size_t)(after - at)};
    slice->at = after;
    return true;
}

size_t slice_count(struct str value)
{
    struct slice slice = slice_begin(value);
    struct str element;
    size_t count = 0;
    while (slice_next(&slice, NULL, &element))
        count++;
    return count;
}

void slice_get_all(struct str map, const struct slice_wanted *wanted, size_t count)
{
    struct slice slice = slice_begin(map);
    struct str key, value;
    for (size_t i = 0; i < count; i++)
        *wanted[i].ret_value = STR_NULL;
    if (!slice.map)
        return;
    while (slice_next(&slice, &key, &value)) {
        for (size_t i = 0; i < count; i++) {
            if (str_equal(key, str_from(wanted[i].key)))
                *wanted[i].ret_value = value;
        }
    }
}

struct str slice_get(struct str map, const char *key)
{
    struct str value;
    struct slice_wanted wanted = {key, &value};
    slice_get_all(map, &wanted, 1);
    return value;
}

bool slice_is_map(struct str value)
{
    return value.len > 0 && *value.data == '{';
}

bool slice_is_array(struct str value)
{
    return value.len > 0 && *value.data == '[';
}

bool slice_is_true(struct str value)
{
    return str_equal(value, STR("true"));
}

struct str slice_text(struct str value)
{
    if (value.len < 2 || *value.data != '"')
        return STR_NULL;
    return (struct str){value.data + 1, value.len - 2};
}

struct str slice_id(struct str value)
{
    return slice_text(slice_is_map(value) ? slice_get(value, "id") : value);
}

bool slice_integer(struct str value, int64_t *ret_number)
{
    struct str text = slice_text(value);
    return decimal_to_int64(text.data != NULL ? text : value, ret_number);
}
