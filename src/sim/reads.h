/* Firestore's read methods and transactions' beginnings. */
#ifndef ORDERSYNC_SIM_READS_H
#define ORDERSYNC_SIM_READS_H

#include "sim/call.h"

bool run_query_start(struct call *call, struct rpc_status *status);
enum call_step run_query_step(struct call *call, struct rpc_status *status);
void run_query_finish(void *state);
bool count_start(struct call *call, struct rpc_status *status);
enum call_step count_step(struct call *call, struct rpc_status *status);
bool batch_get_start(struct call *call, struct rpc_status *status);
enum call_step batch_get_step(struct call *call, struct rpc_status *status);
void batch_get_finish(void *state);
bool get_document_start(struct call *call, struct rpc_status *status);
bool list_documents_start(struct call *call, struct rpc_status *status);
bool list_collections_start(struct call *call, struct rpc_status *status);
bool begin_transaction_start(struct call *call, struct rpc_status *status);
bool rollback_start(struct call *call, struct rpc_status *status);

#endif
