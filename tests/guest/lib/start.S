/* SPDX-License-Identifier: Apache-2.0
 *
 * start.S - reset and trap entry of the guest programs, for RV32 and RV64, any number of harts.
 *
 * Every hart gets a stack and a stack for traps (its top is in mscratch). Traps save all integer registers in a
 * struct frame (guest.h) and call on_trap(); enter_mode() drops to S or U and comes back through an ecall.
 */
#if __riscv_xlen == 64
#define SAVE sd
#define LOAD ld
#define REG 8
#else
#define SAVE sw
#define LOAD lw
#define REG 4
#endif
#define FRAME (34 * REG) /* x0 (unused) .. x31, pc, mstatus */
#define STACK_LOG2 14
#define MSTATUS_FS 0x6000

    .section .text.start, "ax"
    .globl _start
_start:
    csrr t0, mhartid
    la t1, stacks
    addi t2, t0, 1
    slli t2, t2, STACK_LOG2 + 1
    add sp, t1, t2
    li t1, 1 << STACK_LOG2
    sub t1, sp, t1
    csrw mscratch, t1
    la t1, trap_entry
    csrw mtvec, t1
    li t1, MSTATUS_FS
    csrs mstatus, t1
    csrw fcsr, zero
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    mv a0, t0
    call guest_start
1:  wfi
    j 1b

    .align 2
    .globl trap_entry
trap_entry:
    csrrw sp, mscratch, sp
    addi sp, sp, -FRAME
    SAVE x1, 1 * REG(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    SAVE x\n, \n * REG(sp)
    .endr
    csrr t0, mscratch
    SAVE t0, 2 * REG(sp)
    csrr t0, mepc
    SAVE t0, 32 * REG(sp)
    csrr t0, mstatus
    SAVE t0, 33 * REG(sp)
    addi t0, sp, FRAME
    csrw mscratch, t0
    mv a0, sp
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop
    call on_trap
    LOAD t0, 33 * REG(sp)
    csrw mstatus, t0
    LOAD t0, 32 * REG(sp)
    csrw mepc, t0
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    LOAD x\n, \n * REG(sp)
    .endr
    LOAD sp, 2 * REG(sp)
    mret

/* unsigned long enter_mode(mode, function, argument, delta): calls function(argument) in a lower mode; the code that
 * comes back is reached at its own address + delta, where the page tables show it to that mode. */
    .globl enter_mode
enter_mode:
    addi sp, sp, -16
    SAVE ra, 0(sp)
    SAVE gp, 8(sp)
    li t0, 3 << 11
    csrc mstatus, t0
    slli t0, a0, 11
    csrs mstatus, t0
    csrw mepc, a1
    la ra, leave_mode
    add ra, ra, a3
    mv a0, a2
    mret
    .globl leave_mode
leave_mode:
    li a7, 0x1eaf
    ecall
    j leave_mode
    .globl after_mode
after_mode: /* on_trap() comes here, in M-mode again, a0 is the result */
    LOAD ra, 0(sp)
    LOAD gp, 8(sp)
    addi sp, sp, 16
    ret

    .section .bss
    .align 12
stacks:
    .skip 8 << (STACK_LOG2 + 1)
