/* The journal, reading side: consoles and commands. May insert into `commands` only (an SQLite
 * authorizer sees to it). A read transaction lasts one call. One thread owns a reader. Works while
 * an engine writes, and when none runs. */
#ifndef ORDERSYNC_JOURNAL_READER_H
#define ORDERSYNC_JOURNAL_READER_H

#include "base/error.h"
#include "base/memory.h"
#include "journal/failure.h"
#include "journal/journal.h"
#include "journal/listing.h"
#include "journal/runs.h"
#include "journal/status.h"

struct journal_reader;

/* ERROR_JOURNAL_MISSING when there is none yet (class not_found). */
MUST_CHECK bool journal_reader_open(const char *state_dir, struct journal_reader **ret_reader,
                                    struct error *err);
void journal_reader_close(struct journal_reader *reader);
/* Changes whenever failures, runs, checkpoints or commands were written, not with the status beat,
 * so that a list need not be read again four times a second; -1 when it cannot be read. */
int64_t journal_reader_version(struct journal_reader *reader);
/* An engine holds the journal's lock just now, whatever its status row says. */
bool journal_reader_engine_runs(const struct journal_reader *reader);
/* Reads the whole file (PRAGMA quick_check), for `doctor`: ERROR_JOURNAL_CORRUPT. */
MUST_CHECK bool journal_reader_check(struct journal_reader *reader, struct error *err);

MUST_CHECK bool journal_read_status(struct journal_reader *reader, struct engine_status *ret_status,
                                    struct error *err);

struct attempt_row {
    unsigned number;
    int64_t at_us, version;
    char stage[16];
    char code[12]; /* "": not a failure but the success that resolved it */
    char message[320];
    char field[128];
    char request_id[80], sqlstate[6];
    int http_status;
    char run_id[40];
    bool charged;
};
struct note_row {
    int64_t at_us;
    char operator_name[64];
    char *text; /* arena */
};
struct failure_detail {
    struct failure_row row;
    struct str source_id; /* whole */
    uint64_t same_fingerprint;
    struct attempt_row *attempts; /* newest first */
    size_t attempt_count;
    struct note_row *notes;
    size_t note_count;
    struct command_row *actions; /* journal_list_actions() fills them in */
    size_t action_count;
};
MUST_CHECK bool journal_read_failure(struct journal_reader *reader, int64_t id, struct arena *arena,
                                     struct failure_detail *ret_detail, struct error *err);
/* By document: newest failure of SOURCE/ID whatever its state; *ret_id 0 when none. */
MUST_CHECK bool journal_find_failure(struct journal_reader *reader, enum source_kind source,
                                     const char *source_id, int64_t *ret_id, struct error *err);

struct command_row {
    int64_t id;
    char kind[24];
    char arguments[256];
    char operator_name[64], origin[64];
    char reason[200];
    int64_t created_us, finished_us;
    char result[16]; /* "" while queued or under way */
    char message[200];
    struct bulk_counts counts; /* of those on failures; without `awaited` */
};
MUST_CHECK bool journal_list_commands(struct journal_reader *reader, size_t max,
                                      struct arena *arena, struct command_row **ret_rows,
                                      size_t *ret_count, struct error *err);
MUST_CHECK bool journal_read_command(struct journal_reader *reader, int64_t id,
                                     struct command_row *ret_row, struct error *err);
/* Inserts a command; the engine finds it within a quarter of a second. */
MUST_CHECK bool journal_send_command(struct journal_reader *reader, const char *kind,
                                     const char *arguments_json, const char *reason,
                                     int64_t *ret_id, struct error *err);

#endif
