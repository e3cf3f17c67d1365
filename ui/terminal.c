/* ncurses set up and restored. ncurses itself never sees the terminal, only a memory file: the
 * modes are set here, and the outbox sends. The crash handler may only use what is
 * async-signal-safe, so the bytes that restore the screen are computed when it is taken. */
#include "ui/terminal.h"

#include <curses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/memory.h"

#define COPY_MAX 49152
#define ESCAPE_DELAY_MS 25
#define LAST_BYTES_MS 500

/* What the crash handler needs; written before the handler is installed, read by it alone. */
static struct crash_restore {
    struct termios before;
    char bytes[256];
    size_t len;
    int fd; /* of the outbox: a crash does not wait for a stopped terminal either */
} crash;

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define CRASH_COUNT (sizeof(crash_signals) / sizeof(crash_signals[0]))

static void crash_handler(int number)
{
    int ignored = tcsetattr(crash.fd, TCSANOW, &crash.before);
    ssize_t written = write(crash.fd, crash.bytes, crash.len);
    (void)ignored;
    (void)written;
    /* SA_RESETHAND put the default back: the process ends as if we had not been here. */
    raise(number);
}

static int crash_append(int c)
{
    if (crash.len < sizeof(crash.bytes))
        crash.bytes[crash.len++] = (char)c;
    return c;
}

static void crash_compute(int fd)
{
    static const char *const names[] = {"sgr0", "cnorm", "rmkx", "rmcup"};
    crash.fd = fd;
    crash.len = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *capability = tigetstr(names[i]);
        if (capability != NULL && capability != (char *)-1)
            tputs(capability, 1, crash_append);
    }
    crash_append('\r');
    crash_append('\n');
}

static void crash_install(void (*handler)(int))
{
    static char stack[64 << 10]; /* the crash may be a stack overflow */
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    if (handler != SIG_DFL) {
        sigaltstack(&alternate, NULL);
        action.sa_flags = SA_ONSTACK | (int)SA_RESETHAND | SA_NODEFER;
    }
    for (size_t i = 0; i < CRASH_COUNT; i++)
        sigaction(crash_signals[i], &action, NULL);
}

static int signals_open(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaddset(&set, numbers[i]);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void screen_prepare(void)
{
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_DELAY_MS);
    typeahead(-1);
    intrflush(stdscr, FALSE);
    idlok(stdscr, FALSE);
    leaveok(stdscr, FALSE);
}

/* Keys one by one and unseen; a line feed moves down only, which ncurses counts on. */
static void modes_take(void)
{
    struct termios modes = crash.before;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL);
    modes.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR);
    modes.c_oflag &= ~(tcflag_t)(ONLCR | TAB3);
    modes.c_cc[VMIN] = 1;
    modes.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &modes);
}

static void modes_give(void)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &crash.before);
}

/* Asked before newterm(3), which leaves memory behind when it fails. */
static bool type_is_known(const char *type)
{
    int why = 0;
    if (setupterm(type, STDOUT_FILENO, &why) == ERR)
        return false;
    del_curterm(cur_term);
    return true;
}

static const char *type_of_terminal(void)
{
    const char *type = getenv("TERM");
    return type == NULL ? "" : type;
}

static bool screen_open(struct terminal *terminal, const char *type, struct error *err)
{
    terminal->signal_fd = signals_open();
    if (terminal->signal_fd < 0)
        return error_set_errno(err, ERROR_CONSOLE_TERMINAL, "signalfd");
    terminal->screen = newterm(type, terminal->outbox.sink, stdin);
    if (terminal->screen != NULL)
        return true;
    close(terminal->signal_fd);
    return error_set(err, ERROR_CONSOLE_TERMINAL, "the terminal cannot be used");
}

bool terminal_open(struct terminal *terminal, struct error *err)
{
    *terminal = (struct terminal){.input_fd = STDIN_FILENO, .signal_fd = -1};
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(err, ERROR_CONSOLE_TERMINAL,
                         "standard input and output must be a terminal");
    if (tcgetattr(STDIN_FILENO, &crash.before) != 0)
        return error_set_errno(err, ERROR_CONSOLE_TERMINAL, "cannot read the terminal's state");
    if (!type_is_known(type_of_terminal()))
        return error_set(err, ERROR_CONSOLE_TERMINAL, "terminal type \"%s\" cannot be used",
                         type_of_terminal());
    if (!outbox_open(&terminal->outbox, STDOUT_FILENO, err))
        return false;
    if (!screen_open(terminal, type_of_terminal(), err)) {
        outbox_close(&terminal->outbox);
        return false;
    }
    crash_compute(terminal->outbox.fd);
    crash_install(crash_handler);
    modes_take();
    screen_prepare();
    terminal_resize(terminal);
    return true;
}

