/* The console as a command, shared with the demo. */
#ifndef ORDERSYNC_CLI_CONSOLE_H
#define ORDERSYNC_CLI_CONSOLE_H

#include "cli/subcommand.h"

/* Opens it on this terminal and returns the exit code. `backfill`, `sync`: the engine begins with
 * these. */
int console_open(const struct cli *cli, bool backfill, bool sync);

#endif
