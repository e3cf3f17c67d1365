/* What `ordersync status` knows, and the two ways to say it. Main thread. */
#ifndef ORDERSYNC_CLI_STATUS_H
#define ORDERSYNC_CLI_STATUS_H

#include "cli/subcommand.h"
#include "journal/reader.h"
#include "journal/verification.h"

#define PROBLEMS_MAX 16

/* Why a person is needed. */
struct problem {
    char what[24]; /* "lag": for monitors, never changed */
    char words[160];
};

struct overview {
    bool have_journal;
    struct engine_status engine;
    bool engine_there; /* an engine wrote here at least once */
    bool runs;         /* an engine holds the journal's lock now */
    bool stale;        /* it does, but has gone silent */
    bool lost;         /* the last one ended without a word */
    uint64_t states[FAILURE_STATE_COUNT];
    struct run_row last_run;
    bool have_run;
    struct verification verification; /* the newest */
    bool have_verification;
    struct problem problems[PROBLEMS_MAX];
    size_t problem_count;
};

/* status_alerts.c: measures against the alert_ settings. */
void status_find_problems(const struct settings *settings, struct overview *overview);
void status_add_problem(struct overview *overview, bool there, const char *what, const char *format,
                        ...) __attribute__((format(printf, 4, 5)));

/* status_print.c */
void status_print_plain(const struct cli *cli, const struct overview *overview);
void status_print_json(const struct cli *cli, const struct overview *overview);

#endif
