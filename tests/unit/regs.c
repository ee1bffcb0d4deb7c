/* SPDX-License-Identifier: Apache-2.0
 *
 * regs.c - register tables: every kind of access, masks, hooks, banks, arrays, partial and spanning accesses in both
 * byte orders, and accesses to nothing.
 */
#include "rig.h"

#define BASE 0x10000000ull

struct block {
    uint32_t ctrl, status, clear0, set1, once, id, hooked, command, mixed, kinds;
    uint16_t half;
    uint8_t byte, bank;
    uint8_t array[4], sparse[4];
    uint64_t wide;
    uint32_t banked[2];
    /* what hooks saw */
    uint32_t reads, debug_reads, writes, index;
    uint64_t value, old;
    /* what region callbacks saw */
    uint32_t region_reads, region_writes;
};

static uint64_t read_hook(void *self, uint32_t index, uint64_t value,
                          const struct bp_access *access)
{
    struct block *b = self;

    b->index = index;
    if (access->flags & BP_ACCESS_DEBUG)
        b->debug_reads++;
    else
        b->reads++;
    return value + 1;
}

static void write_hook(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct block *b = self;

    b->writes++;
    b->index = index;
    b->value = value;
    b->old = old;
}

static uint32_t bank(void *self)
{
    return ((struct block *)self)->bank;
}

/* 31..24 RW beyond the mask, 23..16 RW, 15..12 W1C, 11..8 W0C and a read sets, 7..4 WO, 3..0 RO and a read clears */
static const struct bp_reg_bits mixed_bits[] = {
    {.mask = 0xf000, .access = BP_REG_W1C},
    {.mask = 0x0f00, .access = BP_REG_W0C, .read = BP_READ_SETS},
    {.mask = 0x00f0, .access = BP_REG_WO},
    {.mask = 0x000f, .access = BP_REG_RO, .read = BP_READ_CLEARS},
    {.mask = 0},
};

static const struct bp_reg_bits kinds_bits[] = {
    {.mask = 0xf, .access = BP_REG_W0S},       {.mask = 0xf0, .access = BP_REG_W1T},
    {.mask = 0xf00, .access = BP_REG_W0T},     {.mask = 0xf000, .access = BP_REG_WC},
    {.mask = 0xf0000, .access = BP_REG_WS},    {.mask = 0xf00000, .access = BP_REG_RC},
    {.mask = 0xf000000, .access = BP_REG_W1S}, {.mask = 0},
};

#define AT(field) .bound = BP_OFFSET(struct block, field)

