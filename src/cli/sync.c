/* ordersync sync: what missed webhooks lost, read back from Stripe and Printful. */
#include "cli/sync.h"

#include <inttypes.h>
#include <string.h>

#include "cli/act.h"
#include "cli/database.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/plan_print.h"
#include "cli/work.h"
#include "source/source.h"

#define POLL_US 200000
#define DAYS_MAX 3650

struct syncing {
    struct cli *cli;
    struct engine_options options;
    struct journal_reader *journal;
};

static bool read_flags(struct syncing *work, struct error *err)
{
    const char *source = cli_flag(work->cli, "source");
    enum source_kind kind = SOURCE_STRIPE;
    int64_t days;
    if (!cli_flag_number(work->cli, "days", 1, DAYS_MAX,
                         settings_integer(work->cli->settings, SET_SYNC_DAYS), &days, err))
        return false;
    work->options = (struct engine_options){
        .sync = true,
        .sync_sources = 1u << SOURCE_STRIPE | 1u << SOURCE_PRINTFUL,
        .sync_days = (unsigned)days,
        .fresh = cli_has_flag(work->cli, "fresh"),
        .dry_run = cli_has_flag(work->cli, "dry-run"),
        .once = true,
    };
    if (source == NULL)
        return true;
    if (!source_kind_parse(source, &kind) || kind == SOURCE_FIRESTORE)
        return error_set(err, ERROR_USAGE, "--source: \"%s\" is neither stripe nor printful",
                         source);
    work->options.sync_sources = 1u << kind;
    return true;
}

/* ---- an engine of our own ---- */

/* What waiting does not mend is said before anything begins: a missing key, a wrong address, a
 * target that another account feeds. */
static bool check_source(const struct cli *cli, enum source_kind kind, struct error *err)
{
    struct source *source = NULL;
    struct target *target = NULL;
    if (!sources[kind]->open(cli->settings, &source, err))
        return false;
    bool fits = database_open(cli, true, &target, err) && target_check_schema(target, err) &&
                target_check_origin(target, kind, sources[kind]->identity(source), err);
    target_close(target);
    sources[kind]->close(source);
    enum error_class class = fits ? CLASS_NONE : error_class(err);
    return class != CLASS_CONFIG && class != CLASS_AUTH;
}

static bool check_sources(const struct syncing *work, struct error *err)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if ((work->options.sync_sources & (1u << i)) != 0 &&
            !check_source(work->cli, (enum source_kind)i, err))
            return false;
    }
    return true;
}

static bool run_here(struct syncing *work, bool *ret_interrupted, struct error *err)
{
    struct work_result result;
    if (!check_sources(work, err) || !work_run(work->cli, &work->options, false, &result, err) ||
        !act_open_journal(work->cli, false, &work->journal, err))
        return false;
    *ret_interrupted = result.interrupted;
    if (result.error.id != ERROR_NONE)
        *err = result.error;
    return result.error.id == ERROR_NONE;
}

/* ---- the engine that holds the journal ---- */

static char *command_arguments(const struct syncing *work)
{
    struct node *root = node_new();
    node_unsigned(root, "sources", work->options.sync_sources);
    node_unsigned(root, "days", work->options.sync_days);
    node_unsigned(root, "fresh", work->options.fresh);
    node_boolean(root, "dry_run", work->options.dry_run);
    char *line = node_line(root);
    node_free(root);
    return line;
}

/* A sync takes as long as it takes; whoever watches may leave, and it goes on. */
static bool watch_command(struct syncing *work, int64_t id, bool *ret_left, struct error *err)
{
    struct progress progress;
    struct engine_status status;
    struct command_row row = {.result = ""};
    bool good = true;
    progress_start(&progress, work->cli->settings, work->cli->quiet);
    progress_say(&progress, "an engine holds the journal: it does the work (command %" PRId64 ")",
                 id);
    while (good && row.result[0] == '\0' && !*ret_left) {
        good = journal_read_command(work->journal, id, &row, err) &&
               journal_read_status(work->journal, &status, err);
        if (good)
            progress_update(&progress, &status);
        if (good && row.result[0] == '\0' && !journal_reader_engine_runs(work->journal))
            good = error_set(err, ERROR_COMMAND_WAITING,
                             "the engine has ended; command %lld waits for the next one",
                             (long long)id);
        *ret_left = row.result[0] == '\0' && good && work_wait_signal(POLL_US) != 0;
    }
    progress_end(&progress);
    if (good && strcmp(row.result, "refused") == 0)
        return error_set(err, ERROR_COMMAND_ARGUMENTS, "%s", row.message);
    return good;
}

static bool run_there(struct syncing *work, bool *ret_left, struct error *err)
{
    char *arguments AUTO_FREE = command_arguments(work);
    int64_t id;
    return journal_send_command(work->journal, "sync", arguments, "", &id, err) &&
           watch_command(work, id, ret_left, err);
}

/* ---- the command ---- */

static bool engine_runs(struct syncing *work)
{
    struct error err;
    if (!act_open_journal(work->cli, false, &work->journal, &err))
        return false;
    if (journal_reader_engine_runs(work->journal))
        return true;
    journal_reader_close(work->journal);
    work->journal = NULL;
    return false;
}

static int sync_run(struct cli *cli)
{
    struct syncing work = {.cli = cli};
    struct sync_outcome outcome;
    struct error err = {0};
    bool interrupted = false;
    int code;
    bool good = read_flags(&work, &err);
    bool there = good && engine_runs(&work);
    if (good)
        good = there ? run_there(&work, &interrupted, &err) : run_here(&work, &interrupted, &err);
    if (!good)
        code = cli_fail(cli, &err);
    else if (work.options.dry_run)
        code = plan_report(cli, &(struct work_result){.interrupted = interrupted});
    else if (!sync_outcome_read(work.journal, work.options.sync_sources, interrupted, &outcome,
                                &err))
        code = cli_fail(cli, &err);
    else
        code = sync_outcome_report(cli, &outcome);
    journal_reader_close(work.journal);
    return code;
}

static const struct flag sync_flags[] = {
    {"days", "N", "look so many days back, by when sessions and orders were CREATED; 30"},
    {"source", "NAME", "stripe or printful alone"},
    {"dry-run", NULL, "write nothing but a plan of what would change"},
    {"detailed-exitcode", NULL, "with --dry-run: exit code 2 when something would change"},
    {"fresh", NULL, "begin anew even where an unfinished run could go on"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_sync = {
    .name = "sync",
    .arguments = "",
    .summary = "read back from Stripe and Printful what missed webhooks lost",
    .details =
        "Only reads there. Complete sessions become orders, paid or not yet. --days means "
        "created,\n"
        "not changed, and reaches 15 minutes further at both ends, for sessions another day back. "
        "Of\n"
        "older sales, refunds of these days, sessions not paid yet and Printful orders not final "
        "yet\n"
        "are read again as well, and Printful is asked for the orders of sales under way that "
        "have\n"
        "none (the newest 1000, up to 180 days old). An order that is there already is left alone "
        "and\n"
        "counted as skipped. Needs STRIPE_SECRET_KEY and PRINTFUL_API_KEY. Safe to end at any "
        "instant:\n"
        "the next sync goes on. Exit code 1: a source stopped, or single orders failed.",
    .flags = sync_flags,
    .threads = true,
    .run = sync_run,
};
