/* ordersync reproject: rows rebuilt from the stored documents. */
#include "engine/reproject.h"

#include <signal.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/clock.h"
#include "cli/backfill.h"
#include "cli/operator.h"
#include "cli/work.h"

/* Ending between two batches is as safe as at any other instant, and needs no handshake. */
static void show_progress(void *context, const struct run_counts *counts)
{
    struct progress *progress = context;
    progress_counts(progress, "reproject", counts->seen, counts->failed);
    if (work_wait_signal(0) != 0) {
        progress_end(progress);
        progress_say(progress, "ordersync: stopped; run `ordersync reproject` again to go on");
        exit(EX_TEMPFAIL);
    }
}

static int reproject_command(struct cli *cli)
{
    struct operator_identity operator_now = operator_identify();
    struct engine_options options = {
        .once = true,
        .operator_name = operator_now.name,
        .origin = operator_now.origin,
    };
    struct work_result result = {0};
    struct progress progress;
    int64_t started = clock_monotonic_us();
    progress_start(&progress, cli->settings, cli->quiet);
    bool done = reproject_run(cli->settings, cli_has_flag(cli, "all"), &options, show_progress,
                              &progress, &result.counts, &result.error);
    progress_end(&progress);
    if (!done)
        return cli_fail(cli, &result.error);
    result.error = (struct error){0};
    result.seconds = (double)(clock_monotonic_us() - started) / 1e6;
    return backfill_report(cli, "reproject", &result);
}

static const struct flag reproject_flags[] = {
    {"all", NULL, "every stored document, also of this mapping: puts rows changed by hand right"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_reproject = {
    .name = "reproject",
    .arguments = "",
    .summary = "rebuild rows from stored documents after an upgrade",
    .details = "Reads nothing from a source. Safe to end at any instant and to run again.",
    .flags = reproject_flags,
    .threads = true,
    .run = reproject_command,
};
