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

static void filter_complete(struct console *console, struct line_edit *edit)
{
    struct search_choices choices;
    search_complete(edit->text, edit->cursor, &choices);
    size_t typed = edit->cursor - choices.from;
    if (choices.common > typed)
        (void)line_edit_insert(edit, choices.items[0] + typed, choices.common - typed);
    if (choices.count != 1)
        note_choices(console, &choices);
}

void filter_ask(struct console *console, const char *text, prompt_fn *done, void *context)
{
    console_prompt(console, "filter:", text, done, context);
    console_prompt_complete(console, filter_complete);
}

void filter_correct(struct console *console, const char *text, size_t at, const char *message,
                    prompt_fn *done, void *context)
{
    filter_ask(console, text, done, context);
    if (at <= console->prompt.len)
        console->prompt.cursor = at;
    console_prompt_note(console, "%s", message);
}
