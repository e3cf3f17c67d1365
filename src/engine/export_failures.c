/* What failed, written out: one table of columns, two ways to write a row. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/export.h"

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
        buffer_append_format(out, "%s\"%s\":", i == 0 ? "{" : ",", columns[i]);
        if (cells[i].kind == KIND_NUMBER)
            buffer_append_format(out, "%lld", (long long)cells[i].number);
        else
            export_append_json(out, cell_text(&cells[i], arena), arena);
    }
    buffer_append_char(out, '}');
}

static void csv_row(struct buffer *out, const struct cell *cells, struct arena *arena)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (i > 0)
            buffer_append_char(out, ',');
        if (cells[i].kind == KIND_NUMBER)
            buffer_append_format(out, "%lld", (long long)cells[i].number);
        else
            export_append_csv(out, cell_text(&cells[i], arena));
    }
    buffer_append_text(out, "\r\n");
}

static void csv_heading(struct buffer *out)
{
    for (size_t i = 0; i < COLUMNS; i++)
        buffer_append_format(out, "%s%s", i == 0 ? "" : ",", columns[i]);
    buffer_append_text(out, "\r\n");
}

static bool put_rows(struct export *export, const struct failure_row *rows, size_t count,
                     struct buffer *out, struct arena *arena, struct error *err)
{
    bool json = export->format == EXPORT_JSON;
    struct cell cells[COLUMNS];
    for (size_t i = 0; i < count; i++) {
        if (json && export->count > 0)
            buffer_append_text(out, ",\n");
        row_cells(&rows[i], cells);
        (json ? json_row : csv_row)(out, cells, arena);
        if (!export_put(export, out, err))
            return false;
        export->count++;
    }
    return true;
}

static bool put_all(struct export *export, const struct failure_filter *filter, struct buffer *out,
                    struct arena *arena, struct error *err)
{
    struct failure_row *rows;
    size_t count;
    bool more = true;
    int64_t after = 0;
    while (more) {
        arena_reset(arena);
        if (!export_goes_on(export, err) ||
            !journal_walk_failures(export->reader, filter, &after, PAGE_ROWS, arena, &rows, &count,
                                   &more, err) ||
            !put_rows(export, rows, count, out, arena, err))
            return false;
    }
    return true;
}

bool export_failures(struct export *export, const void *what, struct error *err)
{
    struct arena arena = {0};
    struct buffer out = {.max = ROW_MAX};
    bool json = export->format == EXPORT_JSON;
    if (json)
        buffer_append_text(&out, "{\"failures\":[\n");
    else
        csv_heading(&out);
    bool done = export_put(export, &out, err) && put_all(export, what, &out, &arena, err);
    if (json)
        buffer_append_format(&out, "\n],\"total\":%llu}\n", (unsigned long long)export->count);
    done = done && export_put(export, &out, err) && export_flush(export, err);
    buffer_free(&out);
    arena_free(&arena);
    return done;
}
