/* The console: an operator's view of the engine and the journal on a terminal. The one entry of
 * ui/. */
#ifndef ORDERSYNC_UI_CONSOLE_H
#define ORDERSYNC_UI_CONSOLE_H

#include "base/settings.h"
#include "engine/engine.h"

enum colour_mode { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

/* One thing that `ordersync doctor` found. */
enum check_level { CHECK_OK, CHECK_WARNING, CHECK_FAILED };
struct console_finding {
    enum check_level level;
    char check[16];
    char text[360];
    char remedy[400]; /* "" where there is none */
};
/* Takes one; false: nobody wants more, end early. Any thread. */
typedef bool finding_fn(void *context, const struct console_finding *finding);
/* Checks everything; runs on a thread of the console's. */
typedef void doctor_fn(void *context, finding_fn *add, void *add_context);

struct console_options {
    bool start_engine; /* run an engine in this process, unless another holds the journal */
    struct engine_options engine; /* for start_engine */
    bool read_only;               /* no acting key exists */
    enum colour_mode colour;      /* AUTO: NO_COLOR, then what the terminal can */
    bool ascii;                   /* also where the codeset is UTF-8 */
    bool plain;                   /* lines in, lines out: no terminal is needed */
    doctor_fn *doctor; /* run once where no engine ever wrote or none could start; may be NULL */
    void *doctor_context;
    const char *operator_name; /* NULL: the login name */
    int64_t fixed_now_us;      /* tests: all clocks stand at this moment; 0: they run */
};

/* Runs until the operator quits, SIGTERM or SIGINT asks, or the terminal is gone; a local engine is
 * drained before it returns. Main thread; the calling program must have no other use of the
 * terminal meanwhile. Signals HUP, INT, TERM, QUIT, TSTP, CONT and WINCH are blocked here and stay
 * blocked, so start no thread before. ERROR_CONSOLE_TERMINAL when there is no usable terminal; the
 * engine's own error when that ended it. */
MUST_CHECK bool console_run(const struct settings *settings, const struct console_options *options,
                            struct error *err);

#endif
