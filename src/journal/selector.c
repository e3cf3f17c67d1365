/* Command arguments: see selector.h. SQLite's own JSON functions read them. */
#include "journal/selector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_MAX 4000
#define COUNT_MAX INT64_C(1000000000000)
#define PIECE 20000 /* ids that one step goes through */

/* One member: its type as json_each names it, and its value (text of it, for arrays and objects).
 */
struct member {
    const char *key;
    const char *type;
    const char *text;
    int64_t number;
};

typedef bool member_fn(struct sqlite *db, struct selector *selector, const struct member *member);

static bool is_text(const struct member *member)
{
    return strcmp(member->type, "text") == 0;
}

static bool is_integer(const struct member *member)
{
    return strcmp(member->type, "integer") == 0;
}

static bool take_text(const struct member *member, char *ret_text, size_t size)
{
    if (!is_text(member) || strlen(member->text) >= size)
        return false;
    memcpy(ret_text, member->text, strlen(member->text) + 1);
    return true;
}

static bool take_time(const struct member *member, int64_t *ret_moment)
{
    if (!is_integer(member) || member->number <= 0)
        return false;
    *ret_moment = member->number;
    return true;
}

static bool take_state(const struct member *member, struct selector *selector)
{
    enum failure_state state;
    if (!is_text(member) || !failure_state_parse(member->text, &state))
        return false;
    selector->filter.states |= 1u << state;
    return true;
}

static bool take_source(const struct member *member, struct selector *selector)
{
    enum source_kind source;
    if (!is_text(member) || !source_kind_parse(member->text, &source))
        return false;
    selector->filter.sources |= 1u << source;
    return true;
}

/* Reads every member of an object, or item of an array (`each`, whatever its key). */
static bool each_member(struct sqlite *db, const char *json, struct selector *selector,
                        member_fn *each)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    bool row = true;
    if (!sqlite_prepare(db, journal_statements[SQL_JSON_MEMBERS], SQL_VALUES(sqlite_text(json)),
                        &statement, NULL))
        return false;
    while (true) {
        if (!sqlite_step(db, statement, &row, NULL))
            return false;
        if (!row)
            return true;
        struct member member = {
            .key = (const char *)sqlite3_column_text(statement, 0),
            .type = (const char *)sqlite3_column_text(statement, 1),
            .number = sqlite3_column_int64(statement, 2),
            .text = (const char *)sqlite3_column_text(statement, 2),
        };
        if (!each(db, selector, &member))
            return false;
    }
}

static bool each_state(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    return take_state(member, selector);
}

static bool each_source(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    return take_source(member, selector);
}

static bool each_id(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    selector->id_count++;
    return is_integer(member);
}

static bool key_ids(struct sqlite *db, struct selector *selector, const struct member *member)
{
    selector->has_ids = true;
    return strcmp(member->type, "array") == 0 && each_member(db, member->text, selector, each_id);
}

static bool key_source(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    return take_source(member, selector);
}

static bool key_sources(struct sqlite *db, struct selector *selector, const struct member *member)
{
    return strcmp(member->type, "array") == 0 &&
           each_member(db, member->text, selector, each_source);
}

static bool key_source_id(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    free(selector->source_id);
    selector->source_id = is_text(member) ? memory_string(member->text) : NULL;
    return selector->source_id != NULL;
}

static bool key_fingerprint(struct sqlite *db, struct selector *selector,
                            const struct member *member)
{
    (void)db;
    struct failure_filter *filter = &selector->filter;
    return take_text(member, filter->fingerprint, sizeof(filter->fingerprint));
}

static bool key_code(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    return take_text(member, selector->filter.code, sizeof(selector->filter.code));
}

static bool key_text(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    return take_text(member, selector->filter.text, sizeof(selector->filter.text));
}

static bool key_state(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    return take_state(member, selector);
}

static bool key_states(struct sqlite *db, struct selector *selector, const struct member *member)
{
    return strcmp(member->type, "array") == 0 &&
           each_member(db, member->text, selector, each_state);
}

static bool key_since(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    return take_time(member, &selector->filter.since_us);
}

static bool key_filter_until(struct sqlite *db, struct selector *selector,
                             const struct member *member)
{
    (void)db;
    return take_time(member, &selector->filter.until_us);
}

static bool key_until(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    return take_time(member, &selector->until_us);
}

static bool key_command(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    selector->command_id = member->number;
    return is_integer(member) && member->number > 0;
}

static bool key_note(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    free(selector->note);
    selector->note =
        is_text(member) && strlen(member->text) <= NOTE_MAX ? memory_string(member->text) : NULL;
    return selector->note != NULL;
}

static bool take_count(const struct member *member, int64_t *ret_count)
{
    *ret_count = member->number;
    return is_integer(member) && member->number > 0 && member->number <= COUNT_MAX;
}

static bool key_pace(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    return take_count(member, &selector->pace);
}

static bool key_stop_after(struct sqlite *db, struct selector *selector,
                           const struct member *member)
{
    (void)db;
    return take_count(member, &selector->stop_after);
}

static bool key_count(struct sqlite *db, struct selector *selector, const struct member *member)
{
    (void)db;
    return take_count(member, &selector->count);
}

static member_fn key_filter;

