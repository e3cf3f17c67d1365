/* Reading and writing the language of filters: see search.h. */
#include "journal/search.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/settings_value.h"
#include "base/timestamp.h"

#define ALL_STATES (((1u << FAILURE_STATE_COUNT) - 1) & ~(1u << FAILURE_NONE))
#define UNRESOLVED (ALL_STATES & ~(1u << FAILURE_RESOLVED))
#define ALL_SOURCES ((1u << SOURCE_COUNT) - 1)
#define AGE_LONGEST_S (INT64_C(100) * 366 * 86400)

static const char *const sort_names[] = {
    [SORT_LAST] = "last", [SORT_FIRST] = "first", [SORT_ATTEMPTS] = "attempts",
    [SORT_NEXT] = "next", [SORT_LABEL] = "label",
};
#define SORTS (sizeof(sort_names) / sizeof(sort_names[0]))

const char *failure_sort_name(enum failure_sort sort)
{
    return (size_t)sort < SORTS ? sort_names[sort] : "unknown";
}

bool failure_sort_parse(const char *name, enum failure_sort *ret_sort)
{
    for (size_t i = 0; i < SORTS; i++) {
        if (strcmp(sort_names[i], name) == 0) {
            *ret_sort = (enum failure_sort)i;
            return true;
        }
    }
    return false;
}

struct failure_filter search_all(void)
{
    return (struct failure_filter){.since_us = TIME_NONE, .until_us = TIME_NONE};
}

/* ---- reading ---- */

struct scan {
    const char *text;
    const char *at;   /* what is read next */
    const char *from; /* the word or value that a complaint is about */
    int64_t now_us;
    struct failure_filter filter;
    unsigned states, not_states, sources, not_sources;
    struct error *err;
};

static bool complain(struct scan *scan, const char *what)
{
    return error_set(scan->err, ERROR_CONSOLE_FILTER, "column %zu: %s",
                     (size_t)(scan->from - scan->text) + 1, what);
}

static bool complain_value(struct scan *scan, const char *value, const char *what)
{
    char text[256];
    snprintf(text, sizeof(text), "\"%.60s\" %s", value, what);
    return complain(scan, text);
}

static bool take_char(struct scan *scan, char value[SEARCH_VALUE], size_t *len, char c)
{
    if (*len == SEARCH_VALUE - 1)
        return complain(scan, "longer than 127 bytes");
    value[(*len)++] = c;
    value[*len] = '\0';
    return true;
}

/* After the opening quote, up to and with the closing one. */
static bool scan_quoted(struct scan *scan, char value[SEARCH_VALUE])
{
    size_t len = 0;
    value[0] = '\0';
    for (scan->at++; *scan->at != '"'; scan->at++) {
        if (*scan->at == '\\' && (scan->at[1] == '"' || scan->at[1] == '\\'))
            scan->at++;
        if (*scan->at == '\0')
            return complain(scan, "the quote is not closed");
        if (!take_char(scan, value, &len, *scan->at))
            return false;
    }
    scan->at++;
    if (*scan->at != '\0' && *scan->at != ' ' && *scan->at != ',') {
        scan->from = scan->at;
        return complain(scan, "a blank is missing after the quote");
    }
    return true;
}

static bool scan_value(struct scan *scan, const char *ends, char value[SEARCH_VALUE])
{
    size_t len = 0;
    scan->from = scan->at;
    if (*scan->at == '"')
        return scan_quoted(scan, value);
    value[0] = '\0';
    for (; *scan->at != '\0' && strchr(ends, *scan->at) == NULL; scan->at++) {
        if (*scan->at == '"')
            return complain(scan, "a quote inside a word: put the whole of it in quotes");
        if (!take_char(scan, value, &len, *scan->at))
            return false;
    }
    return true;
}

