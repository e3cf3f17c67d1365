/* Typing a filter. */
#include "ui/filter.h"

#include <stdio.h>
#include <string.h>

#include "ui/console_private.h"

/* "dead  retryable  held", as many as there is room for. */
static void note_choices(struct console *console, const struct search_choices *choices)
{
    char line[160] = "";
    size_t len = 0;
    for (size_t i = 0; i < choices->count && len < sizeof(line); i++)
        len += (size_t)snprintf(line + len, sizeof(line) - len, "%s%s", i > 0 ? "  " : "",
                                choices->items[i]);
    console_prompt_note(console, "%s", choices->count == 0 ? "nothing known begins so" : line);
}

static void take_choices(struct console *console, struct line_edit *edit,
                         const struct search_choices *choices)
{
    size_t typed = edit->cursor - choices->from;
    if (choices->common > typed)
        (void)line_edit_insert(edit, choices->items[0] + typed, choices->common - typed);
    if (choices->count != 1)
        note_choices(console, choices);
}

static void search_words(struct console *console, struct line_edit *edit)
{
    struct search_choices choices;
    search_complete(edit->text, edit->cursor, &choices);
    take_choices(console, edit, &choices);
}

void filter_show_words(struct console *console, struct line_edit *edit,
                       const struct filter_word *words, size_t count)
{
    struct search_choices choices;
    filter_words_complete(words, count, edit->text, edit->cursor, &choices);
    take_choices(console, edit, &choices);
}

void filter_ask_words(struct console *console, const char *text, const char *message,
                      complete_fn *complete, prompt_fn *done, void *context)
{
    console_prompt(console, "filter:", text, done, context);
    console_prompt_complete(console, complete);
    if (message != NULL)
        console_prompt_note(console, "%s", message);
}

void filter_ask(struct console *console, const char *text, prompt_fn *done, void *context)
{
    filter_ask_words(console, text, NULL, search_words, done, context);
}

void filter_correct(struct console *console, const char *text, size_t at, const char *message,
                    prompt_fn *done, void *context)
{
    filter_ask_words(console, text, message, search_words, done, context);
    if (at <= console->prompt.len)
        console->prompt.cursor = at;
}
