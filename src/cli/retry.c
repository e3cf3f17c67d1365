/* ordersync retry, skip, release and refuse: an operator's word on failures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/act.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/work.h"

#define SETTLE_US 60000000 /* how long a retry in another engine is waited for */
#define POLL_US 200000

/* What the command is about: documents by name, one fingerprint, or all of a state. */
struct selection {
    int64_t *ids; /* heap; one for each argument, NULL when there are none */
    size_t id_count;
    struct failure_filter filter; /* without ids */
};

/* Release and refuse: about what is held and nothing else. */
static bool is_verdict(const struct cli *cli)
{
    return cli->subcommand == &subcommand_release || cli->subcommand == &subcommand_refuse;
}

static const char *selection_state(const struct cli *cli)
{
    if (is_verdict(cli))
        return cli_has_flag(cli, "all") ? failure_state_name(FAILURE_HELD) : NULL;
    return cli_flag(cli, "state");
}

static bool select_filter(const struct cli *cli, struct selection *selection, struct error *err)
{
    const char *fingerprint = cli_flag(cli, "fingerprint");
    const char *name = selection_state(cli);
    const char *words = is_verdict(cli) ? NULL : cli_flag(cli, "filter");
    enum failure_state state = FAILURE_NONE;
    if ((fingerprint != NULL) + (name != NULL) + (words != NULL) + (cli->argument_count > 0) != 1)
        return error_set(err, ERROR_USAGE, "%s takes SOURCE/ID..., --fingerprint F or --%s",
                         cli->subcommand->name,
                         is_verdict(cli) ? "all: one of the three"
                                         : "state STATE, or --filter WORDS: one of the four");
    if (name != NULL && (!failure_state_parse(name, &state) || state == FAILURE_NONE))
        return error_set(err, ERROR_USAGE, "\"%s\" is no failure state", name);
    selection->filter = search_all();
    if (name != NULL)
        selection->filter.states = 1u << state;
    if (fingerprint != NULL)
        snprintf(selection->filter.fingerprint, sizeof(selection->filter.fingerprint), "%s",
                 fingerprint);
    return words == NULL || search_parse(words, clock_wall_us(), &selection->filter, NULL, err);
}

static bool select_failures(const struct cli *cli, struct journal_reader *reader,
                            struct selection *selection, struct error *err)
{
    if (!select_filter(cli, selection, err))
        return false;
    selection->id_count = cli->argument_count;
    return cli->argument_count == 0 || act_find_failures(cli, reader, &selection->ids, err);
}

/* With points of time, so that the filter means the same when the engine reads it. */
static void filter_node(struct node *root, const struct failure_filter *filter)
{
    struct buffer text = {0};
    search_print(filter, TIME_NONE, &text);
    node_text(root, "filter", text.data);
    buffer_free(&text);
}

static bool number_node(const struct cli *cli, struct node *root, const char *flag,
                        const char *name, struct error *err)
{
    int64_t number;
    if (!cli_flag_number(cli, flag, 1, 1000000, 0, &number, err))
        return false;
    if (number > 0)
        node_integer(root, name, number);
    return true;
}

/* The command's arguments as journal_apply_command() reads them; the caller frees. */
static char *selection_json(const struct cli *cli, const struct selection *selection,
                            struct error *err)
{
    struct node *root = node_new();
    if (selection->ids != NULL) {
        struct node *list = node_list(root, "ids");
        for (size_t i = 0; i < selection->id_count; i++)
            node_add_integer(list, selection->ids[i]);
    } else if (cli_has_flag(cli, "fingerprint")) {
        node_text(root, "fingerprint", cli_flag(cli, "fingerprint"));
    } else if (selection_state(cli) == NULL) {
        filter_node(root, &selection->filter);
    } else {
        node_text(root, "state", selection_state(cli));
    }
    bool good = number_node(cli, root, "pace", "pace", err) &&
                number_node(cli, root, "stop-after", "stop_after", err);
    char *line = good ? node_line(root) : NULL;
    node_free(root);
    return line;
}

