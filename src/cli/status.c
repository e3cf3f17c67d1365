/* ordersync status: engine, source, failures and last run at a glance; --check for monitoring. */
#include "cli/status.h"

#include "base/clock.h"
#include "cli/act.h"

#define STALE_US 5000000 /* the engine says so four times a second */
static bool read_states(struct journal_reader *reader, struct overview *overview, struct error *err)
{
    for (int state = FAILURE_RETRYABLE; state < FAILURE_STATE_COUNT; state++) {
        struct failure_filter filter = {
            .states = 1u << state, .since_us = TIME_NONE, .until_us = TIME_NONE};
        if (!journal_count_failures(reader, &filter, &overview->states[state], err))
            return false;
    }
    return true;
}

static bool read_last_run(struct journal_reader *reader, struct overview *overview,
                          struct error *err)
{
    struct arena arena = {0};
    struct run_row *runs;
    size_t count;
    bool read = journal_list_runs(reader, 1, &arena, &runs, &count, err);
    overview->have_run = read && count > 0;
    if (overview->have_run)
        overview->last_run = runs[0];
    arena_free(&arena);
    return read;
}

static bool read_verification(struct journal_reader *reader, struct overview *overview,
                              struct error *err)
{
    return journal_verification_last(reader, SOURCE_FIRESTORE, &overview->have_verification,
                                     &overview->verification, err);
}

static bool read_overview(const struct cli *cli, struct overview *overview, struct error *err)
{
    struct journal_reader *reader = NULL;
    if (!act_open_journal(cli, false, &reader, err)) {
        status_add_problem(overview, true, "journal", "nothing has run here yet");
        return err->id == ERROR_JOURNAL_MISSING;
    }
    overview->have_journal = true;
    bool read = journal_read_status(reader, &overview->engine, err) &&
                read_states(reader, overview, err) && read_last_run(reader, overview, err) &&
                read_verification(reader, overview, err);
    overview->runs = journal_reader_engine_runs(reader);
    journal_reader_close(reader);
    if (!read)
        return false;
    const struct engine_status *engine = &overview->engine;
    overview->engine_there = engine->pid != 0;
    overview->stale = overview->runs && clock_wall_us() - engine->beat_us > STALE_US;
    overview->lost = overview->engine_there && !overview->runs && engine->state != ENGINE_STOPPED;
    status_find_problems(cli->settings, overview);
    return true;
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
    bool attention = cli_has_flag(cli, "check") && overview.problem_count > 0;
    return attention ? EXIT_ORDERS_FAILED : EXIT_DONE;
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
        "Reads the journal alone: no source, no target.",
    .flags = status_flags,
    .silent_log = true,
    .run = status_run,
};
