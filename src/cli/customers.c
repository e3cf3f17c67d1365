/* ordersync customers recompute: figures, attributes and segments of customers, from their orders.
 */
#include <string.h>
#include <time.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "cli/database.h"
#include "cli/output.h"
#include "cli/page.h"
#include "target/recompute.h"

#define TRIES 10

struct recomputation {
    struct target *target;
    const char *currency;
    uint64_t customers;
    uint64_t batches;
};

static void wait_us(int64_t duration_us)
{
    struct timespec duration = {duration_us / 1000000, duration_us % 1000000 * 1000};
    nanosleep(&duration, NULL);
}

/* Errors that another session causes and time heals. */
static bool is_passing(const struct error *err)
{
    return error_class(err) == CLASS_TRANSIENT || err->id == ERROR_TARGET_DUPLICATE;
}

/* Until the queue is empty; beside a running engine both empty it in turns. */
static bool empty_queue(struct recomputation *work, struct error *err)
{
    struct backoff backoff = {.policy = &backoff_target};
    for (unsigned tries = 0;;) {
        struct recompute_counts counts = {0};
        if (target_recompute(work->target, work->currency, RECOMPUTE_NOTES_MAX, &counts, err)) {
            tries = counts.busy ? tries : 0;
            work->customers += counts.customers;
            work->batches += counts.notes > 0;
            if (!counts.busy && counts.notes < RECOMPUTE_NOTES_MAX)
                return true;
            if (!counts.busy)
                continue;
        } else if (!is_passing(err) || ++tries == TRIES || target_is_broken(work->target)) {
            return false;
        }
        wait_us(backoff_next(&backoff));
    }
}

static bool recompute(const struct cli *cli, struct recomputation *work, struct error *err)
{
    bool refreshed = false;
    if (!database_open(cli, false, &work->target, err) || !target_check_schema(work->target, err))
        return false;
    if (cli_has_flag(cli, "all") && !target_note_customers(work->target, "recompute", err))
        return false;
    if (!empty_queue(work, err))
        return false;
    if (!cli_has_flag(cli, "cutoffs"))
        return true;
    return target_refresh_cutoffs(work->target, work->currency, 0, &refreshed, err) &&
           empty_queue(work, err);
}

static void report(const struct cli *cli, const struct recomputation *work, double seconds)
{
    if (cli->json) {
        struct node *root = node_new();
        node_unsigned(root, "customers", work->customers);
        node_unsigned(root, "batches", work->batches);
        node_real(root, "seconds", seconds);
        node_print(root);
        return;
    }
    page_line("%s customer%s recomputed in %s", words_count(work->customers).text,
              work->customers == 1 ? "" : "s", words_seconds(seconds).text);
}

static int customers_command(struct cli *cli)
{
    struct error err = {0};
    struct recomputation work = {.currency = settings_text(cli->settings, SET_REPORTING_CURRENCY)};
    if (strcmp(cli->arguments[0], "recompute") != 0) {
        (void)error_set(&err, ERROR_USAGE, "customers knows \"recompute\", not \"%s\"",
                        cli->arguments[0]);
        return cli_fail(cli, &err);
    }
    int64_t started = clock_monotonic_us();
    bool done = recompute(cli, &work, &err);
    target_close(work.target);
    if (!done)
        return cli_fail(cli, &err);
    report(cli, &work, (double)(clock_monotonic_us() - started) / 1e6);
    return EXIT_DONE;
}

static const struct flag customers_flags[] = {
    {"all", NULL, "every customer, not only those whose orders changed"},
    {"cutoffs", NULL, "take new cut-offs for the segments, then score every customer by them"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_customers = {
    .name = "customers",
    .arguments = "recompute",
    .summary = "compute spend, activities and segments of customers anew",
    .details = "An engine does this by itself. Everything comes from the orders, so it can be "
               "ended at any instant and run again, beside a running engine too.",
    .flags = customers_flags,
    .least = 1,
    .most = 1,
    .run = customers_command,
};
