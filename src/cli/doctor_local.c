/* Checks of this machine: settings, state directory, journal, terminal. */
#include <errno.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/act.h"
#include "cli/doctor.h"
#include "cli/page.h"
#include "source/stripe_key.h"

#define SPACE_MIN (256ull << 20)
#define STALE_US 5000000

extern char **environ;

/* ---- settings ---- */

/* A secret in a file that others may read is no secret. The origin is "path:line". */
static void check_secret_file(struct doctor *doctor, enum setting_id id)
{
    const struct settings *settings = doctor->cli->settings;
    enum setting_origin place = settings_place(settings, id);
    struct stat status;
    if (settings_type(id) != SETTING_SECRET || settings_text(settings, id)[0] == '\0' ||
        (place != ORIGIN_USER_FILE && place != ORIGIN_SYSTEM_FILE))
        return;
    char *path AUTO_FREE = memory_string(settings_origin(settings, id));
    char *colon = strrchr(path, ':');
    if (colon != NULL)
        *colon = '\0';
    if (stat(path, &status) == 0 && (status.st_mode & 077) != 0)
        doctor_warn(doctor, "chmod 600 it, or keep the secret in a file of its own (NAME_FILE).",
                    "%s holds %s and others may read it", path, settings_name(id));
}

static bool is_known_variable(const char *name, size_t len)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        const char *known = settings_variable((enum setting_id)i);
        if (strlen(known) == len && strncmp(known, name, len) == 0)
            return true;
    }
    return false;
}

/* A mistyped variable is silently nothing: only the name gives it away. */
static void check_variables(struct doctor *doctor)
{
    static const char prefix[] = "ORDERSYNC_";
    for (char **variable = environ; *variable != NULL; variable++) {
        size_t len = strcspn(*variable, "=");
        bool file = len > 5 && strncmp(*variable + len - 5, "_FILE", 5) == 0;
        if (strncmp(*variable, prefix, sizeof(prefix) - 1) != 0 || file ||
            is_known_variable(*variable, len))
            continue;
        doctor_warn(doctor, "`ordersync config show --origin` lists the variables that are read.",
                    "%.*s is set, but no setting has that variable", (int)len, *variable);
    }
}

static void check_stripe_key(struct doctor *doctor)
{
    struct error err = {0};
    if (!stripe_key_fits(doctor->cli->settings, &err))
        doctor_fail(doctor, &err);
}

void doctor_check_settings(struct doctor *doctor)
{
    size_t before = doctor->count;
    size_t given = 0;
    for (int i = 0; i < SETTING_COUNT; i++) {
        enum setting_id id = (enum setting_id)i;
        given += settings_place(doctor->cli->settings, id) != ORIGIN_DEFAULT;
        check_secret_file(doctor, id);
    }
    check_variables(doctor);
    check_stripe_key(doctor);
    if (doctor->count == before)
        doctor_ok(doctor, "%zu of %d settings given, all valid", given, SETTING_COUNT);
}

/* ---- state directory ---- */

static void check_space(struct doctor *doctor, const char *path)
{
    struct statvfs space;
    if (statvfs(path, &space) != 0)
        return;
    uint64_t free_bytes = (uint64_t)space.f_bavail * space.f_frsize;
    if (free_bytes < SPACE_MIN)
        doctor_warn(doctor, "Make room: an engine stops when the journal cannot be written.",
                    "%s has %s left", path, words_bytes(free_bytes).text);
    else
        doctor_ok(doctor, "%s, %s free", path, words_bytes(free_bytes).text);
}

