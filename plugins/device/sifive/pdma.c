/* SPDX-License-Identifier: Apache-2.0
 *
 * pdma: the platform DMA engine of SiFive's FU540-C000.
 *
 * Source: "SiFive FU540-C000 Manual" v1p4, chapter 12, whose sections are cited below.
 *
 * A channel moves a page at most at a time, at eight bytes a cycle of its clock, so that software sees run, ExecBytes and
 * the interrupt one after the other. Without a clock its steps take no time. Transaction sizes and ordering are
 * kept, and make no difference to what is in memory afterwards.
 */
#include "sifive.h"

#include <backplane/bus.h>
#include <backplane/fdt.h>
#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/time.h>
#include <backplane/util/ifaces.h>
#include <backplane/util/ticks.h>

#define CHANNELS        4u
#define CHUNK           4096u
#define BYTES_PER_CYCLE 8u

/* 12.3.1 */
#define CONTROL_CLAIM    BP_BIT(0)
#define CONTROL_RUN      BP_BIT(1)
#define CONTROL_DONE_IE  BP_BIT(14)
#define CONTROL_ERROR_IE BP_BIT(15)
#define CONTROL_DONE     BP_BIT(30)
#define CONTROL_ERROR    BP_BIT(31)
#define CONTROL_MASK     0xc000c003u

/* 12.3.2 */
#define CONFIG_REPEAT BP_BIT(2)
#define CONFIG_MASK   0xff00000cu

struct pdma {
    struct bp_dev *dev;
    const struct bp_line_api *lines;
    const struct bp_timer_api *timers;
    const struct bp_clock_api *clocks;
    const struct bp_dma_api *dma;
    struct bp_line *irq;
    struct bp_clock_in *clock;
    struct bp_bus *bus;
    struct bp_timer *timer[CHANNELS];

    uint32_t control[CHANNELS], next_config[CHANNELS], exec_config[CHANNELS];
    uint64_t next_bytes[CHANNELS], next_destination[CHANNELS], next_source[CHANNELS];
    uint64_t exec_bytes[CHANNELS], exec_destination[CHANNELS], exec_source[CHANNELS];
};

/* 12.2: of each channel, one line for "done" and one for "error". */
static void update_irqs(struct pdma *p, uint32_t ch)
{
    uint32_t c = p->control[ch];

    p->lines->set(p->irq, 2 * ch, (c & CONTROL_DONE) && (c & CONTROL_DONE_IE));
    p->lines->set(p->irq, 2 * ch + 1, (c & CONTROL_ERROR) && (c & CONTROL_ERROR_IE));
}

static uint64_t chunk_ns(const struct pdma *p, uint64_t bytes)
{
    uint64_t hz = p->clocks->hz(p->clock);

    return hz ? bp_ticks_to_ns((bytes + BYTES_PER_CYCLE - 1) / BYTES_PER_CYCLE, hz) : 0;
}

/* Copies what the next step is; 0: the bus refused it. */
static uint32_t move(struct pdma *p, uint32_t ch)
{
    uint64_t bytes = bp_min(p->exec_bytes[ch], CHUNK);
    uint8_t buffer[CHUNK];

    if (p->dma->read(p->bus, p->exec_source[ch], buffer, bytes) ||
        p->dma->write(p->bus, p->exec_destination[ch], buffer, bytes))
        return 0;
    p->exec_source[ch] += bytes;
    p->exec_destination[ch] += bytes;
    p->exec_bytes[ch] -= bytes;
    return 1;
}

/* 12.3.1 run: the Next registers become the Exec ones. */
static void load(struct pdma *p, uint32_t ch)
{
    p->exec_config[ch] = p->next_config[ch];
    p->exec_bytes[ch] = p->next_bytes[ch];
    p->exec_destination[ch] = p->next_destination[ch];
    p->exec_source[ch] = p->next_source[ch];
}

static void stop(struct pdma *p, uint32_t ch, uint32_t why)
{
    p->timers->cancel(p->timer[ch]);
    p->control[ch] = (p->control[ch] & ~CONTROL_RUN) | why;
    update_irqs(p, ch);
}

