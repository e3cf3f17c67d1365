/* ordersync status: engine, source, failures and last run at a glance; --check for monitoring. */
#include "cli/status.h"

#include "base/clock.h"
#include "cli/act.h"

static bool read_overview(const struct cli *cli, struct overview *overview, struct error *err)
{
    struct journal_reader *reader = NULL;
    int64_t now_us = clock_wall_us();
    if (!act_open_journal(cli, false, &reader, err))
        return err->id == ERROR_JOURNAL_MISSING;
    overview->have_journal = true;
    bool read = journal_read_status(reader, &overview->engine, err) &&
                journal_read_alert_facts(reader, now_us, &overview->facts, err);
    overview->runs = journal_reader_engine_runs(reader);
    journal_reader_close(reader);
    if (!read)
        return false;
    struct alert_input input = {cli->settings, &overview->engine, overview->runs, &overview->facts,
                                now_us};
    overview->engine_there = overview->engine.pid != 0;
    overview->stale = alert_engine_silent(&input);
    overview->lost = alert_engine_lost(&input);
    alerts_judge(&input, &overview->alerts);
    return true;
}

void status_tell_problems(const struct overview *overview, problem_fn *tell, void *context)
{
    if (!overview->have_journal)
        tell(context, "journal", "nothing has run here yet");
    for (size_t i = 0; i < overview->alerts.count; i++) {
        const struct alert *alert = &overview->alerts.list[i];
        if (alert_counts(alert))
            tell(context, alert_info(alert->rule)->name, alert->words);
    }
}

/* ---- the command ---- */

static int status_run(struct cli *cli)
{
    struct overview overview = {0};
    struct error err = {0};
    if (!read_overview(cli, &overview, &err))
        return cli_fail(cli, &err);
    if (cli->json)
        status_print_json(cli, &overview);
    else
        status_print_plain(cli, &overview);
    bool problems = !overview.have_journal || overview.alerts.firing > 0;
    return cli_has_flag(cli, "check") && problems ? EXIT_ORDERS_FAILED : EXIT_DONE;
}

static const struct flag status_flags[] = {
    {"check", NULL, "exit code 1 when something needs a person"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_status = {
    .name = "status",
    .arguments = "",
    .summary = "engine, sources, failures and the last run at a glance",
    .details =
        "With --check: 1 when no engine runs or it is stuck, orders are dead or held, a source is\n"
        "down, the last run failed, or a measure is beyond its alert_ setting; each reason is a "
        "line.\n"
        "What an operator acknowledged or silenced in the console does not count.\n"
        "Reads the journal alone: no source, no target.",
    .flags = status_flags,
    .silent_log = true,
    .run = status_run,
};
