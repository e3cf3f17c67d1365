/* The Diff tab: what the newest document of the source would make of the target's rows, field by
 * field, and with it what a retry would come to. Somebody's "inspect" says so, or a dry run. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/gauge.h"
#include "ui/inspector.h"

#define GAP 2 /* between two columns */
#define NAME_SIZE 200

/* ---- columns ---- */

enum diff_column { COLUMN_FIELD, COLUMN_SOURCE, COLUMN_DATABASE, COLUMN_RULE, COLUMN_COUNT };

/* Parts of a hundred; the last has what is left. */
static const int shares[COLUMN_COUNT] = {28, 25, 25, 22};

static void append_column(struct buffer *line, const struct inspector *inspector, struct str text,
                          struct arena *arena, int width)
{
    struct str shown = text_display(text, arena);
    size_t room = (size_t)width;
    size_t used = text_width(shown);
    if (used <= room) {
        buffer_append_str(line, shown);
    } else {
        struct str cut = text_truncate(shown, room - 1);
        used = text_width(cut) + 1;
        buffer_append_str(line, cut);
        buffer_append_text(line, inspector->ellipsis);
    }
    for (size_t i = used; i < room + GAP; i++)
        buffer_append_char(line, ' ');
}

static void add_columns(struct inspector *inspector, enum role role,
                        const struct str texts[COLUMN_COUNT])
{
    struct buffer line = {.max = 8192};
    int room = inspector->width - (COLUMN_COUNT - 1) * GAP;
    int left = room;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        int width = i == COLUMN_RULE ? left : room * shares[i] / 100;
        left -= width;
        append_column(&line, inspector, texts[i], &inspector->arena, width > 1 ? width : 1);
    }
    while (line.len > 0 && line.data[line.len - 1] == ' ')
        line.len--;
    inspector_add(inspector, role, 0, arena_copy(&inspector->arena, buffer_str(&line)));
    buffer_free(&line);
}

/* ---- fields ---- */

/* "total_price" of the order, "line_items[3].title" of its rows. */
static void field_name(const struct lookup_field *field, char ret_name[NAME_SIZE])
{
    const char *table = strncmp(field->table, "order_", 6) == 0 ? field->table + 6 : field->table;
    if (strcmp(field->table, "orders") == 0)
        snprintf(ret_name, NAME_SIZE, "%s", field->field);
    else
        snprintf(ret_name, NAME_SIZE, "%s[%s].%s", table, field->key, field->field);
}

static struct str value_text(const struct inspector *inspector, const struct lookup_field *field,
                             struct str text)
{
    if (text.data == NULL)
        return STR("null");
    if (text.len == 0)
        return STR("\"\"");
    return field->personal ? inspector_personal(inspector, text) : text;
}

static void add_field(struct inspector *inspector, const struct lookup_field *field)
{
    char name[NAME_SIZE];
    field_name(field, name);
    struct str source = value_text(inspector, field, field->after);
    struct str database = value_text(inspector, field, field->before);
    const char *rule = field->rule == NULL ? "" : field->rule;
    add_columns(inspector, ROLE_TEXT,
                (struct str[COLUMN_COUNT]){str_from(name), source, database, str_from(rule)});
    inspector->lines.items[inspector->lines.count - 1].whole =
        arena_format(&inspector->arena, "%s  source: %.*s  database: %.*s  rule: %s", name,
                     STR_ARG(source), STR_ARG(database), rule);
}

static void add_fields(struct inspector *inspector, const struct lookup_inspection *inspection)
{
    static const struct str titles[COLUMN_COUNT] = {
        {"FIELD", 5}, {"SOURCE", 6}, {"DATABASE", 8}, {"RULE", 4}};
    if (inspection->count > 0)
        add_columns(inspector, ROLE_HEADING, titles);
    for (size_t i = 0; i < inspection->count; i++)
        add_field(inspector, &inspection->fields[i]);
    if (inspection->cut > 0)
        inspector_addf(inspector, ROLE_WARNING, 0, "%" PRIu64 " more fields are not kept",
                       inspection->cut);
}

/* ---- if retried now ---- */

/* The plan's row is what the newest "inspect" found. */
static bool row_is_the_commands(const struct inspection *at)
{
    return at->planned && at->command.id != 0 && strcmp(at->plan_kind, INSPECT_KIND) == 0 &&
           at->plan_us >= at->command.created_us;
}

