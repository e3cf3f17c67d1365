/* What a screen is, and what the console offers to screens. A further screen is one file with a
 * struct screen_ops, a line in screens.def and its bindings. UI thread only, all of it. */
#ifndef ORDERSYNC_UI_SCREEN_H
#define ORDERSYNC_UI_SCREEN_H

#include "engine/boundary.h"
#include "ui/bindings.h"
#include "ui/checkup.h"
#include "ui/console.h"
#include "ui/dialog.h"
#include "ui/paint.h"

struct console;

struct screen_ops {
    const char *name;             /* the word for `:` and the breadcrumb */
    const char *title;            /* on its tab; NULL: it has none */
    enum request request;         /* opens it; REQUEST_NONE: another screen does */
    enum binding_context context; /* its keys */
    size_t size; /* of its state, which starts zeroed and lives as long as the console */
    /* It comes to the front: ask for what it shows. May be NULL, as all that follow but draw. */
    void (*enter)(struct console *console, void *state);
    /* About 4 times a second while it is in front, never while the view is frozen: ask anew what
     * has changed. Draws nothing. */
    void (*update)(struct console *console, void *state);
    /* A reply it asked for (compare the ticket). True: it keeps the reply and frees it; the console
     * repaints. */
    bool (*take)(struct console *console, void *state, struct lookup_reply *reply);
    void (*draw)(struct console *console, void *state, struct rect body);
    /* A request of its context or a movement; false: not its own. */
    bool (*act)(struct console *console, void *state, enum request request);
    /* Words for the breadcrumb, "" for none. */
    const char *(*crumb)(struct console *console, void *state);
    /* False: the request would do nothing at this moment, so the hint line leaves it out. */
    bool (*can)(struct console *console, void *state, enum request request);
    /* The request's word on the hint line where its general one says too little; NULL: that one. */
    const char *(*label)(struct console *console, void *state, enum request request);
    void (*close)(void *state);
};

#define SCREEN(name) extern const struct screen_ops screen_##name;
#include "ui/screens.def"
#undef SCREEN

/* ---- what screens may ask of the console ---- */

int64_t console_now(const struct console *console); /* wall clock, microseconds */
struct paint *console_paint(struct console *console);
const struct lookup_status *
console_status(const struct console *console); /* NULL before the first */
const struct lookup_reply *
console_commands(const struct console *console); /* newest first; may be NULL */
const char *
console_engine_error(const struct console *console);            /* why no engine runs here, or "" */
struct checkup *console_checkup(const struct console *console); /* NULL: nothing is missing */
bool console_read_only(const struct console *console);
const char *console_environment(const struct console *console); /* "dev", "staging", "prod" */
int64_t console_read_budget(const struct console *console);     /* reads a day; 0 none */
bool console_is_prod(const struct console *console);            /* every dialog asks for its name */
bool console_engine_runs(const struct console *console);        /* somewhere, here or attached */
bool console_local_run(const struct console *console); /* a run is in progress in this process */

uint64_t console_ask(struct console *console, const struct lookup_request *request);
void console_repaint(struct console *console);
/* One line above the hints, until the next key. */
void console_say(struct console *console, enum role role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void console_show(struct console *console,
                  const struct screen_ops *screen); /* on top of this one */
void *console_state(struct console *console, const struct screen_ops *screen);
/* The screen below the one in front: help is about it. */
const struct screen_ops *console_below(const struct console *console);
const struct screen_ops *console_screen(const struct console *console,
                                        size_t index); /* NULL: end */
void console_quit(struct console *console);            /* at once; a local engine is drained */
/* Personal data: the text itself, or the mask's glyph. */
struct str console_personal(const struct console *console, struct str text);
void console_unmask(struct console *console);
void console_copy(struct console *console, struct str text);

/* Asks for one line; `done` gets what was typed at Enter, nobody is called at Esc. */
typedef void prompt_fn(struct console *console, void *context, const char *text);
void console_prompt(struct console *console, const char *label, const char *initial,
                    prompt_fn *done, void *context);
/* For the prompt just opened: Tab calls it to complete what stands before the cursor. */
typedef void complete_fn(struct console *console, struct line_edit *edit);
void console_prompt_complete(struct console *console, complete_fn *complete);
/* A line below the prompt in place of its hints, until the next key: what could follow, or what is
 * wrong so far. */
void console_prompt_note(struct console *console, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Opens a dialog; typed-ahead keys are dropped. `done` is called when it is confirmed, and only
 * then. */
typedef void confirm_fn(struct console *console, void *context, const struct dialog *dialog);
void console_confirm(struct console *console, const struct dialog *dialog, confirm_fn *done,
                     void *context);

#endif
