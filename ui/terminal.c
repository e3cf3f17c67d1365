/* ncurses set up and restored. The crash handler may only use what is async-signal-safe, so the
 * bytes that restore the screen are computed when it is taken. */
#include "ui/terminal.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
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

/* What the crash handler needs; written before the handler is installed, read by it alone. */
static struct crash_restore {
    struct termios before;
    char bytes[256];
    size_t len;
    int fd;
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

/* Asked before newterm(3), which leaves memory behind when it fails. */
static bool type_is_known(void)
{
    int why = 0;
    if (setupterm(NULL, STDOUT_FILENO, &why) == ERR)
        return false;
    del_curterm(cur_term);
    return true;
}

bool terminal_open(struct terminal *terminal, struct error *err)
{
    *terminal = (struct terminal){.input_fd = STDIN_FILENO, .signal_fd = -1};
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(err, ERROR_CONSOLE_TERMINAL,
                         "standard input and output must be a terminal");
    if (tcgetattr(STDOUT_FILENO, &crash.before) != 0)
        return error_set_errno(err, ERROR_CONSOLE_TERMINAL, "cannot read the terminal's state");
    if (!type_is_known())
        return error_set(err, ERROR_CONSOLE_TERMINAL, "terminal type \"%s\" cannot be used",
                         getenv("TERM") == NULL ? "" : getenv("TERM"));
    terminal->signal_fd = signals_open();
    if (terminal->signal_fd < 0)
        return error_set_errno(err, ERROR_CONSOLE_TERMINAL, "signalfd");
    terminal->screen = newterm(NULL, stdout, stdin);
    if (terminal->screen == NULL) {
        close(terminal->signal_fd);
        return error_set(err, ERROR_CONSOLE_TERMINAL, "the terminal cannot be used");
    }
    crash_compute(STDOUT_FILENO);
    crash_install(crash_handler);
    screen_prepare();
    return true;
}

void terminal_close(struct terminal *terminal)
{
    if (terminal->screen == NULL)
        return;
    if (!terminal->gone)
        endwin();
    crash_install(SIG_DFL);
    delscreen(terminal->screen);
    close(terminal->signal_fd);
    terminal->screen = NULL;
}

void terminal_suspend(struct terminal *terminal)
{
    (void)terminal;
    endwin();
    raise(SIGSTOP);
    terminal_resize();
    clearok(curscr, TRUE);
}

void terminal_resize(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
        (size.ws_row != LINES || size.ws_col != COLS))
        resizeterm(size.ws_row, size.ws_col);
}

bool terminal_writable(const struct terminal *terminal)
{
    struct pollfd poller = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return !terminal->gone && poll(&poller, 1, 0) == 1 && (poller.revents & POLLOUT) != 0;
}

void terminal_copy(const struct terminal *terminal, struct str text)
{
    if (terminal->gone || text.len > COPY_MAX)
        return;
    size_t room = 4 * ((text.len + 2) / 3) + 1;
    unsigned char *encoded AUTO_FREE = memory_alloc(room);
    int len = EVP_EncodeBlock(encoded, (const unsigned char *)text.data, (int)text.len);
    printf("\033]52;c;%.*s\a", len, (const char *)encoded);
    fflush(stdout);
}
