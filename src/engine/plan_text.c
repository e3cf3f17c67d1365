/* A plan as text: one table of a row's cells and one of a field's, for JSON and for CSV. */
#include "engine/plan_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "engine/export.h"
#include "model/json.h"

#define MASK "(personal; --personal shows it)"

/* ---- fields ---- */

static struct str text_of(const struct value *object, const char *name)
{
    const struct value *value = value_get(object, name);
    return value != NULL && value->kind == VALUE_STRING ? value->text : STR_NULL;
}

/* Texts of the tree end with a NUL only in a copy. */
static const char *word_of(const struct value *object, const char *name, struct arena *arena)
{
    struct str text = text_of(object, name);
    return text.data == NULL ? "" : arena_copy(arena, text).data;
}

static void read_field(const struct value *object, struct arena *arena, struct lookup_field *field)
{
    const struct value *personal = value_get(object, "personal");
    *field = (struct lookup_field){
        .table = word_of(object, "table", arena),
        .key = word_of(object, "key", arena),
        .field = word_of(object, "field", arena),
        .before = text_of(object, "before"),
        .after = text_of(object, "after"),
        .personal = personal != NULL && personal->kind == VALUE_BOOL && personal->boolean,
    };
}

bool plan_fields_read(struct str text, struct arena *arena, struct lookup_field **ret_fields,
                      size_t *ret_count, uint64_t *ret_cut, struct error *err)
{
    const struct value *list = NULL;
    if (!json_parse(text, arena, &list, err))
        return false;
    size_t max = list->kind == VALUE_ARRAY ? list->array.count : 0;
    struct lookup_field *fields = arena_zero(arena, (max + 1) * sizeof(*fields));
    *ret_fields = fields;
    *ret_count = 0;
    *ret_cut = 0;
    for (size_t i = 0; i < max; i++) {
        const struct value *item = &list->array.items[i];
        const struct value *cut = value_get(item, "cut");
        if (cut != NULL && cut->kind == VALUE_INT)
            *ret_cut = (uint64_t)cut->integer;
        else
            read_field(item, arena, &fields[(*ret_count)++]);
    }
    return true;
}

struct str plan_field_shown(const struct lookup_field *field, struct str text, bool personal)
{
    return field->personal && !personal && text.data != NULL ? STR(MASK) : text;
}

struct fields {
    struct lookup_field *list;
    size_t count;
    uint64_t cut;
};

static struct fields fields_of(struct str text, struct arena *arena)
{
    struct fields fields = {.count = 0};
    struct error ignored = {0};
    (void)!plan_fields_read(text, arena, &fields.list, &fields.count, &fields.cut, &ignored);
    return fields;
}

static const char *const field_names[] = {"table", "key", "field", "before", "after"};
#define FIELD_CELLS (sizeof(field_names) / sizeof(field_names[0]))

static void field_cells(const struct lookup_field *field, bool personal,
                        struct str cells[FIELD_CELLS])
{
    const struct str all[FIELD_CELLS] = {
        str_from(field->table),
        str_from(field->key),
        str_from(field->field),
        plan_field_shown(field, field->before, personal),
        plan_field_shown(field, field->after, personal),
    };
    memcpy(cells, all, sizeof(all));
}

/* ---- rows ---- */

static const char *const row_names[] = {"source", "source_id", "order", "action",
                                        "state",  "money",     "code",  "message"};
#define ROW_CELLS (sizeof(row_names) / sizeof(row_names[0]))

static void row_cells(const struct plan_row *row, struct str cells[ROW_CELLS])
{
    const struct str all[ROW_CELLS] = {
        str_from(source_kind_name(row->source)),
        str_from(row->source_id),
        str_from(row->label),
        str_from(plan_action_name(row->action)),
        str_from(plan_row_state_name(row->state)),
        str_from(row->money),
        str_from(row->code),
        str_from(row->message),
    };
    memcpy(cells, all, sizeof(all));
}

/* A comma before it, but for the first of its object. */
static void append_name(struct buffer *out, const char *name)
{
    bool first = out->len == 0 || out->data[out->len - 1] == '{';
    buffer_append_format(out, "%s\"%s\":", first ? "" : ",", name);
}

static void append_cells(struct buffer *out, const char *const *names, const struct str *cells,
                         size_t count, struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        append_name(out, names[i]);
        export_append_json(out, cells[i], arena);
    }
}

static void append_field(struct buffer *out, const struct lookup_field *field, bool personal,
                         struct arena *arena)
{
    struct str cells[FIELD_CELLS];
    field_cells(field, personal, cells);
    buffer_append_char(out, '{');
    append_cells(out, field_names, cells, FIELD_CELLS, arena);
    buffer_append_format(out, ",\"personal\":%s}", field->personal ? "true" : "false");
}

