/* The boundary between the console and everything else. The console knows the journal, the target
 * and the engine only through this header: requests go in, owned replies come out, a wake fd says
 * when. No libpq, libcurl, SQLite, target or source type crosses it.
 *
 * Two worker threads stand behind it, one per connection, so that a target that is down never
 * delays what the journal can answer. UI thread only, unless a function says otherwise. */
#ifndef ORDERSYNC_ENGINE_BOUNDARY_H
#define ORDERSYNC_ENGINE_BOUNDARY_H

#include "base/settings.h"
#include "engine/engine.h"
#include "engine/requests.h"

/* ---- an engine inside the console's process ---- */

struct local_engine;
enum local_state { LOCAL_STARTING, LOCAL_RUNNING, LOCAL_DRAINING, LOCAL_ENDED };

/* Starts an engine on a thread of its own, because starting may wait for the target; returns at
 * once. `settings` is borrowed until local_engine_free(). */
struct local_engine *local_engine_start(const struct settings *settings,
                                        const struct engine_options *options);
/* *ret_error (may be NULL) is what ended it, ERROR_NONE when nothing did. Any thread. */
enum local_state local_engine_state(struct local_engine *local, struct error *ret_error);
/* The engine's own status; false while it starts and after its end. Any thread. */
bool local_engine_status(struct local_engine *local, struct engine_status *ret_status);
void local_engine_stop(struct local_engine *local); /* drain; returns at once; any thread */
void local_engine_free(struct local_engine *local); /* stops, waits for the end; NULL is fine */

/* ---- requests and replies: engine/requests.h ---- */

struct lookup;

/* Starts the workers; connections are opened when first needed. `local` (may be NULL) and
 * `settings` are borrowed until lookup_close(). */
MUST_CHECK bool lookup_open(const struct settings *settings, struct local_engine *local,
                            struct lookup **ret_lookup, struct error *err);
/* Ends the workers: waits for at most the call under way, which is interrupted. NULL is fine. */
void lookup_close(struct lookup *lookup);
int lookup_fd(const struct lookup *lookup); /* readable when a reply waits */
/* Queues a request and returns its ticket. A request replaces an unanswered older one of its kind,
 * but LOOKUP_SEND: those keep their order, up to 32, past which 0 is returned. */
uint64_t lookup_ask(struct lookup *lookup, const struct lookup_request *request);
/* The next reply, or NULL; free it with lookup_reply_free(). */
struct lookup_reply *lookup_take(struct lookup *lookup);
void lookup_reply_free(struct lookup_reply *reply); /* NULL is fine */

#endif
