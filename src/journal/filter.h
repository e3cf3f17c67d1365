/* A failure_filter as SQL: conditions with bound values, and which way to read is the shorter one.
 */
#ifndef ORDERSYNC_JOURNAL_FILTER_H
#define ORDERSYNC_JOURNAL_FILTER_H

#include "base/memory.h"
#include "journal/inside.h"

#define QUERY_VALUES 24

/* A statement under composition: the texts come from this program's tables only, every value is
 * bound. */
struct query {
    struct buffer sql;
    struct sql_value values[QUERY_VALUES];
    size_t count;
    char pattern[300]; /* the text of the filter as a LIKE pattern */
};
void query_start(struct query *query);
void query_add(struct query *query, const char *sql);
void query_add_value(struct query *query, const char *sql,
                     struct sql_value value); /* one '?' in sql */
MUST_CHECK bool query_prepare(struct sqlite *db, struct query *query, sqlite3_stmt **ret_statement,
                              struct error *err);
void query_free(struct query *query);
/* Makes query->pattern %text%, with the wildcards in it taken literally. */
void query_pattern(struct query *query, const char *text);

unsigned filter_states(const struct failure_filter *filter); /* bits; never 0 */
unsigned filter_sources(const struct failure_filter *filter);
/* The counters alone answer it: no text and no time asked for. */
bool filter_is_counted(const struct failure_filter *filter);
/* How many match, text and time apart: from the counters. */
MUST_CHECK bool filter_estimate(struct sqlite *db, const struct failure_filter *filter,
                                uint64_t *ret_count, struct error *err);
#define FILTER_ANY_INDEX                                                                           \
    UINT64_MAX /* as an estimate: further conditions name the rows, SQLite chooses */
/* Appends " FROM ... WHERE ..." over `failures f`. Few (by the estimate) are fetched through their
 * groups and sorted; many are walked along `index`, where the first page is found soon. `index`
 * NULL: by id. */
void filter_append(struct query *query, const struct failure_filter *filter, uint64_t estimate,
                   const char *index);

#endif