static bool term_add(struct scan *scan, enum term_key key, bool negated, bool more,
                     const char *value)
{
    struct failure_filter *filter = &scan->filter;
    if (filter->term_count == SEARCH_TERMS)
        return complain(scan, "too many words; 16 are the most");
    struct search_term *term = &filter->terms[filter->term_count++];
    *term = (struct search_term){.key = key, .negated = negated, .or_next = more};
    STR_FILL(term->value, value);
    return true;
}

/* One value of a key; `more`: a comma follows, `first`: none came before. */
struct part {
    bool negated, first, more;
    const char *value;
};
typedef bool part_fn(struct scan *scan, const struct part *part);

static bool part_state(struct scan *scan, const struct part *part)
{
    enum failure_state state = FAILURE_NONE;
    bool all = strcmp(part->value, "all") == 0;
    if (!all && !failure_state_parse(part->value, &state))
        return complain_value(scan, part->value,
                              "is no state: dead, retryable, in_progress, held, snoozed, skipped, "
                              "resolved, all");
    *(part->negated ? &scan->not_states : &scan->states) |= all ? ALL_STATES : 1u << state;
    return true;
}

static bool part_source(struct scan *scan, const struct part *part)
{
    enum source_kind source;
    if (!source_kind_parse(part->value, &source))
        return complain_value(scan, part->value, "is no source: firestore, stripe, printful");
    *(part->negated ? &scan->not_sources : &scan->sources) |= 1u << source;
    return true;
}

static bool part_code(struct scan *scan, const struct part *part)
{
    char code[sizeof(scan->filter.code)];
    const char *digits = part->value + 3;
    if (strncasecmp(part->value, "OS-", 3) != 0 || strlen(digits) != 4 ||
        strspn(digits, "0123456789") != 4)
        return complain_value(scan, part->value, "is no code such as OS-2103");
    snprintf(code, sizeof(code), "OS-%s", digits);
    bool alone = part->first && !part->more && !part->negated;
    if (!alone || scan->filter.code[0] != '\0')
        return term_add(scan, TERM_CODE, part->negated, part->more, code);
    STR_FILL(scan->filter.code, code);
    return true;
}

static bool part_fingerprint(struct scan *scan, const struct part *part)
{
    size_t len = strlen(part->value);
    if (len >= sizeof(scan->filter.fingerprint) || strspn(part->value, "0123456789abcdef") != len)
        return complain_value(scan, part->value, "is no fingerprint: up to 8 of 0-9 a-f");
    bool alone = part->first && !part->more && !part->negated;
    if (!alone || scan->filter.fingerprint[0] != '\0')
        return term_add(scan, TERM_FINGERPRINT, part->negated, part->more, part->value);
    STR_FILL(scan->filter.fingerprint, part->value);
    return true;
}

static bool part_class(struct scan *scan, const struct part *part)
{
    enum error_class class;
    if (!error_class_parse(part->value, &class))
        return complain_value(scan, part->value, "is no class such as invalid_data or conflict");
    return term_add(scan, TERM_CLASS, part->negated, part->more, part->value);
}

static bool part_stage(struct scan *scan, const struct part *part)
{
    return term_add(scan, TERM_STAGE, part->negated, part->more, part->value);
}

static bool part_field(struct scan *scan, const struct part *part)
{
    return term_add(scan, TERM_FIELD, part->negated, part->more, part->value);
}

static bool part_label(struct scan *scan, const struct part *part)
{
    return term_add(scan, TERM_LABEL, part->negated, part->more, part->value);
}

static bool part_id(struct scan *scan, const struct part *part)
{
    return term_add(scan, TERM_ID, part->negated, part->more, part->value);
}

static bool part_text(struct scan *scan, const struct part *part)
{
    return term_add(scan, TERM_TEXT, part->negated, part->more, part->value);
}

/* note:yes, note:no, or words of it. */
static bool part_note(struct scan *scan, const struct part *part)
{
    bool no = strcmp(part->value, "no") == 0;
    if (!no && strcmp(part->value, "yes") != 0)
        return term_add(scan, TERM_NOTE, part->negated, part->more, part->value);
    if (!part->first || part->more)
        return complain(scan, "yes and no stand alone");
    return term_add(scan, TERM_NOTE, no != part->negated, false, "");
}

