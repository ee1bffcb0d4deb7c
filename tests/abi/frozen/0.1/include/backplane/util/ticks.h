/* SPDX-License-Identifier: Apache-2.0
 *
 * util/ticks.h - between nanoseconds and the ticks of a clock, exact over the whole range. Inline;
 * not ABI.
 */
#ifndef BACKPLANE_UTIL_TICKS_H
#define BACKPLANE_UTIL_TICKS_H

#include <backplane/abi.h>

#define BP_NS_PER_S 1000000000ull

__extension__ typedef unsigned __int128 bp_u128;

/* a * b / c, rounded down, or up; UINT64_MAX when it does not fit. c is not 0. */
static inline uint64_t bp_muldiv(uint64_t a, uint64_t b, uint64_t c)
{
    bp_u128 result = (bp_u128)a * b / c;

    return result > UINT64_MAX ? UINT64_MAX : (uint64_t)result;
}

static inline uint64_t bp_muldiv_up(uint64_t a, uint64_t b, uint64_t c)
{
    bp_u128 result = ((bp_u128)a * b + (c - 1)) / c;

    return result > UINT64_MAX ? UINT64_MAX : (uint64_t)result;
}

/* Ticks that have begun after `ns` at `hz`; modulo 2^64, as a counter of 64 bits. */
static inline uint64_t bp_ticks(uint64_t ns, uint64_t hz)
{
    return (uint64_t)((bp_u128)ns * hz / BP_NS_PER_S);
}

/* The first nanosecond at which `ticks` have passed; UINT64_MAX: never (hz 0, or beyond the end of
 * time). */
static inline uint64_t bp_ticks_to_ns(uint64_t ticks, uint64_t hz)
{
    return hz ? bp_muldiv_up(ticks, BP_NS_PER_S, hz) : UINT64_MAX;
}

#endif
