/* The table of subcommands. */
#include <string.h>

#include "cli/subcommand.h"

const struct subcommand *const subcommands[] = {
    &subcommand_console,
    &subcommand_listen,
    &subcommand_backfill,
    &subcommand_sync,
    &subcommand_plan,
    &subcommand_apply,
    &subcommand_verify,
    &subcommand_pull,
    &subcommand_failed,
    &subcommand_show,
    &subcommand_retry,
    &subcommand_skip,
    &subcommand_release,
    &subcommand_refuse,
    &subcommand_status,
    &subcommand_handover,
    &subcommand_migrate,
    &subcommand_reproject,
    &subcommand_customers,
    &subcommand_doctor,
    &subcommand_config,
    &subcommand_demo,
    &subcommand_version,
    &subcommand_help,
    NULL,
};

const struct subcommand *subcommand_find(const char *name)
{
    for (size_t i = 0; subcommands[i] != NULL; i++) {
        if (strcmp(subcommands[i]->name, name) == 0)
            return subcommands[i];
    }
    return NULL;
}
