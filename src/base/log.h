/* Structured log: one line an event on stderr, a file or syslog, text or JSON. A stderr that is
 * journald's gets each line's priority in front (sd-daemon(3)). Any thread.
 * No secret and no personal data may be passed in: ids, codes and counts only. In-console, lines go
 * to a ring (log_ring_*) instead of stderr. Text values are cleaned of control characters here. */
#ifndef ORDERSYNC_BASE_LOG_H
#define ORDERSYNC_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

struct log_entry {
    uint64_t sequence;
    int64_t at_us;
    enum log_level level;
    char component[16];
    char code[12]; /* "" or "OS-2103" */
    char source[12];
    char order[64];
    char message[256];
};

struct log_options {
    enum log_level level;
    enum log_format format;
    const char *file; /* NULL: stderr; "syslog": the system's log */
    bool quiet;       /* to the ring only (a console owns the terminal) */
};
/* Again to change level and form, or to write on in a new file after the old one was moved away.
 * Main thread; others may log meanwhile. */
void log_open(const struct log_options *options);
void log_close(void);

void log_write(enum log_level level, const char *component, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* An error with its full context, in JSON as fields of their own; source and order may be NULL. */
void log_error(const char *component, const struct error *err, const char *source,
               const char *order);
#define log_info(component, ...) log_write(LOG_LEVEL_INFO, component, __VA_ARGS__)
#define log_warning(component, ...) log_write(LOG_LEVEL_WARNING, component, __VA_ARGS__)
#define log_debug(component, ...) log_write(LOG_LEVEL_DEBUG, component, __VA_ARGS__)

/* Measures: "name value name value", in JSON as numbers of their own. */
struct log_number {
    const char *name; /* "lag_p50_us" */
    double number;
};
void log_numbers(const char *component, const char *source, const char *message,
                 const struct log_number *numbers, size_t count);

const char *log_level_name(enum log_level level); /* "warning" */
/* The entry as one line of the JSON log, without its newline. */
void log_entry_json(const struct log_entry *entry, struct buffer *line);

/* Copies up to `max` entries newer than `after`, oldest first; returns how many. The ring holds
 * 2048. */
size_t log_ring_read(uint64_t after, struct log_entry *ret_entries, size_t max);

#endif
