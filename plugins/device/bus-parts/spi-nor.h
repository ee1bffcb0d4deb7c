/* SPDX-License-Identifier: Apache-2.0
 *
 * spi-nor.h - what the files of the flash part share: its bus (spi-nor.c), its commands (nor-commands.c), its memory
 * and registers (nor-array.c) and what it says of itself (nor-sfdp.c).
 *
 * Sources: Winbond W25Q128JV (revision H) and W25Q256JV (revision I) data sheets, ISSI IS25LP256D/IS25WP256D (revision
 * A10) data sheet, JEDEC JESD216B "Serial Flash Discoverable Parameters". Section numbers are of the W25Q256JV.
 */
#ifndef SPI_NOR_H
#define SPI_NOR_H

#include "medium.h"
#include "parts.h"

#include <backplane/bus.h>
#include <backplane/spi.h>
#include <backplane/time.h>
#include <backplane/util/bytes.h>

#define NOR_PAGE      256u
#define NOR_MAX_BYTES (32u << 20)

/* 7.1: status register 1, the same in all models up to SR_BP. */
#define SR_BUSY   0x01u /* never in nor.sr1: whether a cycle is in progress is a matter of time */
#define SR_WEL    0x02u
#define SR_BP(sr) ((sr) >> 2)
/* Winbond: status registers 2 and 3. */
#define SR2_QE  0x02u
#define SR2_CMP 0x40u
#define SR3_ADS 0x01u /* four-byte addresses now */
#define SR3_ADP 0x02u /* ... after power-on */
/* ISSI: status register 1. */
#define ISSI_QE 0x40u

/* How the status registers are laid out. */
#define NOR_WINBOND_128 0 /* BP2..0, TB, SEC */
#define NOR_WINBOND_256 1 /* BP3..0, TB */
#define NOR_ISSI        2 /* BP3..0, QE in status register 1 */

struct nor_model {
    const char *name;
    uint8_t id[3]; /* 9Fh */
    uint32_t layout, bytes;
    uint64_t page_ns, sector_ns, block32_ns, block64_ns, chip_ns, status_ns; /* typical */
    uint32_t sfdp_erase, sfdp_program; /* the same times as JESD216 encodes them, DWORD 10 and 11 */
};

/* Steps of a transfer. */
#define STEP_COMMAND 0
#define STEP_ADDRESS 1
#define STEP_MODE    2 /* M7-0 behind the address of a dual or quad I/O read */
#define STEP_DUMMY   3
#define STEP_OUT     4 /* the part drives */
#define STEP_IN      5
#define STEP_IGNORE  6 /* until the chip select rises */

struct nor;

struct nor_command {
    uint8_t opcode, flags;
    uint8_t address;       /* ADDRESS_* */
    uint8_t address_lanes; /* also of the mode bits */
    uint8_t dummy;         /* clocks */
    uint8_t data_lanes;
    /* STEP_OUT: the next byte. */
    uint8_t (*out)(struct nor *n);
    /* STEP_IN: a byte. NULL with `finish` only: no data. */
    void (*in)(struct nor *n, uint8_t data);
    /* When the chip select rises behind whole bytes: does it. May be NULL. */
    void (*finish)(struct nor *n);
};

#define ADDRESS_NONE    0
#define ADDRESS_DEFAULT 1 /* three bytes, or four in four-byte mode */
#define ADDRESS_THREE   3
#define ADDRESS_FOUR    4

#define COMMAND_WEL  1u /* needs the write enable latch */
#define COMMAND_QUAD 2u /* needs QE */
#define COMMAND_BUSY 4u /* also while busy */
#define COMMAND_MODE                                                                               \
    8u /* has mode bits, which may drop the next command byte (6.2.x, continuous read) */
#define COMMAND_LARGE   16u /* of models above 16 MiB */
#define COMMAND_WINBOND 32u
#define COMMAND_ISSI    64u

struct nor {
    struct bp_dev *dev;
    const struct bp_timer_api *timers;
    const struct bp_mem_api *mem;
    struct bp_attached bus;
    struct medium medium;
    const struct nor_model *m;
    uint32_t model; /* properties */
    uint8_t quad_enable, instant;
    uint64_t max_hz;
    uint32_t bus_width;

    uint64_t ready; /* virtual time at which the cycle in progress ends */
    uint8_t *cells; /* the complement of what is read: 0 is erased, 1 is programmed */
    uint8_t sr1, sr2, sr3, kept[3]; /* kept: what is not volatile of them */
    uint8_t extended;               /* extended: address bits 31 to 24 in three-byte mode */
    uint8_t function;               /* ISSI: bit 1 is TBS */
    uint8_t wp;                     /* the pin: 1 is asserted */
    uint8_t sleeping, reset_armed, volatile_sr;
    uint8_t four_byte;

    /* the transfer */
    uint8_t selected, step, opcode, continuous;
    uint8_t shift, nbits; /* of the byte on the wire */
    uint8_t ndata;        /* bytes of a status write, saturating */
    uint32_t left;        /* bytes of the address, or dummy clocks */
    uint32_t address;
    uint32_t nloaded; /* bytes of the page buffer */
    uint8_t data[4], page[NOR_PAGE], loaded[NOR_PAGE];
};

/* nor-commands.c: the row of an opcode that this model has; NULL. */
const struct nor_command *nor_command(const struct nor *n, uint8_t opcode);

/* nor-array.c. Addresses wrap at the size of the part. */
uint8_t nor_read(const struct nor *n, uint32_t address);
void nor_program(struct nor *n);                            /* the page buffer, at n->address */
void nor_erase(struct nor *n, uint32_t bytes, uint64_t ns); /* the unit around n->address; 0: all */
void nor_busy(struct nor *n, uint64_t ns);                  /* begins a cycle of that time */
uint32_t nor_is_busy(const struct nor *n);
uint32_t nor_quad_enabled(const struct nor *n);
/* Writes `value` to status register 1, 2 or 3 as far as bits can be written and are not protected. */
void nor_write_status(struct nor *n, uint32_t number, uint8_t value);
void nor_power_up(struct nor *n); /* registers after power-on or a software reset */

/* nor-sfdp.c: byte `at` of the discoverable parameters. */
uint8_t nor_sfdp(const struct nor *n, uint32_t at);

#endif
