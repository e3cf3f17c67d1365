/* Painting failures. */
#include "ui/failed_paint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/columns.h"
#include "ui/gauge.h"
#include "ui/unanswered.h"

enum row_column {
    ROW_ORDER,
    ROW_SOURCE,
    ROW_ERROR,
    ROW_TRY,
    ROW_NEXT,
    ROW_AGE,
    ROW_NOTE,
    ROW_COUNT
};
static const struct column_spec row_columns[ROW_COUNT] = {
    [ROW_ORDER] = {"ORDER", 11, 0, false, false}, [ROW_SOURCE] = {"SOURCE", 9, 3, false, false},
    [ROW_ERROR] = {"ERROR", 12, 0, true, false},  [ROW_TRY] = {"TRY", 5, 2, false, true},
    [ROW_NEXT] = {"NEXT", 7, 1, false, true},     [ROW_AGE] = {"AGE", 4, 2, false, true},
    [ROW_NOTE] = {"NOTE", 4, 4, false, false},
};

#define GUTTER 5 /* selection, mark, fold */

void failed_paint_summary(struct paint *paint, struct rect line, const struct failed_model *model)
{
    char marked[GAUGE_TEXT];
    char total[GAUGE_TEXT];
    char all[GAUGE_TEXT];
    char right[128];
    uint64_t hidden = model->groups != NULL && model->groups->ok ? model->groups->groups.hidden : 0;
    uint64_t shown = failed_total(model);
    snprintf(right, sizeof(right), "%s%s%s%s of %s  sort: %s",
             failed_mark_count(model) > 0 ? gauge_count(failed_mark_count(model), marked) : "",
             failed_mark_count(model) > 0 ? " marked  " : "", gauge_count(shown, total),
             failed_counting(model) && model->groups != NULL ? "+" : "",
             gauge_count(shown + hidden, all), failure_sort_name(model->filter.sort));
    int used = paint_text(paint, line.y, line.x + 1, 8, ROLE_DIM, STR("filter: "));
    paint_text(paint, line.y, line.x + 1 + used, line.width / 2 - used, ROLE_STRONG,
               model->filter_text[0] == '\0' ? STR("unresolved") : str_from(model->filter_text));
    paint_right(paint, line.y, line.width / 2 + 2, line.width / 2 - 3, ROLE_TEXT, str_from(right));
}

/* "retry 483 of 1,200  failed 5": what matters first, for narrow lines are cut. */
void failed_paint_running(struct paint *paint, struct rect line, const struct command_row *command,
                          unsigned more)
{
    const struct bulk_counts *counts = &command->counts;
    char done[GAUGE_TEXT], total[GAUGE_TEXT], number[GAUGE_TEXT];
    struct buffer text = {.max = 512};
    uint64_t went = counts->changed + counts->skipped + counts->refused;
    buffer_append_format(&text, "%s %s of %s", command->kind, gauge_count(went, done),
                         gauge_count(counts->total, total));
    if (counts->landed + counts->failed + counts->pace + counts->stop_after > 0)
        buffer_append_format(&text, "  failed %s", gauge_count(counts->failed, number));
    if (counts->stop_after > 0)
        buffer_append_format(&text, ", stops at %s", gauge_count(counts->stop_after, number));
    if (counts->pace > 0)
        buffer_append_format(&text, "  %s/s", gauge_count(counts->pace, number));
    if (more > 0)
        buffer_append_format(&text, "  +%u more", more);
    buffer_append_format(&text, "  %s@%s", command->operator_name, command->origin);
    gauge_bar(paint, line.y, line.x + 1, 10, went, counts->total);
    paint_text(paint, line.y, line.x + 12, line.width - 13, ROLE_STRONG, buffer_str(&text));
    buffer_free(&text);
}

const char *failed_next(const struct failure_row *row, int64_t now_us, char ret_text[16])
{
    char age[GAUGE_TEXT];
    bool waits = row->state == FAILURE_RETRYABLE && row->next_us != TIME_NONE;
    if (row->state == FAILURE_SNOOZED && row->next_us != TIME_NONE)
        snprintf(ret_text, 16, "zz %s", gauge_age(row->next_us - now_us, age));
    else if (waits && row->next_us > now_us)
        snprintf(ret_text, 16, "%s", gauge_age(row->next_us - now_us, age));
    else if (waits)
        snprintf(ret_text, 16, "now");
    else
        snprintf(ret_text, 16, "%s",
                 row->state == FAILURE_IN_PROGRESS ? "trying" : failure_state_name(row->state));
    return ret_text;
}

