/* The console on terminals of every kind: sizes, types, locales and colours by pairs; one that
 * takes nothing; bytes counted; random keys. */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/abreast.h"
#include "lib/check.h"
#include "lib/console.h"

static struct screen *start(const char *const *options, int rows, int columns,
                            const char *const *environment)
{
    return console_start(options, rows, columns, environment, "failed 12");
}

static void end_quietly(struct screen *screen)
{
    console_quit(screen);
    assert_false(screen_is_alternate(screen));
    screen_free(screen);
}

/* ---- by pairs ---- */

static const int sizes[][2] = {{24, 80}, {40, 120}, {20, 60}, {60, 200}};
static const char *const types[] = {"TERM=xterm-256color", "TERM=vt100",
                                    "TERM=linux",          "TERM=screen",
                                    "TERM=xterm-16color",  "TERM=tmux-256color"};
static const char *const locales[] = {"LANG=C.UTF-8", "LANG=C"};
static const char *const colours[] = {"NO_COLOR=", "NO_COLOR=1"};
/* Each pair of size and type, type and locale, locale and size stands in at least one row. */
static const unsigned char pairs[][4] = {
    {0, 0, 0, 0}, {0, 1, 1, 1}, {0, 2, 0, 1}, {0, 3, 1, 0}, {0, 4, 0, 0}, {0, 5, 1, 1},
    {1, 0, 1, 1}, {1, 1, 0, 0}, {1, 2, 1, 0}, {1, 3, 0, 1}, {1, 4, 1, 1}, {1, 5, 0, 0},
    {2, 0, 0, 1}, {2, 1, 1, 0}, {2, 2, 0, 0}, {2, 3, 1, 1}, {2, 4, 0, 1}, {2, 5, 1, 0},
    {3, 0, 1, 0}, {3, 1, 0, 1}, {3, 2, 1, 1}, {3, 3, 0, 0}, {3, 4, 1, 0}, {3, 5, 0, 1},
};

/* The bands stand where they belong: no text, however wide, pushed them about. */
static void assert_bands(struct screen *screen, int rows, const char *title, const char *hint)
{
    char *text = screen_text(screen);
    char *line = text;
    for (int y = 0; y < rows && line != NULL; y++) {
        char *end = strchr(line, '\n');
        *end = '\0';
        if (y == 0 && strstr(line, title) == NULL)
            fail_msg("no title: %s", line);
        if (y == rows - 1 && strstr(line, hint) == NULL)
            fail_msg("no hints: %s", line);
        line = end + 1;
    }
    free(text);
}

/* What is on the screens must not depend on the terminal's type or colours. */
static char *walk(const unsigned char *pair, bool reference)
{
    const char *environment[] = {reference ? types[0] : types[pair[1]], locales[pair[2]],
                                 colours[pair[3]], NULL};
    static const char *const keys[] = {"1",  "2", "j",  "\r", "\t", "+", "\033", "3",
                                       "\r", "4", "\r", "\t", "5",  "6", "7",    "?"};
    const size_t count = sizeof(keys) / sizeof(keys[0]);
    int rows = sizes[pair[0]][0];
    char *all = calloc(1, 1 << 20);
    struct screen *screen = start((const char *const[]){"--hostile", "--attached", NULL}, rows,
                                  sizes[pair[0]][1], environment);
    for (size_t i = 0; i < count; i++) {
        PRESS(screen, keys[i]);
        assert_bands(screen, rows, "dev", i + 1 < count ? "? help" : "Esc back");
        char *text = screen_text(screen);
        memcpy(all + strlen(all), text, strlen(text) + 1);
        free(text);
    }
    console_expect_clean(screen);
    if (pair[2] == 1)
        console_expect_ascii(screen);
    end_quietly(screen);
    return all;
}

