/* SPDX-License-Identifier: Apache-2.0
 *
 * util/bytes.h - small arithmetic and little-endian bytes in memory. Inline; not ABI.
 */
#ifndef BACKPLANE_UTIL_BYTES_H
#define BACKPLANE_UTIL_BYTES_H

#include <backplane/abi.h>

/* offsetof() as the fixed-width number that rows of properties, ports and registers want. */
#define BP_OFFSET(type, member) ((uint32_t)offsetof(type, member))

#define BP_BIT(n)   (1u << (n))
#define BP_BIT64(n) ((uint64_t)1 << (n))

static inline uint64_t bp_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t bp_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline uint32_t bp_is_power_of_two(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* The low `bytes` (1..8) of an all-ones value. */
static inline uint64_t bp_byte_mask(uint32_t bytes)
{
    return bytes >= 8 ? UINT64_MAX : BP_BIT64(8 * bytes) - 1;
}

/* Reads and writes `bytes` (1..8) of a little-endian number; no alignment needed. */
static inline uint64_t bp_load_le(const void *from, uint32_t bytes)
{
    const uint8_t *p = (const uint8_t *)from;
    uint64_t value = 0;

    for (uint32_t i = 0; i < bytes; i++)
        value |= (uint64_t)p[i] << (8 * i);
    return value;
}

static inline void bp_store_le(void *to, uint32_t bytes, uint64_t value)
{
    uint8_t *p = (uint8_t *)to;

    for (uint32_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

static inline uint16_t bp_load_le16(const void *from)
{
    return (uint16_t)bp_load_le(from, 2);
}

static inline uint32_t bp_load_le32(const void *from)
{
    return (uint32_t)bp_load_le(from, 4);
}

static inline uint64_t bp_load_le64(const void *from)
{
    return bp_load_le(from, 8);
}

static inline void bp_store_le16(void *to, uint16_t value)
{
    bp_store_le(to, 2, value);
}

static inline void bp_store_le32(void *to, uint32_t value)
{
    bp_store_le(to, 4, value);
}

static inline void bp_store_le64(void *to, uint64_t value)
{
    bp_store_le(to, 8, value);
}

#endif