/* 0700, or 2770 for a state group (DESIGN: state is 0600 in 0700, or 0660 in 2770). */
static void check_mode(struct doctor *doctor, const char *path, const struct stat *status)
{
    unsigned mode = status->st_mode & 07777;
    bool group = mode == 02770;
    if ((mode & 077) != 0 && !group)
        doctor_warn(doctor, "chmod 700 it (or 2770 with a group of operators).",
                    "%s has mode %04o: others may read failures", path, mode);
    if (access(path, R_OK | W_OK | X_OK) != 0) {
        struct error err = {0};
        (void)error_set_errno(&err, ERROR_SETTING_INVALID, "state_dir %s", path);
        doctor_fail(doctor, &err);
    }
}

void doctor_check_state(struct doctor *doctor)
{
    const char *path = settings_text(doctor->cli->settings, SET_STATE_DIR);
    struct stat status;
    struct error err = {0};
    if (path[0] == '\0') {
        (void)error_set(&err, ERROR_SETTING_MISSING,
                        "state_dir: neither ORDERSYNC_STATE_DIR, XDG_STATE_HOME nor HOME is set");
        doctor_fail(doctor, &err);
    } else if (stat(path, &status) != 0 && errno == ENOENT) {
        doctor_ok(doctor, "%s does not exist yet; the first engine makes it", path);
    } else if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
        (void)error_set(&err, ERROR_SETTING_INVALID, "state_dir %s is no directory to be used: %s",
                        path, strerror(errno));
        doctor_fail(doctor, &err);
    } else {
        check_mode(doctor, path, &status);
        check_space(doctor, path);
    }
}

/* ---- journal ---- */

static void report_engine(struct doctor *doctor, bool held, const struct engine_status *engine)
{
    int64_t now = clock_wall_us();
    if (!held)
        doctor_ok(doctor, "no engine holds it");
    else if (engine->beat_us == TIME_NONE)
        doctor_ok(doctor, "held by an engine that is just starting");
    else if (now - engine->beat_us > STALE_US)
        doctor_warn(doctor, "Look at that process; when it hangs, end it and start another engine.",
                    "the engine on %s (pid %d) holds it, but was last heard of %s ago",
                    engine->host, engine->pid, words_age(engine->beat_us, now).text);
    else
        doctor_ok(doctor, "held by an engine on %s, pid %d, version %s, %s", engine->host,
                  engine->pid, engine->version, engine_state_name(engine->state));
}

void doctor_check_journal(struct doctor *doctor)
{
    struct journal_reader *reader = NULL;
    struct engine_status engine;
    struct error err = {0};
    if (settings_text(doctor->cli->settings, SET_STATE_DIR)[0] == '\0')
        return;
    if (!act_open_journal(doctor->cli, false, &reader, &err)) {
        if (err.id == ERROR_JOURNAL_MISSING)
            doctor_ok(doctor, "none yet");
        else
            doctor_fail(doctor, &err);
        return;
    }
    if (!journal_reader_check(reader, &err) || !journal_read_status(reader, &engine, &err)) {
        doctor_fail(doctor, &err);
    } else {
        doctor_ok(doctor, "intact");
        report_engine(doctor, journal_reader_engine_runs(reader), &engine);
    }
    journal_reader_close(reader);
}

/* ---- terminal ---- */

void doctor_check_terminal(struct doctor *doctor)
{
    const char *term = getenv("TERM");
    const char *codeset = nl_langinfo(CODESET);
    struct winsize size = {0};
    if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
        doctor_ok(doctor, "none here; the console needs one, everything else does not");
        return;
    }
    if (term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0) {
        doctor_warn(doctor, "Set TERM to what the terminal is (xterm, screen, tmux, linux, vt100).",
                    "TERM is %s: the console cannot draw", term == NULL ? "not set" : "dumb");
        return;
    }
    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    doctor_ok(doctor, "%s, %ux%u, %s", term, size.ws_col, size.ws_row, codeset);
    if (strcmp(codeset, "UTF-8") != 0)
        doctor_warn(doctor, "Set LANG=C.UTF-8 (or your own UTF-8 locale) for names as they are.",
                    "the locale's character set is %s: names are shown in ASCII", codeset);
}
