/* A failure as JSON, the same in `failed` and `show`. */
#ifndef ORDERSYNC_CLI_FAILURE_NODE_H
#define ORDERSYNC_CLI_FAILURE_NODE_H

#include "cli/output.h"
#include "journal/reader.h"

void failure_node_fill(struct node *object, const struct failure_row *row);

#endif
