/* SPDX-License-Identifier: Apache-2.0
 *
 * One flash chip: the write state machine of the Intel extended command set (0x0001) and its query
 * structure. Programming and erasing take no time, so the chip is ready whenever it is looked at
 * and suspend finds nothing to suspend.
 */
#include "cfi-flash.h"

#include <backplane/util/bytes.h>

/* Commands: AN-646, table "Intel/Sharp extended command set"; P30 data sheet, section 10. */
#define CMD_WORD_ALT     0x10u
#define CMD_ERASE        0x20u
#define CMD_WORD         0x40u
#define CMD_CLEAR_STATUS 0x50u
#define CMD_LOCK_SETUP   0x60u
#define CMD_STATUS       0x70u
#define CMD_ID           0x90u
#define CMD_QUERY        0x98u
#define CMD_SUSPEND      0xb0u
#define CMD_CONFIRM      0xd0u /* and resume */
#define CMD_BUFFER       0xe8u
#define CMD_ARRAY        0xffu

#define LOCK_SET   0x01u
#define LOCK_DOWN  0x2fu
#define LOCK_CLEAR 0xd0u
#define CONFIG_SET 0x03u

/* Status register: P30 data sheet, table "Status register description". */
#define SR_LOCKED   0x02u
#define SR_PROGRAM  0x10u
#define SR_ERASE    0x20u
#define SR_READY    0x80u
#define SR_SEQUENCE (SR_PROGRAM | SR_ERASE) /* both: an improper command sequence */

#define QUERY_BASE    0x10u
#define EXTENDED_BASE 0x31u

void cfi_chip_reset(struct cfi_chip *chip)
{
    chip->mode = CFI_READ_ARRAY;
    chip->expect = CFI_EXPECT_COMMAND;
    chip->status = SR_READY;
    chip->count = chip->filled = chip->block_address = 0;
}

static uint32_t block_of(const struct cfi_flash *f, uint32_t address)
{
    return address / cfi_words_per_block(f);
}

static uint32_t is_locked(const struct cfi_flash *f, uint32_t chip, uint32_t block)
{
    return f->read_only || (f->locks[block] >> chip & 1);
}

/* --- reading -------------------------------------------------------------------------- */

static uint32_t log2_of(uint64_t n)
{
    uint32_t log = 0;

    while (n > 1) {
        n >>= 1;
        log++;
    }
    return log;
}

/* The query structure: JESD68.01, section 4. One byte for each word of the chip. */
static uint32_t query(const struct cfi_flash *f, uint32_t address)
{
    uint64_t chip_bytes = f->bytes / f->nchips, block_bytes = f->block_size / f->nchips;
    uint32_t blocks = f->nblocks - 1, units = (uint32_t)(block_bytes / 256);
    /* clang-format off */
    const uint8_t table[] = {
        'Q', 'R', 'Y',
        0x01, 0x00,                      /* 13h primary command set: Intel extended */
        EXTENDED_BASE, 0x00,             /* 15h where its table is */
        0x00, 0x00, 0x00, 0x00,          /* 17h no alternate set */
        0x17, 0x20, 0x00, 0x00,          /* 1Bh Vcc 1.7..2.0 V; no Vpp pin */
        0x01, 0x01, 0x01, 0x00,          /* 1Fh typical: word 2 us, buffer 2 us, block 2 ms */
        0x01, 0x01, 0x01, 0x00,          /* 23h maximum: twice the typical */
        (uint8_t)log2_of(chip_bytes),    /* 27h size, a power of two */
        f->device_width == 1 ? 0x00 : 0x01, 0x00,                 /* 28h x8 or x16 */
        (uint8_t)log2_of(CFI_BUFFER_WORDS * f->device_width), 0x00, /* 2Ah write buffer */
        0x01,                            /* 2Ch one region of equal blocks */
        (uint8_t)blocks, (uint8_t)(blocks >> 8), (uint8_t)units, (uint8_t)(units >> 8),
        'P', 'R', 'I', '1', '0',         /* 31h Intel extended query, version 1.0 */
        0x20, 0x00, 0x00, 0x00,          /* 36h features: instant individual block locking */
        0x00,                            /* 3Ah nothing but reads while suspended */
        0x01, 0x00,                      /* 3Bh the block status has a lock bit */
        0x18, 0x00,                      /* 3Dh Vcc 1.8 V, no Vpp */
        0x00,                            /* 3Fh no protection registers */
    };
    /* clang-format on */

    return address < QUERY_BASE || address - QUERY_BASE >= sizeof table
               ? 0
               : table[address - QUERY_BASE];
}

/* P30 data sheet, "Read device identifier": manufacturer, device, lock bit at block base + 2. */
static uint32_t identifier(const struct cfi_flash *f, uint32_t chip, uint32_t address)
{
    switch (address % cfi_words_per_block(f)) {
    case 0:
        return f->manufacturer;
    case 1:
        return f->device_id;
    case 2:
        return is_locked(f, chip, block_of(f, address));
    default:
        return 0;
    }
}

uint32_t cfi_chip_read(const struct cfi_flash *f, uint32_t chip, uint32_t address)
{
    switch (f->chips[chip].mode) {
    case CFI_READ_STATUS:
        return f->chips[chip].status;
    case CFI_READ_ID:
        return identifier(f, chip, address);
    case CFI_READ_QUERY:
        return query(f, address);
    default:
        return cfi_array_get(f, chip, address);
    }
}

/* --- writing -------------------------------------------------------------------------- */

static void done(struct cfi_chip *chip, uint32_t errors)
{
    chip->status |= errors;
    chip->expect = CFI_EXPECT_COMMAND;
    chip->mode = CFI_READ_STATUS;
}