static void narrow_since(struct failure_filter *filter, int64_t moment)
{
    if (filter->since_us == TIME_NONE || filter->since_us < moment)
        filter->since_us = moment;
}

static void narrow_until(struct failure_filter *filter, int64_t moment)
{
    if (filter->until_us == TIME_NONE || filter->until_us > moment)
        filter->until_us = moment;
}

static bool one_moment(struct scan *scan, const struct part *part)
{
    return (part->first && !part->more) || complain(scan, "one moment, not several");
}

static bool part_age(struct scan *scan, const struct part *part)
{
    int64_t seconds;
    const char *value = part->value;
    bool younger = value[0] == '<';
    if (!one_moment(scan, part))
        return false;
    if ((!younger && value[0] != '>') || !setting_parse_duration(value + 1, &seconds) ||
        seconds <= 0 || seconds > AGE_LONGEST_S)
        return complain_value(scan, value, "is no age such as <2h, >30m or >7d");
    if (younger != part->negated)
        narrow_since(&scan->filter, scan->now_us - seconds * 1000000);
    else
        narrow_until(&scan->filter, scan->now_us - seconds * 1000000);
    return true;
}

static bool take_moment(struct scan *scan, const struct part *part, int64_t *ret_us)
{
    enum timestamp_note note;
    if (!one_moment(scan, part))
        return false;
    if (part->negated)
        return complain(scan, "since and until turn each other around: no minus");
    return (timestamp_parse(str_from(part->value), ret_us, &note) && *ret_us > 0) ||
           complain_value(scan, part->value, "is no time such as 2026-11-23T02:57:00Z");
}

static bool part_since(struct scan *scan, const struct part *part)
{
    int64_t moment;
    if (!take_moment(scan, part, &moment))
        return false;
    narrow_since(&scan->filter, moment);
    return true;
}

static bool part_until(struct scan *scan, const struct part *part)
{
    int64_t moment;
    if (!take_moment(scan, part, &moment))
        return false;
    narrow_until(&scan->filter, moment);
    return true;
}

static const struct search_key keys[] = {
    {"state", "dead,retryable", "dead, retryable, in_progress, held, snoozed, skipped, resolved"},
    {"source", "stripe", "firestore, stripe, printful"},
    {"code", "OS-2103", "the error's code"},
    {"fp", "a91f", "the fingerprint of a group, or its first digits"},
    {"age", "<2h", "failed last within 2 h; >1d: not within a day"},
    {"since", "2026-11-23T02:00:00Z", "failed last then or later"},
    {"until", "2026-11-23T03:00:00Z", "failed last then or before"},
    {"label", "#1042", "the order's name, whole"},
    {"id", "5123456789", "the document's id, whole"},
    {"field", "total_price", "in the path of the field"},
    {"class", "conflict", "the error's class"},
    {"stage", "transform", "decode, transform, apply"},
    {"note", "yes", "has a note; no: none; other words: in its text"},
    {"text", "\"n/a\"", "in label, id, message or field, as a word without a key"},
    {NULL, NULL, NULL},
};
static part_fn *const part_fns[] = {
    part_state, part_source, part_code,  part_fingerprint, part_age,   part_since, part_until,
    part_label, part_id,     part_field, part_class,       part_stage, part_note,  part_text,
};
_Static_assert(sizeof(keys) / sizeof(keys[0]) == sizeof(part_fns) / sizeof(part_fns[0]) + 1,
               "a function for each key");

const struct search_key *search_keys(void)
{
    return keys;
}

/* The function of "state:" at `at`; NULL when no known key stands there. */
static part_fn *key_at(const char *at, size_t *ret_len)
{
    for (size_t i = 0; keys[i].name != NULL; i++) {
        size_t len = strlen(keys[i].name);
        if (strncmp(at, keys[i].name, len) == 0 && at[len] == ':') {
            *ret_len = len + 1;
            return part_fns[i];
        }
    }
    return NULL;
}

