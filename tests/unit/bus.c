/* SPDX-License-Identifier: Apache-2.0
 *
 * bus.c - the address space: RAM, ROM and devices, widths and byte order, DMA, regions that move, and readers that race
 * with that.
 */
#include "rig.h"

#define RAM 0x80000000ull
#define ROM 0x1000ull
#define DEV 0x10000000ull

/* --- a device that notes what it is asked ---------------------------------------------------------------- */

struct probe {
    struct bp_dev *dev;
    struct bp_bus *bus;
    const struct bp_dma_api *dma;
    const struct bp_mem_api *mem;
    struct {
        uint64_t addr, value;
        uint32_t width, flags;
        bool write;
    } log[16];
    uint32_t n;
    uint8_t bytes[64];
    int32_t status;
};

static int32_t probe_read(void *self, const struct bp_access *access, uint64_t *value)
{
    struct probe *p = self;

    *value = bp_load_le(p->bytes + access->addr % 64, access->width);
    if (p->n < 16)
        p->log[p->n] = (typeof(*p->log)){access->addr, *value, access->width, access->flags, false};
    p->n++;
    *value |= access->width < 8 ? 0xdeadull << 48
                                : 0; /* rubbish behind the width is the bus's to cut off */
    return p->status;
}

static int32_t probe_write(void *self, const struct bp_access *access, uint64_t value)
{
    struct probe *p = self;

    bp_store_le(p->bytes + access->addr % 64, access->width, value);
    if (p->n < 16)
        p->log[p->n] = (typeof(*p->log)){access->addr, value, access->width, access->flags, true};
    p->n++;
    return p->status;
}

static int32_t probe_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct probe *p = self;

    p->dev = dev;
    p->dma = core->get(core, BP_DMA_ID);
    p->mem = core->get(core, BP_MEM_ID);
    return BP_OK;
}

static const struct bp_port probe_ports[] = {
    {.name = "bus", .kind = BP_PORT_BUS, .dir = BP_DIR_OUT, .offset = BP_OFFSET(struct probe, bus)},
};