static void program(struct cfi_flash *f, uint32_t chip, uint32_t address, uint32_t datum)
{
    if (is_locked(f, chip, block_of(f, address))) {
        done(&f->chips[chip], SR_PROGRAM | SR_LOCKED);
        return;
    }
    cfi_array_and(f, chip, address, datum);
    done(&f->chips[chip], 0);
}

static void erase(struct cfi_flash *f, uint32_t chip, uint32_t address, uint32_t datum)
{
    uint32_t block = block_of(f, address);

    if ((datum & 0xff) != CMD_CONFIRM) {
        done(&f->chips[chip], SR_SEQUENCE);
    } else if (is_locked(f, chip, block)) {
        done(&f->chips[chip], SR_ERASE | SR_LOCKED);
    } else {
        cfi_array_erase(f, chip, block);
        done(&f->chips[chip], 0);
    }
}

static void set_lock(struct cfi_flash *f, uint32_t chip, uint32_t address, uint32_t datum)
{
    uint8_t *locks = &f->locks[block_of(f, address)];
    uint32_t errors = 0;

    switch (datum & 0xff) {
    case LOCK_SET:
    case LOCK_DOWN: /* without a WP# pin there is nothing that tells the two apart */
        *locks |= (uint8_t)(1u << chip);
        break;
    case LOCK_CLEAR:
        *locks &= (uint8_t) ~(1u << chip);
        break;
    case CONFIG_SET: /* the read configuration is about timing */
        break;
    default:
        errors = SR_SEQUENCE;
    }
    done(&f->chips[chip], errors);
}

static void begin_buffer(struct cfi_flash *f, struct cfi_chip *c, uint32_t datum)
{
    c->filled = 0;
    c->count = (datum & 0xffff) + 1;
    c->expect = CFI_EXPECT_BUFFER;
    if (c->count > CFI_BUFFER_WORDS) {
        c->count = 0;
        done(c, SR_SEQUENCE);
    }
}

static void fill_buffer(struct cfi_flash *f, struct cfi_chip *c, uint32_t address, uint32_t datum)
{
    c->address[c->filled] = address;
    c->data[c->filled++] = datum;
    if (c->filled == c->count)
        c->expect = CFI_EXPECT_CONFIRM;
}

static void program_buffer(struct cfi_flash *f, uint32_t chip, uint32_t datum)
{
    struct cfi_chip *c = &f->chips[chip];
    uint32_t words = CFI_BUFFER_WORDS;

    if ((datum & 0xff) != CMD_CONFIRM) {
        done(c, SR_SEQUENCE);
        return;
    }
    /* P30: all words lie in one aligned buffer; a program across its end is refused. */
    for (uint32_t i = 0; i < c->filled; i++) {
        if (c->address[i] / words != c->address[0] / words) {
            done(c, SR_SEQUENCE);
            return;
        }
    }
    for (uint32_t i = 0; i < c->filled; i++)
        program(f, chip, c->address[i], c->data[i]);
}

static void command(struct cfi_flash *f, struct cfi_chip *c, uint32_t address, uint32_t datum)
{
    static const struct {
        uint8_t command, expect, mode;
    } rows[] = {
        {CMD_WORD, CFI_EXPECT_WORD, CFI_READ_STATUS},
        {CMD_WORD_ALT, CFI_EXPECT_WORD, CFI_READ_STATUS},
        {CMD_ERASE, CFI_EXPECT_ERASE, CFI_READ_STATUS},
        {CMD_LOCK_SETUP, CFI_EXPECT_LOCK, CFI_READ_STATUS},
        {CMD_BUFFER, CFI_EXPECT_COUNT, CFI_READ_STATUS},
        {CMD_STATUS, CFI_EXPECT_COMMAND, CFI_READ_STATUS},
        {CMD_SUSPEND, CFI_EXPECT_COMMAND, CFI_READ_STATUS},
        {CMD_CONFIRM, CFI_EXPECT_COMMAND, CFI_READ_STATUS},
        {CMD_ID, CFI_EXPECT_COMMAND, CFI_READ_ID},
        {CMD_QUERY, CFI_EXPECT_COMMAND, CFI_READ_QUERY},
        {CMD_ARRAY, CFI_EXPECT_COMMAND, CFI_READ_ARRAY},
    };

    if ((datum & 0xff) == CMD_CLEAR_STATUS) { /* leaves the read mode as it is */
        c->status = SR_READY;
        return;
    }
    for (uint32_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].command == (datum & 0xff)) {
            c->expect = rows[i].expect;
            c->mode = rows[i].mode;
            return;
        }
    }
    f->trace->log(f->dev, BP_LOG_GUEST, "not a command of set 0x0001: ignored");
}

void cfi_chip_write(struct cfi_flash *f, uint32_t chip, uint32_t address, uint32_t datum)
{
    struct cfi_chip *c = &f->chips[chip];

    switch (c->expect) {
    case CFI_EXPECT_WORD:
        program(f, chip, address, datum);
        break;
    case CFI_EXPECT_ERASE:
        erase(f, chip, address, datum);
        break;
    case CFI_EXPECT_LOCK:
        set_lock(f, chip, address, datum);
        break;
    case CFI_EXPECT_COUNT:
        c->block_address = address;
        begin_buffer(f, c, datum);
        break;
    case CFI_EXPECT_BUFFER:
        fill_buffer(f, c, address, datum);
        break;
    case CFI_EXPECT_CONFIRM:
        program_buffer(f, chip, datum);
        break;
    default:
        command(f, c, address, datum);
    }
}