static bool row_is_settled(const struct failure_row *row, int64_t asked_us)
{
    if (row->state == FAILURE_IN_PROGRESS)
        return false;
    return row->state != FAILURE_RETRYABLE || row->last_us >= asked_us;
}

/* The failures as they are after the retry; those in another engine's hands are waited for. */
static bool read_after(struct journal_reader *reader, const struct selection *selection,
                       int64_t asked_us, struct arena *arena, struct failure_row *rows,
                       struct error *err)
{
    int64_t deadline = clock_monotonic_us() + SETTLE_US;
    for (size_t i = 0; i < selection->id_count; i++) {
        struct failure_detail detail;
        do {
            if (!journal_read_failure(reader, selection->ids[i], arena, &detail, err))
                return false;
        } while (!row_is_settled(&detail.row, asked_us) && clock_monotonic_us() < deadline &&
                 work_wait_signal(POLL_US) == 0);
        rows[i] = detail.row;
    }
    return true;
}

static void print_row(const struct failure_row *row)
{
    bool resolved = row->state == FAILURE_RESOLVED;
    page_line("%s/%s %s%s%s%s%s", source_kind_name(row->source), row->source_id,
              failure_state_name(row->state), resolved ? "" : ": ", resolved ? "" : row->code,
              resolved ? "" : " ", resolved ? "" : row->message);
}

static void add_row(struct node *list, const struct failure_row *row)
{
    struct node *item = node_add(list);
    node_text(item, "source", source_kind_name(row->source));
    node_text(item, "source_id", row->source_id);
    node_text(item, "state", failure_state_name(row->state));
    node_text(item, "code", row->code);
    node_text(item, "message", row->message);
}

static struct node *result_node(const struct command_row *command)
{
    struct node *root = node_new();
    node_integer(root, "command", command->id);
    node_text(root, "kind", command->kind);
    node_text(root, "result", command->result);
    node_text(root, "message", command->message);
    return root;
}

static int result_code(const struct command_row *command)
{
    return strcmp(command->result, "done") == 0 ? EXIT_DONE : EXIT_ORDERS_FAILED;
}

/* Its documents are read again and applied: what is still failed afterwards tells. */
static bool is_tried(const struct command_row *command)
{
    return strcmp(command->kind, "retry") == 0 || strcmp(command->kind, "release") == 0;
}

static int report_rows(const struct cli *cli, const struct command_row *command,
                       const struct failure_row *rows, size_t count)
{
    bool retry = is_tried(command);
    int code = result_code(command);
    struct node *root = cli->json ? result_node(command) : NULL;
    struct node *list = cli->json ? node_list(root, "failures") : NULL;
    for (size_t i = 0; i < count; i++) {
        if (cli->json)
            add_row(list, &rows[i]);
        else
            print_row(&rows[i]);
        if (retry && rows[i].state != FAILURE_RESOLVED)
            code = EXIT_ORDERS_FAILED;
    }
    if (cli->json)
        node_print(root);
    return code;
}

/* After a bulk action only the count that is left says something. */
static bool report_bulk(const struct cli *cli, struct journal_reader *reader,
                        const struct selection *selection, const struct act_result *result,
                        int *ret_code, struct error *err)
{
    uint64_t left;
    if (!journal_count_failures(reader, &selection->filter, &left, err))
        return false;
    bool retry = is_tried(&result->command);
    if (cli->json) {
        struct node *root = result_node(&result->command);
        node_unsigned(root, "left", left);
        node_print(root);
    } else {
        page_line("%s: %s; %s such failures are left", result->command.result,
                  result->command.message, words_count(left).text);
    }
    *ret_code = result_code(&result->command);
    if (retry && result->own_engine && left > 0)
        *ret_code = EXIT_ORDERS_FAILED;
    return true;
}