#define PROBE(NAME, ...)                                                                           \
    static const struct bp_region NAME##_regions[] = {                                             \
        {.name = "reg", .read = probe_read, .write = probe_write, __VA_ARGS__}};                   \
    static const struct bp_device_class NAME = {.size = sizeof(NAME),                              \
                                                .instance_size = sizeof(struct probe),             \
                                                .instance_align = 8,                               \
                                                .name = #NAME,                                     \
                                                .ports = BP_ARRAY(probe_ports),                    \
                                                .regions = BP_ARRAY(NAME##_regions),               \
                                                .init = probe_init}

PROBE(any_width, .length = 0);
PROBE(word_only, .min_width = 4, .max_width = 4);
PROBE(half_only_big, .min_width = 2, .max_width = 2, .endian = BP_ENDIAN_BIG);
PROBE(short_block, .length = 0x20);

static const struct bp_region silent_regions[] = {{.name = "reg", .read = probe_read}};
static const struct bp_device_class no_writes = {.size = sizeof(no_writes),
                                                 .instance_size = sizeof(struct probe),
                                                 .instance_align = 8,
                                                 .name = "no_writes",
                                                 .regions = BP_ARRAY(silent_regions),
                                                 .init = probe_init};

/* A flash: reads are direct until it is told otherwise, writes go to the device. And a floating window. */
static const struct bp_region flash_regions[] = {
    {.name = "array",
     .flags = BP_REGION_RAM | BP_REGION_ROMD,
     .read = probe_read,
     .write = probe_write},
    {.name = "window",
     .flags = BP_REGION_FLOATING,
     .length = 0x1000,
     .read = probe_read,
     .write = probe_write},
};
static const struct bp_device_class flash = {.size = sizeof(flash),
                                             .instance_size = sizeof(struct probe),
                                             .instance_align = 8,
                                             .name = "flash",
                                             .ports = BP_ARRAY(probe_ports),
                                             .regions = BP_ARRAY(flash_regions),
                                             .init = probe_init};

static const struct bp_region spare_regions[] = {
    {.name = "reg", .read = probe_read, .write = probe_write},
    {.name = "spare",
     .flags = BP_REGION_OPTIONAL | BP_REGION_RAM,
     .length = 0x1000,
     .read = probe_read},
};
static const struct bp_device_class spare = {.size = sizeof(spare),
                                             .instance_size = sizeof(struct probe),
                                             .instance_align = 8,
                                             .name = "spare",
                                             .ports = BP_ARRAY(probe_ports),
                                             .regions = BP_ARRAY(spare_regions),
                                             .init = probe_init};

/* --- an accelerator that notes what it is told ----------------------------------------------------------- */

static struct {
    uint64_t written, written_bytes, changed, changed_bytes;
    uint32_t nwritten, nchanged;
} told;

static int32_t accel_init(void *self, struct bp_dev *dev, const struct bp_core *core,
                          const struct bp_accel_host *api, void *host)
{
    (void)self, (void)dev, (void)core, (void)api, (void)host;
    return BP_OK;
}

static void accel_written(void *self, uint64_t pa, uint64_t bytes)
{
    (void)self;
    told.written = pa;
    told.written_bytes = bytes;
    told.nwritten++;
}

static void accel_changed(void *self, uint64_t pa, uint64_t bytes)
{
    (void)self;
    told.changed = pa;
    told.changed_bytes = bytes;
    told.nchanged++;
}

static const struct bp_accel_class accel = {.size = sizeof(accel),
                                            .instance_size = 8,
                                            .instance_align = 8,
                                            .name = "listener",
                                            .init = accel_init,
                                            .map_changed = accel_changed,
                                            .ram_written = accel_written};

/* --- a board --------------------------------------------------------------------------------------------- */

static struct rig r;
static struct bus *bus;

static struct probe *board(const struct bp_device_class *cls, uint64_t window)
{
    struct graph_node *node;

    memset(&told, 0, sizeof(told));
    rig_init(&r);
    rig_core(&r, "ram", "ram", RAM, 0x10000);
    rig_core(&r, "rom", "rom", ROM, 0x1000);
    node = rig_device(&r, "dev", cls, DEV, window);
    rig_accel(&r, &accel);
    rig_must_build(&r, 0);
    bus = &r.m->bus;
    return rig_self(&r, node);
}

static void fini(void)
{
    rig_finish(&r);
}

static int32_t get(uint64_t pa, uint32_t width, uint64_t *value)
{
    *value = 0x5555555555555555;
    return bus_access(bus, 0, pa, width, 0, value, false);
}

static int32_t put(uint64_t pa, uint32_t width, uint64_t value)
{
    return bus_access(bus, 0, pa, width, 0, &value, true);
}

TestSuite(bus, .fini = fini);

Test(bus, ram_holds_every_width_and_misalignment)
{
    uint64_t value;

    board(&any_width, 0x1000);
    for (uint32_t width = 1; width <= 8; width *= 2)
        for (uint32_t at = 0; at < 9; at++) {
            cr_assert_eq(put(RAM + at, width, 0x8877665544332211), BP_OK);
            cr_assert_eq(get(RAM + at, width, &value), BP_OK);
            cr_assert_eq(value, 0x8877665544332211 & bp_byte_mask(width));
        }
}

Test(bus, nothing_answers_in_holes_and_behind_the_last_byte)
{
    uint64_t value;

    board(&any_width, 0x1000);
    cr_assert_eq(get(0, 4, &value), BP_E_DECODE);
    cr_assert_eq(get(RAM + 0x10000, 1, &value), BP_E_DECODE);
    cr_assert_eq(get(RAM + 0xfffe, 4, &value), BP_E_DECODE, "half of it is in the hole");
    cr_assert_eq(put(RAM - 2, 4, 1), BP_E_DECODE);
    cr_assert_eq(put(UINT64_MAX, 2, 1), BP_E_DECODE, "does not go on at address 0");
}

Test(bus, a_window_larger_than_the_device_is_empty_behind_it)
{
    uint64_t value;
    struct probe *p = board(&short_block, 0x1000);

    cr_assert_eq(get(DEV + 0x1c, 4, &value), BP_OK);
    cr_assert_eq(get(DEV + 0x1e, 4, &value), BP_E_DECODE);
    cr_assert_eq(get(DEV + 0x20, 4, &value), BP_E_DECODE);
    cr_assert_eq(p->n, 1);
}

Test(bus, rom_is_read_and_refuses_stores)
{
    uint64_t value;
    struct bp_phys phys;

    board(&any_width, 0x1000);
    cr_assert_eq(machine_mem_write(r.m, ROM, "boot", 4), BP_OK, "the loader may");
    cr_assert_eq(get(ROM, 4, &value), BP_OK);
    cr_assert_eq(value, 0x746f6f62);
    cr_assert_eq(put(ROM, 4, 0), BP_E_ACCESS);
    cr_assert_eq(get(ROM, 4, &value), BP_OK);
    cr_assert_eq(value, 0x746f6f62);
    bus_resolve(bus, ROM, &phys);
    cr_assert_not_null(phys.host);
    cr_assert_not(phys.flags & BP_PHYS_WRITABLE);
}

Test(bus, values_are_cut_to_the_width_in_both_directions)
{
    uint64_t value;
    struct probe *p = board(&any_width, 0x1000);

    put(DEV, 2, 0xffffffffffff1234);
    cr_assert_eq(p->log[0].value, 0x1234);
    cr_assert_eq(get(DEV, 2, &value), BP_OK);
    cr_assert_eq(value, 0x1234);
}

Test(bus, wide_accesses_are_split_in_address_order)
{
    uint64_t value;
    struct probe *p = board(&word_only, 0x1000);

    cr_assert_eq(put(DEV + 8, 8, 0x8877665544332211), BP_OK);
    cr_assert_eq(p->n, 2);
    cr_assert_eq(p->log[0].addr, 8);
    cr_assert_eq(p->log[0].value, 0x44332211);
    cr_assert_eq(p->log[1].addr, 12);
    cr_assert_eq(p->log[1].value, 0x88776655);
    cr_assert_eq(get(DEV + 8, 8, &value), BP_OK);
    cr_assert_eq(value, 0x8877665544332211);
}

Test(bus, narrow_reads_take_their_bytes_of_the_word)
{
    uint64_t value;
    struct probe *p = board(&word_only, 0x1000);

    bp_store_le32(p->bytes, 0x44332211);
    cr_assert_eq(get(DEV + 1, 1, &value), BP_OK);
    cr_assert_eq(value, 0x22);
    cr_assert_eq(get(DEV + 2, 2, &value), BP_OK);
    cr_assert_eq(value, 0x4433);
    cr_assert_eq(p->n, 2);
    cr_assert_eq(p->log[0].width, 4);
    cr_assert_eq(p->log[0].addr, 0);
}

Test(bus, narrow_writes_keep_the_rest_and_look_without_side_effects)
{
    struct probe *p = board(&word_only, 0x1000);

    bp_store_le32(p->bytes, 0x44332211);
    cr_assert_eq(put(DEV + 1, 1, 0xee), BP_OK);
    cr_assert_eq(p->n, 2);
    cr_assert(!p->log[0].write && p->log[0].flags & BP_ACCESS_DEBUG);
    cr_assert(p->log[1].write && !(p->log[1].flags & BP_ACCESS_DEBUG));
    cr_assert_eq(p->log[1].value, 0x4433ee11);
}

Test(bus, misaligned_accesses_reach_the_device_aligned)
{
    uint64_t value;
    struct probe *p = board(&word_only, 0x1000);

    bp_store_le64(p->bytes, 0x8877665544332211);
    cr_assert_eq(get(DEV + 3, 4, &value), BP_OK);
    cr_assert_eq(value, 0x77665544);
    for (uint32_t i = 0; i < p->n; i++)
        cr_assert(p->log[i].width == 4 && p->log[i].addr % 4 == 0);
}

Test(bus, a_big_endian_device_sees_its_bytes_in_its_order)
{
    uint64_t value;
    struct probe *p = board(&half_only_big, 0x1000);

    put(DEV, 2, 0x1122); /* byte 0x22 at the lower address: the device's more significant one */
    cr_assert_eq(p->log[0].value, 0x2211);
    p->n = 0;
    put(DEV, 4, 0x11223344);
    cr_assert_eq(p->n, 2);
    cr_assert(p->log[0].addr == 0 && p->log[0].value == 0x4433);
    cr_assert(p->log[1].addr == 2 && p->log[1].value == 0x2211);
    cr_assert_eq(get(DEV, 4, &value), BP_OK);
    cr_assert_eq(value, 0x11223344);
    cr_assert_eq(get(DEV, 1, &value), BP_OK);
    cr_assert_eq(value, 0x44, "the byte at the lowest address");
    cr_assert_eq(get(DEV + 1, 1, &value), BP_OK);
    cr_assert_eq(value, 0x33);
}

Test(bus, refusals_of_a_device_become_the_statuses_of_a_bus)
{
    static const struct {
        int32_t device, bus;
    } rows[] = {{BP_E_DECODE, BP_E_DECODE}, {BP_E_ACCESS, BP_E_ACCESS}, {BP_E_IO, BP_E_IO},
                {BP_E_INVAL, BP_E_IO},      {BP_E_NOMEM, BP_E_IO},      {1, BP_OK}};
    uint64_t value;
    struct probe *p = board(&any_width, 0x1000);

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        p->status = rows[i].device;
        cr_assert_eq(get(DEV, 4, &value), rows[i].bus);
        cr_assert_eq(put(DEV, 4, 0), rows[i].bus);
    }
}

