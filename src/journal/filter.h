/* A failure_filter as SQL: conditions with bound values, and which way to read is the shorter one.
 */
#ifndef ORDERSYNC_JOURNAL_FILTER_H
#define ORDERSYNC_JOURNAL_FILTER_H

#include "base/memory.h"
#include "journal/inside.h"

#define QUERY_VALUES 96

/* A statement under composition: the texts come from this program's tables only, every value is
 * bound. */
struct query {
    struct buffer sql;
    struct sql_value values[QUERY_VALUES];
    size_t count;
    struct arena scratch; /* LIKE patterns */
};
void query_start(struct query *query);
void query_add(struct query *query, const char *sql);
void query_add_value(struct query *query, const char *sql,
                     struct sql_value value); /* one '?' in sql */
MUST_CHECK bool query_prepare(struct sqlite *db, struct query *query, sqlite3_stmt **ret_statement,
                              struct error *err);
void query_free(struct query *query);
/* %text%, with the wildcards in it taken literally; lives as long as the query. */
struct sql_value query_pattern(struct query *query, const char *text);

unsigned filter_states(const struct failure_filter *filter); /* bits; never 0 */
unsigned filter_sources(const struct failure_filter *filter);
/* The counters alone answer it: states, sources, code and fingerprint are all that is asked for. */
bool filter_is_counted(const struct failure_filter *filter);
/* How many match at most: from the counters. */
MUST_CHECK bool filter_estimate(struct sqlite *db, const struct failure_filter *filter,
                                uint64_t *ret_count, struct error *err);

/* The way to the rows. */
struct filter_way {
    enum {
        WAY_ANY,    /* further conditions name the rows: SQLite chooses */
        WAY_GROUPS, /* few by the counters: through their groups, then sorted */
        WAY_ID,     /* few, by an index that names them, then sorted */
        WAY_LABEL,
        WAY_NOTED,
        WAY_TIMES,
        WAY_TEXT,
        WAY_WALK /* many: along the index of the sort, where the first page is found soon */
    } kind;
    uint64_t estimate;
    struct buffer ids; /* WAY_TEXT: what the index of texts names, a JSON array */
};
/* Free it with filter_way_free(), also when it could not be found. */
MUST_CHECK bool filter_way_find(struct sqlite *db, const struct failure_filter *filter,
                                struct filter_way *way, struct error *err);
void filter_way_free(struct filter_way *way);
/* The texts of a filter for MATCH; false when the index cannot help. */
bool filter_match(const struct failure_filter *filter, struct buffer *ret_match);
/* Appends " FROM ... WHERE ..." over `failures f`. `index` is that of WAY_WALK; NULL: by id. */
void filter_append(struct query *query, const struct failure_filter *filter,
                   const struct filter_way *way, const char *index);

#endif
