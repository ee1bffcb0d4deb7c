/* SPDX-License-Identifier: Apache-2.0
 *
 * State of a device taken and given: every kind of it, classes that have changed meanwhile, and bytes that somebody else
 * made.
 */
#include "rig.h"

#include "core/state/state.h"

#include <backplane/state.h>
#include <backplane/time.h>

/* One instance for all classes of this file, each of which shows another part of it. */
struct thing {
    uint8_t r8[3];
    uint16_t r16;
    uint32_t r32, bank[2], count;
    uint64_t r64, secret, extra;
    uint8_t fifo[16], raw[5];
    struct bp_line *irq;
    struct bp_clock_out *clock;
    struct bp_timer *tick, *tock;
    struct bp_dev *dev;
    int32_t save_status, load_status;
    uint32_t saves, loads, lines_seen;
};

#define AT(FIELD) BP_OFFSET(struct thing, FIELD)
#define BOUND(OFFSET, WIDTH, NAME, FIELD, ...)                                                     \
    {                                                                                              \
        .offset = OFFSET, .width = WIDTH, .name = NAME, .doc = "", .bound = AT(FIELD), __VA_ARGS__ \
    }
#define FIELD(TAG, TYPE, NAME, MEMBER, ...)                                                        \
    {                                                                                              \
        .tag = TAG, .type = TYPE, .name = NAME, .offset = AT(MEMBER), __VA_ARGS__                  \
    }

static struct rig r;
static struct state_bytes bytes;
static char why[STATE_WHY];

static void begin(void)
{
    rig_init(&r);
}

static void end(void)
{
    free(bytes.data);
    bytes = (struct state_bytes){0};
    rig_finish(&r);
}

TestSuite(state, .init = begin, .fini = end, .timeout = 60 * BP_PATIENCE);

static void nothing(void *self)
{
    (void)self;
}

static int32_t thing_init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    const struct bp_timer_api *timers = core->get(core, BP_TIMER_ID);
    struct thing *t = self;

    t->dev = dev;
    t->tick = timers->create(dev, "tick", nothing);
    t->tock = timers->create(dev, "tock", nothing);
    return t->tick && t->tock ? BP_OK : BP_E_NOMEM;
}

static int32_t pre_save(void *self)
{
    struct thing *t = self;

    t->saves++;
    return t->save_status;
}

static int32_t post_load(void *self)
{
    struct thing *t = self;

    t->loads++;
    return t->load_status;
}

static const struct bp_reg regs[] = {
    BOUND(0x00, 1, "BYTE", r8, .count = 3, .reset = 0x7f),
    BOUND(0x04, 2, "HALF", r16),
    BOUND(0x08, 4, "WORD", r32),
    BOUND(0x08, 4, "BANKED", bank[0], .banks = 1),
    BOUND(0x0c, 4, "BANKED", bank[1], .banks = 2),
    BOUND(0x10, 4, "WORD", r32, .banks = 2), /* the same register at another place */
    BOUND(0x18, 8, "LONG", r64),
    {.offset = 0x20, .width = 4, .name = "UNBOUND", .doc = "", .bound = BP_UNBOUND},
};

static const struct bp_region regions[] = {
    {.name = "csr", .doc = "", .length = 0x1000, .regs = BP_ARRAY(regs)},
    {.name = "buffer",
     .doc = "",
     .flags = BP_REGION_RAM | BP_REGION_ROMD,
     .length = 0x5000,
     .fill = 0xff},
    {.name = "window", .doc = "", .flags = BP_REGION_RAM | BP_REGION_FLOATING, .length = 0x1000},
};

static void on_line(void *self, uint32_t index, uint32_t level)
{
    (void)index;
    (void)level;
    ((struct thing *)self)->lines_seen++;
}

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .width = 3,
     .offset = AT(irq)},
    {.name = "clk", .doc = "", .kind = BP_PORT_CLOCK, .dir = BP_DIR_OUT, .offset = AT(clock)},
    {.name = "in",
     .doc = "",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_IN,
     .width = 3,
     .offset = BP_NO_OFFSET,
     .on_line = on_line},
};

