/* Options as a table. */
#include "sim/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/generator.h"

enum option_kind {
    OPTION_TEXT,
    OPTION_NUMBER,
    OPTION_PATHS,
    OPTION_FAULT,
    OPTION_BIND,
    OPTION_EXPIRED,
    OPTION_MIX,
    OPTION_HELP
};

struct numbers {
    int64_t port, generate, broken, seed, history, parent, max_seconds;
    int64_t heartbeat_ms, token_seconds, remember_seconds;
    int64_t changes, change_count, change_seconds, change_delay_ms;
};

struct option_row {
    const char *name;
    enum option_kind kind;
    size_t offset; /* TEXT: in sim_options; NUMBER: in struct numbers */
    int64_t high;  /* NUMBER */
    const char *argument;
    const char *help;
};

#define TEXT(member) OPTION_TEXT, offsetof(struct sim_options, member), 0
#define NUMBER(member, high) OPTION_NUMBER, offsetof(struct numbers, member), high

static const struct option_row rows[] = {
    {"--port", NUMBER(port, 65535), "N", "listen on this port of 127.0.0.1 (0: any free one)"},
    {"--port-file", TEXT(port_file), "FILE", "write the port to FILE once listening"},
    {"--bind", OPTION_BIND, 0, 0, "ADDRESS", "127.0.0.1 or localhost; anything else is refused"},
    {"--project", TEXT(project), "ID",
     "project of the generated and loaded documents (demo-ordersync)"},
    {"--collection", TEXT(collection), "NAME", "their collection (Orders)"},
    {"--generate", NUMBER(generate, GENERATOR_MAX_DOCUMENTS), "N",
     "N generated orders, up to 1000000"},
    {"--seed", NUMBER(seed, INT64_MAX), "S", "seed of the generator and of fault percentages (1)"},
    {"--broken", NUMBER(broken, GENERATOR_MAX_BROKEN), "K",
     "K of the generated orders are invalid"},
    {"--load", OPTION_PATHS, 0, 0, "PATH...", "JSON files of orders, or directories of them"},
    {"--fault", OPTION_FAULT, 0, 0, "SPEC",
     "a fault, may be repeated: unavailable:every=7, cut:every=20, ..."},
    {"--control", TEXT(control), "FILE",
     "faults and commands, one a line, read again whenever FILE changes"},
    {"--history", NUMBER(history, 10000000), "N",
     "keep old versions for the last N changes (65536)"},
    {"--heartbeat-ms", NUMBER(heartbeat_ms, 86400000), "N",
     "an idle listener is told a snapshot this often (30000)"},
    {"--token-seconds", NUMBER(token_seconds, 100000000), "N",
     "resume tokens expire after N seconds (0: with the history)"},
    {"--token-expired", OPTION_EXPIRED, 0, 0, "HOW",
     "reset, remove or status: the answer to an expired token (reset)"},
    {"--remember-seconds", NUMBER(remember_seconds, 100000000), "N",
     "who resumes is not told older deletes, but a count (0: all told)"},
    {"--changes", NUMBER(changes, CHANGES_MAX_RATE), "RATE", "live changes a second"},
    {"--change-mix", OPTION_MIX, 0, 0, "C:U:D", "percent of creates, updates, deletes (15:75:10)"},
    {"--change-count", NUMBER(change_count, INT32_MAX), "N", "end the changes after so many"},
    {"--change-seconds", NUMBER(change_seconds, INT32_MAX), "N", "end the changes after so long"},
    {"--change-delay-ms", NUMBER(change_delay_ms, INT32_MAX), "N", "begin the changes so late"},
    {"--parent-pid", NUMBER(parent, INT32_MAX), "PID", "end when this process is gone"},
    {"--max-seconds", NUMBER(max_seconds, 1000000000), "N", "end after N seconds"},
    {"--to", TEXT(to), "HOST:PORT", "copy: the emulator that receives the documents"},
    {"--help", OPTION_HELP, 0, 0, "", "show this"},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

void sim_options_print(void)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        printf("  %-18s %-9s %s\n", rows[i].name, rows[i].argument, rows[i].help);
}

static const struct option_row *row_find(const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    }
    return NULL;
}

