/* Painting the list of plans, one plan's head and its rows. */
#include "ui/plan_paint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/columns.h"
#include "ui/gauge.h"
#include "ui/unanswered.h"

#define GUTTER 5 /* selection, mark */

static const enum role action_roles[PLAN_ACTION_COUNT] = {
    [PLAN_CREATE] = ROLE_OK,        [PLAN_UPDATE] = ROLE_TEXT,   [PLAN_TOMBSTONE] = ROLE_WARNING,
    [PLAN_CONFLICT] = ROLE_WARNING, [PLAN_UNCHANGED] = ROLE_DIM,
};
static const enum role row_roles[PLAN_ROW_STATE_COUNT] = {
    [PLAN_ROW_OPEN] = ROLE_TEXT,    [PLAN_ROW_APPLIED] = ROLE_OK, [PLAN_ROW_MOVED] = ROLE_WARNING,
    [PLAN_ROW_FAILED] = ROLE_ERROR, [PLAN_ROW_LEFT] = ROLE_DIM,
};
static const enum role plan_roles[] = {
    [PLAN_BUILDING] = ROLE_STRONG, [PLAN_READY] = ROLE_TEXT,      [PLAN_APPLYING] = ROLE_STRONG,
    [PLAN_APPLIED] = ROLE_OK,      [PLAN_ABANDONED] = ROLE_ERROR,
};

/* ---- the list ---- */

enum list_column {
    LIST_PLAN,
    LIST_KIND,
    LIST_STATE,
    LIST_AGE,
    LIST_CREATE,
    LIST_UPDATE,
    LIST_TOMBSTONE,
    LIST_CONFLICT,
    LIST_OPEN,
    LIST_MONEY,
    LIST_BY,
    LIST_COUNT
};
static const struct column_spec list_columns[LIST_COUNT] = {
    [LIST_PLAN] = {"PLAN", 8, 0, false, false},     [LIST_KIND] = {"KIND", 8, 2, false, false},
    [LIST_STATE] = {"STATE", 10, 0, false, false},  [LIST_AGE] = {"AGE", 4, 0, false, true},
    [LIST_CREATE] = {"CREATE", 7, 1, false, true},  [LIST_UPDATE] = {"UPDATE", 7, 1, false, true},
    [LIST_TOMBSTONE] = {"TOMB", 6, 3, false, true}, [LIST_CONFLICT] = {"CONFL", 6, 1, false, true},
    [LIST_OPEN] = {"OPEN", 7, 0, false, true},      [LIST_MONEY] = {"MONEY", 12, 5, true, false},
    [LIST_BY] = {"BY", 8, 4, false, false},
};

static void list_line(struct paint *paint, const struct columns *columns, int y,
                      const struct plan_summary *plan, int64_t now)
{
    static const enum list_column counted[] = {
        [PLAN_CREATE] = LIST_CREATE,
        [PLAN_UPDATE] = LIST_UPDATE,
        [PLAN_TOMBSTONE] = LIST_TOMBSTONE,
        [PLAN_CONFLICT] = LIST_CONFLICT,
    };
    char text[GAUGE_TEXT];
    snprintf(text, sizeof(text), "%.8s", plan->id);
    columns_cell(columns, paint, y, LIST_PLAN, ROLE_STRONG, text);
    columns_cell(columns, paint, y, LIST_KIND, ROLE_TEXT, plan->kind);
    columns_cell(columns, paint, y, LIST_STATE, plan_roles[plan->state],
                 plan_is_stale(plan, now) ? "stale" : plan_state_name(plan->state));
    columns_cell(columns, paint, y, LIST_AGE, ROLE_DIM, gauge_age(now - plan->started_us, text));
    for (unsigned i = 0; i < PLAN_UNCHANGED; i++)
        columns_cell(columns, paint, y, counted[i],
                     plan->counts[i] > 0 ? action_roles[i] : ROLE_DIM,
                     gauge_short((double)plan->counts[i], text));
    columns_cell(columns, paint, y, LIST_OPEN, ROLE_TEXT,
                 gauge_short((double)plan->states[PLAN_ROW_OPEN], text));
    columns_cell(columns, paint, y, LIST_MONEY, ROLE_TEXT, plan->money);
    columns_cell(columns, paint, y, LIST_BY, ROLE_DIM, plan->operator_name);
}

