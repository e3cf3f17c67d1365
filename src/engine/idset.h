/* A bounded set of ids, by a hash of 64 bits: what a run has read already. An id that is taken for
 * another is one chance in billions of billions; past the maximum, ids are not kept: then documents
 * are read twice, which does no harm. */
#ifndef ORDERSYNC_ENGINE_IDSET_H
#define ORDERSYNC_ENGINE_IDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDSET_MAX (1u << 18)

struct idset {
    uint64_t *slots; /* 0: empty */
    size_t size;     /* a power of two */
    size_t count;
};
void idset_add(struct idset *set, const char *id);
bool idset_has(const struct idset *set, const char *id);
void idset_free(struct idset *set);

#endif
