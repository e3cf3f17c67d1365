/* ordersync apply: a plan, or what is picked of it, carried out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/act.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/plan_print.h"

#define PICKS_MAX 10000 /* rows picked one by one: a command's arguments hold about 100,000 */
#define POLL_US 200000

struct applying {
    struct cli *cli;
    struct journal_reader *reader;
    struct plan_summary plan;
    struct plan_pick pick;
    int64_t *ids;
    size_t id_count;
    char *ids_text;
    struct plan_weight weight;
    struct act_result result;
};

/* ---- what is picked ---- */

static bool pick_row(struct applying *work, const char *text, struct error *err)
{
    enum source_kind source = SOURCE_COUNT;
    const char *id = text;
    int64_t row;
    if (text[0] != '#' && !act_parse_document(text, &source, &id, err))
        return false;
    if (!journal_find_plan_row(work->reader, work->plan.id, source, id, &row, err))
        return false;
    if (work->id_count == PICKS_MAX)
        return error_set(err, ERROR_USAGE, "more than %d rows picked one by one", PICKS_MAX);
    work->ids = memory_resize(work->ids, (work->id_count + 1) * sizeof(*work->ids));
    work->ids[work->id_count++] = row;
    return true;
}

static bool pick_all(struct applying *work, struct error *err)
{
    size_t at = 0;
    const char *text;
    while ((text = cli_flag_next(work->cli, "only", &at)) != NULL) {
        enum plan_action action;
        bool whole = plan_action_parse(text, &action) && action != PLAN_UNCHANGED;
        if (whole)
            work->pick.actions |= 1u << action;
        else if (!pick_row(work, text, err))
            return false;
    }
    return true;
}

static void pick_text(struct applying *work)
{
    struct buffer text = {.max = 32 * PICKS_MAX};
    if (work->id_count == 0)
        return;
    for (size_t i = 0; i < work->id_count; i++)
        buffer_append_format(&text, "%c%lld", i == 0 ? '[' : ',', (long long)work->ids[i]);
    buffer_append_char(&text, ']');
    work->ids_text = text.data;
    work->pick.ids = work->ids_text;
}

static const char *conflicts_of(const struct cli *cli)
{
    const char *text = cli_flag(cli, "conflicts");
    return text == NULL ? "source" : text;
}

static bool prepare(struct applying *work, struct error *err)
{
    struct cli *cli = work->cli;
    const char *conflicts = conflicts_of(cli);
    if (strcmp(conflicts, "source") != 0 && strcmp(conflicts, "leave") != 0)
        return error_set(err, ERROR_USAGE, "--conflicts is source or leave");
    if (!act_open_journal(cli, false, &work->reader, err) ||
        !journal_read_plan(work->reader, cli->arguments[0], &work->plan, err) ||
        !pick_all(work, err))
        return false;
    pick_text(work);
    return journal_plan_weigh(work->reader, work->plan.id, &work->pick, &work->weight, err);
}

/* ---- asking ---- */

static uint64_t weight_sum(const struct plan_weight *weight)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PLAN_ACTION_COUNT; i++)
        sum += weight->counts[i];
    return sum;
}

static void tell_weight(const struct applying *work)
{
    const struct plan_weight *weight = &work->weight;
    char text[300] = "";
    size_t len = 0;
    for (unsigned i = 0; i < PLAN_UNCHANGED && len < sizeof(text); i++) {
        if (weight->counts[i] > 0)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s", len == 0 ? "" : ", ",
                                    words_count(weight->counts[i]).text,
                                    plan_action_name((enum plan_action)i));
    }
    page_note(work->cli->quiet, "plan %.8s, made %s ago against %s: %s%s%s", work->plan.id,
              words_age(work->plan.started_us, clock_wall_us()).text, work->plan.target, text,
              weight->money[0] == '\0' ? "" : "; money ", weight->money);
}

/* Only a whole "yes" counts. */
static bool ask(struct error *err)
{
    char answer[16] = "";
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return error_set(err, ERROR_NOT_APPROVED,
                         "there is no terminal to ask on: --auto-approve says yes");
    fputs("Apply this? Only \"yes\" does: ", stderr);
    fflush(stderr);
    if (fgets(answer, sizeof(answer), stdin) != NULL && strcmp(answer, "yes\n") == 0)
        return true;
    return error_set(err, ERROR_NOT_APPROVED, "nothing was applied");
}

static bool approve(const struct applying *work, struct error *err)
{
    bool stale = clock_wall_us() - work->plan.started_us > PLAN_STALE_US;
    if (stale && work->plan.state != PLAN_APPLYING && !cli_has_flag(work->cli, "stale"))
        return error_set(err, ERROR_PLAN_STALE, "plan %.8s is %s old", work->plan.id,
                         words_age(work->plan.started_us, clock_wall_us()).text);
    tell_weight(work);
    return cli_has_flag(work->cli, "auto-approve") || weight_sum(&work->weight) == 0 || ask(err);
}

/* ---- sending ---- */

static char *arguments_text(const struct applying *work)
{
    struct node *root = node_new();
    node_text(root, "plan", work->plan.id);
    if (work->pick.actions != 0) {
        struct node *list = node_list(root, "actions");
        for (unsigned i = 0; i < PLAN_UNCHANGED; i++) {
            if (work->pick.actions >> i & 1)
                node_add_text(list, plan_action_name((enum plan_action)i));
        }
    }
    if (work->id_count > 0) {
        struct node *list = node_list(root, "ids");
        for (size_t i = 0; i < work->id_count; i++)
            node_add_integer(list, work->ids[i]);
    }
    node_text(root, "conflicts", conflicts_of(work->cli));
    node_boolean(root, "stale", cli_has_flag(work->cli, "stale"));
    char *line = node_line(root);
    node_free(root);
    return line;
}

