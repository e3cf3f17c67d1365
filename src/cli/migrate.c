/* ordersync migrate: the target's schema brought to this version, or how it stands. */
#include <stdio.h>

#include "base/clock.h"
#include "cli/database.h"
#include "cli/output.h"
#include "cli/page.h"
#include "target/migrate.h"

static const char *migration_word(const struct migration_status *migration)
{
    if (!migration->applied)
        return "pending";
    return migration->checksum_matches ? "applied" : "CHANGED";
}

static int count_pending(const struct migration_status *list, size_t count)
{
    int pending = 0;
    for (size_t i = 0; i < count; i++)
        pending += !list[i].applied || !list[i].checksum_matches;
    return pending;
}

static void print_json(const struct migration_status *list, size_t count)
{
    struct node *root = node_new();
    struct node *items = node_list(root, "migrations");
    for (size_t i = 0; i < count; i++) {
        struct node *item = node_add(items);
        node_integer(item, "number", list[i].number);
        node_text(item, "name", list[i].name);
        node_boolean(item, "applied", list[i].applied);
        node_time(item, "applied_at", list[i].applied ? list[i].applied_at_us : TIME_NONE);
        node_boolean(item, "unchanged", list[i].checksum_matches);
    }
    node_integer(root, "pending", count_pending(list, count));
    node_print(root);
}

static void print_plain(const struct migration_status *list, size_t count)
{
    static const char *const titles[] = {">NUMBER", "STATE", "APPLIED", "NAME", NULL};
    struct grid *grid = grid_new(titles);
    for (size_t i = 0; i < count; i++) {
        char number[16];
        snprintf(number, sizeof(number), "%03d", list[i].number);
        grid_row(grid, number, migration_word(&list[i]),
                 words_time(list[i].applied ? list[i].applied_at_us : TIME_NONE).text,
                 list[i].name);
    }
    grid_print(grid);
}

/* Exit 2 when something is pending, so that a deployment script can ask. */
static bool show_status(const struct cli *cli, struct target *target, int *ret_code,
                        struct error *err)
{
    struct arena arena = {0};
    struct migration_status *list;
    size_t count;
    bool read = migrate_status(target, &arena, &list, &count, err);
    if (read) {
        if (cli->json)
            print_json(list, count);
        else
            print_plain(list, count);
        *ret_code = count_pending(list, count) > 0 ? EXIT_DIFFERENCES : EXIT_DONE;
    }
    arena_free(&arena);
    return read;
}

static bool apply(const struct cli *cli, struct target *target, struct error *err)
{
    int applied;
    if (!migrate_run(target, &applied, err))
        return false;
    if (cli->json) {
        struct node *root = node_new();
        node_integer(root, "applied", applied);
        node_print(root);
    } else if (applied == 0) {
        page_line("the schema is up to date");
    } else {
        page_line("%d migration%s applied", applied, applied == 1 ? "" : "s");
    }
    return true;
}

static int migrate_command(struct cli *cli)
{
    struct target *target = NULL;
    struct error err = {0};
    bool status = cli_has_flag(cli, "status");
    int code = EXIT_DONE;
    if (!database_open(cli, status, &target, &err))
        return cli_fail(cli, &err);
    bool done = status ? show_status(cli, target, &code, &err) : apply(cli, target, &err);
    target_close(target);
    return done ? code : cli_fail(cli, &err);
}

static const struct flag migrate_flags[] = {
    {"status", NULL, "list migrations, apply none; exit code 2 when one is pending"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_migrate = {
    .name = "migrate",
    .arguments = "",
    .summary = "bring the target's schema to this version",
    .details = "Each migration is one transaction, all under one lock: safe to end and to run "
               "twice at once.",
    .flags = migrate_flags,
    .run = migrate_command,
};
