/* ordersync listen: the engine as a service. Signals, the service manager, the end. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/notify.h"
#include "cli/operator.h"
#include "cli/output.h"
#include "cli/page.h"
#include "cli/work.h"

#define TURN_US 200000
#define STATUS_US 5000000    /* between two lines of `systemctl status` */
#define BACKSTOP_US 20000000 /* beyond drain_timeout: then the process ends whatever hangs */

struct listening {
    struct cli *cli;
    struct engine *engine;
    struct notify notify;
    bool terminal; /* somebody's own shell: its end is ours */
    bool ready;
    int64_t stop_us;      /* monotonic: asked to end; 0: not */
    int64_t beat_us;      /* the engine's newest sign of life that was passed on */
    int64_t next_ping_us; /* monotonic */
    int64_t next_status_us;
    char status[256];
};

/* ---- reload ---- */

static void log_changed(void *context, enum setting_id id, bool taken)
{
    (void)context;
    if (taken)
        log_info("settings", "%s changed", settings_name(id));
    else
        log_warning("settings", "%s differs: restart needed", settings_name(id));
}

/* The log file is opened again even when nothing changed: logrotate(8) has moved it away. */
static void reload(struct listening *listening)
{
    struct cli *cli = listening->cli;
    struct settings *fresh = NULL;
    struct error err = {0};
    notify_send(&listening->notify, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic_us());
    if (settings_load(cli->config_file, cli->overrides, &fresh, &err))
        settings_adopt(cli->settings, fresh, log_changed, NULL);
    else
        log_error("settings", &err, NULL, NULL);
    settings_free(fresh);
    cli_open_log(cli->settings, false);
    log_info("settings", "reloaded%s", err.id == ERROR_NONE ? "" : ": the old ones stay");
    notify_send(&listening->notify, "READY=1");
}

/* ---- signals ---- */

static void stop(struct listening *listening)
{
    int64_t drain_us = settings_integer(listening->cli->settings, SET_DRAIN_TIMEOUT) * 1000000;
    if (listening->stop_us != 0)
        _exit(EX_TEMPFAIL); /* asked twice; as safe as kill -9 */
    listening->stop_us = clock_monotonic_us();
    engine_stop(listening->engine);
    notify_send(&listening->notify, "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=%" PRId64,
                drain_us + BACKSTOP_US);
}

static void take_signals(struct listening *listening)
{
    int number;
    while ((number = work_wait_signal(0)) != 0) {
        if (number == SIGHUP && !listening->terminal)
            reload(listening);
        else
            stop(listening);
    }
}

/* ---- the service manager ---- */

/* Only the engine's own beat feeds the watchdog: a loop that stands still must be noticed. */
static void ping(struct listening *listening, const struct engine_status *status, int64_t now)
{
    const struct notify *notify = &listening->notify;
    if (status->beat_us == listening->beat_us || now < listening->next_ping_us)
        return;
    listening->beat_us = status->beat_us;
    listening->next_ping_us = now + notify->watchdog_us / 4;
    if (!listening->ready)
        notify_send(notify, "READY=1\nSTATUS=starting");
    listening->ready = true;
    if (notify->watchdog_us > 0)
        notify_send(notify, "WATCHDOG=1");
}

static void tell_status(struct listening *listening, const struct engine_status *status,
                        int64_t now)
{
    const struct source_status *source = &status->sources[SOURCE_FIRESTORE];
    char text[256];
    if (now < listening->next_status_us || listening->stop_us != 0)
        return;
    listening->next_status_us = now + STATUS_US;
    if (status->message[0] != '\0')
        snprintf(text, sizeof(text), "waiting, %.200s", status->message);
    else
        snprintf(text, sizeof(text), "%s, %s seen, %s failed, consistent %s ago",
                 source_state_name(source->state), words_count(source->seen).text,
                 words_count(source->unresolved).text,
                 words_age(source->consistent_us, clock_wall_us()).text);
    if (strcmp(text, listening->status) != 0)
        notify_send(&listening->notify, "STATUS=%s", text);
    STR_FILL(listening->status, text);
}

static void watch(struct listening *listening)
{
    struct engine_status status;
    while (!engine_wait(listening->engine, TURN_US)) {
        int64_t now = clock_monotonic_us();
        engine_read_status(listening->engine, &status);
        ping(listening, &status, now);
        tell_status(listening, &status, now);
        take_signals(listening);
        int64_t drain_us = settings_integer(listening->cli->settings, SET_DRAIN_TIMEOUT) * 1000000;
        if (listening->stop_us != 0 && now > listening->stop_us + drain_us + BACKSTOP_US) {
            log_write(LOG_LEVEL_ERROR, "engine", "does not end: the process ends without it");
            _exit(EX_SOFTWARE);
        }
    }
}

/* ---- the command ---- */

static void print_json(const struct run_counts *counts, const struct error *err)
{
    struct node *root = node_new();
    node_unsigned(root, "seen", counts->seen);
    node_unsigned(root, "created", counts->created);
    node_unsigned(root, "updated", counts->updated);
    node_unsigned(root, "deleted", counts->deleted);
    node_unsigned(root, "unchanged", counts->unchanged);
    node_unsigned(root, "failed", counts->failed);
    node_unsigned(root, "held", counts->held);
    if (err->id != ERROR_NONE)
        node_error(root, "error", err);
    node_print(root);
}

static int finish(struct listening *listening)
{
    struct run_counts counts = {0};
    struct error err = {0};
    bool good = engine_result(listening->engine, &counts, &err);
    engine_free(listening->engine);
    notify_send(&listening->notify, "STOPPING=1\nSTATUS=%s", good ? "ended" : err.message);
    notify_close(&listening->notify);
    if (listening->cli->json)
        print_json(&counts, &err);
    if (good)
        return EXIT_DONE;
    page_note(false, "ordersync: %s: %s", error_info(err.id)->code, err.message);
    page_note(listening->cli->quiet, "%s", error_info(err.id)->remedy);
    return error_exit_code(&err);
}

static int listen_command(struct cli *cli)
{
    struct operator_identity operator_now = operator_identify();
    struct engine_options options = {
        .live = true,
        .operator_name = operator_now.name,
        .origin = operator_now.origin,
    };
    struct listening listening = {
        .cli = cli,
        .terminal = isatty(STDIN_FILENO) || isatty(STDERR_FILENO),
    };
    struct error err = {0};
    notify_open(&listening.notify);
    if (!engine_start(cli->settings, &options, &listening.engine, &err)) {
        notify_send(&listening.notify, "STATUS=%s", err.message);
        notify_close(&listening.notify);
        return cli_fail(cli, &err);
    }
    watch(&listening);
    return finish(&listening);
}

const struct subcommand subcommand_listen = {
    .name = "listen",
    .arguments = "",
    .summary = "follow the source until ended: the engine as a service",
    .details = "Backfills by itself where that is needed. SIGTERM: settles what is under way, then "
               "ends.\n"
               "SIGHUP: reads the settings and opens the log file again. Consoles attach to it.",
    .threads = true,
    .run = listen_command,
};