static bool scan_parts(struct scan *scan, part_fn *take, bool negated)
{
    struct part part = {.negated = negated, .first = true, .more = true};
    char value[SEARCH_VALUE];
    while (part.more) {
        bool quoted = *scan->at == '"';
        if (!scan_value(scan, " ,", value))
            return false;
        if (value[0] == '\0')
            return complain(scan, quoted ? "empty quotes" : "a value is missing");
        part.value = value;
        part.more = *scan->at == ',';
        scan->at += part.more;
        if (!take(scan, &part))
            return false;
        part.first = false;
    }
    return true;
}

static bool scan_text(struct scan *scan, bool negated)
{
    char value[SEARCH_VALUE];
    size_t word = strspn(scan->at, "abcdefghijklmnopqrstuvwxyz_");
    scan->from = scan->at;
    if (word > 0 && scan->at[word] == ':') {
        char what[160];
        snprintf(what, sizeof(what),
                 "\"%.*s:\" is no key; Tab shows them, and quotes make it a text", (int)word,
                 scan->at);
        return complain(scan, what);
    }
    if (!scan_value(scan, " ", value))
        return false;
    if (*scan->at == ',')
        return complain(scan, "a comma after a text: alternatives are text:a,b");
    if (value[0] == '\0')
        return complain(scan, "an empty text");
    return term_add(scan, TERM_TEXT, negated, false, value);
}

static bool scan_word(struct scan *scan)
{
    size_t len = 0;
    bool negated = *scan->at == '-' && scan->at[1] != ' ' && scan->at[1] != '\0';
    scan->from = scan->at;
    scan->at += negated;
    part_fn *take = key_at(scan->at, &len);
    if (take == NULL)
        return scan_text(scan, negated);
    scan->at += len;
    return scan_parts(scan, take, negated);
}

/* What is asked for less what is not; nothing left can only be a slip. */
static bool scan_end(struct scan *scan)
{
    struct failure_filter *filter = &scan->filter;
    unsigned states = (scan->states != 0 ? scan->states : UNRESOLVED) & ~scan->not_states;
    unsigned sources = (scan->sources != 0 ? scan->sources : ALL_SOURCES) & ~scan->not_sources;
    scan->from = scan->text;
    if (states == 0 || sources == 0)
        return complain(scan, states == 0 ? "no state is left" : "no source is left");
    filter->states = states == UNRESOLVED ? 0 : states;
    filter->sources = sources == ALL_SOURCES ? 0 : sources;
    return true;
}

static bool scan_all(struct scan *scan)
{
    while (true) {
        scan->at += strspn(scan->at, " ");
        if (*scan->at == '\0')
            return scan_end(scan);
        if (!scan_word(scan))
            return false;
    }
}

bool search_parse(const char *text, int64_t now_us, struct failure_filter *filter, size_t *ret_at,
                  struct error *err)
{
    struct scan scan = {.text = text,
                        .at = text,
                        .from = text,
                        .now_us = now_us,
                        .filter = search_all(),
                        .err = err};
    scan.filter.sort = filter->sort;
    if (!scan_all(&scan)) {
        if (ret_at != NULL)
            *ret_at = (size_t)(scan.from - text);
        return false;
    }
    *filter = scan.filter;
    return true;
}

/* ---- writing ---- */

static const char *const term_names[TERM_COUNT] = {
    [TERM_TEXT] = "text",   [TERM_CODE] = "code",   [TERM_FINGERPRINT] = "fp",
    [TERM_CLASS] = "class", [TERM_STAGE] = "stage", [TERM_FIELD] = "field",
    [TERM_LABEL] = "label", [TERM_ID] = "id",       [TERM_NOTE] = "note",
};

static bool is_plain(const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "#_./@+%=()[]-";
    return value[0] != '\0' && value[0] != '-' && value[strspn(value, plain)] == '\0';
}

