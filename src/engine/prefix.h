/* The contiguous prefix: work is handed out in order, settles in any order, and only what has
 * nothing unsettled before it moves the checkpoint. One owner (the engine thread). */
#ifndef ORDERSYNC_ENGINE_PREFIX_H
#define ORDERSYNC_ENGINE_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PREFIX_MAX 128 /* tickets out at once */

struct prefix_slot {
    char *position; /* where the checkpoint stands once this and all before it are settled; heap */
    uint64_t weight;
    bool settled;
};
struct prefix {
    struct prefix_slot slots[PREFIX_MAX];
    uint64_t first; /* ticket of the oldest unsettled */
    uint64_t next;  /* ticket to be given */
};

size_t prefix_room(const struct prefix *prefix); /* tickets that may be given now */
bool prefix_is_empty(const struct prefix *prefix);
/* A ticket for work that ends at `position` (copied). Needs room: who gives tickets looks first. */
uint64_t prefix_open(struct prefix *prefix, const char *position, uint64_t weight);
/* What was handed out so far ends at `position`: the newest ticket out takes it. False when none is
 * out: then the checkpoint stands there already. */
bool prefix_extend(struct prefix *prefix, const char *position);
/* Marks a ticket settled. When the prefix grew: true, *ret_position (caller frees) and *ret_weight
 * tell up to where and how much since the last time. An unknown or already settled ticket changes
 * nothing. */
bool prefix_settle(struct prefix *prefix, uint64_t ticket, char **ret_position,
                   uint64_t *ret_weight);
void prefix_free(struct prefix *prefix);

#endif
