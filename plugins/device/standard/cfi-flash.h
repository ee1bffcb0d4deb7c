/* SPDX-License-Identifier: Apache-2.0
 *
 * cfi-flash.h - what the three files of cfi-flash share: the bank (cfi-flash.c), its chips
 * (cfi-chip.c) and its medium (cfi-medium.c).
 *
 * Sources: JEDEC JEP137 and JESD68.01 (Common Flash Interface, query structure), Intel "Common
 * Flash Interface and Command Sets" (application note 646) and the Intel StrataFlash P30 data sheet
 * for the extended command set 0x0001.
 */
#ifndef CFI_FLASH_H
#define CFI_FLASH_H

#include <backplane/block.h>
#include <backplane/bus.h>
#include <backplane/trace.h>

#define CFI_MAX_CHIPS    4
#define CFI_MAX_BLOCKS   4096
#define CFI_BUFFER_WORDS 32    /* write buffer of one chip */
#define CFI_PAGE         4096u /* granularity of writing back to the medium */
#define CFI_BOUNCE       (64u * 1024)

/* What a read of a chip gives. */
#define CFI_READ_ARRAY  0
#define CFI_READ_STATUS 1
#define CFI_READ_ID     2
#define CFI_READ_QUERY  3

/* What the next write to a chip is. */
#define CFI_EXPECT_COMMAND 0
#define CFI_EXPECT_WORD    1 /* 40h, 10h: the datum */
#define CFI_EXPECT_ERASE   2 /* 20h: D0h */
#define CFI_EXPECT_LOCK    3 /* 60h: 01h, D0h, 2Fh */
#define CFI_EXPECT_COUNT   4 /* E8h: number of words minus 1 */
#define CFI_EXPECT_BUFFER  5 /* ... the words */
#define CFI_EXPECT_CONFIRM 6 /* ... D0h */

/* One chip of the bank. Addresses are in words of the chip. All u32: the layout is saved as it
 * is. */
struct cfi_chip {
    uint32_t mode, expect, status;
    uint32_t block_address; /* of the buffered program in progress */
    uint32_t count;         /* words of it still expected */
    uint32_t filled;
    uint32_t address[CFI_BUFFER_WORDS], data[CFI_BUFFER_WORDS];
};

struct cfi_flash {
    struct bp_dev *dev;
    const struct bp_mem_api *mem;
    const struct bp_block_api *blocks;
    const struct bp_trace_api *trace;
    struct bp_block *drive;

    uint32_t bank_width, device_width;
    uint64_t block_size; /* of the whole bank */
    uint16_t manufacturer, device_id;
    uint8_t locked, read_only;

    uint8_t *data; /* the array: the bank's bytes as the guest reads them */
    uint64_t bytes;
    uint32_t nchips, nblocks;
    uint32_t direct; /* guest reads bypass the chips */
    uint8_t loaded;  /* the medium has been read */

    uint8_t locks[CFI_MAX_BLOCKS]; /* one bit for each chip */
    struct cfi_chip chips[CFI_MAX_CHIPS];

    uint8_t *dirty;   /* one byte for each page that the medium lacks */
    uint8_t *bounce;  /* what is being written back */
    uint32_t writing; /* 1 while a request is in flight */
    uint32_t reading;
    int32_t load_status;
};

/* cfi-chip.c: one bus cycle of one chip, at an address in its words, `datum` of device_width
 * bytes. */
void cfi_chip_reset(struct cfi_chip *chip);
void cfi_chip_write(struct cfi_flash *f, uint32_t chip, uint32_t address, uint32_t datum);
uint32_t cfi_chip_read(const struct cfi_flash *f, uint32_t chip, uint32_t address);

/* cfi-flash.c: the part of the array that belongs to a chip. */
uint32_t cfi_array_get(const struct cfi_flash *f, uint32_t chip, uint32_t address);
void cfi_array_and(struct cfi_flash *f, uint32_t chip, uint32_t address, uint32_t datum);
void cfi_array_erase(struct cfi_flash *f, uint32_t chip, uint32_t block);
uint32_t cfi_words_per_block(const struct cfi_flash *f);

/* cfi-medium.c */
int32_t cfi_medium_init(struct cfi_flash *f, const struct bp_core *core);
void cfi_medium_load(struct cfi_flash *f);                                   /* waits */
void cfi_medium_dirty(struct cfi_flash *f, uint64_t offset, uint64_t bytes); /* does not */
void cfi_medium_on_complete(void *self, uint64_t token, int32_t status);
void cfi_medium_finish(struct cfi_flash *f);

#endif
