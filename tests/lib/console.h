/* The console in a terminal (lib/screen.h), over the fixture that plays its engine: started, its
 * keys pressed, looked at, and what it sent to the engine. One console of a process at a time keeps
 * what it sends. What does not go as it should fails the test. */
#ifndef ORDERSYNC_TESTS_CONSOLE_H
#define ORDERSYNC_TESTS_CONSOLE_H

#include <stdbool.h>

#include "lib/screen.h"

/* How long anything may take on a busy machine. No measure: what must be quick is timed. */
#define CONSOLE_WAIT_MS 20000

#define CONSOLE_OPTIONS_MAX 4

/* The path of the fixture's program; valid until the next call. */
const char *console_program(void);
/* Starts it with these options (NULL-terminated or CONSOLE_OPTIONS_MAX of them, may be NULL), in an
 * environment as for screen_start(), and waits for its first frame: until `first` stands there and
 * the screen is settled. The caller gives it to console_end(), or to screen_free(). */
struct screen *console_start(const char *const *options, int rows, int columns,
                             const char *const *environment, const char *first);
/* Types q: the program ends with status 0. console_end() frees the screen and what was sent, too.
 */
void console_quit(struct screen *screen);
void console_end(struct screen *screen);

/* Types these keys (NULL-terminated) one after the other, each awaited by a settled screen. */
void console_press(struct screen *screen, const char *const *keys);
#define PRESS(screen, ...) console_press(screen, (const char *const[]){__VA_ARGS__, NULL})

/* The text comes to stand on the screen; it does not stand there now. */
void console_expect(struct screen *screen, const char *text);
void console_expect_not(struct screen *screen, const char *text);
/* No byte of a hostile order's text (the fixture's --hostile) has reached the terminal raw; nothing
 * but ASCII has. Of all bytes since the start or screen_forget_bytes(). */
void console_expect_clean(const struct screen *screen);
void console_expect_ascii(const struct screen *screen);

/* ---- what it sent ---- */

/* An option for console_start(): commands are kept, a line each, "KIND ARGUMENTS REASON", in a file
 * of this process, which is not there yet. Valid until the next call. */
const char *console_keeps_sent(void);
/* What was sent since it was last forgotten, "" for nothing; heap. */
char *console_sent(void);
bool console_has_sent(void);
void console_forget_sent(void); /* removes the file */
/* Exactly this was sent; forgets it. */
void console_expect_sent(const char *wanted);

#endif
