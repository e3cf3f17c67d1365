/* Documents that attach to an order another document makes (Printful): finding that sale, and what
 * they change of it. Their own rows of source_documents are written as all others' (headers.c); the
 * order's rows through a work of their own, work->sales, which has one item for each sale. So
 * several documents of one sale in a batch make one version of it, and a document that moved from
 * one sale to another changes both. */
#ifndef ORDERSYNC_TARGET_ATTACH_H
#define ORDERSYNC_TARGET_ATTACH_H

#include "target/work.h"

/* Documents of this source make no order. */
bool attach_is_for(enum source_kind source);
/* A live attached document that no sale matches. */
bool attach_is_loose(const struct item *item);

/* Looks for the sale of every attached document that may be written or is unchanged: its id is then
 * change->order.order_id_text, "" for none. An unchanged document whose sale is another than before
 * is to be written. With `locked` only of those whose header is locked or new. One round trip, none
 * without attached documents. */
MUST_CHECK bool attach_find(struct work *work, bool locked, struct error *err);

/* After attach_find(): reads the sales of the documents to be written, compares what their plans
 * saw, and diffs: work->sales. With `lock` the orders are locked. */
MUST_CHECK bool attach_compose(struct work *work, bool lock, struct error *err);

/* All of it inside the transaction: find, compose, write the sales. The documents' headers follow.
 */
MUST_CHECK bool attach_write(struct work *work, struct error *err);

/* Before the diff of an order that its own document changes: Printful's status and line items go
 * over the wanted rows (change->order), from the current ones. */
void attach_keep(struct item *item, struct arena *arena);

/* Of a plan: the row changes of work->sales, each to the document it comes from (ret_changes as
 * target_plan() has them). */
void attach_give(struct work *work, struct row_changes *ret_changes);

#endif
