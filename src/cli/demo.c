/* ordersync demo: the main job with no account and no configuration. A private PostgreSQL cluster,
 * simulated sources full of sample orders, and the console (or plain progress off a terminal)
 * on top. Everything lies in one directory and is reused the next time. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/act.h"
#include "cli/backfill.h"
#include "cli/console.h"
#include "cli/database.h"
#include "cli/page.h"
#include "cli/simulator.h"
#include "cli/sync.h"
#include "target/embedded.h"
#include "target/migrate.h"

#define ORDERS 20000
#define BROKEN 12
#define SESSIONS 1000 /* of Stripe, and orders of Printful */
#define DEMO_RATE "50"
#define ROOT_DIRECTORY "/var/lib/ordersync-demo"

struct demo {
    struct cli *cli;
    char *directory;
    char *postgres; /* directory/postgres */
    char *state;
    char *url; /* of the cluster; NULL: it does not run */
    int lock_fd;
    struct simulator firestore, stripe, printful;
    char *stripe_base, *printful_base;
};

/* ---- the directory ---- */

/* As root the cluster belongs to the user postgres, who cannot look into /root. */
static char *default_directory(void)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (geteuid() == 0)
        return memory_string(ROOT_DIRECTORY);
    if (state != NULL && state[0] == '/')
        return memory_format("%s/ordersync-demo", state);
    return home == NULL ? NULL : memory_format("%s/.local/state/ordersync-demo", home);
}

static bool make_directory(const char *path, mode_t mode)
{
    return mkdir(path, mode) == 0 || errno == EEXIST;
}

static bool make_directories(char *path, mode_t last_mode, struct error *err)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool made = make_directory(path, 0700);
        *slash = '/';
        if (!made)
            return error_set_errno(err, ERROR_DEMO, "%s", path);
    }
    if (!make_directory(path, last_mode) || chmod(path, last_mode) != 0)
        return error_set_errno(err, ERROR_DEMO, "%s", path);
    return true;
}

