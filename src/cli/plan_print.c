/* Plans on stdout. */
#include "cli/plan_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "cli/act.h"
#include "cli/page.h"
#include "engine/plan_text.h"

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

void plan_summary_add(struct node *list, const struct plan_summary *plan)
{
    struct buffer text = {.max = PLAN_SUMMARY_TEXT_MAX};
    buffer_append_char(&text, '{');
    plan_append_summary(&text, plan);
    buffer_append_char(&text, '}');
    node_add_raw(list, buffer_str(&text));
    buffer_free(&text);
}

void plan_print_json(const struct plan_summary *plan, struct node *take_more)
{
    struct buffer text = {.max = PLAN_SUMMARY_TEXT_MAX};
    char *more AUTO_FREE = node_line(take_more);
    plan_append_summary(&text, plan);
    printf("{%.*s%s%s\n", STR_ARG(buffer_str(&text)), more[1] == '}' ? "" : ",", more + 1);
    fflush(stdout);
    buffer_free(&text);
    node_free(take_more);
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

/* The row as JSON text, in the arena. */
static struct str row_json(const struct plan_row *row, struct str fields, bool personal,
                           struct arena *arena)
{
    struct buffer text = {.max = PLAN_ROW_TEXT_MAX};
    plan_append_row(&text, row, fields, personal, arena);
    struct str copy = arena_copy(arena, buffer_str(&text));
    buffer_free(&text);
    return copy;
}

void plan_row_add(struct node *list, const struct plan_row *row, struct str fields, bool personal)
{
    struct arena arena = {0};
    node_add_raw(list, row_json(row, fields, personal, &arena));
    arena_free(&arena);
}

void plan_print_row_json(const struct plan_row *row, struct str fields, bool personal)
{
    struct arena arena = {0};
    puts(row_json(row, fields, personal, &arena).data);
    fflush(stdout);
    arena_free(&arena);
}

static void field_line(const struct lookup_field *field, bool personal)
{
    struct str before = plan_field_shown(field, field->before, personal);
    struct str after = plan_field_shown(field, field->after, personal);
    bool own = strcmp(field->table, "orders") == 0;
    page_line("  %s%s%s%s%s: %.*s -> %.*s", own ? "" : field->table, own ? "" : " ", field->key,
              own ? "" : " ", field->field, STR_ARG(before.data == NULL ? STR("-") : before),
              STR_ARG(after.data == NULL ? STR("-") : after));
}

static void print_fields(struct str fields, bool personal)
{
    struct arena arena = {0};
    struct error err = {0};
    struct lookup_field *list;
    size_t count;
    uint64_t cut;
    bool read = plan_fields_read(fields, &arena, &list, &count, &cut, &err);
    for (size_t i = 0; read && i < count; i++)
        field_line(&list[i], personal);
    if (read && cut > 0)
        page_line("  and %" PRIu64 " more, which the plan does not keep", cut);
    arena_free(&arena);
}

void plan_print_row(const struct plan_row *row, struct str fields, bool personal)
{
    page_line("%s%s%s/%s: %s, %s%s%s", row->label, row->label[0] == '\0' ? "" : " ",
              source_kind_name(row->source), row->source_id, plan_action_name(row->action),
              plan_row_state_name(row->state), row->money[0] == '\0' ? "" : ", ", row->money);
    if (row->message[0] != '\0')
        page_line("  %s%s%s", row->code, row->code[0] == '\0' ? "" : " ", row->message);
    print_fields(fields, personal);
}

/* ---- the end of a dry run ---- */

static void print_report(const struct cli *cli, const struct plan_summary *plan,
                         const struct work_result *result)
{
    if (cli->json) {
        plan_print_json(plan, node_new());
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