static void pair_looks_alike(size_t index)
{
    const unsigned char *pair = pairs[index];
    char *is = walk(pair, false);
    char *wanted = pair[1] == 0 ? strdup(is) : walk(pair, true);
    size_t same = 0;
    while (is[same] != '\0' && is[same] == wanted[same])
        same++;
    size_t from = same > 100 ? same - 100 : 0;
    if (is[same] != wanted[same])
        fail_msg("%s shows something else\n%.400s\n---- than\n%.400s", types[pair[1]], is + from,
                 wanted + from);
    free(wanted);
    free(is);
}

static void every_pair_of_terminal_and_locale(void **state)
{
    (void)state;
    abreast(sizeof(pairs) / sizeof(pairs[0]), pair_looks_alike);
}

static void small_screens_degrade(void **state)
{
    (void)state;
    struct screen *screen = start(NULL, 10, 40, NULL);
    PRESS(screen, "2");
    assert_true(screen_shows(screen, "2 Failed"));
    PRESS(screen, "j", "A", "s");
    assert_true(
        screen_shows(screen, "[ Cancel ]")); /* a question is seen whole where it is asked */
    assert_true(screen_shows(screen, "type the count"));
    PRESS(screen, "\033");
    screen_resize(screen, 9, 39);
    screen_settle(screen);
    assert_true(screen_shows(screen, "failed 12"));
    PRESS(screen, "s"); /* nothing can be seen, so nothing is asked */
    screen_resize(screen, 24, 80);
    screen_settle(screen);
    assert_false(screen_shows(screen, "Cancel"));
    end_quietly(screen);
}

/* ---- slow and stopped terminals ---- */

static bool sent_within(const char *wanted, int milliseconds)
{
    double end = screen_clock_ms() + milliseconds;
    bool there = false;
    while (!there && screen_clock_ms() < end) {
        char *text = console_sent();
        there = strstr(text, wanted) != NULL;
        free(text);
        usleep(20000);
    }
    return there;
}

/* Nothing is read from the terminal: it fills up, and the console still does what it is told. */
static void stopped_terminal_blocks_nothing(void **state)
{
    (void)state;
    struct screen *screen =
        start((const char *const[]){console_keeps_sent(), "--many=100000", NULL}, 60, 200, NULL);
    for (int i = 0; i < 100; i++) {
        screen_type(screen, "2jj?\033");
        usleep(10000);
    }
    screen_type(screen, "2");
    usleep(200000);
    screen_type(screen, "jr");
    if (!sent_within("retry", 5000))
        fail_msg("the console waits for its terminal");
    screen_settle(screen); /* read again: the newest frame comes */
    assert_true(screen_wait(screen, "queued as command 18", CONSOLE_WAIT_MS));
    console_forget_sent();
    end_quietly(screen);
}

static void stopped_terminal_does_not_hold_the_end_up(void **state)
{
    (void)state;
    struct screen *screen = start((const char *const[]){"--many=100000", NULL}, 60, 200, NULL);
    for (int i = 0; i < 100; i++) {
        screen_type(screen, "2jj?\033");
        usleep(5000);
    }
    kill(screen_pid(screen), SIGTERM);
    double before = screen_clock_ms();
    int status = 0;
    pid_t ended = 0;
    while ((ended = waitpid(screen_pid(screen), &status, WNOHANG)) == 0 &&
           screen_clock_ms() - before < CONSOLE_WAIT_MS)
        usleep(10000);
    assert_int_equal(ended, screen_pid(screen));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    screen_hang_up(screen);
    screen_forget(screen);
}

/* Closed while frames are on their way. */
static void closed_mid_frame(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct screen *screen = start((const char *const[]){"--moving", NULL}, 60, 200, NULL);
        screen_type(screen, "2?\033125?\033");
        screen_pump(screen, i * 3);
        screen_hang_up(screen);
        int status = screen_wait_end(screen, CONSOLE_WAIT_MS);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
        screen_free(screen);
    }
}

/* ---- bytes ---- */

