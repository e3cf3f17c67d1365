/* One error value for the whole program: a stable code (OS-2103), the class that decides what
 * happens next, a one-line message, and context. Logged once, where it is handled, never where
 * it is made. The table of codes is base/errors.def: one line each, with cause and remedy, from
 * which ordersync-errors.7 and the console's runbook paragraphs come. */
#ifndef ORDERSYNC_BASE_ERROR_H
#define ORDERSYNC_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum error_class {
    CLASS_NONE,
    CLASS_TRANSIENT, /* network, 5xx, deadlock: the whole batch is tried again, no attempt charged
                      */
    CLASS_RATE_LIMITED, /* wait what the server says */
    CLASS_AUTH,         /* pauses the source or the engine, loudly */
    CLASS_INVALID_DATA, /* the document's own fault: splits the batch, becomes a failure */
    CLASS_CONFLICT,     /* as invalid_data */
    CLASS_NOT_FOUND,
    CLASS_STORAGE, /* disk full, journal locked: the engine stops */
    CLASS_CONFIG,
    CLASS_CANCELLED,
    CLASS_BUG,
};

enum error_id {
    ERROR_NONE,
#define ERROR_CODE(id, number, class, summary, cause, remedy) id,
#include "base/errors.def"
#undef ERROR_CODE
    ERROR_ID_COUNT
};

struct error {
    enum error_id id; /* ERROR_NONE: no error */
    char message[320];
    char field[128]; /* document field path, "" when not about a field */
    char sqlstate[6];
    int http_status; /* HTTP or gRPC transport status, 0 none */
    char request_id[80];
    int64_t retry_after_us; /* what the server asked for; 0 when it said nothing */
};

struct error_info {
    const char *code; /* "OS-2103" */
    enum error_class class;
    const char *summary; /* a few words */
    const char *cause;
    const char *remedy;
};

/* Static data, never NULL; any thread. */
const struct error_info *error_info(enum error_id id);
const char *error_class_name(enum error_class class); /* "invalid_data" */
bool error_class_parse(const char *name, enum error_class *ret_class);
bool error_id_parse(const char *code, enum error_id *ret_id); /* "OS-2103" */
enum error_class error_class(const struct error *err);
int error_exit_code(const struct error *err); /* sysexits: by class, some by id */

/* Fills *err (which may be NULL) and returns false, so that `return error_set(err, ...)` works. The
 * message is one line: control characters are replaced. Clears field, sqlstate and the rest. */
bool error_set(struct error *err, enum error_id id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for errno: appends ": strerror". */
bool error_set_errno(struct error *err, enum error_id id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "prefix: " before the message of an error already set; returns false. */
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool error_field(struct error *err, const char *path); /* names the field; returns false */
/* Puts " (request ID)" behind the message, whose end gives way, where an id is known: for those who
 * keep the message alone. Returns false. */
bool error_suffix_request(struct error *err);

#define MUST_CHECK __attribute__((warn_unused_result))

#endif
