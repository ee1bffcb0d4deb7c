/* SPDX-License-Identifier: Apache-2.0
 *
 * cfi-flash: a bank of NOR flash chips side by side on one bus, as wide as all of them together.
 * While every chip is in read-array mode the guest reads the array directly; otherwise each access
 * is cut into cycles of the chips.
 */
#include "cfi-flash.h"
#include "standard.h"

#include <backplane/fdt.h>
#include <backplane/state.h>
#include <backplane/util/ifaces.h>

/* --- the array ------------------------------------------------------------------------ */

static uint64_t offset_of(const struct cfi_flash *f, uint32_t chip, uint32_t address)
{
    return (uint64_t)address * f->bank_width + chip * f->device_width;
}

uint32_t cfi_words_per_block(const struct cfi_flash *f)
{
    return (uint32_t)(f->block_size / f->bank_width);
}

uint32_t cfi_array_get(const struct cfi_flash *f, uint32_t chip, uint32_t address)
{
    return (uint32_t)bp_load_le(f->data + offset_of(f, chip, address), f->device_width);
}

/* Programming can only clear bits. */
void cfi_array_and(struct cfi_flash *f, uint32_t chip, uint32_t address, uint32_t datum)
{
    uint64_t at = offset_of(f, chip, address);

    bp_store_le(f->data + at, f->device_width, cfi_array_get(f, chip, address) & datum);
    f->mem->changed(f->dev, 0, at, f->device_width);
    cfi_medium_dirty(f, at, f->device_width);
}

void cfi_array_erase(struct cfi_flash *f, uint32_t chip, uint32_t block)
{
    uint32_t words = cfi_words_per_block(f);

    for (uint32_t i = 0; i < words; i++)
        memset(f->data + offset_of(f, chip, block * words + i), 0xff, f->device_width);
    f->mem->changed(f->dev, 0, block * f->block_size, f->block_size);
    cfi_medium_dirty(f, block * f->block_size, f->block_size);
}

/* --- bus cycles ----------------------------------------------------------------------- */

static void update_direct(struct cfi_flash *f)
{
    uint32_t direct = 1;

    for (uint32_t i = 0; i < f->nchips; i++)
        direct &= f->chips[i].mode == CFI_READ_ARRAY && f->chips[i].expect == CFI_EXPECT_COMMAND;
    if (direct != f->direct)
        f->mem->set_direct(f->dev, 0, direct);
    f->direct = direct;
}

/* Calls for each chip whose bytes the access touches; a byte lane of a 16-bit chip is its whole
 * cycle. */
static int32_t on_read(void *self, const struct bp_access *access, uint64_t *value)
{
    const struct cfi_flash *f = self;
    uint64_t at = access->addr, end = at + access->width;

    *value = 0;
    if (end > f->bytes)
        return BP_E_DECODE;
    while (at < end) {
        uint32_t in = (uint32_t)(at % f->device_width);
        uint32_t chip = (uint32_t)(at % f->bank_width / f->device_width);
        uint64_t bytes = bp_min(f->device_width - in, end - at);
        uint64_t word = cfi_chip_read(f, chip, (uint32_t)(at / f->bank_width));

        *value |= (word >> (8 * in) & bp_byte_mask((uint32_t)bytes)) << (8 * (at - access->addr));
        at += bytes;
    }
    return BP_OK;
}

static uint32_t takes_data(const struct cfi_chip *chip)
{
    return chip->expect == CFI_EXPECT_WORD || chip->expect == CFI_EXPECT_BUFFER;
}

static int32_t on_write(void *self, const struct bp_access *access, uint64_t value)
{
    struct cfi_flash *f = self;
    uint64_t at = access->addr, end = at + access->width;

    if (end > f->bytes)
        return BP_E_DECODE;
    while (at < end) {
        uint32_t in = (uint32_t)(at % f->device_width);
        uint32_t chip = (uint32_t)(at % f->bank_width / f->device_width);
        uint64_t bytes = bp_min(f->device_width - in, end - at),
                 mask = bp_byte_mask((uint32_t)bytes);
        uint64_t datum = value >> (8 * (at - access->addr)) & mask;

        datum <<= 8 * in;
        if (takes_data(
                &f->chips
                     [chip])) /* the rest of a word is programmed with ones: it keeps its value */
            datum |= ~(mask << (8 * in));
        cfi_chip_write(f, chip, (uint32_t)(at / f->bank_width),
                       (uint32_t)(datum & bp_byte_mask(f->device_width)));
        at += bytes;
    }
    update_direct(f);
    return BP_OK;
}

static const struct bp_region regions[] = {
    {.name = "reg",
     .doc = "the bank",
     .flags = BP_REGION_RAM | BP_REGION_ROMD,
     .fill = 0xff,
     .min_width = 1,
     .max_width = 8,
     .read = on_read,
     .write = on_write},
};

/* --- the class ------------------------------------------------------------------------ */

