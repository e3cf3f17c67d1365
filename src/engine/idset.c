/* Open addressing, at most half full. */
#include "engine/idset.h"

#include <stdlib.h>

#include "base/memory.h"

/* FNV-1a; 0 marks an empty slot. */
static uint64_t idset_hash(const char *id)
{
    uint64_t hash = 14695981039346656037u;
    for (; *id != '\0'; id++)
        hash = (hash ^ (unsigned char)*id) * 1099511628211u;
    return hash == 0 ? 1 : hash;
}

/* The hash's slot, or the empty one where it belongs. */
static uint64_t *idset_slot(const struct idset *set, uint64_t hash)
{
    size_t at = (size_t)hash & (set->size - 1);
    while (set->slots[at] != 0 && set->slots[at] != hash)
        at = (at + 1) & (set->size - 1);
    return &set->slots[at];
}

static void idset_grow(struct idset *set)
{
    struct idset grown = {.size = set->size == 0 ? 1024 : set->size * 2, .count = set->count};
    grown.slots = memory_zero(grown.size, sizeof(*grown.slots));
    for (size_t i = 0; i < set->size; i++) {
        if (set->slots[i] != 0)
            *idset_slot(&grown, set->slots[i]) = set->slots[i];
    }
    free(set->slots);
    *set = grown;
}

void idset_add(struct idset *set, const char *id)
{
    if (set->count >= IDSET_MAX)
        return;
    if (set->count >= set->size / 2)
        idset_grow(set);
    uint64_t hash = idset_hash(id);
    uint64_t *slot = idset_slot(set, hash);
    set->count += *slot == 0;
    *slot = hash;
}

bool idset_has(const struct idset *set, const char *id)
{
    return set->size > 0 && *idset_slot(set, idset_hash(id)) != 0;
}

void idset_free(struct idset *set)
{
    free(set->slots);
    *set = (struct idset){0};
}
