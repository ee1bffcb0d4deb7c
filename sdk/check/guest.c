/* SPDX-License-Identifier: Apache-2.0
 *
 * guest.c - levels 3 to 5: what a guest and the world outside do to a device, debuggers, resets.
 */
#include <inttypes.h>
#include <string.h>

#include "rig.h"
#include "where.h"

#define ROUNDS    8u
#define STEPS     4000u
#define PEEK_MOST 65536u

/* --- level 3: MMIO ------------------------------------------------------------------- */

/* A read() that returns BP_OK has stored a value: two different ones put there before must be
 * gone. */
static void check_value_stored(struct rig *rig, struct random *random, uint32_t region)
{
    const struct bp_region *row = th_region_row(rig->t, region);
    uint32_t min = row->min_width ? row->min_width : 1, max = row->max_width ? row->max_width : 8;
    uint64_t bytes = rig->t->regions[region].bytes;

    for (uint32_t i = 0; row->read && i < 200; i++) {
        uint32_t width = min << random_below(random, (uint64_t)(__builtin_ctz(max / min) + 1));
        uint64_t addr = random_below(random, bytes / width) * width;
        struct bp_access access = {sizeof access, 0, addr, width, 0};
        uint64_t a = 0x5a5a5a5a5a5a5a5au, b = ~a;
        int32_t first, second;
        uint32_t before;

        kit_doing(rig->kit, "read of %u bytes from %s + %#" PRIx64, width, row->name, addr);
        before = rig_enter(rig, PHASE_RUN);
        first = row->read(rig->t->self, &access, &a);
        second = row->read(rig->t->self, &access, &b);
        rig_leave(rig, before);
        if (!first && !second && a == 0x5a5a5a5a5a5a5a5au && b == ~a) {
            kit_fail(rig->kit, "read() of %s + %#" PRIx64 ", %u bytes, returns BP_OK and no value",
                     row->name, addr, width);
            return;
        }
    }
}

void check_mmio(struct kit *kit)
{
    struct random random = random_of(kit, 10);

    for (uint32_t round = 0; round < ROUNDS && !kit_failed(kit); round++) {
        struct rig *rig = rig_started(kit, NULL);

        if (!rig)
            return;
        drive_many(rig, &random, ACT_MMIO | ACT_TIME | ACT_RAM, STEPS);
        for (uint32_t i = 0; i < rig->t->cls->nregions; i++)
            check_value_stored(rig, &random, i);
        rig_close(rig);
    }
}

/* --- level 3: lines, clocks, timers -------------------------------------------------- */

void check_lines(struct kit *kit)
{
    struct random random = random_of(kit, 11);

    for (uint32_t round = 0; round < ROUNDS && !kit_failed(kit); round++) {
        struct rig *rig = rig_started(kit, NULL);

        if (!rig)
            return;
        drive_many(rig, &random, ACT_MMIO | ACT_TIME | ACT_LINES | ACT_ODD | ACT_RAM, STEPS);
        rig_close(rig);
    }
}

/* --- level 3: back ends -------------------------------------------------------------- */

void check_char(struct kit *kit)
{
    struct random random = random_of(kit, 12);

    for (uint32_t round = 0; round < ROUNDS && !kit_failed(kit); round++) {
        struct rig *rig = rig_open(kit, NULL);

        if (!rig)
            return;
        if (rig_port_of_kind(rig, BP_PORT_CHAR) == BP_NO_OFFSET) {
            kit_skip(kit, "has no character port");
            rig_close(rig);
            return;
        }
        rig->t->chr.attached = round != 0;
        rig->t->chr.connected = round > 1;
        if (rig_start(rig))
            drive_many(rig, &random, ACT_MMIO | ACT_TIME | ACT_CHAR | ACT_RAM | ACT_ODD, STEPS);
        rig_close(rig);
    }
}

