/* ordersync: process-wide initialisation and the choice of the subcommand. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/help.h"
#include "cli/subcommand.h"

/* A descriptor 0, 1 or 2 that is closed would be given to the journal or a socket, and a message
 * written into it. */
static void open_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
            _exit(EX_OSERR);
    }
}

/* Numbers keep their point whatever the locale: only the character set is the user's. */
static void initialise_process(void)
{
    open_standard_files();
    umask(077);
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a full file is an error to report, as a full disk is */
}

/* Before any thread starts, so that all inherit it: the main thread alone waits for these. */
static void block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void cli_open_log(const struct settings *settings, bool silent)
{
    const char *file = settings_text(settings, SET_LOG_FILE);
    struct log_options options = {
        .level = (enum log_level)settings_integer(settings, SET_LOG_LEVEL),
        .format = (enum log_format)settings_integer(settings, SET_LOG_FORMAT),
        .file = file[0] == '\0' ? NULL : file,
        .quiet = silent,
    };
    log_open(&options);
}

static bool check_arguments(const struct cli *cli, struct error *err)
{
    const struct subcommand *which = cli->subcommand;
    if (cli->argument_count < which->least)
        return error_set(err, ERROR_USAGE, "%s needs %s", which->name, which->arguments);
    if (cli->argument_count > which->most)
        return error_set(err, ERROR_USAGE, "%s: unexpected \"%s\"", which->name,
                         cli->arguments[which->most]);
    return true;
}

static bool find_subcommand(struct cli *cli, const char *name, struct error *err)
{
    cli->subcommand = subcommand_find(name);
    if (cli->subcommand == NULL)
        return error_set(err, ERROR_USAGE, "unknown command \"%s\"", name);
    return true;
}

static bool read_subcommand(struct cli *cli, int argc, char **argv, struct error *err)
{
    int next;
    if (!find_subcommand(cli, argv[0], err) || !options_read(cli, argc, argv, &next, err))
        return false;
    cli->arguments = argv + next;
    cli->argument_count = (size_t)(argc - next);
    return cli->help || cli->version || check_arguments(cli, err);
}

static int run_subcommand(struct cli *cli)
{
    struct error err = {0};
    if (cli->help) {
        help_print_subcommand(stdout, cli->subcommand);
        return EXIT_DONE;
    }
    if (cli->subcommand->bare)
        return cli->subcommand->run(cli);
    if (!settings_load(cli->config_file, cli->overrides, &cli->settings, &err))
        return cli_fail(cli, &err);
    cli_open_log(cli->settings, cli->subcommand->silent_log);
    if (cli->subcommand->threads)
        block_signals();
    int code = cli->subcommand->run(cli);
    log_close();
    settings_free(cli->settings);
    return code;
}

/* `ordersync` alone: the console on a terminal, the help elsewhere. */
static int run_alone(struct cli *cli)
{
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        cli->subcommand = subcommand_find("console");
        if (cli->subcommand != NULL)
            return run_subcommand(cli);
    }
    help_print(stderr);
    return EX_USAGE;
}

/* A command line that could not be read to its end may still ask for JSON. */
static int refuse(struct cli *cli, char **argv, const struct error *err)
{
    for (char **word = argv + 1; *word != NULL && strcmp(*word, "--") != 0; word++)
        cli->json |= strcmp(*word, "--json") == 0 || strcmp(*word, "-j") == 0;
    return cli_fail(cli, err);
}

static int run(struct cli *cli, int argc, char **argv)
{
    struct error err = {0};
    int next;
    if (!options_read(cli, argc, argv, &next, &err))
        return refuse(cli, argv, &err);
    if (cli->version) {
        cli->subcommand = &subcommand_version;
        return run_subcommand(cli);
    }
    if (cli->help && next == argc) {
        help_print(stdout);
        return EXIT_DONE;
    }
    if (next == argc)
        return run_alone(cli);
    if (!read_subcommand(cli, argc - next, argv + next, &err))
        return refuse(cli, argv, &err);
    if (cli->version)
        cli->subcommand = &subcommand_version;
    return run_subcommand(cli);
}

/* A full disk or a closed pipe behind stdout must not look like success. */
static int close_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    if (errno == EPIPE)
        return code;
    fprintf(stderr, "ordersync: standard output: %s\n", strerror(errno));
    return code == EXIT_DONE ? EX_IOERR : code;
}

int main(int argc, char **argv)
{
    initialise_process();
    struct cli cli = {0};
    int code = run(&cli, argc, argv);
    options_free(&cli);
    return close_output(code);
}
