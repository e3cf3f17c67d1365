/* ordersync handover: what one shift hands over to the next. */
#include <stdio.h>

#include "base/clock.h"
#include "base/settings_value.h"
#include "cli/act.h"
#include "cli/output.h"
#include "journal/audit.h"

#define SINCE_DEFAULT_S (8 * 3600)
#define TEXT_MAX (1u << 20)

static void failures_node(struct node *root, const struct handover *handover)
{
    struct node *states = node_object(root, "failures");
    for (int state = FAILURE_RETRYABLE; state < FAILURE_STATE_COUNT; state++)
        node_unsigned(states, failure_state_name((enum failure_state)state),
                      handover->states[state]);
    struct node *list = node_list(root, "failed");
    for (size_t i = 0; i < handover->group_count; i++) {
        const struct handover_group *group = &handover->groups[i];
        struct node *item = node_add(list);
        node_text(item, "fingerprint", group->fingerprint);
        node_text(item, "source", source_kind_name(group->source));
        node_text(item, "code", group->code);
        node_text(item, "message", group->message);
        node_unsigned(item, "count", group->count);
        node_unsigned(item, "dead", group->dead);
        node_time(item, "first", group->first_us);
    }
    list = node_list(root, "resolved");
    for (size_t i = 0; i < handover->resolved_count; i++) {
        struct node *item = node_add(list);
        node_text(item, "operator", handover->resolved[i].operator_name);
        node_unsigned(item, "count", handover->resolved[i].count);
    }
}

static void actions_node(struct node *list, const struct handover *handover)
{
    for (size_t i = 0; i < handover->action_count; i++) {
        const struct command_row *row = &handover->actions[i];
        struct node *item = node_add(list);
        node_integer(item, "id", row->id);
        node_text(item, "kind", row->kind);
        node_text(item, "operator", row->operator_name);
        node_text(item, "origin", row->origin);
        node_text(item, "reason", row->reason);
        node_text(item, "result", row->result);
        node_text(item, "message", row->message);
        node_time(item, "created", row->created_us);
        node_time(item, "finished", row->finished_us);
    }
}

static void runs_node(struct node *list, const struct handover *handover)
{
    for (size_t i = 0; i < handover->run_count; i++) {
        const struct run_row *run = &handover->runs[i];
        struct node *item = node_add(list);
        node_text(item, "id", run->id);
        node_text(item, "kind", run->kind);
        node_text(item, "result", run->result);
        node_time(item, "started", run->started_us);
        node_time(item, "finished", run->finished_us);
        node_unsigned(item, "seen", run->counts.seen);
        node_unsigned(item, "failed", run->counts.failed);
        node_text(item, "message", run->message);
    }
}

static void print_json(const struct handover *handover)
{
    struct node *root = node_new();
    node_time(root, "since", handover->since_us);
    node_time(root, "until", handover->until_us);
    struct node *alerts = node_list(root, "alerts");
    for (size_t i = 0; i < handover->alerts.count; i++) {
        const struct alert *alert = &handover->alerts.list[i];
        if (alert->state != ALERT_FIRING)
            continue;
        struct node *item = node_add(alerts);
        node_text(item, "rule", alert_info(alert->rule)->name);
        node_text(item, "message", alert->words);
        node_boolean(item, "acknowledged", alert->acknowledged.command != 0);
        node_boolean(item, "silenced", alert->silenced.command != 0);
    }
    failures_node(root, handover);
    node_unsigned(root, "action_count", handover->action_total);
    actions_node(node_list(root, "actions"), handover);
    runs_node(node_list(root, "runs"), handover);
    node_print(root);
}

static void print_text(const struct handover *handover)
{
    struct buffer text = {.max = TEXT_MAX};
    handover_write(handover, &text);
    (void)fwrite(text.data, 1, text.len, stdout);
    buffer_free(&text);
}

static bool read_handover(const struct cli *cli, int64_t since_us, struct arena *arena,
                          struct handover *ret_handover, struct error *err)
{
    struct journal_reader *reader = NULL;
    struct alert_facts *facts = arena_zero(arena, sizeof(*facts));
    struct engine_status status;
    int64_t now_us = clock_wall_us();
    if (!act_open_journal(cli, false, &reader, err))
        return false;
    bool read = journal_read_handover(reader, since_us, now_us, arena, ret_handover, err) &&
                journal_read_status(reader, &status, err) &&
                journal_read_alert_facts(reader, now_us, facts, err);
    if (read)
        alerts_judge(&(struct alert_input){cli->settings, &status,
                                           journal_reader_engine_runs(reader), facts, now_us},
                     &ret_handover->alerts);
    journal_reader_close(reader);
    return read;
}

static int handover_run(struct cli *cli)
{
    struct arena arena = {0};
    struct error err = {0};
    const char *since = cli_flag(cli, "since");
    int64_t seconds = SINCE_DEFAULT_S;
    struct handover *handover = arena_zero(&arena, sizeof(*handover));
    bool good = since == NULL || setting_parse_duration(since, &seconds) ||
                error_set(&err, ERROR_USAGE, "--since takes a time such as 30m, 8h or 2d");
    good = good && read_handover(cli, clock_wall_us() - seconds * 1000000, &arena, handover, &err);
    if (good && cli->json)
        print_json(handover);
    else if (good)
        print_text(handover);
    arena_free(&arena);
    return good ? EXIT_DONE : cli_fail(cli, &err);
}

static const struct flag handover_flags[] = {
    {"since", "TIME", "how far back: 30m, 8h (the default), 2d"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_handover = {
    .name = "handover",
    .arguments = "",
    .summary = "what failed, was resolved and was done since a time, and by whom",
    .details =
        "For whoever takes over: alerts, open failures, what is new, operators' actions with\n"
        "their reasons, runs. Reads the journal alone.",
    .flags = handover_flags,
    .silent_log = true,
    .run = handover_run,
};
