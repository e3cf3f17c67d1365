/* ordersync verify: do source and target hold the same? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/act.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/progress.h"
#include "cli/work.h"
#include "engine/repair.h"

#define EXAMPLES_DEFAULT 5
#define PATIENCE_US 2000000 /* some engine, of another journal, may be about to mend it */
#define PATIENCE_LIVE_US                                                                           \
    15000000 /* the engine of this journal follows the source; behind a flood it is late */

struct verifying {
    struct cli *cli;
    struct journal_reader *journal;
    struct progress progress;
    struct verify_options options;
    struct verify_report report;
    struct repair repair;
    uint64_t found[VERIFY_CLASS_COUNT]; /* before repairs */
    bool repaired;
};

static bool show_progress(void *context, const struct verify_report *so_far)
{
    struct verifying *work = context;
    const struct verification *summary = &so_far->summary;
    progress_compared(&work->progress, summary->documents, verification_differences(summary));
    return work_wait_signal(0) == 0;
}

static void take_difference(void *context, enum verify_class class, const char *source_id)
{
    struct verifying *work = context;
    repair_add(&work->repair, class, source_id);
}

static bool verify_prepare(struct verifying *work, struct error *err)
{
    struct cli *cli = work->cli;
    struct engine_status engine;
    int64_t examples;
    if (!cli_flag_number(cli, "examples", 0, VERIFY_EXAMPLES_MAX, EXAMPLES_DEFAULT, &examples,
                         err) ||
        !act_open_journal(cli, true, &work->journal, err) ||
        !journal_read_status(work->journal, &engine, err))
        return false;
    bool live = journal_reader_engine_runs(work->journal) &&
                engine.sources[SOURCE_FIRESTORE].state == SOURCE_LIVE;
    work->options = (struct verify_options){
        .deep = cli_has_flag(cli, "deep"),
        .examples = (size_t)examples,
        .patience_us = live ? PATIENCE_LIVE_US : PATIENCE_US,
        .journal = work->journal,
        .reads_today = engine.sources[SOURCE_FIRESTORE].reads_today,
        .reads_at_us = engine.beat_us,
        .found = cli_has_flag(cli, "repair") ? take_difference : NULL,
        .progress = show_progress,
        .context = work,
    };
    return true;
}

/* ---- repair ---- */

static bool verify_repair(struct verifying *work, struct error *err)
{
    int64_t commands[REPAIR_COMMANDS_MAX];
    size_t count = 0;
    struct act_result result;
    if (repair_count(&work->repair) == 0)
        return true;
    progress_say(&work->progress, "repairing %s documents",
                 words_count(repair_count(&work->repair)).text);
    work->repaired = true;
    work->repair.view = work->report.target_documents;
    work->repair.reason = "verify --repair";
    return repair_send(&work->repair, work->journal, commands, &count, err) &&
           act_wait(work->cli, work->journal, commands, count, &result, err) &&
           repair_check(&work->repair, work->cli->settings, &work->options, &work->report, err);
}

/* ---- the journal's row ---- */

static struct node *summary_node(const struct verification *summary)
{
    struct node *root = node_new();
    node_text(root, "source", source_kind_name(summary->source));
    node_boolean(root, "deep", summary->deep);
    node_unsigned(root, "documents", summary->documents);
    for (int class = 0; class < VERIFY_CLASS_COUNT; class ++)
        node_unsigned(root, verify_class_name((enum verify_class) class), summary->counts[class]);
    node_unsigned(root, "newer", summary->newer);
    node_unsigned(root, "repaired", summary->repaired);
    return root;
}

/* A result that cannot be kept is still a result. One that failed is none, but its reads are
 * billed, and count against read_budget. */
static void verify_keep(struct verifying *work, bool good)
{
    struct node *root = summary_node(&work->report.summary);
    struct act_result result;
    struct error err = {0};
    node_integer(root, "started_us", work->report.summary.started_us);
    node_integer(root, "finished_us", good ? work->report.summary.finished_us : clock_wall_us());
    node_unsigned(root, "reads", work->report.reads);
    node_boolean(root, "good", good);
    char *arguments AUTO_FREE = node_line(root);
    node_free(root);
    if (!act_send(work->cli, work->journal, "verified", arguments, "", &result, &err))
        progress_say(&work->progress, "ordersync: the result is not in the journal: %s",
                     err.message);
    else if (strcmp(result.command.result, "done") != 0)
        progress_say(&work->progress, "ordersync: the result is not in the journal: %s",
                     result.command.message);
}

/* ---- printing ---- */

static void version_node(struct node *item, const char *name, int64_t version)
{
    node_time(item, name, version == TIME_NONE ? TIME_NONE : version / 1000);
}

