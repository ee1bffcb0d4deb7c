/* SPDX-License-Identifier: Apache-2.0
 *
 * ram.h - the host's accesses to guest RAM.
 *
 * Guest programs race with each other and with devices; what they see then is their architecture's
 * business. These accesses are therefore plain loads and stores of the host, single instructions as
 * far as the address is aligned, and the only ones that a race detector is told not to look at.
 */
#ifndef ACCEL_RAM_H
#define ACCEL_RAM_H

#include <stdint.h>

#define RAM_ACCESS __attribute__((no_sanitize("thread")))

/* Any address, any declared type behind it. */
typedef uint16_t ram_u16 __attribute__((aligned(1), may_alias));
typedef uint32_t ram_u32 __attribute__((aligned(1), may_alias));
typedef uint64_t ram_u64 __attribute__((aligned(1), may_alias));

RAM_ACCESS static inline uint64_t ram_read(const volatile void *host, uint32_t width)
{
    switch (width) {
    case 1:
        return *(const volatile uint8_t *)host;
    case 2:
        return *(const volatile ram_u16 *)host;
    case 4:
        return *(const volatile ram_u32 *)host;
    default:
        return *(const volatile ram_u64 *)host;
    }
}

RAM_ACCESS static inline void ram_write(volatile void *host, uint32_t width, uint64_t value)
{
    switch (width) {
    case 1:
        *(volatile uint8_t *)host = (uint8_t)value;
        break;
    case 2:
        *(volatile ram_u16 *)host = (uint16_t)value;
        break;
    case 4:
        *(volatile ram_u32 *)host = (uint32_t)value;
        break;
    default:
        *(volatile ram_u64 *)host = value;
    }
}

#endif
