/* poll(2) over terminal, signalfd and wake fd. Nothing here blocks but poll. */
#include "ui/loop.h"

#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"

#define TICK_US 250000
#define SOON_US 1000000
#define KEYS_AT_ONCE 64
#define EMPTY_READS_MAX 100

static void loop_gone(struct loop *loop)
{
    loop->terminal->gone = true;
    loop->signal(loop->context, SIGHUP);
}

/* Readable but empty is the end of input on a terminal that does not say so otherwise. */
static void loop_check_end(struct loop *loop, unsigned keys)
{
    int waiting = 0;
    if (keys > 0 || (ioctl(loop->terminal->input_fd, FIONREAD, &waiting) == 0 && waiting > 0))
        loop->empty_reads = 0;
    else if (++loop->empty_reads > EMPTY_READS_MAX)
        loop_gone(loop);
}

static void loop_keys(struct loop *loop)
{
    wint_t key;
    unsigned keys = 0;
    while (keys < KEYS_AT_ONCE && !loop->done) {
        int kind = get_wch(&key);
        if (kind == ERR)
            break;
        keys++;
        if (kind != KEY_CODE_YES || key != KEY_RESIZE)
            loop->key(loop->context, (int)key, kind == KEY_CODE_YES);
    }
    loop_check_end(loop, keys);
}

static void loop_signals(struct loop *loop)
{
    struct signalfd_siginfo info;
    while (read(loop->terminal->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        loop->signal(loop->context, (int)info.ssi_signo);
}

static void loop_clock(struct loop *loop, int64_t now)
{
    if (now < loop->tick_us)
        return;
    loop->tick_us = now + TICK_US;
    loop->tick(loop->context);
}

/* Returns how long poll may wait, in milliseconds. A frame that is due while the last one is still
 * on its way is not made: only the newest state is worth a slow link's time. */
static int loop_frame(struct loop *loop, int64_t now)
{
    int64_t until = loop->tick_us;
    int64_t due = loop->painted_us + SOON_US;
    bool busy = terminal_busy(loop->terminal);
    if (!busy && (loop->wanted == PAINT_NOW || (loop->wanted == PAINT_SOON && now >= due))) {
        loop->wanted = PAINT_NONE;
        loop->painted_us = now;
        loop->paint(loop->context);
    } else if (!busy && loop->wanted == PAINT_SOON && due < until) {
        until = due;
    }
    bool there = !loop->terminal->gone;
    terminal_send(loop->terminal);
    if (there && loop->terminal->gone)
        loop_gone(loop);
    return until > now ? (int)((until - now) / 1000) + 1 : 0;
}

void loop_run(struct loop *loop)
{
    struct pollfd fds[] = {
        {.fd = loop->terminal->input_fd, .events = POLLIN},
        {.fd = loop->terminal->signal_fd, .events = POLLIN},
        {.fd = loop->wake_fd, .events = POLLIN},
        {.fd = loop->terminal->outbox.fd, .events = POLLOUT},
    };
    while (!loop->done) {
        loop_clock(loop, clock_monotonic_us());
        int wait = loop_frame(loop, clock_monotonic_us());
        fds[0].fd = loop->terminal->gone ? -1 : loop->terminal->input_fd;
        /* Asked only while something waits: it would be ready all the time. */
        bool waits = !loop->terminal->gone && terminal_busy(loop->terminal);
        fds[3].fd = waits ? loop->terminal->outbox.fd : -1;
        if (poll(fds, sizeof(fds) / sizeof(fds[0]), wait) <= 0)
            continue;
        if (fds[1].revents != 0)
            loop_signals(loop);
        if ((fds[0].revents & POLLIN) != 0)
            loop_keys(loop);
        if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 && !loop->terminal->gone)
            loop_gone(loop);
        if (fds[2].revents != 0)
            loop->wake(loop->context);
    }
}