/* 12.3.2 repeat: done is signalled, and the channel goes on with what the Next registers say by then. */
static void complete(struct pdma *p, uint32_t ch)
{
    if (!(p->next_config[ch] & CONFIG_REPEAT)) {
        stop(p, ch, CONTROL_DONE);
        return;
    }
    p->control[ch] |= CONTROL_DONE;
    load(p, ch);
    update_irqs(p, ch);
}

/* One step behind the time it takes. A channel that repeats without a clock steps once a microsecond, or it would never
 * let go. */
static void arm(struct pdma *p, uint32_t ch)
{
    uint64_t ns = chunk_ns(p, bp_min(p->exec_bytes[ch], CHUNK));

    p->timers->arm(p->timer[ch], p->timers->now(p->dev, BP_TIME_VIRTUAL) +
                                     (ns                                   ? ns
                                      : p->next_config[ch] & CONFIG_REPEAT ? 1000
                                                                           : 0));
}

static void step(struct pdma *p, uint32_t ch)
{
    if (!(p->control[ch] & CONTROL_RUN))
        return;
    if (p->exec_bytes[ch] && !move(p, ch)) {
        stop(p, ch, CONTROL_ERROR);
        return;
    }
    if (!p->exec_bytes[ch])
        complete(p, ch);
    if (p->control[ch] & CONTROL_RUN)
        arm(p, ch);
}

/* A timer knows only the device: one function for each channel. */
#define STEP(ch)                                                                                   \
    static void step_##ch(void *self)                                                              \
    {                                                                                              \
        step(self, ch);                                                                            \
    }
STEP(0)
STEP(1)
STEP(2)
STEP(3)

/* --- registers ------------------------------------------------------------------------------- */

/* 12.3.1: claiming clears the Next registers; a running channel cannot be given up; done and error are only cleared. */
static void on_control_write(void *self, uint32_t ch, uint64_t value, uint64_t old)
{
    struct pdma *p = self;
    uint32_t flags = (uint32_t)(value & old & (CONTROL_DONE | CONTROL_ERROR));
    uint32_t wanted = (uint32_t)value & ~(CONTROL_DONE | CONTROL_ERROR);

    if (wanted & ~old & CONTROL_CLAIM) {
        p->next_config[ch] = 0;
        p->next_bytes[ch] = p->next_destination[ch] = p->next_source[ch] = 0;
    }
    if ((old & CONTROL_RUN) && (wanted & CONTROL_RUN))
        wanted |= CONTROL_CLAIM;
    if (!(wanted & CONTROL_CLAIM))
        wanted &= ~CONTROL_RUN;
    p->control[ch] = wanted | flags;
    if (wanted & ~old & CONTROL_RUN) {
        load(p, ch);
        arm(p, ch);
    } else if (old & ~wanted & CONTROL_RUN) {
        p->timers->cancel(p->timer[ch]);
    }
    update_irqs(p, ch);
}

static const struct bp_reg_field control_fields[] = {
    {.name = "claim", .doc = "the channel is in use", .lsb = 0, .width = 1},
    {.name = "run", .doc = "a transfer is in progress", .lsb = 1, .width = 1},
    {.name = "doneIE", .doc = "interrupt when done", .lsb = 14, .width = 1},
    {.name = "errorIE", .doc = "interrupt on an error", .lsb = 15, .width = 1},
    {.name = "done", .doc = "a transfer has completed", .lsb = 30, .width = 1},
    {.name = "error", .doc = "a transfer has failed", .lsb = 31, .width = 1},
    {0}};
static const struct bp_reg_field config_fields[] = {
    {.name = "repeat", .doc = "begin again when done", .lsb = 2, .width = 1},
    {.name = "order", .doc = "strict ordering", .lsb = 3, .width = 1},
    {.name = "wsize", .doc = "bytes of a write, as a power of two", .lsb = 24, .width = 4},
    {.name = "rsize", .doc = "bytes of a read, as a power of two", .lsb = 28, .width = 4},
    {0}};

#define CHANNEL(at, bytes, label, text, field)                                                     \
    .offset = (at), .width = (bytes), .name = (label), .doc = (text), .count = CHANNELS,           \
    .stride = 0x1000, .bound = BP_OFFSET(struct pdma, field)

