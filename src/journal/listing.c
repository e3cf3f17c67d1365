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

enum error_class row_class(const char *name)
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
    row->class = row_class(class);
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

/* ---- lists ---- */

/* Stepped, not count(*): what was counted stays when time is over. */
static bool count_rows(struct sqlite *db, struct query *query, uint64_t *ret_count,
                       struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    bool row = true;
    *ret_count = 0;
    if (!query_prepare(db, query, &statement, err))
        return false;
    while (true) {
        if (!sqlite_step(db, statement, &row, err))
            return false;
        if (!row)
            return true;
        ++*ret_count;
    }
}

bool journal_count_failures(struct journal_reader *reader, const struct failure_filter *filter,
                            uint64_t *ret_count, struct error *err)
{
    struct sqlite *db = &reader->db;
    struct filter_way way = {0};
    struct query query;
    reader->cut = false;
    if (filter_is_counted(filter))
        return filter_estimate(db, filter, ret_count, err);
    reader_begin(reader);
    bool done = filter_way_find(db, filter, &way, err);
    if (done) {
        query_start(&query);
        query_add(&query, "SELECT 1");
        filter_append(&query, filter, &way, sorts[SORT_LAST].index);
        done = count_rows(db, &query, ret_count, err);
        query_free(&query);
    }
    filter_way_free(&way);
    return reader_end(reader, done);
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

static bool list_page(struct sqlite *db, const struct failure_filter *filter,
                      const struct filter_way *way, uint64_t offset, size_t max,
                      struct arena *arena, void **ret_rows, size_t *ret_count, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    struct query query;
    struct page page = page_of(filter, way->estimate, offset, max);
    query_start(&query);
    query_add(&query, "SELECT " ROW_COLUMNS);
    filter_append(&query, filter, way, sorts[filter->sort].index);
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
    struct filter_way way = {0};
    void *rows = NULL;
    size_t count = 0;
    /* The count and the page must be of one moment. */
    if (!sqlite_script(db, "BEGIN", err))
        return false;
    reader_begin(reader);
    bool done = filter_way_find(db, filter, &way, err) &&
                list_page(db, filter, &way, offset, max > ROWS_MAX ? ROWS_MAX : max, arena, &rows,
                          &count, err);
    done = reader_end(reader, done);
    filter_way_free(&way);
    if (!sqlite_end(db, done, err))
        return false;
    *ret_rows = rows;
    *ret_count = count;
    return true;
}

/* ---- all of them ---- */

/* A piece of the table by id, so that a filter that hardly anything matches ends soon as well. */
#define WALK_PIECE 20000

static bool walk_page(struct sqlite *db, const struct failure_filter *filter, int64_t after,
                      size_t max, struct arena *arena, void **ret_rows, size_t *ret_count,
                      struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    const struct filter_way way = {.kind = WAY_WALK};
    struct query query;
    query_start(&query);
    query_add(&query, "SELECT " ROW_COLUMNS);
    filter_append(&query, filter, &way, NULL);
    query_add_value(&query, " AND f.id > ?", SQL_INT(after));
    query_add_value(&query, " AND f.id <= ?", SQL_INT(after + WALK_PIECE));
    query_add_value(&query, " ORDER BY f.id LIMIT ?", SQL_INT(max));
    bool done = query_prepare(db, &query, &statement, err) &&
                rows_read(db, statement, failure_row_read, sizeof(struct failure_row), max, arena,
                          ret_rows, ret_count, err);
    query_free(&query);
    return done;
}

bool journal_walk_failures(struct journal_reader *reader, const struct failure_filter *filter,
                           int64_t *after, size_t max, struct arena *arena,
                           struct failure_row **ret_rows, size_t *ret_count, bool *ret_more,
                           struct error *err)
{
    void *rows = NULL;
    size_t count = 0;
    bool found;
    int64_t last = 0;
    if (!sqlite_number(&reader->db, SQL_FAILURE_LAST_ID, SQL_NO_VALUES, &found, &last, err) ||
        !walk_page(&reader->db, filter, *after, max, arena, &rows, &count, err))
        return false;
    *ret_rows = rows;
    *ret_count = count;
    *after = count == max && count > 0 ? (*ret_rows)[count - 1].id : *after + WALK_PIECE;
    *ret_more = *after < last;
    return true;
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
