/* Plans on stdout. */
#include "cli/plan_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/act.h"
#include "cli/page.h"
#include "model/json.h"

#define MASK "(personal; --personal shows it)"

/* ---- summaries ---- */

static const char *const action_words[PLAN_ACTION_COUNT] = {
    [PLAN_CREATE] = "not in the target yet",
    [PLAN_UPDATE] = "differ",
    [PLAN_TOMBSTONE] = "gone in their source",
    [PLAN_CONFLICT] = "would fail, or be held: picked alone",
    [PLAN_UNCHANGED] = "as they should be",
};

void plan_print_summary(const struct plan_summary *plan)
{
    int64_t now = clock_wall_us();
    page_line("plan %.8s: %s, %s, made %s (%s ago)%s%s", plan->id, plan->kind,
              plan_state_name(plan->state), words_time(plan->started_us).text,
              words_age(plan->started_us, now).text, plan->operator_name[0] == '\0' ? "" : " by ",
              plan->operator_name);
    for (unsigned i = 0; i < PLAN_ACTION_COUNT; i++)
        page_field(plan_action_name((enum plan_action)i), "%s%s%s",
                   words_count(plan->counts[i]).text, plan->counts[i] == 0 ? "" : " ",
                   plan->counts[i] == 0 ? "" : action_words[i]);
    page_field("money", "%s", plan->money);
    for (unsigned i = PLAN_ROW_APPLIED; i < PLAN_ROW_STATE_COUNT; i++) {
        if (plan->states[i] > 0)
            page_field(plan_row_state_name((enum plan_row_state)i), "%s",
                       words_count(plan->states[i]).text);
    }
    page_field("message", "%s", plan->message);
    if (plan->state == PLAN_READY && now - plan->started_us > PLAN_STALE_US)
        page_field("stale", "older than a day: make it again, or apply it with --stale");
}

void plan_summary_node(struct node *object, const struct plan_summary *plan)
{
    node_text(object, "plan", plan->id);
    node_text(object, "kind", plan->kind);
    node_text(object, "state", plan_state_name(plan->state));
    node_text(object, "operator", plan->operator_name);
    node_text(object, "origin", plan->origin);
    node_time(object, "started", plan->started_us);
    node_time(object, "finished", plan->finished_us);
    node_text(object, "target", plan->target);
    struct node *from = node_object(object, "sources");
    for (unsigned i = 0; i < SOURCE_COUNT; i++) {
        if (plan->sources >> i & 1)
            node_text(from, source_kind_name((enum source_kind)i), plan->identities[i]);
    }
    for (unsigned i = 0; i < PLAN_ACTION_COUNT; i++)
        node_unsigned(object, plan_action_name((enum plan_action)i), plan->counts[i]);
    node_text(object, "money", plan->money);
    for (unsigned i = 0; i < PLAN_ROW_STATE_COUNT; i++)
        node_unsigned(object, plan_row_state_name((enum plan_row_state)i), plan->states[i]);
    node_text(object, "message", plan->message);
}

/* ---- rows ---- */

struct grid *plan_rows_grid(void)
{
    static const char *const titles[] = {"ORDER",   "DOCUMENT", "WHAT",    "STATE",
                                         ">FIELDS", ">MONEY",   "MESSAGE", NULL};
    return grid_new(titles);
}

void plan_rows_add(struct grid *grid, const struct plan_row *row)
{
    char document[256];
    char fields[16];
    char message[360];
    snprintf(document, sizeof(document), "%s/%s", source_kind_name(row->source), row->source_id);
    snprintf(fields, sizeof(fields), "%u", row->field_count);
    snprintf(message, sizeof(message), "%s%s%s", row->code, row->code[0] == '\0' ? "" : " ",
             row->message);
    grid_row(grid, row->label, document, plan_action_name(row->action),
             plan_row_state_name(row->state), fields, row->money, message);
}

/* One field of a row, as the journal's JSON has it. */
struct field {
    struct str table, key, name, before, after;
    bool personal;
    uint64_t cut; /* not 0: this stands for so many that are not kept */
};

typedef void field_fn(const struct field *field, void *context);

static struct str text_of(const struct value *object, const char *name)
{
    const struct value *value = value_get(object, name);
    return value != NULL && value->kind == VALUE_STRING ? value->text : STR_NULL;
}

static struct field field_read(const struct value *item, bool personal)
{
    const struct value *mark = value_get(item, "personal");
    const struct value *cut = value_get(item, "cut");
    struct field field = {
        .table = text_of(item, "table"),
        .key = text_of(item, "key"),
        .name = text_of(item, "field"),
        .before = text_of(item, "before"),
        .after = text_of(item, "after"),
        .personal = mark != NULL && mark->kind == VALUE_BOOL && mark->boolean,
        .cut = cut != NULL && cut->kind == VALUE_INT ? (uint64_t)cut->integer : 0,
    };
    bool masked = field.personal && !personal;
    if (masked && field.before.data != NULL)
        field.before = STR(MASK);
    if (masked && field.after.data != NULL)
        field.after = STR(MASK);
    return field;
}

/* A text that is not JSON, by whatever accident, has no fields. */
static size_t fields_each(struct str text, bool personal, field_fn *each, void *context)
{
    struct arena arena = {0};
    struct error err = {0};
    const struct value *list = NULL;
    size_t count = 0;
    if (json_parse(text, &arena, &list, &err) && list->kind == VALUE_ARRAY)
        count = list->array.count;
    for (size_t i = 0; i < count; i++) {
        struct field field = field_read(&list->array.items[i], personal);
        each(&field, context);
    }
    arena_free(&arena);
    return count;
}