static size_t bytes_of(struct screen *screen, int milliseconds)
{
    size_t len;
    screen_forget_bytes(screen);
    screen_pump(screen, milliseconds);
    (void)screen_bytes(screen, &len);
    return len;
}

static void bytes_keep_their_budgets(void **state)
{
    (void)state;
    static const char *const terminals[] = {"TERM=xterm-256color", "TERM=screen", "TERM=linux"};
    size_t len;
    for (size_t i = 0; i < sizeof(terminals) / sizeof(terminals[0]); i++) {
        struct screen *screen = start((const char *const[]){"--moving", NULL}, 24, 80,
                                      (const char *const[]){terminals[i], NULL});
        (void)screen_bytes(screen, &len);
        if (len > 6144)
            fail_msg("%s: first paint took %zu bytes", terminals[i], len);
        len = bytes_of(screen, 5000);
        if (len > 400 * 5)
            fail_msg("%s: %zu bytes in 5 s", terminals[i], len);
        assert_true(len > 0);
        PRESS(screen, "p");
        assert_true(screen_shows(screen, "FROZEN"));
        end_quietly(screen);
    }
}

static void frozen_view_stands_still(void **state)
{
    (void)state;
    struct screen *screen = start((const char *const[]){"--moving", NULL}, 24, 80, NULL);
    PRESS(screen, "p");
    char *before = screen_text(screen);
    screen_pump(screen, 2500);
    char *after = screen_text(screen);
    /* The title is the truth, the rest is as it was. */
    assert_string_equal(strchr(before, '\n'), strchr(after, '\n'));
    free(before);
    free(after);
    assert_true(screen_shows(screen, "p thaw"));
    PRESS(screen, "p");
    assert_false(screen_shows(screen, "FROZEN"));
    end_quietly(screen);
}

static void bell_and_title_only_when_asked_for(void **state)
{
    (void)state;
    size_t len;
    struct screen *quiet = start((const char *const[]){"--dying", NULL}, 24, 80, NULL);
    screen_pump(quiet, 1000);
    const char *bytes = screen_bytes(quiet, &len);
    assert_null(memchr(bytes, '\a', len));
    assert_null(memmem(bytes, len, "\033]2;", 4));
    end_quietly(quiet);
    struct screen *loud =
        start((const char *const[]){"--dying", NULL}, 24, 80,
              (const char *const[]){"ORDERSYNC_BELL=true", "ORDERSYNC_TERMINAL_TITLE=true", NULL});
    screen_pump(loud, 1500);
    bytes = screen_bytes(loud, &len);
    assert_non_null(memmem(bytes, len, "\033]2;ordersync dev: 7 dead\a", 25));
    assert_non_null(memmem(bytes, len, "\033]2;ordersync dev: 8 dead\a", 25));
    end_quietly(loud);
}

static void copies_where_the_terminal_can(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool can;
    } cases[] = {{"TERM=xterm-256color", true}, {"TERM=tmux", true}, {"TERM=vt100", false}};
    size_t len;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct screen *screen =
            start(NULL, 24, 80, (const char *const[]){cases[i].type, "STY=", "TMUX=", NULL});
        PRESS(screen, "2", "j", "y");
        const char *bytes = screen_bytes(screen, &len);
        assert_int_equal(memmem(bytes, len, "\033]52;c;", 7) != NULL, cases[i].can);
        assert_true(screen_shows(screen, cases[i].can ? "sent to terminal" : "takes no copies"));
        end_quietly(screen);
    }
}

/* ---- the word after a colon ---- */

static void words_are_completed(void **state)
{
    (void)state;
    struct screen *screen = start(NULL, 24, 80, NULL);
    PRESS(screen, ":", "back\t");
    assert_true(screen_shows(screen, "back backfill") || screen_shows(screen, "backfill back"));
    PRESS(screen, "f\t");
    assert_true(screen_shows(screen, ": backfill"));
    PRESS(screen, "\025"
                  "fai\t\r");
    assert_true(screen_shows(screen, "filter: unresolved"));
    PRESS(screen, ":nonsense\r");
    assert_true(screen_shows(screen, "no such command here: nonsense"));
    end_quietly(screen);
}

