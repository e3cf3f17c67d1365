/* The terminal: taken over and always given back, whatever ends the program. */
#ifndef ORDERSYNC_UI_TERMINAL_H
#define ORDERSYNC_UI_TERMINAL_H

#include "base/error.h"
#include "base/str.h"
#include "ui/outbox.h"

struct terminal {
    int input_fd;
    int signal_fd; /* signalfd(2): HUP INT TERM QUIT TSTP CONT WINCH */
    void *screen;  /* ncurses' SCREEN */
    bool gone;     /* the other end hung up: nothing is written any more */
    bool page;     /* no terminal at all: screens are drawn in memory and read as text */
    struct outbox outbox;
};

/* One terminal at a time: the crash handler has to find it. ERROR_CONSOLE_TERMINAL. Main thread. */
MUST_CHECK bool terminal_open(struct terminal *terminal, struct error *err);
/* A screen of that size that is never sent anywhere, for the line mode. Standard input may be
 * anything. ERROR_CONSOLE_TERMINAL. */
MUST_CHECK bool terminal_open_page(struct terminal *terminal, int height, int width,
                                   struct error *err);
/* Gives the terminal back; a terminal that takes nothing is waited for half a second. */
void terminal_close(struct terminal *terminal);
/* Gives the terminal back, stops the process as the shell expects, and takes it again after fg. */
void terminal_suspend(struct terminal *terminal);
/* Tells ncurses the present size. */
void terminal_resize(const struct terminal *terminal);
/* Sends what waits, as far as the terminal takes it without waiting. */
void terminal_send(struct terminal *terminal);
/* The last frame is still on its way: a further one would only make it later. */
bool terminal_busy(const struct terminal *terminal);
/* Drops keys that were typed and not read yet. */
void terminal_drop_keys(const struct terminal *terminal);
/* Sends text to the clipboard of the operator's own terminal (OSC 52), at most 48 KB. False: this
 * kind of terminal has no such thing, or the text is too long. */
MUST_CHECK bool terminal_copy(struct terminal *terminal, struct str text);
void terminal_bell(struct terminal *terminal);
/* Names the window, where the terminal has one; "" gives the name back. `name` must be clean. */
void terminal_name(struct terminal *terminal, const char *name);

#endif
