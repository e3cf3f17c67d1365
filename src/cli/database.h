/* The target connection of commands that need one. */
#ifndef ORDERSYNC_CLI_DATABASE_H
#define ORDERSYNC_CLI_DATABASE_H

#include "cli/subcommand.h"
#include "target/target.h"

/* As the settings say, under the name "ordersync COMMAND". 4xxx errors. */
MUST_CHECK bool database_open(const struct cli *cli, bool read_only, struct target **ret_target,
                              struct error *err);

#endif
