/* ordersync console: the operator's screen, with an engine of its own unless another one runs. */
#include "cli/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/doctor.h"
#include "cli/operator.h"
#include "ui/console.h"

static bool parse_colour(const char *word, enum colour_mode *ret_mode, struct error *err)
{
    static const char *const words[] = {
        [COLOUR_AUTO] = "auto", [COLOUR_ALWAYS] = "always", [COLOUR_NEVER] = "never"};
    if (word == NULL)
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            *ret_mode = (enum colour_mode)i;
            return true;
        }
    }
    return error_set(err, ERROR_USAGE, "--color is auto, always or never");
}

struct doctor_listener {
    finding_fn *add;
    void *context;
};

static bool pass_finding(void *context, const struct finding *finding)
{
    static const enum check_level levels[] = {
        [FINDING_OK] = CHECK_OK, [FINDING_WARN] = CHECK_WARNING, [FINDING_FAIL] = CHECK_FAILED};
    const struct doctor_listener *listener = context;
    struct console_finding found = {.level = levels[finding->level]};
    snprintf(found.check, sizeof(found.check), "%s", finding->check);
    snprintf(found.text, sizeof(found.text), "%s", finding->text);
    snprintf(found.remedy, sizeof(found.remedy), "%s", finding->remedy);
    return listener->add(listener->context, &found);
}

/* On a thread of the console's: reads the settings, opens connections of its own. */
static void look_for_causes(void *context, finding_fn *add, void *add_context)
{
    struct doctor_listener listener = {add, add_context};
    struct doctor *doctor = memory_zero(1, sizeof(*doctor));
    doctor->cli = context;
    doctor_look(doctor, pass_finding, &listener);
    free(doctor);
}

static bool open_terminal(const struct cli *cli, struct console_options *options, struct error *err)
{
    if (!options->plain && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
        return error_set(err, ERROR_USAGE,
                         "the console needs a terminal; see --plain, and `ordersync status`");
    return parse_colour(cli_flag(cli, "color"), &options->colour, err) &&
           console_run(cli->settings, options, err);
}

int console_open(const struct cli *cli, bool backfill, bool sync)
{
    struct operator_identity operator_now = operator_identify();
    bool read_only = settings_boolean(cli->settings, SET_READ_ONLY);
    struct console_options options = {
        .start_engine = !read_only && !cli_has_flag(cli, "attach"),
        .engine = {.backfill = backfill,
                   .sync = sync,
                   .operator_name = operator_now.name,
                   .origin = operator_now.origin},
        .read_only = read_only,
        .ascii = cli_has_flag(cli, "ascii"),
        .plain = cli_has_flag(cli, "plain"),
        .doctor = look_for_causes,
        .doctor_context = (void *)(uintptr_t)cli,
        .operator_name = operator_now.name,
    };
    struct error err = {0};
    return open_terminal(cli, &options, &err) ? EXIT_DONE : cli_fail(cli, &err);
}

static int console_command(struct cli *cli)
{
    return console_open(cli, cli_has_flag(cli, "backfill"), false);
}

static const struct flag console_flags[] = {
    {"attach", NULL, "watch the engine of another process; start none here"},
    {"backfill", NULL, "begin (or go on with) a backfill at once"},
    {"color", "WHEN", "auto, always or never"},
    {"ascii", NULL, "no character beyond ASCII"},
    {"plain", NULL, "lines in, lines out: for a screen reader or a pipe"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_console = {
    .name = "console",
    .arguments = "",
    .summary = "the operator's screen; `ordersync` alone opens it too",
    .details =
        "Runs an engine in this process unless another one holds the journal. With --read-only\n"
        "it can change nothing. Keys: ? in the console, ordersync-keys(7).",
    .flags = console_flags,
    .threads = true,
    .silent_log = true,
    .run = console_command,
};