static const struct bp_state_field fields[] = {
    FIELD(1, BP_STATE_U64, "secret", secret),
    FIELD(2, BP_STATE_U32, "count", count),
    FIELD(3, BP_STATE_U8, "fifo", fifo, .count = 16, .count_offset = AT(count)),
    FIELD(4, BP_STATE_BYTES, "raw", raw, .count = 5),
    FIELD(5, BP_STATE_U64, "extra", extra, .flags = BP_STATE_OPTIONAL),
};

static const struct bp_state state = {.size = sizeof(state),
                                      .version = 7,
                                      .fields = BP_ARRAY(fields),
                                      .pre_save = pre_save,
                                      .post_load = post_load};

static const struct bp_device_class thing_class = {.size = sizeof(thing_class),
                                                   .instance_size = sizeof(struct thing),
                                                   .instance_align = 8,
                                                   .name = "thing",
                                                   .regions = BP_ARRAY(regions),
                                                   .ports = BP_ARRAY(ports),
                                                   .state = &state,
                                                   .init = thing_init};

static struct graph_node *add(const char *name, const struct bp_device_class *cls)
{
    struct graph_node *node = rig_device(&r, name, cls, 0, 0);

    for (uint32_t i = 0; i < node->type->nregions; i++)
        if (!(node->type->regions[i].flags & BP_REGION_FLOATING))
            rig_reg(node, i, 0x100000 * r.graph.nnodes + 0x10000 * i,
                    node->type->regions[i].length);
    return node;
}

static struct bp_dev *dev_of(const struct graph_node *node)
{
    return machine_dev(r.m, node);
}

static void take(const struct graph_node *node, uint32_t flags)
{
    free(bytes.data);
    bytes = (struct state_bytes){0};
    cr_assert_eq(state_take(dev_of(node), flags, &bytes, why), BP_OK, "%s", why);
    cr_assert_str_eq(why, "");
}

static int32_t give(const struct graph_node *node, uint32_t flags)
{
    return state_give(dev_of(node), flags, bytes.data, bytes.used, why);
}

/* A value in everything that is state. */
static struct thing *fill(const struct graph_node *node)
{
    struct bp_dev *dev = dev_of(node);
    struct thing *t = dev->instance;

    memcpy(t->r8, "\1\2\3", 3);
    t->r16 = 0x1234;
    t->r32 = 0x89abcdef;
    t->bank[0] = 10;
    t->bank[1] = 11;
    t->r64 = 0xfedcba9876543210;
    t->secret = 42;
    t->extra = 43;
    t->count = 4;
    memcpy(t->fifo, "abcdefgh", 8);
    memcpy(t->raw, "12345", 5);
    wire_line_api.set(t->irq, 1, 1);
    wire_clock_api.set_hz(t->clock, 32768);
    vtime_timer_api.arm(t->tock, 5000);
    memset(dev->regions[1].ram + 0x1ff0, 0x55, 0x20);
    dev->regions[1].ram[0x4fff] = 1;
    bus_mem_api.set_direct(dev, 1, 0);
    bus_mem_api.move(dev, 2, 0x40000000);
    dev->regions[2].ram[7] = 9;
    return t;
}

