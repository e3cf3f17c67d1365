/* What the console offers to its screens, and the requests that mean the same on each. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/console_private.h"

int64_t console_now(const struct console *console)
{
    if (console->frozen && console->drawing)
        return console->frozen_us; /* ages stand still too */
    return console->options.fixed_now_us != 0 ? console->options.fixed_now_us : clock_wall_us();
}

struct paint *console_paint(struct console *console)
{
    return &console->paint;
}

const struct lookup_status *console_status(const struct console *console)
{
    if (!console->have_status)
        return NULL;
    return console->frozen ? &console->frozen_status : &console->status;
}

const struct lookup_reply *console_commands(const struct console *console)
{
    return console->commands;
}

const char *console_engine_error(const struct console *console)
{
    /* Another engine holds the journal: this console is attached to it, which is no error. */
    bool own =
        console->engine_error.id != ERROR_NONE && console->engine_error.id != ERROR_JOURNAL_LOCKED;
    return own ? console->engine_error.message : console->status_error.message;
}

struct checkup *console_checkup(const struct console *console)
{
    return console->checkup;
}

bool console_read_only(const struct console *console)
{
    return console->options.read_only;
}

const char *console_environment(const struct console *console)
{
    return settings_text(console->settings, SET_ENVIRONMENT);
}

int64_t console_read_budget(const struct console *console)
{
    return settings_integer(console->settings, SET_READ_BUDGET);
}

bool console_is_prod(const struct console *console)
{
    return strcmp(console_environment(console), "prod") == 0;
}

bool console_engine_runs(const struct console *console)
{
    const struct engine_status *engine = &console->status.engine;
    return console->have_status && console->status.have_engine && engine->state != ENGINE_STOPPED &&
           console_now(console) - engine->beat_us < 10000000;
}

bool console_engine_busy(const struct console *console)
{
    return console_engine_runs(console) && console->status.engine.run_id[0] != '\0' &&
           console->status.engine.state == ENGINE_RUNNING;
}

bool console_local_run(const struct console *console)
{
    return console->local != NULL && console->status.local &&
           console->status.engine.run_id[0] != '\0' &&
           local_engine_state(console->local, NULL) == LOCAL_RUNNING;
}

uint64_t console_ask(struct console *console, const struct lookup_request *request)
{
    uint64_t ticket = lookup_ask(console->lookup, request);
    console->asked[request->kind] = ticket;
    return ticket;
}

void console_repaint(struct console *console)
{
    console->loop.wanted = PAINT_NOW;
}

void console_say(struct console *console, enum role role, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(console->message, sizeof(console->message), format, arguments);
    va_end(arguments);
    console->message_role = role;
    console_repaint(console);
}

void console_quit(struct console *console)
{
    console->loop.done = true;
    if (console->local != NULL)
        local_engine_stop(console->local);
}

struct str console_personal(const struct console *console, struct str text)
{
    bool shown = console->unmask_until_us > console_now(console);
    if (shown || text.data == NULL || text.len == 0)
        return text;
    return str_from(theme_glyph(&console->theme, GLYPH_MASK));
}

void console_copy(struct console *console, struct str text)
{
    if (terminal_copy(&console->terminal, text))
        console_say(console, ROLE_TEXT, "sent to terminal: %.*s", STR_ARG(text));
    else
        console_say(console, ROLE_WARNING, "this terminal takes no copies: %.*s", STR_ARG(text));
}

void console_prompt(struct console *console, const char *label, const char *initial,
                    prompt_fn *done, void *context)
{
    snprintf(console->prompt_label, sizeof(console->prompt_label), "%s", label);
    line_edit_set(&console->prompt, initial);
    console->prompt_done = done;
    console->prompt_context = context;
    console->prompt_complete = NULL;
    console->prompt_note[0] = '\0';
    console->prompt_open = true;
    console_repaint(console);
}

void console_prompt_complete(struct console *console, complete_fn *complete)
{
    console->prompt_complete = complete;
}

void console_prompt_note(struct console *console, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(console->prompt_note, sizeof(console->prompt_note), format, arguments);
    va_end(arguments);
    console_repaint(console);
}

void console_confirm(struct console *console, const struct dialog *dialog, confirm_fn *done,
                     void *context)
{
    console->dialog = *dialog;
    console->dialog_done = done;
    console->dialog_context = context;
    console->dialog_open = true;
    terminal_drop_keys(
        &console->terminal); /* keys typed before the question was seen do not answer it */
    console_repaint(console);
}

/* ---- requests ---- */

static void quit_confirmed(struct console *console, void *context, const struct dialog *dialog)
{
    (void)context;
    (void)dialog;
    console_quit(console);
}

static void ask_quit(struct console *console)
{
    if (!console_local_run(console)) {
        console_quit(console);
        return;
    }
    struct dialog dialog = {.title = "Quit", .confirm = "Quit"};
    dialog_line(&dialog, "A %.20s is in progress in this console.",
                console->status.engine.run_kind);
    dialog_line(&dialog, "It settles what is under way, keeps its checkpoint and stops;");
    dialog_line(&dialog, "the next start continues where it stopped.");
    console_confirm(console, &dialog, quit_confirmed, NULL);
}

void console_unmask(struct console *console)
{
    action_unmask(console);
}

static const struct screen_ops *screen_of_request(const struct console *console,
                                                  enum request request)
{
    const struct screen_ops *screen;
    for (size_t i = 0; (screen = console_screen(console, i)) != NULL; i++)
        if (screen->request == request)
            return screen;
    return NULL;
}

static void freeze(struct console *console)
{
    console->frozen = !console->frozen;
    console->frozen_status = console->status;
    console->frozen_us =
        console->options.fixed_now_us != 0 ? console->options.fixed_now_us : clock_wall_us();
    if (!console->frozen) /* what was held back meanwhile */
        console_ask(console,
                    &(struct lookup_request){.kind = LOOKUP_COMMANDS, .max = COMMANDS_SHOWN});
}

void console_request(struct console *console, enum request request)
{
    const struct screen_ops *screen = screen_of_request(console, request);
    if (screen != NULL) {
        console_show(console, screen);
        return;
    }
    switch (request) {
    case REQUEST_QUIT:
        ask_quit(console);
        break;
    case REQUEST_BACK:
        console_back(console);
        break;
    case REQUEST_COMMAND:
        console_ask_word(console);
        break;
    case REQUEST_REDRAW:
        clearok(curscr, TRUE);
        break;
    case REQUEST_FREEZE:
        freeze(console);
        break;
    case REQUEST_CLOCK:
        console->local_clock = !console->local_clock;
        break;
    case REQUEST_UNMASK:
        console_unmask(console);
        break;
    default: /* a movement where nothing moves */
        break;
    }
}
