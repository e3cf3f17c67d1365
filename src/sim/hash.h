/* Deterministic numbers: the same seed and index give the same document on every machine. */
#ifndef ORDERSYNC_SIM_HASH_H
#define ORDERSYNC_SIM_HASH_H

#include <stdint.h>

/* The finaliser of splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t hash_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static inline uint64_t hash_pair(uint64_t seed, uint64_t salt, uint64_t index)
{
    return hash_mix(hash_mix(seed ^ (salt * 0xd1342543de82ef95u)) ^ index);
}

/* A stream of numbers. */
struct dice {
    uint64_t state;
};
static inline uint64_t dice_next(struct dice *dice)
{
    return hash_mix(dice->state++);
}
/* Uniform in [low, high]. */
static inline int64_t dice_between(struct dice *dice, int64_t low, int64_t high)
{
    return low + (int64_t)(dice_next(dice) % (uint64_t)(high - low + 1));
}
static inline int dice_chance(struct dice *dice, unsigned percent)
{
    return dice_next(dice) % 100 < percent;
}

#endif
