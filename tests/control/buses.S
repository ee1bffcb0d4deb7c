/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the SPI flash and the EEPROM of the Unleashed board for ever, each in one sequential read that never ends, a byte
 * here and a byte there. Byte n of both is n & 255. What it finds is in memory, as buses.py looks for it: at 0x80010000 the
 * number of rounds, behind it the number of wrong bytes of either.
 *
 * SiFive FU540-C000 manual, v1p4: 19 (SPI), 20 (I2C).
 */
        .option norelax
        .globl _start
_start: li      s0, 0x10040000      # QSPI0
        li      s1, 0x10030000      # I2C
        li      s2, 0x80010000      # what was found
        li      s3, 0               # the next byte
        sw      zero, 0(s2)
        sw      zero, 4(s2)
        sw      zero, 8(s2)

        sw      zero, 0x60(s0)      # fctrl: registers, not memory
        sw      zero, 0(s0)         # sckdiv
        li      t0, 2
        sw      t0, 0x18(s0)        # csmode: hold
        li      t0, 0x80000
        sw      t0, 0x40(s0)        # fmt: eight bits, most significant first, received as well
        li      a0, 0x03            # read, from address 0
        jal     spi
        li      a0, 0
        jal     spi
        li      a0, 0
        jal     spi
        li      a0, 0
        jal     spi

        sw      zero, 4(s1)         # prescale
        li      t0, 99
        sw      t0, 0(s1)
        li      t0, 0x80
        sw      t0, 8(s1)           # control: enable
        li      a0, 0xa0            # EEPROM 0x50: address 0
        li      a1, 0x90            # start, write
        jal     i2c
        li      a0, 0
        li      a1, 0x10
        jal     i2c
        li      a0, 0
        jal     i2c
        li      a0, 0xa1
        li      a1, 0x90
        jal     i2c

again:  li      a0, 0
        jal     spi
        beq     a0, s3, 1f
        lw      t0, 4(s2)
        addi    t0, t0, 1
        sw      t0, 4(s2)
1:      li      a1, 0x20            # read, acknowledge
        jal     i2c
        beq     a0, s3, 2f
        lw      t0, 8(s2)
        addi    t0, t0, 1
        sw      t0, 8(s2)
2:      addi    s3, s3, 1
        andi    s3, s3, 0xff
        lw      t0, 0(s2)
        addi    t0, t0, 1
        sw      t0, 0(s2)
        j       again

/* Sends a0 and returns what came. */
spi:    lw      t0, 0x48(s0)
        bltz    t0, spi             # full
        sw      a0, 0x48(s0)
1:      lw      a0, 0x4c(s0)
        bltz    a0, 1b              # empty
        ret

/* Sends a0 by the command a1, waits for the end of it, and returns what came. */
i2c:    sw      a0, 0xc(s1)
        sw      a1, 0x10(s1)
1:      lw      t0, 0x10(s1)
        andi    t0, t0, 2           # transfer in progress
        bnez    t0, 1b
        lw      a0, 0xc(s1)
        ret