Test(state, everything_goes_from_one_instance_to_another)
{
    struct graph_node *from = add("from", &thing_class), *to = add("to", &thing_class);
    struct graph_node *ear = add("ear", &thing_class);
    struct thing *a, *b, *c;
    struct state_bytes first;

    rig_wire(&r, to, "irq", 1, ear, "in", 0, false);
    rig_must_build(&r, MACHINE_NO_BACKENDS);
    r.m->lines_quiet = false;
    a = fill(from);
    b = rig_self(&r, to);
    c = rig_self(&r, ear);
    vtime_timer_api.arm(b->tick, 1);
    b->fifo[5] = 'z';
    take(from, 0);
    cr_assert_eq(give(to, 0), BP_OK, "%s", why);

    cr_expect_arr_eq(b->r8, a->r8, 3);
    cr_expect_eq(b->r16, a->r16);
    cr_expect_eq(b->r32, a->r32);
    cr_expect_arr_eq(b->bank, a->bank, sizeof(a->bank), "rows of one name at two places are two");
    cr_expect_eq(b->r64, a->r64);
    cr_expect_eq(b->secret, 42);
    cr_expect_eq(b->extra, 43);
    cr_expect_eq(b->count, 4);
    cr_expect_arr_eq(b->fifo, "abcd\0z", 6, "only what is in use travels");
    cr_expect_arr_eq(b->raw, "12345", 5);
    cr_expect_eq(wire_line_api.get(b->irq, 1), 1);
    cr_expect_eq(wire_line_api.get(b->irq, 0), 0);
    cr_expect_eq(c->lines_seen, 0, "who hears the line has state of its own");
    wire_line_api.set(b->irq, 1, 0);
    cr_expect_eq(c->lines_seen, 1, "but the input knows that it is high");
    wire_line_api.set(b->irq, 1, 1);
    cr_expect_eq(dev_of(to)->ports[1].clock_out->hz, 32768);
    cr_expect_eq(b->tick->slot, 0, "was not armed");
    cr_expect_neq(b->tock->slot, 0);
    cr_expect_eq(b->tock->deadline, 5000);
    cr_expect_arr_eq(dev_of(to)->regions[1].ram, dev_of(from)->regions[1].ram, 0x5000);
    cr_expect_eq(atomic_load(&dev_of(to)->regions[1].direct), 0);
    cr_expect_eq(dev_of(to)->regions[2].base, 0x40000000);
    cr_expect(dev_of(to)->regions[2].enabled);
    cr_expect_eq(dev_of(to)->regions[2].ram[7], 9);
    cr_expect_eq(a->saves, 1);
    cr_expect_eq(b->loads, 1);

    first = bytes;
    bytes = (struct state_bytes){0};
    b->saves = 0;
    take(to, 0);
    cr_expect_eq(bytes.used, first.used);
    cr_expect_arr_eq(bytes.data, first.data, first.used, "saved again it is the same");
    free(first.data);
}

Test(state, memory_may_stay_where_it_is)
{
    struct graph_node *from = add("from", &thing_class), *to = add("to", &thing_class);

    rig_must_build(&r, MACHINE_NO_BACKENDS);
    fill(from);
    take(from, STATE_NO_MEMORY);
    cr_expect_lt(bytes.used, 4096);
    dev_of(to)->regions[1].ram[3] = 0x33;
    cr_assert_eq(give(to, STATE_NO_MEMORY), BP_OK, "%s", why);
    cr_expect_eq(dev_of(to)->regions[1].ram[3], 0x33);
    take(from, 0);
    cr_assert_eq(give(to, STATE_NO_MEMORY), BP_OK, "%s", why);
    cr_expect_eq(dev_of(to)->regions[1].ram[3], 0x33);
}

Test(state, blank_memory_takes_no_room)
{
    struct graph_node *node = add("node", &thing_class);

    rig_must_build(&r, MACHINE_NO_BACKENDS);
    memset(dev_of(node)->regions[1].ram, 0xff,
           0x5000); /* as bp.mem/1 gives it to devices that fill */
    take(node, 0);
    cr_expect_lt(bytes.used, 4096, "%zu bytes", bytes.used);
}

/* --- classes that changed ------------------------------------------------------------------------------------------ */

static const struct bp_reg old_regs[] = {BOUND(0, 4, "KEPT", r32), BOUND(4, 4, "GONE", count)};
static const struct bp_region old_regions[] = {
    {.name = "csr", .doc = "", .length = 0x1000, .regs = BP_ARRAY(old_regs)}};
