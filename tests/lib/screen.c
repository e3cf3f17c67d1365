/* forkpty(3) and libvterm. */
#include "lib/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <vterm.h>

#define BYTES_MAX (8u << 20)

struct screen {
    int fd; /* -1 once hung up */
    pid_t pid;
    bool ended;
    int status;
    bool alternate;
    int rows, columns;
    VTerm *terminal;
    VTermScreen *screen;
    char *bytes;
    size_t len;
};

double screen_clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static long long now_ms(void)
{
    return (long long)screen_clock_ms();
}

static int on_property(VTermProp property, VTermValue *value, void *context)
{
    struct screen *screen = context;
    if (property == VTERM_PROP_ALTSCREEN)
        screen->alternate = value->boolean != 0;
    return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_property};

static void child_run(const char *const *argv, const char *const *environment)
{
    setenv("TERM", "xterm-256color", 1);
    setenv("LANG", "C.UTF-8", 1);
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    unsetenv("NO_COLOR");
    for (; environment != NULL && *environment != NULL; environment++) {
        char *copy = strdup(*environment);
        putenv(copy);
    }
    execv(argv[0], (char *const *)(void *)argv);
    fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

bool screen_available(void)
{
    int master, slave;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0) {
        printf("ok 1 - the console in a terminal # SKIP no pseudo-terminal to be had: %s\n",
               strerror(errno));
        return false;
    }
    close(master);
    close(slave);
    return true;
}

struct screen *screen_start(const char *const *argv, int rows, int columns,
                            const char *const *environment)
{
    struct screen *screen = calloc(1, sizeof(*screen));
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    screen->rows = rows;
    screen->columns = columns;
    screen->bytes = malloc(BYTES_MAX);
    screen->terminal = vterm_new(rows, columns);
    vterm_set_utf8(screen->terminal, 1);
    screen->screen = vterm_obtain_screen(screen->terminal);
    vterm_screen_enable_altscreen(screen->screen, 1);
    vterm_screen_set_callbacks(screen->screen, &callbacks, screen);
    vterm_screen_reset(screen->screen, 1);
    screen->pid = forkpty(&screen->fd, NULL, NULL, &size);
    if (screen->pid == 0)
        child_run(argv, environment);
    return screen;
}

static void screen_take(struct screen *screen)
{
    char bytes[4096];
    ssize_t got = read(screen->fd, bytes, sizeof(bytes));
    if (got <= 0) {
        close(screen->fd); /* EIO: the program closed its side */
        screen->fd = -1;
        return;
    }
    vterm_input_write(screen->terminal, bytes, (size_t)got);
    if (screen->len + (size_t)got <= BYTES_MAX) {
        memcpy(screen->bytes + screen->len, bytes, (size_t)got);
        screen->len += (size_t)got;
    }
}

/* True when something came. */
static bool screen_step(struct screen *screen, int timeout_ms)
{
    struct pollfd poller = {.fd = screen->fd, .events = POLLIN};
    if (screen->fd < 0) {
        poll(NULL, 0, timeout_ms);
        return false;
    }
    if (poll(&poller, 1, timeout_ms) <= 0)
        return false;
    screen_take(screen);
    return true;
}

void screen_pump(struct screen *screen, int milliseconds)
{
    long long end = now_ms() + milliseconds;
    long long left;
    while ((left = end - now_ms()) > 0)
        screen_step(screen, (int)left);
}

/* False while it computes, or waits for a processor on a busy machine. */
static bool program_sleeps(const struct screen *screen)
{
    char path[64], stat[256];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)screen->pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return true;
    stat[fread(stat, 1, sizeof(stat) - 1, file)] = '\0';
    fclose(file);
    const char *name_end = strrchr(stat, ')');
    return name_end == NULL || name_end[1] == '\0' || name_end[2] != 'R';
}

void screen_settle(struct screen *screen)
{
    long long end = now_ms() + 3000;
    while (screen->fd >= 0 && now_ms() < end &&
           (screen_step(screen, 150) || !program_sleeps(screen)))
        continue;
}

