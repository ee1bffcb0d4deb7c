/* SPDX-License-Identifier: Apache-2.0
 *
 * pwm: the pulse-width modulator of SiFive's FU540-C000 and FE310: a counter, four comparators, four outputs.
 *
 * Source: "SiFive FU540-C000 Manual" v1p4, chapter 16, whose sections are cited below.
 *
 * The count is computed from the time at which it was started; a timer runs only at the moments when a comparator
 * changes. Waves whose edges are less than a microsecond apart are seen by registers as they are, but their edges
 * come to the outputs only so often.
 */
#include "sifive.h"

#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/props.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#define NCMP        4u
#define MIN_EDGE_NS 1000u

#define CFG_SCALE(c)  ((c)&15u)
#define CFG_STICKY    BP_BIT(8)
#define CFG_ZEROCMP   BP_BIT(9)
#define CFG_DEGLITCH  BP_BIT(10)
#define CFG_ENALWAYS  BP_BIT(12)
#define CFG_ENONESHOT BP_BIT(13)
#define CFG_CENTER(i) BP_BIT(16 + (i))
#define CFG_GANG(i)   BP_BIT(24 + (i))
#define CFG_IP(i)     BP_BIT(28 + (i))
#define CFG_IPS       0xf0000000u

struct pwm {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;
    struct bp_line *out, *irq;
    struct bp_clock_in *clock;
    struct bp_timer *edge;
    uint32_t cmp_width; /* property: 16 bits in the FU540, 8 in one of the FE310's */

    uint32_t cfg; /* without the ip bits */
    uint32_t cmp[NCMP];
    uint32_t ip;    /* one bit a comparator, as latched or as compared */
    uint64_t count; /* at `since`, virtual time; goes on from there while it runs */
    uint64_t since;
    uint64_t seen; /* ticks behind `since` that the comparators have seen */
};

static uint32_t running(const struct pwm *p)
{
    return (p->cfg & (CFG_ENALWAYS | CFG_ENONESHOT)) != 0;
}

/* 16.3: 15 bits more than a comparator. */
static uint64_t count_mask(const struct pwm *p)
{
    return BP_BIT64(15 + p->cmp_width) - 1;
}

static uint32_t cmp_mask(const struct pwm *p)
{
    return BP_BIT(p->cmp_width) - 1;
}

static uint32_t scaled(const struct pwm *p, uint64_t count)
{
    return (uint32_t)(count >> CFG_SCALE(p->cfg)) & cmp_mask(p);
}

/* The last value of pwms in a cycle. 16.7: pwmcmp0 with zerocmp, else all ones. */
static uint32_t last_pwms(const struct pwm *p)
{
    return p->cfg & CFG_ZEROCMP ? p->cmp[0] & cmp_mask(p) : cmp_mask(p);
}

/* Ticks from a count to zero: with zerocmp the one behind the tick in which pwms reaches pwmcmp0, else the carry out of
 * pwms. */
static uint64_t to_zero(const struct pwm *p, uint64_t count)
{
    uint64_t low = count & (BP_BIT64(CFG_SCALE(p->cfg) + p->cmp_width) - 1);

    if (!(p->cfg & CFG_ZEROCMP))
        return BP_BIT64(CFG_SCALE(p->cfg) + p->cmp_width) - low;
    return scaled(p, low) >= last_pwms(p) ? 1
                                          : ((uint64_t)last_pwms(p) << CFG_SCALE(p->cfg)) - low + 1;
}

static uint64_t ticks_since(const struct pwm *p)
{
    uint64_t now = p->timers->now(p->dev, BP_TIME_VIRTUAL);

    return running(p) ? bp_ticks(now - p->since, p->clocks->hz(p->clock)) : 0;
}

static uint64_t count_after(const struct pwm *p, uint64_t ticks)
{
    uint64_t first = to_zero(p, p->count);

    return ticks < first ? (p->count + ticks) & count_mask(p) : (ticks - first) % to_zero(p, 0);
}

