/* SPDX-License-Identifier: Apache-2.0
 *
 * plic.c - RISC-V Platform-Level Interrupt Controller 1.0.0. Chapter numbers are of that
 * specification.
 *
 * A gateway turns a source's level into one pending request at a time: it forwards the next only
 * after the completion of the last (chapter 4). Contexts come in pairs a hart: M, then S where the
 * machine has S-mode.
 */
#include "platform.h"

#include <backplane/line.h>
#include <backplane/regs.h>
#include <backplane/state.h>
#include <backplane/trace.h>

#define SOURCES  1024u /* with source 0, which does not exist */
#define WORDS    (SOURCES / 32)
#define CONTEXTS (2 * PLATFORM_HARTS)

/* 3, memory map */
#define PRIORITY_AT    0x0u
#define PENDING_AT     0x1000u
#define ENABLE_AT      0x2000u
#define ENABLE_STRIDE  0x80u
#define CONTEXT_AT     0x200000u
#define CONTEXT_STRIDE 0x1000u

struct plic {
    const struct bp_line_api *lines;
    struct bp_line *meip, *seip;
    struct bp_list harts, edge_sources;
    uint32_t sources, levels; /* properties */
    uint8_t supervisor;       /* likewise */
    uint32_t ncontexts;
    uint32_t priority[SOURCES];
    uint32_t pending[WORDS];
    uint32_t claimed[WORDS]; /* handed out, completion outstanding */
    uint32_t level[WORDS];   /* of the source lines */
    uint32_t edge[WORDS];    /* sources whose gateway counts rising edges */
    uint32_t again[WORDS];   /* of those: one came while a request was outstanding */
    uint32_t enable[CONTEXTS * WORDS];
    uint32_t threshold[CONTEXTS];
};

static uint32_t get(const uint32_t *bits, uint32_t n)
{
    return bits[n / 32] >> (n % 32) & 1;
}

static void put(uint32_t *bits, uint32_t n, uint32_t value)
{
    bits[n / 32] = (bits[n / 32] & ~(1u << (n % 32))) | value << (n % 32);
}

/* The pending, enabled source of highest priority above `floor`; the lowest number among equals
 * (5). 0: none. */
static uint32_t best(const struct plic *p, uint32_t context, uint32_t floor)
{
    const uint32_t *enable = &p->enable[context * WORDS];
    uint32_t found = 0, priority = floor;

    for (uint32_t w = 0; w <= p->sources / 32; w++) {
        uint32_t candidates = p->pending[w] & enable[w];

        while (candidates) {
            uint32_t source = 32 * w + (uint32_t)__builtin_ctz(candidates);

            candidates &= candidates - 1;
            if (p->priority[source] > priority) {
                priority = p->priority[source];
                found = source;
            }
        }
    }
    return found;
}

static void drive(struct plic *p, uint32_t context)
{
    uint32_t per_hart = p->supervisor ? 2 : 1;
    struct bp_line *line = context % per_hart ? p->seip : p->meip;

    p->lines->set(line, context / per_hart, best(p, context, p->threshold[context]) != 0);
}

static void update(struct plic *p)
{
    for (uint32_t context = 0; context < p->ncontexts; context++)
        drive(p, context);
}

/* A level gateway with its line up and nothing outstanding sends a request (4). */
static void forward(struct plic *p, uint32_t source)
{
    if (get(p->level, source) && !get(p->edge, source) && !get(p->claimed, source))
        put(p->pending, source, 1);
}

/* An edge gateway sends a request for each rising edge, and keeps one that comes before completion
 * (4.1). */
static void on_edge(struct plic *p, uint32_t source)
{
    if (get(p->claimed, source))
        put(p->again, source, 1);
    else
        put(p->pending, source, 1);
}

static void on_source(void *self, uint32_t source, uint32_t level)
{
    struct plic *p = self;
    uint32_t rose;

    if (!source || source > p->sources)
        return;
    rose = level && !get(p->level, source);
    put(p->level, source, level != 0);
    if (!level) /* a request that was sent stays pending (4) */
        return;
    if (rose && get(p->edge, source))
        on_edge(p, source);
    forward(p, source);
    update(p);
}

/* --- registers ------------------------------------------------------------------------ */

static void write_priority(void *self, uint32_t source, uint64_t value, uint64_t old)
{
    struct plic *p = self;

    /* WARL: only as many bits as there are levels; source 0 does not exist. */
    p->priority[source] = source && source <= p->sources ? (uint32_t)value & p->levels : 0;
    update(p);
}

static void write_enable(void *self, uint32_t index, uint64_t value, uint64_t old)
{
    struct plic *p = self;
    uint32_t context = index / WORDS, word = index % WORDS;

    if (context >= p->ncontexts || word > p->sources / 32)
        p->enable[index] = 0;
    else if (word == p->sources / 32 && p->sources % 32 != 31)
        p->enable[index] &= (2u << p->sources % 32) - 1;
    if (!word)
        p->enable[index] &= ~1u;
    if (context < p->ncontexts)
        drive(p, context);
}

