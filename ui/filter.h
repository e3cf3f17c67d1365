/* The filter as it is typed: Tab completes it, and what is wrong is shown where it stands. */
#ifndef ORDERSYNC_UI_FILTER_H
#define ORDERSYNC_UI_FILTER_H

#include "ui/filter_words.h"
#include "ui/screen.h"

/* Asks for a filter of failures (the language of journal/search.h), beginning with `text`; `done`
 * gets it at Enter, with the context. */
void filter_ask(struct console *console, const char *text, prompt_fn *done, void *context);
/* Opens the prompt again on `text`, the cursor at offset `at`, with the message below. */
void filter_correct(struct console *console, const char *text, size_t at, const char *message,
                    prompt_fn *done, void *context);

/* The same for a language of the screen's own: `complete` is called at Tab, and may leave its work
 * to filter_show_words(). A message: what was wrong with the text; NULL: nothing yet. */
void filter_ask_words(struct console *console, const char *text, const char *message,
                      complete_fn *complete, prompt_fn *done, void *context);
void filter_show_words(struct console *console, struct line_edit *edit,
                       const struct filter_word *words, size_t count);

#endif
