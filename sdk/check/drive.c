/* SPDX-License-Identifier: Apache-2.0
 *
 * drive.c - a guest and a world that do anything, by seed. Registers of the table get most of it,
 * pointers into guest RAM are among the values, and RAM holds such pointers as well, so that DMA
 * engines find something to chew on.
 */
#include "rig.h"

#define ADVANCE_MOST 2000000u /* ns of a common step of time */

static uint32_t width_of(struct random *random)
{
    return 1u << random_below(random, 4);
}

/* A register of the table, an address near the start, or any; in the region. */
static uint64_t address_of(struct rig *rig, struct random *random, uint32_t region, uint32_t *width)
{
    const struct bp_region *row = th_region_row(rig->t, region);
    uint64_t bytes = rig->t->regions[region].bytes, addr;

    *width = width_of(random);
    if (row->nregs && random_below(random, 4)) {
        const struct bp_reg *reg = th_reg_row(row, (uint32_t)random_below(random, row->nregs));

        addr = reg->offset + random_below(random, th_reg_count(reg)) * th_reg_stride(reg);
        if (random_below(random, 8))
            *width = reg->width;
    } else {
        addr = random_below(random, random_below(random, 4) && bytes > 512 ? 512 : bytes);
    }
    addr &= ~(uint64_t)(*width - 1);
    if (addr >= bytes || *width > bytes - addr) {
        *width = 1;
        addr = addr < bytes ? addr : bytes - 1;
    }
    return addr;
}

static void mmio(struct rig *rig, struct random *random)
{
    uint32_t region, width;
    uint64_t addr, value;

    if (!rig->t->cls->nregions)
        return;
    region = (uint32_t)random_below(random, rig->t->cls->nregions);
    addr = address_of(rig, random, region, &width);
    value = random_value(random) & th_bytes_mask(width);
    if (random_below(random, 16) == 0)
        rig_access(rig, region, addr, width, BP_ACCESS_DEBUG, &value, 0);
    else
        rig_access(rig, region, addr, width, 0, &value, random_below(random, 5) < 3);
}

static void elapse(struct rig *rig, struct random *random, uint32_t acts)
{
    uint64_t next = th_next_deadline(rig->t), now = rig->t->now, late = 0;

    if ((acts & ACT_ODD) && random_below(random, 4) == 0)
        late = random_below(random, ADVANCE_MOST);
    switch (random_below(random, 8)) {
    case 0:
        rig_advance(rig, 1, 0);
        break;
    case 1:
        if (next != UINT64_MAX && next >= now && next - now < (uint64_t)1 << 50)
            rig_advance(rig, next - now, late);
        break;
    case 2:
        rig_advance(rig, random_below(random, (uint64_t)1 << 36), late);
        break;
    default:
        rig_advance(rig, random_below(random, ADVANCE_MOST), late);
    }
}

static void lines(struct rig *rig, struct random *random)
{
    static const uint64_t rates[] = {0, 1, 32768, 1000000, 10000000, 1000000000, UINT64_MAX};
    const struct bp_port *row;
    uint32_t port;

    if (!rig->t->cls->nports)
        return;
    port = (uint32_t)random_below(random, rig->t->cls->nports);
    row = th_port_row(rig->t, port);
    if (row->dir != BP_DIR_IN)
        return;
    if (row->kind == BP_PORT_CLOCK)
        rig_clock(rig, port, rates[random_below(random, sizeof rates / sizeof *rates)]);
    else if (row->kind <= BP_PORT_RESET && ((struct bp_line *)rig->t->ports[port])->width)
        rig_line(rig, port,
                 (uint32_t)random_below(random, ((struct bp_line *)rig->t->ports[port])->width),
                 (uint32_t)random_below(random, 2));
}

static void chars(struct rig *rig, struct random *random, uint32_t acts)
{
    uint8_t data[64];
    uint32_t bytes = 1 + (uint32_t)random_below(random, sizeof data);

    if (!rig->t->chr.client)
        return;
    for (uint32_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)random_next(random);
    switch (random_below(random, acts & ACT_ODD ? 6 : 4)) {
    case 0:
    case 1:
    case 2:
        rig_type(rig, data, bytes);
        break;
    case 3:
        rig_accept(rig, random_below(random, 3) ? TH_NO_LIMIT : (uint32_t)random_below(random, 8));
        break;
    case 4:
        rig_char_event(rig, BP_CHAR_OPENED + (uint32_t)random_below(random, 3));
        break;
    default:
        rig_char_event(rig, 4 + (uint32_t)random_below(random, 100)); /* of a later SDK */
    }
}

static void blocks(struct rig *rig, struct random *random, uint32_t acts)
{
    int32_t status = (acts & ACT_ODD) && random_below(random, 4) == 0 ? BP_E_IO : BP_OK;
    uint32_t waiting = rig->t->block.nrequests;

    if (waiting)
        rig_complete(rig, (uint32_t)random_below(random, waiting), status);
    else if (acts & ACT_ODD)
        rig->t->block.refuse = random_below(random, 4) ? BP_OK : BP_E_NOMEM;
}

/* Words that may be read as descriptors: addresses of RAM, lengths, flags. */
static void ram(struct rig *rig, struct random *random)
{
    uint64_t at = random_below(random, TH_RAM_BYTES - 256) & ~(uint64_t)15;
    uint32_t words = 1 + (uint32_t)random_below(random, 16);

    for (uint32_t i = 0; i < words; i++) {
        uint64_t value = random_value(random);

        memcpy(rig->t->ram + at + (uint64_t)i * 8, &value, sizeof value);
    }
}

void drive(struct rig *rig, struct random *random, uint32_t acts)
{
    uint64_t choice = random_below(random, 64);

    if (choice < 36 && (acts & ACT_MMIO))
        mmio(rig, random);
    else if (choice < 42 && (acts & ACT_TIME))
        elapse(rig, random, acts);
    else if (choice < 48 && (acts & ACT_LINES))
        lines(rig, random);
    else if (choice < 53 && (acts & ACT_CHAR))
        chars(rig, random, acts);
    else if (choice < 58 && (acts & ACT_BLOCK))
        blocks(rig, random, acts);
    else if (choice < 63 && (acts & ACT_RAM))
        ram(rig, random);
    else if (choice == 63 && (acts & ACT_RESET))
        rig_reset(rig, (uint32_t)random_below(random, 3));
    rig_posted(rig);
}

void drive_many(struct rig *rig, struct random *random, uint32_t acts, uint32_t steps)
{
    for (uint32_t i = 0; i < steps; i++)
        drive(rig, random, acts);
}
