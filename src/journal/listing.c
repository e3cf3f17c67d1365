/* Failures as lists, groups and in full. Every list is bounded; what a page costs does not grow
 * with the number of failures but where a text is searched that hardly any failure holds. */
#include <stdio.h>
#include <string.h>

#include "journal/filter.h"

#define ATTEMPTS_MAX 200
#define NOTES_MAX 200

#define ROW_COLUMNS                                                                                \
    "f.id, f.source, f.source_id, f.label, f.stage, f.code, f.class, f.message, f.field,"          \
    " f.fingerprint, f.state, f.attempts, f.max_attempts, f.version, f.first_us, f.last_us,"       \
    " f.next_us, f.request_id, f.sqlstate, f.http_status, f.noted"

static const struct {
    const char *index;
    const char *order;
    const char *reversed;
} sorts[] = {
    [SORT_LAST] = {"failures_last", " ORDER BY f.last_us DESC, f.id DESC",
                   " ORDER BY f.last_us, f.id"},
    [SORT_FIRST] = {"failures_first", " ORDER BY f.first_us, f.id",
                    " ORDER BY f.first_us DESC, f.id DESC"},
    [SORT_ATTEMPTS] = {"failures_attempts", " ORDER BY f.attempts DESC, f.id DESC",
                       " ORDER BY f.attempts, f.id"},
    [SORT_NEXT] = {"failures_next", " ORDER BY f.next_us, f.id",
                   " ORDER BY f.next_us DESC, f.id DESC"},
    [SORT_LABEL] = {"failures_label", " ORDER BY length(f.label), f.label, f.id",
                    " ORDER BY length(f.label) DESC, f.label DESC, f.id DESC"},
};

static enum error_class class_parse(const char *name)
{
    enum error_class class = CLASS_NONE;
    (void)error_class_parse(name, &class);
    return class;
}

static void failure_row_read(sqlite3_stmt *s, void *item)
{
    struct failure_row *row = item;
    char class[32];
    row->id = sqlite3_column_int64(s, 0);
    row->source = (enum source_kind)sqlite3_column_int(s, 1);
    sqlite_copy_text(s, 2, row->source_id, sizeof(row->source_id));
    sqlite_copy_text(s, 3, row->label, sizeof(row->label));
    sqlite_copy_text(s, 4, row->stage, sizeof(row->stage));
    sqlite_copy_text(s, 5, row->code, sizeof(row->code));
    sqlite_copy_text(s, 6, class, sizeof(class));
    row->class = class_parse(class);
    sqlite_copy_text(s, 7, row->message, sizeof(row->message));
    sqlite_copy_text(s, 8, row->field, sizeof(row->field));
    sqlite_copy_text(s, 9, row->fingerprint, sizeof(row->fingerprint));
    row->state = (enum failure_state)sqlite3_column_int(s, 10);
    row->attempts = (unsigned)sqlite3_column_int(s, 11);
    row->max_attempts = (unsigned)sqlite3_column_int(s, 12);
    row->version = sqlite3_column_int64(s, 13);
    row->first_us = sqlite_moment(s, 14);
    row->last_us = sqlite_moment(s, 15);
    row->next_us = sqlite_moment(s, 16);
    sqlite_copy_text(s, 17, row->request_id, sizeof(row->request_id));
    sqlite_copy_text(s, 18, row->sqlstate, sizeof(row->sqlstate));
    row->http_status = sqlite3_column_int(s, 19);
    row->has_note = sqlite3_column_int(s, 20) != 0;
}