static void paint_row(struct paint *paint, const struct columns *columns, int y, int64_t now,
                      const struct failure_row *row)
{
    char text[GAUGE_TEXT];
    bool dead = row->state == FAILURE_DEAD;
    columns_cell(columns, paint, y, ROW_ORDER, ROLE_STRONG,
                 row->label[0] != '\0' ? row->label : row->source_id);
    columns_cell(columns, paint, y, ROW_SOURCE, ROLE_TEXT, source_kind_name(row->source));
    columns_cell(columns, paint, y, ROW_ERROR, ROLE_TEXT, row->message);
    snprintf(text, sizeof(text), "%u/%u", row->attempts, row->max_attempts);
    columns_cell(columns, paint, y, ROW_TRY, ROLE_TEXT, text);
    columns_cell(columns, paint, y, ROW_NEXT, dead ? ROLE_ERROR : ROLE_TEXT,
                 failed_next(row, now, text));
    columns_cell(columns, paint, y, ROW_AGE, ROLE_DIM, gauge_age(now - row->last_us, text));
    columns_cell(columns, paint, y, ROW_NOTE, ROLE_TEXT, row->has_note ? "n" : "");
}

/* "v a91f firestore OS-2103 message            7 orders  dead 3" */
static void paint_group(struct paint *paint, struct rect line, const struct failed_line *at)
{
    const struct failure_group *group = at->group;
    char number[GAUGE_TEXT];
    char dead[GAUGE_TEXT];
    char right[64];
    int x = line.x + 3;
    paint_text(paint, line.y, x, 1, ROLE_TEXT,
               str_from(theme_glyph(paint->theme, at->unfolded ? GLYPH_UNFOLDED : GLYPH_FOLDED)));
    x += 2 + paint_format(paint, line.y, x + 2, 4, ROLE_DIM, "%.4s", group->fingerprint) + 1;
    x += 1 + paint_text(paint, line.y, x, 10, ROLE_TEXT, str_from(source_kind_name(group->source)));
    x += 1 + paint_text(paint, line.y, x, 8, ROLE_ERROR, str_from(group->code));
    snprintf(right, sizeof(right), "%s order%s%s%s", gauge_count(group->count, number),
             group->count == 1 ? "" : "s", group->dead > 0 ? "  dead " : "",
             group->dead > 0 ? gauge_count(group->dead, dead) : "");
    int room = line.x + line.width - 1 - x - (int)strlen(right) - 1;
    paint_text(paint, line.y, x, room, ROLE_STRONG, str_from(group->message));
    paint_right(paint, line.y, x, line.x + line.width - 1 - x,
                group->dead > 0 ? ROLE_ERROR : ROLE_TEXT, str_from(right));
}

static void paint_line(struct paint *paint, const struct columns *columns, struct rect line,
                       const struct failed_model *model, uint64_t index, int64_t now)
{
    struct failed_line at = failed_line_at(model, index);
    bool selected = index == model->list.selected;
    bool marked = (at.row != NULL && failed_marked(model, at.row->id)) ||
                  (at.group != NULL && failed_group_marked(model, at.group->fingerprint));
    if (at.heading)
        paint_group(paint, line, &at);
    else if (at.row != NULL)
        paint_row(paint, columns, line.y, now, at.row);
    else
        paint_text(paint, line.y, line.x + GUTTER, 10, ROLE_DIM, STR("..."));
    if (marked)
        paint_text(paint, line.y, line.x + (at.heading ? 2 : 3), 1, ROLE_MARKED,
                   str_from(theme_mark(ROLE_MARKED)));
    if (!selected)
        return;
    paint_text(paint, line.y, line.x + 1, 1, ROLE_STRONG, str_from(theme_mark(ROLE_SELECTED)));
    paint_select(paint, line.y, line.x + 1, line.width - 2);
}

static void paint_none(struct paint *paint, struct rect area, const struct failed_model *model)
{
    const struct lookup_reply *groups = model->groups;
    struct rect inside = {area.y + 1, area.x + 2, area.height - 1, area.width - 4};
    if (groups == NULL)
        paint_wrapped(paint, inside, ROLE_DIM, STR("reading the journal..."));
    else if (failed_counting(model))
        paint_wrapped(paint, inside, ROLE_DIM,
                      STR("nothing among the newest; looking through the rest..."));
    else if (!groups->ok)
        unanswered_paint(paint, inside, &groups->error);
    else if (groups->groups.hidden > 0)
        paint_wrapped(paint, inside, ROLE_TEXT,
                      STR("Nothing matches the filter. Esc drops it, / changes it."));
    else
        paint_wrapped(paint, inside, ROLE_OK,
                      STR("No failures: every document that was read landed in the target."));
}

