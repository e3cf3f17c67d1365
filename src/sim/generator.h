/* Generated orders: document i of a seed is a template's bytes with its own ids, dates, customer
 * and price. A million of them take the memory of the templates; making one costs a copy and some
 * fifty small writes. */
#ifndef ORDERSYNC_SIM_GENERATOR_H
#define ORDERSYNC_SIM_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "base/str.h"

#define GENERATOR_MAX_DOCUMENTS 1000000
#define GENERATOR_MAX_BROKEN 1000
#define GENERATOR_ID_LENGTH 13

struct generator;

/* `broken` documents of `count` fail for honest reasons, spread evenly; the same (seed, index) is
 * broken or whole for the same count and broken. Both are cut to their maxima. */
struct generator *generator_new(size_t count, uint64_t seed, size_t broken);
void generator_free(struct generator *generator);

/* Of a seed alone, whatever the count: what other simulated sources refer to. */
int64_t generator_seed_id(uint64_t seed, size_t index);      /* the Shopify order's */
size_t generator_seed_customer(uint64_t seed, size_t index); /* shopper.(1000000 + N)@example.com */
unsigned generator_seed_persona(size_t customer);            /* below PERSONAS */

size_t generator_count(const struct generator *generator);
/* 13 digits, growing with the index. */
int64_t generator_id(const struct generator *generator, size_t index);
void generator_id_text(const struct generator *generator, size_t index,
                       char ret_text[GENERATOR_ID_LENGTH + 1]);
/* The index of the document with this id; false when there is none. */
bool generator_find(const struct generator *generator, struct str id, size_t *ret_index);
/* The first index whose id is not below `id` in byte order; the count when there is none. */
size_t generator_lower_bound(const struct generator *generator, struct str id);

size_t generator_size(const struct generator *generator, size_t index); /* of the fields' bytes */
void generator_append(const struct generator *generator, size_t index, struct buffer *out);
/* What a change makes of document `index`, which may lie beyond the count: never broken, and the
 * same for the same numbers. */
struct generator_revision {
    size_t index;
    uint32_t revision;
    int64_t create_us;
    int64_t update_us;
};
size_t generator_revision_size(const struct generator *generator,
                               const struct generator_revision *revision);
void generator_revision_append(const struct generator *generator,
                               const struct generator_revision *revision, struct buffer *out);
int64_t generator_update_us(const struct generator *generator, size_t index);
bool generator_is_broken(const struct generator *generator, size_t index);

#endif