/* A reset waits for requests: none may be left that completes into the device's new life. */
static void check_block_reset(struct rig *rig)
{
    rig_reset(rig, BP_RESET_COLD);
    if (rig->t->block.nrequests)
        kit_fail(rig->kit, "reset() leaves %u block requests in flight", rig->t->block.nrequests);
}

void check_block(struct kit *kit)
{
    struct random random = random_of(kit, 13);

    for (uint32_t round = 0; round < ROUNDS && !kit_failed(kit); round++) {
        struct rig *rig = rig_open(kit, NULL);

        if (!rig)
            return;
        if (rig_port_of_kind(rig, BP_PORT_BLOCK) == BP_NO_OFFSET) {
            kit_skip(kit, "has no block port");
            rig_close(rig);
            return;
        }
        rig->t->block.info.flags = round & 1 ? BP_BLOCK_READ_ONLY : 0;
        if (rig_start(rig)) {
            for (uint32_t i = 0; i < STEPS && !kit_failed(kit); i++) {
                drive(rig, &random, ACT_MMIO | ACT_TIME | ACT_BLOCK | ACT_RAM | ACT_ODD);
                if (rig->t->block.nrequests && random_below(&random, 32) == 0)
                    check_block_reset(rig);
            }
        }
        rig_close(rig);
    }
}

/* --- level 3: DMA -------------------------------------------------------------------- */

void check_dma(struct kit *kit)
{
    struct random random = random_of(kit, 14);

    for (uint32_t round = 0; round < ROUNDS && !kit_failed(kit); round++) {
        struct rig *rig = rig_open(kit, NULL);

        if (!rig)
            return;
        if (rig_port_of_kind(rig, BP_PORT_BUS) == BP_NO_OFFSET) {
            kit_skip(kit, "has no bus port");
            rig_close(rig);
            return;
        }
        if (rig_start(rig)) {
            drive_many(rig, &random, ACT_ALL & ~ACT_RESET, STEPS);
        }
        rig_close(rig);
    }
}

/* --- level 3: device tree ------------------------------------------------------------ */

static uint32_t fdt_calls, fdt_full_at;

/* The writer of sdk/testhost, which has no room for one of the calls. */
static int32_t fdt_room(void)
{
    return fdt_calls++ == fdt_full_at ? BP_E_FULL : BP_OK;
}

static int32_t fdt_u32(void *ctx, const char *prop, uint32_t value)
{
    return fdt_room() ? BP_E_FULL : th_fdt_u32(ctx, prop, value);
}

static int32_t fdt_u64(void *ctx, const char *prop, uint64_t value)
{
    return fdt_room() ? BP_E_FULL : th_fdt_u64(ctx, prop, value);
}

static int32_t fdt_cells(void *ctx, const char *prop, const uint32_t *cells, uint32_t count)
{
    return fdt_room() ? BP_E_FULL : th_fdt_cells(ctx, prop, cells, count);
}

static int32_t fdt_str(void *ctx, const char *prop, const char *text)
{
    return fdt_room() ? BP_E_FULL : th_fdt_str(ctx, prop, text);
}

static int32_t fdt_bytes(void *ctx, const char *prop, const void *data, uint32_t bytes)
{
    return fdt_room() ? BP_E_FULL : th_fdt_bytes(ctx, prop, data, bytes);
}

static int32_t fdt_empty(void *ctx, const char *prop)
{
    return fdt_room() ? BP_E_FULL : th_fdt_empty(ctx, prop);
}

static int32_t fdt_begin(void *ctx, const char *name)
{
    return fdt_room() ? BP_E_FULL : th_fdt_begin(ctx, name);
}

static int32_t fdt_end(void *ctx)
{
    return fdt_room() ? BP_E_FULL : th_fdt_end(ctx);
}

