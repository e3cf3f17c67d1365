/* The summary of a sync, for people and as one JSON object. */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "cli/output.h"
#include "cli/page.h"
#include "cli/sync.h"

bool sync_outcome_read(struct journal_reader *reader, unsigned sources, bool interrupted,
                       struct sync_outcome *ret_outcome, struct error *err)
{
    struct sync_outcome outcome = {.sources = sources, .interrupted = interrupted};
    for (int i = 0; i < SOURCE_COUNT; i++) {
        bool found;
        if ((sources & (1u << i)) != 0 &&
            !journal_last_run(reader, "sync", (enum source_kind)i, &found, &outcome.runs[i], err))
            return false;
    }
    *ret_outcome = outcome;
    return true;
}

static bool run_stopped(const struct run_row *run)
{
    return run->code[0] != '\0';
}

static bool run_whole(const struct run_row *run)
{
    return run->result[0] != '\0' && !run_stopped(run);
}

static uint64_t run_errors(const struct run_row *run)
{
    return run->counts.failed + run->counts.held + run_stopped(run);
}

static uint64_t outcome_errors(const struct sync_outcome *outcome)
{
    uint64_t errors = 0;
    for (int i = 0; i < SOURCE_COUNT; i++)
        errors += run_errors(&outcome->runs[i]);
    return errors;
}

static bool outcome_whole(const struct sync_outcome *outcome)
{
    bool whole = !outcome->interrupted;
    for (int i = 0; i < SOURCE_COUNT; i++)
        whole &= (outcome->sources & (1u << i)) == 0 || run_whole(&outcome->runs[i]);
    return whole;
}

/* ---- JSON ---- */

static void run_node(struct node *list, const struct run_row *run)
{
    struct node *item = node_add(list);
    node_text(item, "source", source_kind_name(run->source));
    node_text(item, "run", run->id);
    node_boolean(item, "finished", run_whole(run));
    node_unsigned(item, "checked", run->counts.checked);
    node_unsigned(item, "created", run->counts.created);
    node_unsigned(item, "updated", run->counts.updated);
    node_unsigned(item, "unchanged", run->counts.unchanged);
    node_unsigned(item, "unattached", run->counts.unattached);
    node_unsigned(item, "gone", run->counts.absent);
    node_unsigned(item, "failed", run->counts.failed + run->counts.held);
    node_unsigned(item, "read_again", run->counts.overlap);
    node_real(item, "seconds", (double)run->busy_us / 1e6);
    node_unsigned(item, "requests", run->requests);
    node_unsigned(item, "retries", run->retries);
    if (run_stopped(run)) {
        struct node *error = node_object(item, "error");
        node_text(error, "code", run->code);
        node_text(error, "message", run->message);
    }
}

static void print_json(const struct sync_outcome *outcome)
{
    const struct run_counts *stripe = &outcome->runs[SOURCE_STRIPE].counts;
    const struct run_counts *printful = &outcome->runs[SOURCE_PRINTFUL].counts;
    struct node *root = node_new();
    if (outcome->sources & 1u << SOURCE_STRIPE) {
        node_unsigned(root, "stripe_sessions_checked", stripe->checked);
        node_unsigned(root, "stripe_sessions_added", stripe->created);
        node_unsigned(root, "stripe_sessions_skipped", stripe->unchanged);
        node_unsigned(root, "stripe_sessions_updated", stripe->updated);
    }
    if (outcome->sources & 1u << SOURCE_PRINTFUL) {
        node_unsigned(root, "printful_orders_checked", printful->checked);
        node_unsigned(root, "printful_orders_updated", printful->created + printful->updated);
        node_unsigned(root, "printful_items_added", printful->items);
        node_unsigned(root, "printful_orders_unattached", printful->unattached);
        node_unsigned(root, "printful_orders_gone", printful->absent);
    }
    node_unsigned(root, "errors", outcome_errors(outcome));
    node_boolean(root, "finished", outcome_whole(outcome));
    struct node *list = node_list(root, "sources");
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if ((outcome->sources & (1u << i)) != 0)
            run_node(list, &outcome->runs[i]);
    }
    node_print(root);
}

/* ---- words ---- */

static void count_line(const char *what, uint64_t count)
{
    page_line("%s: %" PRIu64, what, count);
}

static void some_line(const char *what, uint64_t count)
{
    if (count > 0)
        count_line(what, count);
}

static void timing_line(const struct run_row *run)
{
    double seconds = (double)run->busy_us / 1e6;
    double rate = seconds > 0 ? (double)run->counts.seen / seconds : 0;
    page_line("%s: %s, %.0f/s, %s requests, %s retries%s%s%s", source_kind_name(run->source),
              words_seconds(seconds).text, rate, words_count(run->requests).text,
              words_count(run->retries).text, run_stopped(run) ? "; stopped: " : "",
              run_stopped(run) ? run->code : "",
              run_stopped(run) || run_whole(run) ? "" : "; not finished");
}

static void print_plain(const struct sync_outcome *outcome)
{
    const struct run_counts *stripe = &outcome->runs[SOURCE_STRIPE].counts;
    const struct run_counts *printful = &outcome->runs[SOURCE_PRINTFUL].counts;
    if (outcome->sources & 1u << SOURCE_STRIPE) {
        count_line("Stripe Sessions Checked", stripe->checked);
        count_line("Stripe Sessions Added", stripe->created);
        count_line("Stripe Sessions Skipped", stripe->unchanged);
        some_line("Stripe Sessions Updated", stripe->updated);
        some_line("Stripe Sessions Gone", stripe->absent);
    }
    if (outcome->sources & 1u << SOURCE_PRINTFUL) {
        count_line("Printful Orders Checked", printful->checked);
        count_line("Printful Orders Updated", printful->created + printful->updated);
        count_line("Printful Items Added", printful->items);
        some_line("Printful Orders without a sale", printful->unattached);
        some_line("Printful Orders gone", printful->absent);
    }
    count_line("Errors", outcome_errors(outcome));
    page_gap();
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if ((outcome->sources & (1u << i)) != 0 && outcome->runs[i].id[0] != '\0')
            timing_line(&outcome->runs[i]);
    }
    fflush(stdout);
}

/* ---- what is to be done ---- */

static void note_stops(const struct cli *cli, const struct sync_outcome *outcome)
{
    for (int i = 0; i < SOURCE_COUNT; i++) {
        const struct run_row *run = &outcome->runs[i];
        enum error_id id = ERROR_NONE;
        if (!run_stopped(run))
            continue;
        page_note(false, "ordersync: %s stopped: %s: %s", source_kind_name(run->source), run->code,
                  run->message);
        if (error_id_parse(run->code, &id))
            page_note(cli->quiet, "%s", error_info(id)->remedy);
    }
}

int sync_outcome_report(const struct cli *cli, const struct sync_outcome *outcome)
{
    uint64_t failed = 0;
    if (cli->json)
        print_json(outcome);
    else
        print_plain(outcome);
    note_stops(cli, outcome);
    for (int i = 0; i < SOURCE_COUNT; i++)
        failed += outcome->runs[i].counts.failed + outcome->runs[i].counts.held;
    if (failed > 0)
        page_note(cli->quiet,
                  "%" PRIu64 " documents need attention: `ordersync failed`, `ordersync console`.",
                  failed);
    if (outcome->interrupted) {
        page_note(false, "ordersync: stopped; what was read is settled. `ordersync sync` goes on "
                         "from there.");
        return EX_TEMPFAIL;
    }
    return failed == 0 && outcome_whole(outcome) ? EXIT_DONE : EXIT_ORDERS_FAILED;
}