static void group_read(sqlite3_stmt *s, void *item)
{
    struct failure_group *group = item;
    char class[32];
    sqlite_copy_text(s, 0, group->fingerprint, sizeof(group->fingerprint));
    group->source = (enum source_kind)sqlite3_column_int(s, 1);
    sqlite_copy_text(s, 2, group->code, sizeof(group->code));
    group->count = (uint64_t)sqlite3_column_int64(s, 3);
    group->dead = (uint64_t)sqlite3_column_int64(s, 4);
    group->last_us = sqlite_moment(s, 5);
    group->next_us = sqlite_moment(s, 6);
    sqlite_copy_text(s, 7, class, sizeof(class));
    group->class = class_parse(class);
    sqlite_copy_text(s, 8, group->stage, sizeof(group->stage));
    sqlite_copy_text(s, 9, group->message, sizeof(group->message));
}

/* ---- lists ---- */

bool journal_count_failures(struct journal_reader *reader, const struct failure_filter *filter,
                            uint64_t *ret_count, struct error *err)
{
    struct sqlite *db = &reader->db;
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct query query;
    uint64_t estimate;
    bool row = false;
    if (!filter_estimate(db, filter, &estimate, err))
        return false;
    if (filter_is_counted(filter) || estimate == 0) {
        *ret_count = estimate;
        return true;
    }
    query_start(&query);
    query_add(&query, "SELECT count(*)");
    filter_append(&query, filter, estimate, sorts[SORT_LAST].index);
    bool done = query_prepare(db, &query, &statement, err) && sqlite_step(db, statement, &row, err);
    query_free(&query);
    if (done)
        *ret_count = (uint64_t)sqlite3_column_int64(statement, 0);
    return done;
}

/* A page of the list. One in its second half is counted from the end: an index entry is skipped
 * quickly, but there may be a million. */
struct page {
    uint64_t offset;
    size_t max;
    bool reversed;
};

static struct page page_of(const struct failure_filter *filter, uint64_t total, uint64_t offset,
                           size_t max)
{
    struct page page = {.offset = offset, .max = max};
    if (!filter_is_counted(filter) || offset >= total || offset < total / 2)
        return page;
    uint64_t left = total - offset;
    page.max = left < max ? (size_t)left : max;
    page.offset = left - page.max;
    page.reversed = true;
    return page;
}

static void rows_reverse(struct failure_row *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct failure_row other = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = other;
    }
}

static bool list_page(struct sqlite *db, const struct failure_filter *filter, uint64_t offset,
                      size_t max, struct arena *arena, void **ret_rows, size_t *ret_count,
                      struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct query query;
    uint64_t total;
    if (!filter_estimate(db, filter, &total, err))
        return false;
    struct page page = page_of(filter, total, offset, max);
    query_start(&query);
    query_add(&query, "SELECT " ROW_COLUMNS);
    filter_append(&query, filter, total, sorts[filter->sort].index);
    query_add(&query, page.reversed ? sorts[filter->sort].reversed : sorts[filter->sort].order);
    query_add_value(&query, " LIMIT ?", SQL_INT(page.max));
    query_add_value(&query, " OFFSET ?", SQL_INT(page.offset));
    bool done = query_prepare(db, &query, &statement, err) &&
                rows_read(db, statement, failure_row_read, sizeof(struct failure_row), page.max,
                          arena, ret_rows, ret_count, err);
    query_free(&query);
    if (done && page.reversed)
        rows_reverse(*ret_rows, *ret_count);
    return done;
}

bool journal_list_failures(struct journal_reader *reader, const struct failure_filter *filter,
                           uint64_t offset, size_t max, struct arena *arena,
                           struct failure_row **ret_rows, size_t *ret_count, struct error *err)
{
    struct sqlite *db = &reader->db;
    void *rows;
    /* The count and the page must be of one moment. */
    if (!sqlite_script(db, "BEGIN", err))
        return false;
    bool done = list_page(db, filter, offset, max > ROWS_MAX ? ROWS_MAX : max, arena, &rows,
                          ret_count, err);
    if (!sqlite_end(db, done, err))
        return false;
    *ret_rows = rows;
    return true;
}

/* ---- groups ---- */

