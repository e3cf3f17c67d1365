/* A sync's pages (sync_page.c), for sync.c alone. Engine thread. */
#ifndef ORDERSYNC_ENGINE_SYNC_PAGE_H
#define ORDERSYNC_ENGINE_SYNC_PAGE_H

#include "engine/sync.h"

bool sync_is_dry(const struct sync *sync);
bool sync_range_is_unsettled(const struct sync *sync, const struct sync_range *range);
/* Refunds are no documents: the sessions they belong to are read again. */
bool sync_range_is_refunds(const struct sync *sync, const struct sync_range *range);
/* All up to the position is settled, documents of this weight; takes the position. */
void sync_checkpoint_move(struct sync_range *range, char *take_position, uint64_t weight);
/* Documents go to the writers; without any the cursor moves all the same. */
void sync_take_documents(struct engine *engine, struct sync_range *range,
                         struct lookback_answer *answer);
/* Names are asked for, but those that this run has read. */
void sync_take_names(struct engine *engine, struct sync_range *range,
                     struct lookback_answer *answer);

#endif
