/* SPDX-License-Identifier: Apache-2.0
 *
 * late.S - harts that reach the firmware late still find what it is told: hart 0 writes over all RAM but the program and
 * only then lets the others look (OpenSBI docs/firmware/fw_dynamic.md: a2 points at a block that begins with a magic
 * number, which all harts read).
 */
#define RAM_END  0x81000000 /* of the least memory there is, 16 MiB */
#define HARTS    4
#define UART     0x10000000
#define FINISHER 0x00100000
#define PASS     0x5555
#define FAIL     0x3333

    .option norelax /* no gp */
    .section .text.start, "ax"
    .globl _start
_start:
    csrr s0, mhartid
    la s1, wiped
    la s2, seen
    bnez s0, late

    la t0, __end
    li t1, RAM_END
    li t2, -1
1:  sd t2, 0(t0)
    addi t0, t0, 8
    bltu t0, t1, 1b
    li t0, 1
    fence rw, rw
    sw t0, 0(s1)
    li t1, HARTS - 1
1:  lw t0, 0(s2)
    bltu t0, t1, 1b
    li t1, FINISHER
    la t2, wrong
    lw t0, 0(t2)
    bnez t0, failed
    la t0, verdict
    li t2, UART
    li t3, 3 /* eight bits */
    sb t3, 3(t2)
1:  lbu t3, 0(t0)
    beqz t3, 2f
    sb t3, 0(t2)
    addi t0, t0, 1
    j 1b
2:  li t0, PASS
    sw t0, 0(t1)
3:  j 3b
failed:
    slli t0, t0, 16
    li t2, FAIL
    or t0, t0, t2
    sw t0, 0(t1)
    j 3b

late:
    lw t0, 0(s1)
    beqz t0, late
    fence rw, rw
    ld t0, 0(a2)
    li t1, 0x4942534f
    li t2, 1
    beq t0, t1, 1f
    la t3, wrong
    amoadd.w zero, t2, (t3)
1:  amoadd.w.rl zero, t2, (s2)
2:  wfi
    j 2b

    .section .rodata
verdict:
    .asciz "PASS late\n"
    .data
    .balign 8
wiped: .word 0
seen:  .word 0
wrong: .word 0
