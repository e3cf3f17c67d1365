/* Rows of the journal written out: all that a filter matches as JSON or CSV, for the console and
 * the command line. Page by page, so never all in memory. Any thread that owns a reader. */
#ifndef ORDERSYNC_ENGINE_EXPORT_H
#define ORDERSYNC_ENGINE_EXPORT_H

#include <stdio.h>

#include "journal/plan.h"
#include "journal/reader.h"

enum export_format { EXPORT_JSON, EXPORT_CSV };
/* "json", "csv". */
bool export_format_parse(const char *name, enum export_format *ret_format);
/* By the file's name; anything but .csv is JSON. */
enum export_format export_format_of(const char *path);

typedef bool export_stop_fn(void *context);
/* One export. Set reader and stop; file and format as well, unless export_to_file() does. */
struct export
{
    struct journal_reader *reader;
    export_stop_fn *stop; /* asked between pages, true ends it; NULL: nobody does */
    void *stop_context;
    FILE *file;
    enum export_format format;
    uint64_t count; /* rows written so far */
};

/* Writes all of `what`, which is of the type that the writer says. ERROR_EXPORT, or the journal's.
 */
typedef bool export_write_fn(struct export *export, const void *what, struct error *err);

/* What failed, in order of the ids: a struct failure_filter. */
export_write_fn export_failures;
/* A struct export_plan: rows in order of (source, source_id), each with its fields; as CSV a line
 * for each field. */
struct export_plan {
    const char *id; /* as journal_read_plan() takes it */
    struct plan_filter filter;
    bool personal; /* shown; false: masked */
};
export_write_fn export_plan;

/* To a new file of mode 0600; one that exists is left alone. An unfinished one is removed. */
MUST_CHECK bool export_to_file(struct export *export, const char *path, export_write_fn *write,
                               const void *what, struct error *err);

/* ---- for the writers ---- */

/* Writes what was gathered, and empties the buffer. */
MUST_CHECK bool export_put(struct export *export, struct buffer *gathered, struct error *err);
MUST_CHECK bool export_flush(struct export *export, struct error *err);
/* False with an error once `stop` says so. */
MUST_CHECK bool export_goes_on(const struct export *export, struct error *err);
/* A JSON string, or null; text from outside is repaired. */
void export_append_json(struct buffer *out, struct str text, struct arena *arena);
/* A cell of CSV, quoted always; valid UTF-8. A text that a spreadsheet would take for a formula
 * gets an apostrophe before it. */
void export_append_csv(struct buffer *out, struct str text);

#endif