static void write_threshold(void *self, uint32_t context, uint64_t value, uint64_t old)
{
    struct plic *p = self;

    p->threshold[context] = context < p->ncontexts ? (uint32_t)value & p->levels : 0;
    if (context < p->ncontexts)
        drive(p, context);
}

/* 7: a claim takes the best source, whatever the threshold. */
static uint64_t claim(void *self, uint32_t context, uint64_t value, const struct bp_access *access)
{
    struct plic *p = self;
    uint32_t source = context < p->ncontexts ? best(p, context, 0) : 0;

    if (!source || access->flags & BP_ACCESS_DEBUG)
        return source;
    put(p->pending, source, 0);
    put(p->claimed, source, 1);
    update(p);
    return source;
}

/* 8: a completion of a source that the context does not enable is ignored. */
static void complete(void *self, uint32_t context, uint64_t value, uint64_t old)
{
    struct plic *p = self;
    uint32_t source = (uint32_t)value;

    if (context >= p->ncontexts || !source || source > p->sources ||
        !get(&p->enable[context * WORDS], source) || !get(p->claimed, source))
        return;
    put(p->claimed, source, 0);
    if (get(p->again, source))
        put(p->pending, source, 1);
    put(p->again, source, 0);
    forward(p, source);
    update(p);
}

static const struct bp_reg regs[] = {
    {.offset = PRIORITY_AT,
     .width = 4,
     .name = "PRIORITY",
     .doc = "priority of a source; 0: never",
     .count = SOURCES,
     .bound = BP_OFFSET(struct plic, priority),
     .on_write = write_priority},
    {.offset = PENDING_AT,
     .width = 4,
     .access = BP_REG_RO,
     .name = "PENDING",
     .doc = "pending bits of 32 sources",
     .count = WORDS,
     .bound = BP_OFFSET(struct plic, pending)},
    {.offset = ENABLE_AT,
     .width = 4,
     .name = "ENABLE",
     .doc = "enable bits, 32 words a context",
     .count = CONTEXTS * WORDS,
     .bound = BP_OFFSET(struct plic, enable),
     .on_write = write_enable},
    {.offset = CONTEXT_AT,
     .width = 4,
     .stride = CONTEXT_STRIDE,
     .name = "THRESHOLD",
     .doc = "priority to exceed",
     .count = CONTEXTS,
     .bound = BP_OFFSET(struct plic, threshold),
     .on_write = write_threshold},
    {.offset = CONTEXT_AT + 4,
     .width = 4,
     .stride = CONTEXT_STRIDE,
     .name = "CLAIM",
     .doc = "claim (read), complete (write)",
     .count = CONTEXTS,
     .bound = BP_UNBOUND,
     .on_read = claim,
     .on_write = complete},
};
_Static_assert(ENABLE_STRIDE == 4 * WORDS, "the contexts' enable words follow each other");

static const struct bp_region regions[] = {
    {.name = "reg",
     .doc = "the whole controller",
     .min_width = 4,
     .max_width = 4,
     .length = 0x4000000,
     .regs = BP_ARRAY(regs)},
};

/* --- class
 *
 * ------------------------------------------------------------------------------------------------ */

static int32_t init(void *self, struct bp_dev *dev, const struct bp_core *core)
{
    static const struct bp_iface_row ifaces[] = {{BP_LINE_ID, BP_OFFSET(struct plic, lines)}};
    struct plic *p = self;

    if (!bp_is_power_of_two((uint64_t)p->levels + 1))
        return bp_fail(core, dev, BP_E_INVAL, "priorities",
                       "not a power of two minus one: write 1, 3, 7, 15 or 31");
    for (uint32_t i = 0; i < p->edge_sources.count; i++) {
        const uint32_t *source =
            (const void *)((const char *)p->edge_sources.items + i * p->edge_sources.stride);

        if (!*source || *source > p->sources)
            return bp_fail(core, dev, BP_E_INVAL, "edge-sources",
                           "not a source: write numbers from 1 to `sources`");
        put(p->edge, *source, 1);
    }
    p->ncontexts = p->harts.count * (p->supervisor ? 2 : 1);
    return bp_fetch_ifaces(self, dev, core, BP_ARRAY(ifaces));
}

/* The levels of the source lines are told anew after this: a line that fell with the reset of its
 * device must not leave a request behind. */
static void reset(void *self, uint32_t kind)
{
    struct plic *p = self;

    memset(p->claimed, 0, sizeof p->claimed);
    memset(p->again, 0, sizeof p->again);
    memset(p->level, 0, sizeof p->level);
    update(p);
}