static const struct bp_reg rows[] = {
    {.offset = 0x00,
     .width = 4,
     .name = "CTRL",
     .reset = 0x11,
     .write_mask = 0xff,
     AT(ctrl),
     .on_write = write_hook},
    {.offset = 0x04,
     .width = 4,
     .name = "STATUS",
     .access = BP_REG_W1C,
     .reset = 0xf0,
     AT(status),
     .on_write = write_hook},
    {.offset = 0x08,
     .width = 4,
     .name = "CLEAR0",
     .access = BP_REG_W0C,
     .reset = 0xff,
     .write_mask = 0x0f,
     AT(clear0)},
    {.offset = 0x0c, .width = 4, .name = "SET1", .access = BP_REG_W1S, AT(set1)},
    {.offset = 0x10,
     .width = 4,
     .name = "ONCE",
     .access = BP_REG_RC,
     .reset = 7,
     AT(once),
     .on_write = write_hook},
    {.offset = 0x14,
     .width = 4,
     .name = "ID",
     .access = BP_REG_RO,
     .reset = 0xcafe,
     AT(id),
     .on_write = write_hook},
    {.offset = 0x18,
     .width = 4,
     .name = "HOOKED",
     .reset = 0x100,
     AT(hooked),
     .on_read = read_hook},
    {.offset = 0x1c,
     .width = 4,
     .name = "COMMAND",
     .access = BP_REG_WO,
     AT(command),
     .on_write = write_hook},
    {.offset = 0x20, .width = 2, .name = "HALF", .reset = 0x2211, AT(half)},
    {.offset = 0x22, .width = 1, .name = "BYTE", .reset = 0x33, AT(byte)},
    {.offset = 0x24, .width = 1, .name = "ARRAY", .count = 4, AT(array), .on_write = write_hook},
    {.offset = 0x30,
     .width = 1,
     .name = "SPARSE",
     .count = 4,
     .stride = 4,
     AT(sparse),
     .on_read = read_hook},
    {.offset = 0x40, .width = 8, .name = "WIDE", .reset = 0x1122334455667788, AT(wide)},
    {.offset = 0x48,
     .width = 4,
     .name = "BANK0",
     .banks = 1,
     .bound = BP_OFFSET(struct block, banked)},
    {.offset = 0x48,
     .width = 4,
     .name = "BANK1",
     .banks = 2,
     .bound = BP_OFFSET(struct block, banked) + 4},
    {.offset = 0x4c,
     .width = 4,
     .name = "RX",
     .access = BP_REG_RO,
     .bound = BP_UNBOUND,
     .on_read = read_hook},
    {.offset = 0x4c,
     .width = 4,
     .name = "TX",
     .access = BP_REG_WO,
     .bound = BP_UNBOUND,
     .on_write = write_hook},
    {.offset = 0x50, .width = 4, .name = "NOWHERE", .bound = BP_UNBOUND},
    {.offset = 0x54,
     .width = 4,
     .name = "MIXED",
     .reset = 0x0000ff0f,
     .write_mask = 0x00ffffff,
     AT(mixed),
     .on_write = write_hook,
     .bits = mixed_bits},
    {.offset = 0x58,
     .width = 4,
     .name = "KINDS",
     .reset = 0x33333333,
     AT(kinds),
     .bits = kinds_bits},
};

static int32_t region_read(void *self, const struct bp_access *access, uint64_t *value)
{
    (void)access;
    ((struct block *)self)->region_reads++;
    *value = 0x99;
    return BP_OK;
}