static void field_node(const struct field *field, void *context)
{
    struct node *item = node_add(context);
    if (field->cut > 0) {
        node_unsigned(item, "cut", field->cut);
        return;
    }
    node_str(item, "table", field->table);
    node_str(item, "key", field->key);
    node_str(item, "field", field->name);
    node_str(item, "before", field->before);
    node_str(item, "after", field->after);
    node_boolean(item, "personal", field->personal);
}

void plan_row_node(struct node *object, const struct plan_row *row, struct str fields,
                   bool personal)
{
    node_text(object, "source", source_kind_name(row->source));
    node_text(object, "source_id", row->source_id);
    node_text(object, "order", row->label);
    node_text(object, "action", plan_action_name(row->action));
    node_text(object, "state", plan_row_state_name(row->state));
    node_text(object, "money", row->money);
    node_text(object, "code", row->code);
    node_text(object, "message", row->message);
    fields_each(fields, personal, field_node, node_list(object, "fields"));
}

static void field_line(const struct field *field, void *context)
{
    (void)context;
    if (field->cut > 0) {
        page_line("  and %" PRIu64 " more, which the plan does not keep", field->cut);
        return;
    }
    bool own = str_equal(field->table, STR("orders"));
    page_line("  %.*s%s%.*s%s%.*s: %.*s -> %.*s", STR_ARG(own ? STR("") : field->table),
              own ? "" : " ", STR_ARG(field->key), own ? "" : " ", STR_ARG(field->name),
              STR_ARG(field->before.data == NULL ? STR("-") : field->before),
              STR_ARG(field->after.data == NULL ? STR("-") : field->after));
}

void plan_print_row(const struct plan_row *row, struct str fields, bool personal)
{
    page_line("%s%s%s/%s: %s, %s%s%s", row->label, row->label[0] == '\0' ? "" : " ",
              source_kind_name(row->source), row->source_id, plan_action_name(row->action),
              plan_row_state_name(row->state), row->money[0] == '\0' ? "" : ", ", row->money);
    if (row->message[0] != '\0')
        page_line("  %s%s%s", row->code, row->code[0] == '\0' ? "" : " ", row->message);
    fields_each(fields, personal, field_line, NULL);
}

/* ---- CSV ---- */

static bool is_number(struct str text)
{
    for (size_t i = text.len > 0 && text.data[0] == '-'; i < text.len; i++) {
        if (strchr("0123456789.", text.data[i]) == NULL)
            return false;
    }
    return text.len > 0;
}

/* Quoted always. A text that a spreadsheet would take for a formula gets an apostrophe before it.
 */
static void csv_cell(struct str text, const char *end)
{
    struct arena arena = {.block_size = 4096};
    struct str shown = text_display(text, &arena);
    putchar('"');
    if (shown.len > 0 && strchr("=+-@", shown.data[0]) != NULL && !is_number(shown))
        putchar('\'');
    for (size_t i = 0; i < shown.len; i++) {
        if (shown.data[i] == '"')
            putchar('"');
        putchar(shown.data[i]);
    }
    printf("\"%s", end);
    arena_free(&arena);
}

void plan_print_csv_title(void)
{
    puts("source,source_id,order,action,state,money,code,message,table,key,field,before,after");
}

static void csv_row(const struct plan_row *row)
{
    const char *const cells[] = {
        source_kind_name(row->source),   row->source_id, row->label, plan_action_name(row->action),
        plan_row_state_name(row->state), row->money,     row->code,  row->message};
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
        csv_cell(str_from(cells[i]), ",");
}

static void csv_field(const struct field *field, void *context)
{
    struct str name = field->cut > 0 ? STR("(more, not kept)") : field->name;
    csv_row(context);
    csv_cell(field->table, ",");
    csv_cell(field->key, ",");
    csv_cell(name, ",");
    csv_cell(field->before, ",");
    csv_cell(field->after, "\n");
}

void plan_print_csv(const struct plan_row *row, struct str fields, bool personal)
{
    struct plan_row copy = *row;
    if (fields_each(fields, personal, csv_field, &copy) > 0)
        return;
    csv_row(row);
    puts(",,,,");
}

/* ---- the end of a dry run ---- */

static void print_report(const struct cli *cli, const struct plan_summary *plan,
                         const struct work_result *result)
{
    if (cli->json) {
        struct node *root = node_new();
        plan_summary_node(root, plan);
        node_print(root);
        return;
    }
    plan_print_summary(plan);
    if (result->seconds > 0)
        page_field("took", "%s", words_seconds(result->seconds).text);
    fflush(stdout);
    page_note(cli->quiet,
              "Nothing was written. `ordersync plan show` lists it, `ordersync apply "
              "%.8s` carries it out.",
              plan->id);
}

static uint64_t changes_of(const struct plan_summary *plan)
{
    uint64_t changes = 0;
    for (unsigned i = 0; i < PLAN_UNCHANGED; i++)
        changes += plan->counts[i];
    return changes;
}

int plan_report(struct cli *cli, const struct work_result *result)
{
    struct journal_reader *reader = NULL;
    struct plan_summary plan;
    struct error err = {0};
    if (result->error.id != ERROR_NONE)
        return cli_fail(cli, &result->error);
    bool read = act_open_journal(cli, false, &reader, &err) &&
                journal_read_plan(reader, "last", &plan, &err);
    journal_reader_close(reader);
    if (!read)
        return cli_fail(cli, &err);
    print_report(cli, &plan, result);
    if (result->interrupted)
        return EX_TEMPFAIL;
    if (plan.state == PLAN_ABANDONED)
        return EXIT_ORDERS_FAILED;
    return cli_has_flag(cli, "detailed-exitcode") && changes_of(&plan) > 0 ? EXIT_DIFFERENCES
                                                                           : EXIT_DONE;
}
