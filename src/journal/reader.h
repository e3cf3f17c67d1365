/* The journal, reading side: consoles and commands. May insert into `commands` only (an SQLite
 * authorizer sees to it). A read transaction lasts one call. One thread owns a reader. Works while
 * an engine writes, and when none runs. */
#ifndef ORDERSYNC_JOURNAL_READER_H
#define ORDERSYNC_JOURNAL_READER_H

#include "base/error.h"
#include "base/memory.h"
#include "journal/failure.h"
#include "journal/journal.h"
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

struct failure_row {
    int64_t id;
    enum source_kind source;
    char source_id[200]; /* longer ids are cut here; failure_detail has them whole */
    char label[64];
    char stage[16], code[12];
    enum error_class class;
    char message[320];
    char field[128];
    char fingerprint[9];
    enum failure_state state;
    unsigned attempts, max_attempts;
    int64_t version;
    int64_t first_us, last_us, next_us; /* TIME_NONE when none */
    char request_id[80], sqlstate[6];
    int http_status;
    bool has_note;
};
struct failure_group {
    char fingerprint[9];
    enum source_kind source;
    char code[12];
    enum error_class class;
    char stage[16];
    char message[320]; /* of the newest */
    uint64_t count, dead;
    int64_t last_us, next_us;
};

/* Newest first; longest known first; most attempts first; next to be tried first; labels, numbers
 * in order. */
enum failure_sort { SORT_LAST, SORT_FIRST, SORT_ATTEMPTS, SORT_NEXT, SORT_LABEL };

struct failure_filter {
    unsigned states;            /* bit per failure_state; 0: all that are not resolved */
    unsigned sources;           /* bit per source_kind; 0: all */
    char fingerprint[9];        /* "" any */
    char code[12];              /* "" any */
    char text[128];             /* in label, id, message; "" any */
    int64_t since_us, until_us; /* of last_us, both included; TIME_NONE any */
    enum failure_sort sort;
};
MUST_CHECK bool journal_count_failures(struct journal_reader *reader,
                                       const struct failure_filter *filter, uint64_t *ret_count,
                                       struct error *err);
/* Rows [offset, offset + max) of the filtered list, in the arena. */
MUST_CHECK bool journal_list_failures(struct journal_reader *reader,
                                      const struct failure_filter *filter, uint64_t offset,
                                      size_t max, struct arena *arena,
                                      struct failure_row **ret_rows, size_t *ret_count,
                                      struct error *err);
/* Largest first. */
MUST_CHECK bool journal_list_groups(struct journal_reader *reader,
                                    const struct failure_filter *filter, size_t max,
                                    struct arena *arena, struct failure_group **ret_groups,
                                    size_t *ret_count, struct error *err);

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
    char result[16]; /* "" while queued */
    char message[200];
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