Test(bus, a_device_without_a_callback_refuses)
{
    uint64_t value;

    board(&no_writes, 0x1000);
    cr_assert_eq(get(DEV, 4, &value), BP_OK);
    cr_assert_eq(put(DEV, 4, 1), BP_E_ACCESS);
}

Test(bus, resolve_tells_extents)
{
    struct bp_phys phys;

    board(&any_width, 0x1000);
    bus_resolve(bus, RAM + 0x123, &phys);
    cr_assert(phys.base == RAM && phys.bytes == 0x10000 && phys.flags == BP_PHYS_WRITABLE &&
              phys.host);
    bus_resolve(bus, DEV + 4, &phys);
    cr_assert(phys.base == DEV && phys.bytes == 0x1000 && phys.flags == BP_PHYS_DEVICE &&
              !phys.host);
    bus_resolve(bus, DEV + 0x1000, &phys);
    cr_assert(phys.base == DEV + 0x1000 && phys.bytes == RAM - DEV - 0x1000 && !phys.flags &&
              !phys.host);
    bus_resolve(bus, UINT64_MAX, &phys);
    cr_assert(phys.base == RAM + 0x10000 && phys.base + (phys.bytes - 1) == UINT64_MAX &&
              !phys.flags);
}

Test(bus, a_flash_is_direct_until_it_says_otherwise)
{
    struct probe *p = board(&flash, 0x1000);
    struct bp_phys phys;
    uint64_t value, bytes;
    uint8_t *data = p->mem->data(p->dev, 0, &bytes);

    cr_assert(data && bytes == 0x1000);
    data[0] = 0x42;
    cr_assert_eq(get(DEV, 1, &value), BP_OK);
    cr_assert(value == 0x42 && p->n == 0);
    cr_assert_eq(put(DEV, 1, 0x90), BP_OK);
    cr_assert(p->n == 1 && data[0] == 0x42, "writes are commands");

    told.nchanged = 0;
    p->mem->set_direct(p->dev, 0, 0);
    cr_assert(told.nchanged == 1 && told.changed == DEV && told.changed_bytes == 0x1000);
    p->mem->set_direct(p->dev, 0, 0);
    cr_assert_eq(told.nchanged, 1, "no change, no noise");
    bus_resolve(bus, DEV, &phys);
    cr_assert(!phys.host && phys.flags & BP_PHYS_DEVICE);
    p->n = 0;
    cr_assert_eq(get(DEV, 1, &value), BP_OK);
    cr_assert_eq(p->n, 1);
    cr_assert_eq(p->dma->read(p->bus, DEV + 1, &value, 1), BP_OK);
    cr_assert_eq(p->n, 2, "DMA reads the status as well");
    bytes = 16;
    cr_assert_null(p->dma->map(p->bus, DEV, &bytes, BP_DMA_TO_DEVICE), "nothing to map");
    cr_assert_eq(machine_mem_read(r.m, DEV, &value, 1), BP_OK);
    cr_assert_eq((uint8_t)value, 0x42, "debug access sees the array all the same");

    p->mem->changed(p->dev, 0, 0x10, 8);
    cr_assert(told.written == DEV + 0x10 && told.written_bytes == 8);
    told.nwritten = 0;
    p->mem->changed(p->dev, 0, 0xff9, 8);
    cr_assert_eq(told.nwritten, 0, "outside");
}