static void print_json(const struct verifying *work)
{
    const struct verify_report *report = &work->report;
    struct node *root = summary_node(&report->summary);
    node_unsigned(root, "target_documents", report->target_documents);
    node_unsigned(root, "reads", report->reads);
    node_real(root, "seconds",
              (double)(report->summary.finished_us - report->summary.started_us) / 1e6);
    node_boolean(root, "equal", verification_differences(&report->summary) == 0);
    if (work->repaired) {
        struct node *found = node_object(root, "found");
        for (int class = 0; class < VERIFY_CLASS_COUNT; class ++)
            node_unsigned(found, verify_class_name((enum verify_class) class), work->found[class]);
    }
    struct node *list = node_list(root, "examples");
    for (int class = 0; class < VERIFY_CLASS_COUNT; class ++) {
        for (size_t i = 0; i < report->example_counts[class]; i++) {
            const struct verify_example *example = &report->examples[class][i];
            struct node *item = node_add(list);
            node_text(item, "class", verify_class_name(example->class));
            node_text(item, "source_id", example->source_id);
            version_node(item, "source_version", example->source_version);
            version_node(item, "target_version", example->target_version);
            node_text(item, "code", example->code);
        }
    }
    node_print(root);
}

static const char *const class_words[VERIFY_CLASS_COUNT] = {
    [VERIFY_MISSING] = "in the source, not in the target",
    [VERIFY_STALE] = "older in the target",
    [VERIFY_EXTRA] = "in the target, gone in the source",
    [VERIFY_DIFFERENT] = "another content or version",
    [VERIFY_FAILED] = "known failures",
    [VERIFY_SKIPPED] = "left alone on purpose",
    [VERIFY_HELD] = "wait for a person's word",
};

static void print_examples(const struct verify_report *report, enum verify_class class)
{
    for (size_t i = 0; i < report->example_counts[class]; i++) {
        const struct verify_example *example = &report->examples[class][i];
        bool in_source = example->source_version != TIME_NONE;
        bool in_target = example->target_version != TIME_NONE;
        page_field("", "%s%s%s%s%s%s%s", example->source_id, in_source ? ", source " : "",
                   in_source ? words_time(example->source_version / 1000).text : "",
                   in_target ? ", target " : "",
                   in_target ? words_time(example->target_version / 1000).text : "",
                   example->code[0] == '\0' ? "" : ", ", example->code);
    }
}

static void print_plain(const struct verifying *work)
{
    const struct verify_report *report = &work->report;
    const struct verification *summary = &report->summary;
    uint64_t differences = verification_differences(summary);
    page_line("%s: %s documents in the source, %s in the target%s",
              differences == 0 ? "equal" : "NOT equal", words_count(summary->documents).text,
              words_count(report->target_documents).text,
              summary->deep ? ", contents compared" : "");
    for (int class = 0; class < VERIFY_CLASS_COUNT; class ++) {
        if (summary->counts[class] == 0 && class >= VERIFY_DIFFERENCES)
            continue;
        page_field(verify_class_name((enum verify_class) class), "%s%s%s",
                   words_count(summary->counts[class]).text, summary->counts[class] == 0 ? "" : " ",
                   summary->counts[class] == 0 ? "" : class_words[class]);
        print_examples(report, (enum verify_class) class);
    }
    if (work->repaired)
        page_field("repaired", "%s", words_count(summary->repaired).text);
    if (summary->newer > 0)
        page_field("newer", "%s changed meanwhile, not judged", words_count(summary->newer).text);
    page_field("took", "%s, %s reads",
               words_seconds((double)(summary->finished_us - summary->started_us) / 1e6).text,
               words_count(report->reads).text);
}

/* ---- the command ---- */

static bool verify_work(struct verifying *work, struct error *err)
{
    if (!verify_prepare(work, err) ||
        !verify_run(work->cli->settings, &work->options, &work->report, err))
        return false;
    memcpy(work->found, work->report.summary.counts, sizeof(work->found));
    return verify_repair(work, err);
}

static int verify_command(struct cli *cli)
{
    struct verifying work = {.cli = cli};
    struct error err = {0};
    int code = EXIT_DONE;
    progress_start(&work.progress, cli->settings, cli->quiet);
    bool good = verify_work(&work, &err);
    if (good || work.report.reads > 0)
        verify_keep(&work, good);
    progress_end(&work.progress);
    if (!good) {
        code = cli_fail(cli, &err);
    } else {
        if (cli->json)
            print_json(&work);
        else
            print_plain(&work);
        code = verification_differences(&work.report.summary) == 0 ? EXIT_DONE : EXIT_DIFFERENCES;
    }
    verify_report_free(&work.report);
    repair_free(&work.repair);
    journal_reader_close(work.journal);
    return code;
}

static const struct flag verify_flags[] = {
    {"deep", NULL, "compare contents as well: reads every document whole"},
    {"repair", NULL, "pull what differs, then compare it once more"},
    {"examples", "N", "names shown of each kind, 5 by default"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_verify = {
    .name = "verify",
    .arguments = "",
    .summary = "compare source and target, document by document",
    .details =
        "Names and versions; each name is a billed read. Safe beside a running engine: what "
        "changes\n"
        "meanwhile is not judged, each difference is looked at twice. Known failures, skipped and\n"
        "held documents are counted apart. Exit code 0 when equal, 2 when not.",
    .flags = verify_flags,
    .threads = true,
    .silent_log = true,
    .run = verify_command,
};
