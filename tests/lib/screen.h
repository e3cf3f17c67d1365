/* A program in a pseudo-terminal of a given size, with a terminal emulator (libvterm) on the other
 * side: feed keys, wait for text, look at the screen as text, and at the bytes that made it. */
#ifndef ORDERSYNC_TESTS_SCREEN_H
#define ORDERSYNC_TESTS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct screen;

/* False, with a skipped test on stdout, where the system gives no pseudo-terminals (a chroot
 * without /dev/pts): end with status 77 then. */
bool screen_available(void);
/* `environment`: "NAME=value" strings after the harness's own (TERM=xterm-256color, LANG=C.UTF-8,
 * no NO_COLOR), NULL-terminated, may be NULL. */
struct screen *screen_start(const char *const *argv, int rows, int columns,
                            const char *const *environment);
void screen_free(struct screen *screen); /* ends the program when it still runs */

void screen_type(struct screen *screen, const char *keys);
void screen_resize(struct screen *screen, int rows, int columns);
/* Takes output in for so many milliseconds. */
void screen_pump(struct screen *screen, int milliseconds);
/* Until the text stands on the screen; false after the timeout. */
bool screen_wait(struct screen *screen, const char *text, int timeout_ms);
/* Milliseconds of a clock that only goes forward: to time what a key does. */
double screen_clock_ms(void);
/* Until nothing came for 150 ms and the program sleeps. */
void screen_settle(struct screen *screen);
/* The screen: a line a row, trailing blanks cut; heap. */
char *screen_text(struct screen *screen);
bool screen_shows(struct screen *screen, const char *text);
/* All bytes the program sent so far. */
const char *screen_bytes(const struct screen *screen, size_t *ret_len);
void screen_forget_bytes(struct screen *screen);

pid_t screen_pid(const struct screen *screen);
struct termios
screen_modes(const struct screen *screen); /* of the terminal, as the program left it */
/* Keeps the terminal open past the program's end, so that its modes can be looked at then; the
 * caller closes it. -1: it cannot be opened. */
int screen_hold(const struct screen *screen);
bool screen_is_cooked(const struct screen *screen);    /* lines and echo, as a shell wants it */
bool screen_is_alternate(const struct screen *screen); /* the alternate screen is on */
void screen_hang_up(struct screen *screen);            /* closes the emulator's side */
/* The caller has waited for the program's end itself: frees the rest. */
void screen_forget(struct screen *screen);
/* Waits for the program's end and returns its wait status; -1 after the timeout. */
int screen_wait_end(struct screen *screen, int timeout_ms);

#endif
