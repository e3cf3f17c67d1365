/* Listen: a stream of targets, kept consistent with each other. Semantics: google/firestore/v1
 * firestore.proto, and what production does to Google's SDKs. */
#ifndef ORDERSYNC_SIM_LISTEN_H
#define ORDERSYNC_SIM_LISTEN_H

#include "sim/call.h"

#define LISTEN_MAX_TARGETS 100

bool listen_start(struct call *call, struct rpc_status *status);
bool listen_receive(struct call *call, ProtobufCMessage *take_message, struct rpc_status *status);
enum call_step listen_step(struct call *call, struct rpc_status *status);
void listen_finish(void *state);

#endif
