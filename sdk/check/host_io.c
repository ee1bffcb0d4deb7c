/* SPDX-License-Identifier: Apache-2.0
 *
 * host_io.c - the doorman of host.c for guest memory and back ends.
 */
#include "host.h"
#include "where.h"

#define OUT (1u << BP_DIR_OUT)
#define ANY 3u

/* --- memory -------------------------------------------------------------------------- */

#define BUS (1u << BP_PORT_BUS)
#define DMA (PHASE_MACHINE | PHASE_LOAD | PHASE_SAVE)

static int32_t dma_read(struct bp_bus *bus, uint64_t addr, void *data, uint64_t bytes)
{
    uint32_t port;
    struct rig *rig = host_of_port(bus, "bp.dma/1 read()", BUS, OUT, &port);

    if (!rig || !host_allowed(rig, "bp.dma/1 read()", DMA))
        return BP_E_STATE;
    tape_add(rig, TAPE_DMA, 0, addr, bytes);
    return th_api_dma_read(bus, addr, data, bytes);
}

static int32_t dma_write(struct bp_bus *bus, uint64_t addr, const void *data, uint64_t bytes)
{
    uint32_t port;
    struct rig *rig = host_of_port(bus, "bp.dma/1 write()", BUS, OUT, &port);

    if (!rig || !host_allowed(rig, "bp.dma/1 write()", DMA))
        return BP_E_STATE;
    tape_add(rig, TAPE_DMA, 1, addr, bytes);
    return th_api_dma_write(bus, addr, data, bytes);
}

static void *dma_map(struct bp_bus *bus, uint64_t addr, uint64_t *bytes, uint32_t direction)
{
    uint32_t port;
    struct rig *rig = host_of_port(bus, "bp.dma/1 map()", BUS, OUT, &port);

    if (!rig || !host_allowed(rig, "bp.dma/1 map()", DMA))
        return NULL;
    if (direction > BP_DMA_FROM_DEVICE)
        host_breach("bp.dma/1 map()", "no such direction");
    return th_api_dma_map(bus, addr, bytes, direction);
}

static void dma_unmap(struct bp_bus *bus, void *host, uint64_t bytes, uint32_t direction)
{
    uint32_t port, before;
    struct rig *rig = host_of_port(bus, "bp.dma/1 unmap()", BUS, OUT, &port);

    if (!rig || !host_allowed(rig, "bp.dma/1 unmap()", DMA | PHASE_FINISH))
        return;
    before = rig->t->nmaps;
    th_api_dma_unmap(bus, host, bytes, direction);
    if (rig->t->nmaps == before) {
        host_breach("bp.dma/1 unmap()", "no map() has this pointer, length and direction");
        rig->t->violations--;
    }
}

#define MEM (PHASE_INIT | PHASE_MACHINE | PHASE_LOAD)

/* Is `region` one of the class with all of `flags`? */
static bool good_region(struct rig *rig, const char *function, uint32_t region, uint32_t flags)
{
    if (region < rig->t->cls->nregions && (th_region_row(rig->t, region)->flags & flags) == flags)
        return true;
    host_breach(function, region < rig->t->cls->nregions
                              ? "the region is not of the kind it works on"
                              : "the class has no such region");
    return false;
}

static void *mem_data(struct bp_dev *dev, uint32_t region, uint64_t *bytes)
{
    struct rig *rig = host_of_dev(dev, "bp.mem/1 data()");

    if (!rig || !host_allowed(rig, "bp.mem/1 data()", PHASE_ALL) ||
        !good_region(rig, "bp.mem/1 data()", region, BP_REGION_RAM))
        return NULL;
    return th_api_mem_data(dev, region, bytes);
}

static void mem_direct(struct bp_dev *dev, uint32_t region, uint32_t on)
{
    struct rig *rig = host_of_dev(dev, "bp.mem/1 set_direct()");

    if (!rig || !host_allowed(rig, "bp.mem/1 set_direct()", MEM) ||
        !good_region(rig, "bp.mem/1 set_direct()", region, BP_REGION_ROMD))
        return;
    if (rig->t->regions[region].direct != on)
        tape_add(rig, TAPE_REGION, region, 0, on);
    th_api_mem_direct(dev, region, on);
}

static void mem_enable(struct bp_dev *dev, uint32_t region, uint32_t on)
{
    struct rig *rig = host_of_dev(dev, "bp.mem/1 enable()");

    if (!rig || !host_allowed(rig, "bp.mem/1 enable()", MEM) ||
        !good_region(rig, "bp.mem/1 enable()", region, 0))
        return;
    if (rig->t->regions[region].enabled != on)
        tape_add(rig, TAPE_REGION, region, 1, on);
    th_api_mem_enable(dev, region, on);
}

static int32_t mem_move(struct bp_dev *dev, uint32_t region, uint64_t addr)
{
    struct rig *rig = host_of_dev(dev, "bp.mem/1 move()");

    if (!rig || !host_allowed(rig, "bp.mem/1 move()", MEM) ||
        !good_region(rig, "bp.mem/1 move()", region, BP_REGION_FLOATING))
        return BP_E_INVAL;
    if (rig->t->regions[region].base != addr || !rig->t->regions[region].enabled)
        tape_add(rig, TAPE_REGION, region, 2, addr);
    return th_api_mem_move(dev, region, addr);
}