/* What a command may say, at its top and inside "filter". Only `selects` keys name failures. */
static const struct key {
    const char *name;
    member_fn *take;
    bool top, nested, selects;
} keys[] = {
    {"ids", key_ids, true, false, true},
    {"command", key_command, true, false, true},
    {"filter", key_filter, true, false, true},
    {"source", key_source, true, false, true},
    {"source_id", key_source_id, true, false, true},
    {"state", key_state, true, false, true},
    {"fingerprint", key_fingerprint, true, true, true},
    {"sources", key_sources, false, true, true},
    {"states", key_states, false, true, true},
    {"code", key_code, false, true, true},
    {"text", key_text, false, true, true},
    {"since", key_since, false, true, true},
    {"until", key_filter_until, false, true, true},
    {"until", key_until, true, false, false},
    {"note", key_note, true, false, false},
    {"pace", key_pace, true, false, false},
    {"stop_after", key_stop_after, true, false, false},
    {"count", key_count, true, false, false},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static bool take_key(struct sqlite *db, struct selector *selector, const struct member *member,
                     bool nested)
{
    for (size_t i = 0; i < KEYS; i++) {
        if ((nested ? keys[i].nested : keys[i].top) && strcmp(keys[i].name, member->key) == 0)
            return keys[i].take(db, selector, member);
    }
    return false;
}

static bool take_nested(struct sqlite *db, struct selector *selector, const struct member *member)
{
    return member->key != NULL && take_key(db, selector, member, true);
}

static bool key_filter(struct sqlite *db, struct selector *selector, const struct member *member)
{
    if (is_text(member))
        return search_parse(member->text, selector->now_us, &selector->filter, NULL, NULL);
    return strcmp(member->type, "object") == 0 &&
           each_member(db, member->text, selector, take_nested);
}

static bool take_top(struct sqlite *db, struct selector *selector, const struct member *member)
{
    if (member->key == NULL)
        return false;
    sqlite_cut(selector->last_key, sizeof(selector->last_key), member->key);
    for (size_t i = 0; i < KEYS; i++) {
        if (keys[i].top && strcmp(keys[i].name, member->key) == 0)
            selector->named |= keys[i].selects;
    }
    return take_key(db, selector, member, false);
}

/* Named one by one, a failure is judged in whatever state it is: refusing a resolved one is an
 * answer. */
static void widen_states(struct selector *selector)
{
    bool by_name = selector->has_ids || selector->source_id != NULL || selector->command_id != 0;
    if (by_name && selector->filter.states == 0)
        selector->filter.states = ((1u << FAILURE_STATE_COUNT) - 1) & ~(1u << FAILURE_NONE);
}

bool selector_parse(struct sqlite *db, const char *arguments, int64_t sent_us,
                    struct selector *ret_selector, struct error *err)
{
    struct selector selector = {.filter = search_all(), .until_us = TIME_NONE, .now_us = sent_us};
    if (!each_member(db, arguments, &selector, take_top)) {
        error_set(err, ERROR_COMMAND_ARGUMENTS, "argument \"%s\" is not known or has no fit value",
                  selector.last_key);
        selector_free(&selector);
        return false;
    }
    unsigned sources = selector.filter.sources;
    bool one_source = sources != 0 && (sources & (sources - 1)) == 0;
    if (!selector.named || (selector.source_id != NULL && !one_source)) {
        error_set(err, ERROR_COMMAND_ARGUMENTS,
                  selector.named ? "a source_id needs its source"
                                 : "the command names no failures");
        selector_free(&selector);
        return false;
    }
    widen_states(&selector);
    *ret_selector = selector;
    return true;
}

void selector_free(struct selector *selector)
{
    free(selector->source_id);
    free(selector->note);
}

/* By id, document or command: the primary key or an index of its own is the way. */
static bool is_by_name(const struct selector *selector)
{
    return selector->has_ids || selector->source_id != NULL || selector->command_id != 0;
}

bool selector_total(struct sqlite *db, const struct selector *selector, uint64_t *ret_total,
                    struct error *err)
{
    *ret_total = 0;
    if (selector->count > 0)
        *ret_total = (uint64_t)selector->count;
    else if (selector->has_ids)
        *ret_total = (uint64_t)selector->id_count;
    else if (!is_by_name(selector) && filter_is_counted(&selector->filter))
        return filter_estimate(db, &selector->filter, ret_total, err);
    return true;
}

void selector_append(struct query *query, const struct selector *selector, const char *arguments,
                     int64_t after, int64_t *ret_upto)
{
    bool by_name = is_by_name(selector);
    const struct filter_way way = {.kind = by_name ? WAY_ANY : WAY_WALK};
    *ret_upto = by_name ? INT64_MAX : after + PIECE;
    filter_append(query, &selector->filter, &way, NULL);
    if (selector->has_ids)
        query_add_value(query, " AND f.id IN (SELECT atom FROM json_each(?, '$.ids'))",
                        sqlite_text(arguments));
    if (selector->source_id != NULL) {
        query_add_value(query, " AND f.source = ?",
                        SQL_INT(__builtin_ctz(selector->filter.sources)));
        query_add_value(query, " AND f.source_id = ?", sqlite_text(selector->source_id));
    }
    if (selector->command_id != 0)
        query_add_value(query, " AND f.undo_command = ?", SQL_INT(selector->command_id));
    query_add_value(query, " AND f.id > ?", SQL_INT(after));
    query_add_value(query, " AND f.id <= ?", SQL_INT(*ret_upto));
}
