/* ordersync-sim: simulated sources for tests, the demo and the bench. Loopback only. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "sim/copy.h"
#include "sim/options.h"
#include "sim/printful.h"
#include "sim/serve.h"
#include "sim/stripe.h"

struct subcommand {
    enum option_side side;
    const char *name;
    const char *help;
    bool (*run)(const struct sim_options *options, struct error *err);
};

static const struct subcommand subcommands[] = {
    {OPTION_OF_FIRESTORE, "firestore", "serve a simulated Firestore over gRPC", serve_firestore},
    {OPTION_OF_STRIPE, "stripe", "serve a simulated Stripe: Checkout Sessions, refunds",
     serve_stripe},
    {OPTION_OF_PRINTFUL, "printful", "serve a simulated Printful: orders", serve_printful},
    {OPTION_OF_COPY, "copy", "write documents of JSON files into an emulator (--load, --to)",
     copy_documents},
};
#define SUBCOMMAND_COUNT (sizeof(subcommands) / sizeof(subcommands[0]))

static void usage(void)
{
    printf("usage: ordersync-sim SUBCOMMAND [option...]\n\n");
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        printf("  %-13s %s\n", subcommands[i].name, subcommands[i].help);
    printf("\n");
    sim_options_print();
}

static int fail(const struct error *err)
{
    fprintf(stderr, "ordersync-sim: %s: %s\n", error_info(err->id)->code, err->message);
    return error_exit_code(err);
}

int main(int argc, char **argv)
{
    struct sim_options options;
    struct error err = {0};
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        usage();
        return argc < 2 ? 64 : 0;
    }
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        if (strcmp(subcommands[i].name, argv[1]) != 0)
            continue;
        if (!sim_options_parse(subcommands[i].side, argc - 2, argv + 2, &options, &err))
            return fail(&err);
        if (options.help) {
            usage();
            return 0;
        }
        return subcommands[i].run(&options, &err) ? 0 : fail(&err);
    }
    error_set(&err, ERROR_USAGE, "unknown subcommand \"%s\"; see ordersync-sim --help", argv[1]);
    return fail(&err);
}