static bool groups_by_counters(struct sqlite *db, const struct failure_filter *filter, size_t max,
                               struct arena *arena, void **ret_rows, size_t *ret_count,
                               struct error *err)
{
    sqlite3_stmt *statement;
    return sqlite_bind(db, SQL_GROUPS_READ,
                       SQL_VALUES(SQL_INT(filter_states(filter)), SQL_INT(filter_sources(filter)),
                                  sqlite_text(filter->fingerprint), sqlite_text(filter->code),
                                  SQL_INT(FAILURE_DEAD), SQL_INT(max)),
                       &statement, err) &&
           rows_read(db, statement, group_read, sizeof(struct failure_group), max, arena, ret_rows,
                     ret_count, err);
}

/* A text or a time is asked for: the failures themselves are counted. */
static bool groups_by_scan(struct sqlite *db, const struct failure_filter *filter, size_t max,
                           struct arena *arena, void **ret_rows, size_t *ret_count,
                           struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct query query;
    uint64_t estimate;
    if (!filter_estimate(db, filter, &estimate, err))
        return false;
    query_start(&query);
    query_add(&query, "WITH sums AS (SELECT f.fingerprint, f.source, f.code, count(*) AS count,");
    query_add_value(&query, " sum(f.state = ?) AS dead, max(f.last_us) AS last_us,",
                    SQL_INT(FAILURE_DEAD));
    query_add(&query, " min(f.next_us) AS next_us");
    filter_append(&query, filter, estimate, sorts[SORT_LAST].index);
    query_add(&query, " GROUP BY f.fingerprint, f.source, f.code ORDER BY count(*) DESC,"
                      " max(f.last_us) DESC, f.fingerprint");
    query_add_value(&query, " LIMIT ?)", SQL_INT(max));
    query_add(&query,
              " SELECT s.fingerprint, s.source, s.code, s.count, s.dead, s.last_us,"
              " s.next_us, f.class, f.stage, f.message FROM sums s JOIN failures f ON f.id ="
              " (SELECT n.id FROM failures n WHERE n.fingerprint = s.fingerprint"
              " AND n.source = s.source AND n.code = s.code AND n.last_us = s.last_us"
              " LIMIT 1) ORDER BY s.count DESC, s.last_us DESC, s.fingerprint");
    bool done = query_prepare(db, &query, &statement, err) &&
                rows_read(db, statement, group_read, sizeof(struct failure_group), max, arena,
                          ret_rows, ret_count, err);
    query_free(&query);
    return done;
}

bool journal_list_groups(struct journal_reader *reader, const struct failure_filter *filter,
                         size_t max, struct arena *arena, struct failure_group **ret_groups,
                         size_t *ret_count, struct error *err)
{
    void *rows;
    max = max > ROWS_MAX ? ROWS_MAX : max;
    bool done = filter_is_counted(filter)
                    ? groups_by_counters(&reader->db, filter, max, arena, &rows, ret_count, err)
                    : groups_by_scan(&reader->db, filter, max, arena, &rows, ret_count, err);
    if (done)
        *ret_groups = rows;
    return done;
}

/* ---- one in full ---- */

static void attempt_row_read(sqlite3_stmt *s, void *item)
{
    struct attempt_row *row = item;
    row->number = (unsigned)sqlite3_column_int(s, 0);
    row->at_us = sqlite3_column_int64(s, 1);
    row->version = sqlite3_column_int64(s, 2);
    sqlite_copy_text(s, 3, row->stage, sizeof(row->stage));
    sqlite_copy_text(s, 4, row->code, sizeof(row->code));
    sqlite_copy_text(s, 5, row->message, sizeof(row->message));
    sqlite_copy_text(s, 6, row->field, sizeof(row->field));
    sqlite_copy_text(s, 7, row->request_id, sizeof(row->request_id));
    sqlite_copy_text(s, 8, row->sqlstate, sizeof(row->sqlstate));
    row->http_status = sqlite3_column_int(s, 9);
    sqlite_copy_text(s, 10, row->run_id, sizeof(row->run_id));
    row->charged = sqlite3_column_int(s, 11) != 0;
}

