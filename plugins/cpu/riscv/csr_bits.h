/* SPDX-License-Identifier: Apache-2.0
 *
 * csr_bits.h - fields of the control and status registers, trap causes. Numbers and names are those
 * of the Privileged Architecture 20240411 (machine 1.13, supervisor 1.13); the section of each
 * group is given.
 */
#ifndef RISCV_CSR_BITS_H
#define RISCV_CSR_BITS_H

#include <stdint.h>

/* Privilege modes (1.2). */
#define PRIV_U 0u
#define PRIV_S 1u
#define PRIV_M 3u

/* mstatus, sstatus (3.1.6, 10.1.1). */
#define MSTATUS_SIE       (UINT64_C(1) << 1)
#define MSTATUS_MIE       (UINT64_C(1) << 3)
#define MSTATUS_SPIE      (UINT64_C(1) << 5)
#define MSTATUS_MPIE      (UINT64_C(1) << 7)
#define MSTATUS_SPP       (UINT64_C(1) << 8)
#define MSTATUS_MPP       (UINT64_C(3) << 11)
#define MSTATUS_FS        (UINT64_C(3) << 13)
#define MSTATUS_MPRV      (UINT64_C(1) << 17)
#define MSTATUS_SUM       (UINT64_C(1) << 18)
#define MSTATUS_MXR       (UINT64_C(1) << 19)
#define MSTATUS_TVM       (UINT64_C(1) << 20)
#define MSTATUS_TW        (UINT64_C(1) << 21)
#define MSTATUS_TSR       (UINT64_C(1) << 22)
#define MSTATUS_UXL_64    (UINT64_C(2) << 32)
#define MSTATUS_SXL_64    (UINT64_C(2) << 34)
#define MSTATUS_UXL       (UINT64_C(3) << 32)
#define MSTATUS_SD32      (UINT64_C(1) << 31)
#define MSTATUS_SD64      (UINT64_C(1) << 63)
#define MSTATUS_MPP_SHIFT 11
#define MSTATUS_FS_SHIFT  13
#define SSTATUS_WRITABLE                                                                           \
    (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR)

/* Extension context status (3.1.6.6). */
#define FS_OFF     0u
#define FS_INITIAL 1u
#define FS_CLEAN   2u
#define FS_DIRTY   3u

/* Interrupts, as bits of mip and mie (3.1.9). */
#define IRQ_SSI    1u
#define IRQ_MSI    3u
#define IRQ_STI    5u
#define IRQ_MTI    7u
#define IRQ_SEI    9u
#define IRQ_MEI    11u
#define IRQ_BIT(n) (UINT64_C(1) << (n))
#define IRQ_S_ALL  (IRQ_BIT(IRQ_SSI) | IRQ_BIT(IRQ_STI) | IRQ_BIT(IRQ_SEI))
#define IRQ_M_ALL  (IRQ_BIT(IRQ_MSI) | IRQ_BIT(IRQ_MTI) | IRQ_BIT(IRQ_MEI))

/* Exception causes (3.1.15, table 14). */
#define CAUSE_FETCH_MISALIGNED 0u
#define CAUSE_FETCH_ACCESS     1u
#define CAUSE_ILLEGAL          2u
#define CAUSE_BREAKPOINT       3u
#define CAUSE_LOAD_MISALIGNED  4u
#define CAUSE_LOAD_ACCESS      5u
#define CAUSE_STORE_MISALIGNED 6u
#define CAUSE_STORE_ACCESS     7u
#define CAUSE_ECALL_U          8u
#define CAUSE_ECALL_M          11u
#define CAUSE_FETCH_PAGE       12u
#define CAUSE_LOAD_PAGE        13u
#define CAUSE_STORE_PAGE       15u
/* All of the above but the environment call from M. */
#define MEDELEG_WRITABLE UINT64_C(0xb3ff)

/* menvcfg, senvcfg (3.1.18, 10.1.10). */
#define ENVCFG_FIOM       (UINT64_C(1) << 0)
#define ENVCFG_CBIE       (UINT64_C(3) << 4)
#define ENVCFG_CBCFE      (UINT64_C(1) << 6)
#define ENVCFG_CBZE       (UINT64_C(1) << 7)
#define ENVCFG_ADUE       (UINT64_C(1) << 61)
#define ENVCFG_STCE       (UINT64_C(1) << 63)
#define ENVCFG_CBIE_SHIFT 4
#define CBIE_OFF          0u
#define CBIE_FLUSH        1u

/* Counters, as bits of mcounteren, scounteren and mcountinhibit (3.1.11). */
#define COUNTER_CY 0u
#define COUNTER_TM 1u
#define COUNTER_IR 2u

/* satp (10.1.11). */
#define SATP32_MODE       (UINT64_C(1) << 31)
#define SATP32_ASID       UINT64_C(0x7fc00000)
#define SATP32_ASID_SHIFT 22
#define SATP32_PPN        UINT64_C(0x003fffff)
#define SATP64_MODE       UINT64_C(0xf000000000000000)
#define SATP64_SHIFT      60
#define SATP64_ASID       UINT64_C(0x0ffff00000000000)
#define SATP64_ASID_SHIFT 44
#define SATP64_PPN        UINT64_C(0x00000fffffffffff)

/* Page table entries (10.3.1, 10.4.1). */
#define PTE_V          (UINT64_C(1) << 0)
#define PTE_R          (UINT64_C(1) << 1)
#define PTE_W          (UINT64_C(1) << 2)
#define PTE_X          (UINT64_C(1) << 3)
#define PTE_U          (UINT64_C(1) << 4)
#define PTE_G          (UINT64_C(1) << 5)
#define PTE_A          (UINT64_C(1) << 6)
#define PTE_D          (UINT64_C(1) << 7)
#define PTE_PPN_SHIFT  10
#define PTE64_PPN      UINT64_C(0x003ffffffffffc00)
#define PTE64_RESERVED UINT64_C(0xffc0000000000000) /* N, PBMT and reserved: must be zero here */

/* pmpcfg (3.7.1). */
#define PMP_R       0x01u
#define PMP_W       0x02u
#define PMP_X       0x04u
#define PMP_A       0x18u
#define PMP_L       0x80u
#define PMP_A_OFF   0x00u
#define PMP_A_TOR   0x08u
#define PMP_A_NA4   0x10u
#define PMP_A_NAPOT 0x18u
#define PMP_MAX     64u

#endif