static const struct bp_prop props[] = {
    {.name = "bank-width",
     .doc = "bytes of the bus",
     .type = BP_PROP_U32,
     .def = "4",
     .offset = BP_OFFSET(struct cfi_flash, bank_width),
     .min = 1,
     .max = 8},
    {.name = "device-width",
     .doc = "bytes of one chip",
     .type = BP_PROP_U32,
     .def = "2",
     .offset = BP_OFFSET(struct cfi_flash, device_width),
     .min = 1,
     .max = 2},
    {.name = "block-size",
     .doc = "bytes of an erase block of the whole bank",
     .type = BP_PROP_SIZE,
     .def = "256KiB",
     .offset = BP_OFFSET(struct cfi_flash, block_size),
     .min = 256,
     .max = 16 << 20},
    {.name = "manufacturer",
     .doc = "JEDEC manufacturer id",
     .type = BP_PROP_U16,
     .def = "0x89",
     .offset = BP_OFFSET(struct cfi_flash, manufacturer)},
    {.name = "device-id",
     .doc = "device id",
     .type = BP_PROP_U16,
     .def = "0x18",
     .offset = BP_OFFSET(struct cfi_flash, device_id)},
    {.name = "locked",
     .doc = "blocks are locked after a reset",
     .type = BP_PROP_BOOL,
     .def = "false",
     .offset = BP_OFFSET(struct cfi_flash, locked)},
    {.name = "read-only",
     .doc = "every block is locked for good",
     .type = BP_PROP_BOOL,
     .def = "false",
     .offset = BP_OFFSET(struct cfi_flash, read_only)},
};

static const struct bp_block_client block_client = {.size = sizeof block_client,
                                                    .on_complete = cfi_medium_on_complete};

static const struct bp_port ports[] = {
    {.name = "drive",
     .doc = "the image; without one the flash starts erased and forgets",
     .kind = BP_PORT_BLOCK,
     .offset = BP_OFFSET(struct cfi_flash, drive),
     .client = &block_client},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1,
     .type = BP_STATE_U32,
     .offset = BP_OFFSET(struct cfi_flash, chips),
     .count = CFI_MAX_CHIPS * sizeof(struct cfi_chip) / 4,
     .name = "chips"},
    {.tag = 2,
     .type = BP_STATE_BYTES,
     .offset = BP_OFFSET(struct cfi_flash, locks),
     .count = CFI_MAX_BLOCKS,
     .name = "locks"},
};

/* A snapshot is input: positions in the write buffer stay inside of it. */
static int32_t post_load(void *self)
{
    struct cfi_flash *f = self;

    for (uint32_t i = 0; i < CFI_MAX_CHIPS; i++) {
        const struct cfi_chip *c = &f->chips[i];
        uint32_t filling = c->expect == CFI_EXPECT_BUFFER;

        if (c->count > CFI_BUFFER_WORDS || c->filled > c->count ||
            (filling && c->filled == c->count))
            return BP_E_INVAL;
        for (uint32_t j = 0; j < c->filled; j++) {
            if (c->address[j] >= f->bytes / f->bank_width)
                return BP_E_INVAL;
        }
    }
    update_direct(f);
    return BP_OK;
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields), .post_load = post_load};

static const struct bp_iface_row ifaces[] = {
    {BP_MEM_ID, BP_OFFSET(struct cfi_flash, mem)},
    {BP_BLOCK_ID, BP_OFFSET(struct cfi_flash, blocks)},
    {BP_TRACE_ID, BP_OFFSET(struct cfi_flash, trace)},
};

static int32_t check_geometry(struct cfi_flash *f, const struct bp_core *core)
{
    uint32_t chips = f->bank_width / f->device_width;

    if (!bp_is_power_of_two(f->bank_width))
        return bp_fail(core, f->dev, BP_E_INVAL, "bank-width",
                       "not a power of two: give 1, 2, 4 or 8");
    if (!chips || chips > CFI_MAX_CHIPS)
        return bp_fail(core, f->dev, BP_E_INVAL, "device-width",
                       "a bank has 1 to 4 chips: change bank-width or device-width");
    if (!bp_is_power_of_two(f->block_size) || f->block_size / chips < 256)
        return bp_fail(core, f->dev, BP_E_INVAL, "block-size",
                       "not a power of two of at least 256 bytes for each chip");
    if (!bp_is_power_of_two(f->bytes) || f->bytes < f->block_size)
        return bp_fail(core, f->dev, BP_E_INVAL, NULL,
                       "the size in `reg` is not a power of two of at least one block");
    if (f->bytes / f->block_size > CFI_MAX_BLOCKS)
        return bp_fail(core, f->dev, BP_E_INVAL, "block-size",
                       "more than 4096 blocks: use larger ones");
    f->nchips = chips;
    f->nblocks = (uint32_t)(f->bytes / f->block_size);
    return BP_OK;
}

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct cfi_flash *f = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    f->dev = dev;
    f->direct = 1; /* as every ROMD region begins */
    if (status)
        return status;
    f->data = f->mem->data(dev, 0, &f->bytes);
    if (!f->data)
        return bp_fail(core, dev, BP_E_STATE, NULL, "the flash has no memory: give it a `reg`");
    status = check_geometry(f, core);
    return status ? status : cfi_medium_init(f, core);
}

static void reset(void *self, uint32_t kind)
{
    struct cfi_flash *f = self;

    cfi_medium_load(f);
    f->blocks->drain(f->drive); /* what was programmed before is on its way to the image */
    for (uint32_t i = 0; i < CFI_MAX_CHIPS; i++)
        cfi_chip_reset(&f->chips[i]);
    memset(f->locks, f->locked ? 0xff : 0, sizeof f->locks);
    update_direct(f);
}

static void finish(void *self)
{
    cfi_medium_finish(self);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    const struct cfi_flash *f = self;

    return w->u32(w->ctx, "bank-width", f->bank_width);
}

static const struct bp_fdt_node fdt_node = {
    .size = sizeof fdt_node, .name = "flash", .compatible = "cfi-flash", .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class cfi_flash_class = {
    .size = sizeof cfi_flash_class,
    .instance_size = sizeof(struct cfi_flash),
    .instance_align = _Alignof(struct cfi_flash),
    .name = "cfi-flash",
    .doc = "NOR flash with the Intel extended command set",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .finish = finish,
    .get_iface = get_iface,
};