static const struct bp_state_field old_fields[] = {
    FIELD(1, BP_STATE_U64, "secret", secret),
    FIELD(2, BP_STATE_U8, "fifo", fifo, .count = 8),
    FIELD(3, BP_STATE_U64, "hint", extra, .flags = BP_STATE_OPTIONAL),
};
static const struct bp_state old_state = {.size = sizeof(old_state),
                                          .fields = BP_ARRAY(old_fields)};
static const struct bp_device_class old_class = {.size = sizeof(old_class),
                                                 .instance_size = sizeof(struct thing),
                                                 .name = "thing",
                                                 .regions = BP_ARRAY(old_regions),
                                                 .state = &old_state,
                                                 .init = thing_init};

/* A class like the old one, with other registers and rows. */
#define NEW_CLASS(REGS, FIELDS)                                                                    \
    static const struct bp_region new_regions[] = {                                                \
        {.name = "csr", .doc = "", .length = 0x1000, .regs = BP_ARRAY(REGS)}};                     \
    static const struct bp_state new_state = {.size = sizeof(new_state),                           \
                                              .fields = BP_ARRAY(FIELDS)};                         \
    static const struct bp_device_class new_class = {.size = sizeof(new_class),                    \
                                                     .instance_size = sizeof(struct thing),        \
                                                     .name = "thing",                              \
                                                     .regions = BP_ARRAY(new_regions),             \
                                                     .state = &new_state,                          \
                                                     .init = thing_init};                          \
    struct graph_node *from = add("from", &old_class), *to = add("to", &new_class);                \
    struct thing *a, *b;                                                                           \
    rig_must_build(&r, MACHINE_NO_BACKENDS);                                                       \
    a = rig_self(&r, from);                                                                        \
    b = rig_self(&r, to);                                                                          \
    a->r32 = 5;                                                                                    \
    a->secret = 6;                                                                                 \
    b->r32 = b->count = 100;                                                                       \
    b->secret = b->extra = 100

Test(state, rows_are_added_moved_and_dropped)
{
    static const struct bp_reg more[] = {BOUND(8, 4, "KEPT", bank[1]), BOUND(0, 4, "NEW", count)};
    static const struct bp_state_field other[] = {
        FIELD(9, BP_STATE_U64, "new", extra),
        FIELD(2, BP_STATE_U8, "queue", raw, .count = 5), /* renamed: the tag counts */
        FIELD(1, BP_STATE_U64, "secret", r64),
    };

    NEW_CLASS(more, other);
    a->extra = 77; /* an optional row the new class has no more */
    memcpy(a->fifo, "abcdefgh", 8);
    take(from, 0);
    cr_expect_eq(give(to, 0), BP_E_INVAL);
    cr_expect(strstr(why, "fifo: it had 8 elements and has 5"), "%s", why);
    cr_expect_eq(b->bank[1], 0, "a refused state changes nothing");
}

Test(state, what_is_new_keeps_its_reset_value)
{
    static const struct bp_reg more[] = {BOUND(8, 4, "KEPT", bank[1]), BOUND(0, 4, "NEW", count)};
    static const struct bp_state_field other[] = {
        FIELD(9, BP_STATE_U64, "new", extra),
        FIELD(2, BP_STATE_U8, "queue", fifo, .count = 12),
        FIELD(1, BP_STATE_U64, "secret", r64),
    };

    NEW_CLASS(more, other);
    a->extra = 77;
    memcpy(a->fifo, "abcdefgh", 8);
    memcpy(b->fifo, "................", 16);
    take(from, 0);
    cr_assert_eq(give(to, 0), BP_OK, "%s", why);
    cr_expect_eq(b->bank[1], 5, "found by its name, wherever it is now");
    cr_expect_eq(b->r64, 6, "found by its tag");
    cr_expect_arr_eq(b->fifo, "abcdefgh........", 16);
    cr_expect_eq(b->count, 100);
    cr_expect_eq(b->extra, 100);
}

