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
    OPTION_FLAG,
    OPTION_HELP
};

struct numbers {
    int64_t port, generate, broken, seed, history, parent, max_seconds;
    int64_t heartbeat_ms, token_seconds, remember_seconds;
    int64_t changes, change_count, change_seconds, change_delay_ms;
    int64_t days, now, latency_ms, rate, rate_seconds, concurrency, store;
};

struct option_row {
    int sides;
    const char *name;
    enum option_kind kind;
    size_t offset; /* TEXT: in sim_options; NUMBER: in struct numbers */
    int64_t high;  /* NUMBER */
    const char *argument;
    const char *help;
};

#define TEXT(member) OPTION_TEXT, offsetof(struct sim_options, member), 0
#define NUMBER(member, high) OPTION_NUMBER, offsetof(struct numbers, member), high

#define FLAG(member) OPTION_FLAG, offsetof(struct sim_options, member), 0
#define REST (OPTION_OF_STRIPE | OPTION_OF_PRINTFUL)
#define SERVERS (OPTION_OF_FIRESTORE | REST)
#define ORDERS (OPTION_OF_FIRESTORE | OPTION_OF_COPY)
#define ALL (SERVERS | OPTION_OF_COPY)

static const struct option_row rows[] = {
    {SERVERS, "--port", NUMBER(port, 65535), "N",
     "listen on this port of 127.0.0.1 (0: any free one)"},
    {SERVERS, "--port-file", TEXT(port_file), "FILE", "write the port to FILE once listening"},
    {SERVERS, "--bind", OPTION_BIND, 0, 0, "ADDRESS",
     "127.0.0.1 or localhost; anything else is refused"},
    {ORDERS, "--project", TEXT(project), "ID",
     "project of the generated and loaded documents (demo-ordersync)"},
    {ORDERS, "--collection", TEXT(collection), "NAME", "their collection (Orders)"},
    {SERVERS, "--generate", NUMBER(generate, GENERATOR_MAX_DOCUMENTS), "N",
     "N generated orders or sessions, up to 1000000"},
    {SERVERS, "--seed", NUMBER(seed, INT64_MAX), "S",
     "seed of the generator and of fault percentages (1)"},
    {OPTION_OF_FIRESTORE, "--broken", NUMBER(broken, GENERATOR_MAX_BROKEN), "K",
     "K of the generated orders are invalid"},
    {ALL, "--load", OPTION_PATHS, 0, 0, "PATH...", "JSON files, or directories of them"},
    {SERVERS, "--fault", OPTION_FAULT, 0, 0, "SPEC",
     "a fault, may be repeated: unavailable:every=7, cut:every=20, ..."},
    {SERVERS, "--control", TEXT(control), "FILE",
     "faults and commands, one a line, read again whenever FILE changes"},
    {OPTION_OF_FIRESTORE, "--history", NUMBER(history, 10000000), "N",
     "keep old versions for the last N changes (65536)"},
    {OPTION_OF_FIRESTORE, "--heartbeat-ms", NUMBER(heartbeat_ms, 86400000), "N",
     "an idle listener is told a snapshot this often (30000)"},
    {OPTION_OF_FIRESTORE, "--token-seconds", NUMBER(token_seconds, 100000000), "N",
     "resume tokens expire after N seconds (0: with the history)"},
    {OPTION_OF_FIRESTORE, "--token-expired", OPTION_EXPIRED, 0, 0, "HOW",
     "reset, remove or status: the answer to an expired token (reset)"},
    {OPTION_OF_FIRESTORE, "--remember-seconds", NUMBER(remember_seconds, 100000000), "N",
     "who resumes is not told older deletes, but a count (0: all told)"},
    {OPTION_OF_FIRESTORE, "--changes", NUMBER(changes, CHANGES_MAX_RATE), "RATE",
     "live changes a second"},
    {OPTION_OF_FIRESTORE, "--change-mix", OPTION_MIX, 0, 0, "C:U:D",
     "percent of creates, updates, deletes (15:75:10)"},
    {OPTION_OF_FIRESTORE, "--change-count", NUMBER(change_count, INT32_MAX), "N",
     "end the changes after so many"},
    {OPTION_OF_FIRESTORE, "--change-seconds", NUMBER(change_seconds, INT32_MAX), "N",
     "end the changes after so long"},
    {OPTION_OF_FIRESTORE, "--change-delay-ms", NUMBER(change_delay_ms, INT32_MAX), "N",
     "begin the changes so late"},
    {SERVERS, "--parent-pid", NUMBER(parent, INT32_MAX), "PID", "end when this process is gone"},
    {SERVERS, "--max-seconds", NUMBER(max_seconds, 1000000000), "N", "end after N seconds"},
    {OPTION_OF_COPY, "--to", TEXT(to), "HOST:PORT",
     "copy: the emulator that receives the documents"},
    {REST, "--key", TEXT(rest.key), "KEY", "the one key that is good (any)"},
    {REST, "--permissions", TEXT(rest.permissions), "LIST",
     "what the key may read: sessions,refunds,account or orders,stores (all)"},
    {REST, "--request-log", TEXT(rest.request_log), "FILE",
     "a line for each request, without keys"},
    {REST, "--items", TEXT(rest.items), "LIST", "line items of the generated, in turn (1,2,2,3)"},
    {REST, "--days", NUMBER(days, 36500), "N", "the generated are spread over N days (28)"},
    {REST, "--now", NUMBER(now, INT32_MAX), "S", "the time, in seconds since 1970 (the clock's)"},
    {REST, "--restamp", FLAG(rest.restamp), "",
     "spread the loaded, too: their `created` is changed"},
    {REST, "--latency-ms", NUMBER(latency_ms, 600000), "N", "before each answer (0)"},
    {REST, "--rate", NUMBER(rate, 1000000), "N", "requests in --rate-seconds, then 429 (0: any)"},
    {REST, "--rate-seconds", NUMBER(rate_seconds, 3600), "N", "see --rate (1)"},
    {REST, "--concurrency", NUMBER(concurrency, 1000), "N",
     "requests at a time, then 429 (0: any)"},
    {REST, "--mix", TEXT(rest.mix), "P:U:O:E:F:R",
     "percent of sessions paid, unpaid, open, expired, free, refunded (78:4:3:5:4:6)"},
    {OPTION_OF_STRIPE, "--api-version", TEXT(rest.api_version), "V",
     "the account's, when a request names none (2026-08-26.dahlia)"},
    {OPTION_OF_STRIPE, "--account", TEXT(rest.account), "ID", "the account (acct_1Sim)"},
    {OPTION_OF_PRINTFUL, "--store", NUMBER(store, INT64_MAX), "ID", "the store (4485069)"},
    {OPTION_OF_PRINTFUL, "--store-needed", FLAG(rest.store_needed), "",
     "refuse requests without X-PF-Store-Id"},
    {OPTION_OF_PRINTFUL, "--link", TEXT(rest.link), "WHAT",
     "external_id is: shop_order_id, client_reference_id, payment_intent, metadata or mixed"},
    {ALL, "--help", OPTION_HELP, 0, 0, "", "show this"},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

void sim_options_print(void)
{
    static const struct {
        int sides;
        const char *title;
    } groups[] = {
        {ALL, "options"},
        {SERVERS, "of every server"},
        {ORDERS, "firestore and copy"},
        {OPTION_OF_FIRESTORE, "firestore"},
        {OPTION_OF_COPY, "copy"},
        {REST, "stripe and printful"},
        {OPTION_OF_STRIPE, "stripe"},
        {OPTION_OF_PRINTFUL, "printful"},
    };
    for (size_t group = 0; group < sizeof(groups) / sizeof(groups[0]); group++) {
        printf("%s:\n", groups[group].title);
        for (size_t i = 0; i < ROW_COUNT; i++) {
            if (rows[i].sides == groups[group].sides)
                printf("  %-18s %-11s %s\n", rows[i].name, rows[i].argument, rows[i].help);
        }
    }
}

static const struct option_row *row_find(enum option_side side, const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].name, name) == 0 && (rows[i].sides & (int)side) != 0)
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

