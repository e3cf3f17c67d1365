/* The listener of one Firestore source: the state machine behind source/listen.h. Engine thread
 * only. */
#ifndef ORDERSYNC_SOURCE_FIRESTORE_LISTEN_H
#define ORDERSYNC_SOURCE_FIRESTORE_LISTEN_H

#include "base/error.h"
#include "source/grpc.h"
#include "source/listen.h"

struct listen;
struct settings;

/* No traffic. `source` has its client; `channel` describes where the streams go. Errors: as
 * http_new(), grpc_channel_new(). */
MUST_CHECK bool listen_new(struct source *source, const struct settings *settings,
                           const struct grpc_channel_options *channel, struct listen **ret_listen,
                           struct error *err);
void listen_free(struct listen *listen); /* NULL is fine; no event comes after */

/* Does what is due. *timeout_us is lowered to what is due next; returns the pool to step beside the
 * source's own, NULL while there is nothing to read or reading is held back. */
struct http *listen_prepare(struct listen *listen, int64_t *timeout_us);
/* Tells what has arrived. */
void listen_pump(struct listen *listen);

struct source_meter;
void listen_meter(const struct listen *listen, struct source_meter *meter); /* adds its part */

extern const struct listen_ops firestore_listen;

#endif