/* What makes a plan, and what then. A console that may not act has no words that would. */
static void paint_advice(struct paint *paint, struct rect area, bool read_only)
{
    static const struct {
        bool acts;
        const char *text;
    } lines[] = {
        {false, "No plan yet. A dry run makes one: it reads source and target, and writes"},
        {false, "nothing but the plan."},
        {false, ""},
        {false, "  ordersync sync --dry-run       Stripe and Printful, the last 30 days"},
        {false, "  ordersync backfill --dry-run   Firestore, every document"},
        {true, "  :sync-dry-run, :dry-run        the same, from here"},
        {false, ""},
        {false, "Then it stands here: look at what would change, pick rows, apply them."},
    };
    int y = area.y;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && y < area.y + area.height; i++)
        if (!(read_only && lines[i].acts))
            paint_text(paint, y++, area.x, area.width, ROLE_TEXT, str_from(lines[i].text));
}

static void paint_no_plan(struct paint *paint, struct rect area, const struct lookup_reply *plans,
                          bool read_only)
{
    struct rect inside = {area.y + 1, area.x + 2, area.height - 1, area.width - 4};
    if (plans == NULL) {
        paint_wrapped(paint, inside, ROLE_DIM, STR("reading the journal..."));
        return;
    }
    if (!plans->ok) {
        int used = unanswered_paint(paint, inside, &plans->error) + 1;
        inside.y += used;
        inside.height -= used;
    }
    if (plans->ok || unanswered_first(&plans->error) != NULL)
        paint_advice(paint, inside, read_only);
}

static void select_line(struct paint *paint, int y, struct rect area)
{
    paint_text(paint, y, area.x + 1, 1, ROLE_STRONG, str_from(theme_mark(ROLE_SELECTED)));
    paint_select(paint, y, area.x + 1, area.width - 2);
}

void plan_paint_list(struct console *console, struct rect area, const struct plan_model *model)
{
    struct paint *paint = console_paint(console);
    struct columns columns;
    const struct list *list = &model->plans_list;
    columns_fit(&columns, list_columns, LIST_COUNT, area.x + 3, area.width - 4);
    columns_heading(&columns, paint, area.y);
    for (int i = 0; i < area.height - 1 && list->top + (unsigned)i < list->count; i++) {
        uint64_t index = list->top + (unsigned)i;
        list_line(paint, &columns, area.y + 1 + i, &model->plans->plans.rows[index],
                  console_now(console));
        if (index == list->selected)
            select_line(paint, area.y + 1 + i, area);
    }
    if (list->count == 0)
        paint_no_plan(paint, area, model->plans, console_read_only(console));
}

static int paint_identities(struct paint *paint, struct rect area, const struct plan_summary *plan)
{
    int y = 0;
    for (unsigned i = 0; i < SOURCE_COUNT && y < area.height; i++)
        if (plan->identities[i][0] != '\0')
            paint_format(paint, area.y + y++, area.x, area.width, ROLE_TEXT, "from %s %s",
                         source_kind_name((enum source_kind)i), plan->identities[i]);
    return y;
}

void plan_paint_listed(struct paint *paint, struct rect area, const struct plan_summary *plan)
{
    char heading[32];
    if (plan == NULL || area.height < 3)
        return;
    snprintf(heading, sizeof(heading), "plan %.8s", plan->id);
    paint_rule(paint, area.y, area.x, area.width, str_from(heading),
               str_from(plan_state_name(plan->state)));
    struct rect inside = {area.y + 1, area.x + 1, area.height - 2, area.width - 2};
    int last = area.y + area.height - 1;
    int y = inside.y;
    paint_format(paint, y++, inside.x, inside.width, ROLE_TEXT, "against %s%s%s",
                 plan->target[0] == '\0' ? "-" : plan->target,
                 plan->origin[0] == '\0' ? "" : ", made from ", plan->origin);
    y += paint_identities(paint, (struct rect){y, inside.x, last - y, inside.width}, plan);
    if (plan->money[0] != '\0' && y < last)
        paint_format(paint, y++, inside.x, inside.width, ROLE_TEXT, "money %s", plan->money);
    if (plan->message[0] != '\0' && y < last)
        paint_format(paint, y, inside.x, inside.width, ROLE_TEXT, "%s", plan->message);
    paint_format(paint, last, inside.x, inside.width, ROLE_DIM,
                 "to a file: e, or ordersync plan export %.8s [--format csv]", plan->id);
}

/* ---- the head ---- */

typedef const char *name_fn(unsigned index);

static const char *name_of_action(unsigned index)
{
    return plan_action_name((enum plan_action)index);
}

static const char *name_of_state(unsigned index)
{
    return plan_row_state_name((enum plan_row_state)index);
}

static int head_counts(struct paint *paint, struct rect line, const uint64_t *counts,
                       unsigned count, name_fn *name, const enum role *roles)
{
    char number[GAUGE_TEXT];
    int x = line.x;
    for (unsigned i = 0; i < count; i++)
        x += 2 + paint_format(paint, line.y, x, line.x + line.width - x,
                              counts[i] > 0 ? roles[i] : ROLE_DIM, "%s %s", name(i),
                              gauge_count(counts[i], number));
    return x;
}

