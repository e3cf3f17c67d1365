/* The checks of `ordersync doctor`: each looks at one dependency and adds lines of ok, warn or fail
 * with a remedy. */
#ifndef ORDERSYNC_CLI_DOCTOR_H
#define ORDERSYNC_CLI_DOCTOR_H

#include "cli/subcommand.h"

enum finding_level { FINDING_OK, FINDING_WARN, FINDING_FAIL };

#define FINDING_MAX 64

struct finding {
    const char *check; /* "target", "journal": which check said it */
    enum finding_level level;
    char text[360];
    char remedy[400]; /* "" for ok */
    int exit_code;    /* for fail */
};

struct doctor {
    struct cli *cli;
    const char *check; /* the one that runs */
    struct finding findings[FINDING_MAX];
    size_t count;
    bool target_answers; /* set by the target's check */
    int64_t skew_us;
};

/* Runs the checks one after the other on the calling thread; `done` gets what each found, and ends
 * it by returning false. */
typedef bool doctor_done_fn(void *context, const struct finding *finding);
void doctor_look(struct doctor *doctor, doctor_done_fn *done, void *context);

void doctor_ok(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void doctor_warn(struct doctor *doctor, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A failure with the error's own remedy and exit code. */
void doctor_fail(struct doctor *doctor, const struct error *err);

/* doctor_local.c: this machine */
void doctor_check_settings(struct doctor *doctor);
void doctor_check_state(struct doctor *doctor);
void doctor_check_journal(struct doctor *doctor);
void doctor_check_terminal(struct doctor *doctor);
/* doctor_remote.c: what is reached over a network */
void doctor_check_target(struct doctor *doctor);
void doctor_check_source(struct doctor *doctor);
void doctor_check_stripe(struct doctor *doctor);
void doctor_check_printful(struct doctor *doctor);
void doctor_check_clock(struct doctor *doctor);

#endif