/* How often the count has begun anew. */
static uint64_t cycles_after(const struct pwm *p, uint64_t ticks)
{
    uint64_t first = to_zero(p, p->count);

    return ticks < first ? 0 : 1 + (ticks - first) / to_zero(p, 0);
}

/* 16.5, 16.8: a comparator compares pwms, or with pwmcmpXcenter what is left of it in its second half. */
static uint32_t compare(const struct pwm *p, uint32_t i, uint32_t pwms)
{
    if ((p->cfg & CFG_CENTER(i)) && pwms >> (p->cmp_width - 1))
        pwms ^= cmp_mask(p);
    return pwms >= p->cmp[i];
}

/* Comparators that match at `pwms`, or with `passed` anywhere on the way up to it. */
static uint32_t matches(const struct pwm *p, uint32_t pwms, uint32_t passed)
{
    uint32_t half = BP_BIT(p->cmp_width - 1), bits = 0;

    for (uint32_t i = 0; i < NCMP; i++) {
        uint32_t at = passed && (p->cfg & CFG_CENTER(i)) && pwms >= half ? half - 1 : pwms;

        bits |= compare(p, i, at) << i;
    }
    return bits;
}

/* 16.6: sticky bits stay until they are written; deglitch keeps them until the count begins anew. */
static uint32_t latched(const struct pwm *p, uint64_t ticks)
{
    uint32_t wrapped = cycles_after(p, ticks) != cycles_after(p, p->seen);
    uint32_t now = matches(p, scaled(p, count_after(p, ticks)), 0);
    uint32_t top = (uint32_t)bp_max(last_pwms(p), scaled(p, p->count));
    uint32_t on_the_way =
        matches(p, wrapped ? top : scaled(p, count_after(p, ticks)), ticks != p->seen);

    if (p->cfg & CFG_STICKY)
        return p->ip | on_the_way | now;
    if (p->cfg & CFG_DEGLITCH)
        return wrapped ? now : p->ip | on_the_way | now;
    return now;
}

/* 16.9: an output is its comparator, or with pwmcmpXgang that and not the next one. */
static void update_lines(struct pwm *p)
{
    for (uint32_t i = 0; i < NCMP; i++) {
        uint32_t level = p->ip >> i & 1;

        p->lines->set(p->irq, i, level);
        if (p->cfg & CFG_GANG(i))
            level &= ~p->ip >> ((i + 1) % NCMP) & 1;
        p->lines->set(p->out, i, level);
    }
}

/* Ticks from a count to where a comparator may change next. */
static uint64_t to_change(const struct pwm *p, uint64_t count)
{
    uint64_t low = count & (BP_BIT64(CFG_SCALE(p->cfg) + p->cmp_width) - 1);
    uint64_t step = BP_BIT64(CFG_SCALE(p->cfg)), best = to_zero(p, count);

    for (uint32_t i = 0; i < NCMP; i++) {
        uint64_t edges[] = {p->cmp[i] * step, (cmp_mask(p) + 1ull - p->cmp[i]) * step,
                            BP_BIT64(p->cmp_width - 1) * step};

        for (uint32_t k = 0; k < (p->cfg & CFG_CENTER(i) ? 3 : 1); k++)
            if (edges[k] > low)
                best = bp_min(best, edges[k] - low);
    }
    return best;
}

/* Lets the comparators see the present, and comes back when they change. */
static void refresh(void *self)
{
    struct pwm *p = self;
    uint64_t ticks = ticks_since(p), next = UINT64_MAX;

    p->ip = latched(p, ticks);
    if (running(p) && !(p->cfg & CFG_ENALWAYS) && cycles_after(p, ticks)) {
        p->cfg &= ~CFG_ENONESHOT; /* 16.4: one cycle, which ends at zero */
        p->count = ticks = 0;
        p->ip = p->cfg & CFG_STICKY ? p->ip : matches(p, 0, 0);
    }
    p->seen = ticks;
    update_lines(p);
    if (running(p))
        next = bp_ticks_to_ns(ticks + to_change(p, count_after(p, ticks)), p->clocks->hz(p->clock));
    if (next > UINT64_MAX - p->since)
        p->timers->cancel(p->edge);
    else
        p->timers->arm(p->edge, bp_max(p->since + next,
                                       p->timers->now(p->dev, BP_TIME_VIRTUAL) + MIN_EDGE_NS));
}