static int32_t emit(struct rig *rig, const struct bp_fdt_node *node, uint32_t full_at)
{
    const struct bp_fdt_writer writer = {
        sizeof writer, 0,         rig->t,    fdt_u32, fdt_u64,        fdt_cells,  fdt_str,
        fdt_bytes,     fdt_empty, fdt_begin, fdt_end, th_fdt_phandle, th_fdt_reg,
    };
    uint32_t before;
    int32_t status;

    fdt_calls = 0;
    fdt_full_at = full_at;
    rig->t->nfdt = rig->t->fdt_depth = 0;
    kit_doing(rig->kit, "emit() of bp.fdt-node/1");
    before = rig_enter(rig, PHASE_FDT);
    status = node->emit(rig->t->self, &writer);
    rig_leave(rig, before);
    rig_status(rig, status, "emit()", (const void *)(uintptr_t)node->emit);
    rig_violations(rig);
    return status;
}

static void check_emit(struct rig *rig, const struct bp_fdt_node *node)
{
    int32_t status = emit(rig, node, UINT32_MAX);
    uint32_t calls = fdt_calls;

    if (status)
        kit_fail(rig->kit, "emit() returns %" PRId32 " with room for all it writes", status);
    if (rig->t->fdt_depth)
        kit_fail(rig->kit, "emit() leaves %u begin() without end()", rig->t->fdt_depth);
    for (uint32_t full = 0; full < calls && full < 100; full++) {
        if (emit(rig, node, full) == BP_OK) {
            kit_fail(rig->kit, "emit() returns BP_OK although call %u of the writer was refused",
                     full + 1);
            return;
        }
    }
}

void check_fdt(struct kit *kit)
{
    struct rig *rig = rig_started(kit, NULL);
    const struct bp_fdt_node *node;

    if (!rig)
        return;
    node = rig_iface(rig, BP_FDT_NODE_ID);
    if (!node)
        kit_skip(kit, "has no bp.fdt-node/1");
    else if (node->emit)
        check_emit(rig, node);
    rig_close(rig);
}

/* --- level 4: debug reads ------------------------------------------------------------ */

/* Every register, and the start of what has none, twice: the same value, and an instance that
 * stays as it was. */
static void peek_all(struct rig *rig, struct random *random, uint8_t *copy)
{
    uint32_t bytes = rig->t->cls->instance_size;

    for (uint32_t r = 0; r < rig->t->cls->nregions; r++) {
        uint64_t end = rig->t->regions[r].bytes;

        for (uint64_t addr = 0; addr + 4 <= (end < PEEK_MOST ? end : PEEK_MOST); addr += 4) {
            uint64_t first = random_value(random) & UINT32_MAX, second = 0;

            if (random_below(random, 2))
                rig_access(rig, r, addr, 4, 0, &first, 1);
            first = 0;
            memcpy(copy, rig->t->self, bytes);
            rig_access(rig, r, addr, 4, BP_ACCESS_DEBUG, &first, 0);
            rig_access(rig, r, addr, 4, BP_ACCESS_DEBUG, &second, 0);
            if (memcmp(copy, rig->t->self, bytes)) {
                kit_fail(rig->kit, "%s changes the instance", rig->kit->shared->doing);
                return;
            }
            if (first != second) {
                kit_fail(rig->kit, "%s gives %#" PRIx64 " and then %#" PRIx64,
                         rig->kit->shared->doing, first, second);
                return;
            }
            if (bytes > 8192 && !th_region_row(rig->t, r)->nregs)
                addr += 60; /* a large instance is compared less often */
        }
    }
}

void check_debug(struct kit *kit)
{
    struct random random = random_of(kit, 20);
    uint8_t *copy = malloc(kit->device->instance_size);

    for (uint32_t round = 0; round < 3 && copy && !kit_failed(kit); round++) {
        struct rig *rig = rig_started(kit, NULL);

        if (!rig)
            break;
        drive_many(rig, &random, ACT_ALL, round * 200);
        if (!kit_failed(kit))
            peek_all(rig, &random, copy);
        rig_close(rig);
    }
    free(copy);
}

