/* The console as lines: words in, text out, for a screen reader or a pipe. The screens are the same
 * ones, drawn in memory and read from there, so that every screen has its line mode at once. */
#ifndef ORDERSYNC_UI_PLAIN_H
#define ORDERSYNC_UI_PLAIN_H

#define PLAIN_ROWS 60
#define PLAIN_COLUMNS 132

struct console;

/* Runs until `quit`, the end of standard input, or a signal. Main thread. */
void plain_run(struct console *console);

#endif