Test(bus, an_optional_region_without_an_address_is_not_there)
{
    struct probe *p = board(&spare, 0x1000);
    uint64_t value, bytes = 1;

    cr_assert_null(p->mem->data(p->dev, 1, &bytes));
    cr_assert_eq(bytes, 0);
    cr_assert_eq(get(0, 4, &value), BP_E_DECODE, "and least of all at 0");
    cr_assert_eq(get(DEV, 4, &value), BP_OK);
}

Test(bus, a_floating_region_lies_in_front_of_what_is_there)
{
    struct probe *p = board(&flash, 0x1000);
    uint64_t value;

    cr_assert_eq(get(RAM + 0x2000, 8, &value), BP_OK);
    cr_assert_eq(value, 0);
    bp_store_le64(p->bytes, 0x1234);
    cr_assert_eq(p->mem->move(p->dev, 1, RAM + 0x2000), BP_OK);
    cr_assert_eq(get(RAM + 0x2000, 8, &value), BP_OK);
    cr_assert_eq(value, 0x1234);
    cr_assert_eq(get(RAM + 0x1ffc, 8, &value), BP_OK, "across the edge, RAM and device");
    cr_assert_eq(value, 0x1234ull << 32);
    cr_assert_eq(p->mem->move(p->dev, 1, RAM + 0x4000), BP_OK);
    cr_assert_eq(get(RAM + 0x2000, 8, &value), BP_OK);
    cr_assert_eq(value, 0);
    p->mem->enable(p->dev, 1, 0);
    cr_assert_eq(get(RAM + 0x4000, 8, &value), BP_OK);
    cr_assert_eq(value, 0);
    cr_assert_eq(p->mem->move(p->dev, 1, UINT64_MAX - 0xffe), BP_E_INVAL, "sticks out at the top");
    cr_assert_eq(p->mem->move(p->dev, 1, UINT64_MAX - 0xfff), BP_OK, "just fits");
    cr_assert_eq(p->mem->move(p->dev, 0, 0), BP_E_INVAL, "not floating");
    cr_assert_eq(p->mem->move(p->dev, 7, 0), BP_E_INVAL, "no such region");
}

