/* The console in a terminal: see console.h. */
#include "lib/console.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/check.h"

#define SENT_MAX 65536

const char *console_program(void)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/tests/screen/console_fixture", getenv("builddir"));
    return path;
}

struct screen *console_start(const char *const *options, int rows, int columns,
                             const char *const *environment, const char *first)
{
    const char *argv[CONSOLE_OPTIONS_MAX + 2] = {console_program()};
    for (size_t i = 0; i < CONSOLE_OPTIONS_MAX && options != NULL && options[i] != NULL; i++)
        argv[i + 1] = options[i];
    struct screen *screen = screen_start(argv, rows, columns, environment);
    if (!screen_wait(screen, first, CONSOLE_WAIT_MS))
        fail_msg("no first frame:\n%s", screen_text(screen));
    screen_settle(screen);
    return screen;
}

void console_quit(struct screen *screen)
{
    screen_type(screen, "q");
    int status = screen_wait_end(screen, CONSOLE_WAIT_MS);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

void console_end(struct screen *screen)
{
    console_quit(screen);
    screen_free(screen);
    console_forget_sent();
}

void console_press(struct screen *screen, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        screen_type(screen, *keys);
        screen_settle(screen);
    }
}

void console_expect(struct screen *screen, const char *text)
{
    if (!screen_wait(screen, text, CONSOLE_WAIT_MS))
        fail_msg("\"%s\" is not on\n%s", text, screen_text(screen));
}

void console_expect_not(struct screen *screen, const char *text)
{
    if (screen_shows(screen, text))
        fail_msg("\"%s\" is on\n%s", text, screen_text(screen));
}

void console_expect_clean(const struct screen *screen)
{
    static const char *const forbidden[] = {"\033]52",  "ZXZpbA\a", "\342\200\256", "\342\201\246",
                                            "\302\233", "\377",     "\376"};
    size_t len;
    const char *bytes = screen_bytes(screen, &len);
    for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
        if (memmem(bytes, len, forbidden[i], strlen(forbidden[i])) != NULL)
            fail_msg("raw byte sequence %zu reached the terminal", i);
}

void console_expect_ascii(const struct screen *screen)
{
    size_t len;
    const char *bytes = screen_bytes(screen, &len);
    for (size_t i = 0; i < len; i++)
        assert_true((unsigned char)bytes[i] < 0x80);
}

/* ---- what it sent ---- */

static char sent_path[64];

const char *console_keeps_sent(void)
{
    static char option[96];
    snprintf(sent_path, sizeof(sent_path), "/tmp/ordersync-sent-%d", (int)getpid());
    snprintf(option, sizeof(option), "--sends=%s", sent_path);
    console_forget_sent();
    return option;
}

char *console_sent(void)
{
    char *text = calloc(1, SENT_MAX);
    FILE *file = fopen(sent_path, "r");
    if (file != NULL) {
        text[fread(text, 1, SENT_MAX - 1, file)] = '\0';
        fclose(file);
    }
    return text;
}

bool console_has_sent(void)
{
    return access(sent_path, F_OK) == 0;
}

void console_forget_sent(void)
{
    unlink(sent_path);
}

void console_expect_sent(const char *wanted)
{
    char *text = console_sent();
    if (strcmp(text, wanted) != 0)
        fail_msg("sent \"%s\", not \"%s\"", text, wanted);
    free(text);
    console_forget_sent();
}
