/* What every export has in common: formats, the new file, text in JSON and CSV. */
#include "engine/export.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static const char *const format_names[] = {[EXPORT_JSON] = "json", [EXPORT_CSV] = "csv"};

bool export_format_parse(const char *name, enum export_format *ret_format)
{
    for (size_t i = 0; i < sizeof(format_names) / sizeof(format_names[0]); i++) {
        if (strcmp(format_names[i], name) == 0) {
            *ret_format = (enum export_format)i;
            return true;
        }
    }
    return false;
}

enum export_format export_format_of(const char *path)
{
    size_t len = strlen(path);
    return len > 4 && strcmp(path + len - 4, ".csv") == 0 ? EXPORT_CSV : EXPORT_JSON;
}

/* ---- text ---- */

void export_append_json(struct buffer *out, struct str text, struct arena *arena)
{
    bool changed;
    if (text.data == NULL)
        buffer_append_text(out, "null");
    else
        text_append_json(out, text_repair(text, arena, &changed));
}

static bool is_number(struct str text)
{
    for (size_t i = text.len > 0 && text.data[0] == '-'; i < text.len; i++) {
        if (strchr("0123456789.", text.data[i]) == NULL)
            return false;
    }
    return text.len > 0;
}

void export_append_csv(struct buffer *out, struct str text)
{
    bool formula = text.len > 0 && strchr("=+-@\t\r", text.data[0]) != NULL && !is_number(text);
    buffer_append_char(out, '"');
    if (formula)
        buffer_append_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '"')
            buffer_append_char(out, '"');
        buffer_append_char(out, text.data[i]);
    }
    buffer_append_char(out, '"');
}

/* ---- the file ---- */

bool export_put(struct export *export, struct buffer *gathered, struct error *err)
{
    struct str text = buffer_str(gathered);
    if (!buffer_ok(gathered))
        return error_set(err, ERROR_EXPORT, "a row is too large");
    if (fwrite(text.data, 1, text.len, export->file) != text.len)
        return error_set_errno(err, ERROR_EXPORT, "writing");
    buffer_clear(gathered);
    return true;
}

bool export_flush(struct export *export, struct error *err)
{
    return fflush(export->file) == 0 || error_set_errno(err, ERROR_EXPORT, "writing");
}

bool export_goes_on(const struct export *export, struct error *err)
{
    return export->stop == NULL || !export->stop(export->stop_context) ||
           error_set(err, ERROR_EXPORT, "ended before all was written");
}

static FILE *open_new(const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file != NULL)
        return file;
    error_set_errno(err, ERROR_EXPORT, "%s", path);
    if (fd >= 0)
        close(fd);
    return NULL;
}

bool export_to_file(struct export *export, const char *path, export_write_fn *write,
                    const void *what, struct error *err)
{
    export->file = open_new(path, err);
    export->format = export_format_of(path);
    if (export->file == NULL)
        return false;
    bool done = write(export, what, err);
    if (fclose(export->file) != 0 && done)
        done = error_set_errno(err, ERROR_EXPORT, "%s", path);
    export->file = NULL;
    if (!done)
        unlink(path);
    return done;
}
