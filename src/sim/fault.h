/* Faults on purpose, chosen by request count and seed so that a run can be repeated. */
#ifndef ORDERSYNC_SIM_FAULT_H
#define ORDERSYNC_SIM_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define FAULT_MAX_RULES 32
#define FAULT_MAX_TEXT 256

/* Who serves: not every kind is for everybody. */
enum fault_side { FAULT_OF_FIRESTORE = 1, FAULT_OF_REST = 2 };

enum fault_kind {
    FAULT_NONE,
    FAULT_UNAVAILABLE, /* UNAVAILABLE 14 */
    FAULT_EXHAUSTED,   /* RESOURCE_EXHAUSTED 8 */
    FAULT_CUT,     /* half of the first message, then the connection (reset=1: the stream) breaks */
    FAULT_SLOW,    /* delay_ms before every message */
    FAULT_LATENCY, /* delay_ms before the first byte */
    FAULT_STALL,   /* accepted, then silence (for delay_ms, an hour when not said) */
    FAULT_STALE,   /* FAILED_PRECONDITION: snapshot version too old */
    FAULT_INTERNAL,        /* INTERNAL 13 */
    FAULT_DENIED,          /* PERMISSION_DENIED 7 */
    FAULT_UNAUTHENTICATED, /* UNAUTHENTICATED 16 */
    FAULT_GOAWAY,          /* GOAWAY without an error, and the stream ends */
    /* Of the REST sources alone: */
    FAULT_LEGACY,   /* 400 with code rate_limit, as older APIs said it */
    FAULT_LOCK,     /* 429 with code lock_timeout: no rate, but a locked object */
    FAULT_STATUS,   /* an error with the status `code` */
    FAULT_HTML,     /* a gateway's 502 in HTML */
    FAULT_TRUNCATE, /* half of the JSON, as if it were all */
    FAULT_EMPTY,    /* an empty page that says there is more */
    FAULT_BODY,     /* the content of the file `text`, status `code` */
    FAULT_REDIRECT, /* to another name of the same host, status `code` or 302 */
    FAULT_ARRIVE,   /* `more` new objects, just before the answer */
    FAULT_VANISH,   /* the object that the cursor names is gone, from now on */
    /* Of Listen alone. Once: */
    FAULT_RESET,  /* RESET and everything anew */
    FAULT_REMOVE, /* the target is removed, with `code` as its cause */
    FAULT_FILTER, /* an existence filter whose count is wrong by `more` */
    /* As long as the stream lives: */
    FAULT_DUPLICATE, /* changes and deletes are told twice */
    FAULT_REORDER,   /* the version before a change or delete is told after it */
    FAULT_UNSURE,    /* DocumentRemove in place of DocumentDelete and of leaving the result */
    FAULT_FORGET,    /* what left while the client was away is not told but counted */
    FAULT_EXPIRE,    /* the token that it resumes by is too old */
    FAULT_KIND_COUNT
};

/* What befalls a call; it waits until all of the thresholds are reached. */
struct fault_effect {
    enum fault_kind kind;
    int64_t delay_us;
    bool reset;
    bool now;         /* ordered for a stream that runs already */
    bool current;     /* not before the target is current */
    int64_t messages; /* not before so many were told */
    int64_t bytes;
    int64_t after_us;          /* since the stream was opened */
    int code;                  /* REMOVE: the cause; REST: the status, 0 when not said */
    int64_t more;              /* FILTER, ARRIVE */
    int64_t retry_after;       /* seconds; 0: not said */
    char text[FAULT_MAX_TEXT]; /* EXHAUSTED: the reason; BODY: the file */
};

struct fault_set;

/* Rules come from --fault and from the control file, which is read again whenever it has changed.
 */
struct fault_set *fault_set_new(uint64_t seed, const char *control_file, enum fault_side side);
void fault_set_free(struct fault_set *set);
/* "KIND" or "KIND:key=value,...": every=N, after=N, count=N, percent=P, method=NAME, delay_ms=N,
 * reset=0|1, messages=N, bytes=N, ms=N, current=0|1, code=N, more=N, fewer=N, retry_after=N,
 * reason=WORD, file=PATH. Errors: ERROR_USAGE, also for a kind of the other side.
 */
MUST_CHECK bool fault_add(struct fault_set *set, const char *spec, struct error *err);
/* The same as an effect to be had at once. */
MUST_CHECK bool fault_parse(const char *spec, struct fault_effect *ret_effect, struct error *err);
/* Whether it happens once, at a point of the stream; else it is the manner of the whole call. */
bool fault_strikes(enum fault_kind kind);
/* Whether it is one that only a bidirectional stream knows. */
bool fault_is_of_streams(enum fault_kind kind);
/* Whether it waits for a point of the stream beyond its beginning. */
bool fault_waits(const struct fault_effect *effect);

/* Lines of the control file that are no faults. `place` counts them from 0; the line is NULL after
 * the last, with their number as its place. */
typedef void fault_command_fn(void *context, size_t place, const char *line);
void fault_set_commands(struct fault_set *set, fault_command_fn *command, void *context);
/* Reads the control file again when it has changed. */
void fault_poll(struct fault_set *set);
/* What befalls the next request: the first rule that fits. A NULL set has none. */
struct fault_effect fault_next(struct fault_set *set, const char *method);

#endif