static void head_money(struct paint *paint, struct rect line, int x, const char *money)
{
    char text[232];
    snprintf(text, sizeof(text), "money %s", money);
    if (money[0] != '\0' && x < line.x + line.width - 10)
        paint_right(paint, line.y, x, line.x + line.width - x, ROLE_STRONG, str_from(text));
}

/* Of an order that this console sent its own rows are counted, else all that the plan keeps. */
static void head_progress(struct paint *paint, struct rect line, const struct plan_model *model,
                          const struct plan_summary *plan)
{
    char text[96];
    char first[GAUGE_TEXT];
    char second[GAUGE_TEXT];
    uint64_t total = plan_rows_kept(plan);
    uint64_t done = total - plan->states[PLAN_ROW_OPEN];
    if (strcmp(model->sent_id, plan->id) == 0 && done >= model->sent_settled &&
        done - model->sent_settled <= model->sent_count) {
        done -= model->sent_settled;
        total = model->sent_count;
    }
    snprintf(text, sizeof(text), "applying: %s of %s", gauge_count(done, first),
             gauge_count(total, second));
    int used = paint_text(paint, line.y, line.x, line.width, ROLE_STRONG, str_from(text));
    int bar = line.width - used - 2;
    gauge_bar(paint, line.y, line.x + used + 2, bar > 40 ? 40 : bar, done, total);
}

/* The line that is there only when there is something to say. */
static const char *head_notice(const struct plan_summary *plan, int64_t now, enum role *ret_role)
{
    *ret_role = ROLE_WARNING;
    if (plan == NULL)
        return NULL;
    if (plan->state == PLAN_APPLYING || plan->state == PLAN_BUILDING)
        return "";
    if (plan_is_stale(plan, now))
        return "older than a day: better make it anew; applying asks to say so";
    *ret_role = plan->state == PLAN_ABANDONED ? ROLE_ERROR : ROLE_OK;
    return plan->message[0] != '\0' ? plan->message : NULL;
}

int plan_head_height(const struct plan_model *model, int64_t now_us)
{
    enum role role;
    return 4 + (head_notice(plan_summary_of(model), now_us, &role) != NULL);
}

static void head_filter(struct paint *paint, struct rect line, const struct plan_model *model)
{
    char right[300] = "";
    char count[GAUGE_TEXT];
    const struct plan_weight *weight = &model->plan->plan.weight;
    uint64_t picked = 0;
    for (unsigned i = 0; i < PLAN_ACTION_COUNT; i++)
        picked += weight->counts[i];
    int used = paint_text(paint, line.y, line.x, 8, ROLE_DIM, STR("filter: "));
    used += paint_text(paint, line.y, line.x + used, line.width / 2 - used, ROLE_STRONG,
                       plan_has_filter(model) ? str_from(model->filter_text) : STR("all rows"));
    if (model->gathering)
        snprintf(right, sizeof(right), "picking...");
    else if (plan_any_picked(model))
        snprintf(right, sizeof(right), "picked %s%s%s", gauge_count(picked, count),
                 weight->money[0] != '\0' ? ", money " : "", weight->money);
    else
        snprintf(right, sizeof(right), "nothing picked, %s row%s",
                 gauge_count(plan_rows_total(model), count),
                 plan_rows_total(model) == 1 ? "" : "s");
    paint_right(paint, line.y, line.x + used + 2, line.width - used - 2, ROLE_TEXT,
                str_from(right));
}

int plan_paint_head(struct paint *paint, struct rect area, const struct plan_model *model,
                    int64_t now_us)
{
    const struct plan_summary *plan = plan_summary_of(model);
    struct rect line = {area.y, area.x + 1, 1, area.width - 2};
    char age[GAUGE_TEXT];
    enum role role;
    const char *notice = head_notice(plan, now_us, &role);
    if (plan == NULL) {
        bool bad = model->plan != NULL;
        paint_text(paint, line.y, line.x, line.width, bad ? ROLE_ERROR : ROLE_DIM,
                   bad ? str_from(model->plan->error.message) : STR("reading the journal..."));
        return 4;
    }
    int used = paint_format(paint, line.y, line.x, line.width, ROLE_STRONG, "plan %.8s  %s  %s",
                            plan->id, plan->kind, plan_state_name(plan->state));
    paint_format(paint, line.y, line.x + used, line.width - used, ROLE_DIM,
                 "  made %s ago by %s against %s", gauge_age(now_us - plan->started_us, age),
                 plan->operator_name[0] == '\0' ? "-" : plan->operator_name,
                 plan->target[0] == '\0' ? "-" : plan->target);
    line.y++;
    head_counts(paint, line, plan->counts, PLAN_ACTION_COUNT, name_of_action, action_roles);
    line.y++;
    int x = head_counts(paint, line, plan->states, PLAN_ROW_STATE_COUNT, name_of_state, row_roles);
    head_money(paint, line, x, plan->money);
    line.y++;
    if (plan->state == PLAN_APPLYING)
        head_progress(paint, line, model, plan);
    else if (plan->state == PLAN_BUILDING)
        paint_text(paint, line.y, line.x, line.width, ROLE_STRONG, STR("the dry run goes on"));
    else if (notice != NULL)
        paint_format(paint, line.y, line.x, line.width, role, "%s%s", theme_mark(role), notice);
    line.y += notice != NULL;
    head_filter(paint, line, model);
    return line.y + 1 - area.y;
}

