/* The survey thread: walks the names of the target on a connection of its own, so that neither
 * engine nor writers wait for a million rows. One request at a time. */
#ifndef ORDERSYNC_ENGINE_SURVEY_H
#define ORDERSYNC_ENGINE_SURVEY_H

#include "base/settings.h"
#include "journal/seen.h"
#include "model/order.h"

struct survey;
typedef void survey_wake_fn(void *context);

enum survey_kind {
    SURVEY_VIEW, /* how many documents of the source we know: live rows and failures without one */
    SURVEY_ABSENT, /* which live rows, of at most this version, a listing lacks; where all were
                      asked for also which failures without a row */
};
struct survey_request {
    enum survey_kind kind;
    struct seen *seen; /* SURVEY_ABSENT: lent until the answer */
    int64_t version;
    int64_t created_since_ns; /* of those alone that were created since; TIME_NONE: of all */
};
struct survey_answer {
    struct survey_request request;
    bool done;          /* false: cancelled, or `error` says why */
    struct error error; /* of a class that no waiting mends; else it waits by itself */
    uint64_t view;      /* SURVEY_VIEW; for SURVEY_ABSENT the live rows alone */
    uint64_t absent;
};

struct survey_options {
    const struct settings *settings;
    enum source_kind source;
    const char *identity;
    survey_wake_fn *wake; /* called by the thread when an answer is there */
    void *context;
};
struct survey *survey_start(const struct survey_options *options);
bool survey_is_idle(struct survey *survey); /* takes a request; its last answer was taken */
void survey_ask(struct survey *survey, const struct survey_request *request);
bool survey_take(struct survey *survey, struct survey_answer *ret_answer);
/* What it waits for now, if anything. */
bool survey_waiting(struct survey *survey, struct error *ret_error, bool *ret_stopped);
void survey_free(struct survey *survey); /* cancels and joins; NULL is fine */

#endif
