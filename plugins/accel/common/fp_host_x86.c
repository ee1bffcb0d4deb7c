/* SPDX-License-Identifier: Apache-2.0
 *
 * fp_host_x86.c - finds out which floating-point instructions the host has. Empty on other hosts.
 */
#include "fp.h"

#ifdef ACCEL_FP_HOST_X86_H

#include <cpuid.h>

#define CPUID_1_ECX_FMA     (1u << 12)
#define CPUID_1_ECX_OSXSAVE (1u << 27)
#define CPUID_1_ECX_AVX     (1u << 28)
#define XCR0_SSE_AVX        6u /* the system saves xmm and ymm registers */

int fp_host_has_fma;

static uint32_t xcr0(void)
{
    uint32_t low, high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

void fp_init(void)
{
    uint32_t need = CPUID_1_ECX_FMA | CPUID_1_ECX_OSXSAVE | CPUID_1_ECX_AVX, eax, ebx, ecx, edx;

    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & need) == need &&
        (xcr0() & XCR0_SSE_AVX) == XCR0_SSE_AVX)
        __atomic_store_n(&fp_host_has_fma, 1, __ATOMIC_RELAXED);
}

#endif
