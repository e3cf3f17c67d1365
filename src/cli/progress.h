/* Progress on stderr while an engine works: a bar on a terminal, a plain line now and then
 * elsewhere. Beside the bar the log goes to its ring only, and warnings and errors are printed
 * above it from there. Main thread only. */
#ifndef ORDERSYNC_CLI_PROGRESS_H
#define ORDERSYNC_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/settings.h"
#include "journal/status.h"

struct progress {
    bool quiet;
    bool bar;
    bool drawn;        /* a bar stands on the current line */
    int64_t next_us;   /* monotonic: not before */
    uint64_t log_read; /* sequence of the last entry printed */
    char last_message[256];
};

/* Reopens the log silent when a bar is going to be drawn (stderr is a terminal and no log file is
 * set). */
void progress_start(struct progress *progress, const struct settings *settings, bool quiet);
void progress_update(struct progress *progress, const struct engine_status *status);
/* Counts alone, for work without an engine (reproject). */
void progress_counts(struct progress *progress, const char *what, uint64_t done, uint64_t failed);
/* The same for a comparison. */
void progress_compared(struct progress *progress, uint64_t done, uint64_t differences);
/* A line for the operator, in its place beside the bar. */
void progress_say(struct progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void progress_end(struct progress *progress); /* removes the bar */

#endif