static bool number_set(const struct option_row *row, const char *text, struct numbers *numbers,
                       struct error *err)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || number < 0 || number > row->high)
        return error_set(err, ERROR_USAGE, "%s %s: not a number between 0 and %lld", row->name,
                         text, (long long)row->high);
    *(int64_t *)(void *)((char *)numbers + row->offset) = number;
    return true;
}

/* Takes every following argument that is no option. */
static bool paths_take(int argc, char **argv, int *at, struct sim_options *options,
                       struct error *err)
{
    while (*at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0) {
        if (options->load_count == OPTIONS_MAX_PATHS)
            return error_set(err, ERROR_USAGE, "more than %d paths", OPTIONS_MAX_PATHS);
        options->load[options->load_count++] = argv[++*at];
    }
    return true;
}

static bool expired_set(const char *text, enum expired_answer *ret_answer, struct error *err)
{
    static const char *const names[] = {
        [EXPIRED_RESET] = "reset", [EXPIRED_REMOVE] = "remove", [EXPIRED_STATUS] = "status"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], text) == 0) {
            *ret_answer = (enum expired_answer)i;
            return true;
        }
    }
    return error_set(err, ERROR_USAGE, "--token-expired %s: not reset, remove or status", text);
}

static bool option_set(const struct option_row *row, char *text, struct sim_options *options,
                       struct numbers *numbers, struct error *err)
{
    switch (row->kind) {
    case OPTION_NUMBER:
        return number_set(row, text, numbers, err);
    case OPTION_BIND:
        if (strcmp(text, "127.0.0.1") == 0 || strcmp(text, "localhost") == 0)
            return true;
        return error_set(err, ERROR_USAGE, "--bind %s: the simulator serves 127.0.0.1 only", text);
    case OPTION_EXPIRED:
        return expired_set(text, &options->listen.expired, err);
    case OPTION_MIX:
        return changes_mix_parse(text, &options->changes, err);
    case OPTION_FAULT:
        if (options->fault_count == OPTIONS_MAX_FAULTS)
            return error_set(err, ERROR_USAGE, "more than %d faults", OPTIONS_MAX_FAULTS);
        options->faults[options->fault_count++] = text;
        return true;
    default:
        *(const char **)(void *)((char *)options + row->offset) = text;
        return true;
    }
}

static bool options_walk(int argc, char **argv, struct sim_options *options,
                         struct numbers *numbers, struct error *err)
{
    for (int i = 0; i < argc; i++) {
        const struct option_row *row = row_find(argv[i]);
        if (row == NULL)
            return error_set(err, ERROR_USAGE, "unknown option \"%s\"", argv[i]);
        if (row->kind == OPTION_HELP) {
            options->help = true;
            continue;
        }
        if (i + 1 >= argc)
            return error_set(err, ERROR_USAGE, "%s needs %s", row->name, row->argument);
        if (row->kind == OPTION_PATHS ? !paths_take(argc, argv, &i, options, err)
                                      : !option_set(row, argv[++i], options, numbers, err))
            return false;
    }
    return true;
}

static void numbers_take(const struct numbers *numbers, struct sim_options *options)
{
    options->port = (uint16_t)numbers->port;
    options->generate = numbers->generate;
    options->broken = numbers->broken;
    options->seed = (uint64_t)numbers->seed;
    options->history = numbers->history;
    options->parent = (pid_t)numbers->parent;
    options->max_seconds = numbers->max_seconds;
    options->listen.heartbeat_us = numbers->heartbeat_ms * 1000;
    options->listen.token_us = numbers->token_seconds * 1000000;
    options->listen.remember_us = numbers->remember_seconds * 1000000;
    options->changes.rate = numbers->changes;
    options->changes.count = numbers->change_count;
    options->changes.seconds = numbers->change_seconds;
    options->changes.delay_ms = numbers->change_delay_ms;
}

bool sim_options_parse(int argc, char **argv, struct sim_options *ret_options, struct error *err)
{
    struct sim_options options = {
        .project = "demo-ordersync", .collection = "Orders", .changes = CHANGES_PLAN_DEFAULT};
    struct numbers numbers = {.seed = 1, .heartbeat_ms = 30000};
    if (!options_walk(argc, argv, &options, &numbers, err))
        return false;
    if (options.collection[0] == '\0' || strchr(options.collection, '/') != NULL)
        return error_set(err, ERROR_USAGE, "--collection %s: not the name of a collection",
                         options.collection);
    numbers_take(&numbers, &options);
    *ret_options = options;
    return true;
}
