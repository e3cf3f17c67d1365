/* Filters as SQL: see filter.h. */
#include "journal/filter.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEW 5000 /* sorting this many rows costs less than walking a million index entries */
#define QUERY_MAX 16384

void query_start(struct query *query)
{
    *query = (struct query){.sql = {.max = QUERY_MAX}};
}

void query_add(struct query *query, const char *sql)
{
    buffer_append_text(&query->sql, sql);
}

void query_add_value(struct query *query, const char *sql, struct sql_value value)
{
    assert(query->count < QUERY_VALUES);
    query_add(query, sql);
    query->values[query->count++] = value;
}

bool query_prepare(struct sqlite *db, struct query *query, sqlite3_stmt **ret_statement,
                   struct error *err)
{
    assert(buffer_ok(&query->sql));
    return sqlite_prepare(db, query->sql.data, query->values, query->count, ret_statement, err);
}

void query_free(struct query *query)
{
    buffer_free(&query->sql);
    arena_free(&query->scratch);
}

unsigned filter_states(const struct failure_filter *filter)
{
    unsigned unresolved =
        ((1u << FAILURE_STATE_COUNT) - 1) & ~(1u << FAILURE_NONE) & ~(1u << FAILURE_RESOLVED);
    return filter->states == 0 ? unresolved : filter->states;
}

unsigned filter_sources(const struct failure_filter *filter)
{
    return filter->sources == 0 ? (1u << SOURCE_COUNT) - 1 : filter->sources;
}

bool filter_is_counted(const struct failure_filter *filter)
{
    return filter->text[0] == '\0' && filter->since_us == TIME_NONE &&
           filter->until_us == TIME_NONE && filter->term_count == 0;
}

/* Times: how many at most lie in the range, counted no further than where it stops to matter. */
static bool estimate_times(struct sqlite *db, const struct failure_filter *filter,
                           int64_t *ret_count, struct error *err)
{
    bool found;
    int64_t since = filter->since_us == TIME_NONE ? 0 : filter->since_us;
    int64_t until = filter->until_us == TIME_NONE ? INT64_MAX : filter->until_us;
    return sqlite_number(db, SQL_TIMES_COUNT,
                         SQL_VALUES(SQL_INT(since), SQL_INT(until), SQL_INT(FEW + 1)), &found,
                         ret_count, err);
}

bool filter_estimate(struct sqlite *db, const struct failure_filter *filter, uint64_t *ret_count,
                     struct error *err)
{
    bool found;
    int64_t count = 0;
    if (!sqlite_number(db, SQL_GROUPS_COUNT,
                       SQL_VALUES(SQL_INT(filter_states(filter)), SQL_INT(filter_sources(filter)),
                                  sqlite_text(filter->fingerprint), sqlite_text(filter->code)),
                       &found, &count, err))
        return false;
    *ret_count = (uint64_t)count;
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* As a JSON array, each once: one that is queued may be in the index as well. */
static void ids_print(struct buffer *text, int64_t *ids, size_t count)
{
    qsort(ids, count, sizeof(*ids), compare_ids);
    text->max = FEW * 24;
    buffer_append_char(text, '[');
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || ids[i] != ids[i - 1])
            buffer_append_format(text, "%s%lld", text->len > 1 ? "," : "", (long long)ids[i]);
    }
    buffer_append_char(text, ']');
}

/* What the index of texts names and what waits to be indexed; read no further than where it stops
 * to be few. */
static bool find_by_text(struct sqlite *db, const struct failure_filter *filter,
                         struct filter_way *way, struct error *err)
{
    struct buffer match = {0};
    sqlite3_stmt *s;
    size_t count = 0;
    bool row = true;
    if (!filter_match(filter, &match)) {
        buffer_free(&match);
        return true;
    }
    int64_t *ids = memory_zero(2 * (FEW + 1), sizeof(*ids));
    bool done = sqlite_bind(db, SQL_TEXT_FIND,
                            SQL_VALUES(sqlite_text(match.data), SQL_INT(FEW + 1)), &s, err);
    while (done && row && count <= FEW) {
        done = sqlite_step(db, s, &row, err);
        if (done && row)
            ids[count++] = sqlite3_column_int64(s, 0);
    }
    if (done && row)
        sqlite3_reset(s);
    if (done && count <= FEW) {
        ids_print(&way->ids, ids, count);
        way->kind = WAY_TEXT;
    }
    free(ids);
    buffer_free(&match);
    return done;
}