Test(state, what_would_be_lost_is_refused_by_name)
{
    static const struct bp_reg fewer[] = {BOUND(0, 4, "KEPT", r32)};
    static const struct bp_state_field none[] = {FIELD(2, BP_STATE_U8, "fifo", fifo, .count = 8)};

    NEW_CLASS(fewer, none);
    a->count = 1;
    take(from, 0);
    cr_expect_eq(give(to, 0), BP_E_INVAL);
    cr_expect(strstr(why, "csr.GONE: thing has no such register"), "%s", why);
    a->count = 0; /* its reset value: nothing is lost */
    take(from, 0);
    cr_expect_eq(give(to, 0), BP_E_INVAL);
    cr_expect(strstr(why, "secret: thing has no such state"), "%s", why);
    cr_expect_eq(b->r32, 100);
    cr_expect_eq(give(to, STATE_LOSSY), BP_OK, "unless that is what one wants: %s", why);
    cr_expect_eq(b->r32, 5);
}

Test(state, another_type_is_refused)
{
    static const struct bp_reg wider[] = {BOUND(0, 8, "KEPT", r64)};
    static const struct bp_reg same[] = {BOUND(0, 4, "KEPT", r32)};
    static const struct bp_state_field number[] = {FIELD(1, BP_STATE_U32, "secret", count),
                                                   FIELD(2, BP_STATE_U8, "fifo", fifo, .count = 8)};

    {
        NEW_CLASS(wider, number);
        take(from, 0);
        cr_expect_eq(give(to, STATE_LOSSY), BP_E_INVAL);
        cr_expect_str_eq(why, "csr.KEPT: its type was u32 and is u64");
    }
    rig_finish(&r);
    rig_init(&r);
    {
        NEW_CLASS(same, number);
        take(from, 0);
        cr_expect_eq(give(to, STATE_LOSSY), BP_E_INVAL);
        cr_expect_str_eq(why, "secret: its type was u64 and is u32");
        cr_expect_eq(b->r32, 100);
    }
}

Test(state, another_class_is_refused)
{
    struct graph_node *from = add("from", &thing_class), *ram = add("ram", &old_class);

    rig_must_build(&r, MACHINE_NO_BACKENDS);
    ((struct type *)dev_of(ram)->type)->name = "other";
    take(from, 0);
    cr_expect_eq(give(ram, 0), BP_E_INVAL);
    cr_expect_str_eq(why, "the state is one of thing, not of other");
}

Test(state, devices_may_refuse)
{
    struct graph_node *from = add("from", &thing_class), *to = add("to", &thing_class);
    struct thing *a, *b;

    rig_must_build(&r, MACHINE_NO_BACKENDS);
    a = rig_self(&r, from);
    b = rig_self(&r, to);
    a->save_status = BP_E_STATE;
    cr_expect_eq(state_take(dev_of(from), 0, &bytes, why), BP_E_STATE);
    cr_expect(strstr(why, "cannot be saved now"), "%s", why);
    cr_expect_eq(bytes.used, 0);
    a->save_status = BP_OK;
    take(from, 0);
    b->load_status = BP_E_INVAL;
    cr_expect_eq(give(to, 0), BP_E_INVAL);
    cr_expect(strstr(why, "refuses the state"), "%s", why);
    a->count = 17;
    cr_expect_eq(state_take(dev_of(from), 0, &bytes, why), BP_E_INVAL);
    cr_expect_str_eq(why, "fifo: says that 17 of 16 elements are in use");
}

/* --- bytes from elsewhere ------------------------------------------------------------------------------------------- */

/* The bytes in a block of their own, so that a read behind them is seen. */
static int32_t give_copy(const struct graph_node *node, const uint8_t *data, size_t used)
{
    uint8_t *copy = malloc(used ? used : 1);
    int32_t status;

    cr_assert(copy);
    if (used)
        memcpy(copy, data, used);
    status = state_give(dev_of(node), 0, copy, used, why);
    free(copy);
    cr_expect_eq(status == BP_OK, why[0] == 0, "a refusal says why, and nothing else does: %s",
                 why);
    return status;
}