/* ---- random keys ---- */

static unsigned random_state = 20261123;
static unsigned next_random(void)
{
    random_state = random_state * 1103515245u + 12345u;
    return random_state >> 16;
}

/* Not those that leave, stop or suspend: q, ^C ^Q ^S ^Z ^\. */
static size_t random_key(char ret_bytes[8])
{
    static const char *const sequences[] = {
        "\033[A", "\033[B", "\033[C", "\033[D", "\033[5~", "\033[6~",  "\033OP",
        "\033[Z", "\033",   "\r",     "\t",     " ",       "\303\251", "\360\237\222\251"};
    unsigned pick = next_random() % 4;
    if (pick == 0) {
        const char *one = sequences[next_random() % (sizeof(sequences) / sizeof(sequences[0]))];
        return (size_t)snprintf(ret_bytes, 8, "%s", one);
    }
    char c = (char)(pick == 1 ? 1 + next_random() % 26 : 33 + next_random() % 94);
    if (c == 'q' || c == 3 || c == 17 || c == 19 || c == 26 || c == 28)
        c = 'j';
    ret_bytes[0] = c;
    ret_bytes[1] = '\0';
    return 1;
}

static void monkey_storm(struct screen *screen, long keys)
{
    char burst[512];
    for (long done = 0; done < keys;) {
        size_t len = 0;
        for (int i = 0; i < 32; i++, done++)
            len += random_key(burst + len);
        screen_type(screen, burst);
        screen_pump(screen, 3);
        if (next_random() % 50 == 0)
            screen_resize(screen, 1 + (int)(next_random() % 60), 1 + (int)(next_random() % 200));
        screen_forget_bytes(screen);
        int status;
        if (waitpid(screen_pid(screen), &status, WNOHANG) != 0)
            fail_msg("the console ended after %ld keys, status %d", done, status);
    }
}

/* In PROD every action asks for the environment's name, which a monkey does not type; only what is
 * recorded and changes nothing goes without: unmasking, and reading a document again. */
static void monkey_changes_nothing(void **state)
{
    (void)state;
    struct screen *screen = start(
        (const char *const[]){console_keeps_sent(), "--environment=prod", "--many=5000", NULL}, 24,
        80, NULL);
    int holder = screen_hold(screen);
    assert_true(holder >= 0);
    assert_false(screen_is_cooked(screen));
    monkey_storm(screen, 100000);
    screen_resize(screen, 24, 80);
    screen_settle(screen);
    for (int i = 0; i < 4; i++)
        PRESS(screen, "\033");
    screen_type(screen, "q");
    int status = screen_wait_end(screen, CONSOLE_WAIT_MS);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(screen_is_cooked(screen));
    assert_false(screen_is_alternate(screen));
    close(holder);
    screen_free(screen);
    char *text = console_sent();
    for (char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
        if (strncmp(line, "unmask ", 7) != 0 && strncmp(line, "inspect ", 8) != 0)
            fail_msg("done without a confirmation: %.80s", line);
    free(text);
    console_forget_sent();
}

int main(void)
{
    if (!screen_available())
        return 77;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_of_terminal_and_locale),
        cmocka_unit_test(small_screens_degrade),
        cmocka_unit_test(stopped_terminal_blocks_nothing),
        cmocka_unit_test(stopped_terminal_does_not_hold_the_end_up),
        cmocka_unit_test(closed_mid_frame),
        cmocka_unit_test(bytes_keep_their_budgets),
        cmocka_unit_test(frozen_view_stands_still),
        cmocka_unit_test(bell_and_title_only_when_asked_for),
        cmocka_unit_test(copies_where_the_terminal_can),
        cmocka_unit_test(words_are_completed),
        cmocka_unit_test(monkey_changes_nothing),
    };
    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
