/* One table of columns, two ways to write a row: see export.h. */
#include "engine/export.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define PAGE_ROWS 500
#define ROW_MAX (1u << 16)

enum kind { KIND_TEXT, KIND_NUMBER, KIND_TIME };

struct cell {
    enum kind kind;
    const char *text;
    int64_t number; /* a moment for KIND_TIME */
};

static struct cell text_cell(const char *text)
{
    return (struct cell){.kind = KIND_TEXT, .text = text};
}

static struct cell number_cell(int64_t number)
{
    return (struct cell){.kind = KIND_NUMBER, .number = number};
}

static struct cell time_cell(int64_t moment_us)
{
    return (struct cell){.kind = KIND_TIME, .number = moment_us};
}

static const char *const columns[] = {
    "id",    "source",  "source_id", "order",       "state",       "stage",        "code",
    "class", "message", "field",     "fingerprint", "attempts",    "max_attempts", "version",
    "first", "last",    "next",      "sqlstate",    "http_status", "request_id",   "note",
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void row_cells(const struct failure_row *row, struct cell cells[COLUMNS])
{
    const struct cell all[COLUMNS] = {
        number_cell(row->id),
        text_cell(source_kind_name(row->source)),
        text_cell(row->source_id),
        text_cell(row->label),
        text_cell(failure_state_name(row->state)),
        text_cell(row->stage),
        text_cell(row->code),
        text_cell(error_class_name(row->class)),
        text_cell(row->message),
        text_cell(row->field),
        text_cell(row->fingerprint),
        number_cell(row->attempts),
        number_cell(row->max_attempts),
        number_cell(row->version),
        time_cell(row->first_us),
        time_cell(row->last_us),
        time_cell(row->next_us),
        text_cell(row->sqlstate),
        number_cell(row->http_status),
        text_cell(row->request_id),
        number_cell(row->has_note),
    };
    memcpy(cells, all, sizeof(all));
}

static struct str cell_text(const struct cell *cell, struct arena *arena)
{
    bool changed;
    if (cell->kind == KIND_TIME)
        return cell->number == TIME_NONE ? STR_NULL : clock_format_utc(arena, cell->number);
    return text_repair(str_from(cell->text), arena, &changed);
}

static void json_row(struct buffer *out, const struct cell *cells, struct arena *arena)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        struct str text = cells[i].kind == KIND_NUMBER ? STR_NULL : cell_text(&cells[i], arena);
        buffer_append_format(out, "%s\"%s\":", i == 0 ? "{" : ",", columns[i]);
        if (cells[i].kind == KIND_NUMBER)
            buffer_append_format(out, "%lld", (long long)cells[i].number);
        else if (text.data == NULL)
            buffer_append_text(out, "null");
        else
            text_append_json(out, text);
    }
    buffer_append_char(out, '}');
}

static void csv_text(struct buffer *out, struct str text)
{
    bool formula = text.len > 0 && strchr("=+-@\t\r", text.data[0]) != NULL;
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

static void csv_row(struct buffer *out, const struct cell *cells, struct arena *arena)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        if (cells[i].kind == KIND_NUMBER)
            buffer_append_format(out, "%lld", (long long)cells[i].number);
        else
            csv_text(out, cell_text(&cells[i], arena));
    }
    buffer_append_text(out, "\r\n");
}

static const struct format {
    const char *name;
    void (*row)(struct buffer *out, const struct cell *cells, struct arena *arena);
    const char *between;
} formats[] = {
    [EXPORT_JSON] = {"json", json_row, ",\n"},
    [EXPORT_CSV] = {"csv", csv_row, ""},
};

bool export_format_parse(const char *name, enum export_format *ret_format)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(formats[i].name, name) == 0) {
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

static bool put(FILE *file, const struct buffer *out, struct error *err)
{
    if (buffer_ok(out) && fwrite(out->data, 1, out->len, file) == out->len)
        return true;
    return error_set_errno(err, ERROR_EXPORT, "writing what failed");
}

static bool put_heading(FILE *file, enum export_format format, struct error *err)
{
    struct buffer out = {.max = ROW_MAX};
    if (format == EXPORT_JSON)
        buffer_append_text(&out, "{\"failures\":[\n");
    for (size_t i = 0; format == EXPORT_CSV && i < COLUMNS; i++)
        buffer_append_format(&out, "%s%s", i == 0 ? "" : ",", columns[i]);
    if (format == EXPORT_CSV)
        buffer_append_text(&out, "\r\n");
    bool done = put(file, &out, err);
    buffer_free(&out);
    return done;
}

static bool put_end(FILE *file, enum export_format format, uint64_t count, struct error *err)
{
    bool done = format == EXPORT_CSV ||
                fprintf(file, "\n],\"total\":%llu}\n", (unsigned long long)count) > 0;
    return (done && fflush(file) == 0) || error_set_errno(err, ERROR_EXPORT, "writing what failed");
}

static bool put_rows(FILE *file, enum export_format format, const struct failure_row *rows,
                     size_t count, uint64_t before, struct arena *arena, struct error *err)
{
    struct buffer out = {.max = ROW_MAX};
    struct cell cells[COLUMNS];
    bool done = true;
    for (size_t i = 0; done && i < count; i++) {
        buffer_clear(&out);
        if (before + i > 0)
            buffer_append_text(&out, formats[format].between);
        row_cells(&rows[i], cells);
        formats[format].row(&out, cells, arena);
        done = put(file, &out, err);
    }
    buffer_free(&out);
    return done;
}

static bool put_all(struct journal_reader *reader, const struct failure_filter *filter,
                    enum export_format format, FILE *file, export_stop_fn *stop, void *context,
                    uint64_t *ret_count, struct arena *arena, struct error *err)
{
    struct failure_row *rows;
    size_t count;
    bool more = true;
    int64_t after = 0;
    while (more) {
        arena_reset(arena);
        if (stop != NULL && stop(context))
            return error_set(err, ERROR_EXPORT, "ended before all was written");
        if (!journal_walk_failures(reader, filter, &after, PAGE_ROWS, arena, &rows, &count, &more,
                                   err) ||
            !put_rows(file, format, rows, count, *ret_count, arena, err))
            return false;
        *ret_count += count;
    }
    return true;
}

bool export_write(struct journal_reader *reader, const struct failure_filter *filter,
                  enum export_format format, FILE *file, export_stop_fn *stop, void *context,
                  uint64_t *ret_count, struct error *err)
{
    struct arena arena = {0};
    uint64_t count = 0;
    bool done = put_heading(file, format, err) &&
                put_all(reader, filter, format, file, stop, context, &count, &arena, err) &&
                put_end(file, format, count, err);
    arena_free(&arena);
    if (done)
        *ret_count = count;
    return done;
}

bool export_to_file(struct journal_reader *reader, const struct failure_filter *filter,
                    const char *path, export_stop_fn *stop, void *context, uint64_t *ret_count,
                    struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        error_set_errno(err, ERROR_EXPORT, "%s", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool done =
        export_write(reader, filter, export_format_of(path), file, stop, context, ret_count, err);
    if (fclose(file) != 0 && done)
        done = error_set_errno(err, ERROR_EXPORT, "%s", path);
    if (!done)
        unlink(path);
    return done;
}
