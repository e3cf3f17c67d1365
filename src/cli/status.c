/* ordersync status: engine, source, failures and last run at a glance; --check for monitoring. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/act.h"
#include "cli/output.h"
#include "cli/page.h"

#define STALE_US 5000000 /* the engine says so four times a second */
#define PROBLEMS_MAX 8

struct overview {
    bool have_journal;
    struct engine_status engine;
    bool engine_there; /* an engine wrote here at least once */
    bool runs;         /* an engine holds the journal's lock now */
    bool stale;        /* it does, but has gone silent */
    bool lost;         /* the last one ended without a word */
    uint64_t states[FAILURE_STATE_COUNT];
    struct run_row last_run;
    bool have_run;
    const char *problems[PROBLEMS_MAX]; /* why a person is needed */
    size_t problem_count;
};

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

static void add_problem(struct overview *overview, bool there, const char *words)
{
    if (there && overview->problem_count < PROBLEMS_MAX)
        overview->problems[overview->problem_count++] = words;
}

static void find_problems(struct overview *overview)
{
    const struct engine_status *engine = &overview->engine;
    const struct source_status *source = &engine->sources[SOURCE_FIRESTORE];
    bool runs = overview->runs;
    add_problem(overview, overview->stale, "the engine has gone silent");
    add_problem(overview, overview->lost, "the last engine was killed or crashed");
    /* Commands come and go: that none is at work now is as it should be, unless one left work. */
    bool unfinished = overview->have_run && overview->last_run.result[0] == '\0';
    bool waiting = overview->states[FAILURE_RETRYABLE] + overview->states[FAILURE_IN_PROGRESS] > 0;
    add_problem(overview, !runs && !overview->lost && unfinished,
                "no engine runs and the last run is unfinished");
    add_problem(overview, !runs && !overview->lost && waiting,
                "no engine runs and orders wait to be tried again");
    add_problem(overview, runs && engine->state == ENGINE_WAITING,
                "the engine waits for a source or the target");
    add_problem(overview, runs && engine->state == ENGINE_PAUSED, "the engine is paused");
    add_problem(overview,
                runs && (source->state == SOURCE_WAITING || source->state == SOURCE_FAILED),
                "the source does not answer");
    add_problem(overview, overview->states[FAILURE_DEAD] > 0, "orders failed for good");
    add_problem(overview, overview->states[FAILURE_HELD] > 0, "orders wait for a person's word");
    bool broken_run = overview->have_run && strcmp(overview->last_run.result, "failed") == 0;
    add_problem(overview, broken_run, "the last run failed");
}

static bool read_overview(const struct cli *cli, struct overview *overview, struct error *err)
{
    struct journal_reader *reader = NULL;
    if (!act_open_journal(cli, false, &reader, err)) {
        add_problem(overview, true, "nothing has run here yet");
        return err->id == ERROR_JOURNAL_MISSING;
    }
    overview->have_journal = true;
    bool read = journal_read_status(reader, &overview->engine, err) &&
                read_states(reader, overview, err) && read_last_run(reader, overview, err);
    overview->runs = journal_reader_engine_runs(reader);
    journal_reader_close(reader);
    if (!read)
        return false;
    const struct engine_status *engine = &overview->engine;
    overview->engine_there = engine->pid != 0;
    overview->stale = overview->runs && clock_wall_us() - engine->beat_us > STALE_US;
    overview->lost = overview->engine_there && !overview->runs && engine->state != ENGINE_STOPPED;
    find_problems(overview);
    return true;
}

/* ---- printing ---- */

static void print_engine(const struct overview *overview)
{
    const struct engine_status *engine = &overview->engine;
    int64_t now = clock_wall_us();
    if (!overview->engine_there) {
        page_field("engine", "none ever ran");
        return;
    }
    page_field("engine", "%s%s on %s, pid %d, version %s",
               overview->stale  ? "STALE, last said "
               : overview->lost ? "GONE, last said "
                                : "",
               engine_state_name(engine->state), engine->host, engine->pid, engine->version);
    page_field("since", "%s, last heard of %s ago", words_time(engine->started_us).text,
               words_age(engine->beat_us, now).text);
    page_field("message", "%s", engine->message);
}

static void print_source(const struct source_status *source)
{
    int64_t now = clock_wall_us();
    if (source->state == SOURCE_OFF)
        return;
    page_field(source_kind_name(source->source), "%s %s", source_state_name(source->state),
               source->identity);
    page_field("", "%s of %s seen, %.0f/s, last event %s ago", words_count(source->seen).text,
               words_count(source->total).text, source->rate,
               words_age(source->last_event_us, now).text);
    page_field("", "%s", source->message);
}

static void print_last_run(const struct overview *overview)
{
    const struct run_row *run = &overview->last_run;
    if (!overview->have_run)
        return;
    page_field("last run", "%s %s, %s", run->kind,
               run->result[0] == '\0' ? "unfinished" : run->result,
               words_time(run->started_us).text);
    page_field("", "%s seen, %s created, %s updated, %s unchanged, %s failed",
               words_count(run->counts.seen).text, words_count(run->counts.created).text,
               words_count(run->counts.updated).text, words_count(run->counts.unchanged).text,
               words_count(run->counts.failed).text);
}

