/* ordersync backfill: every order of the collection into the target, once. */
#include <stdio.h>
#include <sysexits.h>

#include "cli/backfill.h"
#include "cli/database.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/plan_print.h"
#include "cli/work.h"
#include "source/source.h"

static void print_json(const struct work_result *result)
{
    const struct run_counts *counts = &result->counts;
    struct node *root = node_new();
    node_unsigned(root, "seen", counts->seen);
    node_unsigned(root, "created", counts->created);
    node_unsigned(root, "updated", counts->updated);
    node_unsigned(root, "deleted", counts->deleted);
    node_unsigned(root, "unchanged", counts->unchanged);
    node_unsigned(root, "failed", counts->failed);
    node_unsigned(root, "held", counts->held);
    node_unsigned(root, "skipped", counts->skipped);
    node_unsigned(root, "overlap", counts->overlap);
    node_real(root, "seconds", result->seconds);
    node_boolean(root, "finished", !result->interrupted && result->error.id == ERROR_NONE);
    if (result->error.id != ERROR_NONE)
        node_error(root, "error", &result->error);
    node_print(root);
}

static void print_plain(const char *what, const struct work_result *result)
{
    const struct run_counts *counts = &result->counts;
    double rate = result->seconds > 0 ? (double)counts->seen / result->seconds : 0;
    bool stopped = result->interrupted || result->error.id != ERROR_NONE;
    page_line("%s %s", what, stopped ? "stopped" : "finished");
    page_field("seen", "%s", words_count(counts->seen).text);
    page_field("created", "%s", words_count(counts->created).text);
    page_field("updated", "%s", words_count(counts->updated).text);
    page_field("deleted", "%s", words_count(counts->deleted).text);
    page_field("unchanged", "%s", words_count(counts->unchanged).text);
    page_field("failed", "%s", words_count(counts->failed).text);
    if (counts->held > 0)
        page_field("held", "%s (wait for a person)", words_count(counts->held).text);
    if (counts->skipped > 0)
        page_field("skipped", "%s (as a person decided)", words_count(counts->skipped).text);
    if (counts->overlap > 0)
        page_field("read again", "%s", words_count(counts->overlap).text);
    page_field("took", "%s, %.0f orders/s", words_seconds(result->seconds).text, rate);
    fflush(stdout);
}

int backfill_report(const struct cli *cli, const char *what, const struct work_result *result)
{
    if (cli->json)
        print_json(result);
    else
        print_plain(what, result);
    if (result->error.id != ERROR_NONE) {
        const struct error_info *info = error_info(result->error.id);
        page_note(false, "ordersync: %s: %s", info->code, result->error.message);
        page_note(cli->quiet, "%s", info->remedy);
        return error_exit_code(&result->error);
    }
    if (result->interrupted) {
        page_note(false,
                  "ordersync: stopped; what was read is settled. `ordersync %s` goes on from "
                  "there.",
                  what);
        return EX_TEMPFAIL;
    }
    uint64_t failed = result->counts.failed + result->counts.held;
    if (failed > 0)
        page_note(cli->quiet,
                  "%llu orders need attention: `ordersync failed`, `ordersync console`.",
                  (unsigned long long)failed);
    return failed > 0 ? EXIT_ORDERS_FAILED : EXIT_DONE;
}

/* What waiting does not mend is said before anything begins, in one line: a wrong address, an old
 * schema, a target that another collection feeds. A target that is merely down is waited for by the
 * engine. */
static bool check_target(const struct cli *cli, struct error *err)
{
    struct source *source = NULL;
    struct target *target = NULL;
    if (!source_firestore.open(cli->settings, &source, err))
        return false;
    bool fits =
        database_open(cli, true, &target, err) && target_check_schema(target, err) &&
        target_check_origin(target, SOURCE_FIRESTORE, source_firestore.identity(source), err);
    target_close(target);
    source_firestore.close(source);
    enum error_class class = fits ? CLASS_NONE : error_class(err);
    return class != CLASS_CONFIG && class != CLASS_AUTH;
}

static int backfill_run(struct cli *cli)
{
    bool dry_run = cli_has_flag(cli, "dry-run");
    struct engine_options options = {
        .backfill = true,
        .dry_run = dry_run,
        .fresh = cli_has_flag(cli, "fresh"),
        .once = true,
    };
    struct work_result result;
    struct error err = {0};
    if (!check_target(cli, &err) || !work_run(cli, &options, false, &result, &err))
        return cli_fail(cli, &err);
    return dry_run ? plan_report(cli, &result) : backfill_report(cli, "backfill", &result);
}

static const struct flag backfill_flags[] = {
    {"dry-run", NULL, "write nothing but a plan of what would change"},
    {"detailed-exitcode", NULL, "with --dry-run: exit code 2 when something would change"},
    {"fresh", NULL, "begin anew even where an unfinished run could go on"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_backfill = {
    .name = "backfill",
    .arguments = "",
    .summary = "copy every order of the collection, or go on where it stopped",
    .details =
        "Safe to end at any instant and to run again: unchanged orders write nothing. With "
        "--json the\n"
        "last line of stdout is one object: seen, created, updated, deleted, unchanged, "
        "failed, seconds.\n"
        "With --dry-run nothing is written: SELECT rights do. `ordersync plan` shows the plan, "
        "`ordersync apply`\n"
        "carries it out.",
    .flags = backfill_flags,
    .threads = true,
    .run = backfill_run,
};
