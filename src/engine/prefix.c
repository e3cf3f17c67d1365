/* A ring of tickets. */
#include "engine/prefix.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

static struct prefix_slot *prefix_slot(struct prefix *prefix, uint64_t ticket)
{
    return &prefix->slots[ticket % PREFIX_MAX];
}

size_t prefix_room(const struct prefix *prefix)
{
    return PREFIX_MAX - (size_t)(prefix->next - prefix->first);
}

bool prefix_is_empty(const struct prefix *prefix)
{
    return prefix->next == prefix->first;
}

uint64_t prefix_open(struct prefix *prefix, const char *position, uint64_t weight)
{
    assert(prefix_room(prefix) > 0);
    uint64_t ticket = prefix->next++;
    *prefix_slot(prefix, ticket) = (struct prefix_slot){memory_string(position), weight, false};
    return ticket;
}

bool prefix_extend(struct prefix *prefix, const char *position)
{
    if (prefix_is_empty(prefix))
        return false;
    struct prefix_slot *slot = prefix_slot(prefix, prefix->next - 1);
    free(slot->position);
    slot->position = memory_string(position);
    return true;
}

bool prefix_settle(struct prefix *prefix, uint64_t ticket, char **ret_position,
                   uint64_t *ret_weight)
{
    if (ticket < prefix->first || ticket >= prefix->next)
        return false;
    prefix_slot(prefix, ticket)->settled = true;
    char *position = NULL;
    uint64_t weight = 0;
    while (!prefix_is_empty(prefix) && prefix_slot(prefix, prefix->first)->settled) {
        struct prefix_slot *slot = prefix_slot(prefix, prefix->first++);
        free(position);
        position = slot->position;
        weight += slot->weight;
        *slot = (struct prefix_slot){0};
    }
    if (position == NULL)
        return false;
    *ret_position = position;
    *ret_weight = weight;
    return true;
}

void prefix_free(struct prefix *prefix)
{
    for (size_t i = 0; i < PREFIX_MAX; i++)
        free(prefix->slots[i].position);
    *prefix = (struct prefix){0};
}