/* --- level 5: reset ------------------------------------------------------------------ */

/* Everything a debugger sees, then the levels of the lines, onto the tape. */
static void observe(struct rig *rig)
{
    rig->tape.pause = false;
    for (uint32_t r = 0; r < rig->t->cls->nregions; r++) {
        uint64_t end = rig->t->regions[r].bytes;

        if (rig->t->regions[r].data && rig->t->regions[r].direct)
            continue; /* memory survives a reset */
        for (uint64_t addr = 0; addr + 4 <= (end < PEEK_MOST ? end : PEEK_MOST); addr += 4) {
            uint64_t value = 0;

            rig_access(rig, r, addr, 4, BP_ACCESS_DEBUG, &value, 0);
        }
    }
    for (uint32_t p = 0; p < rig->t->cls->nports; p++) {
        const struct bp_line *line = rig->t->ports[p];

        if (th_port_row(rig->t, p)->kind > BP_PORT_RESET ||
            th_port_row(rig->t, p)->dir == BP_DIR_IN)
            continue;
        for (uint32_t i = 0; i < line->width; i++)
            tape_add(rig, TAPE_LINE, p, i, line->level[i]);
    }
    rig->tape.pause = true;
}

/* The world as it is around a new device. */
static void calm(struct rig *rig, const struct rig *fresh)
{
    while (rig->t->block.nrequests)
        rig_complete(rig, 0, BP_OK);
    for (uint32_t p = 0; p < rig->t->cls->nports; p++) {
        const struct bp_port *row = th_port_row(rig->t, p);

        if (row->dir != BP_DIR_IN)
            continue;
        if (row->kind == BP_PORT_CLOCK)
            rig_clock(rig, p, ((struct bp_clock_in *)fresh->t->ports[p])->hz);
        for (uint32_t i = 0;
             row->kind <= BP_PORT_RESET && i < ((struct bp_line *)rig->t->ports[p])->width; i++)
            rig_line(rig, p, i, 0);
    }
    rig_accept(rig, TH_NO_LIMIT);
    rig->t->chr.nqueue = 0;
    rig->t->block.refuse = BP_OK;
    if (rig_port_of_kind(rig, BP_PORT_CHAR) != BP_NO_OFFSET)
        rig_char_event(rig, BP_CHAR_OPENED);
}

static void compare_resets(struct kit *kit, struct rig *fresh, struct rig *used,
                           struct random *random)
{
    fresh->tape.pause = used->tape.pause = true;
    drive_many(used, random, ACT_ALL & ~ACT_RESET, 800);
    calm(used, fresh);
    fresh->t->now = used->t->now;
    rig_reset(fresh, BP_RESET_COLD);
    rig_reset(used, BP_RESET_COLD);
    observe(fresh);
    observe(used);
    tape_same(kit, &fresh->tape, &used->tape, "a new device, and a used one after a cold reset");
    fresh->tape.count = used->tape.count = 0;
    observe(used);
    rig_reset(used, BP_RESET_COLD);
    observe(fresh);
    used->tape.count = 0;
    observe(used);
    if (!kit_failed(kit))
        tape_same(kit, &fresh->tape, &used->tape, "one cold reset, and two");
}

void check_reset(struct kit *kit)
{
    struct random random = random_of(kit, 30);

    for (uint32_t round = 0; round < ROUNDS && !kit_failed(kit); round++) {
        struct rig *fresh = rig_started(kit, NULL), *used = rig_started(kit, NULL);

        if (fresh && used) {
            compare_resets(kit, fresh, used, &random);
            for (uint32_t k = BP_RESET_COLD; k <= BP_RESET_BUS + 1 && !kit_failed(kit); k++) {
                drive_many(used, &random, ACT_ALL, 50);
                rig_reset(used, k % 3);
            }
        }
        rig_close(used);
        rig_close(fresh);
    }
}