static void way_by_terms(const struct failure_filter *filter, struct filter_way *way)
{
    for (size_t i = 0; i < filter->term_count; i++) {
        const struct search_term *term = &filter->terms[i];
        if (!term->negated && (term->key == TERM_ID || term->key == TERM_LABEL))
            way->kind = term->key == TERM_ID ? WAY_ID : WAY_LABEL;
        else if (!term->negated && term->key == TERM_NOTE && way->kind == WAY_WALK)
            way->kind = WAY_NOTED;
    }
}

bool filter_way_find(struct sqlite *db, const struct failure_filter *filter, struct filter_way *way,
                     struct error *err)
{
    int64_t count = FEW + 1;
    *way = (struct filter_way){.kind = WAY_WALK};
    way_by_terms(filter, way);
    if (!filter_estimate(db, filter, &way->estimate, err))
        return false;
    if (way->kind == WAY_WALK && way->estimate <= FEW)
        way->kind = WAY_GROUPS;
    if (way->kind != WAY_WALK)
        return true;
    if (filter->since_us != TIME_NONE || filter->until_us != TIME_NONE) {
        if (!estimate_times(db, filter, &count, err))
            return false;
        way->kind = count <= FEW ? WAY_TIMES : WAY_WALK;
    }
    return way->kind != WAY_WALK || find_by_text(db, filter, way, err);
}

void filter_way_free(struct filter_way *way)
{
    buffer_free(&way->ids);
}

/* ---- conditions ---- */

struct sql_value query_pattern(struct query *query, const char *text)
{
    char *pattern = arena_alloc(&query->scratch, 2 * strlen(text) + 3);
    size_t len = 0;
    pattern[len++] = '%';
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr("%_\\", *c) != NULL)
            pattern[len++] = '\\';
        pattern[len++] = *c;
    }
    pattern[len++] = '%';
    pattern[len] = '\0';
    return sqlite_text(pattern);
}

static void append_text(struct query *query, const char *text)
{
    struct sql_value pattern = query_pattern(query, text);
    query_add_value(query, "(f.label LIKE ? ESCAPE '\\'", pattern);
    query_add_value(query, " OR f.source_id LIKE ? ESCAPE '\\'", pattern);
    query_add_value(query, " OR f.message LIKE ? ESCAPE '\\'", pattern);
    query_add_value(query, " OR f.field LIKE ? ESCAPE '\\')", pattern);
}

static void append_note(struct query *query, const char *text)
{
    if (text[0] == '\0')
        query_add(query, "f.noted = 1");
    else
        query_add_value(query,
                        "(f.noted = 1 AND EXISTS (SELECT 1 FROM notes n WHERE n.failure_id = f.id"
                        " AND n.text LIKE ? ESCAPE '\\'))",
                        query_pattern(query, text));
}

/* "1042" is "#1042" too. The length is what the index begins with. */
static void append_label(struct query *query, const char *label)
{
    query_add_value(query, "(length(f.label) IN (length(?)", sqlite_text(label));
    query_add_value(query, ", length(?) + 1)", sqlite_text(label));
    query_add_value(query, " AND f.label IN (?", sqlite_text(label));
    query_add_value(query, ", '#' || ?))", sqlite_text(label));
}

static void append_value(struct query *query, const struct search_term *term)
{
    static const char *const equal[TERM_COUNT] = {
        [TERM_CODE] = "f.code = ?",
        [TERM_CLASS] = "f.class = ?",
        [TERM_STAGE] = "f.stage = ?",
        [TERM_ID] = "f.source_id = ?",
    };
    const char *value = term->value;
    if (term->key == TERM_TEXT)
        append_text(query, value);
    else if (term->key == TERM_NOTE)
        append_note(query, value);
    else if (term->key == TERM_LABEL)
        append_label(query, value);
    else if (term->key == TERM_FIELD)
        query_add_value(query, "f.field LIKE ? ESCAPE '\\'", query_pattern(query, value));
    else if (term->key == TERM_FINGERPRINT)
        query_add_value(query, "f.fingerprint GLOB ? || '*'", sqlite_text(value));
    else
        query_add_value(query, equal[term->key], sqlite_text(value));
}

