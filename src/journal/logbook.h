/* The newest lines of the engine's log, kept in the journal so that a console in another process
 * can show them. Not the log itself, which goes where log_file says and forgets nothing. */
#ifndef ORDERSYNC_JOURNAL_LOGBOOK_H
#define ORDERSYNC_JOURNAL_LOGBOOK_H

#include "base/log.h"
#include "journal/journal.h"
#include "journal/reader.h"

#define LOGBOOK_LINES 2048 /* kept; the oldest give way */

/* Adds lines, oldest first. Like the status beat it costs no fsync: a power cut may lose the last
 * ones. Engine thread. */
MUST_CHECK bool journal_keep_log(struct journal *journal, const struct log_entry *entries,
                                 size_t count, struct error *err);
/* Up to `max` lines behind `after`, oldest first; `sequence` is their number in the journal. 0
 * begins with the oldest. */
MUST_CHECK bool journal_read_log(struct journal_reader *reader, uint64_t after, size_t max,
                                 struct arena *arena, struct log_entry **ret_entries,
                                 size_t *ret_count, struct error *err);

#endif
