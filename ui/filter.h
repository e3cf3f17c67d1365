/* The filter as it is typed: Tab completes it, and what is wrong is shown where it stands. The
 * language is that of journal/search.h. */
#ifndef ORDERSYNC_UI_FILTER_H
#define ORDERSYNC_UI_FILTER_H

#include "ui/screen.h"

/* Asks for a filter, beginning with `text`; `done` gets it once it can be read, with the context.
 */
void filter_ask(struct console *console, const char *text, prompt_fn *done, void *context);
/* Opens the prompt again on `text`, the cursor at offset `at`, with the message below. */
void filter_correct(struct console *console, const char *text, size_t at, const char *message,
                    prompt_fn *done, void *context);

#endif
