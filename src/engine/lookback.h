/* The look-back thread: owns the sources that are read by creation time (Stripe, Printful) and a
 * target connection that only reads. It walks their lists, reads again what is unsettled, fetches
 * by id for retries and pulls, and answers with documents; the engine makes jobs of them and
 * settles them, so that journal and checkpoints stay the engine thread's alone. The engine thread
 * asks and takes; nothing here blocks it. */
#ifndef ORDERSYNC_ENGINE_LOOKBACK_H
#define ORDERSYNC_ENGINE_LOOKBACK_H

#include "base/settings.h"
#include "engine/job.h"
#include "source/lookback.h"

#define LOOKBACK_CALLS 4 /* of one source at once; more would not be faster */
/* Sales without a Printful order are not older than this, and not more, when Printful is asked for
 * theirs: each costs a request at every sync, and a shop may have many that Printful never saw. */
#define LOOKBACK_SALES_DAYS 180
#define LOOKBACK_SALES_MAX 1000

struct lookback;
typedef void lookback_wake_fn(void *context);

struct lookback_options {
    const struct settings *settings;
    bool impatient; /* as in struct applier_control */
    int64_t give_up_us;
    lookback_wake_fn *wake; /* called by the thread after each answer */
    void *context;
};
/* Opens the sources whose keys are set, and starts the thread. What cannot be opened is told by
 * lookback_has(). */
struct lookback *lookback_start(const struct lookback_options *options);
/* Ends the thread and closes the sources; nothing calls `wake` afterwards. NULL is fine. */
void lookback_free(struct lookback *lookback);

/* Whether this source is open; *ret_error (may be NULL) says why not. NULL: none is. */
bool lookback_has(const struct lookback *lookback, enum source_kind source,
                  struct error *ret_error);
/* What sync_origin is to hold, "" when it is not open. */
const char *lookback_identity(const struct lookback *lookback, enum source_kind source);
const struct source_ops *lookback_ops(enum source_kind source);
/* As the thread saw it last, at most a tenth of a second ago. */
void lookback_meter(struct lookback *lookback, enum source_kind source,
                    struct source_meter *ret_meter);
/* The reading connection waits for the target. */
bool lookback_waiting(struct lookback *lookback, struct error *ret_error, bool *ret_stopped);

enum lookback_kind {
    LOOKBACK_WALK,      /* a page of a list; of refunds: the sessions they belong to, or `named` */
    LOOKBACK_UNSETTLED, /* names of what may have changed behind the lists (enum unsettled),
                           after `cursor`; window.from_s: the look-back's */
    LOOKBACK_FETCH,     /* these ids; the cursor comes back as it is */
};
struct lookback_request {
    enum lookback_kind kind;
    enum source_kind source;
    struct lookback_window window; /* LOOKBACK_WALK */
    bool named;   /* of refunds: the sessions' names alone, for the asker knows of more */
    bool guesses; /* LOOKBACK_FETCH: an id that begins with @ need not be there: it is then neither
                     missing nor checked */
    bool resumed; /* LOOKBACK_UNSETTLED: what the lists showed before is not known any more */
    char *cursor; /* NULL: the first page; heap */
    char **ids;   /* LOOKBACK_FETCH: heap, strings too */
    size_t id_count; /* at most ENGINE_FETCH_MAX */
    int range;       /* the asker's own */
    uint64_t epoch;  /* the asker's own */
};
/* Observation times are the target's clock. */
struct lookback_answer {
    struct lookback_request request;
    struct error error; /* ERROR_NONE: what follows counts */
    struct page *page;  /* NULL: no documents */
    char **ids;         /* LOOKBACK_UNSETTLED: in order; `named`; heap, strings too */
    size_t id_count;
    char **references; /* `named`: the payments of the refunds; heap, strings too */
    size_t reference_count;
    char **missing; /* asked for by id and gone; heap, strings too */
    size_t missing_count;
    int64_t read_time_ns;
    size_t checked; /* objects that were looked at */
    char *cursor;   /* NULL: there is no more */
};
void lookback_answer_free(struct lookback_answer *answer); /* NULL is fine */

/* The request's memory passes over. */
void lookback_ask(struct lookback *lookback, const struct lookback_request *take_request);
/* The next answer, or NULL; free it with lookback_answer_free(). */
struct lookback_answer *lookback_take(struct lookback *lookback);

#endif