static bool act_on_selection(struct cli *cli, struct journal_reader *reader,
                             struct selection *selection, int *ret_code, struct error *err)
{
    struct act_result result;
    int64_t asked_us = clock_wall_us();
    if (!select_failures(cli, reader, selection, err))
        return false;
    char *arguments AUTO_FREE = selection_json(cli, selection, err);
    if (arguments == NULL)
        return false;
    const char *reason = cli_flag(cli, "reason");
    if (!act_send(cli, reader, cli->subcommand->name, arguments, reason == NULL ? "" : reason,
                  &result, err))
        return false;
    if (selection->ids == NULL)
        return report_bulk(cli, reader, selection, &result, ret_code, err);
    struct arena arena = {0};
    struct failure_row *rows = arena_zero(&arena, selection->id_count * sizeof(*rows));
    bool read = read_after(reader, selection, asked_us, &arena, rows, err);
    if (read)
        *ret_code = report_rows(cli, &result.command, rows, selection->id_count);
    arena_free(&arena);
    return read;
}

static int act_run(struct cli *cli)
{
    struct journal_reader *reader = NULL;
    struct selection selection = {0};
    struct error err = {0};
    int code = EXIT_DONE;
    if (!act_open_journal(cli, false, &reader, &err))
        return cli_fail(cli, &err);
    if (!act_on_selection(cli, reader, &selection, &code, &err))
        code = cli_fail(cli, &err);
    free(selection.ids);
    journal_reader_close(reader);
    return code;
}

static int reasoned_run(struct cli *cli)
{
    const char *reason = cli_flag(cli, "reason");
    if (reason == NULL || reason[0] == '\0') {
        struct error err = {0};
        (void)error_set(&err, ERROR_USAGE, "%s needs --reason TEXT: the audit keeps it",
                        cli->subcommand->name);
        return cli_fail(cli, &err);
    }
    return act_run(cli);
}

static const struct flag act_flags[] = {
    {"fingerprint", "F", "all failures of one group, as `failed --groups` shows it"},
    {"state", "STATE", "all failures of a state: dead, retryable, held, snoozed"},
    {"filter", "WORDS", "all that match, as `failed --filter` lists them"},
    {"reason", "TEXT", "why; kept in the journal"},
    {NULL, NULL, NULL},
};

static const struct flag retry_flags[] = {
    {"fingerprint", "F", "all failures of one group, as `failed --groups` shows it"},
    {"state", "STATE", "all failures of a state: dead, retryable, held, snoozed"},
    {"filter", "WORDS", "all that match, as `failed --filter` lists them"},
    {"pace", "N", "at most N a second"},
    {"stop-after", "N", "end after N failed again; the rest stays as it is"},
    {"reason", "TEXT", "why; kept in the journal"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_retry = {
    .name = "retry",
    .arguments = "[SOURCE/ID...]",
    .summary = "try failed orders again now",
    .details =
        "Reads each document anew from its source. Exit code 1 when one of them fails again.",
    .flags = retry_flags,
    .most = 1000,
    .threads = true,
    .silent_log = true,
    .run = act_run,
};

const struct subcommand subcommand_skip = {
    .name = "skip",
    .arguments = "[SOURCE/ID...]",
    .summary = "leave failed orders alone until a newer version comes",
    .details = "Needs --reason. A newer version of the document is tried all the same.",
    .flags = act_flags,
    .most = 1000,
    .threads = true,
    .silent_log = true,
    .run = reasoned_run,
};

static const struct flag verdict_flags[] = {
    {"all", NULL, "everything that is held"},
    {"fingerprint", "F", "all of one group, as `failed --groups` shows it"},
    {"reason", "TEXT", "why; kept in the journal"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_release = {
    .name = "release",
    .arguments = "[SOURCE/ID...]",
    .summary = "let held changes happen: deletes, bare documents",
    .details = "Needs --reason. Reads each document once more: what is there after all is kept, "
               "what is\n"
               "gone is deleted here. Exit code 1 when one of them fails.",
    .flags = verdict_flags,
    .most = 1000,
    .threads = true,
    .silent_log = true,
    .run = reasoned_run,
};

const struct subcommand subcommand_refuse = {
    .name = "refuse",
    .arguments = "[SOURCE/ID...]",
    .summary = "do not let held changes happen; the orders stay as they are",
    .details = "Needs --reason. A newer version of the document is taken all the same.",
    .flags = verdict_flags,
    .most = 1000,
    .threads = true,
    .silent_log = true,
    .run = reasoned_run,
};