/* Counts from the present on, before anything changes that the count depends on. */
static void settle(struct pwm *p)
{
    uint64_t hz = p->clocks->hz(p->clock), ticks;

    refresh(p);
    ticks = ticks_since(p);
    p->count = count_after(p, ticks);
    p->since = running(p) && hz ? p->since + bp_muldiv(ticks, BP_NS_PER_S, hz)
                                : p->timers->now(p->dev, BP_TIME_VIRTUAL);
    p->seen = 0;
}

/* The rate has changed already: what was counted at the old one is what the comparators have seen. */
static void on_clock(void *self, uint64_t hz)
{
    struct pwm *p = self;

    p->count = count_after(p, p->seen);
    p->since = p->timers->now(p->dev, BP_TIME_VIRTUAL);
    p->seen = 0;
    refresh(p);
}

/* --- registers -------------------------------------------------------------------------------- */

static uint64_t on_cfg_read(void *self, uint32_t index, uint64_t value,
                            const struct bp_access *access)
{
    const struct pwm *p = self;

    return p->cfg | latched(p, ticks_since(p)) << 28;
}

static void on_cfg_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct pwm *p = self;

    settle(p);
    p->cfg = (uint32_t)value & ~CFG_IPS;
    p->ip = (uint32_t)(value >> 28); /* 16.4: they can be written, and so cleared */
    refresh(p);
}

static uint64_t on_count_read(void *self, uint32_t index, uint64_t value,
                              const struct bp_access *access)
{
    const struct pwm *p = self;

    return count_after(p, ticks_since(p));
}

static void on_count_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct pwm *p = self;

    settle(p);
    p->count = value & count_mask(p);
    p->since = p->timers->now(p->dev, BP_TIME_VIRTUAL);
    refresh(p);
}

static uint64_t on_pwms_read(void *self, uint32_t index, uint64_t value,
                             const struct bp_access *access)
{
    const struct pwm *p = self;

    return scaled(p, count_after(p, ticks_since(p)));
}

/* The count so far was made with the old value: it matters when zerocmp ends the period. */
static void on_cmp_write(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct pwm *p = self;
    uint32_t now = (uint32_t)value & cmp_mask(p);

    p->cmp[index] = (uint32_t)old;
    settle(p);
    p->cmp[index] = now;
    refresh(p);
}

static const struct bp_reg_field cfg_fields[] = {
    {.name = "scale", .doc = "counter scale", .lsb = 0, .width = 4},
    {.name = "sticky", .doc = "interrupt bits stay", .lsb = 8, .width = 1},
    {.name = "zerocmp", .doc = "count to pwmcmp0", .lsb = 9, .width = 1},
    {.name = "deglitch", .doc = "interrupt bits stay within a cycle", .lsb = 10, .width = 1},
    {.name = "enalways", .doc = "run", .lsb = 12, .width = 1},
    {.name = "enoneshot", .doc = "run one cycle", .lsb = 13, .width = 1},
    {.name = "center", .doc = "comparators that are centred", .lsb = 16, .width = 4},
    {.name = "gang", .doc = "comparators that are ganged with the next", .lsb = 24, .width = 4},
    {.name = "ip", .doc = "comparators that match", .lsb = 28, .width = 4},
    {0}};

