/* SPDX-License-Identifier: Apache-2.0
 *
 * polls_code.S - the pieces of code that polls.c interrupts everywhere: reg_t piece(uint32_t cells[16]). Each begins at its
 * name and ends at NAME_end; together they have all ways of going on that a translator treats apart.
 */
#if __riscv_xlen == 64
#define LOAD ld
#define SAVE sd
#define PTR .dword
#define PTR_LOG2 3
#else
#define LOAD lw
#define SAVE sw
#define PTR .word
#define PTR_LOG2 2
#endif

    .macro PIECE name
    .globl \name
\name:
    .endm
    .macro END name
    .globl \name\()_end
\name\()_end:
    .endm

    .option norelax
    .text
    .balign 4

PIECE nothing
    ret
END nothing

/* A branch back to its own block. */
PIECE back
    li t0, 12
    li a1, 1
1:  addi a1, a1, 3
    slli a2, a1, 1
    xor a1, a1, a2
    addi t0, t0, -1
    bnez t0, 1b
    sw a1, 0(a0)
    mv a0, a1
    ret
END back

/* Loops in loops, with branches forward. */
PIECE nested
    li t0, 5
    li a1, 0
1:  li t1, 4
2:  andi t2, t1, 1
    beqz t2, 3f
    add a1, a1, t0
3:  addi a1, a1, 1
    addi t1, t1, -1
    bgtz t1, 2b
    slli a1, a1, 1
    addi t0, t0, -1
    bnez t0, 1b
    sw a1, 4(a0)
    mv a0, a1
    ret
END nested

/* Targets from a table. */
PIECE jumps
    li t0, 9
    li a1, 0
    lla t3, targets
1:  andi t1, t0, 3
    slli t1, t1, PTR_LOG2
    add t1, t1, t3
    LOAD t1, 0(t1)
    jr t1
2:  addi a1, a1, 1
    j 6f
3:  slli a1, a1, 1
    j 6f
4:  xori a1, a1, 0x55
    j 6f
5:  addi a1, a1, 7
6:  addi t0, t0, -1
    bnez t0, 1b
    mv a0, a1
    ret
END jumps
    .data
    .balign 8
targets:
    PTR 2b, 3b, 4b, 5b
    .text

/* Calls and returns, by the Fibonacci numbers. */
PIECE calls
    addi sp, sp, -32
    SAVE ra, 0(sp)
    SAVE s0, 8(sp)
    mv s0, a0
    li a0, 4
    jal fibonacci
    sw a0, 8(s0)
    LOAD ra, 0(sp)
    LOAD s0, 8(sp)
    addi sp, sp, 32
    ret
fibonacci:
    li t0, 2
    blt a0, t0, 1f
    addi sp, sp, -32
    SAVE ra, 0(sp)
    SAVE a0, 8(sp)
    addi a0, a0, -1
    jal fibonacci
    LOAD t0, 8(sp)
    SAVE a0, 16(sp)
    addi a0, t0, -2
    jal fibonacci
    LOAD t0, 16(sp)
    add a0, a0, t0
    LOAD ra, 0(sp)
    addi sp, sp, 32
1:  ret
END calls

/* The interrupt that ends this may have come before it: polls.c sends another. */
PIECE waits
    li a1, 5
    addi a1, a1, 1
    wfi
    addi a1, a1, 1
    sw a1, 12(a0)
    mv a0, a1
    ret
END waits

PIECE conditional
    li t0, 6
1:  lr.w t1, (a0)
    addi t1, t1, 1
    sc.w t2, t1, (a0)
    bnez t2, 1b
    addi t0, t0, -1
    bnez t0, 1b
    lw a0, 0(a0)
    ret
END conditional

PIECE amos
    li t0, 5
    li t1, 3
    li a3, 0
    addi a1, a0, 4
1:  amoadd.w a2, t1, (a0)
    add a3, a3, a2
    amoxor.w a2, t0, (a1)
    add a3, a3, a2
    amomaxu.w a2, t1, (a1)
    add a3, a3, a2
    amoswap.w.aqrl a2, a3, (a0)
    add a3, a3, a2
    addi t1, t1, 9
    addi t0, t0, -1
    bnez t0, 1b
    mv a0, a3
    ret
END amos

PIECE memory
    li t0, 6
    li a1, 1
    mv a2, a0
1:  sw a1, 0(a2)
    lhu a3, 0(a2)
    mul a1, a1, t0
    add a1, a1, a3
    sb a1, 5(a2)
    lw a4, 4(a2)
    divu a4, a4, t0
    add a1, a1, a4
    addi a2, a2, 4
    addi t0, t0, -1
    bnez t0, 1b
    mv a0, a1
    ret
END memory

    .option push
    .option arch, +d
PIECE floating
    li t0, 6
    fcvt.d.w f0, t0
    fcvt.d.w f1, zero
    fmv.d f2, f0
1:  fadd.d f1, f1, f0
    fmul.d f2, f2, f0
    fmadd.d f3, f1, f2, f0
    fdiv.d f4, f3, f0
    fsub.d f0, f4, f2
    addi t0, t0, -1
    bnez t0, 1b
    fsd f3, 0(a0)
    fsd f4, 8(a0)
    lw a0, 4(a0)
    ret
END floating
    .option pop

/* Another instruction each time. */
PIECE patched
    li t0, 4
    li a1, 0
    lla t1, 2f
    lla t2, words
1:  andi t3, t0, 1
    slli t3, t3, 2
    add t3, t3, t2
    lw t3, 0(t3)
    sw t3, 0(t1)
    fence.i
2:  addi a1, a1, 0
    addi t0, t0, -1
    bnez t0, 1b
    sw a1, 0(a0)
    mv a0, a1
    ret
END patched
    .data
    .balign 4
words:
    .word 0x00158593 /* addi a1, a1, 1 */
    .word 0x01058593 /* addi a1, a1, 16 */

/* From page to page, forward and back, with an instruction that lies in two of them. */
    .section .text.far, "ax"
    .balign 4096
    .skip 4096 - 16
PIECE far
    .option push
    .option rvc
    c.nop
    .option pop
    li t0, 5
1:  addi a1, t0, 5 /* at -10 */
    xor a2, a1, t0
    addi a2, a2, 7 /* two bytes here, two behind */
    add a3, a1, a2
    sw a3, 8(a0)
    j 3f
2:  addi t0, t0, -1
    bnez t0, 1b
    lw a0, 8(a0)
    ret
    .option push
    .option rvc
    c.nop
    .option pop
    .skip 4096
3:  addi a2, a2, 2
    sw a2, 12(a0)
    j 2b
END far
