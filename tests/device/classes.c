/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules that hold for every class of the device plug-ins: rows, life without init, missing
 * interfaces, pure debug reads.
 */
#include "device.h"
#include "th_can.h"
#include "th_i2c.h"
#include "th_spi.h"

#include <criterion/parameterized.h>

struct row {
    char plugin[24], type[24];
};

static struct row rows[] = {
    {"standard", "ns16550"},
    {"standard", "goldfish-rtc"},
    {"standard", "syscon"},
    {"standard", "cfi-flash"},
    {"riscv-platform", "aclint"},
    {"riscv-platform", "plic"},
    {"riscv-platform", "htif"},
    {"riscv-platform", "test-finisher"},
    {"virtio", "virtio-blk"},
    {"virtio", "virtio-console"},
    {"virtio", "virtio-rng"},
    {"sifive", "i2c"},
    {"can", "can-bus"},
    {"can", "sja1000"},
    {"sifive", "uart"},
    {"sifive", "gpio"},
    {"sifive", "pwm"},
    {"sifive", "wdt"},
    {"sifive", "pdma"},
    {"sifive", "spi"},
    {"sifive", "qspi"},
    {"bus-parts", "spi-nor"},
    {"bus-parts", "at24"},
    {"bus-parts", "tmp102"},
};

ParameterizedTestParameters(classes, rows_hold)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof *rows);
}

static struct th_can_wire wire;

static struct th *open_row(const struct row *row)
{
    struct th *t = open_device(row->plugin, row->type);

    t->region_bytes[0] = 1 << 20; /* a flash has no size of its own */
    if (!strcmp(row->type, "aclint") || !strcmp(row->type, "plic"))
        th_set_refs(t, "harts", 3);
    if (t->cls->nseats && !strcmp(th_seat_row(t, 0)->kind, BP_CAN_BUS))
        th_seat(t, th_seat_row(t, 0)->name, 0, 0, &wire, &th_can_wire_iface);
    else if (t->cls->nseats)
        th_seat(t, th_seat_row(t, 0)->name, 0x48, 1, NULL, NULL);
    return t;
}

ParameterizedTest(struct row *row, classes, rows_hold)
{
    struct th *t = open_row(row);
    const char *broken = th_check_class(t->cls);

    cr_expect_null(broken, "%s: %s", row->type, broken);
    cr_expect_not_null(t->cls->doc);
    close_device(t); /* finish() accepts a zeroed instance */
}

ParameterizedTestParameters(classes, missing_interfaces)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof *rows);
}

/* A core that lacks what the device needs gets a refusal, not a crash. */
ParameterizedTest(struct row *row, classes, missing_interfaces)
{
    static const char *const ids[] = {BP_LINE_ID,  BP_TIMER_ID,  BP_CLOCK_ID, BP_DMA_ID,
                                      BP_MEM_ID,   BP_CHAR_ID,   BP_BLOCK_ID, BP_MACHINE_ID,
                                      BP_TRACE_ID, BP_THREAD_ID, BP_ERROR_ID};

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct th *t = open_row(row);
        int32_t status;

        t->without = ids[i];
        status = th_start(t);
        cr_expect(status == BP_OK || status == BP_E_UNSUPPORTED, "%s without %s: %d", row->type,
                  ids[i], status);
        close_device(t);
    }
}

ParameterizedTestParameters(classes, debug_reads_are_pure)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof *rows);
}

/* What a debugger reads anywhere changes neither the instance nor a line. */
ParameterizedTest(struct row *row, classes, debug_reads_are_pure)
{
    struct th *t = open_row(row);
    uint8_t *before;

    start_device(t);
    before = malloc(t->cls->instance_size);
    memcpy(before, t->self, t->cls->instance_size);
    for (uint32_t region = 0; region < t->cls->nregions; region++) {
        uint64_t bytes = t->regions[region].bytes < 0x10000 ? t->regions[region].bytes : 0x10000;

        for (uint64_t addr = 0; addr < bytes; addr += 4)
            th_peek(t, region, addr, 4);
    }
    cr_expect_arr_eq(before, t->self, t->cls->instance_size);
    free(before);
    close_device(t);
}

