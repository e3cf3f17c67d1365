/* Runs, as they are read. Part of journal/reader.h. */
#ifndef ORDERSYNC_JOURNAL_RUNS_H
#define ORDERSYNC_JOURNAL_RUNS_H

#include "base/error.h"
#include "base/memory.h"
#include "journal/status.h"

struct journal_reader;

struct run_row {
    char id[40], kind[24];
    enum source_kind source;
    int64_t started_us, finished_us;
    char result[24]; /* "" unfinished */
    struct run_counts counts;
    uint64_t requests, retries;  /* of a look-back */
    int64_t busy_us;             /* without the pauses between its parts */
    char code[12], message[320]; /* what stopped it, until it is continued; "" nothing did */
};
MUST_CHECK bool journal_list_runs(struct journal_reader *reader, size_t max, struct arena *arena,
                                  struct run_row **ret_rows, size_t *ret_count, struct error *err);
/* The newest of this kind and source; *ret_found false when there is none. */
MUST_CHECK bool journal_last_run(struct journal_reader *reader, const char *kind,
                                 enum source_kind source, bool *ret_found, struct run_row *ret_row,
                                 struct error *err);

#endif
