/* The made-up journal and target behind the console in screen tests. */
#ifndef ORDERSYNC_TESTS_FIXTURE_H
#define ORDERSYNC_TESTS_FIXTURE_H

#include "engine/boundary.h"

/* 2026-11-23 02:57:11 UTC: the moment at which all clocks of a test stand. */
#define FIXTURE_NOW INT64_C(1795402631000000)

struct fixture_options {
    bool empty;   /* no engine ever wrote */
    bool hostile; /* text that tries to drive the terminal */
    bool idle;    /* no run in progress */
    bool target_down;
    bool attached;     /* the engine runs in another process */
    bool bulk;         /* a bulk action is under way, and a second one */
    bool sales;        /* Stripe and Printful are read too; Printful tells its quota */
    bool held;         /* the last group's changes are held */
    bool moving;       /* the clock runs, and a backfill with it */
    bool dying;        /* more dead letters at each look */
    bool inspected;    /* a document was read from its source */
    uint64_t many;     /* so many failures in the first group; 0: the handful of the frames */
    bool answers;      /* what was sent is carried out at once */
    const char *sends; /* file that gets a line for each command sent */
};
extern struct fixture_options fixture_options;

/* Where the clock stands, or the real one. */
int64_t fixture_now(void);
/* The text; under --hostile one that tries to drive the terminal, or 10,000 characters of that. */
const char *fixture_text(const char *text);
const char *fixture_long_text(const char *text);
/* Fills in what a request asks for. */
void fixture_answer(const struct lookup_request *request, struct lookup_reply *reply);

/* fixture_plan.c: false when the request is not about plans. */
bool fixture_plan_answer(const struct lookup_request *request, struct lookup_reply *reply);
void fixture_plan_sent(const char *arguments); /* of an "apply" */
unsigned fixture_plan_version(void);
/* The command, once it is carried out. */
bool fixture_plan_command(struct command_row *row);

/* fixture_log.c */
void fixture_log(const struct lookup_request *request, struct lookup_reply *reply);

/* fixture_inspect.c */
void fixture_inspection(struct lookup_reply *reply);
void fixture_inspection_sent(const char *command);
unsigned fixture_inspection_version(void);

#endif
