/* The target connection of commands that need one. */
#include "cli/database.h"

#define CONNECT_TIMEOUT_S 10

bool database_open(const struct cli *cli, bool read_only, struct target **ret_target,
                   struct error *err)
{
    char *name AUTO_FREE = memory_format("ordersync %s", cli->subcommand->name);
    struct target_options options = {
        .database_url = settings_text(cli->settings, SET_DATABASE_URL),
        .application_name = name,
        .connect_timeout_s = CONNECT_TIMEOUT_S,
        .statement_timeout_s = (int)settings_integer(cli->settings, SET_STATEMENT_TIMEOUT),
        .read_only = read_only,
    };
    return target_open(&options, ret_target, err);
}
