/* The scratch file of a listing: two ordered sets of ids, and the merge of one with the target. */
#include "journal/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/place.h"
#include "journal/sqlite.h"

#define PAGE_IDS 1000 /* of the merge: what is in memory at a time */

/* No fsync: a file with a name survives kill -9, which is what a backfill of hours needs; after a
 * power cut it is checked and, in doubt, made anew, which costs reads. Nobody else opens it. */
static const char *const pragmas = "PRAGMA synchronous=OFF;"
                                   "PRAGMA locking_mode=EXCLUSIVE;"
                                   "PRAGMA cache_size=-2048;"
                                   "CREATE TABLE IF NOT EXISTS origin (one INTEGER PRIMARY KEY, "
                                   "tag TEXT NOT NULL);"
                                   "CREATE TABLE IF NOT EXISTS seen (id BLOB PRIMARY KEY) "
                                   "WITHOUT ROWID;"
                                   "CREATE TABLE IF NOT EXISTS absent (id BLOB PRIMARY KEY) "
                                   "WITHOUT ROWID";

struct seen {
    struct sqlite db;
    char *path;
    struct buffer pending; /* ids not written yet: length, bytes */
    struct arena arena;    /* the page of the merge under way */
    struct str *page;
    size_t page_count, page_next;
    bool page_last;
    bool comparing;
    uint64_t absent;
};

static struct sql_value id_value(struct str id)
{
    return SQL_BYTES(id.data == NULL ? "" : id.data, id.len);
}

/* ---- the file ---- */

static void seen_unlink(const char *path)
{
    AUTO_FREE char *rollback = memory_format("%s-journal", path);
    unlink(rollback);
    unlink(path);
}

static bool seen_create(const char *path, bool keep, struct error *err)
{
    mode_t mode = place_file_mode(path);
    if (!keep)
        seen_unlink(path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0 && errno == EACCES) { /* of an operator before the directory was shared */
        seen_unlink(path);
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
    }
    if (fd < 0)
        return error_set_errno(err, ERROR_JOURNAL_OPEN, "%s", path);
    bool done = fchmod(fd, mode) == 0 || errno == EPERM; /* another's is right already */
    if (!done)
        error_set_errno(err, ERROR_JOURNAL_OPEN, "mode of %s", path);
    close(fd);
    return done;
}

static bool seen_prepare(struct seen *seen, bool named, struct error *err)
{
    const char *mode = named ? "PRAGMA journal_mode=TRUNCATE" : "PRAGMA journal_mode=MEMORY";
    return sqlite_open(&seen->db, seen->path, 0, err) && sqlite_script(&seen->db, mode, err) &&
           sqlite_script(&seen->db, pragmas, err);
}

static bool seen_check(struct seen *seen, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    bool row;
    if (!sqlite_prepare(&seen->db, "PRAGMA quick_check(1)", SQL_NO_VALUES, &statement, err) ||
        !sqlite_step(&seen->db, statement, &row, err))
        return false;
    return row && strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
}

static bool seen_has_tag(struct seen *seen, const char *tag, bool *ret_same, struct error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!sqlite_bind(&seen->db, SQL_SEEN_TAG, SQL_NO_VALUES, &statement, err) ||
        !sqlite_step(&seen->db, statement, &row, err))
        return false;
    *ret_same = row && strcmp((const char *)sqlite3_column_text(statement, 0), tag) == 0;
    if (row)
        sqlite3_reset(statement);
    return true;
}

/* A damaged file counts as another run's. */
static bool seen_adopt(struct seen *seen, const char *tag, struct error *err)
{
    bool same = false;
    struct error damaged = {0};
    bool readable = seen_prepare(seen, true, &damaged) &&
                    seen_has_tag(seen, tag, &same, &damaged) && seen_check(seen, &damaged);
    if (readable && same)
        return true;
    sqlite_close(&seen->db);
    return seen_create(seen->path, false, err) && seen_prepare(seen, true, err) &&
           sqlite_run(&seen->db, SQL_SEEN_TAG_SET, SQL_VALUES(sqlite_text(tag)), err);
}

bool seen_open(const char *state_dir, const char *name, const char *tag, struct seen **ret_seen,
               struct error *err)
{
    struct seen *seen = memory_zero(1, sizeof(*seen));
    AUTO_FREE char *directory = realpath(state_dir, NULL); /* SQLite opens through no link */
    seen->path = memory_format("%s/seen-%s.db", directory == NULL ? state_dir : directory, name);
    seen->pending.max = SEEN_PENDING_MAX;
    bool done = seen_create(seen->path, tag != NULL, err) &&
                (tag != NULL ? seen_adopt(seen, tag, err) : seen_prepare(seen, false, err));
    if (!done) {
        seen_close(seen, true);
        return false;
    }
    if (tag == NULL)
        unlink(seen->path);
    *ret_seen = seen;
    return true;
}

void seen_close(struct seen *seen, bool remove)
{
    if (seen == NULL)
        return;
    sqlite_close(&seen->db);
    if (remove)
        seen_unlink(seen->path);
    buffer_free(&seen->pending);
    arena_free(&seen->arena);
    free(seen->path);
    free(seen);
}

/* ---- adding ---- */

