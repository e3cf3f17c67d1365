/* A plan's rows, written out. */
#include "engine/export.h"
#include "engine/plan_text.h"

#define PAGE_ROWS 500

static void append_heading(struct buffer *out, enum export_format format,
                           const struct plan_summary *plan)
{
    if (format == EXPORT_CSV) {
        plan_append_csv_title(out);
        return;
    }
    buffer_append_text(out, "{\"plan\":{");
    plan_append_summary(out, plan);
    buffer_append_text(out, "},\"rows\":[");
}

static bool put_row(struct export *export, const struct plan_row *row, bool personal,
                    struct buffer *out, struct arena *arena, struct error *err)
{
    struct str fields;
    arena_reset(arena);
    if (!journal_read_plan_fields(export->reader, row->id, arena, &fields, err))
        return false;
    if (export->format == EXPORT_CSV) {
        plan_append_csv(out, row, fields, personal, arena);
    } else {
        buffer_append_text(out, export->count == 0 ? "\n" : ",\n");
        plan_append_row(out, row, fields, personal, arena);
    }
    export->count++;
    return export_put(export, out, err);
}

static bool put_rows(struct export *export, const char *plan_id, const struct export_plan *wanted,
                     struct buffer *out, struct error *err)
{
    struct arena page = {0}, one = {0};
    struct plan_row *rows;
    size_t count = 1;
    int64_t after = 0;
    bool done = true;
    while (done && count > 0) {
        arena_reset(&page);
        done = export_goes_on(export, err) &&
               journal_walk_plan_rows(export->reader, plan_id, &wanted->filter, &after, PAGE_ROWS,
                                      &page, &rows, &count, err);
        for (size_t i = 0; done && i < count; i++)
            done = put_row(export, &rows[i], wanted->personal, out, &one, err);
    }
    arena_free(&one);
    arena_free(&page);
    return done;
}

bool export_plan(struct export *export, const void *what, struct error *err)
{
    const struct export_plan *wanted = what;
    struct buffer out = {.max = PLAN_ROW_TEXT_MAX};
    struct plan_summary plan;
    if (!journal_read_plan(export->reader, wanted->id, &plan, err))
        return false;
    append_heading(&out, export->format, &plan);
    bool done = export_put(export, &out, err) && put_rows(export, plan.id, wanted, &out, err);
    if (export->format == EXPORT_JSON)
        buffer_append_text(&out, "]}\n");
    done = done && export_put(export, &out, err) && export_flush(export, err);
    buffer_free(&out);
    return done;
}