static void add_never(struct inspector *inspector, const struct console *console)
{
    char key[16];
    if (console_read_only(console)) {
        inspector_wrap(
            inspector, ROLE_TEXT, 0,
            STR("If retried now: not known; nobody had the document read from its source, "
                "and this console may not."));
        return;
    }
    inspector_addf(inspector, ROLE_TEXT, 0, "If retried now: not known; %s reads the document",
                   binding_key_name(bindings_key(CONTEXT_INSPECTOR, REQUEST_REFETCH), key));
    inspector_add(inspector, ROLE_TEXT, 0,
                  STR("from its source and says what would change; nothing is written."));
}

static void add_waiting(struct inspector *inspector, const struct console *console,
                        const struct command_row *command)
{
    inspector_addf(inspector, ROLE_WARNING, 0, "reading it from its source: command %" PRId64 "%s",
                   command->id,
                   console_engine_runs(console) ? "" : ", once an engine runs to carry it out");
}

static enum role outcome_role(const struct inspection *at)
{
    bool bad = row_is_the_commands(at) && at->row.action == PLAN_CONFLICT;
    return bad || strcmp(at->command.result, "done") != 0 ? ROLE_ERROR : ROLE_STRONG;
}

static void add_outcome(struct inspector *inspector, const struct console *console,
                        const struct inspection *at)
{
    const struct command_row *command = &at->command;
    char clock[GAUGE_TEXT];
    bool done = strcmp(command->result, "done") == 0;
    inspector_addf(inspector, outcome_role(at), 0, "%s: %s",
                   done ? "If retried now" : "It could not be read", command->message);
    inspector_addf(
        inspector, ROLE_DIM, 0, "read from %s at %sZ by %s", source_kind_name(inspector->source),
        gauge_clock(command->finished_us, console_now(console), clock), command->operator_name);
}

/* What an older look, or a dry run, found. */
static void add_plan(struct inspector *inspector, const struct console *console,
                     const struct inspection *at)
{
    char age[GAUGE_TEXT];
    inspector_addf(
        inspector, ROLE_HEADING, 0, "%s, %s ago: %s, %s%s%s",
        strcmp(at->plan_kind, INSPECT_KIND) == 0
            ? "read before"
            : arena_format(&inspector->arena, "plan %.8s (%s)", at->plan_id, at->plan_kind).data,
        gauge_age(console_now(console) - at->plan_us, age), plan_action_name(at->row.action),
        plan_row_state_name(at->row.state), at->row.message[0] == '\0' ? "" : ": ",
        at->row.message);
}

static void add_runbook(struct inspector *inspector, const struct plan_row *row)
{
    enum error_id id;
    if (row->action != PLAN_CONFLICT || !error_id_parse(row->code, &id))
        return;
    inspector_addf(inspector, ROLE_TEXT, 1, "%s", error_info(id)->cause);
    inspector_addf(inspector, ROLE_TEXT, 1, "%s", error_info(id)->remedy);
}

static void add_row(struct inspector *inspector, const struct console *console,
                    const struct inspection *at)
{
    if (!row_is_the_commands(at))
        add_plan(inspector, console, at);
    else if (at->row.state != PLAN_ROW_OPEN)
        inspector_addf(inspector, at->row.state == PLAN_ROW_APPLIED ? ROLE_OK : ROLE_WARNING, 0,
                       "since then: %s%s%s", plan_row_state_name(at->row.state),
                       at->row.message[0] == '\0' ? "" : ", ", at->row.message);
    add_runbook(inspector, &at->row);
    if (at->row.money[0] != '\0')
        inspector_addf(inspector, ROLE_STRONG, 0, "money moved: %s", at->row.money);
}

void inspector_diff(struct inspector *inspector, const struct console *console)
{
    const struct lookup_inspection *inspection = &inspector->inspection->inspection;
    const struct inspection *at = &inspection->at;
    if (at->command.id == 0)
        add_never(inspector, console);
    else if (at->command.result[0] == '\0')
        add_waiting(inspector, console, &at->command);
    else
        add_outcome(inspector, console, at);
    if (!at->planned)
        return;
    add_row(inspector, console, at);
    add_fields(inspector, inspection);
}

const struct plan_row *inspector_applicable(const struct inspector *inspector, int64_t now_us)
{
    const struct lookup_reply *reply = inspector->inspection;
    if (reply == NULL || !reply->ok || !reply->inspection.at.planned)
        return NULL;
    const struct inspection *at = &reply->inspection.at;
    bool good = at->row.state == PLAN_ROW_OPEN && at->row.action != PLAN_CONFLICT &&
                now_us - at->plan_us <= PLAN_STALE_US;
    return good ? &at->row : NULL;
}
