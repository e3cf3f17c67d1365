/* What the files of this room share. Nobody else includes it. */
#ifndef ORDERSYNC_JOURNAL_INSIDE_H
#define ORDERSYNC_JOURNAL_INSIDE_H

#include <stdatomic.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "journal/journal.h"
#include "journal/reader.h"
#include "journal/sqlite.h"

/* The engine thread's. */
struct journal {
    struct sqlite db;
    int lock; /* descriptor of engine.lock, held as long as the journal is open */
    char id[UUID_TEXT_SIZE];
    char notice[256];     /* what journal_open() found unusual, "" nothing */
    int64_t last_command; /* handed out by journal_next_command() */
};

/* One console thread's. */
struct journal_reader {
    struct sqlite db;
    int64_t budget_us;       /* of a list, groups or a count; 0: no limit */
    int64_t deadline_us;     /* monotonic; 0: none */
    bool cut;                /* the last of them ended early */
    atomic_bool interrupted; /* any thread */
};
/* A list, groups or a count begins and ends: between them the budget counts. reader_end() turns the
 * failure of a statement that was cut short into a result that is not complete. */
void reader_begin(struct journal_reader *reader);
MUST_CHECK bool reader_end(struct journal_reader *reader, bool done);

#define JOURNAL_BUSY_MS                                                                            \
    10000 /* the writer: consoles hold the lock for milliseconds, a backup for seconds */
#define READER_BUSY_MS 2000

/* Begins a transaction and raises the revision that consoles watch; sqlite_end() ends it. */
MUST_CHECK bool journal_begin(struct journal *journal, struct error *err);

/* A failure as the transitions need it. */
struct failure_now {
    int64_t id; /* 0: there is none */
    int64_t version;
    enum failure_state state;
    unsigned attempts, tries;
    int64_t next_us;
};

#define ROWS_MAX 10000 /* of any list, whatever the caller asks */

/* Up to `max` rows of a statement into an array in the arena; `read` fills a zeroed item of `size`
 * bytes. */
typedef void row_fn(sqlite3_stmt *statement, void *item);
MUST_CHECK bool rows_read(struct sqlite *db, sqlite3_stmt *statement, row_fn *read, size_t size,
                          size_t max, struct arena *arena, void **ret_rows, size_t *ret_count,
                          struct error *err);

/* A row of the statements that list commands, into a struct command_row. */
void command_row_read(sqlite3_stmt *statement, void *item);
enum error_class row_class(const char *name); /* CLASS_NONE for one that is not known */

struct listen_checkpoint;
MUST_CHECK bool listen_write(struct journal *journal, const struct listen_checkpoint *checkpoint,
                             struct error *err);

struct plan_summary;
/* Finds a plan by its id, a beginning of it, or "last"; its number is the key of its rows. */
MUST_CHECK bool plan_find(struct sqlite *db, const char *id, struct plan_summary *ret_summary,
                          int64_t *ret_number, struct error *err);
/* The number of a plan of exactly this id. */
MUST_CHECK bool plan_number(struct sqlite *db, const char *id, int64_t *ret_number,
                            struct error *err);

/* Columns 0 to 10: a row_fn of struct plan_row. */
void plan_row_read(sqlite3_stmt *s, void *item);

/* SQL_RUN_ADD or SQL_RUN_SET. */
MUST_CHECK bool run_counts_write(struct journal *journal, enum statement_id id, const char *run_id,
                                 const struct run_counts *counts, struct error *err);

#endif