static void print_plain(const struct cli *cli, const struct overview *overview)
{
    page_line("ordersync %s", settings_text(cli->settings, SET_ENVIRONMENT));
    page_field("journal", "%s%s", settings_text(cli->settings, SET_STATE_DIR),
               overview->have_journal ? "" : " (none yet)");
    if (overview->have_journal) {
        print_engine(overview);
        for (int i = 0; i < SOURCE_COUNT; i++)
            print_source(&overview->engine.sources[i]);
        page_field(
            "failures", "%s dead, %s to be retried, %s held, %s snoozed, %s skipped",
            words_count(overview->states[FAILURE_DEAD]).text,
            words_count(overview->states[FAILURE_RETRYABLE] + overview->states[FAILURE_IN_PROGRESS])
                .text,
            words_count(overview->states[FAILURE_HELD]).text,
            words_count(overview->states[FAILURE_SNOOZED]).text,
            words_count(overview->states[FAILURE_SKIPPED]).text);
        print_last_run(overview);
    }
    for (size_t i = 0; i < overview->problem_count; i++)
        page_field(i == 0 ? "attention" : "", "%s", overview->problems[i]);
}

static void source_node(struct node *item, const struct source_status *source)
{
    node_text(item, "source", source_kind_name(source->source));
    node_text(item, "state", source_state_name(source->state));
    node_text(item, "identity", source->identity);
    node_text(item, "message", source->message);
    node_unsigned(item, "seen", source->seen);
    node_unsigned(item, "created", source->created);
    node_unsigned(item, "updated", source->updated);
    node_unsigned(item, "deleted", source->deleted);
    node_unsigned(item, "unchanged", source->unchanged);
    node_unsigned(item, "failed", source->failed);
    node_unsigned(item, "total", source->total);
    node_real(item, "rate", source->rate);
    node_time(item, "last_event", source->last_event_us);
    node_time(item, "checkpoint", source->checkpoint_us);
    node_unsigned(item, "reads_today", source->reads_today);
}

static void engine_node(struct node *root, const struct overview *overview)
{
    const struct engine_status *engine = &overview->engine;
    struct node *object = node_object(root, "engine");
    node_text(object, "state", engine_state_name(engine->state));
    node_boolean(object, "runs", overview->runs);
    node_boolean(object, "stale", overview->stale);
    node_text(object, "host", engine->host);
    node_integer(object, "pid", engine->pid);
    node_text(object, "version", engine->version);
    node_time(object, "started", engine->started_us);
    node_time(object, "beat", engine->beat_us);
    node_text(object, "message", engine->message);
    node_text(object, "run", engine->run_id);
    node_unsigned(object, "rss_bytes", engine->rss_bytes);
    struct node *sources = node_list(root, "sources");
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (engine->sources[i].state != SOURCE_OFF)
            source_node(node_add(sources), &engine->sources[i]);
    }
}

static void run_node(struct node *root, const struct run_row *run)
{
    struct node *object = node_object(root, "last_run");
    node_text(object, "id", run->id);
    node_text(object, "kind", run->kind);
    node_text(object, "source", source_kind_name(run->source));
    node_text(object, "result", run->result);
    node_time(object, "started", run->started_us);
    node_time(object, "finished", run->finished_us);
    node_unsigned(object, "seen", run->counts.seen);
    node_unsigned(object, "created", run->counts.created);
    node_unsigned(object, "updated", run->counts.updated);
    node_unsigned(object, "deleted", run->counts.deleted);
    node_unsigned(object, "unchanged", run->counts.unchanged);
    node_unsigned(object, "failed", run->counts.failed);
}

static void print_json(const struct cli *cli, const struct overview *overview)
{
    struct node *root = node_new();
    node_text(root, "environment", settings_text(cli->settings, SET_ENVIRONMENT));
    node_text(root, "state_dir", settings_text(cli->settings, SET_STATE_DIR));
    node_boolean(root, "journal", overview->have_journal);
    if (overview->engine_there)
        engine_node(root, overview);
    struct node *failures = node_object(root, "failures");
    for (int state = FAILURE_RETRYABLE; state < FAILURE_STATE_COUNT; state++)
        node_unsigned(failures, failure_state_name((enum failure_state)state),
                      overview->states[state]);
    if (overview->have_run)
        run_node(root, &overview->last_run);
    struct node *problems = node_list(root, "attention");
    for (size_t i = 0; i < overview->problem_count; i++)
        node_add_text(problems, overview->problems[i]);
    node_print(root);
}

static int status_run(struct cli *cli)
{
    struct overview overview = {0};
    struct error err = {0};
    if (!read_overview(cli, &overview, &err))
        return cli_fail(cli, &err);
    if (cli->json)
        print_json(cli, &overview);
    else
        print_plain(cli, &overview);
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
        "down, or the last run failed. Reads the journal alone: no source, no target.",
    .flags = status_flags,
    .silent_log = true,
    .run = status_run,
};
