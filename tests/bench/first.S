/* SPDX-License-Identifier: Apache-2.0
 *
 * first.S - says one byte and switches off: how long does a machine take to its first instruction?
 */
    .section .text.start, "ax"
    .globl _start
_start:
    csrr t0, mhartid
    bnez t0, 1f
    li t0, 0x10000000
    li t1, 3 /* eight bits a character */
    sb t1, 3(t0)
    li t1, '!'
    sb t1, 0(t0)
    li t0, 0x100000
    li t1, 0x5555
    sw t1, 0(t0)
1:  wfi
    j 1b
