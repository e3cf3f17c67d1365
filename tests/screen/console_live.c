/* The real console in a terminal emulator, as test_console_live.sh starts it with servers of its
 * own: `own`, with its engine in the same process, or `attached`, two consoles beside an engine
 * elsewhere. The script looks at what they leave in the journal and in the target. */
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/check.h"
#include "lib/screen.h"

#define ALWAYS_MS 30000
#define ESCAPE_MS 25 /* a sequence might follow */
/* ThreadSanitizer makes everything some ten times slower. */
#ifdef __SANITIZE_THREAD__
#define KEY_MS 500
#else
#define KEY_MS 50
#endif

static struct screen *console_start(const char *option)
{
    char program[512];
    /* Who calls sudo, and from where, would be told in the audit. */
    static const char *const environment[] = {"SUDO_USER=", "SSH_CONNECTION=", NULL};
    snprintf(program, sizeof(program), "%s/ordersync", getenv("builddir"));
    const char *argv[] = {program, "console", option, NULL};
    struct screen *screen = screen_start(argv, 40, 120, environment);
    if (!screen_wait(screen, "MINUTE", ALWAYS_MS))
        fail_msg("no first frame:\n%s", screen_text(screen));
    return screen;
}

static void expect(struct screen *screen, const char *text)
{
    if (!screen_wait(screen, text, ALWAYS_MS))
        fail_msg("\"%s\" does not show:\n%s", text, screen_text(screen));
}

/* ---- an engine in the same process ---- */

/* Each key brings something that was not there before it. */
static const struct {
    const char *key;
    const char *text;
} steps[] = {
    {"2", "filter: unresolved"}, {"?", "Mark or unmark"}, {"\033", "filter: unresolved"},
    {"5", "and above"},          {"7", " commands"},      {"1", "recent actions"},
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))

static double key_takes(struct screen *screen, size_t step)
{
    double before = screen_clock_ms();
    screen_type(screen, steps[step].key);
    expect(screen, steps[step].text);
    double took = screen_clock_ms() - before - (steps[step].key[0] == '\033' ? ESCAPE_MS : 0);
    screen_pump(screen, 100);
    return took;
}

/* The best of three: a machine busy with other tests must not decide. */
static void expect_quick_keys(struct screen *screen)
{
    double best[STEPS];
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < STEPS; i++) {
            double took = key_takes(screen, i);
            best[i] = round == 0 || took < best[i] ? took : best[i];
        }
    for (size_t i = 0; i < STEPS; i++)
        if (best[i] > KEY_MS)
            fail_msg("key %zu took %.0f ms", i, best[i]);
}

/* The slave side is kept open, so that its modes can be looked at after the console's end. */
static int terminal_hold(struct screen *screen)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd/0", (int)screen_pid(screen));
    int holder = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(holder >= 0);
    return holder;
}

static void own_engine(void **state)
{
    (void)state;
    struct screen *screen = console_start("--backfill");
    expect(screen, "backfill, ");
    expect_quick_keys(screen);
    assert_true(screen_shows(screen, "LIVE"));
    int holder = terminal_hold(screen);
    assert_true(screen_is_alternate(screen));
    assert_false((screen_modes(screen).c_lflag & ICANON) != 0);
    kill(screen_pid(screen), SIGHUP);
    int status = screen_wait_end(screen, ALWAYS_MS);
    screen_pump(screen, 100);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    struct termios modes = screen_modes(screen);
    assert_true((modes.c_lflag & ICANON) != 0 && (modes.c_lflag & ECHO) != 0);
    assert_false(screen_is_alternate(screen));
    close(holder);
    screen_free(screen);
}

/* ---- an engine elsewhere ---- */

/* As the audit names who sits at this console: "root from pts/3". */
static void operator_of(const struct screen *screen, char *ret_text, size_t size)
{
    char path[64], terminal[64] = "";
    const struct passwd *user = getpwuid(getuid());
    snprintf(path, sizeof(path), "/proc/%d/fd/0", (int)screen_pid(screen));
    ssize_t len = readlink(path, terminal, sizeof(terminal) - 1);
    assert_true(user != NULL && len > 5);
    snprintf(ret_text, size, "%s from %s", user->pw_name, terminal + strlen("/dev/"));
}

static void expect_attached(struct screen *screen, const char *may_write)
{
    expect(screen, "ATTACHED");
    assert_true(screen_shows(screen, may_write));
    screen_type(screen, "5");
    expect(screen, getenv("CONSOLE_LIVE_LINE")); /* what the engine said is in its journal */
}

static void quit(struct screen *screen)
{
    screen_type(screen, "q");
    int status = screen_wait_end(screen, ALWAYS_MS);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    screen_free(screen);
}

static void attached(void **state)
{
    (void)state;
    char by[160];
    struct screen *watcher = console_start("--read-only");
    struct screen *actor = console_start(NULL);
    expect_attached(watcher, "RO");
    expect_attached(actor, "rw");
    screen_type(watcher, "7");
    expect(watcher, "verified"); /* the script's, all there is */
    assert_false(screen_shows(watcher, "retry"));
    screen_type(actor, "2");
    expect(actor, "filter: unresolved");
    expect(actor, "OS-2103"); /* its rows are there, a group is selected */
    screen_type(actor, "r");
    operator_of(actor, by, sizeof(by));
    expect(watcher, "retry");
    expect(watcher, by);
    /* Nothing can be done where only looking is allowed. */
    screen_type(watcher, "2");
    expect(watcher, "filter: unresolved");
    screen_type(watcher, "r");
    expect(watcher, "read-only");
    quit(watcher);
    quit(actor);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_engine),
        cmocka_unit_test(attached),
    };
    if (!screen_available())
        return 77;
    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("console_live", tests, NULL, NULL);
}