/* 12.3, table 30; clang-format would spread it over many lines. */
/* clang-format off */
static const struct bp_reg regs[] = {
    {CHANNEL(0x000, 4, "Control", "channel control", control), .write_mask = CONTROL_MASK,
     .fields = control_fields, .on_write = on_control_write},
    {CHANNEL(0x004, 4, "NextConfig", "next transfer type", next_config), .write_mask = CONFIG_MASK,
     .fields = config_fields},
    {CHANNEL(0x008, 8, "NextBytes", "number of bytes to move", next_bytes)},
    {CHANNEL(0x010, 8, "NextDestination", "destination", next_destination)},
    {CHANNEL(0x018, 8, "NextSource", "source", next_source)},
    {CHANNEL(0x104, 4, "ExecConfig", "active transfer type", exec_config), .access = BP_REG_RO,
     .fields = config_fields},
    {CHANNEL(0x108, 8, "ExecBytes", "bytes remaining", exec_bytes), .access = BP_REG_RO},
    {CHANNEL(0x110, 8, "ExecDestination", "destination by now", exec_destination), .access = BP_REG_RO},
    {CHANNEL(0x118, 8, "ExecSource", "source by now", exec_source), .access = BP_REG_RO},
};
/* clang-format on */

static const struct bp_region regions[] = {
    {.name = "reg",
     .doc = "4 KiB for each channel",
     .min_width = 4,
     .max_width = 8,
     .regs = BP_ARRAY(regs)},
};

static const struct bp_port ports[] = {
    {.name = "irq",
     .doc = "done and error of each channel",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct pdma, irq),
     .width = 2 * CHANNELS},
    {.name = "clock",
     .doc = "its speed: eight bytes a cycle",
     .kind = BP_PORT_CLOCK,
     .dir = BP_DIR_IN,
     .offset = BP_OFFSET(struct pdma, clock)},
    {.name = "bus",
     .doc = "memory",
     .kind = BP_PORT_BUS,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct pdma, bus)},
};

static const struct bp_iface_row ifaces[] = {
    {BP_LINE_ID, BP_OFFSET(struct pdma, lines)},
    {BP_TIMER_ID, BP_OFFSET(struct pdma, timers)},
    {BP_CLOCK_ID, BP_OFFSET(struct pdma, clocks)},
    {BP_DMA_ID, BP_OFFSET(struct pdma, dma)},
};

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    static const struct {
        const char *name;
        void (*fn)(void *self);
    } steps[CHANNELS] = {{"ch0", step_0}, {"ch1", step_1}, {"ch2", step_2}, {"ch3", step_3}};
    struct pdma *p = self;
    int32_t status = bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));

    if (status)
        return status;
    p->dev = dev;
    for (uint32_t i = 0; i < CHANNELS; i++) {
        p->timer[i] = p->timers->create(dev, steps[i].name, steps[i].fn);
        if (!p->timer[i])
            return BP_E_NOMEM;
    }
    return BP_OK;
}

static void reset(void *self, uint32_t kind)
{
    struct pdma *p = self;

    for (uint32_t i = 0; i < CHANNELS; i++) {
        p->timers->cancel(p->timer[i]);
        update_irqs(p, i);
    }
}

static int32_t emit(void *self, const struct bp_fdt_writer *w)
{
    int32_t status = w->u32(w->ctx, "#dma-cells", 1);

    return status ? status : w->u32(w->ctx, "dma-channels", CHANNELS);
}

static const struct bp_fdt_node fdt_node = {.size = sizeof fdt_node,
                                            .name = "dma-controller",
                                            .compatible = "sifive,fu540-c000-pdma\nsifive,pdma0",
                                            .emit = emit};

static const void *get_iface(void *self, const char *id)
{
    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &fdt_node;
}

const struct bp_device_class pdma_class = {
    .size = sizeof pdma_class,
    .instance_size = sizeof(struct pdma),
    .instance_align = _Alignof(struct pdma),
    .name = "pdma",
    .doc = "platform DMA engine of the FU540",
    .ports = BP_ARRAY(ports),
    .regions = BP_ARRAY(regions),
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
