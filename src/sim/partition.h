/* PartitionQuery: cut points of a collection group. */
#ifndef ORDERSYNC_SIM_PARTITION_H
#define ORDERSYNC_SIM_PARTITION_H

#include "sim/call.h"

#define PARTITION_DOCUMENTS 128 /* at least about so many between two cut points */

bool partition_query_start(struct call *call, struct rpc_status *status);

#endif
