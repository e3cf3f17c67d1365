/* The summary of a backfill, shared with the demo. */
#ifndef ORDERSYNC_CLI_BACKFILL_H
#define ORDERSYNC_CLI_BACKFILL_H

#include "cli/work.h"

/* Prints it and returns the exit code. */
int backfill_report(const struct cli *cli, const struct work_result *result);

#endif