void plan_append_row(struct buffer *out, const struct plan_row *row, struct str fields,
                     bool personal, struct arena *arena)
{
    struct fields has = fields_of(fields, arena);
    struct str cells[ROW_CELLS];
    row_cells(row, cells);
    buffer_append_char(out, '{');
    append_cells(out, row_names, cells, ROW_CELLS, arena);
    buffer_append_text(out, ",\"fields\":[");
    for (size_t i = 0; i < has.count; i++) {
        buffer_append_text(out, i == 0 ? "" : ",");
        append_field(out, &has.list[i], personal, arena);
    }
    if (has.cut > 0)
        buffer_append_format(out, "%s{\"cut\":%" PRIu64 "}", has.count == 0 ? "" : ",", has.cut);
    buffer_append_text(out, "]}");
}

/* ---- CSV ---- */

void plan_append_csv_title(struct buffer *out)
{
    for (size_t i = 0; i < ROW_CELLS; i++)
        buffer_append_format(out, "%s,", row_names[i]);
    for (size_t i = 0; i < FIELD_CELLS; i++)
        buffer_append_format(out, "%s%s", i == 0 ? "" : ",", field_names[i]);
    buffer_append_char(out, '\n');
}

static void append_line(struct buffer *out, const struct plan_row *row,
                        const struct str field[FIELD_CELLS], struct arena *arena)
{
    struct str cells[ROW_CELLS + FIELD_CELLS];
    row_cells(row, cells);
    memcpy(cells + ROW_CELLS, field, FIELD_CELLS * sizeof(cells[0]));
    for (size_t i = 0; i < ROW_CELLS + FIELD_CELLS; i++) {
        buffer_append_text(out, i == 0 ? "" : ",");
        export_append_csv(out, text_display(cells[i], arena));
    }
    buffer_append_char(out, '\n');
}

void plan_append_csv(struct buffer *out, const struct plan_row *row, struct str fields,
                     bool personal, struct arena *arena)
{
    static const struct str none[FIELD_CELLS];
    static const struct str more[FIELD_CELLS] = {[2] = {"(more, not kept)", 16}};
    struct fields has = fields_of(fields, arena);
    struct str cells[FIELD_CELLS];
    for (size_t i = 0; i < has.count; i++) {
        field_cells(&has.list[i], personal, cells);
        append_line(out, row, cells, arena);
    }
    if (has.cut > 0 || has.count == 0)
        append_line(out, row, has.cut > 0 ? more : none, arena);
}

/* ---- the plan itself ---- */

static void append_text(struct buffer *out, const char *name, const char *text, struct arena *arena)
{
    append_name(out, name);
    export_append_json(out, str_from(text), arena);
}

static void append_time(struct buffer *out, const char *name, int64_t wall_us, struct arena *arena)
{
    append_name(out, name);
    export_append_json(out, wall_us == TIME_NONE ? STR_NULL : clock_format_utc(arena, wall_us),
                       arena);
}

static void append_number(struct buffer *out, const char *name, uint64_t number)
{
    append_name(out, name);
    buffer_append_format(out, "%" PRIu64, number);
}

static void append_sources(struct buffer *out, const struct plan_summary *plan, struct arena *arena)
{
    append_name(out, "sources");
    buffer_append_char(out, '{');
    for (unsigned i = 0; i < SOURCE_COUNT; i++) {
        if (plan->sources >> i & 1)
            append_text(out, source_kind_name((enum source_kind)i), plan->identities[i], arena);
    }
    buffer_append_char(out, '}');
}

void plan_append_summary(struct buffer *out, const struct plan_summary *plan)
{
    struct arena arena = {.block_size = 4096};
    append_text(out, "plan", plan->id, &arena);
    append_text(out, "kind", plan->kind, &arena);
    append_text(out, "state", plan_state_name(plan->state), &arena);
    append_text(out, "operator", plan->operator_name, &arena);
    append_text(out, "origin", plan->origin, &arena);
    append_time(out, "started", plan->started_us, &arena);
    append_time(out, "finished", plan->finished_us, &arena);
    append_text(out, "target", plan->target, &arena);
    append_sources(out, plan, &arena);
    for (unsigned i = 0; i < PLAN_ACTION_COUNT; i++)
        append_number(out, plan_action_name((enum plan_action)i), plan->counts[i]);
    append_text(out, "money", plan->money, &arena);
    for (unsigned i = 0; i < PLAN_ROW_STATE_COUNT; i++)
        append_number(out, plan_row_state_name((enum plan_row_state)i), plan->states[i]);
    append_text(out, "message", plan->message, &arena);
    arena_free(&arena);
}
