/* Documents that claim one Shopify order: a conflict that a unique index refuses. */
#ifndef ORDERSYNC_TARGET_CLAIMS_H
#define ORDERSYNC_TARGET_CLAIMS_H

#include "target/work.h"

/* After that violation has ended the transaction: replaces *err by one that names both documents.
 */
void claims_name(struct work *work, struct error *err);

/* For a plan: what would be refused gets OUTCOME_FAILED and ERROR_TARGET_CLAIMED, after
 * work_settle(). One round trip, none when the batch claims nothing. */
MUST_CHECK bool claims_plan(struct work *work, struct error *err);

#endif
