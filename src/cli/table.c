/* The table of subcommands. */
#include <string.h>

#include "cli/subcommand.h"

const struct subcommand *const subcommands[] = {
    &subcommand_config,
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