void search_print_value(struct buffer *ret_text, const char *value)
{
    if (is_plain(value)) {
        buffer_append_text(ret_text, value);
        return;
    }
    buffer_append_char(ret_text, '"');
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            buffer_append_char(ret_text, '\\');
        buffer_append_char(ret_text, *value);
    }
    buffer_append_char(ret_text, '"');
}

static void print_blank(struct buffer *text)
{
    if (text->len > 0)
        buffer_append_char(text, ' ');
}

static void print_bits(struct buffer *text, const char *key, unsigned bits, size_t count,
                       const char *(*name)(size_t))
{
    bool first = true;
    if (bits == 0)
        return;
    print_blank(text);
    for (size_t i = 0; i < count; i++) {
        if ((bits >> i & 1) == 0)
            continue;
        buffer_append_text(text, first ? key : ",");
        buffer_append_text(text, name(i));
        first = false;
    }
}

static const char *name_of_state(size_t index)
{
    return failure_state_name((enum failure_state)index);
}

static const char *name_of_source(size_t index)
{
    return source_kind_name((enum source_kind)index);
}

static void print_age(struct buffer *text, int64_t age_us, char sign)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t seconds = age_us / 1000000;
    size_t i = 0;
    while (seconds % units[i].seconds != 0)
        i++;
    buffer_append_format(text, "age:%c%lld%c", sign, (long long)(seconds / units[i].seconds),
                         units[i].unit);
}

static void print_moment(struct buffer *text, int64_t moment_us, int64_t now_us, bool since)
{
    struct arena arena = {0};
    if (moment_us == TIME_NONE)
        return;
    print_blank(text);
    int64_t age_us = now_us == TIME_NONE ? 0 : now_us - moment_us;
    if (age_us > 0 && age_us % 1000000 == 0 && age_us / 1000000 <= AGE_LONGEST_S) {
        print_age(text, age_us, since ? '<' : '>');
        return;
    }
    buffer_append_text(text, since ? "since:" : "until:");
    buffer_append_str(text, clock_format_utc(&arena, moment_us));
    arena_free(&arena);
}

static void print_key(struct buffer *text, const char *key, const char *value)
{
    if (value[0] == '\0')
        return;
    print_blank(text);
    buffer_append_text(text, key);
    search_print_value(text, value);
}

/* A run of alternatives; returns how many terms it took. */
static size_t print_terms(struct buffer *text, const struct search_term *term)
{
    size_t count = 1;
    bool bare = term->key == TERM_TEXT && !term->or_next;
    print_blank(text);
    if (term->key == TERM_NOTE && term->value[0] == '\0') {
        buffer_append_text(text, term->negated ? "note:no" : "note:yes");
        return count;
    }
    buffer_append_format(text, "%s%s%s", term->negated ? "-" : "",
                         bare ? "" : term_names[term->key], bare ? "" : ":");
    search_print_value(text, term->value);
    for (; term->or_next; term++, count++) {
        buffer_append_char(text, ',');
        search_print_value(text, term[1].value);
    }
    return count;
}

void search_print(const struct failure_filter *filter, int64_t now_us, struct buffer *ret_text)
{
    ret_text->max = SEARCH_TEXT_MAX;
    print_bits(ret_text, "state:", filter->states, FAILURE_STATE_COUNT, name_of_state);
    print_bits(ret_text, "source:", filter->sources, SOURCE_COUNT, name_of_source);
    print_key(ret_text, "code:", filter->code);
    print_key(ret_text, "fp:", filter->fingerprint);
    print_moment(ret_text, filter->since_us, now_us, true);
    print_moment(ret_text, filter->until_us, now_us, false);
    print_key(ret_text, "", filter->text);
    for (size_t i = 0; i < filter->term_count;)
        i += print_terms(ret_text, &filter->terms[i]);
    if (ret_text->len == 0)
        buffer_append_text(ret_text, "");
}
