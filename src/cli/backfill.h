/* The summary of a run, shared with reproject and the demo. */
#ifndef ORDERSYNC_CLI_BACKFILL_H
#define ORDERSYNC_CLI_BACKFILL_H

#include "cli/work.h"

/* Prints it and returns the exit code; `what` is the command that goes on where this one was
 * stopped. */
int backfill_report(const struct cli *cli, const char *what, const struct work_result *result);

#endif