static void mem_changed(struct bp_dev *dev, uint32_t region, uint64_t offset, uint64_t bytes)
{
    struct rig *rig = host_of_dev(dev, "bp.mem/1 changed()");

    if (!rig || !host_allowed(rig, "bp.mem/1 changed()", MEM) ||
        !good_region(rig, "bp.mem/1 changed()", region, BP_REGION_RAM))
        return;
    if (offset > rig->t->regions[region].bytes || bytes > rig->t->regions[region].bytes - offset)
        host_breach("bp.mem/1 changed()", "a range outside of the region");
    else
        th_api_mem_changed(dev, region, offset, bytes);
}

/* --- back ends ----------------------------------------------------------------------- */

#define CHAR  (1u << BP_PORT_CHAR)
#define BLOCK (1u << BP_PORT_BLOCK)

static uint32_t char_write(struct bp_char *handle, const void *data, uint32_t bytes)
{
    uint32_t port, sum = 0;
    struct rig *rig = host_of_port(handle, "bp.char/1 write()", CHAR, ANY, &port);

    if (!rig || !host_allowed(rig, "bp.char/1 write()", PHASE_MACHINE))
        return 0;
    for (uint32_t i = 0; i < bytes; i++) /* reads all of it: a length too long is caught */
        sum = sum * 31 + ((const uint8_t *)data)[i];
    tape_add(rig, TAPE_CHAR, port, bytes, sum);
    return th_api_char_write(handle, data, bytes);
}

static void char_resume(struct bp_char *handle)
{
    uint32_t port;
    struct rig *rig = host_of_port(handle, "bp.char/1 resume()", CHAR, ANY, &port);

    if (rig && host_allowed(rig, "bp.char/1 resume()", PHASE_MACHINE | PHASE_LOAD))
        rig->resume = true; /* the core delivers later, never from inside */
}

static uint32_t char_connected(struct bp_char *handle)
{
    uint32_t port;
    struct rig *rig = host_of_port(handle, "bp.char/1 connected()", CHAR, ANY, &port);

    return rig && host_allowed(rig, "bp.char/1 connected()", PHASE_ALL) ? handle->connected : 0;
}

static uint32_t char_attached(struct bp_char *handle)
{
    uint32_t port;
    struct rig *rig = host_of_port(handle, "bp.char/1 attached()", CHAR, ANY, &port);

    return rig && host_allowed(rig, "bp.char/1 attached()", PHASE_ALL) ? handle->attached : 0;
}

static int32_t block_info(struct bp_block *handle, struct bp_block_info *out)
{
    uint32_t port;
    struct rig *rig = host_of_port(handle, "bp.block/1 info()", BLOCK, ANY, &port);

    return rig && host_allowed(rig, "bp.block/1 info()", PHASE_ALL) ? th_api_block_info(handle, out)
                                                                    : BP_E_NOENT;
}

static int32_t block_submit(struct bp_block *handle, uint32_t op, uint64_t offset, uint64_t bytes,
                            const struct bp_iovec *iov, uint32_t niov, uint64_t token)
{
    uint32_t port, before;
    struct rig *rig = host_of_port(handle, "bp.block/1 submit()", BLOCK, ANY, &port);
    int32_t status;

    if (!rig || !host_allowed(rig, "bp.block/1 submit()", PHASE_MACHINE))
        return BP_E_STATE;
    if (op > BP_BLOCK_ZERO) {
        host_breach("bp.block/1 submit()", "no such operation");
        return BP_E_INVAL;
    }
    before = rig->t->violations;
    tape_add(rig, TAPE_BLOCK, op, offset, bytes);
    status = th_api_block_submit(handle, op, offset, bytes, iov, niov, token);
    if (rig->t->violations != before) {
        /* The interface says BP_E_INVAL for what lies outside; a device may lean on that, but
         * not on lengths. */
        rig->t->violations = before;
        if (th_block_check(handle, BP_BLOCK_READ, 0, 0, NULL, 0) == BP_OK &&
            offset <= handle->info.bytes && bytes <= handle->info.bytes - offset &&
            !(handle->info.flags & BP_BLOCK_READ_ONLY))
            host_breach("bp.block/1 submit()", "the pieces of memory do not add up to the length");
    }
    return status;
}

static uint32_t block_in_flight(struct bp_block *handle)
{
    uint32_t port;
    struct rig *rig = host_of_port(handle, "bp.block/1 in_flight()", BLOCK, ANY, &port);

    return rig ? th_api_block_in_flight(handle) : 0;
}

static void block_drain(struct bp_block *handle)
{
    uint32_t port;
    struct rig *rig = host_of_port(handle, "bp.block/1 drain()", BLOCK, ANY, &port);

    if (rig && host_allowed(rig, "bp.block/1 drain()", PHASE_MACHINE | PHASE_SAVE | PHASE_FINISH))
        th_api_block_drain(handle);
}

const struct bp_dma_api host_dma_api = {sizeof host_dma_api, 0,       dma_read,
                                        dma_write,           dma_map, dma_unmap};
const struct bp_mem_api host_mem_api = {sizeof host_mem_api, 0,        mem_data,   mem_direct,
                                        mem_enable,          mem_move, mem_changed};
const struct bp_char_api host_char_api = {
    sizeof host_char_api, 0, char_write, char_resume, char_connected, char_attached};
const struct bp_block_api host_block_api = {
    sizeof host_block_api, 0, block_info, block_submit, block_in_flight, block_drain};