static bool read_attempts(struct sqlite *db, struct arena *arena, struct failure_detail *detail,
                          struct error *err)
{
    sqlite3_stmt *statement;
    void *rows;
    if (!sqlite_bind(db, SQL_ATTEMPTS_READ,
                     SQL_VALUES(SQL_INT(detail->row.id), SQL_INT(ATTEMPTS_MAX)), &statement, err) ||
        !rows_read(db, statement, attempt_row_read, sizeof(struct attempt_row), ATTEMPTS_MAX, arena,
                   &rows, &detail->attempt_count, err))
        return false;
    detail->attempts = rows;
    return true;
}

static bool read_notes(struct sqlite *db, struct arena *arena, struct failure_detail *detail,
                       struct error *err)
{
    sqlite3_stmt *s;
    bool row = true;
    detail->notes = arena_zero(arena, NOTES_MAX * sizeof(*detail->notes));
    if (!sqlite_bind(db, SQL_NOTES_READ, SQL_VALUES(SQL_INT(detail->row.id), SQL_INT(NOTES_MAX)),
                     &s, err))
        return false;
    while (detail->note_count < NOTES_MAX) {
        if (!sqlite_step(db, s, &row, err))
            return false;
        if (!row)
            return true;
        struct note_row *note = &detail->notes[detail->note_count++];
        note->at_us = sqlite3_column_int64(s, 0);
        sqlite_copy_text(s, 1, note->operator_name, sizeof(note->operator_name));
        size_t len = (size_t)sqlite3_column_bytes(s, 2);
        note->text = arena_zero(arena, len + 1);
        if (len > 0)
            memcpy(note->text, sqlite3_column_text(s, 2), len);
    }
    sqlite3_reset(s);
    return true;
}

static bool read_row(struct sqlite *db, int64_t id, struct arena *arena,
                     struct failure_detail *detail, struct error *err)
{
    sqlite3_stmt *s;
    bool row;
    if (!sqlite_bind(db, SQL_FAILURE_READ, SQL_VALUES(SQL_INT(id)), &s, err) ||
        !sqlite_step(db, s, &row, err))
        return false;
    if (!row)
        return error_set(err, ERROR_JOURNAL_NO_SUCH, "there is no failure %lld", (long long)id);
    failure_row_read(s, &detail->row);
    detail->source_id = arena_copy(arena, str_from((const char *)sqlite3_column_text(s, 2)));
    sqlite3_reset(s);
    return true;
}

bool journal_read_failure(struct journal_reader *reader, int64_t id, struct arena *arena,
                          struct failure_detail *ret_detail, struct error *err)
{
    struct sqlite *db = &reader->db;
    struct failure_detail detail = {0};
    bool found;
    int64_t same = 0;
    if (!read_row(db, id, arena, &detail, err) ||
        !sqlite_number(db, SQL_SAME_FINGERPRINT,
                       SQL_VALUES(sqlite_text(detail.row.fingerprint), SQL_INT(detail.row.source),
                                  SQL_INT(FAILURE_RESOLVED)),
                       &found, &same, err) ||
        !read_attempts(db, arena, &detail, err) || !read_notes(db, arena, &detail, err))
        return false;
    detail.same_fingerprint = (uint64_t)same;
    *ret_detail = detail;
    return true;
}

bool journal_find_failure(struct journal_reader *reader, enum source_kind source,
                          const char *source_id, int64_t *ret_id, struct error *err)
{
    bool found;
    int64_t id = 0;
    if (!sqlite_number(&reader->db, SQL_FAILURE_ID,
                       SQL_VALUES(SQL_INT(source), sqlite_text(source_id)), &found, &id, err))
        return false;
    *ret_id = id;
    return true;
}