Test(bus, dma_copies_through_ram_and_devices)
{
    struct probe *p = board(&word_only, 0x1000);
    uint8_t data[16], back[16];

    for (uint8_t i = 0; i < 16; i++)
        data[i] = (uint8_t)(0xa0 + i);
    cr_assert_eq(p->dma->write(p->bus, RAM + 3, data, 16), BP_OK);
    cr_assert(told.written == RAM + 3 && told.written_bytes == 16);
    cr_assert_eq(p->dma->read(p->bus, RAM + 3, back, 16), BP_OK);
    cr_assert_arr_eq(data, back, 16);
    told.nwritten = 0;
    cr_assert_eq(p->dma->write(p->bus, DEV + 4, data, 8), BP_OK);
    cr_assert_eq(told.nwritten, 0);
    cr_assert_arr_eq(p->bytes + 4, data, 8);
    cr_assert_eq(p->dma->read(p->bus, DEV + 5, back, 3), BP_OK);
    cr_assert_arr_eq(back, data + 1, 3);
    cr_assert_eq(p->dma->read(p->bus, RAM, back, 0), BP_OK);
}

Test(bus, dma_says_how_it_failed)
{
    struct probe *p = board(&any_width, 0x1000);
    uint8_t data[16] = {1, 2, 3, 4, 5, 6, 7, 8};

    cr_assert_eq(p->dma->read(p->bus, 0x100, data, 4), BP_E_DECODE);
    cr_assert_eq(p->dma->write(p->bus, RAM + 0xfffc, data, 8), BP_E_PARTIAL);
    cr_assert_eq(p->dma->write(p->bus, ROM, data, 4), BP_E_ACCESS);
    cr_assert_eq(p->dma->read(p->bus, UINT64_MAX - 3, data, 16), BP_E_DECODE);
    p->status = BP_E_IO;
    cr_assert_eq(p->dma->read(p->bus, DEV, data, 4), BP_E_IO);
}

