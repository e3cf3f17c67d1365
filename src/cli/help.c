/* Help, made from the tables of subcommands, flags and errors. */
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/subcommand.h"

static const struct flag common_flags[] = {
    {"config", "FILE", "read settings from FILE instead of the standard places"},
    {"set", "NAME=VALUE", "one setting; each has a flag too: --page-size=500"},
    {"json", NULL, "one JSON object on stdout"},
    {"quiet", NULL, "no progress and no notes on stderr"},
    {"help", NULL, "this help, or that of a command"},
    {"version", NULL, "version and libraries"},
    {NULL, NULL, NULL},
};

const struct flag *help_common_flags(void)
{
    return common_flags;
}

static void print_flags(FILE *stream, const struct flag *flag)
{
    for (; flag != NULL && flag->name != NULL; flag++) {
        char left[48];
        snprintf(left, sizeof(left), "--%s%s%s", flag->name, flag->argument == NULL ? "" : " ",
                 flag->argument == NULL ? "" : flag->argument);
        fprintf(stream, "  %-22s %s\n", left, flag->help);
    }
}

void help_print(FILE *stream)
{
    fputs(
        "ordersync copies Shopify orders from Firestore into PostgreSQL and keeps what failed.\n\n"
        "usage: ordersync [OPTION...] COMMAND [ARGUMENT...]\n"
        "       ordersync                  the console, on a terminal\n\ncommands:\n",
        stream);
    for (size_t i = 0; subcommands[i] != NULL; i++)
        fprintf(stream, "  %-12s %s\n", subcommands[i]->name, subcommands[i]->summary);
    fputs("\noptions of every command:\n", stream);
    print_flags(stream, common_flags);
    fputs(
        "\nFirst steps: ordersync demo; ordersync doctor; ordersync migrate; ordersync backfill.\n"
        "Manual: ordersync(1), ordersync.conf(5), ordersync-errors(7), ordersync-runbook(7).\n",
        stream);
}

void help_print_subcommand(FILE *stream, const struct subcommand *which)
{
    bool arguments = which->arguments[0] != '\0';
    fprintf(stream, "ordersync %s: %s\n\nusage: ordersync %s [OPTION...]%s%s\n", which->name,
            which->summary, which->name, arguments ? " " : "", which->arguments);
    if (which->details[0] != '\0')
        fprintf(stream, "\n%s\n", which->details);
    if (which->flags != NULL && which->flags[0].name != NULL) {
        fputs("\noptions:\n", stream);
        print_flags(stream, which->flags);
    }
    fputs("\noptions of every command: --config FILE, --set NAME=VALUE, --json, --quiet, --help\n",
          stream);
}

static void remedy_print(const struct cli *cli, const struct error *err)
{
    /* A mistyped command line explains itself; everything else says what to do about it. */
    const struct subcommand *which = cli->subcommand;
    if (err->id == ERROR_USAGE && which != NULL)
        page_note(false, "Try: ordersync %s --help", which->name);
    else if (err->id == ERROR_USAGE)
        page_note(false, "Try: ordersync --help");
    else
        page_note(false, "%s", error_info(err->id)->remedy);
}

int cli_fail(const struct cli *cli, const struct error *err)
{
    if (cli->json) {
        struct node *root = node_new();
        node_error(root, "error", err);
        node_print(root);
    }
    page_note(false, "ordersync: %s: %s", error_info(err->id)->code, err->message);
    if (!cli->quiet)
        remedy_print(cli, err);
    return error_exit_code(err);
}

static int help_run(struct cli *cli)
{
    if (cli->argument_count == 0) {
        help_print(stdout);
        return EXIT_DONE;
    }
    const struct subcommand *which = subcommand_find(cli->arguments[0]);
    if (which == NULL) {
        struct error err = {0};
        (void)error_set(&err, ERROR_USAGE, "unknown command \"%s\"", cli->arguments[0]);
        return cli_fail(cli, &err);
    }
    help_print_subcommand(stdout, which);
    return EXIT_DONE;
}

const struct subcommand subcommand_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "what there is, or how a command is used",
    .details = "",
    .most = 1,
    .bare = true,
    .run = help_run,
};
