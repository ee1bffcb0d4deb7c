/* SPDX-License-Identifier: Apache-2.0
 *
 * rng.h - seeded random numbers for tests: the same on every host and run. SplitMix64 (Steele, Lea,
 * Flood: "Fast splittable pseudorandom number generators", 2014).
 */
#ifndef TESTS_IR_RNG_H
#define TESTS_IR_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
    uint64_t z = rng->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* 0 .. n - 1 */
static inline uint32_t rng_below(struct rng *rng, uint32_t n)
{
    return (uint32_t)((rng_next(rng) >> 32) * n >> 32);
}

#endif