Test(bus, dma_maps_plain_ram_only)
{
    struct probe *p = board(&flash, 0x1000);
    uint64_t bytes = 0x100;
    uint8_t *host = p->dma->map(p->bus, RAM + 0xff80, &bytes, BP_DMA_FROM_DEVICE);

    cr_assert(host && bytes == 0x80);
    memset(host, 0x77, bytes);
    told.nwritten = 0;
    p->dma->unmap(p->bus, host, bytes, BP_DMA_FROM_DEVICE);
    cr_assert(told.nwritten == 1 && told.written == RAM + 0xff80 && told.written_bytes == 0x80);
    host = p->dma->map(p->bus, RAM, &bytes, BP_DMA_TO_DEVICE);
    p->dma->unmap(p->bus, host, bytes, BP_DMA_TO_DEVICE);
    cr_assert_eq(told.nwritten, 1, "nothing was written");
    bytes = 8;
    cr_assert_not_null(p->dma->map(p->bus, ROM, &bytes, BP_DMA_TO_DEVICE));
    cr_assert_null(p->dma->map(p->bus, ROM, &bytes, BP_DMA_FROM_DEVICE));
    cr_assert_null(p->dma->map(p->bus, 0x100, &bytes, BP_DMA_TO_DEVICE));
    bytes = 0;
    cr_assert_null(p->dma->map(p->bus, RAM, &bytes, BP_DMA_TO_DEVICE));
}

Test(bus, debug_copies_cross_regions_and_stop_at_devices)
{
    uint64_t base, bytes;
    uint8_t data[8] = {0};

    board(&any_width, 0x1000);
    cr_assert_eq(machine_mem_write(r.m, RAM + 0xfffc, data, 8), BP_E_DECODE);
    cr_assert_eq(machine_mem_read(r.m, DEV, data, 4), BP_E_DECODE);
    cr_assert(machine_ram(r.m, RAM + 5, &base, &bytes) && base == RAM && bytes == 0x10000);
    cr_assert_not(machine_ram(r.m, ROM, &base, &bytes));
    cr_assert_not(machine_ram(r.m, 0x100, &base, &bytes));
}

/* --- readers without a lock ------------------------------------------------------------------------------ */

static _Atomic bool enough;
static _Atomic uint32_t wrong;

/* Every answer is whole: the window is as long as it is, RAM starts and ends at the window or at its own ends. */
static bool whole(const struct bus_segment *s, uint64_t pa)
{
    if (!s->region || pa < s->first || pa > s->last)
        return false;
    if (s->region->floating)
        return s->offset == 0 && s->last - s->first == 0xfff && s->first % 0x1000 == 0;
    return s->offset == s->first - RAM && (s->first == RAM || s->last == RAM + 0xffff) &&
           (s->last + 1) % 0x1000 == 0;
}

static void *look(void *arg)
{
    uint64_t pa = (uintptr_t)arg;
    struct bus_segment segment;

    while (!atomic_load(&enough)) {
        pa = pa * 6364136223846793005u + 1442695040888963407u;
        bus_find(bus, RAM + (pa >> 48), &segment);
        if (!whole(&segment, RAM + (pa >> 48)))
            atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

Test(bus, readers_never_see_a_view_that_is_half_made, .timeout = 60 * BP_PATIENCE)
{
    struct probe *p = board(&flash, 0x1000);
    pthread_t threads[3];

    atomic_store(&enough, false);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, look, (void *)(uintptr_t)i);
    for (int i = 0; i < 60000; i++) {
        p->mem->move(p->dev, 1, RAM + 0x2000 + 0x1000 * (uint64_t)(i % 8));
        p->mem->enable(p->dev, 1, i % 3 == 0);
    }
    atomic_store(&enough, true);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(atomic_load(&wrong), 0);
}
