/* Following a source: what it tells of its changes, in its order. The protocol (streams,
 * reconnects, backoff, tokens' transport) stays behind these events; what they mean for the target
 * is the engine's (engine/live.c). Firestore's meaning of each: facts, Listen semantics. Engine
 * thread only. */
#ifndef ORDERSYNC_SOURCE_LISTEN_H
#define ORDERSYNC_SOURCE_LISTEN_H

#include "base/error.h"
#include "base/str.h"

struct source;

enum listen_event_kind {
    LISTEN_OPENED,   /* the stream is up and the target asked for: `resumed` says by what */
    LISTEN_DOCUMENT, /* created or changed: id, raw */
    LISTEN_GONE,     /* deleted: id, read_time_ns */
    LISTEN_UNSURE,   /* left the result, or the server cannot tell: to be confirmed by a read: id,
                        read_time_ns */
    LISTEN_RESET,    /* what was told is void; the whole set follows until the next snapshot */
    LISTEN_FILTER,   /* the server counts `count` documents at this point */
    LISTEN_SNAPSHOT, /* consistent at read_time_ns; token resumes from here */
    LISTEN_ALIVE,    /* a heartbeat */
    LISTEN_LOST,     /* the stream ended; it is opened again after retry_in_us: err says why
                      * (ERROR_NONE: routine). What came since the last snapshot is told again. */
    LISTEN_FAILED,   /* permanent: the source will not open it again by itself: err.
                      * ERROR_SOURCE_STALE: the position cannot be resumed; restart() skips ahead,
                      * and a backfill must fill the gap. */
};

enum listen_resume {
    LISTEN_FROM_NOTHING, /* the whole set is told first: absences count at the first snapshot */
    LISTEN_FROM_TOKEN,
    LISTEN_FROM_TIME,
};

struct listen_event {
    enum listen_event_kind kind;
    enum listen_resume resumed;
    struct str id;  /* valid during the call, like everything here */
    struct str raw; /* one document, as pages hold them */
    int64_t read_time_ns;
    struct str token; /* opaque bytes */
    int64_t count;
    int64_t retry_in_us;
    const struct error *err;
};
/* Told from step(), outside of any transfer: start, restart, hold, stop and requests are all
 * allowed inside; closing the source is not. After stop() or restart() inside, no further event of
 * the old stream comes. */
typedef void listen_fn(void *context, const struct listen_event *event);

struct listen_start {
    struct str token;     /* empty: none */
    int64_t read_time_ns; /* TIME_NONE: none; used when there is no token */
};

struct listen_ops {
    /* Opens the stream on a connection of its own and keeps it open for ever: silence timer
     * (setting listen_silence), deadline from ADD to CURRENT (listen_current), planned reconnects
     * with fresh credentials (listen_reconnect), the SDK's backoff. After LISTEN_LOST it resumes by
     * the newest snapshot's token, or as `start` said while there was none; after LISTEN_RESET and
     * before the next snapshot, from nothing. A `resumed` of OPENED always says which. Cannot fail
     * here: what is wrong comes as LOST or FAILED. `start` is copied. */
    void (*start)(struct source *source, const struct listen_start *start, listen_fn *event,
                  void *context);
    /* Begins again as told: by another position, or from nothing. Used for a stale token and after
     * a wrong count. */
    void (*restart)(struct source *source, const struct listen_start *start);
    /* Back-pressure: no event is told while held, the connection is not read (a few MiB at most
     * were read before), and no timer of the stream runs. */
    void (*hold)(struct source *source, bool held);
    void (*stop)(struct source *source);
};

#endif
