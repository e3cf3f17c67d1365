/* What `ordersync status` knows, and the two ways to say it. Main thread. */
#ifndef ORDERSYNC_CLI_STATUS_H
#define ORDERSYNC_CLI_STATUS_H

#include "cli/subcommand.h"
#include "journal/alerts.h"

struct overview {
    bool have_journal;
    struct engine_status engine;
    bool engine_there; /* an engine wrote here at least once */
    bool runs;         /* an engine holds the journal's lock now */
    bool stale;        /* it does, but has gone silent */
    bool lost;         /* the last one ended without a word */
    struct alert_facts facts;
    struct alerts alerts;
};

/* Calls `tell` with each reason why a person is needed: its name for monitors, and words. */
typedef void problem_fn(void *context, const char *what, const char *words);
void status_tell_problems(const struct overview *overview, problem_fn *tell, void *context);

/* status_print.c */
void status_print_plain(const struct cli *cli, const struct overview *overview);
void status_print_json(const struct cli *cli, const struct overview *overview);

#endif
