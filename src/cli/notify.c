/* The service manager's socket. */
#include "cli/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE_MAX 512

/* A path, or with '@' in front a name of the abstract kind. */
static bool notify_connect(int fd, const char *place)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(place);
    if ((place[0] != '/' && place[0] != '@') || len >= sizeof(address.sun_path))
        return false;
    memcpy(address.sun_path, place, len);
    if (place[0] == '@')
        address.sun_path[0] = '\0';
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return connect(fd, (const struct sockaddr *)&address, size) == 0;
}

/* Meant for another process: WATCHDOG_PID says for which one. */
static int64_t notify_watchdog(void)
{
    const char *interval = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    if (interval == NULL || (pid != NULL && strtoll(pid, NULL, 10) != (long long)getpid()))
        return 0;
    long long us = strtoll(interval, NULL, 10);
    return us > 0 ? us : 0;
}

void notify_open(struct notify *notify)
{
    const char *place = getenv("NOTIFY_SOCKET");
    *notify = (struct notify){.fd = -1, .watchdog_us = notify_watchdog()};
    if (place != NULL) {
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (notify->fd >= 0 && !notify_connect(notify->fd, place))
            notify_close(notify);
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
}

void notify_send(const struct notify *notify, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    if (notify->fd < 0)
        return;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    ssize_t ignored = send(notify->fd, message, strlen(message), MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)ignored;
}
