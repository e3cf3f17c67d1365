/* Filters as SQL: see filter.h.
 *
 * Text is searched by LIKE along the sort's index, not through a full-text index: a trigram index
 * costs about three times the failure's own write, in the one transaction that must fit on a nearly
 * full disk, and dense matches are found on the first pages anyway. */
#include "journal/filter.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define FEW 5000 /* sorting this many rows costs less than walking a million index entries */
#define QUERY_MAX 8192

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
           filter->until_us == TIME_NONE;
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

void query_pattern(struct query *query, const char *text)
{
    char *pattern = query->pattern;
    size_t len = 0;
    pattern[len++] = '%';
    for (const char *c = text; *c != '\0' && len < sizeof(query->pattern) - 4; c++) {
        if (strchr("%_\\", *c) != NULL)
            pattern[len++] = '\\';
        pattern[len++] = *c;
    }
    pattern[len++] = '%';
    pattern[len] = '\0';
}

static void append_text(struct query *query, const char *text)
{
    query_pattern(query, text);
    query_add_value(query, " AND (f.label LIKE ? ESCAPE '\\'", sqlite_text(query->pattern));
    query_add_value(query, " OR f.source_id LIKE ? ESCAPE '\\'", sqlite_text(query->pattern));
    query_add_value(query, " OR f.message LIKE ? ESCAPE '\\')", sqlite_text(query->pattern));
}

static void append_conditions(struct query *query, const struct failure_filter *filter,
                              const char *alias)
{
    char sql[64];
    snprintf(sql, sizeof(sql), " WHERE ((? >> %s.state) & 1)", alias);
    query_add_value(query, sql, SQL_INT(filter_states(filter)));
    snprintf(sql, sizeof(sql), " AND ((? >> %s.source) & 1)", alias);
    query_add_value(query, sql, SQL_INT(filter_sources(filter)));
    snprintf(sql, sizeof(sql), " AND %s.fingerprint = ?", alias);
    if (filter->fingerprint[0] != '\0')
        query_add_value(query, sql, sqlite_text(filter->fingerprint));
    snprintf(sql, sizeof(sql), " AND %s.code = ?", alias);
    if (filter->code[0] != '\0')
        query_add_value(query, sql, sqlite_text(filter->code));
}

static void append_source(struct query *query, const struct failure_filter *filter,
                          uint64_t estimate, const char *index)
{
    if (estimate <= FEW) {
        query_add(query, " FROM failure_groups g CROSS JOIN failures f INDEXED BY failures_group"
                         " ON f.fingerprint = g.fingerprint AND f.source = g.source"
                         " AND f.code = g.code AND f.state = g.state");
        append_conditions(query, filter, "g");
        return;
    }
    query_add(query, " FROM failures f");
    if (estimate != FILTER_ANY_INDEX)
        query_add(query, index == NULL ? " NOT INDEXED" : " INDEXED BY ");
    if (estimate != FILTER_ANY_INDEX && index != NULL)
        query_add(query, index);
    append_conditions(query, filter, "f");
}

void filter_append(struct query *query, const struct failure_filter *filter, uint64_t estimate,
                   const char *index)
{
    append_source(query, filter, estimate, index);
    if (filter->since_us != TIME_NONE)
        query_add_value(query, " AND f.last_us >= ?", SQL_INT(filter->since_us));
    if (filter->until_us != TIME_NONE)
        query_add_value(query, " AND f.last_us <= ?", SQL_INT(filter->until_us));
    if (filter->text[0] != '\0')
        append_text(query, filter->text);
}