/* Two demos in one directory would stop each other's database. */
static bool lock_directory(struct demo *demo, struct error *err)
{
    char *path AUTO_FREE = memory_format("%s/lock", demo->directory);
    demo->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (demo->lock_fd < 0)
        return error_set_errno(err, ERROR_DEMO, "%s", path);
    if (flock(demo->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return error_set(err, ERROR_DEMO, "another demo runs in %s", demo->directory);
    return true;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
    (void)status;
    (void)kind;
    (void)ftw;
    return remove(path);
}

/* Only what the demo itself made; never the directory, which may have been named by hand. */
static bool reset(struct demo *demo, struct error *err)
{
    const char *const made[] = {demo->postgres, demo->state};
    struct error ignored = {0};
    if (access(demo->postgres, F_OK) == 0 && !embedded_stop(demo->postgres, &ignored))
        page_note(demo->cli->quiet, "%s", ignored.message);
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        if (nftw(made[i], remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
            return error_set_errno(err, ERROR_DEMO, "%s cannot be removed", made[i]);
    }
    return true;
}

static bool prepare_directory(struct demo *demo, struct error *err)
{
    const char *given = cli_flag(demo->cli, "directory");
    demo->directory = given != NULL ? memory_string(given) : default_directory();
    if (demo->directory == NULL || demo->directory[0] != '/')
        return error_set(err, ERROR_DEMO, "--directory needs a path from the root");
    demo->postgres = memory_format("%s/postgres", demo->directory);
    demo->state = memory_format("%s/state", demo->directory);
    mode_t mode = geteuid() == 0 ? 0755 : 0700;
    if (!make_directories(demo->directory, mode, err) || !lock_directory(demo, err))
        return false;
    return !cli_has_flag(demo->cli, "reset") || reset(demo, err);
}

/* ---- what runs in it ---- */

/* The demo's own places win over whatever the user has configured. */
static bool use_settings(struct demo *demo, struct error *err)
{
    struct cli *cli = demo->cli;
    struct settings *settings = NULL;
    cli_override(cli, settings_name(SET_DATABASE_URL), demo->url);
    cli_override(cli, settings_name(SET_STATE_DIR), demo->state);
    cli_override(cli, settings_name(SET_EMULATOR_HOST), demo->firestore.host);
    cli_override(cli, settings_name(SET_STRIPE_BASE), demo->stripe_base);
    cli_override(cli, settings_name(SET_STRIPE_KEY), "sk_test_demo");
    cli_override(cli, settings_name(SET_STRIPE_RATE), DEMO_RATE);
    cli_override(cli, settings_name(SET_PRINTFUL_BASE), demo->printful_base);
    cli_override(cli, settings_name(SET_PRINTFUL_KEY), "demo");
    cli_override(cli, settings_name(SET_PRINTFUL_RATE), DEMO_RATE);
    cli_override(cli, settings_name(SET_PRINTFUL_LINK), "shop_order_id");
    cli_override(cli, settings_name(SET_PROJECT), "demo-ordersync");
    cli_override(cli, settings_name(SET_COLLECTION), "Orders");
    cli_override(cli, settings_name(SET_ENVIRONMENT), "dev");
    if (!settings_load(cli->config_file, cli->overrides, &settings, err))
        return false;
    settings_free(cli->settings);
    cli->settings = settings;
    return true;
}

static bool migrate(struct demo *demo, struct error *err)
{
    struct target *target = NULL;
    int applied;
    if (!database_open(demo->cli, false, &target, err))
        return false;
    bool migrated = migrate_run(target, &applied, err);
    target_close(target);
    return migrated;
}

static bool start_sources(struct demo *demo, unsigned orders, struct error *err)
{
    bool started =
        simulator_start(demo->directory, "firestore", orders, BROKEN, &demo->firestore, err) &&
        simulator_start(demo->directory, "stripe", SESSIONS, 0, &demo->stripe, err) &&
        simulator_start(demo->directory, "printful", orders < SESSIONS ? orders : SESSIONS, 0,
                        &demo->printful, err);
    demo->stripe_base = memory_format("http://%s", demo->stripe.host);
    demo->printful_base = memory_format("http://%s", demo->printful.host);
    return started;
}

static bool bring_up(struct demo *demo, struct error *err)
{
    struct cli *cli = demo->cli;
    int64_t orders;
    if (!cli_flag_number(cli, "orders", 1, 1000000, ORDERS, &orders, err) ||
        !prepare_directory(demo, err))
        return false;
    page_note(cli->quiet, "demo in %s", demo->directory);
    page_note(cli->quiet, "starting a private PostgreSQL ...");
    if (!embedded_start(demo->postgres, &demo->url, err))
        return false;
    page_note(cli->quiet,
              "starting a simulated Firestore with %lld orders, %d of them broken, a Stripe and a "
              "Printful ...",
              (long long)orders, BROKEN);
    return start_sources(demo, (unsigned)orders, err) && use_settings(demo, err) &&
           migrate(demo, err);
}

static void tear_down(struct demo *demo)
{
    struct error err = {0};
    simulator_stop(&demo->printful);
    simulator_stop(&demo->stripe);
    simulator_stop(&demo->firestore);
    if (demo->url != NULL && !cli_has_flag(demo->cli, "keep") &&
        !embedded_stop(demo->postgres, &err))
        page_note(false, "ordersync: %s", err.message);
    if (demo->lock_fd >= 0)
        close(demo->lock_fd);
    free(demo->stripe_base);
    free(demo->printful_base);
    free(demo->url);
    free(demo->state);
    free(demo->postgres);
    free(demo->directory);
}

/* ---- the show ---- */

static void say_what_next(const struct demo *demo)
{
    bool quiet = demo->cli->quiet || demo->cli->json;
    page_note(quiet, "The broken orders are on purpose. Look at them:");
    page_note(quiet, "  ordersync failed --state-dir %s", demo->state);
    if (cli_has_flag(demo->cli, "keep"))
        page_note(quiet, "The database still runs: psql \"%s\"", demo->url);
    else
        page_note(quiet,
                  "With --keep the database runs on; on a terminal the demo opens the console.");
}

/* What Stripe and Printful gave. */
static void show_sync(const struct demo *demo)
{
    struct journal_reader *reader = NULL;
    struct sync_outcome outcome;
    struct error err = {0};
    page_gap();
    if (act_open_journal(demo->cli, false, &reader, &err) &&
        sync_outcome_read(reader, 1u << SOURCE_STRIPE | 1u << SOURCE_PRINTFUL, false, &outcome,
                          &err))
        (void)sync_outcome_report(demo->cli, &outcome);
    journal_reader_close(reader);
}

/* Off a terminal: plain progress, the summary, and success although a dozen orders fail, for they
 * are meant to. */
static int show_plain(struct demo *demo)
{
    struct engine_options options = {.backfill = true, .sync = true, .once = true};
    struct work_result result;
    struct error err = {0};
    if (!work_run(demo->cli, &options, false, &result, &err))
        return cli_fail(demo->cli, &err);
    int code = backfill_report(demo->cli, "demo", &result);
    if (code != EXIT_DONE && code != EXIT_ORDERS_FAILED)
        return code;
    if (!demo->cli->json)
        show_sync(demo);
    say_what_next(demo);
    return EXIT_DONE;
}

static int show(struct demo *demo)
{
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (!terminal || demo->cli->json || cli_has_flag(demo->cli, "plain"))
        return show_plain(demo);
    cli_open_log(demo->cli->settings, true);
    return console_open(demo->cli, true, true);
}

static int demo_run(struct cli *cli)
{
    struct demo demo = {.cli = cli, .lock_fd = -1};
    struct error err = {0};
    int code = bring_up(&demo, &err) ? show(&demo) : cli_fail(cli, &err);
    tear_down(&demo);
    return code;
}

static const struct flag demo_flags[] = {
    {"orders", "N", "how many orders the simulated Firestore holds; 20000"},
    {"directory", "PATH", "where everything lies"},
    {"plain", NULL, "progress and summary even on a terminal"},
    {"keep", NULL, "leave the database running at the end"},
    {"reset", NULL, "begin anew: remove the database and the journal of the demo first"},
    {NULL, NULL, NULL},
};

const struct subcommand subcommand_demo = {
    .name = "demo",
    .arguments = "",
    .summary = "see it work: private database, simulated sources, console",
    .details = "Needs no account and no configuration, and touches nothing outside its directory:\n"
               "$XDG_STATE_HOME/ordersync-demo, as root " ROOT_DIRECTORY ".",
    .flags = demo_flags,
    .threads = true,
    .run = demo_run,
};
