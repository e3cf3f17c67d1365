/* ordersync version. */
#include <stdio.h>

#include "cli/output.h"
#include "cli/subcommand.h"
#include "config.h"

static int version_run(struct cli *cli)
{
    if (!cli->json) {
        puts(PACKAGE_STRING);
        return EXIT_DONE;
    }
    struct node *root = node_new();
    node_text(root, "name", PACKAGE_NAME);
    node_text(root, "version", PACKAGE_VERSION);
    node_print(root);
    return EXIT_DONE;
}

const struct subcommand subcommand_version = {
    .name = "version",
    .arguments = "",
    .summary = "this program's version",
    .details = "",
    .bare = true,
    .run = version_run,
};
