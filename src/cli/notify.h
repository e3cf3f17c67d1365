/* Words to the service manager: sd_notify(3), whose protocol is one datagram a message. Spoken here
 * without libsystemd, so that the installed unit (Type=notify) works whatever the program was built
 * with. Main thread. */
#ifndef ORDERSYNC_CLI_NOTIFY_H
#define ORDERSYNC_CLI_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct notify {
    int fd;              /* -1: nobody listens */
    int64_t watchdog_us; /* it wants a word at least so often; 0: it does not */
};
/* From NOTIFY_SOCKET and WATCHDOG_USEC, which are removed: no child should speak for us. */
void notify_open(struct notify *notify);
void notify_close(struct notify *notify);
/* "READY=1\nSTATUS=..."; a word that is lost is lost. */
void notify_send(const struct notify *notify, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
