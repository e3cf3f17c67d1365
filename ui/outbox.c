/* A memory file between ncurses and a terminal that may be slower. It holds one frame at most: no
 * further one is made while the last is on its way. */
#include "ui/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

/* Opened anew, the terminal can be switched to non-blocking without switching the shell's own open
 * file, which would stay so after a crash. */
static int terminal_open_again(int terminal)
{
    char path[256];
    if (ttyname_r(terminal, path, sizeof(path)) != 0)
        return -1;
    return open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

bool outbox_open(struct outbox *outbox, int terminal, struct error *err)
{
    *outbox = (struct outbox){.fd = terminal_open_again(terminal)};
    outbox->own = outbox->fd >= 0;
    if (!outbox->own)
        outbox->fd =
            terminal; /* another user's terminal, after su(1): flags are switched per write */
    int memory = memfd_create("ordersync-screen", MFD_CLOEXEC);
    outbox->sink = memory < 0 ? NULL : fdopen(memory, "w");
    if (outbox->sink != NULL)
        return true;
    (void)error_set_errno(err, ERROR_CONSOLE_TERMINAL, "memory for the screen");
    if (memory >= 0)
        close(memory);
    outbox_close(outbox);
    return false;
}

void outbox_close(struct outbox *outbox)
{
    if (outbox->sink != NULL)
        fclose(outbox->sink);
    if (outbox->own)
        close(outbox->fd);
    free(outbox->bytes);
    *outbox = (struct outbox){.fd = -1};
}

void outbox_add(struct outbox *outbox, const char *bytes, size_t len)
{
    if (outbox->at == outbox->len)
        outbox->at = outbox->len = 0;
    if (outbox->len + len > outbox->cap) {
        outbox->cap = (outbox->len + len) * 2;
        outbox->bytes = memory_resize(outbox->bytes, outbox->cap);
    }
    memcpy(outbox->bytes + outbox->len, bytes, len);
    outbox->len += len;
}

static void outbox_collect(struct outbox *outbox)
{
    char part[4096];
    struct stat status;
    fflush(outbox->sink);
    int memory = fileno(outbox->sink);
    if (fstat(memory, &status) != 0 || status.st_size == 0)
        return;
    ssize_t got;
    off_t from = 0;
    while ((got = pread(memory, part, sizeof(part), from)) > 0) {
        outbox_add(outbox, part, (size_t)got);
        from += got;
    }
    if (ftruncate(memory, 0) == 0)
        lseek(memory, 0, SEEK_SET);
}

static ssize_t outbox_write(const struct outbox *outbox)
{
    const char *bytes = outbox->bytes + outbox->at;
    size_t len = outbox->len - outbox->at;
    if (outbox->own)
        return write(outbox->fd, bytes, len);
    int flags = fcntl(outbox->fd, F_GETFL);
    fcntl(outbox->fd, F_SETFL, flags | O_NONBLOCK);
    ssize_t sent = write(outbox->fd, bytes, len);
    int why = errno;
    fcntl(outbox->fd, F_SETFL, flags);
    errno = why;
    return sent;
}

bool outbox_send(struct outbox *outbox)
{
    outbox_collect(outbox);
    while (outbox->at < outbox->len) {
        ssize_t sent = outbox_write(outbox);
        if (sent > 0)
            outbox->at += (size_t)sent;
        else if (sent == 0 || errno == EAGAIN)
            return true;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

bool outbox_waits(const struct outbox *outbox)
{
    return outbox->at < outbox->len;
}

void outbox_drain(struct outbox *outbox, int milliseconds)
{
    int64_t end = clock_monotonic_us() + (int64_t)milliseconds * 1000;
    while (outbox_send(outbox) && outbox_waits(outbox)) {
        int64_t left = end - clock_monotonic_us();
        struct pollfd poller = {.fd = outbox->fd, .events = POLLOUT};
        if (left <= 0 || poll(&poller, 1, (int)(left / 1000) + 1) < 0)
            return;
    }
}