/* Linux binding interrupt-controller/sifive,plic-1.0.0.yaml */
static int32_t emit(void *self, const struct bp_fdt_writer *writer)
{
    const struct plic *p = self;
    uint32_t cells[4 * PLATFORM_HARTS], n = 0;
    int32_t status;

    for (uint32_t i = 0; i < p->harts.count; i++) {
        const struct bp_ref *hart = &((const struct bp_ref *)p->harts.items)[i];
        uint32_t phandle = writer->phandle(writer->ctx, hart->dev, "interrupt-controller");

        cells[n++] = phandle;
        cells[n++] = 11; /* machine external */
        if (!p->supervisor)
            continue;
        cells[n++] = phandle;
        cells[n++] = 9; /* supervisor external */
    }
    status = writer->cells(writer->ctx, "interrupts-extended", cells, n);
    status = status ? status : writer->u32(writer->ctx, "#address-cells", 0);
    return status ? status : writer->u32(writer->ctx, "riscv,ndev", p->sources);
}

static const void *get_iface(void *self, const char *id)
{
    static const struct bp_fdt_node node = {.size = sizeof node,
                                            .flags = BP_FDT_NO_INTERRUPTS,
                                            .name = "interrupt-controller",
                                            .compatible = "sifive,plic-1.0.0\nriscv,plic0",
                                            .emit = emit};

    return strcmp(id, BP_FDT_NODE_ID) ? NULL : &node;
}

static const struct bp_prop props[] = {
    {.name = "harts",
     .doc = "The harts it interrupts, in the order of its contexts.",
     .type = BP_PROP_LIST,
     .flags = BP_PROP_REQUIRED,
     .element = BP_PROP_REF,
     .offset = BP_OFFSET(struct plic, harts),
     .min = 1,
     .max = PLATFORM_HARTS},
    {.name = "sources",
     .doc = "Number of sources, from 1 on.",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct plic, sources),
     .def = "31",
     .min = 1,
     .max = SOURCES - 1},
    {.name = "priorities",
     .doc = "Highest priority; a power of two minus one.",
     .type = BP_PROP_U32,
     .offset = BP_OFFSET(struct plic, levels),
     .def = "7",
     .min = 1,
     .max = 31},
    {.name = "supervisor",
     .doc = "Harts have an S-mode context next to the M-mode one.",
     .type = BP_PROP_BOOL,
     .offset = BP_OFFSET(struct plic, supervisor),
     .def = "true"},
    {.name = "edge-sources",
     .doc = "Sources that interrupt once for each rising edge.",
     .type = BP_PROP_LIST,
     .element = BP_PROP_U32,
     .offset = BP_OFFSET(struct plic, edge_sources)},
};

static const struct bp_port ports[] = {
    {.name = "source",
     .doc = "the sources; line 0 does not exist",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_IN,
     .offset = BP_NO_OFFSET,
     .width = SOURCES,
     .on_line = on_source},
    {.name = "meip",
     .doc = "machine external interrupts",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct plic, meip),
     .via_prop = "harts",
     .via_port = "meip"},
    {.name = "seip",
     .doc = "supervisor external interrupts",
     .kind = BP_PORT_IRQ,
     .dir = BP_DIR_OUT,
     .offset = BP_OFFSET(struct plic, seip),
     .via_prop = "harts",
     .via_port = "seip"},
};

static const struct bp_cell cells[] = {
    {.name = "source", .min = 1, .max = SOURCES - 1, .max_prop = "sources"}};
static const char *const flags[] = {"level-high", "level-low", "edge-rising", "edge-falling", NULL};

static const struct bp_provider providers[] = {
    {.kind = BP_PORT_IRQ,
     .ncells = 1,
     .port = "source",
     .cells = cells,
     .flag_names = flags,
     .fdt_cells = 1},
};

static const struct bp_state_field fields[] = {
    {.tag = 1,
     .type = BP_STATE_U32,
     .offset = BP_OFFSET(struct plic, claimed),
     .count = WORDS,
     .name = "claimed"},
    {.tag = 2,
     .type = BP_STATE_U32,
     .offset = BP_OFFSET(struct plic, level),
     .count = WORDS,
     .name = "level"},
    {.tag = 3,
     .type = BP_STATE_U32,
     .offset = BP_OFFSET(struct plic, again),
     .count = WORDS,
     .name = "again"},
};
static const struct bp_state state = {
    .size = sizeof state, .version = 1, .fields = BP_ARRAY(fields)};

const struct bp_device_class plic_class = {
    .size = sizeof plic_class,
    .instance_size = sizeof(struct plic),
    .instance_align = _Alignof(struct plic),
    .name = "plic",
    .doc = "RISC-V platform-level interrupt controller",
    .props = BP_ARRAY(props),
    .ports = BP_ARRAY(ports),
    .providers = BP_ARRAY(providers),
    .regions = BP_ARRAY(regions),
    .state = &state,
    .init = init,
    .reset = reset,
    .get_iface = get_iface,
};
