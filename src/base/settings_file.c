/* Reading of a configuration file with inih. */
#include "base/settings_file.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct reading {
    FILE *file;
    const char *path;
    int line;      /* of the line in inih's hands */
    bool indented; /* that line continues the one before */
    char *name;    /* the setting being collected; NULL none */
    struct buffer value;
    int name_line;
    settings_entry_fn *entry;
    void *context;
    bool failed; /* the first error is in *err */
    struct error *err;
};

#define VALUE_MAX (64u * 1024)

/* fgets() that counts lines. inih cuts a long line silently, which would cut a password: refused
 * instead. */
static char *reading_line(char *text, int size, void *stream)
{
    struct reading *reading = stream;
    if (reading->failed || fgets(text, size, reading->file) == NULL)
        return NULL;
    reading->line++;
    reading->indented = text[0] == ' ' || text[0] == '\t';
    if (strchr(text, '\n') != NULL || feof(reading->file))
        return text;
    reading->failed = true;
    error_set(reading->err, ERROR_SETTING_INVALID,
              "%s:%d: line longer than %d characters; continue it indented on the next line",
              reading->path, reading->line, size - 2);
    return NULL;
}

static bool reading_flush(struct reading *reading)
{
    if (reading->name == NULL || reading->failed)
        return !reading->failed;
    char *name AUTO_FREE = reading->name;
    reading->name = NULL;
    if (!reading->entry(reading->context, reading->path, reading->name_line, name,
                        reading->value.data == NULL ? "" : reading->value.data, reading->err))
        reading->failed = true;
    buffer_clear(&reading->value);
    return !reading->failed;
}

static int reading_handle(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    if (reading->failed)
        return 0;
    if (section[0] != '\0') {
        reading->failed = true;
        error_set(reading->err, ERROR_SETTING_INVALID, "%s:%d: [%s]: sections are not used here",
                  reading->path, reading->line, section);
        return 0;
    }
    bool continues = reading->indented && reading->name != NULL;
    if (!continues) {
        if (!reading_flush(reading))
            return 0;
        reading->name = memory_string(name);
        reading->name_line = reading->line;
    }
    buffer_append_text(&reading->value, value);
    return 1;
}

static bool reading_run(struct reading *reading)
{
    int bad_line = ini_parse_stream(reading_line, reading, reading_handle, reading);
    if (!reading->failed)
        (void)reading_flush(reading);
    if (!reading->failed && bad_line != 0) {
        reading->failed = true;
        error_set(reading->err, ERROR_SETTING_INVALID, "%s:%d: not of the form name = value",
                  reading->path, bad_line);
    }
    if (!reading->failed && !buffer_ok(&reading->value)) {
        reading->failed = true;
        error_set(reading->err, ERROR_SETTING_INVALID, "%s: a value is longer than %u bytes",
                  reading->path, VALUE_MAX);
    }
    return !reading->failed;
}

bool settings_file_read(const char *path, bool must_exist, settings_entry_fn *entry, void *context,
                        struct error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL && errno == ENOENT && !must_exist)
        return true;
    if (file == NULL)
        return error_set_errno(err, ERROR_SETTING_INVALID, "configuration file %s", path);
    struct reading reading = {
        .file = file,
        .path = path,
        .value = {.max = VALUE_MAX},
        .entry = entry,
        .context = context,
        .err = err,
    };
    bool read = reading_run(&reading);
    free(reading.name);
    buffer_free(&reading.value);
    fclose(file);
    return read;
}