bool terminal_open_page(struct terminal *terminal, int height, int width, struct error *err)
{
    *terminal = (struct terminal){.input_fd = STDIN_FILENO, .signal_fd = -1, .page = true};
    if (!type_is_known("dumb"))
        return error_set(err, ERROR_CONSOLE_TERMINAL, "terminal type \"dumb\" is not installed");
    if (!outbox_open(&terminal->outbox, STDOUT_FILENO, err))
        return false;
    if (!screen_open(terminal, "dumb", err)) {
        outbox_close(&terminal->outbox);
        return false;
    }
    resizeterm(height, width);
    return true;
}

void terminal_close(struct terminal *terminal)
{
    if (terminal->screen == NULL)
        return;
    if (!terminal->page) {
        endwin();
        if (!terminal->gone)
            outbox_drain(&terminal->outbox, LAST_BYTES_MS);
        modes_give();
        crash_install(SIG_DFL);
    }
    delscreen(terminal->screen);
    outbox_close(&terminal->outbox);
    close(terminal->signal_fd);
    terminal->screen = NULL;
}

void terminal_suspend(struct terminal *terminal)
{
    if (terminal->page) {
        raise(SIGSTOP);
        return;
    }
    endwin();
    outbox_drain(&terminal->outbox, LAST_BYTES_MS);
    modes_give();
    raise(SIGSTOP);
    modes_take();
    terminal_resize(terminal);
    clearok(curscr, TRUE);
}

void terminal_resize(const struct terminal *terminal)
{
    struct winsize size;
    if (!terminal->page && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
        size.ws_col > 0 && (size.ws_row != LINES || size.ws_col != COLS))
        resizeterm(size.ws_row, size.ws_col);
}

void terminal_send(struct terminal *terminal)
{
    if (!terminal->gone && !outbox_send(&terminal->outbox))
        terminal->gone = true;
}

bool terminal_busy(const struct terminal *terminal)
{
    return terminal->gone || outbox_waits(&terminal->outbox);
}

void terminal_drop_keys(const struct terminal *terminal)
{
    if (terminal->page)
        return;
    flushinp();
    tcflush(terminal->input_fd, TCIFLUSH);
}

/* ---- what is not text on the screen ---- */

/* Terminals that know operating system commands, OSC, by the beginnings of their types. Others
 * would show the text of one, or take it for something else. */
static bool type_knows_osc(void)
{
    static const char *const known[] = {"xterm", "tmux", "screen",  "rxvt",    "alacritty", "foot",
                                        "kitty", "st",   "wezterm", "konsole", "vte"};
    const char *type = type_of_terminal();
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strncmp(type, known[i], strlen(known[i])) == 0)
            return true;
    return false;
}

bool terminal_copy(struct terminal *terminal, struct str text)
{
    static const char start[] = "\033]52;c;";
    if (terminal->page || terminal->gone || text.len > COPY_MAX || !type_knows_osc())
        return false;
    size_t room = 4 * ((text.len + 2) / 3) + 1;
    unsigned char *encoded AUTO_FREE = memory_alloc(room);
    int len = EVP_EncodeBlock(encoded, (const unsigned char *)text.data, (int)text.len);
    /* GNU screen hands on only what is wrapped in a device control string. */
    bool wrap = getenv("STY") != NULL && getenv("TMUX") == NULL;
    if (wrap)
        outbox_add(&terminal->outbox, "\033P", 2);
    outbox_add(&terminal->outbox, start, sizeof(start) - 1);
    outbox_add(&terminal->outbox, (const char *)encoded, (size_t)len);
    outbox_add(&terminal->outbox, "\a", 1);
    if (wrap)
        outbox_add(&terminal->outbox, "\033\\", 2);
    return true;
}

void terminal_bell(struct terminal *terminal)
{
    if (!terminal->page)
        outbox_add(&terminal->outbox, "\a", 1);
}

void terminal_name(struct terminal *terminal, const char *name)
{
    if (terminal->page || !type_knows_osc())
        return;
    outbox_add(&terminal->outbox, "\033]2;", 4);
    outbox_add(&terminal->outbox, name, strlen(name));
    outbox_add(&terminal->outbox, "\a", 1);
}
