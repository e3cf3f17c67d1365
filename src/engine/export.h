/* What failed, written out: all failures that match a filter as JSON or CSV, for the console and
 * the command line. Any thread that owns a reader. */
#ifndef ORDERSYNC_ENGINE_EXPORT_H
#define ORDERSYNC_ENGINE_EXPORT_H

#include <stdio.h>

#include "journal/reader.h"

enum export_format { EXPORT_JSON, EXPORT_CSV };
/* "json", "csv". */
bool export_format_parse(const char *name, enum export_format *ret_format);
/* By the file's name; anything but .csv is JSON. */
enum export_format export_format_of(const char *path);

/* In order of the ids, so page by page and never all in memory. `stop` (may be NULL) is asked
 * between pages. A CSV text that a spreadsheet would take for a formula gets a quote before it.
 * ERROR_EXPORT. */
typedef bool export_stop_fn(void *context);
MUST_CHECK bool export_write(struct journal_reader *reader, const struct failure_filter *filter,
                             enum export_format format, FILE *file, export_stop_fn *stop,
                             void *context, uint64_t *ret_count, struct error *err);
/* To a new file of mode 0600; one that exists is left alone. An unfinished one is removed. */
MUST_CHECK bool export_to_file(struct journal_reader *reader, const struct failure_filter *filter,
                               const char *path, export_stop_fn *stop, void *context,
                               uint64_t *ret_count, struct error *err);

#endif