Test(state, cut_off_anywhere)
{
    struct graph_node *from = add("from", &thing_class), *to = add("to", &thing_class);

    rig_must_build(&r, MACHINE_NO_BACKENDS);
    fill(from);
    take(from, 0);
    for (size_t used = 0; used < bytes.used; used += used < 2000 ? 1 : 97)
        cr_expect_eq(give_copy(to, bytes.data, used), BP_E_INVAL, "%zu bytes", used);
    cr_expect_eq(((struct thing *)rig_self(&r, to))->loads, 0);
}

Test(state, changed_anywhere)
{
    static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
    struct graph_node *from = add("from", &thing_class), *to = add("to", &thing_class);
    uint32_t taken = 0;

    rig_must_build(&r, MACHINE_NO_BACKENDS);
    fill(from);
    take(from, STATE_NO_MEMORY);
    for (size_t at = 0; at < bytes.used; at++)
        for (size_t v = 0; v < sizeof(values); v++) {
            uint8_t before = bytes.data[at];
            const struct thing *t = rig_self(&r, to);

            bytes.data[at] = values[v];
            if (give_copy(to, bytes.data, bytes.used) == BP_OK) {
                cr_expect_leq(t->count, 16);
                taken++;
            }
            bytes.data[at] = before;
        }
    cr_expect_gt(taken, 100, "values may be any");
}

Test(state, noise)
{
    struct graph_node *to = add("to", &thing_class);
    uint32_t seed = 12345;

    rig_must_build(&r, MACHINE_NO_BACKENDS);
    for (int round = 0; round < 2000; round++) {
        struct state_bytes out = {0};
        uint8_t *values;

        state_put_header(&out, "thing", 1);
        for (int i = 0; i < 4; i++) {
            struct state_record record;

            seed = seed * 1664525 + 1013904223;
            record = (struct state_record){.kind = (seed >> 24) % 10,
                                           .type = (seed >> 20) % 6,
                                           .flags = (seed >> 19) % 2,
                                           .tag = (seed >> 16) % 8,
                                           .count = (seed >> 8) % 32,
                                           .name = "buffer",
                                           .name_bytes = 6};
            record.bytes = (uint64_t)record.count * state_width(record.type);
            values = state_put(&out, &record);
            cr_assert(values);
            memset(values, (int)seed, record.bytes);
        }
        state_put(&out, &(struct state_record){.kind = STATE_END});
        give_copy(to, out.data, out.used);
        free(out.data);
    }
}

Test(state, counts_in_use_are_checked_before_anybody_uses_them)
{
    struct graph_node *to = add("to", &thing_class);
    const struct state_record record = {.kind = STATE_FIELD,
                                        .type = BP_STATE_U32,
                                        .tag = 2,
                                        .count = 1,
                                        .name = "count",
                                        .name_bytes = 5,
                                        .values = (const uint8_t *)"\x11\0\0\0",
                                        .bytes = 4};

    rig_must_build(&r, MACHINE_NO_BACKENDS);
    state_put_header(&bytes, "thing", 1);
    state_put(&bytes, &record);
    state_put(&bytes, &(struct state_record){.kind = STATE_END});
    cr_expect_eq(give(to, 0), BP_E_INVAL);
    cr_expect_str_eq(why, "fifo: the state says that 17 of 16 elements are in use");
    cr_expect_eq(((struct thing *)rig_self(&r, to))->loads, 0);
}

Test(state, later_formats_are_refused)
{
    struct graph_node *to = add("to", &thing_class);

    rig_must_build(&r, MACHINE_NO_BACKENDS);
    take(to, 0);
    bytes.data[4] = 2;
    cr_expect_eq(give(to, 0), BP_E_INVAL);
    cr_expect_str_eq(why, "state of format 2, which this core does not know");
}