static bool seen_write(struct seen *seen, struct error *err)
{
    const char *at = seen->pending.data;
    const char *end = at + seen->pending.len;
    bool done = true;
    while (done && at < end) {
        size_t len;
        memcpy(&len, at, sizeof(len));
        at += sizeof(len);
        done =
            sqlite_run(&seen->db, SQL_SEEN_ADD, SQL_VALUES(id_value((struct str){at, len})), err);
        at += len;
    }
    return done;
}

bool seen_flush(struct seen *seen, struct error *err)
{
    if (seen->pending.len == 0)
        return true;
    if (!sqlite_begin(&seen->db, err) || !sqlite_end(&seen->db, seen_write(seen, err), err))
        return false;
    buffer_clear(&seen->pending);
    return true;
}

bool seen_add(struct seen *seen, struct str id, struct error *err)
{
    size_t size = sizeof(id.len) + id.len;
    if (size > SEEN_PENDING_MAX)
        return error_set(err, ERROR_INTERNAL, "an id of %zu bytes", id.len);
    if (seen->pending.len + size > SEEN_PENDING_MAX && !seen_flush(seen, err))
        return false;
    buffer_append(&seen->pending, &id.len, sizeof(id.len));
    buffer_append_str(&seen->pending, id);
    return true;
}

/* ---- the merge ---- */

static bool read_page(struct seen *seen, enum statement_id id, struct str after, size_t max,
                      struct arena *arena, struct str **ret_ids, size_t *ret_count,
                      struct error *err)
{
    sqlite3_stmt *statement;
    struct str *ids = arena_zero(arena, max * sizeof(*ids));
    size_t count = 0;
    bool row = true;
    if (!sqlite_bind(&seen->db, id, SQL_VALUES(id_value(after), SQL_INT(max)), &statement, err))
        return false;
    while (true) {
        if (!sqlite_step(&seen->db, statement, &row, err))
            return false;
        if (!row)
            break;
        struct str found = {sqlite3_column_blob(statement, 0),
                            (size_t)sqlite3_column_bytes(statement, 0)};
        if (count < max)
            ids[count++] = arena_copy(arena, found);
    }
    *ret_ids = ids;
    *ret_count = count;
    return true;
}

static bool next_page(struct seen *seen, struct error *err)
{
    char last[1536] = "";
    struct str after = {last, 0};
    if (seen->page_count > 0) {
        after.len = seen->page[seen->page_count - 1].len;
        if (after.len > sizeof(last))
            return error_set(err, ERROR_INTERNAL, "an id of %zu bytes", after.len);
        memcpy(last, seen->page[seen->page_count - 1].data, after.len);
    }
    arena_reset(&seen->arena);
    seen->page_next = 0;
    if (!read_page(seen, SQL_SEEN_PAGE, after, PAGE_IDS, &seen->arena, &seen->page,
                   &seen->page_count, err))
        return false;
    seen->page_last = seen->page_count < PAGE_IDS;
    return true;
}

bool seen_compare_begin(struct seen *seen, struct error *err)
{
    struct error ignored = {0};
    if (seen->comparing) /* one that broke off */
        seen->comparing = sqlite_end(&seen->db, false, &ignored);
    seen->page_count = seen->page_next = 0;
    seen->absent = 0;
    if (!seen_flush(seen, err) || !sqlite_run(&seen->db, SQL_ABSENT_CLEAR, SQL_NO_VALUES, err) ||
        !sqlite_begin(&seen->db, err))
        return false;
    seen->comparing = true;
    return next_page(seen, err);
}

bool seen_compare(struct seen *seen, struct str id, struct error *err)
{
    while (true) {
        if (seen->page_next == seen->page_count) {
            if (seen->page_last)
                break;
            if (!next_page(seen, err))
                return false;
            continue;
        }
        int order = str_compare(seen->page[seen->page_next], id);
        if (order == 0)
            return true;
        if (order > 0)
            break;
        seen->page_next++;
    }
    seen->absent++;
    return sqlite_run(&seen->db, SQL_ABSENT_ADD, SQL_VALUES(id_value(id)), err);
}

bool seen_compare_besides(struct seen *seen, struct str id, struct error *err)
{
    bool found;
    int64_t there = 0;
    if (!sqlite_number(&seen->db, SQL_SEEN_HAS, SQL_VALUES(id_value(id)), &found, &there, err))
        return false;
    if (there != 0)
        return true;
    seen->absent++;
    return sqlite_run(&seen->db, SQL_ABSENT_ADD, SQL_VALUES(id_value(id)), err);
}

bool seen_compare_end(struct seen *seen, uint64_t *ret_absent, struct error *err)
{
    seen->comparing = false;
    if (!sqlite_end(&seen->db, true, err))
        return false;
    *ret_absent = seen->absent;
    return true;
}

bool seen_absent(struct seen *seen, struct str after, size_t max, struct arena *arena,
                 struct str **ret_ids, size_t *ret_count, struct error *err)
{
    return read_page(seen, SQL_ABSENT_PAGE, after, max, arena, ret_ids, ret_count, err);
}

bool seen_absent_drop(struct seen *seen, struct str id, struct error *err)
{
    return sqlite_run(&seen->db, SQL_ABSENT_DROP, SQL_VALUES(id_value(id)), err);
}