/* Alternatives stand in one pair of brackets. */
static void append_terms(struct query *query, const struct failure_filter *filter)
{
    bool open = false;
    for (size_t i = 0; i < filter->term_count; i++) {
        const struct search_term *term = &filter->terms[i];
        if (!open)
            query_add(query, term->negated ? " AND NOT (" : " AND (");
        append_value(query, term);
        open = term->or_next;
        query_add(query, open ? " OR " : ")");
    }
}

static void append_conditions(struct query *query, const struct failure_filter *filter,
                              const char *alias)
{
    char sql[96];
    snprintf(sql, sizeof(sql), " WHERE ((? >> %s.state) & 1)", alias);
    query_add_value(query, sql, SQL_INT(filter_states(filter)));
    snprintf(sql, sizeof(sql), " AND ((? >> %s.source) & 1)", alias);
    query_add_value(query, sql, SQL_INT(filter_sources(filter)));
    bool whole = strlen(filter->fingerprint) == sizeof(filter->fingerprint) - 1;
    snprintf(sql, sizeof(sql), " AND %s.fingerprint %s", alias, whole ? "= ?" : "GLOB ? || '*'");
    if (filter->fingerprint[0] != '\0')
        query_add_value(query, sql, sqlite_text(filter->fingerprint));
    snprintf(sql, sizeof(sql), " AND %s.code = ?", alias);
    if (filter->code[0] != '\0')
        query_add_value(query, sql, sqlite_text(filter->code));
}

/* The way named by an index must be open to it: a list of sources in place of the bits. */
static void append_source(struct query *query, const struct failure_filter *filter,
                          const struct filter_way *way, const char *index)
{
    static const char *const from[] = {
        [WAY_ANY] = " FROM failures f",
        [WAY_GROUPS] = " FROM failure_groups g CROSS JOIN failures f INDEXED BY failures_group"
                       " ON f.fingerprint = g.fingerprint AND f.source = g.source"
                       " AND f.code = g.code AND f.state = g.state",
        [WAY_ID] = (" FROM source_names s CROSS JOIN failures f INDEXED BY"
                    " sqlite_autoindex_failures_1 ON f.source = s.source"),
        [WAY_LABEL] = " FROM failures f INDEXED BY failures_label",
        [WAY_NOTED] = " FROM failures f INDEXED BY failures_noted",
        [WAY_TIMES] = " FROM failures f INDEXED BY failures_last",
        [WAY_TEXT] = " FROM json_each(?) w CROSS JOIN failures f ON f.id = w.value",
        [WAY_WALK] = " FROM failures f INDEXED BY ",
    };
    if (way->kind == WAY_TEXT) {
        query_add_value(query, from[way->kind], sqlite_text(way->ids.data));
        append_conditions(query, filter, "f");
        return;
    }
    query_add(query, way->kind == WAY_WALK && index == NULL ? " FROM failures f NOT INDEXED"
                                                            : from[way->kind]);
    if (way->kind == WAY_WALK && index != NULL)
        query_add(query, index);
    append_conditions(query, filter, way->kind == WAY_GROUPS ? "g" : "f");
}

void filter_append(struct query *query, const struct failure_filter *filter,
                   const struct filter_way *way, const char *index)
{
    append_source(query, filter, way, index);
    if (filter->since_us != TIME_NONE)
        query_add_value(query, " AND f.last_us >= ?", SQL_INT(filter->since_us));
    if (filter->until_us != TIME_NONE)
        query_add_value(query, " AND f.last_us <= ?", SQL_INT(filter->until_us));
    if (filter->text[0] != '\0') {
        query_add(query, " AND ");
        append_text(query, filter->text);
    }
    append_terms(query, filter);
}