static bool options_walk(enum option_side side, int argc, char **argv, struct sim_options *options,
                         struct numbers *numbers, struct error *err)
{
    for (int i = 0; i < argc; i++) {
        const struct option_row *row = row_find(side, argv[i]);
        if (row == NULL)
            return error_set(err, ERROR_USAGE, "unknown option \"%s\" of this subcommand", argv[i]);
        if (row->kind == OPTION_HELP) {
            options->help = true;
            continue;
        }
        if (row->kind == OPTION_FLAG) {
            *(bool *)(void *)((char *)options + row->offset) = true;
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
    options->rest.days = numbers->days;
    options->rest.now_s = numbers->now;
    options->rest.latency_us = numbers->latency_ms * 1000;
    options->rest.rate = numbers->rate;
    options->rest.rate_seconds = numbers->rate_seconds;
    options->rest.concurrency = numbers->concurrency;
    options->rest.store = numbers->store;
}

bool sim_options_parse(enum option_side side, int argc, char **argv,
                       struct sim_options *ret_options, struct error *err)
{
    struct sim_options options = {.project = "demo-ordersync",
                                  .collection = "Orders",
                                  .changes = CHANGES_PLAN_DEFAULT,
                                  .rest = {.api_version = "2026-08-26.dahlia",
                                           .account = "acct_1Sim",
                                           .items = "1,2,2,3",
                                           .mix = "78:4:3:5:4:6",
                                           .link = "shop_order_id"}};
    struct numbers numbers = {
        .seed = 1, .heartbeat_ms = 30000, .days = 28, .rate_seconds = 1, .store = 4485069};
    if (!options_walk(side, argc, argv, &options, &numbers, err))
        return false;
    if (options.collection[0] == '\0' || strchr(options.collection, '/') != NULL)
        return error_set(err, ERROR_USAGE, "--collection %s: not the name of a collection",
                         options.collection);
    numbers_take(&numbers, &options);
    *ret_options = options;
    return true;
}
