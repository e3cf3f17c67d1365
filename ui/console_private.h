/* The console's own state, for console.c, services.c and action.c alone. */
#ifndef ORDERSYNC_UI_CONSOLE_PRIVATE_H
#define ORDERSYNC_UI_CONSOLE_PRIVATE_H

#include "ui/action.h"
#include "ui/ask.h"
#include "ui/checkup.h"
#include "ui/loop.h"
#include "ui/screen.h"
#include "ui/terminal.h"

enum screen_index {
#define SCREEN(name) SCREEN_INDEX_##name,
#include "ui/screens.def"
#undef SCREEN
    SCREEN_COUNT
};
#define STACK_MAX SCREEN_COUNT
#define COMMANDS_SHOWN 20
#define UNMASK_US INT64_C(60000000)

struct console {
    const struct settings *settings; /* borrowed */
    struct console_options options;
    char operator_name[64];
    struct terminal terminal;
    struct local_engine *local; /* NULL: attached */
    bool local_ended;
    struct error engine_error; /* why the local engine ended or never began */
    struct lookup *lookup;
    struct loop loop;
    struct checkup *checkup; /* NULL: nothing was missing so far */
    size_t findings;         /* painted by now */
    bool checkup_over;
    struct theme theme;
    struct paint paint;

    bool have_status;
    struct lookup_status status;
    struct error status_error;
    struct lookup_reply *commands;
    struct lookup_status frozen_status; /* what screens see while the view is frozen */
    int64_t frozen_us;                  /* and the moment they draw */
    bool drawing;
    bool look_again; /* after the next frame: a key or a reply may have shown what is missing */
    int64_t painted_minute;
    bool local_clock;
    bool small; /* one line: nothing can be seen, so no key acts */

    void *states[SCREEN_COUNT];
    const struct screen_ops *stack[STACK_MAX];
    size_t depth;

    char message[320];
    enum role message_role;
    bool prompt_open;
    char prompt_label[64];
    struct line_edit prompt;
    prompt_fn *prompt_done;
    void *prompt_context;
    complete_fn *prompt_complete; /* NULL: Tab does nothing */
    char prompt_note[160];
    bool dialog_open;
    struct dialog dialog;
    confirm_fn *dialog_done;
    void *dialog_context;

    bool frozen;
    int64_t unmask_until_us; /* 0: masked */
    struct action action;    /* being asked about, or sent and watched */
    struct ask ask;          /* being asked about */

    uint64_t asked[LOOKUP_KIND_COUNT]; /* the newest ticket of each kind without a reply; 0 none */
};

const struct screen_ops *console_front(const struct console *console);
void console_back(struct console *console);
/* What a key means, or a word of the line mode: the screen in front has it first. A read-only
 * console refuses what acts. */
void console_do(struct console *console, enum request request);
void console_answer_prompt(struct console *console, const char *text);
/* How the dialog ended. */
void console_answer_dialog(struct console *console, enum dialog_outcome outcome);
/* Every request but the engine's regular status has its reply. */
bool console_settled(const struct console *console);
/* Asks for a word after `:` and carries it out (words.c). */
void console_ask_word(struct console *console);
/* Requests that mean the same on every screen. */
void console_request(struct console *console, enum request request);
/* A run is in progress somewhere: things move without a key. */
bool console_engine_busy(const struct console *console);

#endif