/* ---- rows ---- */

enum row_column { ROW_ORDER, ROW_SOURCE, ROW_WHAT, ROW_STATE, ROW_FIELDS, ROW_MONEY, ROW_WHY };
static const struct column_spec row_columns[] = {
    [ROW_ORDER] = {"ORDER", 12, 0, false, false}, [ROW_SOURCE] = {"SOURCE", 9, 3, false, false},
    [ROW_WHAT] = {"WHAT", 9, 0, false, false},    [ROW_STATE] = {"STATE", 7, 0, false, false},
    [ROW_FIELDS] = {"FIELDS", 6, 4, false, true}, [ROW_MONEY] = {"MONEY", 12, 2, false, true},
    [ROW_WHY] = {"WHY", 10, 1, true, false},
};
#define ROW_COLUMNS (sizeof(row_columns) / sizeof(row_columns[0]))

static void row_line(struct paint *paint, const struct columns *columns, int y,
                     const struct plan_row *row)
{
    char text[352];
    columns_cell(columns, paint, y, ROW_ORDER, ROLE_STRONG,
                 row->label[0] != '\0' ? row->label : row->source_id);
    columns_cell(columns, paint, y, ROW_SOURCE, ROLE_TEXT, source_kind_name(row->source));
    columns_cell(columns, paint, y, ROW_WHAT, action_roles[row->action],
                 plan_action_name(row->action));
    columns_cell(columns, paint, y, ROW_STATE, row_roles[row->state],
                 plan_row_state_name(row->state));
    snprintf(text, sizeof(text), "%u", row->field_count);
    columns_cell(columns, paint, y, ROW_FIELDS, ROLE_DIM, text);
    columns_cell(columns, paint, y, ROW_MONEY, ROLE_TEXT, row->money);
    snprintf(text, sizeof(text), "%s%s%s", row->code, row->code[0] == '\0' ? "" : " ",
             row->message);
    columns_cell(columns, paint, y, ROW_WHY, ROLE_TEXT, text);
}

static void paint_no_row(struct paint *paint, struct rect area, const struct plan_model *model)
{
    struct rect inside = {area.y + 1, area.x + 2, area.height - 1, area.width - 4};
    const struct plan_summary *plan = plan_summary_of(model);
    if (model->rows == NULL)
        paint_wrapped(paint, inside, ROLE_DIM, STR("reading the rows..."));
    else if (!model->rows->ok)
        unanswered_paint(paint, inside, &model->rows->error);
    else if (plan_has_filter(model))
        paint_wrapped(paint, inside, ROLE_TEXT,
                      STR("No row matches the filter. Esc drops it, / changes it."));
    else if (plan != NULL && plan->state == PLAN_BUILDING)
        paint_wrapped(paint, inside, ROLE_DIM, STR("No difference so far."));
    else
        paint_wrapped(paint, inside, ROLE_OK,
                      STR("Nothing would change: the target is as its sources say."));
}

void plan_paint_rows(struct paint *paint, struct rect area, const struct plan_model *model)
{
    struct columns columns;
    const struct list *list = &model->list;
    columns_fit(&columns, row_columns, ROW_COLUMNS, area.x + GUTTER, area.width - GUTTER - 1);
    columns_heading(&columns, paint, area.y);
    for (int i = 0; i < area.height - 1 && list->top + (unsigned)i < list->count; i++) {
        uint64_t index = list->top + (unsigned)i;
        const struct plan_row *row = plan_row_at(model, index);
        int y = area.y + 1 + i;
        if (row != NULL)
            row_line(paint, &columns, y, row);
        else
            paint_text(paint, y, area.x + GUTTER, 10, ROLE_DIM, STR("..."));
        if (row != NULL && plan_picked(model, row))
            paint_text(paint, y, area.x + 3, 1, ROLE_MARKED, str_from(theme_mark(ROLE_MARKED)));
        if (index == list->selected)
            select_line(paint, y, area);
    }
    if (list->count == 0)
        paint_no_row(paint, area, model);
}
