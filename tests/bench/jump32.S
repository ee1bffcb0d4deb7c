/* SPDX-License-Identifier: Apache-2.0
 *
 * jump32.S - the 32-bit board's program memory in the benchmark: goes on in work memory.
 */
    .section .text, "ax"
    .globl _start
_start:
    lui t0, 0x80000
    jr t0