bool screen_wait(struct screen *screen, const char *text, int timeout_ms)
{
    long long end = now_ms() + timeout_ms;
    while (!screen_shows(screen, text)) {
        if (now_ms() >= end || screen->fd < 0)
            return false;
        screen_step(screen, 20);
    }
    return true;
}

static size_t cell_append(char *text, const VTermScreenCell *cell)
{
    size_t len = 0;
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i] != 0; i++) {
        uint32_t c = cell->chars[i];
        if (c < 0x80) {
            text[len++] = (char)c;
        } else if (c < 0x800) {
            text[len++] = (char)(0xc0 | c >> 6);
            text[len++] = (char)(0x80 | (c & 0x3f));
        } else {
            if (c >= 0x10000)
                text[len++] = (char)(0xf0 | c >> 18);
            text[len++] = (char)(c >= 0x10000 ? 0x80 | (c >> 12 & 0x3f) : 0xe0 | c >> 12);
            text[len++] = (char)(0x80 | (c >> 6 & 0x3f));
            text[len++] = (char)(0x80 | (c & 0x3f));
        }
    }
    if (len == 0)
        text[len++] = ' ';
    return len;
}

char *screen_text(struct screen *screen)
{
    char *text = malloc((size_t)screen->rows * ((size_t)screen->columns * 24 + 1) + 1);
    size_t len = 0;
    for (int row = 0; row < screen->rows; row++) {
        size_t start = len;
        VTermScreenCell cell = {.width = 1};
        for (int column = 0; column<screen->columns; column += cell.width> 0 ? cell.width : 1) {
            vterm_screen_get_cell(screen->screen, (VTermPos){row, column}, &cell);
            len += cell_append(text + len, &cell);
        }
        while (len > start && text[len - 1] == ' ')
            len--;
        text[len++] = '\n';
    }
    text[len] = '\0';
    return text;
}

bool screen_shows(struct screen *screen, const char *text)
{
    char *all = screen_text(screen);
    bool found = strstr(all, text) != NULL;
    free(all);
    return found;
}

void screen_type(struct screen *screen, const char *keys)
{
    ssize_t written = write(screen->fd, keys, strlen(keys));
    (void)written;
}

void screen_resize(struct screen *screen, int rows, int columns)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    screen->rows = rows;
    screen->columns = columns;
    vterm_set_size(screen->terminal, rows, columns);
    ioctl(screen->fd, TIOCSWINSZ, &size);
}

const char *screen_bytes(const struct screen *screen, size_t *ret_len)
{
    *ret_len = screen->len;
    return screen->bytes;
}

void screen_forget_bytes(struct screen *screen)
{
    screen->len = 0;
}

pid_t screen_pid(const struct screen *screen)
{
    return screen->pid;
}

struct termios screen_modes(const struct screen *screen)
{
    struct termios modes = {0};
    tcgetattr(screen->fd, &modes);
    return modes;
}

int screen_hold(const struct screen *screen)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/fd/0", (int)screen->pid);
    return open(path, O_RDWR | O_NOCTTY);
}

bool screen_is_cooked(const struct screen *screen)
{
    struct termios modes = screen_modes(screen);
    return (modes.c_lflag & ICANON) != 0 && (modes.c_lflag & ECHO) != 0;
}

bool screen_is_alternate(const struct screen *screen)
{
    return screen->alternate;
}

void screen_hang_up(struct screen *screen)
{
    close(screen->fd);
    screen->fd = -1;
}

int screen_wait_end(struct screen *screen, int timeout_ms)
{
    long long end = now_ms() + timeout_ms;
    while (!screen->ended && now_ms() < end) {
        screen->ended = waitpid(screen->pid, &screen->status, WNOHANG) == screen->pid;
        screen_step(screen, screen->ended ? 0 : 10);
    }
    return screen->ended ? screen->status : -1;
}

void screen_forget(struct screen *screen)
{
    screen->ended = true;
    screen_free(screen);
}

void screen_free(struct screen *screen)
{
    if (!screen->ended) {
        kill(screen->pid, SIGKILL);
        waitpid(screen->pid, &screen->status, 0);
    }
    if (screen->fd >= 0)
        close(screen->fd);
    vterm_free(screen->terminal);
    free(screen->bytes);
    free(screen);
}