/* 16.3, table 47. */
static const struct bp_reg regs[] = {
    {.offset = 0x00,
     .width = 4,
     .name = "pwmcfg",
     .doc = "configuration",
     .bound = BP_UNBOUND,
     .write_mask = 0xff0f370f,
     .fields = cfg_fields,
     .on_read = on_cfg_read,
     .on_write = on_cfg_write},
    {.offset = 0x08,
     .width = 4,
     .name = "pwmcount",
     .doc = "count",
     .bound = BP_UNBOUND,
     .on_read = on_count_read,
     .on_write = on_count_write},
    {.offset = 0x10,
     .width = 4,
     .access = BP_REG_RO,
     .name = "pwms",
     .doc = "scaled count",
     .bound = BP_UNBOUND,
     .on_read = on_pwms_read},
    {.offset = 0x20,
     .width = 4,
     .name = "pwmcmp",
     .doc = "comparator",
     .count = NCMP,
     .bound = BP_OFFSET(struct pwm, cmp),
     .write_mask = 0xffff,
     .on_write = on_cmp_write},
};

static const struct bp_region regions[] = {
    {.name = "reg", .doc = "the registers", .min_width = 4, .max_width = 4, .regs = BP_ARRAY(regs)},
};

/* --- the class --------------------------------------------------------------------------------- */

static const struct bp_prop props[] = {
    {.name = "compare-width",
     .doc = "bits of a comparator",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct pwm, cmp_width),
     .def = "16",
     .min = 8,
     .max = 16},
};

static const struct bp_port ports[] = {
    {.name = "out",
     .doc = "the outputs, which boards lead through GPIO pins",
     .kind = BP_PORT_GPIO,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct pwm, out),
     .width = NCMP},
    {.name = "irq",
     .doc = "one for each comparator",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct pwm, irq),
     .width = NCMP},
    {.name = "clock",
     .doc = "bus clock, which is counted",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .flags = BP_PORT_REQUIRED,
     .offset = BP_OFFSET(struct pwm, clock),
     .on_clock = on_clock},
};

static const struct bp_state_field state_fields[] = {
    {.tag = 1, .type = BP_STATE_U32, .offset = BP_OFFSET(struct pwm, cfg), .name = "cfg"},
    {.tag = 2, .type = BP_STATE_U32, .offset = BP_OFFSET(struct pwm, ip), .name = "ip"},
    {.tag = 3, .type = BP_STATE_U64, .offset = BP_OFFSET(struct pwm, count), .name = "count"},
    {.tag = 4, .type = BP_STATE_U64, .offset = BP_OFFSET(struct pwm, since), .name = "since"},
    {.tag = 5, .type = BP_STATE_U64, .offset = BP_OFFSET(struct pwm, seen), .name = "seen"},
};

/* A snapshot is input: a count beyond the counter's width is refused. */
static int32_t post_load(void *self)
{
    const struct pwm *p = self;

    return p->count > count_mask(p) ? BP_E_INVAL : BP_OK;
}

static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(state_fields), .post_load = post_load};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct pwm, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct pwm, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct pwm, clocks)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    struct pwm *p = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    p->dev = dev;
    p->edge = p->timers->create(dev, "edge", refresh);
    return p->edge ? BP_OK : BP_E_NOMEM;
}

/* 16.3 leaves the comparators open: with all bits set nothing matches before software wants it. */
static void reset(void *self, uint32_t kind)
{
    struct pwm *p = self;

    for (uint32_t i = 0; i < NCMP; i++)
        p->cmp[i] = cmp_mask(p);
    p->cfg = p->ip = 0;
    p->count = p->since = p->seen = 0;
    p->timers->cancel(p->edge);
    update_lines(p);
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    return w->u32(w->ctx, "#pwm-cells", 3);
}

static const struct bp_fdt_node fdt_node = {.size = sizeof fdt_node,
                                            .name = "pwm",
                                            .compatible = "sifive,fu540-c000-pwm\nsifive,pwm0",
                                            .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class pwm_class = {
    .size = sizeof pwm_class,
    .instance_size = sizeof(struct pwm),
    .instance_align = _Alignof(struct pwm),
    .name = "pwm",
    .doc = "pulse-width modulator of the FU540 and FE310",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
