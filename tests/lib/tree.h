/* Random value trees for property tests: the same seed makes the same tree. */
#ifndef ORDERSYNC_TESTS_TREE_H
#define ORDERSYNC_TESTS_TREE_H

#include "model/value.h"

struct tree_random {
    uint64_t state;
};
uint64_t tree_next(struct tree_random *random);
/* Uniform in [0, below). */
size_t tree_below(struct tree_random *random, size_t below);

/* A map of every kind of value, odd ones among them: NaN, infinities, -0.0, U+0000 in text and
 * keys, literals that no double holds, empty maps, long texts. */
const struct value *tree_make(struct tree_random *random, struct arena *arena);

#endif
