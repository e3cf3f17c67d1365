/* Following a Firestore source in a test: a source toward a puppet or another peer, the events it
 * tells as lines of text, and a Listen server's messages. Tests only. */
#ifndef ORDERSYNC_TESTS_LISTENING_H
#define ORDERSYNC_TESTS_LISTENING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/settings.h"
#include "lib/puppet.h"
#include "source/listen.h"
#include "source/source.h"

#define LISTENING_ROOT "projects/shop-1/databases/(default)/documents/Orders/"
#define LISTENING_TARGET 1
/* Where to begin, for listening_begin() and restart(). */
#define LISTENING_FROM_TOKEN(text)                                                                 \
    (&(struct listen_start){.token = STR(text), .read_time_ns = TIME_NONE})
#define LISTENING_FROM_TIME(ns) (&(struct listen_start){.token = STR_NULL, .read_time_ns = (ns)})

struct listening {
    struct puppet *puppet; /* NULL: another peer */
    struct source *source;
    struct buffer said; /* "OPENED nothing; DOCUMENT a; SNAPSHOT 7 t1; " */
    size_t events;
    size_t documents;
    struct error error; /* of the latest LOST or FAILED */
    int64_t retry_in_us;
    size_t hold_after; /* events; then hold() from inside. 0: never */
    listen_fn *also;   /* NULL, or called with this as context */
};

/* Begins to listen with the settings given (NULL-name terminated, may be NULL) toward a new puppet;
 * `start` NULL: from nothing. */
void listening_begin(struct listening *listening, const struct setting_override *more,
                     const struct listen_start *start);
/* The same toward any host; no puppet. `project` as in its names. */
void listening_begin_at(struct listening *listening, const char *host, const char *project,
                        const struct setting_override *more, const struct listen_start *start);
void listening_end(struct listening *listening);

/* Steps both sides until this was said since the last call (then forgets it), or fails the test
 * after 20 s. ALIVE is left out of what is compared. */
void listening_expect(struct listening *listening, const char *said);
/* Steps both sides for a while, whatever comes. */
void listening_run(struct listening *listening, int64_t duration_us);
/* Steps until stream `index` came with a whole first message, and returns it. */
struct puppet_stream *listening_stream(struct listening *listening, size_t index);
/* What the stream asked for: "nothing", "token t1", "time 5". */
const char *listening_asked(struct puppet_stream *stream);

/* ---- what a server says ---- */

enum { SAYS_KEEP, SAYS_ADD, SAYS_REMOVE, SAYS_CURRENT, SAYS_RESET }; /* TargetChange's numbers */
/* A target change: about our target (`target` > 0), or all (0). read_time 0 and token NULL: none;
 * cause 0: none. */
void says_target(struct puppet_stream *stream, int type, int target, const char *token,
                 int64_t read_time_ns, int cause);
/* ADD, CURRENT and the first snapshot. */
void says_begin(struct puppet_stream *stream, const char *token, int64_t read_time_ns);
void says_document(struct puppet_stream *stream, const char *id, size_t bytes);
void says_left(struct puppet_stream *stream, const char *id);
void says_deleted(struct puppet_stream *stream, const char *id, int64_t read_time_ns);
void says_removed(struct puppet_stream *stream, const char *id, int64_t read_time_ns);
void says_count(struct puppet_stream *stream, int count);
/* Makes the message of says_document(), for sending in pieces; frame and all. */
void says_document_bytes(const char *id, size_t bytes, struct buffer *ret_frame);

#endif