#define BLOCK(NAME, ...)                                                                           \
    static const struct bp_region NAME##_regions[] = {{.name = "reg",                              \
                                                       .regs = rows,                               \
                                                       .nregs = sizeof(rows) / sizeof(*rows),      \
                                                       .reg_stride = sizeof(*rows),                \
                                                       .bank = bank,                               \
                                                       __VA_ARGS__}};                              \
    static const struct bp_device_class NAME = {.size = sizeof(NAME),                              \
                                                .instance_size = sizeof(struct block),             \
                                                .instance_align = 8,                               \
                                                .name = #NAME,                                     \
                                                .regions = BP_ARRAY(NAME##_regions)}

BLOCK(plain, .length = 0x100);
BLOCK(big, .endian = BP_ENDIAN_BIG);
BLOCK(reader, .read = region_read);

static struct rig r;
static struct block *b;
static FILE *out;
static char *text;
static size_t length;

static void board(const struct bp_device_class *cls)
{
    static const char *const patterns[] = {"blk.CTRL", "blk.ARRAY*", NULL};
    struct graph_node *node;

    out = open_memstream(&text, &length);
    trace_configure(out, BP_LOG_DEBUG, patterns);
    rig_init(&r);
    node = rig_device(&r, "blk", cls, BASE, 0x100);
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    b = rig_self(&r, node);
    regs_reset(machine_dev(r.m, node)->regions[0].regs, b);
}

static void fini(void)
{
    rig_finish(&r);
    fclose(out);
    free(text);
}

static uint64_t get_as(uint64_t at, uint32_t width, uint32_t flags)
{
    uint64_t value = 0;

    cr_assert_eq(bus_access(&r.m->bus, 0, BASE + at, width, flags, &value, false), BP_OK);
    return value;
}

static uint64_t get(uint64_t at, uint32_t width)
{
    return get_as(at, width, 0);
}

static void put(uint64_t at, uint32_t width, uint64_t value)
{
    cr_assert_eq(bus_access(&r.m->bus, 0, BASE + at, width, 0, &value, true), BP_OK);
}

static bool traced(const char *what)
{
    fflush(out);
    return strstr(text, what) != NULL;
}

TestSuite(regs, .fini = fini);

Test(regs, reset_values_go_to_the_instance)
{
    board(&plain);
    cr_assert_eq(b->ctrl, 0x11);
    cr_assert_eq(b->wide, 0x1122334455667788);
    cr_assert_eq(b->byte, 0x33);
    b->ctrl = b->half = 0;
    regs_reset(r.m->devs[0].regions[0].regs, b);
    cr_assert(b->ctrl == 0x11 && b->half == 0x2211);
}

Test(regs, a_plain_register_changes_under_its_mask_and_tells)
{
    board(&plain);
    put(0, 4, 0xabcd22);
    cr_assert_eq(get(0, 4), 0x22);
    cr_assert(b->writes == 1 && b->value == 0x22 && b->old == 0x11);
}

Test(regs, ones_and_zeros_clear_and_set)
{
    board(&plain);
    put(0x04, 4, 0x30);
    cr_assert_eq(get(0x04, 4), 0xc0);
    cr_assert(b->value == 0x30 && b->old == 0xf0);
    put(0x08, 4, 0xfffffffa);
    cr_assert_eq(get(0x08, 4), 0xfa);
    put(0x08, 4, 0);
    cr_assert_eq(get(0x08, 4), 0xf0, "bits outside of the mask stay");
    put(0x0c, 4, 5);
    put(0x0c, 4, 2);
    cr_assert_eq(get(0x0c, 4), 7);
}

Test(regs, reading_clears_once_and_debuggers_do_not)
{
    board(&plain);
    cr_assert_eq(get_as(0x10, 4, BP_ACCESS_DEBUG), 7);
    cr_assert_eq(get(0x10, 4), 7);
    cr_assert_eq(get(0x10, 4), 0);
    b->once = 3;
    put(0x10, 4, 0xff);
    cr_assert(b->once == 3 && b->writes == 0);
}

Test(regs, read_only_and_write_only)
{
    board(&plain);
    put(0x14, 4, 1);
    cr_assert_eq(get(0x14, 4), 0xcafe);
    cr_assert_eq(b->writes, 0);
    put(0x1c, 4, 0x77);
    cr_assert_eq(b->command, 0x77);
    cr_assert_eq(get(0x1c, 4), 0);
}

Test(regs, hooks_see_the_bound_value_and_the_debug_flag)
{
    board(&plain);
    cr_assert_eq(get(0x18, 4), 0x101);
    cr_assert_eq(get_as(0x18, 4, BP_ACCESS_DEBUG), 0x101);
    cr_assert(b->reads == 1 && b->debug_reads == 1);
}

Test(regs, a_partial_write_completes_itself_without_side_effects)
{
    board(&plain);
    put(0x18 + 1, 1, 0x44);
    cr_assert_eq(b->hooked, 0x4401, "the rest is what a debugger would read: 0x101");
    cr_assert(b->reads == 0 && b->debug_reads == 1);
    put(0x40 + 2, 2, 0xffff);
    cr_assert_eq(b->wide, 0x11223344ffff7788);
}

Test(regs, a_partial_write_changes_nothing_outside_of_its_bytes)
{
    board(&plain);
    b->status = 0xffffffff;
    put(0x04 + 1, 1, 0xff);
    cr_assert_eq(b->status, 0xffff00ff);
    b->clear0 = 0xffffffff;
    put(0x08, 1, 0xf0);
    cr_assert_eq(b->clear0, 0xfffffff0);
    put(0x08 + 2, 1, 0);
    cr_assert_eq(b->clear0, 0xfffffff0, "outside of the mask");
    put(0x0c + 3, 1, 0x80);
    cr_assert_eq(b->set1, 0x80000000);
    b->ctrl = 0x5a;
    put(0x00 + 1, 1, 0xff);
    cr_assert_eq(b->ctrl, 0x5a);
    b->command = 0x11111111;
    put(0x1c, 1, 0x22);
    cr_assert_eq(b->command, 0x22, "a write-only register reads as zero");
}

Test(regs, an_access_over_several_registers_is_put_together)
{
    board(&plain);
    cr_assert_eq(get(0x20, 4), 0x00332211, "and nothing between rows");
    put(0x20, 4, 0xddccbbaa);
    cr_assert(b->half == 0xbbaa && b->byte == 0xcc);
    cr_assert_eq(get(0x00, 8), 0xf000000011);
    cr_assert_eq(get(0x21, 1), 0xbb);
    cr_assert_eq(get(0x1f, 2), 0xaa00, "half of one, half of the next");
}

Test(regs, arrays_are_contiguous_in_the_instance_and_not_on_the_bus)
{
    board(&plain);
    put(0x24, 4, 0x04030201);
    cr_assert(b->array[0] == 1 && b->array[3] == 4);
    cr_assert(b->writes == 4 && b->index == 3);
    put(0x30 + 8, 1, 9);
    cr_assert_eq(b->sparse[2], 9);
    cr_assert_eq(get(0x30 + 8, 4), 10);
    cr_assert_eq(b->index, 2);
    cr_assert_eq(get(0x30 + 9, 1), 0, "between two elements");
    put(0x30 + 9, 1, 0xff);
    cr_assert(b->sparse[2] == 9 && b->sparse[3] == 0);
}

Test(regs, bits_follow_their_own_rules)
{
    board(&plain);

    put(0x54, 4, 0xff5a3ac3);
    /* RW takes 5a under the mask; W1C f & ~3; W0C f & a; WO takes c; RO stays */
    cr_expect_eq(b->mixed, 0x005acacf, "%x", b->mixed);
    cr_expect_eq(b->value, 0x005a3ac3);
    cr_expect_eq(b->old, 0xff0f);
    cr_expect_eq(get_as(0x54, 4, BP_ACCESS_DEBUG), 0x005aca0f);
    cr_expect_eq(b->mixed, 0x005acacf);
    cr_expect_eq(get(0x54, 4), 0x005aca0f);
    cr_expect_eq(b->mixed, 0x005acfc0, "%x", b->mixed);
    cr_expect_eq(get(0x54, 4), 0x005acf00);
}

Test(regs, a_partial_write_of_mixed_bits_touches_its_bytes_only)
{
    board(&plain);

    put(0x56, 1, 0x77); /* the RW byte: none of the others clears, sets or goes */
    cr_expect_eq(b->mixed, 0x0077ff0f, "%x", b->mixed);
    cr_expect_eq(b->value & 0xff00, 0x0f00); /* zeros for W1C, ones for W0C */
    put(0x55, 1, 0x1e);
    cr_expect_eq(b->mixed, 0x0077ee0f, "%x", b->mixed);
    put(0x59, 1, 0x00); /* KINDS: W0T toggles, WC clears; bytes beside it stay */
    cr_expect_eq(b->kinds, 0x33330c33, "%x", b->kinds);
}

Test(regs, every_kind_of_bit_is_written_and_read)
{
    board(&plain);

    put(0x58, 4, 0x55555555);
    /* from the top: RW 5, W1S 3|5, RC 3, WS f, WC 0, W0T 3^a, W1T 3^5, W0S 3|a */
    cr_expect_eq(b->kinds, 0x573f096b, "%x", b->kinds);
    cr_expect_eq(get(0x58, 4), 0x573f096b);
    cr_expect_eq(b->kinds, 0x570f096b);
}

Test(regs, banks_share_an_address)
{
    board(&plain);
    put(0x48, 4, 1);
    b->bank = 1;
    put(0x48, 4, 2);
    cr_assert(b->banked[0] == 1 && b->banked[1] == 2);
    cr_assert_eq(get(0x48, 4), 2);
    b->bank = 2;
    cr_assert_eq(get(0x48, 4), 0, "in neither");
}

Test(regs, the_direction_chooses_between_a_reader_and_a_writer)
{
    board(&plain);
    cr_assert_eq(get(0x4c, 4), 1);
    put(0x4c, 4, 0x42);
    cr_assert(b->writes == 1 && b->value == 0x42 && b->reads == 1);
}

Test(regs, an_unbound_register_holds_nothing)
{
    struct block before;

    board(&plain);
    before = *b;
    put(0x50, 4, 0xffffffff);
    cr_assert_eq(get(0x50, 4), 0);
    cr_assert_arr_eq(b, &before, sizeof(before));
}

Test(regs, nothing_there_reads_zero_and_is_said_once)
{
    char *first;

    board(&plain);
    cr_assert_eq(get_as(0x80, 4, BP_ACCESS_DEBUG), 0);
    cr_assert_not(traced("0x80"), "a debugger leaves no trace");
    cr_assert_eq(get(0x80, 4), 0);
    put(0x84, 4, 1);
    cr_assert(traced("+0x80") && traced("+0x84"));
    cr_assert_eq(get(0x80, 4), 0);
    fflush(out);
    first = strstr(text, "+0x80");
    cr_assert_null(strstr(first + 1, "+0x80"));
}

Test(regs, nothing_there_goes_to_the_region_if_it_listens)
{
    board(&reader);
    cr_assert_eq(get(0x80, 4), 0x99);
    cr_assert_eq(b->region_reads, 1);
    put(0x80, 4, 1); /* no write(): dropped, not refused */
    cr_assert_eq(get(0x00, 4), 0x11);
    cr_assert_eq(b->region_reads, 1, "a row comes first");
}

Test(regs, names_are_traced_by_pattern)
{
    board(&plain);
    put(0, 4, 0x5);
    put(4, 4, 0x5);
    put(0x26, 1, 0x6);
    cr_assert(traced("CTRL <- 0x5"));
    cr_assert(traced("ARRAY2 <- 0x6"));
    cr_assert_not(traced("STATUS"));
}

Test(regs, a_big_endian_block_is_big_endian_in_parts_as_well)
{
    board(&big);
    cr_assert_eq(get(0x40, 8), 0x8877665544332211, "the bus is little-endian");
    cr_assert_eq(get(0x40, 1), 0x11);
    cr_assert_eq(get(0x47, 1), 0x88);
    cr_assert_eq(get(0x42, 2), 0x4433);
    cr_assert_eq(get(0x20, 4), 0x00331122, "HALF is 22 11, then BYTE 33");
    put(0x41, 1, 0xee);
    cr_assert_eq(b->wide, 0x11ee334455667788);
    put(0x24, 4, 0x04030201);
    cr_assert(b->array[0] == 1 && b->array[3] == 4, "bytes have no order");
    put(0x03, 1, 0x7f);
    cr_assert_eq(b->ctrl, 0x7f);
}

/* A table that is searched, not walked: many rows, every one found, nothing between them. */
Test(regs, every_row_of_a_large_table_is_found)
{
    enum { N = 500 };
    static struct bp_reg many[N];
    static const struct bp_region regions[] = {
        {.name = "reg", .regs = many, .nregs = N, .reg_stride = sizeof(*many)}};
    static const struct bp_device_class cls = {.size = sizeof(cls),
                                               .instance_size = 4 * N,
                                               .instance_align = 8,
                                               .name = "large",
                                               .regions = BP_ARRAY(regions)};
    static char names[N][8];
    struct graph_node *node;

    for (uint32_t i = 0; i < N; i++) { /* in no order */
        uint32_t k = i * 7 % N;

        snprintf(names[i], sizeof(names[i]), "R%u", k);
        many[i] = (struct bp_reg){
            .offset = 8 * (uint64_t)k, .width = 4, .name = names[i], .bound = 4 * k, .reset = k};
    }
    out = open_memstream(&text, &length);
    trace_configure(out, BP_LOG_ERROR, NULL);
    rig_init(&r);
    node = rig_device(&r, "blk", &cls, BASE, 8 * N);
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    regs_reset(machine_dev(r.m, node)->regions[0].regs, rig_self(&r, node));
    for (uint32_t i = 0; i < N; i++) {
        cr_assert_eq(get(8 * (uint64_t)i, 4), i);
        cr_assert_eq(get(8 * (uint64_t)i + 4, 4), 0);
    }
}
