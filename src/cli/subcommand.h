/* The subcommands as a table, and what each of them is given. The command line only reads settings,
 * talks to engine, journal and target through their headers, and prints: data on stdout, everything
 * else on stderr. Main thread only. */
#ifndef ORDERSYNC_CLI_SUBCOMMAND_H
#define ORDERSYNC_CLI_SUBCOMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/settings.h"

/* Exit codes besides sysexits (error_exit_code()). */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_ORDERS_FAILED = 1, /* finished, with failed orders; `status --check`: a person is needed */
    EXIT_DIFFERENCES = 2,
};

#define FLAG_MAX 12

/* A subcommand's own option. */
struct flag {
    const char *name;     /* "limit"; NULL ends a list */
    const char *argument; /* "N" as the help shows it; NULL: takes none */
    const char *help;
};

struct cli;
struct subcommand {
    const char *name;
    const char *arguments; /* "SOURCE/ID...", "" */
    const char *summary;   /* one line */
    const char *details;   /* further lines of --help, "" */
    const struct flag *flags;
    size_t least, most; /* number of arguments */
    bool threads;       /* starts threads: signals are blocked from the start and waited for */
    bool bare;          /* needs no settings: works with a broken configuration file */
    bool silent_log;    /* the log goes to its file, if there is one, and its ring alone */
    int (*run)(struct cli *cli);
};

/* A flag as often as it was given. */
struct given {
    int flag; /* its place in subcommand->flags */
    const char *value;
};

struct cli {
    const struct subcommand *subcommand;
    struct settings *settings;
    bool json;
    bool quiet;
    bool help;
    bool version;
    const char *config_file; /* NULL: the standard places */
    struct setting_override *overrides;
    size_t override_count;
    const char *values[FLAG_MAX]; /* of the subcommand's flags; "" for one without argument; NULL
                                     not given */
    struct given *given;          /* the same, in their order, repeated ones too */
    size_t given_count;
    char **arguments; /* what is left, NULL-terminated */
    size_t argument_count;
};

extern const struct subcommand *const subcommands[]; /* NULL-terminated, in the order of the help */
extern const struct subcommand subcommand_console, subcommand_listen, subcommand_backfill,
    subcommand_sync, subcommand_plan, subcommand_apply, subcommand_verify, subcommand_pull,
    subcommand_failed, subcommand_show, subcommand_retry, subcommand_skip, subcommand_release,
    subcommand_refuse, subcommand_status, subcommand_migrate, subcommand_reproject,
    subcommand_customers, subcommand_handover, subcommand_doctor, subcommand_config,
    subcommand_demo, subcommand_version, subcommand_help;

/* The subcommand of that name, NULL when there is none. */
const struct subcommand *subcommand_find(const char *name);

/* ---- options.c ---- */

/* Reads options up to the first word that is none (subcommand NULL) or all of them (common ones and
 * the subcommand's). Fills *cli; *ret_next is the index of the first word left. ERROR_USAGE. */
MUST_CHECK bool options_read(struct cli *cli, int argc, char **argv, int *ret_next,
                             struct error *err);
void options_free(struct cli *cli);
/* The value of a subcommand's flag; NULL when it was not given. */
const char *cli_flag(const struct cli *cli, const char *name);
/* Of one that may be repeated: the next value after place *at (0: the first), NULL: no more. */
const char *cli_flag_next(const struct cli *cli, const char *name, size_t *at);
static inline bool cli_has_flag(const struct cli *cli, const char *name)
{
    return cli_flag(cli, name) != NULL;
}
/* A flag that is a whole number within low..high; `fallback` when it was not given. ERROR_USAGE. */
MUST_CHECK bool cli_flag_number(const struct cli *cli, const char *name, int64_t low, int64_t high,
                                int64_t fallback, int64_t *ret_number, struct error *err);
/* Makes the settings be read again with one more override (demo). Copies nothing: the strings must
 * live on. */
void cli_override(struct cli *cli, const char *name, const char *value);

/* ---- main.c ---- */

/* Opens the log as the settings say; `silent` keeps it off stderr. */
void cli_open_log(const struct settings *settings, bool silent);

/* ---- help.c ---- */

/* Prints the error as one line on stderr with its remedy, as an object on stdout too with --json;
 * returns its exit code. */
int cli_fail(const struct cli *cli, const struct error *err);

#endif
