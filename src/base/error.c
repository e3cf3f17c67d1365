/* The table of error codes and the error value. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static const struct error_info infos[ERROR_ID_COUNT] = {
    [ERROR_NONE] = {"", CLASS_NONE, "", "", ""},
#define ERROR_CODE(id, number, class, summary, cause, remedy)                                      \
    [id] = {"OS-" #number, class, summary, cause, remedy},
#include "base/errors.def"
#undef ERROR_CODE
};

static const char *const class_names[] = {
    [CLASS_NONE] = "none",
    [CLASS_TRANSIENT] = "transient",
    [CLASS_RATE_LIMITED] = "rate_limited",
    [CLASS_AUTH] = "auth",
    [CLASS_INVALID_DATA] = "invalid_data",
    [CLASS_CONFLICT] = "conflict",
    [CLASS_NOT_FOUND] = "not_found",
    [CLASS_STORAGE] = "storage",
    [CLASS_CONFIG] = "config",
    [CLASS_CANCELLED] = "cancelled",
    [CLASS_BUG] = "bug",
};
#define CLASS_COUNT (sizeof(class_names) / sizeof(class_names[0]))

static const int class_exit_codes[CLASS_COUNT] = {
    [CLASS_TRANSIENT] = EX_TEMPFAIL, [CLASS_RATE_LIMITED] = EX_TEMPFAIL,
    [CLASS_AUTH] = EX_NOPERM,        [CLASS_INVALID_DATA] = EX_DATAERR,
    [CLASS_CONFLICT] = EX_DATAERR,   [CLASS_NOT_FOUND] = EX_DATAERR,
    [CLASS_STORAGE] = EX_IOERR,      [CLASS_CONFIG] = EX_CONFIG,
    [CLASS_CANCELLED] = EX_TEMPFAIL, [CLASS_BUG] = EX_SOFTWARE,
};

const struct error_info *error_info(enum error_id id)
{
    return &infos[id < ERROR_ID_COUNT ? id : ERROR_INTERNAL];
}

const char *error_class_name(enum error_class class)
{
    return class_names[class < CLASS_COUNT ? class : CLASS_BUG];
}

bool error_class_parse(const char *name, enum error_class *ret_class)
{
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        if (strcmp(class_names[i], name) == 0) {
            *ret_class = (enum error_class)i;
            return true;
        }
    }
    return false;
}

bool error_id_parse(const char *code, enum error_id *ret_id)
{
    for (size_t i = 1; i < ERROR_ID_COUNT; i++) {
        if (strcmp(infos[i].code, code) == 0) {
            *ret_id = (enum error_id)i;
            return true;
        }
    }
    return false;
}

enum error_class error_class(const struct error *err)
{
    return error_info(err->id)->class;
}

int error_exit_code(const struct error *err)
{
    switch (err->id) {
    case ERROR_USAGE:
        return EX_USAGE;
    case ERROR_JOURNAL_MISSING: /* state_dir is not the one that an engine uses */
        return EX_CONFIG;
    case ERROR_SOURCE_UNAVAILABLE:
    case ERROR_SOURCE_TIMEOUT:
        return EX_UNAVAILABLE;
    default:
        return class_exit_codes[error_class(err)];
    }
}

/* A text that was cut to fit must not end amid a character: drops the last one when bytes of it are
 * missing. */
static void error_end_whole(char *text)
{
    size_t len = strlen(text), at = len;
    while (at > 0 && len - at < 3 && ((unsigned char)text[at - 1] & 0xc0) == 0x80)
        at--;
    if (at == 0 || (unsigned char)text[at - 1] < 0xc0)
        return;
    unsigned char lead = (unsigned char)text[at - 1];
    size_t whole = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (len - (at - 1) < whole)
        text[at - 1] = '\0';
}

/* One line, whatever a server or a document put into it. */
static void error_clean(struct error *err)
{
    for (char *c = err->message; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    }
    error_end_whole(err->message);
}

bool error_set(struct error *err, enum error_id id, const char *format, ...)
{
    if (err == NULL)
        return false;
    struct error made = {.id = id};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(made.message, sizeof(made.message), format, arguments);
    va_end(arguments);
    error_clean(&made);
    *err = made;
    return false;
}

bool error_set_errno(struct error *err, enum error_id id, const char *format, ...)
{
    int number = errno;
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    return error_set(err, id, "%s: %s", text, strerror(number));
}

bool error_prefix(struct error *err, const char *format, ...)
{
    if (err == NULL)
        return false;
    char text[sizeof(err->message)];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (len < 0 || (size_t)len + 3 > sizeof(text))
        return false;
    snprintf(text + len, sizeof(text) - (size_t)len, ": %.*s",
             (int)(sizeof(text) - (size_t)len - 3), err->message);
    memcpy(err->message, text, sizeof(text));
    error_clean(err);
    return false;
}

bool error_suffix_request(struct error *err)
{
    char suffix[sizeof(err->request_id) + sizeof(" (request )")];
    if (err->request_id[0] == '\0')
        return false;
    int len = snprintf(suffix, sizeof(suffix), " (request %s)", err->request_id);
    size_t room = sizeof(err->message) - 1 - (size_t)len;
    size_t used = strlen(err->message);
    if (used > room) {
        err->message[room] = '\0';
        error_end_whole(err->message);
        used = strlen(err->message);
    }
    memcpy(err->message + used, suffix, (size_t)len + 1);
    error_clean(err);
    return false;
}

bool error_field(struct error *err, const char *path)
{
    if (err != NULL) {
        snprintf(err->field, sizeof(err->field), "%s", path);
        error_end_whole(err->field);
    }
    return false;
}