void failed_paint_list(struct paint *paint, struct rect area, const struct failed_model *model,
                       int64_t now_us)
{
    struct columns columns;
    columns_fit(&columns, row_columns, ROW_COUNT, area.x + GUTTER, area.width - GUTTER - 1);
    columns_heading(&columns, paint, area.y);
    uint64_t count = model->list.count;
    for (int i = 0; i < area.height - 1 && model->list.top + (unsigned)i < count; i++)
        paint_line(paint, &columns, (struct rect){area.y + 1 + i, area.x, 1, area.width}, model,
                   model->list.top + (unsigned)i, now_us);
    if (count == 0)
        paint_none(paint, area, model);
}

/* ---- the detail pane ---- */

int failed_paint_runbook(struct paint *paint, struct rect area, const char *code)
{
    enum error_id id;
    char text[1024];
    if (!error_id_parse(code, &id))
        return 0;
    const struct error_info *info = error_info(id);
    snprintf(text, sizeof(text), "%s %s", info->cause, info->remedy);
    return paint_wrapped(paint, area, ROLE_TEXT, str_from(text));
}

static int detail_context(struct paint *paint, struct rect area, const struct failure_row *row,
                          uint64_t others, int64_t now)
{
    char text[512];
    char clock[GAUGE_TEXT];
    size_t len =
        (size_t)snprintf(text, sizeof(text), "%s/%.60s  %s  %s", source_kind_name(row->source),
                         row->source_id, row->stage, gauge_clock(row->last_us, now, clock));
    if (row->http_status != 0 && len < sizeof(text))
        len += (size_t)snprintf(text + len, sizeof(text) - len, "  HTTP %d", row->http_status);
    if (row->sqlstate[0] != '\0' && len < sizeof(text))
        len += (size_t)snprintf(text + len, sizeof(text) - len, "  SQLSTATE %s", row->sqlstate);
    if (row->request_id[0] != '\0' && len < sizeof(text))
        len += (size_t)snprintf(text + len, sizeof(text) - len, "  request %s", row->request_id);
    if (others > 0 && len < sizeof(text))
        snprintf(text + len, sizeof(text) - len, "  %" PRIu64 " other%s alike", others,
                 others == 1 ? "" : "s");
    return paint_wrapped(paint, area, ROLE_DIM, str_from(text));
}

static void detail_row(struct paint *paint, struct rect area, const struct failed_line *at,
                       int64_t now)
{
    char right[64];
    const struct failure_row *row = at->row;
    uint64_t others = at->group != NULL && at->group->count > 0 ? at->group->count - 1 : 0;
    snprintf(right, sizeof(right), "attempt %u of %u", row->attempts, row->max_attempts);
    paint_rule(paint, area.y, area.x, area.width,
               str_from(row->label[0] != '\0' ? row->label : row->source_id), str_from(right));
    struct rect inside = {area.y + 1, area.x + 1, area.height - 1, area.width - 2};
    char what[520];
    snprintf(what, sizeof(what), "%s %s (%s)", row->code, row->message,
             error_class_name(row->class));
    int used = paint_wrapped(paint, (struct rect){inside.y, inside.x, 2, inside.width}, ROLE_ERROR,
                             str_from(what));
    used += detail_context(
        paint,
        (struct rect){inside.y + used, inside.x, inside.height - used > 1 ? 2 : 1, inside.width},
        row, others, now);
    failed_paint_runbook(
        paint, (struct rect){inside.y + used, inside.x, inside.height - used, inside.width},
        row->code);
}

static void detail_group(struct paint *paint, struct rect area, const struct failure_group *group)
{
    char heading[48];
    char number[GAUGE_TEXT];
    snprintf(heading, sizeof(heading), "group %s", group->fingerprint);
    paint_rule(paint, area.y, area.x, area.width, str_from(heading),
               str_from(gauge_count(group->count, number)));
    struct rect inside = {area.y + 1, area.x + 1, 2, area.width - 2};
    char what[400];
    snprintf(what, sizeof(what), "%s %s (%s, %s)", group->code, group->message,
             error_class_name(group->class), group->stage);
    int used = paint_wrapped(paint, inside, ROLE_ERROR, str_from(what));
    inside = (struct rect){inside.y + used, inside.x, area.height - 1 - used, inside.width};
    failed_paint_runbook(paint, inside, group->code);
}

void failed_paint_detail(struct paint *paint, struct rect area, const struct failed_model *model,
                         int64_t now_us)
{
    struct failed_line at = failed_line_at(model, model->list.selected);
    if (at.row != NULL)
        detail_row(paint, area, &at, now_us);
    else if (at.group != NULL)
        detail_group(paint, area, at.group);
}
