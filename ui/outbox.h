/* Bytes on their way to the terminal. ncurses writes into memory, and from there they go to the
 * terminal as fast as it takes them: a stopped terminal or a dead link never holds a key up. Main
 * thread only. */
#ifndef ORDERSYNC_UI_OUTBOX_H
#define ORDERSYNC_UI_OUTBOX_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct outbox {
    FILE *sink;  /* ncurses' output: a memory file */
    int fd;      /* the terminal, never waited for */
    bool own;    /* `fd` is an open file of our own: its flags are nobody else's */
    char *bytes; /* taken from the sink and not sent yet: [at, len) */
    size_t at, len, cap;
};

/* `terminal` is borrowed. ERROR_CONSOLE_TERMINAL. */
MUST_CHECK bool outbox_open(struct outbox *outbox, int terminal, struct error *err);
void outbox_close(struct outbox *outbox); /* what waits is dropped; zeroed is fine */
/* Adds bytes after what ncurses wrote so far. */
void outbox_add(struct outbox *outbox, const char *bytes, size_t len);
/* Sends what the terminal takes now. False: it is gone. */
bool outbox_send(struct outbox *outbox);
bool outbox_waits(const struct outbox *outbox); /* something is still to be sent */
/* Sends for at most `milliseconds`, for bytes after which nobody sends any more. */
void outbox_drain(struct outbox *outbox, int milliseconds);

#endif