ParameterizedTestParameters(classes, reset_is_idempotent)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct row *row, classes, reset_is_idempotent)
{
    struct th *t = open_row(row);
    uint8_t *before;

    start_device(t);
    th_reset(t, BP_RESET_WARM);
    before = malloc(t->cls->instance_size);
    memcpy(before, t->self, t->cls->instance_size);
    th_reset(t, BP_RESET_WARM);
    if (strcmp(row->type, "aclint")) /* whose change counter counts resets */
        cr_expect_arr_eq(before, t->self, t->cls->instance_size);
    free(before);
    close_device(t);
}

ParameterizedTestParameters(classes, random_accesses)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof *rows);
}

/* Seeded garbage: nothing may crash, leave its memory, or break the contract (the sanitizers
 * watch). */
ParameterizedTest(struct row *row, classes, random_accesses)
{
    struct th *t = open_row(row);
    uint64_t seed = 42;

    start_device(t);
    for (int i = 0; t->cls->nregions && i < 20000; i++) {
        uint64_t addr, value;
        uint32_t region, width;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        region = (uint32_t)(seed >> 60) % t->cls->nregions;
        width = 1u << (seed >> 56 & 3);
        addr = (seed >> 24) % t->regions[region].bytes & ~(uint64_t)(width - 1);
        if (seed >> 55 & 1)
            addr &= 0xff;
        value = seed >> 20 & 1 ? seed : seed >> 58;
        if (seed >> 54 & 1)
            th_write(t, region, addr, width, value);
        else
            th_read(t, region, addr, width);
        if (!(i % 64))
            th_advance(t, seed >> 40);
    }
    th_reset(t, BP_RESET_COLD);
    close_device(t);
}

ParameterizedTestParameters(classes, random_transfers)
{
    return cr_make_param_array(struct row, rows, sizeof rows / sizeof *rows);
}

static void random_i2c(struct th *t, uint64_t seed)
{
    const struct bp_i2c_target *part = th_i2c(t);

    switch (seed >> 61) {
    case 0:
        part->start(t->self, seed >> 50 & 1 ? 0x48 : seed >> 40 & 0x7f, seed >> 60 & 1);
        break;
    case 1:
        part->stop(t->self);
        break;
    case 2:
    case 3:
        part->read(t->self);
        if (part->ack)
            part->ack(t->self, seed >> 60 & 1);
        break;
    default:
        part->write(t->self, (uint8_t)(seed >> 40));
        break;
    }
}

static void random_spi(struct th *t, uint64_t seed)
{
    static const struct {
        uint32_t bits, lanes;
    } shapes[] = {{8, 1}, {8, 1}, {8, 4}, {8, 2}, {1, 1}, {7, 1}, {32, 4}, {4, 4}};
    uint32_t shape = seed >> 61;

    if (!(seed >> 52 & 15))
        th_spi_select(t, seed >> 51 & 1);
    else
        th_spi_frame(t, (uint32_t)(seed >> 20), shapes[shape].bits, shapes[shape].lanes,
                     seed >> 50 & 7);
}

static void random_can(struct th *t, uint64_t seed)
{
    if (seed >> 61 == 0)
        th_can(t)->sent(t->self, seed >> 50 & 3);
    else if (seed >> 61 == 1)
        th_can(t)->lost(t->self, (uint32_t)(seed >> 40));
    else
        th_can_receive(t, (uint32_t)(seed >> 30) & 0x7ff, seed >> 50 & 3, &seed, seed >> 58 & 7,
                       seed >> 49 & 1 ? 2000 : 1000);
    th_write(t, 0, seed >> 20 & 127, 1, seed >> 30 & 0xff);
    wire.on_wire = seed >> 45 & 1;
}

/* The same over a bus: conditions and bytes in any order, as from a controller gone wild. */
ParameterizedTest(struct row *row, classes, random_transfers)
{
    struct th *t = open_row(row);
    uint64_t seed = 7;

    start_device(t);
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        if (th_i2c(t))
            random_i2c(t, seed);
        if (th_spi_target(t))
            random_spi(t, seed);
        if (th_can(t))
            random_can(t, seed);
        if (!(i % 64))
            th_advance(t, seed >> 40);
    }
    th_reset(t, BP_RESET_COLD);
    close_device(t);
}
