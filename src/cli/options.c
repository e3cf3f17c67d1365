/* Options: the common ones, one for every setting, and the subcommand's own; getopt_long(3) does
 * the reading. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/subcommand.h"

/* getopt's `val`: common options by letter, then settings, then the subcommand's flags. */
#define VALUE_SETTINGS 1000
#define VALUE_FLAGS 2000
#define COMMON_COUNT 6
#define OPTION_MAX (COMMON_COUNT + SETTING_COUNT + FLAG_MAX + 1)

static const struct option common[COMMON_COUNT] = {
    {"config", required_argument, NULL, 'c'}, {"set", required_argument, NULL, 's'},
    {"json", no_argument, NULL, 'j'},         {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},         {"version", no_argument, NULL, 'V'},
};

struct option_table {
    struct option options[OPTION_MAX];
    size_t count;
    char *names[SETTING_COUNT]; /* "page-size" */
};

static void table_add(struct option_table *table, const char *name, int argument, int value)
{
    table->options[table->count++] = (struct option){name, argument, NULL, value};
}

static void table_fill(struct option_table *table, const struct subcommand *subcommand)
{
    memcpy(table->options, common, sizeof(common));
    table->count = COMMON_COUNT;
    for (int i = 0; i < SETTING_COUNT; i++) {
        enum setting_id id = (enum setting_id)i;
        table->names[i] = memory_string(settings_name(id));
        for (char *c = table->names[i]; *c != '\0'; c++)
            *c = *c == '_' ? '-' : *c;
        bool boolean = settings_type(id) == SETTING_BOOLEAN;
        table_add(table, table->names[i], boolean ? optional_argument : required_argument,
                  VALUE_SETTINGS + i);
    }
    const struct flag *flag = subcommand == NULL ? NULL : subcommand->flags;
    for (int i = 0; flag != NULL && flag[i].name != NULL && i < FLAG_MAX; i++)
        table_add(table, flag[i].name, flag[i].argument == NULL ? no_argument : required_argument,
                  VALUE_FLAGS + i);
}

static void table_free(struct option_table *table)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        free(table->names[i]);
}

void cli_override(struct cli *cli, const char *name, const char *value)
{
    size_t size = (cli->override_count + 2) * sizeof(*cli->overrides);
    cli->overrides = memory_resize(cli->overrides, size);
    cli->overrides[cli->override_count++] = (struct setting_override){name, value};
    cli->overrides[cli->override_count] = (struct setting_override){NULL, NULL};
}

/* A command line is readable by everybody on the machine and stays in shell histories. */
static bool refuse_secret(enum setting_id id, struct error *err)
{
    if (settings_type(id) != SETTING_SECRET)
        return true;
    return error_set(err, ERROR_USAGE,
                     "%s is a secret and does not belong on a command line; use %s, %s_FILE or a "
                     "configuration file",
                     settings_name(id), settings_variable(id), settings_variable(id));
}

static bool take_set(struct cli *cli, char *text, struct error *err)
{
    char *equals = strchr(text, '=');
    enum setting_id id;
    if (equals == NULL || equals == text)
        return error_set(err, ERROR_USAGE, "--set takes NAME=VALUE");
    *equals = '\0';
    if (settings_find(text, &id) && !refuse_secret(id, err))
        return false;
    cli_override(cli, text, equals + 1);
    return true;
}

static bool take_setting(struct cli *cli, int position, const char *value, struct error *err)
{
    enum setting_id id = (enum setting_id)position;
    if (!refuse_secret(id, err))
        return false;
    cli_override(cli, settings_name(id), value == NULL ? "true" : value);
    return true;
}

static void take_flag(struct cli *cli, int flag, const char *value)
{
    cli->values[flag] = value;
    cli->given = memory_resize(cli->given, (cli->given_count + 1) * sizeof(*cli->given));
    cli->given[cli->given_count++] = (struct given){flag, value};
}

static bool take_option(struct cli *cli, int value, char *argument, struct error *err)
{
    if (value >= VALUE_FLAGS)
        take_flag(cli, value - VALUE_FLAGS, argument == NULL ? "" : argument);
    else if (value >= VALUE_SETTINGS)
        return take_setting(cli, value - VALUE_SETTINGS, argument, err);
    else if (value == 's')
        return take_set(cli, argument, err);
    else if (value == 'c')
        cli->config_file = argument;
    else if (value == 'j')
        cli->json = true;
    else if (value == 'q')
        cli->quiet = true;
    else if (value == 'h')
        cli->help = true;
    else
        cli->version = true;
    return true;
}

/* getopt has advanced optind past the word at fault, except within a cluster of letters. */
static bool refuse_option(char **argv, int kind, struct error *err)
{
    const char *word =
        optopt != 0 && optopt < VALUE_SETTINGS && isprint(optopt) ? NULL : argv[optind - 1];
    if (kind == ':' && word != NULL)
        return error_set(err, ERROR_USAGE, "option %s needs a value", word);
    if (kind == ':')
        return error_set(err, ERROR_USAGE, "option %s needs a value", argv[optind - 1]);
    if (word == NULL)
        return error_set(err, ERROR_USAGE, "unknown option -%c", optopt);
    if (optopt != 0)
        return error_set(err, ERROR_USAGE, "option %s takes no value", word);
    return error_set(err, ERROR_USAGE, "unknown or ambiguous option %s", word);
}

bool options_read(struct cli *cli, int argc, char **argv, int *ret_next, struct error *err)
{
    struct option_table table = {.count = 0};
    table_fill(&table, cli->subcommand);
    const char *letters = cli->subcommand == NULL ? "+:c:jqhV" : ":c:jqhV";
    bool read = true;
    int value;
    opterr = 0;
    optind = 0; /* glibc: start afresh; this runs once for each half of the command line */
    while (read && (value = getopt_long(argc, argv, letters, table.options, NULL)) != -1) {
        if (value == '?' || value == ':')
            read = refuse_option(argv, value, err);
        else
            read = take_option(cli, value, optarg, err);
    }
    if (read)
        *ret_next = optind;
    table_free(&table);
    return read;
}

void options_free(struct cli *cli)
{
    free(cli->overrides);
    free(cli->given);
    cli->overrides = NULL;
    cli->given = NULL;
}

const char *cli_flag_next(const struct cli *cli, const char *name, size_t *at)
{
    while (*at < cli->given_count) {
        const struct given *given = &cli->given[(*at)++];
        if (strcmp(cli->subcommand->flags[given->flag].name, name) == 0)
            return given->value;
    }
    return NULL;
}

const char *cli_flag(const struct cli *cli, const char *name)
{
    const struct flag *flag = cli->subcommand->flags;
    for (size_t i = 0; flag != NULL && flag[i].name != NULL; i++) {
        if (strcmp(flag[i].name, name) == 0)
            return cli->values[i];
    }
    return NULL;
}

bool cli_flag_number(const struct cli *cli, const char *name, int64_t low, int64_t high,
                     int64_t fallback, int64_t *ret_number, struct error *err)
{
    const char *text = cli_flag(cli, name);
    if (text == NULL) {
        *ret_number = fallback;
        return true;
    }
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < low || number > high)
        return error_set(err, ERROR_USAGE,
                         "--%s takes a whole number from %lld to %lld, not \"%s\"", name,
                         (long long)low, (long long)high, text);
    *ret_number = number;
    return true;
}
