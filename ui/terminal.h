/* The terminal: taken over and always given back, whatever ends the program. */
#ifndef ORDERSYNC_UI_TERMINAL_H
#define ORDERSYNC_UI_TERMINAL_H

#include "base/error.h"
#include "base/str.h"

struct terminal {
    int input_fd;
    int signal_fd; /* signalfd(2): HUP INT TERM QUIT TSTP CONT WINCH */
    void *screen;  /* ncurses' SCREEN */
    bool gone;     /* the other end hung up: nothing is written any more */
};

/* One terminal at a time: the crash handler has to find it. ERROR_CONSOLE_TERMINAL. Main thread. */
MUST_CHECK bool terminal_open(struct terminal *terminal, struct error *err);
void terminal_close(struct terminal *terminal);
/* Gives the terminal back, stops the process as the shell expects, and takes it again after fg. */
void terminal_suspend(struct terminal *terminal);
/* Tells ncurses the present size. */
void terminal_resize(void);
/* False when the terminal's buffer is full: a frame is better dropped than waited for. */
bool terminal_writable(const struct terminal *terminal);
/* Sends text to the clipboard of the operator's own terminal (OSC 52); at most 48 KB. */
void terminal_copy(const struct terminal *terminal, struct str text);

#endif