/* An engine of another process takes the time that the plan needs: it is waited for as long as it
 * is at it. */
static bool wait_longer(struct applying *work, struct error *err)
{
    struct plan_summary plan;
    int64_t id = work->result.command.id;
    do {
        if (!journal_read_command(work->reader, id, &work->result.command, err) ||
            !journal_read_plan(work->reader, work->plan.id, &plan, err))
            return false;
        if (work->result.command.result[0] != '\0')
            return true;
    } while (plan.state == PLAN_APPLYING && journal_reader_engine_runs(work->reader) &&
             work_wait_signal(POLL_US) == 0);
    return error_set(err, ERROR_COMMAND_WAITING,
                     "command %lld is not finished: `ordersync apply` goes on with it",
                     (long long)id);
}

static bool send(struct applying *work, struct error *err)
{
    char *arguments AUTO_FREE = arguments_text(work);
    int64_t id;
    if (!journal_send_command(work->reader, "apply", arguments, "", &id, err))
        return false;
    if (act_wait(work->cli, work->reader, &id, 1, &work->result, err))
        return true;
    work->result.command.id = id;
    return err->id == ERROR_COMMAND_WAITING && wait_longer(work, err);
}

/* ---- what came of it ---- */

static bool print_moved(struct applying *work, struct grid *grid, struct node *list,
                        struct error *err)
{
    struct plan_filter filter = {.states = 1u << PLAN_ROW_MOVED | 1u << PLAN_ROW_FAILED};
    struct arena arena = {0};
    struct plan_row *rows;
    size_t count = 0;
    uint64_t total;
    bool read = journal_list_plan_rows(work->reader, work->plan.id, &filter, 0, 1000, &arena, &rows,
                                       &count, &total, err);
    for (size_t i = 0; read && i < count; i++) {
        if (list != NULL)
            plan_row_add(list, &rows[i], STR("[]"), false);
        else
            plan_rows_add(grid, &rows[i]);
    }
    arena_free(&arena);
    return read;
}

static bool print_result(struct applying *work, struct error *err)
{
    struct plan_summary plan;
    if (!journal_read_plan(work->reader, work->plan.id, &plan, err))
        return false;
    if (work->cli->json) {
        struct node *root = node_new();
        node_integer(root, "command", work->result.command.id);
        node_text(root, "result", work->result.command.result);
        node_text(root, "outcome", work->result.command.message);
        bool read = print_moved(work, NULL, node_list(root, "not_applied"), err);
        plan_print_json(&plan, root);
        return read;
    }
    page_line("plan %.8s: %s", plan.id, work->result.command.message);
    if (plan.states[PLAN_ROW_MOVED] + plan.states[PLAN_ROW_FAILED] == 0)
        return true;
    struct grid *grid = plan_rows_grid();
    bool read = print_moved(work, grid, NULL, err);
    grid_print(grid);
    return read;
}

/* A refusal begins with its code. */
static bool was_refused(const struct applying *work, struct error *err)
{
    const char *message = work->result.command.message;
    char code[16];
    enum error_id id;
    if (strcmp(work->result.command.result, "refused") != 0)
        return false;
    const char *at = strstr(message, "OS-");
    snprintf(code, sizeof(code), "%.7s", at == NULL ? "" : at);
    if (!error_id_parse(code, &id))
        id = ERROR_COMMAND_ARGUMENTS;
    const char *text = at == NULL ? message : at + strcspn(at, " ");
    error_set(err, id, "%s", text + strspn(text, " "));
    return true;
}

static bool apply_work(struct applying *work, struct error *err)
{
    return prepare(work, err) && approve(work, err) && send(work, err) && !was_refused(work, err) &&
           print_result(work, err);
}

static int apply_run(struct cli *cli)
{
    struct applying work = {.cli = cli};
    struct error err = {0};
    bool good = apply_work(&work, &err);
    bool whole = strcmp(work.result.command.result, "done") == 0;
    journal_reader_close(work.reader);
    free(work.ids);
    free(work.ids_text);
    if (!good)
        return cli_fail(cli, &err);
    return whole ? EXIT_DONE : EXIT_ORDERS_FAILED;
}

static const struct flag apply_flags[] = {
    {"only", "WHAT", "SOURCE/ID, #LABEL, create, update, tombstone or conflict; may be repeated"},
    {"conflicts", "HOW", "of conflicts that are picked: source (default) takes it, leave does not"},
    {"auto-approve", NULL, "do not ask"},
    {"stale", NULL, "also a plan that is older than a day"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_apply = {
    .name = "apply",
    .arguments = "PLAN",
    .summary = "carry out a plan, or a part of it",
    .details = "Without --only all but conflicts. Each row is held to what the plan saw: what has "
               "moved since,\n"
               "in its source or in the target, is left alone and listed, and the exit code is 1. "
               "Asks on a\n"
               "terminal. A killed application goes on when it is run again.",
    .flags = apply_flags,
    .least = 1,
    .most = 1,
    .threads = true,
    .silent_log = true,
    .run = apply_run,
};
