/* The command line of ordersync-sim. */
#ifndef ORDERSYNC_SIM_OPTIONS_H
#define ORDERSYNC_SIM_OPTIONS_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "sim/call.h"
#include "sim/changes.h"
#include "sim/restoptions.h"

#define OPTIONS_MAX_PATHS 64
#define OPTIONS_MAX_FAULTS 32

/* Whose option it is. */
enum option_side {
    OPTION_OF_FIRESTORE = 1,
    OPTION_OF_COPY = 2,
    OPTION_OF_STRIPE = 4,
    OPTION_OF_PRINTFUL = 8,
};

struct sim_options {
    uint16_t port;
    const char *port_file;
    const char *project;
    const char *collection;
    int64_t generate;
    int64_t broken;
    uint64_t seed;
    const char *load[OPTIONS_MAX_PATHS];
    size_t load_count;
    const char *faults[OPTIONS_MAX_FAULTS];
    size_t fault_count;
    const char *control;
    int64_t history;
    struct listen_options listen;
    struct changes_plan changes;
    pid_t parent;
    int64_t max_seconds;
    const char *to; /* copy: HOST:PORT */
    struct rest_options rest;
    bool help;
};

/* Fills defaults and what argv says after the subcommand. Errors: ERROR_USAGE, also for an option
 * of another subcommand. Texts are argv's. */
MUST_CHECK bool sim_options_parse(enum option_side side, int argc, char **argv,
                                  struct sim_options *ret_options, struct error *err);
/* One line an option, for --help. */
void sim_options_print(void);

#endif
