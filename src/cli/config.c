/* ordersync config show: every setting with its value and where that came from. */
#include <string.h>

#include "cli/output.h"
#include "cli/page.h"
#include "cli/subcommand.h"

static const char *shown_or_dash(const struct settings *settings, enum setting_id id)
{
    const char *shown = settings_shown(settings, id);
    return shown[0] == '\0' ? "-" : shown;
}

static void show_json(const struct cli *cli)
{
    struct node *root = node_new();
    struct node *list = node_list(root, "settings");
    for (int i = 0; i < SETTING_COUNT; i++) {
        enum setting_id id = (enum setting_id)i;
        struct node *item = node_add(list);
        node_text(item, "name", settings_name(id));
        node_text(item, "value", settings_shown(cli->settings, id));
        node_text(item, "variable", settings_variable(id));
        node_text(item, "origin", settings_origin(cli->settings, id));
    }
    node_print(root);
}

static void show_plain(const struct cli *cli)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        enum setting_id id = (enum setting_id)i;
        page_setting(settings_name(id), settings_shown(cli->settings, id));
    }
}

static void show_origin(const struct cli *cli)
{
    static const char *const titles[] = {"SETTING", "ORIGIN", "VALUE", NULL};
    struct grid *grid = grid_new(titles);
    for (int i = 0; i < SETTING_COUNT; i++) {
        enum setting_id id = (enum setting_id)i;
        grid_row(grid, settings_name(id), settings_origin(cli->settings, id),
                 shown_or_dash(cli->settings, id));
    }
    grid_print(grid);
}

static int config_run(struct cli *cli)
{
    if (strcmp(cli->arguments[0], "show") != 0) {
        struct error err = {0};
        (void)error_set(&err, ERROR_USAGE, "config knows \"show\", not \"%s\"", cli->arguments[0]);
        return cli_fail(cli, &err);
    }
    if (cli->json)
        show_json(cli);
    else if (cli_has_flag(cli, "origin"))
        show_origin(cli);
    else
        show_plain(cli);
    return EXIT_DONE;
}

static const struct flag config_flags[] = {
    {"origin", NULL, "where each value came from: flag, environment, file and line, default"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_config = {
    .name = "config",
    .arguments = "show",
    .summary = "the settings in force; secrets are masked",
    .details =
        "A flag wins over the environment, that over the user's file, that over the system's.",
    .flags = config_flags,
    .least = 1,
    .most = 1,
    .run = config_run,
};
