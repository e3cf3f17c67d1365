/* The log: one line an event, written with one write(2), and a ring for the console. This file owns
 * the process's one log; a mutex guards it. */
#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#define LOG_RING_SIZE 2048
#define LOG_LINE_MAX 4096

static struct {
    pthread_mutex_t lock; /* guards everything below */
    enum log_level level;
    enum log_format format;
    int fd; /* -1: the ring only */
    bool own_fd;
    bool syslog;
    bool journald; /* stderr is the journal's: lines begin with their priority */
    uint64_t sequence;
    struct log_entry ring[LOG_RING_SIZE];
} log_state = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_INFO, .fd = STDERR_FILENO};

static const char *const log_level_names[] = {"error", "warning", "info", "debug"};
static const char log_priorities[] = {'3', '4', '6', '7'}; /* sd-daemon(3) */

const char *log_level_name(enum log_level level)
{
    return log_level_names[level];
}

/* systemd.exec(5), JOURNAL_STREAM: device and inode of the stream it connected. */
static bool log_stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;
    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

/* The descriptor to write to, *ret_own when it is to be closed. */
static int log_target(const struct log_options *options, bool *ret_own, bool *ret_failed)
{
    int fd = options->quiet ? -1 : STDERR_FILENO;
    if (options->file == NULL || options->file[0] == '\0')
        return fd;
    if (strcmp(options->file, "syslog") == 0)
        return -1;
    int opened = open(options->file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    *ret_own = opened >= 0;
    *ret_failed = opened < 0;
    return opened >= 0 ? opened : fd;
}

/* From the old place to the new one at once: no line is lost between. */
void log_open(const struct log_options *options)
{
    bool own = false;
    bool failed = false;
    int fd = log_target(options, &own, &failed);
    pthread_mutex_lock(&log_state.lock);
    int old = log_state.own_fd ? log_state.fd : -1;
    log_state.level = options->level;
    log_state.format = options->format;
    log_state.fd = fd;
    log_state.own_fd = own;
    log_state.syslog = options->file != NULL && strcmp(options->file, "syslog") == 0;
    log_state.journald = !own && fd >= 0 && log_stderr_is_journal();
    if (log_state.syslog)
        openlog("ordersync", LOG_PID, LOG_DAEMON);
    pthread_mutex_unlock(&log_state.lock);
    if (old >= 0)
        close(old);
    if (failed)
        log_warning("log", "cannot open the log file %s: %m", options->file);
}

void log_close(void)
{
    pthread_mutex_lock(&log_state.lock);
    if (log_state.own_fd)
        close(log_state.fd);
    log_state.fd = STDERR_FILENO;
    log_state.own_fd = false;
    log_state.syslog = false;
    log_state.journald = false;
    pthread_mutex_unlock(&log_state.lock);
}

/* Copies `text` cut at a whole character, fit for one line. */
static void log_clean(char *out, size_t size, const char *text)
{
    struct arena arena = {.block_size = 2048};
    struct str shown = text_display(str_from(text == NULL ? "" : text), &arena);
    size_t len = shown.len < size - 1 ? shown.len : size - 1;
    while (len > 0 && len < shown.len && ((unsigned char)shown.data[len] & 0xc0) == 0x80)
        len--;
    memcpy(out, shown.data, len);
    out[len] = '\0';
    arena_free(&arena);
}

static void log_json_field(struct buffer *line, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    buffer_append_format(line, ",\"%s\":", name);
    text_append_json(line, str_from(value));
}

/* What a line says beyond its entry; all of it may be missing. */
struct log_context {
    const struct error *err;
    const char *message; /* in JSON, in place of the entry's, which has the context in words */
    const struct log_number *numbers;
    size_t number_count;
};

static void log_json_number(struct buffer *line, const char *name, int64_t number)
{
    if (number != 0)
        buffer_append_format(line, ",\"%s\":%lld", name, (long long)number);
}

static void log_json_text(struct buffer *line, const char *name, const char *text)
{
    char clean[320];
    log_clean(clean, sizeof(clean), text);
    log_json_field(line, name, clean);
}

static void log_json_context(struct buffer *line, const struct log_context *context)
{
    const struct error *err = context->err;
    if (err != NULL) {
        log_json_field(line, "class", error_class_name(error_class(err)));
        log_json_text(line, "field", err->field);
        log_json_text(line, "sqlstate", err->sqlstate);
        log_json_number(line, "status", err->http_status);
        log_json_text(line, "request_id", err->request_id);
        log_json_number(line, "retry_after_ms", err->retry_after_us / 1000);
    }
    for (size_t i = 0; i < context->number_count; i++)
        buffer_append_format(line, ",\"%s\":%.15g", context->numbers[i].name,
                             context->numbers[i].number);
}

static void log_render_json(struct buffer *line, const struct log_entry *entry, struct str time,
                            const struct log_context *context)
{
    buffer_append_format(line, "{\"time\":\"%.*s\",\"level\":\"%s\"", STR_ARG(time),
                         log_level_names[entry->level]);
    log_json_field(line, "component", entry->component);
    log_json_field(line, "code", entry->code);
    log_json_field(line, "source", entry->source);
    log_json_field(line, "order", entry->order);
    if (context->message != NULL)
        log_json_text(line, "message", context->message);
    else
        log_json_field(line, "message", entry->message);
    log_json_context(line, context);
    buffer_append_text(line, "}");
}

void log_entry_json(const struct log_entry *entry, struct buffer *line)
{
    struct arena arena = {.block_size = 256};
    log_render_json(line, entry, clock_format_utc(&arena, entry->at_us),
                    &(struct log_context){.err = NULL});
    arena_free(&arena);
}

static void log_render_text(struct buffer *line, const struct log_entry *entry, struct str time)
{
    if (!log_state.syslog) /* it has its own clock and levels */
        buffer_append_format(line, "%.*s %s ", STR_ARG(time), log_level_names[entry->level]);
    buffer_append_format(line, "%s:", entry->component);
    if (entry->code[0] != '\0')
        buffer_append_format(line, " %s", entry->code);
    if (entry->source[0] != '\0')
        buffer_append_format(line, " %s", entry->source);
    if (entry->order[0] != '\0')
        buffer_append_format(line, "/%s", entry->order);
    buffer_append_format(line, " %s", entry->message);
}

/* A full disk or a closed pipe loses a log line and nothing else. Lock held: lines do not mix. */
static void log_emit(const struct log_entry *entry, const struct log_context *context)
{
    struct buffer line = {.max = LOG_LINE_MAX};
    struct arena arena = {.block_size = 256};
    struct str time = clock_format_utc(&arena, entry->at_us);
    if (log_state.journald)
        buffer_append_format(&line, "<%c>", log_priorities[entry->level]);
    if (log_state.format == LOG_FORMAT_JSON)
        log_render_json(&line, entry, time, context);
    else
        log_render_text(&line, entry, time);
    if (log_state.syslog) {
        syslog(log_priorities[entry->level] - '0', "%s", line.data);
    } else {
        buffer_append_char(&line, '\n');
        ssize_t ignored = write(log_state.fd, line.data, line.len);
        (void)ignored;
    }
    arena_free(&arena);
    buffer_free(&line);
}

static void log_put(struct log_entry *entry, const struct log_context *context)
{
    entry->at_us = clock_wall_us();
    pthread_mutex_lock(&log_state.lock);
    if (entry->level <= log_state.level) {
        entry->sequence = ++log_state.sequence;
        log_state.ring[entry->sequence % LOG_RING_SIZE] = *entry;
        if (log_state.fd >= 0 || log_state.syslog)
            log_emit(entry, context);
    }
    pthread_mutex_unlock(&log_state.lock);
}

void log_write(enum log_level level, const char *component, const char *format, ...)
{
    struct log_entry entry = {.level = level};
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    log_clean(entry.component, sizeof(entry.component), component);
    log_clean(entry.message, sizeof(entry.message), message);
    log_put(&entry, &(struct log_context){.err = NULL});
}

/* Context that helps who reads the line; what is not known is left out. */
static void log_error_text(struct buffer *text, const struct error *err)
{
    buffer_append_text(text, err->message);
    if (err->field[0] != '\0')
        buffer_append_format(text, " (field %s)", err->field);
    if (err->sqlstate[0] != '\0')
        buffer_append_format(text, " (SQLSTATE %s)", err->sqlstate);
    if (err->http_status != 0)
        buffer_append_format(text, " (status %d)", err->http_status);
    if (err->request_id[0] != '\0')
        buffer_append_format(text, " (request %s)", err->request_id);
}

void log_error(const char *component, const struct error *err, const char *source,
               const char *order)
{
    struct log_entry entry = {.level = LOG_LEVEL_ERROR};
    struct buffer text = {.max = 2048};
    if (error_class(err) == CLASS_TRANSIENT || error_class(err) == CLASS_RATE_LIMITED ||
        error_class(err) == CLASS_CANCELLED)
        entry.level = LOG_LEVEL_WARNING; /* passes by itself */
    log_error_text(&text, err);
    log_clean(entry.component, sizeof(entry.component), component);
    log_clean(entry.code, sizeof(entry.code), error_info(err->id)->code);
    log_clean(entry.source, sizeof(entry.source), source);
    log_clean(entry.order, sizeof(entry.order), order);
    log_clean(entry.message, sizeof(entry.message), text.data);
    buffer_free(&text);
    log_put(&entry, &(struct log_context){.err = err, .message = err->message});
}

void log_numbers(const char *component, const char *source, const char *message,
                 const struct log_number *numbers, size_t count)
{
    struct log_entry entry = {.level = LOG_LEVEL_INFO};
    struct buffer text = {.max = 2048};
    buffer_append_format(&text, "%s:", message);
    for (size_t i = 0; i < count; i++)
        buffer_append_format(&text, " %s %.15g", numbers[i].name, numbers[i].number);
    log_clean(entry.component, sizeof(entry.component), component);
    log_clean(entry.source, sizeof(entry.source), source);
    log_clean(entry.message, sizeof(entry.message), text.data);
    buffer_free(&text);
    log_put(&entry,
            &(struct log_context){.message = message, .numbers = numbers, .number_count = count});
}

size_t log_ring_read(uint64_t after, struct log_entry *ret_entries, size_t max)
{
    size_t count = 0;
    pthread_mutex_lock(&log_state.lock);
    uint64_t oldest =
        log_state.sequence < LOG_RING_SIZE ? 1 : log_state.sequence - LOG_RING_SIZE + 1;
    for (uint64_t next = after + 1 > oldest ? after + 1 : oldest;
         next <= log_state.sequence && count < max; next++)
        ret_entries[count++] = log_state.ring[next % LOG_RING_SIZE];
    pthread_mutex_unlock(&log_state.lock);
    return count;
}
